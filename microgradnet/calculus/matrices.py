"""Derivatives of many by many: ``jacobian``, ``hessian`` and the Hessian-vector product ``hvp``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microgradnet.calculus.arguments import Argnames, Argnums, sequence_of_arguments
from microgradnet.calculus.functions import grad, named_after
from microgradnet.calculus.structure import Block, blocks_of, matching, shaped, walk
from microgradnet.calculus.sweeps import backward_values
from microgradnet.calculus.tracing import Trace
from microgradnet.value import Value


def jacobian(f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None) -> Callable[..., Any]:
    r"""Return the function that computes the derivative of each result of f by each element of its arguments.

    Arguments:
        f: a function that returns numbers in any structure.
        argnums: as for :func:`grad`.
        argnames: as for :func:`grad`.

    Returns:
        A function of the same arguments. Its result has the structure of f's result, and in each place of that the
        structure of the argument: for a list of m results of a list of n numbers, m lists of n, so that
        ``J[i][k]`` is :math:`\partial f_i/\partial x_k`. An array of shape S by an array of shape T gives one of
        shape S + T. Floats in, floats out; Values in, Values out. It sweeps backward once for each result.

    Example:
        >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 5.0])
        [[5.0, 2.0], [1.0, 1.0]]
    """

    def matrix(*arguments: Any, **keywords: Any) -> Any:
        trace = Trace(f, argnums, argnames, arguments, keywords)
        results = [element for block in blocks_of(trace.result) for element in block.elements]
        swept = [number for result in results for number in trace.derivatives(result)]
        numbers = trace.finished(swept)  # only now: a finished graph no longer leads to the trace's variables
        count = len(trace.variables)
        rows = iter([numbers[start : start + count] for start in range(0, len(numbers), count or 1)])
        return walk(trace.result, lambda block: _rows(trace, block, [next(rows, []) for _ in block.elements]))

    return named_after(f, "jacobian", matrix)


def hessian(f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None) -> Callable[..., Any]:
    r"""Return the function that computes the second derivatives of f, which returns one number.

    Arguments:
        f: the function.
        argnums: as for :func:`grad`.
        argnames: as for :func:`grad`.

    Returns:
        A function of the same arguments. Its result has the structure of the gradient, twice: ``H[i][k]`` is
        :math:`\partial^2 f/\partial x_i\partial x_k`, for separate arguments as for the elements of one.

    Example:
        >>> hessian(lambda x, y: x**2 * y)(3.0, 2.0)
        ((4.0, 6.0), (6.0, 0.0))
    """
    return named_after(f, "hessian", jacobian(grad(f, argnums, argnames), argnums, argnames))


def hvp(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    r"""Return the product of the Hessian of f and a vector, without forming the Hessian.

    It is the derivative of the gradient along the vector, ``jvp(grad(f), primals, tangents)[1]``: a forward sweep over
    the graph of a backward one, which costs a few times what f costs (B. Pearlmutter, *Fast Exact Multiplication by the
    Hessian*, Neural Computation 6, 1994).

    Arguments:
        f: a function with one number as its result.
        primals: the arguments of f in a tuple or list, as in ``f(*primals)``.
        tangents: the vector, in the form of primals; for a Module, a dict by the names of its parameters.

    Returns:
        H v in the form of the argument; for several arguments, a tuple of these. Floats in, floats out; Values in,
        Values out.

    Raises:
        NumberTypeError: primals is not a tuple or list.
        ShapeError: f returned more than one number, or tangents has another form than primals.

    Example:
        >>> hvp(lambda x: x[0] ** 2 * x[1], ([3.0, 2.0],), ([1.0, 0.0],))
        [4.0, 6.0]
        >>> hvp(lambda x, y: x**2 * y, (3.0, 2.0), (1.0, 0.0))
        (4.0, 6.0)
    """
    arguments = sequence_of_arguments(primals, "hvp")
    seeds = matching(sequence_of_arguments(tangents, "hvp"), arguments, "the vector")
    trace = Trace(f, None, None, arguments, {})
    trace.differentiable = trace.differentiable or any(isinstance(seed, Value) for seed in seeds)
    y = trace.scalar("hvp")
    gradient = backward_values(y, trace.variables) if isinstance(y, Value) else [0.0] * len(trace.variables)
    return trace.shaped_like_arguments(trace.finished(trace.along(gradient, seeds)))


def _rows(trace: Trace, block: Block, rows: list[list[Any]]) -> Any:
    """Return the derivatives of one number or array of results, in the structure of the arguments."""
    parts = []
    start = 0
    for argument in trace.argument_blocks():
        stop = start + len(argument.elements)
        shapes = [shape for shape in (block.shape, argument.shape) if shape is not None]
        shape = sum(shapes, ()) if shapes else None
        parts.append(shaped(shape, [number for row in rows for number in row[start:stop]]))
        start = stop
    return trace.fill_arguments(parts)
