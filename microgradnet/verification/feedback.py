"""Pages for students and teachers: an answer with marks in its margin, and what a class found hard.

Each page is one file that loads nothing, in the reader's light or dark theme. All that an answer says is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from microgradnet.text import clean, escape_html, escape_markdown
from microgradnet.verification.report import Finding

if TYPE_CHECKING:
    from microgradnet.verification.grading import GradeReport, MarkedAnswer

_STYLE = """
:root { color-scheme: light dark; --good: #1b6e2e; --fair: #8a5a00; --bad: #b3261e; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --good: #7fd88f; --fair: #f0c060; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .3rem .6rem; border-bottom: 1px solid var(--line);
text-align: left; vertical-align: top; overflow-wrap: anywhere; }
pre, code { font: 15px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: var(--good); } .fair { color: var(--fair); } .bad { color: var(--bad); }
.bar { background: var(--fair); height: .9rem; border-radius: 3px; min-width: 2px; }
.answer { display: grid; grid-template-columns: 2rem 1fr; } .answer p { margin: 0 0 .4rem; grid-column: 2; }
"""
_STYLES = {"✓": "good", "≈": "fair", "✗": "bad"}


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape_html(title)}</title><style>{_STYLE}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def feedback_html(report: GradeReport, answer: MarkedAnswer) -> str:
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
        marks = "".join(f'<span class="{_STYLES[each.verdict.mark]}">{each.verdict.mark}</span>' for each in found)
        rows.append(f"<div>{marks}</div><pre>{escape_html(clean(line))}</pre>")
        rows += [
            f'<p class="{_STYLES[each.verdict.mark]}">{escape_html(each.words)}</p>'
            for each in found
            if each.verdict.mark != "✓"
        ]
    return f'<div class="answer">{"".join(rows)}</div>'


def _missing(report: GradeReport, answer: MarkedAnswer) -> str:
    missing = [name for asked, name in report.asked.items() if asked not in answer.findings]
    return f"<p>Not answered: {escape_html(', '.join(missing))}.</p>" if missing else ""


def feedback_markdown(report: GradeReport, answer: MarkedAnswer) -> str:
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


def teacher_html(report: GradeReport) -> str:
    """Return what a class found hard: marks, slips and figures."""
    slips = bars([(slip, float(count)) for slip, count in report.slips().most_common(20)])
    figures = bars([(report.asked[asked], 100 * share) for asked, share in report.shares().items()], unit=" %")
    body = (
        f"<h1>{escape_html(report.title)}</h1><p>{escape_html(report.summary)}</p>"
        f"<h2>Slips: how many answers show each</h2>{slips or '<p>none</p>'}"
        f"<h2>Figures: the share of marks earned, the hardest first</h2>{figures}"
        f"<h2>Marks</h2>{report.table().html()}"
    )
    return _page(f"{report.title}: marks", body)


def bars(items: Sequence[tuple[str, float]] | Iterable[tuple[str, float]], unit: str = "") -> str:
    """Return a table with a bar for each number, in HTML."""
    items = list(items)
    widest = max((number for _, number in items), default=0.0) or 1.0
    rows = "".join(
        f"<tr><td>{escape_html(clean(name))}</td><td>{number:.3g}{unit}</td>"
        f'<td style="width:40%"><div class="bar" style="width:{100 * number / widest:.1f}%"></div></td></tr>'
        for name, number in items
    )
    return f"<table>{rows}</table>" if rows else ""
