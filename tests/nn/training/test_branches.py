"""A Python ``if``, ``max`` or ``min`` is frozen by recording: fit finds out on every sample of every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import ArgumentError
from tests.nn.training.samples import by_hand, numbers

_GENERATOR = np.random.default_rng(0)
X = _GENERATOR.normal(size=(40, 2))
SIGNS = np.where(X[:, 0] > 0.0, 1.0, -1.0)
OPTIONS: dict[str, Any] = {"epochs": 30, "batch_size": 8, "seed": 1, "progress": False, "lr": 0.1}


def huber(o: Any, t: Any) -> Any:
    d = o - t
    return d * d / 2 if abs(d) < 1.0 else abs(d) - 0.5


def pinball(o: Any, t: Any) -> Any:
    d = t - o
    return 0.9 * d if d >= 0.0 else -0.1 * d


FROZEN: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "max": (lambda o, t: max(1.0 - t * o, Value(0.0)), "greater(z, y)"),
    "min": (lambda o, t: -min(t * o - 1.0, 0.0), "greater"),
    "huber": (huber, "less(z, 1.0)"),
    "pinball": (pinball, "greater_equal(z, 0.0)"),
    "where on a comparison": (lambda o, t: mg.where(o - t > 0.0, o - t, 0.1 * (t - o)), "greater(z, 0.0)"),
    "on a target": (lambda o, t: (o - 1.0) ** 2 if t > 0.0 else (o + 1.0) ** 2, "greater(z, 0.0)"),
    "bool": (lambda o, t: 1.0 - t * o if mg.relu(1.0 - t * o) else 0.0 * o, "not_equal(z, 0.0)"),
}


@pytest.mark.parametrize("name", FROZEN)
def test_a_branch_that_another_sample_would_not_take_is_an_error_with_the_operation_to_use(name: str) -> None:
    loss, operation = FROZEN[name]
    mlp = MLP(2, [3, 1], activation="tanh", seed=1)
    with pytest.raises(ArgumentError) as raised:
        mg.fit(mlp, X, SIGNS, loss=loss, **OPTIONS)
    assert f"mg.where(mg.{operation}" in str(raised.value)
    assert "for sample X[" in str(raised.value)
    assert "mg.maximum" in str(raised.value)


def test_a_branch_that_changes_in_the_course_of_training_is_found_in_that_step() -> None:
    mlp = MLP.from_weights([[[0.5]]])
    (w,) = mlp.parameters()
    with pytest.raises(ArgumentError, match=r"w1\[1,1\] > 0.0 is True.* in epoch 12, batch 1"):
        mg.fit(
            mlp,
            [1.0, 2.0],
            [-3.0, -6.0],
            loss=lambda o, t: (o - t) ** 2 + (0.1 * w if w > 0.0 else -0.1 * w),
            epochs=100,
            lr=0.05,
            progress=False,
        )
    assert -0.1 < w.data < 0.0  # the last whole step's


def test_a_branch_of_the_model_is_watched_on_validation_samples_too() -> None:
    w = Value(0.5)

    def model(x: Any) -> Any:
        return w * x if x > 0.0 else 0.0 * x

    common = {"loss": "mse", "optimizer": mg.optim.SGD([w], lr=0.1), "epochs": 2, "progress": False, "metric": None}
    mg.fit(model, [1.0, 2.0], [1.0, 1.0], validation=([3.0], [1.0]), **common)
    with pytest.raises(ArgumentError, match=r"for sample 1 of those to validate on"):
        mg.fit(model, [1.0, 2.0], [1.0, 1.0], validation=([3.0, -1.0], [1.0, 1.0]), **common)


def test_a_branch_of_the_model_is_watched_where_a_metric_is_measured() -> None:
    w = Value(0.5)

    def model(x: Any) -> Any:
        return w * x if w < 0.55 else 2.0 * w * x

    with pytest.raises(ArgumentError, match=r"metric is measured on"):
        mg.fit(
            model,
            [1.0, 2.0],
            [1.0, 1.0],
            loss="mse",
            optimizer=mg.optim.SGD([w], lr=0.1),
            epochs=1,
            batch_size=None,
            metric=lambda o, t: 0.0,
            progress=False,
        )


def test_a_branch_that_all_samples_take_is_trained_like_a_loop() -> None:
    def loss(o: Any, t: Any) -> Any:
        return (o - t) ** 2 if o - t < 100.0 else 100.0 * abs(o - t)

    mlp, twin = (MLP(2, [3, 1], activation="tanh", seed=1) for _ in range(2))
    options = {**OPTIONS, "epochs": 2, "lr": None}
    mg.fit(mlp, X, SIGNS, loss=loss, optimizer=mg.optim.SGD(mlp, lr=0.1), **options)
    by_hand(twin, loss, mg.optim.SGD(twin, lr=0.1), X, SIGNS, epochs=2, size=8)
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-11)


# What compiled graphs once got wrong, in the course of training


def chain(r: Any) -> Any:
    return mg.total(r) - 0.25 * mg.log(r[0]) * r[0]


PENALTIES: dict[str, Callable[[list[Any]], Any]] = {
    "exp": lambda ws: chain([mg.exp(w) for w in ws]),
    "sin": lambda ws: (lambda h: h[0] + h[1] + h[0] * h[1])([mg.sin(w) for w in ws]),
    "doubled": lambda ws: (lambda a: a * ws[0] + a)(2 * ws[0]),
    "negated": lambda ws: (lambda a: a * ws[0] * a)(-ws[0]),
    "softmax": lambda ws: (lambda p: mg.total(p) - mg.log(p[1]))(mg.softmax(ws)),
    "relu": lambda ws: (lambda h: 2 * mg.total(h) + h[0] ** 2)([mg.relu(w) for w in ws]),
    "logsumexp": lambda ws: mg.logsumexp(ws) - mg.log(mg.exp(ws[0])),
    "erf": lambda ws: (lambda a: 0.5 * mg.log1p(a * a) + a)(mg.erf(ws[0])),
}


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("nout", [1, 3])
def test_a_penalty_on_parameters_is_that_of_the_loop(name: str, nout: int) -> None:
    y = _GENERATOR.normal(size=(40, nout))
    mlp, twin = (MLP(2, [3, nout], activation="tanh", seed=1) for _ in range(2))

    def with_penalty(model: Any) -> Callable[[Any, Any], Any]:
        ws = model.layers[0].neurons[0].w + model.layers[1].neurons[0].w
        return lambda o, t: mg.losses.squared_error(o, t) + 0.1 * PENALTIES[name](ws)

    options = {**OPTIONS, "epochs": 2, "lr": None}
    mg.fit(mlp, X, y, loss=with_penalty(mlp), optimizer=mg.optim.SGD(mlp, lr=0.05), **options)
    by_hand(twin, with_penalty(twin), mg.optim.SGD(twin, lr=0.05), X, y, epochs=2, size=8)
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-10)


# Numbers that are read while a sample is recorded


def by_class(o: Any, t: Any) -> Any:
    return -mg.log_softmax(o)[int(t.data)]


READS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "if": (lambda o, t: (o - 1.0) ** 2 if t.data > 0.0 else (o + 1.0) ** 2, r"\.data of t\[1\]"),
    "item": (lambda o, t: (o - 1.0) ** 2 if t.item() > 0.0 else (o + 1.0) ** 2, r"\.data of t\[1\]"),
    "product": (lambda o, t: (o - t) ** 2 * abs(t.data + 2.0), r"\.data of t\[1\]"),
    "a rare sample": (lambda o, t: (o - t) ** 2 if o.data < 0.9 else 0.0 * o, r"\.data of a2\[1\]|of z2\[1\]"),
}


@pytest.mark.parametrize("name", READS)
def test_a_number_that_is_read_is_watched_on_every_sample(name: str) -> None:
    loss, read = READS[name]
    mlp = MLP(2, [3, 1], activation="tanh", seed=1)
    with pytest.raises(ArgumentError, match=read) as raised:
        mg.fit(mlp, X, SIGNS, loss=loss, **OPTIONS)
    assert "for sample X[" in str(raised.value)
    assert "mg.where(mg.greater(z, 0.0), ...)" in str(raised.value)


def test_the_index_of_a_class_that_is_read_is_refused_with_the_loss_that_takes_it() -> None:
    classes = np.arange(40) % 3
    mlp = MLP(2, [3], seed=1)
    before = numbers(mlp)
    with pytest.raises(ArgumentError, match=r"mg\.losses\.cross_entropy takes the index"):
        mg.fit(mlp, X, classes.astype(float), loss=by_class, **OPTIONS)
    assert numbers(mlp) == before


def test_a_number_that_is_only_looked_at_changes_nothing() -> None:
    seen = []

    def loss(o: Any, t: Any) -> Any:
        seen.append(o.data)
        return mg.losses.squared_error(o, t)

    mlp, twin = (MLP(2, [3, 1], activation="tanh", seed=1) for _ in range(2))
    options = {**OPTIONS, "epochs": 2, "lr": None}
    mg.fit(mlp, X, SIGNS, loss=loss, optimizer=mg.optim.SGD(mlp, lr=0.1), **options)
    by_hand(twin, mg.losses.squared_error, mg.optim.SGD(twin, lr=0.1), X, SIGNS, epochs=2, size=8)
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-11)
    assert len(seen) > 2 * 40  # each sample is recorded anew in each epoch


def test_losses_of_the_package_read_no_numbers() -> None:
    """So that nothing is recorded twice where nobody decides anything."""
    calls = []

    class Counted(MLP):
        def __call__(self, x: Any) -> Any:
            calls.append(x)
            return super().__call__(x)

    for loss, y in (("mse", SIGNS), ("hinge", SIGNS), ("bce", SIGNS > 0), ("cross_entropy", (SIGNS > 0).astype(int))):
        calls.clear()
        nout, output = (2, "softmax") if loss == "cross_entropy" else (1, "sigmoid" if loss == "bce" else "tanh")
        mg.fit(Counted(2, [3, nout], output=output, seed=1), X, y, loss=loss, **{**OPTIONS, "epochs": 3})
        assert len(calls) <= 4, loss  # the recorded sample, and those that it is compared with


def test_a_metric_of_a_model_that_reads_numbers_is_that_of_the_model() -> None:
    w, found = Value(0.5), []

    def model(x: Any) -> Any:
        return w * x if x.data < 10.0 else 3.0 * x  # 10 is only among those to validate on

    def look(outputs: Any, targets: Any) -> float:
        found.append(outputs.tolist())
        return 0.0

    options = {"loss": "mse", "optimizer": mg.optim.SGD([w], lr=0.0), "epochs": 1, "progress": False, "metric": look}
    mg.fit(model, [1.0, 2.0], [1.0, 1.0], **options)
    assert found == [[0.5, 1.0]]
    with pytest.raises(ArgumentError, match="for sample 1 of those to validate on"):
        mg.fit(model, [1.0, 2.0], [1.0, 1.0], validation=([3.0, 10.0], [1.0, 1.0]), **options)
