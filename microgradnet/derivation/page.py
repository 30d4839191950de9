"""What stands on the page of a derivation, before it is text, Markdown or LaTeX: sections of equations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.derivation.figures import Figure, Numeral
from microgradnet.derivation.lettering import Written
from microgradnet.derivation.working import Prose
from microgradnet.operation import PRODUCT, SUM
from microgradnet.ops import add
from microgradnet.symbols import Formula, Symbol, write_number


@dataclass(frozen=True, slots=True)
class Row:
    """One step of an equation: "=" or "≈", and a sum of terms, each on a line of its own where they stand apart."""

    relation: str
    terms: tuple[Written, ...]
    apart: bool = False

    @property
    def text(self) -> str:
        """The row on one line."""
        return f"{self.relation} {' + '.join(term.text for term in self.terms)}"


@dataclass(frozen=True, slots=True)
class Equation:
    """A left side, and what it equals, step by step."""

    left: Written
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, equations, and sentences after them."""

    title: Prose
    equations: tuple[Equation, ...] = ()
    sentences: tuple[Prose, ...] = ()


def written(formula: Any, least: int = 0) -> Written:
    """Return a formula or number in both notations, in brackets if it binds less tightly than its place allows."""
    pairs = [formula.write(way) if isinstance(formula, Symbol) else write_number(formula) for way in ("text", "latex")]
    (text, _), (latex, _) = pairs
    return Written(
        text if pairs[0][1] >= least else f"({text})", latex if pairs[1][1] >= least else rf"\left({latex}\right)"
    )


def written_terms(formula: Any) -> tuple[Written, ...]:
    """Return the terms of a sum, each in both notations; a formula that is no sum is one term."""
    terms: list[Written] = []
    while isinstance(formula, Formula) and formula.op is add:
        formula, last = formula.operands
        terms.append(written(last, SUM + 1))
    return (written(formula, SUM if terms else 0), *reversed(terms))


def numeral(number: Figure, least: int = 0) -> Written:
    """Return a number as shown, in brackets if it is negative and its place needs them."""
    return written(Numeral(number), least)


def product(factors: Sequence[Written]) -> Written:
    """Return a product; the factors have their brackets already."""
    return Written(" * ".join(factor.text for factor in factors), r" \cdot ".join(factor.latex for factor in factors))


def number_product(numbers: Sequence[Figure]) -> Written:
    """Return a product of numbers as shown."""
    return product([numeral(number, PRODUCT if len(numbers) > 1 else 0) for number in numbers])
