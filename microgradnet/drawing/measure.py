"""How large each box must be for its text, whatever sans-serif font the reader has."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from microgradnet.drawing.picture import Box
from microgradnet.drawing.text import width

# All in points. The name is set in bold, the captions of the rows small.
NAME_SIZE, FIGURE_SIZE, CAPTION_SIZE, SYMBOL_SIZE, LABEL_SIZE, NOTE_SIZE = 13.0, 13.0, 10.0, 15.0, 11.0, 10.0
LINE = 18.0  # height of a line of a box
PADDING = 8.0  # left and right of the text of a box
MARGIN = 5.0  # above and below it
_SIZES = {"missing": CAPTION_SIZE, "parts": LABEL_SIZE}  # of the texts that are not figures
_GAP = 10.0  # at least, between a caption and its figure
_CONSTANT_HEIGHT = 22.0
_SMALLEST = 26.0
_STEP = 12.0  # widths of boxes go in steps, so that boxes above each other mostly line up


@dataclass(frozen=True, slots=True)
class Extent:
    """The width and height of a box.

    Arguments:
        width, height: of all of it.
        strip: the width of the strip on its left that holds the operation's symbol.
        sheets: how far the sheets below a folded box reach out at the right and at the bottom, within its size.
    """

    width: float
    height: float
    strip: float = 0.0
    sheets: float = 0.0

    @property
    def top_sheet(self) -> Extent:
        """The box without the sheets below it."""
        return replace(self, width=self.width - self.sheets, height=self.height - self.sheets, sheets=0.0)


def measure_box(box: Box) -> Extent:
    """Return the size of a box in points, rounded up to whole points."""
    if box.kind == "constant":
        return Extent(_whole(max(_SMALLEST, width(box.name, FIGURE_SIZE) + 2 * PADDING)), _CONSTANT_HEIGHT)
    widest = width(box.name, NAME_SIZE, bold=True)
    for row in box.rows:
        size = _SIZES.get(row.role, FIGURE_SIZE)
        caption = width(row.caption, CAPTION_SIZE, bold=row.role == "warning")
        widest = max(widest, caption + _GAP + width(row.text, size))
    strip = _whole(max(_SMALLEST, width(box.symbol, SYMBOL_SIZE) + 10.0)) if box.symbol else 0.0
    lines = max(1, len(box.rows) + bool(box.name))
    body = math.ceil(max(_SMALLEST, widest + 2 * PADDING) / _STEP) * _STEP
    sheets = max(sheet_offsets(box), default=0.0)
    return Extent(body + strip + sheets, lines * LINE + 2 * MARGIN + sheets, strip, sheets)


def sheet_offsets(box: Box) -> tuple[float, ...]:
    """Return how far each sheet below a folded box reaches out, the lowest first; more for what stands for several."""
    if box.kind != "folded":
        return ()
    return (6.0, 4.0, 2.0) if box.several else (4.0, 2.0)


def _whole(length: float) -> float:
    return float(int(length) + 1)
