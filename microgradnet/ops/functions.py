"""Functions: powers and roots, exponentials and logarithms, trigonometric and hyperbolic functions (in radians)."""

from __future__ import annotations

import math
from typing import Any

from microgradnet.operation import (
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
    elementwise,
    kernel,
    recorded,
)
from microgradnet.ops.arithmetic import edge_quotient, where

_POSITIVE = Domain(
    "x > 0",
    lambda x: x > 0,
    "Clip it to a small number above 0; for probabilities start from logits: mg.log_softmax, mg.log_sigmoid.",
)
_TOO_LARGE = (
    "Use a smaller x, or a form that stays finite: mg.logsumexp, mg.softmax, mg.sigmoid, mg.losses.cross_entropy."
)
_LN_2, _LN_10 = math.log(2.0), math.log(10.0)

exp: Op = define(
    "exp",
    summary="The exponential of x, e to the power x.",
    symbol="exp",
    text=Notation("exp(#1)"),
    latex=Notation("e^{#1}", POWER),
    forward=kernel(math.exp, "exp"),
    partials=(lambda x, out: out,),
    advice=_TOO_LARGE,
)

log: Op = define(
    "log",
    summary="The natural logarithm of x.",
    **called("log", r"\ln"),
    forward=kernel(math.log, "log"),
    partials=(lambda x, out: 1.0 / x,),
    domain=_POSITIVE,
)

exp2: Op = define(
    "exp2",
    summary="2 to the power x.",
    symbol="2^x",
    text=Notation("exp2(#1)"),
    latex=Notation("2^{#1}", POWER),
    forward=kernel(math.exp2, "exp2"),
    partials=(lambda x, out: _LN_2 * out,),
    advice=_TOO_LARGE,
)

expm1: Op = define(
    "expm1",
    summary="e to the power x, minus 1, exact where x is close to 0.",
    symbol="exp−1",
    text=Notation("expm1(#1)"),
    latex=Notation("e^{#1} - 1", SUM),
    forward=kernel(math.expm1, "expm1"),
    partials=(lambda x, out: exp(x),),  # out + 1 would have lost its digits where x is far below 0
    advice=_TOO_LARGE,
)

log2: Op = define(
    "log2",
    summary="The logarithm of x to base 2.",
    symbol="log₂",
    text=Notation("log2(#1)"),
    latex=Notation(r"\log_{2}\left(#1\right)"),
    forward=kernel(math.log2, "log2"),
    partials=(lambda x, out: 1.0 / (_LN_2 * x),),
    domain=_POSITIVE,
)

log10: Op = define(
    "log10",
    summary="The logarithm of x to base 10.",
    symbol="log₁₀",
    text=Notation("log10(#1)"),
    latex=Notation(r"\log_{10}\left(#1\right)"),
    forward=kernel(math.log10, "log10"),
    partials=(lambda x, out: 1.0 / (_LN_10 * x),),
    domain=_POSITIVE,
)

log1p: Op = define(
    "log1p",
    summary="The natural logarithm of 1 + x, exact where x is close to 0.",
    symbol="log1p",
    text=Notation("log1p(#1)"),
    latex=Notation(r"\ln\left(1 + #1\right)", places=(SUM + 1,)),
    forward=kernel(math.log1p, "log1p"),
    partials=(lambda x, out: 1.0 / (1.0 + x),),
    domain=Domain("x > -1", lambda x: x > -1),
)


def _times_log(x: float, y: float) -> float:
    return 0.0 if x == 0.0 and y == 0.0 else x * math.log(y)


def _times_log_each(np: Any, x: Any, y: Any) -> Any:
    return x * np.log(np.where((x == 0.0) & (y == 0.0), 1.0, y))


xlogy: Op = define(
    "xlogy",
    summary="x times the natural logarithm of y, and 0 where both are 0: a term of an entropy.",
    symbol="x ln y",
    text=Notation("xlogy(#1, #2)"),
    latex=Notation(r"#1 \cdot \ln\left(#2\right)", PRODUCT, (PRODUCT, 0)),
    forward=kernel(_times_log, _times_log_each),
    partials=(lambda x, y, out: log(where(y, y, 1.0)), lambda x, y, out: x / where(y, y, 1.0)),
    domain=Domain("y > 0, or x = y = 0", lambda x, y: y > 0 or (x == 0 and y == 0)),
    kinks=(
        Kink(
            "x = y = 0",
            lambda x, y: x == 0 and y == 0,
            "the value is 0, as entropies need, and both derivatives are 0 (that by x as in PyTorch)",
        ),
    ),
    absorbing=(True, False),
)


def _logit(x: float) -> float:
    # ln(x/(1 - x)) counts its errors from 1; around 1/2, where it is 0, 2 artanh(2x - 1) does not.
    return 2.0 * math.atanh(2.0 * x - 1.0) if 0.25 <= x <= 0.75 else math.log(x / (1.0 - x))


def _logit_each(np: Any, x: Any) -> Any:
    middle = 2.0 * np.arctanh(np.clip(2.0 * x - 1.0, -0.5, 0.5))
    return np.where((x >= 0.25) & (x <= 0.75), middle, np.log(x / (1.0 - x)))


logit: Op = define(
    "logit",
    summary="The logarithm of the odds x/(1 - x), the inverse of sigmoid.",
    **called("logit", r"\operatorname{logit}"),
    forward=kernel(_logit, _logit_each),
    partials=(lambda x, out: 1.0 / (x * (1.0 - x)),),
    domain=Domain("0 < x < 1", lambda x: 0 < x < 1),
)


# What IEEE 754 gives and Python refuses: used in partials that are infinite at the edge of a domain.
def _power_or_infinite(x: float, y: float) -> float:
    return math.inf if x == 0 and y < 0 else math.pow(x, y)


def _power_silently(np: Any, x: Any, y: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.float_power(x, y)


_power_rule = kernel(_power_or_infinite, _power_silently)


def edge_power(x: Any, y: Any) -> Any:
    """Raise to a power, giving infinity instead of an error for zero to a negative power."""
    return power(x, y) if recorded(x, y) else _power_rule(x, y)


edge_power.number = _power_or_infinite  # type: ignore[attr-defined]


def _power_by_base(x: Any, y: Any, out: Any) -> Any:
    # y x^(y - 1), with guards that keep 0 ** -1 from being formed at x = y = 0, where the derivative is 0. A y that is
    # recorded keeps the exponent y - 1 at y = 0 where x is not 0, as the derivative of this rule by y needs it.
    exponent = where(y, y - 1, where(x, y - 1, 0.0) if recorded(y) else 0.0)
    return y * edge_power(x, exponent)


power: Op = define(
    "power",
    summary="x to the power y.",
    symbol="^",
    operator="**",
    text=Notation("#1**#2", POWER, (POWER + 1, POWER)),
    latex=Notation("{#1}^{#2}", POWER, (POWER + 1, 0)),
    forward=kernel(math.pow, lambda np, x, y: np.float_power(x, y)),
    partials=(_power_by_base, lambda x, y, out: out * log(where(x, x, 1.0))),
    domain=Domain(
        "x > 0, or a whole y with x < 0, or y >= 0 with x = 0",
        lambda x, y: x > 0 or (y >= 0 if x == 0 else float(y).is_integer()),
    ),
    kinks=(
        Kink("x = 0 and 0 < y < 1", lambda x, y: x == 0 and 0 < y < 1, "the derivative by x is +infinity"),
        Kink("x = 0", lambda x, y: x == 0, "the derivative by y is 0 (at y = 0 by convention, as in PyTorch)"),
    ),
    neutral=(None, 1.0),
    aliases=("float_power",),
    advice="Use smaller numbers. A derivative by y needs x > 0; write an exponent that is fixed as a plain number.",
)

sqrt: Op = define(
    "sqrt",
    summary="The square root of x.",
    symbol="√",
    text=Notation("sqrt(#1)"),
    latex=Notation(r"\sqrt{#1}"),
    forward=kernel(math.sqrt, "sqrt"),
    partials=(lambda x, out: edge_quotient(0.5, out),),
    domain=Domain("x >= 0", lambda x: x >= 0),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is +infinity"),),
)

rsqrt: Op = define(
    "rsqrt",
    summary="One over the square root of x.",
    symbol="1/√",
    text=Notation("rsqrt(#1)"),
    latex=Notation(r"\frac{1}{\sqrt{#1}}", FRACTION),
    forward=kernel(lambda x: 1.0 / math.sqrt(x), lambda np, x: 1.0 / np.sqrt(x)),
    partials=(lambda x, out: -0.5 * out / x,),
    domain=Domain("x > 0", lambda x: x > 0),
)

cbrt: Op = define(
    "cbrt",
    summary="The cube root of x, which is negative where x is.",
    symbol="∛",
    text=Notation("cbrt(#1)"),
    latex=Notation(r"\sqrt[3]{#1}"),
    forward=kernel(math.cbrt, "cbrt"),
    partials=(lambda x, out: edge_quotient(1.0, 3.0 * out * out),),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is +infinity"),),
)

hypot: Op = define(
    "hypot",
    summary="The length of the vector (x, y), without overflow in between.",
    symbol="hypot",
    text=Notation("hypot(#1, #2)"),
    latex=Notation(r"\sqrt{{#1}^{2} + {#2}^{2}}", places=(POWER + 1, POWER + 1)),
    forward=kernel(math.hypot, "hypot"),
    partials=(lambda x, y, out: x / where(out, out, 1.0), lambda x, y, out: y / where(out, out, 1.0)),
    kinks=(
        Kink(
            "x = y = 0",
            lambda x, y: x == 0 and y == 0,
            "both derivatives are 0, the middle of -1 to 1 (as in the norm of PyTorch)",
        ),
    ),
)


_FINITE = Domain("a finite x", math.isfinite)
_SINE = Domain("-1 <= x <= 1", lambda x: -1 <= x <= 1)

sin: Op = define(
    "sin",
    summary="The sine of x, in radians.",
    **called("sin", r"\sin"),
    forward=kernel(math.sin, "sin"),
    partials=(lambda x, out: cos(x),),
    domain=_FINITE,
)

cos: Op = define(
    "cos",
    summary="The cosine of x, in radians.",
    **called("cos", r"\cos"),
    forward=kernel(math.cos, "cos"),
    partials=(lambda x, out: -sin(x),),
    domain=_FINITE,
)

tan: Op = define(
    "tan",
    summary="The tangent of x, in radians.",
    **called("tan", r"\tan"),
    forward=kernel(math.tan, "tan"),
    partials=(lambda x, out: 1.0 + out * out,),
    domain=_FINITE,
)

# (1 - x)(1 + x) keeps the digits that 1 - x*x loses where x is close to 1 or -1.

asin: Op = define(
    "asin",
    summary="The angle between -pi/2 and pi/2 whose sine is x.",
    **called("asin", r"\arcsin"),
    forward=kernel(math.asin, "arcsin"),
    partials=(lambda x, out: edge_quotient(1.0, sqrt((1.0 - x) * (1.0 + x))),),
    domain=_SINE,
    kinks=(Kink("x = -1 or x = 1", lambda x: abs(x) == 1, "the derivative is +infinity"),),
    aliases=("arcsin",),
)

acos: Op = define(
    "acos",
    summary="The angle between 0 and pi whose cosine is x.",
    **called("acos", r"\arccos"),
    forward=kernel(math.acos, "arccos"),
    partials=(lambda x, out: edge_quotient(-1.0, sqrt((1.0 - x) * (1.0 + x))),),
    domain=_SINE,
    kinks=(Kink("x = -1 or x = 1", lambda x: abs(x) == 1, "the derivative is -infinity"),),
    aliases=("arccos",),
)

atan: Op = define(
    "atan",
    summary="The angle between -pi/2 and pi/2 whose tangent is x.",
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
    summary="The angle of the point with ordinate x and abscissa y, between -pi and pi.",
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
    summary="sin(pi x)/(pi x), and 1 at 0: the normalised sinc of NumPy and PyTorch.",
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
    summary="The derivative of order x of sinc, at y.",
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


tanh: Op = define(
    "tanh",
    summary="The hyperbolic tangent of x.",
    **called("tanh", r"\tanh"),
    forward=kernel(math.tanh, "tanh"),
    partials=(lambda x, out: 1.0 - out * out,),
)

sinh: Op = define(
    "sinh",
    summary="The hyperbolic sine of x.",
    **called("sinh", r"\sinh"),
    forward=kernel(math.sinh, "sinh"),
    partials=(lambda x, out: cosh(x),),
)

cosh: Op = define(
    "cosh",
    summary="The hyperbolic cosine of x.",
    **called("cosh", r"\cosh"),
    forward=kernel(math.cosh, "cosh"),
    partials=(lambda x, out: sinh(x),),
)

# The names of ISO 80000-2: ar for area; LaTeX has no commands of its own for these three.

asinh: Op = define(
    "asinh",
    summary="The number whose hyperbolic sine is x.",
    **called("asinh", r"\operatorname{arsinh}"),
    forward=kernel(math.asinh, "arcsinh"),
    partials=(lambda x, out: 1.0 / hypot(x, 1.0),),
    aliases=("arcsinh",),
)

acosh: Op = define(
    "acosh",
    summary="The number from 0 up whose hyperbolic cosine is x.",
    **called("acosh", r"\operatorname{arcosh}"),
    forward=kernel(math.acosh, "arccosh"),
    # Two roots: x*x - 1 loses its digits where x is close to 1, and may not fit into a float.
    partials=(lambda x, out: edge_quotient(1.0, sqrt(x - 1.0) * sqrt(x + 1.0)),),
    domain=Domain("x >= 1", lambda x: x >= 1),
    kinks=(Kink("x = 1", lambda x: x == 1, "the derivative is +infinity"),),
    aliases=("arccosh",),
)

atanh: Op = define(
    "atanh",
    summary="The number whose hyperbolic tangent is x.",
    **called("atanh", r"\operatorname{artanh}"),
    forward=kernel(math.atanh, "arctanh"),
    partials=(lambda x, out: 1.0 / ((1.0 - x) * (1.0 + x)),),
    domain=Domain("-1 < x < 1", lambda x: -1 < x < 1),
    aliases=("arctanh",),
)
