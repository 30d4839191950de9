"""How the line of a weight looks: its width, its colour, and dashes where it is negative."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from microgradnet.drawing.network.columns import Layout
from microgradnet.drawing.network.wording import Wording
from microgradnet.drawing.theme import Theme

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

    def __init__(self, layout: Layout, wording: Wording, theme: Theme) -> None:
        self.is_plain, self.theme = not layout.thickness, theme
        numbers = (wording.strength(wire.parameter) for wire in layout.wires)
        self.largest = max(_sizes(numbers), default=0.0)

    def stroke(self, strength: float) -> Stroke:
        """Return the looks of a line that stands for a number."""
        if self.is_plain:
            return Stroke(_PLAIN, self.theme.rule)
        size = abs(strength) if math.isfinite(strength) else 0.0
        wide = _THINNEST + (_THICKEST - _THINNEST) * (size / self.largest if self.largest else 0.0)
        if not size:
            return Stroke(wide, self.theme.cluster_rule)
        if strength > 0.0:
            return Stroke(wide, self.theme.positive)
        return Stroke(wide, self.theme.negative, (4.0 + wide, 2.0 + wide / 2))


def _sizes(numbers: Iterable[float]) -> list[float]:
    return [abs(number) for number in numbers if math.isfinite(number)]
