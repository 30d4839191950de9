"""What the engine does for one loss, as data: each node forward, then each edge backward.

A trace is made on a copy of the graph, so no ``.grad`` of the user's is read or changed: it shows the same sweep,
from zero, before and after ``backward()``. The numbers are the engine's own records; nothing is differentiated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import NumberTypeError, shown
from microgradnet.graph import adjoints, stale_below, topological
from microgradnet.names import Names
from microgradnet.value import Constant, Value


@dataclass(frozen=True, slots=True)
class Contribution:
    """One edge of the backward sweep: what it adds to the gradient of an operand. Nodes are given by position.

    Arguments:
        result: the node whose gradient is passed on.
        place: which of its operands receives, from 0.
        operand: the node that receives.
        adjoint: d loss/d result, complete by now.
        partial: the local derivative of the result by this operand.
        contribution: ``adjoint * partial``.
        before: the gradient of the operand before it is added.
        after: the gradient of the operand after it was added.
        to_come: how many more contributions the operand will receive; its gradient is complete at 0.
    """

    result: int
    place: int
    operand: int
    adjoint: float
    partial: float
    contribution: float
    before: float
    after: float
    to_come: int


@dataclass(frozen=True, slots=True)
class Trace:
    """The forward and the backward pass of one graph.

    Arguments:
        order: the nodes in topological order, the loss last; copies, with the gradients of exactly one sweep.
        names: what they are called.
        operations: the positions of the results, in the order in which they are computed.
        contributions: the edges in the order of the engine's sweep; none to a constant, which nobody varies.
        stale: how many results no longer follow from their operands, as ``.data`` was assigned since.
    """

    order: tuple[Value, ...]
    names: Names
    operations: tuple[int, ...]
    contributions: tuple[Contribution, ...]
    stale: int = 0

    @property
    def loss(self) -> Value:
        """The node that is differentiated."""
        return self.order[-1]

    @property
    def leaves(self) -> tuple[int, ...]:
        """The positions of the leaves, without constants, in the order in which people list them.

        That is the order of calculation, layer by layer: the inputs, which many results use, before the weights, and
        those by their indices.
        """
        found = [
            position
            for position, node in enumerate(self.order)
            if not node.inputs and (not isinstance(node, Constant) or len(self.order) == 1)
        ]
        depth: dict[Value, int] = {}
        users: dict[Value, list[int]] = {}
        for node in self.order:
            depth[node] = 1 + max((depth[operand] for operand in node.inputs), default=-1)
            for operand in node.inputs:
                users.setdefault(operand, []).append(depth[node])

        def place(position: int) -> tuple[Any, ...]:
            node, used = self.order[position], users.get(self.order[position], [0])
            words = re.split(r"(\d+)", self.names.text(node))
            return min(used), len(used) == 1, [(int(word), "") if word.isdecimal() else (-1, word) for word in words]

        return tuple(sorted(found, key=place))


def trace(loss: Value, variables: Mapping[int, str] | None = None) -> Trace:
    """Return the two passes below ``loss``. The graph is copied first and stays as it is.

    Arguments:
        loss: the node to differentiate.
        variables: what nodes without a label are called, by the ``id`` of the node.
    """
    copy = deepcopy(loss)
    order = topological(copy)
    originals = topological(loss)
    names = Names(originals, variables)
    for original, node in zip(originals, order, strict=True):
        node.label = names.given(original)  # whatever reads the copy calls its nodes as the caller does
    copy.zero_grad()
    copy.backward()
    return Trace(
        order=tuple(order),
        names=Names(order),
        operations=tuple(position for position, node in enumerate(order) if node.inputs),
        contributions=_contributions(order),
        stale=len(stale_below(copy)),
    )


def _contributions(order: list[Value]) -> tuple[Contribution, ...]:
    """Follow the engine's sweep: results from the last to the first, the left operand before the right one."""
    position = {id(node): place for place, node in enumerate(order)}
    uses = [0] * len(order)
    for node in order:
        for operand in node.inputs:
            uses[position[id(operand)]] += 1
    running = [0.0] * len(order)
    running[-1] = 1.0
    found = []
    for result in reversed(range(len(order))):
        node = order[result]
        for place, (operand, partial) in enumerate(zip(node.inputs, node.partials, strict=True)):
            if isinstance(operand, Constant):
                continue
            to, adjoint = position[id(operand)], running[result]
            before, contribution = running[to], adjoint * partial
            running[to] = before + contribution
            uses[to] -= 1
            found.append(Contribution(result, place, to, adjoint, partial, contribution, before, running[to], uses[to]))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One graph.

    Arguments:
        order: its nodes in topological order, the result last.
        leaves: the argument that each slider gave.
        gradients: d result/d node, in the order of the nodes. No ``.grad`` is touched: a function may use the
            parameters of a model.
    """

    order: tuple[Value, ...]
    leaves: Mapping[str, Value]
    gradients: tuple[float, ...]

    @property
    def structure(self) -> tuple[Any, ...]:
        """All that the picture shows besides the numbers that follow the sliders: equal for equal layouts."""
        positions = {id(node): position for position, node in enumerate(self.order)}
        return tuple(
            (
                node.op,
                node.label,
                node.scope,
                tuple(positions[id(operand)] for operand in node.inputs),
                repr(node.data) if _is_named_by_number(node) else None,
            )
            for node in self.order
        )

    def gradient_of(self, name: str) -> float:
        """Return the derivative of the result by one argument: 0 where it does not depend on it."""
        leaf = self.leaves[name]
        return next((g for node, g in zip(self.order, self.gradients, strict=True) if node is leaf), 0.0)

    def copy(self, known: Mapping[int, str]) -> tuple[Value, dict[int, str]]:
        """Return a copy of the result with all gradients in place, and the names of the copies without a label."""
        copied = deepcopy(self.order[-1])
        nodes = topological(copied)
        for node, gradient in zip(nodes, self.gradients, strict=True):
            node.grad, node.has_grad = gradient, True
        pairs = zip(self.order, nodes, strict=True)
        return copied, {id(node): known[id(original)] for original, node in pairs if id(original) in known}


def record(f: Callable[..., Any], numbers: Mapping[str, float]) -> Snapshot:
    """Return the graph of a call of ``f``.

    Raises:
        NumberTypeError: the result is no Value.
        Exception: whatever ``f`` raises.
    """
    leaves = {name: Value(number, label=name) for name, number in numbers.items()}
    result = f(**leaves)
    if not isinstance(result, Value):
        given = f"{shown(result)} of type {type(result).__name__}"
        advice = "Return the result of a computation on its arguments; of several results, one, or their mg.total."
        raise NumberTypeError("a function to explore returns a Value", given, advice)
    order = topological(result)
    gradients = adjoints(result)
    return Snapshot(tuple(order), leaves, tuple(gradients[node] for node in order))


def _is_named_by_number(node: Value) -> bool:
    """Tell whether a node's number stands in the names of others: that of a constant, or of a leaf without a label."""
    return isinstance(node, Constant) or not (node.label or node.inputs)
