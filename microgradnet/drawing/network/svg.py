"""A laid out network as SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from microgradnet.drawing.flow import Widths
from microgradnet.drawing.layout import Point, Rectangle
from microgradnet.drawing.network.layout import Ends, NetworkLayout, Place, Wire, around, place_ends
from microgradnet.drawing.network.model import Column, Network, Unit
from microgradnet.drawing.network.wording import (
    INSIDE_SIZE,
    LABEL_LINE,
    LABEL_SIZE,
    NAME_SIZE,
    Cell,
    Text,
    Wording,
    describe,
    precise,
    strength_name,
    write_notes,
)
from microgradnet.drawing.picture import Theme, width
from microgradnet.drawing.svg import FONTS, Style, add, add_text, number

_THINNEST, _THICKEST = 0.5, 4.5  # points
_PLAIN = 1.0


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line's looks; no dashes where it is whole."""

    width: float
    colour: str
    dashes: tuple[float, float] | None = None


class Strokes:
    """Chooses the looks of the lines of one picture.

    Arguments:
        layout: what stands where.
        wording: which number the thickness shows.
        theme: the colours.
    """

    def __init__(self, layout: NetworkLayout, wording: Wording, theme: Theme) -> None:
        self.is_plain, self.theme = not layout.thickness, theme
        self.widths = Widths(wording.strength(wire.parameter) for wire in layout.wires)
        if not {"gradients", "updates"} & {*wording.options.show}:
            self.widths.is_logarithmic = False  # of weights, small ones do little

    def stroke(self, strength: float) -> Stroke:
        """Return the looks of a line that stands for a number."""
        if self.is_plain:
            return Stroke(_PLAIN, self.theme.rule)
        size = abs(strength) if math.isfinite(strength) else 0.0
        wide = _THINNEST + (_THICKEST - _THINNEST) * self.widths.share(size)
        if not size:
            return Stroke(wide, self.theme.cluster_rule)
        if strength > 0.0:
            return Stroke(wide, self.theme.positive)
        return Stroke(wide, self.theme.negative, (4.0 + wide, 2.0 + wide / 2))


BASELINE = 0.35  # of the font size: from the middle of a line of text down to its baseline


def colour_of(text: Text, theme: Theme) -> str:
    """Return the colour of a text."""
    roles = {"value": theme.value, "gradient": theme.gradient, "muted": theme.muted}
    return roles.get(text.role, theme.text)


def draw_lines(
    body: ElementTree.Element,
    texts: Sequence[Text],
    centre: Point,
    theme: Theme,
    *,
    size: float = LABEL_SIZE,
    spacing: float = LABEL_LINE,
) -> None:
    """Add lines of text around a centre."""
    for place, text in enumerate(texts):
        middle = centre[1] + (place - (len(texts) - 1) / 2) * spacing
        style: Style = {"font_size": size, "fill": colour_of(text, theme), "text_anchor": "middle", "css": text.role}
        add_text(body, text.words, centre[0], middle + BASELINE * size, **style)


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


LEGEND_HEIGHT = 26.0
_SAMPLE, _STEP = 34.0, 122.0  # length of a sample, distance between samples
_AFTER_TITLE = 18.0


def legend_width(title: str) -> float:
    """Return how much room it needs."""
    return width(f"Lines: {title}", LABEL_SIZE) + _AFTER_TITLE + 4 * _STEP


def draw_legend(body: ElementTree.Element, strokes: Strokes, wording: Wording, title: str, corner: Point) -> None:
    """Add it below and to the right of a corner."""
    group = add(body, "g", css="legend")
    x, y = corner[0], corner[1] + LEGEND_HEIGHT / 2
    baseline = y + BASELINE * LABEL_SIZE
    words = f"Lines: {title}"
    add_text(group, words, x, baseline, font_size=LABEL_SIZE, fill=strokes.theme.text)
    x += width(words, LABEL_SIZE) + _AFTER_TITLE
    large, small = [*strokes.widths.samples()[:2], 0.0, 0.0][:2]
    for strength in (large, small, -small, -large) if large else (0.0,):
        draw_line(group, (x, y), (x + _SAMPLE, y), strokes.stroke(strength))
        text = ("+" if strength > 0.0 else "") + wording.figure(strength)
        add_text(group, text, x + _SAMPLE + 6.0, baseline, font_size=LABEL_SIZE, fill=strokes.theme.text)
        x += _STEP


TITLE_SIZE, TITLE_ABOVE = 13.0, 14.0
_FOOTER_LINE = 15.0
_CURVE = 44.0, 26.0
_DOT, _BETWEEN_DOTS = 1.8, 9.0


def footer_height(column: Column, wording: Wording) -> float:
    """Return how much room a column needs under its circles, with a little space."""
    lines = _FOOTER_LINE * len(wording.footer(column))
    return lines + (_CURVE[1] + 8.0 if column.curve else 0.0) + (10.0 if lines or column.curve else 4.0)


def draw_column(body: ElementTree.Element, place: Place, layout: NetworkLayout, wording: Wording, theme: Theme) -> None:
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


def draw_ends(body: ElementTree.Element, ends: Ends, top: float, theme: Theme) -> None:
    """Add the boxes and the lines that lead to them."""
    group = add(body, "g", css="loss")
    thin = Stroke(1.0, theme.muted)
    for output, box in zip(ends.outputs, ends.targets, strict=True):
        middle = (box.top + box.bottom) / 2
        draw_line(group, output, (box.left, middle), thin)
        draw_line(group, (box.right, middle), (ends.loss.left, 0.0), thin)
    first = ends.targets[0]
    draw_title(
        group,
        "targets" if len(ends.targets) > 1 else "target",
        ((first.left + first.right) / 2, top - TITLE_ABOVE),
        theme,
    )
    middle = (ends.loss.left + ends.loss.right) / 2
    draw_title(group, "loss", (middle, top - TITLE_ABOVE), theme)
    for box, text in zip(ends.targets, ends.target_texts, strict=True):
        _draw_box(group, box, theme, heavy=1.0)
        draw_lines(group, [text], ((box.left + box.right) / 2, (box.top + box.bottom) / 2), theme, size=INSIDE_SIZE)
    _draw_box(group, ends.loss, theme, heavy=2.2)
    size = 1.1 * INSIDE_SIZE
    style: Style = {"font_size": size, "font_weight": "bold", "fill": theme.text, "text_anchor": "middle"}
    add_text(group, ends.loss_text.words, middle, BASELINE * size, **style)
    draw_lines(group, [ends.kind], (middle, ends.loss.bottom + 10.0), theme, size=10.0)


def _draw_box(body: ElementTree.Element, box: Rectangle, theme: Theme, *, heavy: float) -> None:
    size = {"width": box.width, "height": box.height}
    add(body, "rect", x=box.left, y=box.top, **size, rx=4.0, fill=theme.box, stroke=theme.rule, stroke_width=heavy)


_MARGIN = 16.0  # points around the picture
_HEADER = 26.0  # above the columns, for their titles
_NOTE_SIZE, _NOTE_LINE = 10.5, 15.0
_PIXELS_PER_POINT = 1.25


def write_svg(network: Network, layout: NetworkLayout, wording: Wording, theme: Theme) -> str:
    """Return the SVG text of a network, the same for the same network everywhere."""
    ends, strokes = place_ends(network, layout, wording), Strokes(layout, wording, theme)
    notes = write_notes(network, wording.options, thickness=layout.thickness)
    area = _area(layout, ends, wording)
    below = [_NOTE_LINE * len(notes), LEGEND_HEIGHT if layout.thickness else 0.0]
    inner = max(
        [
            area.width,
            *(width(note, _NOTE_SIZE) for note in notes),
            legend_width(strength_name(network, wording.options)) * layout.thickness,
        ]
    )
    root = _root(network, wording, theme, (inner + 2 * _MARGIN, area.height + sum(below) + 2 * _MARGIN))
    shift = _MARGIN + (inner - area.width) / 2 - area.left, _MARGIN - area.top
    placed = {"direction": "ltr", "transform": f"translate({number(shift[0])} {number(shift[1])})"}
    body = add(root, "g", font_family=FONTS, **placed)
    _draw_network(body, layout, wording, strokes, ends)
    left, y = _MARGIN - shift[0], area.bottom
    if layout.thickness:
        draw_legend(body, strokes, wording, strength_name(network, wording.options), (left, y))
        y += LEGEND_HEIGHT
    for line, note in enumerate(notes, 1):
        add_text(body, note, left, y + _NOTE_LINE * line - 2.0, font_size=_NOTE_SIZE, fill=theme.muted, css="note")
    ElementTree.indent(root, space="")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _area(layout: NetworkLayout, ends: Ends | None, wording: Wording) -> Rectangle:
    """Return what the columns fill, with their titles and what stands under them."""
    places = layout.places
    right = ends.right if ends else places[-1].x + _reach(layout, -1)
    footer = max(footer_height(place.column, wording) for place in places)
    return Rectangle(places[0].x - _reach(layout, 0), layout.top - _HEADER, right, layout.bottom + footer)


def _reach(layout: NetworkLayout, index: int) -> float:
    place = layout.places[index]
    return max(place.half, width(place.column.title, 13.0, bold=True) / 2, 30.0)


def _root(network: Network, wording: Wording, theme: Theme, size: tuple[float, float]) -> ElementTree.Element:
    description = describe(network, wording)
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": number(size[0] * _PIXELS_PER_POINT),
            "height": number(size[1] * _PIXELS_PER_POINT),
            "viewBox": f"0 0 {number(size[0])} {number(size[1])}",
            "role": "img",
            "aria-label": f"{network.title}: {description}",
            "style": "max-width:100%;height:auto",
        },
    )
    add(root, "title").text = network.title
    add(root, "desc").text = description
    add(root, "rect", width=size[0], height=size[1], rx=6.0, fill=theme.background)
    return root


def _draw_network(
    body: ElementTree.Element, layout: NetworkLayout, wording: Wording, strokes: Strokes, ends: Ends | None
) -> None:
    by_strength = sorted(layout.wires, key=lambda wire: abs(wording.strength(wire.parameter)))
    for wire in by_strength if layout.thickness else layout.wires:  # the strong ones over the weak ones
        draw_wire(body, wire, wording, strokes)
    if ends:
        draw_ends(body, ends, layout.top, strokes.theme)
    for place in layout.places:
        draw_column(body, place, layout, wording, strokes.theme)
    for wire in layout.wires:
        draw_label(body, wire, strokes.theme)
