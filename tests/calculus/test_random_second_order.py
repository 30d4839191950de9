"""Random graphs over the whole table: first and second derivatives along a direction, against mpmath alone.

There are 10,000 of them, 1,000 in a quick run.

The reference is a difference of an evaluation at 50 digits that shares no rule with the engine.
"""

from typing import Any

import pytest
from hypothesis import given, seed, settings
from mpmath import mp, mpf

import microgradnet as mg
from microgradnet import Value
from tests.strategies import RandomGraph, Step, random_graphs, sizes_of_terms

BATCHES, GRAPHS_PER_BATCH = 20, 500
DIRECTION = (1.0, -0.5, 0.75, 0.25)
STEP_ERROR = 1e-18  # what the second difference with this step leaves of a derivative that is 0


def along_direction(graph: RandomGraph) -> tuple[Any, Any]:
    """Return the first and the second derivative of a graph's result along the direction, by differences."""
    with mp.workdps(50):
        step = mpf(10) ** -15
        leaves = [mpf(number) for number in graph.leaves]
        below, middle, above = (
            graph.reference(*(leaf + sign * step * mpf(slope) for leaf, slope in zip(leaves, DIRECTION, strict=False)))
            for sign in (-1, 0, 1)
        )
        return (above - below) / (2 * step), (above - 2 * middle + below) / step**2


def size_along(result: Value, leaves: list[Value]) -> float:
    """Return how large the terms are that add up to the derivative along the direction, and may cancel."""
    sizes = sizes_of_terms(result)
    return sum(sizes[id(leaf)] * abs(slope) for leaf, slope in zip(leaves, DIRECTION, strict=False))


def check(graph: RandomGraph, *, slip: float = 0.0) -> None:
    nodes = graph.record()
    result, leaves = nodes[-1], nodes[: len(graph.leaves)]
    for reference in along_direction(graph):
        slopes = mg.gradients(result, leaves)
        derivative = mg.dot(slopes, DIRECTION[: len(slopes)]) + slip
        allowed = 1e-9 * abs(reference) + 1e-12 * size_along(result, leaves) + STEP_ERROR
        assert abs(derivative.data - reference) <= allowed
        result = derivative


@pytest.mark.parametrize("batch", [0, 1, *(pytest.param(batch, marks=pytest.mark.slow) for batch in range(2, BATCHES))])
def test_first_and_second_derivatives_of_random_graphs(batch: int) -> None:
    @seed(1000 + batch)
    @settings(max_examples=GRAPHS_PER_BATCH, derandomize=False)
    @given(random_graphs())
    def run(graph: RandomGraph) -> None:
        check(graph)

    run()


def test_the_check_catches_a_slip() -> None:
    graph = RandomGraph([0.7, -1.2], [Step("multiply", (0, 1)), Step("tanh", (2,))])
    check(graph)
    with pytest.raises(AssertionError):
        check(graph, slip=1e-6)
