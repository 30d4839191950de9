"""Every row of the table at 80 random points of its domain: value and first derivative against mpmath.

Both are held to 4 units in the last place. Where the form of a rule can't give that, the bound that it does keep stands
below with the reason.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from mpmath import mpf

from microgradnet.operation import TABLE, Op
from tests.references import REFERENCES, exact_slope, exact_value
from tests.samples import nodes, random_points, varied

each_op = pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))
UNITS, POINTS = 4.0, 80
RESULT = -1  # the place of what is no partial derivative


@dataclass(frozen=True)
class Bound:
    """What an operation keeps instead of 4 units in the last place of the exact number.

    Arguments:
        scale: from the operands, the size of number in whose last place the error is counted.
        factor: from the operands, how many times 4 units it may be.
        reason: why.
    """

    reason: str
    scale: Callable[..., float] = lambda *_: 0.0
    factor: Callable[..., float] = lambda *_: 1.0


def one(*_: float) -> float:
    return 1.0


def tail(x: float) -> float:
    """Return the size of the two terms of which such a derivative is the sum."""
    return math.exp(min(x, 0.0))


def squared(x: float) -> float:
    return 1.0 + x * x


def gelu_exponent(x: float) -> float:
    return 1.0 + 2.0 * math.sqrt(2.0 / math.pi) * abs(x) * (1.0 + 0.044715 * x * x)


def logarithm(*operands: float) -> float:
    return 1.0 + math.log(1.0 + abs(operands[-1]))


ROUNDED_EXPONENT = "an exponent that has been rounded changes the power by as many units as it is large"
REFLECTED = "below 0 it is computed with the power n + 1 of a cotangent, which multiplies the error of that"
ZERO_BETWEEN = "the sum of two terms, which cancel where the derivative changes its sign"
BOUNDS = {
    ("power", 0): Bound(ROUNDED_EXPONENT, factor=lambda x, y: 1.0 + abs(y * math.log(abs(x) or 1.0))),
    ("cbrt", 0): Bound("the C library's cube root may be off by 2 units, and it enters twice", factor=lambda x: 2.0),
    ("tanh", 0): Bound("1 - y*y, the form that is taught, counts from 1", one),
    ("sigmoid", 0): Bound("y*(1 - y), the form that is taught, counts from y", one),
    ("erf", 0): Bound(ROUNDED_EXPONENT, factor=squared),
    ("erfc", 0): Bound(ROUNDED_EXPONENT, factor=squared),
    ("gelu", RESULT): Bound(ROUNDED_EXPONENT, factor=squared),
    ("gelu", 0): Bound(f"{ROUNDED_EXPONENT}; {ZERO_BETWEEN}", tail, squared),
    ("gelu_tanh", RESULT): Bound(ROUNDED_EXPONENT, factor=gelu_exponent),
    ("gelu_tanh", 0): Bound(f"{ROUNDED_EXPONENT}; {ZERO_BETWEEN}", tail, gelu_exponent),
    ("silu", 0): Bound(ZERO_BETWEEN, tail),
    ("mish", 0): Bound(ZERO_BETWEEN, tail),
    ("lgamma", RESULT): Bound("the logarithm of a number close to 1 counts from 1", one),
    ("lgamma", 0): Bound("digamma has zeros, where its terms cancel", logarithm),
    ("logaddexp", RESULT): Bound("a sum counts from the larger of its terms", lambda x, y: max(abs(x), abs(y))),
    ("logaddexp", 0): Bound(ROUNDED_EXPONENT, factor=lambda x, y: 1.0 + abs(x - y)),
    ("logaddexp", 1): Bound(ROUNDED_EXPONENT, factor=lambda x, y: 1.0 + abs(x - y)),
    ("erfinv", 0): Bound(ROUNDED_EXPONENT, factor=lambda x: 2.0 - 2.0 * math.log(1.0 - abs(x))),
    ("sinc", RESULT): Bound("where it is 0 the reference has an error of its own", lambda x: 1e-40),
    ("sinc", 0): Bound(ZERO_BETWEEN, lambda x: 1.0 / (1.0 + abs(x))),
    ("sinc_derivative", RESULT): Bound(ZERO_BETWEEN, lambda n, x: math.pi**n / (1.0 + abs(x)), lambda n, x: 1.0 + n),
    ("sinc_derivative", 1): Bound(ZERO_BETWEEN, lambda n, x: math.pi ** (n + 1) / (1.0 + abs(x)), lambda n, x: 2.0 + n),
    ("digamma", RESULT): Bound("digamma has zeros, where its terms cancel", logarithm),
    ("digamma", 0): Bound(REFLECTED, factor=lambda x: 2.0),
    ("trigamma", RESULT): Bound(REFLECTED, factor=lambda x: 2.0),
    ("trigamma", 0): Bound(REFLECTED, factor=lambda x: 3.0),
    ("polygamma", RESULT): Bound(
        f"{REFLECTED}; {ZERO_BETWEEN}", lambda n, x: logarithm(x) if x < 0 or n == 0 else 0.0, lambda n, x: 2.0 + n
    ),
    ("polygamma", 1): Bound(REFLECTED, factor=lambda n, x: 3.0 + n),
}


def allowed(op: Op, place: int, point: tuple[float, ...], exact: Any) -> float:
    bound = BOUNDS.get((op.name, place), Bound(""))
    return UNITS * bound.factor(*point) * math.ulp(max(abs(float(exact)), bound.scale(*point)))


def check_row(op: Op, count: int = POINTS) -> None:
    """Hold one row to its references; the mutation run of the benchmarks calls this too."""
    for point in random_points(op, count, largest=REFERENCES[op.name].largest):
        node = op(*nodes(op, point))
        found = {RESULT: node.data} | {place: node.partials[place] for place in varied(op)}
        for place, number in found.items():
            exact = exact_value(op.name, point) if place == RESULT else exact_slope(op.name, point, place)
            error, most = abs(mpf(number) - exact), allowed(op, place, point, exact)
            assert error <= most, (
                f"{op.name} {point}, place {place}: off by {float(error / math.ulp(float(exact)))} units"
            )


def test_every_operation_has_a_reference_and_every_reference_an_operation() -> None:
    assert set(REFERENCES) == set(TABLE)


@each_op
def test_value_and_first_derivatives_are_those_of_mpmath(op: Op) -> None:
    check_row(op)


def test_every_bound_is_of_a_row_and_has_a_reason() -> None:
    assert {name for name, _ in BOUNDS} <= set(TABLE)
    assert all(bound.reason for bound in BOUNDS.values())
