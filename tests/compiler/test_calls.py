"""What a call of a compiled program means: it adds as `backward` does and follows the leaves, for any graph."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from tests.compiler.agreement import assert_agree, assert_close, called, eager, mean_over, set_numbers
from tests.compiler.recorded import two

# Adding up, as backward does


def test_each_call_adds_the_gradients_once_more() -> None:
    x, y = leaves = two()
    loss = mg.tanh(x * y) + x**2
    _, once = eager(loss, leaves)
    program = mg.compile(loss)
    for _ in range(3):
        program()
    assert_close([leaf.grad for leaf in leaves], [3.0 * derivative for derivative in once])
    y.zero_grad()
    x.grad = 100.0
    program()
    assert_close([x.grad - 100.0, y.grad], once, 1e-11)
    assert x.has_grad
    assert y.has_grad


def test_two_programs_over_shared_leaves_add_up() -> None:
    x, y = leaves = two()
    first, second = x * y, mg.exp(x) - y
    expected = [one + other for one, other in zip(eager(first, leaves)[1], eager(second, leaves)[1], strict=True)]
    for program in (mg.compile(first), mg.compile(second)):
        program()
    assert_close([x.grad, y.grad], expected)


def test_a_leaf_that_the_loss_does_not_depend_on_stays_as_it_is() -> None:
    x, y = two()
    program = mg.compile(mg.sin(x))
    program()
    assert (y.grad, y.has_grad, y.data) == (0.0, False, -1.2)
    assert [leaf.label for leaf in program.leaves] == ["x"]


def test_a_gradient_of_0_is_a_result() -> None:
    x, _ = two()
    mg.compile(0.0 * x)()
    assert (x.grad, x.has_grad) == (0.0, True)


def test_numbers_written_in_the_formula_are_no_leaves() -> None:
    x, _ = two()
    assert [leaf.label for leaf in mg.compile(2.0 * x + 3.0).leaves] == ["x"]


# Small and odd graphs


def shared_eight_times(x: Value, y: Value) -> Value:
    node = x
    for _ in range(60):  # 2**60 paths
        node = (node + node) * 0.5
    return node * y


ODD: dict[str, Callable[[Value, Value], Value]] = {
    "a leaf": lambda x, y: x,
    "a number written in a formula": lambda x, y: (x + 2.0).inputs[1],
    "one operation": lambda x, y: mg.sin(x),
    "x + x": lambda x, y: x + x,
    "x * x": lambda x, y: x * x,
    "x - x": lambda x, y: x - x,
    "x / x": lambda x, y: x / x,
    "-x": lambda x, y: -x,
    "only numbers": lambda x, y: (x * 0.0 + 3.0) * 2.0,
    "sum of one": lambda x, y: sum([x]),
    "sum of zeros": lambda x, y: 0 + (0 + x) + 0.0,
    "diamond": lambda x, y: mg.exp(x) * mg.sin(x) + mg.exp(x),
    "2**60 paths": shared_eight_times,
    "one factor in many products": lambda x, y: mg.total(x * mg.sin(y + k) for k in range(50)),
    "a dot product with itself": lambda x, y: mg.total(row * row for row in [x + y, x - y, x * y]),
    "a sum in a sum in a sum": lambda x, y: (x + (y + (x + y))) + ((x + y) + (x + y)),
    "one node used and returned": lambda x, y: mg.total([p := x * y, p, p * p]),
    "powers": lambda x, y: x**3 + x**-1 + 2.0**y + abs(y) ** x,
    "kinks": lambda x, y: mg.relu(x - 0.7) + abs(x - x) + mg.maximum(x, x) + mg.where(y - y, x, y),
    "softmax": lambda x, y: mg.softmax([x, y, x * y])[1],
    "log of a sum of powers, shifted": lambda x, y: mg.logsumexp([x + 600.0, y + 601.0]),
    "norm and variance": lambda x, y: mg.norm([x, y, x]) * mg.variance([x, y, 3.0]),
}


@pytest.mark.parametrize("build", ODD.values(), ids=list(ODD))
def test_a_small_or_odd_graph_agrees_at_old_and_new_numbers(build: Callable[[Value, Value], Value]) -> None:
    leaves = two()
    loss = build(*leaves)
    program = mg.compile(loss)
    for numbers in ([0.7, -1.2], [0.4, 0.9], [1.5, 1.5], [-2.0, 2.5]):
        set_numbers(leaves, numbers)
        assert_agree(called(program, loss, leaves), eager(loss, leaves))


@pytest.mark.parametrize(
    "step",
    [
        lambda node, x, y: node * y,
        lambda node, x, y: x + node,
        lambda node, x, y: mg.sin(node) + x * y,
        lambda node, x, y: mg.tanh(node * x + y),
    ],
    ids=["v * y", "x + v", "sin(v) + x*y", "tanh(v*x + y)"],
)
def test_a_chain_of_a_hundred_thousand_nodes(step: Callable[[Value, Value, Value], Value]) -> None:
    x, y = leaves = two(0.5, 1.0 + 1e-6)
    node = x
    for _ in range(100_000 // (len(step(x, x, y).inputs) + 2)):
        node = step(node, x, y)
    assert_agree(called(mg.compile(node), node, leaves), eager(node, leaves))


def test_numbers_beyond_a_float_are_infinite_as_in_the_eager_engine() -> None:
    """Python's own `*` and `+` overflow to inf without an error, and so does the engine's."""
    x, y = leaves = two(1e200, 2.0)
    loss = x * x * y
    assert eager(loss, leaves)[0] == math.inf
    found, expected = called(mg.compile(loss), loss, leaves), eager(loss, leaves)
    assert (found[0], *found[1]) == (expected[0], *expected[1])


# Programs by structure


def test_a_second_graph_of_the_same_structure_has_its_own_numbers() -> None:
    def build(seed: int) -> tuple[Value, list[Value]]:
        mlp = MLP(3, [4, 2], activation="tanh", seed=seed)
        return mg.losses.squared_error(mlp([0.1 * seed, 0.2, 0.3]), [seed, 1.0]), mlp.parameters()

    graphs = [build(seed) for seed in (1, 2, 3)]
    programs = [mg.compile(loss) for loss, _ in graphs]
    for _ in range(2):
        for program, (loss, leaves) in zip(programs, graphs, strict=True):
            expected = eager(loss, leaves)
            assert_agree(called(program, loss, leaves), expected)
            leaves[0].data += 0.25
    assert len({loss.data for loss, _ in graphs}) == 3


LOOK_ALIKES: dict[str, list[Callable[[Value, Value], Value]]] = {
    "written numbers": [lambda x, y: x * 2.0 + y, lambda x, y: x * 3.0 + y],
    "sides": [lambda x, y: x - y, lambda x, y: y - x],
    "one leaf twice": [lambda x, y: x * y + x, lambda x, y: x * x + y, lambda x, y: y * x + y],
    "a leaf or a number": [lambda x, y: x * y, lambda x, y: x * -1.2],
    "operations": [lambda x, y: mg.sin(x) + y, lambda x, y: mg.cos(x) + y],
    "which of two nodes": [
        lambda x, y: mg.sin(x) * mg.exp(y) + mg.sin(x),
        lambda x, y: mg.sin(x) * mg.exp(y) + mg.exp(y),
    ],
    "pairs of rows": [
        lambda x, y: mg.total(mg.tanh(x * a + y * b) for a in (1.0, 2.0) for b in (3.0, 4.0)),
        lambda x, y: mg.total(mg.tanh(x * b + y * a) for a in (1.0, 2.0) for b in (3.0, 4.0)),
    ],
}


@pytest.mark.parametrize("builds", LOOK_ALIKES.values(), ids=list(LOOK_ALIKES))
def test_graphs_that_look_alike_are_kept_apart(builds: list[Callable[[Value, Value], Value]]) -> None:
    for build in [*builds, *builds]:
        leaves = two()
        loss = build(*leaves)
        assert_agree(called(mg.compile(loss), loss, leaves), eager(loss, leaves))


def test_the_same_structure_with_another_batch() -> None:
    for place in (0, 1):
        leaves = two()
        loss = mg.sin(leaves[0]) * leaves[1] + leaves[0]
        batch, kept = [leaves[place]], [leaves[1 - place]]
        expected = mean_over(loss, batch, [[0.5], [1.5]], kept)
        assert_agree(called(mg.compile(loss, batch=batch), loss, kept, [[0.5], [1.5]]), expected)
