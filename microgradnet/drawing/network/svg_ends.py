"""The targets and the loss of an SVG, with thin lines from the outputs."""

from __future__ import annotations

from xml.etree import ElementTree

from microgradnet.drawing.network.ends import Ends
from microgradnet.drawing.network.strokes import Stroke
from microgradnet.drawing.network.svg_column import TITLE_ABOVE, draw_title
from microgradnet.drawing.network.svg_lines import draw_line
from microgradnet.drawing.network.svg_text import BASELINE, draw_lines
from microgradnet.drawing.network.wording import INSIDE_SIZE
from microgradnet.drawing.rectangle import Rectangle
from microgradnet.drawing.svg_element import Style, add, add_text
from microgradnet.drawing.theme import Theme


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
