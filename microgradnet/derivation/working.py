"""A derivation as data, worked out from a recorded graph: formulas, factors, paths, steps, the update, notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from microgradnet.derivation.chain import Chain, ChainEdge
from microgradnet.derivation.formulas import ChainFormulas, NodeSymbol, evaluate, symbols_of, with_numbers
from microgradnet.figures import show
from microgradnet.graph import is_stale
from microgradnet.names import Names, Written, delta, letter
from microgradnet.operation import Kink
from microgradnet.value import Value

MOST_PATHS = 12  # beyond it the derivation goes node by node, each node once
MOST_STEPS = 100  # beyond it the steps in the middle are left out
_LONGEST_PATH = 24
_MOST_TERMS = 20
_MOST_CONVENTIONS = 20

Prose = tuple[str | Written, ...]


@dataclass(frozen=True, slots=True)
class NodeFormula:
    """How a named node is computed: ``formula`` over the nodes below it, and its value."""

    name: Written
    formula: Any
    value: float


@dataclass(frozen=True, slots=True)
class Factor:
    """The derivative of one named node by the next.

    Arguments:
        derivative: how it is written, ``da2[1]/dz2[1]``, or ``∂E/∂a2[1]`` where E depends on other nodes too.
        formula: the local derivative as a formula over named nodes, or a number where it is one.
        value: its number.
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
class StepTerm:
    """One term of a step: the derivative of the loss by a node above, None for the loss itself, times a factor."""

    above: Written | None
    above_value: float
    factor: Factor


@dataclass(frozen=True, slots=True)
class ChainStep:
    """The derivative of the loss by one named node, from those by the nodes above it.

    Arguments:
        derivative: how it is written.
        delta: its other name, ``delta1[2]``, where it is the derivative by a pre-activation.
        terms: what is added up.
        left_out: how many more terms there are that are not listed.
        value: its number, all terms included.
    """

    derivative: Written
    delta: Written | None
    terms: tuple[StepTerm, ...]
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
        loss: the name of the differentiated node.
        node: the name of what it is differentiated by.
        derivative: how the derivative of the one by the other is written.
        value: the derivative, bit for bit as ``backward()`` gives it.
        definitions: the formulas of the named nodes on the way, in order of calculation.
        definitions_left_out: how many more there are.
        factors: the factors of all listed paths and steps, each once.
        path_count: how many paths there are.
        paths: the paths; empty where the derivation goes node by node.
        steps: the same derivative node by node from the loss down, each node once.
        steps_left_out: how many steps in the middle are not listed.
        update: one step of gradient descent, if a learning rate was given.
        notes: what else a reader should know: conventions at kinks, invented names.
        is_value: whether it works out the node itself, not a derivative by it.
        printed: the figures from which it goes on, as they are printed, see :func:`from_figures`.
    """

    loss: Written
    node: Written
    derivative: Written
    value: float
    definitions: tuple[NodeFormula, ...] = ()
    definitions_left_out: int = 0
    factors: tuple[Factor, ...] = ()
    path_count: int = 0
    paths: tuple[Path, ...] = ()
    steps: tuple[ChainStep, ...] = ()
    steps_left_out: int = 0
    update: Update | None = None
    notes: tuple[Prose, ...] = ()
    is_value: bool = False
    printed: tuple[str, ...] = ()


def work_out(
    loss: Value, node: Value, names: Names, *, eta: float | None, most_paths: int | None, most_steps: int
) -> Working:
    """Return the derivation of the derivative of a loss by a node.

    Arguments:
        loss: the node that is differentiated.
        node: the node it is differentiated by.
        names: the names of the nodes below the loss.
        eta: a learning rate for the update, or None.
        most_paths: how many paths may be listed; None lists them only where no two of them share a factor.
        most_steps: how many steps may be listed.
    """
    return _Worker(loss, node, names, most_steps).work(eta, most_paths)


def work_out_value(node: Value, names: Names) -> Working:
    """Return how a node is computed: the formulas of the named nodes below it, and its own."""
    chain = Chain(node, node, names)
    formulas = ChainFormulas(chain, names)
    named = [each for each in chain.order if each.inputs and (each is node or names.given(each))]
    found = tuple(NodeFormula(names.of(each), formulas.definition(each), each.data) for each in named)
    name = names.of(node)
    return Working(name, name, name, node.data, found, is_value=True)


def from_figures(working: Working, figures: Mapping[str, float]) -> Working:
    """Return a derivation that goes on from printed figures: only what is still to do, with these numbers in it.

    Arguments:
        working: the derivation.
        figures: what is printed, by name: of a node, or of a derivative as ``dE/dw1[1,1]`` or ``delta1[1]``.
    """
    return _Continued(working, figures).working()


class _Continued:
    """A derivation calculated again, in its own order, with figures for some of its numbers."""

    def __init__(self, working: Working, figures: Mapping[str, float]) -> None:
        self._working, self._figures = working, figures
        self._numbers = dict(figures)
        self._uses: dict[str, set[str]] = {}  # by name of a calculated quantity, the names in its formula

    def working(self) -> Working:
        working = self._working
        definitions = [self._definition(item) for item in working.definitions]
        steps = [self._step(step) for step in working.steps]
        name = working.derivative.text
        value = self._numbers.get(name, working.value)
        update = working.update and replace(
            working.update, gradient=value, after=working.update.before - working.update.eta * value
        )
        if working.update is None:  # a figure of the requested quantity itself is not used
            value = steps[-1].value if steps else definitions[-1].value if definitions else value
        left, used = self._left(name, asked=working.update is None)
        return replace(
            working,
            value=value,
            definitions=tuple(item for item in definitions if item.name.text in left),
            factors=(),
            paths=(),
            steps=tuple(step for step in steps if left & _names_of(step)),
            update=update,
            printed=tuple(used),
        )

    def _definition(self, item: NodeFormula) -> NodeFormula:
        name = item.name.text
        formula, value = self._put_in(item.formula, item.value, name)
        self._numbers.setdefault(name, value)
        return replace(item, formula=formula, value=value)

    def _step(self, step: ChainStep) -> ChainStep:
        names = _names_of(step)
        terms, total = [], 0.0
        for term in step.terms:
            formula, value = self._put_in(term.factor.formula, term.factor.value, *names)
            above = term.above_value
            if term.above is not None:
                above = self._numbers.get(term.above.text, above)
                for name in names:
                    self._uses.setdefault(name, set()).add(term.above.text)
            terms.append(replace(term, above_value=above, factor=replace(term.factor, formula=formula, value=value)))
            total += above * value if term.above is not None else value
        value = step.value if step.left_out else total
        known = next((self._figures[name] for name in names if name in self._figures), value)
        self._numbers |= dict.fromkeys(names, known)
        return replace(step, terms=tuple(terms), value=value)

    def _put_in(self, formula: Any, value: float, *names: str) -> tuple[Any, float]:
        """Return a formula with the numbers so far in it, and what it comes to."""
        changed = with_numbers(formula, self._numbers)
        for name in names:
            self._uses.setdefault(name, set()).update(part.text for part in symbols_of(formula))
        try:
            return changed, evaluate(changed)
        except (ArithmeticError, TypeError, ValueError):  # a long sum that is cut, or outside of a domain
            return formula, value

    def _left(self, name: str, *, asked: bool) -> tuple[set[str], list[str]]:
        """Return the names still to calculate for a name, and the figures that the calculation uses."""
        left, used, waiting = set(), {}, [name]
        while waiting:
            each = waiting.pop()
            if each in self._figures and not (asked and each == name):
                used[each] = f"{each} = {self._figures[each]:.10g}"
            elif each not in left and each in self._uses:
                left.add(each)
                waiting += self._uses[each]
        return left, [used[each] for each in sorted(used)]


def _names_of(step: ChainStep) -> set[str]:
    return {step.derivative.text} | ({step.delta.text} if step.delta else set())


class _Worker:
    def __init__(self, loss: Value, node: Value, names: Names, most_steps: int) -> None:
        self._chain, self._names, self._most_steps = Chain(loss, node, names), names, most_steps
        self._formulas = ChainFormulas(self._chain, names)
        self._factors: dict[tuple[Value, Value], Factor] = {}
        self._edges: list[ChainEdge] = []

    def work(self, eta: float | None, most_paths: int | None) -> Working:
        chain, names = self._chain, self._names
        paths = tuple(map(self._path, self._listed_paths(most_paths)))
        steps, steps_left_out = self._steps(all_listed=paths != ())
        factors = tuple(self._factors.values())
        definitions, definitions_left_out = self._definitions(factors)
        update = None
        if eta is not None and not chain.by.inputs:
            update = Update(chain.by.data, eta, chain.value, chain.by.data - eta * chain.value)
        notes = [*_remarks(chain, names, eta), *_conventions(chain, self._formulas, self._edges, names)]
        return Working(
            names.of(chain.loss), names.of(chain.by), names.derivative(chain.loss, chain.by), chain.value,
            definitions, definitions_left_out, factors, chain.path_count, paths, steps, steps_left_out, update,
            tuple(notes),
        )  # fmt: skip

    def _listed_paths(self, most: int | None) -> list[list[ChainEdge]]:
        """Return the paths to list; none where there are too many, or where they share factors and none was asked."""
        chain = self._chain
        if chain.path_count > (MOST_PATHS if most is None else most) or max(chain.distances.values()) > _LONGEST_PATH:
            return []
        paths = chain.paths()
        edges = [edge for path in paths for edge in path]
        shares = len(edges) > len({(edge.upper, edge.lower) for edge in edges})
        return [] if most is None and shares else paths

    def _factor(self, edge: ChainEdge) -> Factor:
        key = edge.upper, edge.lower
        if key not in self._factors:
            partial = not self._chain.is_function_of_one(edge.upper)
            written = self._names.derivative(edge.upper, edge.lower, partial=partial)
            self._factors[key] = Factor(written, self._formulas.factor(edge), edge.factor)
            self._edges.append(edge)
        return self._factors[key]

    def _path(self, edges: Sequence[ChainEdge]) -> Path:
        value = 1.0
        for edge in edges:
            value *= edge.factor
        return Path(tuple(map(self._factor, edges)), value)

    def _steps(self, *, all_listed: bool) -> tuple[tuple[ChainStep, ...], int]:
        """Return the steps, nodes nearest to the loss first; of too many those at both ends."""
        nodes = self._chain.from_the_loss()
        most = len(nodes) if all_listed else self._most_steps
        if len(nodes) <= most:
            return tuple(map(self._step, nodes)), 0
        half = most // 2
        kept = [*nodes[: most - half], *nodes[len(nodes) - half :]]
        return tuple(map(self._step, kept)), len(nodes) - most

    def _step(self, node: Value) -> ChainStep:
        chain = self._chain
        edges = chain.uppers[node]
        left_out = max(0, len(edges) - _MOST_TERMS)
        if left_out:
            half = _MOST_TERMS // 2
            edges = [*edges[:half], *edges[-half:]]
        terms = []
        for edge in edges:
            above = None if edge.upper is chain.loss else self._total(edge.upper)
            terms.append(StepTerm(above, chain.adjoints[edge.upper], self._factor(edge)))
        written = self._names.derivative(chain.loss, node)
        return ChainStep(written, self._delta(node), tuple(terms), left_out, chain.adjoints[node])

    def _delta(self, node: Value) -> Written | None:
        name = delta(self._names.text(node))
        return letter(name) if name else None

    def _total(self, node: Value) -> Written:
        """Return the derivative of the loss by a node as a term writes it: delta1[2] where it has that name."""
        return self._delta(node) or self._names.derivative(self._chain.loss, node)

    def _definitions(self, factors: Iterable[Factor]) -> tuple[tuple[NodeFormula, ...], int]:
        """Return the formulas of the named nodes on the way, and of those that stand for a long formula in another."""
        chain = self._chain
        nodes = [node for node in chain.nodes if node.inputs and node is not chain.by]
        shown = nodes[: self._most_steps]
        found = {node: self._definition(node) for node in shown}
        formulas = [factor.formula for factor in factors] + [item.formula for item in found.values()]
        for leaf in self._abbreviations(formulas):
            if leaf.node not in found and len(found) < 2 * self._most_steps:
                found[leaf.node] = self._definition(leaf.node)
        return tuple(found[node] for node in sorted(found, key=chain.place.__getitem__)), len(nodes) - len(shown)

    def _abbreviations(self, formulas: Iterable[Any]) -> Iterator[NodeSymbol]:
        for formula in formulas:
            yield from (x for x in symbols_of(formula) if x.node.inputs and x.node not in self._chain.named)

    def _definition(self, node: Value) -> NodeFormula:
        return NodeFormula(self._names.of(node), self._formulas.definition(node), node.data)


# Notes ----------------------------------------------------------------------------------------------------------------


def _remarks(chain: Chain, names: Names, eta: float | None) -> Iterator[Prose]:
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
    stale = sum(map(is_stale, chain.order))
    if stale:
        yield (
            f"Some .data was assigned after the graph was recorded: {stale:,} results no longer follow from their "
            "operands. Call mg.recompute(loss) and derive again.",
        )


def _conventions(chain: Chain, formulas: ChainFormulas, edges: Iterable[ChainEdge], names: Names) -> Iterator[Prose]:
    """Yield the conventions that the derivatives along these edges rest on, each once."""
    told: set[tuple[Value, str]] = set()
    for upper in dict.fromkeys(edge.upper for edge in edges):
        for node in formulas.inside(upper):
            for kink in _kinks(node, chain):
                if (node, kink.words) not in told and len(told) < _MOST_CONVENTIONS:
                    told.add((node, kink.words))
                    yield _convention(node, kink, names)


def _kinks(node: Value, chain: Chain) -> Iterator[Kink]:
    """Yield the kinks that a node's operands lie on and that concern a derivative on the way."""
    if node.op is None:
        return
    numbers = [operand.data for operand in node.inputs]
    for kink in node.op.kinks:
        only = [place for place, operand in enumerate("xy") if f"derivative by {operand}" in kink.convention]
        concerned = [operand for place, operand in enumerate(node.inputs) if place in (only or (0, 1))]
        if any(operand in chain.on_path for operand in concerned) and kink.at(*numbers):
            yield kink


def _convention(node: Value, kink: Kink, names: Names) -> Prose:
    named = [operand for operand in node.inputs if names.given(operand)]
    where: Prose = (" (", names.of(named[0]), f" = {show(named[0].data, 8).text})") if named else ()
    name = node.op.name if node.op else ""
    return (f"{name} at {kink.words}", *where, f": {kink.convention}.")
