"""Where everything of a network stands: columns of circles, lines between them, a place on its line for each label."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from microgradnet.drawing.layout import Point, Rectangle
from microgradnet.drawing.network.model import MOST_LAYERS_IN_A_ROW, Column, Network, ParameterShown, Unit
from microgradnet.drawing.network.wording import INSIDE_SIZE, LABEL_SIZE, Cell, Label, Text, Wording
from microgradnet.drawing.picture import width
from microgradnet.errors import DrawingError


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight line from left to right, never upright."""

    start: Point
    end: Point

    @property
    def slope(self) -> float:
        """How much further down it is, for each step to the right."""
        return (self.end[1] - self.start[1]) / (self.end[0] - self.start[0])

    def at(self, x: float) -> float:
        """Return its y above or below an x."""
        return self.start[1] + self.slope * (x - self.start[0])

    def meets(self, rectangle: Rectangle) -> bool:
        """Tell whether some point of it lies in a rectangle."""
        left, right = max(self.start[0], rectangle.left), min(self.end[0], rectangle.right)
        if left > right:
            return False
        first, last = self.at(left), self.at(right)
        return min(first, last) <= rectangle.bottom and max(first, last) >= rectangle.top


def between_circles(left: Point, right: Point, radius: float) -> Segment:
    """Return the line between two circles of one radius, from rim to rim."""
    across, down = right[0] - left[0], right[1] - left[1]
    length = math.hypot(across, down)
    step = across / length * radius, down / length * radius
    return Segment((left[0] + step[0], left[1] + step[1]), (right[0] - step[0], right[1] - step[1]))


def around(centre: Point, width: float, height: float) -> Rectangle:
    """Return the rectangle of this size around a centre."""
    x, y = centre
    return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Tell whether two rectangles have a point in common."""
    apart = one.right < other.left or other.right < one.left or one.bottom < other.top or other.bottom < one.top
    return not apart


Size = tuple[float, float]
_STEP = 6.0  # points between the places that are tried on a line
_FAVOURITE = 0.36  # of the way: nearer to where lines come from, as most textbooks have it
_PATIENCE = 4000  # places that are tried before the room counts as too small


@dataclass(frozen=True, slots=True)
class Placement:
    """Where labels stand.

    Arguments:
        centres: one for each line.
        aligned: whether they stand straight above each other, which reads best.
    """

    centres: Sequence[Point]
    aligned: bool


def place_labels(lines: Sequence[Segment], sizes: Sequence[Size], room: Point) -> Placement | None:
    """Return places for the labels, straight above each other where that can be; None where not all fit.

    Arguments:
        lines: from left to right, all between the same two columns.
        sizes: the width and height of each line's label.
        room: the x between which labels may stand.
    """
    favourite = room[0] + _FAVOURITE * (room[1] - room[0])
    free = [_free_places(place, lines, sizes[place], room, favourite) for place in range(len(lines))]
    if not lines or not all(free):
        return None if lines else Placement([], aligned=True)
    for x in sorted({centre[0] for centre in free[0]}, key=lambda x: (abs(x - favourite), x)):
        aligned = [next((centre for centre in each if centre[0] == x), None) for each in free]
        found = [centre for centre in aligned if centre is not None]
        if len(found) == len(lines) and _are_apart(found, sizes):
            return Placement(found, aligned=True)
    searched = _search(free, sizes)
    return Placement(searched, aligned=False) if searched else None


def _free_places(
    own: int, lines: Sequence[Segment], size: Size, room: Point, favourite: float
) -> list[tuple[float, float]]:
    """Return the places on a line where its label covers no other line, the favourite first."""
    others = [line for place, line in enumerate(lines) if place != own]
    low, high = room[0] + size[0] / 2 - favourite, room[1] - size[0] / 2 - favourite
    xs = [favourite + step * _STEP for step in range(math.ceil(low / _STEP), math.floor(high / _STEP) + 1)]
    free = []
    for x in sorted(xs, key=lambda x: (abs(x - favourite), x)):
        centre = x, lines[own].at(x)
        rectangle = around(centre, *size)
        if not any(line.meets(rectangle) for line in others):
            free.append(centre)
    return free


def _are_apart(centres: Sequence[Point], sizes: Sequence[Size]) -> bool:
    placed: list[Rectangle] = []
    for centre, size in zip(centres, sizes, strict=True):
        rectangle = around(centre, *size)
        if any(overlap(rectangle, other) for other in placed):
            return False
        placed.append(rectangle)
    return True


def _search(free: Sequence[Sequence[Point]], sizes: Sequence[Size]) -> list[Point] | None:
    """Try places line by line, the line with the fewest first, and step back where one has none left."""
    order = sorted(range(len(free)), key=lambda place: (len(free[place]), place))
    chosen: list[int] = []  # which of its places each line has, in this order
    placed: list[Rectangle] = []
    following = 0
    for _ in range(_PATIENCE):
        line = order[len(chosen)]
        for choice in range(following, len(free[line])):
            rectangle = around(free[line][choice], *sizes[line])
            if not any(overlap(rectangle, other) for other in placed):
                chosen.append(choice)
                placed.append(rectangle)
                following = 0
                break
        else:
            if not chosen:
                return None
            following = chosen.pop() + 1
            placed.pop()
        if len(chosen) == len(order):
            centres = {line: free[line][choice] for line, choice in zip(order, chosen, strict=True)}
            return [centres[line] for line in range(len(free))]
    return None


_WIDENINGS = (1.0, 1.3, 1.65, 2.1, 2.7, 3.5, 4.5)  # of the least room: what is tried
_NEAT_GAP = 1.4  # how much wider a gap may be for labels that stand straight above each other
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


def fit_gap(before: Side, after: Side, sizes: Sequence[Size | None], distance: float | None = None) -> Gap | None:
    """Return the narrowest gap in which every label has a place; None if there is no such gap.

    One that is somewhat wider is preferred where labels stand straight above each other in it.

    Arguments:
        before: the left column.
        after: the right one.
        sizes: the width and height that each line's label needs; None for a line without one.
        distance: the only one that is tried, if one is given.
    """
    labelled = [place for place, size in enumerate(sizes) if size is not None]
    needed = [size for size in sizes if size is not None]
    least = max([_LEAST, *(1.4 * size[0] + 8.0 for size in needed)])
    narrowest: Gap | None = None
    for tried in [distance] if distance else [before.half + each * least + after.half for each in _WIDENINGS]:
        lines = _lines(before, after, tried)
        if narrowest and tried > _NEAT_GAP * narrowest.distance:
            break
        if not _are_clear(lines, before, after, tried):
            continue
        room = before.half + _CLEAR, tried - after.half - _CLEAR
        placement = place_labels([lines[place] for place in labelled], needed, room)
        if placement:
            centres = dict(zip(labelled, placement.centres, strict=True))
            places = [centres.get(place, line.start) for place, line in enumerate(lines)]
            gap = Gap(tried, lines, places, placement.aligned)
            if gap.aligned:
                return gap
            narrowest = narrowest or gap
    return narrowest


def open_gap(before: Side, after: Side, distance: float) -> Gap:
    """Return a gap without labels, this wide or wider, in which the lines clear the texts."""
    for widening in _WIDENINGS:
        wide = max(distance, before.half + _LEAST + after.half) * widening
        lines = _lines(before, after, wide)
        if _are_clear(lines, before, after, wide):
            break
    return Gap(wide, lines, [line.start for line in lines])


def _lines(before: Side, after: Side, distance: float) -> list[Segment]:
    return [between_circles((0.0, k), (distance, j), before.radius) for j in after.ys for k in before.ys]


def _are_clear(lines: Sequence[Segment], before: Side, after: Side, distance: float) -> bool:
    """Tell whether no line runs through a text above or below a circle."""
    blocks = [*before.blocks(0.0), *after.blocks(distance)]
    return not any(line.meets(block) for line in lines for block in blocks)


_SMALLEST_RADIUS = 23.0
_BETWEEN, _BETWEEN_COMPACT = 16.0, 6.0  # points between the texts of one circle and those of the next
_AIR = 6.0, 6.0  # points beside and above a label that stay free of other lines and labels
_DOTS = 0.75  # of the pitch: the room of an ellipsis
_PITCHES = (1.0, 1.25, 1.55, 1.9, 2.4)  # of the least distance between rows: what is tried
_MOST_LABELS = 36  # between two columns: more don't fit on any slide
_NEAT = 1.2  # how much larger a picture may be for labels that stand straight above each other
_SLIDE = 16.0, 9.0
_SMALLEST_SLIDE = 96.0  # points for each of these: on a larger slide nobody reads the labels
_EVEN = 1.15  # how much larger a picture may be for gaps that are all alike
_MOST_BANDS = 4
_HEADER = 26.0  # above the columns, for their titles
_BETWEEN_BANDS = 8.0
_DISTANCES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # of columns, in heights of the picture: what is tried
_FREE = 1.05  # how much larger a picture may be for columns further apart
_ENDS = 250.0, 180.0  # points that targets and loss take beside it, and titles, legend and notes above and below


@dataclass(frozen=True, slots=True)
class Wire:
    """The line of one weight.

    Arguments:
        parameter: the weight.
        line: from rim to rim.
        names: of the unit that it comes from, and of the one that it leads to.
        label: the texts on it; empty for none.
        centre: where its label is centred.
        faint: whether it stays in the background, as all lines but those of the unit in focus.
    """

    parameter: ParameterShown
    line: Segment
    names: tuple[str, str]
    label: Label
    centre: Point
    faint: bool = False


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
        top: of the uppermost text of a unit of its band.
        bottom: of the lowest.
        again: whether it is the last column of the band above, drawn again.
    """

    column: Column
    cells: Sequence[Cell]
    x: float
    ys: Sequence[float]
    dots: float | None
    half: float
    top: float = 0.0
    bottom: float = 0.0
    again: bool = False


@dataclass(frozen=True, slots=True)
class NetworkLayout:
    """Where everything stands; the middle of all columns of the first band is at y = 0.

    Arguments:
        radius: of every circle.
        places: of the columns.
        wires: the lines of the weights.
        thickness: whether the lines are as thick as their weights are large, instead of having labels.
        crooked: between how many columns the labels don't stand straight above each other.
    """

    radius: float
    places: Sequence[Place]
    wires: Sequence[Wire]
    thickness: bool
    crooked: int

    @property
    def size(self) -> float:
        """How large a slide it needs, in points for each 16th of the slide's width."""
        wide = max(place.x + place.half for place in self.places) - self.places[0].x + self.places[0].half
        high = self.places[-1].bottom - self.places[0].top
        return max((wide + _ENDS[0]) / _SLIDE[0], (high + _ENDS[1]) / _SLIDE[1])


def lay_out(network: Network, wording: Wording) -> NetworkLayout:
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
        focus = wording.options.focus
        self.between = _BETWEEN_COMPACT if compact else _BETWEEN
        self.cells = [
            [wording.cell(unit, compact=(compact or focus is not None) and unit.name != focus) for unit in column.units]
            for column in network.columns
        ]
        cells = [cell for column in self.cells for cell in column]
        self.radius = _radius(cells)
        self.above = self.radius + max(cell.above.height for cell in cells)
        self.below = self.radius + max(cell.below.height for cell in cells)
        self.labels = [
            [[self._label(unit, place, each) for place, each in enumerate(unit.weights)] for unit in column.units]
            for column in self.columns
        ]
        footer = max(wording.footer_height(column) for column in network.columns)
        self.between_bands = _HEADER + footer + _BETWEEN_BANDS

    def _label(self, unit: Unit, place: int, weight: ParameterShown) -> Label:
        """Return the texts on the line of a weight; none where another unit is in focus."""
        return Label(()) if self._is_faint(unit, place) else self.wording.label(weight)

    def _is_faint(self, unit: Unit, place: int) -> bool:
        """Tell whether neither this unit nor the one at a place of the column before is in focus."""
        focus = self.wording.options.focus
        if focus is None or focus == unit.name:
            return False
        before = next(self.columns[index - 1] for index, each in enumerate(self.columns) if unit in each.units)
        return focus != before.units[place].name

    def labelled(self) -> Iterator[NetworkLayout]:
        """Yield the layouts with a label on every line, one for each pitch at which there is one."""
        sizes = [
            [
                (label.width + _AIR[0], label.height + _AIR[1]) if label.texts else None
                for row in labels
                for label in row
            ]
            for labels in self.labels[1:]
        ]
        if max(sum(size is not None for size in each) for each in sizes) > _MOST_LABELS:
            return
        for factor in _PITCHES:
            sides = self._sides(factor)
            gaps = [fit_gap(*pair, each) for pair, each in zip(pairwise(sides), sizes, strict=True)]
            found = [gap for gap in gaps if gap is not None]
            if len(found) < len(gaps):
                continue
            layout = self._layout(sides, found, thickness=False)
            widest = max(gap.distance for gap in found)
            same = [fit_gap(*pair, each, widest) for pair, each in zip(pairwise(sides), sizes, strict=True)]
            even = [gap for gap in same if gap is not None]
            if len(even) == len(gaps):
                other = self._layout(sides, even, thickness=False)
                layout = other if other.size <= _EVEN * layout.size and other.crooked <= layout.crooked else layout
            yield layout

    def plain(self, *, thickness: bool) -> NetworkLayout:
        """Return the layout without labels on lines: columns at one distance, the largest that costs no size."""
        sides = self._sides(1.0)
        height = max(side.ys[-1] - side.ys[0] for side in sides) + self.above + self.below
        layouts = []
        for factor in _DISTANCES:
            distance = max(2 * _LEAST, factor * height)
            gaps = [open_gap(*pair, distance) for pair in pairwise(sides)]
            widest = max(gap.distance for gap in gaps)
            even = [open_gap(*pair, widest) for pair in pairwise(sides)]
            layouts += [self._layout(sides, each, thickness=thickness) for each in (gaps, even)]
        least = min(layout.size for layout in layouts)
        return [layout for layout in layouts if layout.size <= _FREE * least][-1]

    def _sides(self, factor: float) -> list[Side]:
        pitch = (self.above + self.below + self.between) * factor
        return [
            Side(_ys(column, pitch), self.radius, cells) for column, cells in zip(self.columns, self.cells, strict=True)
        ]

    def _layout(self, sides: Sequence[Side], gaps: Sequence[Gap], *, thickness: bool) -> NetworkLayout:
        """Return the layout in one band, or where there are many layers, in as many as fill a slide best."""
        most = _MOST_BANDS if len(gaps) > MOST_LAYERS_IN_A_ROW else 1
        layouts = [self._in_bands(sides, gaps, bands, thickness=thickness) for bands in range(min(most, 2), most + 1)]
        return min(layouts, key=lambda layout: layout.size)

    def _in_bands(self, sides: Sequence[Side], gaps: Sequence[Gap], bands: int, *, thickness: bool) -> NetworkLayout:
        """Return the layout in so many bands; each but the first begins with the last column of the one above."""
        top = min(side.ys[0] for side in sides) - self.above
        bottom = max(side.ys[-1] for side in sides) + self.below
        places, wires = [self._place(0, sides[0], (0.0, 0.0), (top, bottom))], list[Wire]()
        x, y, band = 0.0, 0.0, 0
        for index, gap in enumerate(gaps, 1):
            if (index - 1) * bands // len(gaps) > band:
                band += 1
                x, y = 0.0, y + bottom - top + self.between_bands
                places.append(replace(self._place(index - 1, sides[index - 1], (x, y), (top, bottom)), again=True))
            wires += self._wires(index, gap, (x, y), thickness=thickness)
            x += gap.distance
            places.append(self._place(index, sides[index], (x, y), (top, bottom)))
        return NetworkLayout(self.radius, places, wires, thickness, sum(not gap.aligned for gap in gaps))

    def _place(self, index: int, side: Side, shift: Point, rows: Point) -> Place:
        column = self.columns[index]
        x, y = shift
        dots = (side.ys[column.head - 1] + side.ys[column.head]) / 2 + y if column.is_cut else None
        if dots is not None:  # in the middle of the free space: texts below the one circle, above the other
            dots += (self.below - self.above) / 2
        ys = [each + y for each in side.ys]
        return Place(column, self.cells[index], x, ys, dots, side.half, rows[0] + y, rows[1] + y)

    def _wires(self, index: int, gap: Gap, shift: Point, *, thickness: bool) -> Iterator[Wire]:
        before, after = self.columns[index - 1], self.columns[index]
        pairs = [(j, k) for j in range(len(after.units)) for k in range(len(before.units))]
        for (j, k), line, centre in zip(pairs, gap.lines, gap.centres, strict=True):
            start, end, middle = (
                (point[0] + shift[0], point[1] + shift[1]) for point in (line.start, line.end, centre)
            )
            label = Label(()) if thickness else self.labels[index][j][k]
            names = before.units[k].name, after.units[j].name
            faint = self._is_faint(after.units[j], k)
            yield Wire(after.units[j].weights[k], Segment(start, end), names, label, middle, faint)


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


_HIGH, _BETWEEN_BOXES, _PADDING = 26.0, 30.0, 8.0


@dataclass(frozen=True, slots=True)
class Ends:
    """The boxes at the right: the loss, and beside it the targets, which enter it from the other side than outputs do.

    Arguments:
        outputs: where the lines begin: at the rims of the output's circles.
        targets: the box of each target.
        target_texts: the texts in them.
        loss: the box of the loss.
        loss_text: the text in it.
        kind: which loss it is; stands under it.
        right: how far all of it reaches.
    """

    outputs: Sequence[Point]
    targets: Sequence[Rectangle]
    target_texts: Sequence[Text]
    loss: Rectangle
    loss_text: Text
    kind: Text
    right: float


def place_ends(network: Network, layout: NetworkLayout, wording: Wording) -> Ends | None:
    """Return the boxes of targets and loss; None without targets."""
    if network.loss is None:
        return None
    last = layout.places[-1]
    text = Text(wording.equation(network.loss.name, network.loss.number), "name")
    kind = Text(network.loss.kind, "muted")
    broad = max(width(text.words, 1.1 * INSIDE_SIZE, bold=True) + 2 * _PADDING + 4.0, width(kind.words, LABEL_SIZE))
    left = last.x + last.half + _BETWEEN_BOXES
    middle = (last.ys[0] + last.ys[-1]) / 2
    loss = Rectangle(left, middle - _HIGH / 2 - 3.0, left + broad, middle + _HIGH / 2 + 3.0)
    texts = [Text(wording.equation(target.name, target.number), "name") for target in network.targets]
    wide = max(width(text.words, INSIDE_SIZE) for text in texts) + 2 * _PADDING
    left = loss.right + _BETWEEN_BOXES
    targets = [Rectangle(left, y - _HIGH / 2, left + wide, y + _HIGH / 2) for y in last.ys]
    outputs = [(last.x + layout.radius, y) for y in last.ys]
    return Ends(outputs, targets, texts, loss, text, kind, left + wide)
