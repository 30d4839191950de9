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
PLANE = {"boundary.svg", "boundary.gif", "boundary.html"} if find_spec("matplotlib") else set()
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_table_is_trained_on_and_the_same_command_gives_the_same_files(train: Command, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    options = ["table.csv", "--target", "colour", "--hidden", "4,3", "--activation", "tanh", "--epochs", "8"]
    options += ["--optimizer", "SGD", "--lr", "0.5", "--batch-size", "7", "--seed", "5", "--quiet"]
    first, second = (train(*options, "--out", f"{place}/deep") for place in ("one", "two"))
    assert (first.returncode, first.stderr, second.stdout) == (0, "", first.stdout)
    assert len(first.stdout.splitlines()) == 1
    for name in (FILES | PLANE) - {"history.csv"}:  # which has the seconds of each epoch
        assert (tmp_path / "one/deep" / name).read_bytes() == (tmp_path / "two/deep" / name).read_bytes()
    record = json.loads((tmp_path / "one/deep/run.json").read_text(encoding="utf-8"))
    assert record["classes"] == ["blue", "red"]
    assert record["inputs"] == ["length", "width"]
    assert record["recipe"]["hidden"] == [4, 3]


@pytest.mark.slow
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


@pytest.mark.slow
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
        (
            ["prices.csv", "--loss", "hinge"],
            "a loss of numbers, as the target is measured; got hinge. Use mean_squared",
        ),
        (["table.csv", "--target", "color"], "Did you mean 'colour'? Known: length, colour, width"),
        (["table.csv", "--target", "4"], "table.csv: --target is a name, or a place among the columns, counted from 1"),
        (["table.csv", "--target", "0"], "--target counts columns from 1; got 0"),
        (["table.csv"], "line 2: a finite number; got 'blue' in column 2 (colour). Words need encode='onehot'"),
        (["gaps.csv"], "gaps.csv, line 3: a number or a word; got '' in column 1 (x). Use missing='drop'"),
        (["doubt.csv"], "numbers that show whether a comma is a decimal one"),
        (["xor", "--missing", "drop"], "--missing beside a CSV file; got --missing beside xor. Leave --missing out."),
        (["xor", "--loss", "mze"], "the name of a loss"),
        (["xor", "--cv", "3"], "3 or more samples of each class, for --cv 3; got 2"),
    ],
    ids=lambda entry: " ".join(entry) if isinstance(entry, list) else "",
)
def test_what_cannot_be_trained_is_exit_status_2_with_one_line_and_no_folder(
    train: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "bad.csv").write_text("1,a\ntwo,b\n", encoding="utf-8")
    (tmp_path / "prices.csv").write_text("".join(f"{k},{k * k}\n" for k in range(20)), encoding="utf-8")
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "gaps.csv").write_text("x,y\n1,a\n,b\n", encoding="utf-8")
    (tmp_path / "doubt.csv").write_text("x;y\n1,234;a\n2,345;b\n", encoding="utf-8")
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


PRICES = "size;storeys;colour;price\n" + "".join(
    f"{k % 13 * 10 + 0.5};{k % 3 + 1};{('red', 'blue')[k % 2]};{k % 13 * 20 + (k % 3) * 7 + (k % 2) * 30 + 100.25}\n"
    for k in range(90)
).replace(".", ",")


@pytest.mark.slow
def test_measured_numbers_are_predicted_and_the_model_is_used_on_new_samples(train: Command, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(PRICES, encoding="utf-8")
    result = train("prices.csv", "--encode", "onehot", "--epochs", "60", "--out", "run", "--hidden", "8")
    assert (result.returncode, result.stderr) == (0, "")
    assert "prices: 90 samples of 4 inputs to predict price; 72 to train, 18 to test" in result.stdout
    record = json.loads((tmp_path / "run/run.json").read_text(encoding="utf-8"))
    assert record["inputs"] == ["size", "storeys", "colour=blue", "colour=red"]
    assert record["test"]["r2"] > 0.95
    assert f"R² {record['test']['r2']:.3f}, RMSE {record['test']['rmse']:.4g} on 18 held-out samples" in result.stdout
    model = mg.MLP.load(tmp_path / "run/model.json")
    assert model([50.5, 1.0, 1.0, 0.0]).data == pytest.approx(230.25, abs=30.0)  # in its own unit
    if PICTURES:
        assert "predicted" in (tmp_path / "run/prediction.svg").read_text(encoding="utf-8")
    (tmp_path / "new.csv").write_text("colour,storeys,other,size\nblue,1,x,50.5\nred,2,x,10.5\n", encoding="utf-8")
    done = predict(tmp_path, "run", "new.csv")
    assert (done.returncode, done.stdout) == (0, "")
    lines = (tmp_path / "new-predicted.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "price"
    assert [float(line) for line in lines[1:]] == pytest.approx(
        [model([50.5, 1.0, 1.0, 0.0]).data, model([10.5, 2.0, 0.0, 1.0]).data], rel=1e-12
    )
    assert predict(tmp_path, "run", "new.csv").returncode == 2  # which would replace the file
    assert predict(tmp_path, "run/model.json", "new.csv", "--out", "-").stdout.splitlines() == lines
    (tmp_path / "less.csv").write_text("colour,size\nblue,50.5\n", encoding="utf-8")
    (tmp_path / "word.csv").write_text("colour,storeys,size\ngreen,1,50.5\n", encoding="utf-8")
    for file, message in (("less.csv", "a column 'storeys'"), ("word.csv", "line 2: one of blue, red; got 'green'")):
        refused = predict(tmp_path, "run", file)
        assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
        assert message in refused.stderr


def predict(folder: Path, *arguments: str) -> Done:
    command = [sys.executable, "-W", "error", "-m", "microgradnet", "predict", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env=environment, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.slow
def test_classes_of_a_table_are_predicted_by_their_names(train: Command, tmp_path: Path) -> None:
    gaps = TABLE.replace("4,red,1.04", "NA,red,1.04")
    (tmp_path / "table.csv").write_text(gaps, encoding="utf-8")
    result = train("table.csv", "--target", "2", "--missing", "mean", "--epochs", "60", "--out", "run", "--cv", "3")
    assert (result.returncode, result.stderr) == (0, "")
    assert "part 3 of 3: accuracy" in result.stdout
    assert "over 3 parts" in result.stdout
    assert {path.name for path in (tmp_path / "run").iterdir()} == FILES | PLANE
    (tmp_path / "new.csv").write_text("width,length\n0.1,\n2.1,3\n", encoding="utf-8")
    done = predict(tmp_path, "run", "new.csv", "--out", "-")
    header, *rows = [line.split(",") for line in done.stdout.splitlines()]
    assert header == ["colour", "p(blue)", "p(red)"]
    for name, blue, red in rows:
        assert float(blue) + float(red) == pytest.approx(1.0, abs=1e-5)
        assert name == ("blue" if float(blue) > float(red) else "red")
    assert [row[0] for row in rows] == ["blue", "red"]


@pytest.mark.slow
def test_an_earlier_run_is_replaced_only_with_force(train: Command, tmp_path: Path) -> None:
    options = ["xor", "--epochs", "2", "--out", "run"]
    assert train(*options).returncode == 0
    (tmp_path / "run" / "prediction.svg").write_text("of another run", encoding="utf-8")
    before = (tmp_path / "run/model.json").read_bytes()
    refused = train(*options, "--seed", "9")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert (tmp_path / "run/model.json").read_bytes() == before
    assert train(*options, "--seed", "9", "--force").returncode == 0
    assert (tmp_path / "run/model.json").read_bytes() != before
    assert not (tmp_path / "run" / "prediction.svg").exists()


@pytest.mark.slow
def test_points_in_the_plane_get_their_boundary_and_its_film(train: Command, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("matplotlib")
    assert train("moons", "--epochs", "5", "--out", "run").returncode == 0
    svg = (tmp_path / "run/boundary.svg").read_text(encoding="utf-8")
    assert all(word in svg for word in ("outer", "inner", "x[1]", "x[2]", "moons: accuracy"))
    with image.open(tmp_path / "run/boundary.gif") as film:
        assert film.n_frames == 5


def test_every_sample_is_tested_with_once_in_cross_validation() -> None:
    material = find_material("iris", Recipe())
    tested = []
    for part in material.folds(5, seed=0):
        assert part.test is not None
        assert part.test.counts() == {"setosa": 10, "versicolor": 10, "virginica": 10}
        assert len(part.train) + len(part.test) == 150
        tested += part.test.X.tolist()
    assert sorted(tested) == sorted(mg.datasets.iris().X.tolist())


def of_lines(line: Callable[[int], str], names: str = "x,y", end: str = "\n") -> str:
    return names + end + "".join(line(k) + end for k in range(20))


ODD = {
    "one class": "x,y\n1,a\n2,a\n",
    "constant column": of_lines(lambda k: f"{k},5,{'ab'[k % 2]}", "x,c,y"),
    "constant target": of_lines(lambda k: f"{k},0.5"),
    "empty": "",
    "names only": "x,y\n",
    "one column": "x\n1\n2\n",
    "one sample of a class": "x,y\n1,a\n2,b\n3,b\n",
    "nul bytes": "x,y\n1,a\x00\n2,b\n",
    "control characters": of_lines(lambda k: f"{k},\x07{'ab'[k % 2]}", "x\x1b[2J,y"),
    "ragged": "x,y\n1,a\n2\n",
    "open quote": 'x,y\n1,"a\n2,b\n',
    "huge number": f"x,y\n{'9' * 400},a\n2,b\n",
    "many digits": of_lines(lambda k: f"{k}.{'3' * 300},{'ab'[k % 2]}"),
    "huge spread": of_lines(lambda k: f"{k}e300,{'ab'[k % 2]}"),
    "long names": of_lines(lambda k: f"{k},{'ab'[k % 2] * 500}", f"{'x' * 5000},y"),
    "duplicate names": "x,x,y\n1,2,a\n3,4,b\n",
    "index of pandas": ",x,y\n0,1,a\n1,2,b\n",
    "words everywhere": of_lines(lambda k: f"{'uv'[k % 2]},{'ab'[k % 2]}", "c,y"),
    "blank lines": of_lines(lambda k: f"{k},{'ab'[k % 2]}", end="\n\n"),
    "old line ends": of_lines(lambda k: f"{k},{'ab'[k % 2]}", end="\r"),
    "decimal commas in quotes": of_lines(lambda k: f'"{k},5",{"ab"[k % 2]}'),
    "right to left": of_lines(lambda k: f"{k},{'בא'[k % 2]}", "א,y"),
    "mixed target": of_lines(lambda k: f"{k},{k if k % 2 else 'a'}"),
    "infinite target": "x,y\n1,0.5\n2,inf\n3,1.5\n",
    "semicolons and decimal commas": of_lines(lambda k: f"{k},5;{'ab'[k % 2]}", "x;y"),
    "tabs": of_lines(lambda k: f"{k}\t{'ab'[k % 2]}", "x\ty"),
    "pipes": of_lines(lambda k: f"{k}|{'ab'[k % 2]}", "x|y"),
    "spaces around cells": of_lines(lambda k: f" {k} , {'ab'[k % 2]} ", " x , y "),
    "a comma that parts thousands": of_lines(lambda k: f'"{k + 1},234",{"ab"[k % 2]}'),
    "thousands and decimals": of_lines(lambda k: f'"{k + 1},234.5",{"ab"[k % 2]}'),
    "gaps": of_lines(lambda k: f"{'' if k % 3 else k},{'ab'[k % 2]}"),
    "words for gaps": of_lines(lambda k: f"{'NA' if k % 3 else k},{'ab'[k % 2]}"),
    "gaps in the target": of_lines(lambda k: f"{k},{'' if k % 5 == 0 else 'ab'[k % 2]}"),
    "an empty column": of_lines(lambda k: f"{k},,{'ab'[k % 2]}", "x,c,y"),
    "a comma at each end": of_lines(lambda k: f"{k},{'ab'[k % 2]},", "x,y,"),
    "no names": of_lines(lambda k: f"{k},{'ab'[k % 2]}", "0.5,a"),
    "names that are numbers": of_lines(lambda k: f"{k},{k % 2}", "2019,2020"),
    "percent": of_lines(lambda k: f"{k}%,{'ab'[k % 2]}"),
    "currency": of_lines(lambda k: f"${k},{'ab'[k % 2]}"),
    "dates": of_lines(lambda k: f"2024-01-{k + 1:02},{'ab'[k % 2]}", "day,y"),
    "booleans": of_lines(lambda k: f"{k % 3 == 0},{k % 2 == 0}"),
    "exponents": of_lines(lambda k: f"{k}e-3,{'ab'[k % 2]}"),
    "unicode minus": of_lines(lambda k: f"\N{MINUS SIGN}{k},{'ab'[k % 2]}"),
    "full-width digits": of_lines(lambda k: f"\N{FULLWIDTH DIGIT ONE}{k},{'ab'[k % 2]}"),
    "a line break in quotes": of_lines(lambda k: f'{k},"{"ab"[k % 2]}\n"'),
    "doubled quotes": of_lines(lambda k: f'{k},"{"ab"[k % 2]}""{"ab"[k % 2]}"'),
    "comments": "# measured in May\n" + of_lines(lambda k: f"{k},{'ab'[k % 2]}"),
    "a title above": "Results of May\n\n" + of_lines(lambda k: f"{k},{'ab'[k % 2]}"),
    "a class for each sample": of_lines(lambda k: f"{k},name{k}"),
    "a web page": "<!DOCTYPE html>\n<html><body>Not found</body></html>\n",
    "more columns than samples": of_lines(lambda k: ",".join(map(str, range(k, k + 60))) + ",ab"[k % 2]),
    "byte order mark": "\ufeff" + of_lines(lambda k: f"{k},{'ab'[k % 2]}"),
}


ENCODED = [(name, encoding) for name in ODD for encoding in ("utf-8", "utf-16")]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [pytest.param(*each, marks=[pytest.mark.slow] * (place % 8 > 0)) for place, each in enumerate(ENCODED)],
)
def test_an_odd_table_ends_in_a_trained_model_or_in_one_line(
    train: Command, tmp_path: Path, name: str, encoding: str
) -> None:
    (tmp_path / "odd.csv").write_bytes(ODD[name].encode(encoding))
    result = train("odd.csv", "--epochs", "1", "--hidden", "2", "--quiet", "--out", "run")
    assert "\x1b" not in result.stdout + result.stderr
    if result.returncode == 0:
        assert (tmp_path / "run/model.json").exists()
        assert len(result.stdout.splitlines()) == 1
    else:
        assert result.returncode == 2
        assert len(result.stderr.splitlines()) == 1
        assert len(result.stderr) < 600
