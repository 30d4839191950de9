"""The picture of a graph with room for the numbers to come: each text that follows the sliders has a place in a list.

It is the picture that ``mg.draw`` makes, laid out once. Its colours are CSS variables, so that it follows the theme.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from microgradnet.derivation.chain import constant_partial
from microgradnet.drawing.build import build_picture
from microgradnet.drawing.explore.recording import Recording
from microgradnet.drawing.layout import Layout, lay_out
from microgradnet.drawing.picture import Box, Edge, Picture
from microgradnet.drawing.stepper.parts import harmless
from microgradnet.drawing.stepper.scene import write_variables
from microgradnet.drawing.svg import write_svg
from microgradnet.drawing.theme import LIGHT, Theme
from microgradnet.figures import write_figure
from microgradnet.text import shorten
from microgradnet.value import Value

_SHOWN = ("value", "grad", "local", "scope")
_WIDEST = -1.23456789123456789e-45  # no number is much wider at the same digits
_LONGEST_TITLE = 200  # characters
_NAMESPACE = "{http://www.w3.org/2000/svg}"

Reader = Callable[[Recording], float]


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is drawn: see :func:`microgradnet.drawing.explore.explore`."""

    digits: int
    direction: str
    limit: int


@dataclass(frozen=True, slots=True)
class Scene:
    """The picture of one structure.

    Arguments:
        svg: its text; an element with ``data-number="3"`` shows the number in place 3.
        result: what the result is called.
        nodes: of each box with numbers its name, and the places of its value and its gradient.
        readers: for each place, how its number is read from a graph of this structure.
        digits: significant digits.
    """

    svg: str
    result: str
    nodes: tuple[tuple[str, int, int], ...]
    readers: tuple[Reader, ...]
    digits: int

    def texts(self, recording: Recording) -> list[str]:
        """Return the text in each place."""
        return [write_figure(read(recording), self.digits) for read in self.readers]


def make_scene(recording: Recording, look: Look, known: Mapping[int, str]) -> Scene:
    """Return the picture of a graph.

    Raises:
        DrawingError: there are more boxes than the limit, or the layout fails.
    """
    copied, names = recording.copy(known)
    picture = build_picture(
        copied, show=_SHOWN, digits=look.digits, direction=look.direction, limit=look.limit, known=names
    )
    nodes = {f"n{position}": (position - 1, node) for position, node in enumerate(recording.order, 1)}
    edges = [_place_of(edge, place, nodes) for edge, place in zip(picture.edges, _operands(picture), strict=True)]
    roomy = _with_room(picture, nodes, [reader is not None for reader in edges], look.digits)
    layout = lay_out(roomy)
    root = ElementTree.fromstring(write_svg(roomy, layout, _variables()))
    readers = _mark_edges(root, roomy, layout, edges)
    rows = _mark_boxes(root, picture, nodes, readers)
    return Scene(
        _finish(root, picture), picture.title.removeprefix("Computation graph of "), rows, tuple(readers), look.digits
    )


def _operands(picture: Picture) -> list[int]:
    """Return which operand of its result each edge comes from, from 0."""
    seen: dict[str, int] = defaultdict(int)
    places = []
    for edge in picture.edges:
        places.append(seen[edge.head])
        seen[edge.head] += 1
    return places


def _place_of(edge: Edge, place: int, nodes: Mapping[str, tuple[int, Value]]) -> Reader | None:
    """Return how the local derivative on an edge is read; None where it always stays the same."""
    position, node = nodes[edge.head]
    if not edge.label or constant_partial(node, place):
        return None
    return lambda recording: recording.order[position].partials[place]


def _with_room(picture: Picture, nodes: Mapping[str, tuple[int, Value]], moves: list[bool], digits: int) -> Picture:
    """Return the picture with a wide number in each place, and without numbers in what a pointer or reader finds."""
    widest = write_figure(_WIDEST, digits)
    boxes = []
    for box in picture.boxes:
        rows = tuple(replace(row, text=widest) if box.key in nodes else row for row in box.rows)
        words = _describe(box, nodes[box.key][1]) if box.key in nodes else box.description
        boxes.append(replace(box, rows=rows, name=harmless(box.name), description=words))
    edges = [
        replace(edge, label=widest if moving else edge.label, description="")
        for edge, moving in zip(picture.edges, moves, strict=True)
    ]
    return replace(picture, boxes=tuple(boxes), edges=tuple(edges))


def _describe(box: Box, node: Value) -> str:
    name = shorten(harmless(node.label), _LONGEST_TITLE) or box.name
    return f"{name} ({node.op.name})" if node.op else name


def _mark_edges(
    root: ElementTree.Element, picture: Picture, layout: Layout, found: list[Reader | None]
) -> list[Reader]:
    """Give each label that moves its place; return how they are read."""
    labels = (text for text in root.iter(f"{_NAMESPACE}text") if "local" in text.get("class", "").split())
    readers: list[Reader] = []
    for edge, route, reader in zip(picture.edges, layout.routes, found, strict=True):
        label = next(labels) if edge.label and route.label else None
        if label is not None and reader is not None:
            label.set("data-number", str(len(readers)))
            readers.append(reader)
    return readers


def _mark_boxes(
    root: ElementTree.Element, picture: Picture, nodes: Mapping[str, tuple[int, Value]], readers: list[Reader]
) -> tuple[tuple[str, int, int], ...]:
    """Give each figure in the boxes its place, and add how it is read."""
    groups = {group.get("data-node", ""): group for group in root.iter(f"{_NAMESPACE}g")}
    rows = []
    for box in picture.boxes:
        if box.key in nodes:
            position = nodes[box.key][0]
            for role, reader in (("value", _value(position)), ("grad", _gradient(position))):
                text = next(each for each in groups[box.key].iter(f"{_NAMESPACE}text") if each.get("class") == role)
                text.set("data-number", str(len(readers)))
                readers.append(reader)
            rows.append((harmless(box.name), len(readers) - 2, len(readers) - 1))
    return tuple(rows)


def _value(position: int) -> Reader:
    return lambda recording: recording.order[position].data


def _gradient(position: int) -> Reader:
    return lambda recording: recording.gradients[position]


def _finish(root: ElementTree.Element, picture: Picture) -> str:
    root.attrib.pop("style", None)
    counts = f"{len(picture.boxes)} boxes, {len(picture.edges)} edges"
    root.set("aria-label", f"{picture.title}: {counts}; all numbers are in the table below")
    for title in root.findall(f"{_NAMESPACE}title"):
        root.remove(title)  # a tooltip over the whole picture would hide those of its boxes
    ElementTree.register_namespace("", _NAMESPACE[1:-1])
    return ElementTree.tostring(root, encoding="unicode").replace("\n", "")


def _variables() -> Theme:
    """Return a theme whose colours are CSS variables."""
    names = re.findall(r"--([\w-]+):", write_variables(LIGHT))
    return replace(LIGHT, **{name.replace("-", "_"): f"var(--{name})" for name in names})
