"""Activation functions of neural networks; the constants are those that PyTorch uses where nothing is said."""

from __future__ import annotations

import math
from typing import Any

from microgradnet.operation import Kink, Notation, Op, Parameter, Rule, called, define, kernel, shortened
from microgradnet.ops.arithmetic import (
    absolute,
    divide,
    greater,
    keep,
    keep_otherwise,
    maximum,
    minimum,
    multiply,
    reciprocal,
    sign,
    square,
    subtract,
    where,
)
from microgradnet.ops.functions import exp, expm1, log1p, tanh
from microgradnet.ops.special import erfc

_AT_0: tuple[str, Rule] = ("x = 0", lambda x: x == 0)
_SLOPE = 0.01
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
_SELU_BELOW_0 = _SELU_SCALE * _SELU_ALPHA
_SQRT_HALF, _SQRT_2_OVER_PI, _NORMAL_DENSITY = math.sqrt(0.5), math.sqrt(2.0 / math.pi), 1.0 / math.sqrt(2.0 * math.pi)
_GELU_CUBIC, _GELU_LEVEL = 0.044715, 30.0
_LAMBDA = 0.5


def _below_0(np: Any, x: Any) -> Any:
    return np.expm1(np.minimum(x, 0.0))


def _sigmoid(x: Any) -> Any:
    # e^-|x| never overflows; the textbook's 1/(1 + e^-x) does for x below -710.
    small = exp(-absolute(x))
    return where(greater(x, 0.0), 1.0, small) / (1.0 + small)


sigmoid: Op = define(
    "sigmoid",
    summary="The logistic function 1/(1 + e^-x).",
    symbol="σ",
    text=Notation("sigmoid(#1)"),
    latex=Notation(r"\sigma\left(#1\right)"),
    forward=shortened(_sigmoid, lambda x: 1.0 / (1.0 + exp(-x))),
    partials=(lambda x, out: out * (1.0 - out),),
)

relu: Op = define(
    "relu",
    summary="x where it is positive, else 0: the rectified linear unit.",
    **called("relu", r"\operatorname{relu}"),
    forward=kernel(lambda x: 0.0 if x <= 0.0 else x, lambda np, x: np.maximum(x, 0.0)),  # NaN stays NaN
    partials=(lambda x, out: greater(x, 0.0),),
    kinks=(Kink("x = 0", lambda x: x == 0, "the derivative is 0 (as in PyTorch and TensorFlow)"),),
)

leaky_relu: Op = define(
    "leaky_relu",
    summary="x where it is positive, else a small slope times x.",
    **called("leaky_relu", r"\operatorname{leaky\_relu}"),
    forward=kernel(lambda x: x if x > 0.0 else _SLOPE * x, lambda np, x: np.where(x > 0.0, x, _SLOPE * x)),
    partials=(lambda x, out: where(greater(x, 0.0), 1.0, _SLOPE),),
    kinks=(Kink(*_AT_0, "the derivative is 0.01, that of the left side (as in PyTorch)"),),
    parameter=Parameter("slope", _SLOPE, lambda x, slope: prelu(x, slope)),
)

# K. He et al., *Delving Deep into Rectifiers* (2015), equation 1: the slope is learned, so it is an operand.
prelu: Op = define(
    "prelu",
    summary="x where it is positive, else y times x: leaky_relu with a slope that is learned.",
    symbol="prelu",
    text=Notation("prelu(#1, #2)"),
    latex=Notation(r"\operatorname{prelu}\left(#1, #2\right)"),
    forward=kernel(lambda x, y: x if x > 0.0 else y * x, lambda np, x, y: np.where(x > 0.0, x, y * x)),
    partials=(lambda x, y, out: where(greater(x, 0.0), 1.0, y), lambda x, y, out: keep_otherwise(greater(x, 0.0), x)),
    kinks=(Kink("x = 0", lambda x, y: x == 0, "the derivative by x is y, that of the left side (as in PyTorch)"),),
    absorbing=(True, False),
)


def _elu_of(x: Any, alpha: Any) -> Any:
    # Inside the gate that is shut for x > 0, the power must not overflow.
    return where(greater(x, 0.0), x, multiply(alpha, expm1(keep_otherwise(greater(x, 0.0), x))))


# D.-A. Clevert, T. Unterthiner, S. Hochreiter, *Fast and Accurate Deep Network Learning by ELUs* (2016), section 3.
elu: Op = define(
    "elu",
    summary="x where it is positive, else e^x - 1: the exponential linear unit.",
    **called("elu", r"\operatorname{elu}"),
    forward=kernel(lambda x: x if x > 0.0 else math.expm1(x), lambda np, x: np.where(x > 0.0, x, _below_0(np, x))),
    partials=(lambda x, out: exp(minimum(x, 0.0)),),
    kinks=(Kink(*_AT_0, "the derivative is 1; that of the derivative is 1/2, the middle of its two sides"),),
    parameter=Parameter("alpha", 1.0, _elu_of),
)

# G. Klambauer et al., *Self-Normalizing Neural Networks* (2017), section 2, with their two constants.
selu: Op = define(
    "selu",
    summary="elu with the two constants that keep the mean at 0 and the variance at 1 from layer to layer.",
    **called("selu", r"\operatorname{selu}"),
    forward=kernel(
        lambda x: _SELU_SCALE * x if x > 0.0 else _SELU_BELOW_0 * math.expm1(x),
        lambda np, x: np.where(x > 0.0, _SELU_SCALE * x, _SELU_BELOW_0 * _below_0(np, x)),
    ),
    partials=(lambda x, out: where(greater(x, 0.0), _SELU_SCALE, _SELU_BELOW_0 * exp(minimum(x, 0.0))),),
    kinks=(Kink(*_AT_0, "the derivative is 1.758..., that of the left side (as in PyTorch)"),),
)

softplus: Op = define(
    "softplus",
    summary="ln(1 + e^x), a smooth relu, without overflow.",
    **called("softplus", r"\operatorname{softplus}"),
    forward=lambda x: maximum(x, 0.0) + log1p(exp(-absolute(x))),  # ln(1 + e^x), which overflows as it stands
    partials=(lambda x, out: sigmoid(x),),
    parameter=Parameter("beta", 1.0, lambda x, beta: divide(softplus(multiply(beta, x)), beta)),
)

softsign: Op = define(
    "softsign",
    summary="x/(1 + |x|).",
    **called("softsign", r"\operatorname{softsign}"),
    forward=lambda x: x / (1.0 + absolute(x)),
    partials=(lambda x, out: square(reciprocal(1.0 + absolute(x))),),
    kinks=(Kink(*_AT_0, "the derivative is 1; that of the derivative is 0, the middle of its two sides"),),
)


def _silu_slope(x: Any, out: Any) -> Any:
    return sigmoid(x) * (1.0 + x * sigmoid(-x))


# S. Elfwing, E. Uchibe, K. Doya, *Sigmoid-Weighted Linear Units* (2018), equations 3 and 5; with beta it is "swish".
silu: Op = define(
    "silu",
    summary="x times sigmoid(x), also called swish.",
    **called("silu", r"\operatorname{silu}"),
    forward=lambda x: x * sigmoid(x),
    partials=(_silu_slope,),
    parameter=Parameter("beta", 1.0, lambda x, beta: multiply(x, sigmoid(multiply(beta, x)))),
)


def _gelu_slope(x: Any, out: Any) -> Any:
    return 0.5 * erfc(-_SQRT_HALF * x) + x * (_NORMAL_DENSITY * exp(-0.5 * (x * x)))


# D. Hendrycks and K. Gimpel, *Gaussian Error Linear Units* (2016), section 2. erfc keeps the tail that 1 + erf loses.
gelu: Op = define(
    "gelu",
    summary="x times the normal distribution function of x: the Gaussian error linear unit.",
    **called("gelu", r"\operatorname{gelu}"),
    forward=lambda x: x * (0.5 * erfc(-_SQRT_HALF * x)),
    partials=(_gelu_slope,),
)


def _gelu_tanh_exponent(x: Any) -> Any:
    return 2.0 * _SQRT_2_OVER_PI * x * (1.0 + _GELU_CUBIC * (x * x))


def _gelu_tanh_slope(x: Any, out: Any) -> Any:
    # Beyond 30 the slope is 1 or 0 to the last digit, but x^3 may not fit into a float there.
    x = minimum(maximum(x, -_GELU_LEVEL), _GELU_LEVEL)
    z = _gelu_tanh_exponent(x)
    return sigmoid(z) * (1.0 + sigmoid(-z) * (2.0 * _SQRT_2_OVER_PI * x * (1.0 + 3.0 * _GELU_CUBIC * (x * x))))


# The same paper's approximation with tanh, as (1 + tanh(z/2))/2 = sigmoid(z), which keeps its tail.
gelu_tanh: Op = define(
    "gelu_tanh",
    summary="The approximation of gelu with a tanh, as GPT-2 and BERT have it.",
    **called("gelu_tanh", r"\operatorname{gelu\_tanh}"),
    forward=lambda x: x * sigmoid(_gelu_tanh_exponent(x)),
    partials=(_gelu_tanh_slope,),
)


def _mish_slope(x: Any, out: Any) -> Any:
    # 1 - tanh(s)^2 is 4 sigmoid(2s) sigmoid(-2s), which does not cancel where tanh(s) is close to 1.
    s = softplus(x)
    return tanh(s) + x * (4.0 * sigmoid(x) * sigmoid(2.0 * s) * sigmoid(-2.0 * s))


# D. Misra, *Mish: A Self Regularized Non-Monotonic Activation Function* (2020), equation 1.
mish: Op = define(
    "mish",
    summary="x times tanh(softplus(x)).",
    **called("mish", r"\operatorname{mish}"),
    forward=lambda x: x * tanh(softplus(x)),
    partials=(_mish_slope,),
)

hard_sigmoid: Op = define(
    "hard_sigmoid",
    summary="(x + 3)/6, held between 0 and 1.",
    **called("hard_sigmoid", r"\operatorname{hard\_sigmoid}"),
    forward=lambda x: minimum(maximum((x + 3.0) / 6.0, 0.0), 1.0),
    partials=(lambda x, out: greater(x, -3.0) * greater(3.0, x) / 6.0,),
    kinks=(Kink("x = -3 or x = 3", lambda x: abs(x) == 3, "the derivative is 0 (as in PyTorch)"),),
)

hard_tanh: Op = define(
    "hard_tanh",
    summary="x, held between -1 and 1.",
    **called("hard_tanh", r"\operatorname{hard\_tanh}"),
    forward=lambda x: minimum(maximum(x, -1.0), 1.0),
    partials=(lambda x, out: greater(x, -1.0) * greater(1.0, x),),
    kinks=(Kink("x = -1 or x = 1", lambda x: abs(x) == 1, "the derivative is 0 (as in PyTorch)"),),
)

# The same as minus softplus(-x); it is what a cross-entropy of logits is made of.
log_sigmoid: Op = define(
    "log_sigmoid",
    summary="The natural logarithm of sigmoid(x), without overflow or lost digits.",
    symbol="ln σ",
    text=Notation("log_sigmoid(#1)"),
    latex=Notation(r"\ln\sigma\left(#1\right)"),
    forward=lambda x: minimum(x, 0.0) - log1p(exp(-absolute(x))),
    partials=(lambda x, out: sigmoid(-x),),
)

# A. Howard et al., *MobileNets* (2017).
relu6: Op = define(
    "relu6",
    summary="x, held between 0 and 6.",
    **called("relu6", r"\operatorname{relu6}"),
    forward=lambda x: minimum(maximum(x, 0.0), 6.0),
    partials=(lambda x, out: greater(x, 0.0) * greater(6.0, x),),
    kinks=(Kink("x = 0 or x = 6", lambda x: x in (0, 6), "the derivative is 0 (as in PyTorch)"),),
)


def _celu_of(x: Any, alpha: Any) -> Any:
    return where(greater(x, 0.0), x, multiply(alpha, expm1(divide(keep_otherwise(greater(x, 0.0), x), alpha))))


# J. Barron, *Continuously Differentiable Exponential Linear Units* (2017): elu with a slope of 1 at 0 for every alpha.
celu: Op = define(
    "celu",
    summary="x where it is positive, else e^x - 1: elu with a slope of 1 at 0 for every alpha.",
    **called("celu", r"\operatorname{celu}"),
    forward=kernel(lambda x: x if x > 0.0 else math.expm1(x), lambda np, x: np.where(x > 0.0, x, _below_0(np, x))),
    partials=(lambda x, out: exp(minimum(x, 0.0)),),
    kinks=(Kink(*_AT_0, "the derivative is 1; that of the derivative is 1/2, the middle of its two sides"),),
    parameter=Parameter("alpha", 1.0, _celu_of),
)

_AT_LAMBDA: tuple[str, Rule] = ("x = -1/2 or x = 1/2", lambda x: abs(x) == _LAMBDA)


def _softshrink_of(x: Any, lambd: Any) -> Any:
    return keep(greater(absolute(x), lambd), subtract(x, multiply(sign(x), lambd)))


softshrink: Op = define(
    "softshrink",
    summary="x moved toward 0 by 1/2, and 0 where it is closer to 0 than that.",
    **called("softshrink", r"\operatorname{softshrink}"),
    forward=lambda x: x - minimum(maximum(x, -_LAMBDA), _LAMBDA),
    partials=(lambda x, out: greater(absolute(x), _LAMBDA),),
    kinks=(Kink(*_AT_LAMBDA, "the derivative is 0 (as in PyTorch)"),),
    parameter=Parameter("lambd", _LAMBDA, _softshrink_of),
)

hardshrink: Op = define(
    "hardshrink",
    summary="x, but 0 where it is between -1/2 and 1/2.",
    **called("hardshrink", r"\operatorname{hardshrink}"),
    forward=kernel(
        lambda x: 0.0 if abs(x) <= _LAMBDA else x,  # NaN stays NaN
        lambda np, x: np.where(np.abs(x) <= _LAMBDA, 0.0, x),
    ),
    partials=(lambda x, out: greater(absolute(x), _LAMBDA),),
    kinks=(Kink(*_AT_LAMBDA, "the value is 0 and the derivative is 0 (as in PyTorch)"),),
    parameter=Parameter("lambd", _LAMBDA, lambda x, lambd: keep(greater(absolute(x), lambd), x)),
)

# Around 0, where x and tanh x cancel, (x cosh x - sinh x) / cosh x, whose numerator is a series of positive terms.
_SHRUNK = tuple((2 * k + 1, 2 * k / math.factorial(2 * k + 1)) for k in range(1, 10))


def _tanhshrink(x: float) -> float:
    if abs(x) >= 1.0 or x != x:
        return x - math.tanh(x)
    return math.fsum(factor * x**power for power, factor in _SHRUNK) / math.cosh(x)


def _tanhshrink_each(np: Any, x: Any) -> Any:
    small = np.where(np.abs(x) < 1.0, x, 0.0)
    series = sum(factor * small**power for power, factor in reversed(_SHRUNK)) / np.cosh(small)
    return np.where(np.abs(x) < 1.0, series, x - np.tanh(x))


tanhshrink: Op = define(
    "tanhshrink",
    summary="x - tanh(x), exact where x is close to 0.",
    **called("tanhshrink", r"\operatorname{tanhshrink}"),
    forward=kernel(_tanhshrink, _tanhshrink_each),
    partials=(lambda x, out: square(tanh(x)),),
)


def _added(x: float, y: float) -> float:
    if x == y:  # also where both are the same infinity, whose difference is not a number
        return x + math.log(2.0)
    return (x if x > y else y) + math.log1p(math.exp(-abs(x - y)))


def _added_each(np: Any, x: Any, y: Any) -> Any:
    with np.errstate(invalid="ignore"):  # NaN stays NaN without a word, as in the other rules
        return np.logaddexp(x, y)


# ln(e^x + e^y), whose powers overflow as they are written.
logaddexp: Op = define(
    "logaddexp",
    summary="ln(e^x + e^y), without overflow.",
    symbol="logaddexp",
    text=Notation("logaddexp(#1, #2)"),
    latex=Notation(r"\ln\left(e^{#1} + e^{#2}\right)"),
    forward=kernel(_added, _added_each),
    partials=(lambda x, y, out: sigmoid(x - y), lambda x, y, out: sigmoid(y - x)),
)
