"""What thickness, colour and dashes of lines say: four samples with their numbers."""

from __future__ import annotations

from xml.etree import ElementTree

from microgradnet.drawing.network.strokes import Strokes
from microgradnet.drawing.network.svg_lines import draw_line
from microgradnet.drawing.network.svg_text import BASELINE
from microgradnet.drawing.network.wording import LABEL_SIZE, Wording
from microgradnet.drawing.rectangle import Point
from microgradnet.drawing.svg_element import add, add_text
from microgradnet.drawing.text import width

LEGEND_HEIGHT = 26.0
_SAMPLE, _STEP = 34.0, 104.0  # length of a sample, distance between samples
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
    largest = strokes.largest
    for strength in (largest, largest / 4, -largest / 4, -largest) if largest else (0.0,):
        draw_line(group, (x, y), (x + _SAMPLE, y), strokes.stroke(strength))
        text = ("+" if strength > 0.0 else "") + wording.figure(strength)
        add_text(group, text, x + _SAMPLE + 6.0, baseline, font_size=LABEL_SIZE, fill=strokes.theme.text)
        x += _STEP
