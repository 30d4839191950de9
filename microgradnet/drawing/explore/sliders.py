"""What is varied: one slider for each argument of a function, from its range."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import ArgumentError, MicrogradnetError, shown
from microgradnet.operation import as_float

_FEWEST_STEPS = 100  # of a slider from end to end; a step is a power of ten


@dataclass(frozen=True, slots=True)
class Slider:
    """One argument and its range, ends included.

    Arguments:
        name: of the argument.
        low, high: the ends.
        start: where it stands at first.
    """

    name: str
    low: float
    high: float
    start: float

    @property
    def step(self) -> float:
        """How far an arrow key moves it: a power of ten, of which the range has at least a hundred."""
        return float(f"1e{math.floor(math.log10((self.high - self.low) / _FEWEST_STEPS * (1 + 1e-12)))}")

    def clamp(self, number: Any) -> float:
        """Return a number held between the ends; the start for what is no number."""
        if isinstance(number, bool) or not isinstance(number, (int, float)) or math.isnan(number):
            return self.start
        return float(min(max(number, self.low), self.high))


def read_sliders(f: Callable[..., Any], ranges: Mapping[str, Any]) -> tuple[Slider, ...]:
    """Return the sliders for a call of ``f``.

    Raises:
        ArgumentError: a range is none, or ``f`` can't be called with exactly these arguments.
    """
    if not callable(f):
        advice = "Write a function: def f(a): return a**2, then mg.explore(f, a=(-3, 3))."
        raise ArgumentError("explore needs a function of Values", shown(f), advice)
    if not ranges:
        raise ArgumentError(
            "explore needs a range for at least one argument", "none", "Write mg.explore(f, a=(-3, 3))."
        )
    sliders = tuple(_read(name, given) for name, given in ranges.items())
    try:
        signature = inspect.signature(f)
    except (ValueError, TypeError):  # a function written in C may not say
        return sliders
    try:
        signature.bind(**ranges)
    except TypeError as error:
        advice = f"The function is called with {', '.join(f'{name}=' for name in ranges)}; each argument needs a range."
        raise ArgumentError(f"ranges for the arguments {signature}", str(error), advice) from None
    return sliders


def _read(name: str, given: Any) -> Slider:
    wanted = f"the range of {name} is (low, high) or (low, high, start)"
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise ArgumentError(wanted, shown(given), f"Write {name}=(-3, 3); a number that is fixed belongs into f.")
    try:
        low, high, *rest = map(as_float, given)
    except MicrogradnetError as error:
        raise ArgumentError(wanted, f"{shown(given)}, where {error.came} is no number", "Use numbers.") from None
    start = rest[0] if rest else low + (high - low) / 2
    if not (math.isfinite(high - low) and low < high and low <= start <= high):
        advice = "low lies below high, start between them, and all three are finite."
        raise ArgumentError(wanted, shown(given), advice)
    return Slider(name, low, high, start)
