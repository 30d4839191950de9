"""A column: its title, its circles with what stands in and around them, and the activation's curve under them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from microgradnet.drawing.network.columns import Layout, Place
from microgradnet.drawing.network.content import Column, Unit
from microgradnet.drawing.network.svg_text import draw_lines
from microgradnet.drawing.network.wording import INSIDE_SIZE, LABEL_SIZE, NAME_SIZE, Cell, Text, Wording, precise
from microgradnet.drawing.rectangle import Point
from microgradnet.drawing.svg_element import Style, add, number
from microgradnet.drawing.theme import Theme

TITLE_SIZE, TITLE_ABOVE = 13.0, 14.0
_FOOTER_LINE = 15.0
_CURVE = 44.0, 26.0
_DOT, _BETWEEN_DOTS = 1.8, 9.0


def footer_height(column: Column, wording: Wording) -> float:
    """Return how much room a column needs under its circles, with a little space."""
    lines = _FOOTER_LINE * len(wording.footer(column))
    return lines + (_CURVE[1] + 8.0 if column.curve else 0.0) + (10.0 if lines or column.curve else 4.0)


def draw_column(body: ElementTree.Element, place: Place, layout: Layout, wording: Wording, theme: Theme) -> None:
    """Add all of a column but its lines."""
    group = add(body, "g", css="column")
    draw_title(group, place.column.title, (place.x, layout.top - TITLE_ABOVE), theme)
    for unit, cell, y in zip(place.column.units, place.cells, place.ys, strict=True):
        _draw_unit(group, unit, cell, (place.x, y), layout.radius, theme)
    if place.dots is not None:
        for step in (-1, 0, 1):
            add(group, "circle", cx=place.x, cy=place.dots + step * _BETWEEN_DOTS, r=_DOT, fill=theme.rule)
    y = layout.bottom + 12.0
    footer = wording.footer(place.column)
    for text in footer:
        draw_lines(group, [text], (place.x, y), theme, size=LABEL_SIZE)
        y += _FOOTER_LINE
    if place.column.curve:
        _draw_curve(group, place.column.curve, (place.x, y), theme)


def draw_title(body: ElementTree.Element, title: str, centre: Point, theme: Theme) -> None:
    """Add the title above a column."""
    draw_lines(body, [Text(title, "title")], centre, theme, size=TITLE_SIZE)


def _draw_unit(body: ElementTree.Element, unit: Unit, cell: Cell, centre: Point, radius: float, theme: Theme) -> None:
    x, y = centre
    group = add(body, "g", css="neuron" if unit.weights else "input")
    add(group, "title").text = _in_words(unit)
    fill = theme.box if unit.weights else theme.symbol
    add(group, "circle", cx=x, cy=y, r=radius, fill=fill, stroke=theme.rule, stroke_width=1.4)
    draw_lines(group, cell.inside, centre, theme, size=INSIDE_SIZE, spacing=1.25 * INSIDE_SIZE)
    draw_lines(group, cell.above.texts, (x, y - radius - cell.above.height / 2), theme, size=NAME_SIZE)
    draw_lines(group, cell.below.texts, (x, y + radius + cell.below.height / 2), theme)


def _in_words(unit: Unit) -> str:
    """Return what the pointer over a circle shows: its numbers with more digits."""
    known = [("z", unit.z), (unit.name, unit.a), ("delta", unit.delta)]
    words = [f"{name} = {precise(figure)}" for name, figure in known if figure is not None]
    if unit.bias:
        words.append(f"{unit.bias.name} = {precise(unit.bias.number)}")
    return ", ".join(words) or unit.name


def _draw_curve(body: ElementTree.Element, curve: Sequence[tuple[float, float]], top: Point, theme: Theme) -> None:
    """Add the graph of an activation in a small box, with its axes."""
    wide, high = _CURVE
    left, upper = top[0] - wide / 2, top[1] - 4.0
    lows = min(0.0, *(a for _, a in curve)), max(0.0, *(a for _, a in curve))
    span = (lows[1] - lows[0]) or 1.0

    def at(z: float, a: float) -> Point:
        return left + wide * (z + 4.0) / 8.0, upper + 3.0 + (high - 6.0) * (lows[1] - a) / span

    group = add(body, "g", css="curve")
    add(group, "rect", x=left, y=upper, width=wide, height=high, rx=3.0, fill=theme.cluster, stroke=theme.cluster_rule)
    axis: Style = {"stroke": theme.cluster_rule, "stroke_width": 1.0}
    add(group, "line", x1=left, y1=at(0, 0)[1], x2=left + wide, y2=at(0, 0)[1], **axis)
    add(group, "line", x1=top[0], y1=upper, x2=top[0], y2=upper + high, **axis)
    points = ["{},{}".format(*map(number, at(*point))) for point in curve]
    add(group, "path", d=f"M{'L'.join(points)}", fill="none", stroke=theme.text, stroke_width=1.5)
