import pytest

from microgradnet.drawing.picture import width
from microgradnet.figures import write_figure


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
