"""Whether a compiled program agrees with the eager engine: to 1e-12 of the largest number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import microgradnet as mg
from microgradnet import Value, graph

TOLERANCE = 1e-12  # relative, in the max norm


def eager(loss: Value, leaves: Sequence[Value]) -> tuple[float, list[float]]:
    """Return the loss and its derivatives by the leaves at their present numbers; gradients are cleared afterwards."""
    mg.recompute(loss)
    clear(loss, leaves)
    loss.backward()
    found = loss.data, [leaf.grad for leaf in leaves]
    clear(loss, leaves)
    return found


def clear(loss: Value, leaves: Iterable[Value]) -> None:
    loss.zero_grad()
    for leaf in leaves:  # also those that the loss does not depend on
        leaf.zero_grad()


def called(program: Any, loss: Value, leaves: Sequence[Value], *samples: Any) -> tuple[float, list[float]]:
    """Return what a call of the program returns and adds to gradients that were 0."""
    clear(loss, leaves)
    value = program(*samples)
    assert type(value) is float
    assert loss.data == value
    return value, [leaf.grad for leaf in leaves]


def assert_agree(
    found: tuple[float, list[float]], expected: tuple[float, list[float]], tolerance: float = TOLERANCE
) -> None:
    """Hold the value to the expected one, and the gradients, as one vector, to the largest of them."""
    assert_close([found[0]], [expected[0]], tolerance)
    assert_close(found[1], expected[1], tolerance)


def assert_close(found: Sequence[float], expected: Sequence[float], tolerance: float = TOLERANCE) -> None:
    assert len(found) == len(expected)
    largest = max(map(abs, expected), default=0.0)
    for one, other in zip(found, expected, strict=True):
        assert abs(one - other) <= tolerance * largest, f"{one!r} is not {other!r}, among numbers up to {largest!r}"


def set_numbers(leaves: Sequence[Value], numbers: Iterable[float]) -> None:
    for leaf, number in zip(leaves, numbers, strict=True):
        leaf.data = number


def state(loss: Value) -> list[tuple[float, float, bool]]:
    """Return everything about a graph that a refused call must not touch."""
    return [(node.data, node.grad, node.has_grad) for node in graph.topological(loss)]


def mean_over(loss: Value, batch: Sequence[Value], samples: Any, leaves: Sequence[Value]) -> tuple[float, list[float]]:
    """Return the mean of the eager losses of the samples, and of their derivatives by the leaves."""
    values, rows = [], []
    kept = [leaf.data for leaf in batch]
    for sample in samples:
        set_numbers(batch, map(float, sample))
        value, row = eager(loss, leaves)
        values.append(value)
        rows.append(row)
    set_numbers(batch, kept)
    mg.recompute(loss)
    count = len(values)
    return sum(values) / count, [sum(column) / count for column in zip(*rows, strict=True)]
