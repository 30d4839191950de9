"""One box of an SVG. Each kind has a shape of its own, so that no reader needs colours to tell them apart.

Leaves have round corners; results are square and hold their operation's symbol in a strip on the left; constants are
small with a dashed border; folded scopes look like a stack of paper; the output has a heavy border.
"""

from __future__ import annotations

from xml.etree import ElementTree

from microgradnet.drawing.measure import (
    CAPTION_SIZE,
    FIGURE_SIZE,
    LABEL_SIZE,
    LINE,
    MARGIN,
    NAME_SIZE,
    PADDING,
    SYMBOL_SIZE,
    Extent,
    measure_box,
    sheet_offsets,
)
from microgradnet.drawing.picture import Box, Row
from microgradnet.drawing.rectangle import Point
from microgradnet.drawing.svg_edge import faded
from microgradnet.drawing.svg_element import Style, add, add_text, number
from microgradnet.drawing.theme import Theme

_CORNERS = {"leaf": 11.0, "constant": 4.0, "result": 0.0, "folded": 0.0}
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
    if box.kind == "constant":
        y = centre[1] + _BASELINE * FIGURE_SIZE
        add_text(group, box.name, centre[0], y, font_size=FIGURE_SIZE, fill=theme.text, text_anchor="middle")
        return
    if box.symbol:
        x, y = left + extent.strip / 2, top + extent.height / 2 + _BASELINE * SYMBOL_SIZE
        add_text(group, box.symbol, x, y, font_size=SYMBOL_SIZE, fill=theme.text, text_anchor="middle", css="operation")
    _draw_lines(group, box, (left + extent.strip + PADDING, left + extent.width - PADDING), top, theme)


def _draw_frame(group: ElementTree.Element, box: Box, extent: Extent, corner: Point, theme: Theme) -> None:
    left, top = corner
    size = {"width": extent.width, "height": extent.height}
    strong = box.emphasis == "strong"
    line = {"fill": theme.box, "stroke": theme.highlight if strong else theme.rule}
    for offset in sheet_offsets(box):
        add(group, "rect", x=left + offset, y=top + offset, **size, **line)
    dashes = {"stroke_dasharray": "3 2"} if box.kind == "constant" else {}
    heavy = 2.4 if box.output else 2.0 if strong else 1.0
    add(group, "rect", x=left, y=top, **size, rx=_CORNERS[box.kind], stroke_width=heavy, **line, **dashes)
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
    if box.name:
        style: Style = {"font_size": NAME_SIZE, "font_weight": "bold", "fill": theme.text, "css": "name"}
        add_text(group, box.name, sides[0], middle + _BASELINE * NAME_SIZE, **style)
        middle += LINE
    for row in box.rows:
        _draw_row(group, row, sides, middle, theme)
        middle += LINE


def _draw_row(group: ElementTree.Element, row: Row, sides: Point, middle: float, theme: Theme) -> None:
    caption: Style = {"font_size": CAPTION_SIZE, "fill": theme.muted}
    if row.role == "warning":
        caption |= {"fill": theme.text, "font_weight": "bold", "css": "warning"}
    add_text(group, row.caption, sides[0], middle + _BASELINE * CAPTION_SIZE, **caption)
    if row.role == "missing":
        style: Style = {**caption, "font_style": "italic"}
    else:
        colours = {"value": theme.value, "grad": theme.gradient}
        style = {"font_size": FIGURE_SIZE, "fill": colours.get(row.role, theme.text)}
        if row.role == "parts":
            style = {"font_size": LABEL_SIZE, "fill": theme.gradient}
    baseline = middle + _BASELINE * float(style["font_size"])
    add_text(group, row.text, sides[1], baseline, **style, text_anchor="end", css=row.role)
