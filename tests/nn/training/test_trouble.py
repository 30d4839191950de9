"""Where numbers stop being finite, training stops whole: it names epoch, minibatch, sample and node."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import AnomalyError, DomainError
from microgradnet.nn.training.arrays import Arrays
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


def branch(w: Value, x: Any) -> Any:
    return w * x if x > 0.0 else w * x * 0.01


def branch_on_a_float(w: Value, x: Any) -> Any:
    return w * x if x.data > 0.0 else w * x * 0.01


def element(w: Value, x: Any) -> Any:
    return [w * x, w * x * 2.0][int(x > 0.0)]


_SOURCE = np.random.default_rng(1)


def dropout(w: Value, x: Any) -> Any:
    return w * x * _SOURCE.random()


@pytest.mark.parametrize("model", [branch, branch_on_a_float, element, dropout])
def test_what_recording_froze_is_refused_where_samples_differ(model: Any) -> None:
    w = Value(1.0, label="w")
    sgd = mg.optim.SGD([w], lr=0.1)
    with pytest.raises(mg.errors.MicrogradnetError, match="record"):
        mg.fit(lambda x: model(w, x), [1.0, 0.5, -1.0], [0.0, 0.0, 0.0], loss=SQUARED, optimizer=sgd, progress=False)
    assert w.data == 1.0


def test_one_hot_rows_of_a_class_that_is_not_there() -> None:
    for y in (CLASSES + 1, CLASSES - 1):
        with pytest.raises(mg.errors.ShapeError, match="3 classes"):
            mg.fit(MLP(3, [3]), X, y, loss="cross_entropy")
    assert ONE_HOT.shape == (11, 3)


@pytest.mark.parametrize("make", [mg.optim.SGD, mg.optim.AdaGrad, mg.optim.RMSprop, mg.optim.Adam, mg.optim.AdamW])
@pytest.mark.parametrize("trouble", ["none", "a domain that is left", "infinite derivatives", "steps too large"])
def test_an_epoch_whose_steps_are_checked_together_is_one_whose_steps_are_checked_one_by_one(
    make: Any, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run has to check every step; it ends in the same error, with the same numbers, state and steps."""
    ends = []
    for is_quick in (True, False):
        if not is_quick:
            monkeypatch.setattr(Arrays, "keeps_what_is_not_finite", False)
        w = Value(0.5, label="w")
        optimizer = make([w], lr=1e200 if trouble == "steps too large" else 0.05)
        model = {
            "a domain that is left": lambda x, w=w: -mg.sqrt(1.2 - w * x),
            "infinite derivatives": lambda x, w=w: mg.sqrt(w * (x - 1.0)),
        }.get(trouble, lambda x, w=w: mg.exp(w * x))
        message = ""
        try:
            mg.fit(
                model,
                [1.5, 1.2, 1.3, 1.0 if trouble == "infinite derivatives" else 1.1],
                [3.0, 3.0, 3.0, 3.0],
                loss=SQUARED,
                optimizer=optimizer,
                epochs=12,
                batch_size=1,
                shuffle=False,
                progress=False,
                metric=None,
            )
        except AnomalyError as error:
            message = str(error)
        ends.append((message, w.data, optimizer.state, optimizer.steps))
    assert ends[0] == ends[1]
    assert bool(ends[0][0]) == (trouble != "none"), ends[0]
