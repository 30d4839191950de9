"""``jvp``: forward mode, the derivative of all results along one direction in one sweep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microgradnet.calculus.arguments import sequence_of_arguments
from microgradnet.calculus.structure import blocks_of, matching, refill
from microgradnet.calculus.tracing import Trace
from microgradnet.value import Value


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    r"""Return the pair of f's result and its derivative along a direction: the Jacobian times a vector.

    It is forward mode: each node's tangent :math:`\dot y = \sum_i \dot x_i\,\partial y/\partial x_i` is computed in
    the order of the calculation, in one sweep for however many results (A. Griewank and A. Walther, *Evaluating
    Derivatives*, 2nd ed., section 3.1), by the same derivative rules as the backward sweep. A jvp of a jvp or of a
    gradient, and a gradient of a jvp, work too, and keep their directions apart.

    Arguments:
        f: a function that returns numbers in any structure.
        primals: the arguments of f in a tuple or list, as in ``f(*primals)``.
        tangents: the direction, in the form of primals; for a Module, a dict by the names of its parameters.

    Returns:
        (value, tangent), both in the form of f's result. Floats in, floats out; Values in, Values out.

    Raises:
        NumberTypeError: primals is not a tuple or list.
        ShapeError: tangents has another form than primals.

    Example:
        >>> jvp(lambda x, y: [x * y, x + y], (2.0, 5.0), (1.0, 0.0))
        ([10.0, 7.0], [5.0, 1.0])
    """
    arguments = sequence_of_arguments(primals, "jvp")
    seeds = matching(sequence_of_arguments(tangents, "jvp"), arguments, "the direction")
    trace = Trace(f, None, None, arguments, {})
    trace.differentiable = trace.differentiable or any(isinstance(seed, Value) for seed in seeds)
    ys = [element for block in blocks_of(trace.result) for element in block.elements]
    finished = trace.finished([*ys, *trace.along(ys, seeds)])
    return refill(trace.result, iter(finished[: len(ys)])), refill(trace.result, iter(finished[len(ys) :]))
