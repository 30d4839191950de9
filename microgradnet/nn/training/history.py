"""``History``: what ``mg.fit`` measured in each epoch, to print, to plot, to save."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, ModelFileError, shown
from microgradnet.nn.training import history_file
from microgradnet.nn.training.epoch import Epoch as Epoch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRADIENT = "gradient of "  # the columns of gradient sizes begin so
MOST_ROWS = 24  # of a printed table; of longer ones the middle is left out


@dataclass(eq=True)
class History:
    """The epochs of a training run. ``print`` shows them as a table.

    Attributes:
        epochs: the epochs that were finished, in order.
        metric_name: what ``Epoch.metric`` is; "" where there is none.
        stopped_by: why it ended before all epochs had run; "" where it did not.

    Example:
        >>> history = History([Epoch(1, 0.5, lr=0.1), Epoch(2, 0.25, lr=0.1)])
        >>> len(history), history[-1].loss, history.best.epoch
        (2, 0.25, 2)
        >>> print(history)
        epoch  loss  lr   seconds
            1  0.5   0.1     0.00
            2  0.25  0.1     0.00
    """

    epochs: list[Epoch] = field(default_factory=list)
    metric_name: str = ""
    stopped_by: str = ""

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

    def __str__(self) -> str:
        columns = self.columns()
        places = range(len(self.epochs))
        rows = [[name for name in columns if not name.startswith(GRADIENT)]]
        rows += [[_written(name, columns[name][place]) for name in rows[0]] for place in places]
        if len(rows) > MOST_ROWS + 1:
            half = MOST_ROWS // 2
            rows = [*rows[: half + 1], ["..."] * len(rows[0]), *rows[-half:]]
        table = "\n".join(_line(row, [max(map(len, cells)) for cells in zip(*rows, strict=True)]) for row in rows)
        return f"{table}\n{self.stopped_by}" if self.stopped_by else table

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
        from microgradnet.nn.training.plotting import plot

        if not self.epochs:
            raise ArgumentError("a history of at least one epoch", "none", "Train for longer.")
        return plot(self.columns(), self.metric_name, GRADIENT)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all columns as CSV, whole or not at all.

        Raises:
            OSError: the folder can't be written to.
        """
        history_file.write(self.columns(), path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> History:
        """Read what :meth:`save` wrote. Why the run ended is not in the file.

        Raises:
            ModelFileError: it is no history; the message names the line.
            OSError: the file can't be read.
        """
        columns = history_file.read(path)
        fixed = ("epoch", "loss", "validation loss", "lr", "seconds")
        metrics = [name for name in columns if name not in fixed and not name.startswith(GRADIENT)]
        if [*columns][:2] != ["epoch", "loss"] or len(metrics) > 1:
            came = shown(", ".join(columns))
            raise ModelFileError(f"{path} has the columns of a history", came, "Save the history again.")
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        for line, row in enumerate(rows, 2):
            number = row["epoch"]
            if number is None or not 1.0 <= number < 1e15 or number % 1.0:
                wanted = f"{path}, line {line}: epoch is a whole number, 1 or more"
                raise ModelFileError(wanted, shown(number), "Save the history again.")
        return cls([_epoch(row, *metrics) for row in rows], *metrics)


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
    )


def _written(column: str, entry: Any) -> str:
    if entry is None:
        return ""
    return f"{entry:.2f}" if column == "seconds" else f"{entry:.4g}"


def _line(cells: list[str], widths: list[int]) -> str:
    """Return a row of a table: the first and last column flush right, numbers between them flush left."""
    inner = [cell.ljust(width) for cell, width in zip(cells[1:-1], widths[1:-1], strict=True)]
    return "  ".join([cells[0].rjust(widths[0]), *inner, cells[-1].rjust(widths[-1])])
