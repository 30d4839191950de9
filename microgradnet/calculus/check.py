"""``check_gradients`` and ``check_graph``: the engine's derivatives against numeric ones, variable by variable."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from microgradnet.calculus.differences import Estimate, beside, complex_step, differentiate, refined, value_or_nan
from microgradnet.calculus.naming import Names
from microgradnet.calculus.sweeps import (
    Block,
    Trace,
    backward_numbers,
    backward_sizes,
    blocks_of,
    ordered,
    sequence_of_arguments,
    shaped,
    varied_by,
    walk,
)
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, shown
from microgradnet.graph import leaves
from microgradnet.operation import Kink, Op
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


def check_gradients(f: Callable[..., Any], primals: Any, *, tolerance: float = TOLERANCE) -> Check:
    """Check the gradient of a function against numeric derivatives, as :func:`check_graph` does for a recorded graph.

    The differences call f anew, with plain floats where it takes them: so they share no graph and no derivative with
    the engine, and find a number that left the graph through ``.data`` or ``float(...)``, or a derivative taken inside
    f that is wrong.

    Arguments:
        f: a function with one number as its result.
        primals: the arguments of f in a tuple or list, as in ``f(*primals)``. The parameters of a Module are moved
            while f is called, and put back.
        tolerance: how far, relatively, a derivative may be off.

    Returns:
        A :class:`Check`: print it, or use it as a truth value, as in ``assert check_gradients(f, primals)``.

    Raises:
        NumberTypeError: primals is not a tuple or list.
        ShapeError: f returned more than one number.

    Example:
        >>> bool(check_gradients(lambda x, y: x**2 * y, (3.0, 2.0)))
        True
    """
    arguments = sequence_of_arguments(primals, "check_gradients")
    trace = Trace(f, None, None, arguments, {})
    result = trace.scalar("check_gradients")
    loss = result if isinstance(result, Value) else Constant(result)
    point = [variable.data for variable in trace.variables]
    makes = _kinds_of_numbers(f, arguments, point)

    def moved(place: int) -> Callable[[float], float]:
        return lambda number: _call(f, arguments, [*point[:place], number, *point[place + 1 :]], makes)

    found = _Findings(loss, trace.variables, tolerance)
    check = found.check(
        [moved(place) for place in range(len(point))], _given_otherwise(f, arguments, point, makes, loss)
    )
    wrong = any(row.verdict is Verdict.WRONG for row in check.rows)
    return replace(check, remarks=(*check.remarks, DETACHED)) if wrong and not check.first_wrong else check


DETACHED = (
    "Every local derivative agrees, so the graph is not the function: on its way a number left the graph, "
    "through .data, float(...), round(...) or a function of math, or f does not give the same result twice."
)


def _kinds_of_numbers(f: Callable[..., Any], arguments: Sequence[Any], point: Sequence[float]) -> Callable[..., Any]:
    """Return what makes the numbers that f is called with: plain floats, or Values where f takes nothing else."""
    try:
        _call(f, arguments, point, _plain)
    except (TypeError, AttributeError):  # f calls a method, as in x.exp()
        return Value
    return _plain


def _plain(number: float, name: str) -> float:
    return number


def _given_otherwise(
    f: Callable[..., Any], arguments: Sequence[Any], point: Sequence[float], makes: Callable[..., Any], loss: Value
) -> list[str]:
    """Return a sentence where f, called anew, gives another number than the recorded graph."""
    number = _call(f, arguments, point, makes)
    if math.isclose(number, loss.data, rel_tol=1e-9) or (math.isnan(number) and math.isnan(loss.data)):
        return []
    floats = "floats" if makes is _plain else "Values once more"
    return [f"f gives {loss.data!r} when it is recorded and {number!r} when it is called with {floats}."]


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

    def follows(self, f: Callable[[float], float]) -> bool:
        """Tell whether the graph gives what the function gives, at the floats next to the variable's number."""
        return all(
            math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))
            for one, other in ((value_or_nan(self.result, x), value_or_nan(f, x)) for x in beside(self.variable.data))
        )


_CURE = (
    "Keep the operand off the point where a derivative is infinite, as in mg.sqrt(x + 1e-12), or write a formula that "
    "passes no infinity on, as x**2 for sqrt(x**4). With mg.where, guard the operand, not the result."
)
_AT_POLE = (
    "{name} = {number!r} lies at a pole: from one float to the next the result changes by more than a quarter of "
    "itself, so differences decide nothing there. Check at another point."
)


class _Findings:
    """What the checks of a graph have found so far: its local derivatives first, as they say where the kinks are."""

    def __init__(self, loss: Value, variables: Sequence[Value], tolerance: float) -> None:
        self.loss, self.variables, self.tolerance = loss, variables, tolerance
        self.order = ordered([loss, *variables])
        self.names = Names(self.order)
        self.notes: list[str] = []
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
        remarks = [*remarks, *self._causes(rows)]
        first = wrong[0] if wrong else None
        return Check(rows, first, tuple(kinks), tuple(unclear), tuple(remarks), tuple(self.notes), self.names)

    def _row(self, variable: Value, engine: float, size: float, f: Callable[[float], float]) -> Row:
        graph = _Graph(self.loss, variable)
        by_step = complex_step(lambda number: graph.result(number, raw=True), variable.data)
        above = {id(node) for node in graph.nodes}
        kinked = any(id(check.node) in above for check in self._those(Verdict.KINK))
        estimate = differentiate(f, variable.data)
        estimate = refined(estimate, by_step, alone=not kinked and graph.follows(f))
        if math.isfinite(size):  # where paths cancel, the rounding of each remains
            estimate = replace(estimate, noise=estimate.noise + sys.float_info.epsilon * size)
        verdict = judge(engine, estimate, self.tolerance, kinked=kinked)
        if verdict is Verdict.WRONG and kinked:  # conventions at two kinks need not add up to a slope of the whole
            verdict = Verdict.KINK
        name = self.names.of(variable)
        if estimate.pole:
            self.notes.append(_AT_POLE.format(name=name, number=variable.data))
        elif verdict is Verdict.UNCLEAR:
            self.notes.append(f"By {name} the differences do not settle on a number, so they decide nothing.")
        sides = estimate.left, estimate.right
        return Row(name, variable.data, engine, estimate.slope, estimate.method, verdict, sides)

    def _causes(self, rows: Sequence[Row]) -> list[str]:
        """Return a sentence on where in the backward sweep a derivative stopped being a number."""
        if all(row.verdict is not Verdict.NOT_A_NUMBER for row in rows):
            return []
        adjoints = {id(self.loss): 1.0}
        for node in reversed(ordered([self.loss])):
            adjoint = adjoints.get(id(node), 0.0)
            for operand, partial in zip(node.inputs, node.partials, strict=True):
                share, before = adjoint * partial, adjoints.get(id(operand), 0.0)
                if math.isnan(share) and not math.isnan(partial) and not math.isnan(adjoint):
                    return [self._zero_times_infinity(node, operand, adjoint, partial)]
                if math.isnan(before + share) and not math.isnan(share):
                    return [f"Two paths pass infinities of opposite signs to {self.names.of(operand)}. {_CURE}"]
                adjoints[id(operand)] = before + share
        return [f"A rule gives a derivative that is not a number. {_CURE}"]

    def _zero_times_infinity(self, node: Value, operand: Value, adjoint: float, partial: float) -> str:
        names = self.names
        local = f"{names.definition(node)} has the derivative {partial:g} by {names.of(operand)} = {operand.data!r}"
        above = f"the derivative by {names.of(node)} is {adjoint:g}"
        return f"0 times infinity is not a number: {local}, and {above}. {_CURE}"

    def _those(self, verdict: Verdict) -> list[LocalCheck]:
        return [check for check in self.local if check.verdict is verdict]


def _out_of_date(order: Sequence[Value], names: Names) -> list[str]:
    """Return a sentence on the first node that does not hold what its operands give."""
    for node in order:
        if node.op is not None:
            try:
                number = node.op(*(operand.data for operand in node.inputs))
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


def _call(
    f: Callable[..., Any], arguments: Sequence[Any], elements: Sequence[float], makes: Callable[..., Any]
) -> float:
    """Return f's result with other numbers in its arguments; those of Modules are put back afterwards."""
    source = iter(elements)
    before: list[tuple[Value, float]] = []

    def visit(block: Block) -> Any:
        if not block.owned:
            return shaped(block.shape, [makes(next(source), name) for name in block.element_names()])
        (parameter,) = block.elements
        before.append((parameter, parameter.data))
        parameter.data = next(source)
        return None

    try:
        result = f(*(walk(argument, visit, keep_modules=True) for argument in arguments))
        return result.data if isinstance(result, Value) else float(result)
    finally:
        for parameter, number in before:
            parameter.data = number


HEADINGS = ("variable", "value", "engine", "numeric", "difference", "by", "verdict")


@dataclass(frozen=True, slots=True)
class Row:
    """One variable of a check.

    Arguments:
        name: what the variable is called.
        value: the point.
        engine: the engine's derivative of the result by it.
        numeric: the derivative by differences or the complex step.
        method: which of the two.
        verdict: how they compare.
        sides: the slopes on the left and on the right; NaN where there is none.
    """

    name: str
    value: float
    engine: float
    numeric: float
    method: str
    verdict: Verdict
    sides: tuple[float, float]

    @property
    def difference(self) -> float:
        """The engine's derivative less the numeric one."""
        return self.engine - self.numeric


@dataclass(frozen=True, slots=True)
class Check:
    """The result of ``check_gradients`` and ``check_graph``. It is true where nothing is wrong, and prints as a table.

    Arguments:
        rows: one for each variable.
        first_wrong: the first partial derivative, in the order of the calculation, that is wrong; None where all hold.
        kinks: the partial derivatives that are conventions at this point.
        unclear: those that neither differences nor the complex step can decide.
        remarks: what else is wrong, as sentences: a node that is out of date, a number that left the graph.
        notes: what else a reader should know, as sentences: that the point lies at a pole.
        names: what the nodes are called.
    """

    rows: tuple[Row, ...]
    first_wrong: LocalCheck | None
    kinks: tuple[LocalCheck, ...]
    unclear: tuple[LocalCheck, ...]
    remarks: tuple[str, ...]
    notes: tuple[str, ...]
    names: Names

    @property
    def ok(self) -> bool:
        """Whether every derivative agrees, or lies on a kink, where the report says which convention is used."""
        told = all(row.verdict in (Verdict.AGREES, Verdict.KINK) for row in self.rows)
        return told and self.first_wrong is None and not self.remarks

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __str__(self) -> str:
        table = [HEADINGS, *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
        lines.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([*lines, "", *filter(None, self._sentences())])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        table = [HEADINGS, ("---",) * len(HEADINGS), *map(_cells, self.rows)]
        lines = ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in table]
        return "\n".join([*lines, "", "\n\n".join(filter(None, self._sentences()))])

    def _sentences(self) -> Iterator[str]:
        if self.ok:
            count = sum(row.verdict is Verdict.AGREES for row in self.rows)
            yield f"{count} of {len(self.rows)} derivatives agree; none is wrong."
        elif not any(row.verdict is Verdict.WRONG for row in self.rows) and self.first_wrong is None:
            count = sum(row.verdict in (Verdict.UNCLEAR, Verdict.NOT_A_NUMBER) for row in self.rows)
            yield f"{count} of {len(self.rows)} derivatives could not be confirmed." if count else ""
        if self.first_wrong is not None:
            yield f"The first wrong local derivative: {self._local(self.first_wrong)}"
        yield from (*self.remarks, *self.notes)
        for kink in self.kinks:
            yield f"On a kink: {self._local(kink)}"
        for unclear in self.unclear:
            yield f"Not decided: {self._local(unclear)}"

    def _local(self, check: LocalCheck) -> str:
        """Return one partial derivative as a sentence."""
        node, names = check.node, self.names
        operands = {names.of(operand): operand.data for operand in node.inputs}
        at = ", ".join(f"{name} = {number!r}" for name, number in operands.items() if name != repr(number))
        place = f" in place {check.place + 1}" if len(operands) < len(node.inputs) else ""
        by = names.of(node.inputs[check.place]) + place
        where = f" in {node.scope!r}" if node.scope else ""
        operation = node.op.name if node.op else ""
        numbers = f"by {by} the rule gives {check.engine!r}, the operation {check.numeric!r}"
        if check.verdict is Verdict.KINK:
            left, right = map(_slope, check.sides)
            numbers = f"by {by} the slope is {left} on the left, {right} on the right, and {check.engine!r} is used"
        note = f": {check.note}" if check.note else ""
        return f"{operation} in {names.definition(node)}{where}, at {at}: {numbers}{note}."


def _cells(row: Row) -> tuple[str, ...]:
    numeric, difference = f"{row.numeric:.12g}", f"{row.difference:.1e}"
    if row.verdict is Verdict.KINK:
        numeric, difference = " | ".join(map(_slope, row.sides)), "-"
    return row.name, f"{row.value:.12g}", f"{row.engine:.12g}", numeric, difference, row.method, row.verdict.value


def _slope(number: float) -> str:
    return "none" if math.isnan(number) else f"{number:.6g}"


class Verdict(Enum):
    """How a derivative compares with the numeric one."""

    AGREES = "agrees"
    WRONG = "WRONG"
    KINK = "on a kink"
    UNCLEAR = "can't be told"
    NOT_A_NUMBER = "not a number"


@dataclass(frozen=True, slots=True)
class LocalCheck:
    """The partial derivative of one node by one operand.

    Arguments:
        node: the node.
        place: which operand: 0 or 1.
        engine: the partial derivative that the node holds.
        numeric: the same by differences of the operation's forward rule, or by the complex step.
        verdict: how they compare.
        sides: the slopes on the left and on the right; NaN where there is none.
        note: the kink's convention, or what seems to be wrong with the rule; "" where there is nothing to say.
    """

    node: Value
    place: int
    engine: float
    numeric: float
    verdict: Verdict
    sides: tuple[float, float]
    note: str


def judge(engine: float, estimate: Estimate, tolerance: float, *, kinked: bool) -> Verdict:
    """Return how a derivative compares with an estimate, at a point that lies on a declared kink or not."""
    if math.isnan(engine):  # true of nothing, on a kink or not
        return Verdict.NOT_A_NUMBER
    if estimate.corner or (kinked and not estimate.reliable):
        return Verdict.KINK
    if not estimate.reliable:
        return Verdict.UNCLEAR
    return Verdict.AGREES if math.isfinite(engine) and estimate.agrees_with(engine, tolerance) else Verdict.WRONG


def _surrounds(kink: Kink, numbers: Sequence[float]) -> bool:
    """Tell whether a point is not alone on its kink: its neighbours on either side are on it too."""
    sizes = [max(1.0, abs(number)) * (1 + place) for place, number in enumerate(numbers)]
    return all(
        kink.at(*(number + side * size for number, size in zip(numbers, sizes, strict=True))) for side in (-1e-3, 7e-4)
    )


def local_checks(node: Value, varied: Container[int], tolerance: float) -> list[LocalCheck]:
    """Return a check for each operand of a node that depends on a variable."""
    operation = node.op
    if operation is None:
        return []
    numbers = [operand.data for operand in node.inputs]
    kinks = [kink for kink in operation.kinks if kink.at(*numbers)]
    estimates = [_estimate(operation, numbers, place) for place in range(len(numbers))]
    checks = []
    for place, operand in enumerate(node.inputs):
        if id(operand) not in varied:
            continue
        engine, estimate = node.partials[place], estimates[place]
        verdict = judge(engine, estimate, tolerance, kinked=bool(kinks))
        if verdict is Verdict.NOT_A_NUMBER:
            verdict = Verdict.WRONG
        elif verdict is Verdict.WRONG and any(_surrounds(kink, numbers) for kink in kinks):
            verdict = Verdict.KINK  # of detach, say: no corner, but a derivative that is 0 on purpose
        note = ""
        if verdict is Verdict.KINK:
            near = f"a corner lies within {estimate.step:.0e} of this point"
            note = "; ".join(f"convention at {kink.words}: {kink.convention}" for kink in kinks) or near
        elif verdict is Verdict.UNCLEAR:
            note = "the point lies at a pole" if estimate.pole else "the differences do not settle on a number"
        elif verdict is Verdict.WRONG:
            note = diagnosis(engine, estimate.slope, [other.slope for other in estimates if other is not estimate])
        sides = estimate.left, estimate.right
        checks.append(LocalCheck(node, place, engine, estimate.slope, verdict, sides, note))
    return checks


def diagnosis(engine: float, numeric: float, others: list[float]) -> str:
    """Return what a wrong derivative looks like: a flipped sign, swapped operands, a factor."""
    if not math.isfinite(engine):
        return "it is not finite"
    if _close(engine, -numeric):
        return "the sign is flipped"
    if any(_close(engine, other) for other in others):
        return "it is the derivative by the other operand"
    if any(_close(engine, -other) for other in others):
        return "it is the derivative by the other operand, with its sign flipped"
    if numeric == 0.0 or engine == 0.0:
        return f"it is {engine:.6g} where {numeric:.6g} is right"
    return f"it is {engine / numeric:.8g} times what is right"


def _close(x: float, y: float) -> bool:
    return x != 0.0 and math.isclose(x, y, rel_tol=1e-7)


def _estimate(operation: Op, numbers: list[float], place: int) -> Estimate:
    """Return the derivative of an operation by one operand, from its forward rule alone."""

    def moved(number: Any) -> list[Any]:
        return [*numbers[:place], number, *numbers[place + 1 :]]

    estimate = differentiate(lambda number: float(operation(*moved(number))), numbers[place])
    by_step = complex_step(lambda number: operation.forward(*moved(number)), numbers[place])
    return refined(estimate, by_step, alone=not any(kink.at(*numbers) for kink in operation.kinks))
