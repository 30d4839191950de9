"""Numbers as they are shown: how many digits, and whether those are the whole number or a rounded one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from microgradnet.operation import PRODUCT, SUM
from microgradnet.symbols import Symbol

_FEWEST_DIGITS = 3
_NOISE = 8  # units in the last place of a float, which a few roundings of a calculation add up to


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as shown.

    Arguments:
        value: the number itself.
        text: its digits.
        exact: whether the digits are the number, to double precision, and not rounded.
    """

    value: float
    text: str
    exact: bool

    @property
    def shown(self) -> float:
        """The number that a reader sees."""
        return float(self.text)

    @property
    def latex(self) -> str:
        """The digits in LaTeX, with a power of ten for an exponent."""
        if not math.isfinite(self.value):
            return r"\mathrm{undefined}" if math.isnan(self.value) else self.text.replace("inf", r"\infty")
        mantissa, _, exponent = self.text.partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa


def figure(number: float, digits: int) -> Figure:
    """Return a number with at most so many significant digits; exact, where no more but noise of the floats follows.

    Example:
        >>> figure(0.5, 8).text, figure(2 / 3, 8).text, figure(0.1 + 0.2, 8).text
        ('0.5', '0.66666667', '0.3')
    """
    if not math.isfinite(number):
        return Figure(number, repr(number), True)
    short = rounded(number, digits)
    if abs(float(short) - number) <= _NOISE * math.ulp(number):
        return Figure(number, _without_zeros(short), True)
    return Figure(number, short, False)


def in_full(number: float) -> str:
    """Return the shortest digits that read back to the same float."""
    return _without_zeros(repr(number))


def _without_zeros(digits: str) -> str:
    """Return digits without zeros that say nothing: 0.5 for 0.50000000, 3 for 3.0, 0 for -0.0."""
    mantissa, mark, exponent = digits.partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return "0" if mantissa in ("-0", "0") else mantissa + mark + exponent


def rounded(number: float, digits: int) -> str:
    """Return a number rounded to so many significant digits, trailing zeros included."""
    return format(number, f"#.{digits}g").replace(".e", "e").rstrip(".")


def agreeing(number: float, from_shown: float, digits: int) -> Figure:
    """Return a number with as many digits as a reader who calculates with the shown numbers gets right, too.

    Arguments:
        number: the true result.
        from_shown: the result of the same calculation with the numbers as shown.
        digits: the most significant digits to show.
    """
    best = figure(number, digits)
    if best.exact or not math.isfinite(from_shown):
        return best
    for fewer in range(digits, _FEWEST_DIGITS - 1, -1):
        if rounded(number, fewer) == rounded(from_shown, fewer):
            return Figure(number, rounded(number, fewer), False)
    return best


def relation(result: Figure, shown: Sequence[Figure] = ()) -> str:
    """Return the sign before a result: "=" where it and all that it was calculated from are exact, else "≈"."""
    return "=" if result.exact and all(number.exact for number in shown) else "≈"


class Numeral(Symbol):
    """A number in the place of a symbol, written as shown."""

    def __init__(self, number: Figure) -> None:
        super().__init__(number.text, number.latex)
        self.figure = number

    def write(self, notation: str) -> tuple[str, int]:
        """Return the digits and how tightly they bind: a minus sign like a sum, a power of ten like a product."""
        text, precedence = super().write(notation)
        if text.startswith("-"):
            return text, SUM
        return text, PRODUCT if r"\cdot" in text else precedence
