"""What the page checker asks of microgradnet, inside the browser: text in, JSON out. Nothing else is done with it."""

from __future__ import annotations

import json
from typing import Any

import microgradnet as mg
from microgradnet.errors import MicrogradnetError
from microgradnet.messages import language, translate
from microgradnet.text import escape_html
from microgradnet.verification import library

STYLES = {"✓": "good", "≈": "fair", "✗": "bad"}


def examples() -> str:
    """Return the names and titles of the worked examples."""
    return json.dumps(library.titles())


def example(name: str, _: str = "") -> str:
    """Return the text of a worked example."""
    return library.text(name)


def judged(text: str, spoken: str = "en") -> str:
    """Judge a page, a worksheet or lines of arithmetic, and say so in a language.

    Returns:
        JSON: ``error`` where the text can't be judged; else ``html`` with the verdicts, ``right``, ``picture`` as SVG
        and ``steps``, whether there is a backward pass to play.
    """
    try:
        with language(spoken):
            found = _worksheet(text) if _is_worksheet(text) else _arithmetic(text)
    except (MicrogradnetError, RecursionError) as error:
        found = {"error": str(error) or "This nests too deeply."}
    return json.dumps(found)


def played(text: str, _: str = "") -> str:
    """Return the page that plays the backward pass of a worksheet."""
    return mg.step_through(mg.Worksheet.from_text(text, "page").loss).html


def _is_worksheet(text: str) -> bool:
    start = text.lstrip("\ufeff \t\r\n")
    return start.startswith("+++") or any(line.lstrip().startswith("[") and "]" in line for line in text.splitlines())


def _worksheet(text: str) -> dict[str, Any]:
    worksheet = mg.Worksheet.from_text(text.lstrip("\ufeff \t\r\n"), "page")
    report = worksheet.verify()
    found: dict[str, Any] = {"html": _verdicts(report), "right": bool(report), "steps": True}
    try:
        found["picture"] = mg.draw(worksheet.loss).svg
    except MicrogradnetError as error:
        found["no_picture"] = str(error)
    return found


def _verdicts(report: Any) -> str:
    """Return the findings as a list: a table of four columns of words does not fit a telephone."""
    items = "".join(
        f'<li class="{STYLES[finding.verdict.mark]}"><code>{escape_html(finding.title)}</code> '
        f"<b>{escape_html(finding.printed)}</b> <span>{escape_html(finding.words)}</span>"
        f"<small>{escape_html(finding.exact_text)}</small></li>"
        for finding in report
    )
    parts = [f"<p>{escape_html(translate(report.convention))}</p>"] if report.convention else []
    parts.append(f'<p class="summary">{escape_html(report.summary)}</p><ol>{items}</ol>')
    parts += [f'<p class="unread">{escape_html(str(part))}</p>' for part in report.unread]
    parts += [f"<p>{escape_html(report.notes.strip())}</p>"] if report.notes.strip() else []
    return "".join(parts)


def _arithmetic(text: str) -> dict[str, Any]:
    checked = mg.check(text)
    items = "".join(
        f'<li class="{"good" if one else "bad"}">{escape_html(str(one))}</li>' for one in checked.equalities
    )
    count = len(checked.equalities)
    rest = "".join(f'<p class="unread">{escape_html(line)}</p>' for line in str(checked).splitlines()[count:])
    return {"html": f"<ol>{items}</ol>{rest}", "right": bool(checked), "steps": False}
