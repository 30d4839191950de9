"""Recording one sample: the inputs and targets as leaves, what the model makes of them, and the loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.compiler.watching import Comparison, record_watched
from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, shown
from microgradnet.nn import losses
from microgradnet.nn.any_sample import recorded_for_any_sample
from microgradnet.nn.training.tables import Table
from microgradnet.number import is_real
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recording:
    """The graph of one sample: its leaves, the outputs of the model in order, and the loss.

    Arguments:
        inputs, targets, outputs, loss: the nodes.
        of_model: the comparisons of Values that the model made.
        of_loss: those that the loss made.
    """

    inputs: list[Value]
    targets: list[Value]
    outputs: list[Value]
    loss: Value
    of_model: list[Comparison]
    of_loss: list[Comparison]


class Recorder:
    """Records samples, all in the way that the first one showed to be needed.

    Arguments:
        model: what turns a list of inputs into outputs; where each sample of ``inputs`` is one number, it gets one.
        loss: from outputs and targets to one Value.
        inputs, targets: the samples.

    Attributes:
        one_hot: whether targets are indices of classes, which the loss sees as one-hot lists.
        first: the recording of the first sample.
    """

    def __init__(self, model: Any, loss: Callable[[Any, Any], Any], inputs: Table, targets: Table) -> None:
        self.model, self.loss = model, loss
        self.width, self.input_is_vector = inputs.rows.shape[1], inputs.is_vector
        self.target_width, self.target_is_vector = targets.rows.shape[1], targets.is_vector
        leaves, outputs, compared = self._run_model(inputs.rows[0])
        self.classes = len(_flat(outputs))
        self.output_is_vector = isinstance(outputs, Value)
        self.one_hot = self._is_one_hot(targets)
        rows = self.target_rows(targets)
        self._check_targets(outputs, rows)
        with recorded_for_any_sample():
            self.first = self._finish(leaves, outputs, rows[0], compared)

    def samples(self, inputs: Table, targets: Table) -> NDArray[Any]:
        """Return one row for each sample: its inputs, then its targets as the loss sees them.

        Raises:
            ShapeError: samples have more or fewer numbers than the first one, or there is no such class.
        """
        import numpy

        for table, width in ((inputs, self.width), (targets, self.target_width)):
            if table.rows.shape[1] != width:
                wanted = f"{table.name} has {width} numbers for each sample, as those to train on"
                raise ShapeError(wanted, str(table.rows.shape[1]), "Prepare both sets of samples in the same way.")
        return numpy.hstack([inputs.rows, self.target_rows(targets)])

    def target_rows(self, targets: Table) -> NDArray[Any]:
        """Return the targets as the loss sees them, classes as one-hot rows.

        Raises:
            ShapeError: there is no class of an index.
        """
        import numpy

        if not self.one_hot:
            return targets.rows
        classes = targets.rows[:, 0].astype(int)
        wrong = (classes < 0) | (classes >= self.classes) | (classes != targets.rows[:, 0])
        if wrong.any():
            place = int(numpy.argmax(wrong))
            wanted = f"{targets.name} holds indices of {self.classes} classes, from 0, as the model has so many outputs"
            came = f"{targets.given[place]} as {targets.name}[{place}]"
            raise ShapeError(wanted, came, "Targets that are no classes are floats.")
        rows: NDArray[Any] = numpy.eye(self.classes)[classes]
        return rows

    def record(self, sample: NDArray[Any], form: str = "accurate") -> Recording:
        """Record one row of :meth:`samples`, with losses in this form; see ``recorded_for_any_sample``."""
        leaves, outputs, compared = self._run_model(sample[: self.width])
        with recorded_for_any_sample(form):
            return self._finish(leaves, outputs, sample[self.width :], compared)

    def _run_model(self, numbers: NDArray[Any]) -> tuple[list[Value], Any, list[Comparison]]:
        leaves = [Value(float(number), f"x[{place}]") for place, number in enumerate(numbers, 1)]
        given = leaves[0] if self.input_is_vector else leaves
        return leaves, *record_watched(lambda: self.model(given))

    def _finish(
        self, inputs: list[Value], outputs: Any, numbers: NDArray[Any], of_model: list[Comparison]
    ) -> Recording:
        (targets, loss), of_loss = record_watched(lambda: self._run_loss(outputs, numbers))
        if not isinstance(loss, Value):
            came = f"{shown(loss)} of type {type(loss).__name__}"
            raise NumberTypeError("a loss returns one Value", came, "Add up its terms with mg.total.")
        return Recording(inputs, targets, _flat(outputs), loss, of_model, of_loss)

    def _run_loss(self, outputs: Any, numbers: NDArray[Any]) -> tuple[list[Value], Any]:
        targets = [Value(float(number), f"t[{place}]") for place, number in enumerate(numbers, 1)]
        alone = len(targets) == 1 and (self.target_is_vector or self.output_is_vector)
        return targets, self.loss(outputs, targets[0] if alone else targets)

    def _is_one_hot(self, targets: Table) -> bool:
        """Tell whether the targets are indices of classes: one whole number for several outputs."""
        if self.target_width != 1 or self.output_is_vector:
            return False
        known = losses.record_of(self.loss)
        takes_classes = known is not None and known.takes_classes
        whole = targets.is_whole or (takes_classes and bool((targets.rows % 1.0 == 0.0).all()))
        return whole and (self.classes > 1 or takes_classes)

    def _check_targets(self, outputs: Any, rows: NDArray[Any]) -> None:
        """Have a loss of the package look at the targets of more samples than the one that is recorded."""
        if losses.record_of(self.loss) is not None:
            for row in _telling(rows):
                self._run_loss(outputs, row)


def _telling(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield the rows whose numbers or sum are extreme, and some more that differ: there a bad target shows."""
    import numpy

    sums = rows.sum(axis=1)
    extreme = {*rows.argmin(axis=0).tolist(), *rows.argmax(axis=0).tolist(), int(sums.argmin()), int(sums.argmax())}
    some = numpy.linspace(0, len(rows) - 1, min(len(rows), 20)).astype(int).tolist()
    yield from numpy.unique(rows[sorted(extreme | {*some})], axis=0)


def _flat(outputs: Any) -> list[Value]:
    """Return the outputs of a model in order, however its lists are nested.

    Raises:
        NumberTypeError: something among them is no Value.
    """
    found: list[Value] = []
    waiting = [outputs]
    while waiting:
        held = waiting.pop()
        if isinstance(held, Value):
            found.append(held)
        elif is_real(held):
            found.append(Value(held))
        elif isinstance(held, (list, tuple)) or getattr(held, "ndim", 0) > 0:
            waiting += reversed(list(held))
        else:
            came = f"{shown(held)} of type {type(held).__name__}"
            raise NumberTypeError("a model returns a Value or a list of them", came, "Check what its call returns.")
    if not found:
        raise ArgumentError("a model returns at least one output", "none", "Check what its call returns.")
    return found
