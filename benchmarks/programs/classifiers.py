"""(o) The estimators beside scikit-learn's: digits, Adam, 20 epochs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.targets import times_as_long

OURS = Engine("classifier", "microgradnet, MLPClassifier", module="sklearn", distribution="microgradnet")
THEIRS = Engine("sklearn_mlp", "scikit-learn, MLPClassifier", module="sklearn", distribution="scikit-learn")
BATCHES = {10: 0.5, 20: 0.5, 200: 1.0}  # by size of a minibatch, at most how many times as long
HIDDEN, EPOCHS = (30,), 20


def phase_of(batch: int) -> str:
    return f"minibatches of {batch}"


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.data[:count] / 16.0, found.target[:count]


def trained(engine: Engine, x: np.ndarray, y: np.ndarray, batch: int) -> Any:
    """Return a classifier that has taken every epoch: it is kept from stopping early, and from a word about it."""
    from sklearn.exceptions import ConvergenceWarning

    if engine is OURS:
        from microgradnet.estimators import MLPClassifier
    else:
        from sklearn.neural_network import MLPClassifier
    classifier = MLPClassifier(
        hidden_layer_sizes=HIDDEN, batch_size=batch, max_iter=EPOCHS, n_iter_no_change=EPOCHS + 1, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(x, y)


def prepare(engine: Engine, count: int) -> Prepared:
    x, y = digits(count)
    steps: dict[str, Step] = {
        phase_of(batch): (lambda batch=batch: trained(engine, x, y, batch))  # type: ignore[misc]
        for batch in BATCHES
    }
    return Prepared(steps, [])


PROGRAM = Program(
    letter="o",
    title="Classifiers of digits",
    text=f"scikit-learn's 1,797 digits, {HIDDEN[0]} hidden neurons with relu, Adam, {EPOCHS} epochs: the whole of "
    "`fit`, recording and compiling included.",
    engines=[OURS, THEIRS],
    phases=[Phase(phase_of(batch), most_rounds=7) for batch in BATCHES],
    prepare=prepare,
    size=1_797,
    quick_size=200,
    targets=[
        times_as_long(
            f"MLPClassifier in minibatches of {batch}, against scikit-learn's",
            (OURS.name, phase_of(batch)), (THEIRS.name, phase_of(batch)), at_most=most,
        )
        for batch, most in BATCHES.items()
    ],
    shown=[[phase_of(batch) for batch in BATCHES]],
)  # fmt: skip
