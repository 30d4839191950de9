r"""Losses: how far the outputs of a network are from its targets, for one sample.

Each takes ``outputs`` as ``mlp(x)`` returned them, a list of Values or one Value, and as many ``targets``. It returns
one Value, labelled ``E``, in the scope ``loss``; where it is a sum over outputs, its terms are labelled ``E1``, ``E2``,
..., and targets given as numbers become Values ``t[1]``, ``t[2]``, ... For several samples, add the losses up, or
divide their ``mg.total`` by their number for the mean.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any

from microgradnet.compositions import log_softmax, total
from microgradnet.errors import ArgumentError, DomainError, ShapeError
from microgradnet.graph import scope
from microgradnet.nn.any_sample import is_for_any_sample, is_shifted
from microgradnet.nn.reading import as_list, as_nodes
from microgradnet.number import is_real
from microgradnet.ops import absolute, exp, log, maximum, relu, sigmoid
from microgradnet.value import Value


def half_squared_error(outputs: Any, targets: Any) -> Value:
    r"""Return :math:`E = \tfrac12 \sum_j (o_j - t_j)^2`, whose derivative by :math:`o_j` is :math:`o_j - t_j`.

    Arguments:
        outputs: a list of Values, or one.
        targets: as many numbers or Values.

    Raises:
        ShapeError: the two differ in length.
        NumberTypeError: one holds something that is not a real number.

    Source: D. Rumelhart, G. Hinton and R. Williams, *Learning representations by back-propagating errors*, eq. 3.

    Example:
        >>> half_squared_error([Value(0.75), Value(0.5)], [1, 0])
        Value(data=0.15625, grad=0.0, label='E')
    """
    return _summed(outputs, targets, lambda o, t: 0.5 * (o - t) ** 2)


def squared_error(outputs: Any, targets: Any) -> Value:
    r"""Return :math:`E = \sum_j (o_j - t_j)^2`.

    Arguments and errors: as for :func:`half_squared_error`.

    Source: C. Bishop, *Pattern Recognition and Machine Learning*, section 1.1, without the half of its eq. 1.2.

    Example:
        >>> squared_error([Value(0.75), Value(0.5)], [1, 0])
        Value(data=0.3125, grad=0.0, label='E')
    """
    return _summed(outputs, targets, lambda o, t: (o - t) ** 2)


def mean_squared_error(outputs: Any, targets: Any) -> Value:
    r"""Return :math:`E = \tfrac1n \sum_j (o_j - t_j)^2` over the n outputs.

    Arguments and errors: as for :func:`half_squared_error`.

    Source: I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, section 5.1.4.

    Example:
        >>> mean_squared_error([Value(0.75), Value(0.5)], [1, 0])
        Value(data=0.15625, grad=0.0, label='E')
    """
    return _summed(outputs, targets, lambda o, t: (o - t) ** 2, mean=True)


def hinge(outputs: Any, targets: Any) -> Value:
    r"""Return :math:`E = \tfrac1n \sum_j \max(0, 1 - t_j o_j)`, the max-margin loss: the **mean** over the n scores.

    It is the mean as in micrograd's demo and in scikit-learn's ``hinge_loss``, whose scores are those of n samples. At
    a margin of exactly 1 the derivative is 0, as the table says of relu.

    Arguments:
        outputs: the scores, a list of Values, or one.
        targets: as many numbers or Values, each -1 or 1.

    Raises:
        ShapeError: the two differ in length.
        ArgumentError: a target is neither -1 nor 1.
        NumberTypeError: one holds something that is not a real number.

    Source: C. Cortes and V. Vapnik, *Support-vector networks*; the formula is micrograd's demo.

    Example:
        >>> hinge([Value(0.5), Value(3.0)], [1, -1])
        Value(data=2.25, grad=0.0, label='E')
    """
    scores, signs = _pairs(outputs, targets)
    for j, sign in enumerate(signs, 1):
        if abs(sign.data) != 1.0:
            advice = "Map classes 0 and 1 by 2*t - 1."
            raise ArgumentError("targets of hinge that are -1 or 1", f"t[{j}] = {sign.data}", advice)
    return _summed(scores, signs, lambda o, t: relu(1.0 - t * o), mean=True)


def binary_cross_entropy(probabilities: Any, targets: Any) -> Value:
    r"""Return :math:`E = \sum_j \left[-t_j \ln p_j - (1 - t_j) \ln(1 - p_j)\right]`, a **sum** over the outputs.

    Where a probability is within :math:`10^{-6}` of 0 or 1 and is the result of a ``sigmoid`` of z, its term is
    recorded as :math:`\ln(1 + e^{-|z|}) + \max(z, 0) - t z`, the same function of z, written without p: it has no
    log(0) even where p rounds to exactly 1, and its derivative by z is still p - t. Elsewhere it is the textbook's.

    Arguments:
        probabilities: a list of Values, or one, each from 0 to 1.
        targets: as many numbers or Values, each from 0 to 1.

    Raises:
        ShapeError: the two differ in length.
        ArgumentError: a target is not from 0 to 1.
        DomainError: a probability is not from 0 to 1, or is exactly 0 or 1, wrongly, without a sigmoid: E is infinite.
        NumberTypeError: one holds something that is not a real number.

    Source: C. Bishop, *Pattern Recognition and Machine Learning*, eq. 5.22 (there over samples too).

    Example:
        >>> p = Value(40.0).sigmoid()
        >>> p.data, binary_cross_entropy(p, 0).data
        (1.0, 40.0)
    """
    chances, wanted = _pairs(probabilities, targets)
    for j, chance in enumerate(chances, 1):
        if not 0.0 <= chance.data <= 1.0:
            came = f"{chance.label or f'output {j}'} = {chance.data}"
            raise DomainError("probabilities from 0 to 1", came, "Give it sigmoid(z), not z.")
    _check_chances(wanted)
    return _summed(chances, wanted, _binary_term)


def cross_entropy(logits: Any, targets: Any) -> Value:
    r"""Return :math:`E = -\sum_j t_j \ln \operatorname{softmax}(z)_j`, with the softmax inside: give it z, not a.

    Finite for any finite logits. The derivative by :math:`z_j` is :math:`\operatorname{softmax}(z)_j - t_j`.

    Arguments:
        logits: the outputs z before any softmax, a list of Values.
        targets: as many probabilities, such as the one-hot ``[0, 1, 0]``; or a whole number, the index of the class in
            ``logits``, counted from 0 as Python and data sets do: ``1`` is the same as ``[0, 1, 0]``.

    Raises:
        ShapeError: the two differ in length, or there is no class of that index.
        ArgumentError: the targets are not from 0 to 1, or do not sum to 1.
        NumberTypeError: one holds something that is not a real number.

    Source: C. Bishop, *Pattern Recognition and Machine Learning*, eq. 4.108 (there over samples too).

    Example:
        >>> cross_entropy([Value(1000.0), Value(0.0)], 1)
        Value(data=1000.0, grad=0.0, label='E')
    """
    scores = as_nodes(logits, "z")
    if _is_index(targets):
        place = operator.index(targets)
        if not 0 <= place < len(scores):
            advice = "Indices of classes count from 0."
            raise ShapeError(f"the index of one of {len(scores)} classes, from 0", str(place), advice)
        with scope("loss"):
            return _labelled(-_logarithms(scores)[place])
    scores, chances = _pairs(scores, targets)
    _check_chances(chances)
    whole = sum(chance.data for chance in chances)
    if abs(whole - 1.0) > _SUM_TOLERANCE:
        advice = "Give a one-hot list, or the index of the class."
        raise ArgumentError("targets of cross_entropy that sum to 1", f"a sum of {whole}", advice)
    with scope("loss"):
        return _labelled(-total(t * logarithm for t, logarithm in zip(chances, _logarithms(scores), strict=True)))


def _logarithms(scores: list[Value]) -> list[Value]:
    if is_shifted():
        largest = reduce(maximum, scores)
        scores = [score - largest for score in scores]
    return log_softmax(scores)


_SUM_TOLERANCE = 1e-6  # probabilities that were stored as 32-bit floats sum to 1 within this

# Nearer than this to 0 or 1 a sigmoid's result has too few digits left for 1 - p; farther, the textbook's loss is
# accurate to 1e-10.
_SATURATED = 1e-6


def _binary_term(p: Value, t: Value) -> Value:
    saturated = not _SATURATED <= p.data <= 1.0 - _SATURATED
    if p.op is sigmoid and (saturated or is_for_any_sample()):
        return _binary_term_of_logit(p.inputs[0], t)
    if not is_for_any_sample() and p.data == t.data == 1.0:
        return _surprise(t, p)  # the other part is 0 ln 0, which is 0
    if not is_for_any_sample() and p.data == t.data == 0.0:
        return _surprise(1.0 - t, 1.0 - p)
    return _surprise(t, p) + _surprise(1.0 - t, 1.0 - p)


def _surprise(t: Value, p: Value) -> Value:
    surprise: Value = -t * log(p)
    return surprise


def _binary_term_of_logit(z: Value, t: Value) -> Value:
    softplus: Value = log(1.0 + exp(-absolute(z))) + relu(z)
    return softplus - t * z


def _summed(outputs: Any, targets: Any, term: Callable[[Value, Value], Value], mean: bool = False) -> Value:
    """Return the sum or mean of one term per output."""
    pairs = list(zip(*_pairs(outputs, targets), strict=True))
    with scope("loss"):
        terms = [term(output, target) for output, target in pairs]
        if len(terms) == 1:
            return _labelled(terms[0])
        for j, each in enumerate(terms, 1):
            each.label = f"E{j}"
        whole = total(terms)
        return _labelled(whole / len(terms) if mean else whole)


def _labelled(loss: Value) -> Value:
    loss.label = "E"
    return loss


def _pairs(outputs: Any, targets: Any) -> tuple[list[Value], list[Value]]:
    """Return outputs and targets as nodes, as many of the one as of the other."""
    produced, wanted = as_nodes(outputs, "o"), as_list(targets, "t")
    if len(produced) != len(wanted) or not produced:
        count = max(len(produced), 1)
        advice = "Give one target for each output; a loss is of one sample."
        raise ShapeError(f"{count} target{'s' * (count != 1)}, one per output", str(len(wanted)), advice)
    return produced, as_nodes(wanted, "t")


def _check_chances(targets: list[Value]) -> None:
    for j, target in enumerate(targets, 1):
        if not 0.0 <= target.data <= 1.0:
            came = f"t[{j}] = {target.data}"
            raise ArgumentError("targets of cross-entropy, from 0 to 1", came, "A target is a probability here.")


def _is_index(targets: Any) -> bool:
    """Tell whether this is a whole number; a NumPy array of one is not."""
    return is_real(targets) and not isinstance(targets, bool) and hasattr(targets, "__index__")
