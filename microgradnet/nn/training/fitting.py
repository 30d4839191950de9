"""``fit``: train any model on any loss, at the speed of hand-written NumPy."""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Sequence
from inspect import signature
from time import perf_counter
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from microgradnet.compiler.program import read_dtype
from microgradnet.errors import ArgumentError, shown
from microgradnet.nn import losses, optim
from microgradnet.nn.losses import SHIFTED
from microgradnet.nn.optim import Optimizer
from microgradnet.nn.reading import as_count
from microgradnet.nn.schedules import Rate
from microgradnet.nn.training.arrays import Arrays, Data, Snapshot, read_data, read_generator
from microgradnet.nn.training.history import Epoch, History, LayerNorms, ProgressBar
from microgradnet.nn.training.recording import (
    CompiledLoss,
    LossFunction,
    Measures,
    SampleRecorder,
    first_bad,
    overflown,
    probe,
    unexplained,
)

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray

Callback = Callable[[Epoch], Any]

LOOKS = 10  # at the gradient in an epoch, at least, where it has so many minibatches


def fit(
    model: Any,
    X: Any,  # noqa: N803
    y: Any,
    *,
    loss: Any,
    optimizer: Any = None,
    lr: float | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    validation: Any = None,
    metric: Any = "auto",
    patience: int | None = None,
    schedule: Any = None,
    schedule_unit: str = "epoch",
    callbacks: Any = None,
    shuffle: bool = True,
    seed: Any = None,
    dtype: Any = "float64",
    progress: bool = True,
) -> History:
    """Train a model, and return a history of its epochs.

    One sample is recorded as a scalar graph and compiled into the NumPy program that an expert would write for it; that
    program runs over minibatches. Parameters and the optimizer's state are arrays meanwhile. The Values are brought up
    to date after every epoch, and before any function of yours can look at them; so is the optimizer.

    Python's ``if``, ``max``, ``min`` and ``bool`` keep the branch that the recorded sample took. So each comparison of
    Values that the model or the loss makes is evaluated again for every sample of every epoch, and it is an error as
    soon as one has another outcome: choose with ``mg.maximum``, or ``mg.where(mg.greater(z, 0.0), ...)``. A model or
    loss that reads ``.data`` of a Value is recorded again for every sample, which is slow, and compared. For decisions
    that nobody can see, such as numbers drawn at random, two samples unlike the first are recorded before training.

    Arguments:
        model: a Module, or anything else that can be called with the inputs of a sample and returns a Value or a list.
        X: the inputs, an array (samples, inputs) or a list of lists. The model is called with a list of Values; where X
            is a vector, one number for each sample, with one Value.
        y: the targets, one for each sample. The loss is given a list of Values for a row of numbers, and one Value
            where y is a vector or the model has one output. Whole numbers for a model of several outputs are the
            indices of classes, from 0: the loss is given one-hot rows.
        loss: a function from outputs and targets of one sample to a Value: one of ``mg.losses``, its name or alias
            (``"mse"``), or your own. It may add terms such as a penalty on weights; a minibatch's loss is the mean.
        optimizer: one that holds the parameters to train, so that all others stay as they are; or a name such as
            ``"adam"``, or a class, for all parameters of the model. Adam where not given.
        lr: the learning rate of an optimizer that is named; its usual one where not given.
        epochs: how often to go through all samples.
        batch_size: how many samples each step is computed from; the last one of an epoch may have fewer. None for all.
        validation: a pair (X, y), or the share of the samples to draw by chance and hold back.
        metric: a function of two arrays, the outputs and the targets as given, to a number; ``"accuracy"``; None for
            none. It is measured after each epoch, on the validation samples, or else those to train on. Where not
            given, it is the accuracy if the targets are classes, and looks at no more than 1,000 training samples.
        patience: after how many epochs without a lower validation loss (without validation: loss) to stop. The
            parameters, the optimizer's state and its steps are then those after the best epoch, also where it did not
            stop early.
        schedule: a rule of ``mg.schedules``, or a function of a count from 0 and the rate at first that returns the
            rate. It begins anew with each call, and gives the rate back at the end. A ``Scheduler`` goes on instead.
        schedule_unit: what it counts, ``"epoch"`` or ``"minibatch"``.
        callbacks: a function or several, each called with every :class:`Epoch` that is finished. One that returns True
            stops the run. They may change parameters and the optimizer.
        shuffle: whether each epoch takes the samples in a new order.
        seed: a whole number for the same order on every call, or a NumPy Generator, which goes on from call to call.
        dtype: the type of the numbers that the steps are computed with: ``"float32"`` takes half the time of
            ``"float64"`` where layers are large. Parameters that leave training have about 7 digits then; samples are
            rounded, and validation and metric are computed from these parameters.
        progress: whether to show a progress bar where standard output is a terminal or the cell of a notebook.

    Returns:
        the :class:`History`. Ctrl-C ends training and returns it too, with the parameters of the last whole step.

    Raises:
        ArgumentError, ShapeError, NumberTypeError, UnknownNameError, DomainError: arguments don't fit; nothing changed.
        ArgumentError: a recorded comparison has another outcome for a sample. The message names it and the operation to
            use; the parameters are those of the last whole step.
        AnomalyError: a number was not finite. The message names epoch, minibatch, sample and the first bad node; the
            parameters are those of the last whole step.

    Example:
        >>> from microgradnet import MLP
        >>> xor = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
        >>> mlp = MLP(2, [4, 1], activation="tanh", output="sigmoid", seed=2)
        >>> history = fit(mlp, *xor, loss="binary_cross_entropy", lr=0.1, epochs=100, batch_size=None, seed=1)
        >>> [round(mlp(x).data) for x in xor[0]], history[-1].metric
        ([0, 1, 1, 0], 1.0)
    """
    function, called, generator = read_loss(loss), read_callbacks(callbacks), read_generator(seed)
    count, waiting = as_count(epochs, "epochs", "One epoch takes each sample once."), Patience(patience)
    moved, data = read_optimizer(optimizer, model, lr), read_data(X, y, validation, generator)
    size = len(data.places) if batch_size is None else as_count(batch_size, "batch_size", "None takes all at once.")
    run = TrainingRun(
        model,
        function,
        moved,
        data,
        metric=metric,
        schedule=(schedule, read_unit(schedule_unit)),
        patience=waiting,
        callbacks=called,
        generator=generator if shuffle else None,
        batch_size=size,
        dtype=dtype,
        bar=ProgressBar(progress, count, -(-len(data.places) // size)),
    )
    return run.train(count)


class TrainingRun:
    """One call of :func:`fit`: the compiled loss, the arrays it works on, and the loop over epochs and minibatches.

    Arguments:
        model, loss, optimizer, data, metric: see :func:`fit`.
        schedule: the learning rate's schedule, and what it counts.
        patience: when to stop early.
        callbacks: called after each epoch.
        generator: shuffles the samples; None for samples in their order.
        batch_size: the number of samples of a minibatch.
        dtype: the type of the numbers that the steps are computed with.
        bar: the progress bar.

    Raises:
        ArgumentError: the model can't be called, or takes other steps for other samples; or the loss depends on no
            sample, or on no parameter.
        ShapeError, NumberTypeError, DomainError: model, loss and samples don't fit.
    """

    def __init__(
        self,
        model: Any,
        loss: LossFunction,
        optimizer: Optimizer,
        data: Data,
        *,
        metric: Any,
        schedule: tuple[Any, str],
        patience: Patience,
        callbacks: Sequence[Callback],
        generator: numpy.random.Generator | None,
        batch_size: int,
        dtype: Any,
        bar: ProgressBar,
    ) -> None:
        if not callable(model):
            given = f"{shown(model)} of type {type(model).__name__}"
            raise ArgumentError("a model that can be called", given, "Give it a method __call__(self, x).")
        recorder = SampleRecorder(model, loss, *data.training)
        self._compiled = CompiledLoss(recorder, recorder.samples(*data.training), read_dtype(dtype))
        probe(self._compiled, data.places)
        self._arrays = Arrays(self._compiled.program, optimizer)
        self._layers = LayerNorms(model, self._compiled.program.leaves, optimizer.params)
        self._measures = Measures(recorder, data.training, data.validation, metric)
        self._places, self._generator, self._batch_size = data.places, generator, batch_size
        self._patience, self._callbacks, self._bar, self._interruption = patience, callbacks, bar, Interruption()
        self._minibatch = 0  # how many of the epoch are done
        self._rate = None if schedule[0] is None else Rate(optimizer, *schedule)  # last: it sets lr
        rate_is_watched = self._rate is not None and self._rate.is_watched
        by_minibatch = self._rate is not None and self._rate.by_minibatch
        # Whether the steps of an epoch may be checked together: nobody decides anything between them.
        self._is_quick = self._arrays.keeps_what_is_not_finite and not self._compiled.is_guarded and not by_minibatch
        # Whether a function of the caller's may look at Values and the optimizer after an epoch.
        self._is_watched = self._measures.is_watched or rate_is_watched or bool(callbacks)

    def train(self, count: int) -> History:
        """Run so many epochs; whatever ends them, leave Values and optimizer up to date."""
        with self._interruption, self._bar:
            return self._train(count)

    def _train(self, count: int) -> History:
        history = History()
        try:
            for number in range(1, count + 1):
                epoch = self._epoch(number)
                history.epochs.append(epoch)
                if self._callbacks_stop(epoch):
                    history.stopped_by = f"Stopped by a callback after epoch {number}."
                elif self._patience.is_over(epoch, self._arrays):
                    history.stopped_by = f"Stopped after epoch {number}, {self._patience.reason}."
                if history.stopped_by:
                    break
            self._patience.restore(self._arrays)
        except KeyboardInterrupt:
            where = f"in epoch {len(history) + 1}, after {self._minibatch} minibatches of it"
            history.stopped_by = f"Stopped by Ctrl-C {where}."
        finally:
            self._interruption.ignore()
            self._arrays.store()
            if self._rate is not None:
                self._rate.finish()
        return history

    def _callbacks_stop(self, epoch: Epoch) -> bool:
        """Call the callbacks, who may look at the model and the optimizer, and change them."""
        if not self._callbacks:
            return False
        stops = [callback(epoch) is True for callback in self._callbacks]
        self._arrays.load()
        return any(stops)

    def _epoch(self, number: int) -> Epoch:
        """Run one epoch and measure it; the Values are up to date afterwards."""
        import numpy

        begin = perf_counter()
        before = self._arrays.snapshot()
        with numpy.errstate(all="ignore"):  # what is not finite is found, and said once
            loss, norms = self._minibatches(number, before)
            self._store()
            validation_loss = self._validation_loss()
        metric, lr = self._measures.metric(), self._arrays.optimizer.lr
        if self._rate is not None:
            self._rate.after_epoch()
        self._bar.finish_epoch(number, loss, self._measures.described(metric))
        return Epoch(number, loss, validation_loss, metric, lr, perf_counter() - begin, norms, self._measures.name)

    def _minibatches(self, number: int, before: Snapshot) -> tuple[float, dict[str, float]]:
        """Run all minibatches once; return the mean loss over the samples, and the size of the gradient by layer.

        The steps of an epoch are checked at its end. If anything is wrong then, or NumPy found fault on the way, the
        epoch begins anew, with every step checked, which finds the first bad one.
        """
        order = self._order(len(self._compiled.rows))
        if self._is_quick:
            try:
                found = self._quickly(order)
            except KeyboardInterrupt:
                if not self._arrays.is_finite():
                    self._arrays.go_back(before)
                raise
            if found is not None:
                return found
            self._is_quick = False
            self._arrays.go_back(before)
        found = self._all_of(order, lambda rows: self._step(rows, number, before))
        if not self._arrays.is_finite():
            self._arrays.go_back(before)
            raise overflown(f"epoch {number}")
        return found

    def _quickly(self, order: NDArray[Any]) -> tuple[float, dict[str, float]] | None:
        """Return the same without a look at any single step; None where a step was not fine."""
        import numpy

        compute, hold, move = self._compiled.unchecked_step, self._interruption.hold(), self._arrays.step

        def step(rows: NDArray[Any]) -> float:
            loss = compute(rows)
            with hold:
                move()
            return loss

        try:
            with numpy.errstate(over="raise", divide="raise", invalid="raise"):
                found = self._all_of(order, step)
        except (ArithmeticError, ValueError):
            return None
        return found if math.isfinite(found[0]) and self._arrays.is_finite() else None

    def _all_of(self, order: NDArray[Any], step: Callable[[NDArray[Any]], float]) -> tuple[float, dict[str, float]]:
        """Take a step with each minibatch of samples in this order; return what :meth:`_minibatches` does."""
        count, size, whole = len(order), self._batch_size, 0.0
        squares: Any = 0.0
        self._minibatch, looks, rare = 0, 0, max(1, -(-count // size) // LOOKS)
        for start in range(0, count, size):
            rows = order[start : start + size]
            whole += step(rows) * len(rows)
            if self._minibatch % rare == 0:
                squares, looks = squares + self._layers.squares(self._arrays.program.gradient), looks + 1
            self._minibatch += 1
            self._bar.tick(self._minibatch, whole, start + len(rows))
        sizes = (squares / looks) ** 0.5
        return float(whole) / count, dict(zip(self._layers.names, sizes.tolist(), strict=True))

    def _step(self, rows: NDArray[Any], number: int, before: Snapshot) -> float:
        """Take the step of one minibatch; return its mean loss."""
        if self._compiled.is_guarded:
            self._check_branches(rows, number)
        loss = self._compiled.step(rows)
        if not (math.isfinite(loss) and self._arrays.has_finite_gradient()):
            loss = self._recover(rows, f"epoch {number}, batch {self._minibatch + 1}", before)
        with self._interruption.hold():
            self._arrays.step()
        if self._rate is not None and self._rate.by_minibatch:
            if self._rate.is_watched:
                self._store()
            self._rate.after_minibatch()
        return loss

    def _check_branches(self, rows: NDArray[Any], number: int) -> None:
        """Raise where a recorded decision is another one for a sample of this minibatch."""
        if self._compiled.reads_numbers:
            self._arrays.store(whole=False)
        change = self._compiled.find_change(self._compiled.rows[rows])
        if change is not None:
            sample = int(self._places[rows[change.row]])
            raise change.error(f" for sample X[{sample}] in epoch {number}, batch {self._minibatch + 1}")

    def _recover(self, rows: NDArray[Any], where: str, before: Snapshot) -> float:
        """Find out why a loss or gradient is not finite; return the loss in a form where it is.

        Raises:
            AnomalyError: no form is finite. The parameters are those before the step.
        """
        if not self._arrays.is_finite():
            self._arrays.go_back(before)
            raise overflown(where)
        self._arrays.store()
        bad = first_bad(self._compiled, rows)
        if bad is not None:
            raise bad.report(where, int(self._places[rows[bad.place]]))
        if self._shift():
            loss = self._compiled.step(rows)
            if math.isfinite(loss) and self._arrays.has_finite_gradient():
                return loss
        raise unexplained(where)

    def _validation_loss(self) -> float | None:
        rows = self._measures.validation_rows
        if rows is None:
            return None
        change = self._compiled.find_change(rows)
        if change is not None:
            raise change.error(f" for sample {change.row} of those to validate on")
        loss = self._compiled.mean_loss(rows)
        if not math.isfinite(loss) and self._shift():
            loss = self._compiled.mean_loss(rows)
        return loss

    def _shift(self) -> bool:
        """Go on with a program in whose losses no power overflows; return False where it is in use already."""
        if self._compiled.form == SHIFTED:
            return False
        with self._interruption.hold():
            self._arrays.store()
            self._compiled.use_form(SHIFTED)
            self._arrays.use(self._compiled.program)
            self._layers = self._layers.of_leaves(self._compiled.program.leaves)
        return True

    def _store(self) -> None:
        """Bring Values up to date; where a function of the caller's may look at it, the optimizer too."""
        with self._interruption.hold():
            self._arrays.store(self._is_watched)

    def _order(self, count: int) -> NDArray[Any]:
        import numpy

        return numpy.arange(count) if self._generator is None else self._generator.permutation(count)


# The arguments of fit -------------------------------------------------------------------------------------------------


def read_optimizer(optimizer: Any, model: Any, lr: float | None) -> Optimizer:
    """Return the optimizer.

    Arguments:
        optimizer: one that was made already; a name such as ``"sgd"``; a class, or a function from parameters to an
            optimizer; None for Adam.
        model: whose parameters it gets, where it is made here.
        lr: its learning rate, where it is made here; None for its usual one.

    Raises:
        ArgumentError: it is no optimizer, or ``lr`` is given for one that was made already.
        UnknownNameError: there is no optimizer of that name.
    """
    if isinstance(optimizer, Optimizer):
        if lr is not None:
            raise ArgumentError("lr= is for an optimizer that fit makes", f"lr={lr} beside one", "Assign optimizer.lr.")
        return optimizer
    make: Any = optim.find(optimizer) if isinstance(optimizer, str) else optimizer or optim.Adam
    if not callable(make):
        advice = 'Write optimizer="adam", or mg.optim.SGD(model.parameters(), lr=0.1).'
        raise ArgumentError("optimizer= is an optimizer, its class or its name", shown(optimizer), advice)
    if not hasattr(model, "parameters"):
        advice = "Give an optimizer that holds the parameters: mg.optim.SGD([w, b], lr=0.1)."
        raise ArgumentError("a model has a method parameters()", f"a {type(model).__name__} without", advice)
    if lr is None and _needs_rate(make):
        raise ArgumentError(
            f"{getattr(make, '__name__', 'this optimizer')} needs a learning rate", "none", "Give lr=0.1."
        )
    made = make(model.parameters()) if lr is None else make(model.parameters(), lr=lr)
    if not isinstance(made, Optimizer):
        given = f"{shown(made)} of type {type(made).__name__}"
        raise ArgumentError("optimizer= returns an optimizer", given, "Derive it from mg.optim.Optimizer.")
    return made


def _needs_rate(make: Callable[..., Any]) -> bool:
    """Tell whether an optimizer has no learning rate by itself, as SGD has none."""
    try:
        rate = signature(make).parameters.get("lr")
    except (TypeError, ValueError):  # built in, without a signature
        return False
    return rate is not None and rate.default is rate.empty


def read_loss(loss: Any) -> LossFunction:
    """Return the loss: a function, or that of ``mg.losses`` with this name or alias.

    Raises:
        UnknownNameError: there is no loss of that name.
        ArgumentError: it is neither a name nor a function.
    """
    if isinstance(loss, str):
        return losses.find(loss).function
    if not callable(loss):
        advice = "Give one such as mg.losses.cross_entropy, or lambda outputs, targets: ..."
        raise ArgumentError("a loss is a name or a function of outputs and targets", shown(loss), advice)
    return loss  # type: ignore[no-any-return]


def read_callbacks(callbacks: Any) -> Sequence[Callback]:
    """Return the functions to call after each epoch, given one, several or None.

    Raises:
        ArgumentError: one can't be called.
    """
    given = [] if callbacks is None else [callbacks] if callable(callbacks) else callbacks
    if not isinstance(given, (list, tuple)) or not all(map(callable, given)):
        advice = "Write callbacks=lambda epoch: print(epoch.loss)."
        raise ArgumentError("callbacks are functions of an epoch", shown(callbacks), advice)
    return given


def read_unit(unit: Any) -> str:
    """Return what a schedule counts.

    Raises:
        ArgumentError: it is neither ``"epoch"`` nor ``"minibatch"``.
    """
    if unit not in ("epoch", "minibatch"):
        raise ArgumentError('schedule_unit is "epoch" or "minibatch"', shown(unit), "Choose one of the two.")
    return str(unit)


class Patience:
    """Early stopping: watches the validation loss, or the loss where nothing is validated.

    Arguments:
        epochs: after how many epochs without improvement it stops; None never stops.

    Raises:
        ArgumentError: it is not a whole number of at least 1.
    """

    def __init__(self, epochs: Any) -> None:
        self._epochs = None if epochs is None else as_count(epochs, "patience", "It counts epochs.")
        self._least, self._number = float("inf"), 0
        self._best: Snapshot | None = None

    def is_over(self, epoch: Epoch, arrays: Arrays) -> bool:
        """Look at an epoch that was just finished; tell whether to stop."""
        if self._epochs is None:
            return False
        if epoch.compared_loss < self._least:
            self._least, self._number, self._best = epoch.compared_loss, epoch.epoch, arrays.snapshot()
        return epoch.epoch - self._number >= self._epochs

    @property
    def reason(self) -> str:
        """Why it is over, as the end of a sentence."""
        epochs = f"{self._epochs} epoch{'s' * (self._epochs != 1)}"
        return f"as the loss has not improved for {epochs}; the parameters are those of epoch {self._number}"

    def restore(self, arrays: Arrays) -> None:
        """Go back to the parameters, the optimizer's state and its steps after the best epoch."""
        if self._best is not None:
            arrays.go_back(self._best)


class Interruption:
    """A block of code that Ctrl-C can interrupt, but for the parts inside ``with self._interruption.hold():``.

    Such a part is finished first, then Ctrl-C is delivered. Only what Python's main thread does can be held; elsewhere,
    and where the signal is ignored, nothing changes. A second Ctrl-C does not wait.

    Attributes:
        is_held: whether such a part is under way.
    """

    def __init__(self) -> None:
        self.is_held, self._hold = False, _Hold(self)
        self._waiting: tuple[int, FrameType | None] | None = None
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.getsignal(signal.SIGINT)
        if callable(self._before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._receive)
        else:
            self._before = None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def hold(self) -> _Hold:
        """Return the context in which Ctrl-C waits for the end of the block."""
        return self._hold

    def release(self) -> None:
        """End such a block, and deliver a Ctrl-C that was pressed within it."""
        self.is_held = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._before(*waiting)

    def ignore(self) -> None:
        """Ignore the next Ctrl-C until the end of the block: the run is being finished."""
        self.is_held = True

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.is_held and self._waiting is None:
            self._waiting = number, frame
        else:
            self._before(number, frame)


class _Hold:
    """The context of ``hold``: one object for all steps, as making one takes longer than a small step."""

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption

    def __enter__(self) -> None:
        self._interruption.is_held = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._interruption.release()
