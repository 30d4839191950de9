# Written by tools/stubs.py; do not edit.

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from microgradnet.errors import DomainError
from microgradnet.operation import Op, Rule
from microgradnet.ops import absolute, power, remainder
from typing import Any
from typing import TypeAlias
import numpy as np

_Number: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool_

class Value:
    _walk: int
    _left: Value | None
    _right: Value | None
    _left_partial: float
    _right_partial: float
    _adjoint: float
    _grad: float
    _data: float
    _operation: Op | None
    _origin: Any
    _written: bool
    def __init__(self, data: Any, label: Any=..., *made: Any, _children: Any=..., _op: Any=...) -> None: ...
    def __add__(self, other: Any) -> Value: ...
    def __mul__(self, other: Any) -> Value: ...
    def backward(self, gradient: Any=...) -> None: ...
    def zero_grad(self) -> None: ...
    def _below(self, *others: Value) -> list[Value]: ...
    @property
    def data(self) -> float: ...
    @data.setter
    def data(self, number: Any) -> None: ...
    def item(self) -> float: ...
    @property
    def grad(self) -> float: ...
    @grad.setter
    def grad(self, number: Any) -> None: ...
    @property
    def has_grad(self) -> bool: ...
    @has_grad.setter
    def has_grad(self, reached: bool) -> None: ...
    @property
    def label(self) -> str: ...
    @label.setter
    def label(self, name: Any) -> None: ...
    @property
    def scope(self) -> str: ...
    @scope.setter
    def scope(self, path: str) -> None: ...
    @property
    def op(self) -> Op | None: ...
    @property
    def inputs(self) -> tuple[Value, ...]: ...
    @property
    def partials(self) -> tuple[float, ...]: ...
    @property
    def _prev(self) -> tuple[Value, ...]: ...
    @property
    def _op(self) -> str: ...
    @property
    def _backward(self) -> Callable[[], None]: ...
    @_backward.setter
    def _backward(self, closure: Any) -> None: ...
    def _push(self) -> None: ...
    def __sub__(self, other: Any) -> Value: ...
    def __truediv__(self, other: Any) -> Value: ...
    def __pow__(self, other: Any) -> Value: ...
    def relu(self) -> Value: ...
    def __neg__(self) -> Value: ...
    def __pos__(self) -> Value: ...
    def __abs__(self) -> Value: ...
    def __radd__(self, other: Any) -> Value: ...
    def __rsub__(self, other: Any) -> Value: ...
    def __rmul__(self, other: Any) -> Value: ...
    def __rtruediv__(self, other: Any) -> Value: ...
    def __rpow__(self, other: Any) -> Value: ...
    def __mod__(self, other: Any) -> Value: ...
    def __rmod__(self, other: Any) -> Value: ...
    def __floordiv__(self, other: Any) -> Value: ...
    def __rfloordiv__(self, other: Any) -> Value: ...
    def __divmod__(self, other: Any) -> tuple[Value, Value]: ...
    def __rdivmod__(self, other: Any) -> tuple[Value, Value]: ...
    def __round__(self, digits: int | None=...) -> Value: ...
    def where(self, x: Any, otherwise: Any=...) -> Any: ...
    def clip(self, low: Any, high: Any) -> Any: ...
    def conjugate(self) -> Value: ...
    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Value: ...
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any: ...
    def __eq__(self, other: object) -> bool: ...
    def __ne__(self, other: object) -> bool: ...
    def __lt__(self, other: Any) -> bool: ...
    def __le__(self, other: Any) -> bool: ...
    def __gt__(self, other: Any) -> bool: ...
    def __ge__(self, other: Any) -> bool: ...
    def __bool__(self) -> bool: ...
    def __float__(self) -> float: ...
    def __int__(self) -> int: ...
    def __trunc__(self) -> int: ...
    def __index__(self) -> int: ...
    def __format__(self, specification: str) -> str: ...
    def __repr__(self) -> str: ...
    def _repr_html_(self) -> str: ...
    def __copy__(self) -> Value: ...
    def __deepcopy__(self, memo: dict[int, Any]) -> Value: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def _state(self) -> tuple[Any, ...]: ...
    def _attributes(self) -> dict[str, Any] | None: ...
    def _restore(self, state: tuple[Any, ...], left: Value | None, right: Value | None) -> None: ...
    def __hash__(self) -> int: ...
    def abs(self) -> Value:
        """The absolute value of x."""
    def absolute(self) -> Value:
        """The absolute value of x."""
    def fabs(self) -> Value:
        """The absolute value of x."""
    def acos(self) -> Value:
        """The angle between 0 and pi whose cosine is x."""
    def arccos(self) -> Value:
        """The angle between 0 and pi whose cosine is x."""
    def acosh(self) -> Value:
        """The number from 0 up whose hyperbolic cosine is x."""
    def arccosh(self) -> Value:
        """The number from 0 up whose hyperbolic cosine is x."""
    def add(self, y: _Number | Value, /) -> Value:
        """The sum of x and y."""
    def asin(self) -> Value:
        """The angle between -pi/2 and pi/2 whose sine is x."""
    def arcsin(self) -> Value:
        """The angle between -pi/2 and pi/2 whose sine is x."""
    def asinh(self) -> Value:
        """The number whose hyperbolic sine is x."""
    def arcsinh(self) -> Value:
        """The number whose hyperbolic sine is x."""
    def atan(self) -> Value:
        """The angle between -pi/2 and pi/2 whose tangent is x."""
    def arctan(self) -> Value:
        """The angle between -pi/2 and pi/2 whose tangent is x."""
    def atan2(self, y: _Number | Value, /) -> Value:
        """The angle of the point with ordinate x and abscissa y, between -pi and pi."""
    def arctan2(self, y: _Number | Value, /) -> Value:
        """The angle of the point with ordinate x and abscissa y, between -pi and pi."""
    def atanh(self) -> Value:
        """The number whose hyperbolic tangent is x."""
    def arctanh(self) -> Value:
        """The number whose hyperbolic tangent is x."""
    def cbrt(self) -> Value:
        """The cube root of x, which is negative where x is."""
    def ceil(self) -> Value:
        """The smallest whole number that is not below x."""
    def celu(self, alpha: _Number | Value = ...) -> Value:
        """x where it is positive, else e^x - 1: elu with a slope of 1 at 0 for every alpha."""
    def copysign(self, y: _Number | Value, /) -> Value:
        """The absolute value of x, with the sign of y."""
    def cos(self) -> Value:
        """The cosine of x, in radians."""
    def cosh(self) -> Value:
        """The hyperbolic cosine of x."""
    def degrees(self) -> Value:
        """An angle of x radians, in degrees."""
    def rad2deg(self) -> Value:
        """An angle of x radians, in degrees."""
    def detach(self) -> Value:
        """x itself, but as a constant: no gradient flows through."""
    def digamma(self) -> Value:
        """The derivative of lgamma at x."""
    def divide(self, y: _Number | Value, /) -> Value:
        """The quotient of x and y."""
    def true_divide(self, y: _Number | Value, /) -> Value:
        """The quotient of x and y."""
    def elu(self, alpha: _Number | Value = ...) -> Value:
        """x where it is positive, else e^x - 1: the exponential linear unit."""
    def equal(self, y: _Number | Value, /) -> Value:
        """1 where x = y, else 0, with derivative 0: a recorded comparison by number."""
    def erf(self) -> Value:
        """The error function of x."""
    def erfc(self) -> Value:
        """1 - erf(x), exact in its tail."""
    def erfinv(self) -> Value:
        """The number whose error function is x."""
    def exp(self) -> Value:
        """The exponential of x, e to the power x."""
    def exp2(self) -> Value:
        """2 to the power x."""
    def expm1(self) -> Value:
        """e to the power x, minus 1, exact where x is close to 0."""
    def floor(self) -> Value:
        """The largest whole number that is not above x."""
    def floor_divide(self, y: _Number | Value, /) -> Value:
        """The quotient of x and y, rounded down to a whole number."""
    def gelu(self) -> Value:
        """x times the normal distribution function of x: the Gaussian error linear unit."""
    def gelu_tanh(self) -> Value:
        """The approximation of gelu with a tanh, as GPT-2 and BERT have it."""
    def greater(self, y: _Number | Value, /) -> Value:
        """1 where x > y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
    def greater_equal(self, y: _Number | Value, /) -> Value:
        """1 where x >= y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
    def hard_sigmoid(self) -> Value:
        """(x + 3)/6, held between 0 and 1."""
    def hard_tanh(self) -> Value:
        """x, held between -1 and 1."""
    def hardshrink(self, lambd: _Number | Value = ...) -> Value:
        """x, but 0 where it is between -1/2 and 1/2."""
    def hypot(self, y: _Number | Value, /) -> Value:
        """The length of the vector (x, y), without overflow in between."""
    def leaky_relu(self, slope: _Number | Value = ...) -> Value:
        """x where it is positive, else a small slope times x."""
    def less(self, y: _Number | Value, /) -> Value:
        """1 where x < y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
    def less_equal(self, y: _Number | Value, /) -> Value:
        """1 where x <= y, else 0, with derivative 0: a recorded comparison, as a condition of where."""
    def lgamma(self) -> Value:
        """The natural logarithm of the absolute value of the gamma function of x."""
    def log(self) -> Value:
        """The natural logarithm of x."""
    def log10(self) -> Value:
        """The logarithm of x to base 10."""
    def log1p(self) -> Value:
        """The natural logarithm of 1 + x, exact where x is close to 0."""
    def log2(self) -> Value:
        """The logarithm of x to base 2."""
    def log_sigmoid(self) -> Value:
        """The natural logarithm of sigmoid(x), without overflow or lost digits."""
    def logaddexp(self, y: _Number | Value, /) -> Value:
        """ln(e^x + e^y), without overflow."""
    def logit(self) -> Value:
        """The logarithm of the odds x/(1 - x), the inverse of sigmoid."""
    def maximum(self, y: _Number | Value, /) -> Value:
        """The larger of x and y."""
    def fmax(self, y: _Number | Value, /) -> Value:
        """The larger of x and y."""
    def minimum(self, y: _Number | Value, /) -> Value:
        """The smaller of x and y."""
    def fmin(self, y: _Number | Value, /) -> Value:
        """The smaller of x and y."""
    def mish(self) -> Value:
        """x times tanh(softplus(x))."""
    def multiply(self, y: _Number | Value, /) -> Value:
        """The product of x and y."""
    def negate(self) -> Value:
        """Minus x."""
    def negative(self) -> Value:
        """Minus x."""
    def not_equal(self, y: _Number | Value, /) -> Value:
        """1 where x and y differ, else 0, with derivative 0: a recorded comparison by number."""
    def polygamma(self, y: _Number | Value, /) -> Value:
        """The derivative of order x of digamma, at y."""
    def power(self, y: _Number | Value, /) -> Value:
        """x to the power y."""
    def float_power(self, y: _Number | Value, /) -> Value:
        """x to the power y."""
    def prelu(self, y: _Number | Value, /) -> Value:
        """x where it is positive, else y times x: leaky_relu with a slope that is learned."""
    def radians(self) -> Value:
        """An angle of x degrees, in radians."""
    def deg2rad(self) -> Value:
        """An angle of x degrees, in radians."""
    def reciprocal(self) -> Value:
        """One over x."""
    def relu6(self) -> Value:
        """x, held between 0 and 6."""
    def remainder(self, y: _Number | Value, /) -> Value:
        """The remainder of x divided by y, with the sign of y."""
    def mod(self, y: _Number | Value, /) -> Value:
        """The remainder of x divided by y, with the sign of y."""
    def round(self) -> Value:
        """The whole number nearest to x; halves go to the even one."""
    def rint(self) -> Value:
        """The whole number nearest to x; halves go to the even one."""
    def rsqrt(self) -> Value:
        """One over the square root of x."""
    def selu(self) -> Value:
        """elu with the two constants that keep the mean at 0 and the variance at 1 from layer to layer."""
    def sigmoid(self) -> Value:
        """The logistic function 1/(1 + e^-x)."""
    def sign(self) -> Value:
        """1 where x is positive, -1 where it is negative, 0 at 0."""
    def silu(self, beta: _Number | Value = ...) -> Value:
        """x times sigmoid(x), also called swish."""
    def sin(self) -> Value:
        """The sine of x, in radians."""
    def sinc(self) -> Value:
        """sin(pi x)/(pi x), and 1 at 0: the normalised sinc of NumPy and PyTorch."""
    def sinc_derivative(self, y: _Number | Value, /) -> Value:
        """The derivative of order x of sinc, at y."""
    def sinh(self) -> Value:
        """The hyperbolic sine of x."""
    def softplus(self, beta: _Number | Value = ...) -> Value:
        """ln(1 + e^x), a smooth relu, without overflow."""
    def softshrink(self, lambd: _Number | Value = ...) -> Value:
        """x moved toward 0 by 1/2, and 0 where it is closer to 0 than that."""
    def softsign(self) -> Value:
        """x/(1 + |x|)."""
    def sqrt(self) -> Value:
        """The square root of x."""
    def square(self) -> Value:
        """The square of x."""
    def subtract(self, y: _Number | Value, /) -> Value:
        """The difference of x and y."""
    def tan(self) -> Value:
        """The tangent of x, in radians."""
    def tanh(self) -> Value:
        """The hyperbolic tangent of x."""
    def tanhshrink(self) -> Value:
        """x - tanh(x), exact where x is close to 0."""
    def trigamma(self) -> Value:
        """The second derivative of lgamma at x."""
    def unless(self, y: _Number | Value, /) -> Value:
        """The gate that lets y through where x is 0; else the result is 0."""
    def xlogy(self, y: _Number | Value, /) -> Value:
        """x times the natural logarithm of y, and 0 where both are 0: a term of an entropy."""

class Constant(Value):
    _written: bool

class Named:
    label: Any
    scope: Any
    def __init__(self, label: str, scope: str) -> None: ...

def _renew_lock() -> None: ...
def _fill(node: Value, data: float, op: Any, left: Any, right: Any, left_partial: float, right_partial: float) -> Value: ...
def _new(kind: Any, data: float, op: Any, left: Any, right: Any, left_partial: float, right_partial: float) -> Value: ...
def _record(op: Op, data: float, left: Value, right: Value | None, left_partial: float, right_partial: float) -> Value: ...
def _literal(number: Any) -> Value | None: ...
def sum_of_products(weights: list[Any], inputs: list[Any], bias: Any, origin: Any=...) -> Any: ...
def activate(op: Op, node: Value, origin: Any) -> Value: ...
def alone() -> bool: ...
def _operate(op: Op, left: Value, right: Value | None) -> Value: ...
def _in_order(op: Op, left: Any, right: Any) -> Value: ...
def evaluate(op: Op, left: Value, right: Value | None) -> tuple[float, float, float]: ...
def _partial(op: Op, letter: str, rule: Rule, left: Value, right: Value | None, data: float) -> float: ...
def _reached(gradient: float) -> bool: ...
def number_of(given: Any) -> float: ...
def move_numbers(nodes: list[Value], numbers: Any, into_nodes: bool) -> None: ...
def _compare(node: Value, other: Any, holds: Callable[[Any, Any], bool]) -> bool: ...
_scopes: ContextVar[Any]
_scoped: bool
_watchers: ContextVar[tuple[Any, ...]]
_watched: int
def _origin_here() -> Any: ...
def set_scope(path: Any) -> Any: ...
@contextmanager
def watching(watcher: Any) -> Iterator[None]: ...
def _tell(event: str, *what: Any) -> None: ...
def _domain_error(op: Op, left: Value, right: Value | None, of: str=...) -> DomainError: ...
def _as_method(op: Op) -> Callable[..., Any]: ...
