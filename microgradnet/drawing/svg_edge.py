"""One edge of an SVG: a curve, an arrow head, and the local derivative beside it."""

from __future__ import annotations

import math
from xml.etree import ElementTree

from microgradnet.drawing.lines import FADED, USUAL_WIDTH, dash_pattern, edge_colour, edge_width
from microgradnet.drawing.measure import LABEL_SIZE
from microgradnet.drawing.picture import Edge
from microgradnet.drawing.rectangle import Point
from microgradnet.drawing.route import Route
from microgradnet.drawing.svg_element import Style, add, add_text, number
from microgradnet.drawing.theme import Theme

_HALF_HEAD = 2.8  # half the width of an arrow head on a thin line, in points


def draw_edge(body: ElementTree.Element, edge: Edge, route: Route, theme: Theme) -> None:
    """Add the curve and the head of an edge."""
    colour, wide = edge_colour(edge, theme), edge_width(edge)
    classes = " ".join(filter(None, ["edge", "quiet" * edge.quiet, edge.emphasis]))
    group = add(body, "g", css=classes, data_edge=f"{edge.tail} {edge.head}", **faded(edge.emphasis))
    if edge.description:
        add(group, "title").text = edge.description
    pattern = " ".join(map(number, dash_pattern(edge)))
    dashes = {"stroke_dasharray": pattern} if pattern else {}
    thick = {"stroke_width": wide} if wide != USUAL_WIDTH else {}
    add(group, "path", d=_curve(route), fill="none", stroke=colour, **thick, **dashes)
    add(group, "path", d=_head(route, wide), fill=colour)


def draw_edge_label(body: ElementTree.Element, edge: Edge, route: Route, theme: Theme) -> None:
    """Add the local derivative beside an edge, with a rim of background so that lines behind don't cut it."""
    if edge.label and route.label:
        x, y = route.label
        off = 0.7 * max(0.0, edge.width - USUAL_WIDTH)  # a wide line
        x, y = (x + off, y) if route.is_upright else (x, y - off)
        rim: Style = {
            "stroke": theme.background,
            "stroke_width": 3.0,
            "paint_order": "stroke",
            "stroke_linejoin": "round",
        }
        style: Style = {"font_size": LABEL_SIZE, "fill": theme.text, "text_anchor": "middle", "css": "local"}
        add_text(body, edge.label, x, y + 0.35 * LABEL_SIZE, **style, **rim, **faded(edge.emphasis))


def faded(emphasis: str) -> Style:
    """Return the attributes of what a highlight leaves in the background."""
    return {"opacity": str(FADED)} if emphasis == "faint" else {}


def _write(point: Point) -> str:
    return f"{number(point[0])},{number(point[1])}"


def _curve(route: Route) -> str:
    start, *rest = route.curve
    return f"M{_write(start)}C{' '.join(map(_write, rest))}"


def _head(route: Route, wide: float) -> str:
    (base_x, base_y), (tip_x, tip_y) = route.base, route.tip
    length = math.hypot(tip_x - base_x, tip_y - base_y) or 1.0
    half = _HALF_HEAD + 0.65 * (wide - USUAL_WIDTH)
    across = (tip_y - base_y) / length * half, (base_x - tip_x) / length * half
    corners = (base_x + across[0], base_y + across[1]), (base_x - across[0], base_y - across[1])
    return f"M{_write(route.tip)}L{_write(corners[0])}L{_write(corners[1])}z"
