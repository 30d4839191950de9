"""A recorded graph with all that is asked of it while its picture is built."""

from __future__ import annotations

from collections.abc import Mapping

from microgradnet.drawing.fold import Fold, folded_scopes
from microgradnet.drawing.folded import gather
from microgradnet.drawing.highlight import Highlight
from microgradnet.drawing.picture import NAME_LIMIT
from microgradnet.drawing.repeats import USUAL
from microgradnet.figures import write_figure
from microgradnet.graph import adjoints, topological
from microgradnet.names import Names
from microgradnet.text import clean, shorten
from microgradnet.value import Value


class Source:
    """The graph below a node, in topological order.

    Arguments:
        loss: the node.
        show: the parts to show.
        digits: significant digits of the figures.
        fold: what to fold, or None.
        repeats: how many folded boxes that are built alike are still drawn one by one.
        flow: whether the picture is one of the adjoints.
        known: what the caller calls nodes without a label, by their ``id``.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph.
    """

    def __init__(
        self,
        loss: Value,
        show: frozenset[str],
        digits: int,
        fold: Fold = None,
        *,
        repeats: int = USUAL,
        flow: bool = False,
        known: Mapping[int, str] | None = None,
    ) -> None:
        self.order = topological(loss)
        self.show, self.digits = show, digits
        self.names = Names(self.order, known)
        self.highlight = Highlight()
        self._positions = {id(node): position for position, node in enumerate(self.order)}
        scopes = folded_scopes(self.order, fold)
        self.folded, self._folds = gather(self.order, scopes, known or {}, repeats) if fold else ({}, scopes)
        self.adjoints = adjoints(loss) if flow else None

    def count(self) -> int:
        """Return how many boxes there will be, but for constants beside their uses."""
        return len(self.folded) + sum(not fold for fold in self._folds)

    def name(self, node: Value) -> str:
        """Return the name of a node as it fits into a box."""
        return shorten(self.names.text(node), NAME_LIMIT)

    def holds(self, node: Value) -> bool:
        """Tell whether a node belongs to the graph."""
        return id(node) in self._positions

    def gradient(self, node: Value) -> float | None:
        """Return the gradient of a node as the picture shows it; None where it is not computed yet."""
        if self.adjoints is not None:
            return self.adjoints[node]
        return node.grad if node.has_grad else None

    def figure(self, number: float) -> str:
        """Return a number as it is shown."""
        return write_figure(number, self.digits)

    def scope(self, node: Value) -> str:
        """Return the scope that a node is drawn in."""
        return clean(node.scope) if "scope" in self.show else ""

    def fold_of(self, node: Value) -> str:
        """Return the key of the fold that a node is in; empty where it is drawn itself."""
        return self._folds[self._positions[id(node)]]

    def key(self, node: Value) -> str:
        """Return the key of a node's own box."""
        return f"n{self._positions[id(node)] + 1}"

    def constant_key(self, result: Value, place: int) -> str:
        """Return the key of the box for a constant beside its use."""
        return f"{self.key(result)}c{place + 1}"

    def folded_key(self, fold: str) -> str:
        """Return the key of a fold's box."""
        return f"n{self.folded[fold].position + 1}f"

    def end(self, node: Value) -> str:
        """Return the key of the box that an edge from or to a node ends at."""
        fold = self.fold_of(node)
        return self.folded_key(fold) if fold else self.key(node)
