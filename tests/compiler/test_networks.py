"""Networks, compiled: every activation and loss, in loops over samples and in batches; attention; second order."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from benchmarks import compiled_margin_peers as margin
from benchmarks import compiled_transformer_values as transformer
from benchmarks.scripts import network
from benchmarks.scripts import transformer as script
from microgradnet import MLP, Value
from microgradnet.nn.activations import names
from microgradnet.operation import TABLE
from tests.compiler.agreement import assert_agree, called, eager, mean_over, set_numbers

LOSSES: dict[str, tuple[Any, list[float], str]] = {  # with targets, and the output activation that they are meant for
    "half_squared_error": (mg.losses.half_squared_error, [0.25, 0.75], "identity"),
    "squared_error": (mg.losses.squared_error, [0.25, 0.75], "tanh"),
    "mean_squared_error": (mg.losses.mean_squared_error, [0.25, 0.75], "sigmoid"),
    "mean_absolute_error": (mg.losses.mean_absolute_error, [0.25, 0.75], "tanh"),
    "binary_cross_entropy": (mg.losses.binary_cross_entropy, [0.0, 1.0], "sigmoid"),
    "hinge": (mg.losses.hinge, [-1.0, 1.0], "identity"),
    "cross_entropy": (mg.losses.cross_entropy, [0.0, 1.0], "identity"),
    "cross_entropy of a softmax": (mg.losses.cross_entropy, [0.0, 1.0], "softmax"),
    "squared error of a softmax": (mg.losses.squared_error, [0.0, 1.0], "softmax"),
}
ANYWHERE = [  # activations that are defined for any pre-activation
    name for name in names() if name not in TABLE or all(TABLE[name].domain.contains(x) for x in (-2.5, -0.5, 0.0, 2.5))
]
X = np.random.default_rng(3).uniform(-1.0, 1.0, (9, 3))


@pytest.mark.parametrize("activation", ANYWHERE)
def test_every_activation_in_a_loop_over_samples_and_in_a_batch(activation: str) -> None:
    mlp = MLP(3, [5, 4, 2], activation=activation, output="identity", seed=1)
    loss = mg.mean(mg.losses.squared_error(mlp(x), [0.5, -0.5]) for x in X)
    check_at_two_places(loss, mlp.parameters())
    x = [Value(0.1, label=f"x[{k}]") for k in (1, 2, 3)]
    check_batch(mg.losses.squared_error(mlp(x), [0.5, -0.5]), x, mlp.parameters(), X)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_in_a_loop_and_in_a_batch(name: str) -> None:
    function, targets, output = LOSSES[name]
    mlp = MLP(3, [4, 2], activation="tanh", output=output, seed=2)
    check_at_two_places(
        mg.mean(function(mlp(x), targets[:: 1 - 2 * (k % 2)]) for k, x in enumerate(X)), mlp.parameters()
    )
    x, t = [Value(0.1) for _ in range(3)], list(map(Value, targets))
    samples = [[*row, *targets[:: 1 - 2 * (k % 2)]] for k, row in enumerate(X)]
    check_batch(function(mlp(x), t), [*x, *t], mlp.parameters(), samples)


def check_at_two_places(loss: Value, leaves: list[Value]) -> None:
    program = mg.compile(loss)
    assert_agree(called(program, loss, leaves), eager(loss, leaves))
    source = random.Random(0)
    set_numbers(leaves, [leaf.data + source.uniform(-0.1, 0.1) for leaf in leaves])
    assert_agree(called(program, loss, leaves), eager(loss, leaves))


def check_batch(loss: Value, batch: list[Value], leaves: list[Value], samples: Any) -> None:
    program = mg.compile(loss, batch=batch)
    assert_agree(called(program, loss, leaves, samples), mean_over(loss, batch, samples, leaves))


def test_every_loss_of_the_package_is_here() -> None:
    assert set(mg.losses.LOSSES) <= set(LOSSES)


def test_micrograds_demo_with_inputs_as_numbers_and_as_values() -> None:
    inputs, targets = network.moons(12)
    for number in (float, Value):
        leaves = list(map(Value, network.first_parameters(margin.SIZES)))
        check_at_two_places(margin.record(leaves, [list(map(number, row)) for row in inputs], targets), leaves)


SHARED: dict[str, Callable[[list[Value]], Value]] = {
    "weights tied between layers": lambda w: mg.total(mg.tanh(mg.dot(w, [mg.dot(w, [v, v]), v])) for v in w),
    "one weight in every place": lambda w: mg.total(w[0] * w[0] * mg.sin(w[0] * k) for k in range(9)),
    "a convolution": lambda w: mg.total(mg.relu(mg.dot(w, X.ravel()[k : k + 2].tolist())) for k in range(20)),
    "a recurrent network": lambda w: recurrent(w, X[:, 0].tolist()),
    "sums of growing length": lambda w: mg.total(
        mg.tanh(mg.total(w[0] * X[k, 0] for k in range(n))) for n in range(1, 9)
    ),
    "a sparse layer": lambda w: mg.total(mg.tanh(mg.dot(w[: 1 + k % 2], X[k, : 1 + k % 2].tolist())) for k in range(9)),
    "mixed activations": lambda w: mg.total(
        (mg.tanh, mg.relu, mg.sin)[k % 3](mg.dot(w, row[:2])) for k, row in enumerate(X.tolist())
    ),
    "an outer product": lambda w: mg.total(mg.exp(a * b) for a in w for b in [*w, 1.5]),
    "distances of all pairs": lambda w: mg.total(mg.sqrt((a - b) ** 2 + 1.0) for a in [*w, 0.3] for b in [*w, 0.7]),
}


def recurrent(w: list[Value], inputs: list[float]) -> Value:
    state: Any = 0.0
    for x in inputs:
        state = mg.tanh(w[0] * state + w[1] * x)
    return state * state  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", SHARED)
def test_shared_weights_and_uneven_layers(name: str) -> None:
    w = [Value(0.6, label="w[1]"), Value(-0.4, label="w[2]")]
    check_at_two_places(SHARED[name](w), w)


@pytest.fixture(scope="module")
def document() -> tuple[list[Value], list[int]]:
    leaves = transformer.parameters(Value, [4.0 * number for number in script.first_parameters()])
    return leaves, script.tokens_of("ab")


def test_a_transformer(document: tuple[list[Value], list[int]]) -> None:
    leaves, tokens = document
    check_at_two_places(script.document_loss(script.matrices_of(leaves), tokens), leaves)


def test_a_transformer_for_all_documents_of_a_length(document: tuple[list[Value], list[int]]) -> None:
    leaves, tokens = document
    loss, batch = transformer.record(Value, script.matrices_of(leaves), len(tokens) - 1)
    documents = [tokens, [script.MARK, 3, 1, 4]]
    one_hot = np.eye(script.CHARACTERS)
    samples = [np.concatenate((one_hot[d[:-1]].ravel(), one_hot[d[1:]].ravel())) for d in documents]
    check_batch(loss, batch, leaves, samples)


def test_a_gradient_is_a_graph_that_compiles() -> None:
    """The square of the gradient's length, whose own gradient takes second derivatives."""
    mlp = MLP(2, [4, 1], activation="tanh", seed=5)
    parameters = mlp.parameters()
    loss = mg.mean((mlp(x[:2]) - x[2]) ** 2 for x in X.tolist())
    check_at_two_places(mg.total(slope**2 for slope in mg.gradients(loss, parameters)), parameters)
