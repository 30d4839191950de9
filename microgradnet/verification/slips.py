"""Which slip explains a wrong figure: the catalogue, tried from the simplest and surest to the rarest.

A slip is offered only if the printed digits are those of the value that it would lead to, and if they are enough for
that to mean something. It stays a guess, and is worded as one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from microgradnet.graph import topological
from microgradnet.value import Value
from microgradnet.verification.figure import Figure
from microgradnet.verification.graph_slips import SlippedRun, graph_slips
from microgradnet.verification.intermediates import Figures, RoundedRun, rounded_runs
from microgradnet.verification.runs import Evaluate, Key, ListeningRun, Run, attempt, describe
from microgradnet.verification.typos import misprint, moved_point
from microgradnet.verification.verdict import Alternative

_LONGEST_PLAIN = 10  # zeros that are written out before powers of ten are used


class StepSlip(Run):
    """A run whose step of gradient descent is done otherwise.

    Arguments:
        before: the run that gives values and derivatives.
        rate: the learning rate that is used, from the one that belongs there.
    """

    def __init__(self, before: Run, rate: Callable[[float], float]) -> None:
        super().__init__()
        self._before, self._rate = before, rate

    def value(self, node: Value) -> float:
        """Return the node's number in the run before."""
        return self._before.value(node)

    def derivative(self, of: Value, node: Value) -> float:
        """Return the derivative in the run before."""
        return self._before.derivative(of, node)

    def learning_rate(self, eta: float) -> float:
        """Return the learning rate that is used by mistake."""
        return self._rate(eta)


class GradientPrinted(StepSlip):
    """A run in which the gradient is printed where the new number belongs."""

    def new(self, loss: Value, node: Value, eta: float) -> float:
        """Return the gradient."""
        return self.derivative(loss, node)


class ChangePrinted(StepSlip):
    """A run in which the change is printed where the new number belongs."""

    def new(self, loss: Value, node: Value, eta: float) -> float:
        """Return the change."""
        return self.change(loss, node, eta)


_STEP_SLIPS: tuple[tuple[type[StepSlip], Callable[[float], float], str], ...] = (
    (StepSlip, lambda eta: -eta, "the step may go uphill: the gradient is added, not subtracted"),
    (StepSlip, lambda eta: 1.0, "the learning rate may be left out"),
    (StepSlip, lambda eta: -1.0, "the gradient may stand where the step of -eta times the gradient belongs"),
    (StepSlip, lambda eta: eta * eta, "the learning rate may be applied twice"),
    (GradientPrinted, lambda eta: eta, "the gradient may stand where the new weight belongs"),
    (ChangePrinted, lambda eta: eta, "the change may stand where the new weight belongs"),
)


@dataclass(slots=True)
class Effort:
    """How many nodes may still be computed again in looking for slips: some tenths of a second for one report."""

    nodes: int = 35_000


@dataclass
class Wrong:
    """A figure that was found wrong, and all that its quantity can be computed from.

    Arguments:
        figure: the figure.
        evaluate: its quantity, as a function of a run.
        exact: the quantity on the exact run.
        asked: what it took from that run.
        figures: what is printed for other quantities.
        orders: gives what the quantity is under other orders of updates.
        effort: how long to look.
    """

    figure: Figure
    evaluate: Evaluate
    exact: float
    asked: ListeningRun
    figures: Figures
    orders: Callable[[], Iterable[Alternative]] = tuple
    effort: Effort = field(default_factory=Effort)

    @cached_property
    def bases(self) -> list[tuple[float, str]]:
        """The values that the figure may be a distortion of, with words for where they come from."""
        found = {self.exact: ""}
        if self.asked.was_asked:
            for run in rounded_runs(self.evaluate, self.figures, self.figure.decimals):
                value = self.attempt(run)
                found.setdefault(value, f" (from rounded intermediates it is {self._written(value)})")
        for value, how in self.orders():
            found.setdefault(value, f" (it is {self._written(value)} {how})")
        return [(value, words) for value, words in found.items() if math.isfinite(value)]

    @cached_property
    def nodes(self) -> int:
        """How many nodes the quantity is computed from."""
        roots = {*self.asked.values, *(of for of, _ in self.asked.pairs)}
        return sum(len(topological(root)) for root in roots)

    def attempt(self, run: Run) -> float:
        """Return the quantity in a run; nan where it is not defined, or where there is no effort left to compute it."""
        self.effort.nodes -= self.nodes
        return attempt(self.evaluate, run) if self.effort.nodes >= 0 else math.nan

    def _written(self, value: float) -> str:
        """Return a value with as many digits as the figure has."""
        shortened = Decimal(f"{value:.{max(self.figure.digits, 1)}g}")
        return f"{shortened:f}" if -_LONGEST_PLAIN < shortened.adjusted() < _LONGEST_PLAIN else f"{shortened:g}"

    def matches(self, value: float, least_digits: int) -> bool:
        """Tell whether the figure is this value, in enough digits."""
        return self.figure.digits >= least_digits and self.figure.is_rounding_of(value)

    def runs(self) -> list[Run]:
        """Return the runs that a slip may happen in: exact, and with what is printed."""
        printed = {key: several[0] for key, several in self.figures.items()}
        return [Run(), RoundedRun(printed)] if printed else [Run()]


def explain(case: Wrong) -> Iterator[str]:
    """Yield the slips that a wrong figure may come from, the simplest first."""
    for kind in (_consequences, _signs, _steps, _points, _misprints, _factors, _graph, _near_consequences):
        yield from dict.fromkeys(kind(case))


def _wrong_figures(case: Wrong, units: int) -> Iterator[str]:
    """Yield the wrong figures from which this one follows, to so many units in the last place (0: by rounding)."""
    if not (case.asked.was_asked and case.figures):
        return
    first = RoundedRun({key: several[0] for key, several in case.figures.items()})
    case.attempt(first)
    for key in first.refused:
        for wrong in case.figures[key]:
            for figures in ({key: wrong}, {**{k: several[0] for k, several in case.figures.items()}, key: wrong}):
                value = case.attempt(RoundedRun(figures, forced=frozenset({key})))
                if case.figure.is_within(units, value) if units else case.figure.is_rounding_of(value):
                    yield f"{_name(key)} = {wrong.text}"


def _name(key: Key) -> str:
    return describe(key) or "figure before it"


def _consequences(case: Wrong) -> Iterator[str]:
    if case.figure.digits:
        yield from (f"it follows from the wrong {name}" for name in _wrong_figures(case, 0))


def _near_consequences(case: Wrong) -> Iterator[str]:
    if case.figure.digits >= 3:
        words = "it may follow from the wrong {}, but for one unit in the last place"
        yield from (words.format(name) for name in _wrong_figures(case, 1))


def _signs(case: Wrong) -> Iterator[str]:
    for value, words in case.bases:
        if case.matches(-value, 1):
            yield f"the sign may be lost{words}"


def _steps(case: Wrong) -> Iterator[str]:
    if not case.asked.steps:
        return
    for kind, rate, words in _STEP_SLIPS:
        for run in case.runs():
            if case.matches(case.attempt(kind(run, rate)), 2):
                yield words


def _points(case: Wrong) -> Iterator[str]:
    for value, words in case.bases:
        yield from (f"{sentence}{words}" for sentence in moved_point(case.figure, value))


def _misprints(case: Wrong) -> Iterator[str]:
    for value, words in case.bases:
        yield from (f"{sentence}{words}" for sentence in misprint(case.figure, value))


def _factors(case: Wrong) -> Iterator[str]:
    """Yield: half or twice the right value, as from the 1/2 of the squared error."""
    for value, words in case.bases:
        if case.matches(2 * value, 2):
            yield f"it may be twice the right value, as without the 1/2 of a squared error{words}"
        if case.matches(value / 2, 2):
            yield f"it may be half the right value, as with one 1/2 too many{words}"


def _graph(case: Wrong) -> Iterator[str]:
    if not case.nodes:
        return
    elsewhere = [key[1] for key in case.figures]
    for slip in graph_slips(case.asked, elsewhere):
        for figures in ({}, case.figures) if case.figures else ({},):
            if case.effort.nodes < 0:
                return
            if case.matches(case.attempt(SlippedRun(slip, figures)), slip.least_digits):
                yield slip.words
