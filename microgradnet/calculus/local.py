"""One node's derivatives against its operation: what the node holds beside what its forward rule does."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum
from typing import Any

from microgradnet.calculus.differences import Estimate, complex_step, differentiate, refined
from microgradnet.operation import Op
from microgradnet.value import Value


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
        verdict = Verdict.WRONG if verdict is Verdict.NOT_A_NUMBER else verdict
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
