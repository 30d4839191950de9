"""What Hypothesis draws for the engine: points of an operation's domain, and random graphs over the whole table."""

from __future__ import annotations

import collections
import itertools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from mpmath import mp, mpf

from microgradnet import Value
from microgradnet.errors import DomainError
from microgradnet.graph import topological
from microgradnet.operation import TABLE, Op
from tests.references import REFERENCES, difference
from tests.samples import counted

ordinary = st.floats(-3.0, 3.0).map(lambda number: round(number, 3) + 0.0)  # + 0.0 makes -0.0 a plain 0.0
fraction = (st.floats(-1.0, 1.0) | st.floats(0.3, 0.7)).map(lambda number: round(number, 3) + 0.0)
whole = st.integers(0, 4).map(float)
NEAR = 1e-3
CORNER = 0.1  # the jump of a second derivative
SATURATED = 1e-6  # the 1 - y*y of a smaller slope of tanh has lost the digits that 1e-9 needs
OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "negate": operator.neg,
    "abs": operator.abs,
}


def smooth_at(op: Op, point: list[float], varied: list[bool] | None = None) -> bool:
    """Tell whether an operation is defined, of ordinary size and without a kink at a point and close around it.

    A kink shows as a jump of the result or of a partial derivative, so that no list of kinks has to be kept here.
    """
    varied = [vary and not counts for vary, counts in zip(varied or [True] * len(point), counted(op), strict=True)]
    around = [[x - NEAR, x, x + NEAR] if vary else [x] for x, vary in zip(point, varied, strict=True)]
    corners = itertools.product(*around)
    try:
        rows = [
            (out, *(rule(*corner, out) for rule, vary in zip(op.partials, varied, strict=True) if vary))
            for corner in corners
            for out in [op(*corner)]
        ]
    except DomainError:
        return False
    columns = list(zip(*rows, strict=True))
    if any(bent(column, len(point)) for column in columns[1:]):
        return False
    _, *slopes = rows[len(rows) // 2]  # at the point itself, in the middle of those around
    if any(0 < abs(slope) < SATURATED for slope in slopes):
        return False
    return all(max(map(abs, column)) < 60.0 and max(column) - min(column) < 0.3 for column in columns)


def bent(slopes: Sequence[float], operands: int) -> bool:
    """Tell whether a slope itself has a corner in the middle of the points around, along some operand."""
    middle = len(slopes) // 2
    steps = [3**power for power in range(operands) if 3**power < len(slopes)]
    return any(
        abs(slopes[middle + step] - 2.0 * slopes[middle] + slopes[middle - step]) > NEAR * CORNER for step in steps
    )


def points(op: Op) -> st.SearchStrategy[list[float]]:
    """Draw a point well inside the domain of an operation, by rejection."""
    varied = ordinary if op.domain.contains(*[1.7] * len(op.partials)) or True in counted(op) else fraction
    point = st.tuples(*(whole if counts else varied for counts in counted(op))).map(list)
    return point.filter(lambda numbers: op.domain.contains(*numbers) and smooth_at(op, numbers))


@dataclass(frozen=True)
class Step:
    """One operation of a random graph; an operand is an earlier node's place, or a written number."""

    name: str
    operands: tuple[int | float, ...]


@dataclass(frozen=True)
class RandomGraph:
    """Leaves, and operations on them and on earlier results."""

    leaves: list[float]
    steps: list[Step]

    def record(self) -> list[Value]:
        """Return the nodes that the engine records, leaves first; arithmetic goes through Python's operators."""
        return self.steps_on([Value(number, label=f"x[{place}]") for place, number in enumerate(self.leaves, 1)])

    def steps_on(self, nodes: list[Any]) -> list[Any]:
        """Return these leaves, of any kind, and the result of each step on them."""
        for step in self.steps:
            operands = [nodes[operand] if isinstance(operand, int) else operand for operand in step.operands]
            nodes.append(OPERATORS.get(step.name, TABLE[step.name])(*operands))
        return nodes

    def result(self, *leaves: Any) -> Any:
        """Return the last result as a function of the leaves."""
        return self.steps_on([*leaves])[-1]

    def reference(self, *leaves: Any) -> Any:
        """Return the last node's number by mpmath alone."""
        return self._evaluate(leaves)[-1]

    def _evaluate(self, leaves: Sequence[Any]) -> list[Any]:
        numbers = list(leaves)
        still = None  # the numbers at the graph's own leaves: what is detached doesn't follow a step away from them
        for step in self.steps:
            if step.name == "detach" and still is None:
                at = [mpf(number) for number in self.leaves]
                still = numbers if numbers[: len(at)] == at else self._evaluate(at)
            known = still if step.name == "detach" and still is not None else numbers
            operands = [known[operand] if isinstance(operand, int) else mpf(operand) for operand in step.operands]
            numbers.append(REFERENCES[step.name].number(*operands))
        return numbers


@st.composite
def random_graphs(draw: Any, most_steps: int = 12) -> RandomGraph:
    """Draw a graph with shared nodes, repeated operands and written numbers, away from kinks and inside all domains.

    A step that its operands do not allow is left out instead of rejected, so that every draw gives a graph.
    """
    leaves = draw(st.lists(ordinary, min_size=1, max_size=4))
    numbers, steps = list(leaves), []
    names, written = st.sampled_from(sorted(TABLE)), st.sampled_from([2.0, 3.0, 0.5, -1.0, 1.25])
    for _ in range(draw(st.integers(1, most_steps))):
        op = TABLE[draw(names)]
        # Most operands are recent results, so that the graph hangs together; any place may come twice.
        places: list[int | float] = [max(0, len(numbers) - 1 - draw(st.integers(0, 5))) for _ in op.partials]
        if len(places) == 2 and not any(counted(op)) and draw(st.integers(0, 3)) == 0:
            places[draw(st.integers(0, 1))] = draw(written)
        places = [draw(whole) if counts else place for place, counts in zip(places, counted(op), strict=True)]
        point = [numbers[place] if isinstance(place, int) else place for place in places]
        if not any(isinstance(place, int) for place in places):
            continue  # written numbers alone record nothing
        if not smooth_at(op, point, [isinstance(place, int) for place in places]):
            continue
        steps.append(Step(op.name, tuple(places)))
        numbers.append(op(*point))
    return RandomGraph(leaves, steps)


def sizes_of_terms(loss: Any) -> dict[int, float]:
    """Return, per node, the sum over all paths of the absolute products: how large the terms are that may cancel."""
    sizes = collections.defaultdict(float, {id(loss): 1.0})
    for node in reversed(topological(loss)):
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            sizes[id(operand)] += sizes[id(node)] * abs(partial)
    return sizes


def reference_gradient(graph: RandomGraph, place: int) -> Any:
    """Return d last node/d leaf by a central difference of the mpmath evaluation."""
    return difference(graph.reference, graph.leaves, place)


def reference_value(graph: RandomGraph) -> Any:
    """Return the last node's number at 50 digits."""
    with mp.workdps(50):
        return graph.reference(*map(mpf, graph.leaves))
