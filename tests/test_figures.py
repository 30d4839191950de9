"""Numbers as printed, against Python's decimal arithmetic."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet.figures import Numeral, agreeing, in_full, read_figure, relation, rounded, show, write_figure

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(FLOATS, st.integers(1, 17))
def test_a_printed_number_is_within_half_a_unit_of_its_last_digit(number, digits):
    printed = Decimal(show(number, digits).text)
    if number:
        place = Decimal(number).adjusted() - digits + 1
        assert (
            abs(printed - Decimal(number))
            <= Decimal(10) ** place * Decimal("0.500001") + Decimal(math.ulp(number)) * 16
        )
    assert read_figure(write_figure(number, digits)) == float(printed)


@given(FLOATS)
def test_full_digits_read_back(number):
    assert float(in_full(number)) == number


@pytest.mark.parametrize(
    ("number", "digits", "text", "exact"),
    [(1.98, 2, "2.0", False), (0.1 + 0.2, 4, "0.3", True), (2 / 3, 3, "0.667", False), (123456.0, 2, "123456", True),
     (1e-5, 4, "1e-5", True), (-0.0, 3, "0", True), (1e6, 2, "1e6", True), (1234.5, 4, "1234", False)],
)  # fmt: skip
def test_exact_digits_have_no_zeros_and_rounded_ones_keep_them(number, digits, text, exact):
    found = show(number, digits)
    assert (found.text, found.exact) == (text, exact)


def test_digits_that_a_reader_cannot_get_are_not_shown():
    assert agreeing(2 / 3, 0.6671, 6).text == rounded(2 / 3, 3)
    assert relation([show(0.5, 3), show(1 / 3, 3)]) == "≈"
    assert relation([show(0.5, 3)]) == "="


def test_a_numeral_binds_like_its_sign_and_its_power_of_ten():
    assert (Numeral(show(-2.0, 3)) ** 2.0).text == "(-2)**2"
    assert (Numeral(show(-2.0, 3), typeset=True) ** 2.0).text == "(−2)**2"
    assert show(1.5e-9, 3).latex == r"1.5 \cdot 10^{-9}"
