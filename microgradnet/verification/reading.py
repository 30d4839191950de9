"""How figures are written on paper, and reading them: signs, points, powers of ten, percent, fractions, groups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from microgradnet.errors import FigureError

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


def read(text: Any) -> tuple[str, Fraction, int | None, int, Style]:
    """Read a printed figure; return the fields of a ``Figure``, in order.

    Raises:
        FigureError: it is no string, is too long, or does not read as one number.
    """
    if not isinstance(text, str):
        advice = f"Give the figure as a string, such as {str(text)[:40]!r}: its digits are its claim."
        raise FigureError("a printed figure is a string", f"{str(text)[:40]} of type {type(text).__name__}", advice)
    trimmed = text.strip()
    if len(trimmed) > LONGEST:
        came = f"{len(trimmed)} characters, starting {trimmed[:20]!r}"
        raise FigureError(f"a printed figure has at most {LONGEST} characters", came, "Print fewer digits.")
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
        came = f"{text!r}, which is {whole.replace(',', '')} to some and {whole.replace(',', '.')} to others"
        raise FigureError("a figure that can be read in one way", came, 'Leave the comma out, or write "." for it.')
    exponent = match["exponent"]
    if exponent and (len(exponent) > 6 or abs(int(exponent)) > LARGEST_EXPONENT):
        wanted = f"a power of ten between -{LARGEST_EXPONENT} and {LARGEST_EXPONENT}"
        raise FigureError(wanted, f"10^{exponent[:12]} in {text[:20]!r}", "Check the exponent.")
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
    wanted = "a printed figure such as 0.0084, 3.5e-5, 56.2% or 1/3"
    advice = "Write digits, with a point for the decimals."
    if re.fullmatch(r"\s*[+-]?[0-9]*,[0-9]+\s*", text):
        advice = f"Write the decimals after a point: {text.replace(',', '.')!r}."
    return FigureError(wanted, repr(text), advice)
