"""Answers of a class as they are handed in: pages, notebooks, TOML, plain lines, folders of those, tables.

A folder may be one that a learning platform exports, with a folder or a file for each student; a table may be one of
its tables of responses. An answer is a stranger's file: only its figures count, its size is bounded, and what can't be
read is an error of that answer alone.
"""

from __future__ import annotations

import ast
import csv
import html
import io
import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from microgradnet.errors import ArgumentError, DataFileError, MicrogradnetError, described, shown
from microgradnet.verification.lines import LONGEST_LINE, claim_lines, end_of_front
from microgradnet.verification.page import BLANK_LINE
from microgradnet.verification.spelling import key as spelled

LARGEST = 50_000  # bytes of one answer: more could keep a processor busy for more than two seconds
LARGEST_NOTEBOOK = 5_000_000  # bytes, outputs included; of its cells count as many as of another answer
LARGEST_TABLE = 5_000_000  # bytes of a table that lies in a folder
MOST_LINES = 400  # of one answer
_ELSE_IN_FOLDERS = re.compile(r"[.~]|__MACOSX$|(?:Thumbs\.db|desktop\.ini)$", re.I)  # what systems leave behind
_OF_MOODLE = re.compile(r"(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)", re.S)
_NOT_TEXTS = frozenset(
    [".pdf", ".docx", ".doc", ".odt", ".rtf", ".xlsx", ".xls", ".ods", ".zip", ".jpg", ".jpeg", ".png", ".heic"]
)
_MISSING = ("None", "nan", "NaN", "NaT", "<NA>")  # cells of DataFrames
_FIRST_NAMES = ("firstname", "givenname", "vorname")
_NAMES = ("name", "student", "fullname", *_FIRST_NAMES, "lastname", "surname", "familyname", "nachname")
# Of columns by which a platform knows a student, the surest first.
_IDENTITIES = ("sisid", "idnumber", "matrikelnummer", "studentid", "emailaddress", "email", "emailadresse", "id")
_SHEETS = ("sheet", "blatt", "version", "variant", "variante")
_RESPONSE = re.compile(r"(?:Response|Answer|Antwort|Réponse|Respuesta|Risposta|Antwoord|Resposta|回答|答案) ?(\d+)")
_QUESTION = re.compile(r"(?:Question|Frage|Pregunta|Domanda|Vraag|Questão|题目|試題|试题) ?\d+")
_BLOCK = re.compile(r"</?(?:p|div|br|li|tr|pre|h\d|table|[uo]l|blockquote)\b", re.I)  # of HTML, which begins a line
_PART = re.compile(r"(?:^|; )[^\W\d]+ (\d+): (.*?)(?=; [^\W\d]+ \d+: |$)", re.S)  # of a cloze question of Moodle
_OF_CANVAS = re.compile(r"\d+: .* = \?\s*", re.S)  # a question of ours, behind its number


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One answer as it was handed in.

    Arguments:
        name: the file, or the student's name in a table.
        content: its path, its text, its lines, or the error that keeps it from being read.
        sheet: which of several sheets it answers, as its table says; "" where nothing says so.
        identity: by what a learning platform knows the student, such as an e-mail address; "" where nothing says so.
    """

    name: str
    content: Path | str | tuple[str, ...] | Exception
    sheet: str = ""
    identity: str = ""


def answers_of(answers: Any, asked: Mapping[str, str], keys: Sequence[Path] = ()) -> Iterator[HandedIn]:
    """Yield what was handed in.

    Arguments:
        answers: what :func:`grading.grade` is given.
        asked: the quantities that are asked for, with what the key calls them.
        keys: files that are keys, and no answers where they lie among them.

    Raises:
        ArgumentError: they are none of these, or two columns of a DataFrame have one name.
    """
    if isinstance(answers, Mapping):
        yield from (HandedIn(str(name), _of_mapping(str(name), answer)) for name, answer in answers.items())
        return
    if hasattr(answers, "to_dict") and hasattr(answers, "columns"):
        yield from _rows(_rows_of_frame(answers), asked)
        return
    if not isinstance(answers, os.PathLike | Iterable):
        expected = "answers are paths, texts, a mapping from names to them, or a DataFrame"
        raise ArgumentError(expected, described(answers), "Give their folder.")
    for number, each in enumerate([answers] if isinstance(answers, str | os.PathLike) else answers, 1):
        if isinstance(each, str) and "\n" in each:
            yield HandedIn(f"answer {number}", each)
        else:
            yield from _of_path(Path(each), str(each), asked, {key.resolve() for key in keys})


def _rows_of_frame(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a DataFrame of polars or pandas; an index of the latter that says something is a column."""
    columns = [str(column) for column in frame.columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ArgumentError("a DataFrame of answers has one column for each figure", shown(twice), "Leave one out.")
    if hasattr(frame, "to_dicts"):
        rows = frame.to_dicts()
    else:
        rows = (frame if type(frame.index).__name__ == "RangeIndex" else frame.reset_index()).to_dict("records")
    return [{str(column): cell for column, cell in row.items()} for row in rows]


def _of_mapping(name: str, answer: Any) -> Path | str | tuple[str, ...]:
    if isinstance(answer, str | Path):
        return answer
    if isinstance(answer, Mapping):
        return tuple(_line(str(figure), text) for figure, cell in answer.items() if (text := _cell_text(cell)))
    given = f"{described(answer)} for {shown(name)}"
    raise ArgumentError("an answer is a text, a Path, or a mapping from figures to numbers", given, "Convert it.")


def _of_path(path: Path, name: str, asked: Mapping[str, str], keys: set[Path]) -> Iterator[HandedIn]:
    if path.is_dir():
        yield from _of_folder(path, asked, keys)
    elif path.suffix.lower() == ".csv":
        try:
            yield from _rows(list(_csv_rows(path)), asked, name)
        except (MicrogradnetError, OSError) as error:
            yield HandedIn(name, error)
    else:
        yield HandedIn(name, path)


def _of_folder(folder: Path, asked: Mapping[str, str], keys: set[Path]) -> Iterator[HandedIn]:
    """Yield the answers in a folder: every file, and what each student's folder holds, by the student's name."""
    for path in sorted(folder.iterdir()):
        if _is_none(path, keys):
            continue
        student = _OF_MOODLE.fullmatch(path.name)
        if path.is_symlink() or not path.is_dir():
            name = f"{student[1]} {student[3]}".strip() if student else path.name
            yield from _of_student(path, name, _participant(student), asked, keys)
            continue
        inside = sorted(each for each in path.rglob("*") if not each.is_dir() and not _is_none(each, keys, path))
        whose = student[1] if student else path.name
        for each in inside:
            name = whose if len(inside) == 1 else f"{whose}/{each.relative_to(path).as_posix()}"
            yield from _of_student(each, name, _participant(student), asked, keys)
        if not inside and not _is_ours(path):
            error = DataFileError("a student's folder has an answer", "none", "Ask the student.")
            yield HandedIn(whose, error, identity=_participant(student))


def _participant(student: re.Match[str] | None) -> str:
    """Return what Moodle's worksheet of grades calls a student."""
    return f"Participant {student[2]}" if student else ""


def _of_student(path: Path, name: str, identity: str, asked: Mapping[str, str], keys: set[Path]) -> Iterator[HandedIn]:
    """Yield the answers in a file of a folder: a table with other names in it is still this student's."""
    if path.is_symlink() or not path.is_file():
        error = DataFileError("an answer is a file", "a link or a device", "Copy its file here.")
        yield HandedIn(name, error, identity=identity)
    elif path.suffix.lower() == ".csv" and path.stat().st_size > LARGEST_TABLE:
        expected = f"a table in a folder has at most {LARGEST_TABLE} bytes"
        yield HandedIn(name, DataFileError(expected, name, "Give it by itself."), identity=identity)
    else:
        for handed in _of_path(path, name, asked, keys):
            whose = name if handed.name == name else f"{name}: {handed.name}"
            yield replace(handed, name=whose, identity=identity or handed.identity)


def _is_none(path: Path, keys: set[Path], top: Path | None = None) -> bool:
    """Tell whether a file is no answer: a key, what a system leaves behind, or marks that were written before."""
    places = [path, *(each for each in path.parents if top is not None and each.is_relative_to(top))]
    is_left_behind = any(_is_ours(each) or _ELSE_IN_FOLDERS.match(each.name) for each in places)
    return is_left_behind or path.resolve() in keys


def _is_ours(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("marks.csv", "teacher.html", "feedback"))


# ---- Tables


def _rows(rows: list[dict[str, Any]], asked: Mapping[str, str], table: str = "table") -> Iterator[HandedIn]:
    """Yield the answers of a table: a column whose heading is a figure's name holds that figure.

    A table of two columns may be one student's, with a row for each figure: its name, and what it is.
    """
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    names = {spelled(name): name for pair in asked.items() for name in pair}
    if len(headings) == 2 and spelled(headings[1]) not in names:
        pairs = [(headings[0], headings[1]), *(tuple(map(_cell_text, row.values())) for row in rows)]
        if any(spelled(name) in names for name, _ in pairs[1:]):
            yield HandedIn(table, tuple(_line(name, text) for name, text in pairs if text and re.search(r"\d", text)))
            return
    columns = _columns(headings, names, list(asked.values()), rows)
    if not columns:
        given = f"columns {shown(', '.join(headings))}" if rows else "a table without rows"
        which = "the rows of the first column, or columns," if len(headings) == 2 else "columns"
        advice = f"Call {which} as the key does: {', '.join(list(asked.values())[:3])}."
        yield HandedIn(table, DataFileError("a column for each asked figure", given, advice))
        return
    for number, row in enumerate(rows, 1):
        texts = {heading: _cell_text(cell) for heading, cell in row.items()}
        if any(texts.values()):
            name = _name(texts, columns) or f"row {number}"
            known = {_plain_heading(heading): text for heading, text in texts.items()}
            identity = next((known[each] for each in _IDENTITIES if known.get(each)), "")
            yield HandedIn(name, _lines_of_row(texts, columns, asked), _sheet_of_row(texts), identity)


def _columns(
    headings: Sequence[str], names: Mapping[str, str], titles: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Return the columns that hold figures, each with the figure's name; "" for one that has all as parts.

    Raises:
        DataFileError: two columns are for one figure, or a table of Moodle has not as many responses as are asked for.
    """
    columns = {}
    for heading in headings:
        said = spelled(re.sub(r" \(column \d+\)$", "", heading))
        if _OF_CANVAS.fullmatch(heading):  # which runs the paragraphs of a question into one
            said = said.removesuffix("=?")
            said = max((name for name in names if said.endswith(name)), key=len, default="")
        if said in names:
            columns[heading] = names[said]
    twice = [heading for heading, figure in columns.items() if list(columns.values()).count(figure) > 1]
    if twice:
        raise DataFileError("one column for each figure", f"{shown(', '.join(twice))}", "Leave one of them out.")
    responses = [heading for heading in headings if _RESPONSE.fullmatch(heading)]
    if columns or not responses:
        return columns
    if any(_PART.match(str(row.get(responses[0], ""))) for row in rows):
        return dict.fromkeys(responses, "")
    if len(responses) != len(titles):
        given = f"{len(responses)} columns of responses"
        raise DataFileError(f"a response for each of the {len(titles)} asked figures", given, "Rename the columns.")
    return dict(zip(sorted(responses, key=lambda heading: int(_RESPONSE.fullmatch(heading)[1])), titles, strict=True))  # type: ignore[index]


def _name(texts: Mapping[str, str], columns: Mapping[str, str]) -> str:
    """Return a student's name: the columns that are called so, first names first, or the first two of no figures."""
    others = [heading for heading in texts if heading not in columns]
    named = [heading for heading in others if _plain_heading(heading) in _NAMES]
    named.sort(key=lambda heading: _plain_heading(heading) not in _FIRST_NAMES)
    plain = [heading for heading in others if _plain_heading(heading) not in _SHEETS]
    return " ".join(filter(None, (texts[heading] for heading in named or plain[:2])))


def _plain_heading(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading).lower()


def _sheet_of_row(texts: Mapping[str, str]) -> str:
    """Return which sheet a row answers: what a column of that name says, or the text of a question of Moodle."""
    for heading, text in texts.items():
        if _plain_heading(heading) in _SHEETS and text:
            return text
        question = re.search(r"\bSheet (\w+)\.", text) if _QUESTION.fullmatch(heading) else None
        if question:
            return question[1]
    return ""


def _lines_of_row(
    texts: Mapping[str, str], columns: Mapping[str, str], asked: Mapping[str, str]
) -> tuple[str, ...] | Exception:
    if texts.get(""):
        given = f"more: {shown(texts[''])}"
        return DataFileError("a row has a cell for each column", given, "Put cells with a comma into quotes.")
    lines = []
    for heading, figure in columns.items():
        if figure:
            lines += [_line(figure, texts[heading])] if texts.get(heading) else []
            continue
        parts = {int(number): part.strip() for number, part in _PART.findall(texts.get(heading, ""))}
        if max(parts, default=0) > len(asked):
            return DataFileError(f"{len(asked)} parts, one for each figure", f"part {max(parts)}", "Give their key.")
        titles = list(asked.values())
        lines += [_line(titles[number - 1], part) for number, part in parts.items() if re.search(r"\d", part)]
    return tuple(lines)


def _cell_text(cell: Any) -> str:
    """Return what a cell says, without what keeps a spreadsheet from taking it for something else."""
    text = " ".join(_plain(str(cell)).split())
    if text in _MISSING:
        return ""
    kept = re.fullmatch(r"=\s*\"(.*)\"|'(.*)|[=≈]\s*(.*)", text)
    return next((part for part in kept.groups() if part is not None), "") if kept else text


def _line(name: str, text: str) -> str:
    """Return the line of an answer that a cell makes; a comma for the decimals becomes a point."""
    decimal = re.fullmatch(r"[-−+]?\d+,\d+", text)
    return f"{name} = {text.replace(',', '.') if decimal else text}"


def _csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows; the cells of one that has more than there are headings stand under ""."""
    text = _decoded(path.read_bytes(), path)
    first, _, rest = text.partition("\n")
    told = re.fullmatch(r'"?sep=(.)"?', first.strip(" \ufeff"))  # as spreadsheets write it
    text, first = (rest, rest.partition("\n")[0]) if told else (text, first)
    delimiter = told[1] if told else max(";,\t", key=first.count)
    csv.field_size_limit(4 * LARGEST)
    try:
        table = csv.reader(io.StringIO(text), delimiter=delimiter)
        headings = [heading.strip() for heading in next(table, [])]
        repeated = {heading for heading in headings if heading and headings.count(heading) > 1}
        for row in table:
            cells = {heading: cell for heading, cell in zip(headings, row, strict=False) if heading not in repeated}
            for place, (heading, cell) in enumerate(zip(headings, row, strict=False), 1):
                if heading in repeated:
                    cells[f"{heading} (column {place})"] = cell
            cells |= dict.fromkeys(headings[len(row) :], "")
            more = [cell for heading, cell in zip(headings, row, strict=False) if not heading] + row[len(headings) :]
            cells.pop("", None)
            yield cells | ({"": " ".join(filter(None, more))} if any(more) else {})
    except csv.Error as error:
        raise DataFileError("answers are a table in CSV", f"{path}: {error}", "Export it again.") from None


# ---- Texts


def text_of_answer(content: Path | str | tuple[str, ...] | Exception) -> tuple[tuple[str, ...], str]:
    """Return the lines of an answer that may hold figures, and its front matter, which tells which sheet it answers.

    Raises:
        DataFileError: it is too large, no text, or not what the end of its name says; or the error that it is.
        OSError: its file can't be read.
    """
    if isinstance(content, Exception):
        raise content
    if isinstance(content, tuple):
        return _few_enough(content), ""
    suffix = content.suffix.lower() if isinstance(content, Path) else ""
    size = len(content) if isinstance(content, str) else content.stat().st_size
    largest = LARGEST_NOTEBOOK if suffix == ".ipynb" else LARGEST
    if size > largest and suffix not in _NOT_TEXTS:
        raise DataFileError(f"an answer has at most {largest} bytes", str(size), "Shorten it.")
    if isinstance(content, str):
        return _of_text(content)
    if suffix in _NOT_TEXTS:
        raise DataFileError("an answer is a text", content.name, "Ask for a page, a notebook, plain lines or CSV.")
    text = _decoded(content.read_bytes(), content)
    if suffix == ".toml":
        return _few_enough(tuple(_toml_claims(text, content))), ""
    if suffix == ".ipynb":
        return _of_notebook(text, content)
    return _of_text(_text_of_html(text) if suffix in (".html", ".htm") else text)


def _decoded(content: bytes, path: Path) -> str:
    """Return a text in UTF-8, in UTF-16 with or without its mark, or in what Windows calls 1252."""
    odd, even = (content[start:400:2] for start in (1, 0))  # half of Latin letters in UTF-16 are zeros
    is_wide = [half.count(0) > 0.8 * len(half) for half in (odd, even)]
    marked = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    wide = "utf-16" if marked else "utf-16-le" if is_wide == [True, False] else "utf-16-be" if is_wide[1] else ""
    for encoding in ("utf-8-sig", wide or "cp1252"):
        with suppress(UnicodeDecodeError):
            text = content.decode(encoding)
            if "\0" not in text:  # which cp1252 has, and no text
                return text.replace("\r\n", "\n").replace("\r", "\n")
    raise DataFileError("an answer is a text", f"{path.name}, which is none", "Save it as UTF-8.")


def _plain(text: str) -> str:
    """Return a text with the digits and signs of ASCII in place of wide ones, and without what is not seen."""
    if text.isascii():
        return text
    return "".join(map(_plain_character, text))


def _plain_character(character: str) -> str:
    if "！" <= character <= "～":  # the wide forms, which East Asian keyboards write
        return chr(ord(character) - 0xFEE0)
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return "" if unicodedata.category(character) == "Cf" else character


def _of_text(text: str) -> tuple[tuple[str, ...], str]:
    """Return the lines of a page or of plain text, and the front matter, which is left out of them."""
    lines, front = _plain(text).split("\n"), ""
    if lines[0].strip() == "+++":
        end = end_of_front(lines) or 0
        front = "\n".join(lines[1:end]) if _is_short(lines[1:end]) else ""
        lines = ["", *claim_lines(lines[end + 1 :])]
    return _few_enough(tuple(line for line in lines if not BLANK_LINE.search(line))), front


def _is_short(lines: Sequence[str]) -> bool:
    return all(len(line) <= LONGEST_LINE for line in lines)


def _few_enough(lines: tuple[str, ...]) -> tuple[str, ...]:
    if len(lines) > MOST_LINES:
        raise DataFileError(f"an answer has at most {MOST_LINES} lines", str(len(lines)), "Shorten it.")
    return lines


def _toml_claims(text: str, path: Path) -> Iterator[str]:
    """Yield the claims of an answer in TOML as lines, those of its table ``claims`` or of no table."""
    if not _is_short(text.split("\n")):  # a name with thousands of dots would take seconds
        raise DataFileError(f"lines of at most {LONGEST_LINE} characters", path.name, "Break them.")
    try:
        read = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DataFileError("an answer in TOML", f"{path.name}: {error}", "Mend that line.") from None
    claims = read.get("claims", {each: said for each, said in read.items() if isinstance(said, str | int | float)})
    pairs = claims.items() if isinstance(claims, dict) else [
        (claim.get("quantity", ""), claim.get("printed", "")) for claim in claims if isinstance(claim, dict)
    ]  # fmt: skip
    yield from (f"{quantity} = {printed}" for quantity, printed in pairs)


def _of_notebook(text: str, path: Path) -> tuple[tuple[str, ...], str]:
    """Return the lines and the front matter of a notebook: its text, what its code calls ``answers`` and ``front``."""
    try:
        cells = json.loads(text)["cells"]
        sources = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataFileError("an answer in a notebook", f"{path.name}: {error}", "Save it again.") from None
    lines, front = list[str](), ""
    for kind, source in sources:
        if len(source) > LARGEST:
            raise DataFileError(f"an answer has at most {LARGEST} bytes", f"a cell of {len(source)}", "Shorten it.")
        if kind == "markdown":
            lines += claim_lines(["", *_plain(source).split("\n")])
        elif source.startswith("%%verify"):
            lines += _plain(source).split("\n")[1:]
        elif kind == "code":
            texts = _texts_of_code(source)
            front = texts.get("front", front) if _is_short(texts.get("front", "").split("\n")) else ""
            lines += _plain(texts.get("answers", "")).split("\n")
    return _few_enough(tuple(line for line in lines if line.strip() and not BLANK_LINE.search(line))), front


def _texts_of_code(source: str) -> dict[str, str]:
    """Return the names that code gives to texts; nothing is run."""
    try:
        statements = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {
        target.id: statement.value.value
        for statement in statements
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name) and isinstance(statement.value.value, str)
    }


def _text_of_html(text: str) -> str:
    """Return the text of what a student typed into the form of a learning platform, a line for each block."""
    text = re.sub(r"</t[dh]>", " | ", text, flags=re.I)
    text = re.sub(r"<[^<>]*>", lambda tag: "\n" if _BLOCK.match(tag[0]) else "", text)
    return re.sub(r"\n\s*", "\n", html.unescape(text)).strip()
