"""Labels on lines: each on its own line, clear of every other line and of every other label, or none at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from microgradnet.drawing.network.geometry import Segment, around, overlap
from microgradnet.drawing.rectangle import Point, Rectangle

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
    if not all(free):
        return None
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
