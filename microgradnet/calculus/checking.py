"""``check_gradients`` and ``check_graph``: the engine's derivatives against numeric ones, variable by variable."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from microgradnet.calculus.check_report import Check, Row
from microgradnet.calculus.differences import complex_step, differentiate, refined
from microgradnet.calculus.local import LocalCheck, Verdict, judge, local_checks
from microgradnet.calculus.naming import Names
from microgradnet.calculus.structure import Block, blocks_of, shaped, walk
from microgradnet.calculus.sweeps import backward_numbers, backward_sizes, ordered, varied_by
from microgradnet.calculus.tracing import Trace
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, shown
from microgradnet.graph import leaves
from microgradnet.value import Constant, Value

TOLERANCE = 1e-7  # relative: an error of a millionth is caught, the rounding of a long calculation is not one


def check_graph(loss: Value, variables: Any = None, *, tolerance: float = TOLERANCE) -> Check:
    """Check the derivatives of a recorded graph against numeric ones, and each node's against its operation.

    The numeric derivative comes from central differences with Richardson's extrapolation, over steps scaled to the
    variable and kept inside the domains; where every operation on the way works on complex numbers, from the complex
    step. A point on a kink is no failure: it is said, with the convention that stands there.

    Arguments:
        loss: the result; nothing in the graph is changed.
        variables: by which Values, in any structure, or a Module; its leaves where not given.
        tolerance: how far, relatively, a derivative may be off.

    Returns:
        A :class:`Check`: print it. ``check.ok``, or its truth, tells whether nothing is wrong; ``check.first_wrong`` is
        the first node in forward order whose local derivative disagrees.

    Example:
        >>> x = Value(3.0, label="x")
        >>> print(check_graph(x * x))
        variable  value  engine  numeric  difference  by            verdict
        --------  -----  ------  -------  ----------  ------------  -------
        x         3      6       6        0.0e+00     complex step  agrees
        <BLANKLINE>
        1 of 1 derivatives agree; none is wrong.
    """
    if not isinstance(loss, Value):
        came = f"{shown(loss)} of type {type(loss).__name__}"
        raise NumberTypeError("check_graph needs the Value to check", came, "Use mg.check_gradients for a function.")
    chosen = leaves(loss) if variables is None else _values(variables)
    found = _Findings(loss, chosen, tolerance)
    remarks = _out_of_date(found.order, found.names)
    return found.check([_Graph(loss, variable).result for variable in chosen], remarks)


def check_gradients(f: Callable[..., Any], xs: Any, *, tolerance: float = TOLERANCE) -> Check:
    """Check the gradient of a function against numeric derivatives, as :func:`check_graph` does for a recorded graph.

    Here the differences call f again, so that what never reached the graph is found too: a number taken out with
    ``.data``, or a ``float(...)``.

    Arguments:
        f: a function with one number as its result.
        xs: where: a tuple holds the arguments of f, as in ``f(*xs)``; anything else is its one argument. The
            parameters of a Module are moved while f is called, and put back.
        tolerance: how far, relatively, a derivative may be off.

    Returns:
        A :class:`Check`: print it, or use it as a truth value, as in ``assert check_gradients(f, xs)``.

    Raises:
        ShapeError: f returned more than one number.

    Example:
        >>> bool(check_gradients(lambda x, y: x**2 * y, (3.0, 2.0)))
        True
    """
    arguments = xs if isinstance(xs, tuple) else (xs,)
    trace = Trace(f, None, arguments, {})
    result = trace.scalar("check_gradients")
    loss = result if isinstance(result, Value) else Constant(result)
    point = [variable.data for variable in trace.variables]

    def moved(place: int) -> Callable[[float], float]:
        return lambda number: _call(f, arguments, [*point[:place], number, *point[place + 1 :]])

    found = _Findings(loss, trace.variables, tolerance)
    check = found.check([moved(place) for place in range(len(point))], [])
    return check if check.ok or check.first_wrong else replace(check, remarks=(DETACHED,))


DETACHED = (
    "Every local derivative agrees, so the graph is not the function: on its way a number left the graph, "
    "through .data, float(...), round(...) or a function of math, or f does not give the same result twice."
)


class _Graph:
    """A recorded graph as a function of one of its nodes, for numbers of any kind."""

    def __init__(self, loss: Value, variable: Value) -> None:
        order = ordered([loss])
        varied = varied_by(order, [variable])
        self.loss, self.variable = loss, variable
        self.nodes = [node for node in order if id(node) in varied and node is not variable]

    def result(self, number: Any, *, raw: bool = False) -> Any:
        """Return the result for another number in the variable's place; raw uses the forward rules as they are."""
        numbers: dict[int, Any] = {id(self.variable): number}
        for node in self.nodes:
            operands = [numbers.get(id(operand), operand.data) for operand in node.inputs]
            if node.op is not None:
                numbers[id(node)] = node.op.forward(*operands) if raw else node.op(*operands)
        return numbers.get(id(self.loss), self.loss.data)


class _Findings:
    """What the checks of a graph have found so far: its local derivatives first, as they say where the kinks are."""

    def __init__(self, loss: Value, variables: Sequence[Value], tolerance: float) -> None:
        self.loss, self.variables, self.tolerance = loss, variables, tolerance
        self.order = ordered([loss, *variables])
        self.names = Names(self.order)
        varied = varied_by(self.order, variables)
        self.local = [check for node in self.order for check in local_checks(node, varied, tolerance)]

    def check(self, functions: Sequence[Callable[[float], float]], remarks: Sequence[str]) -> Check:
        """Return the whole result, given the loss as a function of each variable."""
        derivatives = backward_numbers(self.loss, self.variables)
        sizes = backward_sizes(self.loss, self.variables)
        rows = tuple(map(self._row, self.variables, derivatives, sizes, functions))
        # Where a node is out of date, its partials are those of other numbers, and comparing them would mislead.
        wrong = [] if remarks else self._those(Verdict.WRONG)
        kinks, unclear = self._those(Verdict.KINK), self._those(Verdict.UNCLEAR)
        return Check(rows, wrong[0] if wrong else None, tuple(kinks), tuple(unclear), tuple(remarks), self.names)

    def _row(self, variable: Value, engine: float, size: float, f: Callable[[float], float]) -> Row:
        graph = _Graph(self.loss, variable)
        by_step = complex_step(lambda number: graph.result(number, raw=True), variable.data)
        estimate = refined(differentiate(f, variable.data), by_step)
        if math.isfinite(size):  # where paths cancel, the rounding of each remains
            estimate = replace(estimate, noise=estimate.noise + sys.float_info.epsilon * size)
        above = {id(node) for node in graph.nodes}
        kinked = any(id(check.node) in above for check in self._those(Verdict.KINK))
        verdict = judge(engine, estimate, self.tolerance, kinked=kinked)
        if verdict is Verdict.WRONG and kinked:  # conventions at two kinks need not add up to a slope of the whole
            verdict = Verdict.KINK
        sides = estimate.left, estimate.right
        name = self.names.of(variable)
        return Row(name, variable.data, engine, estimate.slope, estimate.method, verdict, sides)

    def _those(self, verdict: Verdict) -> list[LocalCheck]:
        return [check for check in self.local if check.verdict is verdict]


def _out_of_date(order: Sequence[Value], names: Names) -> list[str]:
    """Return a sentence on the first node that does not hold what its operands give."""
    for node in order:
        if node.op is not None:
            try:
                number = float(node.op(*(operand.data for operand in node.inputs)))
            except DomainError as error:
                return [f"{names.definition(node)} can't be computed from what its operands hold now: {error}"]
            if not math.isclose(number, node.data, rel_tol=1e-12) and not (number != number and node.data != node.data):
                came = f"{names.definition(node)} holds {node.data!r}, but its operands now give {number!r}."
                return [f"{came} A leaf's .data was changed after the graph was recorded: call mg.recompute(loss)."]
    return []


def _values(variables: Any) -> list[Value]:
    found = [element for block in blocks_of(variables, "variables") for element in block.elements]
    for element in found:
        if not isinstance(element, Value):
            came = f"the number {shown(element)}"
            raise ArgumentError("check_graph checks by Values", came, "Give the nodes themselves.")
    return found


def _call(f: Callable[..., Any], arguments: Sequence[Any], elements: Sequence[float]) -> float:
    """Return f's result with other numbers in its arguments; those of Modules are put back afterwards."""
    source = iter(elements)
    before: list[tuple[Value, float]] = []

    def visit(block: Block) -> Any:
        if not block.owned:
            return shaped(block.shape, [Value(next(source), name) for name in block.element_names()])
        (parameter,) = block.elements
        before.append((parameter, parameter.data))
        parameter.data = next(source)
        return None

    try:
        moved = [walk(argument, visit, keep_modules=True) for argument in arguments]
        return float(f(*moved))
    finally:
        for parameter, number in before:
            parameter.data = number
