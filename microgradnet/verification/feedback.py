"""What students and teachers are given back: a page for each answer, and one for the class.

Each page is one file that loads nothing. All that an answer says is a stranger's text, and is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from microgradnet.text import clean, escape_html, escape_markdown
from microgradnet.verification.report import Finding

if TYPE_CHECKING:
    from microgradnet.derivation import Derivation
    from microgradnet.verification.grading import GradeReport, MarkedAnswer

_MOST_SLIPS = 15  # that the chart shows
# Okabe and Ito (2008), told apart also by readers who see no red or green, and by their order in black and white.
_COLOURS = {"right": "#0072b2", "following": "#e69f00", "wrong": "#d55e00", "blank": "#999999"}
_STYLE = """
:root { color-scheme: light dark; --good: #1b6e2e; --fair: #7a4f00; --bad: #b3261e; --line: #8885; --soft: #8882; }
@media (prefers-color-scheme: dark) { :root { --good: #7fd88f; --fair: #f0c060; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
overflow-wrap: break-word; } td.n, th.n { text-align: right; white-space: nowrap; }
pre, code { margin: 0; font: 15px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.total { font-size: 1.2rem; } .answer { display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; }
.answer > * { min-width: 0; } .answer p, .answer details { margin: 0 0 .5rem; grid-column: 2; }
.margin { white-space: nowrap; } td:first-child { min-width: 6rem; }
details { border-left: 3px solid var(--line); padding-left: .8rem; } summary { cursor: pointer; }
details pre { white-space: pre; overflow-x: auto; background: var(--soft); padding: .6rem; }
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


def file_stem(number: int, answer: MarkedAnswer) -> str:
    """Return where the feedback on an answer is written, without its suffix; its name in plain letters."""
    return f"feedback/{number:03}-{re.sub(r'[^A-Za-z0-9._-]+', '_', Path(answer.name).stem)[:60]}"


# ---- For a student


def answer_html(report: GradeReport, answer: MarkedAnswer, derivation: Derivation | None) -> str:
    """Return an answer with marks in the margin, what explains wrong figures, and how the first is worked out."""
    best = sum(report.most.values())
    parts = [
        f"<h1>{escape_html(report.title)}</h1>",
        f'<p class="total">{escape_html(answer.name)}: <strong>{answer.total:g} of {best:g}</strong></p>',
    ]
    if answer.problem:
        parts.append(f'<p class="bad">{escape_html(answer.problem)}</p>')
    else:
        parts += [f'<p class="fair">{escape_html(note)}</p>' for note in answer.notes]
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
    return (
        f"<details><summary>How {escape_html(name)} is worked out{_whose(derivation)}</summary>"
        f'<pre tabindex="0">{lines}</pre></details>'
    )


def _whose(derivation: Derivation) -> str:
    return " from your figures" if derivation.working.printed else ""


def _missing(report: GradeReport, answer: MarkedAnswer) -> list[str]:
    missing = [name for asked, name in report.asked.items() if asked not in answer.findings]
    return [f"<p>Not answered: {escape_html(', '.join(missing))}.</p>"] if missing else []


def answer_markdown(report: GradeReport, answer: MarkedAnswer, derivation: Derivation | None) -> str:
    """Return the same feedback in Markdown, with the derivation as a section of its own."""
    best = sum(report.most.values())
    lines = [
        f"# {escape_markdown(report.title)}",
        "",
        f"{escape_markdown(answer.name)}: {answer.total:g} of {best:g}",
        "",
    ]
    if answer.problem:
        return "\n".join([*lines, escape_markdown(answer.problem), ""])
    for note in answer.notes:
        lines += [escape_markdown(note), ""]
    lines += ["| figure | printed | mark | |", "| :--- | ---: | ---: | :--- |"]
    for asked, name in report.asked.items():
        finding = answer.findings.get(asked)
        printed, words = ("", "not answered") if finding is None else (finding.printed, finding.words)
        cells = (name, printed, f"{answer.marks[asked]:g} of {report.most[asked]:g}", words)
        lines.append("| " + " | ".join(map(escape_markdown, cells)) + " |")
    if derivation is not None and answer.first_wrong is not None:
        name = report.asked[answer.first_wrong.quantity]
        lines += ["", f"## How {escape_markdown(name)} is worked out{_whose(derivation)}", ""]
        lines.append(derivation.markdown.partition("\n\n")[2].rstrip())
    return "\n".join([*lines, ""])


# ---- For the teacher


def teacher_html(report: GradeReport) -> str:
    """Return what a class found hard: which slip how often and in whose answers, which figure, and all marks."""
    return _page(
        f"{report.title}: marks",
        f"<h1>{escape_html(report.title)}</h1><p>{escape_html(report.summary)}</p>"
        f"<h2>Slips: how many answers show each</h2>{slips_chart(report, names=True)}"
        f"<h2>Figures: the hardest first</h2>{_figures_chart(report)}"
        f"<h2>Marks</h2>{_marks_table(report)}",
    )


def slips_chart(report: GradeReport, *, names: bool = False) -> str:
    """Return a bar for each slip, as long as it is frequent, in HTML with inline SVG; with names, also who made it."""
    slips = report.slips().most_common(_MOST_SLIPS)
    if not slips:
        return "<p>No slip was found.</p>"
    most = slips[0][1]
    rows = []
    for slip, count in slips:
        words = escape_html(slip)
        if names:
            made = [answer.name for answer in report if slip in answer.slips]
            words = f"<details><summary>{words}</summary>{escape_html(', '.join(made))}</details>"
        rows.append((words, str(count), _bar([(count / most, _COLOURS["right"])], f"{count} answers")))
    more = len(report.slips()) - len(slips)
    return _chart(rows) + (f"<p>{more} more slips were found, each in fewer answers.</p>" if more else "")


def _figures_chart(report: GradeReport) -> str:
    """Return for each figure how many have it right, following, wrong or blank, as parts of a bar."""
    key = "".join(f"<span>{_swatch(colour)} {name}</span>" for name, colour in _COLOURS.items())
    rows = []
    for asked, counts in report.outcomes().items():
        total = counts.total() or 1
        words = ", ".join(f"{counts[name]} {name}" for name in _COLOURS if counts[name])
        parts = [(counts[name] / total, colour) for name, colour in _COLOURS.items()]
        rows.append((escape_html(report.asked[asked]), f"{counts['right']} right", _bar(parts, words)))
    return f'<p class="mg-key">{key}</p>{_chart(rows)}'


def _marks_table(report: GradeReport) -> str:
    best = sum(report.most.values())
    rows = []
    for number, answer in enumerate(report, 1):
        style = "bad" if answer.problem else "good" if answer.total == best else ""
        words = answer.problem or "; ".join(list(dict.fromkeys(answer.slips))[:2])
        rows.append(
            f'<tr><td><a href="{file_stem(number, answer)}.html">{escape_html(answer.name)}</a></td>'
            f'<td class="n {style}">{answer.total:g}</td><td>{escape_html(words)}</td></tr>'
        )
    head = f'<tr><th>answer</th><th class="n">of {best:g}</th><th>what explains it</th></tr>'
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
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape_html(title)}</title><style>{_STYLE}</style></head>\n<body><main>{body}</main></body></html>\n"
    )
