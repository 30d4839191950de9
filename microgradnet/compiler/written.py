"""Writing the operations of the table as Python, and the functions of floats that the written programs call.

Nothing here knows an operation: its notation, its rules and its Python operator are read from its record.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from microgradnet.operation import ATOM, SUM, TABLE, Notation, Op, Rule, is_real
from microgradnet.symbols import Formula, Symbol

MAX_TEXT = 2_000  # characters of one rule; a longer one is called instead of written out


class Written(Symbol):
    """An operand that writes what is done to it as Python.

    A rule that does more than arithmetic, such as choosing with ``if`` or calling ``math``, fails on it at once, so
    that the caller can use the rule as it stands instead.

    Arguments:
        text: the Python so far.
        precedence: how tightly it binds.
    """

    def __init__(self, text: str, precedence: int = ATOM) -> None:
        super().__init__(text)
        self.precedence = precedence

    def write(self, notation: str) -> tuple[str, int]:
        """Return the text and how tightly it binds; there is only one notation."""
        return self.name, self.precedence

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Any:
        simplified = Symbol._apply(op, operands)  # without x + 0, 1*x and 0*x
        if not isinstance(simplified, Formula):
            return simplified
        text, precedence = python_notation(op).write([write(operand) for operand in operands])
        if len(text) > MAX_TEXT:
            raise TypeError("a rule that is too long to be written out")
        return Written(text, precedence)

    def __bool__(self) -> bool:
        raise TypeError("a rule that chooses can't be written as a formula")

    __float__ = __int__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


def write(operand: Any) -> tuple[str, int]:
    """Return an operand, a number included, as Python that reads back to the same float, with its precedence."""
    if isinstance(operand, Symbol):
        return operand.write("text")
    text = repr(float(operand))
    return text, SUM if text.startswith("-") else ATOM


@cache
def python_notation(op: Op) -> Notation:
    """Return how an operation is written in Python: with its operator where that computes the same, else as a call."""
    if op.operator and op.forward.__module__ == "_operator":
        return op.text
    places = ", ".join(f"#{place}" for place in range(1, len(op.partials) + 1))
    return Notation(f"{function_name(op)}({places})")


_TAKEN = re.compile(r"[vd]\d+|op_.*|program|leaves|used|inf|nan|x|y|out")


def function_name(op: Op) -> str:
    """Return what an operation is called in a program: its name, unless a variable there could have it."""
    return f"op_{op.name}" if _TAKEN.fullmatch(op.name) else op.name


def namespace(source: str, operations: Iterable[Op] = ()) -> dict[str, Any]:
    """Return what a program may refer to, and nothing else: the rules of the operations that it calls.

    Arguments:
        source: the program.
        operations: operations that it may call beside those of the table.
    """
    called = set(re.findall(r"[^\W\d]\w*(?=\()", source))
    known = {function_name(op): op for op in (*TABLE.values(), *operations)}
    rules = {name: number_rule(op) for name, op in known.items() if name in called}
    return {"__builtins__": {}, "inf": math.inf, "nan": math.nan, **rules}


@cache
def number_rule(op: Op) -> Rule:
    """Return an operation's forward rule for floats alone: the same numbers, without asking what its operands are."""
    return (op.float_rules or op.read_float_rules())[0]


def write_rule(rule: Rule, operands: Sequence[Any]) -> Any:
    """Return what a rule makes of operands, some of them written: a number, or more that is written.

    None says that the rule can't be written out, because it does more than apply operations; it works on numbers.
    """
    try:
        result = rule(*operands)
    except Exception:  # a user's rule may raise anything on what is no number
        return None
    if isinstance(result, Written):
        return result
    return float(result) if is_real(result) else None
