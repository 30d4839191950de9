"""What verifying found: one finding per claim, shown as a table in a terminal, in plain text or in a notebook."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from microgradnet.verification.verdict import Verdict

if TYPE_CHECKING:
    from rich.table import Table

_HEADINGS = ("quantity", "printed", "exact", "verdict")
_WIDTH = 118  # of the plain table; the last column is wrapped to fit
_NARROWEST = 30  # of the last column, however wide the others are
_COLOURS = {"✓": "green", "≈": "yellow", "✗": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one claim.

    Arguments:
        name: what the source calls the quantity.
        quantity: the quantity in the worksheets' language.
        printed: the figure, or the formula, as printed.
        value: what the engine computes.
        exact_text: that value, written somewhat further than the figure.
        verdict: see :class:`Verdict`.
        explanation: why, or how it should read.
        expected: the verdict that a worksheet says this claim gets; None for any but wrong.
        reason: why that one is expected.
    """

    name: str
    quantity: str
    printed: str
    value: float
    exact_text: str
    verdict: Verdict
    explanation: str = ""
    expected: Verdict | None = None
    reason: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one expected."""
        if self.expected is None:
            return self.verdict is not Verdict.WRONG
        return self.verdict is self.expected

    @property
    def title(self) -> str:
        """The source's name for the quantity, with our name for it where that is another."""
        return self.name if self.name == self.quantity else f"{self.name} = {self.quantity}"

    @property
    def words(self) -> str:
        """The verdict, its explanation, and what was expected if that is something else."""
        words = f"{self.verdict.mark} {self.verdict.words}"
        if self.explanation:
            words += f": {self.explanation}"
        if self.expected is None:
            return words
        if not self.as_expected:
            return f"{words} (expected: {self.expected.words})"
        return words + (f" (known: {self.reason})" if self.reason else " (known)" if self._is_wrong else "")

    @property
    def _is_wrong(self) -> bool:
        return self.verdict is Verdict.WRONG


class Report(Sequence[Finding]):
    """The findings on the claims of one source, in their order; true only if every verdict is as expected.

    Arguments:
        findings: one per claim.
        title: what was verified.
        notes: shown under the table.
    """

    def __init__(self, findings: Iterable[Finding], title: str = "", notes: str = "") -> None:
        self._findings = tuple(findings)
        self.title, self.notes = title, notes

    def __len__(self) -> int:
        return len(self._findings)

    def __getitem__(self, index: int) -> Finding:  # type: ignore[override]
        return self._findings[index]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings)

    def __bool__(self) -> bool:
        """Whether there are findings and every verdict is as expected, so that ``assert verify(...)`` can fail."""
        return bool(self._findings) and self.as_expected

    @property
    def as_expected(self) -> bool:
        """Whether every claim has the verdict that it should get."""
        return all(finding.as_expected for finding in self)

    def counts(self) -> dict[Verdict, int]:
        """Return how many claims got each verdict, without those that none got."""
        counted = Counter(finding.verdict for finding in self)
        return {verdict: counted[verdict] for verdict in Verdict if counted[verdict]}

    @property
    def summary(self) -> str:
        """One line: how many claims, with which verdicts, and whether they are as expected, where something was."""
        parts = ", ".join(f"{count} {verdict.words}" for verdict, count in self.counts().items())
        line = f"{len(self)} claim{'s' * (len(self) != 1)}: {parts or 'none to check'}"
        surprises = sum(not finding.as_expected for finding in self)
        known = sum(finding.as_expected and finding.verdict is Verdict.WRONG for finding in self)
        if not any(finding.expected for finding in self):
            return f"{line}."
        if surprises:
            return f"{line}. {surprises} not as expected."
        return f"{line}. All as expected." if known else f"{line}."

    def __str__(self) -> str:
        rows = [(finding.title, finding.printed, finding.exact_text, finding.words) for finding in self]
        widths = [max(len(row[column]) for row in [_HEADINGS, *rows]) for column in range(3)]
        last = max(_NARROWEST, _WIDTH - sum(widths) - 6)
        lines = [self.title] if self.title else []
        for row in [_HEADINGS, *rows]:
            lines += _plain_row(row, widths, last)
        rule = "-" * max(len(line) for line in lines)
        lines.insert(2 if self.title else 1, rule)
        lines += [rule, self.summary, *(["", self.notes.strip()] if self.notes.strip() else [])]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Report {self.summary}>"

    def table(self) -> Table:
        """Return the findings as a table of rich, for a terminal."""
        from rich.box import SIMPLE_HEAD
        from rich.table import Table
        from rich.text import Text

        title = Text(self.title) if self.title else None
        table = Table(title=title, box=SIMPLE_HEAD, caption=Text(self.summary), padding=(0, 1, 0, 0), pad_edge=False)
        table.title_justify = table.caption_justify = "left"
        table.add_column(_HEADINGS[0], overflow="fold")
        table.add_column(_HEADINGS[1], justify="right", no_wrap=True)  # a number in two lines is two numbers
        table.add_column(_HEADINGS[2], justify="right", no_wrap=True)
        table.add_column(_HEADINGS[3], overflow="fold")
        for finding in self:
            words = Text(finding.words, style=_COLOURS[finding.verdict.mark])
            table.add_row(Text(finding.title), Text(finding.printed), Text(finding.exact_text), words)
        return table

    def _repr_html_(self) -> str:
        # No colours: the page's own, light or dark, are inherited, and the verdict is a mark and words.
        rows = "".join(
            _html_row(
                "td",
                html.escape(finding.title),
                f"<code>{html.escape(finding.printed)}</code>",
                f"<code>{html.escape(finding.exact_text)}</code>",
                html.escape(finding.words),
            )
            for finding in self
        )
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        table = f"<table>{caption}<thead>{_html_row('th', *_HEADINGS)}</thead><tbody>{rows}</tbody></table>"
        notes = f"<p>{html.escape(self.notes.strip())}</p>" if self.notes.strip() else ""
        return f"<div>{table}<p>{html.escape(self.summary)}</p>{notes}</div>"


def _html_row(tag: str, *cells: str) -> str:
    sides = ("left", "right", "right", "left")
    shown = (f"<{tag} style='text-align:{side}'>{cell}</{tag}>" for side, cell in zip(sides, cells, strict=True))
    return f"<tr>{''.join(shown)}</tr>"


def _plain_row(row: tuple[str, ...], widths: list[int], last: int) -> list[str]:
    quantity, printed, exact, verdict = row
    first, *rest = wrap(verdict, last) or [""]
    start = f"{quantity:<{widths[0]}}  {printed:>{widths[1]}}  {exact:>{widths[2]}}  "
    return [start + first, *(" " * len(start) + line for line in rest)]
