"""The chain of named nodes between a node and the loss: which depends on which, and by how much.

Nodes without a name (products, partial sums inside a pre-activation) are collapsed: the edge between two named nodes
carries the derivative of the one by the other through nameless nodes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from heapq import heappop, heappush

from microgradnet.graph import adjoints, dependents, topological
from microgradnet.names import Names
from microgradnet.operation import Op
from microgradnet.ops import add
from microgradnet.symbols import Symbol
from microgradnet.value import Constant, Value

MANY = 10**15  # counts of paths stop here: in a long chain of diamonds they would not fit into the memory
_HEAVIEST = 24  # local derivatives that one collapsed factor may be made of before the nodes inside it get names
_VISITS_PER_NODE = 8  # how often the collapsing may walk over a nameless node, on average, before all get names


@dataclass(frozen=True, slots=True)
class ChainEdge:
    """A named node and one that it depends on.

    Arguments:
        upper: the dependent node.
        lower: the node that it depends on.
        factor: the derivative of the upper node by the lower one through nameless nodes only.
        paths: how many paths through nameless nodes are collapsed in it.
        weight: how many local derivatives, counted over all these paths, it is made of.
    """

    upper: Value
    lower: Value
    factor: float
    paths: int
    weight: int


class Chain:
    """The named nodes from a node up to a loss, as a graph of its own.

    Arguments:
        loss: the node that is differentiated.
        by: the node it is differentiated by.
        names: the names of the nodes below the loss.

    Attributes:
        order: all nodes below the loss in topological order.
        place: the place of each in that order.
        on_path: the nodes on some path from ``by`` to the loss.
        adjoints: d loss/d node for every node below the loss, added up as ``backward()`` does.
        named: the nodes that the chain may go through.
        nodes: those of them that are on a path, in topological order.
        edges: by upper node, the edges down to the next named nodes.
        uppers: by lower node, the same edges.
    """

    def __init__(self, loss: Value, by: Value, names: Names) -> None:
        self.loss, self.by = loss, by
        self.order = topological(loss)
        self.place = {node: index for index, node in enumerate(self.order)}
        self.on_path = dependents(self.order, [by]) if by in self.place else set()
        self.adjoints = adjoints(loss)
        self.named = {node for node in self.order if node is loss or node is by or names.given(node)}
        self.edges: dict[Value, list[ChainEdge]] = {}
        path = [node for node in self.order if node in self.on_path]
        if path:
            self._collapse(path)
        self.nodes = [node for node in path if node in self.named]
        self.uppers: dict[Value, list[ChainEdge]] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for edge in self.edges.get(node, ()):
                self.uppers[edge.lower].append(edge)
        self._functions_of_one: dict[Value, bool] = {}

    @property
    def value(self) -> float:
        """The derivative of the loss by the node, bit for bit as ``backward()`` gives it."""
        return float(self.adjoints.get(self.by, 0.0))

    def is_function_of_one(self, node: Value) -> bool:
        """Tell whether a named node depends on one variable only: then its derivative is written d, else ∂."""
        if node not in self._functions_of_one:
            met: set[Value] = set()
            waiting = list(node.inputs)
            while waiting and len(met) < 2:
                operand = waiting.pop()
                if operand in self.named or not operand.inputs:
                    met |= set() if isinstance(operand, Constant) and operand not in self.named else {operand}
                else:
                    waiting += operand.inputs
            self._functions_of_one[node] = len(met) < 2
        return self._functions_of_one[node]

    def _collapse(self, path: Sequence[Value]) -> None:
        """Find the edges; name what lies between where a factor would be too long to read or to find."""
        heavy = self._find_edges(path)
        bare = not any(node.inputs for node in self.named if node is not self.loss and node is not self.by)
        at_once = self.edges.get(self.loss, ())
        if heavy is None or (bare and any(edge.weight > 1 or edge.paths > 1 for edge in at_once)):
            heavy = self.on_path
        if heavy:  # all edges anew: a node must be named above all of its operands or above none
            self.named |= heavy - self._partial_sums(path)
            self._find_edges(path)

    def _partial_sums(self, path: Sequence[Value]) -> set[Value]:
        """Return the sums that nothing but one further sum is made of: they say nothing on their own."""
        above: dict[Value, list[Value]] = {}
        for node in path:
            for operand in node.inputs:
                above.setdefault(operand, []).append(node)
        sums = (node for node in path if node.op is add and len(above.get(node, ())) == 1)
        return {node for node in sums if above[node][0].op is add} - self.named

    def _find_edges(self, path: Sequence[Value]) -> set[Value] | None:
        """Collapse the nameless nodes below each named one.

        Return those nameless nodes that lie inside too heavy factors; None if the walk is too long for all.
        """
        effort = _VISITS_PER_NODE * len(path) + 1000
        heavy: set[Value] = set()
        for node in reversed(path):
            if node in self.named and node is not self.by:
                edges, inside = self._below(node)
                self.edges[node] = edges
                effort -= len(inside)
                if inside and any(edge.weight > _HEAVIEST for edge in edges):
                    heavy |= inside
                if effort < 0:
                    return None
        return heavy

    def _below(self, upper: Value) -> tuple[list[ChainEdge], set[Value]]:
        """Return the edges from a named node down to the next ones, in order, and the nameless nodes in between."""
        totals: dict[Value, tuple[float, int, int]] = {upper: (1.0, 1, 0)}  # derivative, paths, weight
        waiting, edges, inside = [-self.place[upper]], [], set()
        while waiting:
            node = self.order[-heappop(waiting)]
            total, paths, weight = totals[node]
            if node is not upper:
                if node in self.named:
                    edges.append(ChainEdge(upper, node, total, paths, weight))
                    continue
                inside.add(node)
            for place, (operand, partial) in enumerate(zip(node.inputs, node.partials, strict=True)):
                if operand not in self.on_path:
                    continue
                if operand not in totals:
                    heappush(waiting, -self.place[operand])
                before = totals.get(operand, (0.0, 0, 0))
                plain = constant_partial(node, place) and (partial == 1.0 or weight == 0)
                more = 0 if plain else paths
                totals[operand] = (
                    before[0] + total * partial,
                    min(before[1] + paths, MANY),
                    min(before[2] + weight + more, MANY),
                )
        return edges[::-1], inside

    @cached_property
    def path_count(self) -> int:
        """How many paths lead over named nodes from the node to the loss; MANY means that or more."""
        counts = {self.loss: 1}
        for node in reversed(self.nodes):
            for edge in self.edges.get(node, ()):
                counts[edge.lower] = min(counts.get(edge.lower, 0) + counts[node], MANY)
        return counts.get(self.by, 0)

    @cached_property
    def distances(self) -> dict[Value, int]:
        """The number of factors on the longest path from the loss to each named node."""
        distance = {self.loss: 0}
        for node in reversed(self.nodes):
            for edge in self.edges.get(node, ()):
                distance[edge.lower] = max(distance.get(edge.lower, 0), distance[node] + 1)
        return distance

    def from_the_loss(self) -> list[Value]:
        """Return the named nodes below the loss, each after all that depend on it, nearest to the loss first."""
        below = [node for node in self.nodes if node is not self.loss]
        return sorted(below, key=lambda node: (self.distances[node], self.place[node]))

    def paths(self) -> list[list[ChainEdge]]:
        """Return every path from the loss down to the node; only for chains that have few."""
        done: list[list[ChainEdge]] = []
        waiting: list[list[ChainEdge]] = [[edge] for edge in reversed(self.edges.get(self.loss, []))]
        while waiting:
            path = waiting.pop()
            if path[-1].lower is self.by:
                done.append(path)
            waiting += [[*path, edge] for edge in reversed(self.edges.get(path[-1].lower, []))]
        return done


def constant_partial(node: Value, place: int) -> bool:
    """Tell whether a node's partial derivative by an operand is a constant, as those of a sum are."""
    return node.op is not None and _is_constant(node.op, place, tuple(isinstance(x, Constant) for x in node.inputs))


@cache
def _is_constant(op: Op, place: int, constants: tuple[bool, ...]) -> bool:
    operands = [2.0 if constant else Symbol(name) for constant, name in zip(constants, "xy", strict=False)]
    try:
        return not isinstance(op.partials[place](*operands, Symbol("out")), Symbol)
    except (TypeError, ValueError, ArithmeticError):
        return False
