"""What fit refuses, before anything has changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, UnknownNameError
from tests.nn.training.samples import ONE_HOT, X, numbers

WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"X": X[:5]}, ShapeError, "5 targets"),
    ({"X": X[0]}, ShapeError, "3 targets"),
    ({"X": []}, ShapeError, "shape"),
    ({"X": np.zeros((11, 2, 2))}, ShapeError, "reshape"),
    ({"X": [[1.0, 2.0], [3.0]]}, ShapeError, "rows of one length"),
    ({"X": [["a", "b"]] * 11}, NumberTypeError, "X is"),
    ({"X": [[Value(1.0)] * 3] * 11}, NumberTypeError, "real numbers"),
    ({"X": np.where(X[2, 1] == X, np.nan, X)}, DomainError, r"X\[2, 1\]"),
    ({"X": X[:, :2]}, ShapeError, "3 inputs"),
    ({"y": ["cat"] * 11}, NumberTypeError, "indices"),
    ({"y": np.full(11, np.inf)}, DomainError, r"y\[0\]"),
    ({"y": ONE_HOT[:, :2]}, ShapeError, "target"),
    ({"y": np.arange(11)}, ShapeError, "3 classes"),
    ({"model": 3}, ArgumentError, "a model"),
    ({"model": lambda x: x}, ArgumentError, r"parameters\(\)"),
    ({"model": lambda x: "no"}, ArgumentError, r"parameters\(\)"),
    ({"loss": "squared"}, UnknownNameError, "Did you mean 'squared_error'"),
    ({"loss": "total"}, UnknownNameError, "Known: half_squared_error"),
    ({"loss": 3}, ArgumentError, "a loss"),
    ({"loss": lambda o, t: 1.0}, NumberTypeError, "one Value"),
    ({"loss": lambda o, t: o}, NumberTypeError, "one Value"),
    ({"loss": lambda o, t: Value(1.0) * 2.0}, ArgumentError, "depends on the sample"),
    ({"loss": lambda o, t: t[0] * 2.0}, ArgumentError, "parameter of the optimizer"),
    ({"optimizer": "sdg"}, UnknownNameError, "adamw"),
    ({"optimizer": "sgd"}, ArgumentError, "learning rate"),
    ({"optimizer": 0.1}, ArgumentError, "an optimizer"),
    ({"optimizer": lambda params: params}, ArgumentError, "an optimizer"),
    ({"optimizer": mg.optim.SGD([Value(1.0)], lr=0.1)}, ArgumentError, "parameter of the optimizer"),
    ({"optimizer": mg.optim.SGD([Value(1.0)], lr=0.1), "lr": 0.1}, ArgumentError, "lr="),
    ({"lr": -1.0}, ArgumentError, "lr"),
    ({"epochs": 0}, ArgumentError, "epochs"),
    ({"epochs": 1.5}, ArgumentError, "epochs"),
    ({"batch_size": 0}, ArgumentError, "batch_size"),
    ({"validation": 0.0}, ArgumentError, "both sides"),
    ({"validation": 0.99}, ArgumentError, "both sides"),
    ({"validation": "some"}, NumberTypeError, "validation"),
    ({"validation": (X, ONE_HOT, X)}, ArgumentError, "pair"),
    ({"validation": (X[:, :2], ONE_HOT)}, ShapeError, "X of validation"),
    ({"validation": (X, ONE_HOT[:, 0])}, ShapeError, "y of validation"),
    ({"metric": "precision"}, ArgumentError, "a metric"),
    ({"patience": 0}, ArgumentError, "patience"),
    ({"schedule": 0.1}, ArgumentError, "a schedule"),
    ({"schedule": mg.schedules.Cosine}, ArgumentError, "a schedule"),
    ({"schedule_unit": "step"}, ArgumentError, "schedule_unit"),
    ({"callbacks": 3}, ArgumentError, "callbacks"),
    ({"callbacks": [print, 3]}, ArgumentError, "callbacks"),
    ({"seed": "one"}, ArgumentError, "a seed"),
    ({"seed": -1}, ArgumentError, "a seed"),
]


NAMES = [f"{place}-{'-'.join(changed)}" for place, (changed, _, _) in enumerate(WRONG)]  # the same in each process


@pytest.mark.parametrize(("changed", "error", "match"), WRONG, ids=NAMES)
def test_what_does_not_fit_is_refused_and_nothing_changes(
    changed: dict[str, Any], error: type[Exception], match: str
) -> None:
    mlp = MLP(3, [3], seed=1)
    before = numbers(mlp)
    given = {"model": mlp, "X": X, "y": ONE_HOT, "loss": mg.losses.squared_error, "progress": False, **changed}
    with pytest.raises(error, match=match):
        mg.fit(given.pop("model"), given.pop("X"), given.pop("y"), **given)
    assert numbers(mlp) == before


def test_an_optimizer_that_was_given_keeps_its_rate_and_state() -> None:
    mlp = MLP(3, [3], seed=1)
    sgd = mg.optim.SGD(mlp, lr=0.5, momentum=0.9)
    with pytest.raises(ArgumentError):
        mg.fit(mlp, X, ONE_HOT, loss="squared_error", optimizer=sgd, schedule=mg.schedules.WarmUp(3), metric=3)
    assert (sgd.lr, sgd.steps, {*sgd.state}) == (0.5, 0, {(0.0,)})


def test_a_model_whose_outputs_are_no_values() -> None:
    w = Value(1.0)
    for outputs in ("no", ["no"], [], np.array(["no"])):
        with pytest.raises((NumberTypeError, ArgumentError), match="a model returns"):
            mg.fit(
                lambda x, outputs=outputs: outputs,
                X,
                ONE_HOT,
                loss=lambda o, t: w * t[0],
                optimizer=mg.optim.SGD([w], lr=0.1),
            )
