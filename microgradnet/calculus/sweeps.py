r"""The two sweeps over a recorded graph: backward with adjoints, forward with tangents, in numbers or as new graphs.

Both are the chain rule along :math:`y = f(x_1, x_2)`: backward
:math:`\bar x_i \mathrel{+}= \bar y\,\partial f/\partial x_i`, forward
:math:`\dot y = \sum_i \dot x_i\,\partial f/\partial x_i` (A. Griewank and A. Walther, *Evaluating Derivatives*,
2nd ed., sections 3.1 and 3.2). They keep their numbers apart from ``.grad``, and nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

from microgradnet.calculus.terms import Term, as_value, partial_term
from microgradnet.graph import topological
from microgradnet.value import Value

Partial = Callable[[Value, int], Any]


def ordered(roots: Iterable[Value]) -> list[Value]:
    """Return all nodes below several roots, and the roots, each once and operands before results."""
    distinct = list(dict.fromkeys(roots))
    order = topological(distinct[0]) if distinct else []
    if len(distinct) < 2:
        return order
    seen = set(map(id, order))
    waiting: list[Value | None] = [*distinct[:0:-1]]
    while waiting:
        node = waiting.pop()
        if node is None:  # a mark: everything below the node under it is in order by now
            order.append(cast(Value, waiting.pop()))
        elif id(node) not in seen:
            seen.add(id(node))
            waiting += (node, None, *reversed(node.inputs))
    return order


def varied_by(order: Iterable[Value], variables: Iterable[Value]) -> set[int]:
    """Return the ids of the nodes of an order that depend on a variable, the variables included."""
    varied = {id(variable) for variable in variables}
    for node in order:
        for operand in node.inputs:
            if id(operand) in varied:
                varied.add(id(node))
    return varied


def backward_numbers(y: Value, variables: Sequence[Value]) -> list[float]:
    """Return dy by each variable, with the partial derivatives that the nodes hold; 0.0 where y does not depend."""
    order = ordered([y])
    return _backward(order, variables, varied_by(order, variables), lambda node, place: node.partials[place])


def backward_sizes(y: Value, variables: Sequence[Value]) -> list[float]:
    """Return for each variable the sum over its paths without signs: what rounding in dy by it is relative to."""
    order = ordered([y])
    return _backward(order, variables, varied_by(order, variables), lambda node, place: abs(node.partials[place]))


def backward_values(y: Value, variables: Sequence[Value]) -> list[Value]:
    """Return dy by each variable as new Values, which can be differentiated again."""
    order = ordered([y])
    varied = varied_by(order, variables)
    adjoints = _backward(order, variables, varied, lambda node, place: partial_term(node, place, varied))
    return _as_values(adjoints, order)


def forward_numbers(ys: Sequence[Value], variables: Sequence[Value], seeds: Sequence[float]) -> list[float]:
    """Return the derivative of each y along the direction that the seeds give, with the partials that nodes hold."""
    order = ordered(ys)
    varied = varied_by(order, variables)
    return _forward(order, ys, variables, seeds, varied, lambda node, place: node.partials[place])


def forward_values(ys: Sequence[Value], variables: Sequence[Value], seeds: Sequence[Any]) -> list[Value]:
    """Return the derivative of each y along a direction as new Values; the seeds are floats and Values."""
    order = ordered(ys)
    varied = varied_by(order, variables)
    terms = [Term(seed) if isinstance(seed, Value) else seed for seed in seeds]
    tangents = _forward(order, ys, variables, terms, varied, lambda node, place: partial_term(node, place, varied))
    return _as_values(tangents, [*order, *(seed for seed in seeds if isinstance(seed, Value))])


def _backward(order: list[Value], variables: Sequence[Value], varied: set[int], partial: Partial) -> list[Any]:
    adjoints: dict[int, Any] = {id(order[-1]): 1.0}
    for node in reversed(order):
        adjoint = adjoints.get(id(node))
        if adjoint is None or id(node) not in varied:
            continue
        for place, operand in enumerate(node.inputs):
            if id(operand) in varied:
                share = adjoint * partial(node, place)
                before = adjoints.get(id(operand))
                adjoints[id(operand)] = share if before is None else before + share
    return [adjoints.get(id(variable), 0.0) for variable in variables]


def _forward(
    order: list[Value],
    ys: Sequence[Value],
    variables: Sequence[Value],
    seeds: Sequence[Any],
    varied: set[int],
    partial: Partial,
) -> list[Any]:
    tangents: dict[int, Any] = {}
    for variable, seed in zip(variables, seeds, strict=True):  # a parameter may stand in two places
        tangents[id(variable)] = tangents[id(variable)] + seed if id(variable) in tangents else seed
    for node in order:
        if id(node) in varied and id(node) not in tangents:
            places = [place for place, operand in enumerate(node.inputs) if id(operand) in varied]
            terms = [partial(node, place) * tangents[id(node.inputs[place])] for place in places]
            tangents[id(node)] = terms[0] if len(terms) == 1 else terms[0] + terms[1]
    return [tangents.get(id(y), 0.0) for y in ys]


def _as_values(terms: Iterable[Any], before: Iterable[Value]) -> list[Value]:
    known = {id(node) for node in before}
    return [as_value(term, known) for term in terms]
