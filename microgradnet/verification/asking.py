"""From the dict that a Python user gives to ``mg.verify`` to claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from microgradnet.errors import ArgumentError
from microgradnet.graph import topological
from microgradnet.operation import as_float
from microgradnet.value import Value
from microgradnet.verification.claim import Claim
from microgradnet.verification.figure import Figure
from microgradnet.verification.graph_context import GraphContext, GraphNames
from microgradnet.verification.quantity import Atom, Change, Derivative, Name, Quantity, read_quantity
from microgradnet.verification.runs import Key, Run


def claims_of(
    loss: Value, claims: Mapping[Value | str, str], eta: float | None, update: Iterable[Value | str] | None
) -> list[Claim]:
    """Return the claims on a graph; see :func:`microgradnet.verification.verify` for the arguments and errors."""
    if not isinstance(loss, Value):
        came = f"{loss!r} of type {type(loss).__name__}"
        raise ArgumentError("verify needs the node that is differentiated", came, "Give the loss, a Value.")
    if not isinstance(claims, Mapping) or not claims:
        came = "an empty dict" if isinstance(claims, Mapping) else f"a {type(claims).__name__}"
        raise ArgumentError("verify needs at least one claim", came, 'Give figures, such as {w: "0.0084"}.')
    names = GraphNames(loss, None if eta is None else as_float(eta), update)
    below = {*topological(loss)}
    return [_claim(names, below, key, figure) for key, figure in claims.items()]


def _claim(names: GraphNames, below: set[Value], key: Any, figure: Any) -> Claim:
    printed = figure if isinstance(figure, Figure) else Figure.parse(figure)
    if isinstance(key, str):
        return _of_quantity(names, read_quantity(key, names), printed)
    if not isinstance(key, Value):
        came = f"{key!r} of type {type(key).__name__}"
        raise ArgumentError("a claim is about a node or a quantity", came, "Use a Value or a string as the key.")
    if key not in below:
        advice = "Use a Value that the loss was computed from; numbers given to a network become Values of their own."
        raise ArgumentError("a claim is about a node below the loss", _named(key), advice)
    return _of_node(names.loss, key, printed)


def _of_node(loss: Value, node: Value, printed: Figure) -> Claim:
    """Return the claim that a Value as key stands for."""
    if node is loss:
        return Claim(loss.label or "loss", printed, lambda run: run.value(loss), key=("value", loss))
    quantity = f"d{loss.label or 'loss'}/d{node.label}" if node.label else f"d{loss.label or 'loss'}/d({node.data:g})"
    return Claim(quantity, printed, lambda run: run.derivative(loss, node), key=("derivative", loss, node))


def _of_quantity(names: GraphNames, quantity: Quantity, printed: Figure) -> Claim:
    def evaluate(run: Run) -> float:
        return quantity.evaluate(GraphContext(names, run))

    key, sign = stands_for(names, quantity)
    return Claim(quantity.text, printed, evaluate, key=key, sign=sign)


def stands_for(names: GraphNames, quantity: Quantity) -> tuple[Key | None, int]:
    """Return what a figure for this quantity can stand in for, and -1 where it is printed with the other sign."""
    if len(quantity.atoms) != 1:
        return None, 1
    ((name, atom),) = quantity.atoms.items()
    try:
        at = [quantity.expression.evaluate({name: number}.__getitem__) for number in (1.0, 2.0, 3.0)]
    except (ArithmeticError, ValueError):
        return None, 1
    sign = 1 if at[0] > 0 else -1
    return (_key(names, atom), sign) if at == [sign * 1.0, sign * 2.0, sign * 3.0] else (None, 1)


def _key(names: GraphNames, atom: Atom) -> Key | None:
    """Return what a figure for this quantity can stand in for."""
    match atom:
        case Name(name) if name != "eta":
            return ("value", names.node(name))
        case Derivative(of, by):
            return ("derivative", names.node(of) if of else names.loss, names.node(by))
        case Change(Name(name)):
            return ("change", names.node(name))
    return None


def _named(node: Value) -> str:
    return f"a Value labelled {node.label!r}" if node.label else f"a Value of {node.data:g} without a label"
