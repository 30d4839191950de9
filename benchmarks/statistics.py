"""Medians, spreads and ratios of what was measured in rounds.

A median and the quartiles around it are not moved by the rounds in which the machine did something else. A ratio is
taken within each round, where both engines ran seconds apart, before its median is: what slows a whole round
cancels.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """A median between its quartiles."""

    median: float
    low: float
    high: float


def spread(samples: Sequence[float]) -> Spread:
    """Return the median and the quartiles; a single sample is all three."""
    if len(samples) == 1:
        return Spread(samples[0], samples[0], samples[0])
    low, middle, high = statistics.quantiles(samples, n=4, method="inclusive")
    return Spread(middle, low, high)


def ratio(over: Sequence[float], under: Sequence[float]) -> Spread:
    """Return how many times ``under`` goes into ``over``: the spread of the ratios within each round."""
    return spread([above / below for above, below in zip(over, under, strict=False)])


def agreement(numbers: Sequence[float], others: Sequence[float]) -> float:
    """Return how far apart two lists are, relative to the largest number.

    An engine may know only the beginning of the list, as floats know no gradient; it is compared as far as it goes.
    """
    if len(numbers) > len(others) or not all(map(math.isfinite, (*numbers, *others))):
        return math.inf
    known = others[: len(numbers)]
    largest = max((abs(number) for number in known), default=0.0) or 1.0
    return max((abs(a - b) for a, b in zip(numbers, known, strict=True)), default=0.0) / largest
