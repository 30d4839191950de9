"""A laid-out picture as SVG: one element, on a card of its own, readable on light and dark pages.

Everything is built as an XML tree, so all text is escaped by the library that writes it. There are no scripts, links,
style sheets or ids, which would act on the page that the picture is put into.
"""

from __future__ import annotations

from xml.etree import ElementTree

from microgradnet.drawing.dot import cluster_name
from microgradnet.drawing.layout import Layout
from microgradnet.drawing.measure import LABEL_SIZE, NOTE_SIZE
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.svg_box import draw_box
from microgradnet.drawing.svg_edge import draw_edge, draw_edge_label
from microgradnet.drawing.svg_element import add, add_text, number
from microgradnet.drawing.text import width
from microgradnet.drawing.theme import LIGHT, Theme

FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_MARGIN = 14.0  # points around the picture
_NOTE_LINE = 14.0
_PIXELS_PER_POINT = 1.25


def write_svg(picture: Picture, layout: Layout, theme: Theme = LIGHT) -> str:
    """Return the SVG text of a picture, the same for the same picture and layout everywhere."""
    area, notes = layout.area, picture.notes
    inner = max([area.width, *(width(note, NOTE_SIZE) for note in notes)])
    root = _root(picture, theme, inner + 2 * _MARGIN, area.height + 2 * _MARGIN + _NOTE_LINE * len(notes))
    shift = _MARGIN + (inner - area.width) / 2 - area.left, _MARGIN - area.top
    placed = {"direction": "ltr", "transform": f"translate({number(shift[0])} {number(shift[1])})"}
    body = add(root, "g", font_family=FONTS, **placed)
    _draw_scopes(body, picture, layout, theme)
    _draw_edges(body, picture, layout, theme)
    for box in picture.boxes:
        draw_box(body, box, layout.centres[box.key], theme)
    for line, note in enumerate(notes, 1):
        corner = _MARGIN - shift[0], area.bottom + _NOTE_LINE * line
        add_text(body, note, *corner, font_size=NOTE_SIZE, fill=theme.muted, css="note")
    ElementTree.indent(root, space="")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


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
        frame = layout.scopes[cluster.path]
        group = add(body, "g", css="scope")
        corner = {"x": frame.left, "y": frame.top, "rx": 5.0}
        size = {"width": frame.width, "height": frame.height}
        add(group, "rect", **corner, **size, fill=theme.cluster, stroke=theme.cluster_rule)
        add_text(group, cluster_name(cluster), frame.left + 7, frame.top + 13, font_size=LABEL_SIZE, fill=theme.muted)


def _draw_edges(body: ElementTree.Element, picture: Picture, layout: Layout, theme: Theme) -> None:
    routed = [*zip(picture.edges, layout.routes, strict=True)]
    for edge, route in routed:
        draw_edge(body, edge, route, theme)
    for edge, route in routed:  # over all lines
        draw_edge_label(body, edge, route, theme)
