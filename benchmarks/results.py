"""What was measured: for each program and engine, the samples of each phase, or the reason why there are none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.statistics import Spread, agreement, spread

if TYPE_CHECKING:
    from benchmarks.program import Program

Samples = dict[str, list[float]]  # by "cpu", "wall", or another unit: one number a round, already divided by Phase.per


@dataclass
class Results:
    """The samples of one program.

    Attributes:
        program: what was run.
        size: how large it was.
        samples: by engine and phase.
        checks: by engine, the numbers in which all have to agree.
        missing: by engine, why it did not run, or stopped.
        rounds: in how many rounds it was asked.
        is_short: whether they are fewer than wanted, as they took long.
    """

    program: Program
    size: int
    samples: dict[str, dict[str, Samples]] = field(default_factory=lambda: defaultdict(dict))
    checks: dict[str, list[float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    rounds: int = 0
    is_short: bool = False

    def add(self, engine: str, phase: str, sample: dict[str, float]) -> None:
        """Keep one sample."""
        kept = self.samples[engine].setdefault(phase, {})
        for unit, number in sample.items():
            kept.setdefault(unit, []).append(number / self.program.named[phase].per)

    def series(self, engine: str, phase: str, unit: str = "") -> Sequence[float]:
        """Return one number a round, in rounds' order; nothing where there is none. Seconds are of the processor."""
        unit = unit or self.program.named[phase].unit
        return self.samples.get(engine, {}).get(phase, {}).get("cpu" if unit == "seconds" else unit, [])

    def spread(self, engine: str, phase: str, unit: str = "") -> Spread | None:
        series = self.series(engine, phase, unit)
        return spread(series) if series else None

    @property
    def reference(self) -> str:
        """The engine that the others' numbers are compared with: the first that has all of them."""
        return max(self.checks, key=lambda engine: len(self.checks[engine]), default="")

    def disagreements(self) -> dict[str, float]:
        """Return by engine how far its numbers are from the reference, where that is further than allowed."""
        if not self.reference:
            return {}
        apart = {engine: agreement(numbers, self.checks[self.reference]) for engine, numbers in self.checks.items()}
        return {engine: far for engine, far in apart.items() if not far <= self.program.check_tolerance}
