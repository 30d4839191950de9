"""The steps that are the same in every program over a scalar function: forward, forward + backward, and an update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.engines.scalars import Function, Scalars
from benchmarks.program import Step

FORWARD, BOTH, STEP = "forward", "forward + backward", "step"


def forward_and_backward(scalars: Scalars, function: Function) -> dict[str, Step]:
    steps: dict[str, Step] = {FORWARD: lambda: scalars.forward(function)}
    if scalars.differentiates:
        steps[BOTH] = lambda: scalars.gradient(function)
    return steps


def with_descent(scalars: Scalars, function: Function, eta: float) -> Mapping[str, Step]:
    """Add the whole step: forward, backward, and gradient descent on the parameters."""

    def descend() -> float:
        loss, gradient = scalars.gradient(function)
        numbers = scalars.read()
        scalars.assign([number - eta * slope for number, slope in zip(numbers, gradient, strict=True)])
        return loss

    steps = forward_and_backward(scalars, function)
    return {**steps, STEP: descend} if scalars.differentiates else steps


def value_and_gradient(scalars: Scalars, function: Function) -> list[Any]:
    """Return what engines have to agree in: the value, and the gradient where there is one."""
    if not scalars.differentiates:
        return [scalars.forward(function)]
    value, gradient = scalars.gradient(function)
    return [value, *gradient]
