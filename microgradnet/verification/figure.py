"""A printed figure: a string whose digits are its claim.

``"0.0084"`` claims that a value rounds to it at its last digit, ``"0.00840"`` claims ten times as much, and ``"1/3"``
claims the number itself. All arithmetic here is exact: a printed number is a decimal, never a float.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from microgradnet.errors import FigureError

# How many units in the last place of the double a short computation may be off: sums of a few rounded products.
NOISE_IN_ULPS = 16
_EXACT = Context(prec=2000)  # no double, and no figure that is read, has as many digits
_PLAIN_RANGE = 1e200  # up to here, floats neither overflow nor lose the sense of a comparison
_LONGEST_PLAIN = 40  # characters that a number is written out in before powers of ten are used
FEW = 2  # digits below which a figure decides next to nothing
LONGEST = 64  # characters of a figure; the exact decimal of a double that anyone prints is shorter
LARGEST_EXPONENT = 400  # doubles end at 10^308 and 10^-324

_MINUS = "−–‐‑﹣－"  # the printer's minus, and the dashes that are set for it
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SPACES = " \u00a0\u2009\u202f"  # plain, no-break, thin and narrow no-break space: all separate groups of digits
_FRACTION = re.compile(r"([+-]?)\s*([0-9]+)\s*/\s*([0-9]+)")
_NUMBER = re.compile(
    rf"""(?P<sign>[+-]?)\s*
    (?P<whole>[0-9]{{1,3}}(?P<separator>[,_'’{_SPACES}])[0-9]{{3}}(?:(?P=separator)[0-9]{{3}})*|[0-9]*)
    (?P<point>\.?)(?P<part>[0-9]*)
    (?:(?P<times>[eE]|\s*[×x*·⋅]\s*10(?:\^|\*\*)?)[({{]?(?P<exponent>[+-]?[0-9]+)[)}}]?)?
    (?P<percent>\s*%)?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a number is written.

    Arguments:
        plus: whether a plus sign stands before what is not negative.
        leading_zero: whether a zero stands before the point of what is below 1.
        separator: what stands between groups of three digits; usually nothing.
        times: how a power of ten is joined, ``"e"`` or ``" × 10^"``.
        exponent: the power of ten as printed, for example ``"-05"``; None where there is none.
        normalised: whether one digit other than 0 stands before the point of a number with a power of ten.
        percent: the percent sign with the space before it, if any.
    """

    plus: bool = False
    leading_zero: bool = True
    separator: str = ""
    times: str = ""
    exponent: str | None = None
    normalised: bool = False
    percent: str = ""

    @property
    def default_shift(self) -> int:
        """The power of ten that is taken out of the number before its digits are written."""
        return -2 if self.percent else int(self.exponent or 0)

    def shift(self, value: float) -> int:
        """Return the power of ten to take out of a value: its own, where the figure is normalised."""
        if not self.normalised or value == 0:
            return self.default_shift
        return Decimal(value).adjusted()

    def write(self, scaled: Decimal, shift: int) -> str:
        """Write a number whose power of ten has been taken out already."""
        if self.normalised and abs(scaled) >= 10:  # 9.99 rounds to 10.0
            scaled, shift = (scaled / 10).quantize(scaled), shift + 1
        text = f"{abs(scaled):,f}".replace(",", self.separator)
        if not self.leading_zero and text.startswith("0."):
            text = text[1:]
        sign = "-" if scaled < 0 else "+" if self.plus else ""
        return f"{sign}{text}{self._power(shift)}{self.percent}"

    def _power(self, shift: int) -> str:
        if self.exponent is None:
            return ""
        width = len(self.exponent.lstrip("+-"))
        sign = "-" if shift < 0 else "+" if self.exponent.startswith("+") else ""
        return f"{self.times}{sign}{abs(shift):0{width}d}"

    def negate(self, text: str) -> str:
        """Return a figure's text with the other sign."""
        bare = text.lstrip(f"+-{_MINUS} ")
        return bare if text[0] in f"-{_MINUS}" else f"-{bare}"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was printed, and what it claims. Make one with :meth:`parse`.

    Arguments:
        text: as printed, without the spaces around it.
        number: exactly the number that it writes.
        decimals: the place of its last digit, 4 for ``"0.0084"``, 3 for ``"56.2%"``, -2 for ``"35e2"``; None for a
            fraction, which has no last digit.
        digits: its significant digits, trailing zeros included; 0 where all are zero.
        style: how it is written, so that another number can be written the same way.
    """

    text: str
    number: Fraction
    decimals: int | None
    digits: int
    style: Style
    near: float = field(init=False, repr=False, compare=False)  # the number as a float, infinite where too large

    def __post_init__(self) -> None:
        try:
            near = float(self.number)
        except OverflowError:
            near = math.inf if self.number > 0 else -math.inf
        object.__setattr__(self, "near", near)

    @classmethod
    def parse(cls, text: str) -> Figure:
        """Read a figure as it is printed.

        Read are signs (the printer's minus too), a leading point, powers of ten (``3.5e-5``, ``3.5 × 10^-5``,
        ``3.5 × 10⁻⁵``), percent, fractions of whole numbers, and groups of three digits where they can mean nothing
        else: separated by spaces, underscores or apostrophes, or by commas if there are two, or a decimal point.

        Raises:
            FigureError: it is no string, is too long, or does not read as one number.

        Example:
            >>> figure = Figure.parse("8.40e-3")
            >>> figure.decimals, figure.digits, figure.is_rounding_of(0.00844)
            (5, 3, False)
        """
        return cls(*_read(text))

    @property
    def unit(self) -> Fraction:
        """One unit in the last place; 0 for a fraction."""
        return Fraction(0) if self.decimals is None else Fraction(10) ** -self.decimals

    @property
    def precision(self) -> str:
        """How far it is printed, in words: ``"to 4 decimals"``."""
        if self.decimals is None:
            return "as a fraction"
        if self.style.exponent is not None or self.decimals < 0:
            return f"to {self.digits} significant digit{'s' * (self.digits != 1)}"
        if self.decimals == 0:
            return "to a whole number"
        return f"to {self.decimals} decimal{'s' * (self.decimals != 1)}"

    @property
    def caveat(self) -> str:
        """What is added to a verdict on a figure of one digit, which nearly any mistake would leave as it is."""
        return "; one digit decides little" if self.digits < FEW and self.decimals is not None else ""

    def __neg__(self) -> Figure:
        """Return the same figure with the other sign, for a source that prints the negative of a quantity."""
        return self if self.number == 0 else Figure.parse(self.style.negate(self.text))

    def equals(self, value: float) -> bool:
        """Tell whether the value is this number, but for the noise of double precision."""
        return self._is_near(value, 0.0)

    def is_rounding_of(self, value: float) -> bool:
        """Tell whether the value rounds to this figure at its last digit; at a tie, either way."""
        return self._is_near(value, 0.5)

    def is_truncation_of(self, value: float) -> bool:
        """Tell whether this figure is the value cut, towards zero, after its last digit."""
        if not math.isfinite(value) or self.number * Fraction(value) < 0:
            return False
        cut_off = abs(Fraction(value)) - abs(self.number)
        return -noise(value) <= cut_off < self.unit

    def is_within(self, units: int, value: float) -> bool:
        """Tell whether figure and value are at most so many units in the last place apart."""
        return self._is_near(value, units)

    def is_next_to(self, value: float) -> bool:
        """Tell whether the value lies between this figure and one of its neighbours at the same length."""
        return math.isfinite(value) and self._distance(value) < self.unit - noise(value)

    def is_nearly(self, value: float) -> bool:
        """Tell the same of a figure with enough digits: at one or two, one off in the last place is wrong."""
        return self.digits > FEW and self.is_next_to(value)

    def _is_near(self, value: float, units: float) -> bool:
        """Tell whether the value is at most so many units in the last place away, but for the noise of doubles."""
        if not math.isfinite(value):
            return False
        near = self.near
        if abs(value) < _PLAIN_RANGE and abs(near) < _PLAIN_RANGE and abs(self.decimals or 0) < 200:
            # Floats decide all but the close calls, in a fraction of the time.
            reach = (0.0 if self.decimals is None else units * 10.0**-self.decimals) + NOISE_IN_ULPS * math.ulp(value)
            unsure = 1e-9 * reach + 4.0 * (math.ulp(value) + math.ulp(near))
            if abs(abs(value - near) - reach) > unsure:
                return abs(value - near) < reach
        return self._distance(value) <= Fraction(units) * self.unit + noise(value)

    def _distance(self, value: float) -> Fraction:
        return abs(Fraction(value) - self.number)

    def like(self, value: float, extra: int = 0) -> str:
        """Write a value as this figure is written, to the same digit (or ``extra`` digits further).

        Example:
            >>> Figure.parse("56.2%").like(0.56749), Figure.parse("-0.10").like(-0.0001)
            ('56.7%', '0.00')
        """
        if not math.isfinite(value):
            return str(value)
        if self.decimals is None:
            return f"{value:.{6 + extra}g}"
        shift = self.style.shift(value)
        places = self.decimals + self.style.default_shift + extra
        scaled = Decimal(value).scaleb(-shift, _EXACT).quantize(Decimal(1).scaleb(-max(places, 0)), context=_EXACT)
        text = self.style.write(scaled, shift)
        return (
            text
            if len(text) <= max(_LONGEST_PLAIN, len(self.text) + extra)
            else f"{value:.{(self.digits or 1) + extra}g}"
        )

    def corrected(self, value: float) -> str:
        """Write a value as this figure is written, with more digits where its own show only zeros or itself.

        Example:
            >>> Figure.parse("0.1").corrected(-0.00268), Figure.parse("0.0001").corrected(0.00000015)
            ('-0.0027', '0.00000015')
        """
        text = self.like(value)
        if self.decimals is None or not math.isfinite(value) or value == 0:
            return text
        for extra in range(1, 20):
            figure = Figure.parse(text)
            if figure.number != self.number and (figure.digits >= 2 or figure.equals(value)):
                return text
            text = self.like(value, extra)
        return f"{value:.2g}"

    def further(self, value: float) -> str:
        """Write a value some digits further than this figure goes, or in full where it ends before that."""
        if self.decimals is None:
            return repr(value)
        for extra in range(4):
            text = self.like(value, extra)
            if Figure.parse(text).equals(value) if math.isfinite(value) else True:
                return text
        return self.like(value, 4)


def noise(value: float) -> Fraction:
    """Return how far apart two doubles may be that stand for one number computed in two ways."""
    return NOISE_IN_ULPS * Fraction(math.ulp(value))


def _read(text: Any) -> tuple[str, Fraction, int | None, int, Style]:
    """Read a printed figure; return the fields of a ``Figure``, in order.

    Raises:
        FigureError: it is no string, is too long, or does not read as one number.
    """
    if not isinstance(text, str):
        advice = f"Give the figure as a string, such as {str(text)[:40]!r}: its digits are its claim."
        raise FigureError("a printed figure is a string", f"{str(text)[:40]} of type {type(text).__name__}", advice)
    trimmed = text.strip()
    if len(trimmed) > LONGEST:
        given = f"{len(trimmed)} characters, starting {trimmed[:20]!r}"
        raise FigureError(f"a printed figure has at most {LONGEST} characters", given, "Print fewer digits.")
    plain = re.sub(f"[{_MINUS}]", "-", trimmed.translate(_SUPERSCRIPTS))
    fraction = _FRACTION.fullmatch(plain)
    if fraction:
        return _read_fraction(trimmed, *fraction.groups())
    match = _NUMBER.fullmatch(plain)
    if match is None or not re.search("[0-9]", match["whole"] + match["part"]):
        raise _unreadable(trimmed)
    return _read_decimal(trimmed, match)


def _read_fraction(text: str, sign: str, above: str, below: str) -> tuple[str, Fraction, None, int, Style]:
    if int(below) == 0:
        raise FigureError("a fraction has a denominator other than 0", repr(text), "Check the figure.")
    number = Fraction(int(above), int(below))
    return text, -number if sign == "-" else number, None, len(above.lstrip("0")), Style()


def _read_decimal(text: str, match: re.Match[str]) -> tuple[str, Fraction, int, int, Style]:
    whole, part, separator = match["whole"], match["part"], match["separator"] or ""
    if separator == "," and whole.count(",") == 1 and not match["point"]:
        given = f"{text!r}, which is {whole.replace(',', '')} to some and {whole.replace(',', '.')} to others"
        raise FigureError("a figure that can be read in one way", given, 'Leave the comma out, or write "." for it.')
    exponent = match["exponent"]
    if exponent and (len(exponent) > 6 or abs(int(exponent)) > LARGEST_EXPONENT):
        expected = f"a power of ten between -{LARGEST_EXPONENT} and {LARGEST_EXPONENT}"
        raise FigureError(expected, f"10^{exponent[:12]} in {text[:20]!r}", "Check the exponent.")
    if exponent and match["percent"]:
        raise _unreadable(text)
    figures = whole.replace(separator, "") + part if separator else whole + part
    style = Style(
        plus=match["sign"] == "+",
        leading_zero=bool(whole),
        separator=separator,
        times=_joint(match["times"]),
        exponent=exponent,
        normalised=bool(exponent) and len(whole) == 1 and whole != "0",
        percent=match["percent"] or "",
    )
    decimals = len(part) - style.default_shift
    number = int(figures) * Fraction(10) ** -decimals
    return text, -number if match["sign"] == "-" else number, decimals, len(figures.lstrip("0")), style


def _joint(times: str | None) -> str:
    """Return how a power of ten is joined, with its sign of raising, which superscripts do without."""
    if times is None or times in "eE":
        return times or ""
    return times if times.endswith(("^", "**")) else f"{times}^"


def _unreadable(text: str) -> FigureError:
    expected = "a printed figure such as 0.0084, 3.5e-5, 56.2% or 1/3"
    advice = "Write digits, with a point for the decimals."
    if re.fullmatch(r"\s*[+-]?[0-9]*,[0-9]+\s*", text):
        advice = f"Write the decimals after a point: {text.replace(',', '.')!r}."
    return FigureError(expected, repr(text), advice)


def misprints(figure: Figure, value: float) -> Iterator[str]:
    """Yield the sentences for digits that are swapped, wrong, too many or missing. A last digit is no misprint."""
    right = figure.like(value)
    if _skeleton(right) == _skeleton(figure.text):
        wrong = [place for place, (was, should) in enumerate(zip(figure.text, right, strict=True)) if was != should]
        if figure.digits >= 3 and _is_swap(figure.text, right, wrong):
            yield "two digits may be swapped"
        elif figure.digits >= 4 and len(wrong) == 1 and wrong[0] in _significant(figure)[:-1]:
            yield "one digit may be misprinted"
    if figure.digits >= 5:
        yield from (f"there may be a digit too many: {text}" for text in _reading(_without_one(figure), figure, value))
    if figure.digits >= 4:
        yield from (f"a digit may be missing: {text}" for text in _reading(_with_one_more(figure), figure, value))


def _skeleton(text: str) -> str:
    return "".join("0" if character.isdigit() else character for character in text)


def _is_swap(printed: str, right: str, wrong: list[int]) -> bool:
    if len(wrong) != 2 or printed[wrong[0] + 1 : wrong[1]].strip("."):
        return False  # not two neighbours, with at most the point between them
    return (printed[wrong[0]], printed[wrong[1]]) == (right[wrong[1]], right[wrong[0]])


def _significant(figure: Figure) -> list[int]:
    """Return the places in the text of the figure's significant digits."""
    places: list[int] = []
    for place, character in enumerate(figure.text):
        if character in "0123456789" and (places or character != "0"):
            places.append(place)
        if len(places) == figure.digits:
            break
    return places


def _without_one(figure: Figure) -> Iterator[str]:
    """Yield the figure without one of its digits; the last stays, as without it the figure is merely shorter."""
    for place in _significant(figure)[:-1]:
        yield figure.text[:place] + figure.text[place + 1 :]


def _with_one_more(figure: Figure) -> Iterator[str]:
    for before, _ in pairwise(_significant(figure)):
        yield from (f"{figure.text[: before + 1]}{digit}{figure.text[before + 1 :]}" for digit in "0123456789")


def _reading(texts: Iterator[str], figure: Figure, value: float) -> Iterator[str]:
    """Yield the texts that are a rounding of a value; plain numbers far from it are passed over at once."""
    reach = 10.0 * float(figure.unit)
    for text in texts:
        with suppress(ValueError):  # Python writes some numbers otherwise
            if abs(float(text) - value) > reach:
                continue
        with suppress(FigureError):
            if Figure.parse(text).is_rounding_of(value):
                yield text
