"""Rounded intermediates: what a quantity would be, had it been computed as people do on paper.

Either from the numbers that are printed before it, or from numbers rounded to as many decimals as it has, or both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice, product

from microgradnet.value import Value
from microgradnet.verification.figure import Figure
from microgradnet.verification.runs import AlteredRun, Evaluate, attempt, describe
from microgradnet.verification.runs import Key as Key
from microgradnet.verification.runs import Run as Run
from microgradnet.verification.verdict import Alternative

_CLOSE = 2  # units in the last place that a printed intermediate may be off and still count as a rounding
_MOST_CHOICES = 16  # combinations that are tried where a source prints several figures for one intermediate

Figures = Mapping[Key, Sequence[Figure]]


def is_usable(figure: Figure, value: float) -> bool:
    """Tell whether a figure can be a rounding of this value: of its sign, and within two units in the last place."""
    right_sign = figure.near >= 0 if value >= 0 else figure.near <= 0
    return right_sign and abs(figure.near) < 1e300 and figure.is_within(_CLOSE, value)


class RoundedRun(AlteredRun):
    """A run that uses printed intermediates as printed, or rounds named intermediates, or both.

    A figure is used only if it is a rounding: of its exact value, or of what follows from the printed figures before
    it. What follows from a figure that is plainly wrong is then still found wrong.

    Arguments:
        figures: one figure per value, derivative or change.
        decimals: where given, every labelled intermediate and every derivative by a labelled node that has no figure
            of its own is rounded to so many decimals. The given numbers, the leaves, are not.
        forced: the keys of figures that are used even if they are wrong.
    """

    def __init__(
        self, figures: Mapping[Key, Figure], decimals: int | None = None, forced: frozenset[Key] = frozenset()
    ) -> None:
        super().__init__()
        self.used: dict[Key, None] = {}  # the keys of the figures that have been used, in order
        self.refused: dict[Key, None] = {}  # the keys of those that were asked for and are no roundings
        self._figures, self._decimals, self._forced = figures, decimals, forced
        self._exact = Run()

    def alter_value(self, node: Value, value: float) -> float:
        """Use the printed figure of a value, or round it."""
        printed = self._printed(("value", node), value, lambda: node.data)
        if printed is not None:
            return printed
        return self._round(value) if node.label and node.op is not None else value

    def alter_partial(self, node: Value, place: int, partial: float) -> float:
        """Use the printed figure of a node's derivative by its own operand, as in da/dz = 0.2413."""
        if not self._figures:
            return partial
        operand = node.inputs[place]
        if node.inputs.count(operand) > 1:
            return partial
        printed = self._printed(("derivative", node, operand), partial, lambda: node.partials[place])
        return partial if printed is None else printed

    def alter_adjoint(self, of: Value, node: Value, adjoint: float) -> float:
        """Use the printed figure of a derivative, or round it."""
        printed = self._printed(("derivative", of, node), adjoint, lambda: self._exact.derivative(of, node))
        if printed is not None:
            return printed
        return self._round(adjoint) if node.label else adjoint

    def change(self, loss: Value, node: Value, eta: float) -> float:
        """Use the printed figure of a change."""
        change = super().change(loss, node, eta)
        printed = self._printed(("change", node), change, lambda: self._exact.change(loss, node, eta))
        return change if printed is None else printed

    def without(self, key: Key) -> RoundedRun:
        """Return a run like this one that does not use one of its figures."""
        return RoundedRun({other: self._figures[other] for other in self.used if other != key}, self._decimals)

    @property
    def words(self) -> str:
        """Which intermediates are used: "z1[1] = 0.21 as printed"."""
        printed = [f"{describe(key)} = {self._figures[key].text}" for key in self.used if describe(key)]
        words = ", ".join(printed[:3]) + (", ..." if len(printed) > 3 else "") + " as printed" if printed else ""
        if self._decimals is None:
            return words or "the printed intermediates"
        rounded = f"intermediates rounded to {self._decimals} decimal{'s' * (self._decimals != 1)}"
        return f"{words} and other {rounded}" if words else rounded

    def _printed(self, key: Key, computed: float, exact: Callable[[], float]) -> float | None:
        """Return the figure that stands in for a number; None where there is none, or it is not a rounding of it."""
        figure = self._figures.get(key)
        if figure is None:
            return None
        if not (key in self._forced or is_usable(figure, computed) or is_usable(figure, exact())):
            self.refused[key] = None
            return None
        self.used[key] = None
        return figure.near

    def _round(self, value: float) -> float:
        if self._decimals is None or not math.isfinite(value):
            return value
        place = Decimal(1).scaleb(-self._decimals)
        if abs(value) >= 1e25 * float(place):
            return value  # its own digits end before that place
        return float(Decimal(repr(value)).quantize(place, ROUND_HALF_UP))


def rounded_runs(evaluate: Evaluate, figures: Figures, decimals: int | None) -> Iterator[RoundedRun]:
    """Yield the runs by which people come to a rounded figure.

    Printed intermediates as printed (where several figures are printed for one, each in turn); named intermediates
    rounded to as many decimals as the figure has; both.

    Arguments:
        evaluate: the quantity in question, which shows what figures are of use to it.
        figures: the figures printed for other quantities.
        decimals: the decimals of the figure in question; None for a fraction, which is never rounded.
    """
    for choice in _choices(evaluate, figures):
        yield RoundedRun(choice)
    if decimals is not None:
        yield RoundedRun({}, decimals)
        for choice in _choices(evaluate, figures):
            yield RoundedRun(choice, decimals)


def _choices(evaluate: Evaluate, figures: Figures) -> Iterator[dict[Key, Figure]]:
    """Yield one figure for each key that the quantity asks for, in every combination up to a limit."""
    first = RoundedRun({key: several[0] for key, several in figures.items()})
    attempt(evaluate, first)
    asked = [key for key in figures if key in first.used or key in first.refused]
    for choice in islice(product(*(figures[key] for key in asked)), _MOST_CHOICES if asked else 0):
        yield dict(zip(asked, choice, strict=True))


def alternatives(figure: Figure, evaluate: Evaluate, figures: Figures) -> Iterator[Alternative]:
    """Yield what a quantity would be with rounded intermediates, and the words for how it follows.

    Arguments:
        figure: the figure that it should round to; the words name only those intermediates that it takes.
        evaluate: the quantity.
        figures: the figures printed for other quantities.
    """
    for run in rounded_runs(evaluate, figures, figure.decimals):
        value = attempt(evaluate, run)
        if figure.is_rounding_of(value):
            run = _least(run, figure, evaluate)
        yield value, f"follows from {run.words}"


def _least(run: RoundedRun, figure: Figure, evaluate: Evaluate) -> RoundedRun:
    """Return a run that leads to the figure with as few of this run's figures as can be, the nearest ones kept."""
    for key in [*run.used]:
        fewer = run.without(key)
        if figure.is_rounding_of(attempt(evaluate, fewer)):
            run = fewer
    return run
