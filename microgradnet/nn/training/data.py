"""The data of a run: samples to train on, and samples to validate on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.nn.reading import finite
from microgradnet.nn.training.tables import Table, read_samples

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

Samples = tuple[Table, Table]  # inputs and targets


@dataclass(frozen=True, slots=True)
class Data:
    """What a run is given.

    Attributes:
        training: the samples to train on.
        validation: the samples to validate on; None for none.
        places: which sample of the caller's each of ``training`` is.
    """

    training: Samples
    validation: Samples | None
    places: NDArray[Any]


def read_data(inputs: Any, targets: Any, validation: Any, generator: numpy.random.Generator) -> Data:
    """Return the data of a run.

    Arguments:
        inputs: those of the samples; see :func:`read_samples`.
        targets: one for each sample.
        validation: inputs and targets; or which share of the samples to draw and hold back; None for none.
        generator: draws those that are held back.

    Raises:
        ArgumentError: ``validation`` is neither a pair nor a share that leaves samples on both sides.
        ShapeError, NumberTypeError, DomainError: see :func:`read_samples`.
    """
    import numpy

    samples = read_samples(inputs, targets)
    count = len(samples[0].rows)
    if validation is None:
        return Data(samples, None, numpy.arange(count))
    if isinstance(validation, (list, tuple)):
        if len(validation) != 2:
            raise ArgumentError("validation is a pair (X, y)", f"{len(validation)} of them", "Give inputs and targets.")
        others = read_samples(validation[0], validation[1], " of validation")
        return Data(samples, others, numpy.arange(count))
    share = finite(validation, "validation")
    held_back = round(share * count)
    if not 0 < held_back < count:
        advice = "Use validation=0.2, or a pair (X, y)."
        raise ArgumentError(f"a share that leaves some of the {count} samples on both sides", shown(validation), advice)
    order = generator.permutation(count)
    places = numpy.sort(order[held_back:])
    return Data(_select(samples, places), _select(samples, order[:held_back]), places)


def _select(samples: Samples, places: NDArray[Any]) -> Samples:
    return samples[0].select(places), samples[1].select(places)
