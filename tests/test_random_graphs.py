"""Random graphs over the whole table, against differences of an evaluation at 50 digits by mpmath alone.

Every run draws 500; ``pytest --slow`` draws 2,000 more.
"""

import collections
from typing import Any

import pytest
from hypothesis import find, given, seed, settings

from microgradnet.operation import TABLE
from tests.strategies import RandomGraph, Step, random_graphs, reference_gradient, reference_value, sizes_of_terms

BATCHES, GRAPHS_PER_BATCH = 8, 250
DIFFERENCE_ERROR = 1e-25  # what the central difference itself leaves of a derivative that is 0


def check(graph: RandomGraph) -> None:
    nodes = graph.record()
    loss = nodes[-1]
    loss.backward()
    value = reference_value(graph)
    assert abs(loss.data - value) <= 1e-9 * abs(value) + 1e-12
    sizes = sizes_of_terms(loss)
    for place, leaf in enumerate(nodes[: len(graph.leaves)]):
        reference = reference_gradient(graph, place)
        # Rounding is relative to the terms; where they cancel, the sum may be smaller than their rounding errors.
        assert abs(leaf.grad - reference) <= 1e-9 * abs(reference) + 1e-12 * sizes[id(leaf)] + DIFFERENCE_ERROR


@pytest.mark.parametrize("batch", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 2 + BATCHES))])
def test_gradients_of_random_graphs_are_the_differences_at_50_digits(batch: int) -> None:
    @seed(batch)
    @settings(max_examples=GRAPHS_PER_BATCH, derandomize=False)
    @given(random_graphs())
    def run(graph: RandomGraph) -> None:
        check(graph)

    run()


@pytest.mark.slow
def test_random_graphs_reach_every_operation() -> None:
    """Soon: what Hypothesis draws from one seed depends on which modules are loaded, so that it has several."""
    reached: dict[str, RandomGraph] = {}

    @settings(max_examples=500, derandomize=False)
    @given(random_graphs())
    def draw(graph: RandomGraph) -> None:
        for step in graph.steps:
            reached.setdefault(step.name, graph)

    for number in range(6):
        if set(TABLE) - set(reached):
            seed(number)(draw)()
    assert set(TABLE) - set(reached) == set()
    for graph in {id(graph): graph for graph in reached.values()}.values():
        check(graph)


@pytest.mark.parametrize(
    "shape",
    [
        lambda graph: any(len(set(step.operands)) < len(step.operands) for step in graph.steps),
        lambda graph: any(
            count > 2 for count in collections.Counter(o for step in graph.steps for o in step.operands).values()
        ),
        lambda graph: any(isinstance(operand, float) for step in graph.steps for operand in step.operands),
    ],
    ids=["repeated operand", "shared node", "written number"],
)
def test_random_graphs_have_every_shape(shape: Any) -> None:
    check(find(random_graphs(), shape))


def test_the_check_catches_a_wrong_partial_derivative(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checker that passes everything would be worthless, so it is given a lie."""
    record = RandomGraph.record

    def record_with_a_slip(graph: RandomGraph) -> Any:
        nodes = record(graph)
        nodes[-1]._left_partial *= 1.0 + 1e-6
        return nodes

    graph = RandomGraph([0.7, -1.2], [Step("multiply", (0, 1)), Step("tanh", (2,))])
    check(graph)
    monkeypatch.setattr(RandomGraph, "record", record_with_a_slip)
    with pytest.raises(AssertionError):
        check(graph)
