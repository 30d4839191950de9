"""Lines of text above each other, centred, each in the colour of what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from microgradnet.drawing.network.wording import LABEL_LINE, LABEL_SIZE, Text
from microgradnet.drawing.rectangle import Point
from microgradnet.drawing.svg_element import Style, add_text
from microgradnet.drawing.theme import Theme

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
