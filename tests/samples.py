"""Points of any operation's domain, found from its record alone: a new row of the table is sampled on arrival."""

from __future__ import annotations

import functools
import itertools
import math
import random
from typing import Any

from microgradnet.errors import DomainError
from microgradnet.operation import Op
from microgradnet.value import Constant, Value

PROBES = (0.37, 0.5, 0.82, 1.5, 1.7, 2.6, -0.6, 3.0, 2.0, 1.0, 0.0)


@functools.cache
def counted(op: Op) -> tuple[bool, ...]:
    """Tell for each operand whether it can only be a whole number, so that nothing can be differentiated by it."""
    fractions = [probe for probe in PROBES if not probe.is_integer()]
    return tuple(
        not any(
            op.domain.contains(*point)
            for point in itertools.product(PROBES, repeat=len(op.partials))
            if point[place] in fractions
        )
        for place in range(len(op.partials))
    )


def varied(op: Op) -> list[int]:
    """Return the places of the operands that the operation can be differentiated by."""
    return [place for place, counts in enumerate(counted(op)) if not counts]


def operands(op: Op, point: list[float] | tuple[float, ...]) -> list[Any]:
    """Return labelled Values for a point, and plain numbers for what is counted."""
    return [
        number if counts else Value(number, label=letter)
        for number, counts, letter in zip(point, counted(op), "xy", strict=False)
    ]


def nodes(op: Op, point: list[float] | tuple[float, ...]) -> list[Value]:
    """Return the operands of a point as the graph holds them: a number that is counted is a constant."""
    return [operand if isinstance(operand, Value) else Constant(operand) for operand in operands(op, point)]


def kinked(op: Op, point: tuple[float, ...]) -> bool:
    """Tell whether a point lies on a kink that has an off: ``detach`` departs from its slope everywhere."""
    return any(kink.at(*point) for kink in op.kinks if not all(kink.at(*(x, x + 0.3)[: len(point)]) for x in PROBES))


@functools.cache
def somewhere(op: Op, count: int = 1) -> list[tuple[float, ...]]:
    """Return points inside the domain, away from kinks, and different in all operands."""
    columns = [PROBES, PROBES[::-1]] if True in counted(op) else [PROBES, (*PROBES[2:], *PROBES[:2])]
    points = [
        point
        for point in itertools.product(*columns[: len(op.partials)])
        if op.domain.contains(*point) and not kinked(op, point) and len({*point}) == len(point)
    ]
    return points[:count]


@functools.cache
def random_points(op: Op, count: int, seed: int = 0, largest: float = 1e8) -> list[tuple[float, ...]]:
    """Return random points of the domain, away from kinks, of every size: some near 0, some large, some whole."""
    source = random.Random(f"{op.name} {seed}")

    def number(counts: bool) -> float:
        if counts:
            return float(source.randint(0, 6))
        kind = source.randrange(6)
        if kind == 0:
            return source.choice((-1.0, 1.0)) * math.exp(source.uniform(-18.0, math.log(largest)))
        if kind == 5:
            return float(source.randint(-3, 3))
        return source.uniform(-1.0, 1.0) * (1.0, 1.0, 4.0, 12.0, 40.0)[kind]

    found: list[tuple[float, ...]] = []
    while len(found) < count:
        point = tuple(number(counts) for counts in counted(op))
        if op.domain.contains(*point) and not kinked(op, point) and _fits(op, point):
            found.append(point)
    return found


def _fits(op: Op, point: tuple[float, ...]) -> bool:
    """Tell whether result and derivatives are numbers of a size that a float holds with all its digits."""
    try:
        node = op(*nodes(op, point))
    except DomainError:
        return False
    return all(number == 0.0 or 1e-290 < abs(number) < 1e290 for number in (node.data, *node.partials))
