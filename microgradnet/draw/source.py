"""A recorded graph with all that is asked of it while its picture is built."""

from __future__ import annotations

from dataclasses import dataclass, field

from microgradnet.draw.figures import write_figure
from microgradnet.draw.fold import folded_scopes
from microgradnet.draw.names import name_nodes
from microgradnet.draw.text import clean
from microgradnet.graph import topological
from microgradnet.value import Constant, Value


@dataclass(frozen=True, slots=True)
class Folded:
    """What has disappeared into a folded scope, and the position of its first node."""

    position: int
    nodes: list[Value] = field(default_factory=list)

    @property
    def operations(self) -> int:
        """How many results there are inside."""
        return sum(bool(node.inputs) for node in self.nodes)

    @property
    def leaves(self) -> int:
        """How many leaves there are inside, without constants."""
        return sum(not node.inputs and not isinstance(node, Constant) for node in self.nodes)


class Source:
    """The graph below a node, in topological order.

    Arguments:
        loss: the node.
        show: the parts to show.
        digits: significant digits of the figures.
        fold: what to fold, or None.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph.
    """

    def __init__(self, loss: Value, show: frozenset[str], digits: int, fold: str | None) -> None:
        self.order = topological(loss)
        self.show, self.digits = show, digits
        self.names: list[str] = []
        self._positions = {id(node): position for position, node in enumerate(self.order)}
        self._scopes = folded_scopes(self.order, fold)
        self.folded: dict[str, Folded] = {}
        for position, (node, scope) in enumerate(zip(self.order, self._scopes, strict=True)):
            if scope:
                self.folded.setdefault(scope, Folded(position)).nodes.append(node)

    def count(self) -> int:
        """Return how many boxes there will be, but for constants beside their uses."""
        return len(self.folded) + sum(not scope for scope in self._scopes)

    def name_all(self) -> None:
        """Find the name of every node."""
        self.names = name_nodes(self.order, self.digits)

    def name(self, node: Value) -> str:
        """Return the name of a node; empty where it has none."""
        return self.names[self._positions[id(node)]]

    def figure(self, number: float) -> str:
        """Return a number as it is shown."""
        return write_figure(number, self.digits)

    def scope(self, node: Value) -> str:
        """Return the scope that a node is drawn in."""
        return clean(node.scope) if "scope" in self.show else ""

    def fold_of(self, node: Value) -> str:
        """Return the folded scope that a node is in; empty where it is drawn itself."""
        return self._scopes[self._positions[id(node)]]

    def key(self, node: Value) -> str:
        """Return the key of a node's own box."""
        return f"n{self._positions[id(node)] + 1}"

    def constant_key(self, result: Value, place: int) -> str:
        """Return the key of the box for a constant beside its use."""
        return f"{self.key(result)}c{place + 1}"

    def folded_key(self, scope: str) -> str:
        """Return the key of a folded scope's box."""
        return f"n{self.folded[scope].position + 1}f"

    def end(self, node: Value) -> str:
        """Return the key of the box that an edge from or to a node ends at."""
        scope = self.fold_of(node)
        return self.folded_key(scope) if scope else self.key(node)
