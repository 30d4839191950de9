"""What verifying found: one finding per claim, shown as a table in a terminal, in plain text or in a notebook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from microgradnet.text import TextTable, encodable, escape_html, reflow
from microgradnet.verification.verdict import Verdict

_HEADINGS = ("quantity", "printed", "exact", "verdict")
_WIDTH = 118  # columns of a printed report
_STYLES = {"✓": "good", "≈": "fair", "✗": "bad"}


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

    def text(self, width: int | None = None, *, colour: bool = False) -> str:
        """Return the table, the summary and the notes as plain text.

        Arguments:
            width: the columns to fit into; None for no limit.
            colour: whether verdicts are coloured by ANSI escapes.
        """
        notes = reflow(self.notes, width or _WIDTH)
        return "\n".join([self.table().text(width, colour=colour), self.summary, *(["", notes] if notes else [])])

    def __str__(self) -> str:
        return encodable(self.text(_WIDTH))

    def __repr__(self) -> str:
        return f"<Report {self.summary}>"

    def table(self, title: str | None = None) -> TextTable:
        """Return the findings as a table, one row each; a title may replace the report's own."""
        return TextTable(
            _HEADINGS,
            [(finding.title, finding.printed, finding.exact_text, finding.words) for finding in self],
            align="lrrl",
            styles=[_STYLES[finding.verdict.mark] for finding in self],
            title=self.title if title is None else title,
        )

    def _repr_html_(self) -> str:
        notes = f"<p>{escape_html(self.notes.strip())}</p>" if self.notes.strip() else ""
        return f"<div>{self.table().html()}<p>{escape_html(self.summary)}</p>{notes}</div>"
