"""The formulas of named nodes, and of the derivatives of one by another, written with the rules of the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from microgradnet.derivation.chain import Chain, Edge, constant_partial
from microgradnet.derivation.names import Names
from microgradnet.derivation.tidy import Term, quotient_of, tidy
from microgradnet.derivation.trees import NodeSymbol, apply, evaluate, parts, without_guards
from microgradnet.ops import add, divide, keep, keep_otherwise
from microgradnet.symbols import Formula, Symbol
from microgradnet.value import Constant, Value

_LARGEST = 15  # operations that a nameless node's formula may have to be written out inside another
_MOST_TERMS = 8  # terms of a sum that are written out in a node's formula
_CLOSE = 1e-6  # a tidied formula must give the factor's number to this, relative, or the untidied one is shown


ELLIPSIS = Symbol("...", r"\cdots")


class Formulas:
    """Writes the formulas of a chain.

    Arguments:
        chain: the named nodes and their dependence.
        names: how the nodes are called.
    """

    def __init__(self, chain: Chain, names: Names) -> None:
        self._chain, self._names = chain, names
        self._symbols: dict[int, tuple[Any, int]] = {}  # of each node met: its symbol or formula, and its size
        self._factors: dict[int, dict[int, Any]] = {}
        self._quotients: dict[str, list[tuple[Symbol, Term]]] | None = None

    def symbol(self, node: Value) -> Any:
        """Return a node as it stands in a formula: its name, its number if it is a constant, else its formula."""
        waiting = [node]
        while waiting:
            above = waiting[-1]
            missing = [operand for operand in self._parts(above) if id(operand) not in self._symbols]
            waiting += missing
            if not missing:
                self._symbols[id(above)] = self._written(above)
                waiting.pop()
        return self._symbols[id(node)][0]

    def _parts(self, node: Value) -> tuple[Value, ...]:
        return () if id(node) in self._chain.named else node.inputs

    def _written(self, node: Value) -> tuple[Any, int]:
        if isinstance(node, Constant) and not node.label:
            return node.data, 0
        parts = [self._symbols[id(part)] for part in self._parts(node)]
        size = 1 + sum(part[1] for part in parts)
        if not parts or size > _LARGEST or node.op is None:
            return NodeSymbol(node, self._names.of(node)), 0
        return apply(node, [part[0] for part in parts]), size

    def definition(self, node: Value) -> Any:
        """Return the formula of a node that has a name; a long sum is cut in the middle."""
        if node.op is not add:
            return apply(node, [self.symbol(operand) for operand in node.inputs])
        terms = [self.symbol(term) for term in self._addends(node)]
        if len(terms) > _MOST_TERMS:
            terms = [*terms[:3], ELLIPSIS, *terms[-2:]]
        result = terms[0]
        for term in terms[1:]:
            result = Formula(add, (result, term))
        return result

    def _addends(self, node: Value) -> list[Value]:
        """Return the terms of a sum that was added up from left to right."""
        terms: list[Value] = []
        while node.op is add and (not terms or id(node) not in self._chain.named):
            node, last = node.inputs
            terms.append(last)
        return [node, *reversed(terms)] if node != 0.0 or not isinstance(node, Constant) else terms[::-1]

    def factor(self, edge: Edge) -> Any:
        """Return the derivative of one named node by the next, as a tidy formula, or as a number where it is one."""
        upper = edge.upper
        if id(upper) not in self._factors:
            self._factors[id(upper)] = self._derivatives(upper)
        raw = self._factors[id(upper)][id(edge.lower)]
        if not isinstance(raw, Symbol):
            return edge.factor
        try:
            tidied = tidy(raw, list(self._matching(raw)))
            return tidied if _agree(evaluate(tidied), edge.factor) else raw
        except (ArithmeticError, ValueError):
            return raw  # an infinity: the rule as it stands shows where it comes from

    def _derivatives(self, upper: Value) -> dict[int, Any]:
        """Return the derivative of a named node by each of the next ones, applying the rules from the top down."""
        chain = self._chain
        totals: dict[int, Any] = {id(upper): 1.0}
        for node in self.inside(upper):
            total = totals[id(node)]
            for place, operand in enumerate(node.inputs):
                if id(operand) in chain.on_path:
                    local = node.partials[place] if constant_partial(node, place) else self._local(node, place)
                    before = totals.get(id(operand))
                    totals[id(operand)] = total * local if before is None else before + total * local
        return totals

    def inside(self, upper: Value) -> Iterator[Value]:
        """Yield a named node and the nameless ones that are collapsed below it, results before operands."""
        chain = self._chain
        met, waiting = {id(upper): upper}, [upper]
        for node in waiting:
            for operand in node.inputs:
                if id(operand) in chain.on_path and id(operand) not in chain.named and id(operand) not in met:
                    met[id(operand)] = operand
                    waiting.append(operand)
        return iter(sorted(waiting, key=lambda node: -chain.place[id(node)]))

    def _local(self, node: Value, place: int) -> Any:
        """Return one partial derivative of a node, from the rule of the table."""
        if node.op is None:
            return 0.0
        operands = [self.symbol(operand) for operand in node.inputs]
        try:
            local = node.op.partials[place](*operands, self.symbol(node))
            return local if node.op in (keep, keep_otherwise) else without_guards(local)
        except (TypeError, ValueError, ArithmeticError):
            return node.partials[place]  # a user's rule that takes nothing but numbers

    def _matching(self, formula: Symbol) -> Iterator[tuple[Symbol, Term]]:
        """Yield the named nodes that are quotients of what stands in this formula: the outputs of a softmax."""
        if self._quotients is None:
            self._quotients = {}
            for node in self._chain.order:
                if node.op is divide and id(node) in self._chain.named:
                    self._remember_quotient(node, self._quotients)
        for text in dict.fromkeys(part.text for part in parts(formula)):
            yield from self._quotients.get(text, ())

    def _remember_quotient(self, node: Value, quotients: dict[str, list[tuple[Symbol, Term]]]) -> None:
        try:
            term = quotient_of(self.definition(node))
        except (ArithmeticError, ValueError):
            return
        if term is not None:
            quotients.setdefault(next(iter(term.powers)), []).append((NodeSymbol(node, self._names.of(node)), term))


def _agree(one: float, other: float) -> bool:
    return one == other or abs(one - other) <= _CLOSE * max(abs(one), abs(other))
