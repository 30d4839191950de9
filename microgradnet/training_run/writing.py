"""The files of a run, each written whole or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from microgradnet.nn import storage
from microgradnet.training_run.confusion import confusion
from microgradnet.training_run.curves import curves
from microgradnet.training_run.figure import is_possible
from microgradnet.training_run.results import Confusion, Results

PICTURES = {"curves.svg": curves, "confusion.svg": confusion}


def write(results: Results, folder: Path) -> list[str]:
    """Write the model, the history, the settings and, where matplotlib is installed, the pictures.

    Returns:
        The names of the files. Pictures of an earlier run that can't be replaced are removed, so that none is taken for
        this run's.

    Raises:
        OSError: the folder can't be written to.
    """
    results.model.save(folder / "model.json")
    results.history.save(folder / "history.csv")
    storage.replace(folder / "run.json", json.dumps(_record(results), indent=1, ensure_ascii=False) + "\n")
    written = ["model.json", "history.csv", "run.json"]
    for name, picture in PICTURES.items():
        if is_possible():
            storage.replace(folder / name, picture(results))
            written.append(name)
        else:
            (folder / name).unlink(missing_ok=True)
    return written


def _record(results: Results) -> dict[str, Any]:
    """Return what is needed to use the model later, and to train it again."""
    data = results.material.train
    return {
        "data": {"name": results.material.name, "source": data.source, "licence": data.licence},
        "inputs": list(data.feature_names),
        "classes": list(data.target_names),
        "recipe": asdict(results.recipe),
        "stopped_by": results.history.stopped_by,
        "train": _counted(results.on_train),
        "test": None if results.on_test is None else _counted(results.on_test),
    }


def _counted(found: Confusion) -> dict[str, Any]:
    return {"samples": found.total, "accuracy": found.accuracy, "confusion": found.counts.tolist()}
