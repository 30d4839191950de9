"""The verdicts on a printed figure, and the order in which they are tried.

The first that fits is the verdict: what is exact is not called rounded, and what follows from rounded intermediates is
not called wrong. The alternatives are given as iterables, which are only run when it comes to them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from microgradnet.verification.figure import Figure

Alternative = tuple[float, str]
"""A value that the quantity would have, and how: words that finish the sentence "it follows ..."."""


class Verdict(Enum):
    """What can be said of a claim; the value is the name that worksheets use."""

    EXACT = "exact"
    ROUNDED = "rounded"
    CONSISTENT = "consistent"
    TRUNCATED = "truncated"
    LAST_DIGIT = "last_digit"
    OTHER_ORDER = "other_order"
    HOLDS = "holds"
    WRONG = "wrong"

    @property
    def words(self) -> str:
        """The verdict as people say it."""
        return _WORDS[self.value][1]

    def __str__(self) -> str:
        return self.words

    @property
    def mark(self) -> str:
        """A sign for the margin: ✓ right as printed, ≈ right with a remark, ✗ wrong."""
        return _WORDS[self.value][0]


_WORDS = {
    "exact": ("✓", "exact"),
    "rounded": ("✓", "rounded"),
    "consistent": ("≈", "consistent"),
    "truncated": ("≈", "truncated"),
    "last_digit": ("≈", "off by one in the last place"),
    "other_order": ("≈", "another order of updates"),
    "holds": ("✓", "holds"),
    "wrong": ("✗", "wrong"),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and the words that explain it (empty where there is nothing to add)."""

    verdict: Verdict
    explanation: str = ""


def judge(
    figure: Figure,
    value: float,
    *,
    rounded: Iterable[Alternative] = (),
    orders: Iterable[Alternative] = (),
    slips: Iterable[str] = (),
) -> Judgement:
    """Judge a printed figure against the value that it stands for.

    Arguments:
        figure: what was printed.
        value: what the engine computes.
        rounded: what the quantity would be with rounded intermediates.
        orders: what it would be with another order of updates; the words name the order.
        slips: sentences that may explain a wrong figure; the first is used.

    Returns:
        the first verdict that fits, in the order of this module's :class:`Verdict`.
    """
    if figure.equals(value):
        return Judgement(Verdict.EXACT)
    if figure.is_rounding_of(value):
        return Judgement(Verdict.ROUNDED, figure.precision)
    right = figure.like(value)
    how = _first(figure, rounded)
    if how:
        return Judgement(Verdict.CONSISTENT, f"{how}; unrounded it is {right}")
    if figure.is_truncation_of(value):
        return Judgement(Verdict.TRUNCATED, f"{figure.precision}; rounded it is {right}")
    if figure.is_next_to(value):
        return Judgement(Verdict.LAST_DIGIT, f"it is {right}")
    how = _first(figure, orders)
    if how:
        return Judgement(Verdict.OTHER_ORDER, f"{how}; in the order stated it is {right}")
    slip = next(iter(slips), "") if math.isfinite(value) else ""
    return Judgement(Verdict.WRONG, f"it is {right}" + (f"; {slip}" if slip else ""))


def _first(figure: Figure, alternatives: Iterable[Alternative]) -> str:
    """Return how the first value that rounds to the figure came about; nothing where none does."""
    return next((how for value, how in alternatives if figure.is_rounding_of(value)), "")
