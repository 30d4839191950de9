"""Answers of a class as they are handed in: pages, TOML, plain lines, folders of those, tables.

An answer is a stranger's file: only its figures count, its size is bounded, and what can't be read is an error of that
answer alone.
"""

from __future__ import annotations

import csv
import io
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from microgradnet.errors import ArgumentError, DataFileError, MicrogradnetError, shown
from microgradnet.verification.lines import begin_of_front, claim_lines, end_of_front
from microgradnet.verification.page import BLANK_LINE
from microgradnet.verification.spelling import key as spelled
from microgradnet.verification.worksheet import Worksheet

LARGEST = 50_000  # bytes of one answer: more could keep a processor busy for more than two seconds
MOST_LINES = 400  # of one answer
_SUFFIXES = (".md", ".txt", ".toml", ".markdown", "")

_Answer = tuple[str, Any]  # its name, and its path, its text, its lines, or the error that keeps it from being read


def key_text(key: Any) -> tuple[str, str]:
    """Return the text of a key and the name of its file."""
    if isinstance(key, Worksheet):
        raise ArgumentError("a key is a path or a text", "a Worksheet", "Give the path that it was loaded from.")
    if isinstance(key, str) and "\n" in key:
        return key, "key.md" if begin_of_front(key.split("\n")) is not None else "key.toml"
    path = Path(key)
    try:
        return path.read_text(encoding="utf-8-sig"), path.name
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError("a key is a page or worksheet in UTF-8", f"{path}: {error}", "Check the path.") from None


def answers_of(answers: Any, asked: Mapping[str, str]) -> Iterator[_Answer]:
    """Yield the answers, each with its name."""
    if isinstance(answers, Mapping):
        yield from ((str(name), str(text)) for name, text in answers.items())
        return
    if hasattr(answers, "to_dict") and hasattr(answers, "columns"):  # of pandas, or of polars
        rows = answers.to_dicts() if hasattr(answers, "to_dicts") else answers.to_dict("records")
        yield from _rows(({str(column): cell for column, cell in row.items()} for row in rows), asked)
        return
    for path in [answers] if isinstance(answers, str | os.PathLike) else answers:
        found = Path(path)
        if found.is_dir():
            yield from ((each.name, each) for each in sorted(found.iterdir()) if each.suffix.lower() in _SUFFIXES)
        elif found.suffix.lower() == ".csv":
            try:
                yield from _rows(_csv_rows(found), asked, str(path))
            except (MicrogradnetError, OSError) as error:
                yield str(path), error
        else:
            yield str(path), found


def _rows(rows: Iterable[Mapping[str, Any]], asked: Mapping[str, str], table: str = "table") -> Iterator[_Answer]:
    """Yield the answers of a table: a column whose heading is a figure's name holds that figure.

    A table of two columns may be one student's, with a row for each figure: its name, and what it is.
    """
    rows = list(rows)
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    names = {spelled(name): name for pair in asked.items() for name in pair}
    if len(headings) == 2 and spelled(headings[1]) not in names:
        pairs = [(headings[0], headings[1]), *(tuple(map(_cell_text, row.values())) for row in rows)]
        if any(spelled(name) in names for name, _ in pairs[1:]):
            yield table, tuple(_line(name, text) for name, text in pairs if text and re.search(r"\d", text))
            return
    if not any(spelled(heading) in names for heading in headings):
        given = f"columns {shown(', '.join(headings))}" if rows else "a table without rows"
        which = "the rows of the first column, or columns," if len(headings) == 2 else "columns"
        advice = f"Call {which} as the key does: {', '.join(list(asked.values())[:3])}."
        yield table, DataFileError("a column for each asked figure", given, advice)
        return
    for number, row in enumerate(rows, 1):
        lines, who = [], []
        for heading, cell in row.items():
            figure, text = names.get(spelled(heading)), _cell_text(cell)
            if figure is None:
                who.append(text)
            elif text:
                lines.append(_line(figure, text))
        yield " ".join(filter(None, who[:2])) or f"row {number}", tuple(lines)


def _cell_text(cell: Any) -> str:
    return "" if cell is None or cell != cell else " ".join(str(cell).split())


def _line(name: str, text: str) -> str:
    """Return the line of an answer that a cell makes; a comma for the decimals becomes a point."""
    decimal = re.fullmatch(r"[-−+]?\d+,\d+", text)
    return f"{name} = {text.replace(',', '.') if decimal else text}"


def _csv_rows(path: Path) -> Iterator[dict[str, str]]:
    text = _decoded(path.read_bytes(), path)
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    csv.field_size_limit(4 * LARGEST)
    try:
        yield from csv.DictReader(io.StringIO(text), delimiter=delimiter, restval="", restkey="")
    except csv.Error as error:
        raise DataFileError("answers are a table in CSV", f"{path}: {error}", "Export it again.") from None


def lines_of_answer(content: Any) -> tuple[str, ...]:
    """Return the lines of an answer that may hold figures, from what :func:`answers_of` yields of it."""
    if isinstance(content, Exception):
        raise content
    if isinstance(content, tuple):
        return _few_enough(content)
    size = len(content) if isinstance(content, str) else content.stat().st_size
    if size > LARGEST:
        raise DataFileError(f"an answer has at most {LARGEST} bytes", str(size), "Shorten it.")
    text = content if isinstance(content, str) else _decoded(content.read_bytes(), content)
    if isinstance(content, Path) and content.suffix.lower() == ".toml":
        return tuple(_toml_claims(text, content))
    return tuple(_claims_of(text))


def _decoded(content: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text:  # which cp1252 has, and no text
                return text.replace("\r\n", "\n").replace("\r", "\n")
    raise DataFileError("an answer is a text", f"{path.name}, which is none", "Save it as UTF-8.")


def _claims_of(text: str) -> Iterator[str]:
    """Yield the lines of a page or of plain text; front matter is a stranger's and left out."""
    lines = text.lstrip("\ufeff").split("\n")
    if lines[0].strip() == "+++":
        lines = ["", *claim_lines(lines[(end_of_front(lines) or 0) + 1 :])]
    yield from _few_enough(tuple(line for line in lines if not BLANK_LINE.search(line)))


def _few_enough(lines: tuple[str, ...]) -> tuple[str, ...]:
    if len(lines) > MOST_LINES:
        raise DataFileError(f"an answer has at most {MOST_LINES} lines", str(len(lines)), "Shorten it.")
    return lines


def _toml_claims(text: str, path: Path) -> Iterator[str]:
    """Yield the claims of an answer in TOML as lines; all else in it is left out."""
    try:
        claims = tomllib.loads(text).get("claims", {})
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataFileError("an answer in TOML", f"{path.name}: {error}", "Mend that line.") from None
    pairs = claims.items() if isinstance(claims, dict) else [
        (claim.get("quantity", ""), claim.get("printed", "")) for claim in claims if isinstance(claim, dict)
    ]  # fmt: skip
    yield from (f"{quantity} = {printed}" for quantity, printed in pairs)
