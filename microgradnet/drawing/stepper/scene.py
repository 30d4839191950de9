"""The picture on the page: the one that ``mg.draw`` makes, with room for every number that the steps will show.

The SVG is rewritten for a page with scripts and two themes: colours become CSS variables, repeated attributes become
classes of the page's style sheet. It stands on the page in its final state.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from xml.etree import ElementTree

from microgradnet.drawing.build import build_picture
from microgradnet.drawing.layout import Layout, lay_out
from microgradnet.drawing.picture import Box, Picture
from microgradnet.drawing.stepper.parts import Numbers, isolate
from microgradnet.drawing.stepper.trace import Trace
from microgradnet.drawing.svg import write_svg
from microgradnet.drawing.text import width
from microgradnet.drawing.theme import LIGHT, Theme

SHOWN = ("value", "grad", "local", "scope")
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_LOOKS = (
    "direction", "fill", "font-family", "font-size", "font-style", "font-weight", "opacity", "paint-order", "stroke",
    "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-opacity", "stroke-width", "text-anchor",
)  # fmt: skip
_LENGTHS = ("font-size", "stroke-width")


@dataclass(frozen=True, slots=True)
class Scene:
    """The picture of a page.

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


def make_scene(trace: Trace, numbers: Numbers, digits: int, direction: str, limit: int) -> Scene:
    """Return the picture of a trace.

    Raises:
        DrawingError: the graph has more boxes than ``limit``, or the layout fails.
    """
    picture = build_picture(trace.loss, show=SHOWN, digits=digits, direction=direction, limit=limit)
    boxes = {box.key: box for box in picture.boxes}
    found = [boxes.get(f"n{position}") for position in range(1, len(trace.order) + 1)]
    roomy = _with_room(picture, _running(trace), numbers)
    svg, css = _rewrite(roomy, lay_out(roomy), picture)
    return Scene(
        svg=svg,
        css=css,
        names=tuple(box.name if box else "" for box in found),
        keys=tuple(box.key if box else "" for box in found),
        deltas=dict(_deltas(found)),
        edges=_edges_of(picture),
    )


def _deltas(boxes: Sequence[Box | None]) -> list[tuple[int, str]]:
    rows = [(position, row) for position, box in enumerate(boxes) if box for row in box.rows if row.role == "grad"]
    return [(position, row.caption) for position, row in rows if row.caption.startswith("delta")]


def _edges_of(picture: Picture) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for number, edge in enumerate(picture.edges):
        position = int(edge.head[1:]) - 1
        found[position] = (*found.get(position, ()), number)
    return found


def _running(trace: Trace) -> dict[str, list[float]]:
    """Return, by the key of a box, every number that its gradient is on the way."""
    running = {f"n{position}": [0.0, node.grad] for position, node in enumerate(trace.order, 1)}
    for edge in trace.contributions:
        running[f"n{edge.operand + 1}"].append(edge.after)
    return running


def _with_room(picture: Picture, running: dict[str, list[float]], numbers: Numbers) -> Picture:
    """Return the picture with the widest of its running numbers in place of each gradient."""
    boxes = []
    for box in picture.boxes:
        texts = [numbers.text(number) for number in running.get(box.key, ())]
        widest = max(texts, key=lambda text: width(text, 1.0), default="")
        rows = tuple(replace(row, text=widest) if row.role == "grad" and widest else row for row in box.rows)
        boxes.append(replace(box, name=isolate(box.name), rows=rows))
    return replace(picture, boxes=tuple(boxes))


def _variables() -> Theme:
    """Return a theme whose colours are CSS variables."""
    colours = {field.name: getattr(LIGHT, field.name) for field in fields(Theme)}
    named = {name: f"var(--{name.replace('_', '-')})" for name, colour in colours.items() if _is_colour(colour)}
    return replace(LIGHT, **named)


def write_variables(theme: Theme) -> str:
    """Return the colours of a theme as declarations of CSS variables."""
    colours = {field.name: getattr(theme, field.name) for field in fields(Theme)}
    return "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in colours.items() if _is_colour(colour))


def _is_colour(colour: object) -> bool:
    return isinstance(colour, str) and re.fullmatch(r"#[0-9a-fA-F]{3,8}", colour) is not None


def _rewrite(roomy: Picture, layout: Layout, picture: Picture) -> tuple[str, str]:
    """Return the SVG of a picture with final numbers in boxes with room, and the rules of its classes."""
    root = ElementTree.fromstring(write_svg(roomy, layout, _variables()))
    root.attrib.pop("style", None)
    root.set("role", "group")
    _connect_labels(root, roomy, layout)
    final = {box.key: box for box in picture.boxes}
    for group in root.iter(f"{_NAMESPACE}g"):
        if group.get("data-node") in final:
            _finish_box(group, final[group.get("data-node", "")])
        if "edge" in group.get("class", "").split():
            _drop(group, "title")  # the steps say it, with the formula
    css = _classes(root)
    ElementTree.register_namespace("", _NAMESPACE[1:-1])
    text = ElementTree.tostring(root, encoding="unicode")
    return text.replace("\n", "").replace(" />", "/>"), css


def _finish_box(group: ElementTree.Element, box: Box) -> None:
    gradient = next((row.text for row in box.rows if row.role == "grad"), "")
    for text in group.iter(f"{_NAMESPACE}text"):
        if "grad" in text.get("class", "").split():
            text.text = gradient
    if box.kind != "constant":
        _drop(group, "title")  # the page's script names each box by what is known of it


def _connect_labels(root: ElementTree.Element, picture: Picture, layout: Layout) -> None:
    """Tell each label of an edge which edge it belongs to."""
    labels = [text for text in root.iter(f"{_NAMESPACE}text") if "local" in text.get("class", "").split()]
    routed = enumerate(zip(picture.edges, layout.routes, strict=True))
    numbered = [number for number, (edge, route) in routed if edge.label and route.label]
    if len(labels) == len(numbered):
        for text, number in zip(labels, numbered, strict=True):
            text.set("data-of", str(number))


def _drop(group: ElementTree.Element, tag: str) -> None:
    for child in group.findall(f"{_NAMESPACE}{tag}"):
        group.remove(child)


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
