"""Where a straight line meets a circle, a rectangle; whether two rectangles overlap."""

from __future__ import annotations

import math
from dataclasses import dataclass

from microgradnet.drawing.rectangle import Point, Rectangle


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
