"""Derivatives of many by many: ``jacobian``, ``hessian`` and the Hessian-vector product ``hvp``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from microgradnet.calculus.arguments import By
from microgradnet.calculus.functions import grad, named_after
from microgradnet.calculus.structure import Block, matching, shaped, walk
from microgradnet.calculus.sweeps import backward_values
from microgradnet.calculus.tracing import Trace
from microgradnet.value import Value


def jacobian(f: Callable[..., Any], by: By = None) -> Callable[..., Any]:
    r"""Return the function that computes the derivative of each result of f by each element of its arguments.

    Arguments:
        f: a function that returns numbers in any structure.
        by: the position or the name of the argument to differentiate by, or several in a list or tuple. Where not
            given: all the arguments given in position.

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
        trace = Trace(f, by, arguments, keywords)
        return walk(trace.result, lambda block: _rows(trace, block))

    return named_after(f, "jacobian", matrix)


def hessian(f: Callable[..., Any], by: By = None) -> Callable[..., Any]:
    r"""Return the function that computes the second derivatives of f, which returns one number.

    Arguments:
        f: the function.
        by: as for :func:`jacobian`.

    Returns:
        A function of the same arguments. Its result has the structure of the gradient, twice: ``H[i][k]`` is
        :math:`\partial^2 f/\partial x_i\partial x_k`, for separate arguments as for the elements of one.

    Example:
        >>> hessian(lambda x, y: x**2 * y)(3.0, 2.0)
        ((4.0, 6.0), (6.0, 0.0))
    """
    return named_after(f, "hessian", jacobian(grad(f, by), by))


def hvp(f: Callable[..., Any], xs: Any, vs: Any) -> Any:
    r"""Return the product of the Hessian of f and a vector, without forming the Hessian.

    It is the derivative of the gradient along v, a forward sweep over the graph of a backward one, and costs a few
    times what f costs (B. Pearlmutter, *Fast Exact Multiplication by the Hessian*, Neural Computation 6, 1994).

    Arguments:
        f: a function with one number as its result.
        xs: where: a tuple holds the arguments of f, as in ``f(*xs)``; anything else is its one argument.
        vs: the vector, in the form of xs.

    Returns:
        H v, in the form of xs. Floats in, floats out; Values in, Values out.

    Raises:
        ShapeError: f returned more than one number, or vs has another form than xs.

    Example:
        >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 2.0], [1.0, 0.0])
        [4.0, 6.0]
    """
    arguments = xs if isinstance(xs, tuple) else (xs,)
    seeds = matching(vs, xs, "the vector")
    trace = Trace(f, None, arguments, {})
    trace.differentiable = trace.differentiable or any(isinstance(seed, Value) for seed in seeds)
    y = trace.scalar("hvp")
    gradient = backward_values(y, trace.variables) if isinstance(y, Value) else [0.0] * len(trace.variables)
    product = trace.shaped_like_arguments(trace.finished(trace.along(gradient, seeds)))
    return (product,) if isinstance(xs, tuple) and trace.single else product


def _rows(trace: Trace, block: Block) -> Any:
    """Return the derivatives of one number or array of results, in the structure of the arguments."""
    rows = [trace.finished(trace.derivatives(element)) for element in block.elements]
    parts = []
    start = 0
    for argument in trace.argument_blocks():
        stop = start + len(argument.elements)
        shapes = [shape for shape in (block.shape, argument.shape) if shape is not None]
        shape = sum(shapes, ()) if shapes else None
        parts.append(shaped(shape, [number for row in rows for number in row[start:stop]]))
        start = stop
    return trace.fill_arguments(parts)
