"""Notes that know nothing of this package, kept true: every equality in a file that can be computed is judged.

``microgradnet check FILE...`` reads Markdown, LaTeX, notebooks, plain text, and the comments of source code. What may
mean something else than arithmetic is left alone: versions, dates, list numbers, tables of results, code, a name that
the file binds to two numbers.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microgradnet.errors import DataFileError, ExpressionError, shown
from microgradnet.text import clean
from microgradnet.verification.check import Equality, bindings, judge_lines
from microgradnet.verification.lines import in_blocks

LARGEST = 5_000_000  # bytes of one file
_TEXT = frozenset([".md", ".markdown", ".mdx", ".qmd", ".rmd", ".rst", ".txt", ".text", ""])
_COMMENT = {".py": "#", ".jl": "#", ".r": "#", ".sh": "#", ".m": "%", ".js": "//", ".ts": "//", ".c": "//", ".cc": "//",
            ".cpp": "//", ".h": "//", ".rs": "//", ".java": "//", ".go": "//"}  # fmt: skip
_NOTES = (_TEXT - {""}) | {".tex", ".ipynb"}  # of a folder; source code is read where it is named
_PACKAGES = frozenset(["node_modules", "site-packages", "__pycache__"])
_PROSE_BLOCKS = frozenset(
    ["", "text", "txt", "math", "latex", "tex", "plaintext", "plain", "asciimath", "console", "md"]
)
_LEFT_OUT = re.compile(
    r"\]\([^()\s]*\)|https?://\S+|!\[[^\]]*\]|<!--.*?-->|\b[\w./-]+\.(?:png|jpg|svg|pdf|py|html)\b|\{[:#.][^{}]*\}"
    r"|\[(?:width|height|scale|label|language)[^\]]*\]"
)
# Lines in which "=" means something else: arithmetic modulo or in another base, rules of a programming language.
_ELSEWHERE = re.compile(
    r"\bmod\b|≡|\\equiv|\\pmod|\b0[bx][0-9a-fA-F]+|\(binary\)|\b(?:xor|in binary|hexadecimal|integer division)\b", re.I
)


@dataclass(frozen=True, slots=True)
class NotedEquality:
    """An equality of a file that was judged, with the place of its right side; true if it is no alarm.

    Arguments:
        path: the file, as it was given.
        cell: the cell of a notebook, counted from 1; None elsewhere.
        line, column: counted from 1.
        equality: what was judged.
    """

    path: str
    cell: int | None
    line: int
    column: int
    equality: Equality

    def __bool__(self) -> bool:
        return bool(self.equality or self.equality.remark)  # which base a logarithm has, only the author knows

    def __str__(self) -> str:
        cell = "" if self.cell is None else f"cell {self.cell}:"
        said = clean(f"{self.equality.left} {self.equality.relation} {self.equality.right}", 160)
        place = f"{clean(self.path)}:{cell}{self.line}:{self.column}"
        verdict = f"is false: the left side is {self.equality.exact}" if not self.equality else "holds"
        return f"{place}: {said}  {verdict}"


@dataclass(slots=True)
class CheckedFile:
    """What was found in a file; true if no equality in it is false."""

    path: str
    equalities: list[NotedEquality] = field(default_factory=list)

    @property
    def alarms(self) -> list[NotedEquality]:
        """The equalities that are false."""
        return [each for each in self.equalities if not each]

    def __bool__(self) -> bool:
        return all(self.equalities)

    def as_json(self) -> dict[str, Any]:
        """Return the alarms as plain data."""
        return {
            "file": self.path,
            "judged": len(self.equalities),
            "false": [
                {
                    "cell": alarm.cell,
                    "line": alarm.line,
                    "column": alarm.column,
                    "left": alarm.equality.left,
                    "right": alarm.equality.right,
                    "exact": alarm.equality.exact,
                }
                for alarm in self.alarms
            ],
        }


def check_file(path: str | Path) -> CheckedFile:
    """Judge every equality in a file that can be computed from itself, or from numbers that the file binds to names.

    Arguments:
        path: a file of Markdown, LaTeX, plain text or source code, or a Jupyter notebook.

    Returns:
        A :class:`CheckedFile`, which is true if none is false.

    Raises:
        DataFileError: the file can't be read, is too large, or is no text.
    """
    if not str(path).strip():
        raise DataFileError("a line of arithmetic, or a file of notes", "an empty name", 'Write "2*3 = 6".')
    found = CheckedFile(str(path))
    for cell, lines in _parts(Path(path)):
        numbers = {name: values for name, values in bindings(lines).items() if len(values) > 1}
        for first, section in _sections(lines):
            _judge_section(found, cell, first, section, frozenset(numbers))
    return found


def _judge_section(found: CheckedFile, cell: int | None, first: int, lines: list[str], reused: frozenset[str]) -> None:
    try:
        equalities, _ = judge_lines(lines, never=reused, notes=True)
    except ExpressionError:
        return  # a line of thousands of characters is data
    found.equalities += [NotedEquality(found.path, cell, first + each.line, each.column, each) for each in equalities]


def notes_in(folder: Path) -> list[Path]:
    """Return the notes in a folder and in all inside it, sorted, without those of hidden folders and of packages."""
    found = []
    for inside, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _PACKAGES]
        found += [Path(inside, name) for name in names if Path(name).suffix.lower() in _NOTES]
    return sorted(found)


def _parts(path: Path) -> Iterator[tuple[int | None, list[str]]]:
    """Yield the parts of a file that are notes, each with its cell: one entry a line, blank where nothing is judged."""
    text = _text(path)
    kind = path.suffix.lower()
    if kind == ".ipynb":
        yield from _cells(path, text)
    elif kind == ".tex":
        yield None, _latex(text)
    elif kind in _COMMENT:
        yield None, [_comment(line, _COMMENT[kind]) for line in text.split("\n")]
    elif kind in _TEXT:
        yield None, _markdown(text)
    else:
        advice = "Give Markdown, LaTeX, a notebook, plain text or source code."
        raise DataFileError("notes are a file of a known kind", f"{shown(str(path))} of kind {kind}", advice)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise DataFileError(
                f"notes have at most {LARGEST} bytes", f"{path.stat().st_size} in {path}", "Split them."
            )
        return path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        advice = 'Check the path; a line of arithmetic holds an =, as in "2*3 = 6".'
        raise DataFileError("notes are a file that exists", shown(str(path)), advice) from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError("notes are a text file in UTF-8", f"{path}: {error}", "Save it as UTF-8.") from None


def _cells(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    try:
        cells = json.loads(text)["cells"]
        sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataFileError("a notebook is JSON with cells", f"{path}: {error}", "Save it in Jupyter.") from None
    for number, (kind, source) in enumerate(sources, 1):
        if kind == "markdown":
            yield number, _markdown(source)
        elif kind == "code":
            yield number, [_comment(line, "#") for line in source.split("\n")]


def _markdown(text: str) -> list[str]:
    """Return the lines of Markdown with front matter, code that is no arithmetic, links and tags blanked out."""
    lines = text.split("\n")
    front = lines[0].strip() if lines[0].strip() in ("---", "+++") else None
    end = next((number for number, line in enumerate(lines) if number and line.strip() == front), None)
    kept = [""] * (0 if end is None else end + 1)
    for line, language, is_fence in in_blocks(lines[len(kept) :]):
        mark = "" if language is None else _mark_of(language)
        kept.append("" if is_fence else _comment(line, mark) if mark else _blank(line))
    return kept


def _mark_of(language: str) -> str:
    """Return the comment mark of a code block's language; nothing where the block may hold arithmetic as it is."""
    if language in _PROSE_BLOCKS:
        return ""
    short = {
        "python": ".py",
        "py": ".py",
        "javascript": ".js",
        "rust": ".rs",
        "matlab": ".m",
        "julia": ".jl",
        "cpp": ".cpp",
    }
    return _COMMENT.get(short.get(language, "." + language), "#")


def _latex(text: str) -> list[str]:
    begin = text.find("\\begin{document}")
    head = text[: max(begin, 0)].count("\n")
    lines = [re.sub(r"(?<!\\)%.*", "", line) for line in text.split("\n")]
    return ["" if number < head else _blank(line) for number, line in enumerate(lines)]


def _comment(line: str, mark: str) -> str:
    """Return a line of source code with all but its comment blanked out."""
    place = line.find(mark)
    return "" if place < 0 else " " * (place + len(mark)) + _blank(line[place + len(mark) :])


def _blank(line: str) -> str:
    """Return a line with what is no arithmetic blanked out; columns stay as they are."""
    if _ELSEWHERE.search(line) or not re.search(r"[=≈]|\\approx", line):
        return "" if not line.lstrip().startswith("#") else line
    return _LEFT_OUT.sub(lambda match: " " * len(match.group()), line)


def _sections(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the parts between headings, within which a name keeps its number, each with the place of its first line."""
    start = 0
    for number, line in enumerate(lines):
        if number > start and re.match(r"#{1,6}\s|\\(?:sub)*section\b|\\(?:chapter|paragraph)\b", line):
            yield start, lines[start:number]
            start = number
    yield start, lines[start:]
