"""What to say of a minibatch whose loss or gradient is not finite: the sample, and the first node that is bad."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.calculus.anomaly import detect_anomaly
from microgradnet.errors import AnomalyError, DomainError, MicrogradnetError
from microgradnet.nn.training.recorder import Recorder
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_REPLAYS = 100  # samples that are recorded anew; of a large minibatch the suspects come first

_ADVICE = "The parameters are those of the last whole step. A smaller lr or inputs of smaller size may help."


@dataclass(frozen=True, slots=True)
class Finding:
    """A sample, by its place in the minibatch, and what the eager engine says of its first bad node."""

    place: int
    error: MicrogradnetError

    def report(self, where: str, sample: int) -> AnomalyError:
        """Return (not raise) the error that names epoch, batch, sample and node."""
        wanted = f"finite numbers in {where}, sample X[{sample}]: {self.error.wanted}"
        return AnomalyError(wanted, self.error.came, f"{self.error.advice} {_ADVICE}")


def first_bad(recorder: Recorder, program: Any, batch: NDArray[Any], rows: NDArray[Any]) -> Finding | None:
    """Replay the samples of a minibatch on the eager engine, and return the first that is bad; None if all are fine.

    Arguments:
        recorder: records a sample.
        program: the compiled loss, which tells quickly which samples to suspect.
        batch: the samples as the program takes them.
        rows: the same as the recorder does.
    """
    suspected = [place for place in range(len(batch)) if not _has_finite_loss(program, batch[place : place + 1])]
    others = [place for place in range(len(batch)) if place not in {*suspected}]
    with _kept_gradients(program.leaves):
        for place in [*suspected, *others][:MOST_REPLAYS]:
            error = _replay(recorder, rows[place])
            if error is not None:
                return Finding(place, error)
    return None


def unexplained(where: str, came: str) -> AnomalyError:
    """Return (not raise) the error for samples that are fine by themselves, but not for the compiled program."""
    wanted = f"finite numbers in {where}"
    cause = "Each sample by itself is finite: the graph that was recorded from the first one overflows on others."
    return AnomalyError(wanted, came, f"{cause} {_ADVICE}")


def overflown(where: str) -> AnomalyError:
    """Return (not raise) the error for an update that led to numbers that are not finite."""
    advice = "The parameters are those of the last whole epoch. Use a smaller lr or weight_decay."
    return AnomalyError(f"steps to finite parameters in {where}", "one that is not finite", advice)


def _has_finite_loss(program: Any, sample: NDArray[Any]) -> bool:
    try:
        return math.isfinite(program.evaluate(sample)[0])
    except DomainError:
        return False


def _replay(recorder: Recorder, row: NDArray[Any]) -> MicrogradnetError | None:
    try:
        with detect_anomaly():
            recorder.record(row, form="").loss.backward()
    except (AnomalyError, DomainError) as error:
        return error
    return None


@contextmanager
def _kept_gradients(leaves: Sequence[Value]) -> Iterator[None]:
    """Give the gradients back as they were."""
    before: Iterable[tuple[Value, float, bool]] = [(leaf, leaf.grad, leaf.has_grad) for leaf in leaves]
    try:
        yield
    finally:
        for leaf, gradient, has_grad in before:
            leaf.grad, leaf.has_grad = gradient, has_grad
