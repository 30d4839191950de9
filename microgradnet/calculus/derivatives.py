"""The derivatives that people call: ``grad`` and its family of functions, ``gradients`` of nodes, ``jvp``, ``hvp``."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any

from microgradnet.calculus.sweeps import (
    Argnames,
    Argnums,
    Block,
    Key,
    Trace,
    backward_values,
    blocks_of,
    chosen,
    matching,
    refill,
    sequence_of_arguments,
    shaped,
    walk,
)
from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, shown
from microgradnet.graph import topological
from microgradnet.number import is_array
from microgradnet.value import Constant, Value


def grad(f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None) -> Callable[..., Any]:
    r"""Return the function that computes the gradient of f.

    Arguments:
        f: a function with one number as its result. It may branch and loop; the derivative is that of the path taken.
        argnums: the position of the argument to differentiate by, from 0, or several in a list or tuple.
        argnames: its name, or several. Where neither is given: all positional arguments of the call (JAX and autograd
            take the first; write ``argnums=0`` for that).

    Returns:
        A function of the same arguments. It returns the derivative in the form of the argument, be it a number, a list,
        tuple, dict or array of numbers, or a Module; for several arguments, a tuple of these. Floats in, floats out;
        where an argument holds Values, the derivatives are Values and can be differentiated again.

    Raises:
        UnknownNameError: (when called) the call has no such argument.
        ShapeError: (when called) f returned more than one number.
        NumberTypeError: (when called) something that is not a number was given or returned.

    Example:
        >>> grad(lambda x, y: x**2 * y)(3.0, 2.0)
        (12.0, 9.0)
        >>> grad(grad(lambda x: x**3))(2.0)
        12.0
        >>> grad(lambda w, x: w[0] * x + w[1], argnames="w")([0.5, 0.1], 3.0)
        [3.0, 1.0]
    """
    both = _value_and_grad(f, argnums, argnames, "grad")

    def gradient(*arguments: Any, **keywords: Any) -> Any:
        return both(*arguments, **keywords)[1]

    return named_after(f, "grad", gradient)


def value_and_grad(f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None) -> Callable[..., Any]:
    """Return the function that computes the pair of f's result and its gradient, as :func:`grad` does, in one sweep.

    Arguments and errors are those of :func:`grad`.

    Example:
        >>> value_and_grad(lambda x: x**2)(3.0)
        (9.0, 6.0)
    """
    return named_after(f, "value_and_grad", _value_and_grad(f, argnums, argnames, "value_and_grad"))


def derivative(
    f: Callable[..., Any], n: int = 1, argnums: int | None = None, argnames: str | None = None
) -> Callable[..., Any]:
    """Return the function that computes the nth derivative of f by one argument, which is one number.

    Arguments:
        f: a function with one number as its result.
        n: how many times to differentiate; 0 gives f itself.
        argnums: the position of the argument, from 0; the first where neither is given.
        argnames: its name.

    Returns:
        A function of the same arguments. For an array in the place of that argument it returns the array of the
        derivatives at each element, as a plot needs it.

    Raises:
        ArgumentError: n is not a whole number of 0 or more.
        ShapeError: (when called) f returned more than one number.

    Example:
        >>> [derivative(lambda x: x**3, n)(2.0) for n in range(5)]
        [8.0, 12.0, 12.0, 6.0, 0.0]
    """
    if not isinstance(n, int) or isinstance(n, bool) or n < 0:
        raise ArgumentError("n, the order of a derivative, is 0, 1, 2, ...", shown(n), "Use mg.derivative(f, 2).")
    if argnums is None and argnames is None:
        argnums = 0
    one = argnums if argnames is None else argnames
    if not isinstance(one, (int, str)) or None not in (argnums, argnames):
        came = f"argnums={shown(argnums)}, argnames={shown(argnames)}"
        raise ArgumentError("derivative is by one argument", came, "Use mg.grad for several.")

    def nth_derivative(*arguments: Any, **keywords: Any) -> Any:
        (key,) = chosen(f, argnums, argnames, arguments, keywords)
        given = keywords[key] if isinstance(key, str) else arguments[key]
        if not is_array(given):
            return _nth(Trace(f, argnums, argnames, arguments, keywords), n)
        results = []
        for element in given.flat:
            moved: dict[Key, Any] = dict(enumerate(arguments))
            moved.update(keywords)
            moved[key] = element
            call = [moved[place] for place in range(len(arguments))], {name: moved[name] for name in keywords}
            results.append(_nth(Trace(f, argnums, argnames, *call), n))
        return shaped(given.shape, results)

    return named_after(f, "derivative", nth_derivative)


def _nth(trace: Trace, n: int) -> Any:
    y = trace.scalar("derivative")
    if len(trace.variables) != 1:
        came = f"{len(trace.variables)} of them"
        raise ShapeError(
            "derivative is by one number", came, "Use mg.grad or mg.hessian for the derivatives by several."
        )
    for _ in range(n - 1):
        y = backward_values(y, trace.variables)[0] if isinstance(y, Value) else 0.0
    return trace.finished(trace.derivatives(y) if n else [y])[0]


def _value_and_grad(f: Callable[..., Any], argnums: Argnums, argnames: Argnames, caller: str) -> Callable[..., Any]:
    def both(*arguments: Any, **keywords: Any) -> Any:
        trace = Trace(f, argnums, argnames, arguments, keywords)
        y = trace.scalar(caller)
        value, *derivatives = trace.finished([y, *trace.derivatives(y)])
        return value, trace.shaped_like_arguments(derivatives)

    return both


def named_after(f: Callable[..., Any], what: str, derived: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function made from f the arguments of f, so that they can be named again, and a name of its own."""
    derived = functools.wraps(f, assigned=("__module__",), updated=())(derived)
    derived.__name__ = derived.__qualname__ = f"{what}({getattr(f, '__name__', type(f).__name__)})"
    return derived


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


def gradients(y: Value, xs: Any) -> Any:
    r"""Return the derivative of y by each of xs as new Values, which can be differentiated again, to any order.

    Unlike ``backward()`` it leaves every ``.grad`` as it is. A node that y does not depend on gets 0, its derivative,
    as in JAX: code that goes through all parameters needs no special case, and a derivative that vanishes on the way to
    a higher order is no error. (PyTorch raises one; a drawing shows what hangs together.)

    Arguments:
        y: the node to differentiate.
        xs: a Value, or Values in lists, tuples, dicts, arrays, or a Module (whose parameters are meant). Interior nodes
            are as good as leaves.

    Returns:
        The same structure; for a Module, a dict by the names of its parameters. Where both have labels, a derivative is
        labelled ``dy/dx``.

    Raises:
        NumberTypeError: y or one of xs is not a Value.
        DomainError: a derivative is infinite here; ``backward()`` gives the infinity.

    Example:
        >>> x = Value(2.0, label="x")
        >>> first = gradients(x**3, x)
        >>> second = gradients(first, x)
        >>> first.data, second.data, gradients(second, x).data
        (12.0, 12.0, 6.0)
    """
    if not isinstance(y, Value):
        came = f"{shown(y)} of type {type(y).__name__}"
        advice = "Use mg.jacobian of a function for several results; a plain float has no graph to differentiate."
        raise NumberTypeError("gradients needs the one Value to differentiate", came, advice)
    variables = [element for block in blocks_of(xs, "xs") for element in block.elements]
    for variable in variables:
        if not isinstance(variable, Value):
            advice = "Give the Value that y was computed from, not its .data."
            raise NumberTypeError("gradients are by Values", f"the number {shown(variable)}", advice)
    before = set(map(id, topological(y)))
    derivatives = backward_values(y, variables)
    _label(y, variables, derivatives, before)
    return refill(xs, iter(derivatives))


def _label(y: Value, variables: list[Value], derivatives: list[Value], before: set[int]) -> None:
    """Name each new node that is the derivative by one variable only: a node that serves two has no one name."""
    uses = Counter(map(id, derivatives))
    for variable, derivative in zip(variables, derivatives, strict=True):
        new = id(derivative) not in before and uses[id(derivative)] == 1 and not isinstance(derivative, Constant)
        if new and y.label and variable.label and not derivative.label:
            over = f"({y.label})" if "/" in y.label else y.label
            derivative.label = f"d{over}/d{variable.label}"
