"""Graphs of every shape run, each in the way that suits it, and agree with the eager engine."""

from __future__ import annotations

import pytest

import microgradnet as mg
from benchmarks.compiled_random_graphs import SHAPES
from microgradnet import graph
from tests.compiler.agreement import assert_agree, called, eager, set_numbers

NODES = 4_000

# What the cost model sends each shape to, as the first line of the program's text says it.
EXECUTORS = {
    "chains: 100 side by side": "import numpy as np",
    "wide: layers of 1,000": "# This graph is too narrow for matrices",
    "narrow: layers of 8": "# This graph is too narrow for arrays",
    "windowed: the last 50": "# This graph is too narrow for arrays",
    "chain-like: the last 3": "# This graph is too narrow for arrays",
    "chain": "# This graph is too narrow for arrays",
}


@pytest.mark.parametrize("name", EXECUTORS)
def test_a_graph_runs_in_the_way_that_its_width_calls_for(name: str) -> None:
    assert mg.compile(SHAPES[name](NODES).record()).source.startswith(EXECUTORS[name])


@pytest.mark.parametrize("name", SHAPES)
def test_random_graphs_of_every_shape_agree(name: str) -> None:
    loss = SHAPES[name](NODES).record()
    leaves = graph.leaves(loss)
    program = mg.compile(loss)
    for factor in (1.0, 0.9):
        set_numbers(leaves, [factor * leaf.data for leaf in leaves])
        assert_agree(called(program, loss, leaves), eager(loss, leaves), 1e-11)
