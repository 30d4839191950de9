"""``microgradnet train``, run as its user runs it, in an empty folder: files, output, exit statuses."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import microgradnet as mg
from microgradnet.cli import main
from microgradnet.cli.train_data import Recipe, find_material

PICTURES = {"curves.svg", "confusion.svg"} if find_spec("matplotlib") else set()
FILES = {"model.json", "history.csv", "run.json"} | PICTURES

TABLE = "length,colour,width\n" + "".join(
    f"{k % 7},{'red' if k % 3 else 'blue'},{k % 3 + k / 100}\n" for k in range(30)
)


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return the command, run in this process and in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["microgradnet", "train", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return Done(int(left.value.code or 0), *capsys.readouterr())

    return run


def accuracy_of_saved(folder: Path, data: mg.datasets.Dataset) -> float:
    """Return how often the largest output of the saved model, asked for one raw sample at a time, names the class."""
    model = mg.MLP.load(folder / "model.json")
    outputs = [[output.data for output in model(row)] for row in data.X.tolist()]
    return float((np.argmax(outputs, axis=1) == data.y).mean())


def test_digits_reach_their_accuracy_and_the_model_keeps_it(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "microgradnet", "train", "digits", "--epochs", "6", "--test", "0.1"]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", env=environment, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    folder = tmp_path / "microgradnet-out" / "train-digits"
    assert {path.name for path in folder.iterdir()} == FILES
    assert "digits: 1,797 samples of 64 inputs in 10 classes; 1,617 to train, 180 to test" in result.stdout
    assert "network 64-30-10, sigmoid: 2,260 parameters" in result.stdout
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["test"]["samples"] == 180
    assert record["test"]["accuracy"] > 0.9
    _, test = mg.datasets.digits().split(0.1, seed=0)
    assert accuracy_of_saved(folder, test) == record["test"]["accuracy"]
    assert len(mg.History.load(folder / "history.csv").epochs) == 6


def test_a_table_is_trained_on_and_the_same_command_gives_the_same_files(train: Command, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    options = ["table.csv", "--target", "colour", "--hidden", "4,3", "--activation", "tanh", "--epochs", "8"]
    options += ["--optimizer", "SGD", "--lr", "0.5", "--batch-size", "7", "--seed", "5", "--quiet"]
    first, second = (train(*options, "--out", f"{place}/deep") for place in ("one", "two"))
    assert (first.returncode, first.stderr, second.stdout) == (0, "", first.stdout)
    assert len(first.stdout.splitlines()) == 1
    for name in FILES - {"history.csv"}:  # which has the seconds of each epoch
        assert (tmp_path / "one/deep" / name).read_bytes() == (tmp_path / "two/deep" / name).read_bytes()
    record = json.loads((tmp_path / "one/deep/run.json").read_text(encoding="utf-8"))
    assert record["classes"] == ["blue", "red"]
    assert record["inputs"] == ["length", "width"]
    assert record["recipe"]["hidden"] == [4, 3]


@pytest.mark.parametrize("loss", ["half_squared_error", "hinge"])
def test_xor_is_learnt_without_samples_to_test_with(train: Command, tmp_path: Path, loss: str) -> None:
    result = train("xor", "--loss", loss, "--seed", "1", "--out", ".")
    assert result.returncode == 0, result.stderr
    assert "accuracy 100.0% (4 right) on 4 training samples" in result.stdout
    assert accuracy_of_saved(tmp_path, mg.datasets.xor()) == 1.0


def write_mnist(folder: Path, part: str, count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 3, 3)).astype("u1")
    labels = (np.arange(count) % 10).astype("u1")
    header = struct.pack(">HBBIII", 0, 8, 3, count, 3, 3)
    (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">HBBI", 0, 8, 1, count) + labels.tobytes())


def test_a_folder_in_mnists_form_is_trained_on(train: Command, tmp_path: Path) -> None:
    (tmp_path / "own digits").mkdir()
    write_mnist(tmp_path / "own digits", "t10k", 30)
    result = train("own digits", "--epochs", "1", "--hidden", "2")
    assert "own digits: 30 samples of 9 inputs in 10 classes; 20 to train, 10 to test" in result.stdout
    assert {path.name for path in (tmp_path / "microgradnet-out" / "train-own digits").iterdir()} == FILES


def test_mnists_own_test_part_is_used_unless_a_share_is_asked_for(tmp_path: Path) -> None:
    write_mnist(tmp_path, "t10k", 30)
    write_mnist(tmp_path, "train", 40)
    own, share = Recipe(), Recipe(test=0.25)
    for recipe, test, counts in ((own, None, (40, 30)), (share, 0.25, (30, 10)), (Recipe(test=0.0), 0.0, (40, 0))):
        material = find_material(str(tmp_path), recipe, test=test)
        assert (len(material.train), len(material.test or ())) == counts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digitz"], "Did you mean digits?"),
        (["nowhere.csv"], "nowhere.csv"),
        (["."], "MNIST's files"),
        (["bad.csv"], "bad.csv, line 2: a finite number; got 'two' in column 1"),
        (["prices.csv"], "This trains classifiers only"),
        (["table.csv", "--target", "color"], "The first line has length, colour, width"),
        (["xor", "--loss", "squared"], "Did you mean 'squared_error'"),
    ],
    ids=lambda entry: " ".join(entry) if isinstance(entry, list) else "",
)
def test_what_cannot_be_trained_is_exit_status_2_with_one_line_and_no_folder(
    train: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "bad.csv").write_text("1,a\ntwo,b\n", encoding="utf-8")
    (tmp_path / "prices.csv").write_text("".join(f"{k},{k * k}\n" for k in range(20)), encoding="utf-8")
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    result = train(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert message in result.stderr
    assert not (tmp_path / "microgradnet-out").exists()


def test_a_folder_that_cannot_be_made_is_found_before_training(train: Command, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    result = train("xor", "--out", "taken")
    assert (result.returncode, result.stdout) == (2, "")
    assert "taken" in result.stderr
