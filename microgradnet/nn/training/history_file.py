"""Columns of numbers as CSV: one line for each epoch, numbers as they read back to the same float."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from os import PathLike

from microgradnet.errors import ModelFileError, shown
from microgradnet.nn.storage import replace

_ADVICE = "Save the history again."


def write(columns: Mapping[str, Sequence[float | None]], path: str | PathLike[str]) -> None:
    """Write columns, each under its name; None is left empty."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        lines.writerow(["" if entry is None else repr(entry) for entry in row])
    replace(path, text.getvalue())


def read(path: str | PathLike[str]) -> dict[str, list[float | None]]:
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
        wanted = f"{name}, line {len(lines) + 1} ends with a line break, as every line of a saved history"
        raise ModelFileError(wanted, f"{shown(','.join([header, *lines][-1]))}, and the end of the file", _ADVICE)
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
        return float(entry)
    except ValueError:
        raise ModelFileError(f"{place} is a number", shown(entry), _ADVICE) from None
