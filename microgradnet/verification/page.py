"""A page: a Markdown file whose front matter says what is calculated, and whose text is the calculation.

The front matter is TOML between two lines ``+++``. Lines of code blocks and of ``$...$`` and ``$$...$$`` that hold an
``=``, ``≈`` or ``->`` are claims; prose is not. Each relation of a chain is judged: a formula in letters against the
graph, numbers put in against the formula, the result against the graph and against the numbers.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from keyword import kwlist

from microgradnet.errors import ArgumentError, MicrogradnetError, UnknownNameError
from microgradnet.graph import leaves, topological
from microgradnet.text import clean
from microgradnet.verification import agreement, check
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.chains import (
    NO_VERDICT,
    Arithmetic,
    Headings,
    NamesOfPage,
    PageChain,
    Unjudged,
    Updates,
    after_steps,
    attach,
    without_remarks,
)
from microgradnet.verification.figure import Figure
from microgradnet.verification.grammar import Syntax
from microgradnet.verification.judging import judge
from microgradnet.verification.language import PLAIN_NAME, Quantity, meant
from microgradnet.verification.lines import (
    LONGEST_LINE,
    FormulaSide,
    Statement,
    arrows,
    first_name,
    is_list,
    join_continuations,
    numbers_of,
    places,
    split_changes,
    statements,
)
from microgradnet.verification.lines import chains as chains_of
from microgradnet.verification.recording import recorded
from microgradnet.verification.report import Claim, Finding, Report, Unread, with_consequences
from microgradnet.verification.spelling import Spelling, any_of, is_group, is_word, key, plain

MOST_CLAIMS = 1_000  # of one page
_MOST_REFUSED = 100  # quantities in words that there are not
_LONGEST_NAME = 24  # characters of a name that is shown as it is printed
BLANK_LINE = re.compile(r"=\s*(?:_{2,}|\\underline\{[^{}]*\}|\.{4,})\s*$")
_SUFFIX = r"\s+of\s+sample\s+\d+|#\d+|\s+after\s+[\d,]+\s+(?:steps?|rounds?)\b"
_IN_WORDS = re.compile(
    rf"[d∂]{PLAIN_NAME}\s+of\s+sample\s+\d+/[d∂]{PLAIN_NAME}(?:{_SUFFIX})*"
    rf"|(?:(?:new|change)\s+)?(?:[d∂]{PLAIN_NAME}/[d∂])?{PLAIN_NAME}(?:{_SUFFIX})+"
)
_NO_RELATION = re.compile(r"\s*(?P<name>[^\s:;,=][^:;,=]*?)\s*(?::|\s)\s*(?P<number>[-−+]?\d[\d.]*)\s*")
# A name with an index that is given a number or a formula, and no list.
_SCALAR = re.compile(
    r"(?<![\w\\/])(?P<name>(?:[wbzaδ]|\\?delta)_?\{?\d\}?)\s*&?\s*(?:=|≈)(?!\s*(?:\[|\\begin|\(\s*[-−\d.]+,))"
)
_NO_STEP = "Say what one is: eta = ... under [step]."
_ARROW_ADVICE = "An arrow leads from a quantity's number to the one after a step: w5: 0.45 -> 0.43."
_CONSTANTS = ("e", "pi", "π")
_RESERVED = frozenset([*kwlist, "new", "change", "after", "at", "of", "eta", *_CONSTANTS])  # say something else
_LONGEST_LATER = 1_000  # characters of a formula that is read for each sample
_STAND_IN = 0x13000  # a hieroglyph, repeated, stands for a name that is no single word, so that columns stay


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
        self._given = calculation
        if calculation.quantities:
            self._keep_apart()
            calculation = self.calculation
        for name, quantity in [*self.calculation.quantities.items()]:
            self._record(name, quantity)
        self.spelling = Spelling(
            names or {},
            [name for name in calculation.known() if _is_for_one(name, calculation)],
            lambda quantity: self.calculation.evaluate(quantity),
            calculation.loss_name if calculation.loss.inputs else None,  # a number is the loss of nothing
            self._resolve,
            _constant_of(calculation),
            self._is_own_derivative,
        )
        self.local: dict[str, agreement.Bound] = {}  # numbers that the page gives names of its own
        self.defined: dict[
            str, str
        ] = {}  # names of the page's own for formulas, each with its quantity; "" for several
        self._formulas: dict[str, str] = {}  # of quantities that the page defines
        self.stand_ins: dict[str, str] = {}  # of names that are no single word, each with its letter
        self._phrases = {phrase: quantity for phrase, quantity in (names or {}).items() if not is_word(phrase)}
        self._phrase = any_of(self._phrases)
        eta = () if calculation.descent is None else (calculation.descent.eta,)  # as the leaves, rounded by nobody
        batches = 0 if calculation.descent is None else max(len(calculation.descent.batches), 1)
        self.headings = Headings(self.spelling, batches)
        given = frozenset([*eta, *(abs(node.data) for node in leaves(calculation.loss, constants=True))])
        self.arithmetic = Arithmetic(calculation, self.spelling, given)
        self.updates = Updates(self.arithmetic)
        self.unjudged = Unjudged(self.arithmetic, self._formulas, list(names or {}))

    def judge(self, lines: Sequence[str], title: str = "", notes: str = "", claims: Sequence[Claim] = ()) -> Report:
        """Return the report on the lines, after that on other claims of the same source."""
        with self.calculation.budget.report():
            return self._judge(lines, title, notes, claims)

    def _judge(self, lines: Sequence[str], title: str, notes: str, claims: Sequence[Claim]) -> Report:
        chains, made = list[PageChain](), list[Claim]()
        heads = {match["name"] for line in lines for match in _SCALAR.finditer(line)}
        self.spelling.numbering = {*filter(None, map(self.spelling.numbers_neurons, sorted(heads)[:MOST_CLAIMS]))}
        for first, line in join_continuations(lines):
            if self.headings.turn(line) and (none := self.unjudged.beyond("")):
                self.unjudged.note(first + 1, 1, line.strip(), none, is_claim=True)
            chains += (found := list(self._chains(first, line)))
            made += [claim for chain in found for claim, _ in chain.claims]
            if len(made) + len(claims) > MOST_CLAIMS:
                raise ArgumentError(f"at most {MOST_CLAIMS} claims on a page", "more", "Split the page.")
        report = judge(self.calculation, [*claims, *made], title, notes)
        verdicts = dict(zip(map(id, [*claims, *made]), report, strict=True))
        for claim in claims:
            if claim.printed is not None:
                self.arithmetic.note(claim.printed.near, verdicts[id(claim)])
        for chain in chains:
            self.spelling.sample, self.spelling.steps = chain.sample, chain.steps
            for claim, side in chain.claims:
                if claim.printed is not None:
                    verdicts[id(claim)] = self.arithmetic.result(chain, side, verdicts[id(claim)])
                    self.arithmetic.note(claim.printed.near, verdicts[id(claim)])
        others: list[Finding] = []
        for chain in chains:
            self.spelling.sample, self.spelling.steps = chain.sample, chain.steps
            for claim, side in chain.claims:
                if claim.formula is not None:
                    finding = replace(verdicts[id(claim)], printed=chain.text(side))
                    verdicts[id(claim)] = self.arithmetic.formula(chain, side, finding)
            said = {side.start: verdicts[id(claim)].verdict for claim, side in chain.claims}
            others += map(chain.with_remark, self.arithmetic.findings(chain, said))
            for side, remark in chain.remarks:
                self.unjudged.note_side(chain, side, f"{remark[0].strip()}: {NO_VERDICT}")
        findings = [*verdicts.values(), *others]
        findings.sort(key=lambda finding: (finding.line, finding.column))
        self.unjudged.parts.sort(key=lambda part: (part.line, part.column))
        return Report(with_consequences(findings), title, notes, report.convention, tuple(self.unjudged.parts))

    # From lines to chains

    def _chains(self, first: int, line: str) -> Iterator[PageChain]:
        if BLANK_LINE.search(line):
            return
        if len(line) > LONGEST_LINE:
            why = f"A line has at most {LONGEST_LINE} characters, and this one {len(line)}: split it."
            self.unjudged.note(first + 1, 1, line, why, is_claim=True)
            return
        shown, remarks = without_remarks(line)
        line, later = split_changes(self.spelling.without_words(self._with_stand_ins(shown)))
        names = NamesOfPage(self.local, self.spelling.numbers)
        try:
            said = [statements(each, names, decimal=self.decimal) for each in (line, *later)]
        except MicrogradnetError as error:
            self.unjudged.parts.append(Unread(first + 1, 1, clean(shown, 60), str(error)))
            return
        chains = [self._chain(first, line, shown, group) for group in chains_of(said[0])]
        for each, after in zip(later, said[1:], strict=True):
            chains += [self._chain(first, each, shown, self._after_a_step(group)) for group in chains_of(after)]
        chains.sort(key=lambda chain: chain.statements[0].left.start)
        self._note_arrows(first, line, shown, is_claim=any(chain.quantity is not None for chain in chains))
        if not any(said):
            self._without_relation(first, shown)
        for remark in remarks:
            if not attach(remark, chains, expectations=self.expectations):
                row, column = first + 1 + line.count("\n", 0, remark.start()), remark.start()
                self.unjudged.note(row, column - line.rfind("\n", 0, column), remark[0], NO_VERDICT)
        yield from chains

    def _after_a_step(self, group: list[Statement]) -> list[Statement]:
        """Return a chain that is about what a quantity is after a step, as ``w5 -> 0.43`` is."""
        head = group[0].left
        if head.tree is None or after_steps(self.spelling.quantity(head.text))[1] > self.spelling.steps:
            return group
        name = f"new {head.text}"
        tree = Syntax("name", head.start, head.end, text=name)
        return [replace(group[0], left=replace(head, text=name, tree=tree)), *group[1:]]

    def _note_arrows(self, first: int, line: str, shown: str, *, is_claim: bool) -> None:
        """Note the arrows that lead to a number and are not between a quantity's number and its new one."""
        for begin in arrows(line):
            row, column = first + 1 + line.count("\n", 0, begin), begin - line.rfind("\n", 0, begin)
            self.unjudged.note(row, column, re.split(r"[;\n]", shown[begin:])[0], _ARROW_ADVICE, is_claim=is_claim)

    def _without_relation(self, first: int, line: str) -> None:
        """Note a line that gives a quantity a number without saying that they are equal: ``out: 0.734``."""
        match = _NO_RELATION.fullmatch(line)
        if match and self.spelling.quantity(match["name"]) is not None:
            why = f"A claim has an equals sign: {match['name']} = {match['number']}."
            self.unjudged.note(first + 1, match.start("name") + 1, line.strip(), why)

    def _with_stand_ins(self, line: str) -> str:
        """Return a line of the same length, with a letter for each quantity in words and each name that is no word."""

        def standing_in(match: re.Match[str]) -> str:
            printed = " ".join(match[0].split())
            letter = self.stand_ins.setdefault(printed, chr(_STAND_IN + len(self.stand_ins))) * len(match[0])
            quantity = self._phrases.get(printed, match[0])
            known = self.calculation.known()
            if len(self.unjudged.refused) >= _MOST_REFUSED:  # each has taken its time
                self.unjudged.refused[letter] = "The page has too many of these."
                return letter
            try:
                if not is_group(quantity, known):
                    quantity = self._read_in_words(quantity)
            except MicrogradnetError as error:
                is_of_sample = re.search("#|sample", match[0])
                self.unjudged.refused[letter] = meant(match[0], known) if is_of_sample else error.advice
                if not isinstance(error, UnknownNameError):
                    self.unjudged.undefined[letter] = f"It can't be judged: {error}"
            else:
                self.spelling.add(letter, quantity)
            return letter

        if self._phrase is not None:
            line = self._phrase.sub(standing_in, line)
        return _IN_WORDS.sub(standing_in, line)

    def _read_in_words(self, text: str) -> str:
        """Return a quantity in words in the language of quantities, with the page's names of it read if need be."""
        later = re.fullmatch(r"(?P<what>(?:(?! of sample | after |#).)+?)(?P<after>\s+after\s.*)", text)
        found = self.spelling.now(later["what"]) if later else None
        if later and found is not None and re.fullmatch(r"[\w\[\],/ ]+(?: of sample \d+)?", found):
            text = f"{found}{later['after']}"
        try:
            self.calculation.read(text)
        except MicrogradnetError:
            text = self.spelling.in_words(text)
            if not is_group(text, self.calculation.known()):
                self.calculation.read(text)
        return text

    def _chain(self, first: int, line: str, shown: str, group: list[Statement]) -> PageChain:
        group = self._with_head(line, [self._named(statement, line) for statement in group])
        head = group[0].left
        chain = PageChain((first, line), shown, group, self._quantity(head, line), "")
        chain.local, chain.sample, chain.steps = self.local, self.spelling.sample, self.spelling.steps
        is_defined = self._define(chain)
        defined = chain.quantity
        if steps := self.updates.steps(chain):
            self._let_be_new(chain, steps)
        printed = chain.text(head)
        chain.name = printed if len(printed) <= _LONGEST_NAME or chain.quantity is None else chain.quantity
        is_several = chain.quantity is None
        for statement in group:
            side = statement.right
            if side.tree is None:
                self.unjudged.note_unreadable(chain, side)
            elif is_list(side):
                self._list(chain, side, head)
            elif is_several:
                self._formula_of_lists(chain, side, head)
            elif chain.quantity is not None and not self._is_old(chain, statement):
                self._claim(chain, side, chain.quantity)
        if is_defined and defined is not None:  # in h = tanh(h), the h behind it is what it was before
            self.spelling.add(head.text, defined, is_definition=True)
        if is_defined:
            self.unjudged.note_definition(chain)
        elif chain.quantity is None and not self.unjudged.has(chain) and not self.unjudged.refuses(chain):
            self.unjudged.note_head(chain, is_bound=self._bind(chain))
        self.unjudged.note_sides(chain)
        return chain

    def _bind(self, chain: PageChain) -> bool:
        """Bind a number to a name of the page's own; return whether the chain gives one."""
        bound = check.binding(chain.statements)
        if bound is not None:
            if bound[0] in self.local:  # what stands above keeps the number that it had there
                self.local = dict(self.local)
            self.local[bound[0]] = bound[1]
        return bound is not None

    def _named(self, statement: Statement, line: str) -> Statement:
        """Return a statement in which derivatives, and names with their sample or layer above, are one name each."""
        left, right = (
            replace(side, tree=None if side.tree is None else self.spelling.tree(side.tree, line, self.local))
            for side in (statement.left, statement.right)
        )
        return Statement(left, statement.relation, right)

    def _with_head(self, line: str, group: list[Statement]) -> list[Statement]:
        """Return a chain with what stands before its first side, where that names it: ``w5: 0.4 - 0.5*0.08 = 0.36``."""
        head = group[0].left
        if not head.cut or head.tree is None or head.tree.kind == "name":
            return group
        label = re.search(r"(?:^|;)\s*(?:[-+*•]\s+)?([^;]*?[^;:\s])\s*:\s*[$`]*$", line[: head.start])
        if label and self.spelling.quantity(label[1]) is not None:
            name = FormulaSide(label[1], *label.span(1), Syntax("name", *label.span(1), text=label[1]))
            return [Statement(name, "=", head), *group]
        return group

    def _define(self, chain: PageChain) -> bool:
        """Let a name of the page's own stand for the formula behind it; return whether it does so from here on."""
        head, right = chain.statements[0].left, chain.statements[0].right
        if head.tree is None or head.tree.kind != "name" or right.tree is None:
            return False
        formula = self.spelling.write(right.tree, chain.line[1])
        if chain.quantity is not None and head.text not in self.defined and not self._is_of_loss(head.text, formula):
            return False
        if formula is None or formula in (chain.quantity, self._formulas.get(chain.quantity or "")):
            return False
        self.unjudged.advice(head.text)  # before it has a meaning of its own
        try:
            quantity = self._named_quantity(head.text, formula)
        except MicrogradnetError as error:
            self.spelling.forget(head.text)
            why = f"Its formula can't be judged: {error}"
            self.unjudged.refused[head.text] = self.unjudged.undefined[head.text] = why
            chain.quantity = None
            return False
        self.local = {name: bound for name, bound in self.local.items() if name != head.text}
        chain.local = self.local
        self.defined[head.text] = quantity if head.text not in self.defined else ""
        chain.quantity = quantity
        return True

    def _is_of_loss(self, name: str, formula: str | None) -> bool:
        """Tell whether a letter of the loss is given to a formula with the loss in it, and so is no name of that."""
        if formula is None or not self.spelling.is_lent(name):
            return False
        with suppress(MicrogradnetError):
            quantity = self.calculation.read(formula)
            used = {name for name, _ in quantity.names()}
            used.update(needed for name in [*used] for needed in self.calculation.needs(name))
            formulas = [self.calculation.quantities[name] for name in used if name in self.calculation.quantities]
            used.update(name for each in formulas for name, _ in each.names())
            return quantity.atom is None and self.calculation.loss_name in used
        return False

    def _named_quantity(self, printed: str, formula: str) -> str:
        """Return the quantity that a formula of the page is: a node or a derivative, or else a new one with a name.

        What is computed from it holds its name, not its formula, which would grow with each line.

        Raises:
            ExpressionError, ArgumentError: the formula is longer or deeper than one may be, or the page has too many.
        """
        try:
            if self.calculation.read(formula).atom is not None:
                return formula
        except UnknownNameError:  # of names that samples have apart, which are read below a heading
            if len(formula) > _LONGEST_LATER:
                raise
            return formula
        alike = (name for name, known in self.calculation.quantities.items() if known.text == formula)
        given = next((name for name in alike if name not in self._formulas), None)
        if given is not None:  # by the front matter, or by the key of an answer
            return given
        if len(self._formulas) >= MOST_CLAIMS:
            raise ArgumentError(f"at most {MOST_CLAIMS} names for formulas on a page", "more", "Split the page.")
        if self.calculation is self._given:
            self._keep_apart()
            self.arithmetic.calculation = self.calculation
        printed = next((phrase for phrase, letter in self.stand_ins.items() if letter == printed[0]), printed)
        stem = unicodedata.normalize("NFKC", re.sub(r"\W", "", plain(printed)))[:_LONGEST_NAME]
        stem = stem if re.match(r"[^\W\d_]", stem) and stem not in _RESERVED else f"q{stem}"
        tries = itertools.chain(
            [stem] if key(stem) == key(printed) else [], (f"{stem}__{number}" for number in itertools.count(2))
        )
        name = next(filter(self._is_free, tries))
        self.calculation.define(name, formula)
        self.calculation.read(name)
        self._record(name, self.calculation.quantities[name])
        self._formulas[name] = formula
        return name

    def _keep_apart(self) -> None:
        """Go on with a copy of the calculation, so that the caller's keeps its names."""
        budget, self.calculation = self.calculation.budget, self.calculation.anew()
        self.calculation.budget = budget

    def _record(self, name: str, quantity: Quantity) -> None:
        """Let a formula over nodes be a node itself, which others can be differentiated by."""
        with suppress(MicrogradnetError):
            state, found, sign = self.calculation.reading().place(quantity)
            if found[0] == "value" and not state and sign > 0:  # a node of the graph
                self.calculation.nodes[name] = found[1]
                return
        node = recorded(quantity, self.calculation)
        if node is not None and not node.label:
            node.label = name
            self.calculation.nodes[name] = node

    def _is_own_derivative(self, sign: str, of: str, by: str) -> bool:
        """Tell whether a derivative with formulas of the page is not the total one of the graph.

        Nothing leads from the one to the other, or there are two ways, and a ∂ may mean the straight one alone.
        """
        nodes, formula = self.calculation.nodes, self.calculation.quantities.get(of)
        if not {of, by} & {*self._formulas} or of not in nodes or by not in nodes:
            return False
        if nodes[by] not in {*topological(nodes[of])}:
            return True
        names = {name for name, _ in formula.names()} if formula is not None else set()
        others = [nodes[name] for name in names if name != by and name in nodes]
        return sign == "∂" and by in names and nodes[by] in {*topological(*others)}

    def _resolve(self, name: str) -> str | None:
        """Return the one spelling of a name of the calculation; None for one that a page gave to several formulas."""
        return self.calculation.resolve(name) if _is_for_one(name, self.calculation) else None

    def _is_free(self, name: str) -> bool:
        """Tell whether a name can be given to a formula of the page, and no quantity is read otherwise then."""
        resolve, below = self.calculation.resolve, name[1:]
        is_rate = name[0] == "d" and (resolve(below) is not None or is_group(below, self.calculation.known()))
        return resolve(name) is None and not is_rate and not is_group(name, self.calculation.known())

    def _is_old(self, chain: PageChain, statement: Statement) -> bool:
        """Tell whether a number is assigned to a leaf that no step changes, so that there is no new one to judge."""
        rule = self.calculation.descent
        leaf = self.calculation.nodes.get(chain.quantity or "")
        if statement.relation != "←" or leaf is None or leaf.inputs or (rule is not None and leaf in rule):
            return False
        row, column = chain.place(statement.right)
        self.unjudged.note(row, column, chain.text(statement.right), f"No step changes it. {_NO_STEP}")
        return True

    def _let_be_new(self, chain: PageChain, steps: int) -> None:
        """Let a chain be about a leaf after some steps; where no step is defined, only its arithmetic is judged."""
        head, (leaf, _) = chain.statements[0].left, self.updates.leaf(chain.quantity)
        self.headings.has_update = True
        chain.quantity = f"new {leaf}" if steps == 1 else f"{leaf} after {steps} steps"
        if self.calculation.descent is None:
            chain.quantity = None
            why = f"It starts from {leaf} as it is and ends elsewhere, as after a step."
            self.unjudged.note_side(chain, head, f"{why} {_NO_STEP}", is_claim=True)

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
        except UnknownNameError:
            return None
        except MicrogradnetError as error:
            self.unjudged.undefined[side.text] = f"It can't be judged: {error}"
            return None
        return found

    def _list(self, chain: PageChain, side: FormulaSide, head: FormulaSide) -> None:
        """Add a claim for each number of a list: ``a2 = [0.75, 0.77]`` is about ``a2[1]`` and ``a2[2]``."""
        assert side.tree is not None
        numbers, tree, name = list(numbers_of(side.tree)), head.tree, self._listed(chain, side)
        shape, is_first = self.spelling.shape(name), chain.statements[0].right is side
        printed = tuple(map(max, zip(*(place for place, _ in numbers), strict=False)))
        placed = places(shape, printed) if len(numbers) == math.prod(printed) else None
        for place, part in numbers:
            quantity = self.spelling.entry(name, placed(place)) if placed else None
            if not shape and is_first and tree is not None and tree.kind not in ("name", "T"):
                quantity = self.spelling.write_entry(tree, chain.line[1], place, printed)
            if quantity is not None:
                chain.quantity = chain.quantity or quantity  # so that its arithmetic is no claim of its own
                self._claim(chain, replace(side, tree=part, start=part.start, end=part.end), quantity, quantity)
        arithmetic = agreement.computed(head, self.arithmetic.numbers(chain))
        if not shape and is_first and chain.quantity is None and arithmetic is None:
            why = self.unjudged.why(chain, head) if tree is not None else head.why
            self.unjudged.note_side(chain, head, "It names no quantities of the graph." if "of lists" in why else why)
        elif shape and placed is None:
            expected, given = (" by ".join(map(str, size)) for size in (shape, printed))
            why = f"A list of {expected} is called so, and one of {given} is printed."
            self.unjudged.note_side(chain, side, why, is_claim=True)

    def _formula_of_lists(self, chain: PageChain, side: FormulaSide, head: FormulaSide) -> None:
        """Add a claim for each entry of a formula of lists, where it works entry by entry: ``delta = a2 - t``."""
        assert side.tree is not None
        shape = self.spelling.shape(head.text) if first_name(side.tree) != head.text else ()
        entries: list[tuple[str, str]] = []
        for place in range(1, shape[0] + 1) if len(shape) == 1 else ():
            quantity = self.spelling.entry(head.text, (place,))
            formula = self.spelling.write_entry(side.tree, chain.line[1], (place,), shape)
            if quantity is None or formula is None:
                return
            entries.append((quantity, formula))
        row, column = chain.place(side)
        for quantity, formula in entries:
            chain.quantity = chain.quantity or quantity
            with suppress(MicrogradnetError):
                read, claimed = self.calculation.read(quantity), self.calculation.read(formula)
                chain.claims.append((Claim(read, formula=claimed, name=quantity, line=row, column=column), side))

    def _listed(self, chain: PageChain, side: FormulaSide) -> str:
        """Return what a list is a list of: the new weights where a chain calculates them under their old name."""
        first, head = chain.statements[0], chain.statements[0].left.text
        entry = self.spelling.entry(head, (1,) * len(self.spelling.shape(head)))
        leaf, rule = self.calculation.nodes.get(self.updates.leaf(entry)[0]), self.calculation.descent
        is_new = first.relation == "←" or (first.right is not side and first_name(first.right.tree) == head)
        return f"new {head}" if is_new and rule is not None and leaf is not None and leaf in rule else head

    def _claim(self, chain: PageChain, side: FormulaSide, quantity: str, name: str = "") -> None:
        """Add the claim that a side makes: a printed result, a list of them, or a formula in letters."""
        assert side.tree is not None
        row, column = chain.place(side)
        printed = agreement.as_printed(side.tree)
        try:
            read = self.calculation.read(quantity)
        except MicrogradnetError as error:
            self.unjudged.note(row, column, chain.text(side), f"It can't be judged: {error}", is_claim=True)
            return
        if printed is not None:
            figure = Figure.parse(printed)
            claim = Claim(read, figure, name=name or chain.name, line=row, column=column)
            chain.claims.append((claim, side))
            leaf, steps = self.updates.leaf(quantity)
            if leaf and steps:
                self.updates.note(leaf, steps, figure.near)
            self.headings.has_update |= steps > self.spelling.steps
            return
        if not any(node.kind in ("name", "call") for node in side.tree.walk()):
            return
        formula = self.spelling.write(side.tree, chain.line[1])
        if formula is None:
            return
        try:
            claimed = self.calculation.read(formula)
        except MicrogradnetError:
            return
        claim = Claim(read, formula=claimed, name=name or chain.name, line=row, column=column)
        chain.claims.append((claim, side))


def _constant_of(calculation: Calculation) -> frozenset[str]:
    """Return the names of the leaves that no step changes."""
    rule = calculation.descent
    nodes = calculation.nodes.items()
    return frozenset(name for name, node in nodes if not node.inputs and (rule is None or node not in rule))


def _is_for_one(name: str, calculation: Calculation) -> bool:
    """Tell whether a name stands for one quantity: a page that gives it to several formulas tells them by a number."""
    return f"{name}__2" not in calculation.quantities and not re.search(r"__\d+$", name)
