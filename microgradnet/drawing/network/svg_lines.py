"""The line of a weight, and the label on it."""

from __future__ import annotations

from xml.etree import ElementTree

from microgradnet.drawing.network.columns import Wire
from microgradnet.drawing.network.geometry import around
from microgradnet.drawing.network.strokes import Stroke, Strokes
from microgradnet.drawing.network.svg_text import draw_lines
from microgradnet.drawing.network.wording import Wording, precise
from microgradnet.drawing.rectangle import Point
from microgradnet.drawing.svg_element import add, number
from microgradnet.drawing.theme import Theme


def draw_wire(body: ElementTree.Element, wire: Wire, wording: Wording, strokes: Strokes) -> None:
    """Add the line of a weight; the pointer over it shows the weight with more digits."""
    group = add(body, "g", css="weight")
    origin, goal = wire.names
    parameter = wire.parameter
    words = f"{parameter.name} = {precise(parameter.number)}, from {origin} to {goal}"
    if parameter.gradient is not None:
        words += f"; gradient {precise(parameter.gradient)}"
    add(group, "title").text = words
    draw_line(group, wire.line.start, wire.line.end, strokes.stroke(wording.strength(parameter)))


def draw_line(body: ElementTree.Element, start: Point, end: Point, stroke: Stroke) -> None:
    """Add a straight line."""
    dashes = {"stroke_dasharray": " ".join(map(number, stroke.dashes))} if stroke.dashes else {}
    places = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    add(body, "line", **places, stroke=stroke.colour, stroke_width=stroke.width, **dashes)


def draw_label(body: ElementTree.Element, wire: Wire, theme: Theme) -> None:
    """Add the label on a line, which is interrupted where it stands."""
    label = wire.label
    if label.texts:
        box = around(wire.centre, label.width, label.height)
        size = {"width": box.width, "height": box.height}
        add(body, "rect", x=box.left, y=box.top, **size, fill=theme.background, css="label")
        draw_lines(body, label.texts, wire.centre, theme)
