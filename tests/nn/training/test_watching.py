"""Whoever looks while training runs, sees Values and optimizer up to date; what ends training leaves them whole."""

from __future__ import annotations

import math
import os
import signal
import threading
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP
from microgradnet.errors import ArgumentError
from tests.nn.training.samples import CLASSES, ONE_HOT, X, by_hand, numbers

SQUARED = mg.losses.half_squared_error
OPTIONS: dict[str, Any] = {"loss": SQUARED, "batch_size": 4, "seed": 1, "progress": False}


def net() -> MLP:
    return MLP(3, [4, 3], activation="sigmoid", output="sigmoid", seed=1)


def after(epochs: int) -> tuple[list[float], list[tuple[float, ...]]]:
    """Return parameters and velocities after so many epochs of a loop on Values."""
    twin = net()
    sgd = mg.optim.SGD(twin, lr=0.1, momentum=0.9)
    by_hand(twin, SQUARED, sgd, X, ONE_HOT, epochs=epochs)
    return numbers(twin), sgd.state


def test_callbacks_see_each_epoch_and_what_it_led_to() -> None:
    mlp, seen = net(), []
    sgd = mg.optim.SGD(mlp, lr=0.1, momentum=0.9)
    history = mg.fit(
        mlp,
        X,
        ONE_HOT,
        optimizer=sgd,
        epochs=3,
        callbacks=[lambda epoch: seen.append((epoch, numbers(mlp), list(sgd.state), sgd.steps))],
        **OPTIONS,
    )
    assert [epoch for epoch, *_ in seen] == history.epochs
    assert [epoch.epoch for epoch in history] == [1, 2, 3]
    for number, (_, found, state, steps) in enumerate(seen, 1):
        expected, velocities = after(number)
        assert found == pytest.approx(expected, rel=1e-11)
        assert np.array(state) == pytest.approx(np.array(velocities), rel=1e-10, abs=1e-14)
        assert steps == 3 * number


def test_what_a_callback_changes_counts() -> None:
    mlp = net()
    sgd = mg.optim.SGD(mlp, lr=0.1, momentum=0.9)

    def intervene(epoch: Any) -> None:
        mlp.parameters()[0].data = 42.0
        sgd.lr = 0.0
        sgd.state = [(0.0,)] * len(sgd.params)

    mg.fit(mlp, X, ONE_HOT, optimizer=sgd, epochs=2, callbacks=intervene, **OPTIONS)
    assert numbers(mlp) == pytest.approx([42.0, *after(1)[0][1:]], rel=1e-11)


def test_a_callback_that_returns_true_stops() -> None:
    mlp = net()
    history = mg.fit(mlp, X, ONE_HOT, lr=0.1, epochs=9, callbacks=lambda epoch: epoch.epoch == 2, **OPTIONS)
    assert len(history) == 2
    assert "callback after epoch 2" in str(history)


def test_a_metric_of_the_users_own_sees_arrays_and_the_values() -> None:
    mlp, seen = net(), []

    def largest_error(outputs: Any, targets: Any) -> float:
        seen.append((outputs.shape, targets.dtype, numbers(mlp)))
        return float(abs(outputs - np.eye(3)[targets]).max())

    history = mg.fit(mlp, X, CLASSES, lr=0.1, epochs=2, metric=largest_error, **OPTIONS)
    expected = max(abs(o.data - t) for x, row in zip(X, ONE_HOT, strict=True) for o, t in zip(mlp(x), row, strict=True))
    assert history[-1].metric == pytest.approx(expected, rel=1e-12)
    assert history.metric_name == "largest_error"
    assert seen[-1] == ((11, 3), CLASSES.dtype, numbers(mlp))
    assert seen[0][2] != seen[1][2]


def test_a_schedule_of_the_users_own_sees_the_values() -> None:
    mlp, seen = net(), []

    def schedule(count: int, initial: float) -> float:
        seen.append(numbers(mlp))
        return initial

    sgd = mg.optim.SGD(mlp, lr=0.1, momentum=0.9)
    mg.fit(mlp, X, ONE_HOT, optimizer=sgd, epochs=2, schedule=schedule, schedule_unit="minibatch", **OPTIONS)
    assert len({*map(tuple, seen)}) == 7  # before the first step and after each of the six
    assert seen[3] == pytest.approx(after(1)[0], rel=1e-11)
    assert seen[6] == pytest.approx(after(2)[0], rel=1e-11)


def test_an_error_in_a_callback_leaves_the_values_up_to_date() -> None:
    mlp = net()
    sgd = mg.optim.SGD(mlp, lr=0.1, momentum=0.9)
    with pytest.raises(ZeroDivisionError):
        mg.fit(mlp, X, ONE_HOT, optimizer=sgd, epochs=3, callbacks=lambda epoch: 1 // (2 - epoch.epoch), **OPTIONS)
    assert numbers(mlp) == pytest.approx(after(2)[0], rel=1e-11)
    assert sgd.steps == 6


class Interrupted(mg.optim.SGD):
    """SGD that Ctrl-C comes to in the middle of a step."""

    at = 5

    def update(self, data: Any, grad: Any, state: Any) -> Any:
        """Change the state, be interrupted, then change the parameters."""
        if self.at == 0:
            velocity = state[0] * self.momentum
            signal.raise_signal(signal.SIGINT)
            velocity = velocity + grad
            data -= self.lr * velocity
            self.at -= 1
            return data, (velocity,)
        self.at -= 1
        return super().update(data, grad, state)


def test_ctrl_c_within_a_step_waits_for_its_end() -> None:
    mlp, twin = net(), net()
    sgd, its = Interrupted(mlp, lr=0.1, momentum=0.9), mg.optim.SGD(twin, lr=0.1, momentum=0.9)
    history = mg.fit(mlp, X, ONE_HOT, optimizer=sgd, epochs=9, **OPTIONS)
    by_hand(twin, SQUARED, its, X, ONE_HOT, epochs=2)
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-11)  # six steps, three an epoch
    assert np.array(sgd.state) == pytest.approx(np.array(its.state), rel=1e-10, abs=1e-14)
    assert (sgd.steps, len(history)) == (6, 1)
    assert "Ctrl-C in epoch 2" in history.stopped_by
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_in_a_callback_comes_at_once() -> None:
    mlp, reached = net(), []

    def interrupt(epoch: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # the signal is delivered between two instructions of Python
            pass
        reached.append(epoch)

    sgd = mg.optim.SGD(mlp, lr=0.1, momentum=0.9)
    history = mg.fit(mlp, X, ONE_HOT, optimizer=sgd, epochs=9, callbacks=interrupt, **OPTIONS)
    assert (len(history), reached) == (1, [])
    assert numbers(mlp) == pytest.approx(after(1)[0], rel=1e-11)


def test_a_handler_of_the_users_own_is_called_and_training_goes_on() -> None:
    calls: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: calls.append(number))
    try:
        mlp = net()
        history = mg.fit(mlp, X, ONE_HOT, optimizer=Interrupted(mlp, lr=0.1, momentum=0.9), epochs=3, **OPTIONS)
    finally:
        signal.signal(signal.SIGINT, before)
    assert (calls, len(history), history.stopped_by) == ([signal.SIGINT], 3, "")


def test_training_in_a_thread() -> None:
    mlp = net()
    thread = threading.Thread(
        target=lambda: mg.fit(mlp, X, ONE_HOT, optimizer=mg.optim.SGD(mlp, lr=0.1, momentum=0.9), epochs=1, **OPTIONS)
    )
    thread.start()
    thread.join()
    assert numbers(mlp) == pytest.approx(after(1)[0], rel=1e-11)


# Validation, early stopping, schedules


def test_the_validation_loss_is_that_of_the_eager_engine() -> None:
    mlp = net()
    history = mg.fit(mlp, X[:8], ONE_HOT[:8], lr=0.1, epochs=2, validation=(X[8:], ONE_HOT[8:]), **OPTIONS)
    expected = sum(SQUARED(mlp(x), t).data for x, t in zip(X[8:], ONE_HOT[8:], strict=True)) / 3
    assert history[-1].validation_loss == pytest.approx(expected, rel=1e-12)
    right = [max(range(3), key=lambda j: mlp(x)[j].data) == c for x, c in zip(X[8:], CLASSES[8:], strict=True)]
    assert (history.metric_name, history[-1].metric) == ("validation accuracy", sum(right) / 3)


def test_a_share_is_held_back_by_chance_and_not_trained_on() -> None:
    """With y = 0 for the samples that are held back, and 1 for the others, a constant learns 1."""
    order = np.random.default_rng(3).permutation(10)
    y = np.ones(10)
    y[order[:3]] = 0.0
    w = mg.Value(0.0)
    history = mg.fit(
        lambda x: w + 0.0 * x,
        np.zeros(10),
        y,
        loss=SQUARED,
        optimizer=mg.optim.SGD([w], lr=0.5),
        epochs=40,
        validation=0.3,
        seed=3,
        progress=False,
    )
    assert w.data == pytest.approx(1.0, abs=1e-9)
    assert history[-1].validation_loss == pytest.approx(0.5, abs=1e-8)


def overfit(patience: int | None, **options: Any) -> tuple[MLP, Any, Any, list[Any]]:
    """Train towards one target and validate against another, so that validation gets worse after a while."""
    mlp, states = MLP(1, [1], init="zeros"), []
    adam = mg.optim.Adam(mlp, lr=0.1)
    history = mg.fit(
        mlp,
        [1.0],
        [2.0],
        loss=SQUARED,
        optimizer=adam,
        epochs=30,
        validation=([1.0], [0.9]),
        patience=patience,
        callbacks=lambda epoch: states.append((numbers(mlp), adam.state_dict())),
        progress=False,
        **options,
    )
    return mlp, adam, history, states


def test_early_stopping_goes_back_to_the_best_epoch() -> None:
    mlp, adam, history, states = overfit(3)
    best = history.best.epoch
    assert 1 < best < len(history) == best + 3 < 30
    assert history.best.validation_loss == min(epoch.validation_loss for epoch in history)
    assert (numbers(mlp), adam.state_dict()) == states[best - 1]
    assert f"after epoch {best + 3}" in history.stopped_by


def test_patience_that_outlasts_the_epochs_goes_back_too() -> None:
    mlp, adam, history, states = overfit(29)
    assert len(history) == 30
    assert (numbers(mlp), adam.state_dict()) == states[history.best.epoch - 1]
    assert history.stopped_by == ""


def test_without_patience_the_last_epoch_stays() -> None:
    mlp, _, history, states = overfit(None)
    assert numbers(mlp) == states[-1][0]
    assert history.best.epoch < 30


def rates(schedule: Any, unit: str = "epoch", epochs: int = 4) -> tuple[list[float], float]:
    mlp = net()
    sgd = mg.optim.SGD(mlp, lr=0.8)
    history = mg.fit(mlp, X, ONE_HOT, optimizer=sgd, epochs=epochs, schedule=schedule, schedule_unit=unit, **OPTIONS)
    return [epoch.lr for epoch in history], sgd.lr


def test_a_schedule_counts_epochs_and_gives_the_rate_back() -> None:
    assert rates(mg.schedules.Exponential(0.5)) == ([0.8, 0.4, 0.2, 0.1], 0.8)
    assert rates(lambda count, initial: initial / (count + 1), epochs=2) == ([0.8, 0.4], 0.8)


def test_a_schedule_may_count_minibatches() -> None:
    found, _ = rates(mg.schedules.Step(3, gamma=0.5), "minibatch", epochs=2)
    assert found == [0.4, 0.2]  # three minibatches an epoch: the rate at the end of each


def test_a_scheduler_goes_on_from_fit_to_fit() -> None:
    mlp = net()
    sgd = mg.optim.SGD(mlp, lr=0.8)
    scheduler = mg.schedules.Scheduler(sgd, mg.schedules.Exponential(0.5))
    found = []
    for _ in range(2):
        history = mg.fit(mlp, X, ONE_HOT, optimizer=sgd, epochs=2, schedule=scheduler, **OPTIONS)
        found += [epoch.lr for epoch in history]
    assert (found, sgd.lr) == ([0.8, 0.4, 0.2, 0.1], 0.05)


def test_a_scheduled_run_takes_the_steps_of_a_loop() -> None:
    mlp, twin = net(), net()
    options = {**OPTIONS, "optimizer": mg.optim.SGD(mlp, lr=0.8), "schedule": mg.schedules.Cosine(3)}
    mg.fit(mlp, X, ONE_HOT, epochs=3, **options)
    sgd, generator = mg.optim.SGD(twin, lr=0.8), np.random.default_rng(1)
    for epoch in range(3):
        sgd.lr = 0.8 * (1 + math.cos(math.pi * epoch / 3)) / 2
        by_hand(twin, SQUARED, sgd, X, ONE_HOT, epochs=1, seed=generator)
    assert numbers(mlp) == pytest.approx(numbers(twin), rel=1e-11)


def test_a_scheduler_of_another_optimizer_is_refused() -> None:
    mlp = net()
    other = mg.schedules.Scheduler(mg.optim.SGD(net(), lr=0.1), mg.schedules.Exponential(0.5))
    with pytest.raises(ArgumentError, match="another optimizer"):
        mg.fit(mlp, X, ONE_HOT, lr=0.1, schedule=other, **OPTIONS)


def test_sizes_of_gradients_are_those_of_the_minibatches() -> None:
    """With all samples in one minibatch, it is the norm of the gradient, which backward gives too."""
    mlp, twin = net(), net()
    history = mg.fit(mlp, X, ONE_HOT, lr=0.1, epochs=1, **{**OPTIONS, "batch_size": None})
    (mg.total(SQUARED(twin(x), t) for x, t in zip(X, ONE_HOT, strict=True)) / 11).backward()
    for number, layer in enumerate(twin.layers, 1):
        norm = math.sqrt(sum(p.grad**2 for p in layer.parameters()))
        assert history[0].gradient_norms[f"layer {number}"] == pytest.approx(norm, rel=1e-11)
