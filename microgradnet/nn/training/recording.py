"""From a model, a loss and data to the program that training runs: recorded on one sample, compiled for all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from microgradnet.calculus.anomaly import detect_anomaly
from microgradnet.compiler.expressions import DOUBLE
from microgradnet.compiler.program import compile as compile_graph
from microgradnet.compiler.program import make_guard, narrowed
from microgradnet.compiler.watching import ChangedBranch, Guard
from microgradnet.errors import (
    AnomalyError,
    ArgumentError,
    DomainError,
    MicrogradnetError,
    NumberTypeError,
    ShapeError,
    UnknownNameError,
    shown,
)
from microgradnet.graph import Decisions, dependents, topological, watching
from microgradnet.graph import leaves as graph_leaves
from microgradnet.nn import losses
from microgradnet.nn.losses import ACCURATE, FOR_ONE, recording_form
from microgradnet.nn.training.arrays import Samples, SampleTable, read_metric
from microgradnet.operation import is_real
from microgradnet.value import Value, number_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

LossFunction = Callable[[Any, Any], Any]  # from outputs and targets of one sample to a Value


@dataclass(frozen=True, slots=True)
class RecordedSample:
    """The graph of one sample: its leaves, the outputs of the model in order, and the loss.

    Arguments:
        inputs, targets, outputs, loss: the nodes.
        of_model: what the model compared and read.
        of_loss: what the loss compared and read.
    """

    inputs: list[Value]
    targets: list[Value]
    outputs: list[Value]
    loss: Value
    of_model: Decisions
    of_loss: Decisions


class SampleRecorder:
    """Records samples, all in the same form as the first one.

    Arguments:
        model: from a list of inputs to outputs; where each sample of ``inputs`` is one number, it is given one Value.
        loss: from outputs and targets to one Value.
        inputs, targets: the samples.

    Attributes:
        one_hot: whether targets are indices of classes, which the loss is given as one-hot lists.
        first: the recording of the first sample.
    """

    def __init__(self, model: Any, loss: LossFunction, inputs: SampleTable, targets: SampleTable) -> None:
        self.model, self.loss = model, loss
        self.width, self.input_is_vector = inputs.rows.shape[1], inputs.is_vector
        self.target_width, self.target_is_vector = targets.rows.shape[1], targets.is_vector
        leaves, outputs, compared = self._run_model(inputs.rows[0])
        self.classes = len(_flat(outputs))
        self.output_is_vector = isinstance(outputs, Value)
        self.one_hot = self._is_one_hot(targets)
        rows = self.target_rows(targets)
        self._check_targets(outputs, rows)
        with recording_form(ACCURATE):
            self.first = self._finish(leaves, outputs, rows[0], compared)

    def samples(self, inputs: SampleTable, targets: SampleTable) -> NDArray[Any]:
        """Return one row for each sample: its inputs, then its targets as the loss sees them.

        Raises:
            ShapeError: samples have more or fewer numbers than the first one, or there is no such class.
        """
        import numpy

        for table, width in ((inputs, self.width), (targets, self.target_width)):
            if table.rows.shape[1] != width:
                expected = f"{table.name} has {width} numbers for each sample, as those to train on"
                raise ShapeError(expected, str(table.rows.shape[1]), "Prepare both sets of samples in the same way.")
        return numpy.hstack([inputs.rows, self.target_rows(targets)])

    def target_rows(self, targets: SampleTable) -> NDArray[Any]:
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
            expected = (
                f"{targets.name} holds indices of {self.classes} classes, from 0, as the model has so many outputs"
            )
            given = f"{targets.given[place]} as {targets.name}[{place}]"
            raise ShapeError(expected, given, "Targets that are no classes are floats.")
        rows: NDArray[Any] = numpy.eye(self.classes)[classes]
        return rows

    def record(self, sample: NDArray[Any], form: str = ACCURATE) -> RecordedSample:
        """Record one row of :meth:`samples`, with losses in this form; see ``losses.recording_form``."""
        leaves, outputs, compared = self._run_model(sample[: self.width])
        with recording_form(form):
            return self._finish(leaves, outputs, sample[self.width :], compared)

    def outputs(self, inputs: NDArray[Any]) -> list[float]:
        """Return the outputs of the model for one sample, computed by itself."""
        return [output._data for output in _flat(self._run_model(inputs)[1])]

    def _run_model(self, numbers: NDArray[Any]) -> tuple[list[Value], Any, Decisions]:
        leaves = [Value(float(number), f"x[{place}]") for place, number in enumerate(numbers, 1)]
        given = leaves[0] if self.input_is_vector else leaves
        decisions = Decisions()
        with watching(decisions):
            return leaves, self.model(given), decisions

    def _finish(self, inputs: list[Value], outputs: Any, numbers: NDArray[Any], of_model: Decisions) -> RecordedSample:
        of_loss = Decisions()
        with watching(of_loss):
            targets, loss = self._run_loss(outputs, numbers)
        if not isinstance(loss, Value):
            given = f"{shown(loss)} of type {type(loss).__name__}"
            raise NumberTypeError("a loss returns one Value", given, "Add up its terms with mg.total.")
        return RecordedSample(inputs, targets, _flat(outputs), loss, of_model, of_loss)

    def _run_loss(self, outputs: Any, numbers: NDArray[Any]) -> tuple[list[Value], Any]:
        targets = [Value(float(number), f"t[{place}]") for place, number in enumerate(numbers, 1)]
        alone = len(targets) == 1 and (self.target_is_vector or self.output_is_vector)
        return targets, self.loss(outputs, targets[0] if alone else targets)

    def _is_one_hot(self, targets: SampleTable) -> bool:
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
            given = f"{shown(held)} of type {type(held).__name__}"
            raise NumberTypeError("a model returns a Value or a list of them", given, "Check what its call returns.")
    if not found:
        raise ArgumentError("a model returns at least one output", "none", "Check what its call returns.")
    return found


_CLOSE = 1e-9  # above the rounding of a loss, below what a frozen number changes
_SINGLE = 1e4  # times as far may a loss be off that is computed in single precision
_ROWS = 1000  # of samples that are looked at without a step, at a time


class CompiledLoss:
    """The loss of a recorded sample, compiled for all of them, and the samples to run it on.

    Arguments:
        recorder: records a sample.
        samples: rows as the recorder makes them.
        dtype: the type of the program's numbers.

    Attributes:
        recorder, rows: as given.
        precision: how far, relative to 1, a loss may be from the eager engine's.
        program: the compiled loss.
        form: the form in which losses were recorded; see ``losses.recording_form``.

    Raises:
        ArgumentError: the loss does not depend on the sample.
    """

    def __init__(self, recorder: SampleRecorder, samples: NDArray[Any], dtype: str = DOUBLE) -> None:
        self.recorder, self.rows, self.form = recorder, samples, ACCURATE
        self._dtype, self.precision = dtype, 1.0 if dtype == DOUBLE else _SINGLE
        self._use(recorder.first)

    def use_form(self, form: str) -> None:
        """Record and compile again in another form; parameters stay in the Values."""
        self.form = form
        self._use(self.recorder.record(self.rows[0], form))

    def _use(self, recording: RecordedSample) -> None:
        self.program, self._used = _compile([recording.loss], [*recording.inputs, *recording.targets], self._dtype)
        if not self._used:
            advice = "Compute it from the outputs and targets that it is given."
            raise ArgumentError("a loss that depends on the sample", "one that doesn't", advice)
        self._batch = self._columns(self.rows)
        self._buffer: NDArray[Any] | None = None
        compared = [*recording.of_model.comparisons, *recording.of_loss.comparisons]
        leaves = [*recording.inputs, *recording.targets]
        self._guard = make_guard(compared, self.program.leaves, leaves, self._dtype) if compared else None
        read = [*recording.of_model.reads, *recording.of_loss.reads]
        varying = dependents(topological(*read), [*leaves, *self.program.leaves])
        self._read = next((node for node in read if node in varying), None)

    def _columns(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return of each row only the numbers that the loss depends on, as the program takes them."""
        import numpy

        columns = rows if len(self._used) == rows.shape[1] else numpy.ascontiguousarray(rows[:, self._used])
        return columns if self._dtype == DOUBLE else narrowed(columns, self.program.dtype, "a sample")

    @property
    def is_guarded(self) -> bool:
        """Whether the model or the loss compared Values, or read their numbers, while it was recorded."""
        return self._guard is not None or self._read is not None

    @property
    def reads_numbers(self) -> bool:
        """Whether it read ``.data`` of a node that varies, from which it may have decided anything."""
        return self._read is not None

    def find_change(self, rows: NDArray[Any]) -> ChangedBranch | None:
        """Return a recorded decision that is another one for one of these rows; None for none.

        Where numbers were read, each row is recorded anew, so the Values have to be up to date.
        """
        change = None
        if self._guard is not None:
            known = rows if self._dtype == DOUBLE else narrowed(rows, self.program.dtype, "a sample")
            change = _find_change(self._guard, self.program, known)
        return self._find_other_loss(rows) if change is None and self._read is not None else change

    def _find_other_loss(self, rows: NDArray[Any]) -> ChangedBranch | None:
        """Return the first row whose loss is not that of the recorded graph."""
        for place in range(len(rows)):
            with suppress(DomainError):  # the step will say where
                expected = self.recorder.record(rows[place], self.form).loss._data
                found = self.mean_loss(rows[place : place + 1])
                if abs(found - expected) > _CLOSE * self.precision * max(1.0, abs(expected)):
                    return ChangedBranch(place, partial(self._other_loss, expected, found))
        return None

    def _other_loss(self, expected: float, found: float, where: str) -> ArgumentError:
        name = "a node" if self._read is None or not self._read.label else self._read.label
        return ArgumentError(
            f"the recorded graph is that of every sample, though .data of {name} was read while it was recorded",
            f"a loss of {expected:.8g} where the graph gives {found:.8g}{where}",
            "A number that is read is frozen. Compute with the Values: mg.where(mg.greater(z, 0.0), ...) chooses, "
            "mg.detach stops a gradient, mg.losses.cross_entropy takes the index of a class.",
        )

    def step(self, places: NDArray[Any]) -> float:
        """Return the mean loss of the samples at these places, and leave its gradient in the program.

        It is not a number where one is outside a domain.
        """
        try:
            return self.program.step(self._gathered(places))  # type: ignore[no-any-return]
        except DomainError:
            return math.nan

    def unchecked_step(self, places: NDArray[Any]) -> float:
        """As :meth:`step`, but what NumPy finds fault with is for the caller to see."""
        return self.program.unchecked_step(self._gathered(places))  # type: ignore[no-any-return]

    def _gathered(self, places: NDArray[Any]) -> NDArray[Any]:
        """Return the samples at these places, in a buffer that the next step uses again."""
        import numpy

        if self._buffer is None or len(self._buffer) != len(places):
            self._buffer = numpy.empty((len(places), self._batch.shape[1]), self._batch.dtype)
        return self._batch.take(places, 0, self._buffer, "clip")  # "clip" writes straight into the buffer

    def mean_loss(self, rows: NDArray[Any]) -> float:
        """Return the mean loss of rows that the recorder made; not a number where one is outside a domain."""
        batch = self._columns(rows)
        try:
            parts = [self.program.evaluate(batch[start : start + _ROWS]).sum() for start in range(0, len(batch), _ROWS)]
        except DomainError:
            return math.nan
        return float(sum(parts)) / len(batch)


def _find_change(guard: Guard, program: Any, rows: NDArray[Any]) -> ChangedBranch | None:
    """Return a comparison that has another outcome for one of the rows; None for none, or outside a domain."""
    for start in range(0, len(rows), _ROWS):
        with suppress(DomainError):  # the computation itself will say where
            change = guard.find_change(program.parameters, rows[start : start + _ROWS])
            if change is not None:
                return replace(change, row=start + change.row)
    return None


class CompiledOutputs:
    """The outputs of the model for samples, computed from the numbers that the Values hold.

    Arguments:
        recorder: whose first recording is compiled.
        inputs: the inputs of the samples, as rows.
    """

    def __init__(self, recorder: SampleRecorder, inputs: NDArray[Any]) -> None:
        import numpy

        recording = recorder.first
        self._program, used = _compile(recording.outputs, recording.inputs)
        self._inputs, self._rows = numpy.ascontiguousarray(inputs[:, used]), inputs
        self._guard = None
        if recording.of_model.comparisons:
            self._guard = make_guard(recording.of_model.comparisons, self._program.leaves, recording.inputs)
        self._recorder = recorder if recording.of_model.reads else None
        self._is_vector = recorder.output_is_vector

    def values(self) -> NDArray[Any]:
        """Return the outputs: an array (samples, outputs), or one number for each sample where the model gives one."""
        import numpy

        self._program.load()
        change = None if self._guard is None else _find_change(self._guard, self._program, self._rows)
        if change is not None:
            raise change.error(f" for sample {change.row} of those that the metric is measured on")
        if self._recorder is not None:  # what was read may decide anything, so the model itself is asked
            found = numpy.array([self._recorder.outputs(row) for row in self._rows])
        elif not self._inputs.shape[1]:
            found = numpy.repeat(self._program.values(), len(self._inputs), axis=0)
        else:
            starts = range(0, len(self._inputs), _ROWS)
            found = numpy.concatenate([self._program.values(self._inputs[start : start + _ROWS]) for start in starts])
        return found[:, 0] if self._is_vector else found


def _compile(roots: list[Value], leaves: list[Value], dtype: str = DOUBLE) -> tuple[Any, list[int]]:
    """Compile nodes for samples; return the program, and the places of the leaves that it depends on."""
    outputs = roots[0] if len(roots) == 1 else roots
    try:
        return compile_graph(outputs, batch=leaves, dtype=dtype), list(range(len(leaves)))
    except UnknownNameError:  # some leaf is not used; to look for it first would cost as much as recording
        below = {id(leaf) for root in roots for leaf in graph_leaves(root)}
        used = [place for place, leaf in enumerate(leaves) if id(leaf) in below]
        return compile_graph(outputs, batch=[leaves[place] for place in used], dtype=dtype), used


_LOOKS = 1000  # samples among which those to compare are chosen
_TOLERANCE = 1e-6  # far above rounding, far below another branch


def probe(compiled: CompiledLoss, places: NDArray[Any]) -> None:
    """Check before training that every sample takes the recorded branches, and compare some with the eager engine.

    The losses compared find most of what nobody can see, such as a number that was drawn at random.

    Arguments:
        compiled: the loss and the samples.
        places: which sample of the caller's each of them is.

    Raises:
        ArgumentError: a decision, or a loss, is another one.
    """
    change = compiled.find_change(compiled.rows)
    if change is not None:
        raise change.error(f" for sample X[{places[change.row]}]")
    for place in _unlike_the_first(compiled.rows):
        row = compiled.rows[place : place + 1]
        try:
            expected = compiled.recorder.record(row[0], form=FOR_ONE).loss.data
        except DomainError:  # training will say where
            continue
        found = compiled.mean_loss(row)
        if math.isfinite(found) and abs(found - expected) > _TOLERANCE * compiled.precision * max(1.0, abs(expected)):
            first, other = (f"X[{places[number]}]" for number in (0, place))
            given = f"a loss of {expected:.6g} for {other}, where the steps recorded for {first} give {found:.6g}"
            advice = "Choose with mg.where(mg.greater(z, 0.0), ...) instead of a Python if; draw nothing at random."
            raise ArgumentError("a model and a loss that take the same steps for every sample", given, advice)


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


MOST_REPLAYS = 100  # samples that are recorded anew; of a large minibatch the suspects come first

_ADVICE = "The parameters are those of the last whole step. A smaller lr or inputs of smaller size may help."


@dataclass(frozen=True, slots=True)
class BadSample:
    """A sample, by its place in the minibatch, and the eager engine's error about its first bad node."""

    place: int
    error: MicrogradnetError

    def report(self, where: str, sample: int) -> AnomalyError:
        """Return (not raise) the error that names epoch, batch, sample and node."""
        expected = f"finite numbers in {where}, sample X[{sample}]: {self.error.expected}"
        return AnomalyError(expected, self.error.given, f"{self.error.advice} {_ADVICE}")


def first_bad(compiled: CompiledLoss, places: NDArray[Any]) -> BadSample | None:
    """Replay the samples of a minibatch on the eager engine, and return the first that is bad; None if all are fine.

    Arguments:
        compiled: the loss, which tells quickly which samples to suspect; the Values hold its parameters.
        places: the samples of the minibatch.
    """
    rows = compiled.rows[places]
    suspected = [place for place in range(len(rows)) if not math.isfinite(compiled.mean_loss(rows[place : place + 1]))]
    others = [place for place in range(len(rows)) if place not in {*suspected}]
    with _kept_gradients(compiled.program.leaves):
        for place in [*suspected, *others][:MOST_REPLAYS]:
            error = _replay(compiled.recorder, rows[place])
            if error is not None:
                return BadSample(place, error)
    return None


def unexplained(where: str) -> AnomalyError:
    """Return (not raise) the error for samples that are fine by themselves, but not for the compiled program."""
    expected = f"finite numbers in {where}"
    cause = "Each sample by itself is finite: the graph that was recorded from the first one overflows on others."
    return AnomalyError(expected, "one that is not", f"{cause} {_ADVICE}")


def overflown(where: str) -> AnomalyError:
    """Return (not raise) the error for an update that led to numbers that are not finite."""
    advice = "The parameters are those of the last whole epoch. Use a smaller lr or weight_decay."
    return AnomalyError(f"steps to finite parameters in {where}", "one that is not finite", advice)


def _replay(recorder: SampleRecorder, row: NDArray[Any]) -> MicrogradnetError | None:
    try:
        with detect_anomaly():
            recorder.record(row, form=FOR_ONE).loss.backward()
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


MOST_SAMPLES = 1000  # to train on, of which the metric that fit chose by itself is measured


class Measures:
    """Measures a model.

    Arguments:
        recorder: says how targets reach the loss.
        training: inputs and targets to train on.
        validation: those to validate on; None for none.
        metric: see :func:`read_metric`. Without validation samples, ``"auto"`` looks at up to 1,000 of the others.

    Attributes:
        validation_rows: the validation samples as the recorder makes them; None for none.
        name: what the metric is called; "" for none.
        is_watched: whether the metric is a function of the caller's, which may look at parameters.
    """

    def __init__(self, recorder: SampleRecorder, training: Samples, validation: Samples | None, metric: Any) -> None:
        self.validation_rows = None if validation is None else recorder.samples(*validation)
        name, self._function = read_metric(metric, recorder.target_rows(training[1]))
        self.name = f"validation {name}" if name and validation is not None else name
        self._is_accuracy = isinstance(metric, str)
        self.is_watched = self._function is not None and not self._is_accuracy
        inputs, self._targets = validation or (_some(training) if metric == "auto" else training)
        self._outputs = CompiledOutputs(recorder, inputs.rows) if self._function is not None else None

    def metric(self) -> float | None:
        """Return the metric at the numbers that the Values hold; None without one."""
        if self._function is None or self._outputs is None:
            return None
        return number_of(self._function(self._values(), self._targets.given))

    def _values(self) -> NDArray[Any] | None:
        import numpy

        with numpy.errstate(all="ignore"):
            return self._outputs.values() if self._outputs is not None else None

    def described(self, metric: float | None) -> str:
        """Return the metric as the progress bar shows it."""
        if metric is None:
            return ""
        return f"{self.name} {metric:.1%}" if self._is_accuracy else f"{self.name} {metric:.4g}"


def _some(samples: Samples) -> Samples:
    """Return samples taken evenly, so that data sorted by class keep all classes."""
    import numpy

    inputs, targets = samples
    if len(inputs.rows) <= MOST_SAMPLES:
        return samples
    places = numpy.linspace(0, len(inputs.rows) - 1, MOST_SAMPLES).astype(int)
    return inputs.select(places), targets.select(places)
