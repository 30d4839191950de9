"""Histories as CSV: one line for each epoch, numbers as they read back to the same float."""

from __future__ import annotations

import csv
import io
import math
import os
from os import PathLike
from typing import Any

from microgradnet.errors import ModelFileError, shown
from microgradnet.nn.storage import replace
from microgradnet.nn.training.history import GRADIENT, Epoch, History

_FIXED = ("epoch", "loss", "validation loss", "lr", "seconds")


def write(history: History, path: str | PathLike[str]) -> None:
    """Write a history; see ``History.save``."""
    columns = history.columns()
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        lines.writerow(["" if entry is None else repr(entry) for entry in row])
    replace(path, text.getvalue())


def read(path: str | PathLike[str]) -> History:
    """Read a history; see ``History.load``."""
    name = os.fspath(path)
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    header = rows[0] if rows else []
    others = [column for column in header if column not in _FIXED and not column.startswith(GRADIENT)]
    if header[:2] != ["epoch", "loss"] or len(others) > 1 or len({*header}) < len(header):
        raise ModelFileError(f"{name}: the columns of a history", shown(",".join(header)), "Save the history again.")
    epochs = []
    for line, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            came = f"{len(row)}"
            raise ModelFileError(f"{name}, line {line}: {len(header)} entries", came, "Save the history again.")
        entries = {
            column: _number(entry, f"{name}, line {line}: {column}") for column, entry in zip(header, row, strict=True)
        }
        epochs.append(_epoch(entries, entries.get(others[0]) if others else None))
    return History(epochs, others[0] if others else "")


def _epoch(entries: dict[str, Any], metric: float | None) -> Epoch:
    norms = {
        column.removeprefix(GRADIENT): number
        for column, number in entries.items()
        if column.startswith(GRADIENT) and number is not None
    }
    return Epoch(
        epoch=int(entries["epoch"] or 0),
        loss=math.nan if entries["loss"] is None else entries["loss"],
        validation_loss=entries.get("validation loss"),
        metric=metric,
        lr=entries.get("lr") or 0.0,
        seconds=entries.get("seconds") or 0.0,
        gradient_norms=norms,
    )


def _number(entry: str, place: str) -> float | None:
    if not entry:
        return None
    try:
        return float(entry)
    except ValueError:
        raise ModelFileError(f"{place} is a number", shown(entry), "Save the history again.") from None
