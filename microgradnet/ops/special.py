r"""The error function and the gamma function's logarithm, with derivatives of that to any order.

Nothing here needs SciPy: what Python's ``math`` lacks is computed by the recurrences and asymptotic series of M.
Abramowitz and I. Stegun, *Handbook of Mathematical Functions*, sections 6.3 and 6.4.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from microgradnet.operation import Domain, Notation, Op, called, define, elementwise
from microgradnet.ops.functions import exp

_SLOPE_AT_0 = 2.0 / math.sqrt(math.pi)
_NO_POLE = Domain("x no whole number below 1", lambda x: not (x <= 0 and float(x).is_integer()))


erf: Op = define(
    "erf",
    summary="The error function of x.",
    **called("erf", r"\operatorname{erf}"),
    forward=elementwise(math.erf),
    partials=(lambda x, out: _SLOPE_AT_0 * exp(-(x * x)),),
)

erfc: Op = define(
    "erfc",
    summary="1 - erf(x), exact in its tail.",
    **called("erfc", r"\operatorname{erfc}"),
    forward=elementwise(math.erfc),
    partials=(lambda x, out: -_SLOPE_AT_0 * exp(-(x * x)),),
)


def _erfinv(x: float) -> float:
    """Return the number whose error function is x, by Halley's method on erf, or on erfc where that keeps the digits.

    S. Winitzki, *A handy approximation for the error function and its inverse* (2008), starts it within 0.2 %.
    """
    size, rest = abs(x), 1.0 - abs(x)
    if rest <= 0.0:
        raise ValueError("no number has an error function of 1 or more")
    logarithm = math.log1p(-x * x) if size < 0.5 else math.log(rest * (1.0 + size))
    half = 2.0 / (math.pi * 0.147) + 0.5 * logarithm
    y = math.sqrt(max(0.0, math.sqrt(half * half - logarithm / 0.147) - half))
    for _ in range(3):
        error = math.erf(y) - size if size < 0.5 else rest - math.erfc(y)
        slope = _SLOPE_AT_0 * math.exp(-y * y)
        y -= error / (slope + y * error)
    return math.copysign(y, x)


erfinv: Op = define(
    "erfinv",
    summary="The number whose error function is x.",
    symbol="erf⁻¹",
    text=Notation("erfinv(#1)"),
    latex=Notation(r"\operatorname{erf}^{-1}\left(#1\right)"),
    forward=elementwise(_erfinv),
    partials=(lambda x, out: exp(out * out) / _SLOPE_AT_0,),
    domain=Domain("-1 < x < 1", lambda x: -1 < x < 1),
)

# The Bernoulli numbers B2, B4, ..., B24 (Abramowitz and Stegun, table 23.2).
_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330,
    854513 / 138, -236364091 / 2730,
)  # fmt: skip
_LARGEST_ORDER = 1000  # of a polygamma: the time grows with its square
_FAR = 15.0  # from here on, these twelve terms of the series are exact to a float's last digit


def _digamma(x: float) -> float:
    """Return the digamma function by 6.3.5 (recurrence), 6.3.18 (series) and 6.3.7 (reflection)."""
    if x <= 0:
        return _digamma(1.0 - x) - _cotangent_derivative(0, x)
    terms = []
    while x < _FAR:
        terms.append(-1.0 / x)
        x += 1.0
    # Negative powers, as x**24 does not fit into a float where x > 1e13.
    series = (-number / (2 * k) * x ** (-2 * k) for k, number in enumerate(_BERNOULLI, 1))
    return _fits(math.fsum([*terms, math.log(x), -0.5 / x, *series]))


def _polygamma(order: float, x: float) -> float:
    """Return the derivative of this order of the digamma function.

    By 6.4.6 (recurrence), 6.4.11 (series) and 6.4.7 (reflection).
    """
    if not (0 <= order <= _LARGEST_ORDER) or not float(order).is_integer() or not _NO_POLE.contains(x):
        raise ValueError("the order is a whole number, and x no pole")
    n = int(order)
    if math.isnan(x) or x == math.inf:
        return 0.0 if n and x == math.inf else x
    if n == 0:
        return _digamma(x)
    sign = -1.0 if n % 2 == 0 else 1.0
    if x < 0:
        return _fits(-_cotangent_derivative(n, x) - sign * _polygamma(n, 1.0 - x))
    terms = []
    while x < _FAR + n:
        terms.append(_over_power(math.factorial(n), x, n + 1))
        x += 1.0
    terms += [_over_power(math.factorial(n - 1), x, n), 0.5 * _over_power(math.factorial(n), x, n + 1)]
    terms += [
        number * _over_power(math.perm(2 * k + n - 1, n - 1), x, 2 * k + n)  # (2k + n - 1)! / (2k)!
        for k, number in enumerate(_BERNOULLI, 1)
    ]
    return _fits(sign * math.fsum(terms))


def _over_power(whole: int, x: float, n: int) -> float:
    """Return a whole number over a power of x > 0, each of which may be too large, or too small, for a float."""
    surplus = max(0, whole.bit_length() - 64)
    mantissa, exponent = math.frexp(x)
    if mantissa < 0.7:  # between 0.7 and 1.4 powers stay far from the largest float
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    return math.ldexp(float(whole >> surplus) * mantissa**-n, surplus - exponent * n)


def _fits(number: float) -> float:
    if math.isinf(number):
        raise OverflowError("the result does not fit into a float")
    return number


@cache
def _cotangent_polynomial(order: int) -> list[int]:
    r"""Return the coefficients of c to the power 0, 1, ... in the derivative of this order of :math:`c = \cot x`.

    Differentiating a polynomial in c multiplies its derivative by :math:`-(1 + c^2)`.
    """
    coefficients = [0, 1]
    for _ in range(order):
        slopes = [k * number for k, number in enumerate(coefficients)][1:]
        coefficients = [0] * (len(slopes) + 2)
        for k, number in enumerate(slopes):
            coefficients[k] -= number
            coefficients[k + 2] -= number
    return coefficients


def _cotangent_derivative(order: int, x: float) -> float:
    r"""Return the derivative of this order of :math:`\pi\cot(\pi x)`."""
    r = math.remainder(x, 1.0)  # the cotangent repeats; both forms keep the digits of x, by its zeros and its poles
    c = 1.0 / math.tan(math.pi * r) if abs(r) < 0.25 else math.copysign(math.tan(math.pi * (0.5 - abs(r))), r)
    terms = (number * c**k for k, number in enumerate(_cotangent_polynomial(order)) if number)
    return math.pi ** (order + 1) * math.fsum(terms)


def _no_derivative(order: Any, x: Any, out: Any) -> Any:
    raise ValueError("the order of a derivative is counted, not varied")


lgamma: Op = define(
    "lgamma",
    summary="The natural logarithm of the absolute value of the gamma function of x.",
    symbol="ln Γ",
    text=Notation("lgamma(#1)"),
    latex=Notation(r"\ln\left|\Gamma\left(#1\right)\right|"),
    forward=elementwise(math.lgamma),
    partials=(lambda x, out: digamma(x),),
    domain=_NO_POLE,
)

digamma: Op = define(
    "digamma",
    summary="The derivative of lgamma at x.",
    symbol="ψ",
    text=Notation("digamma(#1)"),
    latex=Notation(r"\psi\left(#1\right)"),
    forward=elementwise(lambda x: _polygamma(0.0, x)),
    partials=(lambda x, out: trigamma(x),),
    domain=_NO_POLE,
)

trigamma: Op = define(
    "trigamma",
    summary="The second derivative of lgamma at x.",
    symbol="ψ₁",
    text=Notation("trigamma(#1)"),
    latex=Notation(r"\psi_{1}\left(#1\right)"),
    forward=elementwise(lambda x: _polygamma(1.0, x)),
    partials=(lambda x, out: polygamma(2.0, x),),
    domain=_NO_POLE,
)

# The first operand, n, counts: nothing can be differentiated by it, so it is written as a plain number.
polygamma: Op = define(
    "polygamma",
    summary="The derivative of order x of digamma, at y.",
    symbol="ψₙ",
    text=Notation("polygamma(#1, #2)"),
    latex=Notation(r"\psi^{\left(#1\right)}\left(#2\right)"),
    forward=elementwise(_polygamma),
    partials=(_no_derivative, lambda n, x, out: polygamma(n + 1.0, x)),
    domain=Domain(
        f"x = 0, 1, 2, ..., {_LARGEST_ORDER} (the order) and y no whole number below 1",
        lambda n, x: 0 <= n <= _LARGEST_ORDER and float(n).is_integer() and _NO_POLE.contains(x),
    ),
)
