"""Random graphs of rows, and every wrong gradient that one was found by: compiled programs against ``backward``."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.errors import DomainError
from tests.compiler.agreement import assert_close
from tests.compiler.array_graphs import TOLERANCE, ArrayGraph, Tally, check, draw, eager

SHARDS, PER_SHARD = 8, 280  # beyond 2,000 graphs after those that are ill-conditioned; the benchmark takes 50,000
FITTED = 48
EPOCHS, RATE = 3, 0.02


@pytest.mark.parametrize(
    "shard", [pytest.param(shard, marks=[pytest.mark.slow] * (shard > 1)) for shard in range(SHARDS)]
)
def test_random_rows_agree_at_two_sets_of_numbers_and_over_a_batch(shard: int) -> None:
    tally = Tally()
    for seed in range(shard * PER_SHARD, (shard + 1) * PER_SHARD):
        check(seed, tally)
    assert not tally.failures
    assert tally.plain > 0.85 * PER_SHARD
    assert tally.batched > 0.85 * PER_SHARD


# Each row: the leaves, the loss, and the derivatives by the leaves, worked out by hand or by SymPy

FOUND: dict[str, tuple[list[float], Callable[..., Any], list[float]]] = {
    "A1: a multiple beside its product": ([3.0], lambda x: (lambda a: a * x + a)(2 * x), [14.0]),
    "A2: a negative twice": ([3.0], lambda x: (lambda a: a * x * a)(-x), [27.0]),
    "A3: terms of a sum, multiplied": (
        [0.5, 0.7],
        lambda *x: (lambda h: h[0] + h[1] + h[0] * h[1])([mg.sin(v) for v in x]),
        [math.cos(0.5) * (1 + math.sin(0.7)), math.cos(0.7) * (1 + math.sin(0.5))],
    ),
    "A5: total(h) + h[0]**2": (
        [0.5, 0.7],
        lambda *x: (lambda h: mg.total(h) + h[0] ** 2)([mg.sin(v) for v in x]),
        [math.cos(0.5) * (1 + 2 * math.sin(0.5)), math.cos(0.7)],
    ),
    "A5: sum(exp) - log(first)": (
        [0.5, 0.7],
        lambda *x: (lambda h: sum(h) - mg.log(h[0]))([mg.exp(v) for v in x]),
        [math.exp(0.5) - 1.0, math.exp(0.7)],
    ),
    "A5: total(softmax) - log(p[1])": (
        [0.5, 0.7],
        lambda *x: (lambda p: mg.total(p) - mg.log(p[1]))(mg.softmax(list(x))),
        [1 / (1 + math.exp(0.2)), -1 / (1 + math.exp(0.2))],
    ),
    "A5: 2*total(relu) + h[0]**2": (
        [0.5, 0.7],
        lambda *x: (lambda h: 2 * mg.total(h) + h[0] ** 2)([mg.relu(v) for v in x]),
        [3.0, 2.0],
    ),
}
FOUND["powers of a choice between whole numbers, beyond 64 bits"] = (
    [0.5, -0.7],
    lambda *x: mg.total(mg.where(mg.greater(v, 0.0), 3.0, 2.0) ** 45 * v for v in x),
    [3.0**45, 2.0**45],
)
FOUND["a negative power of a choice"] = (
    [0.5, -0.7],
    lambda *x: mg.total(mg.where(mg.greater(v, 0.0), 3.0, 2.0) ** -2 * v for v in x),
    [1 / 9, 1 / 4],
)


def powers_of_ten(seed: int) -> ArrayGraph | None:
    """Return products with constants so large and small that to multiply any two of them first would be wrong."""
    source = random.Random(seed)
    leaves = [Value(10.0 ** source.choice((-200, -100, 0, 100, 200)) * source.uniform(0.5, 2.0)) for _ in range(2)]
    nodes = list(leaves)
    try:
        for _ in range(source.randint(2, 7)):
            a, b, c = source.choice(nodes[-4:]), source.choice(nodes), 10.0 ** source.choice((-200, -100, -25, 25, 150))
            nodes.append(source.choice([a * c, c * a, -a, a / c, a * b, a + b]))
        nodes[-1].backward()
    except DomainError:
        return None
    numbers = [node.data for node in graph.topological(nodes[-1])] + [leaf.grad for leaf in leaves]
    kept = nodes[-1].inputs and all(number == 0.0 or 1e-290 < abs(number) < 1e300 for number in numbers)
    return ArrayGraph(nodes[-1], leaves) if kept and nodes[-1].data else None


def test_constants_of_any_size_keep_their_places() -> None:
    compared = 0
    for seed in range(300):
        drawn = powers_of_ten(seed)
        if drawn is None:
            continue
        expected = [leaf.grad for leaf in drawn.leaves]
        value = drawn.loss.data
        for leaf in drawn.leaves:
            leaf.zero_grad()
        assert mg.compile(drawn.loss)() == pytest.approx(value, rel=1e-12, abs=0.0), seed
        assert [leaf.grad for leaf in drawn.leaves] == pytest.approx(expected, rel=1e-12, abs=0.0), seed
        compared += 1
    assert compared > 100


SCALARS = ["erf", "erfc", "lgamma", "digamma"]


@pytest.mark.parametrize("name", FOUND)
def test_wrong_gradients_that_were_found(name: str) -> None:
    numbers, build, expected = FOUND[name]
    leaves = list(map(Value, numbers))
    mg.compile(build(*leaves))()
    assert [leaf.grad for leaf in leaves] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", FOUND)
def test_wrong_gradients_that_were_found_over_a_batch(name: str) -> None:
    """A4: the leaves vary by sample, and each is scaled by a parameter; the derivative is the mean of x * dL/dx."""
    numbers, build, expected = FOUND[name]
    leaves, scales = list(map(Value, numbers)), [Value(1.0) for _ in numbers]
    program = mg.compile(build(*(x * s for x, s in zip(leaves, scales, strict=True))), batch=leaves)
    program([numbers] * 3)
    found = [scale.grad for scale in scales]
    assert found == pytest.approx([d * x for d, x in zip(expected, numbers, strict=True)], rel=1e-14)


@pytest.mark.parametrize("name", SCALARS)
def test_a_rule_for_one_number_works_where_an_array_is_expected(name: str) -> None:
    """A6: one element, reused beside its sum with a coefficient each."""
    x = Value(1.5)
    a = getattr(mg, name)(x)
    b = mg.log1p(a * a)
    loss = b * 0.5 + a + b
    expected = eager(ArrayGraph(loss, [x]), [1.5])
    program = mg.compile(loss)
    assert [program(), x.grad] == pytest.approx(expected, rel=1e-12)
    names: dict[str, Any] = {}
    exec(program.source, names)  # the text runs by itself, too
    gradient = np.zeros(1)
    step = names["program"](np.array([1.5]), gradient)
    assert [step(), *gradient] == pytest.approx(expected, rel=1e-12)


# The same graphs inside fit


class Replayed:
    """A model whose output is a recorded graph, with the inputs in the places of some of its leaves.

    Arguments:
        drawn: the graph.
        inputs: the leaves that vary by sample; the others are its parameters.
    """

    def __init__(self, drawn: ArrayGraph, inputs: Sequence[Value]) -> None:
        self.drawn, self.inputs = drawn, list(inputs)
        below = {id(leaf) for leaf in graph.leaves(drawn.loss)} - {id(leaf) for leaf in inputs}
        self.parameters_below = [leaf for leaf in drawn.leaves if id(leaf) in below]

    def parameters(self) -> list[Value]:
        return self.parameters_below

    def __call__(self, x: Sequence[Value]) -> Value:
        made = {id(leaf): value for leaf, value in zip(self.inputs, x, strict=True)}
        for node in graph.topological(self.drawn.loss):
            if id(node) not in made:
                made[id(node)] = node if node.op is None else node.op(*(made[id(each)] for each in node.inputs))
        return made[id(self.drawn.loss)]


def penalized(model: Replayed) -> Callable[[Value, Value], Value]:
    """Return A4's loss: a squared error, and a penalty whose parts are used beside their sum."""

    def loss(output: Value, target: Value) -> Value:
        r = [mg.exp(parameter) for parameter in model.parameters()[:3]]
        return mg.losses.squared_error(output, target) + 0.01 * mg.total(r) - 0.0025 * mg.log(r[0]) * r[0]

    return loss


def descend(model: Replayed, rows: Any, targets: Any) -> list[float] | None:
    """Return the parameters after full-batch gradient descent in a loop over ``backward``; None outside a domain."""
    x, t, parameters = [Value(0.0) for _ in model.inputs], Value(0.0), model.parameters()
    for value, number in zip(x, rows[0], strict=True):
        value.data = number
    loss = penalized(model)(model(x), t)
    for _ in range(EPOCHS):
        sums = np.zeros(len(parameters))
        for row, target in zip(rows, targets, strict=True):
            for value, number in zip([*x, t], [*row, target], strict=True):
                value.data = number
            right = eager(ArrayGraph(loss, parameters), [parameter.data for parameter in parameters])
            if right is None:
                return None
            sums += right[1:]
        for parameter, slope in zip(parameters, sums / len(rows), strict=True):
            parameter.data -= RATE * float(slope)
    return [parameter.data for parameter in parameters]


def fitting(seed: int) -> tuple[Replayed, Any, Any] | None:
    """Return a random graph as a model, with samples; None where it has too few leaves."""
    drawn = draw(seed)
    if drawn is None:
        return None
    below = {id(leaf) for leaf in graph.leaves(drawn.loss)}
    used = [leaf for leaf in drawn.leaves if id(leaf) in below]
    if len(used) < 3:
        return None
    source = np.random.default_rng(seed)
    inputs = used[:2]
    rows = np.array([leaf.data for leaf in inputs]) + source.uniform(-0.3, 0.3, (5, 2))
    return Replayed(drawn, inputs), rows, source.uniform(-1.0, 1.0, 5)


def test_the_same_graphs_inside_fit_end_at_the_weights_of_the_eager_loop() -> None:
    compared, seed = 0, 100_000
    while compared < FITTED:
        seed += 1
        made = fitting(seed)
        if made is None:
            continue
        model, rows, targets = made
        parameters = model.parameters()
        before = [parameter.data for parameter in parameters]
        try:
            expected = descend(model, rows, targets)
        except DomainError:
            expected = None
        if expected is None:
            continue
        for parameter, number in zip(parameters, before, strict=True):
            parameter.data = number
        optimizer = mg.optim.SGD(parameters, lr=RATE)
        mg.fit(
            model, rows, targets, loss=penalized(model), optimizer=optimizer, epochs=EPOCHS, batch_size=None,
            metric=None, progress=False,
        )  # fmt: skip
        assert_close([parameter.data for parameter in parameters], expected, TOLERANCE)
        compared += 1
