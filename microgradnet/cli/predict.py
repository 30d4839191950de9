"""``microgradnet predict``: what a model that ``train`` wrote says of new samples."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microgradnet.datasets.table import ColumnCode, CsvTable, apply_codes
from microgradnet.errors import DataFileError, ModelFileError, UnknownNameError, did_you_mean
from microgradnet.nn import MLP
from microgradnet.text import clean, write_whole

if TYPE_CHECKING:
    import numpy as np


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--delimiter", help="The character between cells, where it is not seen by itself.")
@click.option("--decimal", type=click.Choice([".", ","]), help="The decimal sign, likewise.")
@click.option("--encoding", help="Of the file, where it is not UTF-8: cp1252, latin-1, ...")
@click.option("--out", "-o", help="The CSV file to write; - for the terminal. Else FILE-predicted.csv.")
@click.option("--force", is_flag=True, help="Replace the file where it exists.")
def predict(model: Path, file: Path, out: str | None, force: bool, **reading: Any) -> None:
    """Write the predictions of a trained model for a table.

    MODEL is a folder that `microgradnet train` wrote, or the model.json in it. FILE is a CSV file with the columns that
    were trained on; it may have others. The predictions keep the order of its lines.
    """
    trained = Trained.load(model)
    table = CsvTable.read(
        file,
        header=trained.has_names or None,
        **{name: option for name, option in reading.items() if option is not None},
    )
    text = _as_csv(trained, table)
    if out == "-":
        print(text, end="")
        return
    path = Path(out) if out else Path(f"{file.stem}-predicted.csv")
    if path.exists() and not force:
        raise DataFileError(f"{path}: a file that does not exist yet", "one that does", "Use --force to replace it.")
    write_whole(path, text)
    print(f"{len(table.lines):,} predictions, in {clean(str(path))}", file=sys.stderr)


@dataclass(frozen=True)
class Trained:
    """A model with what ``run.json`` says of its inputs and outputs.

    Arguments:
        model: the network.
        inputs: the names of its inputs.
        classes: the names of the classes; () for a measured target.
        target: the name of the target.
        loss: the loss it was trained with.
        columns: how columns of a table become its inputs.
    """

    model: MLP
    inputs: list[str]
    classes: tuple[str, ...]
    target: str
    loss: str
    columns: list[ColumnCode]

    @classmethod
    def load(cls, path: Path) -> Trained:
        """Read ``model.json`` and, beside it, ``run.json``.

        Raises:
            ModelFileError: a file can't be used, or the two do not belong together.
            OSError: a file can't be read.
        """
        folder = path if path.is_dir() else path.parent
        model = MLP.load(folder / "model.json" if path.is_dir() else path)
        with _reading(folder / "run.json") as record:
            columns = record.get("columns") or [{"name": name} for name in record["inputs"]]
            codes = [ColumnCode(each["name"], tuple(each.get("words", ())), each.get("fill")) for each in columns]
            classes = tuple(map(str, record["classes"]))
            trained = cls(model, record["inputs"], classes, str(record["target"]), record["recipe"]["loss"], codes)
            sizes = (sum(len(code.features) for code in codes), len(classes) or 1)
        here = (len(model.layers[0].neurons[0].w), len(model.layers[-1].neurons))
        if sizes != here:
            expected = f"{folder / 'run.json'}: the run of this model, of {here[0]} inputs and {here[1]} outputs"
            raise ModelFileError(expected, f"{sizes[0]} and {sizes[1]}", "Keep the files of one run together.")
        return trained

    @property
    def has_names(self) -> bool:
        """Whether the columns have names of their own, and are found by them."""
        return [code.name for code in self.columns] != [f"x[{k}]" for k in range(1, len(self.columns) + 1)]

    def outputs(self, table: CsvTable) -> np.ndarray[Any, Any]:
        """Return the outputs for each sample, an array (samples, outputs).

        Raises:
            DataFileError: a column is missing, or a cell can't be used.
        """
        filled = "mean" if any(code.fill is not None for code in self.columns) else None
        rows, whole = apply_codes(table, self._places(table), self.columns, filled)
        if not whole.all():
            row = int((~whole).argmax())
            raise DataFileError(f"{table.file}, line {table.lines[row]}: no gap", "one", "Fill it.")
        found: np.ndarray[Any, Any] = self.model.predict(rows).reshape(len(rows), -1)
        return found

    def _places(self, table: CsvTable) -> list[int]:
        """Return the places of the columns: by their names, or in their order where they have none."""
        if self.has_names:
            for code in self.columns:
                if code.name not in table.names:
                    expected = f"{table.file}: a column {clean(code.name, 40)!r}, which the model was trained on"
                    raise UnknownNameError(expected, "none", did_you_mean(code.name, table.names))
            return [table.names.index(code.name) for code in self.columns]
        count, here = len(self.columns), len(table.names)
        if here not in (count, count + 1):
            expected = f"{table.file}: {count} columns, or one more for the target at the end"
            raise DataFileError(expected, str(here), "Give the columns that the model was trained on.")
        return list(range(count))


@contextmanager
def _reading(path: Path) -> Iterator[dict[str, Any]]:
    """Give the contents of ``run.json``; errors about them that are raised inside name the file."""
    if not path.exists():
        advice = "Keep the files that `microgradnet train` writes together."
        raise ModelFileError(f"{path}, which names the inputs and classes", "no such file", advice)
    try:
        yield json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        given = f"{type(error).__name__}: {clean(str(error), 60)}"
        raise ModelFileError(f"{path}: a run that was written whole", given, "Train the model again.") from error


def _as_csv(trained: Trained, table: CsvTable) -> str:
    """Return the predictions as CSV: the class and, after a cross-entropy, the probability of each; or the number."""
    import numpy as np

    outputs = trained.outputs(table)
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    name = trained.target or "prediction"
    if not trained.classes:
        lines.writerow([name])
        lines.writerows([number] for number in outputs[:, 0].tolist())
        return text.getvalue()
    chances = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    is_softmax = trained.loss == "cross_entropy"
    lines.writerow([name, *(f"p({each})" for each in trained.classes if is_softmax)])
    for place, row in zip(outputs.argmax(axis=1).tolist(), chances.tolist(), strict=True):
        lines.writerow([trained.classes[place], *(f"{chance:.6g}" for chance in row if is_softmax)])
    return text.getvalue()
