"""Numbers as they are printed: how many digits, exact or rounded, "=" or "≈", signs and LaTeX.

Pictures, step pages, derivations and verdicts print a number in the same digits. A printed number is *exact* where its
digits are the number but for the rounding noise of double precision, and trailing zeros are dropped only there: ``0.3``
is three tenths, ``0.3000`` is a number that rounds to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from microgradnet.operation import PRODUCT, SUM
from microgradnet.symbols import Symbol

# How far a double may be off after a short computation: a few rounded products and their sum.
NOISE_IN_ULPS = 16
EQUAL, ROUNDED = "=", "≈"
_WHOLE = 1e6  # whole numbers below this are printed in full, however few digits are asked for
_FEWEST_DIGITS = 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as printed. :func:`show` makes one.

    Arguments:
        value: the number itself.
        text: its digits, in ASCII: ``"-1.5e-9"``.
        exact: whether the digits are the number, to double precision.
    """

    value: float
    text: str
    exact: bool

    @property
    def shown(self) -> float:
        """The number that a reader sees."""
        return float(self.text)

    @property
    def typeset(self) -> str:
        """The digits with a real minus sign and a sign for infinity: ``"−1.5e−9"``."""
        return self.text.replace("-", "−").replace("inf", "∞")

    @property
    def latex(self) -> str:
        """The digits in LaTeX, with a power of ten for an exponent."""
        if not math.isfinite(self.value):
            return r"\mathrm{undefined}" if math.isnan(self.value) else self.text.replace("inf", r"\infty")
        mantissa, _, exponent = self.text.partition("e")
        return rf"{mantissa} \cdot 10^{{{exponent}}}" if exponent else mantissa


def show(number: float, digits: int) -> Shown:
    """Return a number with at most ``digits`` significant digits, and without zeros that say nothing.

    Example:
        >>> [show(number, 4).text for number in (2.0, 0.1 + 0.2, 2 / 3, 0.29998, -1.5e-9, 123456.0)]
        ['2', '0.3', '0.6667', '0.3000', '-1.5e-9', '123456']
    """
    if not math.isfinite(number):
        return Shown(number, repr(number), True)
    if number.is_integer() and abs(number) < _WHOLE:
        return Shown(number, str(int(number)), True)
    short = f"{number:.{digits}g}"
    if abs(float(short) - number) <= NOISE_IN_ULPS * math.ulp(number):
        return Shown(number, _unpadded(short), True)
    return Shown(number, rounded(number, digits), False)


def rounded(number: float, digits: int) -> str:
    """Return a number rounded to ``digits`` significant digits, trailing zeros included."""
    return _unpadded(f"{number:#.{digits}g}")


def in_full(number: float) -> str:
    """Return the shortest digits that read back to the same float.

    Example:
        >>> [in_full(number) for number in (0.1 + 0.2, 3.0, -0.0, 1e-5)]
        ['0.30000000000000004', '3', '0', '1e-5']
    """
    if math.isfinite(number) and number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    return _unpadded(repr(number))


def write_figure(number: float, digits: int) -> str:
    """Return a number as pictures print it, with typographic signs.

    Example:
        >>> [write_figure(number, 4) for number in (-0.25, 0.5932699921071872, 1.5e-9, float("-inf"))]
        ['−0.25', '0.5933', '1.5e−9', '−∞']
    """
    return show(number, digits).typeset


def read_figure(text: str) -> float:
    """Return the number that a reader sees in what :func:`write_figure` wrote.

    Example:
        >>> read_figure("−1.5e−9")
        -1.5e-09
    """
    return float(text.replace("−", "-").replace("∞", "inf"))


def agreeing(number: float, from_shown: float, digits: int) -> Shown:
    """Return a number with as many digits as a reader who calculates with the printed numbers gets right, too.

    Arguments:
        number: the true result.
        from_shown: the result of the same calculation with the numbers as printed.
        digits: the most significant digits to print.
    """
    best = show(number, digits)
    if not math.isfinite(from_shown) or (best.exact and show(from_shown, digits).text == best.text):
        return best
    for fewer in range(digits, _FEWEST_DIGITS - 1, -1):
        if rounded(number, fewer) == rounded(from_shown, fewer):
            return Shown(number, rounded(number, fewer), False)
    return best


def relation(numbers: Iterable[Shown]) -> str:
    """Return the sign between a result and what it was calculated from: "=" where all of them are exact, else "≈"."""
    return EQUAL if all(number.exact for number in numbers) else ROUNDED


def relation_of_sum(terms: Sequence[float], total: float, digits: int) -> str:
    """Return "=" where a reader who adds the printed terms gets the printed total, else "≈".

    Example:
        >>> relation_of_sum([0.25, 0.5], 0.75, 4), relation_of_sum([1 / 3, 1 / 3], 2 / 3, 4)
        ('=', '≈')
    """
    return _relation(sum(show(term, digits).shown for term in terms), total, digits)


def relation_of_product(factors: Sequence[float], product: float, digits: int) -> str:
    """Return "=" where a reader who multiplies the printed factors, and rounds, gets the printed product, else "≈".

    Example:
        >>> relation_of_product([0.5, 3.0], 1.5, 4), relation_of_product([1 / 3, 30.0], 10.0, 2)
        ('=', '≈')
    """
    return _relation(math.prod(show(factor, digits).shown for factor in factors), product, digits)


def write_sum(terms: Sequence[float], digits: int) -> str:
    """Return terms as a sum: ``0.5 − 0.25``."""
    first, *rest = (write_figure(term, digits) for term in terms)
    return first + "".join(f" − {text[1:]}" if text.startswith("−") else f" + {text}" for text in rest)


def write_signed(number: float, digits: int) -> str:
    """Return a number with its sign, a plus sign too; 0 has none."""
    text = write_figure(number, digits)
    return f"+{text}" if number > 0.0 else text


class Numeral(Symbol):
    """A printed number in the place of a symbol of a formula.

    Arguments:
        number: the number as printed.
        typeset: whether plain text has typographic signs, as in pictures.
    """

    def __init__(self, number: Shown, *, typeset: bool = False) -> None:
        super().__init__(number.typeset if typeset else number.text, number.latex)
        self.number = number

    def write(self, notation: str) -> tuple[str, int]:
        """Return the digits with their precedence: a minus sign binds like a sum, a power of ten like a product."""
        text, precedence = super().write(notation)
        if text.startswith(("-", "−")):
            return text, SUM
        return text, PRODUCT if r"\cdot" in text else precedence


def _relation(calculated: float, total: float, digits: int) -> str:
    return EQUAL if show(total, digits).shown == show(calculated, digits).shown else ROUNDED


def _unpadded(text: str) -> str:
    """Return digits with an exponent as short as it can be: 1e-9 for 1.e-09."""
    mantissa, mark, exponent = text.partition("e")
    return mantissa.removesuffix(".") + (f"e{int(exponent)}" if mark else "")
