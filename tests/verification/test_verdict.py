"""The verdicts, and the order in which they are tried."""

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet.verification.figure import Figure
from microgradnet.verification.verdict import Verdict, judge

CASES = [
    ("0.3775", 0.37750000000000006, Verdict.EXACT, ""),
    ("0.66507363952475640", 0.66507363952475641, Verdict.EXACT, ""),
    ("1/3", 1 / 3, Verdict.EXACT, ""),
    ("0", 0.0, Verdict.EXACT, ""),
    ("0.0084", 0.00844, Verdict.ROUNDED, "to 4 decimals"),
    ("0.1", 0.14, Verdict.ROUNDED, "to 1 decimal"),
    ("12", 12.4, Verdict.ROUNDED, "to a whole number"),
    ("3.5e-5", 3.51e-5, Verdict.ROUNDED, "to 2 significant digits"),
    ("12e2", 1234.0, Verdict.ROUNDED, "to 2 significant digits"),
    ("56.7%", 0.567147, Verdict.ROUNDED, "to 3 decimals"),
    ("0.751365069", 0.75136506955231571, Verdict.TRUNCATED, "to 9 decimals; rounded it is 0.751365070"),
    ("-13.7239", -13.723961509314075, Verdict.TRUNCATED, "to 4 decimals; rounded it is -13.7240"),
    ("0.56", 0.5523, Verdict.LAST_DIGIT, "it is 0.55"),
    ("0.59", 0.5781, Verdict.WRONG, "it is 0.58"),
    ("0.333", 1 / 3 + 0.002, Verdict.WRONG, "it is 0.335"),
    ("1/3", 0.3333, Verdict.WRONG, "it is 0.3333"),
    ("0.5", float("inf"), Verdict.WRONG, "it is inf"),
    ("0.5", float("nan"), Verdict.WRONG, "it is nan"),
]


@pytest.mark.parametrize(("figure", "value", "verdict", "explanation"), CASES)
def test_each_verdict_and_its_words(figure, value, verdict, explanation):
    judgement = judge(Figure.parse(figure), value)
    assert (judgement.verdict, judgement.explanation) == (verdict, explanation)


def fails():
    raise AssertionError("was tried too early")
    yield


def test_alternatives_are_only_run_when_it_comes_to_them():
    lazy = {"rounded": fails(), "orders": fails(), "slips": fails()}
    assert judge(Figure.parse("0.25"), 0.25, **lazy).verdict is Verdict.EXACT
    assert judge(Figure.parse("0.2"), 0.24, **lazy).verdict is Verdict.ROUNDED
    late = {"orders": fails(), "slips": fails()}
    assert judge(Figure.parse("0.28"), 0.25, rounded=[(0.28, "so")], **late).verdict is Verdict.CONSISTENT
    assert judge(Figure.parse("0.2"), 0.26, **late).verdict is Verdict.TRUNCATED
    assert judge(Figure.parse("0.4"), 0.31, **late).verdict is Verdict.LAST_DIGIT
    judgement = judge(Figure.parse("0.9"), 0.31, orders=[(0.5, "a"), (0.9, "b")], slips=fails())
    assert (judgement.verdict, judgement.explanation) == (Verdict.OTHER_ORDER, "b; in the order stated it is 0.3")


def test_rounded_intermediates_come_before_truncation_and_last_digit():
    assert judge(Figure.parse("0.12"), 0.129, rounded=[(0.1249, "so")]).verdict is Verdict.CONSISTENT
    assert judge(Figure.parse("0.14"), 0.131, rounded=[(0.2, "no"), (0.135, "tie")]).verdict is Verdict.CONSISTENT


def test_only_the_first_slip_is_told():
    judgement = judge(Figure.parse("0.9"), 0.1, slips=iter(["one", "two"]))
    assert judgement.explanation == "it is 0.1; one"


def test_every_verdict_has_a_mark_and_words():
    assert {verdict.mark for verdict in Verdict} == {"✓", "≈", "✗"}
    assert [verdict for verdict in Verdict if verdict.mark == "✗"] == [Verdict.WRONG]
    assert len({verdict.words for verdict in Verdict}) == len(Verdict)
    assert str(Verdict.LAST_DIGIT) == "off by one in the last place"


numbers = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-3)


@given(numbers, st.integers(0, 6), st.integers(-5, 5), st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN]))
def test_random_figures_get_the_one_verdict_that_decimal_arithmetic_gives_them(value, decimals, units, rounding):
    unit = Decimal(1).scaleb(-decimals)
    figure = Decimal(value).quantize(unit, rounding) + units * unit
    off = abs(figure - Decimal(value)) / unit
    noise = 32 * Decimal(math.ulp(value)) / unit
    if min(abs(off - border) for border in (0, Decimal("0.5"), 1)) < noise:
        return  # so near a border that the noise decides
    is_cut = figure * Decimal(value) >= 0 and 0 <= abs(Decimal(value)) - abs(figure) < unit
    if off <= Decimal("0.5"):
        expected = Verdict.ROUNDED
    elif is_cut:
        expected = Verdict.TRUNCATED
    else:
        expected = Verdict.LAST_DIGIT if off <= 1 else Verdict.WRONG
    assert judge(Figure.parse(f"{figure:f}"), value).verdict is expected


@given(numbers, st.integers(0, 6))
def test_a_tie_is_rounded_whichever_way_it_went(value, decimals):
    unit = Decimal(1).scaleb(-decimals)
    below = Decimal(value).quantize(unit, ROUND_DOWN)
    tie = float(below + unit / 2)
    for figure in (below, below + unit):
        assert judge(Figure.parse(f"{figure:f}"), tie).verdict in (Verdict.ROUNDED, Verdict.EXACT)
