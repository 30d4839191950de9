"""Slips in a calculation that a recorded graph shows: a derivative left out or applied twice, a crossed weight, ...

Each is the same graph with one step done otherwise. They are found on the operations between the nodes that a quantity
is about, whatever those operations are, and are named from the nodes' labels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from microgradnet.graph import between, leaves
from microgradnet.value import Constant, Value
from microgradnet.verification.intermediates import Figures, RoundedRun
from microgradnet.verification.runs import AlteredRun, ListeningRun
from microgradnet.verification.wording import formula, listed, stem

Edge = tuple[Value, int]
"""A node and the place of one of its operands."""

_MOST_SIBLINGS = 40  # weights of one layer that are tried in another's place


@dataclass(frozen=True, slots=True)
class GraphSlip:
    """One step done otherwise.

    Arguments:
        words: the sentence that says so.
        least_digits: how many significant digits must agree for the sentence to be more than a guess.
        partials: partial derivatives that are replaced, each by a function of the run.
        values: nodes whose number is replaced, each by a function of the run.
    """

    words: str
    least_digits: int
    partials: Mapping[Edge, Callable[[AlteredRun], float]] = field(default_factory=dict)
    values: Mapping[Value, Callable[[AlteredRun], float]] = field(default_factory=dict)


class SlippedRun(RoundedRun):
    """A run with a slip in it, from exact or from printed intermediates."""

    def __init__(self, slip: GraphSlip, figures: Figures) -> None:
        super().__init__({key: several[0] for key, several in figures.items()})
        self._slip = slip

    def alter_value(self, node: Value, value: float) -> float:
        """Do a step of the forward pass otherwise."""
        otherwise = self._slip.values.get(node)
        return otherwise(self) if otherwise else super().alter_value(node, value)

    def alter_partial(self, node: Value, place: int, partial: float) -> float:
        """Do a step of the backward pass otherwise."""
        otherwise = self._slip.partials.get((node, place))
        return otherwise(self) if otherwise else super().alter_partial(node, place, partial)


def graph_slips(asked: ListeningRun, elsewhere: Iterable[Value] = ()) -> Iterator[GraphSlip]:
    """Yield the slips that can be made in computing what a quantity asks for, the common ones first.

    Arguments:
        asked: the run that the quantity was evaluated on.
        elsewhere: nodes of the same calculation, whose weights may be mistaken for those that belong here.
    """
    roots = dict.fromkeys([*(of for of, _ in asked.pairs), *asked.values, *elsewhere])
    weights = [*dict.fromkeys(leaf for root in roots for leaf in leaves(root) if leaf.label)]
    edges = list(dict.fromkeys(edge for of, node in asked.pairs for edge in _edges(of, node)))
    functions = [edge for edge in edges if _is_function(edge)]
    factors = [edge for edge in edges if _is(edge[0], "multiply") and edge[0].inputs[0] is not edge[0].inputs[1]]
    yield from _function_slips(functions)
    yield from _constant_slips(edges)
    yield from _factor_slips(factors)
    yield from _crossed_weights(factors, weights)
    for node in asked.values:
        yield from _forward_slips(node, weights)


def _edges(of: Value, node: Value) -> Iterator[Edge]:
    """Yield the edges on the paths from ``of`` down to ``node``."""
    path = between(of, node)
    on_path = {*path}
    for above in reversed(path):
        if above is not node:
            yield from ((above, place) for place, operand in enumerate(above.inputs) if operand in on_path)


def _is(node: Value, name: str) -> bool:
    return node.op is not None and node.op.name == name


def _is_function(edge: Edge) -> bool:
    """Tell whether the edge is a function's derivative: one operand that varies, and a slope other than ±1."""
    node, place = edge
    if _is(node, "multiply") or _is(node, "divide"):
        return False
    others = [operand for at, operand in enumerate(node.inputs) if at != place]
    return all(isinstance(other, Constant) for other in others) and abs(node.partials[place]) not in (0.0, 1.0)


def _groups(edges: list[Edge]) -> Iterator[list[Edge]]:
    """Yield the edges that a person would treat alike: those of one operation in one layer, then each alone."""
    groups: dict[tuple[str, str], list[Edge]] = {}
    for node, place in edges:
        groups.setdefault((node.op.name if node.op else "", stem(node.label)), []).append((node, place))
    yield from groups.values()
    yield from ([edge] for group in groups.values() if len(group) > 1 for edge in group)


def _function_slips(edges: list[Edge]) -> Iterator[GraphSlip]:
    for group in _groups(edges):
        names = listed([formula(node) for node, _ in group])
        plural = "s" * (len(group) > 1)
        kept = {edge: _slope(edge) for edge in group}
        yield GraphSlip(
            f"the derivative{plural} of {names} may be left out", 2, {edge: lambda run: 1.0 for edge in group}
        )
        yield GraphSlip(
            f"the derivative{plural} of {names} may be applied twice",
            2,
            {edge: lambda run, slope=slope: slope(run) ** 2 for edge, slope in kept.items()},  # type: ignore[misc]
        )
        inside = {edge: _slope(edge, inside=True) for edge in group}
        yield GraphSlip(
            f"the derivative{plural} of {names} may be taken with the operand where the result belongs", 3, inside
        )


def _slope(edge: Edge, inside: bool = False) -> Callable[[AlteredRun], float]:
    """Return a node's partial as a function of the run; ``inside``: with its operand in place of its result."""
    node, place = edge

    def slope(run: AlteredRun) -> float:
        operands = [run.value(operand) for operand in node.inputs]
        result = operands[place] if inside else run.value(node)
        try:
            return float(node.op.partials[place](*operands, result)) if node.op else 0.0
        except (ValueError, ArithmeticError):
            return float("nan")

    return slope


def _constant_slips(edges: list[Edge]) -> Iterator[GraphSlip]:
    """Yield: a written factor or divisor left out of the derivative."""
    for node, place in edges:
        other = node.inputs[1 - place] if len(node.inputs) == 2 else None
        if not isinstance(other, Constant) or abs(other.data) == 1.0:
            continue
        if _is(node, "multiply"):
            yield GraphSlip(f"the factor {formula(other)} may be left out", 2, {(node, place): lambda run: 1.0})
        if _is(node, "divide") and place == 0:
            words = f"the division by {formula(other)} may be left out"
            yield GraphSlip(words, 2, {(node, place): lambda run: 1.0})


def _factor_slips(edges: list[Edge]) -> Iterator[GraphSlip]:
    """Yield: a factor left out, or the derivative by the other operand of the product used."""
    labelled = [(node, place) for node, place in edges if node.inputs[1 - place].label]
    groups: dict[str, list[Edge]] = {}
    for node, place in labelled:
        groups.setdefault(stem(node.inputs[1 - place].label), []).append((node, place))
    single = [[edge] for group in groups.values() if len(group) > 1 for edge in group]
    for group in (*groups.values(), *single):
        others = listed([node.inputs[1 - place].label for node, place in group])
        owns = listed([node.inputs[place].label or formula(node.inputs[place]) for node, place in group])
        yield GraphSlip(
            f"the factor{'s' * (len(group) > 1)} {others} may be left out", 3, {edge: lambda run: 1.0 for edge in group}
        )
        swapped = {(node, place): _value_of(node.inputs[place]) for node, place in group}
        yield GraphSlip(f"the gradient by {others} may be used where that by {owns} belongs", 3, swapped)


def _value_of(node: Value) -> Callable[[AlteredRun], float]:
    return lambda run: run.value(node)


def _crossed_weights(edges: list[Edge], weights: list[Value]) -> Iterator[GraphSlip]:
    """Yield: another weight of the same layer in place of the one that belongs to the path."""
    for node, place in edges:
        weight = node.inputs[1 - place]
        if weight.inputs or not weight.label:
            continue
        for other in _siblings(weight, weights):
            words = f"{other.label} may stand where {weight.label} belongs"
            yield GraphSlip(words, 3, {(node, place): _value_of(other)})


def _siblings(weight: Value, weights: list[Value]) -> list[Value]:
    alike = [other for other in weights if stem(other.label) == stem(weight.label) and other.data != weight.data]
    return alike[:_MOST_SIBLINGS]


def _forward_slips(target: Value, weights: list[Value]) -> Iterator[GraphSlip]:
    """Yield: an operation or a term of one formula left out of its value, or another weight used."""
    for node in _formula_nodes(target):
        if len(node.inputs) == 1 and not _is(node, "negate"):
            yield GraphSlip(f"{node.op.name if node.op else ''} may be left out", 2, values=_passing(node, 0))
        for place in range(2) if len(node.inputs) == 2 else ():
            yield from _left_out(node, place)
            yield from _other_weight(node, place, weights)


def _passing(node: Value, place: int) -> dict[Value, Callable[[AlteredRun], float]]:
    return {node: _value_of(node.inputs[place])}


def _left_out(node: Value, kept: int) -> Iterator[GraphSlip]:
    dropped = node.inputs[1 - kept]
    divisor = _is(node, "divide") and kept == 0
    if _is(node, "add") or (kept == 0 and _is(node, "subtract")):
        yield GraphSlip(f"the term {dropped.label or formula(dropped)} may be left out", 3, values=_passing(node, kept))
    elif isinstance(dropped, Constant) and (divisor or _is(node, "multiply")):
        words = "division by" if divisor else "factor"
        yield GraphSlip(f"the {words} {formula(dropped)} may be left out", 2, values=_passing(node, kept))


def _other_weight(node: Value, kept: int, weights: list[Value]) -> Iterator[GraphSlip]:
    weight, operand = node.inputs[1 - kept], node.inputs[kept]
    if not _is(node, "multiply") or weight.inputs or not weight.label:
        return
    for other in _siblings(weight, weights):
        words = f"{other.label} may stand where {weight.label} belongs"

        def product(run: AlteredRun, other: Value = other) -> float:
            return run.value(other) * run.value(operand)

        yield GraphSlip(words, 3, values={node: product})


def _formula_nodes(target: Value) -> list[Value]:
    """Return the nodes of one written formula: those below a node, down to the next that have names."""
    found = dict.fromkeys([target])
    waiting = [target]
    while waiting and len(found) < _MOST_SIBLINGS:
        below = [node for node in waiting.pop(0).inputs if node.inputs and not node.label and node not in found]
        found.update(dict.fromkeys(below))
        waiting += below
    return [*found]
