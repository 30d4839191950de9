"""The chain of named nodes between a node and the loss: who depends on whom, and by how much.

Nodes without a name (products, partial sums inside a pre-activation) are collapsed: the edge between two named nodes
carries the total derivative of the one by the other through nameless nodes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush

from microgradnet.graph import between, topological
from microgradnet.operation import Op
from microgradnet.ops import add
from microgradnet.symbols import Symbol
from microgradnet.value import Constant, Value

MANY = 10**15  # counts of paths stop here: in a long chain of diamonds they would not fit into the memory
_HEAVIEST = 24  # local derivatives that one collapsed factor may be made of before the nodes inside it get names
_VISITS_PER_NODE = 8  # how often the collapsing may walk over a nameless node, on average, before all get names


@dataclass(frozen=True, slots=True)
class Edge:
    """One named node depending on another: ``factor`` is d upper/d lower through nameless nodes only."""

    upper: Value
    lower: Value
    factor: float
    paths: int  # how many paths through nameless nodes are collapsed in it
    weight: int  # how many local derivatives, counted over all these paths, it is made of


class Chain:
    """The named nodes from a node up to a loss, as a graph of its own.

    Arguments:
        loss: the node that is differentiated.
        by: the node it is differentiated by.
    """

    def __init__(self, loss: Value, by: Value) -> None:
        self.loss, self.by = loss, by
        self.order = topological(loss)
        self.place = {id(node): index for index, node in enumerate(self.order)}
        on_path = between(loss, by) if id(by) in self.place else []
        self.on_path = {id(node) for node in on_path}
        self.adjoints = _adjoints(self.order)
        self.named = {id(node) for node in self.order if node.label or node is loss or node is by}
        self.edges: dict[int, list[Edge]] = {}
        if on_path:
            self._collapse(on_path)
        self.nodes = [node for node in on_path if id(node) in self.named]
        self.uppers: dict[int, list[Edge]] = {id(node): [] for node in self.nodes}
        for node in self.nodes:
            for edge in self.edges.get(id(node), ()):
                self.uppers[id(edge.lower)].append(edge)

    @property
    def value(self) -> float:
        """The derivative of the loss by the node, added up in the order in which ``backward()`` does."""
        return self.adjoints.get(id(self.by), 0.0)

    def _collapse(self, on_path: Sequence[Value]) -> None:
        """Find the edges; name what lies between where a factor would be too long to read or to find."""
        heavy = self._find_edges(on_path)
        bare = not any(
            node.label and node.inputs for node in self.order if node is not self.loss and node is not self.by
        )
        at_once = self.edges.get(id(self.loss), ())
        if heavy is None or (bare and any(edge.weight > 1 or edge.paths > 1 for edge in at_once)):
            heavy = self.on_path
        if heavy:  # all edges anew: a node must be named above all of its operands or above none
            self.named |= heavy - self._partial_sums(on_path)
            self._find_edges(on_path)

    def _partial_sums(self, on_path: Sequence[Value]) -> set[int]:
        """Return the sums that nothing but one further sum is made of: they say nothing on their own."""
        above: dict[int, list[Value]] = {}
        for node in on_path:
            for operand in node.inputs:
                above.setdefault(id(operand), []).append(node)
        return {
            id(node)
            for node in on_path
            if node.op is add and len(above.get(id(node), ())) == 1 and above[id(node)][0].op is add
        } - self.named

    def _find_edges(self, on_path: Sequence[Value]) -> set[int] | None:
        """Collapse the nameless nodes below each named one.

        Return those nameless nodes that stand inside too heavy factors; None if the walk is too long for all.
        """
        effort = _VISITS_PER_NODE * len(on_path) + 1000
        heavy: set[int] = set()
        for node in reversed(on_path):
            if id(node) in self.named and node is not self.by:
                edges, inside = self._below(node)
                self.edges[id(node)] = edges
                effort -= len(inside)
                if any(edge.weight > _HEAVIEST for edge in edges):
                    heavy |= inside
                if effort < 0:
                    return None
        return heavy

    def _below(self, upper: Value) -> tuple[list[Edge], set[int]]:
        """Return the edges from a named node down to the next ones, in order, and the nameless nodes in between."""
        totals: dict[int, tuple[float, int, int]] = {id(upper): (1.0, 1, 0)}  # derivative, paths, weight
        waiting, edges, inside = [-self.place[id(upper)]], [], set()
        while waiting:
            node = self.order[-heappop(waiting)]
            total, paths, weight = totals[id(node)]
            if node is not upper:
                if id(node) in self.named:
                    edges.append(Edge(upper, node, total, paths, weight))
                    continue
                inside.add(id(node))
            for place, (operand, partial) in enumerate(zip(node.inputs, node.partials, strict=True)):
                if id(operand) not in self.on_path:
                    continue
                if id(operand) not in totals:
                    heappush(waiting, -self.place[id(operand)])
                before = totals.get(id(operand), (0.0, 0, 0))
                plain = constant_partial(node, place) and (partial == 1.0 or weight == 0)
                more = 0 if plain else paths
                totals[id(operand)] = (
                    before[0] + total * partial,
                    min(before[1] + paths, MANY),
                    min(before[2] + weight + more, MANY),
                )
        return edges[::-1], inside

    def count_paths(self) -> int:
        """Return how many paths lead over named nodes from the node to the loss; MANY stands for more, too."""
        counts = {id(self.loss): 1}
        for node in reversed(self.nodes):
            for edge in self.edges.get(id(node), ()):
                counts[id(edge.lower)] = min(counts.get(id(edge.lower), 0) + counts[id(node)], MANY)
        return counts.get(id(self.by), 0)

    def distances(self) -> dict[int, int]:
        """Return, for each named node, the number of factors on the longest path to it from the loss."""
        distance = {id(self.loss): 0}
        for node in reversed(self.nodes):
            for edge in self.edges.get(id(node), ()):
                distance[id(edge.lower)] = max(distance.get(id(edge.lower), 0), distance[id(node)] + 1)
        return distance

    def from_the_loss(self) -> list[Value]:
        """Return the named nodes below the loss, each after all that depend on it, nearest to the loss first."""
        distance = self.distances()
        below = [node for node in self.nodes if node is not self.loss]
        return sorted(below, key=lambda node: (distance[id(node)], self.place[id(node)]))

    def paths(self) -> list[list[Edge]]:
        """Return every path from the loss down to the node; only for chains that have few."""
        done: list[list[Edge]] = []
        waiting: list[list[Edge]] = [[edge] for edge in reversed(self.edges.get(id(self.loss), []))]
        while waiting:
            path = waiting.pop()
            if path[-1].lower is self.by:
                done.append(path)
            waiting += [[*path, edge] for edge in reversed(self.edges.get(id(path[-1].lower), []))]
        return done


def _adjoints(order: Sequence[Value]) -> dict[int, float]:
    """Return d loss/d node for every node, as ``backward()`` does, but without touching any ``.grad``."""
    adjoints = dict.fromkeys(map(id, order), 0.0)
    adjoints[id(order[-1])] = 1.0
    for node in reversed(order):
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            adjoints[id(operand)] += adjoints[id(node)] * partial
    return adjoints


def constant_partial(node: Value, place: int) -> bool:
    """Tell whether a node's partial derivative by an operand is a plain number, as those of a sum are."""
    return node.op is not None and _is_number(node.op, place, tuple(isinstance(x, Constant) for x in node.inputs))


@cache
def _is_number(op: Op, place: int, constants: tuple[bool, ...]) -> bool:
    operands = [2.0 if constant else Symbol(name) for constant, name in zip(constants, "xy", strict=False)]
    try:
        return not isinstance(op.partials[place](*operands, Symbol("out")), Symbol)
    except (TypeError, ValueError, ArithmeticError):
        return False
