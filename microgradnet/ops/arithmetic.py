"""Arithmetic: the four operations, the sign, the reciprocal and the square."""

from __future__ import annotations

import math
import operator
from typing import Any

from microgradnet.definition import define
from microgradnet.notation import FRACTION, POWER, PRODUCT, SUM, Notation
from microgradnet.operation import Domain, Op
from microgradnet.rules import kernel, recorded

_NONZERO = Domain("x different from 0", lambda x: x != 0)

add: Op = define(
    "add",
    symbol="+",
    operator="+",
    text=Notation("#1 + #2", SUM, (SUM, SUM + 1)),
    latex=Notation("#1 + #2", SUM, (SUM, SUM + 1)),
    forward=operator.add,
    partials=(lambda x, y, out: 1.0, lambda x, y, out: 1.0),
    neutral=(0.0, 0.0),
)

subtract: Op = define(
    "subtract",
    symbol="−",
    operator="-",
    text=Notation("#1 - #2", SUM, (SUM, SUM + 1)),
    latex=Notation("#1 - #2", SUM, (SUM, SUM + 1)),
    forward=operator.sub,
    partials=(lambda x, y, out: 1.0, lambda x, y, out: -1.0),
    neutral=(None, 0.0),
)

multiply: Op = define(
    "multiply",
    symbol="×",
    operator="*",
    text=Notation("#1*#2", PRODUCT, (PRODUCT, PRODUCT + 1)),
    latex=Notation(r"#1 \cdot #2", PRODUCT, (PRODUCT, PRODUCT + 1)),
    forward=operator.mul,
    partials=(lambda x, y, out: y, lambda x, y, out: x),
    neutral=(1.0, 1.0),
    absorbing=(True, True),
)

divide: Op = define(
    "divide",
    symbol="÷",
    operator="/",
    text=Notation("#1/#2", PRODUCT, (PRODUCT, PRODUCT + 1)),
    latex=Notation(r"\frac{#1}{#2}", FRACTION),
    forward=operator.truediv,
    partials=(lambda x, y, out: 1.0 / y, lambda x, y, out: -(out / y)),
    domain=Domain("y different from 0", lambda x, y: y != 0),
    neutral=(None, 1.0),
    absorbing=(True, False),
)

negate: Op = define(
    "negate",
    symbol="−",
    operator="-",
    text=Notation("-#1", SUM, (PRODUCT,)),
    latex=Notation("-#1", SUM, (PRODUCT,)),
    forward=operator.neg,
    partials=(lambda x, out: -1.0,),
    absorbing=(True,),
)

reciprocal: Op = define(
    "reciprocal",
    symbol="1/x",
    text=Notation("reciprocal(#1)"),
    latex=Notation(r"\frac{1}{#1}", FRACTION),
    forward=lambda x: 1.0 / x,
    partials=(lambda x, out: -(out * out),),
    domain=_NONZERO,
)

square: Op = define(
    "square",
    symbol="x²",
    text=Notation("square(#1)"),
    latex=Notation("{#1}^{2}", POWER, (POWER + 1,)),
    forward=lambda x: x * x,
    partials=(lambda x, out: 2.0 * x,),
)


# What IEEE 754 gives and Python's own operators refuse: used in partials that are infinite at the edge of a domain.
def _divide_or_infinite(x: float, y: float) -> float:
    return x / y if y else math.copysign(math.inf, x)


def _divide_silently(np: Any, x: Any, y: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.divide(x, y)


_quotient_rule = kernel(_divide_or_infinite, _divide_silently)


def edge_quotient(x: Any, y: Any) -> Any:
    """Divide, giving a signed infinity instead of an error for a number over zero."""
    return divide(x, y) if recorded(x, y) else _quotient_rule(x, y)


edge_quotient.number = _divide_or_infinite  # type: ignore[attr-defined]
