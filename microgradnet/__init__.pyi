# Written by tools/stubs.py; do not edit.

from collections.abc import Iterable
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from microgradnet import datasets as datasets
from microgradnet import errors as errors
from microgradnet import plots as plots
from microgradnet.bridges import verify_against as verify_against
from microgradnet.calculus import check_gradients as check_gradients
from microgradnet.calculus import check_graph as check_graph
from microgradnet.calculus import derivative as derivative
from microgradnet.calculus import detect_anomaly as detect_anomaly
from microgradnet.calculus import grad as grad
from microgradnet.calculus import gradients as gradients
from microgradnet.calculus import hessian as hessian
from microgradnet.calculus import hvp as hvp
from microgradnet.calculus import jacobian as jacobian
from microgradnet.calculus import jvp as jvp
from microgradnet.calculus import value_and_grad as value_and_grad
from microgradnet.calculus import why_topological as why_topological
from microgradnet.compiler import compile as compile
from microgradnet.derivation import derive as derive
from microgradnet.drawing import draw as draw
from microgradnet.drawing.network import draw_network as draw_network
from microgradnet.drawing.pages import explore as explore
from microgradnet.drawing.pages import step_through as step_through
from microgradnet.graph import recompute as recompute
from microgradnet.graph import scope as scope
from microgradnet.nn import losses as losses
from microgradnet.nn import optim as optim
from microgradnet.nn import schedules as schedules
from microgradnet.nn.base import Module as Module
from microgradnet.nn.layers import Layer as Layer
from microgradnet.nn.layers import MLP as MLP
from microgradnet.nn.layers import Neuron as Neuron
from microgradnet.nn.training import History as History
from microgradnet.nn.training import fit as fit
from microgradnet.operation import define as define
from microgradnet.operation import undefine as undefine
from microgradnet.value import Value as Value
from microgradnet.verification import verify as verify
from microgradnet.verification.check import check as check
from microgradnet.verification.exercises import exercise as exercise
from microgradnet.verification.grading import grade as grade
from microgradnet.verification.worksheet import Worksheet as Worksheet

from microgradnet.operation import Op as _Op
from microgradnet.symbols import Symbol as _Symbol

_Number: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool_

__version__: str
compiled: bool
__all__ = [
    "History",
    "Layer",
    "MLP",
    "Module",
    "Neuron",
    "Value",
    "Worksheet",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "celu",
    "check",
    "check_gradients",
    "check_graph",
    "clip",
    "copysign",
    "cos",
    "cosh",
    "datasets",
    "define",
    "degrees",
    "derivative",
    "derive",
    "detach",
    "detect_anomaly",
    "digamma",
    "divide",
    "dot",
    "draw",
    "draw_network",
    "elu",
    "equal",
    "erf",
    "erfc",
    "erfinv",
    "errors",
    "exercise",
    "exp",
    "exp2",
    "explore",
    "expm1",
    "fit",
    "floor",
    "floor_divide",
    "gelu",
    "gelu_tanh",
    "grad",
    "grade",
    "gradients",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "hard_tanh",
    "hardshrink",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "less",
    "less_equal",
    "lgamma",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_sigmoid",
    "log_softmax",
    "logaddexp",
    "logit",
    "logsumexp",
    "losses",
    "maximum",
    "mean",
    "minimum",
    "mish",
    "multiply",
    "negate",
    "norm",
    "not_equal",
    "optim",
    "plots",
    "polygamma",
    "power",
    "prelu",
    "radians",
    "reciprocal",
    "recompute",
    "relu",
    "relu6",
    "remainder",
    "rsqrt",
    "schedules",
    "scope",
    "selu",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinc",
    "sinc_derivative",
    "sinh",
    "softmax",
    "softplus",
    "softshrink",
    "softsign",
    "sqrt",
    "square",
    "step_through",
    "subtract",
    "tan",
    "tanh",
    "tanhshrink",
    "total",
    "trigamma",
    "undefine",
    "unless",
    "value_and_grad",
    "variance",
    "verify",
    "verify_against",
    "where",
    "why_topological",
    "xlogy",
]

class _Unary(_Op):
    @overload
    def __call__(self, x: _Number, /) -> float: ...
    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: NDArray[Any], /) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Symbol, /) -> _Symbol: ...

class _Binary(_Op):
    @overload
    def __call__(self, x: _Number, y: _Number, /) -> float: ...
    @overload
    def __call__(self, x: Value, y: _Number | Value, /) -> Value: ...
    @overload
    def __call__(self, x: _Number, y: Value, /) -> Value: ...
    @overload
    def __call__(self, x: NDArray[Any], y: _Number | Value | NDArray[Any], /) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Number | Value, y: NDArray[Any], /) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Symbol, y: _Number | _Symbol, /) -> _Symbol: ...
    @overload
    def __call__(self, x: _Number, y: _Symbol, /) -> _Symbol: ...

class _WithAlpha(_Op):
    @overload
    def __call__(self, x: _Number, /, alpha: _Number = ...) -> float: ...
    @overload
    def __call__(self, x: Value, /, alpha: _Number | Value = ...) -> Value: ...
    @overload
    def __call__(self, x: _Number, /, alpha: Value) -> Value: ...
    @overload
    def __call__(self, x: NDArray[Any], /, alpha: _Number | Value | NDArray[Any] = ...) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Number | Value, /, alpha: NDArray[Any]) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Symbol, /, alpha: _Number | _Symbol = ...) -> _Symbol: ...
    @overload
    def __call__(self, x: _Number, /, alpha: _Symbol) -> _Symbol: ...

class _WithBeta(_Op):
    @overload
    def __call__(self, x: _Number, /, beta: _Number = ...) -> float: ...
    @overload
    def __call__(self, x: Value, /, beta: _Number | Value = ...) -> Value: ...
    @overload
    def __call__(self, x: _Number, /, beta: Value) -> Value: ...
    @overload
    def __call__(self, x: NDArray[Any], /, beta: _Number | Value | NDArray[Any] = ...) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Number | Value, /, beta: NDArray[Any]) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Symbol, /, beta: _Number | _Symbol = ...) -> _Symbol: ...
    @overload
    def __call__(self, x: _Number, /, beta: _Symbol) -> _Symbol: ...

class _WithLambd(_Op):
    @overload
    def __call__(self, x: _Number, /, lambd: _Number = ...) -> float: ...
    @overload
    def __call__(self, x: Value, /, lambd: _Number | Value = ...) -> Value: ...
    @overload
    def __call__(self, x: _Number, /, lambd: Value) -> Value: ...
    @overload
    def __call__(self, x: NDArray[Any], /, lambd: _Number | Value | NDArray[Any] = ...) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Number | Value, /, lambd: NDArray[Any]) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Symbol, /, lambd: _Number | _Symbol = ...) -> _Symbol: ...
    @overload
    def __call__(self, x: _Number, /, lambd: _Symbol) -> _Symbol: ...

class _WithSlope(_Op):
    @overload
    def __call__(self, x: _Number, /, slope: _Number = ...) -> float: ...
    @overload
    def __call__(self, x: Value, /, slope: _Number | Value = ...) -> Value: ...
    @overload
    def __call__(self, x: _Number, /, slope: Value) -> Value: ...
    @overload
    def __call__(self, x: NDArray[Any], /, slope: _Number | Value | NDArray[Any] = ...) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Number | Value, /, slope: NDArray[Any]) -> NDArray[Any]: ...
    @overload
    def __call__(self, x: _Symbol, /, slope: _Number | _Symbol = ...) -> _Symbol: ...
    @overload
    def __call__(self, x: _Number, /, slope: _Symbol) -> _Symbol: ...

abs: _Unary
"""The absolute value of x."""
acos: _Unary
"""The angle between 0 and pi whose cosine is x."""
acosh: _Unary
"""The number from 0 up whose hyperbolic cosine is x."""
add: _Binary
"""The sum of x and y."""
asin: _Unary
"""The angle between -pi/2 and pi/2 whose sine is x."""
asinh: _Unary
"""The number whose hyperbolic sine is x."""
atan: _Unary
"""The angle between -pi/2 and pi/2 whose tangent is x."""
atan2: _Binary
"""The angle of the point with ordinate x and abscissa y, between -pi and pi."""
atanh: _Unary
"""The number whose hyperbolic tangent is x."""
cbrt: _Unary
"""The cube root of x, which is negative where x is."""
ceil: _Unary
"""The smallest whole number that is not below x."""
celu: _WithAlpha
"""x where it is positive, else e^x - 1: elu with a slope of 1 at 0 for every alpha."""
copysign: _Binary
"""The absolute value of x, with the sign of y."""
cos: _Unary
"""The cosine of x, in radians."""
cosh: _Unary
"""The hyperbolic cosine of x."""
degrees: _Unary
"""An angle of x radians, in degrees."""
detach: _Unary
"""x itself, but as a constant: no gradient flows through."""
digamma: _Unary
"""The derivative of lgamma at x."""
divide: _Binary
"""The quotient of x and y."""
elu: _WithAlpha
"""x where it is positive, else e^x - 1: the exponential linear unit."""
equal: _Binary
"""1 where x = y, else 0, with derivative 0: a recorded comparison by number."""
erf: _Unary
"""The error function of x."""
erfc: _Unary
"""1 - erf(x), exact in its tail."""
erfinv: _Unary
"""The number whose error function is x."""
exp: _Unary
"""The exponential of x, e to the power x."""
exp2: _Unary
"""2 to the power x."""
expm1: _Unary
"""e to the power x, minus 1, exact where x is close to 0."""
floor: _Unary
"""The largest whole number that is not above x."""
floor_divide: _Binary
"""The quotient of x and y, rounded down to a whole number."""
gelu: _Unary
"""x times the normal distribution function of x: the Gaussian error linear unit."""
gelu_tanh: _Unary
"""The approximation of gelu with a tanh, as GPT-2 and BERT have it."""
greater: _Binary
"""1 where x > y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
greater_equal: _Binary
"""1 where x >= y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
hard_sigmoid: _Unary
"""(x + 3)/6, held between 0 and 1."""
hard_tanh: _Unary
"""x, held between -1 and 1."""
hardshrink: _WithLambd
"""x, but 0 where it is between -1/2 and 1/2."""
hypot: _Binary
"""The length of the vector (x, y), without overflow in between."""
leaky_relu: _WithSlope
"""x where it is positive, else a small slope times x."""
less: _Binary
"""1 where x < y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
less_equal: _Binary
"""1 where x <= y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
lgamma: _Unary
"""The natural logarithm of the absolute value of the gamma function of x."""
log: _Unary
"""The natural logarithm of x."""
log10: _Unary
"""The logarithm of x to base 10."""
log1p: _Unary
"""The natural logarithm of 1 + x, exact where x is close to 0."""
log2: _Unary
"""The logarithm of x to base 2."""
log_sigmoid: _Unary
"""The natural logarithm of sigmoid(x), without overflow or lost digits."""
logaddexp: _Binary
"""ln(e^x + e^y), without overflow."""
logit: _Unary
"""The logarithm of the odds x/(1 - x), the inverse of sigmoid."""
maximum: _Binary
"""The larger of x and y."""
minimum: _Binary
"""The smaller of x and y."""
mish: _Unary
"""x times tanh(softplus(x))."""
multiply: _Binary
"""The product of x and y."""
negate: _Unary
"""Minus x."""
not_equal: _Binary
"""1 where x and y differ, else 0, with derivative 0: a recorded comparison by number."""
polygamma: _Binary
"""The derivative of order x of digamma, at y."""
power: _Binary
"""x to the power y."""
prelu: _Binary
"""x where it is positive, else y times x: leaky_relu with a slope that is learned."""
radians: _Unary
"""An angle of x degrees, in radians."""
reciprocal: _Unary
"""One over x."""
relu: _Unary
"""x where it is positive, else 0: the rectified linear unit."""
relu6: _Unary
"""x, held between 0 and 6."""
remainder: _Binary
"""The remainder of x divided by y, with the sign of y."""
round: _Unary
"""The whole number nearest to x; halves go to the even one."""
rsqrt: _Unary
"""One over the square root of x."""
selu: _Unary
"""elu with the two constants that keep the mean at 0 and the variance at 1 from layer to layer."""
sigmoid: _Unary
"""The logistic function 1/(1 + e^-x)."""
sign: _Unary
"""1 where x is positive, -1 where it is negative, 0 at 0."""
silu: _WithBeta
"""x times sigmoid(x), also called swish."""
sin: _Unary
"""The sine of x, in radians."""
sinc: _Unary
"""sin(pi x)/(pi x), and 1 at 0: the normalised sinc of NumPy and PyTorch."""
sinc_derivative: _Binary
"""The derivative of order x of sinc, at y."""
sinh: _Unary
"""The hyperbolic sine of x."""
softplus: _WithBeta
"""ln(1 + e^x), a smooth relu, without overflow."""
softshrink: _WithLambd
"""x moved toward 0 by 1/2, and 0 where it is closer to 0 than that."""
softsign: _Unary
"""x/(1 + |x|)."""
sqrt: _Unary
"""The square root of x."""
square: _Unary
"""The square of x."""
subtract: _Binary
"""The difference of x and y."""
tan: _Unary
"""The tangent of x, in radians."""
tanh: _Unary
"""The hyperbolic tangent of x."""
tanhshrink: _Unary
"""x - tanh(x), exact where x is close to 0."""
trigamma: _Unary
"""The second derivative of lgamma at x."""
unless: _Binary
"""The gate that lets y through where x is 0; else the result is 0."""
xlogy: _Binary
"""x times the natural logarithm of y, and 0 where both are 0: a term of an entropy."""

@overload
def where(condition: _Number, x: _Number, otherwise: _Number = ...) -> float: ...
@overload
def where(condition: Value, x: _Number | Value, otherwise: _Number | Value = ...) -> Value: ...
@overload
def where(condition: _Number, x: Value, otherwise: _Number | Value = ...) -> Value: ...
@overload
def where(condition: _Number, x: _Number, otherwise: Value) -> Value: ...
@overload
def where(condition: NDArray[Any], x: _Number | Value | NDArray[Any], otherwise: _Number | Value | NDArray[Any] = ...) -> NDArray[Any]: ...
@overload
def where(condition: _Number | Value, x: NDArray[Any], otherwise: _Number | Value | NDArray[Any] = ...) -> NDArray[Any]: ...
@overload
def where(condition: _Number | Value, x: _Number | Value, otherwise: NDArray[Any]) -> NDArray[Any]: ...
@overload
def where(condition: _Symbol, x: _Number | _Symbol, otherwise: _Number | _Symbol = ...) -> _Symbol: ...
@overload
def where(condition: _Number, x: _Symbol, otherwise: _Number | _Symbol = ...) -> _Symbol: ...
@overload
def where(condition: _Number, x: _Number, otherwise: _Symbol) -> _Symbol: ...
@overload
def clip(x: _Number, low: _Number, high: _Number) -> float: ...
@overload
def clip(x: Value, low: _Number | Value, high: _Number | Value) -> Value: ...
@overload
def clip(x: _Number, low: Value, high: _Number | Value) -> Value: ...
@overload
def clip(x: _Number, low: _Number, high: Value) -> Value: ...
@overload
def clip(x: NDArray[Any], low: _Number | Value | NDArray[Any], high: _Number | Value | NDArray[Any]) -> NDArray[Any]: ...
@overload
def clip(x: _Number | Value, low: NDArray[Any], high: _Number | Value | NDArray[Any]) -> NDArray[Any]: ...
@overload
def clip(x: _Number | Value, low: _Number | Value, high: NDArray[Any]) -> NDArray[Any]: ...
@overload
def clip(x: _Symbol, low: _Number | _Symbol, high: _Number | _Symbol) -> _Symbol: ...
@overload
def clip(x: _Number, low: _Symbol, high: _Number | _Symbol) -> _Symbol: ...
@overload
def clip(x: _Number, low: _Number, high: _Symbol) -> _Symbol: ...
@overload
def total(values: Iterable[Value]) -> Value: ...
@overload
def total(values: Iterable[Any]) -> Any: ...
@overload
def dot(weights: Iterable[Value], inputs: Iterable[Value], bias: Any=...) -> Value: ...
@overload
def dot(weights: Iterable[Any], inputs: Iterable[Any], bias: Any=...) -> Any: ...
@overload
def mean(values: Iterable[Value]) -> Value: ...
@overload
def mean(values: Iterable[Any]) -> Any: ...
@overload
def variance(values: Iterable[Value], *, sample: bool=...) -> Value: ...
@overload
def variance(values: Iterable[Any], *, sample: bool=...) -> Any: ...
@overload
def norm(values: Iterable[Value]) -> Value: ...
@overload
def norm(values: Iterable[Any]) -> Any: ...
@overload
def logsumexp(values: Iterable[Value]) -> Value: ...
@overload
def logsumexp(values: Iterable[Any]) -> Any: ...
@overload
def softmax(values: Iterable[Value]) -> list[Value]: ...
@overload
def softmax(values: Iterable[Any]) -> list[Any]: ...
@overload
def log_softmax(values: Iterable[Value]) -> list[Value]: ...
@overload
def log_softmax(values: Iterable[Any]) -> list[Any]: ...
