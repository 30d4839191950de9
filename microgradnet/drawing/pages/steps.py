"""From a trace to the steps of a page: what each is called, what it says, and what it changes in the picture.

Lines of a step are lists of parts, which are JSON: a string; ``["$", text, latex]`` for a formula;
``["=", short, full, source]`` for a number, with ``"("`` in place of ``"="`` where a negative one is in brackets;
``["~", sign, source, ...]`` for the sign between a result and numbers, "=" or "≈".

A source tells the page where the number is from, so that it follows what a reader types: ``"v3"`` is the value of node
3, ``"g3"`` its gradient. The others belong to the step, so that most steps share their parts: ``"x"`` and ``"y"`` are
the values of the operands, ``"o"`` is that of the result, ``"s0"`` and ``"s1"`` are its local derivatives, ``"g"`` is
its gradient; ``"c"`` is added to the gradient of the operand, and ``"b"`` and ``"a"`` are that before and after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from microgradnet.derivation.chain import constant_partial
from microgradnet.derivation.formulas import NodeSymbol, evaluate, substitute, tidy, without_guards
from microgradnet.drawing.pages.trace import Contribution, Trace
from microgradnet.figures import Numeral, relation, show, write_figure
from microgradnet.names import Written, is_plain, letter
from microgradnet.operation import ATOM, SUM
from microgradnet.ops.arithmetic import keep, keep_otherwise
from microgradnet.symbols import Symbol
from microgradnet.text import clean, shorten
from microgradnet.value import Constant, Value

Part = str | list[str]
Line = list[Part]
NUMBER, BRACKETED, RELATION, MATH = "=", "(", "~", "$"

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_RUN = re.compile(f"[{_RIGHT_TO_LEFT}](?:[^!-~]*[{_RIGHT_TO_LEFT}])?")
_ISOLATED = "\N{RIGHT-TO-LEFT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def isolate(text: str) -> str:
    """Return text in which right-to-left words stand apart, so that they don't turn the formula around them round."""
    return _RUN.sub(lambda run: run[0].join(_ISOLATED), text)


def fraction(above: Written, below: Written) -> Part:
    """Return a derivative as a fraction."""
    return [MATH, isolate(f"{above.text}/{below.text}"), rf"\frac{{{above.latex}}}{{{below.latex}}}"]


def plain(line: Line) -> str:
    """Return a line as plain text."""
    return "".join(part if isinstance(part, str) else _plain(part) for part in line).strip()


def _plain(part: list[str]) -> str:
    if part[0] == BRACKETED:
        return f"({part[1]})" if part[1].startswith("−") else part[1]
    return part[1]


@dataclass(frozen=True, slots=True)
class StepNumber:
    """A number of the trace, and where the page finds it."""

    number: float
    source: str


class _Place(Symbol):
    """The place of a quantity in a formula, with brackets where a negative number needs them."""

    def __init__(self, source: str) -> None:
        super().__init__(f"{_OPEN}{source}{_CLOSED}")

    def write(self, notation: str) -> tuple[str, int]:
        return self.name, SUM


_OPEN, _BRACKETED, _CLOSED = "\ue000", "\ue002", "\ue001"  # the marks around a source; the second where it has brackets
_PLACE = re.compile(rf"(?<![\w\])])\({_OPEN}([^{_CLOSED}]*){_CLOSED}\)|{_OPEN}([^{_CLOSED}]*){_CLOSED}")
_IN_BRACKETS = re.compile(rf"(?<![A-Za-z}}\]])\\left\({_OPEN}([^{_CLOSED}]*){_CLOSED}\\right\)")


class Numbers:
    """Writes numbers with so many significant digits, as the picture does, and knows which were rounded."""

    def __init__(self, digits: int) -> None:
        self._digits = digits

    def text(self, number: float) -> str:
        """Return the number as it is shown."""
        return write_figure(number, self._digits)

    def part(self, quantity: StepNumber, kind: str = NUMBER) -> Part:
        """Return the number as it is shown, with its full digits."""
        return [kind, self.text(quantity.number), repr(quantity.number), quantity.source]

    def factor(self, quantity: StepNumber) -> Part:
        """Return the number as it stands in a product or sum: in brackets where it is negative."""
        return self.part(quantity, BRACKETED)

    def relation(self, *quantities: StepNumber) -> Part:
        """Return "=" where all these numbers are shown as they are, else "≈"."""
        sign = relation(show(quantity.number, self._digits) for quantity in quantities)
        return [RELATION, f" {sign} ", *(quantity.source for quantity in quantities)]

    def symbol(self, number: float) -> Symbol:
        """Return a fixed number as an operand of a formula."""
        return Numeral(show(number, self._digits), typeset=True)

    def formula(self, text: str, latex: str, numbers: Sequence[StepNumber]) -> Part:
        """Return a formula in which places stand for these numbers."""
        known = {number.source: number for number in numbers}

        def fill(place: re.Match[str]) -> str:
            written = self.text(known[place[1] or place[2]].number)
            return f"({written})" if place[1] and written.startswith("−") else written

        marked = _IN_BRACKETS.sub(rf"{_BRACKETED}\1{_CLOSED}", latex)
        return [MATH, isolate(_PLACE.sub(fill, text)), marked]


def harmless(text: str) -> str:
    """Return text on one line, without what reorders or hides its neighbours, right-to-left words apart."""
    return isolate(clean(text))


_LONGEST = 64  # characters of a formula that is written out inside another one
_CLOSE = 1e-6  # relative: a tidied rule must give the recorded derivative to this, or the rule is shown as it is

_Term = tuple[str, int]  # a formula's text and how tightly it binds


class StepFormulas:
    """Writes the formulas of a trace.

    Arguments:
        trace: the nodes.
        names: what each is called in the picture, by position; empty for a constant.
        numbers: how numbers are shown.
    """

    def __init__(self, trace: Trace, names: Sequence[str], numbers: Numbers) -> None:
        self._numbers = numbers
        self._order = trace.order
        self.names = [name or numbers.text(node.data) for name, node in zip(names, trace.order, strict=True)]
        self._latex = [
            trace.names.of(node).latex if name == trace.names.text(node) else letter(name).latex
            for name, node in zip(self.names, trace.order, strict=True)
        ]
        self._position = {id(node): position for position, node in enumerate(trace.order)}
        self._terms: list[tuple[_Term, _Term]] = []
        for position, node in enumerate(trace.order):
            self._terms.append(self._term(position, node))

    def position(self, node: Value) -> int:
        """Return the position of a node in topological order."""
        return self._position[id(node)]

    def written(self, position: int) -> Written:
        """Return a node's name, in brackets unless it is a single word."""
        return Written(self.names[position], self._latex[position], self._is_compound(position)).bracketed

    def name(self, position: int) -> Part:
        """Return a node's name."""
        return [MATH, isolate(self.names[position]), self._latex[position]]

    def total(self, position: int) -> Part:
        """Return how the gradient of a node is written: the derivative of the loss by it."""
        above, below = self.written(len(self._order) - 1), self.written(position)
        return fraction(*(Written(f"d{each.text}", f"d{each.latex}") for each in (above, below)))

    def local(self, result: int, operand: int) -> Part:
        """Return how the local derivative of a result by one of its operands is written."""
        above, below = self.written(result), self.written(operand)
        return fraction(*(Written(f"∂{each.text}", rf"\partial {each.latex}") for each in (above, below)))

    def symbolic(self, position: int) -> Part:
        """Return a result's name, and its formula over the names of its operands where that says more."""
        node, name = self._order[position], self.names[position]
        terms = [self._terms[self._position[id(operand)]] for operand in node.inputs]
        (text, _), (latex, _) = self._applied(node, terms)
        if text == name:
            return [MATH, isolate(text), latex]
        return [MATH, isolate(f"{name} = {text}"), f"{self._latex[position]} = {latex}"]

    @staticmethod
    def _applied(node: Value, terms: Sequence[tuple[_Term, _Term]]) -> tuple[_Term, _Term]:
        """Return the formula of a node over terms, in both notations."""
        if node.op is None:
            return ("", ATOM), ("", ATOM)
        text, latex = ([term[notation] for term in terms] for notation in (0, 1))
        return node.op.text.write(text), node.op.latex.write(latex, r"\left(#1\right)")

    def value(self, position: int) -> StepNumber:
        """Return the value of a node."""
        return StepNumber(self._order[position].data, f"v{position}")

    def slope(self, result: int, place: int) -> StepNumber:
        """Return the local derivative of a step's result by one operand."""
        return StepNumber(self._order[result].partials[place], f"s{place}")

    def _operands(self, node: Value) -> list[StepNumber]:
        return [StepNumber(operand.data, letter) for operand, letter in zip(node.inputs, "xy", strict=False)]

    def numeric(self, position: int) -> Line:
        """Return the same with numbers in place of the names, and what it comes to."""
        node, numbers, operands = self._order[position], self._numbers, self._operands(self._order[position])
        result = StepNumber(node.data, "o")
        places = [_Place(operand.source) for operand in operands]
        (text, _), (latex, _) = self._applied(node, [(each.write("text"), each.write("latex")) for each in places])
        return [
            numbers.relation(*operands),
            numbers.formula(text, latex, operands),
            numbers.relation(*operands, result),
            numbers.part(result),
        ]

    def rule(self, result: int, place: int) -> Line:
        """Return the local derivative by one operand: the rule with symbols, with numbers, and its number."""
        node, numbers, slope = self._order[result], self._numbers, self.slope(result, place)
        formula = None if constant_partial(node, place) else self._local_formula(node, place)
        if not isinstance(formula, Symbol):
            return [numbers.relation(slope), numbers.part(slope)]
        shown: list[StepNumber] = []

        def number(value: float, of: Value | None) -> Symbol:
            if of is None:
                return numbers.symbol(value)
            place = next((place for place, operand in enumerate(node.inputs) if operand is of), None)
            shown.append(StepNumber(value, "o") if place is None else self._operands(node)[place])
            return _Place(shown[-1].source)

        with_numbers = substitute(formula, number)
        substituted = numbers.formula(with_numbers.text, with_numbers.latex, shown)
        line: Line = [" = ", [MATH, isolate(formula.text), formula.latex]]
        if plain([substituted]) != numbers.text(slope.number):
            line += [numbers.relation(*shown), substituted]
        return [*line, numbers.relation(*shown, slope), numbers.part(slope)]

    def _local_formula(self, node: Value, place: int) -> Symbol | None:
        """Return one partial derivative from the rule of the table; None for a rule that takes only numbers."""
        if node.op is None:
            return None
        try:
            raw = node.op.partials[place](*map(self._symbol, node.inputs), self._symbol(node))
            raw = raw if node.op in (keep, keep_otherwise) else without_guards(raw)
        except (TypeError, ValueError, ArithmeticError):
            return None
        formula: Symbol | None = raw
        try:
            tidied = tidy(raw)
            formula = tidied if _agree(evaluate(tidied), node.partials[place]) else raw
        except (TypeError, ValueError, ArithmeticError):
            pass  # an infinity: the rule as it stands shows where it comes from
        return formula

    def _symbol(self, node: Value) -> Symbol | float:
        if self._is_number(node):
            return node.data
        position = self._position[id(node)]
        return NodeSymbol(node, Written(self.names[position], self._latex[position], self._is_compound(position)))

    def _term(self, position: int, node: Value) -> tuple[_Term, _Term]:
        """Return a node as it stands in a formula: its label, its number, or its own formula where that is short."""
        if self._is_number(node):
            symbol = self._numbers.symbol(node.data)
            return symbol.write("text"), symbol.write("latex")
        binds = 0 if self._is_compound(position) else ATOM
        named = (self.names[position], binds), (self._latex[position], binds)
        if node.op is None or node.label:
            return named
        formula = self._applied(node, [self._terms[self._position[id(operand)]] for operand in node.inputs])
        if len(formula[0][0]) <= _LONGEST:
            return formula
        return (self.names[position], ATOM), (self._latex[position], ATOM)

    def _is_number(self, node: Value) -> bool:
        """Tell whether a node has nothing but its number to be called by in a formula."""
        return isinstance(node, Constant) and not node.label

    def _is_compound(self, position: int) -> bool:
        return not is_plain(self.names[position])


def _agree(one: float, other: float) -> bool:
    return one == other or abs(one - other) <= _CLOSE * max(abs(one), abs(other))


_MOST_LISTED = 12  # leaves that the first and the last step list
_LONGEST_SCOPE = 60


@dataclass(frozen=True, slots=True)
class PageStep:
    """One step of the page.

    Arguments:
        kind: ``"start"``, ``"forward"``, ``"seed"``, ``"backward"`` or ``"end"``.
        heading: what happens.
        rows: pairs of a caption and a line.
        nodes: the positions of the nodes it is about; the one that changes first.
        edge: for a backward step, the result and the place of the operand along whose edge it goes.
        gradients: the number that the gradient of a node becomes, by position; at the seed, all others become 0.
    """

    kind: str
    heading: str
    rows: tuple[tuple[str, Line], ...] = ()
    nodes: tuple[int, ...] = ()
    edge: tuple[int, int] | None = None
    gradients: dict[int, Part] = field(default_factory=dict)


class StepWriter:
    """Writes the steps of a trace.

    Arguments:
        trace: the two passes.
        formulas: how its formulas are written.
        numbers: how its numbers are shown.
        deltas: the other names of gradients by position, as ``delta1[2]`` for that of ``z1[2]``.
    """

    def __init__(self, trace: Trace, formulas: StepFormulas, numbers: Numbers, deltas: dict[int, str]) -> None:
        self._trace, self._formulas, self._numbers, self._deltas = trace, formulas, numbers, deltas

    def steps(self) -> Iterator[PageStep]:
        """Yield all steps: the leaves, each result, the loss's own gradient, each edge, and all gradients."""
        trace = self._trace
        last = len(trace.order) - 1
        yield PageStep("start", "Start: the leaves have their values", tuple(self._leaves(gradients=False)))
        for number, position in enumerate(trace.operations, 1):
            yield self._forward(number, position)
        yield self._seed(last)
        for number, contribution in enumerate(trace.contributions, 1):
            yield self._backward(number, contribution)
        yield PageStep("end", "Done: every gradient is complete", tuple(self._leaves(gradients=True)))

    def _name(self, position: int) -> str:
        return isolate(self._formulas.names[position])

    def _leaves(self, *, gradients: bool) -> Iterator[tuple[str, Line]]:
        leaves = self._trace.leaves
        shown = leaves if len(leaves) <= _MOST_LISTED + 1 else leaves[:_MOST_LISTED]
        for position in shown:
            number = self._gradient(position) if gradients else self._formulas.value(position)
            subject = [self._formulas.total(position) if gradients else self._formulas.name(position)]
            if not gradients and self._name(position) == self._numbers.text(number.number):
                line: Line = [self._numbers.part(number)]
            else:
                line = [*subject, self._numbers.relation(number), self._numbers.part(number)]
            yield "", line
        if len(shown) < len(leaves):
            yield "", [f"and {len(leaves) - len(shown)} more leaves, in the picture"]

    def _gradient(self, position: int) -> StepNumber:
        return StepNumber(self._trace.order[position].grad, f"g{position}")

    def _forward(self, number: int, position: int) -> PageStep:
        trace, formulas = self._trace, self._formulas
        node, name = trace.order[position], self._name(position)
        rows: list[tuple[str, Line]] = [
            ("formula", [formulas.symbolic(position)]),
            ("numbers", formulas.numeric(position)),
        ]
        for place, operand in enumerate(node.inputs):
            if not isinstance(operand, Constant):
                local = formulas.local(position, formulas.position(operand))
                rows.append((self._local_caption(position, place), [local, *formulas.rule(position, place)]))
        if node.scope:
            rows.append(("scope", [harmless(shorten(node.scope, _LONGEST_SCOPE))]))
        what = node.op.name if node.op else ""
        heading = f"Forward {number} of {len(trace.operations)}: {name}" + (f" ({what})" if what else "")
        return PageStep("forward", heading, tuple(rows), nodes=(position,))

    def _local_caption(self, result: int, place: int) -> str:
        """Return what a local derivative is called; where both operands are one node, which of them it is by."""
        inputs = self._trace.order[result].inputs
        twice = len(inputs) > 1 and inputs[0] is inputs[1]
        return f"local derivative, {('first', 'second')[place]} operand" if twice else "local derivative"

    def _seed(self, last: int) -> PageStep:
        one = self._numbers.part(StepNumber(1.0, "g"))
        line: Line = [self._formulas.total(last), " = ", one]
        heading = f"Backward: every gradient starts at 0, that of {self._name(last)} at 1"
        return PageStep("seed", heading, (("gradient", line),), nodes=(last,), gradients={last: one})

    def _backward(self, number: int, edge: Contribution) -> PageStep:
        formulas, numbers = self._formulas, self._numbers
        above, below = formulas.total(edge.result), formulas.total(edge.operand)
        local = formulas.local(edge.result, edge.operand)
        result = self._trace.order[edge.result]
        rows: list[tuple[str, Line]] = [
            ("passed on", self._equation(edge.result, above, StepNumber(edge.adjoint, "g"))),
            (self._local_caption(edge.result, edge.place), [local, *formulas.rule(edge.result, edge.place)]),
            ("chain rule", [above, " · ", local, *self._product(edge)]),
            ("added", [*self._addressed(edge.operand, below), *self._sum(edge)]),
        ]
        to = self._name(edge.operand)
        rows.append(("", [f"The gradient of {to} is complete." if not edge.to_come else _more(edge.to_come, to)]))
        heading = f"Backward {number} of {len(self._trace.contributions)}: from {self._name(edge.result)} to {to}"
        if len(result.inputs) > 1 and result.inputs[0] is result.inputs[1]:
            heading += f" ({('first', 'second')[edge.place]} operand)"
        after = {edge.operand: numbers.part(StepNumber(edge.after, "a"))}
        return PageStep(
            "backward", heading, tuple(rows), (edge.operand, edge.result), (edge.result, edge.place), gradients=after
        )

    def _addressed(self, position: int, subject: Part) -> Line:
        delta = self._deltas.get(position)
        return [f"{isolate(delta)} = ", subject] if delta else [subject]

    def _equation(self, position: int, subject: Part, number: StepNumber) -> Line:
        return [*self._addressed(position, subject), self._numbers.relation(number), self._numbers.part(number)]

    def _product(self, edge: Contribution) -> Line:
        numbers, factors = self._numbers, (StepNumber(edge.adjoint, "g"), self._formulas.slope(edge.result, edge.place))
        product = StepNumber(edge.contribution, "c")
        return [
            numbers.relation(*factors),
            numbers.factor(factors[0]),
            " · ",
            numbers.factor(factors[1]),
            numbers.relation(*factors, product),
            numbers.part(product),
        ]

    def _sum(self, edge: Contribution) -> Line:
        numbers, terms = self._numbers, (StepNumber(edge.before, "b"), StepNumber(edge.contribution, "c"))
        after = StepNumber(edge.after, "a")
        return [
            " ← ",
            numbers.part(terms[0]),
            " + ",
            numbers.factor(terms[1]),
            numbers.relation(*terms, after),
            numbers.part(after),
        ]


def _more(count: int, name: str) -> str:
    return f"{count} more to come for {name}."
