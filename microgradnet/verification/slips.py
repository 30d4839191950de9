"""The slips that people make, as one table.

A slip is one record: its name, how many digits have to agree, and the calculation done otherwise. That a slip leads to
the printed digits stays a guess, and is worded as one.

To add a slip, write a function that yields what the quantity would be, each with the words for it, under ``@slip``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from microgradnet.graph import between
from microgradnet.names import stem
from microgradnet.symbols import Symbol
from microgradnet.value import Constant, Value
from microgradnet.verification.figure import misprints
from microgradnet.verification.otherwise import (
    CALCULUS,
    INDEX,
    PEN,
    Case,
    Edge,
    Found,
    Otherwise,
    Slip,
    applied,
    derivative_of,
    difference_of,
    edges_between,
    is_made_by,
    number_of,
    one,
    slope_of,
    squared,
    value_of,
    zero,
)
from microgradnet.verification.runs import GraphRun

_MOST_SIBLINGS = 40  # nodes of one kind that are tried in another's place
_LARGEST_SHIFT = 3  # places that a decimal point is taken to move
_MOST_NODES = 40  # of one written formula
_DEEPEST = 3  # operations within one that is written out in a sentence

SLIPS: list[Slip] = []
"""The slips, in the order in which they are tried."""


Find = Callable[[Case], Found]


def slip(name: str, *, digits: int, rank: int = CALCULUS, of_figure: bool = False) -> Callable[[Find], Find]:
    """Enter a function into the table of slips; ``of_figure`` where it looks at what is printed."""

    def enter(find: Find) -> Find:
        SLIPS.append(Slip(name, digits, rank, find, of_figure))
        return find

    return enter


# Signs and steps ------------------------------------------------------------------------------------------------------


@slip("sign", digits=1, of_figure=True)
def _sign(case: Case) -> Found:
    yield from ((f"the sign may be lost{words}", -value) for value, words in case.bases)


_UPHILL = "the step may go uphill: the gradient is added, not subtracted"
_DOWNHILL = "the step may go downhill: the gradient is subtracted, not added"
_IN_PLACE_OF_THE_STEP = "the gradient may stand where the step of -eta times the gradient belongs"
_RATES: tuple[tuple[Callable[[float], float], str], ...] = (
    (lambda eta: -eta, _UPHILL),
    (lambda eta: 1.0, "the learning rate may be left out"),
    (lambda eta: -1.0, _IN_PLACE_OF_THE_STEP),
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
            if not case.uphill:
                yield words, Otherwise(rates=rate)
            elif words != _IN_PLACE_OF_THE_STEP:
                yield words.replace(_UPHILL, _DOWNHILL), Otherwise(rates=rate)
        for new, words in _NEWS:
            yield words, Otherwise(news=new)


_USUAL_RATES = (1.0, 0.5, 0.3, 0.25, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.001, 0.0001)


@slip("another learning rate", digits=3, rank=INDEX, of_figure=True)
def _another_rate(case: Case) -> Found:
    for rate in dict.fromkeys((*_rates_that_fit(case), *_USUAL_RATES)) if case.steps else ():
        yield f"a learning rate of {rate:g} may be used", Otherwise(rates=_constant(rate))


def _constant(rate: float) -> Callable[[float], float]:
    return lambda eta: rate


def _rates_that_fit(case: Case) -> Iterator[float]:
    """Yield the shortest decimal among the learning rates under which one step leads to the figure, if there is any."""
    still, full = (case.evaluate(Otherwise(rates=_constant(rate)), None) for rate in (0.0, 1.0))
    slope, half = full - still, float(case.figure.unit) / 2
    if not math.isfinite(slope) or slope == 0.0:
        return
    ends = sorted((case.figure.near + reach - still) / slope for reach in (-half, half))
    for digits in (1, 2):
        rate = float(f"{sum(ends) / 2:.{digits}g}")
        if ends[0] <= rate <= ends[1] and rate > 0.0:
            yield rate
            return


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
            others = {edge: applied(rule, edge[0]) for edge in group}
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
            words = dropped(node, place)
            if words:
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


@slip("half or twice", digits=2, of_figure=True)
def _half_or_twice(case: Case) -> Found:
    has_half = any(is_half(node) for node in case.below)
    twice = "as without the 1/2 of a squared error" if has_half else "as where a term is counted twice"
    half = "as with one 1/2 too many" if has_half else "as where only one of two equal terms is counted"
    for value, words in case.bases:
        yield f"it may be twice the right value, {twice}{words}", 2 * value
        yield f"it may be half the right value, {half}{words}", value / 2


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


def is_half(node: Value) -> bool:
    """Tell whether a node is half of its operand, as in the squared error."""
    written = [operand.data for operand in node.inputs if isinstance(operand, Constant)]
    return (is_made_by(node, "multiply") and 0.5 in written) or (is_made_by(node, "divide") and 2.0 in written)


def _summands(node: Value) -> int:
    """Return how many terms a sum has, as ``total`` adds them up; 1 for what is no sum."""
    count = 1
    while is_made_by(node, "add") and not (node.label and count > 1):
        node, count = node.inputs[0], count + 1
    return count


def dropped(node: Value, kept: int) -> str:
    """Return the words for leaving out the other operand of a node; "" where that is no slip."""
    dropped = node.inputs[1 - kept]
    if is_made_by(node, "add") and is_made_by(dropped, "add") and not dropped.label:
        return ""  # all terms but one: nobody leaves out a sum that has no name
    if is_made_by(node, "add") or (kept == 0 and is_made_by(node, "subtract")):
        return f"the term {dropped.label or formula(dropped)} may be left out"
    if is_made_by(node, "multiply") and (isinstance(dropped, Constant) or dropped.label):
        return f"the factor {formula(dropped) if isinstance(dropped, Constant) else dropped.label} may be left out"
    if is_made_by(node, "divide") and kept == 0 and isinstance(dropped, Constant):
        if _summands(node.inputs[0]) == dropped.data:
            return "the sum may stand where the mean belongs"
        return f"the division by {formula(dropped)} may be left out"
    return ""


def conventions(nodes: Sequence[Value]) -> Iterator[tuple[str, Otherwise]]:
    """Yield what may be done otherwise on a whole page, each with the words for it."""
    written: dict[str, dict[Edge, None]] = {}
    for node in nodes:
        for place, other in enumerate(node.inputs[::-1]) if len(node.inputs) == 2 else ():
            words = dropped(node, place) if isinstance(other, Constant) and abs(other.data) != 1.0 else ""
            if words and not is_made_by(node, "add"):
                written.setdefault(words, {})[node, place] = None
    for words, edges in written.items():
        values = {node: value_of(node.inputs[place]) for node, place in edges}
        yield (
            words.replace("may be", "is").replace("may stand", "stands"),
            Otherwise(values=values, partials=dict.fromkeys(edges, one)),
        )
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
    for node in reversed([node for node in case.below if node.label]):
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


@slip("another target", digits=2, rank=INDEX)
def _another_target(case: Case) -> Found:
    """Yield: the target of another output, where the loss is recorded with the wanted output alone (cross-entropy)."""
    targets = [node for kind in case.kinds.values() for node in kind if node.label.startswith("t[")]
    named = {node.label: node for kind in case.kinds.values() for node in kind}
    for of, by in case.pairs:
        for node in between(of, by):
            output = named.get(f"a{node.label[1:]}") if node.label.startswith("z") else None
            own = named.get(re.sub(r"^z\d*", "t", node.label)) if output is not None else None
            if output is None or own is None:
                continue
            slope = GraphRun(of).derivative(of, node)
            if math.isclose(slope, output.data - own.data, rel_tol=1e-9, abs_tol=1e-12):
                for other in targets:
                    if other.data != own.data:
                        words = f"{other.label} may stand where {own.label} belongs"
                        yield words, Otherwise(adjoints={node: difference_of(output, other)})


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


@slip("another quantity", digits=3, rank=INDEX, of_figure=True)
def _another_quantity(case: Case) -> Found:
    yield from ((f"it may be the value of {name}", value) for name, value in case.others)


# Slips of the pen -----------------------------------------------------------------------------------------------------


@slip("decimal point", digits=2, rank=PEN, of_figure=True)
def _point(case: Case) -> Found:
    for value, words in case.bases:
        for places in range(1, _LARGEST_SHIFT + 1):
            for power, size in ((places, "large"), (-places, "small")):
                sentence = f"the decimal point may be moved: {10**places} times too {size}{words}"
                yield sentence, value * 10.0**power


@slip("misprint", digits=3, rank=PEN, of_figure=True)
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


# Formulas, and what they are called -----------------------------------------------------------------------------------


def formula(node: Value, depth: int = _DEEPEST) -> str:
    """Return how a node is called or written: its label, else its formula over the labels below it."""
    return str(_symbol(node, depth, top=True).text) if node.op is not None else node.label or f"{node.data:g}"


def _symbol(node: Value, depth: int, top: bool = False) -> Symbol:
    """Return a node as a symbol; at the top the formula is written even where the node has a label of its own."""
    if node.op is None or (node.label and not top) or depth == 0:
        return Symbol(node.label or (f"{node.data:g}" if node.op is None else "..."))
    written = node.op(*(_symbol(operand, depth - 1) for operand in node.inputs))
    return written if isinstance(written, Symbol) else Symbol(f"{node.data:g}")


def listed(names: Iterable[str]) -> str:
    """Return names in their order, each once; those beyond the third are left out."""
    names = sorted(set(names))
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def derivatives_of(group: list[Edge], what: str) -> str:
    """Return the sentence that the derivatives of some functions may be so."""
    names = listed([formula(node) for node, _ in group])
    return f"the derivative{'s' * (len(group) > 1)} of {names} may be {what}"


def is_function(edge: Edge) -> bool:
    """Tell whether the edge is a function's derivative: one operand that varies, and a slope other than ±1."""
    node, place = edge
    if is_made_by(node, "multiply") or is_made_by(node, "divide"):
        return False
    others = [operand for at, operand in enumerate(node.inputs) if at != place]
    return all(isinstance(other, Constant) for other in others) and abs(node.partials[place]) not in (0.0, 1.0)


def groups_of(edges: list[Edge]) -> Iterator[list[Edge]]:
    """Yield the edges that a person would treat alike: those of one operation in one layer, then each alone."""
    groups: dict[tuple[str, str], list[Edge]] = {}
    for node, place in edges:
        groups.setdefault((node.op.name if node.op else "", stem(node.label)), []).append((node, place))
    yield from groups.values()
    yield from ([edge] for group in groups.values() if len(group) > 1 for edge in group)


def nodes_of_formula(target: Value) -> list[Value]:
    """Return the nodes of one written formula: those below a node, down to the next that have names."""
    found = dict.fromkeys([target])
    waiting = [target]
    while waiting and len(found) < _MOST_NODES:
        below = [node for node in waiting.pop(0).inputs if node.inputs and not node.label and node not in found]
        found.update(dict.fromkeys(below))
        waiting += below
    return [*found]
