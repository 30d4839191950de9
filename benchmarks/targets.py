"""What the package has set out to reach, and whether a run reached it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.statistics import Spread, ratio

if TYPE_CHECKING:
    from benchmarks.results import Results

MET, MISSED, UNKNOWN = "met", "**missed**", "not measured"


@dataclass(frozen=True)
class Target:
    """One figure with its bound.

    Attributes:
        text: what is to be reached.
        reached: reads the figure from the results; None where the run has not measured it.
        at_most: the bound from above, or None.
        at_least: the bound from below, or None.
        shape: how the figures are written.
    """

    text: str
    reached: Callable[[Results], Spread | None]
    at_most: float | None = None
    at_least: float | None = None
    shape: str = "{:.2f} times"

    @property
    def bound(self) -> str:
        words, number = ("at most", self.at_most) if self.at_least is None else ("at least", self.at_least)
        return f"{words} {self.shape.format(number)}"

    def verdict(self, results: Results) -> str:
        reached = self.reached(results)
        if reached is None:
            return UNKNOWN
        too_much = self.at_most is not None and not reached.median <= self.at_most
        too_little = self.at_least is not None and not reached.median >= self.at_least
        return MISSED if too_much or too_little else MET


def times_as_long(text: str, over: tuple[str, str], under: tuple[str, str], *, at_most: float | None = None) -> Target:
    """Bound how many times as long one engine's phase takes as another's; each is (engine, phase)."""
    return Target(text, lambda results: _ratio(results, over, under), at_most=at_most)


def times_faster(text: str, fast: tuple[str, str], slow: tuple[str, str], *, at_least: float) -> Target:
    """Bound how many times faster one engine's phase is than another's."""
    shape = "{:.1f} times" if at_least < 100 else "{:.0f} times"
    return Target(text, lambda results: _ratio(results, slow, fast), at_least=at_least, shape=shape)


def figure(text: str, of: tuple[str, str], *, at_most: float, shape: str, scale: float = 1.0, unit: str = "") -> Target:
    """Bound a figure itself, multiplied by ``scale`` as it is written."""

    def read(results: Results) -> Spread | None:
        found = results.spread(*of, unit)
        return found and Spread(*(scale * number for number in found))

    return Target(text, read, at_most=at_most, shape=shape)


def constant(text: str, engine: str, phases: Sequence[str], *, within: float) -> Target:
    """Bound the largest median over some phases as a multiple of the smallest; all of them have to be measured."""

    def read(results: Results) -> Spread | None:
        found = [results.spread(engine, phase) for phase in phases]
        medians = [each.median for each in found if each is not None]
        if len(medians) < len(phases):
            return None
        apart = max(medians) / min(medians)
        return Spread(apart, apart, apart)

    return Target(text, read, at_most=within)


def largest(text: str, engine: str, phases: Sequence[str], *, at_most: float, shape: str) -> Target:
    """Bound the largest median over some phases; all of them have to be measured."""

    def read(results: Results) -> Spread | None:
        found = [results.spread(engine, phase) for phase in phases]
        known = [each for each in found if each is not None]
        return max(known) if len(known) == len(phases) else None

    return Target(text, read, at_most=at_most, shape=shape)


def printed_alike(text: str, engines: Sequence[str], digits: int) -> Target:
    """Ask that all numbers that these engines computed are the same when printed to so many decimals.

    The figure is how many differ; an engine that did not run leaves it unmeasured.
    """

    def read(results: Results) -> Spread | None:
        columns = [results.checks.get(engine) for engine in engines]
        if not all(columns):
            return None
        printed = [tuple(f"{number:.{digits}f}" for number in column or ()) for column in columns]
        lengths = {len(column) for column in printed}
        differ = float(sum(len(set(row)) > 1 for row in zip(*printed, strict=False)) + max(lengths) - min(lengths))
        return Spread(differ, differ, differ)

    return Target(text, read, at_most=0.0, shape="{:.0f} that differ")


def _ratio(results: Results, over: tuple[str, str], under: tuple[str, str]) -> Spread | None:
    above, below = results.series(*over), results.series(*under)
    return ratio(above, below) if above and below else None
