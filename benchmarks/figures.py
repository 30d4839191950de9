"""Numbers with their units, as the report and the plot write them."""

from __future__ import annotations

from benchmarks.statistics import Spread

SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
COUNTS = ("libraries",)  # units of whole things, which the heading names


def three_digits(number: float) -> str:
    """Return a number with three significant digits, without an exponent."""
    if number == 0.0:
        return "0"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def scale_of(number: float, unit: str) -> tuple[float, str]:
    """Return what to divide by, and the unit to write."""
    if unit != "seconds":
        return 1.0, "" if unit in COUNTS else unit
    return next((each for each in SECONDS if number >= each[0]), SECONDS[-1])


def written(spread: Spread, unit: str, *, with_range: bool = True) -> str:
    """Return a median with its unit, and its quartiles in brackets: ``3.41 ms (3.36 to 3.52)``."""
    scale, name = scale_of(spread.median, unit)
    median, low, high = (f"{number:.0f}" if unit in COUNTS else three_digits(number / scale) for number in spread)
    around = "" if low == high or not with_range else f" ({low} to {high})"
    return f"{median} {name}".strip() + around
