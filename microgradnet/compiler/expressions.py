"""Expressions: operands that write what is done to them as NumPy.

The rules of the table are applied to them as to numbers, so the forward program and the adjoint program come from the
one table. Where a rule calls NumPy itself, NumPy's own protocols (NEP 13 and NEP 18) hand the call back to be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from microgradnet.compiler.bodies import Body, Definition, written
from microgradnet.notation import ATOM, POWER, PRODUCT, SUM
from microgradnet.operation import Op
from microgradnet.ops import add, divide, multiply, negate, power, subtract
from microgradnet.rules import Rule
from microgradnet.symbols import Formula, Symbol

_COMPARED = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}
_COMPARISON = 5  # binds more loosely than a sum
SHARE = "share"  # the variable that holds the part of one sample in the mean; it is written last
SMALL = ("#1 + #2", "#1 - #2")  # what may be written twice
_TIMES = "#1 * #2"
_CHOICE = "np.where(#1, #2, #3)"
_LONGEST = 48  # characters of a rule that is written where it is used; a longer one becomes a function


class Expression(Symbol):
    """A number times a body.

    Arguments:
        body: what is computed.
        shape: its shape for one sample; axes of length 1 may stand for longer ones.
        batched: whether the samples are its first axis.
        factor: the number before it.
        truth: the same as True and False, where it is 1.0 and 0.0.
    """

    def __init__(
        self, body: Body, shape: tuple[int, ...] = (), batched: bool = False, factor: float = 1.0, truth: Any = None
    ) -> None:
        self.body, self.shape, self.batched, self.factor, self.truth = body, shape, batched, factor, truth

    def write(self, notation: str) -> tuple[str, int]:
        """Return the text as it stands, without names for its parts."""
        return written(self, lambda body: None)

    def times(self, factor: float) -> Any:
        """Return it multiplied by a number; 0.0 by 0."""
        body, whole = self.body, factor * self.factor
        if factor and self.factor != 1.0 and not 1e-130 < abs(whole) < 1e130:  # their product may leave the floats
            body, whole = Body("#1", (self,), PRODUCT), factor
        return Expression(body, self.shape, self.batched, whole) if whole else 0.0

    @property
    def bare(self) -> Expression:
        """The same without the number before it."""
        return self if self.factor == 1.0 else Expression(self.body, self.shape, self.batched)

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Any:
        simplified = Symbol._apply(op, operands)  # without x + 0, 1*x and 0*x
        if not isinstance(simplified, Formula):
            return simplified
        if op is negate:
            return operands[0].times(-1.0)
        if op is multiply:
            return _product(*operands)
        if op is divide and not isinstance(operands[1], Expression) and operands[1]:
            return operands[0].times(1.0 / operands[1])
        if op in (add, subtract):
            return _sum(op, *operands)
        if op is power and operands[1:] in ((0.5,), (-0.5,)):
            root = combine("np.sqrt(#1)", operands[:1])
            return root if operands[1] > 0 else 1.0 / root
        if op is power and operands[1:] == (-1.0,):
            return 1.0 / operands[0]
        if op in (divide, power):
            return combine(op.text.template.replace("/", " / "), operands, op.text.precedence, op.text.places)
        return call(op, None, operands)

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        if ufunc.__name__ in _COMPARED:
            return _compared(_COMPARED[ufunc.__name__], *operands)
        return combine(f"np.{ufunc.__name__}({_places(len(operands))})", operands)

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        if function is not np.where or options or len(operands) != 3:
            return NotImplemented
        condition, x, otherwise = operands
        truth = getattr(condition, "truth", None)
        return combine(_CHOICE, (condition if truth is None else truth, x, otherwise))

    def astype(self, kind: type) -> Any:
        """Return what is true as 1.0 and what is false as 0.0."""
        number = combine("1.0 * #1", (self,), PRODUCT, (PRODUCT + 1,))
        return Expression(number.body, number.shape, number.batched, truth=self)

    def __abs__(self) -> Any:
        return combine("np.abs(#1)", (self,))

    def __lt__(self, other: Any) -> Any:
        return _compared("<", self, other)

    def __le__(self, other: Any) -> Any:
        return _compared("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return _compared(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _compared(">=", self, other)

    def __bool__(self) -> bool:
        raise TypeError("a rule that chooses can't be written as a formula")

    __float__ = __int__ = __index__ = __bool__


def _compared(sign: str, one: Any, other: Any) -> Expression:
    return combine(f"#1 {sign} #2", (one, other), _COMPARISON, (SUM, SUM))


def combine(
    template: str,
    operands: Sequence[Any],
    precedence: int = ATOM,
    places: tuple[int, ...] = (),
    needs: Definition | None = None,
) -> Expression:
    """Return an operation that goes element by element."""
    known = [operand for operand in operands if isinstance(operand, Expression)]
    shape = np.broadcast_shapes(*(operand.shape for operand in known))
    body = Body(template, tuple(operands), precedence, places, needs=needs)
    return Expression(body, shape, any(operand.batched for operand in known))


def name(text: str, shape: tuple[int, ...] = (), batched: bool = False) -> Expression:
    """Return a variable of the program."""
    return Expression(Body(text, light=True), shape, batched)


def apply(op: Op, operands: Sequence[Any]) -> Any:
    """Return what an operation makes of expressions and numbers."""
    if any(isinstance(operand, Expression) for operand in operands):
        return Expression._apply(op, tuple(operands))
    return float(op.forward(*operands))


def call(op: Op, place: int | None, operands: Sequence[Any]) -> Any:
    """Return what the forward rule, or that of the derivative in ``place``, makes of operands, and of the result."""
    if op is power and place == 0 and not isinstance(operands[1], Expression) and not float(operands[1]).is_integer():
        return operands[1] * operands[2] / operands[0]  # at 0, where this fails, the eager engine takes over
    definition = define(op, place)
    if isinstance(definition.result, float):
        return definition.result
    named = place is None and hasattr(op.forward, "short")
    if definition.result is not None and not named and len(definition.result.text) <= _LONGEST:
        return _rule(op, place)(*operands)
    return combine(f"{definition.name}({_places(len(operands))})", operands, needs=definition)


@cache
def define(op: Op, place: int | None) -> Definition:
    """Return a rule of an operation as a function."""
    parameters = tuple("xy"[: len(op.partials)]) + (() if place is None else ("out",))
    called = (
        op.name if place is None else f"{op.name}_slope" if len(op.partials) == 1 else f"{op.name}_by_{'xy'[place]}"
    )
    try:
        result = _rule(op, place)(*map(name, parameters))
    except Exception:  # a user's rule may raise anything on what is no number
        result = None
    if isinstance(result, (int, float)):
        result = float(result)
    elif not isinstance(result, Expression):
        result = None
    return Definition(called, parameters, result, op, place)


def _rule(op: Op, place: int | None) -> Rule:
    return getattr(op.forward, "short", op.forward) if place is None else op.partials[place]


def _places(count: int) -> str:
    return ", ".join(f"#{place}" for place in range(1, count + 1))


def _product(one: Any, other: Any) -> Any:
    if not isinstance(one, Expression):
        return other.times(one)
    if not isinstance(other, Expression):
        return one.times(other)
    factor = one.factor * other.factor
    if one.truth is not None and other.truth is None:
        one, other = other, one
    elif one.truth is None and other.truth is not None:
        other = other.truth
    if one.body is other.body and one.shape == other.shape:
        return combine("#1**2", (one.bare,), POWER, (POWER + 1,)).times(factor)
    one, other = one.bare, other.bare
    if one.body.template == SHARE:
        one, other = other, one
    elif _shares(one.body):
        one, other = _product(one.body.operands[0], other), one.body.operands[1]
    elif other.body.template == _TIMES and not other.body.shared:
        one, other = _product(one, other.body.operands[0]), other.body.operands[1]
    return combine(_TIMES, (one, other), PRODUCT, (PRODUCT, PRODUCT + 1)).times(factor)


def _shares(body: Body) -> bool:
    """Tell whether a product ends in the part of one sample, and may be taken apart so that this stays the end."""
    if body.template != _TIMES or body.operands[1].body.template != SHARE:
        return False
    return not body.shared or body.operands[0].body.template in SMALL


def _sum(op: Op, one: Any, other: Any) -> Any:
    """Write a sum or a difference, with a minus sign where a part has one; two gates become one choice."""
    if op is subtract:
        return _sum(add, one, -other)
    merged = _choice(one, other)
    if merged is not None:
        return merged
    factors = [part.factor if isinstance(part, Expression) else part for part in (one, other)]
    if factors[1] < 0:
        return combine("#1 - #2", (one, -other), SUM, (SUM, SUM + 1))
    if factors[0] < 0:
        return combine("#1 - #2", (other, -one), SUM, (SUM, SUM + 1))
    return combine("#1 + #2", (one, other), SUM, (SUM, SUM + 1))


def _choice(one: Any, other: Any) -> Any:
    """Return two gates with one condition, of which one is open where the other is shut, as one choice."""
    first, second = getattr(one, "body", None), getattr(other, "body", None)
    if first is None or second is None or not first.template == second.template == _CHOICE:
        return None
    (condition, x, nothing), (opposite, none, y) = first.operands, second.operands
    same = getattr(condition, "body", 0) is getattr(opposite, "body", 1)
    if not same or (nothing, none, one.factor, other.factor) != (0.0, 0.0, 1.0, 1.0):
        return None
    return combine(_CHOICE, (condition, x, y))
