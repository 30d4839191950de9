"""The chains of a page: equal sides one behind the other, and whether the numbers in them agree.

What a chain prints for a quantity of the graph is a claim, and ``judging`` has the verdict on it. Here is what stands
between: numbers put into a formula against the quantity, and each printed result against the numbers before it; and
what gets no verdict at all, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from microgradnet.text import clean
from microgradnet.verification import agreement
from microgradnet.verification.agreement import Bound
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.grammar import Syntax, is_function
from microgradnet.verification.language import NAME, beyond, meant
from microgradnet.verification.lines import HEADING, FormulaSide, Statement, is_list, step_of
from microgradnet.verification.report import Claim, Finding, Unread, Verdict
from microgradnet.verification.spelling import OF_LISTS, Spelling

# What a page says of its own figure or formula, behind it: "# recalled", "# wrong: a misprint of the copy". It ends
# with the line, at the next claim of the line, or at the relation sign that the chain goes on with.
_REMARK = re.compile(
    r"#\s*(?=\w)(?P<recalled>recalled\b\s*[,;]?\s*)?"
    rf"(?:(?P<verdict>{'|'.join(verdict.value for verdict in Verdict)})\b(?:\s*:\s*(?P<reason>.*?))?)?"
    r"(?:[ \t]*;[ \t]*(?=[=≈])|\s*(?=$|;[^#]*?(?:=|≈|->|→))|(?(reason)(?!)|[ \t]+(?=[=≈])))",
    re.M,
)
RECALLED = "the figure is recalled, not read"
NO_VERDICT = "Nothing that is judged stands before it."
_CLEAN = (Verdict.EXACT, Verdict.ROUNDED, Verdict.CONSISTENT, Verdict.HOLDS)
_AFTER_STEPS = re.compile(r"(?P<name>.+?) after (?P<steps>\d+) steps?")
_MOST_ADVISED = 20  # unknown names, each of which is compared with all others
_AS_GIVEN = "It is no quantity of the graph, so its number is taken as given."
_CONSTANTS = ("e", "pi", "π")
_WORDED = re.compile(r"(?:[^\W\d_]{2,}\s+)+(?P<name>\S+)")
_RAISED = re.compile(r"\^\{?\s*[(\[]")


@dataclass
class PageChain:
    """A chain of equal sides, and what it is about.

    Arguments:
        line: the number of its first line, from 0, and the text of its lines as it is read.
        shown: that text as it is printed; a column is the same in both.
        statements: the relations of the chain, in order.
        quantity: what its first side is, in the language of quantities; None if that holds nothing of the graph.
        name: what the page calls it.
        claims: the claims that its printed results make, each with its side.
        local: the numbers that the page has given names of its own before.
        sample: the sample that its names belong to; 0 for none.
        steps: after how many steps of training its names are.
        remarks: what the page says of sides that make no claim; a verdict on one takes its remark.
    """

    line: tuple[int, str]
    shown: str
    statements: list[Statement]
    quantity: str | None
    name: str
    claims: list[tuple[Claim, FormulaSide]] = field(default_factory=list)
    local: Mapping[str, agreement.Bound] = field(default_factory=dict)
    sample: int = 0
    steps: int = 0
    remarks: list[tuple[FormulaSide, re.Match[str]]] = field(default_factory=list)

    def with_remark(self, finding: Finding) -> Finding:
        """Return a finding with the verdict that the page expects at its place."""
        for side, remark in self.remarks:
            if self.place(side) == (finding.line, finding.column):
                self.remarks.remove((side, remark))
                return replace(finding, expected=Verdict(remark["verdict"]), reason=remark["reason"] or "")
        return finding

    def place(self, side: FormulaSide) -> tuple[int, int]:
        """Return line and column of a side, counted from 1."""
        first, text = self.line
        return first + 1 + text.count("\n", 0, side.start), side.start - text.rfind("\n", 0, side.start)

    def text(self, side: FormulaSide) -> str:
        """Return a side as the page prints it."""
        return clean(" ".join(self.shown[side.start : side.end].split()), 60)


def without_remarks(line: str) -> tuple[str, list[re.Match[str]]]:
    """Return a line with the remarks behind its figures and formulas blanked out, and these remarks."""
    remarks = [remark for remark in _REMARK.finditer(line) if remark["recalled"] or remark["verdict"]]
    for remark in remarks:
        line = line[: remark.start()] + " " * len(remark[0]) + line[remark.end() :]
    return line.rstrip(), remarks


def attach(remark: re.Match[str], chains: Iterable[PageChain], *, expectations: bool) -> bool:
    """Attach a remark to what stands before it, a claim or another side; return whether anything does."""
    before = [
        (side.start, place, chain, side)
        for chain in chains
        for place, side in [
            *((-1, statement.right) for statement in chain.statements),
            *((place, side) for place, (_, side) in enumerate(chain.claims)),
        ]
        if side.start < remark.start()
    ]
    if not before:
        return False
    _, place, chain, side = max(before, key=lambda each: each[:2])
    if place < 0:
        if remark["verdict"] and expectations and side.tree is not None:
            chain.remarks.append((side, remark))
        return bool(remark["verdict"]) and side.tree is not None
    claim, _ = chain.claims[place]
    if remark["recalled"]:
        claim = replace(claim, remark=RECALLED)
    if remark["verdict"] and expectations:
        claim = replace(claim, expected=Verdict(remark["verdict"]), reason=remark["reason"] or "")
    chain.claims[place] = claim, side
    return True


class NamesOfPage(Mapping[str, Bound]):
    """The names of a page: its own numbers first, then those of the graph."""

    def __init__(self, local: Mapping[str, Bound], others: Mapping[str, Bound]) -> None:
        self._local, self._others = local, others

    def __getitem__(self, name: str) -> Bound:
        return self._local[name] if name in self._local else self._others[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._local
        yield from self._others

    def __len__(self) -> int:
        return len(self._local) + len(self._others)


class Arithmetic:
    """Judges the numbers of chains, after the claims of the page.

    Arguments:
        calculation: the graph with its names.
        spelling: the names of the page.
        given: numbers that are exact wherever they are printed.
    """

    def __init__(self, calculation: Calculation, spelling: Spelling, given: frozenset[float]) -> None:
        self.calculation, self.spelling, self.given = calculation, spelling, given
        self.printed: dict[float, float] = {}  # figures that are right, without their sign, each with its exact value
        self.misprinted: dict[float, float] = {}  # the same of those that are not

    def note(self, figure: float, finding: Finding) -> None:
        """Note a figure that the page prints, which may be put in below."""
        (self.printed if finding.verdict.is_right else self.misprinted)[abs(figure)] = finding.value

    def numbers(self, chain: PageChain) -> Mapping[str, agreement.Bound]:
        """Return what names stand for where a chain stands: the page's own numbers, then the graph's."""
        return NamesOfPage(chain.local, self.spelling.numbers)

    def findings(self, chain: PageChain, verdicts: Mapping[int, Verdict]) -> Iterator[Finding]:
        """Yield what is wrong between the numbers of a chain; where it is about nothing of the graph, all of it.

        Arguments:
            chain: the chain.
            verdicts: those on its claims, by the columns at which their sides begin.
        """
        names = NamesOfPage(chain.local, {} if chain.quantity is not None else self.spelling.numbers)
        right = all(verdict in _CLEAN for verdict in verdicts.values())
        refused = -1  # where a side begins whose numbers are wrong already
        for place, statement in enumerate(chain.statements):
            left, right_side = agreement.computed(statement.left, names), agreement.computed(statement.right, names)
            if place == 0 and statement.left.tree is not None and statement.left.tree.kind == "name":
                left = None  # a name of the page's own, which this chain defines
            if left is None or right_side is None or statement.relation == "←":
                if right_side is None and not any(statement.right.start == side.start for _, side in chain.claims):
                    right_side = agreement.computed(statement.right, self.numbers(chain))  # of both kinds of names
                for finding in self._numbers_put_in(chain, statement, right_side, right):
                    refused = statement.right.start
                    yield finding
                continue
            if statement.left.start == refused:
                continue
            verdict, off = agreement.compare_sides(statement, left, right_side, names, self.given)
            is_result = verdict == "wrong" and right and chain.quantity is not None
            if is_result and agreement.may_round_to(statement, right_side, self.given):
                continue  # the result is right, and the numbers before it are shown rounded
            if verdict == "wrong" and self._is_said(statement, left, right_side, off, verdicts):
                continue
            if verdict == "wrong" or chain.quantity is None:
                yield self._finding(chain, statement, verdict, left)

    def _is_said(
        self, statement: Statement, left: Any, right: Any, off: float | None, verdicts: Mapping[int, Verdict]
    ) -> bool:
        """Tell whether wrong arithmetic shows in the verdicts already: by a wrong result, or one off in its last place.

        In a list, each number has a verdict of its own.
        """
        tree = statement.right.tree
        if isinstance(left, list) and isinstance(right, list) and tree is not None and tree.kind == "vector":
            pairs = list(zip(left, right, tree.parts, strict=False))
            if len(left) != len(right) or not all(part.start in verdicts for part in tree.parts):
                return not all(verdict.is_right for verdict in verdicts.values())
            for x, y, part in pairs:
                entry = replace(statement, right=replace(statement.right, tree=part, start=part.start, end=part.end))
                verdict, off = agreement.compare_sides(entry, x, y, {}, self.given)
                if verdict == "wrong" and not self._is_said(entry, x, y, off, {part.start: verdicts[part.start]}):
                    return False
            return True
        is_near = off is not None and off <= 1
        return any(not verdict.is_right or (is_near and verdict not in _CLEAN) for verdict in verdicts.values())

    def _numbers_put_in(self, chain: PageChain, statement: Statement, value: Any, right: bool) -> Iterator[Finding]:
        """Yield a finding if numbers put into a formula do not lead to what the graph has, though the result does.

        A number that the page has given a name of its own is rounded as one that is printed in the formula itself.
        """
        side = statement.right
        if value is None or isinstance(value, list) or chain.quantity is None or not right or side.tree is None:
            return
        if agreement.as_printed(side.tree) is not None:
            return
        exact = self.calculation.evaluate(chain.quantity)
        verdict = self._put_in(chain, side, exact)
        if verdict is not Verdict.CONSISTENT:
            row, column = chain.place(side)
            words = f"the numbers put in give {agreement.written(value)}, not {agreement.written(exact)}"
            yield Finding(
                chain.name, chain.quantity, chain.text(side), exact, agreement.written(exact),
                verdict, words, line=row, column=column,
            )  # fmt: skip

    def _put_in(self, chain: PageChain, side: FormulaSide, exact: float) -> Verdict:
        """Return whether numbers put into a formula lead to what the graph has.

        They are rounded as they are printed, or they stand for what the page has printed before.
        """
        names = self.numbers(chain)
        meanings: list[tuple[Verdict, Callable[[float], float]]] = [
            (Verdict.CONSISTENT, float), (Verdict.CONSISTENT, self._exact_of), (Verdict.FOLLOWS, self._mended)
        ]  # fmt: skip
        for verdict, meaning in meanings:
            read = replace(side, tree=_with_numbers(side.tree, meaning))
            found = agreement.computed(read, names)
            whole = Statement(FormulaSide("", 0, 0, None), "=", read)
            if found is not None and agreement.compare_sides(whole, exact, found, names, self.given)[0] != "wrong":
                return verdict
        return Verdict.WRONG

    def result(self, chain: PageChain, side: FormulaSide, finding: Finding) -> Finding:
        """Return the finding on a result of numbers put in, ``sigmoid(0.378) = 0.5934``, which are rounded."""
        statement = next((each for each in chain.statements if each.right.start == side.start), None)
        if finding.verdict.is_right or statement is None or not self._figures(statement.left.tree):
            return finding
        names = self.numbers(chain)
        left, right = agreement.computed(statement.left, names), agreement.computed(side, {})
        if left is None or right is None or isinstance(left, list) or isinstance(right, list):
            return finding
        if agreement.compare_sides(statement, left, right, names, self.given)[0] == "wrong":
            return finding
        if self._put_in(chain, statement.left, finding.value) is not Verdict.CONSISTENT:
            return finding
        words = f"follows from the numbers put in, which are rounded; unrounded it is {finding.exact_text}"
        return replace(finding, verdict=Verdict.CONSISTENT, explanation=words, slips=())

    def formula(self, chain: PageChain, side: FormulaSide, finding: Finding) -> Finding:
        """Return the finding on a formula in letters with figures in it, ``w5 - eta*0.0822``, which are rounded."""
        if finding.verdict.is_right or not self._figures(side.tree):
            return finding
        value = agreement.computed(side, self.numbers(chain))
        if value is None or isinstance(value, list):
            return finding
        verdict = self._put_in(chain, side, finding.value)
        if verdict is Verdict.WRONG:
            return finding
        words = "its figures are rounded" if verdict is Verdict.CONSISTENT else "it goes on from a wrong figure"
        return replace(finding, verdict=verdict, explanation=words, slips=())

    def _figures(self, tree: Syntax | None) -> list[Syntax]:
        """Return the numbers of a formula that may be rounded."""
        numbers = [node for node in tree.walk() if node.kind == "number" and node.decimals > 0] if tree else []
        return [node for node in numbers if float(node.number) not in self.given]

    def _mended(self, number: float) -> float:
        """Return the exact value behind a number that the page has printed before, though wrongly so."""
        return self.misprinted.get(number, number)

    def _exact_of(self, number: float) -> float:
        """Return the exact value behind a number that the page has printed before, and rightly so."""
        return number if number in self.given else abs(self.printed.get(number, number))

    def _finding(self, chain: PageChain, statement: Statement, verdict: str, left: Any) -> Finding:
        row, column = chain.place(statement.right)
        exact = agreement.written(left)
        title, printed = chain.text(statement.left), chain.text(statement.right)
        words = f"{title} is {exact}" if verdict == "wrong" else ""
        number = float("nan") if isinstance(left, list) else float(left)
        return Finding(title, title, printed, number, exact, Verdict(verdict), words, line=row, column=column)


def _with_numbers(tree: Syntax | None, meaning: Callable[[float], float]) -> Syntax | None:
    """Return a formula with other numbers for those that are printed in it; these are not rounded."""
    if tree is None:
        return None
    if tree.kind == "number":
        number = meaning(float(tree.number))
        return tree if number == float(tree.number) else replace(tree, number=Fraction(number), decimals=0)
    parts = (_with_numbers(part, meaning) for part in tree.parts)
    return replace(tree, parts=tuple(filter(None, parts))) if tree.parts else tree


class Updates:
    """Tells after how many steps of training a weight is that a page calculates under its old name.

    Arguments:
        arithmetic: of the page.
    """

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic, self.spelling = arithmetic, arithmetic.spelling
        self._printed: dict[tuple[str, int], list[float]] = {}  # figures of weights after so many steps

    def note(self, leaf: str, steps: int, figure: float) -> None:
        """Note a figure that is printed for a weight after some steps."""
        self._printed.setdefault((leaf, steps), []).append(figure)

    def leaf(self, quantity: str | None) -> tuple[str, int]:
        """Return the leaf that a quantity is after some steps, and after how many; "" for any other quantity."""
        name, steps = after_steps(quantity)
        node = self.arithmetic.calculation.nodes.get(name)
        return (name, steps) if node is not None and not node.inputs else ("", 0)

    def steps(self, chain: PageChain) -> int:
        """Return after how many steps a new weight is that a chain calculates under its old name; 0 for no such chain.

        ``w5 = 0.4 - 0.5*0.0822 = 0.3589`` starts from the weight as it is, and what starts from its number after a step
        is another step.
        """
        rule, tree = self.arithmetic.calculation.descent, chain.statements[0].right.tree
        name, steps = self.leaf(chain.quantity)
        if (
            not name
            or steps != self.spelling.steps
            or (rule is not None and self.arithmetic.calculation.nodes[name] not in rule)
        ):
            return 0
        if chain.statements[0].relation == "←" and rule is not None:
            return steps + 1
        if tree is None or tree.kind not in ("+", "-"):
            return 0
        while tree.parts and tree.kind in ("+", "-"):
            tree = tree.parts[0]
        sign = -1 if tree.kind == "neg" else 1
        while tree.kind in ("neg", "group"):
            tree = tree.parts[0]
        if tree.kind == "name":
            return steps + 1 if self.spelling.quantity(tree.text) == chain.quantity else 0
        return self._next_step(name, steps, sign * float(tree.number), tree.decimals) if tree.kind == "number" else 0

    def _next_step(self, name: str, steps: int, number: float, decimals: int) -> int:
        """Return which step starts from a number of a leaf; 0 where the leaf has no such number."""
        if number == self.arithmetic.calculation.nodes[name].data and not steps:
            return 1
        unit = 0.5 * 10.0**-decimals * (1 + 1e-9)
        later = [after for (leaf, after) in self._printed if leaf == name and after >= steps]
        for after in sorted(later, reverse=True):
            if any(abs(each - number) <= unit for each in self._printed[name, after]):
                return after + 1
        if not steps:
            return 0
        exact = self.arithmetic.calculation.evaluate(f"{name} after {steps} steps")
        return steps + 1 if abs(exact - number) <= 2 * unit else 0


def after_steps(quantity: str | None) -> tuple[str, int]:
    """Return what a quantity is after some steps, and after how many; 0 for one that is said of no step."""
    match = _AFTER_STEPS.fullmatch(quantity or "")
    if match:
        return match["name"], int(match["steps"])
    return (quantity[4:], 1) if quantity and quantity.startswith("new ") else (quantity or "", 0)


class Headings:
    """Lets the names of a page be of the sample, and of the step of training, that a heading says.

    "Iteration 2" is after one step where "Iteration 1" stands before it. "Step 2" may be one of a recipe, and says so
    only if the weights were updated in each part before it.

    Arguments:
        spelling: the names of the page.
        batches: the steps of one epoch; 0 where a step is not defined, and no heading says anything of one.
    """

    def __init__(self, spelling: Spelling, batches: int) -> None:
        self.spelling, self._batches = spelling, batches
        self.has_update = False  # whether the weights were updated below this heading
        self._sample_level = self._step_level = 0
        self._last: int | None = None  # the number of the last heading that says of a step; None if it is unknown

    def turn(self, line: str) -> bool:
        """Read a line; return whether it is a heading of a sample."""
        heading = HEADING.match(line)
        if heading is None:
            return False
        level, step = len(heading["level"]), step_of(heading) if self._batches else None
        if heading["number"]:
            self._sample_level, self.spelling.sample = level, int(heading["number"])
        elif level <= self._sample_level:
            self._sample_level = self.spelling.sample = 0
        if step is not None:
            self._turn_to_step(*step, is_next=level == self._step_level)
            self._step_level = level
        elif level <= self._step_level:
            self._last, self._step_level, self.spelling.steps = None, 0, 0
        return bool(heading["number"])

    def _turn_to_step(self, kind: str, number: int, *, is_next: bool) -> None:
        follows = is_next and self._last is not None and number == self._last + 1
        if kind in ("step", "schritt", "paso"):
            follows = follows and self.has_update
        self.has_update = False
        self._last = number if follows or number in (0, 1) else None
        if kind == "after":
            self.spelling.steps = number
        else:
            one = self._batches if kind in ("epoch", "época", "époque", "epoche") else 1
            self.spelling.steps = self.spelling.steps + one if follows else 0


class Unjudged:
    """Notes what gets no verdict, and why.

    Arguments:
        arithmetic: of the page.
        formulas: the quantities that the page defines, which are no advice.
        names: the page's own names.

    Attributes:
        parts: what was noted.
        refused: names that are no quantity, each with why.
        undefined: names of formulas that can't be judged, and why.
    """

    def __init__(self, arithmetic: Arithmetic, formulas: Mapping[str, str], names: Iterable[str]) -> None:
        self.arithmetic, self.spelling, self._formulas, self._names = arithmetic, arithmetic.spelling, formulas, names
        self.parts: list[Unread] = []
        self.refused: dict[str, str] = {}
        self.undefined: dict[str, str] = {}
        self._noted: set[tuple[int, int]] = set()  # where parts begin
        self._advised: dict[str, str] = {}

    def note(self, row: int, column: int, text: str, why: str, *, is_claim: bool = False) -> None:
        """Note a part, once for each place."""
        if (row, column) not in self._noted:
            self._noted.add((row, column))
            self.parts.append(Unread(row, column, clean(text, 60), why, is_claim))

    def note_side(self, chain: PageChain, side: FormulaSide, why: str, *, is_claim: bool = False) -> None:
        """Note a side of a chain."""
        self.note(*chain.place(side), chain.text(side), why, is_claim=is_claim)

    def note_unreadable(self, chain: PageChain, side: FormulaSide) -> None:
        """Note a side that the grammar can't read."""
        line, column = chain.place(side)
        is_claim = chain.quantity is not None and bool(re.search(r"\d", side.text))
        why = re.sub("[\U00013000-\U00013fff]+", "a quantity in words", side.why)  # by its stand-in
        self.parts.append(Unread(line, column, chain.text(side), why, is_claim))

    def has(self, chain: PageChain) -> bool:
        """Tell whether the left side of a chain is noted."""
        return chain.place(chain.statements[0].left) in self._noted

    def refuses(self, chain: PageChain) -> bool:
        """Tell whether a left side is one that there can't be, which is noted."""
        head = chain.statements[0].left
        why = self.undefined.get(head.text, "")
        why = f"{why} What needs it is not judged." if why else self.beyond(chain.text(head))
        if why:
            self.note_side(chain, head, why, is_claim=True)
        return bool(why)

    def note_definition(self, chain: PageChain) -> None:
        """Note a name that is given to a formula, where it looks like a known one mistyped."""
        head = chain.statements[0].left
        advice = self.advice(head.text)
        if advice.startswith("Did you mean") and _is_misspelt(head.text, advice):
            self.note_side(chain, head, f"No quantity is called so. {advice} It is judged as its formula.")

    def note_head(self, chain: PageChain, *, is_bound: bool) -> None:
        """Note a left side that is nothing of the graph; one that names a number is taken as given."""
        head = chain.statements[0].left
        if is_list(chain.statements[0].right):
            return  # said already
        worded = _WORDED.fullmatch(chain.text(head))
        if worded and self.spelling.quantity(worded["name"]) is not None:
            name = worded["name"]
            self.note_side(chain, head, f"Words before {name} may say something else of it: write {name} = ... alone.")
        elif head.tree is None:
            self.note_unreadable(chain, head)
        elif head.tree.kind != "name":
            if agreement.computed(head, self.arithmetic.numbers(chain)) is None:
                self.note_side(chain, head, self.why(chain, head))
        elif is_bound and len(chain.statements) == 1:
            advice = self.advice(head.text)
            why = "No quantity is called so." if advice.startswith(("It is a list", "There are")) else _AS_GIVEN
            self.note_side(chain, head, f"{why} {advice}".rstrip())
        else:
            said = ("No quantity is called so.", self.advice(head.text), "Only its arithmetic is judged.")
            self.note_side(chain, head, " ".join(filter(None, said)))

    def note_sides(self, chain: PageChain) -> None:
        """Note each formula that no verdict is about."""
        judged = {side.start for _, side in chain.claims}
        for statement in chain.statements:
            side = statement.right
            if side.tree is None or side.start in judged or is_list(side):
                continue
            if agreement.computed(side, self.arithmetic.numbers(chain)) is None:
                none = self.beyond(chain.text(side))
                self.note_side(chain, side, none or self.why(chain, side), is_claim=bool(none))

    def beyond(self, text: str) -> str:
        """Return which name of a formula is that of a sample, layer or entry that there is not; "" for none."""
        names = re.findall(rf"(?:\b[d∂](?=\S*/)|/[d∂])?({NAME})", text)
        for name in [f"x#{self.spelling.sample or 1}", *names, *re.findall(NAME, text)]:
            base = re.split(r"\W", name, maxsplit=1)[0]
            found = beyond(f"{self.spelling.meant(base)}{name[len(base) :]}", self.arithmetic.calculation.known())
            if found:
                return found
        return ""

    def why(self, chain: PageChain, side: FormulaSide) -> str:
        """Return why a formula can't be judged: a name or a function that is unknown."""
        assert side.tree is not None
        for node in side.tree.walk():
            printed = clean(" ".join(chain.shown[node.start : node.end].split()), 40)
            if node.kind == "name" and node.text not in (*_CONSTANTS, *chain.local):
                if self.spelling.quantity(node.text) is None and not self.spelling.shape(node.text):
                    return f"No quantity is called {printed}. {self.advice(node.text)}".rstrip()
            elif node.kind == "call" and not is_function(node.text) and node.text not in OF_LISTS:
                return f"No function is called {node.text}."
        lists = [node.text for node in side.tree.walk() if node.kind == "name" and self.spelling.shape(node.text)]
        if lists and not any(is_list(statement.right) for statement in chain.statements):
            advice = meant(self.spelling.meant(lists[0]), self._known())
            if advice.startswith("It is a list"):
                return advice.replace("It is a list", f"It takes {lists[0]}, a list", 1)
        return "It is a formula of lists, of which only what it gives is judged."

    def advice(self, name: str) -> str:
        """Return advice on a name that nothing has."""
        if name in self.refused:
            return self.refused[name]
        if _RAISED.search(name):
            return "Brackets above a name mean its sample or layer, and a power has none."
        if name not in self._advised and len(self._advised) < _MOST_ADVISED:
            self._advised[name] = meant(self.spelling.meant(name), self._known())
        return self._advised.get(name, "")

    def _known(self) -> list[str]:
        own = (name for name in self.arithmetic.calculation.known() if name not in self._formulas)
        return [*own, *self._names]


def _is_misspelt(name: str, advice: str) -> bool:
    """Tell whether a name is one of those that are advised, mistyped: it differs by letters, not by an index or a d."""
    letters = re.sub(r"[\d\W_]", "", name)
    close = re.findall(r"[\w\[\],]+", advice.removeprefix("Did you mean"))
    return len(letters) > 2 and any(re.sub(r"[\d\W_]", "", each) not in (letters, letters[1:]) for each in close)
