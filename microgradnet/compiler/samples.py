"""The samples that a program is given: rows of numbers, checked before anything is computed."""

from __future__ import annotations

from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, shown


def read_samples(samples: Any, width: int) -> Any:
    """Return samples as an array of floats, one row for each.

    Arguments:
        samples: an array or nested lists of shape (samples, leaves of the batch).
        width: how many leaves vary by sample; 0 for a program without a batch, which takes None.

    Raises:
        ArgumentError: samples for a program without a batch, or none for one with a batch.
        NumberTypeError: they are no real numbers.
        ShapeError: they have another shape, or there are none.
    """
    import numpy as np

    if samples is None or not width:
        return _without_samples(samples, width)
    if type(samples) is not np.ndarray or samples.dtype != np.float64:
        samples = _as_array(samples)
    if samples.ndim != 2 or samples.shape[1] != width or not len(samples):
        wanted = f"samples of {width} number{'s' * (width > 1)} each, one for each leaf of batch="
        came = f"an array of shape {samples.shape}"
        raise ShapeError(wanted, came, "Give one row for each sample, and at least one row.")
    return samples


def _without_samples(samples: Any, width: int) -> None:
    if samples is not None:
        advice = "Compile with batch=[...], the leaves that vary by sample."
        raise ArgumentError("a program without batch= takes no samples", shown(samples), advice)
    if width:
        advice = "Call program(samples) with one row for each sample."
        raise ArgumentError(f"samples of {width} numbers each for a program with batch=", "none", advice)


def _as_array(samples: Any) -> Any:
    import numpy as np

    try:
        array = np.asarray(samples)
    except ValueError as error:
        raise ShapeError("samples that all have one length", str(error), "Give one row for each sample.") from error
    if array.dtype.kind not in "biuf":
        came = f"an array of {array.dtype}"
        raise NumberTypeError("samples are real numbers", came, "Use .data of Values, and .astype(float) if it fits.")
    return array.astype(float)
