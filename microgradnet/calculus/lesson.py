"""``why_topological``: the naive recursive backward on the user's own graph, and where it counts twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from microgradnet.errors import ArgumentError, NumberTypeError, described
from microgradnet.figures import show
from microgradnet.graph import adjoints, leaves, topological
from microgradnet.names import Names, caller_variables
from microgradnet.text import TextTable, encodable
from microgradnet.value import Constant, Value

_MOST_ARRIVALS = 500  # a page that nobody reads to its end explains nothing
_DIGITS = 6
_INTRODUCTION = (
    "The naive backward: on reaching a node, push its whole grad down to its operands, then go on to each of them."
)


@dataclass(frozen=True, slots=True)
class Push:
    """One addition to an operand's gradient: ``to.grad += partial * grad``."""

    to: str
    partial: float
    amount: float
    grad_after: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """One arrival of the naive backward at a node.

    Arguments:
        number: counts the arrivals from 1.
        node: the node's name.
        definition: its name and formula; the name alone for a leaf.
        grad: the gradient of the node on arrival, all of which is pushed down.
        pushed_before: how much of that earlier arrivals pushed down already, and is counted again now.
        arrivals_before: how often the node was reached before.
        pushes: what is added to its operands.
    """

    number: int
    node: str
    definition: str
    grad: float
    pushed_before: float
    arrivals_before: int
    pushes: tuple[Push, ...]

    @property
    def counts_twice(self) -> bool:
        """Whether this arrival pushes down again what was pushed down before."""
        return self.arrivals_before > 0 and bool(self.pushes)

    def __str__(self) -> str:
        arrival = f"for the {_ordinal(self.arrivals_before + 1)} time" if self.arrivals_before else "for the first time"
        lines = [f"{self.number}. reach {self.definition} {arrival}: its grad is {_number(self.grad)}"]
        if self.counts_twice:
            lines[0] += f", of which {_number(self.pushed_before)} was pushed down before and is COUNTED AGAIN"
        lines += [
            f"     {push.to}.grad += {_number(push.partial)} * {_number(self.grad)} = {_number(push.amount)}"
            f"   (now {_number(push.grad_after)})"
            for push in self.pushes
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class LeafGradients:
    """One leaf's gradient from the naive backward, and the right one."""

    leaf: str
    naive: float
    right: float

    @property
    def agrees(self) -> bool:
        """Whether the naive gradient is right."""
        return abs(self.naive - self.right) <= 1e-9 * max(abs(self.naive), abs(self.right))

    @property
    def mark(self) -> str:
        """How the two compare, in words."""
        if self.agrees:
            return "the same"
        return f"{self.naive / self.right:.4g} times as much" if self.right else "wrong"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Two backward passes over one graph, side by side. It prints as text and shows as Markdown in a notebook.

    Arguments:
        steps: each arrival of the naive backward, in order.
        leaves: each leaf's gradient, naive and right.
        order: the nodes in the order in which the right backward visits them, each once.
    """

    steps: tuple[Arrival, ...]
    leaves: tuple[LeafGradients, ...]
    order: tuple[str, ...]

    @property
    def first_double_count(self) -> Arrival | None:
        """The arrival at which the naive backward goes wrong; None where it does not."""
        return next((step for step in self.steps if step.counts_twice), None)

    @property
    def text(self) -> str:
        """The lesson as plain text."""
        table = self._table().text()
        return "\n".join([_INTRODUCTION, "", *map(str, self.steps), "", table, "", *self._explanation()])

    @property
    def markdown(self) -> str:
        """The lesson as Markdown."""
        steps = "\n".join(map(str, self.steps)).replace("```", "'''")
        explanation = "\n\n".join(self._explanation())
        return f"{_INTRODUCTION}\n\n```text\n{steps}\n```\n\n{self._table().markdown()}\n\n{explanation}\n"

    def __str__(self) -> str:
        return encodable(self.text)

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _table(self) -> TextTable:
        rows = [(row.leaf, _number(row.naive), _number(row.right), row.mark) for row in self.leaves]
        return TextTable(("leaf", "naive", "right", ""), rows)

    def _explanation(self) -> Iterator[str]:
        step = self.first_double_count
        if step is None:
            yield "Here both agree: every result is used once, so no node is reached twice and the graph is a tree."
            yield "Use one result in two places, as in s = a*b; loss = s*s, and the naive backward counts it twice."
            return
        yield (
            f"At step {step.number} the naive backward reaches {step.node} once more and pushes its whole grad of "
            f"{_number(step.grad)} down, although {_number(step.pushed_before)} of it went down before."
        )
        yield (
            "In reverse topological order a node's turn comes when all that use it have had theirs. Its grad is "
            "complete then, and is pushed down once."
        )
        yield f"That order is here: {', '.join(self.order)}."


def why_topological(loss: Value) -> Lesson:
    """Show what a backward without topological order gives on a graph, step by step, beside the right gradients.

    The naive backward is the one that many write first: it sets ``loss.grad = 1``, and at each node it adds
    ``partial * grad`` to each operand's grad, and then calls itself on the operands, left before right. Where two
    results use one node, the second arrival pushes down what the first has pushed down already. The graph's own
    gradients are left as they are.

    Arguments:
        loss: the result of a small graph.

    Returns:
        A :class:`Lesson`: print it, or use its ``steps``, ``leaves``, ``text`` and ``markdown``.

    Raises:
        NumberTypeError: loss is not a Value.
        ArgumentError: the graph has so many paths that its steps fill more than a page or two.

    Example:
        >>> a, b = Value(2.0, label="a"), Value(3.0, label="b")
        >>> s = a * b
        >>> [(row.leaf, row.naive, row.right) for row in why_topological(s * s + s).leaves]
        [('a', 117.0, 39.0), ('b', 78.0, 26.0)]
    """
    if not isinstance(loss, Value):
        given = described(loss)
        raise NumberTypeError("why_topological needs the result of a graph", given, "Give the loss, a Value.")
    order = topological(loss)
    arrivals = _count_arrivals(order)
    if arrivals > _MOST_ARRIVALS:
        given = f"{arrivals if arrivals < 10**9 else 'over a billion'} arrivals"
        advice = "Use a smaller graph: one of five to ten operations shows it best."
        raise ArgumentError(f"a lesson has at most {_MOST_ARRIVALS} steps", given, advice)
    names = Names(order, caller_variables())
    steps, naive = _naive_backward(loss, names)
    right = adjoints(loss)
    rows = [LeafGradients(names.text(leaf), naive[leaf], right[leaf]) for leaf in leaves(loss)]
    visited = tuple(names.text(node) for node in reversed(order) if not isinstance(node, Constant))
    return Lesson(tuple(steps), tuple(rows), visited)


def _naive_backward(loss: Value, names: Names) -> tuple[list[Arrival], dict[Value, float]]:
    """Walk as the recursive function would, but on a list, so that Python's own limit plays no part."""
    grads = {loss: 1.0}
    arrivals: dict[Value, int] = {}
    pushed: dict[Value, float] = {}
    steps: list[Arrival] = []
    waiting = [loss]
    while waiting:
        node = waiting.pop()
        grad = grads[node]
        pushes = []
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            grads[operand] = grads.get(operand, 0.0) + partial * grad
            if not isinstance(operand, Constant):
                pushes.append(Push(names.text(operand), partial, partial * grad, grads[operand]))
        waiting.extend(operand for operand in reversed(node.inputs) if not isinstance(operand, Constant))
        before = pushed.get(node, 0.0), arrivals.get(node, 0)
        steps.append(Arrival(len(steps) + 1, names.text(node), names.definition(node), grad, *before, tuple(pushes)))
        pushed[node], arrivals[node] = grad, before[1] + 1
    return steps, grads


def _count_arrivals(order: list[Value]) -> int:
    """Return how often the naive backward reaches nodes: once for every path from the loss."""
    paths = {order[-1]: 1}
    for node in reversed(order):
        for operand in node.inputs:
            paths[operand] = paths.get(operand, 0) + paths[node]
    return sum(paths[node] for node in order if not isinstance(node, Constant))


def _number(number: float) -> str:
    return show(number, _DIGITS).text


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    return f"{number}{ending}"
