"""Arithmetic, comparisons and choices: what the rules of all other operations are made of.

A rule that has to choose uses :func:`where`, never ``if``, so that it works on Values, arrays and symbols.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from microgradnet.operation import (
    ATOM,
    FRACTION,
    POWER,
    PRODUCT,
    SUM,
    Domain,
    Kink,
    Notation,
    Op,
    called,
    define,
    kernel,
    recorded,
)

# A comparison steps between 0 and 1; the derivative is taken as 0 on the step as well as off it.
_STEP = (Kink("x = y", lambda x, y: x == y, "the step between 0 and 1 has derivative 0 (as in JAX)"),)
_FLAT = (lambda x, y, out: 0.0, lambda x, y, out: 0.0)

# In LaTeX each is an Iverson bracket: 1 where it holds, else 0 (R. Graham, D. Knuth, O. Patashnik, *Concrete
# Mathematics*, section 2.1).

greater: Op = define(
    "greater",
    summary="1 where x > y, else 0, with derivative 0: a recorded comparison, as a condition of where.",
    symbol=">",
    text=Notation("greater(#1, #2)"),
    latex=Notation(r"\left[#1 > #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x > y else 0.0, lambda np, x, y: np.greater(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

greater_equal: Op = define(
    "greater_equal",
    summary="1 where x >= y, else 0, with derivative 0: a recorded comparison, as a condition of where.",
    symbol="≥",
    text=Notation("greater_equal(#1, #2)"),
    latex=Notation(r"\left[#1 \geq #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x >= y else 0.0, lambda np, x, y: np.greater_equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

less: Op = define(
    "less",
    summary="1 where x < y, else 0, with derivative 0: a recorded comparison, as a condition of where.",
    symbol="<",
    text=Notation("less(#1, #2)"),
    latex=Notation(r"\left[#1 < #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x < y else 0.0, lambda np, x, y: np.less(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

less_equal: Op = define(
    "less_equal",
    summary="1 where x <= y, else 0, with derivative 0: a recorded comparison, as a condition of where.",
    symbol="≤",
    text=Notation("less_equal(#1, #2)"),
    latex=Notation(r"\left[#1 \leq #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x <= y else 0.0, lambda np, x, y: np.less_equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

equal: Op = define(
    "equal",
    summary="1 where x = y, else 0, with derivative 0: a recorded comparison by number.",
    symbol="=",
    text=Notation("equal(#1, #2)"),
    latex=Notation(r"\left[#1 = #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x == y else 0.0, lambda np, x, y: np.equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)

not_equal: Op = define(
    "not_equal",
    summary="1 where x and y differ, else 0, with derivative 0: a recorded comparison by number.",
    symbol="≠",
    text=Notation("not_equal(#1, #2)"),
    latex=Notation(r"\left[#1 \neq #2\right]"),
    forward=kernel(lambda x, y: 1.0 if x != y else 0.0, lambda np, x, y: np.not_equal(x, y).astype(float)),
    partials=_FLAT,
    kinks=_STEP,
)


_NONZERO = Domain("x different from 0", lambda x: x != 0)

add: Op = define(
    "add",
    summary="The sum of x and y.",
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
    summary="The difference of x and y.",
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
    summary="The product of x and y.",
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
    summary="The quotient of x and y.",
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
    summary="Minus x.",
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
    summary="One over x.",
    symbol="1/x",
    text=Notation("reciprocal(#1)"),
    latex=Notation(r"\frac{1}{#1}", FRACTION),
    forward=lambda x: 1.0 / x,
    partials=(lambda x, out: -(out * out),),
    domain=_NONZERO,
)

square: Op = define(
    "square",
    summary="The square of x.",
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
    summary="The quotient of x and y, rounded down to a whole number.",
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
    summary="The remainder of x divided by y, with the sign of y.",
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
    summary="An angle of x degrees, in radians.",
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
    summary="An angle of x radians, in degrees.",
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


keep: Op = define(
    "where",
    summary="The gate that lets y through where x is not 0; else the result is 0.",
    symbol="where",
    text=Notation("where(#1, #2)"),
    latex=Notation(r"\left[#1\right] \cdot #2", PRODUCT, (0, PRODUCT + 1)),
    forward=kernel(lambda condition, x: x if condition else 0.0, lambda np, c, x: np.where(c, x, 0.0)),
    partials=(lambda condition, x, out: 0.0, lambda condition, x, out: keep(condition, 1.0)),
    absorbing=(True, True),
)

keep_otherwise: Op = define(
    "unless",
    summary="The gate that lets y through where x is 0; else the result is 0.",
    symbol="unless",
    text=Notation("unless(#1, #2)"),
    latex=Notation(r"\left[\lnot #1\right] \cdot #2", PRODUCT, (ATOM, PRODUCT + 1)),
    forward=kernel(lambda condition, x: 0.0 if condition else x, lambda np, c, x: np.where(c, 0.0, x)),
    partials=(lambda condition, x, out: 0.0, lambda condition, x, out: keep_otherwise(condition, 1.0)),
    absorbing=(False, True),
)


def where(condition: Any, x: Any, otherwise: Any = 0.0) -> Any:
    """Return ``x`` where the condition is not 0, and ``otherwise`` where it is.

    On Values it is the sum of two gates, ``[c] x + [not c] otherwise``, as each elementary operation has at most two
    operands (CasADi's ``if_else`` is made the same way). A condition written with :func:`greater` is recorded and
    follows ``mg.recompute``; a plain ``a > b`` is decided now and recorded as a constant.
    """
    if recorded(condition, x, otherwise) or not isinstance(condition, (bool, int, float)):
        return keep(condition, x) + keep_otherwise(condition, otherwise)
    return x if condition else otherwise


where.number = lambda condition, x, otherwise=0.0: x if condition else otherwise  # type: ignore[attr-defined]

absolute: Op = define(
    "abs",
    summary="The absolute value of x.",
    symbol="|x|",
    text=Notation("abs(#1)"),
    latex=Notation(r"\left|#1\right|"),
    forward=operator.abs,
    partials=(lambda x, out: greater(x, 0.0) - greater(0.0, x),),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is 0, halfway between -1 and 1 (as in PyTorch)"),),
    aliases=("absolute", "fabs"),
)

sign: Op = define(
    "sign",
    summary="1 where x is positive, -1 where it is negative, 0 at 0.",
    **called("sign", r"\operatorname{sign}"),
    forward=kernel(lambda x: x if x != x else float((x > 0.0) - (x < 0.0)), "sign"),  # NaN stays NaN
    partials=(lambda x, out: 0.0,),
    kinks=(Kink("x = 0", lambda x: x == 0, "the value is 0 and the derivative is 0 (as in PyTorch and JAX)"),),
)


# Infinities and NaN have no whole part; they stay as they are, as in NumPy.
def _rounded_down(x: float) -> float:
    return float(math.floor(x)) if math.isfinite(x) else x


def _rounded_up(x: float) -> float:
    return float(math.ceil(x)) if math.isfinite(x) else x


_WHOLE = (Kink("x is a whole number", lambda x: x == x // 1.0, "the derivative is 0 (as in PyTorch and JAX)"),)

floor: Op = define(
    "floor",
    summary="The largest whole number that is not above x.",
    symbol="⌊x⌋",
    text=Notation("floor(#1)"),
    latex=Notation(r"\left\lfloor #1\right\rfloor"),
    forward=kernel(_rounded_down, "floor"),
    partials=(lambda x, out: 0.0,),
    kinks=_WHOLE,
)

ceil: Op = define(
    "ceil",
    summary="The smallest whole number that is not below x.",
    symbol="⌈x⌉",
    text=Notation("ceil(#1)"),
    latex=Notation(r"\left\lceil #1\right\rceil"),
    forward=kernel(_rounded_up, "ceil"),
    partials=(lambda x, out: 0.0,),
    kinks=_WHOLE,
)


# Halves go to the even neighbour, as in Python, NumPy and PyTorch, and -0.3 gives -0.0, as in the latter two.
def _rounded(x: float) -> float:
    return math.copysign(float(round(x)), x) if math.isfinite(x) else x


rounded: Op = define(
    "round",
    summary="The whole number nearest to x; halves go to the even one.",
    symbol="⌊x⌉",
    text=Notation("round(#1)"),
    latex=Notation(r"\left\lfloor #1\right\rceil"),
    forward=kernel(_rounded, "rint"),
    partials=(lambda x, out: 0.0,),
    kinks=(
        Kink(
            "x is halfway between two whole numbers",
            lambda x: x - x // 1.0 == 0.5,
            "the value is the even one, and the derivative is 0 (as in PyTorch and JAX)",
        ),
    ),
    aliases=("rint",),
)

copysign: Op = define(
    "copysign",
    summary="The absolute value of x, with the sign of y.",
    symbol="±|x|",
    text=Notation("copysign(#1, #2)"),
    latex=Notation(r"\operatorname{copysign}\left(#1, #2\right)"),
    forward=kernel(math.copysign, "copysign"),
    partials=(lambda x, y, out: sign(x) * copysign(1.0, y), lambda x, y, out: 0.0),
    kinks=(
        Kink("x = 0", lambda x, y: x == 0, "the derivative by x is 0, halfway between -1 and 1 (as in PyTorch)"),
        Kink("y = 0", lambda x, y: y == 0, "0.0 counts as positive and -0.0 as negative; the derivative by y is 0"),
    ),
)

# np.positive copies an array, so that a result never shares its numbers with an operand.
detach: Op = define(
    "detach",
    summary="x itself, but as a constant: no gradient flows through.",
    **called("detach", r"\operatorname{detach}"),
    forward=kernel(lambda x: x, "positive"),
    partials=(lambda x, out: 0.0,),
    kinks=(Kink("any x", lambda x: True, "the result counts as a constant: its derivative is 0 (as in PyTorch)"),),
)


# Unlike Python's max and min, these keep a NaN that is their second operand, as NumPy's do.
def _larger(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def _smaller(x: float, y: float) -> float:
    return x if x <= y or x != x else y


_TIE = (Kink("x = y", lambda x, y: x == y, "each operand takes half of the derivative (as in PyTorch and JAX)"),)

maximum: Op = define(
    "maximum",
    summary="The larger of x and y.",
    symbol="max",
    text=Notation("maximum(#1, #2)"),
    latex=Notation(r"\max\left(#1, #2\right)"),
    forward=kernel(_larger, "maximum"),
    partials=(
        lambda x, y, out: 0.5 * (1.0 + greater(x, y) - greater(y, x)),
        lambda x, y, out: 0.5 * (1.0 + greater(y, x) - greater(x, y)),
    ),
    kinks=_TIE,
    aliases=("fmax",),
)

minimum: Op = define(
    "minimum",
    summary="The smaller of x and y.",
    symbol="min",
    text=Notation("minimum(#1, #2)"),
    latex=Notation(r"\min\left(#1, #2\right)"),
    forward=kernel(_smaller, "minimum"),
    partials=(
        lambda x, y, out: 0.5 * (1.0 + greater(y, x) - greater(x, y)),
        lambda x, y, out: 0.5 * (1.0 + greater(x, y) - greater(y, x)),
    ),
    kinks=_TIE,
    aliases=("fmin",),
)


def clip(x: Any, low: Any, high: Any) -> Any:
    """Return x held between two bounds: ``minimum(maximum(x, low), high)``, two nodes in a graph.

    On a bound half of the derivative goes to x and half to the bound, as in every tie of the table (JAX does the same;
    PyTorch's ``clamp`` gives all to x). Where ``low > high`` the result is ``high``, as in NumPy.

    Example:
        >>> clip(2.5, -1.0, 1.0)
        1.0
    """
    return minimum(maximum(x, low), high)
