"""Tidying of the formulas that the rules of the table give, as one does on paper.

``0.5*(2*(t - o))*(-1.0)`` becomes ``-(t - o)``, ``1 - o*o`` becomes ``1 - o**2``, and where ``p/s`` is the formula of
a named node ``o``, the name takes its place: that is how the derivative of the softmax becomes ``o*(1 - o)``. Products
are not multiplied out. A formula is here a sum of terms, each a coefficient times powers of factors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import Any

from microgradnet.operation import SUM
from microgradnet.ops import add, divide, multiply, negate, power, subtract
from microgradnet.symbols import Formula, Symbol

_HIGHEST_POWER = 9


@dataclass(frozen=True, slots=True)
class Term:
    """A product: a coefficient, and for each factor, by its text, the factor itself and its whole exponent."""

    coefficient: Fraction
    powers: dict[str, tuple[Symbol, int]]

    def times(self, other: Term, sign: int = 1) -> Term:
        """Return the product with another term, or the quotient where ``sign`` is -1."""
        powers = dict(self.powers)
        for name, (factor, exponent) in other.powers.items():
            whole = powers.get(name, (factor, 0))[1] + sign * exponent
            powers[name] = factor, whole
            if whole == 0:
                del powers[name]
        return Term(self.coefficient * other.coefficient**sign, powers)

    def contains(self, other: Term) -> bool:
        """Tell whether every power in the other term is in this one, to at least the same exponent."""
        return all(
            name in self.powers and self.powers[name][1] * (1 if exponent > 0 else -1) >= abs(exponent)
            for name, (_, exponent) in other.powers.items()
        )


Terms = list[Term]
Quotients = Sequence[tuple[Symbol, Term]]  # named nodes, each with the quotient that it is


def tidy(formula: Any, quotients: Quotients = ()) -> Any:
    """Return a formula, or the number that it comes to, in tidy form.

    Raises:
        ArithmeticError: it cannot be tidied, as it holds an infinity, say.
    """
    terms = [_name_quotients(term, quotients) for term in terms_of(formula)]
    return _write_term(_factored(_collect(terms)))


def terms_of(formula: Any) -> Terms:
    """Return a formula as a sum of terms."""
    if not isinstance(formula, Symbol):
        return [Term(Fraction(repr(float(formula))), {})] if formula else []
    if not isinstance(formula, Formula):
        return [_single(formula)]
    rule = _RULES.get(formula.op.name)
    terms = rule(*formula.operands) if rule else None
    return [_single(_inside(formula))] if terms is None else _collect(terms)


def quotient_of(formula: Any) -> Term | None:
    """Return a formula as one term, if it is a quotient of several factors, as a softmax is; else None."""
    terms = terms_of(formula)
    if len(terms) != 1 or len(terms[0].powers) < 2 or terms[0].coefficient != 1:
        return None
    return terms[0] if any(exponent < 0 for _, exponent in terms[0].powers.values()) else None


def _single(factor: Symbol, exponent: int = 1) -> Term:
    return Term(Fraction(1), {factor.text: (factor, exponent)})


def _inside(formula: Formula) -> Formula:
    """Return an operation that is no arithmetic, with its operands tidied."""
    return Formula(formula.op, tuple(_write_term(_as_term(operand)) for operand in formula.operands))


def _as_term(formula: Any) -> Term:
    """Return a formula as one term; a sum stays whole, as a factor."""
    return _factored(terms_of(formula))


def _negated(terms: Terms) -> Terms:
    return [replace(term, coefficient=-term.coefficient) for term in terms]


def _power(base: Any, exponent: Any) -> Terms | None:
    if isinstance(exponent, Symbol) or exponent != int(exponent) or abs(exponent) > _HIGHEST_POWER:
        return None
    term, whole = _as_term(base), int(exponent)
    powers = {name: (factor, inner * whole) for name, (factor, inner) in term.powers.items() if whole}
    return [Term(term.coefficient**whole, powers)]


# What the arithmetic of the table means for terms; every other operation is a factor of its own.
_RULES: dict[str, Callable[..., Terms | None]] = {
    add.name: lambda x, y: terms_of(x) + terms_of(y),
    subtract.name: lambda x, y: terms_of(x) + _negated(terms_of(y)),
    negate.name: lambda x: _negated(terms_of(x)),
    multiply.name: lambda x, y: [_as_term(x).times(_as_term(y))],
    divide.name: lambda x, y: [_as_term(x).times(_as_term(y), -1)],
    power.name: _power,
}


def _collect(terms: Terms) -> Terms:
    """Add up the coefficients of like terms."""
    sums: dict[frozenset[tuple[str, int]], Term] = {}
    for term in terms:
        key = frozenset((name, exponent) for name, (_, exponent) in term.powers.items())
        before = sums[key].coefficient if key in sums else Fraction(0)
        sums[key] = replace(sums.get(key, term), coefficient=before + term.coefficient)
    return [term for term in sums.values() if term.coefficient]


def _name_quotients(term: Term, quotients: Quotients) -> Term:
    """Put the names of named nodes for the quotients that they are."""
    named = term
    for symbol, quotient in quotients:
        while named.contains(quotient):
            named = named.times(quotient, -1).times(_single(symbol))
    if named is term:
        return term
    sums_last = sorted(named.powers.items(), key=lambda item: item[1][0].write("text")[1] <= SUM)
    return replace(named, powers=dict(sums_last))


def _factored(terms: Terms) -> Term:
    """Return a sum of terms as one term: what all of them share, times the rest as one factor."""
    if len(terms) < 2:
        return terms[0] if terms else Term(Fraction(0), {})
    shared = {}
    for name, (factor, exponent) in terms[0].powers.items():
        exponents = [term.powers.get(name, (factor, 0))[1] for term in terms]
        if all(other * exponent > 0 for other in exponents):
            shared[name] = factor, min(exponents, key=abs)
    size = abs(terms[0].coefficient)
    alike = all(abs(term.coefficient) == size for term in terms)
    if not shared and (size == 1 or not alike):
        return _single(_write_sum(terms))
    common = Term((size if alike else Fraction(1)) * (-1 if terms[0].coefficient < 0 else 1), shared)
    return common.times(_single(_write_sum([term.times(common, -1) for term in terms])))


def _write_sum(terms: Terms) -> Any:
    """Return a sum of terms as a formula: subtracting where a coefficient is negative."""
    result = _write_term(terms[0])
    for term in terms[1:]:
        positive = _write_term(replace(term, coefficient=abs(term.coefficient)))
        result = Formula(add if term.coefficient > 0 else subtract, (result, positive))
    return result


def _write_term(term: Term) -> Any:
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
