"""``gradients``: the derivatives of one node by others, as new nodes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from microgradnet.calculus.structure import blocks_of, refill
from microgradnet.calculus.sweeps import backward_values
from microgradnet.errors import NumberTypeError, shown
from microgradnet.graph import topological
from microgradnet.value import Constant, Value


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
