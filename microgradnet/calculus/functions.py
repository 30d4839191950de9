"""Derivatives as functions: ``grad``, ``value_and_grad`` and ``derivative``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from microgradnet.calculus.arguments import Argnames, Argnums, Key, chosen
from microgradnet.calculus.structure import shaped
from microgradnet.calculus.sweeps import backward_values
from microgradnet.calculus.tracing import Trace
from microgradnet.errors import ArgumentError, ShapeError, shown
from microgradnet.number import is_array
from microgradnet.value import Value


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
