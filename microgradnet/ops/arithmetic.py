"""Arithmetic: the four operations, the sign, the reciprocal, the square, whole quotients and remainders, angles."""

from __future__ import annotations

import math
import operator
from typing import Any

from microgradnet.definition import define
from microgradnet.notation import FRACTION, POWER, PRODUCT, SUM, Notation
from microgradnet.operation import Domain, Kink, Op
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
    aliases=("true_divide",),
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
    aliases=("negative",),
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

_NONZERO_DIVISOR = Domain("y different from 0", lambda x, y: y != 0)
_MULTIPLE = "x is a multiple of y"

floor_divide: Op = define(
    "floor_divide",
    symbol="⌊÷⌋",
    operator="//",
    text=Notation("floor_divide(#1, #2)"),
    latex=Notation(r"\left\lfloor\frac{#1}{#2}\right\rfloor"),
    forward=kernel(operator.floordiv, "floor_divide"),
    partials=(lambda x, y, out: 0.0, lambda x, y, out: 0.0),
    domain=_NONZERO_DIVISOR,
    kinks=(Kink(_MULTIPLE, lambda x, y: y != 0 and x % y == 0, "the derivatives are 0, as beside the step"),),
    neutral=(None, None),
    absorbing=(True, False),
)

# x - y*floor(x/y), with the sign of y, as Python, NumPy and PyTorch have it; C's fmod has the sign of x.
remainder: Op = define(
    "remainder",
    symbol="mod",
    operator="%",
    text=Notation("remainder(#1, #2)"),
    latex=Notation(r"#1 \bmod #2", PRODUCT, (PRODUCT + 1, PRODUCT + 1)),
    forward=kernel(operator.mod, "remainder"),
    partials=(lambda x, y, out: 1.0, lambda x, y, out: -floor_divide(x, y)),
    domain=_NONZERO_DIVISOR,
    kinks=(
        Kink(
            _MULTIPLE,
            lambda x, y: y != 0 and x % y == 0,
            "the derivatives are 1 and -(x//y), those of the side where x/y is larger (as in PyTorch)",
        ),
    ),
    absorbing=(True, False),
    aliases=("mod",),
)

_RADIANS_PER_DEGREE, _DEGREES_PER_RADIAN = math.pi / 180.0, 180.0 / math.pi

radians: Op = define(
    "radians",
    symbol="rad",
    text=Notation("radians(#1)"),
    latex=Notation(r"\frac{\pi}{180} \cdot #1", PRODUCT, (PRODUCT + 1,)),
    forward=lambda x: x * _RADIANS_PER_DEGREE,
    partials=(lambda x, out: _RADIANS_PER_DEGREE,),
    absorbing=(True, False),
    aliases=("deg2rad",),
)

degrees: Op = define(
    "degrees",
    symbol="deg",
    text=Notation("degrees(#1)"),
    latex=Notation(r"\frac{180}{\pi} \cdot #1", PRODUCT, (PRODUCT + 1,)),
    forward=lambda x: x * _DEGREES_PER_RADIAN,
    partials=(lambda x, out: _DEGREES_PER_RADIAN,),
    absorbing=(True, False),
    aliases=("rad2deg",),
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
