"""``jvp``: forward mode, the derivative of all results along one direction in one sweep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microgradnet.calculus.structure import blocks_of, matching, refill
from microgradnet.calculus.tracing import Trace
from microgradnet.value import Value


def jvp(f: Callable[..., Any], xs: Any, ts: Any) -> tuple[Any, Any]:
    r"""Return the pair of f's result and its derivative along a direction: the Jacobian times a vector.

    It is forward mode: each node's tangent :math:`\dot y = \sum_i \dot x_i\,\partial y/\partial x_i` is computed in
    the order of the calculation, in one sweep for however many results (A. Griewank and A. Walther, *Evaluating
    Derivatives*, 2nd ed., section 3.1), by the same derivative rules as the backward sweep. A jvp of a jvp or of a
    gradient, and a gradient of a jvp, work too, and keep their directions apart.

    Arguments:
        f: a function that returns numbers in any structure.
        xs: where: a tuple holds the arguments of f, as in ``f(*xs)``; anything else is its one argument.
        ts: the direction, in the form of xs; for a Module, a dict by the names of its parameters.

    Returns:
        (value, tangent), both in the form of f's result. Floats in, floats out; Values in, Values out.

    Raises:
        ShapeError: ts has another form than xs.

    Example:
        >>> jvp(lambda x, y: [x * y, x + y], (2.0, 5.0), (1.0, 0.0))
        ([10.0, 7.0], [5.0, 1.0])
    """
    seeds = matching(ts, xs, "the direction")
    trace = Trace(f, None, xs if isinstance(xs, tuple) else (xs,), {})
    trace.differentiable = trace.differentiable or any(isinstance(seed, Value) for seed in seeds)
    ys = [element for block in blocks_of(trace.result) for element in block.elements]
    finished = trace.finished([*ys, *trace.along(ys, seeds)])
    return refill(trace.result, iter(finished[: len(ys)])), refill(trace.result, iter(finished[len(ys) :]))
