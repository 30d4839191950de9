"""The picture on a page: the one that ``mg.draw`` makes, with room for every number that the page will show.

The SVG is laid out once and drawn for a page with scripts and two themes: its colours are CSS variables. The picture of
a step page stands in its final state; that of ``explore`` has a numbered place for each text that follows the sliders.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from xml.etree import ElementTree

from microgradnet.derivation.chain import constant_partial
from microgradnet.drawing.bands import wrap
from microgradnet.drawing.graph_picture import build_picture
from microgradnet.drawing.layout import Route, lay_out
from microgradnet.drawing.pages.steps import Numbers, harmless, isolate
from microgradnet.drawing.pages.trace import Snapshot, Trace
from microgradnet.drawing.picture import LIGHT, Box, Edge, Picture, Theme, width
from microgradnet.drawing.svg import draw_svg, number
from microgradnet.figures import write_figure
from microgradnet.text import shorten
from microgradnet.value import Constant, Value

SHOWN = ("value", "grad", "local", "scope")
_LOOKS = (
    "direction", "fill", "font-family", "font-size", "font-style", "font-weight", "opacity", "paint-order", "stroke",
    "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor",
)  # fmt: skip
_LENGTHS = ("font-size", "stroke-width")
_WIDEST = -1.23456789123456789e-45  # no number is much wider at the same digits
_LONGEST_TITLE = 200  # characters
_ASPECT = 1.5  # of the part of a page that shows the picture
_HEAD = 7.0, 2.8  # length and half the width of the head of an arrow, in points


def write_variables(theme: Theme) -> str:
    """Return the colours of a theme as declarations of CSS variables."""
    return "".join(f"--{_variable(name)}:{colour};" for name, colour in _colours(theme).items())


def _colours(theme: Theme) -> dict[str, str]:
    colours = {field.name: str(getattr(theme, field.name)) for field in fields(Theme)}
    return {name: colour for name, colour in colours.items() if re.fullmatch(r"#[0-9a-fA-F]{3,8}", colour)}


def _variable(name: str) -> str:
    return name.replace("_", "-")


class _PageSvg:
    """The SVG of a picture with room for its numbers, in colours that are CSS variables.

    Arguments:
        roomy: the picture with the widest text in each place.
    """

    def __init__(self, roomy: Picture) -> None:
        layout = self.layout = wrap(roomy, lay_out(roomy), _ASPECT)
        variables = {name: f"var(--{_variable(name)})" for name in _colours(LIGHT)}
        self.root = draw_svg(roomy, layout, replace(LIGHT, **variables))
        self.root.attrib.pop("style", None)
        self.groups = [*self.root.iter("g")]
        self.edges = [group for group in self.groups if group.get("data-edge")]
        self.boxes = {group.get("data-node", ""): group for group in self.groups if group.get("data-node")}
        drawn = [place for place, edge in enumerate(roomy.edges) if edge.label and layout.routes[place].label]
        texts = (text for text in self.root.iter("text") if "local" in text.get("class", "").split())
        self.labels = dict(zip(drawn, texts, strict=True))  # by the place of the edge

    def row(self, key: str, role: str) -> ElementTree.Element | None:
        """Return the figure of a box that shows its value or gradient."""
        return next((text for text in self.boxes[key].iter("text") if text.get("class") == role), None)

    def text(self) -> str:
        """Return the element as text on one line."""
        return ElementTree.tostring(self.root, encoding="unicode").replace("\n", "").replace(" />", "/>")


def _drop_titles(group: ElementTree.Element) -> None:
    for child in group.findall("title"):
        group.remove(child)


@dataclass(frozen=True, slots=True)
class StepScene:
    """The picture of a step page.

    Arguments:
        svg: the text of its element.
        css: the rules that its classes need.
        names: of the nodes, by position; empty for a constant.
        keys: of the boxes of the nodes, by position; empty for a constant.
        deltas: the other names of gradients, by position.
        edges: of each node, the numbers of its edges in the picture, in the order of its operands.
    """

    svg: str
    css: str
    names: tuple[str, ...]
    keys: tuple[str, ...]
    deltas: dict[int, str]
    edges: dict[int, tuple[int, ...]]


def make_step_scene(trace: Trace, numbers: Numbers, digits: int, direction: str, limit: int) -> StepScene:
    """Return the picture of a trace.

    Raises:
        DrawingError: the graph has more boxes than ``limit``, or the layout fails.
    """
    picture = build_picture(trace.loss, show=SHOWN, digits=digits, direction=direction, limit=limit)
    boxes = {box.key: box for box in picture.boxes}
    found = [boxes.get(f"n{position}") for position in range(1, len(trace.order) + 1)]
    page = _PageSvg(_with_running_numbers(picture, trace, numbers))
    for place, text in page.labels.items():
        text.set("data-of", str(place))
    for key, box in boxes.items():
        gradient = page.row(key, "grad")
        if gradient is not None:
            gradient.text = next(row.text for row in box.rows if row.role == "grad")
    for group in page.groups:
        # The page's script names each box by what is known of it, and the steps say each edge, with the formula.
        if group.get("data-edge") or group.get("data-node"):
            _drop_titles(group)
    for group, route in zip(page.edges, page.layout.routes, strict=True):
        group.insert(1, ElementTree.Element("path", {"class": "back", "d": _head_at_the_operand(route)}))
        group.insert(1, ElementTree.Element("path", {"class": "rest", "d": _rest(route), "stroke": "var(--rule)"}))
    page.root.set("role", "group")
    css = _classes(page.root)
    return StepScene(
        svg=page.text(),
        css=css,
        names=tuple(box.name if box else "" for box in found),
        keys=tuple(box.key if box else "" for box in found),
        deltas=dict(_deltas(found)),
        edges=_edges_of(picture, trace.order),
    )


def _head_at_the_operand(route: Route) -> str:
    """Return the head of an arrow at the start of an edge, for the backward pass."""
    tip, towards = route.curve[0], next((p for p in route.curve[1:] if p != route.curve[0]), route.tip)
    length = math.dist(tip, towards) or 1.0
    x, y = (towards[0] - tip[0]) / length, (towards[1] - tip[1]) / length
    base, half = (tip[0] + _HEAD[0] * x, tip[1] + _HEAD[0] * y), _HEAD[1]
    corners = (base[0] - half * y, base[1] + half * x), (base[0] + half * y, base[1] - half * x)
    return "M{},{}L{},{}L{},{}z".format(*(number(length) for point in (tip, *corners) for length in point))


def _rest(route: Route) -> str:
    """Return the end of an edge under the head of its arrow, which the backward pass has at the other end."""
    return "M{},{}L{},{}".format(*(number(length) for point in (route.curve[-1], route.tip) for length in point))


def _with_running_numbers(picture: Picture, trace: Trace, numbers: Numbers) -> Picture:
    """Return the picture with the widest of the numbers that each gradient is on the way in its place."""
    running = {f"n{position}": [0.0, node.grad] for position, node in enumerate(trace.order, 1)}
    for edge in trace.contributions:
        running[f"n{edge.operand + 1}"].append(edge.after)
    boxes = []
    for box in picture.boxes:
        texts = [numbers.text(number) for number in running.get(box.key, ())]
        widest = max(texts, key=lambda text: width(text, 1.0), default="")
        rows = tuple(replace(row, text=widest) if row.role == "grad" and widest else row for row in box.rows)
        boxes.append(replace(box, name=isolate(box.name), rows=rows))
    return replace(picture, boxes=tuple(boxes))


def _deltas(boxes: Sequence[Box | None]) -> Iterator[tuple[int, str]]:
    for position, box in enumerate(boxes):
        for row in box.rows if box else ():
            if row.role == "grad" and row.caption.startswith("delta"):
                yield position, row.caption


def _edges_of(picture: Picture, order: Sequence[Value]) -> dict[int, tuple[int, ...]]:
    """Return the numbers of the edges of each result, one for each operand; -1 for a constant, which has no edge."""
    places = _operands(picture, {f"n{position}": node for position, node in enumerate(order, 1)})
    found: dict[int, list[int]] = {}
    for drawn, (edge, place) in enumerate(zip(picture.edges, places, strict=True)):
        position = int(edge.head[1:]) - 1
        found.setdefault(position, [-1] * len(order[position].inputs))[place] = drawn
    return {position: tuple(numbers) for position, numbers in found.items()}


def _classes(root: ElementTree.Element) -> str:
    """Turn attributes that say how an element looks into classes; return their rules."""
    rules: dict[str, str] = {}
    for element in root.iter():
        looks = {name: element.attrib.pop(name) for name in _LOOKS if name in element.attrib}
        if looks:
            rule = ";".join(f"{name}:{look}{'px' * (name in _LENGTHS)}" for name, look in looks.items())
            name = rules.setdefault(rule, f"p{len(rules)}")
            element.set("class", " ".join(filter(None, [element.get("class", ""), name])))
    return "\n".join(f".{name}{{{rule}}}" for rule, name in rules.items())


Reader = Callable[[Snapshot], float]


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture that follows sliders is drawn: see :func:`microgradnet.drawing.pages.explore`."""

    digits: int
    direction: str
    limit: int


@dataclass(frozen=True, slots=True)
class LiveScene:
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

    def texts(self, recording: Snapshot) -> list[str]:
        """Return the text in each place."""
        return [write_figure(read(recording), self.digits) for read in self.readers]


def make_live_scene(recording: Snapshot, look: Look, known: Mapping[int, str]) -> LiveScene:
    """Return the picture of a graph.

    Raises:
        DrawingError: there are more boxes than the limit, or the layout fails.
    """
    copied, names = recording.copy(known)
    picture = build_picture(
        copied, show=SHOWN, digits=look.digits, direction=look.direction, limit=look.limit, known=names
    )
    nodes = {f"n{position}": (position - 1, node) for position, node in enumerate(recording.order, 1)}
    places = _operands(picture, {key: node for key, (_, node) in nodes.items()})
    moving = [_reader_of(edge, place, nodes) for edge, place in zip(picture.edges, places, strict=True)]
    page = _PageSvg(_with_wide_numbers(picture, nodes, [reader is not None for reader in moving], look.digits))
    readers: list[Reader] = []

    def follow(text: ElementTree.Element | None, reader: Reader) -> None:
        if text is not None:
            text.set("data-number", str(len(readers)))
            readers.append(reader)

    for place, text in page.labels.items():
        reader = moving[place]
        if reader is not None:
            follow(text, reader)
    rows = []
    for box in picture.boxes:
        if box.key in nodes:
            position = nodes[box.key][0]
            follow(page.row(box.key, "value"), _value(position))
            follow(page.row(box.key, "grad"), _gradient(position))
            rows.append((harmless(box.name), len(readers) - 2, len(readers) - 1))
    counts = f"{len(picture.boxes)} boxes, {len(picture.edges)} edges"
    page.root.set("aria-label", f"{picture.title}: {counts}; all numbers are in the table below")
    _drop_titles(page.root)  # a tooltip over the whole picture would hide those of its boxes
    result = picture.title.removeprefix("Computation graph of ")
    return LiveScene(page.text(), result, tuple(rows), tuple(readers), look.digits)


def _operands(picture: Picture, nodes: Mapping[str, Value]) -> list[int]:
    """Return which operand of its result each edge comes from, from 0; constants have no edge."""
    left: dict[str, list[int]] = {}
    for key, node in nodes.items():
        left[key] = [place for place, operand in enumerate(node.inputs) if not isinstance(operand, Constant)]
    return [left[edge.head].pop(0) for edge in picture.edges]


def _reader_of(edge: Edge, place: int, nodes: Mapping[str, tuple[int, Value]]) -> Reader | None:
    """Return how the local derivative on an edge is read; None where it always stays the same."""
    position, node = nodes[edge.head]
    if not edge.label or constant_partial(node, place):
        return None
    return lambda recording: recording.order[position].partials[place]


def _with_wide_numbers(
    picture: Picture, nodes: Mapping[str, tuple[int, Value]], moves: list[bool], digits: int
) -> Picture:
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


def _value(position: int) -> Reader:
    return lambda recording: recording.order[position].data


def _gradient(position: int) -> Reader:
    return lambda recording: recording.gradients[position]
