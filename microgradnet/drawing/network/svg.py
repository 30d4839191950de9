"""A laid out network as SVG text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from microgradnet.drawing.flow import Widths, size_strip
from microgradnet.drawing.layout import Point, Rectangle
from microgradnet.drawing.network.layout import Ends, NetworkLayout, Place, Wire, around, place_ends
from microgradnet.drawing.network.model import Network, Unit
from microgradnet.drawing.network.wording import (
    CURVE,
    FOOTER_LINE,
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
from microgradnet.drawing.picture import (
    NOTE_SIZE,
    Strip,
    Theme,
    width,
)
from microgradnet.drawing.svg import (
    FONTS,
    NOTE_LINE,
    STRIP_HEIGHT,
    Style,
    add,
    add_text,
    draw_strip,
    faded,
    number,
    strip_places,
    wrapped,
)

_THINNEST, _THICKEST = 0.5, 4.5  # points
_PLAIN = 1.0
_BROADEST_HALO, _FAINT_HALO = 14.0, 0.35  # points of the band behind a line, and its opacity


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line's looks; no dashes where it is whole."""

    width: float
    colour: str
    dashes: tuple[float, float] | None = None
    opacity: float = 1.0


class Strokes:
    """Chooses the looks of the lines of one picture.

    Arguments:
        layout: the positions of everything.
        wording: which number the thickness shows.
        theme: the colours.
    """

    def __init__(self, layout: NetworkLayout, wording: Wording, theme: Theme) -> None:
        self.is_plain, self.theme = not layout.thickness, theme
        self.widths = Widths(wording.strength(wire.parameter) for wire in layout.wires)
        if "weights" in wording.options.show or not wording.options.needs_gradients:
            self.widths.is_logarithmic = False  # of weights, small ones do little
        halos = [wording.halo(wire.parameter) for wire in layout.wires] if layout.thickness else []
        self.halos = Widths(halo for halo in halos if halo is not None)

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

    def halo(self, strength: float) -> Stroke:
        """Return the looks of the band behind a line, in the colour of gradients."""
        wide = _BROADEST_HALO * max(self.halos.share(strength), 0.1) if strength else 0.0
        dashes = None if strength >= 0.0 else (_BROADEST_HALO, 4.0)
        return Stroke(wide, self.theme.gradient, dashes, _FAINT_HALO)


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
    group = add(body, "g", css="weight", **faded("faint" if wire.faint else ""))
    origin, goal = wire.names
    parameter = wire.parameter
    words = f"{parameter.name} = {precise(parameter.number)}, from {origin} to {goal}"
    if parameter.gradient is not None:
        words += f"; gradient {precise(parameter.gradient)}"
    add(group, "title").text = words
    halo = wording.halo(parameter)
    if halo and not strokes.is_plain:
        draw_line(group, wire.line.start, wire.line.end, strokes.halo(halo))
    draw_line(group, wire.line.start, wire.line.end, strokes.stroke(wording.strength(parameter)))


def draw_line(body: ElementTree.Element, start: Point, end: Point, stroke: Stroke) -> None:
    """Add a straight line."""
    dashes = {"stroke_dasharray": " ".join(map(number, stroke.dashes))} if stroke.dashes else {}
    if stroke.opacity < 1.0:
        dashes["opacity"] = f"{stroke.opacity:g}"
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


LEGEND_HEIGHT = 20.0  # of one line
_SAMPLE, _AFTER_SAMPLE = 34.0, 16.0  # length of a sample, and room behind its figure


def read_legend(strokes: Strokes, wording: Wording, network: Network) -> list[tuple[str, list[tuple[Stroke, str]]]]:
    """Return the lines of the legend: a title, and samples of strokes with what they mean."""
    lines = [_legend_line(f"Lines: {strength_name(network, wording.options)}", strokes.widths, strokes.stroke, wording)]
    if strokes.halos.most:
        title = f"Bands: {strength_name(network, wording.options, behind=True)}"
        lines.append(_legend_line(title, strokes.halos, strokes.halo, wording))
    return lines


def _legend_line(
    title: str, widths: Widths, stroke: Callable[[float], Stroke], wording: Wording
) -> tuple[str, list[tuple[Stroke, str]]]:
    title += " (logarithmic)" if widths.is_logarithmic else ""
    large, small = [*widths.samples()[:2], 0.0, 0.0][:2]
    sizes = (large, small, -small, -large) if large else (0.0,)
    return title, [(stroke(size), ("+" if size > 0.0 else "") + wording.figure(size)) for size in sizes]


def legend_width(legend: Sequence[tuple[str, list[tuple[Stroke, str]]]]) -> float:
    """Return how much room it needs."""
    return max(_title_width(legend) + sum(map(_sample_width, samples)) for _, samples in legend)


def _title_width(legend: Sequence[tuple[str, list[tuple[Stroke, str]]]]) -> float:
    return max(width(title, LABEL_SIZE) for title, _ in legend) + _AFTER_SAMPLE


def _sample_width(sample: tuple[Stroke, str]) -> float:
    return _SAMPLE + 6.0 + width(sample[1], LABEL_SIZE) + _AFTER_SAMPLE


def draw_legend(
    body: ElementTree.Element, legend: Sequence[tuple[str, list[tuple[Stroke, str]]]], corner: Point, theme: Theme
) -> None:
    """Add the legend below and to the right of a corner."""
    group = add(body, "g", css="legend")
    for row, (title, samples) in enumerate(legend):
        x, y = corner[0], corner[1] + (row + 0.5) * LEGEND_HEIGHT
        baseline = y + BASELINE * LABEL_SIZE
        add_text(group, title, x, baseline, font_size=LABEL_SIZE, fill=theme.text)
        x += _title_width(legend)
        for stroke, text in samples:
            draw_line(group, (x, y), (x + _SAMPLE, y), stroke)
            add_text(group, text, x + _SAMPLE + 6.0, baseline, font_size=LABEL_SIZE, fill=theme.text)
            x += _sample_width((stroke, text))


TITLE_SIZE, TITLE_ABOVE = 13.0, 14.0
_DOT, _BETWEEN_DOTS = 1.8, 9.0
_AGAIN = "0.55"  # the opacity of a column that is drawn again at the start of a band


def draw_column(body: ElementTree.Element, place: Place, layout: NetworkLayout, wording: Wording, theme: Theme) -> None:
    """Add all of a column but its lines."""
    group = add(body, "g", css="column", **({"opacity": _AGAIN} if place.again else {}))
    draw_title(group, place.column.title, (place.x, place.top - TITLE_ABOVE), theme)
    for unit, cell, y in zip(place.column.units, place.cells, place.ys, strict=True):
        _draw_unit(group, unit, cell, (place.x, y), layout.radius, wording, theme)
    if place.dots is not None:
        for step in (-1, 0, 1):
            add(group, "circle", cx=place.x, cy=place.dots + step * _BETWEEN_DOTS, r=_DOT, fill=theme.rule)
    if place.again:
        return
    y = place.bottom + 12.0
    for text in wording.footer(place.column):
        draw_lines(group, [text], (place.x, y), theme, size=LABEL_SIZE)
        y += FOOTER_LINE
    if place.column.curve:
        _draw_curve(group, place.column.curve, (place.x, y), theme)


def draw_title(body: ElementTree.Element, title: str, centre: Point, theme: Theme) -> None:
    """Add the title above a column."""
    draw_lines(body, [Text(title, "title")], centre, theme, size=TITLE_SIZE)


def _draw_unit(
    body: ElementTree.Element,
    unit: Unit,
    cell: Cell,
    centre: Point,
    radius: float,
    wording: Wording,
    theme: Theme,
) -> None:
    x, y = centre
    group = add(body, "g", css="neuron" if unit.weights else "input")
    add(group, "title").text = _in_words(unit)
    stopped = bool(wording.stopped(unit))
    fill = theme.stopped if stopped else theme.box if unit.weights else theme.symbol
    rim: Style = {"stroke_dasharray": "5 3"} if stopped else {}
    add(group, "circle", cx=x, cy=y, r=radius, fill=fill, stroke=theme.rule, stroke_width=1.4, **rim)
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
    wide, high = CURVE
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
    """Add the boxes, and the lines that lead to the loss: from the outputs, and on its other side from the targets."""
    group = add(body, "g", css="loss")
    thin = Stroke(1.0, theme.muted)
    middle, level = (ends.loss.left + ends.loss.right) / 2, (ends.loss.top + ends.loss.bottom) / 2
    for output, box in zip(ends.outputs, ends.targets, strict=True):
        draw_line(group, output, (ends.loss.left, level), thin)
        draw_line(group, (box.left, (box.top + box.bottom) / 2), (ends.loss.right, level), thin)
    first = ends.targets[0]
    title = "targets" if len(ends.targets) > 1 else "target"
    draw_title(group, title, ((first.left + first.right) / 2, top - TITLE_ABOVE), theme)
    draw_title(group, "loss", (middle, top - TITLE_ABOVE), theme)
    for box, text in zip(ends.targets, ends.target_texts, strict=True):
        _draw_box(group, box, theme, heavy=1.0)
        draw_lines(group, [text], ((box.left + box.right) / 2, (box.top + box.bottom) / 2), theme, size=INSIDE_SIZE)
    _draw_box(group, ends.loss, theme, heavy=2.2)
    size = 1.1 * INSIDE_SIZE
    style: Style = {"font_size": size, "font_weight": "bold", "fill": theme.text, "text_anchor": "middle"}
    add_text(group, ends.loss_text.words, middle, level + BASELINE * size, **style)
    draw_lines(group, [ends.kind], (middle, ends.loss.bottom + 11.0), theme)


def _draw_box(body: ElementTree.Element, box: Rectangle, theme: Theme, *, heavy: float) -> None:
    size = {"width": box.width, "height": box.height}
    add(body, "rect", x=box.left, y=box.top, **size, rx=4.0, fill=theme.box, stroke=theme.rule, stroke_width=heavy)


_MARGIN = 16.0  # points around the picture
_HEADER = 26.0  # above the columns, for their titles
_NARROWEST = 260.0  # points that notes may take where the network is narrower
_PIXELS_PER_POINT = 1.25


def write_svg(network: Network, layout: NetworkLayout, wording: Wording, theme: Theme) -> str:
    """Return the SVG text of a network, the same for the same network everywhere."""
    ends, strokes = place_ends(network, layout, wording), Strokes(layout, wording, theme)
    area = _area(layout, ends, wording)
    legend = read_legend(strokes, wording, network) if layout.thickness else []
    strip = _strip(network, wording)
    inner = max(area.width, _NARROWEST, legend_width(legend) if legend else 0.0)
    notes = write_notes(network, wording.options, thickness=layout.thickness)
    lines = [line for note in notes for line in wrapped(note, inner)]
    below = NOTE_LINE * len(lines), LEGEND_HEIGHT * len(legend), STRIP_HEIGHT if strip.bars else 0.0
    root = _root(network, wording, theme, (inner + 2 * _MARGIN, area.height + sum(below) + 2 * _MARGIN))
    shift = _MARGIN + (inner - area.width) / 2 - area.left, _MARGIN - area.top
    placed = {"direction": "ltr", "transform": f"translate({number(shift[0])} {number(shift[1])})"}
    body = add(root, "g", font_family=FONTS, **placed)
    _draw_network(body, layout, wording, strokes, ends)
    left, y = _MARGIN - shift[0], area.bottom
    if strip.bars:
        _draw_strip(body, strip, layout, (left, y, inner), theme)
        y += STRIP_HEIGHT
    if legend:
        draw_legend(body, legend, (left, y), theme)
        y += LEGEND_HEIGHT * len(legend)
    for place, line in enumerate(lines, 1):
        add_text(body, line, left, y + NOTE_LINE * place - 2.0, font_size=NOTE_SIZE, fill=theme.muted, css="note")
    ElementTree.indent(root, space="")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _strip(network: Network, wording: Wording) -> Strip:
    """Return the sizes of delta in each layer where gradients are shown, of two layers or more."""
    sizes = {column.title: column.delta for column in network.columns if column.delta is not None}
    if "gradients" not in wording.options.show or len(sizes) < 2:
        return Strip()
    return size_strip(sizes, wording.options.digits, per_layer=True)


def _draw_strip(
    body: ElementTree.Element, strip: Strip, layout: NetworkLayout, room: tuple[float, float, float], theme: Theme
) -> None:
    """Add the bars, each under its layer where the layers stand in one row."""
    left, top, inner = room
    columns = [place for place in layout.places if place.column.delta is not None]
    apart = min((after.x - before.x for before, after in pairwise(columns)), default=0.0)
    is_clear = left + width(strip.title, NOTE_SIZE) < columns[0].x - _BAR / 2
    if len(columns) == len(strip.bars) and apart >= _BAR and is_clear:
        draw_strip(body, strip, [(place.x, _BAR) for place in columns], top, theme, title_at=left)
    else:
        draw_strip(body, strip, strip_places(strip, left, inner), top, theme)


_BAR = 56.0  # points of the place of a bar under its layer


def _area(layout: NetworkLayout, ends: Ends | None, wording: Wording) -> Rectangle:
    """Return the area of the columns, with their titles and the texts under them."""
    places = layout.places
    right = max([*(place.x + _reach(layout, place) for place in places), *([ends.right] if ends else [])])
    footer = max(wording.footer_height(place.column) for place in places)
    left = min(place.x - _reach(layout, place) for place in places)
    return Rectangle(left, places[0].top - _HEADER, right, places[-1].bottom + footer)


def _reach(layout: NetworkLayout, place: Place) -> float:
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
        draw_ends(body, ends, layout.places[-1].top, strokes.theme)
    for place in layout.places:
        draw_column(body, place, layout, wording, strokes.theme)
    for wire in layout.wires:
        draw_label(body, wire, strokes.theme)
