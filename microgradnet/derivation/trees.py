"""Formulas as trees: building, walking, evaluating them, and putting numbers in the place of names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from microgradnet.derivation.lettering import Written
from microgradnet.operation import ATOM
from microgradnet.ops import greater, keep, keep_otherwise
from microgradnet.symbols import Formula, Symbol
from microgradnet.value import Value


class NodeSymbol(Symbol):
    """The symbol of one node."""

    def __init__(self, node: Value, name: Written) -> None:
        super().__init__(name.text, name.latex)
        self.node, self._precedence = node, 0 if name.compound else ATOM

    def write(self, notation: str) -> tuple[str, int]:
        """Return the name; one that is no single word gets brackets wherever anything else would."""
        return super().write(notation)[0], self._precedence


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


def leaves(formula: Any) -> Iterator[NodeSymbol]:
    """Yield the nodes that a formula names, from left to right."""
    return (part for part in parts(formula) if isinstance(part, NodeSymbol))


def evaluate(formula: Any) -> float:
    """Return the number that a formula comes to, with the numbers that its nodes have.

    Raises:
        DomainError: an operation has no result there.
    """
    if isinstance(formula, Formula):
        return float(formula.op(*(evaluate(operand) for operand in formula.operands)))
    return float(formula.node.data if isinstance(formula, NodeSymbol) else formula)


def substitute(formula: Any, number: Callable[[float], Symbol]) -> Any:
    """Put numbers in the place of names, as on paper: nothing is calculated or left out."""
    if isinstance(formula, Formula):
        return Formula(formula.op, tuple(substitute(operand, number) for operand in formula.operands))
    if isinstance(formula, NodeSymbol):
        return number(formula.node.data)
    return formula if isinstance(formula, Symbol) else number(formula)


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
