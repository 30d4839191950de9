"""A laid out picture as SVG text, and the few elements that every SVG here is made of."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.etree import ElementTree

from microgradnet.drawing.layout import Layout, Point, Route, bezier, cluster_name
from microgradnet.drawing.picture import (
    CAPTION_SIZE,
    FADED,
    FIGURE_SIZE,
    LABEL_SIZE,
    LIGHT,
    LINE,
    MARGIN,
    NAME_SIZE,
    NOTE_SIZE,
    PADDING,
    SYMBOL_SIZE,
    USUAL_WIDTH,
    Box,
    BoxRow,
    Edge,
    Extent,
    Picture,
    Sample,
    Strip,
    Theme,
    dash_pattern,
    edge_colour,
    edge_width,
    label_lines,
    label_width,
    measure_box,
    name_lines,
    sheet_offsets,
    width,
)
from microgradnet.names import typeset

Style = dict[str, str | float]


def number(length: float) -> str:
    """Return a length with one decimal, without a trailing zero."""
    return f"{round(length, 1) + 0.0:.1f}".removesuffix(".0")


def add(parent: ElementTree.Element, tag: str, **attributes: str | float) -> ElementTree.Element:
    """Add an element and return it. ``css`` is the class; underscores in names stand for hyphens."""
    written = {
        "class" if name == "css" else name.replace("_", "-"): value if isinstance(value, str) else number(value)
        for name, value in attributes.items()
    }
    return ElementTree.SubElement(parent, tag, written)


def add_text(parent: ElementTree.Element, text: str, x: float, y: float, **attributes: str | float) -> None:
    """Add one line of text whose baseline starts at a point (``text_anchor`` may say otherwise)."""
    add(parent, "text", x=x, y=y, **attributes).text = text


_CORNERS = {"leaf": 11.0, "result": 0.0, "folded": 0.0}
_BASELINE = 0.35  # of the font size: from the middle of a line of text down to its baseline


def draw_box(body: ElementTree.Element, box: Box, centre: Point, theme: Theme) -> None:
    """Add one box around a centre."""
    extent = measure_box(box)
    left, top = centre[0] - extent.width / 2, centre[1] - extent.height / 2
    classes = " ".join(filter(None, ["node", box.kind, "output" * box.output, box.emphasis]))
    group = add(body, "g", css=classes, data_node=box.key, **faded(box.emphasis))
    add(group, "title").text = box.description
    extent = extent.top_sheet
    _draw_frame(group, box, extent, (left, top), theme)
    if box.symbol:
        x, y = left + extent.strip / 2, top + extent.height / 2 + _BASELINE * SYMBOL_SIZE
        add_text(
            group,
            typeset(box.symbol),
            x,
            y,
            font_size=SYMBOL_SIZE,
            fill=theme.text,
            text_anchor="middle",
            css="operation",
        )
    _draw_lines(group, box, (left + extent.strip + PADDING, left + extent.width - PADDING), top, theme)


def _draw_frame(group: ElementTree.Element, box: Box, extent: Extent, corner: Point, theme: Theme) -> None:
    left, top = corner
    size = {"width": extent.width, "height": extent.height}
    strong = box.emphasis == "strong"
    stopped = any(row.role == "warning" for row in box.rows)
    line = {"fill": theme.stopped if stopped else theme.box, "stroke": theme.highlight if strong else theme.rule}
    for offset in sheet_offsets(box):
        add(group, "rect", x=left + offset, y=top + offset, **size, **line)
    heavy = 2.4 if box.output else 2.0 if strong else 1.0
    add(group, "rect", x=left, y=top, **size, rx=_CORNERS[box.kind], stroke_width=heavy, **line)
    if box.symbol:
        inset = heavy / 2
        add(
            group,
            "rect",
            x=left + inset,
            y=top + inset,
            width=extent.strip - inset,
            height=extent.height - heavy,
            fill=theme.symbol,
        )
        add(group, "path", d=f"M{number(left + extent.strip)},{number(top)}v{number(extent.height)}", stroke=theme.rule)


def _draw_lines(group: ElementTree.Element, box: Box, sides: Point, top: float, theme: Theme) -> None:
    """Add the name and the rows between two sides."""
    middle = top + MARGIN + LINE / 2
    for line in name_lines(box):
        style: Style = {"font_size": NAME_SIZE, "font_weight": "bold", "fill": theme.text, "css": "name"}
        add_text(group, line, sides[0], middle + _BASELINE * NAME_SIZE, **style)
        middle += LINE
    for row in box.rows:
        _draw_row(group, row, sides, middle, theme)
        middle += LINE


def _draw_row(group: ElementTree.Element, row: BoxRow, sides: Point, middle: float, theme: Theme) -> None:
    caption: Style = {"font_size": CAPTION_SIZE, "fill": theme.muted}
    if row.role == "warning":
        caption |= {"fill": theme.text, "font_weight": "bold", "css": "warning"}
    add_text(group, typeset(row.caption), sides[0], middle + _BASELINE * CAPTION_SIZE, **caption)
    if row.role == "missing":
        style: Style = {**caption, "font_style": "italic"}
    else:
        colours = {"value": theme.value, "grad": theme.gradient}
        style = {"font_size": FIGURE_SIZE, "fill": colours.get(row.role, theme.text)}
        if row.role == "parts":
            style = {"font_size": LABEL_SIZE, "fill": theme.gradient}
    baseline = middle + _BASELINE * float(style["font_size"])
    add_text(group, row.text, sides[1], baseline, **style, text_anchor="end", css=row.role)


_LABEL_LINE = 12.5  # points from one line of a label to the next
_CLOSE = 22.0  # points between two labels of which one must lie on the other's line
_HALF_HEAD = 2.8  # half the width of an arrow head on a thin line, in points


def draw_edge(body: ElementTree.Element, edge: Edge, route: Route, theme: Theme) -> None:
    """Add the curve and the head of an edge."""
    colour, wide = edge_colour(edge, theme), edge_width(edge)
    classes = " ".join(filter(None, ["edge", edge.emphasis]))
    group = add(body, "g", css=classes, data_edge=f"{edge.tail} {edge.head}", **faded(edge.emphasis))
    if edge.description:
        add(group, "title").text = edge.description
    pattern = " ".join(map(number, dash_pattern(edge)))
    dashes = {"stroke_dasharray": pattern} if pattern else {}
    thick = {"stroke_width": wide} if wide != USUAL_WIDTH else {}
    add(group, "path", d=_curve(route), fill="none", stroke=colour, **thick, **dashes)
    add(group, "path", d=_head(route, wide), fill=colour)


def draw_edge_label(body: ElementTree.Element, edge: Edge, route: Route, theme: Theme, *, far: bool = False) -> None:
    """Add the local derivative beside an edge, with a rim of background so that lines behind don't cut it.

    Arguments:
        body: where to.
        edge: whose label it is.
        route: its way.
        theme: the colours.
        far: whether the label stands on the other side than usual, as that of the lower of two equal edges does.
    """
    if edge.label and route.label:
        x, y = _mirrored(route) if far else route.label
        off = 0.7 * max(0.0, edge.width - USUAL_WIDTH) * (-1.0 if far else 1.0)  # a wide line
        x, y = (x + off, y) if route.is_upright else (x, y - off)
        rim: Style = {
            "stroke": theme.background,
            "stroke_width": 3.0,
            "paint_order": "stroke",
            "stroke_linejoin": "round",
        }
        style: Style = {"font_size": LABEL_SIZE, "fill": theme.text, "text_anchor": "middle", "css": "local"}
        lines = label_lines(edge.label)
        for place, line in enumerate(lines):
            middle = y + (place - (len(lines) - 1) / 2) * _LABEL_LINE
            add_text(body, line, x, middle + 0.35 * LABEL_SIZE, **style, **rim, **faded(edge.emphasis))


def _mirrored(route: Route) -> Point:
    """Return the place of a label below its line instead of above it."""
    x, y = route.label or route.tip
    return x, 2 * _middle(route)[1] - y


def _middle(route: Route) -> Point:
    count = len(route.curve)
    return sum(x for x, _ in route.curve) / count, sum(y for _, y in route.curve) / count


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


FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_MARGIN = 14.0  # points around the picture
NOTE_LINE = 14.0
_FREE = 1.2  # widths of notes that cost no size, in heights of the picture
_NARROWEST = 260.0  # points that notes may take where the graph is narrower
_SAMPLE, _AFTER = 34.0, 6.0  # length of a sample of a legend, and room beside it
_PIXELS_PER_POINT = 1.25


def write_svg(picture: Picture, layout: Layout, theme: Theme = LIGHT) -> str:
    """Return the SVG text of a picture, the same for the same picture and layout everywhere."""
    root = draw_svg(picture, layout, theme)
    ElementTree.indent(root, space="")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def draw_svg(picture: Picture, layout: Layout, theme: Theme) -> ElementTree.Element:
    """Return the root element of a picture's SVG."""
    area = layout.area
    inner, notes = _sheet(picture, layout)
    root = _root(picture, theme, *measure_sheet(picture, layout))
    shift = _MARGIN + (inner - area.width) / 2 - area.left, _MARGIN - area.top
    placed = {"direction": "ltr", "transform": f"translate({number(shift[0])} {number(shift[1])})"}
    body = add(root, "g", font_family=FONTS, **placed)
    _draw_scopes(body, picture, layout, theme)
    _draw_edges(body, picture, layout, theme)
    _draw_titles(body, picture, layout, theme)
    for box in picture.boxes:
        draw_box(body, box, layout.centres[box.key], theme)
    left, bottom = _MARGIN - shift[0], area.bottom
    if picture.strip.bars:
        draw_strip(body, picture.strip, strip_places(picture.strip, left, inner), bottom, theme)
        bottom += STRIP_HEIGHT
    for line, note in enumerate(notes, 1):
        add_text(body, note, left, bottom + NOTE_LINE * line, font_size=NOTE_SIZE, fill=theme.muted, css="note")
    _draw_legend(body, picture, (left, bottom + NOTE_LINE * len(notes)), inner, theme)
    return root


def measure_sheet(picture: Picture, layout: Layout) -> Point:
    """Return the width and height of a picture with its notes and its legend."""
    inner, notes = _sheet(picture, layout)
    lines = len(notes) + len(_legend_lines(picture, inner)) * 1.3
    strip = STRIP_HEIGHT if picture.strip.bars else 0.0
    return inner + 2 * _MARGIN, layout.area.height + 2 * _MARGIN + strip + NOTE_LINE * lines


def _sheet(picture: Picture, layout: Layout) -> tuple[float, list[str]]:
    """Return the width of a picture and the lines of its notes, which are wrapped to it."""
    longest = max((width(typeset(note), NOTE_SIZE) for note in picture.notes), default=0.0)
    free = min(longest, _FREE * layout.area.height)  # beside an upright picture there is room
    inner = max(layout.area.width, _NARROWEST if picture.notes or picture.legend else 0.0, free)
    return inner, [line for note in picture.notes for line in wrapped(typeset(note), inner)]


def wrapped(note: str, most: float) -> Iterator[str]:
    """Yield the lines of a note that is at most so wide."""
    line = ""
    for word in note.split(" "):
        if line and width(f"{line} {word}", NOTE_SIZE) > most:
            yield line
            line = "   "
        line = f"{line} {word}" if line else word
    yield line


def _legend_lines(picture: Picture, most: float) -> list[list[Sample]]:
    lines: list[list[Sample]] = []
    room = 0.0
    for sample in picture.legend:
        needed = _SAMPLE + width(sample.text, NOTE_SIZE) + 2 * _AFTER
        if not lines or needed > room:
            lines.append([])
            room = most
        lines[-1].append(sample)
        room -= needed
    return lines


def _draw_legend(body: ElementTree.Element, picture: Picture, corner: Point, most: float, theme: Theme) -> None:
    group = add(body, "g", css="legend") if picture.legend else body
    y = corner[1]
    for line in _legend_lines(picture, most):
        x, y = corner[0], y + 1.3 * NOTE_LINE
        for sample in line:
            pattern = " ".join(map(number, dash_pattern(sample.edge)))
            dashes = {"stroke_dasharray": pattern} if pattern else {}
            colour, wide = edge_colour(sample.edge, theme), edge_width(sample.edge)
            middle = y - 0.35 * NOTE_SIZE
            add(group, "line", x1=x, y1=middle, x2=x + _SAMPLE, y2=middle, stroke=colour, stroke_width=wide, **dashes)
            add_text(group, sample.text, x + _SAMPLE + _AFTER, y, font_size=NOTE_SIZE, fill=theme.muted, css="note")
            x += _SAMPLE + width(sample.text, NOTE_SIZE) + 2 * _AFTER


STRIP_HEIGHT = 58.0  # of a strip with its figures, captions, and room above
_TALLEST, _LEAST_TALL = 25.0, 2.0  # points of a bar
_BROADEST, _SLOT = 22.0, 76.0  # points of a bar, and of all that belongs to one


def strip_places(strip: Strip, left: float, inner: float) -> list[Point]:
    """Return for each bar the middle and the width of its place, between the title and the right side."""
    start = left + width(strip.title, NOTE_SIZE) + 2 * _AFTER
    slot = min(_SLOT, (left + inner - start) / len(strip.bars))
    return [(start + (place + 0.5) * slot, slot) for place in range(len(strip.bars))]


def draw_strip(
    body: ElementTree.Element, strip: Strip, places: Sequence[Point], top: float, theme: Theme, title_at: float = 0.0
) -> None:
    """Add the bars of a strip; figures and captions of some are left out where not all have room.

    Arguments:
        body: where to.
        strip: what is drawn.
        places: for each bar the middle and the width of its place.
        top: the upper side of it all.
        theme: the colours.
        title_at: the left side of the title; 0 for right before the first bar.
    """
    group = add(body, "g", css="strip")
    widest = max(max(width(typeset(bar.caption), NOTE_SIZE), width(bar.figure, NOTE_SIZE)) for bar in strip.bars)
    every = math.ceil((widest + _AFTER) / min(slot for _, slot in places))
    ground = top + STRIP_HEIGHT - 17.0
    (first, slot), (last, _) = places[0], places[-1]
    add(group, "path", d=f"M{number(first - slot / 2)},{number(ground)}H{number(last + slot / 2)}", stroke=theme.rule)
    title_at = title_at or first - slot / 2 - width(strip.title, NOTE_SIZE) - _AFTER
    add_text(group, strip.title, title_at, ground - 8.0, font_size=NOTE_SIZE, fill=theme.muted, css="note")
    style: Style = {"font_size": NOTE_SIZE, "text_anchor": "middle"}
    for place, (bar, (x, slot)) in enumerate(zip(strip.bars, places, strict=True)):
        stopped = bar.figure == "0"
        tall = max(_LEAST_TALL, _TALLEST * bar.share)
        broad = min(_BROADEST, 0.7 * slot)
        fill = theme.stopped if stopped else theme.gradient
        size = {"width": broad, "height": tall}
        shape = add(group, "rect", x=x - broad / 2, y=ground - tall, **size, fill=fill)
        add(shape, "title").text = f"{bar.caption}: {bar.figure}"
        if place % every == 0:
            add_text(group, bar.figure, x, ground - tall - 3.0, **style, fill=theme.gradient, css="grad")
            add_text(group, typeset(bar.caption), x, ground + 13.0, **style, fill=theme.muted, css="note")


def _root(picture: Picture, theme: Theme, width_: float, height: float) -> ElementTree.Element:
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": number(width_ * _PIXELS_PER_POINT),
            "height": number(height * _PIXELS_PER_POINT),
            "viewBox": f"0 0 {number(width_)} {number(height)}",
            "role": "img",
            "aria-label": _describe(picture),
            "style": "max-width:100%;height:auto",
        },
    )
    add(root, "title").text = picture.title
    add(root, "rect", width=width_, height=height, rx=6.0, fill=theme.background)
    return root


def _describe(picture: Picture) -> str:
    last = next((box.description for box in picture.boxes if box.output), "")
    return f"{picture.title}: {len(picture.boxes)} boxes, {len(picture.edges)} edges; {last}"


def _draw_scopes(body: ElementTree.Element, picture: Picture, layout: Layout, theme: Theme) -> None:
    for cluster in picture.clusters().below():
        group = add(body, "g", css="scope")
        for frame in layout.scopes[cluster.path]:
            corner = {"x": frame.left, "y": frame.top, "rx": 5.0}
            size = {"width": frame.width, "height": frame.height}
            add(group, "rect", **corner, **size, fill=theme.cluster, stroke=theme.cluster_rule)


_MOST_TITLED = 300  # boxes of a picture in which titles look for a free place
_TITLE = 17.0  # points from the top of a scope to the bottom of its title


def _draw_titles(body: ElementTree.Element, picture: Picture, layout: Layout, theme: Theme) -> None:
    """Add the titles of the scopes, each at the first place along the top where no line or label is, if any."""
    clusters = picture.clusters().below()
    group = add(body, "g", css="titles") if clusters else body
    pieces = [*_pieces(picture, layout)] if clusters and len(picture.boxes) <= _MOST_TITLED else []
    for cluster in clusters:
        frame, title = layout.scopes[cluster.path][0], cluster_name(cluster)
        wide = width(title, LABEL_SIZE)
        taken = [
            (left, right)
            for left, top, right, bottom in pieces
            if top < frame.top + _TITLE and bottom > frame.top and left < frame.right and right > frame.left
        ]
        places = [frame.left + 7 + 6 * step for step in range(int(max(frame.width - wide - 14, 0.0) / 6) + 1)]
        covered = [sum(high > x - 3 and low < x + wide + 3 for low, high in taken) for x in places]
        x = places[covered.index(min(covered))]
        if min(covered):  # in a narrow scope: the lines are interrupted
            corner = {"x": x - 2, "y": frame.top + 2, "width": wide + 4, "height": _TITLE - 3}
            add(group, "rect", **corner, fill=theme.cluster)
        add_text(group, title, x, frame.top + 13, font_size=LABEL_SIZE, fill=theme.muted)


def _pieces(picture: Picture, layout: Layout) -> Iterator[tuple[float, float, float, float]]:
    """Yield what short pieces of lines, and labels of edges, cover: left, top, right, bottom."""
    for edge, route in zip(picture.edges, layout.routes, strict=True):
        for place in range(0, len(route.curve) - 1, 3):
            points = [bezier(route.curve[place : place + 4], step / 8) for step in range(9)]
            for (x1, y1), (x2, y2) in pairwise(points):
                yield min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
        if edge.label and route.label:
            (x, y), half = route.label, label_width(edge.label) / 2
            yield x - half, y - 16, x + half, y + 16


def _draw_edges(body: ElementTree.Element, picture: Picture, layout: Layout, theme: Theme) -> None:
    routed = [*zip(picture.edges, layout.routes, strict=True)]
    for edge, route in routed:
        draw_edge(body, edge, route, theme)
    far = _on_the_far_side(picture.edges, layout.routes) if picture.direction in ("LR", "RL") else set()
    for place, (edge, route) in enumerate(routed):  # over all lines
        draw_edge_label(body, edge, route, theme, far=place in far)


def _on_the_far_side(edges: Sequence[Edge], routes: Sequence[Route]) -> set[int]:
    """Return the edges whose label would lie on the line of their twin: the lower of two close ones, if it has room."""
    twins: dict[tuple[str, str], list[int]] = {}
    for place, edge in enumerate(edges):
        twins.setdefault((edge.tail, edge.head), []).append(place)
    labels = [route.label for route in routes if route.label]
    far = set()
    for one, other in (pair for pair in twins.values() if len(pair) == 2):
        label, other_label = routes[one].label, routes[other].label
        if label and other_label and abs(label[1] - other_label[1]) < _CLOSE:
            lower = max(one, other, key=lambda place: _middle(routes[place])[1])
            x, y = _mirrored(routes[lower])
            if all(abs(x - at[0]) > 2 * _CLOSE or abs(y - at[1]) > 0.8 * _CLOSE for at in labels):
                far.add(lower)
    return far
