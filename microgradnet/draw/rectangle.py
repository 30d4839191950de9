"""Points and rectangles of a layout, with y counted downwards from the top."""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rectangle:
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def around(self, *others: Rectangle) -> Rectangle:
        """Return the smallest rectangle that holds this one and the others."""
        all_of_them = (self, *others)
        return Rectangle(
            min(one.left for one in all_of_them),
            min(one.top for one in all_of_them),
            max(one.right for one in all_of_them),
            max(one.bottom for one in all_of_them),
        )

    def grown(self, sides: float, top: float) -> Rectangle:
        """Return this rectangle with a rim, wider at the top."""
        return Rectangle(self.left - sides, self.top - top, self.right + sides, self.bottom + sides)

    def meets(self, other: Rectangle) -> bool:
        """Tell whether the two overlap or touch."""
        beside = self.right < other.left or other.right < self.left
        return not (beside or self.bottom < other.top or other.bottom < self.top)


def centred(centre: Point, width: float, height: float) -> Rectangle:
    """Return the rectangle of a size around a centre."""
    x, y = centre
    return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
