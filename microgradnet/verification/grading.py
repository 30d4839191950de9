"""A class at once: answers marked against a key, errors carried forward, slips counted.

An answer is a stranger's file: only its figures count. The key's network, names and step decide, and each answer is
judged by itself, so that no file can change the marks of another.
"""

from __future__ import annotations

import csv
import io
import os
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from microgradnet.errors import ArgumentError, DataFileError, MicrogradnetError, did_you_mean, shown
from microgradnet.text import TextTable, clean, encodable, escape_html, escape_markdown, write_whole
from microgradnet.verification.page import BLANK_LINE, PageReader, begin_of_front, claim_lines, end_of_front
from microgradnet.verification.report import Finding, Verdict
from microgradnet.verification.worksheet import Worksheet

LARGEST = 200_000  # bytes of one answer
MOST_LINES = 400  # of one answer
FOLLOWS = 0.5  # the share of a mark for a figure that follows from a wrong one
_SUFFIXES = (".md", ".txt", ".toml", ".markdown", "")


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """What one student gets.

    Arguments:
        name: the file, or the student's name in a table.
        marks: per asked figure, what it earns.
        findings: what was found of each figure that was given, by quantity.
        lines: the answer's lines.
        problem: why the answer could not be read; "" if it could.
    """

    name: str
    marks: Mapping[str, float] = field(default_factory=dict)
    findings: Mapping[str, Finding] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    problem: str = ""

    @property
    def total(self) -> float:
        """The sum of the marks."""
        return sum(self.marks.values())

    @property
    def slips(self) -> list[str]:
        """The likeliest slip of each wrong figure."""
        return [finding.slips[0] for finding in self.findings.values() if finding.slips]


class GradeReport(Sequence[MarkedAnswer]):
    """The marks of a class: print it, look at it in a notebook, or save it into a folder.

    Arguments:
        title: of the key.
        asked: the quantities that the key asks for, with what it calls them.
        most: what each figure is worth.
        answers: the marked answers, in order.
    """

    def __init__(
        self, title: str, asked: Mapping[str, str], most: Mapping[str, float], answers: Iterable[MarkedAnswer]
    ) -> None:
        self.title, self.asked, self.most, self._answers = title, dict(asked), dict(most), tuple(answers)

    def __len__(self) -> int:
        return len(self._answers)

    def __getitem__(self, index: int) -> MarkedAnswer:  # type: ignore[override]
        return self._answers[index]

    def slips(self) -> Counter[str]:
        """Return how many answers show each slip."""
        return Counter(slip for answer in self for slip in dict.fromkeys(answer.slips))

    def shares(self) -> dict[str, float]:
        """Return for each asked figure the share of its marks that was earned, the hardest first."""
        read = [answer for answer in self if not answer.problem]
        shares = {
            asked: sum(answer.marks.get(asked, 0.0) for answer in read) / (len(read) * most) if read and most else 0.0
            for asked, most in self.most.items()
        }
        return dict(sorted(shares.items(), key=lambda item: item[1]))

    def table(self) -> TextTable:
        """Return a row per answer."""
        rows = [
            (answer.name, f"{answer.total:g}", answer.problem or "; ".join(list(dict.fromkeys(answer.slips))[:2]))
            for answer in self
        ]
        best = sum(self.most.values())
        styles = ["bad" if answer.problem else "good" if answer.total == best else "fair" for answer in self]
        return TextTable(("answer", f"of {best:g}", "what explains it"), rows, "lrl", styles, self.title)

    def csv(self) -> str:
        """Return ``marks.csv``: a row per answer, with a column for each figure."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["answer", "total", "of", *map(_cell, self.asked.values()), "problem"])
        best = sum(self.most.values())
        for answer in self:
            marks = [f"{answer.marks.get(asked, 0.0):g}" for asked in self.asked]
            writer.writerow([_cell(answer.name), f"{answer.total:g}", f"{best:g}", *marks, _cell(answer.problem)])
        return out.getvalue()

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write ``marks.csv``, ``teacher.html``, and a page of feedback for each answer, in HTML and Markdown."""
        path = Path(folder)
        (path / "feedback").mkdir(parents=True, exist_ok=True)
        write_whole(path / "marks.csv", self.csv())
        write_whole(path / "teacher.html", _teacher_html(self))
        for number, answer in enumerate(self, 1):
            stem = f"{number:03}-{re.sub(r'[^A-Za-z0-9._-]+', '_', Path(answer.name).stem)[:60]}"
            write_whole(path / "feedback" / f"{stem}.html", _feedback_html(self, answer))
            write_whole(path / "feedback" / f"{stem}.md", _feedback_markdown(self, answer))

    def __str__(self) -> str:
        return encodable(f"{self.table().text(118)}\n{self.summary}")

    @property
    def summary(self) -> str:
        """One line: how many answers, what they earned, and what the hardest figure was."""
        unread = sum(bool(answer.problem) for answer in self)
        line = f"{len(self)} answers{f', {unread} of them could not be read' if unread else ''}."
        hardest = next(iter(self.shares().items()), None)
        if hardest is not None and hardest[1] < 1.0:
            line += f" Hardest: {self.asked[hardest[0]]}, {hardest[1]:.0%} of its marks."
        return line

    def __repr__(self) -> str:
        return f"<GradeReport {self.summary}>"

    def _repr_html_(self) -> str:
        slips = _bars([(slip, float(count)) for slip, count in self.slips().most_common(10)])
        return f"<div>{self.table().html()}<p>{escape_html(self.summary)}</p>{slips}</div>"


def grade(
    key: Worksheet | str | os.PathLike[str],
    answers: Any,
    *,
    weights: Mapping[str, float] | None = None,
    follows: float = FOLLOWS,
    workers: int | None = 1,
    progress: Callable[[int, int], None] | None = None,
) -> GradeReport:
    """Mark answers against a key. Each asked figure earns its mark if it is right, and a share if it follows.

    Arguments:
        key: a page or worksheet whose claims are the figures that are asked for: its path or its text.
        answers: paths of answers (pages, TOML, plain lines, or one CSV with a row per student), a mapping from names to
            texts, or a DataFrame with a row per student and a column for each figure.
        weights: what a figure is worth, by its name or quantity; 1 where not given.
        follows: the share of a mark for a figure that follows correctly from an earlier wrong one, or that is right
            under another order of updates or another convention than the key's.
        workers: how many processes; None for one per processor.
        progress: called after each answer with how many are done, and of how many.

    Returns:
        A :class:`GradeReport`, with a row also for an answer that could not be read.

    Raises:
        WorksheetError: the key can't be used.
        ArgumentError: the key asks for nothing, or a weight is for a figure that is not asked for.

    Example:
        >>> from microgradnet.verification.exercises import exercises
        >>> one, = exercises("1-1", ask="forward", seed=1)
        >>> report = grade(one.key, {"Ada": one.key, "Bob": one.sheet})
        >>> [answer.total for answer in report]
        [3.0, 0.0]
    """
    text, name = _key_text(key)
    judge = _Marker(text, name, follows, dict(weights or {}))
    given = list(_answers(answers, judge.asked))
    marked: list[MarkedAnswer] = []
    try:
        for done, answer in enumerate(_marked(judge, given, workers), 1):
            marked.append(answer)
            if progress is not None:
                progress(done, len(given))
    except KeyboardInterrupt:
        if not marked:
            raise  # else what is done is kept
    return GradeReport(judge.title, judge.asked, judge.most, marked)


def _marked(judge: _Marker, given: Sequence[tuple[str, Any]], workers: int | None) -> Iterator[MarkedAnswer]:
    if workers == 1 or len(given) < 2 or sys.platform == "emscripten":  # a browser starts no processes
        yield from map(judge.mark, given)
        return
    with ProcessPoolExecutor(workers, initializer=_prepare, initargs=(judge.arguments,)) as pool:
        try:
            yield from pool.map(_mark, given, chunksize=4)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


_judge: _Marker | None = None  # of a worker process


def _prepare(arguments: tuple[Any, ...]) -> None:
    global _judge
    _judge = _Marker(*arguments)


def _mark(given: tuple[str, Any]) -> MarkedAnswer:
    assert _judge is not None
    return _judge.mark(given)


class _Marker:
    """Marks answers against one key."""

    def __init__(self, text: str, name: str, follows: float, weights: dict[str, float]) -> None:
        self.arguments = (text, name, follows, weights)
        self._follows = follows
        worksheet = Worksheet.from_text(text, name)
        self.title = worksheet.title
        self.asked = {finding.quantity: finding.name for finding in worksheet.verify()}
        if not self.asked:
            advice = "Fill in its figures; a sheet with blanks is no key."
            raise ArgumentError("a key has claims, which are what is asked for", "none", advice)
        names = {**{title: asked for asked, title in self.asked.items()}, **{asked: asked for asked in self.asked}}
        for which in weights:
            if which not in names:
                raise ArgumentError("a weight is for a figure of the key", shown(which), did_you_mean(which, names))
        worth = {names[which]: float(weight) for which, weight in weights.items()}
        self.most = {asked: worth.get(asked, 1.0) for asked in self.asked}
        self._under_slips: dict[str, Any] = {asked: {} for asked in self.asked}

    def mark(self, given: tuple[str, Any]) -> MarkedAnswer:
        """Return the marked answer; one that can't be read is a row with its problem."""
        name, content = given
        try:
            lines = content if isinstance(content, tuple) else _lines_of(content)
            findings = self._findings(lines)
        except MicrogradnetError as error:
            return MarkedAnswer(clean(name), problem=clean(str(error), 200))
        except OSError as error:
            return MarkedAnswer(clean(name), problem=f"it can't be read: {error.strerror}")
        marks = {asked: self._mark(asked, findings.get(asked)) for asked in self.asked}
        return MarkedAnswer(clean(name), marks, findings, lines)

    def _findings(self, lines: Sequence[str]) -> dict[str, Finding]:
        """Judge an answer; of several figures for one quantity, the last counts."""
        text, name, _, _ = self.arguments
        worksheet = Worksheet.from_text(text, name)  # anew, so that nothing is kept from one answer to the next
        worksheet.calculation.under_slips = self._under_slips  # but what the key's quantities are under each slip
        reader = PageReader(worksheet.calculation, worksheet.names_printed)
        report = reader.judge(list(lines))
        return {finding.quantity: finding for finding in report if finding.quantity in self.asked}

    def _mark(self, asked: str, finding: Finding | None) -> float:
        if finding is None:
            return 0.0
        if finding.verdict in (Verdict.FOLLOWS, Verdict.OTHER_ORDER):  # the key's order and conventions count
            return self._follows * self.most[asked]
        return self.most[asked] if finding.verdict.is_right else 0.0


def _key_text(key: Any) -> tuple[str, str]:
    if isinstance(key, Worksheet):
        raise ArgumentError("a key is a path or a text", "a Worksheet", "Give the path that it was loaded from.")
    if isinstance(key, str) and "\n" in key:
        return key, "key.md" if begin_of_front(key.split("\n")) is not None else "key.toml"
    path = Path(key)
    try:
        return path.read_text(encoding="utf-8-sig"), path.name
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError("a key is a page or worksheet in UTF-8", f"{path}: {error}", "Check the path.") from None


# ---- Reading answers


def _answers(answers: Any, asked: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield each answer's name, and its path, its text, or its lines."""
    if isinstance(answers, Mapping):
        yield from ((str(name), tuple(_claims_of(str(text)))) for name, text in answers.items())
        return
    if hasattr(answers, "to_dict") and hasattr(answers, "columns"):
        rows = [{str(column): row[column] for column in answers.columns} for row in answers.to_dict("records")]
        yield from _rows(rows, asked)
        return
    for path in [answers] if isinstance(answers, str | os.PathLike) else answers:
        found = Path(path)
        if found.is_dir():
            yield from ((each.name, each) for each in sorted(found.iterdir()) if each.suffix.lower() in _SUFFIXES)
        elif found.suffix.lower() == ".csv":
            yield from _rows(_csv_rows(found), asked)
        else:
            yield str(path), found


def _rows(rows: Iterable[Mapping[str, Any]], asked: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the answers of a table: a column whose heading is a figure's name holds that figure."""
    names = {re.sub(r"\s+", "", name): name for pair in asked.items() for name in pair}
    for number, row in enumerate(rows, 1):
        lines, who = [], []
        for heading, cell in row.items():
            figure = names.get(re.sub(r"\s+", "", heading))
            text = "" if cell is None or cell != cell else str(cell).strip()
            if figure is None:
                who.append(text)
            elif text:
                decimal = re.fullmatch(r"[-−+]?\d+,\d+", text)
                lines.append(f"{figure} = {text.replace(',', '.') if decimal else text}")
        yield " ".join(filter(None, who[:2])) or f"row {number}", tuple(lines)


def _csv_rows(path: Path) -> Iterator[dict[str, str]]:
    text = _decoded(path.read_bytes(), path)
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    csv.field_size_limit(LARGEST)
    try:
        yield from csv.DictReader(io.StringIO(text), delimiter=delimiter, restval="", restkey="")
    except csv.Error as error:
        raise DataFileError("answers are a table in CSV", f"{path}: {error}", "Export it again.") from None


def _lines_of(path: Any) -> tuple[str, ...]:
    """Return the lines of an answer's file that may hold figures."""
    if path.stat().st_size > LARGEST:
        raise DataFileError(f"an answer has at most {LARGEST} bytes", str(path.stat().st_size), "Shorten it.")
    text = _decoded(path.read_bytes(), path)
    if path.suffix.lower() == ".toml":
        return tuple(_toml_claims(text, path))
    return tuple(_claims_of(text))


def _decoded(content: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise DataFileError("an answer is a text", f"{path.name}, which is none", "Save it as UTF-8.")


def _claims_of(text: str) -> Iterator[str]:
    """Yield the lines of a page or of plain text; front matter is a stranger's and left out."""
    lines = text.lstrip("\ufeff").split("\n")
    if lines[0].strip() == "+++":
        lines = ["", *claim_lines(lines[(end_of_front(lines) or 0) + 1 :])]
    kept = [line for line in lines if not BLANK_LINE.search(line)]
    if len(kept) > MOST_LINES:
        raise DataFileError(f"an answer has at most {MOST_LINES} lines", str(len(kept)), "Shorten it.")
    yield from kept


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


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and not re.fullmatch(r"[-+]?[\d.]+", text) else text


# ---- Feedback: each page is one file that loads nothing, and all that an answer says is escaped

_STYLE = """
:root { color-scheme: light dark; --good: #1b6e2e; --fair: #8a5a00; --bad: #b3261e; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --good: #7fd88f; --fair: #f0c060; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .3rem .6rem; border-bottom: 1px solid var(--line);
text-align: left; vertical-align: top; overflow-wrap: anywhere; }
pre, code { margin: 0; font: 15px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.bar { background: var(--fair); height: .9rem; border-radius: 3px; min-width: 2px; }
.answer { display: grid; grid-template-columns: 2rem 1fr; } .answer p { margin: 0 0 .4rem; grid-column: 2; }
"""
_MARKS = {"✓": "good", "≈": "fair", "✗": "bad"}


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape_html(title)}</title><style>{_STYLE}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _feedback_html(report: GradeReport, answer: MarkedAnswer) -> str:
    """Return an answer with a mark beside each figure, and what explains those that are wrong."""
    best = sum(report.most.values())
    head = f"<h1>{escape_html(report.title)}</h1><p>{escape_html(answer.name)}: {answer.total:g} of {best:g}</p>"
    if answer.problem:
        return _page(report.title, f'{head}<p class="bad">{escape_html(answer.problem)}</p>')
    return _page(report.title, head + _margin(answer) + _missing(report, answer))


def _margin(answer: MarkedAnswer) -> str:
    """Return the answer's lines with marks in the margin."""
    by_line: dict[int, list[Finding]] = {}
    for finding in answer.findings.values():
        by_line.setdefault(finding.line, []).append(finding)
    rows = []
    for number, line in enumerate(answer.lines, 1):
        found = by_line.get(number, [])
        if not line.strip():
            continue
        marks = "".join(f'<span class="{_MARKS[each.verdict.mark]}">{each.verdict.mark}</span>' for each in found)
        rows.append(f"<div>{marks}</div><pre>{escape_html(clean(line))}</pre>")
        rows += [
            f'<p class="{_MARKS[each.verdict.mark]}">{escape_html(each.words)}</p>'
            for each in found
            if each.verdict.mark != "✓"
        ]
    return f'<div class="answer">{"".join(rows)}</div>'


def _missing(report: GradeReport, answer: MarkedAnswer) -> str:
    missing = [name for asked, name in report.asked.items() if asked not in answer.findings]
    return f"<p>Not answered: {escape_html(', '.join(missing))}.</p>" if missing else ""


def _feedback_markdown(report: GradeReport, answer: MarkedAnswer) -> str:
    """Return the same feedback in Markdown."""
    best = sum(report.most.values())
    lines = [
        f"# {escape_markdown(report.title)}",
        "",
        f"{escape_markdown(answer.name)}: {answer.total:g} of {best:g}",
        "",
    ]
    if answer.problem:
        return "\n".join([*lines, escape_markdown(answer.problem), ""])
    lines += ["| figure | printed | mark | |", "| --- | --- | --- | --- |"]
    for asked, name in report.asked.items():
        finding = answer.findings.get(asked)
        printed, words = ("", "not answered") if finding is None else (finding.printed, finding.words)
        cells = (name, printed, f"{answer.marks[asked]:g} of {report.most[asked]:g}", words)
        lines.append("| " + " | ".join(map(escape_markdown, cells)) + " |")
    return "\n".join([*lines, ""])


def _teacher_html(report: GradeReport) -> str:
    """Return what a class found hard: marks, slips and figures."""
    slips = _bars([(slip, float(count)) for slip, count in report.slips().most_common(20)])
    figures = _bars([(report.asked[asked], 100 * share) for asked, share in report.shares().items()], unit=" %")
    body = (
        f"<h1>{escape_html(report.title)}</h1><p>{escape_html(report.summary)}</p>"
        f"<h2>Slips: how many answers show each</h2>{slips or '<p>none</p>'}"
        f"<h2>Figures: the share of marks earned, the hardest first</h2>{figures}"
        f"<h2>Marks</h2>{report.table().html()}"
    )
    return _page(f"{report.title}: marks", body)


def _bars(items: Sequence[tuple[str, float]] | Iterable[tuple[str, float]], unit: str = "") -> str:
    """Return a table with a bar for each number, in HTML."""
    items = list(items)
    widest = max((number for _, number in items), default=0.0) or 1.0
    rows = "".join(
        f"<tr><td>{escape_html(clean(name))}</td><td>{number:.3g}{unit}</td>"
        f'<td style="width:40%"><div class="bar" style="width:{100 * number / widest:.1f}%"></div></td></tr>'
        for name, number in items
    )
    return f"<table>{rows}</table>" if rows else ""
