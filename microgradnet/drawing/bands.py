"""Long pictures wrapped into bands, as lines of text are, so that they can be read on a slide.

The columns of a layout are cut where few edges cross, the bands are stacked, and each edge that was cut runs in a lane
of its own along the margin from the end of one band to the start of the next (U. Rüegg and R. von Hanxleden, *Wrapping
Layered Graphs*, 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from microgradnet.drawing.layout import Layout, Point, Rectangle, Route
from microgradnet.drawing.picture import (
    Picture,
    label_width,
    measure_box,
)

_MOST_BANDS = 8
_MOST_BOXES = 400  # more can't be read on a slide in any shape
_SMALL = 960.0  # points: up to this, letters are large on any slide
_LONG = 1.4  # how much longer than asked for a picture is a strip
_GAIN = 1.15  # how much larger the text must become for a picture to be wrapped
_GAIN_OF_A_STRIP = 0.85  # a strip is wrapped even where its text becomes a little smaller
_LANE = 7.0  # points from one lane to the next
_MARGIN = 16.0  # points between bands, and from a band to the first lane
_CORNER = 5.0  # radius
_HEAD = 14.0  # points from a box to the cut behind it: room for the head of a wide arrow
_TITLE, _INSIDE = 18.0, 9.0  # above and around the boxes of a scope
_CROSSING = 0.02  # of a band's width: what a cut edge costs in the choice of the cuts
_Curve = list[Point]  # cubic Bézier curves, joined: start, two controls, point, two controls, point, ...


def wrap(picture: Picture, layout: Layout, aspect: float, below: float = 0.0) -> Layout:
    """Return a layout in as many bands as bring it closest to an aspect; itself where one band is the best.

    Arguments:
        picture: what is laid out.
        layout: where its parts stand.
        aspect: width to height of the whole.
        below: points that notes and legend take under the picture.
    """
    turn, back, swaps = _TURNS[picture.direction]
    if swaps:
        aspect = 1.0 / aspect
    turned = _turned(layout, turn)

    def measure(area: Rectangle) -> Point:
        return (area.width + below, area.height) if swaps else (area.width, area.height + below)

    def needed(area: Rectangle) -> float:
        """Return the width of the slide of this aspect that an area needs."""
        along, across = measure(area)
        return max(along, across * aspect)

    along, across = measure(turned.area)
    is_strip = along > aspect * _LONG * across
    if (along <= _SMALL and not is_strip) or len(picture.boxes) > _MOST_BOXES:
        return layout
    sizes = {box.key: measure_box(box) for box in picture.boxes}
    spans = {
        key: (centre, (size.height, size.width) if swaps else (size.width, size.height))
        for key, centre in turned.centres.items()
        if (size := sizes.get(key)) is not None
    }
    columns = _Columns(turned, spans)
    choices = [cuts for bands in range(2, _MOST_BANDS + 1) if (cuts := columns.cuts(bands))]
    labels = [label_width(edge.label) for edge in picture.edges]
    wrapped = [_Wrapped(turned, spans, cuts, [] if swaps else labels) for cuts in choices]
    if not wrapped:
        return layout
    best = min(wrapped, key=lambda each: needed(each.area))
    gain = needed(turned.area) / needed(best.area)
    return _turned(best.layout(), back) if gain >= (_GAIN_OF_A_STRIP if is_strip else _GAIN) else layout


_TURNS: dict[str, tuple[Callable[[Point], Point], Callable[[Point], Point], bool]] = {
    "LR": (lambda p: p, lambda p: p, False),
    "RL": (lambda p: (-p[0], p[1]), lambda p: (-p[0], p[1]), False),
    "TB": (lambda p: (p[1], p[0]), lambda p: (p[1], p[0]), True),
    "BT": (lambda p: (-p[1], p[0]), lambda p: (p[1], -p[0]), True),
}


def _turned(layout: Layout, turn: Callable[[Point], Point]) -> Layout:
    """Return a layout seen from another side."""

    def rectangle(old: Rectangle) -> Rectangle:
        (x1, y1), (x2, y2) = turn((old.left, old.top)), turn((old.right, old.bottom))
        return Rectangle(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))

    def route(old: Route) -> Route:
        label = turn(old.label) if old.label else None
        return replace(old, curve=tuple(map(turn, old.curve)), tip=turn(old.tip), label=label)

    return Layout(
        rectangle(layout.area),
        {key: turn(centre) for key, centre in layout.centres.items()},
        tuple(map(route, layout.routes)),
        {path: tuple(map(rectangle, parts)) for path, parts in layout.scopes.items()},
    )


_Spans = dict[str, tuple[Point, tuple[float, float]]]  # of each box: its centre and its size


class _Columns:
    """Where a layout from left to right can be cut, and what that costs."""

    def __init__(self, layout: Layout, spans: _Spans) -> None:
        self.area = layout.area
        boxes = sorted((x - width / 2, x + width / 2) for (x, _), (width, _) in spans.values())
        self.gaps: list[float] = []
        right = boxes[0][1] if boxes else 0.0
        for left, end in boxes[1:]:
            if left > right:
                # An arrow stays with its box, so the cut is beyond the lines that begin, and before those that end.
                begin = [route.curve[0][0] + 1.0 for route in layout.routes if right <= route.curve[0][0] < left]
                cut = max([right + min(_HEAD, (left - right) / 2), *begin])
                if all(not right < route.curve[-1][0] <= cut for route in layout.routes):
                    self.gaps.append(cut)
            right = max(right, end)
        reach = [(min(x for x, _ in route.curve), max(x for x, _ in route.curve)) for route in layout.routes]
        self.crossing = {gap: sum(low < gap < high for low, high in reach) for gap in self.gaps}

    def cuts(self, bands: int) -> list[float] | None:
        """Return the places that cut the layout into so many bands of about one width, by dynamic programming."""
        if bands - 1 > len(self.gaps):
            return None
        ends = [self.area.left, *self.gaps, self.area.right]
        ideal = self.area.width / bands
        best: list[dict[int, tuple[float, int]]] = [{0: (0.0, 0)}]
        for _ in range(bands):
            row: dict[int, tuple[float, int]] = {}
            for start, (cost, _) in best[-1].items():
                for end in range(start + 1, len(ends)):
                    uneven = ((ends[end] - ends[start] - ideal) / ideal) ** 2
                    total = cost + uneven + _CROSSING * self.crossing.get(ends[end], 0)
                    if end not in row or total < row[end][0]:
                        row[end] = (total, start)
            best.append(row)
        last = len(ends) - 1
        if last not in best[-1]:
            return None
        places = []
        for row in reversed(best[1:]):
            places.append(last)
            last = row[last][1]
        return [ends[place] for place in reversed(places[1:])]


@dataclass(frozen=True, slots=True)
class _Band:
    """One band: what it covers of the old layout, and how far it moves."""

    start: float
    end: float
    shift: Point


class _Wrapped:
    """A layout cut at some places, with the bands below each other."""

    def __init__(self, old: Layout, spans: _Spans, cuts: Sequence[float], labels: Sequence[float]) -> None:
        self.old, self.spans, self.labels = old, spans, labels
        ends = [old.area.left - 1.0, *cuts, old.area.right + 1.0]
        pieces = [_pieces(list(route.curve), cuts) for route in old.routes]
        # For each cut the edges that cross it, the lowest first, which then take the innermost lanes.
        self.crossing = [
            sorted(
                (place for place, parts in enumerate(pieces) if any(end == cut for end, _ in parts[:-1])),
                key=lambda place, cut=cut: -next(curve[-1][1] for end, curve in pieces[place] if end == cut),  # type: ignore[misc]
            )
            for cut in cuts
        ]
        self.pieces = pieces
        lanes = max(map(len, self.crossing), default=0)
        self.left = _MARGIN + _LANE * lanes
        self.right = self.left + max(end - start for start, end in pairwise(ends))
        self.bands: list[_Band] = []
        self.gutters: list[float] = []
        y = 0.0
        for index, (start, end) in enumerate(pairwise(ends)):
            top, bottom = self._rows(start, end)
            self.bands.append(_Band(start, end, (self.left - start, y - top)))
            y += bottom - top + _MARGIN
            if index < len(cuts):
                self.gutters.append(y)
                y += _LANE * len(self.crossing[index]) + _MARGIN / 2
        self.bottom = y - _MARGIN
        self.area = Rectangle(0.0, 0.0, self.right + _MARGIN + lanes * _LANE, self.bottom)

    def _rows(self, start: float, end: float) -> Point:
        """Return the top and bottom of all that stands between two places."""
        boxes = [(y - high / 2, y + high / 2) for (x, y), (_, high) in self.spans.values() if start <= x < end]
        points = [y for parts in self.pieces for _, curve in parts for x, y in curve if start <= x <= end]
        found = [self._part(each, start, end) for parts in self.old.scopes.values() for each in parts]
        scopes = [part for part in found if part is not None]
        tops = [low for low, _ in boxes] + points + [part.top for part in scopes]
        bottoms = [high for _, high in boxes] + points + [part.bottom for part in scopes]
        return min(tops, default=0.0), max(bottoms, default=0.0)

    def _part(self, scope: Rectangle, start: float, end: float) -> Rectangle | None:
        """Return what a scope covers between two places, no higher than its boxes there need; None without boxes."""
        rows = [
            (y - high / 2, y + high / 2, start <= x < end)
            for (x, y), (_, high) in self.spans.values()
            if scope.left <= x <= scope.right and scope.top <= y <= scope.bottom
        ]
        here = [row for row in rows if row[2]]
        if not here:
            return None
        top, bottom = min(row[0] for row in here), max(row[1] for row in here)
        above = top - _INSIDE - _TITLE if top > min(row[0] for row in rows) else scope.top
        below = bottom + _INSIDE if bottom < max(row[1] for row in rows) else scope.bottom
        return Rectangle(max(scope.left, start), max(scope.top, above), min(scope.right, end), min(scope.bottom, below))

    def _band(self, x: float) -> _Band:
        return next((band for band in self.bands if x < band.end), self.bands[-1])

    def _moved(self, point: Point, at: float | None = None) -> Point:
        shift = self._band(point[0] if at is None else at).shift
        return point[0] + shift[0], point[1] + shift[1]

    def layout(self) -> Layout:
        """Return the new layout."""
        scopes = {path: tuple(self._parts(*parts)) for path, parts in self.old.scopes.items()}
        return Layout(
            self.area,
            {key: self._moved(centre) for key, centre in self.old.centres.items()},
            tuple(self._route(place) for place in range(len(self.old.routes))),
            scopes,
        )

    def _parts(self, scope: Rectangle) -> Iterator[Rectangle]:
        for band in self.bands:
            part = self._part(scope, band.start, band.end)
            if part is not None:
                x, y = band.shift
                yield Rectangle(part.left + x, part.top + y, part.right + x, part.bottom + y)

    def _route(self, place: int) -> Route:
        old = self.old.routes[place]
        curve: _Curve = []
        cut = 0.0
        for end, part in self.pieces[place]:
            middle = (part[0][0] + part[-1][0]) / 2
            moved = [self._moved(point, middle) for point in part]
            if curve:
                curve += _joined(self._lane(place, cut, curve[-1], moved[0]))[1:]
                curve += moved[1:]
            else:
                curve = moved
            cut = end
        tip = self._moved(old.tip, old.curve[0][0] if old.backward else old.curve[-1][0])
        return replace(old, curve=tuple(curve), tip=tip, label=self._label(place, old.label) if old.label else None)

    def _label(self, place: int, label: Point) -> Point:
        """Return where a label stands: right of the lanes at the start of its band."""
        x, y = self._moved(label)
        return (max(x, self.left + 0.44 * self.labels[place] + 2.0), y) if self.labels else (x, y)

    def _lane(self, place: int, cut: float, start: Point, end: Point) -> list[Point]:
        """Return the corners of the way from the end of one band to the start of the next."""
        index = next(number for number, band in enumerate(self.bands) if band.end == cut)
        lane = self.crossing[index].index(place)
        count = len(self.crossing[index])
        right = self.right + _MARGIN / 2 + _LANE * lane
        gutter = self.gutters[index] + _LANE * lane
        left = self.left - _MARGIN / 2 - _LANE * (count - 1 - lane)
        return [start, (right, start[1]), (right, gutter), (left, gutter), (left, end[1]), end]


def _pieces(curve: _Curve, cuts: Sequence[float]) -> list[tuple[float, _Curve]]:
    """Return the parts of a curve between cuts, each with the cut that it ends at; infinity for the last."""
    parts: list[tuple[float, _Curve]] = []
    current = [curve[0]]
    waiting = [cut for cut in cuts if curve[0][0] < cut < curve[-1][0]]
    for place in range(0, len(curve) - 1, 3):
        segment = curve[place : place + 4]
        while waiting and segment[0][0] < waiting[0] <= segment[-1][0]:
            first, segment = _split(segment, waiting[0])
            parts.append((waiting.pop(0), [*current, *first[1:]]))
            current = [segment[0]]
        current += segment[1:]
    return [*parts, (float("inf"), current)]


def _split(segment: _Curve, x: float) -> tuple[_Curve, _Curve]:
    """Return the two halves of a Bézier curve that ends at the left and at the right of a place (de Casteljau)."""
    (a, _), (b, _), (c, _), (d, _) = segment
    low, high = 0.0, 1.0
    for _ in range(40):
        t = (low + high) / 2
        s = 1.0 - t
        low, high = (t, high) if s * s * s * a + 3 * s * t * (s * b + t * c) + t * t * t * d < x else (low, t)
    return _at(segment, (low + high) / 2)


def _at(segment: _Curve, t: float) -> tuple[_Curve, _Curve]:
    levels = [segment]
    while len(levels[-1]) > 1:
        levels.append([((1 - t) * a[0] + t * b[0], (1 - t) * a[1] + t * b[1]) for a, b in pairwise(levels[-1])])
    return [level[0] for level in levels], [level[-1] for level in reversed(levels)]


def _joined(corners: list[Point]) -> _Curve:
    """Return straight lines with round corners, as Bézier curves."""
    curve = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        enter, leave = _towards(corner, before), _towards(corner, after)
        curve += [curve[-1], enter, enter, corner, corner, leave]
    return [*curve, curve[-1], corners[-1], corners[-1]]


def _towards(corner: Point, other: Point) -> Point:
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(_CORNER, length / 2) / length if length else 0.0
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share
