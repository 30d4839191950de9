"""A picture as data: boxes, edges and clusters, before anybody decides where they stand or how they look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

NAME_LIMIT = 24  # characters of a name: wider boxes would push a graph off its slide
_DEEPEST = 12  # levels of nested scopes that are drawn; deeper ones share the twelfth


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a box: a caption and a figure.

    Arguments:
        caption: what the figure is: ``"value"``, ``"grad"``, ``"operations"``, ...
        text: the figure, or the words that stand in its place.
        role: how it is styled: ``"value"``, ``"grad"``, ``"missing"``, ``"parts"``, ``"warning"`` or ``"count"``.
    """

    caption: str
    text: str
    role: str


@dataclass(frozen=True, slots=True)
class Box:
    """One node of a picture, or one folded scope.

    Arguments:
        key: its id in the DOT text and the SVG, made of its position in topological order.
        kind: ``"leaf"``, ``"constant"``, ``"result"`` or ``"folded"``; each has a shape of its own.
        name: its heading, cut to length; empty where it has none.
        symbol: the symbol of its operation; empty for a leaf.
        rows: its figures.
        scope: the path of the cluster that it stands in.
        output: whether it is the node that was drawn, where the gradients start.
        description: the whole box in words.
        emphasis: ``"strong"`` or ``"faint"`` where a picture highlights some of its boxes.
        several: whether it stands for several that are built alike.
    """

    key: str
    kind: str
    name: str = ""
    symbol: str = ""
    rows: tuple[Row, ...] = ()
    scope: str = ""
    output: bool = False
    description: str = ""
    emphasis: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow from an operand to its result, with the local derivative; there are as many as operands.

    Arguments:
        tail: the key of the operand's box.
        head: the key of the result's box.
        label: the local derivative of the result by this operand; empty where none is shown.
        description: the edge in words.
        quiet: whether it comes from a constant, by which nobody differentiates.
        width: of the line, in points; 0 where it is the usual one.
        sign: of the adjoint that flows through it: ``"+"``, ``"-"``, or empty for 0, several, or where none is drawn.
        backward: whether the arrow points from the result to the operand, as adjoints flow.
        emphasis: ``"strong"`` or ``"faint"`` where a picture highlights some of its edges.
        merged: whether it stands for several edges at a folded box.
    """

    tail: str
    head: str
    label: str = ""
    description: str = ""
    quiet: bool = False
    width: float = 0.0
    sign: str = ""
    backward: bool = False
    emphasis: str = ""
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """A scope: the boxes that stand in it, and the scopes inside it."""

    path: str
    boxes: list[Box] = field(default_factory=list)
    inner: list[Cluster] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def below(self) -> list[Cluster]:
        """Return all scopes inside this one, outer ones first."""
        order = [*self.inner]
        for cluster in order:
            order += cluster.inner
        return order


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn.

    Arguments:
        title: what it is a picture of.
        boxes: in topological order.
        edges: in the order of their results, and of the operands of each.
        notes: the lines under the picture that say how to read it.
        direction: where the arrows go, in Graphviz's words: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
    """

    title: str
    boxes: Sequence[Box]
    edges: Sequence[Edge]
    notes: Sequence[str] = ()
    direction: str = "LR"

    def clusters(self) -> Cluster:
        """Return the tree of scopes, without those of a single box, which would only add a line."""
        root = Cluster("")
        found = {"": root}
        for box in self.boxes:
            cluster = root
            path = ""
            for part in box.scope.split("/", _DEEPEST - 1) if box.scope else ():
                path = f"{path}/{part}" if path else part
                if path not in found:
                    found[path] = Cluster(path)
                    cluster.inner.append(found[path])
                cluster = found[path]
            cluster.boxes.append(box)
        _merge_small(root)
        return root


def _merge_small(root: Cluster) -> None:
    """Move the box of a scope that has only one into the scope around it, from the inside out."""
    for cluster in reversed([root, *root.below()]):
        kept = []
        for inner in cluster.inner:
            if len(inner.boxes) + len(inner.inner) > 1 or inner.inner:
                kept.append(inner)
            else:
                cluster.boxes.extend(inner.boxes)
        cluster.inner[:] = kept
