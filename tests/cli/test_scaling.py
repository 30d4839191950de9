"""Scaling: the trained model takes it over, so that it does for raw inputs what it did for scaled ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet.cli.train import Scaling
from microgradnet.errors import DomainError
from microgradnet.nn import MLP


@given(st.integers(0, 1000), st.booleans(), st.sampled_from([1e-3, 1.0, 1e4]))
def test_a_folded_model_does_for_raw_inputs_what_it_did_for_scaled_ones(
    seed: int, per_feature: bool, size: float
) -> None:
    random = np.random.default_rng(seed)
    rows = random.normal(random.normal(size=3), random.uniform(0.1, 2.0, 3), (6, 3)) * size
    scaling = Scaling.of(rows, per_feature=per_feature)
    model = MLP(3, [4, 2], activation="tanh", output="sigmoid", seed=seed)
    before = [[output.data for output in model(row)] for row in scaling(rows).tolist()]
    scaling.fold_into(model)
    after = [[output.data for output in model(row)] for row in rows.tolist()]
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-12)


def test_scaled_features_have_mean_0_and_deviation_1() -> None:
    rows = mg.datasets.iris().X
    each = Scaling.of(rows, per_feature=True)(rows)
    np.testing.assert_allclose(each.mean(axis=0), 0.0, atol=1e-13)
    np.testing.assert_allclose(each.std(axis=0), 1.0, atol=1e-13)
    together = Scaling.of(rows, per_feature=False)(rows)
    np.testing.assert_allclose([together.mean(), together.std()], [0.0, 1.0], atol=1e-13)


@pytest.mark.parametrize("constant", [0.0, 0.1, -7e9])
def test_a_feature_that_never_varies_is_only_shifted(constant: float) -> None:
    rows = np.column_stack([np.full(7, constant), np.arange(7.0)])
    scaling = Scaling.of(rows, per_feature=True)
    assert scaling.spread[0] == 1.0
    np.testing.assert_allclose(scaling(rows)[:, 0], 0.0, atol=1e-5)


def test_numbers_too_large_to_be_squared_are_refused() -> None:
    with pytest.raises(DomainError, match=r"up to 1\.0e\+300"):
        Scaling.of(np.array([[1e300], [-1e300]]), per_feature=True)


def test_a_model_of_a_number_gives_it_in_its_own_unit() -> None:
    random = np.random.default_rng(0)
    targets = random.normal(300.0, 40.0, (9, 1))
    scaling = Scaling.of(targets, per_feature=True)
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    rows = random.normal(size=(9, 2))
    before = model.predict(rows)
    scaling.fold_out_of(model)
    np.testing.assert_allclose(model.predict(rows), before * targets.std() + targets.mean(), rtol=1e-12)
