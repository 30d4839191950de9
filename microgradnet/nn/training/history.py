"""``History``: what ``mg.fit`` measured in each epoch, to print, to plot, to save; and the bar shown meanwhile."""

from __future__ import annotations

import copy
import csv
import io
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from itertools import groupby
from os import PathLike
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from microgradnet.errors import ArgumentError, ModelFileError, import_extra, shown
from microgradnet.nn.base import Module, groups_of
from microgradnet.nn.training.arrays import parts_of
from microgradnet.text import TextTable, clean, encodable, escape_html, write_whole
from microgradnet.value import Value

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch.

    Attributes:
        epoch: its number, from 1.
        loss: the mean loss over the samples, each as it was before the step of its minibatch.
        validation_loss: the mean loss over the validation samples after the epoch; None without any.
        metric: the metric after the epoch, on the validation samples where there are any; None without one.
        lr: the learning rate of the epoch's last step.
        seconds: how long it took, validation included.
        gradient_norms: for each layer the size of the gradient: the root mean square of its Euclidean norm over ten or
            more minibatches, spread evenly over the epoch; over all of them where there are fewer.
        metric_name: what ``metric`` is, such as ``"accuracy"``; "" where there is none.
    """

    epoch: int
    loss: float
    validation_loss: float | None = None
    metric: float | None = None
    lr: float = 0.0
    seconds: float = 0.0
    gradient_norms: dict[str, float] = field(default_factory=dict)
    metric_name: str = ""

    @property
    def compared_loss(self) -> float:
        """The loss by which epochs are compared: that of validation, where there is one."""
        return self.loss if self.validation_loss is None else self.validation_loss


GRADIENT = "gradient of "  # the columns of gradient sizes begin so
MOST_ROWS = 24  # of a printed table; of longer ones the middle is left out


@dataclass(eq=True)
class History:
    """The epochs of a training run. ``print`` and notebooks show them as a table.

    Attributes:
        epochs: the epochs that were finished, in order.
        stopped_by: why it ended before all epochs had run; "" where it did not.

    Example:
        >>> history = History([Epoch(1, 0.5, lr=0.1), Epoch(2, 0.25, lr=0.1)])
        >>> len(history), history[-1].loss, history.best.epoch
        (2, 0.25, 2)
        >>> print(history)
        epoch  loss   lr  seconds
        -----  ----  ---  -------
            1   0.5  0.1     0.00
            2  0.25  0.1     0.00
    """

    epochs: list[Epoch] = field(default_factory=list)
    stopped_by: str = ""

    @property
    def metric_name(self) -> str:
        """What ``Epoch.metric`` is; "" where there is none."""
        return self.epochs[-1].metric_name if self.epochs else ""

    @property
    def best(self) -> Epoch:
        """The epoch of the least validation loss; of the least loss where nothing was validated.

        Raises:
            ArgumentError: no epoch was finished.
        """
        if not self.epochs:
            raise ArgumentError("a history of at least one epoch", "none", "Train for longer.")
        return min(self.epochs, key=lambda epoch: epoch.compared_loss)

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)

    def __getitem__(self, place: int) -> Epoch:
        return self.epochs[place]

    def columns(self) -> dict[str, list[Any]]:
        """Return what was measured, by name: one list of a number or None for each epoch.

        Columns that are empty throughout are left out. The sizes of gradients are called ``gradient of layer 1``, ...
        """
        columns: dict[str, list[Any]] = {
            "epoch": [epoch.epoch for epoch in self.epochs],
            "loss": [epoch.loss for epoch in self.epochs],
            "validation loss": [epoch.validation_loss for epoch in self.epochs],
            self.metric_name: [epoch.metric for epoch in self.epochs],
            "lr": [epoch.lr for epoch in self.epochs],
            "seconds": [epoch.seconds for epoch in self.epochs],
        }
        for layer in dict.fromkeys(layer for epoch in self.epochs for layer in epoch.gradient_norms):
            columns[f"{GRADIENT}{layer}"] = [epoch.gradient_norms.get(layer) for epoch in self.epochs]
        filled = {name: column for name, column in columns.items() if any(entry is not None for entry in column)}
        return filled if self.epochs else {"epoch": [], "loss": []}

    def table(self) -> TextTable:
        """Return the epochs as a table, without the sizes of gradients; of many epochs the middle is left out."""
        columns = {name: column for name, column in self.columns().items() if not name.startswith(GRADIENT)}
        rows = [
            [_written(name, column[place]) for name, column in columns.items()] for place in range(len(self.epochs))
        ]
        if len(rows) > MOST_ROWS:
            half = MOST_ROWS // 2
            rows = [*rows[:half], ["..."] * len(columns), *rows[-half:]]
        return TextTable(list(columns), rows, align="r" * len(columns))

    def __str__(self) -> str:
        table = self.table().text()
        return encodable(f"{table}\n{clean(self.stopped_by)}" if self.stopped_by else table)

    def _repr_html_(self) -> str:
        """Return the table as a notebook shows it."""
        return self.table().html() + (f"<p>{escape_html(self.stopped_by)}</p>" if self.stopped_by else "")

    def __repr__(self) -> str:
        last = f", loss {self.epochs[-1].loss:.4g}" if self.epochs else ""
        return f"<History of {len(self.epochs)} epochs{last}>"

    def plot(self) -> Figure:
        """Return a figure of the loss, of the metric, and of the size of the gradient in each layer, by epoch.

        Save it with ``history.plot().savefig("history.png")``; a notebook shows it.

        Raises:
            ArgumentError: no epoch was finished.
            ImportError: matplotlib is not installed; the message says how to get it.
        """
        if not self.epochs:
            raise ArgumentError("a history of at least one epoch", "none", "Train for longer.")
        return _plot(self.columns(), self.metric_name, GRADIENT)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all columns as CSV, whole or not at all.

        Raises:
            OSError: the folder can't be written to.
        """
        _write_columns(self.columns(), path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> History:
        """Read what :meth:`save` wrote. Why the run ended is not in the file.

        Raises:
            ModelFileError: it is no history; the message names the line.
            OSError: the file can't be read.
        """
        columns = _read_columns(path)
        fixed = ("epoch", "loss", "validation loss", "lr", "seconds")
        metrics = [name for name in columns if name not in fixed and not name.startswith(GRADIENT)]
        if [*columns][:2] != ["epoch", "loss"] or len(metrics) > 1:
            given = shown(", ".join(columns))
            raise ModelFileError(f"{path} has the columns of a history", given, "Save the history again.")
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        for line, row in enumerate(rows, 2):
            number = row["epoch"]
            if number is None or not 1.0 <= number < 1e15 or number % 1.0:
                expected = f"{path}, line {line}: epoch is a whole number, 1 or more"
                raise ModelFileError(expected, shown(number), "Save the history again.")
        return cls([_epoch(row, *metrics) for row in rows])


def _epoch(row: dict[str, Any], metric: str = "") -> Epoch:
    norms = {name.removeprefix(GRADIENT): row[name] for name in row if name.startswith(GRADIENT)}
    return Epoch(
        epoch=int(row["epoch"]),
        loss=float("nan") if row["loss"] is None else row["loss"],
        validation_loss=row.get("validation loss"),
        metric=row.get(metric),
        lr=row.get("lr") or 0.0,
        seconds=row.get("seconds") or 0.0,
        gradient_norms={layer: norm for layer, norm in norms.items() if norm is not None},
        metric_name=metric,
    )


def _written(column: str, entry: Any) -> str:
    if entry is None:
        return ""
    return f"{entry:.2f}" if column == "seconds" else f"{entry:.4g}"


_ADVICE = "Save the history again."


def _write_columns(columns: Mapping[str, Sequence[float | None]], path: str | PathLike[str]) -> None:
    """Write columns, each under its name; None is left empty."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        lines.writerow(["" if entry is None else repr(entry) for entry in row])
    write_whole(path, text.getvalue())


def _read_columns(path: str | PathLike[str]) -> dict[str, list[float | None]]:
    """Read columns.

    Raises:
        ModelFileError: a name stands twice, a line has too few or too many entries, one is no number, or the last line
            is cut off.
    """
    name = os.fspath(path)
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
        header, *lines = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ModelFileError(f"{name} is a CSV file", str(error), _ADVICE) from error
    if text and not text.endswith(("\n", "\r")):
        expected = f"{name}, line {len(lines) + 1} ends with a line break, as every line of a saved history"
        raise ModelFileError(expected, f"{shown(','.join([header, *lines][-1]))}, and the end of the file", _ADVICE)
    if len({*header}) < len(header):
        raise ModelFileError(f"{name} has each column once", shown(", ".join(header)), _ADVICE)
    columns: dict[str, list[float | None]] = {column: [] for column in header}
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise ModelFileError(f"{name}, line {number} has {len(header)} entries", f"{len(line)}", _ADVICE)
        for column, entry in zip(header, line, strict=True):
            columns[column].append(_number(entry, f"{name}, line {number}: {column}"))
    return columns


def _number(entry: str, place: str) -> float | None:
    if not entry:
        return None
    try:
        if "_" in entry:
            raise ValueError
        number = float(entry)
    except ValueError:
        raise ModelFileError(f"{place} is a number", shown(entry), _ADVICE) from None
    if math.isinf(number) and "inf" not in entry.lower():
        raise ModelFileError(f"{place} is a number that a float can hold", shown(entry), _ADVICE)
    return number


Columns = Mapping[str, Sequence[Any]]


def _plot(columns: Columns, metric: str, gradient: str) -> Figure:
    """Return the figure; see ``History.plot``.

    Arguments:
        columns: those of a history.
        metric: the column of the metric; "" for none.
        gradient: how the columns of gradient sizes begin.
    """
    import_extra("matplotlib", "notebooks")
    from matplotlib.figure import Figure

    losses = {
        name: label for name, label in (("loss", "training"), ("validation loss", "validation")) if name in columns
    }
    sizes = {name: name.removeprefix(gradient) for name in columns if name.startswith(gradient)}
    panels = [("Loss", losses), *([(metric.capitalize(), {metric: ""})] if metric in columns else [])]
    panels += [("Size of the gradient", sizes)] if sizes else []
    figure = _shown(Figure)(figsize=(4.2 * len(panels), 3.4), layout="constrained")
    for axes, (title, lines) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        axes.set_title(title)
        draw_columns(axes, columns, lines, logarithmic=metric not in lines)
    return figure


def _shown(figure: type[Figure]) -> type[Figure]:
    """Return the class with what a notebook asks for, so that pyplot is left alone and there is nothing to close."""

    class _Shown(figure):  # type: ignore[misc, valid-type]
        def _repr_png_(self) -> bytes:
            self.savefig(content := BytesIO(), format="png", dpi=100)
            return content.getvalue()

    return _Shown


def draw_columns(axes: Any, columns: Columns, lines: dict[str, str], *, logarithmic: bool) -> None:
    """Draw a line for each of ``lines``, from the name of its column to its label, by epoch."""
    epochs, marker = columns["epoch"], "o" if len(columns["epoch"]) <= 20 else None
    for name, label in lines.items():
        numbers = [float("nan") if number is None else number for number in columns[name]]
        axes.plot(epochs, numbers, label=label, linewidth=1.6, marker=marker, markersize=3.5)
    if logarithmic and all((number or 0.0) > 0.0 for name in lines for number in columns[name]):
        axes.set_yscale("log")
    if len(lines) > 1:
        axes.legend(frameon=False)
    if len(epochs) == 1:
        axes.set_xlim(epochs[0] - 0.5, epochs[0] + 0.5)
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


class LayerNorms:
    """Parameters grouped into layers, for the size of the gradient in each.

    Arguments:
        model: whose names of parameters say which layer each belongs to; what else is trained goes by its label.
        leaves: the parameters in the order of the gradient.
        trained: those that the optimizer moves; the others are left out.
    """

    def __init__(self, model: Any, leaves: Sequence[Value], trained: Sequence[Value]) -> None:
        groups = list(groups_of(model)) if isinstance(model, Module) else []
        layers = [layer_of(*group.names(1)) for group in groups]
        of_model: dict[int, str] = {}
        for layer, group in zip(reversed(layers), reversed(groups), strict=True):  # a shared one is of its first layer
            of_model.update(dict.fromkeys(map(id, group.parameters), layer))
        self._layer_of = {id(p): of_model.get(id(p)) or layer_of(p.label or "others") for p in trained}
        met = [*layers, *self._layer_of.values()]  # the model's order, not the program's
        present = set(map(self._layer_of.get, map(id, leaves)))
        self.names = [name for name in dict.fromkeys(met) if name in present]
        self._runs = self._runs_of(leaves)

    def of_leaves(self, leaves: Sequence[Value]) -> Self:
        """Return the same layers for a gradient of another order."""
        other = copy.copy(self)
        other._runs = self._runs_of(leaves)
        return other

    def squares(self, gradient: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of the squares of the gradient in each layer."""
        import numpy

        sums = numpy.zeros(len(self.names))
        for layer, run in self._runs:
            sums[layer] += sum(part.dot(part) for part in parts_of(gradient[run]))
        return sums

    def _runs_of(self, leaves: Sequence[Value]) -> list[tuple[int, slice]]:
        """Return where neighbours of one layer stand in the gradient: few places, as programs keep matrices whole."""
        number = {name: layer for layer, name in enumerate(self.names)}
        runs, start = [], 0
        for name, same in groupby(map(self._layer_of.get, map(id, leaves))):
            end = start + len(list(same))
            if name in number:
                runs.append((number[name], slice(start, end)))
            start = end
        return runs


def layer_of(name: str) -> str:
    """Return the layer that a parameter belongs to, by its name.

    Example:
        >>> [layer_of(name) for name in ("w2[1,3]", "b2[1]", "encoder.w1[1,1]", "layers[2].w[1,2]", "slope", "w[1]")]
        ['layer 2', 'layer 2', 'encoder.layer 1', 'layers[2]', 'slope', 'neuron']
    """
    whole, bracket, index = name.rpartition("[")
    return _layer_of(whole, "," in index) if bracket and name.endswith("]") else _layer_of(name, None)


@cache
def _layer_of(name: str, is_matrix: bool | None) -> str:
    """Return the layer of a name without its last index, which is of a matrix, of a vector, or was not there."""
    before, dot, last = name.rpartition(".")
    weight = re.fullmatch(r"[wb](\d*)", last)
    if weight is None:
        return before + dot + re.sub(r"(\[[^\]]*\])+$", "", last)
    if weight[1]:
        return f"{before}{dot}layer {weight[1]}"
    is_neuron = is_matrix is None or (last == "w" and not is_matrix)
    return before or ("neuron" if is_neuron else "layer")


class ProgressBar:
    """The progress bar: a line with the epoch, the loss, the metric and the time left, on a terminal or in a notebook.

    Arguments:
        wanted: False for no line. No line is shown either without a terminal or a notebook.
        epochs: the number of epochs.
        minibatches: the number of minibatches of an epoch.
    """

    _INTERVAL = 0.1  # seconds between two pictures of the bar

    def __init__(self, expected: bool, epochs: int, minibatches: int) -> None:
        self._in_notebook = bool(expected) and in_notebook()
        self._wanted = self._in_notebook or (bool(expected) and sys.stdout.isatty())
        self._epochs, self._minibatches = epochs, minibatches
        self._epoch, self._measured = 1, ""
        self._begin = monotonic()
        self._next = self._begin if self._wanted else float("inf")
        self._line: Any = None

    def __enter__(self) -> Self:
        if self._in_notebook:
            from IPython.display import HTML, display

            self._line = display(HTML(""), display_id=True)  # type: ignore[no-untyped-call]
        elif self._wanted:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            left = TimeRemainingColumn(), TextColumn("left, {task.description}")
            self._line = Progress(BarColumn(24), *left, console=Console(file=sys.stdout), auto_refresh=False)
            self._task = self._line.add_task(f"epoch 1/{self._epochs}", total=self._epochs * self._minibatches)
            self._line.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._line is not None and not self._in_notebook:
            self._line.refresh()
            self._line.stop()

    def tick(self, minibatch: int, total: float, samples: int) -> None:
        """Show how far the epoch is: the minibatch, and the mean of the losses so far, given their sum."""
        if monotonic() >= self._next:
            self._show(minibatch, f"loss {total / samples:.4g}" + self._measured)

    def finish_epoch(self, epoch: int, loss: float, metric: str) -> None:
        """Show the loss and the metric of a finished epoch."""
        self._epoch, self._measured = epoch, f", {metric}" if metric else ""
        if monotonic() >= self._next or epoch == self._epochs:
            self._show(self._minibatches, f"loss {loss:.4g}" + self._measured)
        self._epoch = min(epoch + 1, self._epochs)

    def _show(self, minibatch: int, measured: str) -> None:
        if self._line is None:
            return
        done, whole = (self._epoch - 1) * self._minibatches + minibatch, self._epochs * self._minibatches
        text = f"epoch {self._epoch}/{self._epochs}, {measured}"
        if self._in_notebook:
            from IPython.display import HTML

            left = (monotonic() - self._begin) * (whole - done) / max(done, 1)
            words = escape_html(f"{left:.0f} s left, {text}")
            bar = f'<progress value="{done}" max="{whole}"></progress> {words}'
            self._line.update(HTML(bar))  # type: ignore[no-untyped-call]
        else:
            self._line.update(self._task, completed=done, description=text)
            self._line.refresh()
        self._next = monotonic() + self._INTERVAL


def in_notebook() -> bool:
    """Tell whether the program runs in a notebook's kernel, which shows HTML."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")
