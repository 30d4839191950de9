"""The loss of one recorded sample, compiled for all of them; and the outputs, for a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from microgradnet import graph
from microgradnet.compiler.program import compile_graph, make_guard
from microgradnet.compiler.watching import Change
from microgradnet.errors import ArgumentError, DomainError, UnknownNameError
from microgradnet.nn.training.recorder import Recorder, Recording
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROWS = 1000  # of samples that are looked at without a step, at a time


class Compiled:
    """A compiled loss, with the samples to run it on.

    Arguments:
        recorder: records a sample.
        samples: rows as the recorder makes them.

    Attributes:
        program: the compiled loss.
        rows: the samples.
        batch: of each sample only the numbers that the loss depends on, as the program takes them.
        form: how losses were recorded; see ``recorded_for_any_sample``.

    Raises:
        ArgumentError: the loss does not depend on the sample.
    """

    def __init__(self, recorder: Recorder, samples: NDArray[Any]) -> None:
        self.recorder, self.rows, self.form = recorder, samples, "accurate"
        self._use(recorder.first)

    def _use(self, recording: Recording) -> None:
        self.program, self._used = _compile_loss(recording)
        self.batch = self.columns(self.rows)
        compared = [*recording.of_model, *recording.of_loss]
        leaves = [*recording.inputs, *recording.targets]
        self._guard = make_guard(compared, self.program.leaves, leaves) if compared else None

    @property
    def is_guarded(self) -> bool:
        """Whether the model or the loss compared Values while it was recorded."""
        return self._guard is not None

    def find_change(self, rows: NDArray[Any]) -> Change | None:
        """Return a comparison of the recording that has another outcome for one of these rows; None for none.

        Raises:
            DomainError: what is compared can't be computed for them.
        """
        return None if self._guard is None else self._guard.find_change(self.program.parameters, rows)

    def columns(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return what the program takes of rows that the recorder made."""
        import numpy

        return rows if len(self._used) == rows.shape[1] else numpy.ascontiguousarray(rows[:, self._used])

    def shift(self) -> None:
        """Record and compile anew in the form in which no power overflows; parameters stay in the Values."""
        self.form = "shifted"
        self._use(self.recorder.record(self.rows[0], self.form))

    def mean_loss(self, rows: NDArray[Any]) -> float:
        """Return the mean loss of rows that the recorder made; not a number where one is outside a domain.

        Raises:
            ArgumentError: a comparison of the recording has another outcome for one of them.
        """
        batch = self.columns(rows)
        try:
            for start in range(0, len(rows), _ROWS):
                change = self.find_change(rows[start : start + _ROWS])
                if change is not None:
                    raise change.error(f" for sample {start + change.row} of those to validate on")
            losses = [
                self.program.evaluate(batch[start : start + _ROWS]).sum() for start in range(0, len(batch), _ROWS)
            ]
        except DomainError:
            return float("nan")
        return float(sum(losses)) / len(batch)


class Outputs:
    """What the model makes of samples, computed from the numbers that the Values hold.

    Arguments:
        recorder: whose first recording is compiled.
        inputs: the inputs of the samples, as rows.
    """

    def __init__(self, recorder: Recorder, inputs: NDArray[Any]) -> None:
        import numpy

        recording = recorder.first
        self._program, used = _compile(recording.outputs, recording.inputs)
        self._inputs, self._rows = numpy.ascontiguousarray(inputs[:, used]), inputs
        self._guard = None
        if recording.of_model:
            self._guard = make_guard(recording.of_model, self._program.leaves, recording.inputs)
        self._is_vector = recorder.output_is_vector

    def values(self) -> NDArray[Any]:
        """Return the outputs: an array (samples, outputs), or one number for each sample where the model gives one."""
        import numpy

        self._program.load()
        change = None if self._guard is None else self._guard.find_change(self._program.parameters, self._rows)
        if change is not None:
            raise change.error(f" for sample {change.row} of those that the metric is measured on")
        if not self._inputs.shape[1]:
            found = numpy.repeat(self._program.values(), len(self._inputs), axis=0)
        else:
            starts = range(0, len(self._inputs), _ROWS)
            found = numpy.concatenate([self._program.values(self._inputs[start : start + _ROWS]) for start in starts])
        return found[:, 0] if self._is_vector else found


def _compile_loss(recording: Recording) -> tuple[Any, list[int]]:
    program, used = _compile([recording.loss], [*recording.inputs, *recording.targets])
    if not used:
        advice = "Compute it from the outputs and targets that it is given."
        raise ArgumentError("a loss that depends on the sample", "one that doesn't", advice)
    return program, used


def _compile(roots: list[Value], leaves: list[Value]) -> tuple[Any, list[int]]:
    """Compile nodes for samples; return the program, and the places of the leaves that it depends on."""
    outputs = roots[0] if len(roots) == 1 else roots
    try:
        return compile_graph(outputs, batch=leaves), list(range(len(leaves)))
    except UnknownNameError:  # some leaf is not used; to look for it first would cost as much as recording
        below = {id(leaf) for root in roots for leaf in graph.leaves(root)}
        used = [place for place, leaf in enumerate(leaves) if id(leaf) in below]
        return compile_graph(outputs, batch=[leaves[place] for place in used]), used
