"""Calculations done otherwise: the runs that slips are, the parts of a graph they are made in, and which of them fit.

:func:`explain` runs a quantity again under each slip of the table and returns those that lead to the printed digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from microgradnet.graph import between, topological
from microgradnet.names import stem
from microgradnet.value import Value
from microgradnet.verification.figure import Figure
from microgradnet.verification.runs import Alteration, GraphRun, Key, State, Touched

Edge = tuple[Value, int]
"""A node and the place of one of its operands."""

Number = Callable[[GraphRun], float]
"""A number that a run uses in another's place."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A number that stands in for a computed one, and how the page writes it.

    Arguments:
        number: the number, with the sign of the quantity that it stands for.
        words: the page's own name and figure, ``"delta_o = -0.0406"``.
        unit: of its last place; half of it is what rounding may have left away.
    """

    number: float
    words: str
    unit: float = 0.0


Entries = Mapping[tuple[State, Key], Entry]


@dataclass(eq=False)
class Figures(Alteration):
    """Uses printed figures as they are printed, or rounds named intermediates, or both.

    Arguments:
        entries: the figures, by the place in the calculation and by what they are figures of.
        decimals: where given, every labelled intermediate, and every derivative by a labelled node, that has no figure
            of its own is rounded to so many decimals. Leaves are not.
        slopes_from_operands: see :class:`Alteration`.
        used: where given, runs note in it the places of the figures that they use.
    """

    entries: Entries
    decimals: int | None = None
    slopes_from_operands: bool = False
    used: set[tuple[State, Key]] | None = None

    def __post_init__(self) -> None:
        keys = [key for _, key in self.entries]
        derivatives = [key for key in keys if key[0] == "derivative"]
        outputs = [key[1] for key in keys if key[0] == "value" and _is_of_softmax(key[1])]
        self._outputs = {} if self.slopes_from_operands else {output.inputs[0]: output for output in outputs}
        self.partials_at = {of for _, of, _ in derivatives} | self._outputs.keys()
        if self.decimals is None:
            self.values_at = {key[1] for key in keys if key[0] == "value"}
            self.adjoints_at = {node for _, _, node in derivatives}

    def gives_value(self, run: GraphRun, node: Value) -> bool:
        """Tell whether a figure is printed for a node's number."""
        return (run.state, ("value", node)) in self.entries

    def gives_adjoint(self, run: GraphRun, of: Value, node: Value) -> bool:
        """Tell whether a figure is printed for a derivative."""
        return (run.state, ("derivative", of, node)) in self.entries

    def value(self, run: GraphRun, node: Value, computed: float) -> float:
        """Use the printed figure of a value, or round it."""
        found = self._printed(run.state, ("value", node))
        if found is not None:
            return found
        return self._round(computed) if node.label and node.op is not None else computed

    def partial(self, run: GraphRun, node: Value, place: int, computed: float) -> float:
        """Use the printed figure of a node's derivative by its own operand, as in da/dz = 0.2413.

        The derivatives of a softmax are those of its printed outputs, a(1 - a), so that a - t follows from a wrong a:
        an exponential is then the output's share of the sum that the others have.
        """
        if not self.entries:
            return computed
        if node in self._outputs:
            output = self._outputs[node]
            figure = self._printed(run.state, ("value", output))
            return computed if figure is None else figure * run.value(output.inputs[1])
        operand = node.inputs[place]
        if sum(each is operand for each in node.inputs) > 1:
            return computed
        found = self._printed(run.state, ("derivative", node, operand))
        return computed if found is None else found

    def adjoint(self, run: GraphRun, of: Value, node: Value, computed: float) -> float:
        """Use the printed figure of a derivative, or round it."""
        found = self._printed(run.state, ("derivative", of, node))
        if found is not None:
            return found
        return self._round(computed) if node.label else computed

    def change(self, run: GraphRun, node: Value, computed: float) -> float:
        """Use the printed figure of a change."""
        found = self._printed(run.state, ("change", node))
        return computed if found is None else found

    def formula(self, state: State, key: Key, computed: float) -> float:
        """Use the printed figure of a part of a formula."""
        found = self._printed(state, key)
        return computed if found is None else found

    def given(self, state: State, of: Value) -> tuple[Set[Value], Set[Value]]:
        """Return the nodes that have a figure, and those by which the derivative of a result has one."""
        keys = [key for at, key in self.entries if at == state]
        return (
            {key[1] for key in keys if key[0] == "value"},
            {key[2] for key in keys if key[0] == "derivative" and key[1] is of},
        )

    def without(self, place: tuple[State, Key]) -> Figures:
        """Return the same without the figure of a place."""
        return replace(self, entries={each: entry for each, entry in self.entries.items() if each != place})

    @property
    def words(self) -> str:
        """Which intermediates were used, as far as that is noted: "z1[1] = 0.21 as printed"."""
        used = self.used or ()
        printed = list(dict.fromkeys(entry.words for place, entry in self.entries.items() if place in used))
        words = ", ".join(printed[:3]) + (", ..." if len(printed) > 3 else "") + " as printed" if printed else ""
        if self.decimals is None:
            return words or "the printed intermediates"
        rounded = f"intermediates rounded to {self.decimals} decimal{'s' * (self.decimals != 1)}"
        return f"{words} and other {rounded}" if words else rounded

    def _printed(self, state: State, key: Key) -> float | None:
        """Return the figure that stands in for a number; None where there is none."""
        place = state, key
        entry = self.entries.get(place)
        if entry is None:
            return None
        if self.used is not None:
            self.used.add(place)
        return entry.number

    def _round(self, value: float) -> float:
        if self.decimals is None or not math.isfinite(value):
            return value
        place = Decimal(1).scaleb(-self.decimals)
        if abs(value) >= 1e25 * float(place):
            return value  # its own digits end before that place
        return float(Decimal(repr(value)).quantize(place, ROUND_HALF_UP))


_NO_FIGURES = Figures({})


@dataclass(eq=False)
class Otherwise(Alteration):
    """A run with some steps done otherwise, on exact numbers or with printed figures.

    Arguments:
        values: nodes whose number is replaced, each by a function of the run.
        partials: partial derivatives that are replaced.
        adjoints: nodes whose derivative of the loss is replaced, for everything further down.
        rates: from the learning rate to the one that is used; None for the same.
        news: what stands where the new number of a leaf belongs, from the run, the leaf and its change.
        figures: the printed figures that are used where nothing is done otherwise.
    """

    values: Mapping[Value, Number] = field(default_factory=dict)
    partials: Mapping[Edge, Number] = field(default_factory=dict)
    adjoints: Mapping[Value, Number] = field(default_factory=dict)
    rates: Callable[[float], float] | None = None
    news: Callable[[GraphRun, Value, float], float] | None = None
    figures: Figures = _NO_FIGURES
    _busy: set[Value] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        values, partials, adjoints = self.figures.touched
        self._own = {*self.values}, {node for node, _ in self.partials}, {*self.adjoints}
        self.values_at = None if values is None else values | self._own[0]
        self.partials_at = None if partials is None else partials | self._own[1]
        self.adjoints_at = None if adjoints is None else adjoints | self._own[2]

    def on(self, figures: Figures) -> Otherwise:
        """Return the same done with printed figures."""
        other = Otherwise(self.values, self.partials, self.adjoints, self.rates, self.news, figures)
        other.key = self.key  # which takes as long to compute as all the rest
        return other

    @cached_property
    def key(self) -> Hashable:
        """What is done otherwise, equal for all that do the same on exact numbers."""
        parts = (frozenset(each.items()) for each in (self.values, self.partials, self.adjoints))
        return (*parts, self.rates, self.news)

    @property
    def entries(self) -> Entries:
        """The printed figures."""
        return self.figures.entries

    def beyond(self, other: Alteration | None) -> Touched | None:
        """Return where something is done otherwise than with the figures alone."""
        return self._own if other is self.figures else None

    def gives_value(self, run: GraphRun, node: Value) -> bool:
        """Tell the same; another number may come from the operands, which are computed first so that none recurses."""
        return node not in self.values and self.figures.gives_value(run, node)

    def gives_adjoint(self, run: GraphRun, of: Value, node: Value) -> bool:
        """Tell whether another derivative stands in for one."""
        return node in self.adjoints or self.figures.gives_adjoint(run, of, node)

    def value(self, run: GraphRun, node: Value, computed: float) -> float:
        """Do a step of the forward pass otherwise."""
        other = self.values.get(node)
        if other is None or node in self._busy:  # in a recurrent network, the other number may follow from this one
            return self.figures.value(run, node, computed)
        self._busy.add(node)
        try:
            return other(run)
        finally:
            self._busy.discard(node)

    def partial(self, run: GraphRun, node: Value, place: int, computed: float) -> float:
        """Do a step of the backward pass otherwise."""
        other = self.partials.get((node, place))
        return other(run) if other else self.figures.partial(run, node, place, computed)

    def adjoint(self, run: GraphRun, of: Value, node: Value, computed: float) -> float:
        """Use another derivative from here on."""
        other = self.adjoints.get(node)
        return other(run) if other else self.figures.adjoint(run, of, node, computed)

    def rate(self, eta: float) -> float:
        """Use another learning rate."""
        return self.rates(eta) if self.rates else eta

    def change(self, run: GraphRun, node: Value, computed: float) -> float:
        """Use the printed figure of a change."""
        return self.figures.change(run, node, computed)

    def new(self, run: GraphRun, node: Value, computed: float, change: float) -> float:
        """Print something else where the new number belongs."""
        return self.news(run, node, change) if self.news else computed

    def formula(self, state: State, key: Key, computed: float) -> float:
        """Use the printed figure of a part of a formula."""
        return self.figures.formula(state, key, computed)


# Numbers that a run uses in another's place ---------------------------------------------------------------------------


def one(run: GraphRun) -> float:
    """Use 1: a factor is left out."""
    return 1.0


def zero(run: GraphRun) -> float:
    """Use 0: a term is left out."""
    return 0.0


@dataclass(frozen=True, slots=True)
class _Rule:
    """A number by a rule from what it is about; two that are alike are equal, so that they share a run."""

    rule: Callable[..., float]
    parts: tuple[Any, ...]

    def __call__(self, run: GraphRun) -> float:
        return self.rule(run, *self.parts)


def value_of(node: Value) -> Number:
    """Use the number of another node."""
    return _Rule(GraphRun.value, (node,))


def difference_of(node: Value, other: Value) -> Number:
    """Use the number of a node less that of another."""
    return _Rule(_difference, (node, other))


def _difference(run: GraphRun, node: Value, other: Value) -> float:
    return run.value(node) - run.value(other)


def number_of(leaf: Value) -> Number:
    """Return the recorded number of a leaf, also where the leaf's own is replaced."""
    return _Rule(_recorded, (leaf,))


def _recorded(run: GraphRun, leaf: Value) -> float:
    return leaf.data


def derivative_of(of: Value, node: Value) -> Number:
    """Return the exact derivative: that of the same run would be found by the sweep that asks for it."""
    return _Rule(_exact_derivative, (of, node))


def _exact_derivative(run: GraphRun, of: Value, node: Value) -> float:
    return run.paths.exact(of).get(node, 0.0)


def applied(function: Callable[[float], float], node: Value) -> Number:
    """Use a function of the number of a node, which may be the node's own result."""
    return _Rule(_applied, (function, node))


def _applied(run: GraphRun, function: Callable[[float], float], node: Value) -> float:
    return function(run.value(node))


def squared(slope: Number) -> Number:
    """Use a slope twice."""
    return _Rule(_squared, (slope,))


def _squared(run: GraphRun, slope: Number) -> float:
    return slope(run) ** 2


def slope_of(edge: Edge, *, inside: bool = False, outside: bool = False) -> Number:
    """Return a node's partial as a function of the run.

    Arguments:
        edge: the node, and the place of the operand by which it is differentiated.
        inside: with its operand in place of its result.
        outside: with its result in place of its operand: f'(a) for f'(z).
    """
    return _Rule(_slope, (*edge, inside, outside))


def _slope(run: GraphRun, node: Value, place: int, inside: bool, outside: bool) -> float:
    operands = [run.value(operand) for operand in node.inputs]
    result = operands[place] if inside else run.value(node)
    if outside and node.op:
        operands[place] = result
        result = float(node.op.forward(*operands))
    return float(node.op.partials[place](*operands, result)) if node.op else 0.0


# Parts of a graph, and their names ------------------------------------------------------------------------------------


def edges_between(of: Value, node: Value) -> Iterator[Edge]:
    """Yield the edges on the paths from ``of`` down to ``node``."""
    path = between(of, node)
    on_path = {*path}
    for above in reversed(path):
        if above is not node:
            yield from ((above, place) for place, operand in enumerate(above.inputs) if operand in on_path)


def _is_of_softmax(node: Value) -> bool:
    """Tell whether a node is an exponential, divided by a sum."""
    return is_made_by(node, "divide") and is_made_by(node.inputs[0], "exp") and is_made_by(node.inputs[1], "add")


def is_made_by(node: Value, name: str) -> bool:
    """Tell whether a node is the result of the operation of this name."""
    return node.op is not None and node.op.name == name


def kinds_of(nodes: Iterable[Value]) -> dict[tuple[str, bool], list[Value]]:
    """Return the labelled nodes by what their labels share, and by whether they are leaves: those of one layer."""
    found: dict[tuple[str, bool], list[Value]] = {}
    for node in nodes:
        if node.label:
            found.setdefault((stem(node.label), node.op is None), []).append(node)
    return found


# Which slips lead to a figure ----------------------------------------------------------------------------------------


Found = Iterator[tuple[str, "float | Otherwise"]]
"""What the quantity would be under a slip, as a number or as the calculation done otherwise, with the words for it."""

Slot = tuple[int, int, str]
"""Which calculation of the table: the place of its slip, its turn among those that the slip yields, and its words."""

CALCULUS, INDEX, PEN = range(3)  # ranks: slips of the calculus, a wrong thing in a right formula, misprints
_REACH, _REACH_IN_UNITS = 0.05, 50  # how far printed intermediates may move a result: relatively, and in last places
_OFTEN = 3  # figures that a slip explains, so that it is no chance
_MOST_NAMED = 3  # slips that are named for one figure


@dataclass(frozen=True, slots=True)
class Slip:
    """One kind of slip.

    Arguments:
        name: what it is called in the table.
        digits: how many significant digits must agree for it to be more than a guess.
        rank: ``CALCULUS``, ``INDEX`` or ``PEN``: which explanation comes first where several fit.
        find: yields what a quantity would be under the slip.
        of_figure: whether it looks at what is printed; if not, it yields the same for every figure of a quantity.
    """

    name: str
    digits: int
    rank: int
    find: Callable[[Case], Found]
    of_figure: bool = False


@dataclass
class Case:
    """A figure that was found wrong, and what its quantity is computed from.

    Arguments:
        figure: the figure.
        exact: the quantity as the engine computes it.
        evaluate: the quantity under an alteration; nan where it has no value or the effort is spent. The slot says
            which alteration of the table it is; None where it depends on what is printed.
        figures: those that are printed for other quantities and are right.
        values: the nodes whose number it takes.
        pairs: the derivatives that it takes: of what, by what.
        steps: whether it is about a step.
        uphill: whether steps go uphill.
        kinds: the labelled nodes of the calculation by kind, see :func:`kinds_of`.
        is_spent: whether there is no effort left to try more.
        changes: what a slip yields, from its place in the table and the slip.
        bases: other values that the figure may be a distortion of, with words for where they come from.
        others: exact values of the other quantities of the page, by the page's names.
    """

    figure: Figure
    exact: float
    evaluate: Callable[[Alteration, Slot | None], float]
    figures: Figures
    values: Sequence[Value]
    pairs: Sequence[tuple[Value, Value]]
    steps: bool
    kinds: Mapping[tuple[str, bool], Sequence[Value]]
    is_spent: Callable[[], bool]
    changes: Callable[[int, Slip, Case], Iterable[tuple[str, float | Otherwise]]]
    bases: Sequence[tuple[float, str]] = ()
    others: Sequence[tuple[str, float]] = ()
    uphill: bool = False

    @property
    def digits(self) -> int:
        """How many digits tell the figure from the right value: those of the larger of the two, to the same place."""
        figure = self.figure
        if figure.decimals is None or not math.isfinite(self.exact):
            return figure.digits
        units = max(abs(figure.near), abs(self.exact)) * 10.0 ** min(figure.decimals, 300)
        return len(str(int(min(units, 1e15)))) if units >= 1 else 0

    def agrees(self, found: float | Otherwise) -> bool:
        """Tell whether a slip leads to the figure, on exact numbers or with the printed figures."""
        return self.misses_by(found) == 0

    def misses_by(self, found: float | Otherwise, slot: Slot | None = None) -> int:
        """Return by how many units in the last place a slip misses the figure: 0, 1, or 2 for more.

        One unit is told apart with the printed figures alone: intermediates that are not printed may be rounded too.
        """
        if not isinstance(found, Otherwise):
            return 0 if self._reads(found) else 2
        value = self.evaluate(found, slot)
        if not abs(value - self.figure.near) <= self._reach:
            return 2  # printed intermediates change the last digits, no more
        if self._reads(value):
            return 0
        if not self.figures.entries:
            return 2
        value = self.evaluate(found.on(self.figures), None)
        return 0 if self._reads(value) else 1 if self.figure.is_within(1, value) else 2

    def doubts(self, change: float | Otherwise | None) -> bool:
        """Tell whether a slip leads away from the figure once the right figures of the page are used on the way."""
        if not isinstance(change, Otherwise) or not self.figures.entries or not math.isfinite(self.exact):
            return False
        value = self.evaluate(change.on(self.figures), None)
        return not abs(value - self.figure.near) < abs(value - self.exact)

    @cached_property
    def _reach(self) -> float:
        """How far printed intermediates may move a result."""
        return max(_REACH_IN_UNITS * float(self.figure.unit), _REACH * abs(self.figure.near))

    def _reads(self, value: float) -> bool:
        return math.isfinite(value) and self.figure.is_rounding_of(value)

    @cached_property
    def edges(self) -> list[Edge]:
        """The edges on the paths of the derivatives, from the results down."""
        return list(dict.fromkeys(edge for of, node in self.pairs for edge in edges_between(of, node)))

    @cached_property
    def below(self) -> list[Value]:
        """The nodes that the quantity is computed from."""
        return topological(*dict.fromkeys([*(of for of, _ in self.pairs), *self.values]))


@dataclass(frozen=True, slots=True)
class NamedSlip:
    """A slip that leads to the printed digits.

    Arguments:
        words: the sentence that says so.
        rank: ``CALCULUS``, ``INDEX`` or ``PEN``.
        place: of the slip in the table.
        change: what the quantity would be, as a number or as the calculation done otherwise; None for another order.
        is_doubtful: whether who made it would have passed over a right figure that the page prints on the way.
    """

    words: str
    rank: int
    place: int
    change: float | Otherwise | None = None
    is_doubtful: bool = False

    def carried_on(self, place: tuple[State, Key], sign: int) -> Alteration:
        """Return the calculation with the slip in it, made for the quantity of a place."""
        if isinstance(self.change, Otherwise):
            return self.change
        return Figures({place: Entry(math.nan if self.change is None else sign * self.change, "")})


def explain(case: Case, table: Iterable[Slip]) -> list[NamedSlip]:
    """Return the slips of a table that lead to a wrong figure, each sentence once, in the order of the table.

    Where none but misprints do, those that lead to its neighbours in the last place are added.
    """
    found: dict[str, NamedSlip] = {}
    near: dict[str, NamedSlip] = {}
    for place, each in enumerate(table):
        if case.digits >= each.digits:
            for turn, (words, change) in enumerate(case.changes(place, each, case)):
                if case.is_spent():
                    return list(found.values())
                known = words.partition(" (")[0]  # of an exact value; what it comes from is not said twice
                if words in found or known in found:
                    continue
                units = case.misses_by(change, (place, 0 if each.of_figure else turn, words))
                if units == 0:
                    found[words] = NamedSlip(words, each.rank, place, change, case.doubts(change))
                elif units == 1 and case.digits > each.digits:
                    near.setdefault(words, NamedSlip(words, each.rank, place, change, True))
    if all(each.rank == PEN for each in found.values()):
        found |= near
    return list(found.values())


def likeliest(found: Iterable[NamedSlip], seen: Mapping[str, int]) -> tuple[str, ...]:
    """Return the sentences of the likeliest explanations, at most three.

    One that agrees with the other figures of the page comes before one that does not, one of the calculus before a
    misprint, and one of more figures before one of fewer.

    Arguments:
        found: the explanations of one figure.
        seen: how many figures of the page each sentence explains.
    """

    def key(each: NamedSlip) -> tuple[bool, bool, int, int, int]:
        times = seen.get(each.words, 1)
        return each.is_doubtful and times < _OFTEN, each.rank == PEN, -times, each.rank, each.place

    ranked = sorted(found, key=key)
    pen = [each for each in ranked if each.rank == PEN]
    others = [each for each in ranked if each.rank != PEN][: _MOST_NAMED - bool(pen)]
    named = {each.words for each in [*others, *pen][:_MOST_NAMED]}
    return tuple(each.words for each in ranked if each.words in named)
