"""Functions of many Values that are composed of the elementary operations: sums, averages, norms, the softmax family.

They record ordinary nodes, so that drawings, derivations and checks see the operations of the table and nothing else.
Their arguments are any iterables of Values and plain numbers; of numbers alone they return a plain number.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, described
from microgradnet.ops import absolute, exp, hypot, log, maximum, sqrt
from microgradnet.value import number_of, sum_of_products


def total(values: Iterable[Any]) -> Any:
    r"""Return the sum :math:`\sum_i x_i`, added from left to right.

    Unlike ``sum``, it records no addition of 0 before the first term.

    Arguments:
        values: n Values or numbers, n >= 1.

    Returns:
        One Value; the one term itself where n is 1.

    Raises:
        ArgumentError: there are no terms.
        NumberTypeError: ``values`` is not iterable, or holds text.

    Example:
        >>> from microgradnet import Value
        >>> a, b = Value(1.0), Value(2.0)
        >>> s = total([a, b, a])
        >>> s.backward()
        >>> s.data, a.grad, b.grad
        (4.0, 2.0, 1.0)
    """
    terms = _iterated(values, "total")
    try:
        result = next(terms)
    except StopIteration:
        raise ArgumentError("total needs at least one term", "none", "Leave an empty sum out.") from None
    if isinstance(result, (str, bytes)):  # which "+" would join
        raise NumberTypeError("total adds Values and numbers", described(result), "Use float(...) of the text.")
    for term in terms:
        result = result + term
    return result


def dot(weights: Iterable[Any], inputs: Iterable[Any], bias: Any = None) -> Any:
    r"""Return :math:`\sum_k w_k x_k + b`, the products first and the bias last, as on paper.

    Arguments:
        weights: n Values or numbers, n >= 1.
        inputs: n Values or numbers.
        bias: one Value or number; nothing is added where it is None.

    Returns:
        One Value: n products, n - 1 sums, and the sum with the bias.

    Raises:
        ShapeError: the two sequences differ in length.
        ArgumentError: they are empty.
        NumberTypeError: one of them is not iterable.

    Example:
        >>> from microgradnet import Value
        >>> w, b = [Value(0.5), Value(-1.0)], Value(2.0)
        >>> z = dot(w, [3.0, 1.0], b)
        >>> z.backward()
        >>> z.data, w[0].grad, b.grad
        (2.5, 3.0, 1.0)
    """
    weights, inputs = list(_iterated(weights, "dot")), list(_iterated(inputs, "dot"))
    if len(weights) != len(inputs):
        given = f"{len(weights)} and {len(inputs)} numbers"
        raise ShapeError("a dot product needs two sequences of one length", given, "Check the order of the two.")
    return sum_of_products(_some(weights, "dot"), inputs, bias)


def mean(values: Iterable[Any]) -> Any:
    r"""Return the arithmetic mean :math:`\frac{1}{n} \sum_i x_i`.

    Where the sum could overflow, each number is divided by n first.

    Arguments:
        values: n Values or numbers, n >= 1.

    Raises:
        ArgumentError: there are no numbers.
        NumberTypeError: ``values`` is not iterable, or holds something that is not a real number.

    Example:
        >>> mean([1.0, 2.0, 6.0])
        3.0
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
        values: n Values or numbers, n >= 1, or n >= 2 for a sample.
        sample: False for the whole population, as in NumPy; True for an estimate from a sample, which divides by n - 1,
            as in PyTorch.

    Raises:
        ArgumentError: there are no numbers, or one in a sample.
        NumberTypeError: ``values`` is not iterable, or holds something that is not a real number.

    Example:
        >>> variance([1.0, 2.0, 6.0]), variance([1.0, 3.0], sample=True)
        (4.666666666666667, 2.0)
    """
    values = _some(values, "variance")
    if sample and len(values) < 2:
        raise ArgumentError("the variance of a sample needs two numbers", "1", "Use sample=False.")
    middle = mean(values)
    return total((value - middle) ** 2 for value in values) / (len(values) - sample)


def norm(values: Iterable[Any]) -> Any:
    r"""Return the Euclidean norm (the L2 norm) :math:`\sqrt{\sum_i x_i^2}`.

    The graph is the textbook's as long as the squares fit into floats; else it is a chain of :func:`hypot`. So it is at
    0, where the derivatives are 0 by convention (as in PyTorch), and not 0 times infinity.

    Arguments:
        values: n Values or numbers, n >= 1.

    Raises:
        ArgumentError: there are no numbers.
        NumberTypeError: ``values`` is not iterable, or holds something that is not a real number.

    Example:
        >>> norm([3.0, 4.0])
        5.0
    """
    values = _some(values, "norm")
    if 1.0 / _SAFE_FACTOR <= _largest_size(values) <= _SAFE_FACTOR:
        return sqrt(total(value**2 for value in values))
    return absolute(values[0]) if len(values) == 1 else reduce(hypot, values)


def logsumexp(values: Iterable[Any]) -> Any:
    r"""Return :math:`\ln \sum_i e^{x_i}` without overflow; see :func:`softmax` for how.

    Where the largest number is infinite it is the result, with the derivatives of :func:`maximum`: by continuity 1 by
    the largest number and 0 by the others, and equal shares where several are infinite.

    Arguments:
        values: n Values or numbers, n >= 1.

    Raises:
        ArgumentError: there are no numbers.
        NumberTypeError: ``values`` is not iterable, or holds something that is not a real number.

    Example:
        >>> logsumexp([1000.0, 1000.0])
        1000.6931471805599
        >>> logsumexp([float("-inf")])
        -inf
    """
    values = _some(values, "logsumexp")
    if math.isinf(max(map(number_of, values))):
        return values[0] * 1.0 if len(values) == 1 else reduce(maximum, values)
    shifted, shift = _within_range(values)
    logarithm = log(total(exp(value) for value in shifted))
    return logarithm + shift if shift else logarithm


def softmax(values: Iterable[Any]) -> list[Any]:
    r"""Return :math:`e^{x_i} / \sum_j e^{x_j}` for each i.

    The graph is the textbook's as long as the powers fit into floats. Beyond that the largest number is subtracted from
    each first, as a constant, which changes neither value nor derivative (P. Blanchard, D. Higham, N. Higham,
    *Accurately computing the log-sum-exp and softmax functions*, section 1).

    Arguments:
        values: n Values or numbers, n >= 1: the logits.

    Returns:
        A list of n shares between 0 and 1, whose sum is 1.

    Raises:
        ArgumentError: there are no numbers.
        NumberTypeError: ``values`` is not iterable, or holds something that is not a real number.

    Example:
        >>> softmax([0.0, 0.0])
        [0.5, 0.5]
    """
    shifted, _ = _within_range(_some(values, "softmax"))
    powers = [exp(value) for value in shifted]
    whole = total(powers)
    return [power / whole for power in powers]


def log_softmax(values: Iterable[Any]) -> list[Any]:
    r"""Return :math:`x_i - \ln \sum_j e^{x_j}` for each i: finite even where the softmax rounds to 0.

    Arguments:
        values: n Values or numbers, n >= 1: the logits.

    Returns:
        A list of n logarithms of shares, each at most 0.

    Raises:
        ArgumentError: there are no numbers.
        NumberTypeError: ``values`` is not iterable, or holds something that is not a real number.

    Example:
        >>> log_softmax([0.0, -1000.0])
        [0.0, -1000.0]
    """
    values = _some(values, "log_softmax")
    normaliser = logsumexp(values)
    return [value - normaliser for value in values]


_SAFE_TERM = 1e290  # of a sum
_SAFE_FACTOR = 1e140  # of a square, and of a sum of squares
_SAFE_EXPONENT = 500.0  # e^500 leaves room for sums and quotients; e^710 does not fit into a float


def _within_range(values: list[Any]) -> tuple[list[Any], float]:
    """Return the values, less the largest where their powers could overflow or all vanish, and what was subtracted."""
    largest = max(map(number_of, values))
    if abs(largest) <= _SAFE_EXPONENT:
        return values, 0.0
    return [value - largest for value in values], largest


def _some(values: Iterable[Any], what: str) -> list[Any]:
    values = list(_iterated(values, what))
    if not values:
        raise ArgumentError(f"{what} needs at least one number", "none", "Check what feeds it.")
    return values


def _iterated(values: Iterable[Any], what: str) -> Iterator[Any]:
    try:
        return iter(values)
    except TypeError:
        kind, call = ("two lists", "([w1, w2], [x1, x2], b)") if what == "dot" else ("a list", "([a, b])")
        expected = f"{what} takes {kind} of Values and numbers"
        raise NumberTypeError(expected, described(values), f"Write mg.{what}{call}.") from None


def _largest_size(values: Iterable[Any]) -> float:
    return max(abs(number_of(value)) for value in values)
