"""A laid-out network as SVG: one element, on a card of its own, without scripts, links, style sheets or ids.

Built of few kinds of elements, those that the TikZ writer knows.
"""

from __future__ import annotations

from xml.etree import ElementTree

from microgradnet.drawing.network.columns import Layout
from microgradnet.drawing.network.content import Network
from microgradnet.drawing.network.ends import Ends, place_ends
from microgradnet.drawing.network.notes import describe, strength_name, write_notes
from microgradnet.drawing.network.strokes import Strokes
from microgradnet.drawing.network.svg_column import draw_column, footer_height
from microgradnet.drawing.network.svg_ends import draw_ends
from microgradnet.drawing.network.svg_legend import LEGEND_HEIGHT, draw_legend, legend_width
from microgradnet.drawing.network.svg_lines import draw_label, draw_wire
from microgradnet.drawing.network.wording import Wording
from microgradnet.drawing.rectangle import Rectangle
from microgradnet.drawing.svg import FONTS
from microgradnet.drawing.svg_element import add, add_text, number
from microgradnet.drawing.text import width
from microgradnet.drawing.theme import Theme

_MARGIN = 16.0  # points around the picture
_HEADER = 26.0  # above the columns, for their titles
_NOTE_SIZE, _NOTE_LINE = 10.5, 15.0
_PIXELS_PER_POINT = 1.25


def write_svg(network: Network, layout: Layout, wording: Wording, theme: Theme) -> str:
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


def _area(layout: Layout, ends: Ends | None, wording: Wording) -> Rectangle:
    """Return what the columns fill, with their titles and what stands under them."""
    places = layout.places
    right = ends.right if ends else places[-1].x + _reach(layout, -1)
    footer = max(footer_height(place.column, wording) for place in places)
    return Rectangle(places[0].x - _reach(layout, 0), layout.top - _HEADER, right, layout.bottom + footer)


def _reach(layout: Layout, index: int) -> float:
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
    body: ElementTree.Element, layout: Layout, wording: Wording, strokes: Strokes, ends: Ends | None
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
