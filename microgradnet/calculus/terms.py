"""Terms: the operands that the table's rules are given when a derivative is to be a graph of its own."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from microgradnet.errors import ArgumentError
from microgradnet.operation import Op
from microgradnet.ops import keep, keep_otherwise
from microgradnet.symbols import Formula, Symbol
from microgradnet.value import Constant, Value


class Term(Symbol):
    """A node inside the formula of a derivative.

    It records nodes as a Value does, and leaves out what a symbol leaves out: ``1*x`` is ``x``, ``0*x`` is 0, and
    ``x**1`` is ``x``, so that the derivative of ``x**2`` is ``2*x``. It can't be made a float: a rule that computed
    with floats would lose the dependence, and the next derivative would silently be 0.
    """

    def __init__(self, node: Value) -> None:
        super().__init__(node.label)
        self.node = node

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Any:
        """Record an operation, unless it is neutral or gives 0."""
        if op in (keep, keep_otherwise) and not isinstance(
            operands[0], Term
        ):  # a gate that stands open or shut for good
            return operands[1] if bool(operands[0]) is (op is keep) else 0.0
        simplified = Symbol._apply(op, operands)
        if not isinstance(simplified, Formula):
            return simplified
        return Term(op(*(operand.node if isinstance(operand, Term) else operand for operand in operands)))

    # A rule should choose with where; one that compares instead has chosen for the present numbers.

    def __eq__(self, other: object) -> bool:
        return bool(self.node == _node(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.node < _node(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.node <= _node(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.node > _node(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.node >= _node(other))

    def __bool__(self) -> bool:
        return bool(self.node)

    __hash__ = object.__hash__


def _node(operand: Any) -> Any:
    return operand.node if isinstance(operand, Term) else operand


def partial_term(node: Value, place: int, varied: Container[int]) -> Any:
    """Return the partial derivative of a node by the operand in this place: a term, or a float where it is a number.

    Arguments:
        node: a result of an operation.
        place: 0 or 1.
        varied: the ids of the nodes that depend on a variable; other literal numbers enter the rule as plain floats.

    Raises:
        ArgumentError: the rule computes with floats, so that its result can't be differentiated again.
        DomainError: the derivative is not a number here, or infinite.
    """
    operation = node.op
    if operation is None:
        raise ArgumentError("a partial derivative is one of a result", "a leaf", "Ask for that of a node above it.")
    operands = [
        operand.data if isinstance(operand, Constant) and id(operand) not in varied else Term(operand)
        for operand in node.inputs
    ]
    try:
        return operation.partials[place](*operands, Term(node))
    except TypeError as error:
        wanted = f"the derivative rules of {operation.name} use the table's operations, so that they work on Values"
        raise ArgumentError(wanted, str(error), "Write mg.cos(x), say, in place of math.cos(x).") from error


def as_value(term: Any, known: Container[int]) -> Value:
    """Return a term or a float as a Value that is new.

    A derivative can be a node that was there before, as that of ``a*b`` by ``a`` is ``b``. It is returned as ``b*1``,
    since ``a.data -= g.data; b.data -= h.data`` would otherwise change ``h`` before it is used.

    Arguments:
        term: what a sweep has computed.
        known: the ids of the nodes that were there before it.
    """
    if not isinstance(term, Term):
        return Constant(term)
    return term.node * 1.0 if id(term.node) in known else term.node
