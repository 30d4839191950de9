"""The hand-written programs that the compiler is timed against compute what the eager engine computes.

A peer that left something out would be an easy one to beat, so each is held to the engine's gradients before it counts.
"""

import numpy as np
import pytest

import microgradnet as mg
from benchmarks import compiled_margin_peers as margin
from benchmarks import compiled_transformer_values as transformer
from benchmarks import training_peers as peers
from benchmarks.compiled_transformer_numpy import Transformer
from benchmarks.scripts import transformer as script
from microgradnet import MLP, Value

SIZES, ETA, SAMPLES = (5, 4, 3), 0.7, 6
BETWEEN_0_AND_1 = np.random.default_rng(1).uniform(size=(SAMPLES, SIZES[0] + SIZES[2]))
X, T = BETWEEN_0_AND_1[:, : SIZES[0]], BETWEEN_0_AND_1[:, SIZES[0] :]
DOCUMENT = np.array([0, 5, 13, 13, 1, 0])


def after_eager_steps(weights: list[np.ndarray], biases: list[np.ndarray], steps: int) -> tuple[MLP, list[float]]:
    mlp = MLP.from_weights(weights, biases, activation="sigmoid", output="sigmoid")
    optimizer, losses = mg.optim.SGD(mlp.parameters(), lr=ETA), []
    for _ in range(steps):
        losses.append(mg.mean(mg.losses.half_squared_error(mlp(x), t) for x, t in zip(X, T, strict=True)))
        mlp.zero_grad()
        losses[-1].backward()
        optimizer.step()
    return mlp, [loss.data for loss in losses]


@pytest.mark.parametrize("name", peers.PEERS)
def test_each_peer_makes_the_steps_of_the_eager_engine(name: str) -> None:
    if name == "torch":
        pytest.importorskip("torch")
    weights, biases = peers.initial(SIZES)
    mlp, losses = after_eager_steps(weights, biases, steps=3)
    peer = peers.PEERS[name](weights, biases)
    assert [peer.step(X, T, ETA) for _ in losses] == pytest.approx(losses, rel=1e-13)
    for layer, w, b in zip(mlp.layers, *peer.parameters(), strict=True):
        assert w == pytest.approx(np.array([[v.data for v in neuron.w] for neuron in layer.neurons]), rel=1e-12)
        assert b == pytest.approx(np.array([neuron.b.data for neuron in layer.neurons]), rel=1e-12)


def test_an_epoch_takes_every_sample_once() -> None:
    peer = peers.Minibatches(*peers.initial(SIZES))
    still = peers.epoch(peer, X, T, 0.0, 4, np.random.default_rng(0))
    assert still == pytest.approx(peer.gradients(X, T)[0] / SAMPLES, rel=1e-13)


def test_the_numpy_of_the_margin_step_is_the_demo() -> None:
    x, t = margin.moons(20)
    mlp = margin.network(MLP)
    loss = margin.record(mlp, x, t)
    loss.backward()
    by_hand = margin.Margin(mlp)
    assert by_hand.gradients(x, t) == pytest.approx(loss.data, rel=1e-14)
    expected = np.array([parameter.grad for parameter in margin.in_matrix_order(mlp)])
    assert by_hand.gradient == pytest.approx(expected, rel=1e-12, abs=1e-15)
    before = by_hand.theta.copy()
    by_hand.step(x, t, 0.5)
    assert before - by_hand.theta == pytest.approx(0.5 * expected, rel=1e-9, abs=1e-15)


def test_micrograds_own_classes_run_the_same_lines() -> None:
    pytest.importorskip("micrograd")
    from micrograd.nn import MLP as PeerMLP  # noqa: N811

    x, t = margin.moons(4)
    theirs = margin.record(margin.network(PeerMLP), x, t)
    ours = margin.record(margin.network(MLP), x, t)
    assert ours.data == pytest.approx(theirs.data, rel=1e-12)


def spread_out(factor: float = 4.0) -> list[float]:
    """Return parameters large enough that every part of the network matters."""
    return [factor * number for number in script.first_parameters()]


def test_the_numpy_of_the_transformer_is_the_script_on_scalars() -> None:
    leaves = transformer.parameters(Value, spread_out())
    loss = script.document_loss(script.matrices_of(leaves), DOCUMENT.tolist())
    loss.backward()
    by_hand = Transformer(spread_out())
    assert by_hand.forward(DOCUMENT) == pytest.approx(loss.data, rel=1e-13)
    by_hand.backward()
    expected = np.array([leaf.grad for leaf in leaves])
    assert np.abs(by_hand.gradient - expected).max() <= 1e-12 * np.abs(expected).max()
    before = by_hand.theta.copy()
    assert by_hand.step(DOCUMENT, 0.1) == pytest.approx(loss.data, rel=1e-13)
    assert before - by_hand.theta == pytest.approx(0.1 * expected, rel=1e-9, abs=1e-15)


def test_characters_as_one_hot_inputs_and_as_numbers_give_one_loss() -> None:
    w = script.matrices_of(transformer.parameters(Value, spread_out()))
    one_hot = np.eye(script.CHARACTERS)[DOCUMENT[:4]].tolist()
    by_vectors = transformer.document_loss(w, one_hot[:-1], one_hot[1:])
    assert by_vectors.data == pytest.approx(script.document_loss(w, DOCUMENT[:4].tolist()).data, rel=1e-13)
