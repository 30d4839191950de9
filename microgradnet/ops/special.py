r"""The error function and the gamma function's logarithm, with derivatives of that to any order.

Nothing here needs SciPy: what Python's ``math`` lacks is computed by the recurrences and asymptotic series of M.
Abramowitz and I. Stegun, *Handbook of Mathematical Functions*, sections 6.3 and 6.4.
"""

from __future__ import annotations

import math
from typing import Any

from microgradnet.definition import define
from microgradnet.notation import Notation, called
from microgradnet.operation import Domain, Op
from microgradnet.ops.exponentials import exp
from microgradnet.rules import Rule, kernel

_SLOPE_AT_0 = 2.0 / math.sqrt(math.pi)
_NO_POLE = Domain("x no whole number below 1", lambda x: not (x <= 0 and float(x).is_integer()))


def _of_numbers(rule: Rule) -> Rule:
    """Return a forward rule that goes through an array element by element, where NumPy has no function for it."""

    def each(np: Any, *arrays: Any) -> Any:
        if any(np.iscomplexobj(numbers) for numbers in arrays):
            raise TypeError("this function is computed for real numbers only")  # a complex step then says it can't
        with np.errstate(all="ignore"):  # comparing a NaN is no news
            return np.vectorize(rule, otypes=[float])(*arrays)

    return kernel(rule, each)


erf: Op = define(
    "erf",
    **called("erf", r"\operatorname{erf}"),
    forward=_of_numbers(math.erf),
    partials=(lambda x, out: _SLOPE_AT_0 * exp(-(x * x)),),
)

erfc: Op = define(
    "erfc",
    **called("erfc", r"\operatorname{erfc}"),
    forward=_of_numbers(math.erfc),
    partials=(lambda x, out: -_SLOPE_AT_0 * exp(-(x * x)),),
)

# The Bernoulli numbers B2, B4, ..., B24 (Abramowitz and Stegun, table 23.2).
_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330,
    854513 / 138, -236364091 / 2730,
)  # fmt: skip
_FAR = 15.0  # from here on, these twelve terms of the series are exact to a float's last digit


def _digamma(x: float) -> float:
    """Return the digamma function by 6.3.5 (recurrence), 6.3.18 (series) and 6.3.7 (reflection)."""
    if x <= 0:
        return _digamma(1.0 - x) - _cotangent_derivative(0, x)
    terms = []
    while x < _FAR:
        terms.append(-1.0 / x)
        x += 1.0
    series = (-number / (2 * k * x ** (2 * k)) for k, number in enumerate(_BERNOULLI, 1))
    return math.fsum([*terms, math.log(x), -0.5 / x, *series])


_HIGHEST_ORDER = 1000  # the time grows with the square of the order, and the values leave the doubles long before


def _polygamma(order: float, x: float) -> float:
    """Return the derivative of this order of the digamma function.

    By 6.4.6 (recurrence), 6.4.11 (series) and 6.4.7 (reflection).
    """
    if order < 0 or not float(order).is_integer() or not _NO_POLE.contains(x):
        raise ValueError("the order is a whole number, and x no pole")
    if order > _HIGHEST_ORDER:
        raise ValueError(f"the order is at most {_HIGHEST_ORDER}")
    n = int(order)
    if math.isnan(x) or x == math.inf:
        return 0.0 if n and x == math.inf else x
    if n == 0:
        return _digamma(x)
    sign = -1.0 if n % 2 == 0 else 1.0
    if x < 0:
        return -_cotangent_derivative(n, x) - sign * _polygamma(n, 1.0 - x)
    terms = []
    while x < _FAR + n:
        terms.append(float(math.factorial(n)) / x ** (n + 1))
        x += 1.0
    terms += [math.factorial(n - 1) / x**n, math.factorial(n) / (2.0 * x ** (n + 1))]
    terms += [
        number * (math.factorial(2 * k + n - 1) / math.factorial(2 * k)) / x ** (2 * k + n)
        for k, number in enumerate(_BERNOULLI, 1)
    ]
    return sign * math.fsum(terms)


def _cotangent_derivative(order: int, x: float) -> float:
    r"""Return the derivative of this order of :math:`\pi\cot(\pi x)`: pi to the power n + 1, times a polynomial in c.

    With :math:`c = \cot(\pi x)`, differentiating a polynomial in c multiplies its derivative by :math:`-(1 + c^2)`.
    """
    coefficients = [0, 1]  # of c to the power 0, 1, ...
    for _ in range(order):
        slopes = [k * number for k, number in enumerate(coefficients)][1:]
        coefficients = [0] * (len(slopes) + 2)
        for k, number in enumerate(slopes):
            coefficients[k] -= number
            coefficients[k + 2] -= number
    r = math.remainder(x, 1.0)  # the cotangent repeats; both forms keep the digits of x, by its zeros and its poles
    c = 1.0 / math.tan(math.pi * r) if abs(r) < 0.25 else math.copysign(math.tan(math.pi * (0.5 - abs(r))), r)
    return math.pi ** (order + 1) * math.fsum(number * c**k for k, number in enumerate(coefficients))


def _no_derivative(order: Any, x: Any, out: Any) -> Any:
    raise ValueError("the order of a derivative is counted, not varied")


lgamma: Op = define(
    "lgamma",
    symbol="ln Γ",
    text=Notation("lgamma(#1)"),
    latex=Notation(r"\ln\left|\Gamma\left(#1\right)\right|"),
    forward=_of_numbers(math.lgamma),
    partials=(lambda x, out: digamma(x),),
    domain=_NO_POLE,
)

digamma: Op = define(
    "digamma",
    symbol="ψ",
    text=Notation("digamma(#1)"),
    latex=Notation(r"\psi\left(#1\right)"),
    forward=_of_numbers(lambda x: _polygamma(0.0, x)),
    partials=(lambda x, out: trigamma(x),),
    domain=_NO_POLE,
)

trigamma: Op = define(
    "trigamma",
    symbol="ψ₁",
    text=Notation("trigamma(#1)"),
    latex=Notation(r"\psi_{1}\left(#1\right)"),
    forward=_of_numbers(lambda x: _polygamma(1.0, x)),
    partials=(lambda x, out: polygamma(2.0, x),),
    domain=_NO_POLE,
)

# The first operand, n, counts: nothing can be differentiated by it, so it is written as a plain number.
polygamma: Op = define(
    "polygamma",
    symbol="ψₙ",
    text=Notation("polygamma(#1, #2)"),
    latex=Notation(r"\psi^{\left(#1\right)}\left(#2\right)"),
    forward=_of_numbers(_polygamma),
    partials=(_no_derivative, lambda n, x, out: polygamma(n + 1.0, x)),
    domain=Domain(
        f"x = 0, 1, 2, ..., {_HIGHEST_ORDER} (the order) and y no whole number below 1",
        lambda n, x: 0 <= n <= _HIGHEST_ORDER and float(n).is_integer() and _NO_POLE.contains(x),
    ),
)
