"""Every worked example, compiled: the loss and every derivative are those of the eager engine."""

from __future__ import annotations

import random

import pytest

import microgradnet as mg
from microgradnet import graph
from microgradnet.verification import library
from microgradnet.verification.worksheet import Worksheet
from tests.compiler.agreement import assert_agree, called, eager, set_numbers


@pytest.mark.parametrize("name", library.names())
def test_a_worked_example_agrees_at_its_numbers_and_at_others(name: str) -> None:
    loss = Worksheet.example(name).loss
    leaves = graph.leaves(loss)
    program = mg.compile(loss)
    source = random.Random(name)
    for spread in (0.0, 1e-3, 0.05):
        set_numbers(leaves, [leaf.data * (1.0 + source.uniform(-spread, spread)) for leaf in leaves])
        assert_agree(called(program, loss, leaves), eager(loss, leaves))


def test_all_29_are_there() -> None:
    assert len(library.names()) == 29
