"""Graphs of every shape run, each in the way that suits it, and agree with the eager engine."""

from __future__ import annotations

import pytest

import microgradnet as mg
from benchmarks.compiled_random_graphs import SHAPES
from microgradnet import graph
from tests.compiler.agreement import assert_agree, called, eager, set_numbers

NODES = 4_000


@pytest.mark.parametrize("name", SHAPES)
def test_random_graphs_of_every_shape_agree(name: str) -> None:
    loss = SHAPES[name](NODES).record()
    leaves = graph.leaves(loss)
    program = mg.compile(loss)
    for factor in (1.0, 0.9):
        set_numbers(leaves, [factor * leaf.data for leaf in leaves])
        assert_agree(called(program, loss, leaves), eager(loss, leaves), 1e-11)
