"""Units through which no gradient flows: saturated sigmoids, dead relus. Told in words, from the local derivatives.

What can saturate is read off an operation's own rules, at numbers far out on both sides, so that an operation which a
user adds is marked as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from microgradnet.operation import Op
from microgradnet.value import Value

_FAR = 30.0  # where a sigmoid is level to the last digit but one
_LEVEL = 1e-6  # a slope below this, far out, is that of a level piece
_MIDDLE = tuple(step / 4 for step in range(-12, 13))  # where activations are steep
SATURATED = 0.05  # of the steepest slope: below this, learning has all but stopped


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an operation of one operand runs: whether it is level on both sides, or dead on one; its steepest slope."""

    squashes: bool = False
    dies: bool = False
    steepest: float = 0.0


def describe_unit(node: Value) -> str:
    """Return ``"saturated"``, ``"dead relu"``, or an empty text for a unit through which gradients flow.

    A unit is saturated where its slope is below 5 % of the steepest that its operation has: beyond 4.4 for a sigmoid,
    beyond 2.2 for tanh. It is dead where its slope is exactly 0 on a side on which the operation is level.
    """
    if node.op is None or len(node.inputs) != 1:
        return ""
    slope, shape = abs(node.partials[0]), _shape(node.op)
    if shape.squashes and slope < SATURATED * shape.steepest:
        return "saturated"
    return f"dead {node.op.name}" if shape.dies and slope == 0.0 else ""


def can_stop(node: Value) -> bool:
    """Tell whether the operation of a node is one that can saturate or die."""
    if node.op is None or len(node.inputs) != 1:
        return False
    shape = _shape(node.op)
    return shape.squashes or shape.dies


@cache
def _shape(op: Op) -> _Shape:
    if not all(op.domain.contains(number) for number in (-_FAR, _FAR)):
        return _Shape()
    low, high = abs(_slope(op, -_FAR)), abs(_slope(op, _FAR))
    steepest = max(abs(_slope(op, number)) for number in _MIDDLE)
    ends_differ = op.forward(-_FAR) != op.forward(_FAR)
    squashes = ends_differ and steepest > 0.0 and low < _LEVEL and high < _LEVEL
    return _Shape(squashes, (low == 0.0) != (high == 0.0), steepest)


def _slope(op: Op, number: float) -> float:
    try:
        return float(op.partials[0](number, op.forward(number)))
    except (ValueError, ArithmeticError):  # outside the domain of a user's operation, or too large
        return 0.0
