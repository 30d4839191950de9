"""Trigonometric functions and their inverses; angles are in radians."""

from __future__ import annotations

import math

from microgradnet.definition import define
from microgradnet.notation import Notation, called
from microgradnet.operation import Domain, Kink, Op
from microgradnet.ops.arithmetic import edge_quotient
from microgradnet.ops.powers import hypot, sqrt
from microgradnet.rules import kernel

_FINITE = Domain("a finite x", math.isfinite)
_SINE = Domain("-1 <= x <= 1", lambda x: -1 <= x <= 1)

sin: Op = define(
    "sin",
    **called("sin", r"\sin"),
    forward=kernel(math.sin, "sin"),
    partials=(lambda x, out: cos(x),),
    domain=_FINITE,
)

cos: Op = define(
    "cos",
    **called("cos", r"\cos"),
    forward=kernel(math.cos, "cos"),
    partials=(lambda x, out: -sin(x),),
    domain=_FINITE,
)

tan: Op = define(
    "tan",
    **called("tan", r"\tan"),
    forward=kernel(math.tan, "tan"),
    partials=(lambda x, out: 1.0 + out * out,),
    domain=_FINITE,
)

# (1 - x)(1 + x) keeps the digits that 1 - x*x loses where x is close to 1 or -1.

asin: Op = define(
    "asin",
    **called("asin", r"\arcsin"),
    forward=kernel(math.asin, "arcsin"),
    partials=(lambda x, out: edge_quotient(1.0, sqrt((1.0 - x) * (1.0 + x))),),
    domain=_SINE,
    kinks=(Kink("x = -1 or x = 1", lambda x: abs(x) == 1, "the derivative is +infinity"),),
)

acos: Op = define(
    "acos",
    **called("acos", r"\arccos"),
    forward=kernel(math.acos, "arccos"),
    partials=(lambda x, out: edge_quotient(-1.0, sqrt((1.0 - x) * (1.0 + x))),),
    domain=_SINE,
    kinks=(Kink("x = -1 or x = 1", lambda x: abs(x) == 1, "the derivative is -infinity"),),
)

atan: Op = define(
    "atan",
    **called("atan", r"\arctan"),
    forward=kernel(math.atan, "arctan"),
    partials=(lambda x, out: 1.0 / (1.0 + x * x),),
)


# The first operand is the ordinate, as in every language since Fortran; a record calls its operands x and y in order.
def _angle(x: float, y: float) -> float:
    if x == 0 and y == 0:
        raise ValueError("the origin has no angle")
    return math.atan2(x, y)


atan2: Op = define(
    "atan2",
    symbol="atan2",
    text=Notation("atan2(#1, #2)"),
    latex=Notation(r"\operatorname{atan2}\left(#1, #2\right)"),
    forward=kernel(_angle, "arctan2"),
    # Divided twice by the distance from the origin, whose square may not fit into a float.
    partials=(
        lambda x, y, out: y / hypot(x, y) / hypot(x, y),
        lambda x, y, out: -(x / hypot(x, y) / hypot(x, y)),
    ),
    domain=Domain("x and y not both 0", lambda x, y: x != 0 or y != 0),
    kinks=(
        Kink(
            "x = 0 and y < 0",
            lambda x, y: x == 0 and y < 0,
            "the value jumps between pi (at x = 0.0) and -pi (at x = -0.0); the derivatives are those of either side",
        ),
    ),
)
