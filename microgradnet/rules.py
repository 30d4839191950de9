"""Rules: the functions that compute an operation and its derivatives, over numbers, arrays, nodes or symbols."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

Rule = Callable[..., Any]
_TABLE = "microgradnet.ops"  # the modules whose rules are the table's own


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


def elementwise(rule: Rule) -> Rule:
    """Return a forward rule that computes an array element by element, where NumPy has no function for it."""

    def each(np: Any, *arrays: Any) -> Any:
        if any(np.iscomplexobj(numbers) for numbers in arrays):
            raise TypeError("this function is computed for real numbers only")  # a complex step then says it can't
        with np.errstate(all="ignore"):  # comparing a NaN is no news
            return np.vectorize(rule, otypes=[float])(*arrays)

    return kernel(rule, each)


def shortened(rule: Rule, short: Rule) -> Rule:
    """Return a forward rule that also has a short form, the textbook's, which overflows where the rule does not.

    Compiled programs take the short form: they are watched, and what overflows in them is computed by the rule itself.
    """
    rule.short = short  # type: ignore[attr-defined]
    return rule


def recorded(*operands: Any) -> bool:
    """Tell whether any operand is a node or a symbol, which records what is done to it."""
    return any(hasattr(type(operand), "_apply") for operand in operands)


recorded.number = lambda *operands: False  # type: ignore[attr-defined]

_copies: dict[str, dict[str, Any]] = {}  # per module of the table, its names as a rule finds them that sees only floats


def on_floats(rule: Any) -> Any:
    """Return the rule that a program calls that only ever sees floats: the same formula, without asking what came.

    What has a ``number`` says it itself. A rule of the table that calls the table's operations calls their rules for
    floats then; a user's rule stays as it is, as what its names mean may change.
    """
    rule = getattr(rule, "number", rule)
    if not isinstance(rule, FunctionType) or not rule.__module__.startswith(_TABLE):
        return rule
    names = _copies.get(rule.__module__)
    if names is None:
        names = _copies[rule.__module__] = {}  # in place before it is filled, as rules call each other in circles
        names.update({name: on_floats(getattr(thing, "forward", thing)) for name, thing in rule.__globals__.items()})
    return FunctionType(rule.__code__, names, rule.__name__, rule.__defaults__, rule.__closure__)
