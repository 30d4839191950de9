"""What is counted, drawn and said of a run, on results that are made up so that every figure is known."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import microgradnet as mg
from microgradnet.cli import train_report
from microgradnet.cli.train_data import Material, Recipe
from microgradnet.cli.train_report import Confusion, Results, confusion, curves
from microgradnet.datasets import Dataset
from microgradnet.errors import not_installed
from microgradnet.nn import MLP
from microgradnet.nn.training import Epoch, History

NAMES = ("$a<b>&", "猫", "a name that is much too long for a picture", "\x07never")


def made_up(stopped_by: str = "", names: tuple[str, ...] = NAMES) -> Results:
    """Return results whose model takes x[1] = 0, 1, 2 for the class of that number."""
    model = MLP.from_weights([[[0.0], [2.0], [4.0], [0.0]]], [[0.0, -1.0, -4.0, -9.0]], activation=["identity"])
    X = np.array([[0.0], [0.0], [1.0], [2.0], [1.0]])
    test = Dataset(X, np.array([0, 0, 1, 2, 2]), names, ("x",))
    losses = ((0.5, 0.75, 0.25), (0.25, 0.5, 0.8))
    epochs = [Epoch(n, *each, lr=0.1, metric_name="accuracy") for n, each in enumerate(losses, 1)]
    history = History(epochs, stopped_by)
    on_train, on_test = Confusion.of(model, test[:3]), Confusion.of(model, test)
    return Results(Material("made up", test[:3], test), Recipe(hidden=()), model, history, on_train, on_test, 1.25)


def text_of(svg: str) -> str:
    return " ".join("".join(ElementTree.fromstring(svg.encode()).itertext()).split())


def test_the_confusion_counts_true_classes_in_rows_and_predicted_ones_in_columns() -> None:
    found = made_up().measured
    assert found.counts.tolist() == [[2, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert (found.correct, found.total, found.score) == (4, 5, 0.8)
    assert found.accuracies() == [1.0, 1.0, 0.5, None]


def test_the_confusion_is_drawn_with_its_numbers_and_names() -> None:
    pytest.importorskip("matplotlib")
    svg = confusion(made_up())
    text = text_of(svg)
    assert "made up: 4 of 5 held-out samples right, 80.0%" in text
    for part in ("$a<b>&", "猫", "a name that is much too…", "never", "50.0%", "true class", "predicted class"):
        assert part in text
    assert text.count("100.0%") == 2
    assert confusion(made_up()) == svg


def test_the_curves_are_drawn_with_their_titles() -> None:
    pytest.importorskip("matplotlib")
    svg = curves(made_up())
    text = text_of(svg)
    for part in ("made up: training", "Loss", "Accuracy on 5 held-out samples", "epoch"):
        assert part in text
    assert curves(made_up()) == svg


def test_many_classes_are_drawn_without_numbers() -> None:
    pytest.importorskip("matplotlib")
    results = made_up()
    many = Confusion(np.eye(120, dtype=int), tuple(map(str, range(120))))
    drawn = confusion(Results(results.material, results.recipe, results.model, results.history, many, None, 1.0))
    assert "made up: 120 of 120 training samples right, 100.0%" in text_of(drawn)
    assert len(drawn) < 100_000


def test_the_files_are_written_and_the_model_reads_back(tmp_path: Path) -> None:
    results = made_up()
    written = train_report.write(results, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(written)
    model = mg.MLP.load(tmp_path / "model.json")
    assert [output.data for output in model([2.0])] == [0.0, 3.0, 4.0, -9.0]
    assert History.load(tmp_path / "history.csv").epochs[1].loss == 0.25
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert record["classes"] == list(NAMES)
    assert record["test"] == {"samples": 5, "accuracy": 0.8, "confusion": results.measured.counts.tolist()}


def test_without_matplotlib_the_rest_is_written_and_no_old_picture_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "curves.svg").write_text("of another run", encoding="utf-8")
    monkeypatch.setattr(train_report, "is_possible", lambda: False)
    assert train_report.write(made_up(), tmp_path) == ["model.json", "history.csv", "run.json"]
    assert not (tmp_path / "curves.svg").exists()
    assert str(not_installed("matplotlib", "notebooks")) in train_report.WITHOUT_PICTURES


def test_what_is_said_of_a_run_that_was_stopped() -> None:
    lines = train_report.after(made_up("stopped by hand"), Path("out"), ["model.json"])
    assert lines[0] == "accuracy 80.0% (4 right) on 5 held-out samples"
    assert "stopped by hand" in lines
    assert "2 epochs in 1.2 s" in lines
