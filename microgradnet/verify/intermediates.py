"""Runs over a recorded graph: the exact one, and those that use rounded intermediates as people do on paper.

A quantity is a function of a :class:`Run`, which gives it values, derivatives and changes in one step. Evaluated on
another run it shows what the quantity would be if the numbers before it were those that are printed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice, product
from typing import Literal

from microgradnet.graph import topological
from microgradnet.value import Value
from microgradnet.verify.figure import Figure
from microgradnet.verify.verdict import Alternative

_CLOSE = 2  # units in the last place that a printed intermediate may be off and still count as a rounding
_MOST_CHOICES = 16  # combinations that are tried where a source prints several figures for one intermediate

Key = tuple[Literal["value", "change"], Value] | tuple[Literal["derivative"], Value, Value]
"""What a figure is a figure of: ``("value", node)``, ``("change", node)``, or ``("derivative", of, node)``."""


def derivatives(of: Value) -> dict[Value, float]:
    """Return d of/d node for every node below, leaving ``.grad`` alone."""
    order = topological(of)
    adjoints = dict.fromkeys(order, 0.0)
    adjoints[of] = 1.0
    for node in reversed(order):
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            adjoints[operand] += adjoints[node] * partial
    return adjoints


class Run:
    """The numbers of a recorded graph as they are. A quantity takes all its numbers from a run.

    The nodes' ``.data`` and ``.partials`` are read; nothing in the graph is changed.
    """

    def __init__(self) -> None:
        self._adjoints: dict[Value, dict[Value, float]] = {}

    def value(self, node: Value) -> float:
        """Return the node's number."""
        return node.data

    def derivative(self, of: Value, node: Value) -> float:
        """Return the total derivative d of/d node; 0.0 where ``of`` does not depend on the node."""
        if of not in self._adjoints:
            self._adjoints[of] = self._sweep(of)
        return self._adjoints[of].get(node, 0.0)

    def learning_rate(self, eta: float) -> float:
        """Return the learning rate that is used, where the rule says eta."""
        return eta

    def change(self, loss: Value, node: Value, eta: float) -> float:
        """Return new - old after one step of gradient descent: -eta * d loss/d node."""
        return -self.learning_rate(eta) * self.derivative(loss, node)

    def new(self, loss: Value, node: Value, eta: float) -> float:
        """Return the node's number after one step of gradient descent."""
        return self.value(node) + self.change(loss, node, eta)

    def _sweep(self, of: Value) -> dict[Value, float]:
        return derivatives(of)


class AlteredRun(Run):
    """A run in which some numbers are others: forward and backward are computed again, with a say at each step.

    A subclass overrides :meth:`alter_value`, :meth:`alter_partial` and :meth:`alter_adjoint`, which are given what was
    computed and return what to go on with.
    """

    def __init__(self) -> None:
        super().__init__()
        self._values: dict[Value, float] = {}
        self._partials: dict[Value, tuple[float, ...]] = {}

    def alter_value(self, node: Value, value: float) -> float:
        """Return the number to use for a node."""
        return value

    def alter_partial(self, node: Value, place: int, partial: float) -> float:
        """Return the partial derivative to use, of a node by the operand in this place."""
        return partial

    def alter_adjoint(self, of: Value, node: Value, adjoint: float) -> float:
        """Return d of/d node to use for everything further down."""
        return adjoint

    def value(self, node: Value) -> float:
        """Return the node's number in this run; nan where an operation is not defined on what it would be given."""
        if node not in self._values:
            for below in topological(node):
                if below not in self._values:
                    self._forward(below)
        return self._values[node]

    def _forward(self, node: Value) -> None:
        if node.op is None:
            self._values[node] = self.alter_value(node, node.data)
            return
        operands = tuple(self._values[operand] for operand in node.inputs)
        if operands == tuple(operand.data for operand in node.inputs):
            computed, partials = node.data, node.partials
        else:
            computed, partials = _evaluate(node, operands)
        self._values[node] = value = self.alter_value(node, computed)
        if value != computed:
            partials = _partials(node, operands, value)
        self._partials[node] = tuple(self.alter_partial(node, place, partial) for place, partial in enumerate(partials))

    def _sweep(self, of: Value) -> dict[Value, float]:
        self.value(of)
        order = topological(of)
        adjoints = dict.fromkeys(order, 0.0)
        adjoints[of] = 1.0
        for node in reversed(order):
            if node is not of:
                adjoints[node] = self.alter_adjoint(of, node, adjoints[node])
            for operand, partial in zip(node.inputs, self._partials.get(node, ()), strict=True):
                adjoints[operand] += adjoints[node] * partial
        return adjoints


def _evaluate(node: Value, operands: tuple[float, ...]) -> tuple[float, tuple[float, ...]]:
    try:
        value = float(node.op.forward(*operands)) if node.op else node.data
    except (ValueError, ArithmeticError):
        return math.nan, (math.nan,) * len(operands)
    return value, _partials(node, operands, value)


def _partials(node: Value, operands: tuple[float, ...], value: float) -> tuple[float, ...]:
    """Return the partials of a node for other numbers than its own; nan where they are not defined."""
    partials = []
    for rule in node.op.partials if node.op else ():
        try:
            partials.append(float(rule(*operands, value)))
        except (ValueError, ArithmeticError):
            partials.append(0.0 if node.partials[len(partials)] == 0.0 else math.nan)
    return tuple(partials)


Figures = Mapping[Key, Sequence[Figure]]


def is_usable(figure: Figure, value: float) -> bool:
    """Tell whether a figure can be a rounding of this value: of its sign, and within two units in the last place."""
    right_sign = figure.number * (1 if value >= 0 else -1) >= 0
    return right_sign and abs(figure.number) < 1e300 and figure.is_within(_CLOSE, value)


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
        printed = self._printed(("value", node), node.data, value)
        if printed is not None:
            return printed
        return self._round(value) if node.label and node.op is not None else value

    def alter_partial(self, node: Value, place: int, partial: float) -> float:
        """Use the printed figure of a node's derivative by its own operand, as in da/dz = 0.2413."""
        operand = node.inputs[place]
        if node.inputs.count(operand) > 1:
            return partial
        printed = self._printed(("derivative", node, operand), node.partials[place], partial)
        return partial if printed is None else printed

    def alter_adjoint(self, of: Value, node: Value, adjoint: float) -> float:
        """Use the printed figure of a derivative, or round it."""
        printed = self._printed(("derivative", of, node), self._exact.derivative(of, node), adjoint)
        if printed is not None:
            return printed
        return self._round(adjoint) if node.label else adjoint

    def change(self, loss: Value, node: Value, eta: float) -> float:
        """Use the printed figure of a change."""
        change = super().change(loss, node, eta)
        printed = self._printed(("change", node), self._exact.change(loss, node, eta), change)
        return change if printed is None else printed

    @property
    def words(self) -> str:
        """Which intermediates are used: "z1[1] = 0.21 as printed"."""
        printed = [f"{describe(key)} = {self._figures[key].text}" for key in self.used if describe(key)]
        words = ", ".join(printed[:3]) + (", ..." if len(printed) > 3 else "") + " as printed" if printed else ""
        if self._decimals is None:
            return words or "the printed intermediates"
        rounded = f"intermediates rounded to {self._decimals} decimal{'s' * (self._decimals != 1)}"
        return f"{words} and other {rounded}" if words else rounded

    def _printed(self, key: Key, exact: float, computed: float) -> float | None:
        """Return the figure that stands in for a number; None where there is none, or it is not a rounding of it."""
        figure = self._figures.get(key)
        if figure is None:
            return None
        if not (key in self._forced or is_usable(figure, exact) or is_usable(figure, computed)):
            self.refused[key] = None
            return None
        self.used[key] = None
        return float(figure.number)

    def _round(self, value: float) -> float:
        if self._decimals is None or not math.isfinite(value):
            return value
        place = Decimal(1).scaleb(-self._decimals)
        if abs(value) >= 1e25 * float(place):
            return value  # its own digits end before that place
        return float(Decimal(repr(value)).quantize(place, ROUND_HALF_UP))


def rounded_runs(evaluate: Callable[[Run], float], figures: Figures, decimals: int | None) -> Iterator[RoundedRun]:
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


def _choices(evaluate: Callable[[Run], float], figures: Figures) -> Iterator[dict[Key, Figure]]:
    """Yield one figure for each key that the quantity asks for, in every combination up to a limit."""
    first = RoundedRun({key: several[0] for key, several in figures.items()})
    attempt(evaluate, first)
    asked = [key for key in figures if key in first.used or key in first.refused]
    for choice in islice(product(*(figures[key] for key in asked)), _MOST_CHOICES if asked else 0):
        yield dict(zip(asked, choice, strict=True))


def attempt(evaluate: Callable[[Run], float], run: Run) -> float:
    """Return a quantity in a run; nan where it is not defined on the run's numbers."""
    try:
        return evaluate(run)
    except (ArithmeticError, ValueError):  # a DomainError is a ValueError
        return math.nan


def alternatives(evaluate: Callable[[Run], float], figures: Figures, decimals: int | None) -> Iterator[Alternative]:
    """Yield what a quantity would be with rounded intermediates, and the words for how it follows."""
    for run in rounded_runs(evaluate, figures, decimals):
        value = attempt(evaluate, run)
        yield value, f"follows from {run.words}"


def describe(key: Key) -> str:
    """Return what a key is called, from its nodes' labels; nothing where a node has none."""
    labels = [node.label for node in key[1:]]
    if not all(labels):
        return ""
    if key[0] == "derivative":
        return f"d{labels[0]}/d{labels[1]}"
    return labels[0] if key[0] == "value" else f"change {labels[0]}"
