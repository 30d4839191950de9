"""However one network is written down, the compiler finds the same matrices in it, and the same gradients."""

from __future__ import annotations

import itertools
import re

import pytest

import microgradnet as mg
from microgradnet import graph
from tests.compiler.agreement import assert_agree, assert_close, called, eager, set_numbers
from tests.compiler.ways import NEURONS, SAMPLES, SIZES, WAYS, Way, data, leaves, parameters

FORWARD, BACKWARD = 3, 5  # a product for each layer; for each one for its weights, and one for the layer before it

each_way = pytest.mark.parametrize("way", WAYS, ids=[way.name for way in WAYS])


def products(source: str) -> int:
    """Return how many matrix products a program's text has, comments and sums over rows apart."""
    return len(re.findall(r" @ |np\.(?:matmul|dot|vdot|einsum)\((?!ones)", re.sub(r"#.*", "", source)))


def matrices(source: str) -> list[tuple[int, ...]]:
    """Return the shapes of all matrices of parameters in a program's text."""
    found = re.findall(r"= parameters\[\d+:\d+\]\.reshape\(([\d, ]+)\)", source)
    return sorted(tuple(map(int, shape.split(","))) for shape in found)


def test_there_are_at_least_25_ways_and_they_record_different_graphs() -> None:
    xs, ts = data()
    recorded = set()
    for way in WAYS:
        order = graph.topological(way.record(parameters(), xs, ts))
        place = {id(node): k for k, node in enumerate(order)}
        recorded.add(tuple((node.op, *(place[id(operand)] for operand in node.inputs)) for node in order))
    assert len(NEURONS) >= 25
    assert len(recorded) >= 25  # some are the same graph in the end, as a neuron's sum and functools.reduce


@each_way
def test_every_way_gives_the_gradients_of_the_eager_engine(way: Way) -> None:
    xs, ts = data()
    layers = parameters()
    loss = way.record(layers, xs, ts)
    program = mg.compile(loss)
    assert_agree(called(program, loss, leaves(layers)), eager(loss, leaves(layers)))
    set_numbers(leaves(layers), [0.9 * leaf.data - 0.01 for leaf in leaves(layers)])
    assert_agree(called(program, loss, leaves(layers)), eager(loss, leaves(layers)))


def test_all_ways_give_one_gradient() -> None:
    xs, ts = data()
    gradients = []
    for way in WAYS:
        layers = parameters()
        loss = way.record(layers, xs, ts)
        gradients.append(called(mg.compile(loss), loss, leaves(layers))[1])
    for gradient in gradients:
        assert_close(gradient, gradients[0])


@each_way
def test_every_way_is_the_same_matrix_products(way: Way) -> None:
    """The same matrices and products; where the inputs are leaves too, they are one more matrix, with its gradient."""
    xs, ts = data()
    program = mg.compile(way.record(parameters(), xs, ts))
    inputs = [(SAMPLES, SIZES[0])] if len(program.leaves) - len(leaves(parameters())) >= SIZES[0] * SAMPLES else []
    assert products(program.source) == FORWARD + BACKWARD + len(inputs)
    assert matrices(program.source) == sorted(
        [*((after, before) for before, after in itertools.pairwise(SIZES)), *inputs]
    )
