"""Tables of one's own: a CSV file with a line for each sample, numbers for its features, and a column for its class."""

from __future__ import annotations

import csv
import io
import math
import operator
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import ArgumentError, DataFileError, UnknownNameError, shown

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a sample, and the line of the file on which they end."""

    line: int
    cells: list[str]


def read_csv(
    path: str | PathLike[str], target: int | str = -1, *, header: bool | None = None, delimiter: str = ","
) -> Dataset:
    """Read samples with a class each from a CSV file.

    Every column but the target's holds finite numbers. The target's holds the classes, as words or as whole numbers,
    which are put in order and counted from 0 in ``y``; ``target_names`` has them as they are written. It is read as
    classes always: a column of measured numbers is refused.

    Arguments:
        path: the file, in UTF-8. Lines without any entry are left out.
        target: the column with the classes, by name, or by place: 0 is the first, -1 the last.
        header: whether the first line has the columns' names; None to see it from whether none of its features is a
            number.
        delimiter: what stands between two cells.

    Returns:
        A data set named as the file is.

    Raises:
        DataFileError: the file can't be used; the message names the file, the line and the column.
        ArgumentError: ``target`` is neither a name nor a place, or ``delimiter`` is not one character.
        UnknownNameError: there is no column of this name.
        OSError: the file can't be read.
    """
    name = os.fspath(path)
    rows = _cells(path, name, delimiter)
    place = _place(target, rows[0], name)
    features = [column for column in range(len(rows[0].cells)) if column != place]
    names = [f"x[{k}]" for k in range(1, len(features) + 1)]
    if _has_header(rows[0], features, header, is_named=isinstance(target, str)):
        first, *rows = rows
        names = _names(first, features, name)
    if not rows:
        _refuse(name, "a line for each sample", "no line below the names", "Add the samples.")
    X = _numbers(rows, features, name)  # noqa: N806
    classes, y = _classes(rows, place, name)
    return Dataset(X, y, classes, tuple(names), Path(path).stem, name, "that of the file")


def _cells(path: str | PathLike[str], name: str, delimiter: str) -> list[Row]:
    """Read the cells of all lines, as many in each.

    Raises:
        DataFileError: the file is not text, is empty, or a line has more or fewer cells than the first.
    """
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
        raise ArgumentError("delimiter is one character", shown(delimiter), "Use delimiter=';', for example.")
    reader = csv.reader(_lines(path, name), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        rows = [Row(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        _refuse(f"{name}, line {reader.line_num}", "a line of CSV", str(error), "Check the quotation marks.")
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        _refuse(name, "a line for each sample", "an empty file", "Check the path.")
    width = len(rows[0].cells)
    if width < 2:
        _refuse(
            name, f"two columns or more, with {delimiter!r} between them", "one", "Save it with that between cells."
        )
    for row in rows:
        if len(row.cells) != width:
            wanted, came = f"{width} cells, as in line {rows[0].line}", str(len(row.cells))
            _refuse(f"{name}, line {row.line}", wanted, came, "Check the commas of the line.")
    return rows


def _lines(path: str | PathLike[str], name: str) -> io.StringIO:
    raw = Path(path).read_bytes()
    try:
        return io.StringIO(raw.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        read, byte = error.object[: error.start], error.object[error.start]
        advice = "Save it as CSV in UTF-8; a spreadsheet's own file is none."
        _refuse(f"{name}, line {read.count(10) + 1}", "text in UTF-8", f"byte {byte:02x}", advice)


def _place(target: int | str, first: Row, name: str) -> int:
    """Return the place of the target's column, from 0."""
    width = len(first.cells)
    if isinstance(target, str):
        if target not in first.cells:
            names = ", ".join(first.cells[:12]) + (", ..." if width > 12 else "")
            raise UnknownNameError(f"{name}: the name of a column", shown(target), f"The first line has {names}.")
        return first.cells.index(target)
    try:
        place = width if isinstance(target, bool) else operator.index(target)
    except TypeError:
        place = width
    if not -width <= place < width:
        wanted = f"{name}: a column by its name, or from 0 to {width - 1}, or from -{width} to -1"
        raise ArgumentError(wanted, shown(target), "-1 is the last column.")
    return place % width


def _has_header(first: Row, features: Sequence[int], header: bool | None, *, is_named: bool) -> bool:
    if header is None:
        return is_named or all(_number(first.cells[column]) is None for column in features)
    if is_named and not header:
        raise ArgumentError("a target by its place, where no line has the names", "header=False", "Use target=-1.")
    return bool(header)


def _names(first: Row, features: Sequence[int], name: str) -> list[str]:
    """Return the features' names; the one without any is the numbering that pandas writes."""
    for column, cell in enumerate(first.cells):
        place = f"{name}, line {first.line}"
        if not cell:
            advice = "Where it is a numbering that pandas wrote, save with index=False."
            _refuse(place, "a name for each column", f"none for column {column + 1}", advice)
        if cell in first.cells[:column]:
            _refuse(place, "a name of its own for each column", f"{cell!r} twice", "Rename one.")
    return [first.cells[column] for column in features]


def _numbers(rows: Sequence[Row], features: Sequence[int], name: str) -> np.ndarray[Any, Any]:
    """Return the features as an array."""
    import numpy as np

    numbers = np.empty((len(rows), len(features)))
    for index, row in enumerate(rows):
        for place, column in enumerate(features):
            number = _float(row.cells[column])
            if not math.isfinite(number):
                came = f"{shown(row.cells[column])} in column {column + 1}"
                advice = "Features are numbers: code words as numbers, and leave samples with gaps out."
                _refuse(f"{name}, line {row.line}", "a finite number", came, advice)
            numbers[index, place] = number
    return numbers


def _classes(rows: Sequence[Row], place: int, name: str) -> tuple[tuple[str, ...], np.ndarray[Any, Any]]:
    """Return the classes' names in order, and the place of each sample's among them."""
    import numpy as np

    where = f"column {place + 1}"
    for row in rows:
        if not row.cells[place]:
            _refuse(f"{name}, line {row.line}", "a class", f"an empty cell in {where}", "Leave the sample out.")
    entries: list[Any] = [_number(row.cells[place]) for row in rows]
    if None in entries:
        entries = [row.cells[place] for row in rows]
        names = {entry: entry for entry in entries}
    else:
        for row, number in zip(rows, entries, strict=True):
            if isinstance(number, float) and not number.is_integer():
                advice = "This reads classes only; to fit measured numbers, read them with NumPy and call mg.fit."
                came = f"{row.cells[place]!r} in {where}"
                _refuse(f"{name}, line {row.line}", "a class, as a word or a whole number", came, advice)
        names = {entry: str(int(entry)) for entry in entries}
    order = {entry: index for index, entry in enumerate(sorted(names))}
    if len(order) < 2:
        _refuse(name, f"two classes or more in {where}", f"{names[entries[0]]!r} alone", "Name another target column.")
    return tuple(names[entry] for entry in order), np.array([order[entry] for entry in entries])


def _float(text: str) -> float:
    """Return a cell as a float; NaN where it is no number, an infinity where it is too large for a float."""
    try:
        return math.nan if "_" in text else float(text)
    except ValueError:
        return math.nan


def _number(text: str) -> int | float | None:
    """Return a cell as a number, a whole one exactly; None where it is none."""
    if "_" in text:
        return None  # Python reads 1_000 as a number; a table doesn't mean one
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return None


def _refuse(where: str, wanted: str, came: str, advice: str) -> NoReturn:
    raise DataFileError(f"{where}: {wanted}", came, advice)
