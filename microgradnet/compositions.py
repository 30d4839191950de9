"""Functions of many Values that are composed of the elementary operations: sums, averages, norms, the softmax family.

They record ordinary nodes, so that all that is drawn, derived and checked is still the table's operations.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from microgradnet.errors import ArgumentError, ShapeError
from microgradnet.ops import absolute, exp, hypot, log, sqrt
from microgradnet.value import number_of


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


def mean(values: Iterable[Any]) -> Any:
    r"""Return the arithmetic mean, :math:`\frac{1}{n} \sum_i x_i`.

    Where the sum could overflow, each number is divided first.

    Raises:
        ArgumentError: there is nothing to average.
    """
    values = _some(values, "mean")
    if _largest_size(values) > _SAFE_TERM:
        return total(value / len(values) for value in values)
    return total(values) / len(values)


def variance(values: Iterable[Any], *, sample: bool = False) -> Any:
    r"""Return the mean squared distance from the mean, :math:`\frac{1}{n} \sum_i (x_i - \bar x)^2`.

    The mean is computed first, so that numbers far from 0 lose no digits, as they do in the mean of the squares less
    the square of the mean (T. Chan, G. Golub, R. LeVeque, *Algorithms for Computing the Sample Variance*, 1983).

    Arguments:
        values: the numbers.
        sample: False for the whole population, as in NumPy; True for an estimate from a sample, which divides by n - 1,
            as in PyTorch.

    Raises:
        ArgumentError: there is nothing to average, or a sample of one.
    """
    values = _some(values, "variance")
    if sample and len(values) < 2:
        raise ArgumentError("the variance of a sample needs two numbers", "1", "Use sample=False.")
    middle = mean(values)
    return total((value - middle) ** 2 for value in values) / (len(values) - sample)


def norm(values: Iterable[Any]) -> Any:
    r"""Return the Euclidean length, :math:`\sqrt{\sum_i x_i^2}`.

    The graph is the textbook's as long as the squares fit into floats; else it is a chain of :func:`hypot`. So it is at
    0, where the derivatives are 0 by convention (as in PyTorch), and not 0 times infinity.

    Raises:
        ArgumentError: there are no numbers.
    """
    values = _some(values, "norm")
    if 1.0 / _SAFE_FACTOR <= _largest_size(values) <= _SAFE_FACTOR:
        return sqrt(total(value**2 for value in values))
    return absolute(values[0]) if len(values) == 1 else reduce(hypot, values)


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


_SAFE_TERM = 1e290  # of a sum
_SAFE_FACTOR = 1e140  # of a square, and of a sum of squares
_SAFE_EXPONENT = 500.0  # e^500 leaves room for sums and quotients; e^710 does not fit into a float


def _within_range(values: Iterable[Any]) -> tuple[list[Any], float]:
    """Return the values, less the largest where their powers could overflow or all vanish, and what was subtracted."""
    values = _some(values, "softmax and logsumexp", "need")
    largest = max(map(number_of, values))
    if abs(largest) <= _SAFE_EXPONENT:
        return values, 0.0
    return [value - largest for value in values], largest


def _some(values: Iterable[Any], what: str, verb: str = "needs") -> list[Any]:
    values = list(values)
    if not values:
        raise ArgumentError(f"{what} {verb} at least one number", "none", "Check what feeds it.")
    return values


def _largest_size(values: Iterable[Any]) -> float:
    return max(abs(number_of(value)) for value in values)
