"""Edges that cross too many columns for Graphviz: an operand that is used all along a deep graph.

Graphviz makes a place for each column that an edge crosses, so its time grows with the square of the number of uses.
The longest edges are left out of its layout, and led over the top of the picture (beside it, in upright pictures).
"""

from __future__ import annotations

from dataclasses import replace

from microgradnet.drawing.effort import SHORT, spans
from microgradnet.drawing.measure import Extent, measure_box
from microgradnet.drawing.picture import Box, Edge, Picture
from microgradnet.drawing.rectangle import Point, Rectangle
from microgradnet.drawing.route import Route

_MOST = 600  # columns crossed by all edges together: up to this, the best layout takes some tenths of a second
_HIGHEST = 150.0  # points that an arc rises
_HEAD = 6.0  # length of an arrow


def far_edges(picture: Picture) -> set[int]:
    """Return the places of the edges that are left out of the layout; none in nearly every picture."""
    crossed = spans(picture)
    long = [place for place, columns in enumerate(crossed) if columns > SHORT]
    total, far = sum(crossed[place] for place in long), set()
    for place in sorted(long, key=lambda place: -crossed[place]):
        if total <= _MOST:
            break
        total -= crossed[place]
        far.add(place)
    return far


def without(picture: Picture, places: set[int]) -> Picture:
    """Return the picture without the edges of these places."""
    return replace(picture, edges=[edge for place, edge in enumerate(picture.edges) if place not in places])


def arc(edge: Edge, boxes: dict[str, Box], centres: dict[str, Point], *, upright: bool) -> Route:
    """Return the way of an edge over the top of what lies between its two boxes.

    Arguments:
        edge: the edge.
        boxes: by their keys.
        centres: where they stand.
        upright: whether the arrows of the picture go up or down; the arc then goes along its left side.
    """
    start, end = (_side(centres[key], measure_box(boxes[key]), upright) for key in (edge.tail, edge.head))
    tip, base_at = (start, 0) if edge.backward else (end, -1)
    rise = min(_HIGHEST, 0.25 * (abs(end[0] - start[0]) + abs(end[1] - start[1])))
    ends = [start, end]
    ends[base_at] = _away(tip, _HEAD, upright)
    peak = min(start[0 if upright else 1], end[0 if upright else 1]) - rise
    first, second = ((peak, start[1]), (peak, end[1])) if upright else ((start[0], peak), (end[0], peak))
    label = _away(end, 3 * _HEAD, upright) if edge.label else None
    return Route((ends[0], first, second, ends[1]), tip, label, edge.backward)


def covering(area: Rectangle, arcs: list[Route]) -> Rectangle:
    """Return the area with room for the arcs."""
    points = [point for each in arcs for point in each.curve]
    left, top = min((x for x, _ in points), default=area.left), min((y for _, y in points), default=area.top)
    return replace(area, left=min(area.left, left), top=min(area.top, top))


def _side(centre: Point, extent: Extent, upright: bool) -> Point:
    x, y = centre
    return (x - extent.width / 2, y) if upright else (x, y - extent.height / 2)


def _away(point: Point, length: float, upright: bool) -> Point:
    return (point[0] - length, point[1]) if upright else (point[0], point[1] - length)
