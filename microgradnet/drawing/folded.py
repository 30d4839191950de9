"""What disappears into one box: the nodes of a folded scope, or of several scopes or nodes that are built alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from microgradnet.drawing.fold import kind_of
from microgradnet.drawing.picture import NAME_LIMIT
from microgradnet.drawing.repeats import Unit, find_repeats
from microgradnet.names import stem
from microgradnet.text import clean, shorten
from microgradnet.value import Constant, Value


@dataclass(slots=True)
class Folded:
    """One folded box.

    Arguments:
        position: that of its first node in topological order.
        path: the path of its scope, or of the scope of its nodes where these are in no folded scope.
        count: how many scopes or nodes that are built alike it stands for.
        is_scope: whether it stands for scopes, not for single nodes.
        known: what its first node is called without a label.
        nodes: what is in it.
    """

    position: int
    path: str
    count: int = 1
    is_scope: bool = True
    known: str = ""
    nodes: list[Value] = field(default_factory=list)

    @property
    def operations(self) -> int:
        """How many results there are inside."""
        return sum(bool(node.inputs) for node in self.nodes)

    @property
    def leaves(self) -> int:
        """How many leaves there are inside, without constants."""
        return sum(not node.inputs and not isinstance(node, Constant) for node in self.nodes)

    @property
    def outer(self) -> str:
        """The path of the scope that the box stands in."""
        return clean(self.path).rpartition("/")[0] if self.is_scope else clean(self.path)

    @property
    def name(self) -> str:
        """Return the heading: the scope's name, or what is common to all, with their count."""
        last = clean(self.path).rpartition("/")[2]
        if self.count == 1:
            return shorten(last, NAME_LIMIT)
        first = self.nodes[0]
        if self.is_scope:
            common = kind_of(last) or last
        else:
            common = stem(clean(first.label or self.known)) or (first.op.name if first.op else "leaf")
        times = f" ×{self.count}"
        return shorten(common, NAME_LIMIT - len(times)) + times


def gather(
    order: Sequence[Value], scopes: Sequence[str], known: Mapping[int, str], most: int
) -> tuple[dict[str, Folded], list[str]]:
    """Return the folded boxes by their keys, and for each node the key of its own, or ``""``.

    Arguments:
        order: the nodes in topological order.
        scopes: for each node the folded scope that it is in, or ``""``.
        known: what nodes without a label are called.
        most: how many that are built alike are still drawn one by one.
    """
    group_of: dict[Unit, tuple[Unit, ...]] = {}
    for group in find_repeats(order, scopes, known, most):
        group_of.update(dict.fromkeys(group, group))
    folded: dict[str, Folded] = {}
    keys = []
    for position, (node, scope) in enumerate(zip(order, scopes, strict=True)):
        unit: Unit = scope or position
        group = group_of.get(unit, (unit,))
        key = f"{group[0]}" if scope or len(group) > 1 else ""
        keys.append(key)
        if key:
            fresh = Folded(position, scope or node.scope, len(group), bool(scope), known.get(id(node), ""))
            folded.setdefault(key, fresh).nodes.append(node)
    return folded, keys
