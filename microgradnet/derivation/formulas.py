"""The formulas of named nodes, and of the derivatives of one by another, written with the rules of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any

from microgradnet.derivation.chain import Chain, ChainEdge, constant_partial
from microgradnet.names import Names, Written
from microgradnet.operation import ATOM, SUM
from microgradnet.ops import add, divide, greater, keep, keep_otherwise, multiply, negate, power, subtract
from microgradnet.symbols import Formula, Symbol
from microgradnet.value import Constant, Value

_LARGEST = 15  # operations that a nameless node's formula may have to be written out inside another
_MOST_TERMS = 8  # terms of a sum that are written out in a node's formula
_CLOSE = 1e-6  # a tidied formula must give the factor's number to this, relative, or the untidied one is shown


ELLIPSIS = Symbol("...", r"\cdots")


class ChainFormulas:
    """Writes the formulas of a chain.

    Arguments:
        chain: the named nodes and their dependence.
        names: the names of the nodes.
    """

    def __init__(self, chain: Chain, names: Names) -> None:
        self._chain, self._names = chain, names
        self._symbols: dict[Value, tuple[Any, int]] = {}  # of each node met: its symbol or formula, and its size
        self._factors: dict[Value, dict[Value, Any]] = {}
        self._quotients: dict[str, list[tuple[Symbol, Monomial]]] | None = None

    def symbol(self, node: Value) -> Any:
        """Return a node as it stands in a formula: its name, its number if it is a constant, else its formula."""
        waiting = [node]
        while waiting:
            above = waiting[-1]
            missing = [operand for operand in self._parts(above) if operand not in self._symbols]
            waiting += missing
            if not missing:
                self._symbols[above] = self._written(above)
                waiting.pop()
        return self._symbols[node][0]

    def _parts(self, node: Value) -> tuple[Value, ...]:
        return () if node in self._chain.named else node.inputs

    def _written(self, node: Value) -> tuple[Any, int]:
        if isinstance(node, Constant) and not node.label:
            return node.data, 0
        parts = [self._symbols[part] for part in self._parts(node)]
        size = 1 + sum(part[1] for part in parts)
        if not parts or size > _LARGEST or node.op is None:
            return self._named(node), 0
        return apply(node, [part[0] for part in parts]), size

    def _named(self, node: Value) -> NodeSymbol:
        return NodeSymbol(node, self._names.of(node), self._names.term(node)[1])

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
        while node.op is add and (not terms or node not in self._chain.named):
            node, last = node.inputs
            terms.append(last)
        return [node, *reversed(terms)] if node.data != 0.0 or not isinstance(node, Constant) else terms[::-1]

    def factor(self, edge: ChainEdge) -> Any:
        """Return the derivative of one named node by the next, as a tidy formula, or as a number where it is one."""
        upper = edge.upper
        if upper not in self._factors:
            self._factors[upper] = self._derivatives(upper)
        raw = self._factors[upper][edge.lower]
        if not isinstance(raw, Symbol):
            return edge.factor
        try:
            tidied = tidy(raw, list(self._matching(raw)))
            return tidied if _agree(evaluate(tidied), edge.factor) else raw
        except (ArithmeticError, ValueError):
            return raw  # an infinity: the rule as it stands shows where it comes from

    def _derivatives(self, upper: Value) -> dict[Value, Any]:
        """Return the derivative of a named node by each of the next ones, applying the rules from the top down."""
        chain = self._chain
        totals: dict[Value, Any] = {upper: 1.0}
        for node in self.inside(upper):
            total = totals[node]
            for place, operand in enumerate(node.inputs):
                if operand in chain.on_path:
                    local = node.partials[place] if constant_partial(node, place) else self._local(node, place)
                    before = totals.get(operand)
                    totals[operand] = total * local if before is None else before + total * local
        return totals

    def inside(self, upper: Value) -> Iterator[Value]:
        """Yield a named node and the nameless ones that are collapsed below it, results before operands."""
        chain = self._chain
        met, waiting = {upper}, [upper]
        for node in waiting:
            for operand in node.inputs:
                if operand in chain.on_path and operand not in chain.named and operand not in met:
                    met.add(operand)
                    waiting.append(operand)
        return iter(sorted(waiting, key=lambda node: -chain.place[node]))

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

    def _matching(self, formula: Symbol) -> Iterator[tuple[Symbol, Monomial]]:
        """Yield the named nodes that are quotients of nodes in this formula: the outputs of a softmax."""
        if self._quotients is None:
            self._quotients = {}
            for node in self._chain.order:
                if node.op is divide and node in self._chain.named:
                    self._remember_quotient(node, self._quotients)
        for text in dict.fromkeys(part.text for part in parts(formula)):
            yield from self._quotients.get(text, ())

    def _remember_quotient(self, node: Value, quotients: dict[str, list[tuple[Symbol, Monomial]]]) -> None:
        try:
            term = quotient_of(self.definition(node))
        except (ArithmeticError, ValueError):
            return
        if term is not None:
            quotients.setdefault(next(iter(term.powers)), []).append((self._named(node), term))


def _agree(one: float, other: float) -> bool:
    return one == other or abs(one - other) <= _CLOSE * max(abs(one), abs(other))


class NodeSymbol(Symbol):
    """The symbol of one node.

    Arguments:
        node: the node.
        name: its name.
        precedence: how tightly the name binds, where it is a formula; None for what ``name.compound`` says.
        number: the number to substitute for the node; the node's own where not given.
    """

    def __init__(self, node: Value, name: Written, precedence: int | None = None, number: float | None = None) -> None:
        super().__init__(name.text, name.latex)
        self.node, self.written = node, name
        self.number = node.data if number is None else number
        self.precedence = precedence if precedence is not None else 0 if name.compound else ATOM

    def write(self, notation: str) -> tuple[str, int]:
        """Return the name; one that is no single word gets brackets where it binds less tightly than its place."""
        return super().write(notation)[0], self.precedence


def apply(node: Value, operands: Sequence[Any]) -> Any:
    """Return the formula of a node over these operands, without what adds nothing (x + 0), but with what explains."""
    if node.op is None:
        return node.data
    result = node.op(*operands) if any(isinstance(operand, Symbol) for operand in operands) else node.data
    absorbed = not isinstance(result, Symbol) and any(isinstance(operand, Symbol) for operand in operands)
    return Formula(node.op, tuple(operands)) if absorbed else result


def parts(formula: Any) -> Iterator[Symbol]:
    """Yield every symbol and formula inside a formula, itself first."""
    if isinstance(formula, Symbol):
        yield formula
    if isinstance(formula, Formula):
        for operand in formula.operands:
            yield from parts(operand)


def symbols_of(formula: Any) -> Iterator[NodeSymbol]:
    """Yield the nodes that a formula names, from left to right."""
    return (part for part in parts(formula) if isinstance(part, NodeSymbol))


def evaluate(formula: Any) -> float:
    """Return the number that a formula comes to, with the numbers that its nodes have.

    Raises:
        DomainError: an operation has no result there.
    """
    if isinstance(formula, Formula):
        return float(formula.op(*(evaluate(operand) for operand in formula.operands)))
    return float(formula.number if isinstance(formula, NodeSymbol) else formula)


def substitute(formula: Any, number: Callable[[float, Value | None], Symbol]) -> Any:
    """Put numbers in the place of names, as on paper: nothing is calculated or left out.

    Arguments:
        formula: the formula.
        number: from a number, and the node whose value it is (None for a number of the formula), to its symbol.
    """
    if isinstance(formula, Formula):
        return Formula(formula.op, tuple(substitute(operand, number) for operand in formula.operands))
    if isinstance(formula, NodeSymbol):
        return number(formula.number, formula.node)
    return formula if isinstance(formula, Symbol) else number(formula, None)


def with_numbers(formula: Any, numbers: Mapping[str, float]) -> Any:
    """Return a formula in which nodes stand for other numbers than their own, by their names."""
    if isinstance(formula, Formula):
        return Formula(formula.op, tuple(with_numbers(operand, numbers) for operand in formula.operands))
    if isinstance(formula, NodeSymbol) and formula.text in numbers:
        return NodeSymbol(formula.node, formula.written, formula.precedence, numbers[formula.text])
    return formula


def without_guards(formula: Any) -> Any:
    """Decide the gates in a rule that only keep it from being evaluated where it is infinite.

    Such a gate asks whether a number is 0, as in ``out * log(where(x, x, 1.0))``; one that asks a comparison chooses
    between two formulas, and stays.
    """
    if not isinstance(formula, Formula):
        return formula
    operands = tuple(without_guards(operand) for operand in formula.operands)
    condition = operands[0]
    if formula.op in (keep, keep_otherwise) and not (isinstance(condition, Formula) and condition.op is greater):
        opened = bool(evaluate(condition)) is (formula.op is keep)
        return operands[1] if opened else 0.0
    return formula.op(*operands)


_HIGHEST_POWER = 9


@dataclass(frozen=True, slots=True)
class Monomial:
    """A product: a coefficient, and for each factor, by its text, the factor itself and its whole exponent."""

    coefficient: Fraction
    powers: dict[str, tuple[Symbol, int]]

    def times(self, other: Monomial, sign: int = 1) -> Monomial:
        """Return the product with another term, or the quotient where ``sign`` is -1."""
        powers = dict(self.powers)
        for name, (factor, exponent) in other.powers.items():
            whole = powers.get(name, (factor, 0))[1] + sign * exponent
            powers[name] = factor, whole
            if whole == 0:
                del powers[name]
        return Monomial(self.coefficient * other.coefficient**sign, powers)

    def contains(self, other: Monomial) -> bool:
        """Tell whether every power in the other term is in this one, to at least the same exponent."""
        return all(
            name in self.powers and self.powers[name][1] * (1 if exponent > 0 else -1) >= abs(exponent)
            for name, (_, exponent) in other.powers.items()
        )


Monomials = list[Monomial]
Quotients = Sequence[tuple[Symbol, Monomial]]  # named nodes, each with the quotient that it is


def tidy(formula: Any, quotients: Quotients = ()) -> Any:
    """Return a formula, or the number that it comes to, in tidy form.

    Raises:
        ArithmeticError: it cannot be tidied, as it holds an infinity, say.
    """
    terms = [_name_quotients(term, quotients) for term in terms_of(formula)]
    return _write_term(_factored(_collect(terms)))


def terms_of(formula: Any) -> Monomials:
    """Return a formula as a sum of terms."""
    if not isinstance(formula, Symbol):
        return [Monomial(Fraction(repr(float(formula))), {})] if formula else []
    if not isinstance(formula, Formula):
        return [_single(formula)]
    rule = _RULES.get(formula.op.name)
    terms = rule(*formula.operands) if rule else None
    return [_single(_inside(formula))] if terms is None else _collect(terms)


def quotient_of(formula: Any) -> Monomial | None:
    """Return a formula as one term, if it is a quotient of several factors, as a softmax is; else None."""
    terms = terms_of(formula)
    if len(terms) != 1 or len(terms[0].powers) < 2 or terms[0].coefficient != 1:
        return None
    return terms[0] if any(exponent < 0 for _, exponent in terms[0].powers.values()) else None


def _single(factor: Symbol, exponent: int = 1) -> Monomial:
    return Monomial(Fraction(1), {factor.text: (factor, exponent)})


def _inside(formula: Formula) -> Formula:
    """Return an operation that is no arithmetic, with its operands tidied."""
    return Formula(formula.op, tuple(_write_term(_as_term(operand)) for operand in formula.operands))


def _as_term(formula: Any) -> Monomial:
    """Return a formula as one term; a sum stays whole, as a factor."""
    return _factored(terms_of(formula))


def _negated(terms: Monomials) -> Monomials:
    return [replace(term, coefficient=-term.coefficient) for term in terms]


def _power(base: Any, exponent: Any) -> Monomials | None:
    if isinstance(exponent, Symbol) or exponent != int(exponent) or abs(exponent) > _HIGHEST_POWER:
        return None
    term, whole = _as_term(base), int(exponent)
    powers = {name: (factor, inner * whole) for name, (factor, inner) in term.powers.items() if whole}
    return [Monomial(term.coefficient**whole, powers)]


# What the arithmetic of the table means for terms; every other operation is a factor of its own.
_RULES: dict[str, Callable[..., Monomials | None]] = {
    add.name: lambda x, y: terms_of(x) + terms_of(y),
    subtract.name: lambda x, y: terms_of(x) + _negated(terms_of(y)),
    negate.name: lambda x: _negated(terms_of(x)),
    multiply.name: lambda x, y: [_as_term(x).times(_as_term(y))],
    divide.name: lambda x, y: [_as_term(x).times(_as_term(y), -1)],
    power.name: _power,
}


def _collect(terms: Monomials) -> Monomials:
    """Add up the coefficients of like terms."""
    sums: dict[frozenset[tuple[str, int]], Monomial] = {}
    for term in terms:
        key = frozenset((name, exponent) for name, (_, exponent) in term.powers.items())
        before = sums[key].coefficient if key in sums else Fraction(0)
        sums[key] = replace(sums.get(key, term), coefficient=before + term.coefficient)
    return [term for term in sums.values() if term.coefficient]


def _name_quotients(term: Monomial, quotients: Quotients) -> Monomial:
    """Put the names of named nodes for the quotients that they are."""
    named = term
    for symbol, quotient in quotients:
        while named.contains(quotient):
            named = named.times(quotient, -1).times(_single(symbol))
    if named is term:
        return term
    sums_last = sorted(named.powers.items(), key=lambda item: item[1][0].write("text")[1] <= SUM)
    return replace(named, powers=dict(sums_last))


def _factored(terms: Monomials) -> Monomial:
    """Return a sum of terms as one term: what all of them share, times the rest as one factor."""
    if len(terms) < 2:
        return terms[0] if terms else Monomial(Fraction(0), {})
    shared = {}
    for name, (factor, exponent) in terms[0].powers.items():
        exponents = [term.powers.get(name, (factor, 0))[1] for term in terms]
        if all(other * exponent > 0 for other in exponents):
            shared[name] = factor, min(exponents, key=abs)
    size = abs(terms[0].coefficient)
    alike = all(abs(term.coefficient) == size for term in terms)
    if not shared and (size == 1 or not alike):
        return _single(_write_sum(terms))
    common = Monomial((size if alike else Fraction(1)) * (-1 if terms[0].coefficient < 0 else 1), shared)
    return common.times(_single(_write_sum([term.times(common, -1) for term in terms])))


def _write_sum(terms: Monomials) -> Any:
    """Return a sum of terms as a formula: subtracting where a coefficient is negative."""
    result = _write_term(terms[0])
    for term in terms[1:]:
        positive = _write_term(replace(term, coefficient=abs(term.coefficient)))
        result = Formula(add if term.coefficient > 0 else subtract, (result, positive))
    return result


def _write_term(term: Monomial) -> Any:
    """Return a product as a formula, or as the number that it is: sign, coefficient, factors, divisors."""
    size, divisor = abs(term.coefficient), 1
    if float(size) != size and Fraction(repr(float(size))) != size:
        size, divisor = Fraction(size.numerator), size.denominator  # a third stays 1/3
    above: list[Any] = [_raised(factor, n) for factor, n in term.powers.values() if n > 0]
    below: list[Any] = [_raised(factor, -n) for factor, n in term.powers.values() if n < 0]
    if size != 1 or not above:
        above.insert(0, float(size))
    if divisor != 1:
        below.insert(0, float(divisor))
    result = _product(above)
    if below:
        result = Formula(divide, (result, _product(below)))
    if term.coefficient < 0:
        return Formula(negate, (result,)) if isinstance(result, Symbol) else -result
    return result


def _raised(factor: Symbol, exponent: int) -> Symbol:
    return factor if exponent == 1 else Formula(power, (factor, float(exponent)))


def _product(factors: Sequence[Any]) -> Any:
    return reduce(lambda left, right: Formula(multiply, (left, right)), factors)
