"""From a trace to the steps of the page: what each is called, what it says, and what it changes in the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from microgradnet.drawing.stepper.formulas import Formulas
from microgradnet.drawing.stepper.parts import Line, Numbers, Part, harmless, isolate
from microgradnet.drawing.stepper.trace import Contribution, Trace
from microgradnet.text import shorten
from microgradnet.value import Constant

_MOST_LISTED = 12  # leaves that the first and the last step list
_LONGEST_SCOPE = 60


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the page.

    Arguments:
        kind: ``"start"``, ``"forward"``, ``"seed"``, ``"backward"`` or ``"end"``.
        heading: what happens.
        rows: pairs of a caption and a line.
        nodes: the positions of the nodes it is about; the one that changes first.
        edge: for a backward step, the result and the place of the operand along whose edge it goes.
        gradients: the number that the gradient of a node becomes, by position; at the seed, all others become 0.
    """

    kind: str
    heading: str
    rows: tuple[tuple[str, Line], ...] = ()
    nodes: tuple[int, ...] = ()
    edge: tuple[int, int] | None = None
    gradients: dict[int, Part] = field(default_factory=dict)


class Script:
    """Writes the steps of a trace.

    Arguments:
        trace: the two passes.
        formulas: how its formulas are written.
        numbers: how its numbers are shown.
        deltas: the other names of gradients by position, as ``delta1[2]`` for that of ``z1[2]``.
    """

    def __init__(self, trace: Trace, formulas: Formulas, numbers: Numbers, deltas: dict[int, str]) -> None:
        self._trace, self._formulas, self._numbers, self._deltas = trace, formulas, numbers, deltas

    def steps(self) -> Iterator[Step]:
        """Yield all steps: the leaves, each result, the loss's own gradient, each edge, and all gradients."""
        trace = self._trace
        last = len(trace.order) - 1
        yield Step("start", "Start: the leaves have their values", tuple(self._leaves(gradients=False)))
        for number, position in enumerate(trace.operations, 1):
            yield self._forward(number, position)
        yield self._seed(last)
        for number, contribution in enumerate(trace.contributions, 1):
            yield self._backward(number, contribution)
        yield Step("end", "Done: every gradient is complete", tuple(self._leaves(gradients=True)))

    def _name(self, position: int) -> str:
        return isolate(self._formulas.names[position])

    def _leaves(self, *, gradients: bool) -> Iterator[tuple[str, Line]]:
        leaves = self._trace.leaves
        shown = leaves if len(leaves) <= _MOST_LISTED + 1 else leaves[:_MOST_LISTED]
        for position in shown:
            node = self._trace.order[position]
            number = node.grad if gradients else node.data
            subject: list[Part] = [self._formulas.total(position)] if gradients else [self._name(position)]
            if not gradients and self._name(position) == self._numbers.text(number):
                line: Line = [self._numbers.part(number)]
            else:
                line = [*subject, self._numbers.relation(number), self._numbers.part(number)]
            yield "", line
        if len(shown) < len(leaves):
            yield "", [f"and {len(leaves) - len(shown)} more leaves, in the picture"]

    def _forward(self, number: int, position: int) -> Step:
        trace, formulas = self._trace, self._formulas
        node, symbols, name = trace.order[position], formulas.symbolic(position), self._name(position)
        rows: list[tuple[str, Line]] = [
            ("formula", [symbols if symbols == name else f"{name} = {symbols}"]),
            ("numbers", formulas.numeric(position)),
        ]
        for place, operand in enumerate(node.inputs):
            if not isinstance(operand, Constant):
                local = formulas.local(position, formulas.position(operand))
                rows.append((self._local_caption(position, place), [local, *formulas.rule(position, place)]))
        if node.scope:
            rows.append(("scope", [harmless(shorten(node.scope, _LONGEST_SCOPE))]))
        what = node.op.name if node.op else ""
        heading = f"Forward {number} of {len(trace.operations)}: {name}" + (f" ({what})" if what else "")
        return Step("forward", heading, tuple(rows), nodes=(position,))

    def _local_caption(self, result: int, place: int) -> str:
        """Return what a local derivative is called; where both operands are one node, which of them it is by."""
        inputs = self._trace.order[result].inputs
        twice = len(inputs) > 1 and inputs[0] is inputs[1]
        return f"local derivative, {('first', 'second')[place]} operand" if twice else "local derivative"

    def _seed(self, last: int) -> Step:
        one = self._numbers.part(1.0)
        line: Line = [self._formulas.total(last), " = ", one]
        heading = f"Backward: every gradient starts at 0, that of {self._name(last)} at 1"
        return Step("seed", heading, (("gradient", line),), nodes=(last,), gradients={last: one})

    def _backward(self, number: int, edge: Contribution) -> Step:
        formulas, numbers = self._formulas, self._numbers
        above, below = formulas.total(edge.result), formulas.total(edge.operand)
        local = formulas.local(edge.result, edge.operand)
        result = self._trace.order[edge.result]
        rows: list[tuple[str, Line]] = [
            ("passed on", self._equation(edge.result, above, edge.adjoint)),
            (self._local_caption(edge.result, edge.place), [local, *formulas.rule(edge.result, edge.place)]),
            ("chain rule", [above, " · ", local, *self._product(edge)]),
            ("added", [*self._addressed(edge.operand, below), *self._sum(edge)]),
        ]
        to = self._name(edge.operand)
        rows.append(("", [f"The gradient of {to} is complete." if not edge.to_come else _more(edge.to_come, to)]))
        heading = f"Backward {number} of {len(self._trace.contributions)}: from {self._name(edge.result)} to {to}"
        if len(result.inputs) > 1 and result.inputs[0] is result.inputs[1]:
            heading += f" ({('first', 'second')[edge.place]} operand)"
        after = {edge.operand: numbers.part(edge.after)}
        return Step(
            "backward", heading, tuple(rows), (edge.operand, edge.result), (edge.result, edge.place), gradients=after
        )

    def _addressed(self, position: int, subject: Part) -> Line:
        delta = self._deltas.get(position)
        return [f"{isolate(delta)} = ", subject] if delta else [subject]

    def _equation(self, position: int, subject: Part, number: float) -> Line:
        return [*self._addressed(position, subject), self._numbers.relation(number), self._numbers.part(number)]

    def _product(self, edge: Contribution) -> Line:
        numbers, factors = self._numbers, (edge.adjoint, edge.partial)
        return [
            numbers.relation(*factors),
            *numbers.factor(factors[0]),
            " · ",
            *numbers.factor(factors[1]),
            numbers.relation(*factors, edge.contribution),
            numbers.part(edge.contribution),
        ]

    def _sum(self, edge: Contribution) -> Line:
        numbers, terms = self._numbers, (edge.before, edge.contribution)
        return [
            " ← ",
            numbers.part(terms[0]),
            " + ",
            *numbers.factor(terms[1]),
            numbers.relation(*terms, edge.after),
            numbers.part(edge.after),
        ]


def _more(count: int, name: str) -> str:
    return f"{count} more to come for {name}."
