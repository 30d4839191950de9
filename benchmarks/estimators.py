"""The estimators beside scikit-learn's own networks: scores and times on its five data sets, and a search on Dask.

    python -m benchmarks.estimators            10 seeds, about four minutes
    python -m benchmarks.estimators --seeds 2  a look

Both networks get the same settings, seeds and split, and are trained in turn. Scores are accuracy, or R^2 for
``diabetes``, on the held-out quarter; the ratio is the median over the seeds of the times of ``fit`` in pairs. The
search is of 24 candidates with three folds each, on one process, on two, and on two workers of a local cluster.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Iterator
from typing import Any

SETTINGS = {"hidden_layer_sizes": (32, 16), "learning_rate_init": 0.005, "max_iter": 120, "batch_size": 32}
GRID = {
    "learning_rate_init": [0.001, 0.003, 0.01, 0.03],
    "hidden_layer_sizes": [(8,), (16,), (32,)],
    "alpha": [0.0, 0.1],
}
MEASURED = ("diabetes",)


def compare(name: str, seeds: int) -> tuple[list[float], list[float], list[float]]:
    """Return our scores, scikit-learn's scores, and our time over its, one for each seed."""
    from sklearn import datasets, neural_network
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import StandardScaler

    from microgradnet import estimators

    inputs, targets = getattr(datasets, f"load_{name}")(return_X_y=True)
    kind = "MLPRegressor" if name in MEASURED else "MLPClassifier"
    found: tuple[list[float], list[float], list[float]] = ([], [], [])
    for seed in range(seeds):
        strata = None if name in MEASURED else targets
        parts = train_test_split(inputs, targets, test_size=0.25, random_state=seed, stratify=strata)
        scaler = StandardScaler().fit(parts[0])
        seen, held_back = scaler.transform(parts[0]), scaler.transform(parts[1])
        times = []
        for scores, library in zip(found, (estimators, neural_network), strict=False):
            model = getattr(library, kind)(random_state=seed, **SETTINGS)
            begin = time.perf_counter()
            model.fit(seen, parts[2])
            times.append(time.perf_counter() - begin)
            scores.append(float(model.score(held_back, parts[3])))
        found[2].append(times[0] / times[1])
    return found


def search_times() -> tuple[float, float, float]:
    """Return the times of a grid search: on one process, on two of joblib's own, on two workers of a local cluster."""
    import joblib
    from distributed import Client, LocalCluster
    from sklearn.datasets import load_digits
    from sklearn.model_selection import GridSearchCV

    from microgradnet.estimators import MLPClassifier

    digits = load_digits()
    search = GridSearchCV(MLPClassifier(random_state=0, max_iter=80, batch_size=20), GRID, cv=3)

    def timed() -> tuple[float, Any]:
        begin = time.perf_counter()
        best = search.fit(digits.data / 16, digits.target).best_params_
        return time.perf_counter() - begin, best

    def warm() -> None:  # the workers import what they need
        search.fit(digits.data[:200] / 16, digits.target[:200])

    found = [timed()]
    with joblib.parallel_config(backend="loky", n_jobs=2):
        warm()
        found.append(timed())
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster), joblib.parallel_config(backend="dask"):
        warm()
        found.append(timed())
    if any(best != found[0][1] for _, best in found):
        raise SystemExit(f"the searches found {[best for _, best in found]}")
    alone, processes, workers = (seconds for seconds, _ in found)
    return alone, processes, workers


def lines(seeds: int) -> Iterator[str]:
    """Yield the report."""
    yield f"{'data':<14} {'ours':>16} {'scikit-learn':>16} {'time':>6}"
    for name in ("iris", "digits", "wine", "breast_cancer", *MEASURED):
        ours, theirs, ratios = compare(name, seeds)
        scores = [f"{statistics.mean(each):.3f} +- {statistics.stdev(each):.3f}" for each in (ours, theirs)]
        yield f"{name:<14} {scores[0]:>16} {scores[1]:>16} {statistics.median(ratios):>6.2f}"
    alone, processes, workers = search_times()
    yield f"a search of 24 candidates on two processes takes {processes / alone:.2f} of its time on one (at most 0.65)"
    yield f"and {workers / alone:.2f} on two workers of a cluster, whose scheduler and client share the machine"


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="how often each pair is trained, at least 2")
    warnings.simplefilter("ignore")
    for line in lines(max(parser.parse_args().seeds, 2)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
