"""A graph with names, and what its quantities are: as it is, after steps, with other numbers, or in a rounded run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace

from microgradnet.errors import ArgumentError
from microgradnet.value import Value, refresh
from microgradnet.verification.characters import shorten
from microgradnet.verification.network import Graph, all_below
from microgradnet.verification.quantity import Context, Quantity, read_quantity
from microgradnet.verification.runs import Run
from microgradnet.verification.stepping import Budget, Descent, Trajectory
from microgradnet.verification.updates import other_orders

ETA = "eta"


class Calculation:
    """What a worksheet computes; it knows the names that its quantities are written with.

    Arguments:
        graph: the recorded graph.
        descent: what one step is; None where there are no steps.
        budget: what the work of steps is taken off.
    """

    def __init__(self, graph: Graph, descent: Descent | None = None, budget: Budget | None = None) -> None:
        self.graph, self.descent = graph, descent
        self.budget = Budget() if budget is None else budget
        self.quantities: dict[str, Quantity] = {}
        self._trajectory: Trajectory | None = None
        self._after: dict[int, Calculation] = {0: self}
        self._orders: list[tuple[str, Calculation]] | None = None

    @property
    def loss(self) -> Value:
        """The node that is differentiated."""
        return self.graph.find(self.graph.loss_name)

    @property
    def loss_name(self) -> str:
        """Its name."""
        return self.graph.loss_name

    def resolve(self, name: str) -> str | None:
        """Return the one spelling of a name of a node, a quantity or eta; None if it is unknown."""
        if name in self.quantities or (name == ETA and self.descent is not None):
            return name
        return self.graph.spelling(name)

    def known(self) -> list[str]:
        """Return all names."""
        return [*self.graph.nodes, *self.quantities, *([ETA] if self.descent else [])]

    def define(self, name: str, text: str) -> None:
        """Give a quantity a name that later ones can use.

        Raises:
            ArgumentError: the name is taken.
            ExpressionError, UnknownNameError: the quantity can't be read.
        """
        if self.resolve(name) is not None:
            raise ArgumentError("a name of its own", f"{name!r}, which is taken", "Choose another name.")
        self.quantities[name] = read_quantity(text, self)

    def read(self, text: str) -> Quantity:
        """Read a quantity; errors as for :func:`read_quantity`, and for steps where none are defined."""
        quantity = read_quantity(text, self)
        if quantity.takes_steps and self.descent is None:
            raise ArgumentError("a [step] with eta = ...", f"none, for {shorten(text)}", "Say what one step is.")
        return quantity

    def on(self, run: Run) -> Context:
        """Return the context in which quantities take their numbers from a run over this graph."""
        return _Reading(self, run)

    def after(self, steps: int) -> Calculation:
        """Return the calculation after so many steps of gradient descent.

        Raises:
            ArgumentError: there is no step, or the steps exceed the budget.
            DomainError: a number leaves the domain of an operation, or is no longer finite.
        """
        if steps not in self._after:
            if self.descent is None:
                raise ArgumentError("a [step] with eta = ...", "none", "Say what one step is.")
            if self._trajectory is None:
                nodes = {name: self.graph.nodes[name] for name in self.descent.updated}
                self._trajectory = Trajectory(self.loss, nodes, self.descent, self.budget)
            self._after[steps] = self.with_numbers(self._trajectory.after(steps))
        return self._after[steps]

    def with_numbers(self, numbers: Mapping[str, float]) -> Calculation:
        """Return the calculation with other numbers on some leaves; this one stays as it is.

        Raises:
            ArgumentError: a name is not that of a leaf.
            DomainError: a number leaves the domain of an operation.
        """
        graph = _copied(self.graph)
        for name, number in numbers.items():
            node = graph.find(name)
            if node.op is not None:
                advice = "Only given numbers can be replaced."
                raise ArgumentError("a leaf to replace", f"{name!r}, which is computed", advice)
            node.data = number
        for node in all_below(reversed(graph.nodes.values())):
            refresh(node)
        return self._with(graph, self.descent)

    def orders(self) -> Iterator[tuple[str, Calculation]]:
        """Return the same calculation under other orders of updates, each with words that name the order."""
        if self._orders is None:  # kept, as each has its own steps behind it once it has been asked
            rules = other_orders(self.descent, self.graph) if self.descent else ()
            self._orders = [(words, self._with(self.graph, descent)) for words, descent in rules]
        return iter(self._orders)

    def _with(self, graph: Graph, descent: Descent | None) -> Calculation:
        changed = Calculation(graph, descent, self.budget)
        changed.quantities = self.quantities
        return changed


def _copied(graph: Graph) -> Graph:
    """Return a graph of copies of all nodes."""
    memo: dict[int, object] = {}
    for node in reversed(graph.nodes.values()):  # results first, as a copy of one is a copy of all below it
        if id(node) not in memo:
            copy.deepcopy(node, memo)
    nodes = {name: copy.deepcopy(node, memo) for name, node in graph.nodes.items()}
    return replace(graph, nodes=nodes, loss=nodes[graph.loss_name])


class _Reading:
    """A calculation read through a run over its graph."""

    def __init__(self, calculation: Calculation, run: Run) -> None:
        self.calculation, self.run = calculation, run
        self._quantities: dict[str, float] = {}

    def value(self, name: str) -> float:
        """Return the value of a node, of eta, or of a quantity with a name."""
        calculation = self.calculation
        if name == ETA and calculation.descent is not None:
            return self.run.learning_rate(calculation.descent.eta)
        if name in calculation.quantities:
            if name not in self._quantities:
                self._quantities[name] = calculation.quantities[name].evaluate(self)
            return self._quantities[name]
        return self.run.value(calculation.graph.nodes[name])

    def derivative(self, of: str, by: str) -> float:
        """Return the total derivative of one node by another."""
        find = self.calculation.graph.find  # a quantity with a name is not a node, and has no derivative
        return self.run.derivative(find(of), find(by))

    def stepped(self, steps: int) -> Context:
        """Return the context after so many steps; only a first step can be one of rounded numbers."""
        descent = self.calculation.descent
        if type(self.run) is Run or descent is None or steps != 1 or len(descent.stages) > 1:
            return self.calculation.after(steps).on(Run())
        return _OneStep(self.calculation, self.run, descent)

    def replaced(self, leaves: Mapping[str, float]) -> Context:
        """Return the context with other numbers on some leaves."""
        return self.calculation.with_numbers(leaves).on(Run())


class _OneStep:
    """A calculation after one step that was taken with the numbers of a run, such as a printed gradient."""

    def __init__(self, calculation: Calculation, run: Run, descent: Descent) -> None:
        self.calculation, self.run, self.descent = calculation, run, descent
        self._whole: Context | None = None

    def new(self, name: str) -> float:
        """Return the new number of a leaf."""
        node = self.calculation.graph.nodes[name]
        if name in self.descent.updated:
            return self.run.new(self.calculation.loss, node, self.descent.eta)
        return self.run.value(node)

    @property
    def whole(self) -> Context:
        """The calculation with all new numbers, made only where more than a leaf is asked for."""
        if self._whole is None:
            leaves = [name for name, node in self.calculation.graph.nodes.items() if node.op is None]
            numbers = {name: self.new(name) for name in leaves}
            self._whole = self.calculation.with_numbers(numbers).on(Run())
        return self._whole

    def value(self, name: str) -> float:
        """Return the value of a node, of eta, or of a quantity with a name."""
        node = self.calculation.graph.nodes.get(name)
        return self.new(name) if node is not None and node.op is None else self.whole.value(name)

    def derivative(self, of: str, by: str) -> float:
        """Return the total derivative of one node by another."""
        return self.whole.derivative(of, by)

    def stepped(self, steps: int) -> Context:
        """Return the context after more steps."""
        return self.whole.stepped(steps)

    def replaced(self, leaves: Mapping[str, float]) -> Context:
        """Return the context with other numbers on some leaves."""
        return self.whole.replaced(leaves)
