"""A printed figure: a string whose digits are its claim.

``"0.0084"`` claims that a value rounds to it at its last digit, ``"0.00840"`` claims ten times as much, and ``"1/3"``
claims the number itself. All arithmetic here is exact: what is printed is a decimal, never a float.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Context, Decimal
from fractions import Fraction

from microgradnet.verification.reading import Style, read

# How many units in the last place of the double a short computation may be off: sums of a few rounded products.
NOISE_IN_ULPS = 16
_EXACT = Context(prec=2000)  # no double, and no figure that is read, has as many digits
_PLAIN_RANGE = 1e200  # up to here, floats neither overflow nor lose the sense of a comparison
_LONGEST_PLAIN = 40  # characters that a number is written out in before powers of ten are used


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
        return cls(*read(text))

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
