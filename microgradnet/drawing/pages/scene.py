"""The picture on a page: the one that ``mg.draw`` makes, with room for every number that the page will show.

The SVG is laid out once and drawn for a page with scripts and two themes: its colours are CSS variables. The picture of
a step page stands in its final state; that of ``explore`` has a numbered place for each text that follows the sliders.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

from microgradnet.derivation.chain import constant_partial
from microgradnet.drawing.bands import wrap
from microgradnet.drawing.graph_picture import GraphSource, picture_of
from microgradnet.drawing.html import colours_of, css_variable
from microgradnet.drawing.layout import Route, lay_out
from microgradnet.drawing.pages.steps import Numbers, harmless, isolate
from microgradnet.drawing.pages.trace import Snapshot, Trace
from microgradnet.drawing.picture import AUTO, LIGHT, NAME_LIMIT, OPERATIONS, SUMS, Box, Picture, width
from microgradnet.drawing.svg import draw_svg, number
from microgradnet.figures import write_figure
from microgradnet.graph import topological
from microgradnet.names import delta
from microgradnet.text import clean, shorten
from microgradnet.value import Constant, Value

SHOWN = ("value", "grad", "local", "scope")
_LOOKS = (
    "direction", "fill", "font-family", "font-size", "font-style", "font-weight", "opacity", "paint-order", "stroke",
    "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor",
)  # fmt: skip
_LENGTHS = ("font-size", "stroke-width")
_WIDEST = -1.23456789123456789e-45  # no number is much wider at the same digits
_LONGEST_TITLE = 200  # characters
_MOST_OPERATIONS = 60  # boxes: of a graph with more, detail="auto" shows the sums
_ASPECT = 1.5  # of the part of a page that shows the picture
_HEAD = 7.0, 2.8  # length and half the width of the head of an arrow, in points


class _PageSvg:
    """The SVG of a picture with room for its numbers, in colours that are CSS variables.

    Arguments:
        roomy: the picture with the widest text in each place.
    """

    def __init__(self, roomy: Picture) -> None:
        layout = self.layout = wrap(roomy, lay_out(roomy), _ASPECT)
        variables = {name: f"var(--{css_variable(name)})" for name in colours_of(LIGHT)}
        self.root = draw_svg(roomy, layout, replace(LIGHT, **variables))
        self.root.attrib.pop("style", None)
        self.groups = [*self.root.iter("g")]
        self.edges = [group for group in self.groups if group.get("data-edge")]
        self._boxes = {group.get("data-node", ""): group for group in self.groups if group.get("data-node")}
        texts = (text for text in self.root.iter("text") if "local" in text.get("class", "").split())
        self.labels = {  # by the place of the edge, its lines
            place: [next(texts) for _ in edge.label.split("\n")]
            for place, edge in enumerate(roomy.edges)
            if edge.label and layout.routes[place].label
        }

    def rows(self, box: Box) -> list[ElementTree.Element]:
        """Return the figures of a box, one for each of its rows."""
        texts = [text for text in self._boxes[box.key].iter("text") if text.get("class") not in ("name", "operation")]
        return texts[1::2]  # each after its caption

    def text(self) -> str:
        """Return the element as text on one line."""
        return ElementTree.tostring(self.root, encoding="unicode").replace("\n", "").replace(" />", "/>")


Template = tuple[str, ...]  # words, the source of a number, words, the source of a number, words, ...
_TAG = re.compile(r"([12])(\d{9})")
_TAGS = {"1": "v", "2": "g"}
_EXACT = 17  # digits


@dataclass(frozen=True, slots=True)
class _Followed:
    """A picture, and where each of its figures is from.

    Arguments:
        picture: the picture.
        rows: for each box by its key, the template of each row.
        labels: for each edge, the template of each line of its label; empty for an edge without one.
        ends: for each node by position, the key of the box that it is in.
        edges: for each result by position, the number of the edge from each of its operands; -1 where there is none.
    """

    picture: Picture
    rows: dict[str, list[Template]]
    labels: list[list[Template]]
    ends: list[str]
    edges: dict[int, list[int]]

    @property
    def members(self) -> dict[str, list[int]]:
        """The positions of the nodes in each box, by its key."""
        members: dict[str, list[int]] = {box.key: [] for box in self.picture.boxes}
        for position, key in enumerate(self.ends):
            if key in members:
                members[key].append(position)
        return members


def _follow(loss: Value, detail: str, direction: str, known: Mapping[int, str], options: dict[str, Any]) -> _Followed:
    """Return a picture and its templates. They are read from a second picture, of tags in place of numbers."""
    order, copied = topological(loss), topological(deepcopy(loss))
    names = {id(copy): known[id(node)] for node, copy in zip(order, copied, strict=True) if id(node) in known}
    for position, copy in enumerate(copied):
        if not isinstance(copy, Constant):
            copy.data, copy.grad = 1e9 + position, 2e9 + position
    source = GraphSource(loss, detail=detail, known=known, repeats=len(order), **options)
    tagged = GraphSource(copied[-1], detail=detail, known=names, repeats=len(order), **(options | {"digits": _EXACT}))
    picture, tags = picture_of(source, direction), picture_of(tagged, direction)
    ends = [source.end(node) for node in order]
    edges = _edges_of(picture, order, ends)
    slopes = {number: f"s{result}.{place}" for result, each in edges.items() for place, number in enumerate(each)}
    single = {f"n{position}" for position in range(1, len(order) + 1)}

    def template(tagged: str, text: str) -> Template:
        return _template(tagged, text, order, options["digits"])

    labels: list[list[Template]] = [
        []
        if not edge.label
        else [("", slopes[place], "")]
        if not edge.merged and {edge.tail, edge.head} <= single
        else list(map(template, tag.label.split("\n"), edge.label.split("\n")))
        for place, (edge, tag) in enumerate(zip(picture.edges, tags.edges, strict=True))
    ]
    rows = {
        box.key: [template(row.text, real.text) for row, real in zip(box.rows, shown.rows, strict=True)]
        for box, shown in zip(tags.boxes, picture.boxes, strict=True)
    }
    return _Followed(picture, rows, labels, ends, edges)


def _template(tagged: str, text: str, order: Sequence[Value], digits: int) -> Template:
    """Return the template of a text; the text alone where the tags in it do not give it back, as in a constant."""
    words = _TAG.split(tagged)
    sources = [f"{_TAGS[kind]}{int(position)}" for kind, position in zip(words[1::3], words[2::3], strict=True)]
    literals = words[::3]
    template = (*(part for pair in zip(literals, sources, strict=False) for part in pair), literals[-1])

    def figure(source: str) -> str:
        position = int(source[1:])
        if position >= len(order) or isinstance(order[position], Constant):  # a number that only looks like a tag
            return ""
        return write_figure(order[position].data if source[0] == "v" else order[position].grad, digits)

    return template if _fill(template, figure) == text else (text,)


def _fill(template: Template, figure: Callable[[str], str]) -> str:
    """Return the text of a template with these figures."""
    return "".join(figure(part) if place % 2 else part for place, part in enumerate(template))


def _edges_of(picture: Picture, order: Sequence[Value], ends: Sequence[str]) -> dict[int, list[int]]:
    """Return the numbers of the edges of each result, one for each operand; -1 for a constant, or inside of a box."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for drawn, edge in enumerate(picture.edges):
        numbers.setdefault((edge.tail, edge.head), []).append(drawn)
    position = {id(node): place for place, node in enumerate(order)}
    found: dict[int, list[int]] = {}
    for place, node in enumerate(order):
        for operand in node.inputs:
            alike = numbers.get((ends[position[id(operand)]], ends[place]), [-1])
            alike = [-1] if isinstance(operand, Constant) else alike
            found.setdefault(place, []).append(alike.pop(0) if len(alike) > 1 else alike[0])
    return found


def _drop_titles(group: ElementTree.Element) -> None:
    for child in group.findall("title"):
        group.remove(child)


@dataclass(frozen=True, slots=True)
class StepScene:
    """The picture of a step page.

    Arguments:
        svg: the text of its element; one with ``data-text="|v3|"`` shows what its template says.
        css: the rules that its classes need.
        names: of the nodes, by position; empty for a constant.
        boxes: of each box its key, the position of the node that it is about, and those of all that are in it.
        deltas: the other names of gradients, by position.
        edges: of each result, the numbers of its edges in the picture, in the order of its operands.
    """

    svg: str
    css: str
    names: tuple[str, ...]
    boxes: tuple[tuple[str, int, list[int]], ...]
    deltas: dict[int, str]
    edges: dict[int, list[int]]


def make_step_scene(trace: Trace, numbers: Numbers, look: Look) -> StepScene:
    """Return the picture of a trace.

    Raises:
        DrawingError: the graph has more boxes than the limit, or the layout fails.
    """
    options = {"show": SHOWN, "digits": look.digits, "limit": look.limit}
    followed = _follow(trace.loss, look.detail_of(trace.order), look.direction, {}, options)
    picture = followed.picture
    page = _PageSvg(_with_running_numbers(followed, trace, numbers))
    for box in picture.boxes:
        for text, row, template in zip(page.rows(box), box.rows, followed.rows[box.key], strict=True):
            _mark(text, row.text, template)
    for place, texts in page.labels.items():
        lines = picture.edges[place].label.split("\n")
        for text, line, template in zip(texts, lines, followed.labels[place], strict=True):
            _mark(text, line, template)
            text.set("data-of", str(place))
    for group in page.groups:
        # The page's script names each box by what is known of it, and the steps say each edge, with the formula.
        if group.get("data-edge") or group.get("data-node"):
            _drop_titles(group)
    for group, route in zip(page.edges, page.layout.routes, strict=True):
        group.insert(1, ElementTree.Element("path", {"class": "back", "d": _head_at_the_operand(route)}))
        group.insert(1, ElementTree.Element("path", {"class": "rest", "d": _rest(route), "stroke": "var(--rule)"}))
    page.root.set("role", "group")
    css = _classes(page.root)
    members = followed.members
    variable = [(place, node) for place, node in enumerate(trace.order) if f"n{place + 1}" in members or node.inputs]
    variable += [(place, trace.order[place]) for place in trace.leaves]
    return StepScene(
        svg=page.text(),
        css=css,
        names=tuple(_names_of(trace, dict(variable))),
        boxes=tuple((box.key, members[box.key][-1], members[box.key]) for box in picture.boxes),
        deltas={place: delta(clean(node.label)) for place, node in variable if delta(clean(node.label))},
        edges=followed.edges,
    )


def _names_of(trace: Trace, known: Mapping[int, Value]) -> Iterator[str]:
    for position, node in enumerate(trace.order):
        name = trace.names.text(node) if position in known else ""
        yield name if len(name) <= NAME_LIMIT else shorten(name, NAME_LIMIT)


def _mark(text: ElementTree.Element, final: str, template: Template) -> None:
    """Note on a text where its numbers are from; until a script runs, it shows the final ones."""
    text.text = final
    if len(template) > 1:
        text.set("data-text", "|".join(template))


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


def _with_running_numbers(followed: _Followed, trace: Trace, numbers: Numbers) -> Picture:
    """Return the picture with the widest of the numbers that each gradient is on the way in its place."""
    running = {f"g{position}": [0.0, node.grad] for position, node in enumerate(trace.order)}
    for edge in trace.contributions:
        running[f"g{edge.operand}"].append(edge.after)

    def widest(source: str) -> str:
        return max(
            map(numbers.text, running.get(source) or [number_at(trace, source)]), key=lambda text: width(text, 1.0)
        )

    boxes = []
    for box in followed.picture.boxes:
        pairs = zip(box.rows, followed.rows[box.key], strict=True)
        rows = tuple(replace(row, text=_fill(each, widest)) if len(each) > 1 else row for row, each in pairs)
        boxes.append(replace(box, name=isolate(box.name), rows=rows))
    edges = [
        replace(edge, label="\n".join(_fill(line, widest) for line in lines))
        for edge, lines in zip(followed.picture.edges, followed.labels, strict=True)
    ]
    return replace(followed.picture, boxes=tuple(boxes), edges=tuple(edges))


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


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture on a page is drawn: see :func:`microgradnet.drawing.pages.explore`."""

    digits: int
    direction: str
    limit: int
    detail: str = OPERATIONS

    def detail_of(self, order: Sequence[Value]) -> str:
        """Return the level of detail: of ``"auto"``, operations where they are few enough to be followed."""
        if self.detail != AUTO:
            return self.detail
        drawn = sum(not isinstance(node, Constant) for node in order)
        return OPERATIONS if drawn <= _MOST_OPERATIONS else SUMS


@dataclass(frozen=True, slots=True)
class LiveScene:
    """The picture of one structure.

    Arguments:
        svg: its text; an element with ``data-number="3"`` shows the text in place 3.
        result: what the result is called.
        nodes: of each box with numbers its name, and the places of its value and its gradient.
        templates: for each place, the template of its text.
        digits: significant digits.
    """

    svg: str
    result: str
    nodes: tuple[tuple[str, int, int], ...]
    templates: tuple[Template, ...]
    digits: int

    def texts(self, recording: Snapshot) -> list[str]:
        """Return the text in each place."""

        def figure(source: str) -> str:
            return write_figure(number_at(recording, source), self.digits)

        return [_fill(template, figure) for template in self.templates]


def number_at(graph: Trace | Snapshot, source: str) -> float:
    """Return the number that a source of a picture names: a value, a gradient or a local derivative."""
    position, _, place = source[1:].partition(".")
    node = graph.order[int(position)]
    if source[0] == "s":
        return node.partials[int(place)]
    if source[0] == "v":
        return node.data
    return graph.gradients[int(position)] if isinstance(graph, Snapshot) else node.grad


def make_live_scene(recording: Snapshot, look: Look, known: Mapping[int, str]) -> LiveScene:
    """Return the picture of a graph.

    Raises:
        DrawingError: there are more boxes than the limit, or the layout fails.
    """
    copied, names = recording.copy(known)
    options = {"show": SHOWN, "digits": look.digits, "limit": look.limit}
    followed = _follow(copied, look.detail_of(recording.order), look.direction, names, options)
    picture = followed.picture
    fixed = {
        number
        for result, numbers in followed.edges.items()
        for place, number in enumerate(numbers)
        if number >= 0 and ("", f"s{result}.{place}", "") in followed.labels[number]
        if constant_partial(recording.order[result], place)
    }
    page = _PageSvg(_with_wide_numbers(followed, recording, fixed, write_figure(_WIDEST, look.digits)))
    rows, templates = _number_places(page, followed, fixed)
    counts = f"{len(picture.boxes)} boxes, {len(picture.edges)} edges"
    page.root.set("aria-label", f"{picture.title}: {counts}; all numbers are in the table below")
    _drop_titles(page.root)  # a tooltip over the whole picture would hide those of its boxes
    result = picture.title.removeprefix("Computation graph of ")
    return LiveScene(page.text(), result, tuple(rows), tuple(templates), look.digits)


def _number_places(
    page: _PageSvg, followed: _Followed, fixed: set[int]
) -> tuple[list[tuple[str, int, int]], list[Template]]:
    """Mark the texts that follow with numbers; return the rows of the table, and the templates in order."""
    templates: list[Template] = []

    def follow(text: ElementTree.Element, template: Template) -> int | None:
        if len(template) < 2:  # words alone
            return None
        text.set("data-number", str(len(templates)))
        templates.append(template)
        return len(templates) - 1

    for place, texts in page.labels.items():
        for text, template in zip(texts, followed.labels[place], strict=True):
            if place not in fixed:
                follow(text, template)
    rows = []
    for box in followed.picture.boxes:
        places = [
            (row.role, number)
            for text, row, template in zip(page.rows(box), box.rows, followed.rows[box.key], strict=True)
            if (number := follow(text, template)) is not None
        ]
        found = dict(reversed(places))
        if {"value", "grad"} <= found.keys():
            rows.append((harmless(box.name), found["value"], found["grad"]))
    return rows, templates


def _with_wide_numbers(followed: _Followed, recording: Snapshot, fixed: set[int], widest: str) -> Picture:
    """Return the picture with a wide number in each place, and without numbers in what a pointer or reader finds."""
    boxes = []
    for box in followed.picture.boxes:
        pairs = zip(box.rows, followed.rows[box.key], strict=True)
        rows = tuple(replace(row, text=_fill(each, lambda _: widest)) if len(each) > 1 else row for row, each in pairs)
        words = _describe(box, recording.order[followed.members[box.key][-1]])
        boxes.append(replace(box, rows=rows, name=harmless(box.name), description=words))
    edges = []
    for place, (edge, lines) in enumerate(zip(followed.picture.edges, followed.labels, strict=True)):
        label = edge.label if place in fixed else "\n".join(_fill(line, lambda _: widest) for line in lines)
        edges.append(replace(edge, label=label, description=""))
    return replace(followed.picture, boxes=tuple(boxes), edges=tuple(edges))


def _describe(box: Box, node: Value) -> str:
    name = shorten(harmless(node.label), _LONGEST_TITLE) or box.name
    return f"{name} ({node.op.name})" if node.op else name
