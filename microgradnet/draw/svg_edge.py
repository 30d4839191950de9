"""One edge of an SVG: a curve, an arrow head, and the local derivative beside it."""

from __future__ import annotations

import math
from xml.etree import ElementTree

from microgradnet.draw.layout import Route
from microgradnet.draw.measure import LABEL_SIZE
from microgradnet.draw.picture import Edge
from microgradnet.draw.rectangle import Point
from microgradnet.draw.svg_element import Style, add, add_text, number
from microgradnet.draw.theme import Theme

_HALF_HEAD = 2.8  # half the width of an arrow head, in points


def draw_edge(body: ElementTree.Element, edge: Edge, route: Route, theme: Theme) -> None:
    """Add the curve and the head of an edge."""
    colour = theme.muted if edge.quiet else theme.rule
    group = add(body, "g", css="edge quiet" if edge.quiet else "edge", data_edge=f"{edge.tail} {edge.head}")
    if edge.description:
        add(group, "title").text = edge.description
    dashes = {"stroke_dasharray": "3 2"} if edge.quiet else {}
    add(group, "path", d=_curve(route), fill="none", stroke=colour, **dashes)
    add(group, "path", d=_head(route), fill=colour)


def draw_edge_label(body: ElementTree.Element, edge: Edge, route: Route, theme: Theme) -> None:
    """Add the local derivative beside an edge, with a rim of background so that lines behind don't cut it."""
    if edge.label and route.label:
        x, y = route.label
        rim: Style = {
            "stroke": theme.background,
            "stroke_width": 3.0,
            "paint_order": "stroke",
            "stroke_linejoin": "round",
        }
        style: Style = {"font_size": LABEL_SIZE, "fill": theme.text, "text_anchor": "middle", "css": "local"}
        add_text(body, edge.label, x, y + 0.35 * LABEL_SIZE, **style, **rim)


def _write(point: Point) -> str:
    return f"{number(point[0])},{number(point[1])}"


def _curve(route: Route) -> str:
    start, *rest = route.curve
    return f"M{_write(start)}C{' '.join(map(_write, rest))}"


def _head(route: Route) -> str:
    (base_x, base_y), (tip_x, tip_y) = route.curve[-1], route.tip
    length = math.hypot(tip_x - base_x, tip_y - base_y) or 1.0
    across = (tip_y - base_y) / length * _HALF_HEAD, (base_x - tip_x) / length * _HALF_HEAD
    corners = (base_x + across[0], base_y + across[1]), (base_x - across[0], base_y - across[1])
    return f"M{_write(route.tip)}L{_write(corners[0])}L{_write(corners[1])}z"
