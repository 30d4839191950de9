"""Histories: the table, the file, the plot; and the progress bar on a terminal of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet import MLP, History
from microgradnet.errors import ArgumentError, ModelFileError
from microgradnet.nn.training import Epoch
from microgradnet.nn.training.arrays import accuracy
from tests.nn.training.samples import CLASSES, ONE_HOT, X

WHOLE = History(
    [
        Epoch(1, 0.5, 0.625, 0.75, 0.1, 1.25, {"layer 1": 0.1, "layer 2": 1 / 3}, "validation accuracy"),
        Epoch(2, 0.25, 0.75, 0.875, 0.05, 1.5, {"layer 1": 2e-17, "layer 2": 0.2}, "validation accuracy"),
    ],
    "Stopped by Ctrl-C.",
)


def test_it_prints_as_a_table() -> None:
    assert str(WHOLE).splitlines() == [
        "epoch  loss  validation loss  validation accuracy    lr  seconds",
        "-----  ----  ---------------  -------------------  ----  -------",
        "    1   0.5            0.625                 0.75   0.1     1.25",
        "    2  0.25             0.75                0.875  0.05     1.50",
        "Stopped by Ctrl-C.",
    ]


def test_a_long_table_leaves_its_middle_out() -> None:
    lines = str(History([Epoch(number, 1.0 / number) for number in range(1, 101)])).splitlines()
    assert len(lines) == 2 + 12 + 1 + 12
    assert [line.split()[0] for line in (lines[2], lines[13], lines[14], lines[15], lines[-1])] == [
        "1", "12", "...", "89", "100",
    ]  # fmt: skip
    assert len({len(line) for line in lines}) == 1


def test_a_notebook_shows_a_table() -> None:
    html = History([Epoch(1, 0.5, metric=0.75, metric_name="<b>")], "Stopped <here>.")._repr_html_()
    document = ElementTree.fromstring(f"<body>{html}</body>")
    assert [cell.text for cell in document.iter("th")] == ["epoch", "loss", "<b>", "lr", "seconds"]
    assert [cell.text for cell in document.iter("td")] == ["1", "0.5", "0.75", "0", "0.00"]
    assert document.findtext("p") == "Stopped <here>."


def test_it_is_a_sequence_of_epochs() -> None:
    assert (len(WHOLE), WHOLE[-1].epoch, [epoch.loss for epoch in WHOLE]) == (2, 2, [0.5, 0.25])
    assert repr(WHOLE) == "<History of 2 epochs, loss 0.25>"
    assert WHOLE.best.epoch == 1  # of the least validation loss
    assert History([Epoch(1, 0.5), Epoch(2, 0.25)]).best.epoch == 2


def test_an_empty_one_prints_too() -> None:
    empty = History()
    assert (str(empty), repr(empty)) == ("epoch  loss\n-----  ----", "<History of 0 epochs>")
    with pytest.raises(ArgumentError):
        _ = empty.best


def test_it_reads_back_from_its_file_to_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    WHOLE.save(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == (
        "epoch,loss,validation loss,validation accuracy,lr,seconds,gradient of layer 1,gradient of layer 2"
    )
    assert lines[1] == "1,0.5,0.625,0.75,0.1,1.25,0.1,0.3333333333333333"
    found = History.load(path)
    assert (found.epochs, found.metric_name) == (WHOLE.epochs, WHOLE.metric_name)


@pytest.mark.parametrize("epochs", [[], [Epoch(1, float("nan"))], [Epoch(1, 0.5), Epoch(2, 0.25, lr=0.1)]])
def test_a_sparse_one_reads_back_too(tmp_path: Path, epochs: list[Epoch]) -> None:
    History(epochs).save(tmp_path / "history.csv")
    found = History.load(tmp_path / "history.csv")
    assert str(found) == str(History(epochs))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "columns of a history"),
        ("a,b\n1,2\n", "columns of a history"),
        ("epoch,loss,one,two\n1,2,3,4\n", "columns of a history"),
        ("epoch,loss,loss\n1,2,3\n", "once"),
        ("epoch,loss\n1\n", "line 2"),
        ("epoch,loss\n1,0.5\n2,high\n", "line 3: loss"),
        ("epoch,loss\n1,0.5\n2,0.2", r"line 3 ends with a line break.*'2,0\.2'"),  # cut in the middle of 0.25
        ("epoch,loss\n1,0.5\n2,1_0\n", "line 3: loss"),
        ("epoch,loss\n" + "9" * 400 + ",0.5\n", "line 2: epoch is a number that"),
        ("epoch,loss\n1.5,0.5\n", "line 2: epoch is a whole number"),
        ("epoch,loss\n,0.5\n", "line 2: epoch is a whole number"),
    ],
)
def test_files_that_are_no_histories(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError, match=match):
        History.load(path)


@pytest.mark.parametrize("digits", [1, 5, 9])
def test_a_file_cut_off_in_the_middle_of_a_number_is_refused_with_its_line(tmp_path: Path, digits: int) -> None:
    path = tmp_path / "history.csv"
    History([Epoch(1, 0.5, lr=0.1), Epoch(2, 0.123456789, lr=0.123456789)]).save(path)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole[:-digits], encoding="utf-8")
    with pytest.raises(ModelFileError, match="line 3"):
        History.load(path)


@pytest.mark.parametrize("line", ["1e999,0.5", f"1,{'9' * 400}", "1.5,0.5", "nan,0.5", f"{'9' * 5000},1"])
def test_numbers_that_no_float_or_epoch_can_be_are_one_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "history.csv"
    path.write_text(f"epoch,loss\n{line}\n", encoding="utf-8")
    with pytest.raises(ModelFileError, match="line 2") as caught:
        History.load(path)
    assert len(str(caught.value)) < 400


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelFileError, match="CSV"):
        History.load(path)


@pytest.mark.slow
def test_the_plot_draws_what_was_measured(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    axes = WHOLE.plot().axes
    assert [each.get_title() for each in axes] == ["Loss", "Validation accuracy", "Size of the gradient"]
    drawn = {line.get_label(): list(line.get_ydata()) for each in (axes[0], axes[2]) for line in each.get_lines()}
    assert drawn["training"] == [0.5, 0.25]
    assert drawn["validation"] == [0.625, 0.75]
    assert drawn["layer 2"] == [1 / 3, 0.2]
    assert list(axes[1].get_lines()[0].get_ydata()) == [0.75, 0.875]
    WHOLE.plot().savefig(tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    assert WHOLE.plot()._repr_png_().startswith(b"\x89PNG")  # what a notebook shows


@pytest.mark.parametrize("epochs", [[Epoch(1, 0.5)], [Epoch(1, -0.5, gradient_norms={"w": 0.0}), Epoch(2, -1.0)]])
def test_the_plot_of_little(epochs: list[Epoch], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = History(epochs).plot()
    figure.savefig(tmp_path / "history.png")  # a warning would be an error here
    assert figure.axes[0].get_title() == "Loss"


def test_a_plot_of_nothing() -> None:
    with pytest.raises(ArgumentError):
        History().plot()


# Accuracy


@pytest.mark.parametrize(
    ("outputs", "targets", "expected"),
    [
        ([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [1, 0, 0], 2 / 3),
        ([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [[1], [0], [0]], 2 / 3),
        ([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [[0, 1], [1, 0], [1, 0]], 2 / 3),
        ([0.4, 0.6, 0.5], [0, 1, 1], 2 / 3),
        ([[0.4], [0.6], [0.5]], [[0], [1], [1]], 2 / 3),
        ([-0.4, 0.6, 0.1, 0.0], [-1, 1, -1, 1], 1 / 2),
        ([0.2, 0.1], [-1.0, -1.0], 0.0),
    ],
)
def test_accuracy_counts_the_classes_that_are_right(outputs: Any, targets: Any, expected: float) -> None:
    assert accuracy(outputs, targets) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("y", "nout", "loss"),
    [
        ([1.0, 2.5, 3.0], 1, "mse"),
        ([0, 1, 2], 1, "mse"),
        ([[1, 1], [0, 1], [0, 1]], 2, "mse"),
        ([[0, 0], [0, 1], [0, 1]], 2, "bce"),
    ],
    ids=["measured numbers", "three classes of one output", "two labels", "no label"],
)
def test_accuracy_of_targets_that_name_no_class_is_refused(y: Any, nout: int, loss: str) -> None:
    model = MLP(1, [nout], output="sigmoid", seed=1)
    before = model.state_dict()
    with pytest.raises(ArgumentError, match=r"^accuracy .*needs"):
        mg.fit(model, [[1.0], [2.0], [3.0]], y, loss=loss, metric="accuracy", progress=False)
    assert model.state_dict() == before


@pytest.mark.parametrize(("y", "nout"), [([[0.9, 0.1], [0.2, 0.8]], 2), ([0.1, 0.9], 1), ([[-1, 1], [1, -1]], 2)])
def test_accuracy_takes_targets_that_are_smoothed_or_signed(y: Any, nout: int) -> None:
    model = MLP(1, [nout], seed=1)
    history = mg.fit(model, [[1.0], [2.0]], y, loss="mse", metric="accuracy", epochs=1, progress=False)
    assert history[-1].metric in (0.0, 0.5, 1.0)


@pytest.mark.parametrize(
    ("y", "nout", "name"),
    [
        (CLASSES, 3, "accuracy"),
        (ONE_HOT, 3, "accuracy"),
        (CLASSES % 2, 1, "accuracy"),
        (2 * (CLASSES % 2) - 1, 1, "accuracy"),
        (CLASSES, 1, ""),
        (ONE_HOT * 0.5, 3, ""),
        (1.0 - ONE_HOT, 3, ""),
    ],
)
def test_accuracy_is_measured_where_targets_are_classes(y: Any, nout: int, name: str) -> None:
    mlp = MLP(3, [nout], seed=1)
    loss = mg.losses.cross_entropy if y.ndim == 1 and nout == 3 else mg.losses.squared_error
    history = mg.fit(mlp, X, y, loss=loss, epochs=1, progress=False)
    assert history.metric_name == name
    assert (history[0].metric is None) == (name == "")
    assert mg.fit(mlp, X, y, loss=loss, epochs=1, metric=None, progress=False).metric_name == ""


def test_the_threshold_is_that_of_all_targets_also_where_those_to_validate_on_are_of_one_class() -> None:
    model = mg.Value(0.25)
    history = mg.fit(
        lambda x: model + 0.0 * x,
        [0.0, 0.0],
        [-1, 1],
        loss="hinge",
        optimizer=mg.optim.SGD([model], lr=0.0),
        epochs=1,
        validation=([0.0], [1]),
        progress=False,
    )
    assert history[0].metric == 1.0


# The progress bar


def fitted() -> None:
    mg.fit(MLP(3, [3], seed=1), X, ONE_HOT, loss="squared_error", lr=0.1, epochs=3, validation=0.3, seed=1)


def test_it_is_silent_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    fitted()
    assert capfd.readouterr() == ("", "")


PROGRAM = """
import microgradnet as mg
mlp = mg.MLP(1, [1], seed=1)
options = dict(loss="squared_error", lr=0.1, epochs=3, validation=([1.0], [1.0]), seed=1)
mg.fit(mlp, [1.0, 2.0], [0, 1], progress=%s, **options)
print("end")
"""


def on_a_terminal(program: str) -> str:
    """Run a program on a terminal of its own, and return what it shows, without the codes that place it."""
    pty = pytest.importorskip("pty")
    ours, its = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-W", "error", "-c", program]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment):
        os.close(its)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux says so at the end
                part = b""
            if not part:
                break
            shown += part
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())


def test_on_a_terminal_it_shows_epoch_loss_metric_and_time_left() -> None:
    shown = on_a_terminal(PROGRAM % "True")
    assert re.search(r"epoch 1/3", shown)
    last = shown[: shown.index("end")].splitlines()[-1]
    assert re.search(r"0:00:00 left, epoch 3/3, loss \d\S*, validation accuracy \d+\.\d%", last)


def test_on_a_terminal_it_can_be_turned_off() -> None:
    assert on_a_terminal(PROGRAM % "False").split() == ["end"]


NOTEBOOK = """
import microgradnet as mg
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
InteractiveShell.instance().kernel = None  # as the shell of a notebook has one
with capture_output() as captured:
    mg.fit(mg.MLP(1, [1], seed=1), [1.0, 2.0], [0, 1], loss="squared_error", lr=0.1, epochs=3, seed=1)
print(captured.outputs[-1].data["text/html"])
"""


def test_a_notebook_shows_the_bar() -> None:
    pytest.importorskip("IPython")
    run = subprocess.run([sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=True)
    assert re.search(r'<progress value="3" max="3"></progress> 0 s left, epoch 3/3, loss \d', run.stdout)
