"""The way of an edge through a picture."""

from __future__ import annotations

from dataclasses import dataclass

from microgradnet.drawing.rectangle import Point


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's way.

    Arguments:
        curve: the points of its cubic Bézier curves, from the operand to the result.
        tip: of its arrow.
        label: where its label is centred; None where it has none.
        backward: whether the arrow stands at the operand.
    """

    curve: tuple[Point, ...]
    tip: Point
    label: Point | None
    backward: bool = False

    @property
    def is_upright(self) -> bool:
        """Whether it goes more up or down than sideways."""
        (start_x, start_y), (end_x, end_y) = self.curve[0], self.curve[-1]
        return abs(end_y - start_y) > abs(end_x - start_x)

    @property
    def base(self) -> Point:
        """Where the line ends and the arrow begins."""
        return self.curve[0 if self.backward else -1]
