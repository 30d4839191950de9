"""Tables of one's own: a CSV file with a line for each sample, a column for each feature, and one for its target."""

from __future__ import annotations

import csv
import gc
import io
import math
import operator
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from microgradnet.datasets.dataset import Dataset
from microgradnet.errors import ArgumentError, DataFileError, UnknownNameError, did_you_mean, shown
from microgradnet.text import clean

if TYPE_CHECKING:
    import numpy as np

# In the order they are tried: files with decimal commas have tabs or ";" between cells.
DELIMITERS = ("\t", ";", ",", "|")
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "?"})  # in a column of numbers, in lower case
MOST_CATEGORIES = 100  # of a column of words; more are names rather than kinds
_LOOKED_AT = 100  # lines from which the delimiter is seen
_COMMA = re.compile(r"[+-]?(\d+),(\d+)(?:[eE][+-]?\d+)?")
_TASKS = ("classes", "numbers")


def read_csv(
    path: str | PathLike[str],
    target: int | str = -1,
    *,
    header: bool | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str = "utf-8",
    missing: str | None = None,
    encode: str | None = None,
    task: str | None = None,
) -> Dataset:
    """Read samples with a class or a measured number each from a CSV file.

    What a file does not say plainly is refused, with the line and the column: a cell that is no number, a gap, a comma
    that may be a decimal comma or part a thousands.

    Arguments:
        path: the file. Lines without any entry are left out.
        target: the column with the classes or numbers to learn, by name, or by place: 0 is the first, -1 the last.
        header: whether the first line has the columns' names; None to see it from whether none of its features is a
            number.
        delimiter: the character between two cells; None to see it: a tab, ";", "," or "|".
        decimal: "." or ","; None to see it. Commas are only read as decimal ones where no comma separates cells.
        encoding: of the file. UTF-8 and UTF-16 are also told by their byte order mark.
        missing: what to do about gaps (empty cells; in columns of numbers also NA, NaN, null, ?): "drop" leaves the
            sample out, "mean" puts in the mean of the column. None refuses them.
        encode: "onehot" gives a feature of words one column for each word. None refuses words.
        task: "classes" or "numbers", what the target is; None to see it: words are classes, fractions are numbers,
            and whole numbers are classes where there are two samples or more of each on average.

    Returns:
        A data set named as the file is. Its classes are in order, and count from 0 in ``y``; ``target_names`` has them
        as they are written.

    Raises:
        DataFileError: the file can't be used; the message names the file, the line and the column.
        ArgumentError: another argument is not one of those above.
        UnknownNameError: there is no column of this name.
        OSError: the file can't be read.
    """
    table = CsvTable.read(path, header=header, delimiter=delimiter, decimal=decimal, encoding=encoding, target=target)
    return read_dataset(table, target, missing=missing, encode=encode, task=task)[0]


@dataclass(frozen=True, eq=False)
class CsvTable:
    """The cells of a CSV file, column by column.

    Attributes:
        file: what messages call it.
        names: of the columns; x[1], x[2], ... where the file has none.
        columns: the cells, a list of text per column.
        lines: the line of the file on which each sample ends.
        decimal: "." or ",".
        has_header: whether the names are those of the file.
    """

    file: str
    names: list[str]
    columns: list[list[str]]
    lines: list[int]
    decimal: str
    has_header: bool
    _read: dict[int, np.ndarray[Any, Any]] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        *,
        header: bool | None = None,
        delimiter: str | None = None,
        decimal: str | None = None,
        encoding: str = "utf-8",
        target: int | str | None = None,
    ) -> CsvTable:
        """Read a file; see :func:`read_csv`. Without a ``target``, all columns decide whether the first line is names.

        Raises:
            DataFileError, ArgumentError, OSError: as :func:`read_csv`.
        """
        file = os.fspath(path)
        text = _text_of(path, file, encoding)
        separator = _separator(text, file) if delimiter is None else _one_character(delimiter)
        rows, lines = _cells(text, file, separator)
        place = None if target is None or isinstance(target, str) else _place(target, rows[0], file)
        features = [column for column in range(len(rows[0])) if column != place]
        comma = _decimal(rows, features, separator, decimal, file)
        has_header = _has_header(rows[0], features, header, comma, is_named=isinstance(target, str))
        names = [f"x[{column}]" for column in range(1, len(rows[0]) + 1)]
        if has_header:
            names = _names(rows.pop(0), lines.pop(0), file)
        if not rows:
            _refuse(file, "a line for each sample", "no line below the names", "Add the samples.")
        return cls(file, names, [list(column) for column in zip(*rows, strict=True)], lines, comma, has_header)

    def place(self, column: int | str) -> int:
        """Return the place of a column, from 0, by its name or place.

        Raises:
            UnknownNameError, ArgumentError: there is no such column.
        """
        if isinstance(column, str):
            if column not in self.names or not self.has_header:
                known = self.names if self.has_header else []
                raise UnknownNameError(f"{self.file}: the name of a column", shown(column), did_you_mean(column, known))
            return self.names.index(column)
        return _place(column, self.names, self.file)

    def numbers(self, column: int) -> np.ndarray[Any, Any]:
        """Return a column as floats: NaN for a gap.

        Raises:
            DataFileError: a cell is neither a finite number nor a gap.
        """
        if column not in self._read:
            self._read[column] = self._numbers(column)
        return self._read[column]

    def _numbers(self, column: int) -> np.ndarray[Any, Any]:
        import numpy as np

        cells = self.columns[column]
        try:
            numbers = np.array(
                list(map(float, cells)) if self.decimal == "." else [_float(cell, ",") for cell in cells]
            )
            plain = np.isfinite(numbers).all() and "_" not in "".join(cells)
        except ValueError:
            plain = False
        if plain:
            return numbers
        numbers = np.array([self._number(cell) for cell in cells])
        wrong = np.flatnonzero(np.isinf(numbers))
        if wrong.size:
            self.refuse(column, int(wrong[0]), "a finite number", "Words need encode='onehot'; correct other cells.")
        return numbers

    def _number(self, cell: str) -> float:
        """Return a cell as a float; NaN for a gap, an infinity for anything else."""
        if cell.strip().lower() in MISSING:
            return math.nan
        try:
            number = math.inf if "_" in cell else _float(cell, self.decimal)
        except ValueError:
            return math.inf
        return math.inf if math.isnan(number) else number

    def is_numeric(self, column: int) -> bool:
        """Tell whether most of a column's cells that are no gaps are numbers: a word among them is a mistake then."""
        numbers = [self._number(cell) for cell in self.columns[column]]
        gaps, others = sum(map(math.isnan, numbers)), sum(map(math.isinf, numbers))
        return 2 * others < len(numbers) - gaps or gaps == len(numbers)

    def refuse(self, column: int, row: int, expected: str, advice: str) -> NoReturn:
        """Raise an error about one cell."""
        cell = self.columns[column][row]
        given = f"{shown(cell)} in column {column + 1}" + (f" ({clean(self.names[column], 40)})" * self.has_header)
        _refuse(f"{self.file}, line {self.lines[row]}", expected, given, advice)


@dataclass(frozen=True)
class ColumnCode:
    """How a column of a table becomes one or more features.

    Arguments:
        name: the column.
        words: for a column of words, each word that gets a feature, in order; () for a column of numbers.
        fill: what is put into a gap of a column of numbers; None where gaps are not filled.
    """

    name: str
    words: tuple[str, ...] = field(default=())
    fill: float | None = None

    @property
    def features(self) -> list[str]:
        """The names of the features."""
        return [f"{self.name}={word}" for word in self.words] or [self.name]


def read_dataset(
    table: CsvTable,
    target: int | str,
    *,
    missing: str | None = None,
    encode: str | None = None,
    task: str | None = None,
) -> tuple[Dataset, list[ColumnCode]]:
    """Return the samples of a table, and how its columns became their features; see :func:`read_csv`."""
    _one_of(missing, ("drop", "mean"), "missing")
    _one_of(encode, ("onehot",), "encode")
    _one_of(task, _TASKS, "task")
    place = table.place(target)
    features = [column for column in range(len(table.names)) if column != place]
    names = [table.names[column] if table.has_header else f"x[{k}]" for k, column in enumerate(features, 1)]
    codes = [_code(table, column, name, missing, encode) for column, name in zip(features, names, strict=True)]
    X, whole = apply_codes(table, features, codes, missing)  # noqa: N806
    y, target_names = _targets(table, place, whole, missing, task)
    if not len(y):
        _refuse(table.file, "a sample without gaps", "none", "Fill the gaps, or use missing='mean'.")
    feature_names = tuple(feature for code in codes for feature in code.features)
    goal = table.names[place] if table.has_header else "target"
    licence, stem = "that of the file", Path(table.file).stem
    return Dataset(X[whole], y, target_names, feature_names, stem, table.file, licence, target_name=goal), codes


def apply_codes(
    table: CsvTable, columns: Sequence[int], codes: Sequence[ColumnCode], missing: str | None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the features of all samples, and which samples are whole: without a gap that is not filled.

    Raises:
        DataFileError: a cell is no number, is a word without a code, or is a gap that ``missing`` says nothing about.
    """
    import numpy as np

    parts = [_coded(table, column, code) for column, code in zip(columns, codes, strict=True)]
    whole = np.ones(len(table.lines), dtype=bool)
    for column, part in zip(columns, parts, strict=True):
        gaps = np.isnan(part).any(axis=1)
        if gaps.any() and missing is None:
            advice = "Use missing='drop' or missing='mean' (--missing drop or mean), or fill the gap."
            table.refuse(column, int(gaps.argmax()), "a number or a word", advice)
        whole &= ~gaps
    return np.column_stack(parts), whole


def _code(table: CsvTable, column: int, name: str, missing: str | None, encode: str | None) -> ColumnCode:
    import numpy as np

    if encode is None or table.is_numeric(column):
        numbers = table.numbers(column)
        known = numbers[~np.isnan(numbers)]
        if not known.size:
            advice = "Leave the column out."
            _refuse(table.file, f"a number in column {column + 1} ({clean(name, 40)})", "gaps only", advice)
        return ColumnCode(name, fill=float(known.mean()) if missing == "mean" else None)
    words = sorted({cell.strip() for cell in table.columns[column]} - {""})
    if len(words) > MOST_CATEGORIES:
        expected = f"at most {MOST_CATEGORIES} different words in column {column + 1} ({clean(name, 40)})"
        _refuse(table.file, expected, str(len(words)), "Leave the column out: these are names, not kinds.")
    return ColumnCode(name, tuple(words))


def _coded(table: CsvTable, column: int, code: ColumnCode) -> np.ndarray[Any, Any]:
    import numpy as np

    if not code.words:
        numbers = table.numbers(column)
        return np.where(np.isnan(numbers), np.nan if code.fill is None else code.fill, numbers)[:, None]
    places = {word: place for place, word in enumerate(code.words)}
    rows = np.zeros((len(table.lines), len(places)))
    for row, cell in enumerate(table.columns[column]):
        word = cell.strip()
        if not word:
            rows[row] = np.nan
        elif word in places:
            rows[row, places[word]] = 1.0
        else:
            expected = f"one of {', '.join(clean(known, 20) for known in code.words[:12])}"
            table.refuse(column, row, expected, "The model was not trained on this word.")
    return rows


def _targets(
    table: CsvTable, place: int, whole: np.ndarray[Any, Any], missing: str | None, task: str | None
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Return the targets of the whole samples, and the names of the classes; () for measured numbers."""
    import numpy as np

    blank = {cell for cell in set(table.columns[place]) if not cell.strip()}
    gaps = np.array([cell in blank for cell in table.columns[place]]) if blank else np.zeros(len(whole), dtype=bool)
    if gaps.any() and missing != "drop":
        table.refuse(
            place, int(gaps.argmax()), "a target", "Use missing='drop' (--missing drop): it is what is learnt."
        )
    whole &= ~gaps
    kept = np.flatnonzero(whole).tolist()
    cells = [table.columns[place][row].strip() for row in kept]
    read = {cell: _target_number(cell, table.decimal) for cell in set(cells)}
    numbers = [read[cell] for cell in cells]
    if task is None:
        task = _task_of(numbers)
    if task == "numbers":
        for row, number in zip(kept, numbers, strict=True):
            if number is None or not math.isfinite(number):
                table.refuse(place, row, "a finite number", "Correct the cell, or use task='classes'.")
        return np.array(numbers, dtype=float), ()
    return _classes(table, place, kept, cells, numbers)


def _classes(
    table: CsvTable, place: int, kept: list[int], cells: list[str], numbers: list[int | float | None]
) -> tuple[np.ndarray[Any, Any], tuple[str, ...]]:
    """Return the place of each sample's class among the classes, and their names, in order."""
    import numpy as np

    names: dict[Any, str]
    entries: list[Any] = list(numbers)
    if None in entries:
        entries, names = cells, {cell: cell for cell in cells}
    else:
        for row, number in zip(kept, numbers, strict=True):
            if isinstance(number, float) and not number.is_integer():
                table.refuse(
                    place, row, "a class, as a word or a whole number", "Use task='numbers' for measured ones."
                )
        names = {entry: str(int(entry)) for entry in entries}
    order = {entry: index for index, entry in enumerate(sorted(names))}
    if len(order) < 2:
        only = f"{next(iter(names.values()))!r} alone" if names else "none"
        _refuse(table.file, f"two classes or more in column {place + 1}", only, "Name another target column.")
    return np.array([order[entry] for entry in entries]), tuple(names[entry] for entry in order)


def _task_of(numbers: Sequence[int | float | None]) -> str:
    """Return what a column of targets is: words and few whole numbers are classes."""
    if None in numbers:
        return "classes"
    if any(isinstance(number, float) and not number.is_integer() for number in numbers):
        return "numbers"
    return "classes" if 2 * len(set(numbers)) <= len(numbers) else "numbers"


# Reading cells --------------------------------------------------------------------------------------------------------


def _text_of(path: str | PathLike[str], file: str, encoding: str) -> str:
    raw = Path(path).read_bytes()
    told = (
        "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig" if raw[:3] == b"\xef\xbb\xbf" else encoding
    )
    try:
        return raw.decode(told)
    except LookupError:
        raise ArgumentError("the name of an encoding", shown(encoding), "Use encoding='cp1252', for example.") from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        advice = "Save it as CSV in UTF-8, or name its encoding: encoding='cp1252' (--encoding cp1252)."
        _refuse(f"{file}, line {line}", f"text in {told.upper()}", f"byte {raw[error.start]:02x}", advice)


def _separator(text: str, file: str) -> str:
    """Return the delimiter that gives all of the first lines as many cells, two or more."""
    head = io.StringIO("".join(text[: 1 << 20].splitlines(keepends=True)[:_LOOKED_AT]), newline="")
    for delimiter in DELIMITERS:
        head.seek(0)
        try:
            rows = [row for row in csv.reader(head, delimiter=delimiter) if any(cell.strip() for cell in row)]
        except csv.Error:
            continue
        if rows and len(rows[0]) > 1 and len({*map(len, rows)}) == 1:
            return delimiter
    return max(DELIMITERS, key=lambda delimiter: (text[: 1 << 16].count(delimiter), delimiter == ","))


def _cells(text: str, file: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    """Return the cells of all lines that have any, as many in each, and the numbers of the lines."""
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=delimiter != "\t"
    )
    try:
        with _without_collector():
            read = list(reader)
    except csv.Error as error:
        _refuse(f"{file}, line {reader.line_num}", "a line of CSV", str(error), "Check the quotation marks.")
    numbers: Sequence[int] = range(1, len(read) + 1)
    if reader.line_num != len(read):  # a cell goes over several lines
        again = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=delimiter != "\t")
        numbers = [again.line_num for _ in again]
    kept = [place for place, row in enumerate(read) if row and (row[0].strip() or any(map(str.strip, row)))]
    rows, lines = [read[place] for place in kept], [numbers[place] for place in kept]
    if not rows:
        _refuse(file, "a line for each sample", "an empty file", "Check the path.")
    width = len(rows[0])
    if width < 2:
        _refuse(
            file, f"two columns or more, with {delimiter!r} between them", "one", "Name the delimiter between cells."
        )
    if len({*map(len, rows)}) > 1:
        place = next(place for place, row in enumerate(rows) if len(row) != width)
        expected, given = f"{width} cells, as in line {lines[0]}", str(len(rows[place]))
        _refuse(f"{file}, line {lines[place]}", expected, given, f"Check the {delimiter!r} of the line.")
    return rows, lines


@contextmanager
def _without_collector() -> Iterator[None]:
    """Pause the collector, which looks through all rows again and again while they are made: 0.9 of 1.5 s for 10^6."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _decimal(rows: list[list[str]], features: Sequence[int], delimiter: str, decimal: str | None, file: str) -> str:
    """Return the decimal sign: that which was asked for, or the one that the cells leave no doubt about."""
    if decimal is not None:
        if decimal not in (".", ",") or decimal == delimiter:
            raise ArgumentError(
                "decimal is '.' or ',', and not the delimiter", shown(decimal), "Leave it out to see it."
            )
        return decimal
    if delimiter == ",":
        return "."
    doubtful = False
    for row in rows:
        for cell in row:
            if "," in cell and (match := _COMMA.fullmatch(cell.strip())):
                whole, fraction = match.groups()
                if len(fraction) != 3 or whole == "0" or len(whole) > 3:
                    return ","  # no thousands are written so
                doubtful = True
    if doubtful:
        advice = "Use decimal=',' (--decimal ,) if it is, decimal='.' and no commas if it parts thousands."
        _refuse(file, "numbers that show whether a comma is a decimal one", "only such as 1,234", advice)
    return "."


def _place(target: Any, cells: Sequence[str], file: str) -> int:
    """Return the place of a column, from 0."""
    width = len(cells)
    try:
        place = width if isinstance(target, bool) else operator.index(target)
    except TypeError:
        place = width
    if not -width <= place < width:
        expected = f"{file}: a column by its name, or from 0 to {width - 1}, or from -{width} to -1"
        raise ArgumentError(expected, shown(target), "-1 is the last column.")
    return place % width


def _has_header(
    first: Sequence[str], features: Sequence[int], header: bool | None, decimal: str, *, is_named: bool
) -> bool:
    if header is None:
        return is_named or all(_target_number(first[column], decimal) is None for column in features)
    if is_named and not header:
        raise ArgumentError("a target by its place, where no line has the names", "header=False", "Use target=-1.")
    return bool(header)


def _names(first: list[str], line: int, file: str) -> list[str]:
    """Return the names of the columns; a column without any is the numbering that pandas writes."""
    names = [cell.strip() for cell in first]
    for column, name in enumerate(names):
        place = f"{file}, line {line}"
        if not name:
            advice = "Where it is a numbering that pandas wrote, save with index=False."
            _refuse(place, "a name for each column", f"none for column {column + 1}", advice)
        if name in names[:column]:
            _refuse(place, "a name of its own for each column", f"{name!r} twice", "Rename one.")
    return names


def _float(cell: str, decimal: str) -> float:
    if decimal == ",":
        if "." in cell:
            raise ValueError
        cell = cell.replace(",", ".")
    return float(cell)


def _target_number(cell: str, decimal: str) -> int | float | None:
    """Return a cell as a number, a whole one exactly; None where it is no number."""
    if "_" in cell:
        return None  # Python reads 1_000 as a number; a table doesn't mean one
    try:
        return int(cell)
    except ValueError:
        pass
    try:
        return _float(cell, decimal)
    except ValueError:
        return None


def _one_character(delimiter: Any) -> str:
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
        raise ArgumentError("delimiter is one character", shown(delimiter), "Use delimiter=';', for example.")
    return delimiter


def _one_of(given: Any, choices: Sequence[str], name: str) -> None:
    if given is not None and given not in choices:
        raise ArgumentError(
            f"{name} is {' or '.join(map(repr, choices))}, or None", shown(given), "Choose one of them."
        )


def _refuse(where: str, expected: str, given: str, advice: str) -> NoReturn:
    raise DataFileError(f"{where}: {expected}", given, advice)
