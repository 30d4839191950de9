"""The room between two columns: how far apart they stand so that lines clear the texts, and labels find a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microgradnet.drawing.network.geometry import Segment, around, between_circles
from microgradnet.drawing.network.labels import Size, place_labels
from microgradnet.drawing.network.wording import Cell
from microgradnet.drawing.rectangle import Point, Rectangle

_WIDENINGS = (1.0, 1.3, 1.65, 2.1, 2.7, 3.5, 4.5)  # of the least room: what is tried
_NEAT = 1.4  # how much wider a gap may be for labels that stand straight above each other
_LEAST = 64.0
_CLEAR = 4.0  # points between a label and the texts of a column


@dataclass(frozen=True, slots=True)
class Side:
    """A column as its neighbours see it.

    Arguments:
        ys: of its circles.
        radius: of these.
        cells: the texts of its units.
    """

    ys: Sequence[float]
    radius: float
    cells: Sequence[Cell]

    @property
    def half(self) -> float:
        """How far circles and texts reach to each side."""
        texts = [label.width / 2 for cell in self.cells for label in (cell.above, cell.below) if label.texts]
        return max([self.radius, *texts])

    def blocks(self, x: float) -> list[Rectangle]:
        """Return the rectangles of the texts above and below the circles of a column at this x."""
        found = []
        for y, cell in zip(self.ys, self.cells, strict=True):
            for label, sign in ((cell.above, -1), (cell.below, 1)):
                if label.texts:
                    middle = y + sign * (self.radius + label.height / 2)
                    found.append(around((x, middle), label.width, label.height))
        return found


@dataclass(frozen=True, slots=True)
class Gap:
    """The lines between two columns, the first of which stands at x = 0.

    Arguments:
        distance: from the middle of one to the middle of the other.
        lines: to the first unit from each before it, to the second, ...
        centres: where each line's label goes; anywhere where there are no labels.
        aligned: whether the labels stand straight above each other.
    """

    distance: float
    lines: Sequence[Segment]
    centres: Sequence[Point]
    aligned: bool = True


def fit_gap(before: Side, after: Side, sizes: Sequence[Size]) -> Gap | None:
    """Return the narrowest gap in which every label has a place; None where there is none.

    One that is somewhat wider is preferred where labels stand straight above each other in it.

    Arguments:
        before: the left column.
        after: the right one.
        sizes: the width and height that each line's label needs.
    """
    least = max(_LEAST, *(1.4 * size[0] + 8.0 for size in sizes))
    narrowest: Gap | None = None
    for widening in _WIDENINGS:
        distance = before.half + widening * least + after.half
        lines = _lines(before, after, distance)
        if narrowest and distance > _NEAT * narrowest.distance:
            break
        if not _are_clear(lines, before, after, distance):
            continue
        placement = place_labels(lines, sizes, (before.half + _CLEAR, distance - after.half - _CLEAR))
        if placement:
            gap = Gap(distance, lines, placement.centres, placement.aligned)
            if gap.aligned:
                return gap
            narrowest = narrowest or gap
    return narrowest


def open_gap(before: Side, after: Side) -> Gap:
    """Return a gap without labels, wide enough for its lines to be told apart and to clear the texts."""
    height = max(before.ys[-1], after.ys[-1]) - min(before.ys[0], after.ys[0])
    least = max(2 * _LEAST, 0.45 * height)
    for widening in _WIDENINGS:
        distance = before.half + widening * least + after.half
        lines = _lines(before, after, distance)
        if _are_clear(lines, before, after, distance):
            break
    return Gap(distance, lines, [line.start for line in lines])


def _lines(before: Side, after: Side, distance: float) -> list[Segment]:
    return [between_circles((0.0, k), (distance, j), before.radius) for j in after.ys for k in before.ys]


def _are_clear(lines: Sequence[Segment], before: Side, after: Side, distance: float) -> bool:
    """Tell whether no line runs through a text above or below a circle."""
    blocks = [*before.blocks(0.0), *after.blocks(distance)]
    return not any(line.meets(block) for line in lines for block in blocks)
