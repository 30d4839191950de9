"""Where everything stands: columns from left to right, circles in rows, as close as the labels allow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from microgradnet.drawing.network.content import Column, Network, Parameter
from microgradnet.drawing.network.gap import Gap, Side, fit_gap, open_gap
from microgradnet.drawing.network.geometry import Segment
from microgradnet.drawing.network.wording import INSIDE_SIZE, Cell, Label, Wording
from microgradnet.drawing.rectangle import Point
from microgradnet.drawing.text import width
from microgradnet.errors import DrawingError

_SMALLEST_RADIUS = 23.0
_BETWEEN = 16.0  # points between the texts of one circle and those of the next
_AIR = 6.0, 6.0  # points beside and above a label that stay free of other lines and labels
_DOTS = 0.75  # of the pitch: the room of an ellipsis
_PITCHES = (1.0, 1.25, 1.55, 1.9, 2.4)  # of the least distance between rows: what is tried
_MOST_LABELS = 36  # between two columns: more don't fit on any slide
_NEAT = 1.2  # how much larger a picture may be for labels that stand straight above each other
_SLIDE = 16.0, 9.0
_SMALLEST_SLIDE = 100.0  # points for each of these: on a larger slide nobody reads the labels


@dataclass(frozen=True, slots=True)
class Wire:
    """The line of one weight.

    Arguments:
        parameter: the weight.
        line: from rim to rim.
        names: of the unit that it comes from, and of the one that it leads to.
        label: what stands on it; no texts where nothing does.
        centre: where its label is centred.
    """

    parameter: Parameter
    line: Segment
    names: tuple[str, str]
    label: Label
    centre: Point


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands.

    Arguments:
        column: what it holds.
        cells: the texts of its units.
        x: of its middle.
        ys: of the units' centres.
        dots: the y of its ellipsis; None where nothing is left out.
        half: how far its texts reach to each side.
    """

    column: Column
    cells: Sequence[Cell]
    x: float
    ys: Sequence[float]
    dots: float | None
    half: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands; the middle of all columns is at y = 0.

    Arguments:
        radius: of every circle.
        places: of the columns.
        wires: the lines of the weights.
        top: of the uppermost text of a unit.
        bottom: of the lowest.
        thickness: whether the lines are as thick as their weights are large, instead of having labels.
        crooked: between how many columns the labels don't stand straight above each other.
    """

    radius: float
    places: Sequence[Place]
    wires: Sequence[Wire]
    top: float
    bottom: float
    thickness: bool
    crooked: int

    @property
    def size(self) -> float:
        """How large a slide it needs, in points for each 16th of the slide's width."""
        wide = self.places[-1].x + self.places[-1].half - self.places[0].x + self.places[0].half
        return max(wide / _SLIDE[0], (self.bottom - self.top) / _SLIDE[1])


def lay_out(network: Network, wording: Wording) -> Layout:
    """Return the layout: with a label on each line where that is asked for or can be read, else without.

    Raises:
        DrawingError: labels were asked for, and there is no place for all of them.
    """
    lines = wording.options.lines
    if not wording.options.show and lines != "thickness":
        return _Rows(network, wording, compact=False).plain(thickness=False)
    if lines != "thickness":
        labelled = [
            layout
            for layout in _Rows(network, wording, compact=False).labelled()
            if lines == "figures" or layout.size <= _SMALLEST_SLIDE
        ]
        if labelled:
            return min(labelled, key=lambda layout: layout.size * _NEAT**layout.crooked)
        if lines == "figures":
            advice = 'Show less, use fewer digits=, or show thickness and sign: lines="thickness".'
            raise DrawingError("figures on the lines need a place each", "more lines than there is place for", advice)
    return _Rows(network, wording, compact=True).plain(thickness=True)


class _Rows:
    """The circles of every column with their texts, before the columns have a distance."""

    def __init__(self, network: Network, wording: Wording, *, compact: bool) -> None:
        self.columns, self.wording = network.columns, wording
        self.cells = [[wording.cell(unit, compact=compact) for unit in column.units] for column in network.columns]
        cells = [cell for column in self.cells for cell in column]
        self.radius = _radius(cells)
        self.above = self.radius + max(cell.above.height for cell in cells)
        self.below = self.radius + max(cell.below.height for cell in cells)
        self.labels = [
            [[wording.label(each) for each in unit.weights] for unit in column.units] for column in self.columns
        ]

    def labelled(self) -> Iterator[Layout]:
        """Yield the layouts with a label on every line, one for each pitch at which there is one."""
        if max(len(labels) * len(labels[0]) for labels in self.labels[1:]) > _MOST_LABELS:
            return
        for factor in _PITCHES:
            sides = self._sides(factor)
            gaps: list[Gap] = []
            for before, after, labels in zip(sides[:-1], sides[1:], self.labels[1:], strict=True):
                gap = fit_gap(
                    before, after, [(label.width + _AIR[0], label.height + _AIR[1]) for row in labels for label in row]
                )
                if gap is None:
                    break
                gaps.append(gap)
            else:
                yield self._layout(sides, gaps, thickness=False)

    def plain(self, *, thickness: bool) -> Layout:
        """Return the layout without labels on lines."""
        sides = self._sides(1.0)
        gaps = [open_gap(before, after) for before, after in pairwise(sides)]
        return self._layout(sides, gaps, thickness=thickness)

    def _sides(self, factor: float) -> list[Side]:
        pitch = (self.above + self.below + _BETWEEN) * factor
        return [
            Side(_ys(column, pitch), self.radius, cells) for column, cells in zip(self.columns, self.cells, strict=True)
        ]

    def _layout(self, sides: Sequence[Side], gaps: Sequence[Gap], *, thickness: bool) -> Layout:
        x = 0.0
        places = [self._place(0, sides[0], x)]
        wires: list[Wire] = []
        for index, gap in enumerate(gaps, 1):
            wires += self._wires(index, gap, x, thickness=thickness)
            x += gap.distance
            places.append(self._place(index, sides[index], x))
        top = min(side.ys[0] for side in sides) - self.above
        bottom = max(side.ys[-1] for side in sides) + self.below
        crooked = sum(not gap.aligned for gap in gaps)
        return Layout(self.radius, places, wires, top, bottom, thickness, crooked)

    def _place(self, index: int, side: Side, x: float) -> Place:
        column = self.columns[index]
        dots = (side.ys[column.head - 1] + side.ys[column.head]) / 2 if column.is_cut else None
        if dots is not None:  # in the middle of what is free: texts below the one circle, above the other
            dots += (self.below - self.above) / 2
        return Place(column, self.cells[index], x, side.ys, dots, side.half)

    def _wires(self, index: int, gap: Gap, x: float, *, thickness: bool) -> Iterator[Wire]:
        before, after = self.columns[index - 1], self.columns[index]
        pairs = [(j, k) for j in range(len(after.units)) for k in range(len(before.units))]
        for (j, k), line, centre in zip(pairs, gap.lines, gap.centres, strict=True):
            moved = Segment((line.start[0] + x, line.start[1]), (line.end[0] + x, line.end[1]))
            label = Label(()) if thickness else self.labels[index][j][k]
            names = before.units[k].name, after.units[j].name
            yield Wire(after.units[j].weights[k], moved, names, label, (centre[0] + x, centre[1]))


def _radius(cells: Sequence[Cell]) -> float:
    """Return a radius with which every circle holds its texts, two lines or one."""
    needed = _SMALLEST_RADIUS
    for cell in cells:
        tall = 0.5 * INSIDE_SIZE if len(cell.inside) == 1 else 1.15 * INSIDE_SIZE
        widest = max(width(text.words, INSIDE_SIZE) for text in cell.inside)
        needed = max(needed, math.hypot(widest / 2, tall) + 2.0)
    return needed


def _ys(column: Column, pitch: float) -> list[float]:
    """Return the y of each unit, with room for the ellipsis."""
    ys = [place * pitch + (_DOTS * pitch if place >= column.head else 0.0) for place in range(len(column.units))]
    middle = (ys[0] + ys[-1]) / 2
    return [y - middle for y in ys]
