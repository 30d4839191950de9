"""Functions of many Values that are composed of the elementary operations: sums, dot products, the softmax family.

They record ordinary nodes, so that all that is drawn, derived and checked is still the table's operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microgradnet.errors import ArgumentError, ShapeError
from microgradnet.number import as_float
from microgradnet.ops import exp, log
from microgradnet.value import Value


def total(values: Iterable[Any]) -> Any:
    """Return the sum, from left to right. Unlike ``sum``, it records no addition of 0 before the first term.

    Raises:
        ArgumentError: there is nothing to sum.
    """
    terms = iter(values)
    try:
        result = next(terms)
    except StopIteration:
        raise ArgumentError("total needs at least one term", "none", "Leave an empty sum out.") from None
    for term in terms:
        result = result + term
    return result


def dot(weights: Iterable[Any], inputs: Iterable[Any], bias: Any = None) -> Any:
    r"""Return :math:`\sum_k w_k x_k + b`, the products first and the bias last, as on paper.

    Raises:
        ShapeError: the two sequences differ in length.
    """
    weights, inputs = list(weights), list(inputs)
    if len(weights) != len(inputs):
        came = f"{len(weights)} and {len(inputs)} numbers"
        raise ShapeError("a dot product needs two sequences of one length", came, "Check the order of the two.")
    products = total(weight * number for weight, number in zip(weights, inputs, strict=True))
    return products if bias is None else products + bias


def logsumexp(values: Iterable[Any]) -> Any:
    r"""Return :math:`\ln \sum_i e^{x_i}` without overflow; see :func:`softmax` for how."""
    shifted, shift = _within_range(values)
    logarithm = log(total(exp(value) for value in shifted))
    return logarithm + shift if shift else logarithm


def softmax(values: Iterable[Any]) -> list[Any]:
    r"""Return :math:`e^{x_i} / \sum_j e^{x_j}` for each i.

    The graph is the textbook's as long as the powers fit into floats. Beyond that the largest number is subtracted from
    each first, as a constant, which changes neither value nor derivative (P. Blanchard, D. Higham, N. Higham,
    *Accurately computing the log-sum-exp and softmax functions*, section 1).
    """
    shifted, _ = _within_range(values)
    powers = [exp(value) for value in shifted]
    whole = total(powers)
    return [power / whole for power in powers]


def log_softmax(values: Iterable[Any]) -> list[Any]:
    r"""Return :math:`x_i - \ln \sum_j e^{x_j}` for each i: finite even where the softmax rounds to 0."""
    values = list(values)
    normaliser = logsumexp(values)
    return [value - normaliser for value in values]


_SAFE_EXPONENT = 500.0  # e^500 leaves room for sums and quotients; e^710 does not fit into a float


def _within_range(values: Iterable[Any]) -> tuple[list[Any], float]:
    """Return the values, less the largest where their powers could overflow or all vanish, and what was subtracted."""
    values = list(values)
    if not values:
        raise ArgumentError("softmax and logsumexp need at least one number", "none", "Check what feeds them.")
    largest = max(value.data if isinstance(value, Value) else as_float(value) for value in values)
    if abs(largest) <= _SAFE_EXPONENT:
        return values, 0.0
    return [value - largest for value in values], largest
