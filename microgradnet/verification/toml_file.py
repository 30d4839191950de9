"""Getting at the TOML of a worksheet: a file's bytes, its text, its top table."""

from __future__ import annotations

import os
import re
import tomllib
from os import PathLike
from typing import Any

from microgradnet.errors import WorksheetError

MAX_BYTES = 200_000  # the longest worked example has 13,000
_MAX_PARTS = 16
_PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_LONG_KEY = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{_MAX_PARTS}}}")


def read_file(path: str | PathLike[str]) -> str:
    """Return the text of a worksheet file.

    Raises:
        WorksheetError: there is no such file, it can't be read, is too large, or is not UTF-8.
    """
    try:
        name = os.fsdecode(path)
    except TypeError:
        came = f"{path!r} of type {type(path).__name__}"
        raise WorksheetError("the path of a worksheet", came, "Give it as a string or a Path.") from None
    try:
        with open(name, "rb") as file:
            contents = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise WorksheetError(f"{name}: a worksheet", "no file of this name", "Check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WorksheetError(f"{name!r}: a file that can be read", reason, "Check the path.") from None
    if len(contents) > MAX_BYTES:
        raise WorksheetError(f"{name}: at most {MAX_BYTES} bytes", "more", "Split the worksheet.")
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents[: error.start].count(b"\n") + 1
        came = f"the byte 0x{contents[error.start]:02x} in line {line}"
        raise WorksheetError(f"{name}: text in UTF-8", came, "Save the file as UTF-8.") from None


def parse(text: str, name: str) -> dict[str, Any]:
    """Return the top table of a worksheet.

    Raises:
        WorksheetError: it is no TOML; the message names the line.
    """
    if not isinstance(text, str):
        came = f"{type(text).__name__}"
        raise WorksheetError(f"{name}: the text of a worksheet", came, "Use Worksheet.load for a file.")
    if len(text) > MAX_BYTES:
        raise WorksheetError(f"{name}: at most {MAX_BYTES} characters", f"{len(text)}", "Split the worksheet.")
    _check_keys(text, name)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorksheetError(f"{name}: a worksheet in TOML", str(error), "Check that line.") from None
    except (ValueError, ArithmeticError, RecursionError, MemoryError):  # a number of thousands of digits, say
        advice = "Write plain numbers and short tables."
        raise WorksheetError(f"{name}: a worksheet in TOML", "what the parser gives up on", advice) from None


def _check_keys(text: str, name: str) -> None:
    """Refuse a key of many parts, over which the parser would take quadratic time and memory."""
    found = _LONG_KEY.search(text)
    if found:
        came = f"more in line {text.count(chr(10), 0, found.start()) + 1}"
        raise WorksheetError(f"{name}: a key of at most {_MAX_PARTS} parts", came, "Use short keys.")
