"""Differences and the complex step against derivatives that are known exactly."""

from __future__ import annotations

import cmath
import math
from typing import Any

import pytest

from microgradnet.calculus.differences import complex_step, differentiate, refined

SMOOTH: list[tuple[Any, float, float]] = [
    (math.sin, 0.7, math.cos(0.7)),
    (math.sin, 1e6, math.cos(1e6)),
    (math.exp, 0.0, 1.0),
    (math.exp, 50.0, math.exp(50.0)),
    (math.exp, 709.0, math.exp(709.0)),
    (math.log, 1e-8, 1e8),
    (lambda x: 1 / x, 1e-8, -1e16),
    (lambda x: math.sin(1e4 * x), 0.3, 1e4 * math.cos(3e3)),
    (lambda x: x, 1e300, 1.0),
    (lambda x: 3.0, 1.0, 0.0),
    (lambda x: max(x, 0.0), 1e-9, 1.0),
    (lambda x: max(x, 0.0), -1e-3, 0.0),
    (lambda x: float(math.floor(x)), 2.3, 0.0),
    (math.acos, 0.999, -1 / math.sqrt(1 - 0.999**2)),
]


@pytest.mark.parametrize(("f", "x", "wanted"), SMOOTH)
def test_differences_are_good_to_a_billionth(f: Any, x: float, wanted: float) -> None:
    found = differentiate(f, x)
    assert found.reliable
    assert found.slope == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert found.agrees_with(wanted, 1e-9)
    assert wanted == 0.0 or not found.agrees_with(wanted * (1 + 1e-6), 1e-7)


@pytest.mark.parametrize(
    ("f", "left", "right"), [(abs, -1.0, 1.0), (lambda x: max(x, 0.0), 0.0, 1.0), (lambda x: max(x, x**2), 0.0, 1.0)]
)
def test_a_corner_is_seen_from_both_sides(f: Any, left: float, right: float) -> None:
    found = differentiate(f, 0.0)
    assert found.corner
    assert (found.left, found.right) == pytest.approx((left, right), abs=1e-9)


@pytest.mark.parametrize(
    ("f", "x"), [(math.sqrt, 0.0), (lambda x: float(math.floor(x)), 2.0), (lambda x: math.copysign(1.0, x), 0.0)]
)
def test_an_infinite_slope_and_a_jump_are_not_taken_for_a_number(f: Any, x: float) -> None:
    assert not differentiate(f, x).reliable


def test_at_the_edge_of_a_domain_differences_are_one_sided() -> None:
    found = differentiate(lambda x: math.sqrt(x) ** 4 + 3 * x, 0.0)
    assert math.isnan(found.left)
    assert found.slope == pytest.approx(3.0, rel=1e-9)


def test_where_nothing_around_is_defined_there_is_no_slope() -> None:
    found = differentiate(lambda x: 1.0 if x == 0.5 else math.nan, 0.5)
    assert not found.reliable


def test_the_complex_step_has_no_cancellation() -> None:
    # The function and the point of Squire and Trapp, 1998; the derivative to 15 digits is 3.62203370071633.
    found = complex_step(lambda z: cmath.exp(z) / (cmath.sin(z) ** 3 + cmath.cos(z) ** 3), 1.5)
    assert found == pytest.approx(3.62203370071633, rel=2e-15)


def test_a_function_that_takes_no_complex_numbers_has_no_complex_step() -> None:
    assert math.isnan(complex_step(math.sin, 1.0))  # type: ignore[arg-type]
    assert math.isnan(complex_step(lambda z: 1 / (z - z), 1.0))


def test_a_complex_step_that_means_nothing_is_not_used() -> None:
    by_differences = differentiate(abs, -2.0)
    assert refined(by_differences, complex_step(abs, -2.0)) is by_differences
    better = refined(differentiate(math.sin, 1.0), complex_step(cmath.sin, 1.0))
    assert better.method == "complex step"
    assert better.slope == pytest.approx(math.cos(1.0), rel=1e-15)
