"""The arrays of a run: samples and targets as tables; parameters, gradient and an optimizer's state as vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, shown
from microgradnet.nn.optim import Optimizer, State
from microgradnet.nn.reading import finite

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class SampleTable:
    """Numbers of samples.

    Attributes:
        given: the array as it was given.
        rows: its floats, an array (samples, numbers of one sample).
        name: what messages call it.
    """

    given: NDArray[Any]
    rows: NDArray[Any]
    name: str

    @property
    def is_vector(self) -> bool:
        """Whether each sample was given as one number instead of a list."""
        return self.given.ndim == 1

    @property
    def is_whole(self) -> bool:
        """Whether the numbers are whole by their type, as the indices of classes are."""
        return self.given.dtype.kind in "biu"

    def select(self, places: Any) -> SampleTable:
        """Return the samples at these places."""
        return SampleTable(self.given[places], self.rows[places], self.name)


def read_table(numbers: Any, name: str) -> SampleTable:
    """Return the numbers of samples as a table.

    Arguments:
        numbers: an array (samples, numbers of one sample), a list of such lists, or one number for each sample.
        name: what to call it in messages: ``"X"``.

    Raises:
        ShapeError: it has another nesting, or no samples.
        NumberTypeError: it holds something that is no real number.
        DomainError: a number is infinite or not a number.
    """
    import numpy

    try:
        given = numpy.asarray(numbers)
    except ValueError:
        raise ShapeError(
            f"{name} has rows of one length", "rows of several", "Fill up or cut the short ones."
        ) from None
    if given.dtype.kind not in "biuf":
        words = f"{shown(numbers)} of type {type(numbers).__name__}"
        advice = "Use numbers; names of classes become the indices 0, 1, 2, ..."
        raise NumberTypeError(f"{name} is an array or a list of real numbers", words, advice)
    if given.ndim not in (1, 2) or not given.size:
        advice = "One sample is a row of numbers; X.reshape(len(X), -1) makes rows of images."
        raise ShapeError(f"{name} is an array (samples, numbers of one)", f"the shape {given.shape}", advice)
    rows = given.reshape(len(given), -1).astype(numpy.float64, copy=False)
    finite = numpy.isfinite(rows)
    if not finite.all():
        row, column = (int(places[0]) for places in numpy.nonzero(~finite))
        place = f"{name}[{row}]" if given.ndim == 1 else f"{name}[{row}, {column}]"
        raise DomainError(f"{name} holds finite numbers", f"{rows[row, column]} as {place}", "Leave such samples out.")
    return SampleTable(given, rows, name)


def read_samples(inputs: Any, targets: Any, of: str = "") -> tuple[SampleTable, SampleTable]:
    """Return inputs and targets, called X and y in messages, as tables of as many samples.

    Arguments:
        inputs: see :func:`read_table`.
        targets: one for each sample.
        of: which X and y they are: ``" of validation"``.

    Raises:
        ShapeError, NumberTypeError, DomainError: see :func:`read_table`; or they differ in their number of samples.
    """
    tables = read_table(inputs, f"X{of}"), read_table(targets, f"y{of}")
    counts = [len(table.rows) for table in tables]
    if counts[0] != counts[1]:
        expected = f"y{of} has {counts[0]} targets, one for each sample of X{of}"
        raise ShapeError(expected, str(counts[1]), "Check that both are of the same samples.")
    return tables


Samples = tuple[SampleTable, SampleTable]  # inputs and targets


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

    produced, expected = numpy.asarray(outputs), numpy.asarray(targets)
    if produced.ndim == 2 and produced.shape[1] > 1:
        classes = expected.argmax(axis=1) if expected.shape == produced.shape else expected.ravel()
        return float((produced.argmax(axis=1) == classes).mean())
    if threshold is None:
        threshold = _threshold(expected)
    return float(((produced.ravel() > threshold) == (expected.ravel() > threshold)).mean())


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
        ArgumentError: it is something else, or it is ``"accuracy"`` and a target names no class.
    """
    if metric == "accuracy":
        _check_classes(targets)
    if metric == "accuracy" or (metric == "auto" and is_classification(targets)):
        return "accuracy", partial(accuracy, threshold=_threshold(targets))
    if metric is None or metric == "auto":
        return "", None
    if not callable(metric):
        advice = 'Use "accuracy", None, or a function of arrays of outputs and targets.'
        raise ArgumentError("a metric", shown(metric), advice)
    return getattr(metric, "__name__", type(metric).__name__).strip("<>"), metric


def _check_classes(targets: NDArray[Any]) -> None:
    """Raise where a row of targets has no largest entry, or a single target is far from 0 and 1, and from -1 and 1."""
    import numpy

    if targets.shape[1] > 1:
        wrong = (targets == targets.max(axis=1, keepdims=True)).sum(axis=1) > 1
        expected = "accuracy needs rows of targets of which one entry, that of the class, is the largest"
    else:
        wrong = numpy.abs(targets[:, 0]) > 1.0
        expected = "accuracy of a single output needs targets near 0 and 1, or near -1 and 1"
    if wrong.any():
        row = targets[int(wrong.argmax())].tolist()
        given = shown(row if len(row) > 1 else row[0])
        advice = "Give metric= a function of outputs and targets, or None for measured numbers."
        raise ArgumentError(expected, given, advice)


def read_generator(seed: Any) -> numpy.random.Generator:
    """Return the source of random numbers: a Generator as it is, or one made from a seed.

    Raises:
        ArgumentError: the seed is not a whole number of at least 0.
    """
    import numpy

    try:
        return numpy.random.default_rng(seed)
    except (TypeError, ValueError):
        advice = "Use seed=1, or numpy.random.default_rng(1)."
        raise ArgumentError("a seed is a whole number, 0 or more", shown(seed), advice) from None


Snapshot = tuple["NDArray[Any]", list[State], int]  # parameters, state, number of steps

PART = 8_192  # numbers of a dot product: of more than 10,000, OpenBLAS has several threads work, which takes longer
BLOCK = 12_000  # numbers that are moved at a time: what a rule needs in between stays small, in memory that is at hand


class Arrays:
    """What a compiled program and an optimizer work on. Values and the optimizer's own state wait for :meth:`store`.

    Arguments:
        program: the compiled loss.
        optimizer: of which parameters that the loss does not depend on stay as they are, state and all.

    Attributes:
        program: the compiled loss, whose ``parameters`` are moved in place.

    Raises:
        ArgumentError: the loss depends on no parameter of the optimizer.
    """

    def __init__(self, program: Any, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self._steps = 0
        self.use(program)

    def use(self, program: Any) -> None:
        """Go on with this program, from the numbers that the Values and the optimizer hold."""
        import numpy

        place = {id(leaf): index for index, leaf in enumerate(program.leaves)}
        moved = sorted((place[id(p)], index) for index, p in enumerate(self.optimizer.params) if id(p) in place)
        if not moved:
            advice = "Build it on model.parameters(), and have the loss use what the model returns."
            raise ArgumentError("a loss that depends on a parameter of the optimizer", "one that doesn't", advice)
        self.program, self._parts = program, parts_of(program.gradient)
        self._of_optimizer = [index for _, index in moved]
        self._in_its_order = numpy.argsort(self._of_optimizer)
        self._places = None if len(moved) == len(program.leaves) else numpy.array([index for index, _ in moved])
        self._data = program.parameters if self._places is None else numpy.zeros(len(moved), program.dtype)
        self._gradient = program.gradient if self._places is None else numpy.zeros(len(moved), program.dtype)
        self._blocks = [slice(start, start + BLOCK) for start in range(0, len(moved), BLOCK)]
        self._moved = [(self._data[block], self._gradient[block]) for block in self._blocks]
        self._stored: list[State] | None = None
        self.load()

    def load(self) -> None:
        """Take over the numbers that the Values and the optimizer hold."""
        self.program.load()
        if self.optimizer.state != self._stored:
            self._stored = list(self.optimizer.state)
            columns = _columns([self._stored[index] for index in self._of_optimizer], self.program.dtype)
            self._states = [tuple(_part(column, block) for column in columns) for block in self._blocks]

    def store(self, whole: bool = True) -> None:
        """Bring the Values up to date; where ``whole``, the optimizer's state and number of steps as well."""
        self.program.store()
        if not whole:
            return
        states = self._rows()
        if len(states) < len(self.optimizer.params):  # the others have not been reached, and keep theirs
            kept = list(self.optimizer.state)
            for index, state in zip(sorted(self._of_optimizer), states, strict=True):
                kept[index] = state
            states = kept
        self._stored, self.optimizer.state = states, list(states)
        self.optimizer.steps += self._steps
        self._steps = 0

    def step(self) -> None:
        """Move the parameters along the program's gradient."""
        if self._places is not None:
            self.program.parameters.take(self._places, out=self._data)
            self.program.gradient.take(self._places, out=self._gradient)
        for place, (data, gradient) in enumerate(self._moved):
            new, self._states[place] = self.optimizer.update(data, gradient, self._states[place])
            if new is not data:  # a rule of the user's own may return a new array
                data[...] = new
        if self._places is not None:
            self.program.parameters[self._places] = self._data
        self._steps += 1

    @property
    def keeps_what_is_not_finite(self) -> bool:
        """Whether a gradient that is not finite always shows in parameters or state afterwards, as in rules of ours."""
        return self._places is None and type(self.optimizer).__module__ == Optimizer.__module__

    def has_finite_gradient(self) -> bool:
        """Tell whether the gradient is finite; cheap where its square is, too."""
        whole = 0.0
        for part in self._parts:
            whole += part.dot(part)
        return math.isfinite(whole) or _is_finite(self.program.gradient)

    def is_finite(self) -> bool:
        """Tell whether parameters and state are finite."""
        return all(map(_is_finite, (self.program.parameters, *chain(*self._states))))

    def snapshot(self) -> Snapshot:
        """Return a copy of the parameters and of the state, to go back to."""
        return self.program.parameters.copy(), _copied(self._states), self.optimizer.steps + self._steps

    def go_back(self, snapshot: Snapshot) -> None:
        """Take parameters, state and number of steps from a snapshot, which stays usable."""
        parameters, states, steps = snapshot
        self.program.parameters[...] = parameters
        self._states = _copied(states)
        self._steps = steps - self.optimizer.steps

    def _rows(self) -> list[State]:
        """Return the states of the parameters that are moved, in the optimizer's order."""
        count = len(self._of_optimizer)
        columns = [_joined(parts, self._moved) for parts in zip(*self._states, strict=True)]
        if all(isinstance(column, float) for column in columns):
            return [tuple(columns)] * count
        lists = (
            [column] * count if isinstance(column, float) else column[self._in_its_order].tolist() for column in columns
        )
        return list(zip(*lists, strict=True))


def parts_of(vector: NDArray[Any]) -> list[NDArray[Any]]:
    """Return views of a vector so short that a dot product of one wakes no threads."""
    return [vector[start : start + PART] for start in range(0, len(vector), PART)]


def _part(column: Any, block: slice) -> Any:
    return column if isinstance(column, float) else column[block]


def _joined(parts: Sequence[Any], moved: Sequence[tuple[Any, Any]]) -> Any:
    """Return an entry of all blocks' states as one float, where it is the same for all, or as one array."""
    import numpy

    if all(isinstance(part, float) and part == parts[0] for part in parts):
        return parts[0]
    return numpy.concatenate(
        [numpy.broadcast_to(part, len(data)) for part, (data, _) in zip(parts, moved, strict=True)]
    )


def _copied(states: Sequence[State]) -> list[State]:
    return [tuple(entry if isinstance(entry, float) else entry.copy() for entry in state) for state in states]


def _columns(states: Sequence[State], dtype: Any) -> State:
    """Return each number of the states as an array over the parameters; as one float where it is the same for all."""
    import numpy

    columns = [numpy.array(column, dtype=numpy.float64) for column in zip(*states, strict=True)]
    return tuple(
        float(column[0]) if (column == column[0]).all() else column.astype(dtype, copy=False) for column in columns
    )


def _is_finite(numbers: Any) -> bool:
    import numpy

    return bool(numpy.isfinite(numbers).all())
