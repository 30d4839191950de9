"""The estimators are scikit-learn's: its own checks pass, and its networks of the same seed are reproduced."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet.errors import ArgumentError

theirs = pytest.importorskip("sklearn.neural_network")
from scipy.sparse import csr_matrix  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.datasets import load_diabetes, load_iris  # noqa: E402
from sklearn.exceptions import ConvergenceWarning  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler, scale  # noqa: E402
from sklearn.utils._test_common import instance_generator  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from microgradnet.estimators import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
IRIS = scale(load_iris().data), load_iris().target
FLOWERS = load_iris().target_names[IRIS[1]]
DIABETES = load_diabetes().data, load_diabetes().target / 100
WEIGHTS = np.random.default_rng(0).integers(0, 3, 442).astype(float)


@pytest.mark.slow
@pytest.mark.parametrize("ours", [MLPClassifier, MLPRegressor])
def test_every_check_of_scikit_learn_passes(ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the settings that scikit-learn gives its own networks in these checks, and no expected failures."""
    settings = instance_generator.PER_ESTIMATOR_CHECK_PARAMS
    monkeypatch.setitem(settings, ours, settings[getattr(theirs, ours.__name__)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(ours(max_iter=100), on_fail=None)
    assert {each["check_name"]: each["exception"] for each in results if each["status"] == "failed"} == {}
    assert sum(each["status"] == "passed" for each in results) > 50


SAME: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "adam": ("Classifier", FLOWERS, {}),
    "adam, minibatches": ("Classifier", FLOWERS, {"batch_size": 10, "activation": "tanh"}),
    "logistic": ("Classifier", FLOWERS, {"activation": "logistic", "solver": "sgd", "batch_size": 10}),
    "two classes": ("Classifier", FLOWERS == "setosa", {"alpha": 1.0}),
    "several labels": ("Classifier", np.stack([IRIS[1] > 0, IRIS[1] > 1], 1).astype(int), {}),
    "held back": ("Classifier", FLOWERS == "setosa", {"early_stopping": True, "n_iter_no_change": 3}),
    "lbfgs": ("Classifier", FLOWERS, {"solver": "lbfgs", "max_iter": 6, "activation": "tanh"}),
    "regression": ("Regressor", DIABETES[1], {}),
    "poisson": ("Regressor", DIABETES[1], {"loss": "poisson"}),
    "no momentum": ("Regressor", DIABETES[1], {"solver": "sgd", "momentum": 0.0}),
    "momentum": ("Regressor", DIABETES[1], {"solver": "sgd", "nesterovs_momentum": False}),
    "adaptive": (
        "Regressor",
        DIABETES[1],
        {"solver": "sgd", "learning_rate": "adaptive", "max_iter": 99, "tol": 0.1},
    ),
    "invscaling": ("Regressor", DIABETES[1], {"solver": "sgd", "learning_rate": "invscaling"}),
    "in order": ("Regressor", DIABETES[1], {"shuffle": False, "batch_size": 100}),
    "stops": ("Regressor", DIABETES[1], {"early_stopping": True, "n_iter_no_change": 2, "activation": "identity"}),
}


def pair(kind: str, **options: Any) -> tuple[Any, Any]:
    settings = {"hidden_layer_sizes": (8, 3), "random_state": 1, "max_iter": 12, "learning_rate_init": 0.02, **options}
    ours = {"Classifier": MLPClassifier, "Regressor": MLPRegressor}[kind]
    return ours(**settings), getattr(theirs, f"MLP{kind}")(**settings)


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("name", SAME)
def test_the_network_is_that_of_scikit_learn(name: str, is_weighted: bool) -> None:
    kind, y, options = SAME[name]
    X = (IRIS if kind == "Classifier" else DIABETES)[0]
    ours, other = pair(kind, **options)
    weights = WEIGHTS[: len(X)] if is_weighted else None
    ours.fit(X, y, sample_weight=weights)
    other.fit(X, y, sample_weight=weights)
    # L-BFGS searches along lines, which magnifies the last digits of a loss.
    near = {"rel": 1e-4, "abs": 1e-4} if options.get("solver") == "lbfgs" else {"rel": 1e-8, "abs": 1e-10}
    for mine, its in zip(ours.coefs_ + ours.intercepts_, other.coefs_ + other.intercepts_, strict=True):
        assert mine == pytest.approx(its, **near)
    assert ours.loss_ == pytest.approx(other.loss_, **near)
    assert (ours.n_iter_, ours.n_outputs_, ours.n_layers_) == (other.n_iter_, other.n_outputs_, other.n_layers_)
    if options.get("solver") != "lbfgs":
        assert ours.loss_curve_ == pytest.approx(other.loss_curve_, **near)
    if options.get("early_stopping"):
        assert ours.best_loss_ is other.best_loss_ is None
        assert ours.validation_scores_ == pytest.approx(other.validation_scores_, **near)
    assert (ours.predict(X) == other.predict(X)).all() if kind == "Classifier" else True
    assert ours.score(X, y) == pytest.approx(other.score(X, y), rel=1e-4, abs=1e-4)
    if kind == "Classifier":
        assert ours.predict_proba(X) == pytest.approx(other.predict_proba(X), rel=1e-4, abs=1e-5)
        assert ours.predict_log_proba(X) == pytest.approx(other.predict_log_proba(X), rel=1e-3, abs=1e-3)


def test_partial_fits_are_those_of_scikit_learn_also_through_a_pickle() -> None:
    ours, other = pair("Classifier")
    for number in range(4):
        ours.partial_fit(IRIS[0], FLOWERS, classes=np.unique(FLOWERS))
        other.partial_fit(IRIS[0], FLOWERS, classes=np.unique(FLOWERS))
        ours = (lambda each: each, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each)))[number % 3](ours)
    for mine, its in zip(ours.coefs_, other.coefs_, strict=True):
        assert mine == pytest.approx(its, rel=1e-9)
    assert ours.loss_curve_ == pytest.approx(other.loss_curve_, rel=1e-9)


def test_a_warm_start_goes_on() -> None:
    ours, other = pair("Classifier", warm_start=True, max_iter=3)
    for _ in range(2):
        ours.fit(*IRIS)
        other.fit(*IRIS)
    assert ours.coefs_[0] == pytest.approx(other.coefs_[0], rel=1e-9)
    with pytest.raises(ArgumentError, match="labels among the classes"):
        ours.fit(IRIS[0], IRIS[1] + 7)


def test_mlp_is_the_scalar_network() -> None:
    model = MLPClassifier((4,), "tanh", random_state=1, max_iter=20).fit(*IRIS)
    outputs = model.mlp_(IRIS[0][3])
    assert [each.data for each in outputs] == pytest.approx(model.predict_proba(IRIS[0][3:4])[0].tolist(), rel=1e-12)
    loss = mg.losses.cross_entropy(outputs, int(IRIS[1][3]))
    loss.backward()
    w = model.mlp_.layers[0].neurons[1].w[2]
    assert w.data == model.coefs_[0][2, 1]
    assert "tanh" in str(mg.derive(loss, w)) or "w1[2,3]" in str(mg.derive(loss, w))
    w.data += 1.0  # the arrays and predictions follow
    assert w.data == model.coefs_[0][2, 1]
    assert model.predict_proba(IRIS[0][3:4])[0, 0] != outputs[0].data


def test_a_search_over_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), solver="lbfgs", random_state=0, max_iter=15))
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [1e-4, 1.0, 1e4]}, cv=3)
    search.fit(load_iris().data, FLOWERS)
    assert search.best_score_ > 0.9
    assert search.best_params_["mlpclassifier__alpha"] < 1e4
    assert isinstance(search.best_estimator_[-1].mlp_, mg.MLP)


def test_other_activations_of_the_table() -> None:
    model = MLPRegressor(hidden_layer_sizes=(6,), activation="softplus", solver="lbfgs", random_state=0, max_iter=30)
    assert model.fit(*DIABETES).score(*DIABETES) > 0.3


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes is a whole number"),
        ({"activation": "rleu"}, "Did you mean 'relu'"),
        ({"solver": "adamm"}, "solver is one of adam, sgd, lbfgs"),
        ({"learning_rate": "falling"}, "learning_rate is one of constant"),
        ({"alpha": -1.0}, "alpha is from 0"),
        ({"batch_size": 0}, "batch_size is a whole number"),
        ({"max_iter": 0}, "max_iter is a whole number"),
        ({"beta_1": 1.0}, "beta_1 is from 0 to below 1"),
        ({"learning_rate_init": 0.0}, "learning_rate_init"),
        ({"early_stopping": True, "validation_fraction": 0.005}, "holds back two samples|test_size|greater or equal"),
    ],
)
def test_parameters_out_of_range_are_refused_in_fit(options: dict[str, Any], match: str) -> None:
    model = clone(MLPClassifier(**options))
    with pytest.raises((ValueError, KeyError), match=match):
        model.fit(*IRIS)


def test_what_cannot_be_is_refused_clearly() -> None:
    with pytest.raises(ArgumentError, match="needs a solver of minibatches"):
        MLPClassifier(solver="lbfgs").partial_fit(*IRIS, classes=[0, 1, 2])
    with pytest.raises(ArgumentError, match="is told all classes"):
        MLPClassifier().partial_fit(*IRIS)
    with pytest.raises(ArgumentError, match="partial_fit trains one epoch"):
        MLPClassifier(early_stopping=True).partial_fit(*IRIS, classes=[0, 1, 2])
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        MLPClassifier().fit(csr_matrix(IRIS[0]), IRIS[1])
    with pytest.raises(ArgumentError, match="counts of 0 or more"):
        MLPRegressor("poisson").fit(DIABETES[0], -DIABETES[1])
    with pytest.raises(ArgumentError, match="loss is squared_error or poisson"):
        MLPRegressor("absolute").fit(*DIABETES)


def test_a_run_that_has_not_converged_says_so() -> None:
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        MLPClassifier((3,), max_iter=2).fit(*IRIS)
    with pytest.warns(ConvergenceWarning, match="L-BFGS ended"):
        MLPClassifier((3,), solver="lbfgs", max_iter=2).fit(*IRIS)


def test_the_package_does_without_scikit_learn() -> None:
    program = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import microgradnet\n"
        "try:\n    import microgradnet.estimators\nexcept ImportError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 'pip install "microgradnet[sklearn]"' in run.stdout
