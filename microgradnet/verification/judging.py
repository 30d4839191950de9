"""From claims to a report: whether each printed figure is right, and if not, what explains it.

A figure is tried alone; then with the other right figures of the page as intermediates, or with intermediates rounded;
then under other orders of updates; then as a consequence of wrong figures. What remains is wrong, and the slips that
lead to it are looked for. A wrong figure never excuses another one: what follows from it is said to follow.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice, product

from microgradnet.errors import MicrogradnetError
from microgradnet.graph import topological
from microgradnet.value import Value
from microgradnet.verification.calculation import Asked, Calculation, Place, Reading
from microgradnet.verification.figure import FEW, Figure
from microgradnet.verification.language import Name
from microgradnet.verification.otherwise import (
    CALCULUS,
    PEN,
    Case,
    Entry,
    Figures,
    NamedSlip,
    Otherwise,
    Slip,
    Slot,
    explain,
    kinds_of,
    likeliest,
)
from microgradnet.verification.report import Claim, Finding, Report, Verdict, finding_on, telling
from microgradnet.verification.runs import LONGEST_BY_HAND, Alteration, Descent, GraphRun
from microgradnet.verification.slips import SLIPS, conventions

FORMULA_TOLERANCE = 1e-12  # relative: two ways to compute one number, in doubles
_FOR_SLIPS = 0.5  # of the effort that is left, for those that lead to wrong figures
_SHARE = 4  # figures that share what is left: each may take one part of so many
_OF_A_TRIAL = 6  # nodes computed in the time that a trial takes beside them
_OF_A_SLIP = 32  # nodes below a quantity that cost one node where other answers share the run
_ROUNDS = 6  # in which figures that follow from right ones are found to be right themselves
_MOST_CHOICES = 16  # combinations where a source prints several figures for one quantity
_MOST_SHARED = 16  # slips of one figure that are tried on the others
_MANY = 3  # figures that make a convention
_MOST_CAUSES = 6  # wrong figures that are tried one by one as the cause of another
_FROM_PRINTED = ", from the printed figures"
_MOST_UNITS = 20  # in the last place that the rounding of other figures may take one away


def judge(calculation: Calculation, claims: Iterable[Claim], title: str = "", notes: str = "") -> Report:
    """Judge the claims of one source, each with the help of the others' figures.

    Raises:
        DomainError: a quantity has no value; a WorksheetError where the claim has a place.
    """
    with calculation.budget.report():
        return _Page(calculation, list(claims)).report(title, notes)


def possible_slips(calculation: Calculation, claim: Claim) -> Iterator[tuple[Slip, str, float | Otherwise]]:
    """Yield what a claim's quantity may be by a slip: its record, the words for it, and the calculation done so."""
    with calculation.budget.report():
        page = _Page(calculation, [claim])
        case = page._case(page.lines[0])
    yield from ((each, words, otherwise) for each in SLIPS for words, otherwise in each.find(case))


@dataclass
class _Line:
    """A claim, and what has been found of it so far."""

    claim: Claim
    figure: Figure
    exact: float
    asked: Asked
    place: Place
    sign: int
    below: set[Value]
    is_right: bool = False  # it may stand in as an intermediate
    verdict: Verdict | None = None
    words: str = ""
    order: str = ""  # the other order of a step in which it holds
    slips: list[NamedSlip] = field(default_factory=list)

    @property
    def is_far(self) -> bool:
        """Whether it is about what comes after more steps than anybody takes by hand, with figures of each."""
        return any(isinstance(part, int) and part > LONGEST_BY_HAND for state in self.asked.states for part in state)

    @cached_property
    def entries(self) -> list[Entry]:
        """The numbers that its figures stand for, each once."""
        figures = dict.fromkeys([self.figure, *self.claim.also])
        said = f"{self.claim.title} = "
        return [Entry(self.sign * each.near, said + each.text, float(each.unit)) for each in figures]

    def settle(self, verdict: Verdict, words: str = "") -> None:
        """Give the verdict."""
        self.verdict, self.words = verdict, words


class _Page:
    """The claims of one source while they are judged."""

    def __init__(self, calculation: Calculation, claims: Sequence[Claim]) -> None:
        self.calculation, self.claims = calculation, claims
        self.budget = calculation.budget
        self.stopped = False  # whether the effort was too little for all that could be looked for
        self.conventions: list[str] = []  # of the whole page, each as a sentence
        self.orders_found: set[str] = set()  # other orders of updates in which figures of the page hold
        self._readings: dict[Hashable, tuple[Alteration, Reading]] = {}
        self._left_out: dict[tuple[int, Place], tuple[Figures, Figures]] = {}
        self._rounded: dict[tuple[frozenset[tuple[Place, float]], int | str | None], Figures] = {}
        self.lines = [self._line(claim) for claim in claims if claim.printed is not None]
        self.entries: dict[Place, list[Entry]] = {}  # of right figures
        self.wrong_places: set[Place] = set()  # of the others
        self.kinds = kinds_of(calculation.nodes.values())

    def report(self, title: str, notes: str) -> Report:
        """Judge every claim."""
        formulas = {id(claim): self._formula(claim) for claim in self.claims if claim.printed is None}
        with self.budget.part(1 - _FOR_SLIPS):
            for line in self.lines:
                self._alone(line)
            self._accept()
            for step in (self._as_intermediates, self._nearly, self._in_another_order, self._as_consequence):
                for line in self.lines:
                    if line.verdict is None:
                        step(line)
            self._under_a_convention()
        self._throughout()
        seen = self._explain([line for line in self.lines if line.verdict is None])
        if self.stopped:
            self.conventions.append("Not all that may explain the wrong figures was tried: there are too many of them.")
        found = iter([self._finding(line, seen) for line in self.lines])
        findings = [formulas[id(claim)] if claim.printed is None else next(found) for claim in self.claims]
        return Report(findings, title, notes, " ".join(self.conventions))

    def _explain(self, wrong: list[_Line]) -> Counter[str]:
        """Look for what explains the wrong figures, and give their verdicts; return how many each slip explains."""
        for place, line in enumerate(wrong):
            line.slips = self._slips(line, min(_SHARE, len(wrong) - place))
        for line in wrong:
            line.slips = line.slips or self._after_others(line)
        for place, line in enumerate(wrong):
            self._by_the_slip_of_another(line, wrong[:place])
        wrong = [line for line in wrong if line.verdict is None]
        self._share_slips(wrong)
        seen = Counter(each.words for line in wrong for each in line.slips)
        for line in wrong:
            self._wrong(line, seen)
        return seen

    # What a claim is about

    def _line(self, claim: Claim) -> _Line:
        calculation, asked = self.calculation, Asked()
        reading = calculation.reading()
        with telling(claim.place):
            exact = reading.evaluate(claim.quantity)
            noting = Reading(calculation, reading.run, asked)
            noting.evaluate(claim.quantity)
            state, key, sign = reading.place(claim.quantity)
        figure = claim.printed or Figure.parse("0")
        below = {*topological(*dict.fromkeys([*asked.values, *(of for of, _ in asked.pairs)]))}
        return _Line(claim, figure, exact, asked, (state, key), sign, below)

    def _value(self, line: _Line, alteration: Alteration, descent: Descent | None = None) -> float:
        """Return a claim's quantity under an alteration, its own figure left aside; nan where it has no value."""
        if self._is_stopped():
            return math.nan
        if isinstance(alteration, Figures):
            alteration = self._without(alteration, line.place)
        elif isinstance(alteration, Otherwise) and line.place in alteration.entries:
            alteration = alteration.on(self._without(alteration.figures, line.place))
        return _evaluated(line, self._reading(alteration, descent))

    def _reading(self, alteration: Alteration, descent: Descent | None = None) -> Reading:
        """Return the calculation under an alteration, the same for all that do the same."""
        key: Hashable = id(alteration)
        if isinstance(alteration, Otherwise):  # slips of several figures are often the same
            key = alteration.key, id(alteration.figures)
        if key not in self._readings:
            of, like = self.calculation, None
            if isinstance(alteration, Otherwise) and alteration.entries and descent is None:
                like = self._reading(alteration.figures).run
            run = GraphRun(of.loss, descent or of.descent, alteration, self.budget, of.paths, like)
            self._readings[key] = alteration, Reading(of, run)
        return self._readings[key][1]

    def _is_stopped(self) -> bool:
        """Tell whether the effort is spent, and note that; one more trial is taken off it."""
        self.budget.take(_OF_A_TRIAL)
        self.stopped = self.stopped or self.budget.is_spent
        return self.budget.is_spent

    def _without(self, figures: Figures, place: Place) -> Figures:
        """Return figures without the one of a place, the same object for the same figures."""
        if place not in figures.entries:
            return figures
        key = id(figures), place
        if key not in self._left_out:
            self._left_out[key] = figures.without(place), figures
        return self._left_out[key][0]

    def _under_a_slip(self, line: _Line, alteration: Alteration, slot: Slot | None) -> float:
        """Return a claim's quantity under a slip, which answers to one key have in common."""
        calculation, text = self.calculation, line.claim.quantity.text
        known = calculation.under_slips
        if line.is_far:
            return math.nan
        if slot is None or not isinstance(alteration, Otherwise) or not known.knows(text):
            return self._value(line, alteration)

        def compute() -> float:
            make = partial(GraphRun, calculation.loss, calculation.descent, alteration, paths=calculation.paths)
            return _evaluated(line, Reading(calculation, known.run(alteration.key, make)))

        return known.number(text, slot, len(line.below) // _OF_A_SLIP, self.budget, compute)

    def _changes(self, line: _Line, place: int, slip: Slip, case: Case) -> Iterable[tuple[str, float | Otherwise]]:
        """Return what a slip yields for a claim's quantity, which answers to one key have in common."""
        known, text = self.calculation.under_slips, line.claim.quantity.text
        return slip.find(case) if slip.of_figure else known.changes(text, place, lambda: slip.find(case))

    # The verdicts, in their order

    def _alone(self, line: _Line) -> None:
        figure, exact = line.figure, line.exact
        if figure.equals(exact):
            line.settle(Verdict.EXACT)
        elif figure.is_rounding_of(exact):
            line.settle(Verdict.ROUNDED, figure.precision + figure.caveat)
        line.is_right = line.verdict is not None or figure.is_truncation_of(exact) or figure.is_nearly(exact)

    def _accept(self) -> None:
        """Find the figures that may stand in as intermediates: right ones, and those that follow from right ones."""
        for _ in range(_ROUNDS):
            self._collect()
            found = [line for line in self.lines if not line.is_right and self._way_by_rounding(line) is not None]
            if not found:
                break
            for line in found:
                line.is_right = True
        self._collect()

    def _collect(self) -> None:
        """Gather the entries of the right figures; runs with those of before are no longer used."""
        self.entries, self.wrong_places = {}, {line.place for line in self.lines if not line.is_right}
        for line in self.lines:
            if line.is_right:
                known = self.entries.setdefault(line.place, [])
                known += [entry for entry in line.entries if entry not in known]
        self._rounded.clear()

    def _way_by_rounding(self, line: _Line) -> Figures | None:
        """Return the figures, and the rounding, by which the quantity comes to its printed figure."""
        if line.is_far or not line.asked:
            return None
        for figures in self._roundings(line):
            if line.figure.is_rounding_of(self._value(line, figures)):
                return figures
        return None

    def _roundings(self, line: _Line) -> Iterator[Figures]:
        """Yield: printed figures as intermediates; intermediates rounded as far as the figure is; both."""
        decimals = line.figure.decimals
        choices = list(self._choices(line))
        yield from (self._with(choice, None) for choice in choices)
        if line.asked.pairs and not (line.figure.is_truncation_of(line.exact) or line.figure.is_nearly(line.exact)):
            yield from (self._with(choice, None, by_operands=True) for choice in choices)
        if decimals is not None and line.figure.digits >= FEW:  # with one digit throughout, nearly anything follows
            yield self._with({}, decimals)
            yield from (self._with(choice, decimals) for choice in choices)

    def _with(
        self, entries: Mapping[Place, Entry], decimals: int | None, *, by_operands: bool = False, order: str = ""
    ) -> Figures:
        """Return figures as intermediates, the same object for the same entries, so that all claims share its run."""
        key = (
            frozenset((place, entry.number) for place, entry in entries.items()),
            order or ("z" if by_operands else decimals),
        )
        if key not in self._rounded:
            self._rounded[key] = Figures(entries, decimals, slopes_from_operands=by_operands)
        return self._rounded[key]

    def _choices(self, line: _Line) -> Iterator[dict[Place, Entry]]:
        """Yield one figure for each quantity, in every combination of those that matter to a claim, up to a limit."""
        if not self.entries or not line.asked:
            return
        first = {place: several[0] for place, several in self.entries.items()}
        several = [place for place, all_of in self.entries.items() if len(all_of) > 1 and self._matters(place, line)]
        combinations: list[dict[Place, Entry]] = [first]
        for place in several:
            grown = ({**chosen, place: entry} for chosen in combinations for entry in self.entries[place])
            combinations = list(islice(grown, _MOST_CHOICES))
        yield from combinations

    def _matters(self, place: Place, line: _Line) -> bool:
        """Tell whether a figure can change what a claim's quantity is."""
        state, key = place
        if place == line.place:
            return False
        if state or key[0] not in ("value", "derivative", "change"):
            return True
        node = key[-1]
        if key[0] == "value":
            return node in line.below
        if key[0] == "change" or node.op is None:
            return line.asked.steps
        return node in line.below and bool(line.asked.pairs)

    def _as_intermediates(self, line: _Line) -> None:
        if (figures := self._way_by_rounding(line)) is not None:
            words, right = self._least(line, figures).words, line.figure.like(line.exact)
            line.settle(Verdict.CONSISTENT, f"follows from {words}; unrounded it is {right}{line.figure.caveat}")

    def _least(self, line: _Line, figures: Figures) -> Figures:
        """Return the fewest of the figures that still lead to the printed one, those nearest to it kept."""
        figure, miss = line.figure, abs(self._value(line, figures) - line.figure.near) * (1 + 1e-9)
        entries = used = self._used(line, figures, figures.entries).entries
        for each in used:
            kept = {place: entry for place, entry in entries.items() if place != each}
            value = self._value(line, replace(figures, entries=kept))
            if figure.is_rounding_of(value) or abs(value - figure.near) <= miss:
                entries = kept
        return self._used(line, figures, entries)

    def _used(self, line: _Line, figures: Figures, entries: Mapping[Place, Entry]) -> Figures:
        """Return figures with those of some entries that a claim's quantity takes when it is computed from them."""
        used: set[Place] = set()
        self._value(line, replace(figures, entries=entries, used=used).without(line.place))
        return replace(figures, entries={place: entries[place] for place in entries if place in used}, used=used)

    def _nearly(self, line: _Line) -> None:
        figure, exact, right = line.figure, line.exact, line.figure.like(line.exact)
        if figure.is_truncation_of(exact) and (figure.digits or figure.decimals is None):
            line.settle(Verdict.TRUNCATED, f"{figure.precision}; rounded it is {right}{figure.caveat}")
        elif figure.is_nearly(exact):
            line.settle(Verdict.LAST_DIGIT, f"it is {right}")

    def _in_another_order(self, line: _Line) -> None:
        right = line.figure.like(line.exact)
        for how, value in self._orders(line):
            if line.figure.is_rounding_of(value):
                line.settle(Verdict.OTHER_ORDER, f"{how}; in the order stated it is {right}")
                line.order = how.removesuffix(_FROM_PRINTED)
                self.orders_found.add(line.order)
                return
            if line.figure.is_truncation_of(value) and line.figure.digits > FEW:
                words = f"{how}, truncated {line.figure.precision}; in the order stated it is {right}"
                line.settle(Verdict.OTHER_ORDER, words)
                return

    def _orders(self, line: _Line, digits: int = FEW + 1) -> Iterator[tuple[str, float]]:
        """Yield what the quantity is under other orders of updates, exactly and with the printed figures.

        Deltas are tried where the figure has so many digits, and gradients where deltas of the page hold so.
        """
        loss, enough = self.calculation.loss, line.figure.digits >= digits
        by = [node for of, node in line.asked.pairs if of is loss]
        deltas = enough and any(node.op is not None or self.orders_found for node in by)
        if not (line.asked.steps or deltas):
            return
        near = {place: several[0] for place, several in self.entries.items() if self._matters(place, line)}
        for words, descent in self.calculation.other_orders():
            if line.is_far and self.orders_found and words not in self.orders_found:
                continue  # thousands of steps are taken in the orders that other figures of the page hold in
            for entries in ({}, near) if near and not line.is_far else ({},):
                value = self._value(line, self._with(entries, None, order=words), descent)
                plain = self._value(line, self._with(entries, None)) if entries else line.exact
                if math.isfinite(value) and value not in (line.exact, plain):
                    yield (f"{words}{_FROM_PRINTED}" if entries else words), value

    def _as_consequence(self, line: _Line) -> None:
        says_enough = line.figure.digits or (line.figure.decimals or 0) > 2  # by 0.000 terms cancel
        figures = self._cause(line, 0) if says_enough and line.asked and not line.is_far else None
        if figures is not None and (wrong := self._wrong_words(line, figures)):
            line.settle(Verdict.FOLLOWS, f"{wrong}; it is {line.figure.corrected(line.exact)}")

    def _cause(self, line: _Line, units: int) -> Figures | None:
        """Return the wrong figures from which this one follows, to so many units in the last place (0: by rounding)."""
        wrong = [other for other in self.lines if not other.is_right and self._matters(other.place, line)]
        if not wrong:
            return None
        right = {place: several[0] for place, several in self.entries.items() if place != line.place}
        singly = [[other] for other in reversed(wrong[-_MOST_CAUSES:])] if len(wrong) > 1 else []
        for several in [wrong, *singly]:
            choices = product(*([(other.place, entry) for entry in other.entries] for other in several))
            for choice in islice(choices, _MOST_CHOICES):
                for entries in ({**right, **dict(choice)}, dict(choice)):
                    figures = self._with(entries, None)
                    value = self._value(line, figures)
                    near = line.figure.is_within(units, value) if units else line.figure.is_rounding_of(value)
                    near = near or (units > 0 and self._is_within_rounding(line, figures, value))
                    if near and value != line.exact:
                        return figures
        return None

    def _is_within_rounding(self, line: _Line, figures: Figures, value: float) -> bool:
        """Tell whether a figure is as far off as the rounding of the wrong ones below it may take it."""
        if not line.figure.is_within(_MOST_UNITS, value):
            return False
        reach = float(line.figure.unit) / 2
        for place, entry in self._used(line, figures, figures.entries).entries.items():
            if place in self.wrong_places:
                moved = {**figures.entries, place: replace(entry, number=entry.number + entry.unit / 2)}
                reach += abs(self._value(line, self._with(moved, None)) - value)
        return abs(value - line.figure.near) <= reach

    def _wrong_words(self, line: _Line, figures: Figures) -> str:
        """Return the wrong figures from which a figure follows, the fewest that do; "" where right ones are enough."""
        least = self._least(line, figures)
        words = [entry.words for place, entry in least.entries.items() if place in self.wrong_places]
        return ", ".join(dict.fromkeys(words[:3]))

    # Wrong figures

    def _under_a_convention(self) -> None:
        """Look for a convention of the whole page under which most of the figures hold that seem wrong."""
        pending = [line for line in self.lines if line.asked and not line.is_far]
        pending = [line for line in pending if line.verdict in (None, Verdict.FOLLOWS)]
        if len(pending) < _MANY:
            return
        nodes = topological(*dict.fromkeys(node for line in self.lines for node in line.below))
        best: list[_Line] = []
        sayings: list[str] = []
        losing = [line for line in self.lines if line.verdict and line not in pending and line.figure.digits >= FEW]
        for words, change in conventions(nodes):
            ways = (change, change.on(self._printed)) if self._printed.entries else (change,)
            holding = [line for line in pending if self._holds(line, ways)]
            enough = len(holding) >= max(_MANY, len(best)) and 2 * len(holding) >= len(pending)
            if enough and all(self._holds(line, ways) for line in losing):
                sayings = [*(sayings if len(holding) == len(best) else ()), words]
                best = holding
        if best:
            words = ", or ".join(sayings)  # under which the same figures hold, as the sum of two terms for their mean
            self.conventions.append(f"{len(best)} figures hold only under another convention: {words}.")
            for line in best:
                line.settle(Verdict.OTHER_ORDER, f"{words}; as stated it is {line.figure.like(line.exact)}")

    def _throughout(self) -> None:
        """Note once what many figures have in common: another order of the step, or rounding on the way."""
        for how, count in Counter(line.order for line in self.lines if line.order).items():
            if count >= _MANY:
                self.conventions.append(f"{count} figures hold only in another order of the step: {how}.")
        rounded = sum(line.verdict is Verdict.CONSISTENT for line in self.lines)
        if rounded >= _MANY:
            self.conventions.append(f"{rounded} figures follow from rounded ones: the source rounds at each step.")

    def _holds(self, line: _Line, ways: Iterable[Otherwise]) -> bool:
        return any(line.figure.is_rounding_of(self._value(line, way)) for way in ways)

    def _slips(self, line: _Line, share: int) -> list[NamedSlip]:
        """Return the slips that lead to a wrong figure, looked for with one in so many parts of the effort left."""
        a_guess_misleads = bool(line.claim.reason) and line.figure.digits < FEW
        if a_guess_misleads or not math.isfinite(line.exact):
            return []
        orders = self._orders(line, FEW) if line.figure.digits == FEW and not line.asked.steps else ()
        named = [f"it may be computed {how}" for how, value in orders if line.figure.is_rounding_of(value)]
        with self.budget.part(1 / share):
            found = explain(self._case(line), SLIPS)
        return [*(NamedSlip(words, CALCULUS, -1) for words in named[:1]), *found]

    def _after_others(self, line: _Line) -> list[NamedSlip]:
        """Return the slips that lead to a figure from all the figures before it: a second slip, after a first."""
        before = self.lines[: self.lines.index(line)]
        if line.is_far or not any(not other.is_right and self._matters(other.place, line) for other in before):
            return []
        figures = self._with({other.place: other.entries[0] for other in before if other.place != line.place}, None)

        def evaluate(change: Alteration, slot: Slot | None) -> float:
            return self._value(line, change.on(figures) if isinstance(change, Otherwise) else change)

        with self.budget.part(1 / _SHARE):
            return explain(replace(self._case(line), figures=Figures({}), evaluate=evaluate), SLIPS)

    def _share_slips(self, wrong: Sequence[_Line]) -> None:
        """Try what explains one figure on the others that are wrong: who made a slip once may have made it again."""
        found = {each.words: each for line in wrong for each in line.slips if isinstance(each.change, Otherwise)}
        counts = Counter(each.words for line in wrong for each in line.slips if each.words in found)
        for line in wrong:
            own, case = {each.words for each in line.slips}, self._case(line)
            for words, _ in counts.most_common(_MOST_SHARED) if line.figure.digits else ():
                change = found[words].change
                if words not in own and change is not None and not case.is_spent() and case.agrees(change):
                    line.slips.append(replace(found[words], is_doubtful=case.doubts(change)))

    def _case(self, line: _Line) -> Case:
        return Case(
            figure=line.figure,
            exact=line.exact,
            evaluate=lambda alteration, slot: self._under_a_slip(line, alteration, slot),
            figures=self._without(self._printed, line.place),
            values=list(line.asked.values),
            pairs=list(line.asked.pairs),
            steps=line.asked.steps,
            uphill=self.calculation.descent is not None and self.calculation.descent.ascent,
            kinds=self.kinds,
            is_spent=self._is_stopped,
            changes=partial(self._changes, line),
            bases=self._bases(line),
            others=list(self._others(line)),
        )

    @cached_property
    def _printed(self) -> Figures:
        """One figure for each quantity that is printed and right."""
        return self._with({place: several[0] for place, several in self.entries.items()}, None)

    def _others(self, line: _Line) -> Iterator[tuple[str, float]]:
        """Yield what else a figure may be the value of: the other quantities of the page, and the leaf after a step."""
        rule, atom = self.calculation.descent, line.claim.quantity.atom
        leaf = self.calculation.nodes.get(atom.text) if isinstance(atom, Name) else None
        if rule is not None and leaf is not None and leaf in rule:
            new = f"new {line.claim.title}"
            yield f"{new}; write {new} = ...", self.calculation.reading().run.new(leaf)
        for other in self.lines:
            if other.place != line.place and abs(other.exact) != abs(line.exact):
                yield other.claim.title, other.sign * line.sign * other.exact

    def _bases(self, line: _Line) -> list[tuple[float, str]]:
        """Return the values that the figure may be a distortion of, with words for where they come from."""
        found = {line.exact: ""}
        figure = line.figure
        for figures in self._roundings(line) if line.asked and not line.is_far else ():
            value = self._value(line, figures)
            found.setdefault(value, f" (from rounded intermediates it is {figure.like(value)})")
        if line.asked and not line.is_far:
            printed = {other.place: other.entries[0] for other in self.lines if other.place != line.place}
            value = self._value(line, self._with(printed, None))
            found.setdefault(value, f" (from the printed figures it is {figure.like(value)})")
        for how, value in self._orders(line):
            found.setdefault(value, f" (it is {figure.like(value)} {how})")
        return [(value, words) for value, words in found.items() if math.isfinite(value)]

    def _by_the_slip_of_another(self, line: _Line, before: Sequence[_Line]) -> None:
        """Say what a figure follows from where nobody rounded on the way: the slip made in a figure before it.

        Where the slip lies below both, in a delta that is not printed, say, it was made once.
        """
        if line.figure.digits < FEW or not line.asked or line.is_far:
            return
        for cause in before:
            matters = self._matters(cause.place, line)
            for slip in sorted(cause.slips, key=lambda slip: slip.rank)[:_MOST_CAUSES]:
                if cause.verdict is not None or not (matters or isinstance(slip.change, Otherwise)):
                    continue
                value = self._value(line, slip.carried_on(cause.place, cause.sign))
                if line.figure.is_rounding_of(value) and not line.figure.is_rounding_of(line.exact):
                    if not matters and self._cause(line, 1) is not None:
                        return  # it nearly follows from a figure that is printed
                    title = cause.claim.title
                    figures = self._with({cause.place: cause.entries[0]}, None)
                    leads = matters and self._value(line, figures) != line.exact
                    words = f"{title} = {cause.figure.text}, not rounded" if leads else f"the slip is that of {title}"
                    line.settle(Verdict.FOLLOWS, f"{words}; it is {line.figure.corrected(line.exact)}")
                    return

    def _wrong(self, line: _Line, seen: Mapping[str, int]) -> None:
        figures = self._cause(line, 1) if line.figure.digits > FEW and line.asked and not line.is_far else None
        is_next = figures is not None and line.figure.is_within(1, self._value(line, figures))
        is_likely = is_next or all(each.rank == PEN for each in line.slips)
        if figures is not None and is_likely and (wrong := self._wrong_words(line, figures)):
            but = "one unit in the last place" if is_next else "the rounding of these figures"
            line.settle(Verdict.FOLLOWS, f"{wrong}, but for {but}; it is {line.figure.corrected(line.exact)}")
            return
        right, slips = f"it is {line.figure.corrected(line.exact)}", "; or ".join(likeliest(line.slips, seen))
        line.settle(Verdict.WRONG, f"{right}; {slips}" if slips else right)

    def _finding(self, line: _Line, seen: Mapping[str, int]) -> Finding:
        text, exact, further = line.figure.text, line.exact, line.figure.further(line.exact)
        verdict, slips = line.verdict or Verdict.WRONG, likeliest(line.slips, seen)
        return finding_on(line.claim, text, exact, further, verdict, line.words, slips)

    def _formula(self, claim: Claim) -> Finding:
        """Judge a formula: whether it gives the same number."""
        reading = self.calculation.reading()
        with telling(claim.place):
            value = reading.evaluate(claim.quantity)
        with telling(f"{claim.place}.formula" if claim.place else ""):
            claimed = reading.evaluate(claim.formula or claim.quantity)
        holds = math.isclose(value, claimed, rel_tol=FORMULA_TOLERANCE, abs_tol=FORMULA_TOLERANCE * 1e-3)
        words = "" if holds else f"it is {value:.8g}; the formula gives {claimed:.8g}"
        printed = claim.formula.text if claim.formula else ""
        return finding_on(claim, printed, value, f"{value:.8g}", Verdict.HOLDS if holds else Verdict.WRONG, words)


def _evaluated(line: _Line, reading: Reading) -> float:
    """Return a claim's quantity as a reading gives it; nan where it has no value."""
    try:
        return reading.evaluate(line.claim.quantity)
    except (MicrogradnetError, ArithmeticError, ValueError):
        return math.nan
