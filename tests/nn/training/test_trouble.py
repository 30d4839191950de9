"""Where numbers stop being finite, training stops whole: it names epoch, minibatch, sample and node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import AnomalyError, DomainError
from tests.nn.training.samples import CLASSES, ONE_HOT, X, by_hand, numbers

SQUARED = mg.losses.half_squared_error


def descent(w: Value) -> Any:
    """Train w on samples 1, 1, 1, 1, -4, in this order, two at a time; the loss is sqrt(x) times (w - 1) squared."""
    return mg.fit(
        lambda x: mg.sqrt(x) * (w - 1.0) ** 2,
        [1.0, 1.0, 1.0, 1.0, -4.0],
        np.zeros(5),
        loss=lambda o, t: o + t,
        optimizer=mg.optim.SGD([w], lr=0.1),
        batch_size=2,
        shuffle=False,
        progress=False,
        metric=None,
    )


def test_a_sample_outside_a_domain_is_named_and_the_last_whole_step_stays() -> None:
    w = Value(0.0, label="w")
    with pytest.raises(AnomalyError, match=r"epoch 1, batch 3, sample X\[4\].*sqrt.*-4\.0") as caught:
        descent(w)
    assert w.data == pytest.approx(1 - 0.8**2, rel=1e-14)  # two steps, each of which leaves 0.8 of the distance
    assert (w.grad, w.has_grad) == (0.0, False)
    assert "last whole step" in str(caught.value)


def test_an_infinite_derivative_is_named_where_the_loss_itself_is_finite() -> None:
    w = Value(2.0, label="w")
    sgd = mg.optim.SGD([w], lr=0.1)
    with pytest.raises(AnomalyError, match=r"epoch 1, batch 2, sample X\[1\].*derivative of sqrt"):
        mg.fit(
            lambda x: mg.sqrt(w * x),
            [1.0, 0.0],
            [0.0, 0.0],
            loss=lambda o, t: o + t,
            optimizer=sgd,
            batch_size=1,
            shuffle=False,
            progress=False,
            metric=None,
        )
    assert w.data == pytest.approx(2.0 - 0.1 * 0.5 / 2**0.5, rel=1e-14)
    assert sgd.steps == 1


def test_a_loss_that_overflows_is_named() -> None:
    w = Value(1.0, label="w")
    with pytest.raises(AnomalyError, match=r"epoch \d+, batch 1, sample X\[0\]"):
        mg.fit(
            lambda x: w * x,
            [1.0],
            [0.0],
            loss=SQUARED,
            optimizer=mg.optim.SGD([w], lr=1e9),
            epochs=100,
            progress=False,
        )
    assert np.isfinite(w.data)


def test_parameters_that_overflow_go_back_to_the_last_whole_epoch() -> None:
    """Weight decay of a size that throws a parameter further away at each step, while the loss does not see it."""
    w, u = Value(1.0, label="w"), Value(1e300, label="u")
    sgd = mg.optim.SGD([w, u], lr=1.0, weight_decay=1e5)
    with pytest.raises(AnomalyError, match="finite parameters in epoch 2"):
        mg.fit(
            lambda x: w * 0.0 + mg.tanh(u),
            [1.0, 2.0],
            [0.0, 0.0],
            loss=lambda o, t: o + 0.0 * t,
            optimizer=sgd,
            batch_size=2,
            progress=False,
            metric=None,
        )
    assert (np.isfinite(w.data), np.isfinite(u.data), sgd.steps) == (True, True, 1)


def test_the_recorded_sample_may_not_be_one_that_the_model_fails_on() -> None:
    w = Value(1.0, label="w")
    with pytest.raises(DomainError, match="sqrt"):
        mg.fit(lambda x: w * mg.sqrt(x), [-1.0], [0.0], loss=SQUARED, optimizer=mg.optim.SGD([w], lr=1.0))
    assert w.data == 1.0


def test_cross_entropy_of_huge_outputs_is_recorded_anew_without_overflow() -> None:
    """The first sample is small, so that its recording has no shift; the others overflow in it."""
    mlp, twin = MLP(3, [3], seed=1), MLP(3, [3], seed=1)
    rows = X.copy()
    rows[1:] *= 3000.0
    sgd, its = (mg.optim.SGD(model, lr=1e-4) for model in (mlp, twin))
    history = mg.fit(
        mlp,
        rows,
        CLASSES,
        loss=mg.losses.cross_entropy,
        optimizer=sgd,
        epochs=2,
        batch_size=4,
        validation=(rows, CLASSES),
        seed=1,
        progress=False,
    )
    means = by_hand(twin, mg.losses.cross_entropy, its, rows, CLASSES.tolist())
    assert [epoch.loss for epoch in history] == pytest.approx(means, rel=1e-9)
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-9)
    assert (sgd.steps, its.steps) == (6, 6)


def test_a_probability_that_rounds_to_one_keeps_a_finite_loss() -> None:
    mlp = MLP(1, [1], output="sigmoid", init="zeros")
    for parameter in mlp.parameters():
        parameter.data = 1.0
    rows, classes = [[0.0], [50.0], [-800.0]], [0, 1, 1]
    history = mg.fit(
        mlp, rows, classes, loss="binary_cross_entropy", optimizer=mg.optim.SGD(mlp, lr=0.0), batch_size=3, epochs=1
    )
    expected = (np.log1p(np.e) + 0.0 + 799.0) / 3  # ln(1 + e^z) - t z at z = 1, 51, -799
    assert history[0].loss == pytest.approx(expected, rel=1e-12)


def test_targets_of_other_samples_are_looked_at_before_training() -> None:
    mlp = MLP(3, [1], seed=1)
    before = numbers(mlp)
    for loss, bad in (("hinge", 0.0), ("binary_cross_entropy", 1.5)):
        model = mlp if loss == "hinge" else MLP(3, [1], output="sigmoid", seed=1)
        targets = np.ones(11)
        targets[7] = bad
        with pytest.raises(mg.errors.MicrogradnetError, match=str(bad)):
            mg.fit(model, X, targets, loss=loss, lr=0.1)
    assert numbers(mlp) == before


def test_a_branch_on_a_number_is_refused_where_samples_take_the_other() -> None:
    """The compiler's own error, passed on with Values as they were after the last whole step."""
    w = Value(1.0, label="w")

    def branching(x: Any) -> Any:
        return w * x if x > 0.0 else w * x * 0.01

    with pytest.raises(mg.errors.MicrogradnetError):
        mg.fit(
            branching,
            [1.0, -1.0],
            [0.0, 0.0],
            loss=SQUARED,
            optimizer=mg.optim.SGD([w], lr=0.1),
            batch_size=1,
            shuffle=False,
            progress=False,
        )
    assert w.data == pytest.approx(0.9)


def test_one_hot_rows_of_a_class_that_is_not_there() -> None:
    for y in (CLASSES + 1, CLASSES - 1):
        with pytest.raises(mg.errors.ShapeError, match="3 classes"):
            mg.fit(MLP(3, [3]), X, y, loss="cross_entropy")
    assert ONE_HOT.shape == (11, 3)
