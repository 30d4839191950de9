"""The derivatives that people call: ``grad`` and its family of functions, ``gradients`` of nodes, ``jvp``, ``hvp``."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any, overload

from microgradnet.calculus.sweeps import (
    Argnames,
    Argnums,
    Call,
    Key,
    backward_values,
    chosen,
    elements_of,
    matching,
    refill,
    sequence_of_arguments,
    shaped,
    walk,
)
from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, described, shown
from microgradnet.graph import topological
from microgradnet.operation import is_array
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
        NumberTypeError: (when called) something that is not a number was given or returned; or a plain number was
            returned after ``.data`` of a Value was read, whose derivative would be 0 without a word.

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

    return _named_after(f, "grad", gradient)


def value_and_grad(f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None) -> Callable[..., Any]:
    """Return the function that computes the pair of f's result and its gradient, as :func:`grad` does, in one sweep.

    Arguments and errors are those of :func:`grad`.

    Example:
        >>> value_and_grad(lambda x: x**2)(3.0)
        (9.0, 6.0)
    """
    return _named_after(f, "value_and_grad", _value_and_grad(f, argnums, argnames, "value_and_grad"))


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
        ArgumentError: n is not a whole number of 0 or more, or several arguments are chosen.
        ShapeError: (when called) f returned more than one number.

    Example:
        >>> [derivative(lambda x: x**3, n)(2.0) for n in range(5)]
        [8.0, 12.0, 12.0, 6.0, 0.0]
    """
    if not hasattr(n, "__index__") or isinstance(n, bool) or n < 0:
        raise ArgumentError("n, the order of a derivative, is 0, 1, 2, ...", shown(n), "Use mg.derivative(f, 2).")
    if argnums is None and argnames is None:
        argnums = 0
    one = argnums if argnames is None else argnames
    if not isinstance(one, (int, str)) or None not in (argnums, argnames):
        words = f"argnums={shown(argnums)}, argnames={shown(argnames)}"
        raise ArgumentError("derivative is by one argument", words, "Use mg.grad for several.")

    def nth_derivative(*arguments: Any, **keywords: Any) -> Any:
        (key,) = chosen(f, argnums, argnames, arguments, keywords)
        given = keywords[key] if isinstance(key, str) else arguments[key]
        if not is_array(given):
            return _nth(Call(f, argnums, argnames, arguments, keywords), n)
        results = []
        for element in given.flat:
            moved: dict[Key, Any] = dict(enumerate(arguments))
            moved.update(keywords)
            moved[key] = element
            call = [moved[place] for place in range(len(arguments))], {name: moved[name] for name in keywords}
            results.append(_nth(Call(f, argnums, argnames, *call), n))
        return shaped(given.shape, results)

    return _named_after(f, "derivative", nth_derivative)


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

    Raises:
        UnknownNameError: (when called) the call has no such argument.
        NumberTypeError: (when called) something that is not a number was given or returned; or a plain number was
            returned after ``.data`` of a Value was read, whose derivative would be 0 without a word.

    Example:
        >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1]])([2.0, 5.0])
        [[5.0, 2.0], [1.0, 1.0]]
    """

    def matrix(*arguments: Any, **keywords: Any) -> Any:
        call = Call(f, argnums, argnames, arguments, keywords)
        swept = [number for result in elements_of(call.result) for number in call.derivatives(result)]
        numbers = iter(call.finished(swept))  # once, after all rows: it cuts the graph from the call's variables
        return walk(call.result, lambda block: call.rows(block, numbers))

    return _named_after(f, "jacobian", matrix)


def hessian(f: Callable[..., Any], argnums: Argnums = None, argnames: Argnames = None) -> Callable[..., Any]:
    r"""Return the function that computes the second derivatives of f, which returns one number.

    Arguments:
        f: the function.
        argnums: as for :func:`grad`.
        argnames: as for :func:`grad`.

    Returns:
        A function of the same arguments. Its result has the structure of the gradient, twice: ``H[i][k]`` is
        :math:`\partial^2 f/\partial x_i\partial x_k`, for separate arguments as for the elements of one.

    Raises:
        ShapeError: (when called) f returned more than one number.

    Example:
        >>> hessian(lambda x, y: x**2 * y)(3.0, 2.0)
        ((4.0, 6.0), (6.0, 0.0))
    """
    return _named_after(f, "hessian", jacobian(grad(f, argnums, argnames), argnums, argnames))


def jvp(f: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, Any]:
    r"""Return the pair of f's result and its derivative along a direction: the Jacobian times a vector.

    This is forward mode: each node's tangent :math:`\dot y = \sum_i \dot x_i\,\partial y/\partial x_i` is computed in
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
    call, seeds = _call_along(f, primals, tangents, "jvp")
    ys = elements_of(call.result)
    finished = call.finished([*ys, *call.along(ys, seeds)])
    return refill(call.result, iter(finished[: len(ys)])), refill(call.result, iter(finished[len(ys) :]))


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
    call, seeds = _call_along(f, primals, tangents, "hvp")
    y = call.scalar("hvp")
    gradient = backward_values(y, call.variables) if isinstance(y, Value) else [0.0] * len(call.variables)
    return call.shaped_like_arguments(call.finished(call.along(gradient, seeds)))


@overload
def gradients(y: Value, xs: Value) -> Value: ...
@overload
def gradients(y: Value, xs: list[Value]) -> list[Value]: ...
@overload
def gradients(y: Value, xs: Any) -> Any: ...
def gradients(y: Value, xs: Any) -> Any:
    r"""Return the derivative of y by each of xs as new Values, which can be differentiated again, to any order.

    Unlike ``backward()`` it leaves every ``.grad`` as it is. A node that y does not depend on gets 0, its derivative,
    as in JAX: code that goes through all parameters needs no special case, and a derivative that vanishes on the way to
    a higher order is no error. (PyTorch raises one.)

    Arguments:
        y: the node to differentiate.
        xs: a Value, or Values in lists, tuples, dicts, arrays, or a Module, which stands for its parameters. Interior
            nodes may be given as well as leaves.

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
        given = described(y)
        advice = "Use mg.jacobian of a function for several results; a plain float has no graph to differentiate."
        raise NumberTypeError("gradients needs the one Value to differentiate", given, advice)
    variables = elements_of(xs, "xs")
    for variable in variables:
        if not isinstance(variable, Value):
            advice = "Give the Value that y was computed from, not its .data."
            raise NumberTypeError("gradients are by Values", f"the number {shown(variable)}", advice)
    before = set(topological(y))
    derivatives = backward_values(y, variables)
    _label(y, variables, derivatives, before)
    return refill(xs, iter(derivatives))


def _label(y: Value, variables: list[Value], derivatives: list[Value], before: set[Value]) -> None:
    """Label each new node that is the derivative by one variable only: a node that serves two has no one name."""
    uses = Counter(map(id, derivatives))
    for variable, found in zip(variables, derivatives, strict=True):
        new = found not in before and uses[id(found)] == 1 and not isinstance(found, Constant)
        if new and y.label and variable.label and not found.label:
            over = f"({y.label})" if "/" in y.label else y.label
            found.label = f"d{over}/d{variable.label}"


def _call_along(f: Callable[..., Any], primals: Any, tangents: Any, caller: str) -> tuple[Call, list[Any]]:
    """Return the recorded call of f at a point, and the elements of the direction."""
    arguments = sequence_of_arguments(primals, caller)
    seeds = matching(sequence_of_arguments(tangents, caller), arguments, "the direction")
    call = Call(f, None, None, arguments, {})
    call.differentiable |= any(isinstance(seed, Value) for seed in seeds)
    return call, seeds


def _value_and_grad(f: Callable[..., Any], argnums: Argnums, argnames: Argnames, caller: str) -> Callable[..., Any]:
    def both(*arguments: Any, **keywords: Any) -> Any:
        call = Call(f, argnums, argnames, arguments, keywords)
        y = call.scalar(caller)
        value, *derivatives = call.finished([y, *call.derivatives(y)])
        return value, call.shaped_like_arguments(derivatives)

    return both


def _nth(call: Call, n: int) -> Any:
    y = call.scalar("derivative")
    if len(call.variables) != 1:
        advice = "Use mg.grad or mg.hessian for the derivatives by several."
        raise ShapeError("derivative is by one number", f"{len(call.variables)} of them", advice)
    for _ in range(n - 1):
        y = backward_values(y, call.variables)[0] if isinstance(y, Value) else 0.0
    return call.finished(call.derivatives(y) if n else [y])[0]


def _named_after(f: Callable[..., Any], what: str, derived: Callable[..., Any]) -> Callable[..., Any]:
    """Give a function made from f the arguments of f, so that they can be named again, and a name of its own."""
    if not callable(f):
        advice = f"Write mg.{what}(f)(x), or mg.gradients(y, x) for a node y."
        raise NumberTypeError(f"{what} takes a function", described(f), advice)
    derived = functools.wraps(f, assigned=("__module__",), updated=())(derived)
    derived.__name__ = derived.__qualname__ = f"{what}({getattr(f, '__name__', type(f).__name__)})"
    return derived
