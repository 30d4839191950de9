"""Rules: the functions that compute an operation and its derivatives, over numbers, arrays, nodes or symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rule = Callable[..., Any]


def kernel(number: Rule, array: str | Rule) -> Rule:
    """Return a forward rule that is ``number`` on Python numbers and, on arrays, NumPy's function of that name.

    Where NumPy has no one function for it, ``array`` is a rule that is given ``numpy`` before the operands.
    """

    def forward(*operands: Any) -> Any:
        for operand in operands:
            if not isinstance(operand, (float, int)):
                import numpy

                return getattr(numpy, array)(*operands) if isinstance(array, str) else array(numpy, *operands)
        return number(*operands)

    forward.number = number  # type: ignore[attr-defined]  # what a program that only ever sees floats calls
    return forward


def shortened(rule: Rule, short: Rule) -> Rule:
    """Return a forward rule that also has a short form, the textbook's, which overflows where the rule does not.

    Compiled programs take the short form: they are watched, and what overflows in them is computed by the rule itself.
    """
    rule.short = short  # type: ignore[attr-defined]
    return rule


def recorded(*operands: Any) -> bool:
    """Tell whether any operand is a node or a symbol, which records what is done to it."""
    return any(hasattr(type(operand), "_apply") for operand in operands)
