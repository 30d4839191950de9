"""The texts of worksheets: of a file, as TOML with the lines of its keys, and of the worked examples.

A page or worksheet that is put into the folder ``examples`` is an example from then on, named as its file is.
``TEACHING_ORDER`` only says which come first when all are listed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgradnet.errors import UnknownNameError, WorksheetError, close_names

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

SUFFIXES = (".md", ".toml")  # of pages and worksheets
MAX_BYTES = 200_000  # of a worksheet; the longest worked example has 13,000
_MAX_PARTS = 16
_MOST_BLANKS = 200  # parts of a table that are looked at for a comma behind its last entry
_PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_FOREIGN_KEY = re.compile(r"((?:^|[{,])[ \t]*)([^\s=\"'\[\]{},#.]*[^\x00-\x7f][^\s=\"'\[\]{},#.]*)(?=[ \t]*=)", re.M)
_LONG_KEY = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{_MAX_PARTS}}}")

# What decides in TOML where a table in braces ends.
_IN_TABLE = re.compile(r"\"{3}(?:[^\\]|\\.)*?\"{3}|'{3}.*?'{3}|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|#[^\n]*|[{},\n]", re.S)

TEACHING_ORDER = (
    # the five derivations that the package stands on
    "s0-softmax-squared-error",
    "s1-logistic-neurons-cross-entropy",
    "s2-multilayer-perceptron",
    "s3-any-depth",
    "s4-four-equations",
    # expressions: a chain, shared variables, choices, traces
    "ng-J",
    "cs231n-xyz",
    "karpathy-L",
    "lynx-diamond",
    "cs224n-max",
    "micrograd-readme",
    "baydin-survey",
    "griewank-walther",
    # one neuron, one weight, one step
    "toy-linear-sq",
    "karpathy-neuron",
    "cs231n-sigmoid-neuron",
    "gad-single-neuron",
    "jurafsky-lr-sgd",
    "keras-sgd-momentum",
    "adam-theta-squared",
    # networks with a hidden layer
    "hmkcode",
    "mazur-2015",
    "generation5-xor",
    "negnevitsky-xor",
    "han-kamber",
    # networks whose source slipped
    "geeksforgeeks",
    "zju-mooc-8-3",
    "postnetwork-softmax-ce",
    "double-sigmoid-slip",
)


def read_file(path: str | PathLike[str]) -> str:
    """Return the text of a worksheet file.

    Raises:
        WorksheetError: there is no such file, it can't be read, is too large, or is not UTF-8.
    """
    try:
        name = os.fsdecode(path)
    except TypeError:
        given = f"{path!r} of type {type(path).__name__}"
        raise WorksheetError("the path of a worksheet", given, "Give it as a string or a Path.") from None
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
        given = f"the byte 0x{contents[error.start]:02x} in line {line}"
        raise WorksheetError(f"{name}: text in UTF-8", given, "Save the file as UTF-8.") from None


def parse(text: str, file: str, first_line: int) -> dict[str, Any]:
    """Return the top table of a worksheet.

    Raises:
        WorksheetError: it is no TOML; the message names the line.
    """
    if not isinstance(text, str):
        given = f"{type(text).__name__}"
        raise WorksheetError(f"{file}: the text of a worksheet", given, "Use Worksheet.load for a file.")
    if len(text) > MAX_BYTES:
        raise WorksheetError(f"{file}: at most {MAX_BYTES} characters", f"{len(text)}", "Split the worksheet.")
    found = _LONG_KEY.search(text)  # over which the parser would take quadratic time and memory
    if found:
        given = f"more in line {text.count(chr(10), 0, found.start()) + 1}"
        raise WorksheetError(f"{file}: a key of at most {_MAX_PARTS} parts", given, "Use short keys.")
    curly = re.search(r"[“”„‟]", text)
    text, never_closed = unfolded(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        quoted = _FOREIGN_KEY.sub(r'\1"\2"', text)
        if quoted != text:
            with suppress(ValueError, ArithmeticError, RecursionError, MemoryError):
                return tomllib.loads(quoted)
        advice = "Check that line."
        if "Invalid value" in str(error):
            advice = 'A text stands in quotes, as in loss = "half_squared_error"; a list in [ ].'
        if text.lstrip().startswith("---"):
            advice = "Front matter is TOML between two lines +++, and no YAML between two lines ---."
        if "Unclosed inline table" in str(error):
            advice = "The entries of a table in { } are parted by commas."
        if never_closed:
            advice = f"Line {never_closed + first_line - 1} opens a table with {{ that no }} closes."
        if curly:
            line = text.count("\n", 0, curly.start()) + first_line
            advice = f'Line {line} has the curly quote {curly[0]}: write straight ones, ".'
        given = re.sub(r"(?<=at line )\d+", lambda line: str(int(line[0]) + first_line - 1), str(error))
        raise WorksheetError(f"{file}: a worksheet in TOML", given, advice) from None
    except (ValueError, ArithmeticError, RecursionError, MemoryError):  # a number of thousands of digits, say
        advice = "Write plain numbers and short tables."
        raise WorksheetError(f"{file}: a worksheet in TOML", "what the parser gives up on", advice) from None


def unfolded(text: str) -> tuple[str, int]:
    """Return TOML with each table in braces on one line, as version 1.0 wants it; version 1.1 lets it take several.

    The line feeds follow the table, so that all other lines keep their numbers.

    Returns:
        The text, and the line of the first brace that is never closed, from 1; 0 if there is none.
    """
    done: list[str] = []
    inside: list[str] = []
    depth = feeds = opened = end = 0
    for token in _IN_TABLE.finditer(text):
        kept, sign = inside if depth else done, token[0]
        kept.append(text[end : token.start()])
        end = token.end()
        if not depth and sign == "{":
            opened, inside, feeds = token.start(), [], 0
        if sign == "}" and depth:
            tail = [place for place in range(max(len(inside) - _MOST_BLANKS, 0), len(inside)) if inside[place].strip()]
            if len(tail) > 1 and inside[tail[-1]] == "," and inside[tail[-2]] not in ("{", ","):
                inside[tail[-1]] = ""  # a comma behind the last entry
        depth = max(depth + (sign == "{") - (sign == "}"), 0)
        if kept is inside and (sign == "\n" or sign[0] == "#"):
            feeds += sign == "\n"
            inside.append(" ")
        elif depth or kept is inside:
            inside.append(sign)
        else:
            done.append(sign)
        if not depth and inside:
            done += [*inside, "\n" * feeds]
            inside = []
    if depth:
        return "".join(done) + text[opened:], text.count("\n", 0, opened) + 1
    return "".join(done) + text[end:], 0


def lines_of(text: str, first: int) -> dict[str, int]:
    """Return the lines of the keys: "network.layers[2].weights" of that key in the second table [[network.layers]]."""
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    table, quoted = "", ""
    for number, line in enumerate(text[:MAX_BYTES].split("\n"), first):
        was_quoted = quoted
        for mark in re.findall(r'"""|\'\'\'', line):
            quoted = "" if quoted == mark else quoted or mark
        header = re.match(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]", line)
        key = re.match(rf"\s*({_PART})\s*=", line)
        if was_quoted:
            continue
        if header:
            table = header[2].strip("\"' ")
            if header[1] == "[[":
                counts[table] = counts.get(table, 0) + 1
                table = f"{table}[{counts[table]}]"
            found[table] = number
        elif key:
            found[f"{table}.{key[1]}".replace('"', "").lstrip(".")] = number
    return found


def placed(file: str, lines: Mapping[str, int], path: str) -> str:
    """Return file, line and keys of an entry; the line is that of the nearest key around it."""
    known = path
    while known and known not in lines:
        known = re.sub(r"(\.[^.\[]+|\[[^\[\]]*\]|^[^.\[]+|.)$", "", known)
    line = f":{lines[known]}" if known else ""
    return f"{file}{line}: {path}" if path else f"{file}{line}"


def flat(expressions: Any) -> Any:
    """Return the table of expressions with a name for each entry of a list: x = [1, 2] is x[1] and x[2]."""
    if not isinstance(expressions, dict):
        return expressions
    found: dict[str, Any] = {}
    for name, entry in expressions.items():
        is_list = isinstance(entry, list) and entry and "[" not in name
        for index, each in _entries_of(entry) if is_list else [("", entry)]:
            found[f"{name}{index}"] = each
    return found


def claims_of(entry: Any) -> Iterator[Any]:
    """Yield the claims that an entry makes: one, or one for each figure of a list, a1 = "[0.59, 0.60]"."""
    printed = entry.get("printed") if isinstance(entry, dict) else None
    if isinstance(printed, str) and re.fullmatch(r"\s*\[.*\]\s*", printed, re.DOTALL):
        rows = re.findall(r"\[([^\[\]]*)\]", printed)
        listed = [[figure.strip() for figure in row.split(",")] for row in rows]
        printed = listed if re.match(r"\s*\[\s*\[", printed) else listed[0] if listed else printed
    quantity = entry.get("quantity") if isinstance(entry, dict) else None
    if not isinstance(printed, list) or not printed or not isinstance(quantity, str):
        yield entry
        return
    said = re.search(r"\s+(?:of|after|at)\b", quantity)
    name, said_of_it = (quantity[: said.start()], quantity[said.start() :]) if said else (quantity, "")
    for index, figure in _entries_of(printed):
        entry_of_it = f"{name[:-1]},{index[1:]}" if name.endswith("]") else f"{name}{index}"
        yield {**entry, "quantity": f"{entry_of_it}{said_of_it}", "printed": figure}


def _entries_of(entry: Any) -> Iterator[tuple[str, Any]]:
    """Yield the entries of a list, or of a list of lists, each with its index: "[2]" or "[2,1]"."""
    for place, each in enumerate(entry, 1):
        if isinstance(each, list) and each:
            yield from ((f"[{place},{column}]", number) for column, number in enumerate(each, 1))
        else:
            yield f"[{place}]", each


def names() -> tuple[str, ...]:
    """Return the names of all worked examples: those of the teaching order in that order, then any other by name.

    Example:
        >>> names()[0]
        's0-softmax-squared-error'
    """
    found = {Path(entry.name).stem for entry in _folder().iterdir() if entry.name.endswith(SUFFIXES)}
    taught = tuple(name for name in TEACHING_ORDER if name in found)
    return taught + tuple(sorted(found.difference(taught)))


def titles() -> dict[str, str]:
    """Return the title of every worked example by its name, in the order of :func:`names`.

    Example:
        >>> titles()["ng-J"]
        "J = 3(a + bc), the course's computation graph"
    """
    return {name: _title(text(name)) for name in names()}


def _title(text: str) -> str:
    """Return the title of a worksheet, or the first heading of a page."""
    if not text.startswith("+++"):
        return str(tomllib.loads(text)["title"])
    return next(line.removeprefix("# ") for line in text.partition("\n+++\n")[2].split("\n") if line.startswith("# "))


def text(name: str) -> str:
    """Return the worksheet of an example as it is written: something to start one's own from.

    Raises:
        UnknownNameError: there is no example of this name; the message has names that are written alike.
    """
    return file(name).read_text(encoding="utf-8")


def _folder() -> Traversable:
    return resources.files("microgradnet.verification") / "examples"


def file(name: str) -> Traversable:
    """Return the file of an example.

    Raises:
        UnknownNameError: there is no example of this name; the message has names that are written alike.
    """
    known = names()
    if name not in known:
        raise UnknownNameError("the name of a worked example", repr(name), _suggestion(str(name), known))
    return next(entry for entry in _folder().iterdir() if entry.name in [name + suffix for suffix in SUFFIXES])


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    """Return advice: examples that are written alike or start alike, or how to list all."""
    begun = [each for each in known if name and each.casefold().startswith(name.casefold())]
    close = [*begun, *close_names(name, known)]
    alike = ", ".join(dict.fromkeys(close[:3]))
    return f"Written alike: {alike}." if alike else "microgradnet examples lists them all."
