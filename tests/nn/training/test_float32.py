"""``fit`` in single precision: float32 all the way, as near to the double run as float32 is, and as strict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import AnomalyError, ArgumentError, DomainError
from microgradnet.nn.training.arrays import Arrays
from tests.nn.training.samples import CLASSES, X

OPTIMIZERS = [mg.optim.SGD, mg.optim.AdaGrad, mg.optim.RMSprop, mg.optim.Adam, mg.optim.AdamW]


def trained(make: Any, **settings: Any) -> tuple[MLP, Any, mg.History]:
    mlp = MLP(3, [6, 3], activation="tanh", seed=1)
    optimizer = make(mlp.parameters(), lr=0.02)
    history = mg.fit(
        mlp, X, CLASSES, loss="cross_entropy", optimizer=optimizer, epochs=6, batch_size=4, seed=0, progress=False,
        **settings,
    )  # fmt: skip
    return mlp, optimizer, history


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_a_run_is_the_double_one_to_the_precision_of_float32(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    types: set[Any] = set()
    step = Arrays.step

    def watched(arrays: Arrays) -> None:
        step(arrays)
        held = [arrays.program.parameters, arrays.program.gradient, *(entry for s in arrays._states for entry in s)]
        types.update(array.dtype for array in held if isinstance(array, np.ndarray))

    monkeypatch.setattr(Arrays, "step", watched)
    single, optimizer, history = trained(make, dtype="float32", validation=(X, CLASSES))
    assert types == {np.dtype("float32")}
    double, exact, expected = trained(make, validation=(X, CLASSES))
    numbers = np.array([p.data for p in single.parameters()])
    assert numbers == pytest.approx(np.array([p.data for p in double.parameters()]), abs=2e-5)
    assert (numbers == numbers.astype("float32")).all()
    assert [epoch.loss for epoch in history] == pytest.approx([epoch.loss for epoch in expected], rel=1e-5)
    assert history[-1].validation_loss == pytest.approx(expected[-1].validation_loss, rel=1e-5)
    assert (history[-1].metric, optimizer.steps) == (expected[-1].metric, exact.steps)
    assert np.array(optimizer.state) == pytest.approx(np.array(exact.state), rel=1e-3, abs=1e-5)


def test_another_type_is_refused_before_anything_changes() -> None:
    mlp = MLP(3, [3], seed=1)
    before = mlp.state_dict()
    with pytest.raises(ArgumentError, match='dtype= is "float64" or "float32"'):
        mg.fit(mlp, X, CLASSES, loss="cross_entropy", dtype="float16", progress=False)
    assert mlp.state_dict() == before


def test_samples_that_float32_does_not_hold_are_refused() -> None:
    w = Value(1e-30, label="w")
    with pytest.raises(DomainError, match=r"float32 holds numbers up to 3\.4e38"):
        mg.fit(lambda x: w * x, [1.0, 1e200], [0.0, 0.0], loss="mse", optimizer=mg.optim.SGD([w], lr=1e-9),
               dtype="float32", progress=False)  # fmt: skip
    assert w.data == 1e-30


def test_what_overflows_float32_in_training_is_an_error_that_leaves_whole_steps() -> None:
    w = Value(1.0, label="w")
    sgd = mg.optim.SGD([w], lr=1e6)
    with pytest.raises((AnomalyError, DomainError)):
        mg.fit(lambda x: w * x, [1.0, 2.0], [0.0, 0.0], loss="mse", optimizer=sgd, epochs=50, dtype="float32",
               progress=False)  # fmt: skip
    assert np.isfinite(np.float32(w.data))


def test_comparisons_are_watched_in_float32() -> None:
    w = Value(1.0, label="w")
    with pytest.raises(ArgumentError, match=r"mg\.where"):
        mg.fit(lambda x: w * x if x > 0.0 else w - x, [1.0, 2.0, -1.0], [0.0, 0.0, 0.0], loss="mse",
               optimizer=mg.optim.SGD([w], lr=0.1), dtype="float32", progress=False)  # fmt: skip
