"""Points for every operation of the table, also for one whose first operand can only be a whole number."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from microgradnet.operation import TABLE, Op
from tests.samples import counted, kinked
from tests.strategies import ordinary, smooth_at


def varied_places(op: Op) -> tuple[int, ...]:
    """Return the operands by which an operation can be differentiated at all: not the order of a polygamma."""
    return tuple(place for place, counts in enumerate(counted(op)) if not counts)


@st.composite
def drawn_points(draw: Any, name: str) -> list[float]:
    """Draw a point inside the domain of an operation, off its kinks; an operand that can't vary is 0, 1, 2 or 3."""
    op = TABLE[name]
    places = varied_places(op)
    varied = [place in places for place in range(len(op.partials))]
    operands = [ordinary if vary else st.sampled_from([0.0, 1.0, 2.0, 3.0]) for vary in varied]

    def suitable(point: tuple[float, ...]) -> bool:
        inside = op.domain.contains(*point) and not kinked(op, point)
        return inside and smooth_at(op, list(point), varied)

    return list(draw(st.tuples(*operands).filter(suitable)))
