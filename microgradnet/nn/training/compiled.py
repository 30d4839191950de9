"""The loss of one recorded sample, compiled for all of them; and the outputs, for a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from microgradnet import graph
from microgradnet.compiler.program import compile_graph
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
        self.program, self._used = _compile_loss(recorder.first)
        self.batch = self.columns(samples)

    def columns(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return what the program takes of rows that the recorder made."""
        import numpy

        return rows if len(self._used) == rows.shape[1] else numpy.ascontiguousarray(rows[:, self._used])

    def shift(self) -> None:
        """Record and compile anew in the form in which no power overflows; parameters stay in the Values."""
        self.form = "shifted"
        self.program, self._used = _compile_loss(self.recorder.record(self.rows[0], self.form))
        self.batch = self.columns(self.rows)

    def mean_loss(self, rows: NDArray[Any]) -> float:
        """Return the mean loss of rows that the recorder made; not a number where one is outside a domain."""
        batch = self.columns(rows)
        try:
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

        self._program, used = _compile(recorder.first.outputs, recorder.first.inputs)
        self._inputs = numpy.ascontiguousarray(inputs[:, used])
        self._is_vector = recorder.output_is_vector

    def values(self) -> NDArray[Any]:
        """Return the outputs: an array (samples, outputs), or one number for each sample where the model gives one."""
        import numpy

        self._program.load()
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
