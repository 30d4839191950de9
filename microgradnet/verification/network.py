"""From what a worksheet says to a recorded graph in which every quantity has its name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from microgradnet.errors import MicrogradnetError, WorksheetError
from microgradnet.graph import topological
from microgradnet.nn import MLP, losses
from microgradnet.value import Value
from microgradnet.verification.characters import shorten
from microgradnet.verification.expression import CONSTANTS, read_expression
from microgradnet.verification.quantity import spell, unknown_name
from microgradnet.verification.records import NetworkText, WorksheetText

MAX_NODES = 10_000  # of a worksheet's graph
_LOSS_SCOPE = "loss"


@dataclass(slots=True)
class Graph:
    """A recorded graph with names.

    Arguments:
        nodes: every node that has a name, in the order in which they were made.
        loss: what is differentiated.
        layers: per layer of the network, the names of its weights and biases.
        loss_name: the name of the loss.
        given: the names of the expressions that are plain numbers.
        size: how many nodes there are at most.
    """

    nodes: dict[str, Value] = field(default_factory=dict)
    loss: Value | None = None
    loss_name: str = ""
    layers: list[list[str]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    size: int = 0

    def spelling(self, name: str) -> str | None:
        """Return the name under which a node is kept (behind an identity activation, a2[1] is z2[1]), or None."""
        if name in self.nodes:
            return name
        before = f"z{name[1:]}"
        return before if re.fullmatch(r"a\d+\[\d+\]", name) and before in self.nodes else None

    def find(self, name: str) -> Value:
        """Return the node of this name.

        Raises:
            UnknownNameError: there is none; the message lists those that are spelled alike.
        """
        found = self.spelling(spell(name))
        if found is None:
            raise unknown_name(name, self.nodes, shorten(name))
        return self.nodes[found]


def build(text: WorksheetText) -> Graph:
    """Record the graph of a worksheet.

    Raises:
        WorksheetError: a formula, a name or a number does not work out; the message names its place.
    """
    graph = Graph()
    if text.network is not None:
        with telling(f"{text.file}: network"):
            _add_network(graph, text.network)
    for name, content in text.expressions:
        with telling(f"{text.file}: expressions.{name}"):
            _add_expression(graph, name, content)
    _choose_loss(graph, text)
    for name, node in graph.nodes.items():
        if not math.isfinite(node.data):
            came = f"{name} = {node.data}"
            raise WorksheetError(f"{text.file}: numbers that fit into a float", came, "Check what feeds it.")
    return graph


@contextmanager
def telling(place: str) -> Iterator[None]:
    """Add a place in a worksheet to the errors that come from inside."""
    try:
        yield
    except WorksheetError:
        raise
    except MicrogradnetError as error:
        raise WorksheetError(f"{place}: {error.wanted}", error.came, error.advice) from error


def _add_network(graph: Graph, text: NetworkText) -> None:
    """Record a network and its loss; its nodes name themselves."""
    mlp = MLP.from_weights(
        [layer.weights for layer in text.layers],
        [layer.biases for layer in text.layers],
        activation=[layer.activation for layer in text.layers],
    )
    result = mlp(text.inputs)
    outputs = result if isinstance(result, list) else [result]
    targets = [Value(number, label=f"t[{place}]") for place, number in enumerate(text.targets, 1)]
    if text.loss is not None:
        graph.loss = losses.find(text.loss).function(outputs, targets)
    roots = [*outputs, *targets] if graph.loss is None else [graph.loss, *outputs, *targets]
    for node in all_below(roots):
        graph.size += 1
        if node.label:
            graph.nodes.setdefault(node.label, node)
    graph.layers = [[leaf.label for leaf in layer.parameters()] for layer in mlp.layers]


def all_below(roots: Iterable[Value]) -> list[Value]:
    """Return the nodes below any of the roots, each once, operands before results."""
    order: dict[int, Value] = {}
    for root in roots:
        if id(root) not in order:
            order.update((id(node), node) for node in topological(root) if id(node) not in order)
    return list(order.values())


def _add_expression(graph: Graph, name: str, content: float | str) -> None:
    """Record one named expression; a plain number is a leaf."""
    _make_room(graph, name)
    if isinstance(content, float):
        graph.nodes[name] = Value(content, label=name)
        graph.given.append(name)
        return
    expression = read_expression(content)
    graph.size += len(expression.steps)
    if graph.size > MAX_NODES:
        raise WorksheetError(f"at most {MAX_NODES} nodes", "more", "Split the worksheet.")
    result: Any = expression.evaluate(lambda used: _found(graph, used))
    node = result if isinstance(result, Value) else Value(result)
    if not node.label:
        node.label = name
    graph.nodes[name] = node


def _found(graph: Graph, name: str) -> Value | float:
    """Return the node of a name, or the number that the name stands for wherever nothing else has it."""
    return CONSTANTS[name] if name in CONSTANTS and name not in graph.nodes else graph.find(name)


def _make_room(graph: Graph, name: str) -> None:
    """Refuse a name that is taken, but for the terms of the network's loss: E1 may be defined anew."""
    taken = graph.nodes.get(name)
    if taken is None:
        return
    if taken is graph.loss or not taken.scope.startswith(_LOSS_SCOPE):
        raise WorksheetError("a name of its own", f"{name!r}, which the network has", "Choose another name.")
    taken.label = ""
    del graph.nodes[name]


def _choose_loss(graph: Graph, text: WorksheetText) -> None:
    """Settle which node is differentiated: the one that is named, else the network's loss, else the last expression."""
    if text.loss is not None:
        with telling(f"{text.file}: loss"):
            graph.loss = graph.find(text.loss)
            graph.loss_name = graph.spelling(text.loss) or text.loss
    elif graph.loss is not None:
        graph.loss_name = graph.loss.label
    else:
        graph.loss_name = text.expressions[-1][0]
        graph.loss = graph.nodes[graph.loss_name]
