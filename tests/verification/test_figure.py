"""Printed figures: reading them, and what their digits claim."""

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet.errors import FigureError
from microgradnet.verification.figure import Figure

READ = {
    "0.0084": (Fraction(84, 10_000), 4, 2),
    "0.00840": (Fraction(84, 10_000), 5, 3),
    " 0.5 ": (Fraction(1, 2), 1, 1),
    ".15": (Fraction(15, 100), 2, 2),
    "+0.5": (Fraction(1, 2), 1, 1),
    "-0.10": (Fraction(-1, 10), 2, 2),
    "−0.10": (Fraction(-1, 10), 2, 2),
    "–0.10": (Fraction(-1, 10), 2, 2),
    "5.": (Fraction(5), 0, 1),
    "-12": (Fraction(-12), 0, 2),
    "0.00": (Fraction(0), 2, 0),
    "3.5e-5": (Fraction(35, 1_000_000), 6, 2),
    "3.5E-05": (Fraction(35, 1_000_000), 6, 2),
    "3.50e+2": (Fraction(350), 0, 3),
    "35e2": (Fraction(3500), -2, 2),
    "3.5 × 10^-5": (Fraction(35, 1_000_000), 6, 2),
    "3.5×10⁻⁵": (Fraction(35, 1_000_000), 6, 2),
    "3.5*10^-5": (Fraction(35, 1_000_000), 6, 2),
    "3.5*10**-5": (Fraction(35, 1_000_000), 6, 2),
    "3.5 x 10^{-5}": (Fraction(35, 1_000_000), 6, 2),
    "56.2%": (Fraction(562, 1000), 3, 3),
    "56.2 %": (Fraction(562, 1000), 3, 3),
    "1/3": (Fraction(1, 3), None, 1),
    "-2 / 3": (Fraction(-2, 3), None, 1),
    "1,234.5": (Fraction(2469, 2), 1, 5),
    "1,234,567": (Fraction(1_234_567), 0, 7),
    "1 234 567.0": (Fraction(1_234_567), 1, 8),
    "1_234": (Fraction(1234), 0, 4),
    "1\u2009234": (Fraction(1234), 0, 4),
}


@pytest.mark.parametrize("text", READ)
def test_is_read_as_printed(text):
    figure = Figure.parse(text)
    assert (figure.number, figure.decimals, figure.digits) == READ[text]
    assert figure.text == text.strip()
    assert figure.unit == (0 if figure.decimals is None else Fraction(10) ** -figure.decimals)


UNREADABLE = ["", " ", ".", "-", "e5", "1e", "nan", "inf", "0x10", "1.2.3", "--1", "1/0", "1/2/3", "0.5/3", "٣", "1 2"]
UNREADABLE += ["5e-1%", "1.5 e 3", "~0.5", "0.1_2", "1,23,456", "12e1.5", "1e999999", "1e-999999999999", "9" * 65]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_no_figure_is_an_error_in_three_parts(text):
    with pytest.raises(FigureError) as caught:
        Figure.parse(text)
    assert all((caught.value.expected, caught.value.given, caught.value.advice))
    assert len(str(caught.value)) < 300


def test_ten_thousand_characters_are_refused():
    with pytest.raises(FigureError, match="10000 characters"):
        Figure.parse("1" * 10_000)


@pytest.mark.parametrize("number", [0.0084, 1, True, None, 2j, b"1", [1]])
def test_what_is_no_string_is_told_why_it_has_to_be_one(number):
    with pytest.raises(FigureError, match=r"as a string.*its digits are its claim"):
        Figure.parse(number)


def test_a_decimal_comma_and_an_ambiguous_comma_are_told_what_to_write():
    with pytest.raises(FigureError, match=r"after a point: '0\.5'"):
        Figure.parse("0,5")
    with pytest.raises(FigureError, match=r"1234 to some and 1\.234 to others"):
        Figure.parse("1,234")


SAME_LENGTH = [
    ("0.0084", 0.00844, "0.0084"),
    ("0.00", -0.0001, "0.00"),
    ("-0.10", 1.0, "1.00"),
    (".15", 0.049, ".05"),
    (".15", 1.049, "1.05"),
    ("+0.5", 0.26, "+0.3"),
    ("56.2%", 0.567147, "56.7%"),
    ("56.2 %", -0.567147, "-56.7 %"),
    ("3.5e-5", 0.000032, "3.2e-5"),
    ("3.5e-5", 0.00099999, "1.0e-3"),
    ("3.5E-05", 0.32, "3.2E-01"),
    ("3.5e+05", 123456.0, "1.2e+05"),
    ("0.35e-4", 0.00123, "12.30e-4"),
    ("3.5 × 10^-5", 0.00012, "1.2 × 10^-4"),
    ("3.5×10⁻⁵", 0.00012, "1.2×10^-4"),
    ("1,234.5", 1234567.89, "1,234,567.9"),
    ("35e2", 1234.0, "12e2"),
    ("12", 7.5, "8"),
    ("1/3", 0.5, "0.5"),
]


@pytest.mark.parametrize(("printed", "value", "written"), SAME_LENGTH)
def test_writes_another_number_at_the_same_length(printed, value, written):
    assert Figure.parse(printed).like(value) == written


def test_writes_infinities_and_large_numbers_in_short():
    assert Figure.parse("0.5").like(math.inf) == "inf"
    assert Figure.parse("0.5").further(math.nan) == "nan"
    assert len(Figure.parse("0.5").like(1.7e308)) < 12


def test_goes_further_only_as_far_as_there_are_digits():
    assert Figure.parse("0.3775").further(0.37750000000000006) == "0.3775"
    assert Figure.parse("0.5").further(0.5625) == "0.5625"
    assert Figure.parse("0.0084").further(0.00844000018) == "0.00844000"
    assert Figure.parse("1/3").further(0.5) == "0.5"


@pytest.mark.parametrize("text", ["0.0084", "-0.5", "−0.5", "+1", "56.2%", "-3.5e-5", "1/3"])
def test_the_negative_of_a_figure_claims_the_negative(text):
    figure = Figure.parse(text)
    assert (-figure).number == -figure.number
    assert (-figure).decimals == figure.decimals


def test_zero_has_no_negative():
    assert (-Figure.parse("0.0")).text == "0.0"


def test_a_tie_rounds_either_way_in_spite_of_double_noise():
    halfway = 0.1 * 3 - 0.1 * 3 + 1.005  # 1.005 itself is 1.00499999999999989... as a double
    assert Figure.parse("1.00").is_rounding_of(halfway)
    assert Figure.parse("1.01").is_rounding_of(halfway)
    assert not Figure.parse("1.02").is_rounding_of(halfway)


numbers = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-9)


def printed(value, decimals, rounding):
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding):f}"


@given(numbers, st.integers(0, 9), st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP]))
def test_what_decimal_rounds_is_a_rounding(value, decimals, rounding):
    figure = Figure.parse(printed(value, decimals, rounding))
    assert figure.is_rounding_of(value)
    assert figure.is_within(1, value)
    assert Figure.parse(figure.like(value)).number in (figure.number, -figure.number) or figure.is_rounding_of(value)


@given(numbers, st.integers(0, 9))
def test_what_decimal_cuts_is_a_truncation(value, decimals):
    figure = Figure.parse(printed(value, decimals, ROUND_DOWN))
    assert figure.is_truncation_of(value)
    assert figure.is_within(1, value)


@pytest.mark.parametrize(
    ("text", "value", "next_to"), [("0.56", 0.5523, True), ("7", 6.0, False), ("0.57", 0.5523, False)]
)
def test_next_to_is_less_than_one_unit_away(text, value, next_to):
    assert Figure.parse(text).is_next_to(value) is next_to


@given(numbers, st.integers(0, 6), st.sampled_from([-3, 3]))
def test_three_units_off_is_nothing_of_all_that(value, decimals, units):
    right = Decimal(printed(value, decimals, ROUND_HALF_EVEN))
    figure = Figure.parse(f"{right + units * Decimal(1).scaleb(-decimals):f}")
    assert not figure.equals(value)
    assert not figure.is_rounding_of(value)
    assert not figure.is_truncation_of(value)
    assert not figure.is_within(1, value)
    assert figure.is_within(4, value)


@given(numbers)
def test_the_shortest_print_of_a_double_is_exact(value):
    assert Figure.parse(repr(value)).equals(value)


@given(numbers, st.sampled_from(["0.00", "-12", "5.000", "56.2%", "3.5e-5", "1.00E+02", "1,234.5", ".5"]))
def test_what_it_writes_it_reads_and_the_value_rounds_to_it(value, style):
    written = Figure.parse(style).like(value)
    assert Figure.parse(written).is_rounding_of(value)
    assert not written.startswith("-") or float(Figure.parse(written).number) < 0
    assert Figure.parse(Figure.parse(style).further(value)).is_rounding_of(value)


@given(st.text(max_size=20))
def test_any_text_is_a_figure_or_an_error(text):
    try:
        Figure.parse(text)
    except FigureError:
        return
    assert any(character.isdigit() for character in text)
