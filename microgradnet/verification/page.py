"""A page: a Markdown file whose front matter says what is calculated, and whose text is the calculation.

The front matter is TOML between two lines ``+++``. Lines of code blocks and of ``$...$`` and ``$$...$$`` that hold an
``=``, ``≈`` or ``->`` are claims; prose is not. Each relation of a chain is judged: a formula in letters against the
graph, numbers put in against the formula, the result against the graph and against the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from microgradnet.errors import ArgumentError, MicrogradnetError
from microgradnet.graph import leaves
from microgradnet.text import clean
from microgradnet.verification import agreement, check
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.figure import Figure
from microgradnet.verification.grammar import Parser, Syntax
from microgradnet.verification.judging import judge
from microgradnet.verification.language import PLAIN_NAME
from microgradnet.verification.lines import FormulaSide, Statement, join_continuations, statements
from microgradnet.verification.report import Claim, Finding, Report, Unread, Verdict
from microgradnet.verification.spelling import Spelling, is_group

MOST_CLAIMS = 1_000  # of one page
_LONGEST_NAME = 24  # characters of a name that is shown as it is printed
_CLEAN = (Verdict.EXACT, Verdict.ROUNDED, Verdict.CONSISTENT, Verdict.HOLDS)
BLANK_LINE = re.compile(r"=\s*(?:_{2,}|\\underline\{[^{}]*\}|\.{4,})\s*$")
_SUFFIX = r"\s+of\s+sample\s+\d+|\s+after\s+[\d,]+\s+(?:steps?|rounds?)\b"
_IN_WORDS = re.compile(
    rf"(?:(?:new|change)\s+)?(?:[d∂]{PLAIN_NAME}(?:\s+of\s+sample\s+\d+)?/[d∂])?{PLAIN_NAME}(?:{_SUFFIX})+"
)
# What a page says of its own figure, behind it: "# recalled", "# wrong: a misprint of the copy".
_REMARK = re.compile(
    r"#\s*(?=\w)(?P<recalled>recalled\b\s*[,;]?\s*)?"
    rf"(?:(?P<verdict>{'|'.join(verdict.value for verdict in Verdict)})\b(?:\s*:\s*(?P<reason>.*?))?)?\s*$"
)
RECALLED = "the figure is recalled, not read"
_STAND_IN = 0x13000  # a hieroglyph, repeated, stands for a name that is no single word, so that columns stay


@dataclass
class _Chain:
    """A chain of equal sides, and what it is about.

    Arguments:
        line: the number of its first line, from 0, and the text of its lines as it is read.
        shown: that text as it is printed; a column is the same in both.
        statements: the relations of the chain, in order.
        quantity: what its first side is, in the language of quantities; None if that holds nothing of the graph.
        name: what the page calls it.
        claims: the claims that its printed results make, each with its side.
    """

    line: tuple[int, str]
    shown: str
    statements: list[Statement]
    quantity: str | None
    name: str
    claims: list[tuple[Claim, FormulaSide]] = field(default_factory=list)

    def place(self, side: FormulaSide) -> tuple[int, int]:
        """Return line and column of a side, counted from 1."""
        first, text = self.line
        return first + 1 + text.count("\n", 0, side.start), side.start - text.rfind("\n", 0, side.start)

    def text(self, side: FormulaSide) -> str:
        """Return a side as the page prints it."""
        return clean(" ".join(self.shown[side.start : side.end].split()), 60)


class PageReader:
    """Judges the lines of a page against a calculation.

    Arguments:
        calculation: the graph with its names.
        names: the page's own names, as it prints them, with the quantities that they stand for.
        decimal: the decimal mark.
        expectations: whether a remark such as ``# wrong`` says which verdict a figure should get.
    """

    def __init__(
        self,
        calculation: Calculation,
        names: Mapping[str, str] | None = None,
        decimal: str = "auto",
        *,
        expectations: bool = True,
    ) -> None:
        self.calculation, self.decimal, self.expectations = calculation, decimal, expectations
        self.spelling = Spelling(names or {}, calculation.known(), calculation.evaluate, calculation.loss_name)
        self.local: dict[str, agreement.Bound] = {}  # numbers that the page gives names of its own
        self.stand_ins: dict[str, str] = {}  # of names that are no single word, each with its letter
        self._phrases = {phrase: quantity for phrase, quantity in (names or {}).items() if not _is_word(phrase)}
        self._phrase = _any_of(self._phrases)
        self.unread: list[Unread] = []
        self.printed: dict[float, float] = {}  # figures that are right, without their sign, each with its exact value
        eta = () if calculation.descent is None else (calculation.descent.eta,)
        numbers = [node.data for node in leaves(calculation.loss, constants=True)]
        self.given = frozenset([*map(abs, numbers), *eta])  # numbers that nobody rounds

    def judge(self, lines: Sequence[str], title: str = "", notes: str = "", claims: Sequence[Claim] = ()) -> Report:
        """Return the report on the lines, after that on other claims of the same source."""
        chains: list[_Chain] = []
        made: list[Claim] = []
        for first, line in join_continuations(lines):
            found = list(self._chains(first, line))
            chains += found
            made += [claim for chain in found for claim, _ in chain.claims]
            if len(made) + len(claims) > MOST_CLAIMS:
                raise ArgumentError(f"at most {MOST_CLAIMS} claims on a page", "more", "Split the page.")
        report = judge(self.calculation, [*claims, *made], title, notes)
        verdicts = dict(zip(map(id, [*claims, *made]), report, strict=True))
        printed = {id(claim): chain.text(side) for chain in chains for claim, side in chain.claims}
        findings = [
            replace(finding, printed=printed[key]) if key in printed and claim.formula is not None else finding
            for claim, (key, finding) in zip([*claims, *made], verdicts.items(), strict=True)
        ]
        self.printed = {
            abs(claim.printed.near): finding.value
            for claim, finding in zip([*claims, *made], report, strict=True)
            if claim.printed is not None and finding.verdict.is_right
        }
        for chain in chains:
            right = all(verdicts[id(claim)].verdict in _CLEAN for claim, _ in chain.claims)
            findings += self._arithmetic(chain, right)
        findings.sort(key=lambda finding: (finding.line, finding.column))
        return Report(findings, title, notes, report.convention, tuple(self.unread))

    # From lines to chains

    def _chains(self, first: int, line: str) -> Iterator[_Chain]:
        if BLANK_LINE.search(line):
            return
        shown, remark = self._without_remark(_as_equation(line))
        line = self._with_stand_ins(shown)
        names = _Names(self.local, self.spelling.numbers)
        try:
            said = statements(line, names, decimal=self.decimal)
        except MicrogradnetError as error:
            self.unread.append(Unread(first + 1, 1, clean(shown, 60), str(error)))
            return
        chains = [self._chain(first, line, shown, group) for group in _grouped(said)]
        if remark is not None and chains and chains[-1].claims:
            claim, side = chains[-1].claims[-1]
            chains[-1].claims[-1] = self._remarked(claim, remark), side
        yield from chains

    @staticmethod
    def _without_remark(line: str) -> tuple[str, re.Match[str] | None]:
        """Return a line with the remark behind its figure blanked out, and that remark."""
        remark = _REMARK.search(line)
        if remark is None or not (remark["recalled"] or remark["verdict"]):
            return line, None
        return line[: remark.start()].rstrip(), remark

    def _remarked(self, claim: Claim, remark: re.Match[str]) -> Claim:
        """Return a claim with what a remark says of it."""
        if remark["recalled"]:
            claim = replace(claim, remark=RECALLED)
        if remark["verdict"] and self.expectations:
            claim = replace(claim, expected=Verdict(remark["verdict"]), reason=remark["reason"] or "")
        return claim

    def _with_stand_ins(self, line: str) -> str:
        """Return a line of the same length, with a letter for each quantity in words and each name that is no word."""

        def standing_in(match: re.Match[str]) -> str:
            with suppress(MicrogradnetError):
                printed = " ".join(match[0].split())
                quantity = self._phrases.get(printed, match[0])
                if not is_group(quantity, self.calculation.known()):
                    self.calculation.read(quantity)
                letter = self.stand_ins.setdefault(printed, chr(_STAND_IN + len(self.stand_ins)))
                self.spelling.add(letter * len(match[0]), quantity)
                return letter * len(match[0])
            return match[0]

        if self._phrase is not None:
            line = self._phrase.sub(standing_in, line)
        return _IN_WORDS.sub(standing_in, line)

    def _chain(self, first: int, line: str, shown: str, group: list[Statement]) -> _Chain:
        head = group[0].left
        chain = _Chain((first, line), shown, group, self._quantity(head, line), "")
        if chain.quantity is None and head.tree is not None and head.tree.kind == "name" and group[0].right.tree:
            chain.quantity = self.spelling.write(group[0].right.tree, line)  # a name of the page's own for a formula
            if chain.quantity is not None:
                self.spelling.add(head.text, chain.quantity)
        if self._is_update(chain):
            chain.quantity = f"new {chain.quantity}"
        printed = chain.text(head)
        chain.name = printed if len(printed) <= _LONGEST_NAME or chain.quantity is None else chain.quantity
        for statement in group:
            side = statement.right
            if statement.relation == "←":
                continue
            if side.tree is None:
                self._cannot_read(chain, side)
            elif side.tree.kind == "vector" or (side.tree.kind == "group" and side.text[:1] == "["):
                self._list(chain, side, head)
            elif chain.quantity is not None:
                self._claim(chain, side, chain.quantity)
        if head.tree is None and chain.quantity is None:
            self._cannot_read(chain, head)
        if chain.quantity is None:
            bound = check.binding(group)
            if bound is not None:
                self.local[bound[0]] = bound[1]
                if len(group) == 1:
                    row, column = chain.place(head)
                    why = "It is no quantity of the graph, so its number is taken as given."
                    self.unread.append(Unread(row, column, chain.text(head), why))
        return chain

    def _is_update(self, chain: _Chain) -> bool:
        """Tell whether a chain calculates a new weight under its old name: ``w5 = 0.4 - 0.5*0.0822 = 0.3589``."""
        rule, tree = self.calculation.descent, chain.statements[0].right.tree
        if rule is None or tree is None or tree.kind not in ("+", "-") or chain.quantity is None:
            return False
        leaf = self.calculation.nodes.get(chain.quantity)
        while tree.parts and tree.kind in ("+", "-"):
            tree = tree.parts[0]
        sign = -1 if tree.kind == "neg" else 1
        while tree.kind in ("neg", "group"):
            tree = tree.parts[0]
        if leaf is None or leaf not in rule:
            return False
        if tree.kind == "name":
            return self.spelling.quantity(tree.text) == chain.quantity
        return tree.kind == "number" and leaf.data == sign * float(tree.number)

    def _cannot_read(self, chain: _Chain, side: FormulaSide) -> None:
        line, column = chain.place(side)
        is_claim = chain.quantity is not None and bool(re.search(r"\d", side.text))
        self.unread.append(Unread(line, column, chain.text(side), side.why, is_claim))

    def _quantity(self, side: FormulaSide, line: str) -> str | None:
        """Return what a side is in the language of quantities; None if it holds nothing of the graph."""
        found = self.spelling.quantity(side.text)
        if found is None and side.tree is not None and side.tree.kind not in ("number", "name"):
            found = self.spelling.write(side.tree, line)
        if found is None:
            return None
        found = re.sub(r"^\((d[^()]+/d[^()]+)\)$", r"\1", found)
        try:
            self.calculation.read(found)
        except MicrogradnetError:
            return None
        return found

    def _list(self, chain: _Chain, side: FormulaSide, head: FormulaSide) -> None:
        """Add a claim for each number of a list: ``a2 = [0.75, 0.77]`` is about ``a2[1]`` and ``a2[2]``."""
        assert side.tree is not None
        for place, part in _entries(side.tree):
            quantity = self.spelling.entry(head.text, place)
            if quantity is None:
                if len(chain.statements) == 1 and head.tree is not None and head.tree.kind in ("name", "/", "group"):
                    row, column = chain.place(head)
                    self.unread.append(Unread(row, column, chain.text(head), "It names no quantities of the graph."))
                return
            chain.quantity = chain.quantity or quantity  # so that its arithmetic is no claim of its own
            self._claim(chain, replace(side, tree=part, start=part.start, end=part.end), quantity, quantity)

    def _claim(self, chain: _Chain, side: FormulaSide, quantity: str, name: str = "") -> None:
        """Add the claim that a side makes: a printed result, a list of them, or a formula in letters."""
        assert side.tree is not None
        row, column = chain.place(side)
        printed = agreement.as_printed(side.tree)
        if printed is not None:
            read = self.calculation.read(quantity)
            claim = Claim(read, Figure.parse(printed), name=name or chain.name, line=row, column=column)
            chain.claims.append((claim, side))
            return
        if not any(node.kind in ("name", "call") for node in side.tree.walk()):
            return
        formula = self.spelling.write(self.spelling.tree(side.tree, chain.line[1]), chain.line[1])
        if formula is None:
            return
        try:
            claimed = self.calculation.read(formula)
        except MicrogradnetError:
            return
        read = self.calculation.read(quantity)
        claim = Claim(read, formula=claimed, name=name or chain.name, line=row, column=column)
        chain.claims.append((claim, side))

    # The arithmetic of a chain

    def _arithmetic(self, chain: _Chain, right: bool) -> Iterator[Finding]:
        """Yield what is wrong between the numbers of a chain; where it is about nothing of the graph, all of it."""
        names = _Names(self.local, {})
        refused = -1  # where a side begins whose numbers are wrong already
        for place, statement in enumerate(chain.statements):
            left, right_side = agreement.computed(statement.left, names), agreement.computed(statement.right, names)
            if place == 0 and statement.left.tree is not None and statement.left.tree.kind == "name":
                left = None  # a name of the page's own, which this chain defines
            if left is None or right_side is None or statement.relation == "←":
                for finding in self._numbers_put_in(chain, statement, right_side, right):
                    refused = statement.right.start
                    yield finding
                continue
            if statement.left.start == refused:
                continue
            verdict, _ = agreement.compare_sides(statement, left, right_side, names, self.given)
            is_result = verdict == "wrong" and right and chain.quantity is not None
            if is_result and agreement.may_round_to(statement, right_side, self.given):
                continue  # the result is right, and the numbers before it are shown rounded
            if verdict == "wrong" and not right:
                continue  # the result is wrong, and judged already
            if verdict == "wrong" or chain.quantity is None:
                yield self._finding(chain, statement, verdict, left)

    def _numbers_put_in(self, chain: _Chain, statement: Statement, value: Any, right: bool) -> Iterator[Finding]:
        """Yield a finding if numbers put into a formula do not lead to what the graph has, though the result does."""
        side = statement.right
        if value is None or isinstance(value, list) or chain.quantity is None or not right or side.tree is None:
            return
        if agreement.as_printed(side.tree) is not None:
            return
        exact = self.calculation.evaluate(chain.quantity)
        whole = Statement(FormulaSide("", 0, 0, None), "≈", side)
        verdict, _ = agreement.compare_sides(whole, exact, value, {}, self.given)
        if verdict == "wrong":
            value = agreement.with_numbers(side.tree, self._exact_of, value)
            verdict, _ = agreement.compare_sides(whole, exact, value, {}, self.given)
        if verdict == "wrong":
            row, column = chain.place(side)
            words = f"the numbers put in give {agreement.written(value)}, not {agreement.written(exact)}"
            yield Finding(
                chain.name, chain.quantity, chain.text(side), exact, agreement.written(exact), Verdict.WRONG, words,
                line=row, column=column,
            )  # fmt: skip

    def _exact_of(self, number: float) -> float:
        """Return the exact value behind a number that the page has printed before, and rightly so."""
        return number if number in self.given else abs(self.printed.get(number, number))

    def _finding(self, chain: _Chain, statement: Statement, verdict: str, left: Any) -> Finding:
        row, column = chain.place(statement.right)
        exact = agreement.written(left)
        title, printed = chain.text(statement.left), chain.text(statement.right)
        words = f"{title} is {exact}" if verdict == "wrong" else ""
        number = float("nan") if isinstance(left, list) else float(left)
        return Finding(title, title, printed, number, exact, Verdict(verdict), words, line=row, column=column)


def _entries(tree: Syntax) -> Iterator[tuple[tuple[int, ...], Syntax]]:
    """Yield the numbers of a list or of a list of lists, each with its indices from 1."""
    items = tree.parts if tree.kind in ("vector", "group") else (tree,)
    for number, item in enumerate(items, 1):
        inner = item.parts[0] if item.kind == "group" and item.parts[0].kind == "vector" else item
        if inner.kind == "vector":
            yield from (((number, *place), part) for place, part in _entries(inner))
        else:
            yield (number,), item


class _Names(Mapping[str, agreement.Bound]):
    """The names of a page: its own numbers first, then those of the graph."""

    def __init__(self, local: Mapping[str, agreement.Bound], others: Mapping[str, agreement.Bound]) -> None:
        self._local, self._others = local, others

    def __getitem__(self, name: str) -> agreement.Bound:
        return self._local[name] if name in self._local else self._others[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._local
        yield from self._others

    def __len__(self) -> int:
        return len(self._local) + len(self._others)


def _is_word(name: str) -> bool:
    """Tell whether the grammar reads a name of a page as one name, as it does ``h_{pre,1}`` but not ``z(1)``."""
    try:
        tree = Parser(name).parse()
    except MicrogradnetError:
        return False
    return tree.kind == "name" and tree.start == 0 and tree.end == len(name.rstrip())


def _any_of(phrases: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds any of these as whole words, the longest first; None where there are none."""
    written = []
    for phrase in sorted(phrases, key=len, reverse=True):
        before = r"(?:(?<![\w\\])|(?<=[d∂])(?<![\w\\][d∂]))" if phrase[:1].isalnum() else ""
        after = r"(?![^\W_])" if phrase[-1:].isalnum() else ""
        written.append(before + r"\s+".join(map(re.escape, phrase.split())) + after)
    return re.compile("|".join(written)) if written else None


def _grouped(said: Sequence[Statement]) -> Iterator[list[Statement]]:
    """Yield the chains of a line: relations in which each right side is the left one of the next."""
    group: list[Statement] = []
    for statement in said:
        if group and statement.left.start != group[-1].right.start:
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def _as_equation(line: str) -> str:
    """Return a line in which ``w5 -> 0.36`` reads as ``w5^+ = 0.36``."""
    match = re.match(r"^(\s*[^\s=≈]+?)\s+(?:->|→|\\to|\\rightarrow)\s*([-−+]?[\d.].*)$", line)
    if match is None or "=" in line:
        return line
    name, number = match.groups()
    return f"{name}^+ =".ljust(match.start(2)) + number
