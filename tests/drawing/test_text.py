import pytest

from microgradnet.drawing.figures import write_figure
from microgradnet.drawing.text import clean, shorten, width


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x7f", "\x9b", "\ud800", "\ufffe", "\uffff", "\U0001fffe", "\u202e", "\u2066"],
)
def test_what_xml_cannot_hold_or_what_reorders_text_is_replaced(character):
    assert clean(f"a{character}b") == "a\ufffdb"


@pytest.mark.parametrize("text", ["w1[1,2]", "权重", "שלום", "😀", "e\u0301", "<&>\"'\\{|}", "\ufffd"])
def test_other_text_is_kept(text):
    assert clean(text) == text


def test_line_breaks_become_spaces():
    assert clean("\na\nb\tc\u2028d\r") == "a b c d"


def test_a_cut_text_is_as_long_as_asked_and_ends_in_an_ellipsis():
    assert shorten("x" * 10_000, 24) == "x" * 23 + "…"
    assert shorten("x" * 24, 24) == "x" * 24


def test_a_cut_does_not_part_a_letter_from_its_accent_or_a_joined_emoji():
    assert shorten("abe\u0301fgh", 4) == "ab…"
    assert shorten("ab\U0001f469\u200d\U0001f467cdef", 4) == "ab…"


def test_wide_scripts_are_given_more_room_and_marks_none():
    assert width("权重", 10) >= 20 > width("ab", 10)
    assert width("e\u0301", 10) == width("e", 10)
    assert width("w1", 10, bold=True) > width("w1", 10)


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (2.0, 4, "2"), (-6.0, 4, "−6"), (0.0, 4, "0"), (-0.0, 4, "0"), (0.25, 4, "0.25"), (0.1 + 0.2, 4, "0.3"),
        (0.29998, 4, "0.3000"), (24.70408163265306, 4, "24.70"), (24.70408163265306, 6, "24.7041"),
        (123456.0, 2, "123456"), (1e6, 4, "1e6"), (1.5e-9, 4, "1.5e−9"), (-1.23456e-9, 3, "−1.23e−9"),
        (1234.5, 4, "1234"), (99999.5, 1, "1e5"), (float("inf"), 4, "∞"), (float("-inf"), 4, "−∞"),
        (float("nan"), 4, "nan"),
    ],
)  # fmt: skip
def test_figures(number, digits, text):
    assert write_figure(number, digits) == text
