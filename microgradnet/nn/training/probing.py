"""Whether what was recorded for one sample holds for others: some are recorded anew, and compared."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, DomainError
from microgradnet.nn.training.compiled import Compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOOKS = 1000  # samples among which those to compare are chosen
_TOLERANCE = 1e-6  # far above rounding, far below another branch


def probe(compiled: Compiled, places: NDArray[Any]) -> None:
    """Compare the compiled loss with what the model and the loss themselves make of some samples.

    A Python ``if`` on a number is frozen by recording, and so is what was drawn at random; this finds most of them
    before training begins.

    Arguments:
        compiled: the loss and the samples.
        places: which sample of the caller's each of them is.

    Raises:
        ArgumentError: they differ.
    """
    _check_branches(compiled, places)
    for place in _unlike_the_first(compiled.rows):
        row = compiled.rows[place : place + 1]
        try:
            expected = compiled.recorder.record(row[0], form="").loss.data
        except DomainError:  # training will say where
            continue
        found = compiled.mean_loss(row)
        if math.isfinite(found) and abs(found - expected) > _TOLERANCE * max(1.0, abs(expected)):
            first, other = (f"X[{places[number]}]" for number in (0, place))
            came = f"a loss of {expected:.6g} for {other}, where the steps recorded for {first} give {found:.6g}"
            advice = "Choose with mg.where instead of a Python if on a number, and draw nothing at random."
            raise ArgumentError("a model and a loss that take the same steps for every sample", came, advice)


def _check_branches(compiled: Compiled, places: NDArray[Any]) -> None:
    """Raise where a comparison that was recorded has another outcome for a sample."""
    for start in range(0, len(compiled.rows) if compiled.is_guarded else 0, _LOOKS):
        with suppress(DomainError):
            change = compiled.find_change(compiled.rows[start : start + _LOOKS])
            if change is not None:
                raise change.error(f" for sample X[{places[start + change.row]}]")


def _unlike_the_first(rows: NDArray[Any]) -> list[int]:
    """Return the places of the sample that is farthest from the first one, and of the one farthest from both.

    Of many samples some are looked at, taken evenly.
    """
    import numpy

    places = numpy.linspace(0, len(rows) - 1, min(len(rows), _LOOKS)).astype(int)
    some, chosen = rows[places], [0]
    distance = numpy.abs(some - some[0]).sum(axis=1)
    for _ in range(2):
        farthest = int(distance.argmax())
        if distance[farthest] > 0.0:
            chosen.append(farthest)
            distance = numpy.minimum(distance, numpy.abs(some - some[farthest]).sum(axis=1))
    return [int(places[place]) for place in chosen[1:]]
