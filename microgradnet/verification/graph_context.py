"""A recorded graph as the quantities see it: names are the nodes' labels, and the numbers come from a run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from microgradnet.errors import ArgumentError
from microgradnet.graph import leaves, topological
from microgradnet.value import Value
from microgradnet.verification.quantity import unknown_name
from microgradnet.verification.runs import AlteredRun, Run

_ETA = "eta"
_PARAMETER = re.compile(r"[wb]\d+\[")
_MOST_WORK = 20_000_000  # steps times nodes


class ReplacedRun(AlteredRun):
    """A run with other numbers on some leaves, each computed when it is asked for."""

    def __init__(self, numbers: Mapping[Value, Callable[[], float]]) -> None:
        super().__init__()
        self._numbers = numbers

    def alter_value(self, node: Value, value: float) -> float:
        """Put the other number on a leaf."""
        return self._numbers[node]() if node in self._numbers else value


class GraphNames:
    """The names of a graph: the labels of its nodes, and ``eta``.

    Arguments:
        loss: the node that is differentiated.
        eta: the learning rate, if there is one.
        update: the leaves that a step of gradient descent changes.

    Raises:
        UnknownNameError: ``update`` names a leaf that the graph does not have.
        ArgumentError: ``update`` holds something else than leaves.
    """

    def __init__(self, loss: Value, eta: float | None = None, update: Iterable[Value | str] | None = None) -> None:
        self.loss, self.eta = loss, eta
        labelled = [node for node in topological(loss) if node.label]
        self._counts = Counter(node.label for node in labelled)
        self._nodes = {node.label: node for node in labelled}
        self.size = len(topological(loss))
        self.update = _default_update(loss) if update is None else [self._leaf(which) for which in update]

    @property
    def loss_name(self) -> str:
        """The name of the loss, which deltas are derivatives of."""
        return self.loss.label

    def known(self) -> list[str]:
        """Return all names, for suggestions."""
        return [*self._nodes, *([_ETA] if self.eta is not None else [])]

    def resolve(self, name: str) -> str | None:
        """Return the one spelling of the name of a node, or of eta; None if it is unknown."""
        return name if name == _ETA and self.eta is not None else self.resolve_node(name)

    def resolve_node(self, name: str) -> str | None:
        """Return the one spelling of a node's name; an activation that is the identity goes by its pre-activation's."""
        if name in self._nodes:
            return name
        layer = re.match(r"a(\d+\[)", name)
        before = f"z{name[1:]}"
        if layer is None or before not in self._nodes or any(known.startswith(layer[0]) for known in self._nodes):
            return None
        return before

    def node(self, name: str) -> Value:
        """Return the node of a name that :meth:`resolve` returned.

        Raises:
            ArgumentError: several nodes have this label.
        """
        if self._counts[name] > 1:
            came = f"{self._counts[name]} nodes labelled {name!r}"
            advice = "Label them apart, or use the Value itself as the key."
            raise ArgumentError("a name that only one node has", came, advice)
        return self._nodes[name]

    def _leaf(self, which: Value | str) -> Value:
        name = self.resolve_node(which) if isinstance(which, str) else None
        node = self.node(name) if name else which
        if isinstance(node, str):
            raise unknown_name(node, self.known(), repr(node))
        if not isinstance(node, Value) or node.inputs:
            raise ArgumentError("update names leaves of the graph", repr(which), "Give weights and biases.")
        return node


def _default_update(loss: Value) -> list[Value]:
    """Return the weights and biases of a network; where none are labelled so, every leaf."""
    every = leaves(loss)
    return [leaf for leaf in every if _PARAMETER.match(leaf.label)] or every


@dataclass(frozen=True, slots=True)
class GraphContext:
    """What a quantity is evaluated in: the names of a graph, and a run for its numbers."""

    names: GraphNames
    run: Run

    def value(self, name: str) -> float:
        """Return the value of a node, or of eta."""
        if name == _ETA and self.names.eta is not None:
            return self.run.learning_rate(self.names.eta)
        return self.run.value(self.names.node(name))

    def derivative(self, of: str, by: str) -> float:
        """Return the total derivative of one node by another."""
        above = self.names.node(of) if of else self.names.loss
        return self.run.derivative(above, self.names.node(by))

    def stepped(self, steps: int) -> GraphContext:
        """Return the context after so many steps of gradient descent.

        Raises:
            ArgumentError: there is no learning rate, or the work would be too much.
        """
        eta, loss = self.names.eta, self.names.loss
        if eta is None:
            raise ArgumentError("a step of gradient descent needs a learning rate", "none", "Give eta=....")
        if steps * self.names.size > _MOST_WORK:
            came = f"{steps} steps of {self.names.size} nodes"
            raise ArgumentError(f"at most {_MOST_WORK:,} computed nodes", came, "Use fewer steps.")
        run = self.run
        for _ in range(steps):
            numbers = {leaf: _After(run, loss, leaf, eta) for leaf in self.names.update}
            if steps > 1:  # else each is computed only when it is asked for
                known = {leaf: number() for leaf, number in numbers.items()}
                run = ReplacedRun({leaf: _Constantly(number) for leaf, number in known.items()})
            else:
                run = ReplacedRun(numbers)
        return GraphContext(self.names, run)

    def replaced(self, leaves: Mapping[str, float]) -> GraphContext:
        """Return the context with other numbers on some leaves.

        Raises:
            ArgumentError: a name is no leaf's.
        """
        nodes = {name: self.names.node(name) if name != _ETA else None for name in leaves}
        for name, node in nodes.items():
            if node is None or node.inputs:
                raise ArgumentError("other numbers can be put on leaves", name, "Replace what it is computed from.")
        numbers = {node: _Constantly(leaves[name]) for name, node in nodes.items() if node is not None}
        return GraphContext(self.names, ReplacedRun(numbers))


@dataclass(frozen=True, slots=True)
class _After:
    run: Run
    loss: Value
    leaf: Value
    eta: float

    def __call__(self) -> float:
        return self.run.new(self.loss, self.leaf, self.eta)


@dataclass(frozen=True, slots=True)
class _Constantly:
    number: float

    def __call__(self) -> float:
        return self.number
