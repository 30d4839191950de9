"""Random graphs over the whole table: first and second derivatives, backward and forward, against mpmath alone.

The reference is a difference of an evaluation at 50 digits that shares no rule with the engine. Every run draws a few
hundred graphs; ``pytest --slow`` draws 10,000.
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
# A saturated unit's slope, as in y*(1 - y), is off by an ulp of 1; behind two steep operations, 57**2 times that.
SATURATED = 1e-12


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
    """Hold the derivatives by both modes to the differences; a slip is added to those of the forward mode too."""
    nodes = graph.record()
    result, leaves = nodes[-1], nodes[: len(graph.leaves)]
    direction = DIRECTION[: len(leaves)]
    for reference, forward in zip(along_direction(graph), forward_derivatives(graph, direction), strict=True):
        slopes = mg.gradients(result, leaves)
        derivative = mg.dot(slopes, direction) + slip
        allowed = 1e-9 * abs(reference) + 1e-12 * size_along(result, leaves) + STEP_ERROR + SATURATED
        assert abs(derivative.data - reference) <= allowed
        assert abs(forward + slip - reference) <= allowed
        result = derivative


def forward_derivatives(graph: RandomGraph, direction: tuple[float, ...]) -> tuple[float, float]:
    """Return the first derivative along the direction by jvp, and the second by jvp of the gradient (hvp)."""
    _, first = mg.jvp(graph.result, graph.leaves, [*direction])
    product = mg.hvp(lambda leaves: graph.result(*leaves), [graph.leaves], [[*direction]])
    return first, sum(row * slope for row, slope in zip(product, direction, strict=True))


def run(number: int, count: int) -> None:
    @seed(1000 + number)
    @settings(max_examples=count, derandomize=False, deadline=None)
    @given(random_graphs())
    def drawn(graph: RandomGraph) -> None:
        check(graph)

    drawn()


def test_first_and_second_derivatives_of_random_graphs() -> None:
    run(0, 200)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(1, BATCHES + 1))
def test_first_and_second_derivatives_of_10_000_random_graphs(batch: int) -> None:
    run(batch, GRAPHS_PER_BATCH)


def test_the_check_catches_a_slip() -> None:
    graph = RandomGraph([0.7, -1.2], [Step("multiply", (0, 1)), Step("tanh", (2,))])
    check(graph)
    with pytest.raises(AssertionError):
        check(graph, slip=1e-6)
