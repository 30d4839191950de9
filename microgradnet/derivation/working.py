"""A derivation as data: formulas, factors, paths, steps, the update."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.derivation.chain import Chain, Edge
from microgradnet.derivation.formulas import Formulas, NodeSymbol, leaves
from microgradnet.derivation.lettering import Written, letter
from microgradnet.derivation.names import Names
from microgradnet.operation import Kink
from microgradnet.value import Value

Prose = tuple[str | Written, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """How a named node is computed: ``formula`` over the nodes below it, and its value."""

    name: Written
    formula: Any
    value: float


@dataclass(frozen=True, slots=True)
class Factor:
    """The derivative of one named node by the next.

    Arguments:
        derivative: how it is written, ``da2[1]/dz2[1]``.
        formula: the local derivative as a formula over named nodes, or a number where it is one.
        value: the number that it comes to.
    """

    derivative: Written
    formula: Any
    value: float


@dataclass(frozen=True, slots=True)
class Path:
    """One path from the loss down to the node: its factors, and their product."""

    factors: tuple[Factor, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a step: the derivative of the loss by a node above, None for the loss itself, times a factor."""

    above: Written | None
    above_value: float
    factor: Factor


@dataclass(frozen=True, slots=True)
class Step:
    """The derivative of the loss by one named node, from those by the nodes above it.

    Arguments:
        derivative: how it is written.
        delta: its other name, ``delta1[2]``, where it is the derivative by a pre-activation.
        terms: what is added up.
        left_out: how many more terms there are that are not listed.
        value: the number that it comes to, all terms included.
    """

    derivative: Written
    delta: Written | None
    terms: tuple[Term, ...]
    left_out: int
    value: float


@dataclass(frozen=True, slots=True)
class Update:
    """One step of gradient descent on a leaf: ``after = before - eta * gradient``."""

    before: float
    eta: float
    gradient: float
    after: float


@dataclass(frozen=True, slots=True)
class Working:
    """All of a derivation.

    Arguments:
        loss: the name of what is differentiated.
        node: the name of what it is differentiated by.
        derivative: how the derivative of the one by the other is written.
        value: the derivative, bit for bit as ``backward()`` gives it.
        definitions: the formulas of the named nodes on the way, in order of calculation.
        definitions_left_out: how many more there are.
        factors: the factors of all paths, each once.
        path_count: how many paths there are.
        paths: the paths; empty where there are too many to list.
        steps: the same derivative node by node from the loss down, each node once.
        steps_left_out: how many steps in the middle are not listed.
        update: one step of gradient descent, if a learning rate was given.
        notes: what else a reader should know: conventions at kinks, invented names.
    """

    loss: Written
    node: Written
    derivative: Written
    value: float
    definitions: tuple[Definition, ...] = ()
    definitions_left_out: int = 0
    factors: tuple[Factor, ...] = ()
    path_count: int = 0
    paths: tuple[Path, ...] = ()
    steps: tuple[Step, ...] = ()
    steps_left_out: int = 0
    update: Update | None = None
    notes: tuple[Prose, ...] = ()


_MOST_CONVENTIONS = 20


def remarks(chain: Chain, names: Names, eta: float | None) -> Iterator[Prose]:
    """Yield the notes on the graph as a whole."""
    loss, node = names.of(chain.loss), names.of(chain.by)
    if chain.loss is chain.by:
        yield ("The derivative of ", loss, " by itself is 1.")
    elif not chain.on_path:
        yield (loss, " does not depend on ", node, ", so the derivative is 0.")
    if eta is not None and chain.by.inputs:
        yield (node, " is computed, not chosen, so gradient descent does not update it.")
    if names.shared:
        yield ("A label that several nodes share is followed by a number, in order of calculation.",)
    stale = sum(map(_is_stale, chain.order))
    if stale:
        yield (
            f"Some .data was assigned after the graph was recorded: {stale:,} results no longer follow from their "
            "operands. Call mg.recompute(loss) and derive again.",
        )


def _is_stale(node: Value) -> bool:
    if node.op is None:
        return False
    try:
        return bool(node.op.forward(*(operand.data for operand in node.inputs)) != node.data)
    except (ArithmeticError, ValueError):
        return True


def conventions(chain: Chain, formulas: Formulas, edges: Iterable[Edge], names: Names) -> Iterator[Prose]:
    """Yield the conventions that the derivatives along these edges rest on, each once."""
    told: set[tuple[int, str]] = set()
    for upper in {id(edge.upper): edge.upper for edge in edges}.values():
        for node in formulas.inside(upper):
            for kink in _kinks(node, chain):
                if (id(node), kink.words) not in told and len(told) < _MOST_CONVENTIONS:
                    told.add((id(node), kink.words))
                    yield _convention(node, kink, names)


def _kinks(node: Value, chain: Chain) -> Iterator[Kink]:
    """Yield the kinks that a node's operands lie on and that concern a derivative on the way."""
    if node.op is None:
        return
    numbers = [operand.data for operand in node.inputs]
    for kink in node.op.kinks:
        only = [place for place, operand in enumerate("xy") if f"derivative by {operand}" in kink.convention]
        concerned = [operand for place, operand in enumerate(node.inputs) if place in (only or (0, 1))]
        if any(id(operand) in chain.on_path for operand in concerned) and kink.at(*numbers):
            yield kink


def _convention(node: Value, kink: Kink, names: Names) -> Prose:
    operands = node.inputs
    named = [operand for operand in operands if operand.label]
    where: Prose = (" (", names.of(named[0]), f" = {named[0].data:.8g})") if named else ()
    name = node.op.name if node.op else ""
    return (f"{name} at {kink.words}", *where, f": {kink.convention}.")


MOST_PATHS = 12  # beyond it the derivation goes node by node, each node once
MOST_STEPS = 100  # beyond it the steps in the middle are left out
_LONGEST_PATH = 24
_MOST_TERMS = 20
_PRE_ACTIVATION = re.compile(r"z(\d+)(\[\d+\])")


class Worker:
    """Works out the derivative of a loss by a node.

    Arguments:
        loss: the node that is differentiated.
        node: the node it is differentiated by.
        names: how the nodes are called.
        paths: how many paths may be listed.
        steps: how many steps may be listed.
    """

    def __init__(self, loss: Value, node: Value, names: Names, paths: int, steps: int) -> None:
        self._chain, self._names = Chain(loss, node), names
        self._formulas = Formulas(self._chain, names)
        self._most_paths, self._most_steps = paths, steps
        self._factors: dict[tuple[int, int], Factor] = {}
        self._edges: list[Edge] = []

    def work(self, eta: float | None) -> Working:
        """Return the derivation."""
        chain, names = self._chain, self._names
        count = chain.count_paths()
        listed = count <= self._most_paths and max(chain.distances().values()) <= _LONGEST_PATH
        paths = tuple(self._path(edges) for edges in chain.paths()) if listed else ()
        factors = tuple(self._factors.values())
        steps, steps_left_out = self._steps(paths != ())
        definitions, definitions_left_out = self._definitions(factors)
        update = None
        if eta is not None and not chain.by.inputs:
            update = Update(chain.by.data, eta, chain.value, chain.by.data - eta * chain.value)
        notes = [*remarks(chain, names, eta), *conventions(chain, self._formulas, self._edges, names)]
        return Working(
            names.of(chain.loss), names.of(chain.by), names.derivative(chain.loss, chain.by), chain.value,
            definitions, definitions_left_out, factors, count, paths, steps, steps_left_out, update, tuple(notes),
        )  # fmt: skip

    def _factor(self, edge: Edge) -> Factor:
        key = id(edge.upper), id(edge.lower)
        if key not in self._factors:
            written = self._names.derivative(edge.upper, edge.lower)
            self._factors[key] = Factor(written, self._formulas.factor(edge), edge.factor)
            self._edges.append(edge)
        return self._factors[key]

    def _path(self, edges: Sequence[Edge]) -> Path:
        value = 1.0
        for edge in edges:
            value *= edge.factor
        return Path(tuple(self._factor(edge) for edge in edges), value)

    def _steps(self, all_listed: bool) -> tuple[tuple[Step, ...], int]:
        """Return the steps, nodes nearest to the loss first; of too many those at both ends."""
        nodes = self._chain.from_the_loss()
        most = len(nodes) if all_listed else self._most_steps
        if len(nodes) <= most:
            return tuple(map(self._step, nodes)), 0
        half = most // 2
        kept = [*nodes[: most - half], *nodes[len(nodes) - half :]]
        return tuple(map(self._step, kept)), len(nodes) - most

    def _step(self, node: Value) -> Step:
        chain = self._chain
        edges = chain.uppers[id(node)]
        left_out = max(0, len(edges) - _MOST_TERMS)
        if left_out:
            half = _MOST_TERMS // 2
            edges = [*edges[:half], *edges[-half:]]
        terms = []
        for edge in edges:
            above = None if edge.upper is chain.loss else self._names.derivative(chain.loss, edge.upper)
            terms.append(Term(above, chain.adjoints[id(edge.upper)], self._factor(edge)))
        written = self._names.derivative(chain.loss, node)
        return Step(written, self._delta(node), tuple(terms), left_out, chain.adjoints[id(node)])

    def _delta(self, node: Value) -> Written | None:
        """Return the other name, delta1[2], of the derivative by a pre-activation."""
        name = _PRE_ACTIVATION.fullmatch(self._names.of(node).text)
        return letter(f"delta{name[1]}{name[2]}") if name else None

    def _definitions(self, factors: Iterable[Factor]) -> tuple[tuple[Definition, ...], int]:
        """Return the formulas of the named nodes on the way, and of those that stand for a long formula in another."""
        chain = self._chain
        nodes = [node for node in chain.nodes if node.inputs and node is not chain.by]
        shown = nodes[: self._most_steps]
        found: dict[int, Definition] = {id(node): self._definition(node) for node in shown}
        formulas = [factor.formula for factor in factors] + [item.formula for item in found.values()]
        for leaf in self._abbreviations(formulas):
            if id(leaf.node) not in found and len(found) < 2 * self._most_steps:
                found[id(leaf.node)] = self._definition(leaf.node)
        ordered = sorted(found, key=chain.place.__getitem__)
        return tuple(found[key] for key in ordered), len(nodes) - len(shown)

    def _abbreviations(self, formulas: Iterable[Any]) -> Iterator[NodeSymbol]:
        for formula in formulas:
            yield from (x for x in leaves(formula) if x.node.inputs and id(x.node) not in self._chain.named)

    def _definition(self, node: Value) -> Definition:
        return Definition(self._names.of(node), self._formulas.definition(node), node.data)
