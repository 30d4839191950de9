"""Forward mode equals reverse mode, and both equal ``backward()``: on every operation and on random graphs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microgradnet import Value
from microgradnet.calculus import grad, gradients, jacobian, jvp
from microgradnet.calculus.sweeps import backward_numbers, forward_numbers, forward_values
from microgradnet.operation import TABLE
from tests.calculus.drawing import drawn_points, varied_places
from tests.strategies import OPERATORS, RandomGraph, random_graphs


def replay(graph: RandomGraph, leaves: list[Any]) -> Any:
    """Return the last node of a random graph on given leaves."""
    nodes = list(leaves)
    for step in graph.steps:
        operands = [nodes[operand] if isinstance(operand, int) else operand for operand in step.operands]
        nodes.append(OPERATORS.get(step.name, TABLE[step.name])(*operands))
    return nodes[-1]


@pytest.mark.parametrize("name", sorted(TABLE))
@given(data=st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_both_modes_agree_on_every_operation(name: str, data: Any) -> None:
    op, point = TABLE[name], tuple(data.draw(drawn_points(name)))
    places = varied_places(op)
    backward = jacobian(op, argnums=places)(*point)
    for place, slope in zip(places, backward, strict=True):

        def f(x: Any, place: int = place) -> Any:
            return op(*point[:place], x, *point[place + 1 :])

        value, tangent = jvp(lambda x: f(x), (point[place],), (1.0,))
        assert value == op(*point)
        assert tangent == pytest.approx(slope, rel=1e-14)
        node = Value(point[place])
        assert gradients(f(node), node).data == pytest.approx(tangent, rel=1e-13, abs=1e-300)


@given(graph=random_graphs())
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_both_modes_agree_on_random_graphs(graph: RandomGraph) -> None:
    nodes = graph.record()
    leaves, loss = nodes[: len(graph.leaves)], nodes[-1]
    backward = backward_numbers(loss, leaves)
    loss.backward()
    assert backward == [leaf.grad for leaf in leaves]
    assert [each.data for each in gradients(loss, leaves)] == pytest.approx(backward, rel=1e-9, abs=1e-12)
    for place in range(len(leaves)):
        seeds = [float(each == place) for each in range(len(leaves))]
        (tangent,) = forward_numbers([loss], leaves, seeds)
        assert tangent == pytest.approx(backward[place], rel=1e-9, abs=1e-12)
        (recorded,) = forward_values([loss], leaves, seeds)
        assert recorded.data == pytest.approx(tangent, rel=1e-9, abs=1e-12)


@given(graph=random_graphs())
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_second_derivatives_agree_in_all_four_orders_of_the_modes(graph: RandomGraph) -> None:
    def f(xs: list[Any]) -> Any:
        return replay(graph, xs)

    point, direction = graph.leaves, [1.0] * len(graph.leaves)
    sums = [sum(row) for row in jacobian(grad(f))(point)]
    assert jvp(grad(f), (point,), (direction,))[1] == pytest.approx(sums, rel=1e-8, abs=1e-9)
    assert grad(lambda xs: jvp(f, (xs,), (direction,))[1])(point) == pytest.approx(sums, rel=1e-8, abs=1e-9)
    twice = jvp(lambda xs: jvp(f, (xs,), (direction,))[1], (point,), (direction,))[1]
    assert twice == pytest.approx(sum(sums), rel=1e-8, abs=1e-8)
