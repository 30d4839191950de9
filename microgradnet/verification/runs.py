"""Runs over a recorded graph: a quantity is a function of a run, which gives it all its numbers.

On the exact run it is what the engine computes; on another it shows what the quantity would be if some number, or some
step of the calculation, were another.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from microgradnet.graph import topological
from microgradnet.value import Value

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
            self._forward_to(node)
        return self._values[node]

    def _forward_to(self, node: Value) -> list[Value]:
        """Compute a node and all below it; return them in topological order."""
        order = topological(node)
        for below in order:
            if below not in self._values:
                self._forward(below)
        return order

    def _forward(self, node: Value) -> None:
        if node.op is None:
            self._values[node] = self.alter_value(node, node.data)
            return
        if any(self._values[operand] != operand.data for operand in node.inputs):
            computed, partials = _evaluate(node, self._operands(node))
        else:
            computed, partials = node.data, node.partials
        self._values[node] = value = self.alter_value(node, computed)
        if value != computed and not math.isnan(value):
            partials = _partials(node, self._operands(node), value)
        self._partials[node] = tuple(self.alter_partial(node, place, partial) for place, partial in enumerate(partials))

    def _operands(self, node: Value) -> tuple[float, ...]:
        return tuple(self._values[operand] for operand in node.inputs)

    def _sweep(self, of: Value) -> dict[Value, float]:
        order = self._forward_to(of)
        adjoints = dict.fromkeys(order, 0.0)
        adjoints[of] = 1.0
        for node in reversed(order):
            adjoint = adjoints[node]
            if node is not of:
                adjoints[node] = adjoint = self.alter_adjoint(of, node, adjoint)
            for operand, partial in zip(node.inputs, self._partials.get(node, ()), strict=True):
                adjoints[operand] += adjoint * partial
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


Evaluate = Callable[[Run], float]
"""A quantity: given a run, its value."""


class ListeningRun(Run):
    """The exact run, which remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[Value, None] = {}
        self.pairs: dict[tuple[Value, Value], None] = {}  # of what, by what
        self.steps = False  # whether the learning rate was asked for

    @property
    def was_asked(self) -> bool:
        """Whether the quantity takes any number from the run; if not, it is the same on every run."""
        return bool(self.values or self.pairs or self.steps)

    def value(self, node: Value) -> float:
        """Return the node's number, and remember."""
        self.values[node] = None
        return super().value(node)

    def derivative(self, of: Value, node: Value) -> float:
        """Return d of/d node, and remember."""
        self.pairs[of, node] = None
        return super().derivative(of, node)

    def learning_rate(self, eta: float) -> float:
        """Return the learning rate, and remember."""
        self.steps = True
        return super().learning_rate(eta)


def attempt(evaluate: Evaluate, run: Run) -> float:
    """Return a quantity in a run; nan where it is not defined on the run's numbers."""
    try:
        return evaluate(run)
    except (ArithmeticError, ValueError):  # a DomainError is a ValueError
        return math.nan


def describe(key: Key) -> str:
    """Return what a key is called, from its nodes' labels; nothing where a node has none."""
    labels = [node.label for node in key[1:]]
    if not all(labels):
        return ""
    if key[0] == "derivative":
        return f"d{labels[0]}/d{labels[1]}"
    return labels[0] if key[0] == "value" else f"change {labels[0]}"
