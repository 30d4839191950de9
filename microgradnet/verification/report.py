"""Claims, verdicts, and their report: a finding for each claim, as a table for terminal or notebook, and as data.

How much work one report may take is said here as well: a :class:`Budget`, and what :class:`KnownSlips` spare.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, MicrogradnetError, WorksheetError
from microgradnet.messages import translate
from microgradnet.text import TINTS, TextTable, clean, encodable, escape_html, reflow

if TYPE_CHECKING:
    from microgradnet.verification.figure import Figure
    from microgradnet.verification.language import Quantity

MOST_NODES = 250_000  # computed for one report or call, some tenths of a second
_MOST_RUNS = 2_000  # of slips, that are kept for the quantities that they have in common
_HEADINGS = ("quantity", "printed", "exact", "verdict")
_WIDTH = 118  # of the plain table; the columns of words are wrapped to fit
_STYLES = {"✓": "good", "≈": "fair", "✗": "bad"}


class Verdict(Enum):
    """The verdicts on a claim, in the order in which they are tried; the value is the name that worksheets use.

    ``FOLLOWS`` is a figure that is not right, but correctly carried on from an earlier wrong one: worth marks.
    """

    EXACT = "exact"
    ROUNDED = "rounded"
    CONSISTENT = "consistent"
    TRUNCATED = "truncated"
    LAST_DIGIT = "last_digit"
    OTHER_ORDER = "other_order"
    HOLDS = "holds"
    FOLLOWS = "follows"
    WRONG = "wrong"

    @property
    def words(self) -> str:
        """The verdict as people say it."""
        return _WORDS[self.value][1]

    def __str__(self) -> str:
        return self.words

    @property
    def mark(self) -> str:
        """A sign for the margin: ✓ right as printed, ≈ right with a remark, ✗ not right."""
        return _WORDS[self.value][0]

    @property
    def is_right(self) -> bool:
        """Whether the figure stands for what was asked, with or without a remark."""
        return self not in (Verdict.FOLLOWS, Verdict.WRONG)


_WORDS = {
    "exact": ("✓", "exact"),
    "rounded": ("✓", "rounded"),
    "consistent": ("≈", "consistent"),
    "truncated": ("≈", "truncated"),
    "last_digit": ("≈", "off by one in the last place"),
    "other_order": ("≈", "another order or convention"),
    "holds": ("✓", "holds"),
    "follows": ("✗", "follows from a wrong figure"),
    "wrong": ("✗", "wrong"),
}


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that is printed for a quantity, or a formula that is said to equal it.

    Arguments:
        quantity: what is claimed.
        printed: the figure; None where a formula is claimed.
        name: what the source calls the quantity; its text where not given.
        formula: the formula.
        also: other figures that the source prints for the same quantity.
        expected: the verdict that it should get; None for any that is right.
        reason: why that one is expected.
        remark: said of the figure in addition, such as that it is recalled.
        place: where it is made, for errors: "lesson.toml: claims[3]".
        line: the line, counted from 1; 0 where that is not known.
        column: the column in it.
    """

    quantity: Quantity
    printed: Figure | None = None
    name: str = ""
    formula: Quantity | None = None
    also: tuple[Figure, ...] = ()
    expected: Verdict | None = None
    reason: str = ""
    remark: str = ""
    place: str = ""
    line: int = 0
    column: int = 0

    @property
    def title(self) -> str:
        """What the source calls the quantity."""
        return self.name or self.quantity.text


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
        expected: the verdict that a worksheet says this claim gets; None for any that is right.
        reason: why that one is expected.
        slips: the slips that lead to the printed digits, the likeliest first.
        line: where the claim is made, counted from 1; 0 where that is not known.
        column: the same in the line.
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
    slips: tuple[str, ...] = ()
    line: int = 0
    column: int = 0

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one expected; what follows from a wrong figure counts as wrong."""
        if self.expected in (None, Verdict.WRONG):
            return self.verdict.is_right is (self.expected is None)
        return self.verdict is self.expected

    @property
    def title(self) -> str:
        """The source's name for the quantity, with our name for it where that is another."""
        return self.name if self.name == self.quantity else f"{self.name} = {self.quantity}"

    @property
    def words(self) -> str:
        """The verdict, its explanation, and what was expected if that is something else; in the reader's language."""
        words = f"{self.verdict.mark} {translate(self.verdict.words)}"
        if self.explanation:
            words += f"{translate(': ')}{translate(self.explanation)}"
        if self.expected is None:
            return words
        if not self.as_expected:
            return words + translate(f" (expected: {self.expected.words})")
        known = " (known: {reason})" if self.reason else "" if self.verdict.is_right else " (known)"
        return words + translate(known).format(reason=self.reason)

    def as_data(self) -> dict[str, Any]:
        """Return the finding as plain data, for JSON."""
        return {
            "line": self.line,
            "column": self.column,
            "quantity": self.title,
            "printed": self.printed,
            "exact": self.exact_text,
            "verdict": self.verdict.value,
            "as_expected": self.as_expected,
            "explanation": self.explanation,
            "slips": list(self.slips),
        }


def with_consequences(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings in which what follows from wrong figures is expected, where all of these are."""
    wrong = [finding for finding in findings if finding.verdict is Verdict.WRONG]
    if not wrong or not all(finding.as_expected for finding in wrong):
        return list(findings)
    return [
        replace(finding, expected=Verdict.FOLLOWS)
        if finding.verdict is Verdict.FOLLOWS and finding.expected is None
        else finding
        for finding in findings
    ]


def finding_on(
    claim: Claim,
    printed: str,
    value: float,
    exact_text: str,
    verdict: Verdict,
    words: str,
    slips: tuple[str, ...] = (),
) -> Finding:
    """Return a finding on a claim, with what the claim itself says."""
    explanation = "; ".join(part for part in (words, claim.remark) if part)
    said = (claim.expected, claim.reason, slips, claim.line, claim.column)
    return Finding(claim.title, claim.quantity.text, printed, value, exact_text, verdict, explanation, *said)


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of a page that could not be read, and why; line and column are counted from 1.

    ``is_claim`` says whether it is printed for a quantity of the graph, so that a figure stays unjudged.
    """

    line: int
    column: int
    text: str
    why: str
    is_claim: bool = False

    def __str__(self) -> str:
        why = translate(clean(self.why))
        return translate(f"not judged: line {self.line}, column {self.column}: {clean(self.text)}. {why}")


class Report(Sequence[Finding]):
    """The findings on the claims of one source, in their order; true only if every verdict is as expected.

    Arguments:
        findings: one per claim.
        title: what was verified.
        notes: shown under the table.
        convention: a sentence on a convention under which figures of the whole source hold; "" where there is none.
        unread: the parts of a page that could not be read; with a claim among them, a report is not true.
        lines: the lines that were judged, which a notebook shows with marks in the margin; none where figures were.
    """

    def __init__(
        self,
        findings: Iterable[Finding],
        title: str = "",
        notes: str = "",
        convention: str = "",
        unread: tuple[Unread, ...] = (),
        lines: Sequence[str] = (),
    ) -> None:
        self._findings = tuple(findings)
        self.title, self.notes, self.convention, self.unread = title, notes, convention, unread
        self.lines = tuple(lines)

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
        return all(finding.as_expected for finding in self) and not any(part.is_claim for part in self.unread)

    def counts(self) -> dict[Verdict, int]:
        """Return how many claims got each verdict, without those that none got."""
        counted = Counter(finding.verdict for finding in self)
        return {verdict: counted[verdict] for verdict in Verdict if counted[verdict]}

    @property
    def summary(self) -> str:
        """One line: how many claims, with which verdicts, and whether they are as expected, where something was."""
        parts = ", ".join(f"{count} {translate(verdict.words)}" for verdict, count in self.counts().items())
        line = f"{len(self)} claim{'s' * (len(self) != 1)}: {parts or translate('none to check')}"
        surprises = sum(not finding.as_expected for finding in self)
        known = sum(finding.as_expected and not finding.verdict.is_right for finding in self)
        if not any(finding.expected for finding in self):
            return translate(f"{line}.")
        if surprises:
            return translate(f"{line}. {surprises} not as expected.")
        return translate(f"{line}. All as expected." if known else f"{line}.")

    def table(self, title: str | None = None) -> TextTable:
        """Return the findings as a table, one row each; a title may replace the report's own."""
        return TextTable(
            [translate(heading) for heading in _HEADINGS],
            [(finding.title, finding.printed, finding.exact_text, finding.words) for finding in self],
            align="lrrl",
            styles=[_STYLES[finding.verdict.mark] for finding in self],
            title=self.title if title is None else title,
        )

    def text(self, width: int | None = None, *, colour: bool = False) -> str:
        """Return the convention, if one was found, the table, the summary and the notes as plain text.

        Arguments:
            width: the columns to fit into; None for no limit.
            colour: whether verdicts are coloured by ANSI escapes.
        """
        notes = reflow(self.notes, width or _WIDTH)
        first = [translate(clean(self.convention))] * bool(self.convention)
        table = [self.table().text(width, colour=colour)] if len(self) else []
        return "\n".join([*first, *table, self.summary, *map(str, self.unread), *(["", notes] if notes else [])])

    def as_data(self) -> dict[str, Any]:
        """Return the report as plain data, for JSON."""
        findings = [finding.as_data() for finding in self]
        unread = [
            {"line": part.line, "column": part.column, "text": part.text, "why": part.why} for part in self.unread
        ]
        return {"title": self.title, "convention": self.convention, "findings": findings, "unread": unread}

    def __str__(self) -> str:
        return encodable(self.text(_WIDTH))

    def __repr__(self) -> str:
        return f"<Report {self.summary}>"

    def _repr_html_(self) -> str:
        convention = f"<p>{escape_html(translate(self.convention))}</p>" if self.convention else ""
        notes = f"<p>{escape_html(self.notes.strip())}</p>" if self.notes.strip() else ""
        unread = "".join(f"<p>{escape_html(str(part))}</p>" for part in self.unread)
        body = self._lines_html() if self.lines else self.table().html()
        return f"<div>{convention}{body}<p>{escape_html(self.summary)}</p>{unread}{notes}</div>"

    def _lines_html(self) -> str:
        """Return the lines with the marks of their findings in the margin, and what is to say of each behind it."""
        indent = min((len(line) - len(line.lstrip()) for line in self.lines if line.strip()), default=0)
        rows = [self._line_html(number, line, indent) for number, line in enumerate(self.lines, 1) if line.strip()]
        return f'<table style="border-collapse:collapse">{"".join(rows)}</table>'

    def _line_html(self, number: int, line: str, indent: int) -> str:
        findings = sorted((finding for finding in self if finding.line == number), key=lambda each: each.column)
        unread = [part for part in self.unread if part.line == number]
        marks = [finding.verdict.mark for finding in findings] + ["?"] * any(part.is_claim for part in unread)
        mark = max(marks, key="✓≈?✗".index, default="")
        said = [f"{each.printed}: {each.words[2:]}" for each in findings if each.verdict.mark != "✓"]
        shown, end = "", indent
        for each in findings:
            begin = each.column - 1
            if each.verdict.mark == "✗" and begin >= end and line.startswith(each.printed, begin):
                stop = begin + len(each.printed)
                shown += f"{escape_html(line[end:begin])}<u>{escape_html(line[begin:stop])}</u>"
                end = stop
        code = f'<code style="white-space:pre">{shown}{escape_html(line[end:])}</code>'
        ground = f"background:rgba({TINTS[_STYLES[mark]]})" if mark in _STYLES else ""
        cells = [f"<b>{mark}</b>", code, escape_html("; ".join(said))]
        body = "".join(f'<td style="text-align:left;vertical-align:top;padding:1px 6px">{cell}</td>' for cell in cells)
        return f'<tr style="{ground}">{body}</tr>'


@contextmanager
def telling(place: str) -> Iterator[None]:
    """Add a place in a worksheet to the errors that are raised inside; nothing where the place is empty."""
    try:
        yield
    except MicrogradnetError as error:
        if not place or isinstance(error, WorksheetError):
            raise
        raise WorksheetError(f"{place}: {error.expected}", error.given, error.advice) from error


class BudgetError(ArgumentError):
    """A calculation asks for more work than one report may take."""


class Budget:
    """How many nodes one report may compute, so that no calculation, however hostile, keeps a machine busy.

    Everything is taken off it: quantities with their steps and every "at", named quantities, what figures follow from,
    and the slips that are looked for. What can't be given up, such as the value of a quantity, raises an error where
    nothing is left; the search ends there, and leaves a part for what comes after it, see :meth:`part`.

    Arguments:
        nodes: how many at first; 100,000 take about a quarter of a second.
    """

    def __init__(self, nodes: int = MOST_NODES) -> None:
        self.left = self.nodes = nodes
        self._kept = 0  # for what comes after the search
        self._reports = 0  # that are being made

    @contextmanager
    def report(self) -> Iterator[None]:
        """Start anew for a report; what is done inside another report is a part of that one."""
        if not self._reports:
            self.left, self._kept = self.nodes, 0
        self._reports += 1
        try:
            yield
        finally:
            self._reports -= 1

    @contextmanager
    def part(self, share: float) -> Iterator[None]:
        """Search with a share of what is left, so that something is left for what is searched for later."""
        outer = self._kept
        self._kept = max(outer, self.left - int((self.left - outer) * share))
        try:
            yield
        finally:
            self._kept = outer

    @property
    def is_spent(self) -> bool:
        """Whether a search has to end."""
        return self.left <= self._kept

    def take(self, nodes: int) -> None:
        """Take some nodes off, where a search ends by itself."""
        self.left -= nodes

    def spend(self, nodes: int) -> None:
        """Take some nodes off.

        Raises:
            BudgetError: there are not that many left.
        """
        self.left -= nodes
        if self.left < 0:
            expected = (
                f"a calculation computes at most {self.nodes:,} nodes, those of every step and every 'at' counted"
            )
            raise BudgetError(expected, "more", "Ask for fewer steps, or split the worksheet.")


class KnownSlips:
    """What the slips of the table make of quantities, for calculations that are alike: those of answers to one key.

    What is remembered costs an effort of its own, the same for the first and the last, so that no verdict depends on
    what was judged before.

    Arguments:
        quantities: those that are remembered; of any other, all is computed each time.
    """

    def __init__(self, quantities: Iterable[str] = ()) -> None:
        self._numbers: dict[str, dict[Hashable, float]] = {quantity: {} for quantity in quantities}
        self._changes: dict[tuple[str, int], list[tuple[str, Any]]] = {}
        self._runs: dict[Hashable, Any] = {}

    def number(self, quantity: str, slot: Hashable, effort: int, budget: Budget, compute: Callable[[], float]) -> float:
        """Return a quantity that is remembered under the slip in a slot of the table; nan where the effort is spent."""
        budget.take(effort)
        if budget.is_spent:
            return math.nan
        known = self._numbers[quantity]
        if slot not in known:
            known[slot] = compute()
        return known[slot]

    def knows(self, quantity: str) -> bool:
        """Tell whether a quantity is one of those that are remembered."""
        return quantity in self._numbers

    def changes(self, quantity: str, place: int, find: Callable[[], Iterable[tuple[str, Any]]]) -> Iterable[Any]:
        """Return what a slip of the table makes of a quantity, as ``find`` yields it."""
        if quantity not in self._numbers:
            return find()
        if (quantity, place) not in self._changes:
            self._changes[quantity, place] = list(find())
        return self._changes[quantity, place]

    def run(self, change: Hashable, make: Callable[[], Any]) -> Any:
        """Return the run that does so otherwise, which quantities have in common."""
        if change not in self._runs:
            if len(self._runs) >= _MOST_RUNS:
                self._runs.clear()
            self._runs[change] = make()
        return self._runs[change]
