r"""Losses: how far the outputs of a network are from its targets, for one sample.

Each takes ``outputs`` as ``mlp(x)`` returned them, a list of Values or one Value, and as many ``targets``. It returns
one Value, labelled ``E``, in the scope ``loss``; where it is a sum over outputs, its terms are labelled ``E1``, ``E2``,
..., and targets given as numbers become Values ``t[1]``, ``t[2]``, ... For several samples, add the losses up, or
divide their ``mg.total`` by their number for the mean.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import reduce
from typing import Any

from microgradnet.compositions import log_softmax, total
from microgradnet.errors import ArgumentError, DomainError, ShapeError, UnknownNameError, did_you_mean, shown
from microgradnet.graph import scope
from microgradnet.nn.reading import as_list, as_nodes
from microgradnet.operation import is_real
from microgradnet.ops import absolute, add, detach, divide, exp, log, maximum, multiply, power, relu, sigmoid, softplus
from microgradnet.value import Constant, Value

FOR_ONE, ACCURATE, SHIFTED = "for one sample", "accurate", "shifted"
_form: ContextVar[str] = ContextVar("form of losses", default=FOR_ONE)


@contextmanager
def recording_form(form: str) -> Iterator[None]:
    """Have losses that are recorded inside the block take this form, in this thread and task.

    Losses choose the form of a term by its number, where the textbook's form would lose digits or overflow. A recording
    that is compiled for other samples keeps the form, so it takes one that holds for all of them.

    Arguments:
        form: ``FOR_ONE`` is the textbook's wherever its numbers allow; ``ACCURATE`` keeps digits where a probability of
            any sample is near 0 or 1; ``SHIFTED`` also has no power overflow, at the price of the largest output being
            computed for each sample.
    """
    token = _form.set(form)
    try:
        yield
    finally:
        _form.reset(token)


def _is_for_any_sample() -> bool:
    return _form.get() != FOR_ONE


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


def mean_absolute_error(outputs: Any, targets: Any) -> Value:
    r"""Return :math:`E = \tfrac1n \sum_j |o_j - t_j|` over the n outputs; its derivative where :math:`o_j = t_j` is 0.

    Arguments and errors: as for :func:`half_squared_error`.

    Source: C. Willmott and K. Matsuura, *Advantages of the mean absolute error (MAE) over the root mean square error*.

    Example:
        >>> mean_absolute_error([Value(0.75), Value(0.5)], [1, 0])
        Value(data=0.375, grad=0.0, label='E')
    """
    return _summed(outputs, targets, lambda o, t: absolute(o - t), mean=True)


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
        if abs(sign._data) != 1.0:
            advice = "Map classes 0 and 1 by 2*t - 1."
            raise ArgumentError("targets of hinge that are -1 or 1", f"t[{j}] = {sign._data}", advice)
    return _summed(scores, signs, lambda o, t: relu(1.0 - t * o), mean=True)


def binary_cross_entropy(probabilities: Any, targets: Any) -> Value:
    r"""Return :math:`E = \sum_j \left[-t_j \ln p_j - (1 - t_j) \ln(1 - p_j)\right]`, a **sum** over the outputs.

    Where a probability is within :math:`10^{-6}` of 0 or 1 and is the result of a ``sigmoid`` of z, its term is
    recorded as :math:`t \ln(1 + e^{-z}) + (1 - t) \ln(1 + e^z)` with the operation ``softplus``, the same function of
    z, written without p: it has no log(0) even where p rounds to exactly 1, and its derivative by z is still p - t.
    Elsewhere it is the textbook's.

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
    chances, expected = _pairs(probabilities, targets)
    for j, chance in enumerate(chances, 1):
        if not 0.0 <= chance._data <= 1.0:
            given = f"{chance.label or f'output {j}'} = {chance._data}"
            raise DomainError("probabilities from 0 to 1", given, "Give it sigmoid(z), not z.")
    _check_chances(expected)
    return _summed(chances, expected, _binary_term)


def cross_entropy(logits: Any, targets: Any) -> Value:
    r"""Return :math:`E = -\sum_j t_j \ln \operatorname{softmax}(z)_j` of the logits z, or of the outputs of a softmax.

    Logits are the numbers before a softmax. The outputs of a softmax (of a layer, of ``mg.softmax``, or written out as
    :math:`e^{z_j} / \sum_k e^{z_k}`) are recognised by their graph: then no second softmax is taken, and the loss is
    :math:`-\sum_j t_j \ln a_j` of these outputs a, as on paper. Where an output is within :math:`10^{-6}` of 1, or
    rounds to 0, the same function is recorded from z instead, which loses no digits. So E is finite for any finite
    logits. Its derivative by :math:`z_j` is :math:`\operatorname{softmax}(z)_j - t_j` in either case. Plain numbers and
    parameters are taken for logits.

    Arguments:
        logits: the outputs before a softmax, or those of a softmax, a list of Values.
        targets: as many probabilities, such as the one-hot ``[0, 1, 0]``; or a whole number, the index of the class in
            ``logits``, counted from 0 as Python and data sets do: ``1`` is the same as ``[0, 1, 0]``.

    Raises:
        ShapeError: the two differ in length, or there is no class of that index.
        ArgumentError: the outputs are those of another activation, such as a sigmoid, or probabilities other than those
            of a whole softmax; or the targets are not from 0 to 1, or do not sum to 1.
        NumberTypeError: one holds something that is not a real number.

    Source: C. Bishop, *Pattern Recognition and Machine Learning*, eq. 4.108 (there over samples too).

    Example:
        >>> cross_entropy([Value(1000.0), Value(0.0)], 1)
        Value(data=1000.0, grad=0.0, label='E')
    """
    outputs = as_nodes(logits, "z")
    chances = _one_hot(targets, len(outputs)) if _is_index(targets) else _distribution(outputs, targets)
    scores = _logits(outputs)
    with scope("loss"):
        by_output = _logarithms(scores) if scores is not None else [log(output) for output in outputs]
        if not isinstance(chances, list):
            return _labelled(-by_output[chances])
        return _labelled(-total(t * logarithm for t, logarithm in zip(chances, by_output, strict=True)))


def _one_hot(index: Any, count: int) -> int:
    place = operator.index(index)
    if not 0 <= place < count:
        advice = "Indices of classes count from 0."
        raise ShapeError(f"the index of one of {count} classes, from 0", str(place), advice)
    return place


def _distribution(outputs: list[Value], targets: Any) -> list[Value]:
    """Return the targets as nodes, after a check that they are probabilities that sum to 1."""
    _, chances = _pairs(outputs, targets)
    _check_chances(chances)
    whole = sum(chance._data for chance in chances)
    if abs(whole - 1.0) > _SUM_TOLERANCE:
        advice = "Give a one-hot list, or the index of the class."
        raise ArgumentError("targets of cross_entropy that sum to 1", f"a sum of {whole}", advice)
    return chances


def _logits(outputs: list[Value]) -> list[Value] | None:
    """Return the logits behind the outputs; None where the logarithms of the outputs themselves are accurate.

    Raises:
        ArgumentError: the outputs are probabilities other than those of a softmax.
    """
    shares = [_share(output) for output in outputs]
    exponents = [share[0] for share in shares if share is not None]
    if len(exponents) == len(outputs) and _is_whole(shares):
        is_accurate = all(_LEAST_CHANCE < output._data <= 1.0 - _SATURATED for output in outputs)
        return None if is_accurate and not _is_for_any_sample() else exponents
    _refuse_probabilities(outputs, part_of_softmax=len(exponents) == len(outputs))
    return outputs


def _share(output: Value) -> tuple[Value, Value] | None:
    """Return z and the denominator of an output that is exp(z) / denominator, or exp(z) * denominator**-1."""
    if output.op not in (divide, multiply):
        return None
    power_of_z, below = output.inputs
    if output.op is multiply:
        if below.op is not power:
            power_of_z, below = below, power_of_z
        if below.op is not power or below.inputs[1]._data != -1.0 or not isinstance(below.inputs[1], Constant):
            return None
        below = below.inputs[0]
    return (power_of_z.inputs[0], below) if power_of_z.op is exp else None


def _is_whole(shares: list[tuple[Value, Value] | None]) -> bool:
    """Tell whether the denominator of every share is the sum of all their powers and of nothing else."""
    expected = sorted(id(share[0]) for share in shares if share is not None)
    wholes = {id(share[1]): share[1] for share in shares if share is not None}
    return bool(wholes) and all(_exponents(whole) == expected for whole in wholes.values())


def _exponents(whole: Value) -> list[int] | None:
    """Return the ``id`` of each z in a sum of exp(z), sorted; None where a term is something else."""
    waiting, found = [whole], []
    while waiting:
        term = waiting.pop()
        if term.op is add:
            waiting += term.inputs
        elif term.op is exp:
            found.append(id(term.inputs[0]))
        elif not (isinstance(term, Constant) and term._data == 0.0):  # as the built-in sum begins with
            return None
    return sorted(found)


def _refuse_probabilities(outputs: list[Value], part_of_softmax: bool) -> None:
    """Raise where a softmax of these outputs would be one of probabilities, not of logits."""
    numbers = [output._data for output in outputs]
    expected = "outputs of cross_entropy that are logits, or all the outputs of one softmax in its sum"
    made_by = ["" if output.op is None else output.op.name for output in outputs]
    bounded = next((name for name in made_by if name in _BOUNDED), None)
    if bounded is not None:
        advice = "Use binary_cross_entropy, or let" if bounded == "sigmoid" else "Let"
        raise ArgumentError(expected, f"outputs of {bounded}", f"{advice} the network end in softmax or identity.")
    sums_to_1 = all(0.0 <= number <= 1.0 for number in numbers) and abs(sum(numbers) - 1.0) <= _SUM_TOLERANCE
    is_ratio = all(name in _CHANCES or _share(output) for name, output in zip(made_by, outputs, strict=True))
    if part_of_softmax or (len(outputs) > 1 and sums_to_1 and is_ratio):
        given = f"{shown(numbers)}, which are probabilities of another kind"
        raise ArgumentError(expected, given, "Give the logits z, or the result of mg.softmax as it is.")


_BOUNDED = ("sigmoid", "hard_sigmoid", "tanh", "hard_tanh", "softsign", "relu", "relu6", "softplus")  # no logits
_CHANCES = ("divide", "exp", "maximum", "minimum", "detach")  # what makes probabilities; sums of products are logits


def _logarithms(scores: list[Value]) -> list[Value]:
    if _form.get() == SHIFTED:
        largest = detach(reduce(maximum, scores))  # a shift changes no softmax, so its derivative is 0
        scores = [score - largest for score in scores]
    return log_softmax(scores)


_SUM_TOLERANCE = 1e-6  # probabilities that were stored as 32-bit floats sum to 1 within this

# Nearer than this to 0 or 1 a sigmoid's result has too few digits left for 1 - p; farther, the textbook's loss is
# accurate to 1e-10.
_SATURATED = 1e-6
_LEAST_CHANCE = 1e-300  # whose inverse fits into a float


def _binary_term(p: Value, t: Value) -> Value:
    saturated = not _SATURATED <= p._data <= 1.0 - _SATURATED
    if p.op is sigmoid and (saturated or _is_for_any_sample()):
        return _binary_term_of_logit(p.inputs[0], t)
    if not _is_for_any_sample() and p._data == t._data == 1.0:
        return _surprise(t, p)  # the other part is 0 ln 0, which is 0
    if not _is_for_any_sample() and p._data == t._data == 0.0:
        return _surprise(1.0 - t, 1.0 - p)
    return _surprise(t, p) + _surprise(1.0 - t, 1.0 - p)


def _surprise(t: Value, p: Value) -> Value:
    surprise: Value = -t * log(p)
    return surprise


def _binary_term_of_logit(z: Value, t: Value) -> Value:
    term: Value = t * softplus(-z) + (1.0 - t) * softplus(z)  # -t ln p - (1 - t) ln(1 - p), smooth at z = 0
    return term


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
    produced, expected = as_nodes(outputs, "o"), as_list(targets, "t")
    if len(produced) != len(expected) or not produced:
        count = max(len(produced), 1)
        advice = "Give one target for each output; a loss is of one sample."
        raise ShapeError(f"{count} target{'s' * (count != 1)}, one per output", str(len(expected)), advice)
    return produced, as_nodes(expected, "t")


def _check_chances(targets: list[Value]) -> None:
    for j, target in enumerate(targets, 1):
        if not 0.0 <= target._data <= 1.0:
            given = f"t[{j}] = {target._data}"
            raise ArgumentError("targets of cross-entropy, from 0 to 1", given, "A target is a probability here.")


def _is_index(targets: Any) -> bool:
    """Tell whether this is a whole number; a NumPy array of one is not."""
    return is_real(targets) and not isinstance(targets, bool) and hasattr(targets, "__index__")


NUMBERS, PROBABILITIES, LOGITS, SCORES, SIGNS = "numbers", "probabilities", "logits", "scores", "signs"


@dataclass(frozen=True, slots=True)
class LossRecord:
    """The record of a loss: Python, ``mg.fit``, worksheets and the command find it in :data:`LOSSES`.

    Arguments:
        function: from outputs and targets of one sample to a Value.
        outputs: what the outputs are: ``"numbers"``, ``"probabilities"``, ``"logits"`` (any numbers, of which a softmax
            makes probabilities; or the outputs of a softmax) or ``"scores"`` (any numbers, whose sign names the class).
        targets: what the targets are: ``"numbers"``, ``"probabilities"``, ``"signs"`` (-1 or 1).
        formula: in LaTeX, of outputs :math:`o_j`, probabilities :math:`p_j`, and targets :math:`t_j`.
        aliases: other names that it is found by.
    """

    function: Callable[[Any, Any], Value]
    outputs: str
    targets: str
    formula: str
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @property
    def takes_classes(self) -> bool:
        """Whether a target may be the index of a class."""
        return self.outputs == LOGITS


LOSSES: dict[str, LossRecord] = {
    loss.name: loss
    for loss in (
        LossRecord(
            half_squared_error, NUMBERS, NUMBERS, r"\tfrac12 \sum_j (o_j - t_j)^2", ("half_mse", "quadratic_cost"),
        ),
        LossRecord(squared_error, NUMBERS, NUMBERS, r"\sum_j (o_j - t_j)^2", ("sse", "sum_squared_error")),
        LossRecord(mean_squared_error, NUMBERS, NUMBERS, r"\tfrac1n \sum_j (o_j - t_j)^2", ("mse", "l2")),
        LossRecord(
            mean_absolute_error, NUMBERS, NUMBERS, r"\tfrac1n \sum_j |o_j - t_j|", ("mae", "l1", "absolute_error"),
        ),
        LossRecord(hinge, SCORES, SIGNS, r"\tfrac1n \sum_j \max(0, 1 - t_j o_j)", ("svm", "max_margin")),
        LossRecord(
            binary_cross_entropy, PROBABILITIES, PROBABILITIES,
            r"\sum_j \left[-t_j \ln p_j - (1 - t_j) \ln(1 - p_j)\right]", ("bce", "binary_crossentropy", "log_loss"),
        ),
        LossRecord(
            cross_entropy, LOGITS, PROBABILITIES, r"-\sum_j t_j \ln \operatorname{softmax}(z)_j",
            ("ce", "crossentropy", "softmax_cross_entropy", "categorical_crossentropy",
             "sparse_categorical_crossentropy"),
        ),
    )
}  # fmt: skip


def find(name: str) -> LossRecord:
    """Return the record of the loss of this name or alias.

    Raises:
        UnknownNameError: there is none; the message names those that are spelled alike.

    Example:
        >>> find("mse").name
        'mean_squared_error'
    """
    spelled = name.casefold().replace("-", "_").replace(" ", "_")
    found = LOSSES.get(aliases().get(spelled, spelled))
    if found is None:
        raise UnknownNameError("the name of a loss", shown(name), did_you_mean(name, LOSSES, aliases()))
    return found


def aliases() -> dict[str, str]:
    """Return the other names of losses, and what each stands for."""
    return {alias: loss.name for loss in LOSSES.values() for alias in loss.aliases}


def record_of(function: Any) -> LossRecord | None:
    """Return the record of a function of this module; None for any other."""
    found = LOSSES.get(getattr(function, "__name__", ""))
    return found if found is not None and found.function is function else None


__all__ = [
    "binary_cross_entropy", "cross_entropy", "half_squared_error", "hinge", "mean_absolute_error", "mean_squared_error",
    "squared_error",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)
