"""Trigonometric functions and their inverses; angles are in radians."""

from __future__ import annotations

import math
from typing import Any

from microgradnet.definition import define
from microgradnet.notation import Notation, called
from microgradnet.operation import Domain, Kink, Op
from microgradnet.ops.arithmetic import edge_quotient
from microgradnet.ops.powers import hypot, sqrt
from microgradnet.rules import elementwise, kernel

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
    aliases=("arcsin",),
)

acos: Op = define(
    "acos",
    **called("acos", r"\arccos"),
    forward=kernel(math.acos, "arccos"),
    partials=(lambda x, out: edge_quotient(-1.0, sqrt((1.0 - x) * (1.0 + x))),),
    domain=_SINE,
    kinks=(Kink("x = -1 or x = 1", lambda x: abs(x) == 1, "the derivative is -infinity"),),
    aliases=("arccos",),
)

atan: Op = define(
    "atan",
    **called("atan", r"\arctan"),
    forward=kernel(math.atan, "arctan"),
    partials=(lambda x, out: 1.0 / (1.0 + x * x),),
    aliases=("arctan",),
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
    aliases=("arctan2",),
)


def _sinc(order: float, x: float) -> float:
    r"""Return the derivative of this order of :math:`\sin(\pi x)/(\pi x)`.

    With :math:`z = \pi x` and g the derivatives of :math:`\sin(z)/z`, differentiating :math:`z g_0 = \sin z` n times
    gives :math:`z g_n + n g_{n-1} = \sin^{(n)} z`. Its errors shrink upwards in n where z is large, and downwards
    where z is small.
    """
    if order < 0 or not float(order).is_integer() or order > _LARGEST_ORDER or math.isinf(x):
        raise ValueError("the order is a whole number, and x is finite")
    if x != x:
        return x
    n, z = int(order), math.pi * x
    r = math.remainder(x, 2.0)  # the sine repeats, and of pi times this the digits are those of x
    sine, cosine = math.sin(math.pi * r), math.cos(math.pi * r)
    if abs(r) > 0.75:  # and by its zero at 1
        sine = math.copysign(math.sin(math.pi * (1.0 - abs(r))), r)
    slopes = (sine, cosine, -sine, -cosine)
    found = 0.0
    if abs(z) < 1.5 + n:
        for k in range(2 * n + 60, n, -1):
            found = (slopes[k % 4] - z * found) / k
    else:
        found = sine / z
        for k in range(1, n + 1):
            found = (slopes[k % 4] - k * found) / z
    return math.pi**n * found


_LARGEST_ORDER = 100

# Normalised, as in NumPy and PyTorch: its zeros are the whole numbers but 0.
sinc: Op = define(
    "sinc",
    **called("sinc", r"\operatorname{sinc}"),
    forward=elementwise(lambda x: _sinc(0.0, x)),
    partials=(lambda x, out: sinc_derivative(1.0, x),),
    domain=_FINITE,
)


def _by_order(order: Any, x: Any, out: Any) -> Any:
    raise ValueError("the order of a derivative is counted, not varied")


# The first operand counts, as that of a polygamma. A formula for the slope of sinc would be 0/0 at 0.
sinc_derivative: Op = define(
    "sinc_derivative",
    symbol="sinc⁽ⁿ⁾",
    text=Notation("sinc_derivative(#1, #2)"),
    latex=Notation(r"\operatorname{sinc}^{\left(#1\right)}\left(#2\right)"),
    forward=elementwise(_sinc),
    partials=(_by_order, lambda n, x, out: sinc_derivative(n + 1.0, x)),
    domain=Domain(
        f"x = 0, 1, 2, ..., {_LARGEST_ORDER} (the order) and a finite y",
        lambda n, x: 0 <= n <= _LARGEST_ORDER and float(n).is_integer() and math.isfinite(x),
    ),
)
