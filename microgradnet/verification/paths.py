"""Which nodes of a graph lie below which, and how far a change of one reaches.

Sets of nodes are whole numbers with a bit for each node, so that a run tells at once what nothing in it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from microgradnet.graph import adjoints, topological
from microgradnet.value import Value

_MOST_KEPT = 400_000  # entries for the nodes below results that were asked for
_MOST_BITS = 8192  # nodes of a graph whose sets are told apart
EVERY = -1  # the set of all nodes


class Paths:
    """Which nodes lie below and above which, of the graphs that the runs of one calculation go over.

    Sets of nodes are whole numbers with a bit for each node, so that a run tells at once what it leaves as recorded.
    """

    def __init__(self) -> None:
        self._bits: dict[Value, int] = {}
        self._below: dict[Value, int] = {}
        self._users: dict[Value, dict[Value, list[tuple[Value, int]]]] = {}
        self._reaches: dict[Value, Reach] = {}
        self._exact: dict[Value, dict[Value, float]] = {}

    def below(self, node: Value) -> int:
        """Return the node and all that it is computed from; every bit where the graph is large."""
        if node not in self._below:
            for each in topological(node):
                if each not in self._below:
                    self._bits[each] = found = 1 << len(self._bits) if len(self._bits) < _MOST_BITS else EVERY
                    for operand in each.inputs:
                        found |= self._below[operand]
                    self._below[each] = found
        return self._below[node]

    def bits(self, nodes: Iterable[Value]) -> int:
        """Return a set of nodes."""
        found = 0
        for node in nodes:
            self.below(node)
            found |= self._bits[node]
        return found

    def _make_room(self) -> None:
        """Forget what results were asked for, where these are many of a large graph."""
        if len(self._reaches) * len(self._bits) > _MOST_KEPT:
            self._users, self._reaches, self._exact = {}, {}, {}

    def users(self, of: Value) -> dict[Value, list[tuple[Value, int]]]:
        """Return for each node below a result what is computed from it and in which place, as a sweep visits them."""
        if of not in self._users:
            found: dict[Value, list[tuple[Value, int]]] = {of: []}
            for node in reversed(topological(of)):
                for place, operand in enumerate(node.inputs):
                    found.setdefault(operand, []).append((node, place))
            self._users[of] = found
        return self._users[of]

    def reach(self, of: Value, values: Set[Value] = frozenset(), adjoints: Set[Value] = frozenset()) -> Reach:
        """Return how far changes reach the derivatives of a result.

        Arguments:
            of: the result.
            values: the nodes whose number is given, so that no change passes them.
            adjoints: the nodes by which the derivative is given.
        """
        if values or adjoints:
            return Reach(self, of, values, adjoints)
        if of not in self._reaches:
            self._make_room()
            self._reaches[of] = Reach(self, of, values, adjoints)
        return self._reaches[of]

    def bit(self, node: Value) -> int:
        """Return the set of one node below something that was asked for."""
        return self._bits[node]

    def exact(self, of: Value) -> dict[Value, float]:
        """Return d of/d node for every node below, as recorded."""
        if of not in self._exact:
            self._exact[of] = adjoints(of)
        return self._exact[of]


class Reach:
    """By which nodes the derivative of a result changes where something changes at a node.

    Arguments:
        paths: of the graph.
        of: the result.
        values: the nodes whose number is given.
        given: the nodes by which the derivative is given.

    Attributes:
        values: from a node to the set, where its number changes.
        partials: the same where its partial derivatives do.
        adjoints: the same where the derivative by it does; the node itself is one.
    """

    __slots__ = ("adjoints", "partials", "values")

    def __init__(self, paths: Paths, of: Value, values: Set[Value], given: Set[Value]) -> None:
        paths.below(of)
        order, users = topological(of), paths.users(of)
        self.partials: dict[Value, int] = {}
        self.adjoints: dict[Value, int] = {}
        self.values: dict[Value, int] = {}
        for node in order:
            found = 0
            for operand in node.inputs:
                if operand not in given:
                    found |= self.adjoints[operand]
            self.partials[node], self.adjoints[node] = found, found | paths.bit(node)
        for node in reversed(order):
            found = self.partials[node]
            for user, _ in users[node]:
                found |= self.partials[user] if user in values else self.values[user]
            self.values[node] = found

    def of(self, values: Iterable[Value], partials: Iterable[Value], adjoints: Iterable[Value]) -> int:
        """Return the set where the numbers of some nodes change, the partials of some, the derivatives by some."""
        found = 0
        for changes, nodes in ((self.values, values), (self.partials, partials), (self.adjoints, adjoints)):
            for node in nodes:
                found |= changes.get(node, 0)
        return found
