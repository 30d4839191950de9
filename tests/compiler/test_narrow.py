"""Graphs too narrow for matrices: level by level, and node by node; both against the eager engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

import microgradnet as mg
from microgradnet import graph
from microgradnet.compiler.narrow import levels_of, plan_levels, plan_tape
from microgradnet.compiler.program import make_plan
from microgradnet.compiler.sums import flatten, record
from tests.compiler.agreement import assert_close, eager, mean_over
from tests.strategies import RandomGraph, random_graphs


def plans(loss: Any, batch: list[Any]) -> list[Any]:
    recording = record([loss]).with_batch(batch)
    flat = flatten(recording)
    return [plan_levels(recording, flat, levels_of(recording, flat)), plan_tape(recording), make_plan(recording)]


def run(plan: Any, loss: Any, samples: Any) -> tuple[float, list[float], list[Any], Any]:
    nodes = graph.topological(loss)
    leaves = [nodes[place] for place in plan.leaves]
    parameters, gradient = np.array([leaf.data for leaf in leaves]), np.zeros(len(leaves))
    step, values = plan.bind(parameters, gradient)
    return step(samples), gradient.tolist(), leaves, values(samples)


@given(random_graphs())
def test_all_plans_of_a_graph_agree_with_the_eager_engine(drawn: RandomGraph) -> None:
    loss = drawn.record()[-1]
    if loss.op is None:
        return
    for plan in plans(loss, []):
        with np.errstate(all="ignore"):
            value, gradient, leaves, values = run(plan, loss, None)
        expected = eager(loss, leaves)
        assert_close([value, float(values[0, 0])], [expected[0]] * 2)
        assert_close(gradient, expected[1])


@given(random_graphs())
def test_all_plans_agree_over_a_batch(drawn: RandomGraph) -> None:
    nodes = drawn.record()
    loss, leaves = nodes[-1], graph.leaves(nodes[-1])
    if loss.op is None or not leaves:
        return
    batch = leaves[:1]
    samples = np.array([[batch[0].data], [batch[0].data * (1.0 + 1e-6)]])
    for plan in plans(loss, batch):
        with np.errstate(all="ignore"):
            value, gradient, parameters, values = run(plan, loss, samples)
        expected = mean_over(loss, batch, samples, parameters)
        assert_close([value], [expected[0]], 1e-11)
        assert_close(gradient, expected[1], 1e-11)
        assert values.shape == (2, 1)


@pytest.mark.parametrize("limit", [1, 10, 10**9])
def test_samples_that_do_not_fit_into_the_buffer_are_computed_in_turn(limit: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("microgradnet.compiler.narrow._MOST_NUMBERS", limit)
    drawn = RandomGraph([0.5, 1.5], [])
    x, y = drawn.record()
    loss = (x * y).sin() * x
    recording = record([loss]).with_batch([x])
    flat = flatten(recording)
    samples = np.linspace(-1.0, 1.0, 7)[:, None]
    value, gradient, leaves, values = run(plan_levels(recording, flat, levels_of(recording, flat)), loss, samples)
    expected = mean_over(loss, [x], samples, leaves)
    assert_close([value], [expected[0]])
    assert_close(gradient, expected[1])
    assert values.shape == (7, 1)


def test_an_operation_defined_anew_under_its_old_name_is_not_taken_for_the_old_one() -> None:
    """The old record may be freed and the new one stand at its address; a kept plan must not be found then."""
    for factor in (2.0, 3.0, 5.0, 7.0):
        mg.define("scaled_anew", forward=lambda x, c=factor: c * x, partials=[lambda x, out, c=factor: c])
        try:
            x = mg.Value(0.0)
            node = mg.scaled_anew(x)
            for _ in range(2_000):
                node = mg.sin(node)
            program = mg.compile(node)
            assert "one by one" in str(program.explain())
            assert (program(), x.grad) == (0.0, factor)
        finally:
            mg.undefine("scaled_anew")
        del node, x, program
