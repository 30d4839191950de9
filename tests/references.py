"""What each operation should be, from mpmath (50 digits) and SymPy: none of it reads the engine's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from mpmath import mp, mpf


@dataclass(frozen=True)
class Reference:
    """One operation twice: ``number`` works on mpmath numbers, ``formula`` on SymPy expressions.

    ``slope`` is the derivative by the last operand, where mpmath has it and differences would take minutes; by the
    others there is none then. ``digits`` are those that the number needs: a sigmoid's tail is 1 less almost 1.
    ``largest`` bounds the operands, where mpmath would take minutes for larger ones.
    """

    number: Callable[..., Any]
    formula: Callable[..., Any]
    slope: Callable[..., Any] | None = None
    digits: int = 400
    largest: float = 1e8


def _step(holds: Any) -> Any:
    return sympy.Piecewise((1, holds), (0, True))


class _Rounded(sympy.Function):
    """Rounding to whole numbers as it is between them: flat. SymPy leaves the derivative of its own as it stands."""

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Integer(0)


class _Constant(sympy.Function):
    """A number that counts as a constant, whatever it was computed from."""

    @classmethod
    def eval(cls, x: Any) -> Any:
        return x if x.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Integer(0)

    _imp_ = staticmethod(lambda x: x)  # what lambdify calls


def _sinc_derivative(order: int, x: Any) -> Any:
    """Return a derivative of sin(pi x)/(pi x), from its power series where x is small and else from SymPy's formula."""
    if abs(x) < 1:
        z, total = mp.pi * x, mpf(0)
        for k in range(order + order % 2, order + 120, 2):
            total += (-1) ** (k // 2) * z ** (k - order) / mp.factorial(k - order) / (k + 1)
        return mp.pi**order * total
    return sympy.lambdify(_Z, sympy.diff(sympy.sin(sympy.pi * _Z) / (sympy.pi * _Z), _Z, order), "mpmath")(x)


_Z = sympy.Symbol("z")


class _SincDerivative(sympy.Function):
    """A derivative of sinc: a function of its own, as its formula is 0/0 at 0."""

    nargs = 2

    def fdiff(self, argindex: int = 2) -> Any:
        return _SincDerivative(self.args[0] + 1, self.args[1])

    def _eval_evalf(self, digits: int) -> Any:
        return sympy.Float(_sinc_derivative(int(self.args[0]), mpf(self.args[1])), 30)

    _imp_ = staticmethod(lambda n, x: _sinc_derivative(int(n), x))  # what lambdify calls


def _softshrink(x: Any, size: Any, choose: Any) -> Any:
    return choose(x > size, x - size, choose(x < -size, x + size, 0 * x))


def _choose(holds: Any, then: Any, otherwise: Any) -> Any:
    return then if holds else otherwise


class _Floor(sympy.Function):
    """The whole part of a number, with the flat derivative that it has between the steps."""

    @classmethod
    def eval(cls, x: Any) -> Any:
        return sympy.floor(x) if x.is_number else None

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.Integer(0)

    _imp_ = staticmethod(mp.floor)


def _piecewise(holds: Any, then: Any, otherwise: Any) -> Any:
    return sympy.Piecewise((then, holds), (otherwise, True))


def _same(function: Callable[..., Any], name: str = "") -> Reference:
    """Return the reference of a function that mpmath and SymPy have under one name."""
    return Reference(getattr(mp, name or function.__name__), function)


def _both(formula: Callable[..., Any]) -> Reference:
    """Return the reference of a formula of exponentials and the like, written once for either library."""
    return Reference(lambda *operands: formula(mp, *operands), lambda *operands: formula(sympy, *operands))


SLOPE, SELU_SCALE, SELU_ALPHA = "0.01", "1.0507009873554804934193349852946", "1.6732632423543772848170429916717"


def _log1pexp(m: Any, x: Any) -> Any:
    return m.log(1 + m.exp(x))


def _gelu_tanh(m: Any, x: Any) -> Any:
    cubic = m.mpf("0.044715") if m is mp else sympy.Rational("0.044715")
    return x * (1 + m.tanh(m.sqrt(2 / (m.pi + 0 * x)) * (x + cubic * x**3))) / 2


def _psi(formula: Callable[..., Any], fixed: int | None = None) -> Reference:
    """Return the reference of a derivative of the digamma function, of fixed order or with it as first operand."""

    def number(*operands: Any, more: int = 0) -> Any:
        order = int(operands[0]) if fixed is None else fixed
        return mp.psi(order + more, operands[-1])

    return Reference(number, formula, lambda *operands: number(*operands, more=1), digits=50, largest=60.0)


REFERENCES: dict[str, Reference] = {
    "add": Reference(lambda x, y: x + y, lambda x, y: x + y),
    "subtract": Reference(lambda x, y: x - y, lambda x, y: x - y),
    "multiply": Reference(lambda x, y: x * y, lambda x, y: x * y),
    "divide": Reference(lambda x, y: x / y, lambda x, y: x / y),
    "negate": Reference(lambda x: -x, lambda x: -x),
    "reciprocal": Reference(lambda x: 1 / x, lambda x: 1 / x),
    "square": Reference(lambda x: x * x, lambda x: x**2),
    "floor_divide": Reference(lambda x, y: mp.floor(x / y), lambda x, y: _Floor(x / y)),
    "remainder": Reference(lambda x, y: x - y * mp.floor(x / y), lambda x, y: x - y * _Floor(x / y)),
    "radians": _both(lambda m, x: x * m.pi / 180),
    "degrees": _both(lambda m, x: x * 180 / m.pi),
    "greater": Reference(lambda x, y: mpf(x > y), lambda x, y: _step(x > y)),
    "greater_equal": Reference(lambda x, y: mpf(x >= y), lambda x, y: _step(x >= y)),
    "less": Reference(lambda x, y: mpf(x < y), lambda x, y: _step(x < y)),
    "less_equal": Reference(lambda x, y: mpf(x <= y), lambda x, y: _step(x <= y)),
    "equal": Reference(lambda x, y: mpf(x == y), lambda x, y: _step(sympy.Eq(x, y))),
    "not_equal": Reference(lambda x, y: mpf(x != y), lambda x, y: _step(sympy.Ne(x, y))),
    "where": Reference(
        lambda condition, x: x if condition else mpf(0),
        lambda condition, x: _piecewise(sympy.Ne(condition, 0), x, 0),
    ),
    "unless": Reference(
        lambda condition, x: mpf(0) if condition else x,
        lambda condition, x: _piecewise(sympy.Ne(condition, 0), 0, x),
    ),
    "abs": Reference(abs, sympy.Abs),
    "sign": Reference(mp.sign, lambda x: _piecewise(x > 0, 1, _piecewise(x < 0, -1, 0))),
    "floor": Reference(mp.floor, _Rounded),
    "ceil": Reference(mp.ceil, _Rounded),
    "round": Reference(mp.nint, _Rounded),
    "copysign": Reference(lambda x, y: abs(x) * (1 if y >= 0 else -1), lambda x, y: sympy.Abs(x) * sympy.sign(y)),
    "detach": Reference(lambda x: x, _Constant, slope=lambda x: mpf(0)),
    "maximum": Reference(max, lambda x, y: _piecewise(x > y, x, y)),
    "minimum": Reference(min, lambda x, y: _piecewise(x < y, x, y)),
    "exp": _same(sympy.exp),
    "exp2": _both(lambda m, x: 2**x),
    "expm1": Reference(mp.expm1, lambda x: sympy.exp(x) - 1),
    "log": _same(sympy.log),
    "log2": _both(lambda m, x: m.log(x) / m.log(2 + 0 * x)),
    "log10": _both(lambda m, x: m.log(x) / m.log(10 + 0 * x)),
    "log1p": Reference(mp.log1p, lambda x: sympy.log(1 + x)),
    "logit": _both(lambda m, x: m.log(x / (1 - x))),
    "logaddexp": _both(lambda m, x, y: m.log(m.exp(x) + m.exp(y))),
    "xlogy": _both(lambda m, x, y: x * m.log(y)),
    "power": Reference(mp.power, lambda x, y: x**y),
    "sqrt": _same(sympy.sqrt),
    "rsqrt": _both(lambda m, x: 1 / m.sqrt(x)),
    "cbrt": Reference(lambda x: mp.sign(x) * mp.cbrt(abs(x)), lambda x: sympy.sign(x) * sympy.cbrt(sympy.Abs(x))),
    "hypot": Reference(mp.hypot, lambda x, y: sympy.sqrt(x**2 + y**2)),
    "sin": _same(sympy.sin),
    "cos": _same(sympy.cos),
    "tan": _same(sympy.tan),
    "asin": _same(sympy.asin),
    "acos": _same(sympy.acos),
    "atan": _same(sympy.atan),
    "atan2": _same(sympy.atan2),
    "sinc": Reference(
        lambda x: _sinc_derivative(0, x),
        lambda x: _SincDerivative(0, x),
        lambda x: _sinc_derivative(1, x),
        digits=60,
        largest=1e4,
    ),
    "sinc_derivative": Reference(
        lambda n, x: _sinc_derivative(int(n), x),
        _SincDerivative,
        lambda n, x: _sinc_derivative(int(n) + 1, x),
        digits=60,
        largest=1e4,
    ),
    "sinh": _same(sympy.sinh),
    "cosh": _same(sympy.cosh),
    "tanh": _same(sympy.tanh),
    "asinh": _same(sympy.asinh),
    "acosh": _same(sympy.acosh),
    "atanh": _same(sympy.atanh),
    "erf": _same(sympy.erf),
    "erfc": _same(sympy.erfc),
    "erfinv": Reference(mp.erfinv, sympy.erfinv, lambda x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2), digits=50),
    "lgamma": Reference(lambda x: mp.re(mp.loggamma(x)), sympy.loggamma, mp.digamma, digits=50, largest=60.0),
    "digamma": _psi(sympy.digamma, 0),
    "trigamma": _psi(lambda x: sympy.polygamma(1, x), 1),
    "polygamma": _psi(sympy.polygamma),
    "sigmoid": _both(lambda m, x: 1 / (1 + m.exp(-x))),
    "relu": Reference(lambda x: x if x > 0 else mpf(0), lambda x: _piecewise(x > 0, x, 0)),
    "leaky_relu": Reference(
        lambda x: x if x > 0 else mpf(SLOPE) * x, lambda x: _piecewise(x > 0, x, sympy.Rational(SLOPE) * x)
    ),
    "prelu": Reference(lambda x, y: x if x > 0 else y * x, lambda x, y: _piecewise(x > 0, x, y * x)),
    "elu": Reference(lambda x: x if x > 0 else mp.expm1(x), lambda x: _piecewise(x > 0, x, sympy.exp(x) - 1)),
    "selu": Reference(
        lambda x: mpf(SELU_SCALE) * (x if x > 0 else mpf(SELU_ALPHA) * mp.expm1(x)),
        lambda x: sympy.Rational(SELU_SCALE) * _piecewise(x > 0, x, sympy.Rational(SELU_ALPHA) * (sympy.exp(x) - 1)),
    ),
    "softplus": _both(_log1pexp),
    "softsign": Reference(lambda x: x / (1 + abs(x)), lambda x: x / (1 + sympy.Abs(x))),
    "silu": _both(lambda m, x: x / (1 + m.exp(-x))),
    "gelu": _both(lambda m, x: x * m.erfc(-x / m.sqrt(2 + 0 * x)) / 2),
    "gelu_tanh": _both(_gelu_tanh),
    "mish": _both(lambda m, x: x * m.tanh(_log1pexp(m, x))),
    "hard_sigmoid": Reference(
        lambda x: min(max((x + 3) / 6, mpf(0)), mpf(1)),
        lambda x: _piecewise(x > 3, 1, _piecewise(x < -3, 0, (x + 3) / 6)),
    ),
    "log_sigmoid": _both(lambda m, x: -m.log(1 + m.exp(-x))),
    "relu6": Reference(lambda x: min(max(x, mpf(0)), mpf(6)), lambda x: _piecewise(x > 6, 6, _piecewise(x < 0, 0, x))),
    "celu": Reference(lambda x: x if x > 0 else mp.expm1(x), lambda x: _piecewise(x > 0, x, sympy.exp(x) - 1)),
    "softshrink": Reference(
        lambda x: _softshrink(x, mpf("0.5"), _choose), lambda x: _softshrink(x, sympy.Rational(1, 2), _piecewise)
    ),
    "hardshrink": Reference(
        lambda x: x if abs(x) > 0.5 else mpf(0), lambda x: _piecewise(sympy.Abs(x) > sympy.Rational(1, 2), x, 0)
    ),
    "tanhshrink": Reference(lambda x: x - mp.tanh(x), lambda x: x - sympy.tanh(x), lambda x: mp.tanh(x) ** 2),
    "hard_tanh": Reference(
        lambda x: min(max(x, mpf(-1)), mpf(1)), lambda x: _piecewise(x > 1, 1, _piecewise(x < -1, -1, x))
    ),
}


def exact_value(name: str, point: Iterable[float]) -> Any:
    """Return the result of an operation, to at least 50 digits."""
    with mp.workdps(REFERENCES[name].digits):
        return REFERENCES[name].number(*map(mpf, point))


def exact_slope(name: str, point: Sequence[float], place: int) -> Any:
    """Return a partial derivative of an operation, to at least 30 digits also where the function is almost constant."""
    reference = REFERENCES[name]
    with mp.workdps(reference.digits):
        numbers = [mpf(number) for number in point]
        if reference.slope is not None:
            return reference.slope(*numbers)
        step = mpf(10) ** -60 * (abs(numbers[place]) or mpf(10) ** -20)
        above = reference.number(*numbers[:place], numbers[place] + step, *numbers[place + 1 :])
        below = reference.number(*numbers[:place], numbers[place] - step, *numbers[place + 1 :])
        return (above - below) / (2 * step)


def difference(function: Callable[..., Any], point: list[float], place: int) -> Any:
    """Return the partial derivative of a function of mpmath numbers, by a central difference at 50 digits.

    With a step of 1e-20 the difference is good to about 1e-29 where the function is smooth and of ordinary size.
    """
    with mp.workdps(50):
        step = mpf(10) ** -20
        numbers = [mpf(number) for number in point]
        above, below = list(numbers), list(numbers)
        above[place] += step
        below[place] -= step
        return (function(*above) - function(*below)) / (2 * step)
