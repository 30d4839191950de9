"""The slips that people make, as one table, and which of them lead to a wrong figure.

A slip is one record: words, how many digits have to agree, and the calculation done otherwise. :func:`explain` runs the
quantity again under each and names those that lead to the printed digits, the likeliest first. That stays a guess, and
is worded as one.

To add a slip, write a function that yields what the quantity would be, each with the words for it, under ``@slip``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from microgradnet.graph import between, topological
from microgradnet.names import stem
from microgradnet.value import Constant, Value
from microgradnet.verification.figure import Figure, misprints
from microgradnet.verification.otherwise import (
    Edge,
    Otherwise,
    applied,
    derivative_of,
    derivatives_of,
    difference_of,
    dropped,
    edges_between,
    formula,
    groups_of,
    is_function,
    is_half,
    is_made_by,
    listed,
    nodes_of_formula,
    number_of,
    of_result,
    one,
    slope_of,
    squared,
    value_of,
    zero,
)
from microgradnet.verification.runs import Alteration, Entries, GraphRun

Found = Iterator[tuple[str, "float | Otherwise"]]
"""What the quantity would be under a slip, as a number or as the calculation done otherwise, with the words for it."""

Slot = tuple[int, int]
"""A slip's place in the table, and which of the calculations that it yields."""

CALCULUS, INDEX, PEN = range(3)  # ranks: slips of the calculus, a wrong thing in a right formula, misprints
_MOST_SIBLINGS = 40  # nodes of one kind that are tried in another's place
_LARGEST_SHIFT = 3  # places that a decimal point is taken to move
_REACH, _REACH_IN_UNITS = 0.05, 50  # how far printed intermediates may move a result: relatively, and in last places
_MOST_NAMED = 3  # slips that are named for one figure


@dataclass(frozen=True, slots=True)
class Slip:
    """One kind of slip.

    Arguments:
        name: what it is called in the table.
        digits: how many significant digits must agree for it to be more than a guess.
        rank: ``CALCULUS``, ``INDEX`` or ``PEN``: which explanation comes first where several fit.
        find: yields what a quantity would be under the slip.
    """

    name: str
    digits: int
    rank: int
    find: Callable[[Case], Found]


SLIPS: list[Slip] = []
"""The slips, in the order in which they are tried."""


Find = Callable[["Case"], Found]


def slip(name: str, *, digits: int, rank: int = CALCULUS) -> Callable[[Find], Find]:
    """Enter a function into the table of slips."""

    def enter(find: Find) -> Find:
        SLIPS.append(Slip(name, digits, rank, find))
        return find

    return enter


@dataclass
class Case:
    """A figure that was found wrong, and what its quantity is computed from.

    Arguments:
        figure: the figure.
        exact: the quantity as the engine computes it.
        evaluate: the quantity under an alteration; nan where it has no value or the effort is spent. The slot says
            which alteration of the table it is; None where it depends on what is printed.
        entries: the figures that are printed for other quantities and are right.
        values: the nodes whose number it takes.
        pairs: the derivatives that it takes: of what, by what.
        steps: whether it is about a step.
        kinds: the labelled nodes of the calculation by kind, see :func:`kinds_of`.
        is_spent: whether there is no effort left to try more.
        bases: other values that the figure may be a distortion of, with words for where they come from.
        others: exact values of the other quantities of the page, by the page's names.
    """

    figure: Figure
    exact: float
    evaluate: Callable[[Alteration, Slot | None], float]
    entries: Entries
    values: Sequence[Value]
    pairs: Sequence[tuple[Value, Value]]
    steps: bool
    kinds: Mapping[tuple[str, bool], Sequence[Value]]
    is_spent: Callable[[], bool]
    bases: Sequence[tuple[float, str]] = ()
    others: Sequence[tuple[str, float]] = ()

    @property
    def digits(self) -> int:
        """How many digits tell the figure from the right value: those of the larger of the two, to the same place."""
        figure = self.figure
        if figure.decimals is None or not math.isfinite(self.exact):
            return figure.digits
        units = max(abs(figure.near), abs(self.exact)) * 10.0 ** min(figure.decimals, 300)
        return len(str(int(min(units, 1e15)))) if units >= 1 else 0

    def agrees(self, found: float | Otherwise, slot: Slot | None = None) -> bool:
        """Tell whether a slip leads to the figure, on exact numbers or with the printed figures."""
        if not isinstance(found, Otherwise):
            return self._reads(found)
        value = self.evaluate(found, slot)
        if self._reads(value):
            return True
        reach = max(_REACH_IN_UNITS * float(self.figure.unit), _REACH * abs(self.figure.near))
        if not self.entries or not abs(value - self.figure.near) <= reach:
            return False  # printed intermediates change the last digits, no more
        return self._reads(self.evaluate(replace(found, entries=self.entries, computed={}), None))

    def _reads(self, value: float) -> bool:
        return math.isfinite(value) and self.figure.is_rounding_of(value)

    @cached_property
    def edges(self) -> list[Edge]:
        """The edges on the paths of the derivatives, from the results down."""
        return list(dict.fromkeys(edge for of, node in self.pairs for edge in edges_between(of, node)))

    @cached_property
    def below(self) -> list[Value]:
        """The nodes that the quantity is computed from."""
        return topological(*dict.fromkeys([*(of for of, _ in self.pairs), *self.values]))


@dataclass(frozen=True, slots=True)
class NamedSlip:
    """A slip that leads to the printed digits.

    Arguments:
        words: the sentence that says so.
        rank: of the slip.
        place: of the slip in the table.
        change: what the quantity would be, as a number or as the calculation done otherwise; None for another order.
    """

    words: str
    rank: int
    place: int
    change: float | Otherwise | None = None


def explain(case: Case) -> list[NamedSlip]:
    """Return the slips that lead to a wrong figure, each sentence once, in the order of the table."""
    found: dict[str, NamedSlip] = {}
    for place, each in enumerate(SLIPS):
        if case.digits >= each.digits:
            for turn, (words, otherwise) in enumerate(each.find(case)):
                if case.is_spent():
                    return list(found.values())
                known = words.partition(" (")[0]  # of an exact value; what it comes from is not said twice
                if words not in found and known not in found and case.agrees(otherwise, (place, turn)):
                    found[words] = NamedSlip(words, each.rank, place, otherwise)
    return list(found.values())


def likeliest(found: Iterable[NamedSlip], seen: Mapping[str, int]) -> tuple[str, ...]:
    """Return the sentences of the likeliest explanations, at most three.

    An explanation of the calculus comes before a misprint, and one of more figures before one of fewer.

    Arguments:
        found: the explanations of one figure.
        seen: how many figures of the page each sentence explains.
    """
    ranked = sorted(found, key=lambda each: (each.rank == PEN, -seen.get(each.words, 1), each.rank, each.place))
    words = [each.words for each in ranked if each.rank != PEN]
    pen = [each.words for each in ranked if each.rank == PEN]
    return (*words[: _MOST_NAMED - bool(pen)], *pen)[:_MOST_NAMED]


# Signs and steps ------------------------------------------------------------------------------------------------------


@slip("sign", digits=1)
def _sign(case: Case) -> Found:
    yield from ((f"the sign may be lost{words}", -value) for value, words in case.bases)


_RATES: tuple[tuple[Callable[[float], float], str], ...] = (
    (lambda eta: -eta, "the step may go uphill: the gradient is added, not subtracted"),
    (lambda eta: 1.0, "the learning rate may be left out"),
    (lambda eta: -1.0, "the gradient may stand where the step of -eta times the gradient belongs"),
    (lambda eta: eta * eta, "the learning rate may be applied twice"),
    (lambda eta: 2 * eta, "the gradient may have been accumulated over two sweeps"),
    (lambda eta: eta / 2, "half the learning rate may be used"),
)
_NEWS: tuple[tuple[Callable[[GraphRun, Value, float], float], str], ...] = (
    (lambda run, leaf, change: run.derivative(run.loss, leaf), "the gradient may stand where the new weight belongs"),
    (lambda run, leaf, change: change, "the change may stand where the new weight belongs"),
    (
        lambda run, leaf, change: run.value(leaf) * (1 - run.learning_rate()),
        "eta times the weight may be subtracted, not eta times its gradient",
    ),
    (
        lambda run, leaf, change: run.value(leaf) - (run.learning_rate() + run.derivative(run.loss, leaf)),
        "the learning rate may be added to the gradient, not multiplied",
    ),
)


@slip("step", digits=2)
def _step(case: Case) -> Found:
    if case.steps:
        for rate, words in _RATES:
            yield words, Otherwise(rates=rate)
        for new, words in _NEWS:
            yield words, Otherwise(news=new)


def _constant(rate: float) -> Callable[[float], float]:
    return lambda eta: rate


@slip("another learning rate", digits=3, rank=INDEX)
def _another_rate(case: Case) -> Found:
    for rate in (1.0, 0.5, 0.3, 0.25, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.001, 0.0001) if case.steps else ():
        yield f"a learning rate of {rate:g} may be used", Otherwise(rates=_constant(rate))


@slip("half or twice", digits=2)
def _half_or_twice(case: Case) -> Found:
    has_half = any(is_half(node) for node in case.below)
    twice = "as without the 1/2 of a squared error" if has_half else "as where a term is counted twice"
    half = "as with one 1/2 too many" if has_half else "as where only one of two equal terms is counted"
    for value, words in case.bases:
        yield f"it may be twice the right value, {twice}{words}", 2 * value
        yield f"it may be half the right value, {half}{words}", value / 2


# The chain rule -------------------------------------------------------------------------------------------------------


@slip("derivative of a function", digits=2)
def _function(case: Case) -> Found:
    for group in groups_of([edge for edge in case.edges if is_function(edge)]):
        slopes = {edge: slope_of(edge) for edge in group}
        yield derivatives_of(group, "left out"), Otherwise(partials=dict.fromkeys(group, one))
        twice = {edge: squared(slope) for edge, slope in slopes.items()}
        yield derivatives_of(group, "applied twice"), Otherwise(partials=twice)


@slip("derivative of a function, taken otherwise", digits=2)
def _another_slope(case: Case) -> Found:
    for group in groups_of([edge for edge in case.edges if is_function(edge)]):
        inside = {edge: slope_of(edge, inside=True) for edge in group}
        words = derivatives_of(group, "taken with the operand where the result belongs")
        yield words, Otherwise(partials=inside)
        outside = {edge: slope_of(edge, outside=True) for edge in group}
        words = derivatives_of(group, "taken at the result where the operand belongs")
        yield words, Otherwise(partials=outside)
        if any(node.op is None or len(node.op.partials) != 1 for node, _ in group):
            continue
        for written, rule in _SLOPES.items():
            others = {edge: of_result(edge[0], rule) for edge in group}
            yield derivatives_of(group, f"taken as {written}"), Otherwise(partials=others)


_SLOPES: dict[str, Callable[[float], float]] = {
    "a(1 - a)": lambda a: a * (1 - a),
    "1 - a²": lambda a: 1 - a * a,
    "the output a itself": lambda a: a,
    "1 - a": lambda a: 1 - a,
}


@slip("error for the slope", digits=3)
def _error_for_slope(case: Case) -> Found:
    """Yield: the error a - t, or E itself, where the derivative of the activation belongs."""
    targets = {node.label: node for kind in case.kinds.values() for node in kind if node.label.startswith("t[")}
    losses = {of for of, _ in case.pairs}
    for node, place in [edge for edge in case.edges if is_function(edge)]:
        target = targets.get(re.sub(r"^a\d+", "t", node.label))
        if target is not None:
            error = Otherwise(partials={(node, place): difference_of(node, target)})
            yield (
                f"the error {node.label} - {target.label} may stand where the derivative of {formula(node)} belongs",
                error,
            )
            for loss in losses:
                words = f"{loss.label or 'the loss'} may stand where the derivative of {formula(node)} belongs"
                yield words, Otherwise(partials={(node, place): value_of(loss)})


@slip("written factor", digits=2)
def _written_factor(case: Case) -> Found:
    for node, place in case.edges:
        other = node.inputs[1 - place] if len(node.inputs) == 2 else None
        if isinstance(other, Constant) and abs(other.data) != 1.0:
            if is_made_by(node, "multiply"):
                words = f"the factor {formula(other)} may be left out"
                yield words, Otherwise(partials={(node, place): one})
            if is_made_by(node, "divide") and place == 0:
                words = f"the division by {formula(other)} may be left out"
                yield words, Otherwise(partials={(node, place): one})


@slip("factor of a product", digits=2)
def _factor(case: Case) -> Found:
    labelled = [(node, place) for node, place in _products(case) if node.inputs[1 - place].label]
    groups: dict[str, list[Edge]] = {}
    for node, place in labelled:
        groups.setdefault(stem(node.inputs[1 - place].label), []).append((node, place))
    single = [[edge] for group in groups.values() if len(group) > 1 for edge in group]
    for group in (*groups.values(), *single):
        others = listed([node.inputs[1 - place].label for node, place in group])
        owns = listed([node.inputs[place].label or formula(node.inputs[place]) for node, place in group])
        words = f"the factor{'s' * (len(group) > 1)} {others} may be left out"
        yield words, Otherwise(partials=dict.fromkeys(group, one))
        swapped = {(node, place): value_of(node.inputs[place]) for node, place in group}
        words = f"the gradient by {others} may be used where that by {owns} belongs"
        yield words, Otherwise(partials=swapped)


@slip("cross terms of a softmax", digits=0)
def _cross_terms(case: Case) -> Found:
    for of, node in case.pairs:
        on_path = {*between(of, node)}
        for (kind, is_leaf), nodes in case.kinds.items():
            outputs = [each for each in nodes if each in on_path]
            before = case.kinds.get((kind.replace("a", "z", 1), is_leaf), ())
            own = [each for each in before if each in on_path]
            if not kind.startswith("a") or len(outputs) < 2 or len(own) != 1:
                continue  # behind one pre-activation, only a softmax has several outputs
            kept = f"a{own[0].label[1:]}"
            words = f"the cross terms of the softmax may be left out: only the path through {kept} is counted"
            yield words, Otherwise(adjoints={each: zero for each in outputs if each.label != kept})


@slip("one path only", digits=2)
def _one_path(case: Case) -> Found:
    groups: dict[str, list[Value]] = {}
    for node in dict.fromkeys(node for node, _ in case.edges if node.label):
        groups.setdefault(stem(node.label), []).append(node)
    for group in groups.values():
        for kept in group if 1 < len(group) <= _MOST_SIBLINGS else ():
            words = f"only the path through {kept.label} may be counted"
            dropped = {node: zero for node in group if node is not kept}
            yield words, Otherwise(adjoints=dropped)
    for of, node in case.pairs:  # a leaf that stands in several places, such as a shared bias
        edges = [edge for edge in edges_between(of, node) if edge[0].inputs[edge[1]] is node]
        for only in edges if 1 < len(edges) <= _MOST_SIBLINGS else ():
            words = f"only one of the {len(edges)} places where {node.label} stands may be counted"
            yield words, Otherwise(partials={edge: zero for edge in edges if edge != only})


@slip("difference quotient", digits=4)
def _difference(case: Case) -> Found:
    if len(case.pairs) != 1 or case.values or case.steps:
        return
    ((of, leaf),) = case.pairs
    if leaf.op is not None:
        return
    here = of.data
    for step in (0.1, 0.01, 0.001, 0.0001):
        there = GraphRun(of).replaced({leaf: leaf.data + step}).value(of)
        yield f"it may be a forward difference with h = {step:g}", (there - here) / step


def conventions(nodes: Sequence[Value]) -> Iterator[tuple[str, Otherwise]]:
    """Yield what may be done otherwise on a whole page, each with the words for it."""
    written: dict[str, list[Value]] = {}
    for node in nodes:
        if is_made_by(node, "multiply") or is_made_by(node, "divide"):
            for other in node.inputs:
                if isinstance(other, Constant) and abs(other.data) != 1.0:
                    written.setdefault(f"{node.op.name if node.op else ''} {other.data:g}", []).append(node)
    for found in written.values():
        values, partials, words = {}, {}, ""
        for node in found:
            kept = 1 if isinstance(node.inputs[0], Constant) else 0
            if kept == 0 or is_made_by(node, "multiply"):
                words = f"without the {'division by' if kept == 0 and is_made_by(node, 'divide') else 'factor'}"
                words += f" {formula(node.inputs[1 - kept])}"
                values[node], partials[node, kept] = value_of(node.inputs[kept]), one
        if values:
            yield words, Otherwise(values=values, partials=partials)
    for words, change in transposed_weights(nodes):
        yield words.replace("may be", "are"), change
    for words, change in other_functions(nodes):
        yield words.replace("may stand", "stands").replace("may have", "has").replace("may be", "is"), change


# The wrong thing in a right formula -----------------------------------------------------------------------------------


@slip("crossed weight", digits=2, rank=INDEX)
def _crossed(case: Case) -> Found:
    for node, place in _products(case):
        factor = node.inputs[1 - place]
        before = [factor.inputs[0]] if len(factor.inputs) == 1 and factor.inputs[0].label and factor.label else []
        for other in [*_siblings(factor, case), *before]:
            words = f"{other.label} may stand where {factor.label} belongs"
            yield words, Otherwise(partials={(node, place): value_of(other)})


@slip("wrong index", digits=2, rank=INDEX)
def _index(case: Case) -> Found:
    for node in [node for node in case.below if node.label]:
        for other in _siblings(node, case):
            words = f"{other.label} may stand where {node.label} belongs"
            yield words, Otherwise(values={node: value_of(other)})
    for of, by in case.pairs:
        for node in between(of, by) if by is not of else ():
            if node is not of and node.label and node.op is not None:
                for other in _siblings(node, case):
                    words = f"the derivative by {other.label} may stand where that by {node.label} belongs"
                    slope = derivative_of(of, other)
                    yield words, Otherwise(adjoints={node: slope})


@slip("transposed weights", digits=3)
def _transposed(case: Case) -> Found:
    yield from transposed_weights(node for kind in case.kinds.values() for node in kind)


def transposed_weights(nodes: Iterable[Value]) -> Iterator[tuple[str, Otherwise]]:
    """Yield the changes that transpose the square matrices of weights, each with the words for it."""
    groups: dict[str, dict[tuple[int, int], Value]] = {}
    for node in nodes:
        match = re.fullmatch(r"(w\d*)\[(\d+),(\d+)\]", node.label) if node.op is None else None
        if match:
            groups.setdefault(match[1], {})[int(match[2]), int(match[3])] = node
    for name, matrix in groups.items():
        if len(matrix) > 1 and all((k, j) in matrix for j, k in matrix):
            values = {node: number_of(matrix[k, j]) for (j, k), node in matrix.items() if j != k}
            yield f"the weights {name} may be transposed", Otherwise(values=values)


@slip("left out of a formula", digits=3)
def _left_out(case: Case) -> Found:
    for target in case.values:
        for node in nodes_of_formula(target):
            if len(node.inputs) == 1 and node.op and node.op.name != "negate":
                change = Otherwise(values={node: value_of(node.inputs[0])})
                yield f"{node.op.name} may be left out", change
            for place in range(2) if len(node.inputs) == 2 else ():
                words = dropped(node, place)
                if words:
                    yield words, Otherwise(values={node: value_of(node.inputs[place])})
    for bias in case.below:
        if bias.op is None and re.match(r"b\d*(\[|$)", bias.label) and bias.data:
            yield f"the term {bias.label} may be left out", Otherwise(values={bias: zero})


@slip("activation left out", digits=2)
def _activation(case: Case) -> Found:
    for node in case.below:
        if node.label and len(node.inputs) == 1 and node.op and node.inputs[0].label:
            words = f"the pre-activation {node.inputs[0].label} may stand where {node.label} belongs"
            yield words, Otherwise(values={node: value_of(node.inputs[0])})


_OTHER_FUNCTIONS: tuple[tuple[str, str, Callable[[float], float], Callable[[float], float]], ...] = (
    ("log", "log10 may stand where ln belongs", math.log10, lambda x: 1 / (x * math.log(10))),
    ("sigmoid", "the exponent of the sigmoid may have the wrong sign", lambda z: 1 / (1 + math.exp(z)), lambda z: 0.0),
    ("exp", "the exponent may have the wrong sign", lambda x: math.exp(-x), lambda x: math.exp(-x)),
    *(
        (name, "the angle may be in degrees", lambda x, f=f: f(math.radians(x)), lambda x, g=g: g(math.radians(x)))
        for name, f, g in (
            ("sin", math.sin, math.cos),
            ("cos", math.cos, lambda x: -math.sin(x)),
            ("tan", math.tan, lambda x: 1 / math.cos(x) ** 2),
        )
    ),
)  # fmt: skip


_ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "relu": lambda z: max(z, 0.0),
}


@slip("another activation", digits=3)
def _another_activation(case: Case) -> Found:
    for node in case.below:
        name = node.op.name if node.op else ""
        if name in _ACTIVATIONS and node.label:
            for other, function in _ACTIVATIONS.items():
                if other != name:
                    change = Otherwise(values={node: applied(function, node.inputs[0])})
                    yield f"{other} may stand where {name} belongs in {node.label}", change


@slip("another function", digits=3)
def _another_function(case: Case) -> Found:
    yield from other_functions(case.below)


def other_functions(nodes: Iterable[Value]) -> Iterator[tuple[str, Otherwise]]:
    """Yield the changes that take another function for one that looks like it, each with the words for it."""
    nodes = list(nodes)
    for name, words, function, slope in _OTHER_FUNCTIONS:
        chosen = [node for node in nodes if is_made_by(node, name)]
        if chosen:
            values = {node: applied(function, node.inputs[0]) for node in chosen}
            partials = {(node, 0): applied(slope, node.inputs[0]) for node in chosen if name != "sigmoid"}
            yield words, Otherwise(values=values, partials=partials)


@slip("another quantity", digits=3, rank=INDEX)
def _another_quantity(case: Case) -> Found:
    yield from ((f"it may be the value of {name}", value) for name, value in case.others)


# Slips of the pen -----------------------------------------------------------------------------------------------------


@slip("decimal point", digits=2, rank=PEN)
def _point(case: Case) -> Found:
    for value, words in case.bases:
        for places in range(1, _LARGEST_SHIFT + 1):
            for power, size in ((places, "large"), (-places, "small")):
                sentence = f"the decimal point may be moved: {10**places} times too {size}{words}"
                yield sentence, value * 10.0**power


@slip("misprint", digits=3, rank=PEN)
def _misprint(case: Case) -> Found:
    for value, words in case.bases:
        for sentence in misprints(case.figure, value):
            yield f"{sentence}{words}", case.figure.near


def _products(case: Case) -> list[Edge]:
    return [
        edge for edge in case.edges if is_made_by(edge[0], "multiply") and edge[0].inputs[0] is not edge[0].inputs[1]
    ]


def _siblings(node: Value, case: Case) -> list[Value]:
    """Return the nodes of the same kind and layer that have another number."""
    alike = case.kinds.get((stem(node.label), node.op is None), ()) if node.label else ()
    return [other for other in alike if other.label != node.label and other.data != node.data][:_MOST_SIBLINGS]
