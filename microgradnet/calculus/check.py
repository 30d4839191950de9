"""``check_gradients`` and ``check_graph``: the engine's derivatives against numeric ones, variable by variable."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from microgradnet.calculus.differences import Estimate, beside, complex_step, differentiate, refined, value_or_nan
from microgradnet.calculus.sweeps import Block, Call, backward_numbers, elements_of, sequence_of_arguments, shaped, walk
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, described, shown
from microgradnet.graph import adjoint_scales, dependents, is_stale, leaves, topological
from microgradnet.names import Names, caller_variables
from microgradnet.operation import Kink, Op
from microgradnet.text import TextTable, encodable, escape_html
from microgradnet.value import Constant, Value

_TOLERANCE = 1e-7  # relative: an error of a millionth is caught, the rounding of a long calculation is not one
_HEADINGS = ("variable", "value", "engine", "numeric", "difference", "by", "verdict")
_DETACHED = (
    "Every local derivative agrees, so the graph is not the function: on its way a number left the graph, "
    "through .data, float(...), round(...) or a function of math, or f does not give the same result twice."
)
_CURE = (
    "Keep the operand off the point where a derivative is infinite, as in mg.sqrt(x + 1e-12), or write a formula that "
    "passes no infinity on, as x**2 for sqrt(x**4). With mg.where, guard the operand, not the result."
)
_AT_POLE = (
    "{name} = {number!r} lies at a pole: from one float to the next the result changes by more than a quarter of "
    "itself, so differences decide nothing there."
)
_UNSETTLED = "By {name} the differences do not settle on a number, so they decide nothing."


class Outcome(Enum):
    """How a derivative compares with the numeric one."""

    AGREES = "agrees"
    WRONG = "WRONG"
    KINK = "on a kink"
    UNCLEAR = "can't be told"
    NOT_A_NUMBER = "not a number"


@dataclass(frozen=True, slots=True)
class LocalDerivative:
    """The partial derivative of one node by one operand, checked.

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
    verdict: Outcome
    sides: tuple[float, float]
    note: str


@dataclass(frozen=True, slots=True)
class TotalDerivative:
    """The derivative of the result by one variable, checked.

    Arguments:
        name: the variable's name.
        value: its number.
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
    verdict: Outcome
    sides: tuple[float, float]

    @property
    def difference(self) -> float:
        """The engine's derivative less the numeric one."""
        return self.engine - self.numeric

    def cells(self) -> tuple[str, ...]:
        """Return the cells of this row of the table."""
        numeric, difference = f"{self.numeric:.12g}", f"{self.difference:.1e}"
        if self.verdict is Outcome.KINK:
            numeric, difference = " | ".join(map(_slope, self.sides)), "-"
        return (
            self.name,
            f"{self.value:.12g}",
            f"{self.engine:.12g}",
            numeric,
            difference,
            self.method,
            self.verdict.value,
        )


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
        names: the names of the nodes.
    """

    rows: tuple[TotalDerivative, ...]
    first_wrong: LocalDerivative | None
    kinks: tuple[LocalDerivative, ...]
    unclear: tuple[LocalDerivative, ...]
    remarks: tuple[str, ...]
    notes: tuple[str, ...]
    names: Names

    @property
    def ok(self) -> bool:
        """Whether every derivative agrees, or lies on a kink, where the report says which convention is used."""
        told = all(row.verdict in (Outcome.AGREES, Outcome.KINK) for row in self.rows)
        return told and self.first_wrong is None and not self.remarks

    @property
    def text(self) -> str:
        """The report as plain text."""
        return "\n".join([self._table().text(), "", *self._sentences()])

    def __bool__(self) -> bool:
        return self.ok

    def __iter__(self) -> Iterator[TotalDerivative]:
        return iter(self.rows)

    def __str__(self) -> str:
        return encodable(self.text)

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return "\n".join([self._table().markdown(), "", "\n\n".join(self._sentences())])

    def _repr_html_(self) -> str:
        return self._table().html() + "".join(f"<p>{escape_html(sentence)}</p>" for sentence in self._sentences())

    def _table(self) -> TextTable:
        styles = {Outcome.AGREES: "good", Outcome.WRONG: "bad", Outcome.NOT_A_NUMBER: "bad"}
        return TextTable(
            _HEADINGS, [row.cells() for row in self.rows], styles=[styles.get(row.verdict, "fair") for row in self.rows]
        )

    def _sentences(self) -> Iterator[str]:
        if self.ok:
            count = sum(row.verdict is Outcome.AGREES for row in self.rows)
            yield f"{count} of {len(self.rows)} derivatives agree; none is wrong."
        open_ = sum(row.verdict in (Outcome.UNCLEAR, Outcome.NOT_A_NUMBER) for row in self.rows)
        if open_:
            yield f"{open_} of {len(self.rows)} derivatives could not be confirmed."
        if self.first_wrong is not None:
            yield f"The first wrong local derivative: {self._local(self.first_wrong)}"
        yield from (*self.remarks, *self.notes)
        for kink in self.kinks:
            yield f"On a kink: {self._local(kink)}"
        for unclear in self.unclear:
            yield f"Not decided: {self._local(unclear)}"

    def _local(self, check: LocalDerivative) -> str:
        """Return one partial derivative as a sentence."""
        node, names = check.node, self.names
        operands = {names.text(operand): operand for operand in node.inputs}
        at = ", ".join(f"{name} = {x.data!r}" for name, x in operands.items() if not isinstance(x, Constant) or x.label)
        place = f" in place {check.place + 1}" if len(operands) < len(node.inputs) else ""
        by = names.text(node.inputs[check.place]) + place
        where = f" in {node.scope!r}" if node.scope else ""
        operation = node.op.name if node.op else ""
        numbers = f"by {by} the rule gives {check.engine!r}, the operation {check.numeric!r}"
        if check.verdict is Outcome.KINK:
            left, right = map(_slope, check.sides)
            numbers = f"by {by} the slope is {left} on the left, {right} on the right, and {check.engine!r} is used"
        note = f": {check.note}" if check.note else ""
        return f"{operation} in {names.definition(node)}{where}, at {at}: {numbers}{note}."


def check_graph(loss: Value, variables: Any = None, *, tolerance: float = _TOLERANCE) -> Check:
    """Check the derivatives of a recorded graph against numeric ones, and each node's against its operation.

    The numeric derivative comes from central differences with Richardson's extrapolation, over steps scaled to the
    variable and kept inside the domains; where every operation on the way works on complex numbers, from the complex
    step. A point on a kink is no failure: the report names it, with the convention that is used there. A derivative
    that is nan, or that nothing can confirm, is not right.

    Arguments:
        loss: the result; nothing in the graph is changed.
        variables: Values in any structure, or a Module; the leaves of the graph where not given.
        tolerance: how far, relatively, a derivative may be off.

    Returns:
        A :class:`Check`: print it. ``check.ok``, or its truth, tells whether all is right; ``check.first_wrong`` is the
        first node in forward order whose local derivative disagrees.

    Raises:
        NumberTypeError: loss is not a Value.
        ArgumentError: variables holds a plain number.

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
        given = described(loss)
        raise NumberTypeError("check_graph needs the Value to check", given, "Use mg.check_gradients for a function.")
    chosen = leaves(loss) if variables is None else elements_of(variables, "variables")
    for each in chosen:
        if not isinstance(each, Value):
            given = f"the number {shown(each)}"
            raise ArgumentError("check_graph checks by Values", given, "Give the nodes themselves.")
    order = topological(*chosen, loss)
    findings = _Findings(loss, chosen, Names(order, caller_variables()), tolerance)
    return findings.check([_Graph(loss, variable).result for variable in chosen], _out_of_date(order, findings.names))


def check_gradients(f: Callable[..., Any], primals: Any, *, tolerance: float = _TOLERANCE) -> Check:
    """Check the gradient of a function against numeric derivatives, as :func:`check_graph` does for a recorded graph.

    The differences call f anew, with plain floats where f accepts them: they share no graph and no derivative with the
    engine, and so find a number that left the graph through ``.data`` or ``float(...)``, and a derivative inside f that
    is wrong.

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
    call = Call(f, None, None, arguments, {})
    result = call.scalar("check_gradients")
    loss = result if isinstance(result, Value) else Constant(result)
    again = _Again(f, arguments, [variable.data for variable in call.variables])
    findings = _Findings(loss, call.variables, Names(topological(*call.variables, loss)), tolerance)
    check = findings.check([again.along(place) for place in range(len(call.variables))], again.compared_with(loss.data))
    wrong = any(row.verdict is Outcome.WRONG for row in check.rows)
    return replace(check, remarks=(*check.remarks, _DETACHED)) if wrong and not check.first_wrong else check


class _Again:
    """A function that is called anew at other numbers: with plain floats, or with Values where it accepts no floats."""

    def __init__(self, f: Callable[..., Any], arguments: Sequence[Any], point: Sequence[float]) -> None:
        self._f, self._arguments, self._point = f, arguments, point
        self._floats = True
        try:
            self.at(point)
        except (TypeError, AttributeError):  # f calls a method, as in x.exp()
            self._floats = False

    def at(self, numbers: Sequence[float]) -> float:
        """Return f's result with these numbers in its arguments; the parameters of Modules are put back afterwards."""
        source = iter(numbers)
        before: list[tuple[Value, float]] = []

        def visit(block: Block) -> Any:
            if not block.owned:
                elements = [(next(source), name) for name in block.element_names()]
                return shaped(block.shape, [x if self._floats else Value(x, name) for x, name in elements])
            (parameter,) = block.elements
            before.append((parameter, parameter.data))
            parameter.data = next(source)
            return None

        try:
            result = self._f(*(walk(argument, visit, keep_modules=True) for argument in self._arguments))
            return result.data if isinstance(result, Value) else float(result)
        finally:
            for parameter, number in before:
                parameter.data = number

    def along(self, place: int) -> Callable[[float], float]:
        """Return f as a function of one of its numbers."""
        return lambda number: self.at([*self._point[:place], number, *self._point[place + 1 :]])

    def compared_with(self, recorded: float) -> list[str]:
        """Return a sentence where f, called anew, gives another number than the recorded graph."""
        number = self.at(self._point)
        if math.isclose(number, recorded, rel_tol=1e-9) or (math.isnan(number) and math.isnan(recorded)):
            return []
        how = "floats" if self._floats else "Values once more"
        return [f"f gives {recorded!r} when it is recorded and {number!r} when it is called with {how}."]


class _Graph:
    """A recorded graph as a function of one of its nodes, for numbers of any kind."""

    def __init__(self, loss: Value, variable: Value) -> None:
        order = topological(loss)
        varied = dependents(order, [variable])
        self.loss, self.variable = loss, variable
        self.nodes = [node for node in order if node in varied and node is not variable]

    def result(self, number: Any, *, raw: bool = False) -> Any:
        """Return the result for another number in the variable's place; raw uses the forward rules as they are."""
        numbers: dict[Value, Any] = {self.variable: number}
        for node in self.nodes:
            operands = [numbers.get(operand, operand.data) for operand in node.inputs]
            if node.op is not None:
                numbers[node] = node.op.forward(*operands) if raw else node.op(*operands)
        return numbers.get(self.loss, self.loss.data)

    def follows(self, f: Callable[[float], float]) -> bool:
        """Tell whether the graph gives what the function gives, at the floats next to the variable's number."""
        return all(
            math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))
            for one, other in ((value_or_nan(self.result, x), value_or_nan(f, x)) for x in beside(self.variable.data))
        )


class _Findings:
    """What the checks of a graph have found so far: its local derivatives first, as they say where the kinks are."""

    def __init__(self, loss: Value, variables: Sequence[Value], names: Names, tolerance: float) -> None:
        self.loss, self.variables, self.names, self.tolerance = loss, variables, names, tolerance
        self.notes: list[str] = []
        order = topological(*variables, loss)
        varied = dependents(order, variables)
        self.local = [check for node in order for check in _local_checks(node, varied, tolerance)]

    def check(self, functions: Sequence[Callable[[float], float]], remarks: Sequence[str]) -> Check:
        """Return the whole result, given the loss as a function of each variable."""
        derivatives, scales = backward_numbers(self.loss, self.variables), adjoint_scales(self.loss)
        sizes = [scales.get(variable, 0.0) for variable in self.variables]
        rows = tuple(map(self._row, self.variables, derivatives, sizes, functions))
        # Where a node is out of date, its partials are those of other numbers, and comparing them would mislead.
        wrong = [] if remarks else self._those(Outcome.WRONG)
        kinks, unclear = self._those(Outcome.KINK), self._those(Outcome.UNCLEAR)
        remarks = (*remarks, *self._causes(rows))
        first = wrong[0] if wrong else None
        return Check(rows, first, tuple(kinks), tuple(unclear), remarks, tuple(self.notes), self.names)

    def _row(self, variable: Value, engine: float, size: float, f: Callable[[float], float]) -> TotalDerivative:
        graph = _Graph(self.loss, variable)
        by_step = complex_step(lambda number: graph.result(number, raw=True), variable.data)
        above = set(graph.nodes)
        kinked = any(check.node in above for check in self._those(Outcome.KINK))
        estimate = differentiate(f, variable.data)
        estimate = refined(estimate, by_step, alone=not kinked and graph.follows(f))
        if math.isfinite(size):  # where paths cancel, the rounding of each remains
            estimate = replace(estimate, noise=estimate.noise + sys.float_info.epsilon * size)
        verdict = _judge(engine, estimate, self.tolerance, kinked=kinked)
        if verdict is Outcome.WRONG and kinked:  # conventions at two kinks need not add up to a slope of the whole
            verdict = Outcome.KINK
        name = self.names.text(variable)
        if estimate.pole:
            self.notes.append(_AT_POLE.format(name=name, number=variable.data))
        elif verdict is Outcome.UNCLEAR:
            self.notes.append(_UNSETTLED.format(name=name))
        sides = estimate.left, estimate.right
        return TotalDerivative(name, variable.data, engine, estimate.slope, estimate.method, verdict, sides)

    def _causes(self, rows: Sequence[TotalDerivative]) -> list[str]:
        """Return a sentence on where in the backward sweep a derivative stopped being a number."""
        if all(row.verdict is not Outcome.NOT_A_NUMBER for row in rows):
            return []
        names, adjoints = self.names, {self.loss: 1.0}
        for node in reversed(topological(self.loss)):
            adjoint = adjoints.get(node, 0.0)
            for operand, partial in zip(node.inputs, node.partials, strict=True):
                share, before = adjoint * partial, adjoints.get(operand, 0.0)
                if math.isnan(share) and not math.isnan(partial) and not math.isnan(adjoint):
                    local = f"{names.definition(node)} has the derivative {partial:g} by {names.text(operand)}"
                    above = f"the derivative by {names.text(node)} is {adjoint:g}"
                    return [f"0 times infinity is not a number: {local} = {operand.data!r}, and {above}. {_CURE}"]
                if math.isnan(before + share) and not math.isnan(share):
                    return [f"Two paths pass infinities of opposite signs to {names.text(operand)}. {_CURE}"]
                adjoints[operand] = before + share
        return [f"A rule gives a derivative that is not a number. {_CURE}"]

    def _those(self, verdict: Outcome) -> list[LocalDerivative]:
        return [check for check in self.local if check.verdict is verdict]


def _out_of_date(order: Sequence[Value], names: Names) -> list[str]:
    """Return a sentence on the first node that does not hold what its operands give."""
    node = next(filter(is_stale, order), None)
    if node is None or node.op is None:
        return []
    definition = names.definition(node)
    try:
        number = node.op(*(operand.data for operand in node.inputs))
    except DomainError as error:
        return [f"{definition} cannot be computed from what its operands hold now: {error}"]
    given = f"{definition} holds {node.data!r}, but its operands now give {number!r}."
    return [f"{given} A leaf's .data was changed after the graph was recorded: call mg.recompute(loss)."]


def _local_checks(node: Value, varied: Container[Value], tolerance: float) -> Iterator[LocalDerivative]:
    """Yield a check of the partial derivative by each operand of a node that depends on a variable."""
    operation = node.op
    if operation is None:
        return
    numbers = [operand.data for operand in node.inputs]
    kinks = [kink for kink in operation.kinks if kink.at(*numbers)]
    estimates = [_local_estimate(operation, numbers, place, alone=not kinks) for place in range(len(numbers))]
    for place, operand in enumerate(node.inputs):
        if operand not in varied:
            continue
        engine, estimate = node.partials[place], estimates[place]
        verdict = _judge(engine, estimate, tolerance, kinked=bool(kinks))
        if verdict is Outcome.NOT_A_NUMBER:
            verdict = Outcome.WRONG
        elif verdict is Outcome.WRONG and any(_surrounds(kink, numbers) for kink in kinks):
            verdict = Outcome.KINK  # of detach, say: no corner, but a derivative that is 0 by convention
        note = ""
        if verdict is Outcome.KINK:
            near = f"a corner lies within {estimate.step:.0e} of this point"
            note = "; ".join(f"convention at {kink.words}: {kink.convention}" for kink in kinks) or near
        elif verdict is Outcome.UNCLEAR:
            note = "the point lies at a pole" if estimate.pole else "the differences do not settle on a number"
        elif verdict is Outcome.WRONG:
            note = _diagnosis(engine, estimate.slope, [other.slope for other in estimates if other is not estimate])
        sides = estimate.left, estimate.right
        yield LocalDerivative(node, place, engine, estimate.slope, verdict, sides, note)


def _surrounds(kink: Kink, numbers: Sequence[float]) -> bool:
    """Tell whether the points on either side of a point lie on the kink, too."""
    sizes = [max(1.0, abs(number)) * (1 + place) for place, number in enumerate(numbers)]
    return all(
        kink.at(*(number + side * size for number, size in zip(numbers, sizes, strict=True))) for side in (-1e-3, 7e-4)
    )


def _local_estimate(operation: Op, numbers: list[float], place: int, *, alone: bool) -> Estimate:
    """Return the derivative of an operation by one operand, from its forward rule alone."""

    def moved(number: Any) -> list[Any]:
        return [*numbers[:place], number, *numbers[place + 1 :]]

    estimate = differentiate(lambda number: float(operation(*moved(number))), numbers[place])
    by_step = complex_step(lambda number: operation.forward(*moved(number)), numbers[place])
    return refined(estimate, by_step, alone=alone)


def _judge(engine: float, estimate: Estimate, tolerance: float, *, kinked: bool) -> Outcome:
    """Return how a derivative compares with an estimate, at a point that lies on a declared kink or not."""
    if math.isnan(engine):  # true of nothing, on a kink or not
        return Outcome.NOT_A_NUMBER
    if estimate.corner or (kinked and not estimate.reliable):
        return Outcome.KINK
    if not estimate.reliable:
        return Outcome.UNCLEAR
    return Outcome.AGREES if math.isfinite(engine) and estimate.agrees_with(engine, tolerance) else Outcome.WRONG


def _diagnosis(engine: float, numeric: float, others: list[float]) -> str:
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


def _slope(number: float) -> str:
    return "none" if math.isnan(number) else f"{number:.6g}"
