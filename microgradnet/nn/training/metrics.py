"""Metrics: how good outputs are in the terms of the task. Accuracy is the one that fit chooses by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

Metric = Callable[[Any, Any], float]


def accuracy(outputs: Any, targets: Any, threshold: float | None = None) -> float:
    """Return the share of samples whose class the outputs name, from 0 to 1.

    Of several outputs the largest names the class. A single one names class 1 above 0.5 where the targets are 0 and 1,
    and above 0 where they are -1 and 1.

    Arguments:
        outputs: an array (samples, classes), or one number for each sample.
        targets: the index of a class for each sample, or one-hot rows; for single outputs 0 and 1, or -1 and 1.
        threshold: above which number a single output names class 1; as the targets say where not given.

    Example:
        >>> accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1])
        0.5
        >>> accuracy([0.3, 0.6, 0.9], [0, 0, 1]), accuracy([-0.1, 2.0], [-1, 1])
        (0.6666666666666666, 1.0)
    """
    import numpy

    produced, wanted = numpy.asarray(outputs), numpy.asarray(targets)
    if produced.ndim == 2 and produced.shape[1] > 1:
        classes = wanted.argmax(axis=1) if wanted.shape == produced.shape else wanted.ravel()
        return float((produced.argmax(axis=1) == classes).mean())
    if threshold is None:
        threshold = _threshold(wanted)
    return float(((produced.ravel() > threshold) == (wanted.ravel() > threshold)).mean())


def _threshold(targets: Any) -> float:
    return 0.0 if (targets < 0).any() else 0.5


def is_classification(targets: NDArray[Any]) -> bool:
    """Tell whether targets, as the loss sees them, look like classes: one-hot rows, 0 and 1, or -1 and 1."""
    import numpy

    if targets.shape[1] > 1:
        return bool((((targets == 0.0) | (targets == 1.0)).all(axis=1) & (targets.sum(axis=1) == 1.0)).all())
    return {*numpy.unique(targets).tolist()} in ({0.0, 1.0}, {-1.0, 1.0})


def read_metric(metric: Any, targets: NDArray[Any]) -> tuple[str, Metric | None]:
    """Return a metric's name and function; None for none.

    Accuracy comes with the threshold of these targets, as those that it is measured on may be of one class.

    Arguments:
        metric: ``"auto"`` for accuracy where the targets are classes, ``"accuracy"``, None, or a function of outputs
            and targets.
        targets: as the loss sees them.

    Raises:
        ArgumentError: it is something else.
    """
    if metric == "accuracy" or (metric == "auto" and is_classification(targets)):
        return "accuracy", partial(accuracy, threshold=_threshold(targets))
    if metric is None or metric == "auto":
        return "", None
    if not callable(metric):
        advice = 'Use "accuracy", None, or a function of arrays of outputs and targets.'
        raise ArgumentError("a metric", shown(metric), advice)
    return getattr(metric, "__name__", type(metric).__name__).strip("<>"), metric
