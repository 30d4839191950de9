"""From a recorded graph to the data of a derivation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from microgradnet.derivation.chain import Chain, Edge
from microgradnet.derivation.formulas import Formulas
from microgradnet.derivation.lettering import Written, letter
from microgradnet.derivation.names import Names
from microgradnet.derivation.remarks import conventions, remarks
from microgradnet.derivation.trees import NodeSymbol, leaves
from microgradnet.derivation.working import Definition, Factor, Path, Step, Term, Update, Working
from microgradnet.value import Value

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
