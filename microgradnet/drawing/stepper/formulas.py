"""The formulas of a step: of a node, and of a local derivative, with symbols and then with numbers."""

from __future__ import annotations

from collections.abc import Sequence

from microgradnet.derivation.chain import constant_partial
from microgradnet.derivation.formulas import NodeSymbol, evaluate, substitute, tidy, without_guards
from microgradnet.drawing.stepper.parts import Line, Numbers, Part, fraction, isolate
from microgradnet.drawing.stepper.trace import Trace
from microgradnet.names import Written, is_plain
from microgradnet.operation import ATOM
from microgradnet.ops import keep, keep_otherwise
from microgradnet.symbols import Symbol
from microgradnet.value import Constant, Value

_LONGEST = 64  # characters of a formula that is written out inside another one
_CLOSE = 1e-6  # relative: a tidied rule must give the recorded derivative to this, or the rule is shown as it is

_Term = tuple[str, int]  # a formula's text and how tightly it binds


class Formulas:
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
        self._position = {id(node): position for position, node in enumerate(trace.order)}
        self._terms: list[_Term] = []
        for position, node in enumerate(trace.order):
            self._terms.append(self._term(position, node))

    def position(self, node: Value) -> int:
        """Return the position of a node in topological order."""
        return self._position[id(node)]

    def bracketed(self, position: int) -> str:
        """Return a node's name, in brackets unless it is a single word."""
        name = self.names[position]
        return f"({name})" if self._is_compound(position) else name

    def total(self, position: int) -> Part:
        """Return how the gradient of a node is written: the derivative of the loss by it."""
        return fraction(f"d{self.bracketed(len(self._order) - 1)}", f"d{self.bracketed(position)}")

    def local(self, result: int, operand: int) -> Part:
        """Return how the local derivative of a result by one of its operands is written."""
        return fraction(f"∂{self.bracketed(result)}", f"∂{self.bracketed(operand)}")

    def symbolic(self, position: int) -> str:
        """Return the formula of a result, over the names of its operands."""
        node = self._order[position]
        operands = [self._terms[self._position[id(operand)]] for operand in node.inputs]
        return isolate(node.op.text.write(operands)[0]) if node.op else ""

    def numeric(self, position: int) -> Line:
        """Return the same with numbers in place of the names, and what it comes to."""
        node, numbers = self._order[position], self._numbers
        data = [operand.data for operand in node.inputs]
        symbols = [numbers.symbol(number).write("text") for number in data]
        text = node.op.text.write(symbols)[0] if node.op else ""
        return [
            numbers.relation(*data).lstrip() + text,
            numbers.relation(*data, node.data),
            numbers.part(node.data),
        ]

    def rule(self, result: int, place: int) -> Line:
        """Return the local derivative by one operand: the rule with symbols, with numbers, and its number."""
        node, numbers = self._order[result], self._numbers
        partial = node.partials[place]
        formula = None if constant_partial(node, place) else self._local_formula(node, place)
        if not isinstance(formula, Symbol):
            return [numbers.relation(partial), numbers.part(partial)]
        shown: list[float] = []

        def number(value: float) -> Symbol:
            shown.append(value)
            return numbers.symbol(value)

        symbols, substituted = formula.text, substitute(formula, number).text
        line: Line = [f" = {isolate(symbols)}"]
        if substituted != numbers.text(partial):
            line.append(f"{numbers.relation(*shown)}{substituted}")
        return [*line, numbers.relation(*shown, partial), numbers.part(partial)]

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
        return NodeSymbol(node, Written(self.names[position], "", self._is_compound(position)))

    def _term(self, position: int, node: Value) -> _Term:
        """Return a node as it stands in a formula: its label, its number, or its own formula where that is short."""
        if self._is_number(node):
            return self._numbers.symbol(node.data).write("text")
        if node.op is None or node.label:
            return self.names[position], 0 if self._is_compound(position) else ATOM
        text, precedence = node.op.text.write([self._terms[self._position[id(operand)]] for operand in node.inputs])
        return (text, precedence) if len(text) <= _LONGEST else (self.names[position], ATOM)

    def _is_number(self, node: Value) -> bool:
        """Tell whether a node has nothing but its number to be called by in a formula."""
        return isinstance(node, Constant) and not node.label

    def _is_compound(self, position: int) -> bool:
        return not is_plain(self.names[position])


def _agree(one: float, other: float) -> bool:
    return one == other or abs(one - other) <= _CLOSE * max(abs(one), abs(other))
