"""What students and teachers are given back: the marks, a page for each answer, and one for the class.

Each page is one file that loads nothing. All that an answer says is a stranger's text, and is escaped.
"""

from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from microgradnet.errors import ArgumentError, FigureError, shown
from microgradnet.messages import current_language, translate
from microgradnet.text import TextTable, clean, encodable, escape_html, escape_markdown, shorten, write_whole
from microgradnet.verification.figure import Figure
from microgradnet.verification.report import Finding, Verdict

if TYPE_CHECKING:
    from microgradnet.derivation import Derivation

EARNS_A_SHARE = (Verdict.FOLLOWS, Verdict.OTHER_ORDER)  # the key's order and conventions count
_STAND = (Verdict.EXACT, Verdict.ROUNDED, Verdict.CONSISTENT, Verdict.TRUNCATED, Verdict.LAST_DIGIT)

_MOST_SLIPS = 15  # that the chart shows
_LONGEST_NOTE = 80  # characters of a note in a table
# Okabe and Ito (2008), told apart also by readers who see no red or green, and by their order in black and white.
_COLOURS = {"right": "#0072b2", "following": "#e69f00", "wrong": "#d55e00", "blank": "#999999"}
_STYLE = """
:root { color-scheme: light dark; --good: #1b6e2e; --fair: #7a4f00; --bad: #b3261e; --line: #8885; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --good: #7fd88f; --fair: #f0c060; --bad: #ff8a80; } }
html { background: Canvas; color: CanvasText; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
overflow-wrap: break-word; } td.n, th.n { text-align: right; white-space: nowrap; }
pre, code { margin: 0; font: 15px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.total { font-size: 1.2rem; } .answer { display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; }
.answer > * { min-width: 0; } .answer p, .answer details { margin: 0 0 .5rem; grid-column: 2; }
.margin { white-space: nowrap; } td:first-child { min-width: 6rem; overflow-wrap: anywhere; }
details { border-left: 3px solid var(--line); padding-left: .8rem; } summary { cursor: pointer; }
details pre { white-space: pre; overflow-x: auto; background: var(--soft); padding: .6rem; }
@page { margin: 1.5cm; }
@media print { details::details-content { content-visibility: visible; block-size: auto; }
details pre { white-space: pre-wrap; } tr, .row { break-inside: avoid; } body { padding: 0; max-width: none; } }
"""
_CHART_STYLE = (
    "<style>.mg-chart{display:grid;grid-template-columns:minmax(7rem,2fr) auto minmax(5rem,3fr);gap:.3rem .8rem;"
    "align-items:center;max-width:60rem}.mg-chart>*{min-width:0;overflow-wrap:anywhere}.mg-chart svg{display:block}"
    ".mg-chart .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}"
    "@media(max-width:40rem){.mg-chart{grid-template-columns:auto 1fr}.mg-chart .w{grid-column:1/-1;margin-top:.4rem}}"
    ".mg-key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}.mg-key svg{vertical-align:-.1em}</style>"
)


def figure_of(finding: Finding) -> Figure | None:
    """Return the figure that a finding is about; None where it is about a formula, or a list of numbers."""
    try:
        return Figure.parse(finding.printed)
    except FigureError:
        return None


def _file_stem(number: int, answer: MarkedAnswer) -> str:
    """Return where the feedback on an answer is written, without its suffix; its name in plain letters."""
    name = re.sub(r"\.(?:md|markdown|txt|toml|ipynb|html?|csv)$", "", answer.name)
    return f"feedback/{number:03}-{re.sub(r'[^A-Za-z0-9._-]+', '_', name)[:60]}"


def _folder_of_moodle(answer: MarkedAnswer) -> str:
    """Return the folder of a student among feedback files for Moodle, which reads what stands between the underscores.

    "" for an answer that did not come from a folder of Moodle.
    """
    participant = re.fullmatch(r"Participant (\d+)", answer.identity)
    name = re.sub(r"[^A-Za-z0-9. -]+", "-", answer.name.partition("/")[0])[:60]
    return f"{name}_{participant[1]}_assignsubmission_file_" if participant else ""


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """What one student gets.

    Arguments:
        name: the file, or the student's name in a table.
        marks: per asked figure, what it earns.
        findings: what was found of each figure that was given, by quantity.
        lines: the answer's lines.
        problem: why the answer could not be read; "" if it could.
        convention: a convention that the whole answer follows, other than the key's; "" if there is none.
        notes: what else is to be said: the lines that could not be read.
        sheet: which of several sheets it answers; "" where there is one.
        identity: by what a learning platform knows the student; "" where it gave no such thing.
    """

    name: str
    marks: Mapping[str, float] = field(default_factory=dict)
    findings: Mapping[str, Finding] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    problem: str = ""
    convention: str = ""
    notes: tuple[str, ...] = ()
    sheet: str = ""
    identity: str = ""

    @property
    def title(self) -> str:
        """The name, and the sheet where there are several."""
        return f"{self.name}{translate(f', sheet {self.sheet}') if self.sheet else ''}"

    @property
    def total(self) -> float:
        """The sum of the marks."""
        return sum(self.marks.values())

    @property
    def slips(self) -> list[str]:
        """The likeliest slip of each wrong figure, without the numbers of this answer, and the convention."""
        whole = [self.convention] if self.convention else []
        return [*whole, *filter(None, map(_likeliest, self.findings.values()))]

    def slipped(self, slip: str) -> list[str]:
        """Return the quantities in which a slip was made."""
        return [asked for asked, finding in self.findings.items() if _likeliest(finding) == slip]

    @property
    def unread(self) -> int:
        """How many of its notes are on lines that could not be read; an answer without any figure counts as one."""
        return sum(not note.startswith("line ") for note in self.notes)

    @property
    def first_wrong(self) -> Finding | None:
        """The first figure that is wrong and follows from no other; None if there is none."""
        wrong = [finding for finding in self.findings.values() if finding.verdict is Verdict.WRONG]
        return min(wrong, key=lambda finding: (finding.line, finding.column), default=None)


def _likeliest(finding: Finding) -> str:
    """Return the likeliest slip of a wrong figure, without its numbers; "" where there is none."""
    if finding.verdict is not Verdict.WRONG or not finding.slips:
        return ""
    return re.sub(r" \((?:from|it is) [^()]*\)$", "", finding.slips[0])


class GradeReport(Sequence[MarkedAnswer]):
    """The marks of a class: print it, look at it in a notebook, or save it into a folder.

    Arguments:
        title: of the key.
        asked: the quantities that the key asks for, with what it calls them.
        most: what each figure is worth.
        answers: the marked answers, in order.
        follows: the share of a mark for what follows from a wrong figure.
        derive: returns how a quantity of a sheet is worked out from figures before it, or None.
        left: how many answers were not marked, because somebody pressed Ctrl-C.
        sheets: how many keys there are.
    """

    def __init__(
        self,
        title: str,
        asked: Mapping[str, str],
        most: Mapping[str, float],
        answers: Iterable[MarkedAnswer],
        follows: float = 0.5,
        derive: Callable[[str, str, Mapping[str, float]], Derivation | None] = lambda sheet, quantity, figures: None,
        left: int = 0,
        sheets: int = 1,
    ) -> None:
        self.title, self.asked, self.most, self._answers = title, dict(asked), dict(most), tuple(answers)
        self.follows, self._derive, self.left, self.sheets = follows, derive, left, sheets

    def __len__(self) -> int:
        return len(self._answers)

    def __getitem__(self, index: int) -> MarkedAnswer:  # type: ignore[override]
        return self._answers[index]

    def slips(self) -> Counter[str]:
        """Return how many answers show each slip."""
        return Counter(slip for answer in self for slip in dict.fromkeys(answer.slips))

    def outcomes(self) -> dict[str, Counter[str]]:
        """Return for each asked figure how many answers have it right, following, wrong, or blank, the hardest first.

        ``"following"`` earns a share: it follows from a wrong figure, or is right under another convention than the
        key's. Answers that could not be read are left out.
        """
        read = [answer for answer in self if not answer.problem]
        counts = {asked: Counter(self._outcome(answer, asked) for answer in read) for asked in self.asked}
        return dict(sorted(counts.items(), key=lambda item: item[1]["right"] + self.follows * item[1]["following"]))

    def _outcome(self, answer: MarkedAnswer, asked: str) -> str:
        finding = answer.findings.get(asked)
        if finding is None:
            return "blank"
        return "following" if finding.verdict in EARNS_A_SHARE else "right" if finding.verdict.is_right else "wrong"

    def derivation(self, answer: MarkedAnswer) -> Derivation | None:
        """Return how the first wrong figure of an answer is worked out, going on from the figures before it.

        None where no figure is wrong, or where it is no value, derivative or plain step of the key's graph.
        """
        wrong = answer.first_wrong
        if wrong is None:
            return None
        before = {
            finding.quantity: figure.near
            for finding in answer.findings.values()
            if finding.verdict in _STAND and (finding.line, finding.column) < (wrong.line, wrong.column)
            if (figure := figure_of(finding)) is not None
        }
        return self._derive(answer.sheet, wrong.quantity, before)

    def table(self) -> TextTable:
        """Return a row per answer."""
        rows = [(answer.title, f"{answer.total:g}", _explained(answer)) for answer in self]
        best = sum(self.most.values())
        styles = ["bad" if answer.problem else "good" if answer.total == best else "fair" for answer in self]
        headings = [translate(heading) for heading in ("answer", f"of {best:g}", "what explains it")]
        return TextTable(headings, rows, "lrl", styles, self.title)

    def csv(self, decimal: str = ".") -> str:
        """Return ``marks.csv``: a row per answer, with a column for each figure.

        With ``decimal=","`` it is what spreadsheets read where numbers have a comma: cells are parted by semicolons.

        Raises:
            ArgumentError: the decimal mark is neither.
        """
        if decimal not in (".", ","):
            raise ArgumentError("the decimal mark is a point or a comma", shown(decimal), 'Choose "." or ",".')
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";" if decimal == "," else ",", lineterminator="\n")
        whose = {"id": any(answer.identity for answer in self), "sheet": self.sheets > 1}
        more = [heading for heading, is_known in whose.items() if is_known]
        writer.writerow(["answer", *more, "total", "of", *map(_cell, self.asked.values()), "problem", "explanation"])
        best = sum(self.most.values())
        for answer in self:
            known = {"id": answer.identity, "sheet": answer.sheet}
            marks = (answer.total, best, *(answer.marks.get(asked, 0.0) for asked in self.asked))
            numbers = [f"{mark:g}".replace(".", decimal) for mark in marks]
            why = "" if answer.problem else _explained(answer)
            row = [answer.name, *(known[heading] for heading in more), *numbers, answer.problem, why]
            writer.writerow(map(_cell, row))
        return out.getvalue()

    def save(self, folder: str | os.PathLike[str], *, decimal: str = ".") -> None:
        """Write ``marks.csv``, ``teacher.html``, and a page of feedback for each answer, in HTML and Markdown.

        Of a folder that Moodle exported, ``moodle-feedback.zip`` gives each student the page in HTML, where it is
        uploaded as feedback files.

        With ``decimal=","`` the marks are written for spreadsheets of countries where numbers have a comma.

        Pages of feedback that an earlier marking left in the folder, and this one does not write, are removed.
        """
        path, table = Path(folder), self.csv(decimal)
        (path / "feedback").mkdir(parents=True, exist_ok=True)
        # Excel takes a file without the mark for one in the code page of the country.
        write_whole(path / "marks.csv", f"\ufeff{table}" if decimal == "," else table)
        write_whole(path / "teacher.html", _teacher_html(self))
        old = {each for each in (path / "feedback").iterdir() if re.fullmatch(r"\d{3,}-.*\.(html|md)", each.name)}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, answer in enumerate(self, 1):
                for suffix, page in zip((".html", ".md"), self._feedback(answer), strict=True):
                    file = path / f"{_file_stem(number, answer)}{suffix}"
                    write_whole(file, page)
                    old.discard(file)
                    if suffix == ".html" and (folder_of_moodle := _folder_of_moodle(answer)):
                        entry = zipfile.ZipInfo(f"{folder_of_moodle}/{file.name}")  # with a fixed date
                        archive.writestr(entry, page, zipfile.ZIP_DEFLATED)
        if archive.namelist():
            write_whole(path / "moodle-feedback.zip", packed.getvalue())
        for each in old:  # of an earlier marking, in which somebody else had this number
            each.unlink()

    def _feedback(self, answer: MarkedAnswer) -> tuple[str, str]:
        """Return the feedback on an answer in HTML and in Markdown; without a derivation where that fails."""
        try:
            derivation = self.derivation(answer)
            return _answer_html(self, answer, derivation), _answer_markdown(self, answer, derivation)
        except Exception as error:  # whatever it is, the others get theirs
            why = f"How it is worked out can't be shown: {clean(f'{type(error).__name__}: {error}', 200)}"
            told = replace(answer, notes=(*answer.notes, why))
            return _answer_html(self, told, None), _answer_markdown(self, told, None)

    def __str__(self) -> str:
        return encodable(f"{self.table().text(118)}\n{self.summary}")

    @property
    def summary(self) -> str:
        """One line: how many answers, what they earned, and what the hardest figure was."""
        unread = sum(bool(answer.problem) for answer in self)
        line = translate(
            f"{len(self)} answer{'s' * (len(self) != 1)}{f', {unread} of them could not be read' if unread else ''}."
        )
        if self.left:
            line += translate(f" Stopped before the end: {self.left} more were not marked.")
        read = [answer.total for answer in self if not answer.problem]
        if len(read) > 1:
            line += translate(f" Mean {sum(read) / len(read):.3g} of {sum(self.most.values()):g}.")
        line += "".join(translate(f" Sheet {sheet} was handed in by {whose}.") for sheet, whose in self._shared())
        hardest = next(iter(self.outcomes().items()), None)
        if hardest is not None and hardest[1]["right"] < hardest[1].total():
            asked, counts = hardest
            line += translate(f" Hardest: {self.asked[asked]}, right in {counts['right']} of {counts.total()}.")
        return line

    def _shared(self) -> Iterator[tuple[str, str]]:
        """Yield the sheets that several students handed in, with their names, where there was one for each."""
        whose: dict[str, list[str]] = {}
        for answer in self:
            if answer.sheet:
                whose.setdefault(answer.sheet, []).append(answer.name)
        if sum(map(len, whose.values())) <= self.sheets:
            yield from ((sheet, ", ".join(names)) for sheet, names in whose.items() if len(names) > 1)

    def __repr__(self) -> str:
        return f"<GradeReport {self.summary}>"

    def _repr_html_(self) -> str:
        return f"<div>{self.table().html()}<p>{escape_html(self.summary)}</p>{_slips_chart(self)}</div>"


def _explained(answer: MarkedAnswer) -> str:
    """Return what explains an answer's marks: why it could not be read, or its first slips and unread line."""
    if answer.problem:
        return answer.problem
    parts = [translate("; ".join(list(dict.fromkeys(answer.slips))[:2]))]
    if answer.unread:
        parts.append(
            next(translate(shorten(note, _LONGEST_NOTE)) for note in answer.notes if not note.startswith("line "))
        )
    if answer.unread > 1:
        parts.append(translate(f"{answer.unread - 1} more could not be read"))
    return "; ".join(filter(None, parts))


def _cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and not re.fullmatch(r"[-+]?[\d.]+", text) else text


# ---- For a student


def _answer_html(report: GradeReport, answer: MarkedAnswer, derivation: Derivation | None) -> str:
    """Return an answer with marks in the margin, what explains wrong figures, and how the first is worked out."""
    best = sum(report.most.values())
    parts = [
        f"<h1>{escape_html(report.title)}</h1>",
        f'<p class="total">{escape_html(answer.title)}: <strong>{answer.total:g} / {best:g}</strong></p>',
    ]
    if answer.problem:
        parts.append(f'<p class="bad">{escape_html(answer.problem)}</p>')
    else:
        parts += [f'<p class="fair">{escape_html(note)}</p>' for note in _remarks(answer)]
        parts += [
            f'<div class="answer">{"".join(_margin(report, answer, derivation))}</div>',
            *_missing(report, answer),
        ]
    return _page(f"{report.title}: {answer.name}", "".join(parts))


def _margin(report: GradeReport, answer: MarkedAnswer, derivation: Derivation | None) -> Iterator[str]:
    """Yield the answer's lines, each with its marks beside it and the words on it below."""
    by_line: dict[int, list[Finding]] = {}
    for finding in answer.findings.values():
        by_line.setdefault(finding.line, []).append(finding)
    for number, line in enumerate(answer.lines, 1):
        if not line.strip():
            continue
        found = by_line.get(number, [])
        marks = " ".join(_mark(report, answer, each) for each in found)
        yield f'<div class="margin">{marks}</div><pre>{escape_html(clean(line))}</pre>'
        for each in found:
            if each.verdict.mark != "✓":
                yield f'<p class="{_style(report, answer, each)}">{escape_html(each.words)}</p>'
            if each is answer.first_wrong and derivation is not None:
                yield _details(report.asked[each.quantity], derivation)


def _mark(report: GradeReport, answer: MarkedAnswer, finding: Finding) -> str:
    earned = answer.marks[finding.quantity]
    return f'<span class="{_style(report, answer, finding)}">{finding.verdict.mark} {earned:g}</span>'


def _style(report: GradeReport, answer: MarkedAnswer, finding: Finding) -> str:
    """Return whether a figure earns all of its mark, a share, or nothing."""
    earned = answer.marks[finding.quantity]
    return "bad" if not earned else "fair" if earned < report.most[finding.quantity] else "good"


def _details(name: str, derivation: Derivation) -> str:
    text = derivation.wrapped(84).partition("\n\n")[2]
    lines = "\n".join(map(escape_html, text.split("\n")))
    summary = escape_html(_worked_out(name, derivation))
    return f'<details><summary>{summary}</summary><pre tabindex="0">{lines}</pre></details>'


def _worked_out(name: str, derivation: Derivation) -> str:
    whose = " from your figures" if derivation.working.printed else ""
    return translate(f"How {{x}} is worked out{whose}").format(x=name)


def _remarks(answer: MarkedAnswer) -> list[str]:
    convention = f"These figures hold under another convention than the key's: {answer.convention}."
    return [translate(note) for note in ([convention] if answer.convention else []) + list(answer.notes)]


def _missing(report: GradeReport, answer: MarkedAnswer) -> list[str]:
    missing = [name for asked, name in report.asked.items() if asked not in answer.findings]
    return [f"<p>{escape_html(translate('Not answered: ' + ', '.join(missing) + '.'))}</p>"] if missing else []


def _answer_markdown(report: GradeReport, answer: MarkedAnswer, derivation: Derivation | None) -> str:
    """Return the same feedback in Markdown, with the derivation as a section of its own."""
    best = sum(report.most.values())
    lines = [
        f"# {escape_markdown(report.title)}",
        "",
        f"{escape_markdown(answer.title)}: {answer.total:g} / {best:g}",
        "",
    ]
    if answer.problem:
        return "\n".join([*lines, escape_markdown(answer.problem), ""])
    for note in _remarks(answer):
        lines += [escape_markdown(note), ""]
    headings = " | ".join(map(translate, ("figure", "printed", "mark")))
    lines += [f"| {headings} | |", "| :--- | ---: | ---: | :--- |"]
    for asked, name in report.asked.items():
        finding = answer.findings.get(asked)
        printed, words = ("", translate("not answered")) if finding is None else (finding.printed, finding.words)
        cells = (name, printed, f"{answer.marks[asked]:g} / {report.most[asked]:g}", words)
        lines.append("| " + " | ".join(map(escape_markdown, cells)) + " |")
    if derivation is not None and answer.first_wrong is not None:
        name = report.asked[answer.first_wrong.quantity]
        lines += ["", f"## {escape_markdown(_worked_out(name, derivation))}", ""]
        lines.append(derivation.markdown.partition("\n\n")[2].rstrip())
    return "\n".join([*lines, ""])


# ---- For the teacher


def _teacher_html(report: GradeReport) -> str:
    """Return what a class found hard: which slip how often and in whose answers, which figure, and all marks."""
    return _page(
        f"{report.title}: {translate('marks')}",
        f"<h1>{escape_html(report.title)}</h1><p>{escape_html(report.summary)}</p>"
        f"<h2>{translate('Slips: how many answers show each')}</h2>{_slips_chart(report, names=True)}"
        f"<h2>{translate('Figures: the hardest first')}</h2>{_figures_chart(report)}"
        f"<h2>{translate('Marks')}</h2>{_marks_table(report)}",
    )


def _slips_chart(report: GradeReport, *, names: bool = False) -> str:
    """Return a bar for each slip, as long as it is frequent, in HTML with inline SVG; with names, also who made it."""
    slips = report.slips().most_common(_MOST_SLIPS)
    if not slips:
        return f"<p>{translate('No slip was found.')}</p>"
    most = slips[0][1]
    rows = []
    for slip, count in slips:
        words = escape_html(translate(slip))
        if names:
            made = [
                f"{answer.title} ({', '.join(report.asked[asked] for asked in answer.slipped(slip))})"
                if answer.slipped(slip)
                else answer.title
                for answer in report
                if slip in answer.slips
            ]
            words = f"<details><summary>{words}</summary>{escape_html(', '.join(made))}</details>"
        rows.append((words, str(count), _bar([(count / most, _COLOURS["right"])], translate(f"{count} answers"))))
    more = len(report.slips()) - len(slips)
    rest = translate(f"{more} more slips were found, each in fewer answers.")
    return _chart(rows) + (f"<p>{rest}</p>" if more else "")


def _figures_chart(report: GradeReport) -> str:
    """Return for each figure how many have it right, following, wrong or blank, as parts of a bar."""
    key = "".join(f"<span>{_swatch(colour)} {translate(name)}</span>" for name, colour in _COLOURS.items())
    rows = []
    for asked, counts in report.outcomes().items():
        total = counts.total() or 1
        words = ", ".join(f"{counts[name]} {translate(name)}" for name in _COLOURS if counts[name])
        parts = [(counts[name] / total, colour) for name, colour in _COLOURS.items()]
        rows.append((escape_html(report.asked[asked]), f"{counts['right']} {translate('right')}", _bar(parts, words)))
    return f'<p class="mg-key">{key}</p>{_chart(rows)}'


def _marks_table(report: GradeReport) -> str:
    best = sum(report.most.values())
    rows = []
    for number, answer in enumerate(report, 1):
        style = "bad" if answer.problem else "good" if answer.total == best else ""
        rows.append(
            f'<tr><td><a href="{_file_stem(number, answer)}.html">{escape_html(answer.title)}</a></td>'
            f'<td class="n {style}">{answer.total:g}</td><td>{escape_html(_explained(answer))}</td></tr>'
        )
    whose, of, why = (translate(heading) for heading in ("answer", f"of {best:g}", "what explains it"))
    head = f'<tr><th>{whose}</th><th class="n">{of}</th><th>{why}</th></tr>'
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _chart(rows: Iterable[tuple[str, str, str]]) -> str:
    cells = "".join(
        f'<div class="w">{words}</div><div class="n">{number}</div><div>{bar}</div>' for words, number, bar in rows
    )
    return f'{_CHART_STYLE}<div class="mg-chart">{cells}</div>'


def _bar(parts: Iterable[tuple[float, str]], words: str) -> str:
    """Return a bar whose parts are shares of the room that it has."""
    rects, at = [], 0.0
    for share, colour in parts:
        if share:
            rects.append(f'<rect x="{at:.2%}" width="{share:.2%}" height="16" fill="{colour}"/>')
            at += share
    return f'<svg width="100%" height="16" role="img" aria-label="{escape_html(words)}">{"".join(rects)}</svg>'


def _swatch(colour: str) -> str:
    return f'<svg width="14" height="14" aria-hidden="true"><rect width="14" height="14" fill="{colour}"/></svg>'


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{current_language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape_html(title)}</title><style>{_STYLE}</style></head>\n<body><main>{body}</main></body></html>\n"
    )
