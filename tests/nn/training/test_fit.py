"""``mg.fit`` takes the steps of a loop on Values: same losses, same parameters, same state, for any model and loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Module, Value
from microgradnet.nn.training import arrays
from tests.nn.training.samples import CLASSES, NUMBERS, ONE_HOT, Branches, Line, X, by_hand, numbers

SQUARED = mg.losses.half_squared_error


def agree(make: Callable[[], Any], loss: Callable[[Any], Any], optimizer: Callable[[Any], Any], **data: Any) -> None:
    """Train twins by fit and by hand, and compare everything that training leaves."""
    mine, twin = make(), make()
    its, hers = optimizer(mine), optimizer(twin)
    rows, targets, size = data.get("X", X), data.get("y", ONE_HOT), data.get("size", 4)
    history = mg.fit(
        mine, rows, targets, loss=loss(mine), optimizer=its, epochs=2, batch_size=size, seed=1, progress=False
    )
    seen = data.get("seen", targets)
    expected = by_hand(twin, loss(twin), hers, rows, seen, size=size or len(rows))
    assert numbers(mine) == pytest.approx(numbers(twin), rel=1e-11, abs=1e-12)
    assert [epoch.loss for epoch in history] == pytest.approx(expected, rel=1e-11)
    assert its.steps == hers.steps
    for state, expected_state in zip(its.state, hers.state, strict=True):
        assert state == pytest.approx(expected_state, rel=1e-10, abs=1e-12)


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda model: mg.optim.SGD(model, lr=0.1),
    "momentum": lambda model: mg.optim.SGD(model, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adagrad": lambda model: mg.optim.AdaGrad(model, lr=0.1),
    "rmsprop": lambda model: mg.optim.RMSprop(model, lr=0.01, momentum=0.5, centered=True, eps=1e-2),
    "adam": lambda model: mg.optim.Adam(model, lr=0.01),
    "adamw": lambda model: mg.optim.AdamW(model, lr=0.01, amsgrad=True),
}


def net() -> MLP:
    return MLP(3, [4, 3], activation="sigmoid", output="sigmoid", seed=1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_steps_as_on_values(name: str) -> None:
    agree(net, lambda _: SQUARED, OPTIMIZERS[name])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_many_parameters_are_moved_block_by_block(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "BLOCK", 7)  # of 31 parameters
    agree(net, lambda _: SQUARED, OPTIMIZERS[name])
    agree(Branches, lambda _: SQUARED, lambda model: OPTIMIZERS[name](model.inner.layers[0]))
    test_two_fits_are_one_of_twice_the_epochs()


@pytest.mark.parametrize("size", [1, 4, 11, 50, None])
def test_minibatches_of_any_size_and_a_smaller_last_one(size: int | None) -> None:
    agree(net, lambda _: SQUARED, OPTIMIZERS["momentum"], size=size)


def test_a_users_own_module_and_a_parameter_that_no_backward_reaches() -> None:
    agree(Branches, lambda _: SQUARED, OPTIMIZERS["momentum"])


def test_a_loss_with_a_penalty_on_the_weights() -> None:
    def penalised(model: Any) -> Any:
        return lambda o, t: SQUARED(o, t) + 0.01 * sum(p * p for p in model.parameters())

    agree(net, penalised, OPTIMIZERS["adam"])


def test_a_loss_that_is_written_on_values() -> None:
    def huber(o: Any, t: Any) -> Any:
        errors = [abs(a - b) for a, b in zip(o, t, strict=True)]
        return mg.total(mg.where(mg.less(e, 0.5), 0.5 * e**2, 0.5 * e - 0.125) for e in errors)

    agree(net, lambda _: huber, OPTIMIZERS["sgd"])


def test_indices_of_classes_are_one_hot_rows() -> None:
    for y in (CLASSES, CLASSES.reshape(-1, 1), CLASSES.astype(np.uint8), CLASSES.astype(float)):
        agree(
            lambda: MLP(3, [4, 3], seed=1),
            lambda _: mg.losses.cross_entropy,
            OPTIMIZERS["sgd"],
            y=y,
            seen=CLASSES.tolist(),
        )


def test_one_output_takes_a_vector_or_a_column() -> None:
    for y in (NUMBERS, NUMBERS.reshape(-1, 1)):
        agree(
            lambda: MLP(3, [4, 1], seed=1),
            lambda _: lambda o, t: (o - t) ** 2,
            OPTIMIZERS["sgd"],
            y=y,
            seen=NUMBERS,
        )


def test_vectors_of_inputs_and_targets_are_single_values() -> None:
    x = X[:, 0]
    line = Line()
    history = mg.fit(
        line, x, 3.0 * x - 1.0, loss=lambda o, t: (o - t) ** 2, lr=0.1, epochs=400, batch_size=None, progress=False
    )
    assert numbers(line) == pytest.approx([3.0, -1.0], abs=1e-3)
    assert history[-1].gradient_norms.keys() == {"slope", "shift"}


def test_lists_are_arrays() -> None:
    trained = []
    for rows, targets in ((X, ONE_HOT), (X.tolist(), ONE_HOT.astype(int).tolist()), (X, ONE_HOT.astype(bool))):
        mlp = net()
        mg.fit(mlp, rows, targets, loss=SQUARED, lr=0.1, epochs=2, seed=1, progress=False)
        trained.append(numbers(mlp))
    assert trained[0] == trained[1] == trained[2]


def test_a_model_that_is_any_function() -> None:
    w = Value(0.0, label="w")
    mg.fit(
        lambda x: w * x[0],
        [[1.0], [2.0]],
        [2.0, 4.0],
        loss=SQUARED,
        optimizer=mg.optim.SGD([w], lr=0.1),
        epochs=100,
        progress=False,
    )
    assert w.data == pytest.approx(2.0, abs=1e-6)


def test_what_the_optimizer_does_not_hold_is_frozen() -> None:
    mlp, twin = net(), net()
    for model in (mlp, twin):
        head = mg.optim.SGD(model.layers[1].parameters(), lr=0.1, momentum=0.5)
        if model is mlp:
            mg.fit(model, X, ONE_HOT, loss=SQUARED, optimizer=head, epochs=2, batch_size=4, seed=1, progress=False)
        else:
            by_hand(model, SQUARED, head, X, ONE_HOT)
    assert numbers(mlp.layers[0]) == numbers(net().layers[0])
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-12)


def test_two_fits_are_one_of_twice_the_epochs() -> None:
    whole, halves = net(), net()
    one, two = mg.optim.Adam(whole, lr=0.05), mg.optim.Adam(halves, lr=0.05)
    options: dict[str, Any] = {"loss": SQUARED, "batch_size": 4, "progress": False}
    mg.fit(whole, X, ONE_HOT, optimizer=one, epochs=6, seed=np.random.default_rng(5), **options)
    generator = np.random.default_rng(5)
    for _ in range(2):
        mg.fit(halves, X, ONE_HOT, optimizer=two, epochs=3, seed=generator, **options)
    assert numbers(whole) == numbers(halves)
    assert one.state_dict() == two.state_dict()
    assert one.steps == 18


def test_a_seed_decides_the_order_and_none_shuffles_anew() -> None:
    def trained(**options: Any) -> list[float]:
        mlp = net()
        mg.fit(mlp, X, ONE_HOT, loss=SQUARED, lr=0.1, epochs=2, batch_size=2, progress=False, **options)
        return numbers(mlp)

    assert trained(seed=1) == trained(seed=1) != trained(seed=2)
    assert trained() != trained()
    assert trained(shuffle=False) == trained(shuffle=False)


def test_parameters_that_took_other_numbers_of_steps_keep_their_own_count() -> None:
    """Adam's correction of each parameter goes by its own steps, in arrays as on Values."""
    mlp, twin = net(), net()
    mine, its = mg.optim.Adam(mlp, lr=0.05), mg.optim.Adam(twin, lr=0.05)
    for model, adam in ((mlp, mine), (twin, its)):
        for _ in range(3):
            adam.zero_grad()
            SQUARED(model.layers[1]([1.0, 0.5, -1.0, 2.0]), ONE_HOT[0]).backward()  # reaches the last layer alone
            adam.step()
    mg.fit(mlp, X, ONE_HOT, loss=SQUARED, optimizer=mine, epochs=2, batch_size=4, seed=1, progress=False)
    by_hand(twin, SQUARED, its, X, ONE_HOT)
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-11)
    assert {state[2] for state in mine.state} == {6.0, 9.0}
    assert np.array(mine.state) == pytest.approx(np.array(its.state), rel=1e-10, abs=1e-14)


def test_gradients_of_the_values_are_left_alone() -> None:
    mlp = net()
    mlp.parameters()[0].grad = 5.0
    mg.fit(mlp, X, ONE_HOT, loss=SQUARED, epochs=1, progress=False)
    assert [p.grad for p in mlp.parameters()] == [5.0] + [0.0] * 30
    assert [p.has_grad for p in mlp.parameters()] == [True] + [False] * 30  # a gradient that was assigned counts


def test_an_optimizer_by_name_by_class_by_function_and_by_itself() -> None:
    def trained(**options: Any) -> list[float]:
        mlp = net()
        mg.fit(mlp, X, ONE_HOT, loss="half_squared_error", epochs=1, seed=1, progress=False, **options)
        return numbers(mlp)

    assert trained() == trained(optimizer="Adam") == trained(optimizer=mg.optim.Adam, lr=0.001)
    assert trained(optimizer="sgd", lr=0.1) == trained(optimizer=lambda params: mg.optim.SGD(params, lr=0.1))


class Halving(mg.optim.Optimizer):
    """A user's own rule, which makes new arrays."""

    def update(self, data: Any, grad: Any, state: Any) -> Any:
        """Move half as far as gradient descent."""
        return data - 0.5 * self.lr * grad, state


def test_a_rule_of_the_users_own() -> None:
    agree(net, lambda _: SQUARED, lambda model: Halving(model, lr=0.2))


class Counting(Module):
    """A model whose call is counted."""

    def __init__(self) -> None:
        self.mlp, self._calls = MLP(3, [3], seed=1), 0

    def __call__(self, x: Any) -> Any:
        self._calls += 1
        return self.mlp(x)


def test_three_samples_are_recorded_however_many_there_are() -> None:
    model = Counting()
    mg.fit(model, X, ONE_HOT, loss=SQUARED, epochs=5, validation=0.3, seed=1, progress=False)
    assert model._calls == 3


def test_leaves_of_a_sample_that_the_loss_ignores() -> None:
    """A pixel that no weight reads, a target that no term uses."""
    w = Value(0.5, label="w")
    history = mg.fit(
        lambda x: [w * x[1], x[0]],
        X,
        ONE_HOT[:, :2],
        loss=lambda o, t: (o[0] - t[1]) ** 2,
        optimizer=mg.optim.SGD([w], lr=0.1),
        epochs=300,
        batch_size=None,
        metric=None,
        progress=False,
    )
    expected = float(np.linalg.lstsq(X[:, 1:2], ONE_HOT[:, 1], rcond=None)[0][0])
    assert w.data == pytest.approx(expected, abs=1e-6)
    assert history[-1].loss == pytest.approx(float(((expected * X[:, 1] - ONE_HOT[:, 1]) ** 2).mean()), rel=1e-9)
