"""Searches with Optuna, and with joblib on Dask and Ray; and data frames as inputs."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
import joblib
from sklearn.datasets import load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from microgradnet.estimators import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore")
IRIS = load_iris()
GRID = {"learning_rate_init": [0.003, 0.03, 0.3], "hidden_layer_sizes": [(3,), (6,)]}


def classifier() -> MLPClassifier:
    return MLPClassifier(random_state=0, max_iter=15, batch_size=10)


def found(search: GridSearchCV) -> tuple[Any, list[float]]:
    return search.best_params_, search.cv_results_["mean_test_score"].tolist()


@pytest.fixture(scope="module")
def serial() -> tuple[Any, list[float]]:
    return found(GridSearchCV(classifier(), GRID, cv=3).fit(IRIS.data, IRIS.target))


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Any]:
    """Yield a client of two worker processes on this machine."""
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        distributed.LocalCluster(local_directory=str(tmp_path), **options) as machines,
        distributed.Client(machines) as client,
    ):
        yield client


def dies_once(mark: Path) -> Any:
    """Return a scorer whose first call, in whichever process, kills that process; sent to workers by value."""

    def accuracy(estimator: Any, inputs: Any, targets: Any) -> float:
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return float(estimator.score(inputs, targets))
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("killed")

    return accuracy


@pytest.mark.slow
def test_a_search_on_dask_survives_a_worker_that_is_killed(
    cluster: Any, serial: tuple[Any, list[float]], tmp_path: Path
) -> None:
    mark = tmp_path / "killed"
    with joblib.parallel_config(backend="dask"):
        search = GridSearchCV(classifier(), GRID, cv=3, scoring=dies_once(mark), error_score="raise")
        search.fit(IRIS.data, IRIS.target)
    assert mark.exists()
    assert found(search) == serial


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["loky", "threading", "ray"])
def test_every_backend_finds_the_same(backend: str, serial: tuple[Any, list[float]]) -> None:
    if backend == "ray":  # not installed with the extra test, as it is large
        pytest.importorskip("ray.util.joblib").register_ray()
    try:
        with joblib.parallel_config(backend=backend, n_jobs=2):
            assert found(GridSearchCV(classifier(), GRID, cv=3).fit(IRIS.data, IRIS.target)) == serial
    finally:
        if backend == "ray":
            pytest.importorskip("ray").shutdown()


def test_a_study_of_optuna_finds_a_rate_that_learns() -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)

    def objective(trial: Any) -> float:
        rate = trial.suggest_float("learning_rate_init", 1e-6, 0.1, log=True)
        model = make_pipeline(StandardScaler(), classifier().set_params(learning_rate_init=rate))
        return float(cross_val_score(model, IRIS.data, IRIS.target, cv=3).mean())

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=6)
    slowest = min(study.trials, key=lambda trial: trial.params["learning_rate_init"])
    assert study.best_value > max(0.9, slowest.value)
    assert study.best_params["learning_rate_init"] > 1e-3


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames_give_their_names_and_labels_come_back_as_they_were(library: str) -> None:
    frames = pytest.importorskip(library)
    names = [name.replace(" (cm)", "") for name in IRIS.feature_names]
    table = frames.DataFrame(dict(zip(names, IRIS.data.T, strict=True)))
    labels = frames.Series(IRIS.target_names[IRIS.target].tolist())
    model = classifier().fit(table, labels)
    assert model.feature_names_in_.tolist() == names
    assert set(model.predict(table)) <= {"setosa", "versicolor", "virginica"}
    same = classifier().fit(IRIS.data, IRIS.target_names[IRIS.target])
    assert (model.predict_proba(table) == same.predict_proba(IRIS.data)).all()
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[names[::-1]])


def test_without_names_after_a_frame_is_said() -> None:
    pandas = pytest.importorskip("pandas")
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    model = MLPRegressor(hidden_layer_sizes=(2,), max_iter=2, random_state=0).fit(X, y)
    assert isinstance(X, pandas.DataFrame)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.predict(np.asarray(X))
    assert any("feature names" in str(each.message) for each in caught)
