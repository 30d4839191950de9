r"""The table of elementary operations: each stands here once, with all that anyone needs to know of it.

An elementary operation has one or two operands (A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed.,
ch. 2); everything else is composed of these. Its rules are ordinary expressions over whatever operands they are given:
floats give numbers, ``Value`` nodes give a differentiable graph, NumPy arrays give batches, symbols give formulas. A
partial derivative is written from the operands **and the result**, so that of :math:`y = \tanh x` is ``1 - y*y``.
A rule that has to choose uses :func:`where`, never ``if``.
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
    Rule,
    called,
    define,
    kernel,
    recorded,
)

_FINITE = Domain("a finite x", math.isfinite)


# What IEEE 754 gives and Python's own operators refuse: used in partials that are infinite at the edge of a domain.
def _divide_or_infinite(x: float, y: float) -> float:
    return x / y if y else math.copysign(math.inf, x)


def _power_or_infinite(x: float, y: float) -> float:
    return math.inf if x == 0 and y < 0 else math.pow(x, y)


def _without_warning(numpy_name: str) -> Rule:
    """Return NumPy's function of this name, silent where it gives an infinity, as that is what is meant."""

    def rule(np: Any, x: Any, y: Any) -> Any:
        with np.errstate(divide="ignore"):
            return getattr(np, numpy_name)(x, y)

    return rule


_quotient_rule = kernel(_divide_or_infinite, _without_warning("divide"))
_power_rule = kernel(_power_or_infinite, _without_warning("float_power"))


def edge_quotient(x: Any, y: Any) -> Any:
    """Divide, giving a signed infinity instead of an error for a number over zero."""
    return divide(x, y) if recorded(x, y) else _quotient_rule(x, y)


def edge_power(x: Any, y: Any) -> Any:
    """Raise to a power, giving infinity instead of an error for zero to a negative power."""
    return power(x, y) if recorded(x, y) else _power_rule(x, y)


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

greater: Op = define(
    "greater",
    symbol=">",
    text=Notation("greater(#1, #2)"),
    latex=Notation(r"\left[#1 > #2\right]"),  # the Iverson bracket: 1 where it holds, else 0
    forward=kernel(lambda x, y: 1.0 if x > y else 0.0, lambda np, x, y: np.greater(x, y).astype(float)),
    partials=(lambda x, y, out: 0.0, lambda x, y, out: 0.0),
    kinks=(Kink("x = y", lambda x, y: x == y, "the step from 0 to 1 has derivative 0"),),
)

keep: Op = define(
    "where",
    symbol="where",
    text=Notation("where(#1, #2)"),
    latex=Notation(r"\left[#1\right] \cdot #2", PRODUCT, (0, PRODUCT + 1)),
    forward=kernel(lambda condition, x: x if condition else 0.0, lambda np, c, x: np.where(c, x, 0.0)),
    partials=(lambda condition, x, out: 0.0, lambda condition, x, out: keep(condition, 1.0)),
    absorbing=(True, True),
)

keep_otherwise: Op = define(
    "unless",
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


def _power_by_base(x: Any, y: Any, out: Any) -> Any:
    # The guards keep 0 ** -1 from being formed at x = y = 0, where the derivative is 0; elsewhere this is y x^(y - 1).
    return y * edge_power(x, where(y, y - 1, where(x, y - 1, 0.0)))


power: Op = define(
    "power",
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
)

exp: Op = define(
    "exp",
    symbol="exp",
    text=Notation("exp(#1)"),
    latex=Notation("e^{#1}", POWER),
    forward=kernel(math.exp, "exp"),
    partials=(lambda x, out: out,),
)

log: Op = define(
    "log",
    **called("log", r"\ln"),
    forward=kernel(math.log, "log"),
    partials=(lambda x, out: 1.0 / x,),
    domain=Domain("x > 0", lambda x: x > 0),
)

sqrt: Op = define(
    "sqrt",
    symbol="√",
    text=Notation("sqrt(#1)"),
    latex=Notation(r"\sqrt{#1}"),
    forward=kernel(math.sqrt, "sqrt"),
    partials=(lambda x, out: edge_quotient(0.5, out),),
    domain=Domain("x >= 0", lambda x: x >= 0),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is +infinity"),),
)

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

tanh: Op = define(
    "tanh",
    **called("tanh", r"\tanh"),
    forward=kernel(math.tanh, "tanh"),
    partials=(lambda x, out: 1.0 - out * out,),
)

absolute: Op = define(
    "abs",
    symbol="|x|",
    text=Notation("abs(#1)"),
    latex=Notation(r"\left|#1\right|"),
    forward=operator.abs,
    partials=(lambda x, out: greater(x, 0.0) - greater(0.0, x),),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is 0, halfway between -1 and 1 (as in PyTorch)"),),
)


def _sigmoid(x: Any) -> Any:
    # e^-|x| never overflows; the textbook's 1/(1 + e^-x) does for x below -710.
    small = exp(-absolute(x))
    return where(greater(x, 0.0), 1.0, small) / (1.0 + small)


sigmoid: Op = define(
    "sigmoid",
    symbol="σ",
    text=Notation("sigmoid(#1)"),
    latex=Notation(r"\sigma\left(#1\right)"),
    forward=_sigmoid,
    partials=(lambda x, out: out * (1.0 - out),),
)

relu: Op = define(
    "relu",
    **called("relu", r"\operatorname{relu}"),
    forward=kernel(lambda x: 0.0 if x <= 0.0 else x, lambda np, x: np.maximum(x, 0.0)),  # NaN stays NaN
    partials=(lambda x, out: greater(x, 0.0),),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is 0 (as in PyTorch and TensorFlow)"),),
)


# Unlike Python's max and min, these keep a NaN that is their second operand, as NumPy's do.
def _larger(x: float, y: float) -> float:
    return x if x >= y or x != x else y


def _smaller(x: float, y: float) -> float:
    return x if x <= y or x != x else y


_TIE = (Kink("x = y", lambda x, y: x == y, "each operand takes half of the derivative (as in PyTorch and JAX)"),)

maximum: Op = define(
    "maximum",
    symbol="max",
    text=Notation("maximum(#1, #2)"),
    latex=Notation(r"\max\left(#1, #2\right)"),
    forward=kernel(_larger, "maximum"),
    partials=(
        lambda x, y, out: 0.5 * (1.0 + greater(x, y) - greater(y, x)),
        lambda x, y, out: 0.5 * (1.0 + greater(y, x) - greater(x, y)),
    ),
    kinks=_TIE,
)

minimum: Op = define(
    "minimum",
    symbol="min",
    text=Notation("minimum(#1, #2)"),
    latex=Notation(r"\min\left(#1, #2\right)"),
    forward=kernel(_smaller, "minimum"),
    partials=(
        lambda x, y, out: 0.5 * (1.0 + greater(y, x) - greater(x, y)),
        lambda x, y, out: 0.5 * (1.0 + greater(x, y) - greater(y, x)),
    ),
    kinks=_TIE,
)
