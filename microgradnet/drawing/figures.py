"""Numbers as a picture shows them: few digits, short where they are exact."""

from __future__ import annotations

import math

_NOISE = 1e-13  # relative: what a few roundings of double precision leave of 0.3 in 0.1 + 0.2
_WHOLE = 1e6  # whole numbers below this are shown in full, however few digits are asked for


def write_figure(number: float, digits: int) -> str:
    """Return the number with so many significant digits, and without trailing zeros where it is exact.

    Example:
        >>> [write_figure(number, 4) for number in (2.0, -0.25, 0.5932699921071872, 0.29998, 1.5e-9, 123456.0)]
        ['2', '−0.25', '0.5933', '0.3000', '1.5e−9', '123456']
    """
    if not math.isfinite(number):
        return "nan" if math.isnan(number) else "−∞" if number < 0 else "∞"
    if number.is_integer() and abs(number) < _WHOLE:
        return _typeset(str(int(number)))
    short = f"{number:.{digits}g}"
    exact = math.isclose(float(short), number, rel_tol=_NOISE)
    return _typeset(short if exact else f"{number:#.{digits}g}".removesuffix("."))


def read_figure(text: str) -> float:
    """Return the number that :func:`write_figure` wrote, as far as it is shown.

    Example:
        >>> read_figure("−1.5e−9")
        -1.5e-09
    """
    return float(text.replace("−", "-").replace("∞", "inf"))


def _typeset(text: str) -> str:
    """Use a real minus sign, and write the exponent without padding."""
    mantissa, mark, exponent = text.partition("e")
    power = f"e{int(exponent)}" if mark else ""
    return (mantissa.removesuffix(".") + power).replace("-", "−")
