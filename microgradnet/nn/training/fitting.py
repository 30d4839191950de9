"""``fit``: train any model on any loss, at the speed of hand-written NumPy."""

from __future__ import annotations

import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from time import monotonic, perf_counter
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from microgradnet.errors import ArgumentError, DomainError, UnknownNameError, did_you_mean, shown
from microgradnet.nn import losses, optim, schedules
from microgradnet.nn.optim import Optimizer
from microgradnet.nn.reading import as_count
from microgradnet.nn.schedules import Scheduler
from microgradnet.nn.training.arrays import Arrays, Prepared
from microgradnet.nn.training.data import read_data
from microgradnet.nn.training.history import Epoch, History
from microgradnet.nn.training.recording import first_bad, overflown, unexplained

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


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
    progress: bool = True,
) -> History:
    """Train a model, and return how it went.

    One sample is recorded as a scalar graph and compiled into the NumPy program that an expert would write for it; that
    program runs over minibatches. Parameters and the optimizer's state are arrays meanwhile. The Values are brought up
    to date after every epoch, and before any function of yours can look at them; so is the optimizer.

    What the recorded sample decided is decided for all: a Python ``if`` on a number, the index of a list, a number that
    was drawn. Choose with ``mg.where`` instead. Two samples that are unlike the recorded one are recorded as well, and
    it is an error if the program does not compute their loss.

    Arguments:
        model: a Module, or anything else that can be called with the inputs of a sample and returns a Value or a list.
        X: the inputs, an array (samples, inputs) or a list of lists. The model is called with a list of Values; where X
            is a vector, one number for each sample, with one Value.
        y: the targets, one for each sample. The loss is given a list of Values for a row of numbers, and one Value
            where y is a vector or the model has one output. Whole numbers for a model of several outputs are the
            indices of classes, from 0: the loss is given one-hot rows.
        loss: from outputs and targets of one sample to a Value: one of ``mg.losses``, or its name, or your own
            function. It may add terms such as a penalty on weights; minibatches take the mean over samples.
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
        progress: whether to show a progress bar where standard output is a terminal.

    Returns:
        the :class:`History`. Ctrl-C ends training and returns it too, with the parameters of the last whole step.

    Raises:
        ArgumentError, ShapeError, NumberTypeError, UnknownNameError, DomainError: arguments don't fit; nothing changed.
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
    moved = read_optimizer(optimizer, model, lr)
    data = read_data(X, y, validation, generator)
    size = len(data.places) if batch_size is None else as_count(batch_size, "batch_size", "None takes all at once.")
    prepared = Prepared(model, function, moved, data, metric)
    rate = Rate(moved, schedule, schedule_unit)
    with Interruption() as interruption, Bar(progress, count, -(-len(data.places) // size)) as bar:
        run = Run(prepared, rate, generator if shuffle else None, size, interruption, bar)
        return _train(run, count, waiting, called)


def _train(run: Run, count: int, patience: Patience, callbacks: Sequence[Callback]) -> History:
    """Run the epochs; whatever ends them, leave Values and optimizer up to date."""
    history = History(metric_name=run.measures.name)
    run.is_watched |= bool(callbacks)
    try:
        for epoch in run.epochs(count):
            history.epochs.append(epoch)
            if _wants_to_stop(run, history, callbacks):
                history.stopped_by = f"Stopped by a callback after epoch {epoch.epoch}."
            elif patience.is_over(epoch, run.arrays):
                history.stopped_by = f"Stopped after epoch {epoch.epoch}, {patience.reason}."
            if history.stopped_by:
                break
        patience.restore(run.arrays)
    except KeyboardInterrupt:
        history.stopped_by = f"Stopped by Ctrl-C in epoch {len(history) + 1}, after {run.minibatch} minibatches of it."
    finally:
        run.finish()
    return history


def _wants_to_stop(run: Run, history: History, callbacks: Sequence[Callback]) -> bool:
    """Call the callbacks, who may look at the model and the optimizer, and change them."""
    if not callbacks:
        return False
    stops = [callback(history.epochs[-1]) is True for callback in callbacks]
    run.arrays.load()
    return any(stops)


LOOKS = 10  # at the gradient in an epoch, at least, where it has so many minibatches


class Run:
    """A training run.

    Arguments:
        prepared: what it works on.
        rate: the learning rate's schedule.
        generator: what shuffles; None for samples in the order that they have.
        batch_size: how many samples make a minibatch.
        interruption: holds Ctrl-C back within a step.
        bar: the progress bar.

    Attributes:
        arrays: parameters and state.
        measures: what is measured after each epoch.
        minibatch: how many minibatches of the epoch have been done.
        is_watched: whether a function of the caller's may look at Values and optimizer after an epoch.
    """

    def __init__(
        self,
        prepared: Prepared,
        rate: Rate,
        generator: numpy.random.Generator | None,
        batch_size: int,
        interruption: Interruption,
        bar: Bar,
    ) -> None:
        self.arrays, self.measures, self.minibatch = prepared.arrays, prepared.measures, 0
        self.is_watched = prepared.measures.is_watched or rate.is_watched
        self._prepared, self._compiled = prepared, prepared.compiled
        self._rate, self._generator, self._batch_size = rate, generator, batch_size
        self._interruption, self._bar = interruption, bar

    def epochs(self, count: int) -> Iterator[Epoch]:
        """Run epochs, and yield what each came to, with Values up to date."""
        import numpy

        for number in range(1, count + 1):
            begin = perf_counter()
            before = self.arrays.snapshot()
            with numpy.errstate(all="ignore"):  # what is not finite is found, and said once
                loss, norms = self._epoch(number, before)
                self.store()
                validation_loss = self._validation_loss()
            metric = self.measures.metric()
            lr = self.arrays.optimizer.lr
            self._rate.after_epoch()
            seconds = perf_counter() - begin
            self._bar.finish_epoch(number, loss, self.measures.described(metric))
            yield Epoch(number, loss, validation_loss, metric, lr, seconds, norms)

    def store(self) -> None:
        """Bring Values up to date; where somebody may look at it, the optimizer too."""
        self._interruption.held = True
        self.arrays.store(self.is_watched)
        self._interruption.release()

    def finish(self) -> None:
        """Leave Values and optimizer up to date. Ctrl-C does not interrupt this."""
        self._interruption.held = True
        self.arrays.store()
        self._rate.finish()

    def _validation_loss(self) -> float | None:
        rows = self.measures.validation_rows
        if rows is None:
            return None
        loss = self._compiled.mean_loss(rows)
        if not math.isfinite(loss) and self._compiled.form != "shifted":
            self._shift()
            loss = self._compiled.mean_loss(rows)
        return loss

    def _epoch(self, number: int, before: Any) -> tuple[float, dict[str, float]]:
        """Run all minibatches once; return the mean loss over the samples, and the size of the gradient by layer."""
        count, size, whole = len(self._compiled.rows), self._batch_size, 0.0
        squares: Any = 0.0
        looks = 0
        order, rare = self._order(count), max(1, -(-count // size) // LOOKS)
        self.minibatch = 0
        for start in range(0, count, size):
            rows = order[start : start + size]
            whole += self._step(rows, number, before) * len(rows)
            if self.minibatch % rare == 0:
                squares, looks = squares + self._prepared.layers.squares(self.arrays.program.gradient), looks + 1
            self.minibatch += 1
            self._bar.tick(self.minibatch, whole, start + len(rows))
        if not self.arrays.is_finite():
            self.arrays.go_back(before)
            raise overflown(f"epoch {number}")
        sizes = (squares / looks) ** 0.5
        return whole / count, dict(zip(self._prepared.layers.names, sizes.tolist(), strict=True))

    def _step(self, rows: NDArray[Any], number: int, before: Any) -> float:
        """Take the step of one minibatch; return its mean loss."""
        arrays, interruption = self.arrays, self._interruption
        self._check_branches(rows, number)
        loss = self._forward_and_backward(rows)
        if not (math.isfinite(loss) and arrays.has_finite_gradient()):
            loss = self._recover(rows, f"epoch {number}, batch {self.minibatch + 1}", before)
        interruption.held = True
        arrays.step()
        interruption.release()
        if self._rate.by_minibatch:
            if self._rate.is_watched:
                self.store()
            self._rate.after_minibatch()
        return loss

    def _check_branches(self, rows: NDArray[Any], number: int) -> None:
        """Raise where a comparison that was recorded has another outcome for a sample of this minibatch."""
        try:
            change = self._compiled.find_change(self._compiled.rows[rows]) if self._compiled.is_guarded else None
        except DomainError:  # the step will say where
            return
        if change is not None:
            sample = int(self._prepared.places[rows[change.row]])
            raise change.error(f" for sample X[{sample}] in epoch {number}, batch {self.minibatch + 1}")

    def _forward_and_backward(self, rows: NDArray[Any]) -> float:
        try:
            return self._compiled.program.step(self._compiled.batch.take(rows, axis=0))  # type: ignore[no-any-return]
        except DomainError:
            return math.nan

    def _recover(self, rows: NDArray[Any], where: str, before: Any) -> float:
        """Find out why a loss or gradient is not finite; return the loss in a form where it is.

        Raises:
            AnomalyError: there is none. The parameters are those before the step.
        """
        if not self.arrays.is_finite():
            self.arrays.go_back(before)
            raise overflown(where)
        self.arrays.store()
        batch, samples = self._compiled.batch[rows], self._compiled.rows[rows]
        finding = first_bad(self._compiled.recorder, self._compiled.program, batch, samples)
        if finding is not None:
            raise finding.report(where, int(self._prepared.places[rows[finding.place]]))
        if self._compiled.form != "shifted":
            self._shift()
            loss = self._forward_and_backward(rows)
            if math.isfinite(loss) and self.arrays.has_finite_gradient():
                return loss
        raise unexplained(where, "one that is not")

    def _shift(self) -> None:
        self._interruption.held = True
        self._prepared.shift()
        self._interruption.release()

    def _order(self, count: int) -> NDArray[Any]:
        import numpy

        return numpy.arange(count) if self._generator is None else self._generator.permutation(count)


Callback = Callable[[Epoch], Any]

_OPTIMIZERS = (optim.SGD, optim.AdaGrad, optim.RMSprop, optim.Adam, optim.AdamW)


def read_optimizer(optimizer: Any, model: Any, lr: float | None) -> Optimizer:
    """Return the optimizer.

    Arguments:
        optimizer: one that was made already; a name such as ``"sgd"``; a class, or a function from parameters to an
            optimizer; None for Adam.
        model: whose parameters it gets, where it is made here.
        lr: its learning rate, where it is made here; None for the one that it has by itself.

    Raises:
        ArgumentError: it is no optimizer, or ``lr`` comes with one that was made already.
        UnknownNameError: there is none of that name.
    """
    if isinstance(optimizer, Optimizer):
        if lr is not None:
            raise ArgumentError("lr= for an optimizer that fit makes", f"lr={lr} beside one", "Assign optimizer.lr.")
        return optimizer
    make = _named(optimizer) if isinstance(optimizer, str) else optimizer or optim.Adam
    if not callable(make):
        advice = 'Write optimizer="adam", or mg.optim.SGD(model.parameters(), lr=0.1).'
        raise ArgumentError("an optimizer", f"{shown(optimizer)} of type {type(optimizer).__name__}", advice)
    if not hasattr(model, "parameters"):
        advice = "Give an optimizer that holds the parameters: mg.optim.SGD([w, b], lr=0.1)."
        raise ArgumentError("a model with parameters()", f"{type(model).__name__}", advice)
    if lr is None and make is optim.SGD:
        raise ArgumentError("SGD with a learning rate", "none", "Give lr=0.1, or so.")
    made = make(model.parameters()) if lr is None else make(model.parameters(), lr=lr)
    if not isinstance(made, Optimizer):
        raise ArgumentError("an optimizer", f"{shown(made)} of type {type(made).__name__}", "Derive it from Optimizer.")
    return made


def _named(name: str) -> Any:
    for kind in _OPTIMIZERS:
        if kind.__name__.lower() == name.lower():
            return kind
    known = [kind.__name__.lower() for kind in _OPTIMIZERS]
    raise UnknownNameError("the name of an optimizer", shown(name), did_you_mean(name, known))


def read_loss(loss: Any) -> Callable[[Any, Any], Any]:
    """Return the loss: a function, or that of ``mg.losses`` with this name.

    Raises:
        UnknownNameError: there is no loss of that name.
        ArgumentError: it is neither a name nor a function.
    """
    if isinstance(loss, str):
        return losses.find(loss).function
    if not callable(loss):
        advice = "Give one such as mg.losses.cross_entropy, or lambda outputs, targets: ..."
        raise ArgumentError("a loss: a function of outputs and targets", shown(loss), advice)
    return loss  # type: ignore[no-any-return]


def read_callbacks(callbacks: Any) -> Sequence[Callback]:
    """Return the functions to call after each epoch, given one, several or None.

    Raises:
        ArgumentError: one can't be called.
    """
    given = [] if callbacks is None else [callbacks] if callable(callbacks) else callbacks
    if not isinstance(given, (list, tuple)) or not all(map(callable, given)):
        advice = "Write callbacks=lambda epoch: print(epoch.loss)."
        raise ArgumentError("callbacks: functions of an epoch", shown(callbacks), advice)
    return given


def read_generator(seed: Any) -> numpy.random.Generator:
    """Return what draws the random numbers: a Generator as it is, or one made from a seed.

    Raises:
        ArgumentError: there is none of that seed.
    """
    import numpy

    try:
        return numpy.random.default_rng(seed)
    except (TypeError, ValueError):
        advice = "Use seed=1, or numpy.random.default_rng(1)."
        raise ArgumentError("a seed: a whole number, 0 or more", shown(seed), advice) from None


_UNITS = ("epoch", "minibatch")


class Rate:
    """Holds an optimizer to a schedule.

    Arguments:
        optimizer: whose rate it is.
        schedule: a rule, which begins anew with each run and gives the rate back at its end; or a Scheduler, which
            goes on from run to run; None for a constant rate.
        unit: what the schedule counts: ``"epoch"`` or ``"minibatch"``.

    Attributes:
        by_minibatch: whether there is a schedule that counts minibatches.
        is_watched: whether the schedule is a function of the caller's, which may look at parameters.

    Raises:
        ArgumentError: the schedule is none, or holds another optimizer; the unit is none.
    """

    def __init__(self, optimizer: Optimizer, schedule: Any, unit: str) -> None:
        if unit not in _UNITS:
            raise ArgumentError('schedule_unit is "epoch" or "minibatch"', shown(unit), "Choose one of the two.")
        self._is_borrowed = isinstance(schedule, Scheduler)
        if self._is_borrowed and schedule.optimizer is not optimizer:
            advice = "Give fit the optimizer that the Scheduler was made with."
            raise ArgumentError("a Scheduler of the optimizer that trains", "one of another optimizer", advice)
        made = schedule is None or self._is_borrowed
        self._scheduler: Scheduler | None = schedule if made else Scheduler(optimizer, schedule)
        self.by_minibatch = self._scheduler is not None and unit == "minibatch"
        self.is_watched = self._scheduler is not None and not _is_own(self._scheduler.schedule)

    def after_epoch(self) -> None:
        """Set the rate of the next epoch."""
        if self._scheduler is not None and not self.by_minibatch:
            self._scheduler.step()

    def after_minibatch(self) -> None:
        """Set the rate of the next minibatch."""
        if self._scheduler is not None and self.by_minibatch:
            self._scheduler.step()

    def finish(self) -> None:
        """Give the rate back, where the schedule was this run's own."""
        if self._scheduler is not None and not self._is_borrowed:
            self._scheduler.optimizer.lr = self._scheduler.initial


def _is_own(rule: Any) -> bool:
    """Tell whether a rule is one of the package's, throughout."""
    return type(rule).__module__ == schedules.__name__ and all(map(_is_own, getattr(rule, "schedules", ())))


class Patience:
    """Watches the validation loss, or the loss where nothing is validated.

    Arguments:
        epochs: after how many epochs without improvement it stops; None never stops.

    Raises:
        ArgumentError: it is not a whole number of at least 1.
    """

    def __init__(self, epochs: Any) -> None:
        self._epochs = None if epochs is None else as_count(epochs, "patience", "It counts epochs.")
        self._least, self._number = float("inf"), 0
        self._best: Any = None

    def is_over(self, epoch: Epoch, arrays: Arrays) -> bool:
        """Look at an epoch that was just finished; tell whether to stop."""
        if self._epochs is None:
            return False
        if epoch.compared_loss < self._least:
            self._least, self._number, self._best = epoch.compared_loss, epoch.epoch, arrays.snapshot()
        return epoch.epoch - self._number >= self._epochs

    @property
    def reason(self) -> str:
        """Why it is over."""
        epochs = f"{self._epochs} epoch{'s' * (self._epochs != 1)}"
        return f"as the loss has not improved for {epochs}; the parameters are those of epoch {self._number}"

    def restore(self, arrays: Arrays) -> None:
        """Go back to the parameters, the optimizer's state and its steps after the best epoch."""
        if self._best is not None:
            arrays.go_back(self._best)


_INTERVAL = 0.1  # seconds between two pictures of the bar


class Bar:
    """A line with the epoch, the loss, the metric and the time left.

    Arguments:
        wanted: False for no line. Where standard output is no terminal there is none either.
        epochs: how many epochs there are to come.
        minibatches: how many minibatches an epoch has.
    """

    def __init__(self, wanted: bool, epochs: int, minibatches: int) -> None:
        self._wanted = bool(wanted) and sys.stdout.isatty()
        self._epochs, self._minibatches = epochs, minibatches
        self._epoch, self._measured = 1, ""
        self._next = monotonic() if self._wanted else float("inf")
        self._line: Any = None

    def __enter__(self) -> Self:
        if self._wanted:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            left = TimeRemainingColumn(), TextColumn("left, {task.description}")
            self._line = Progress(BarColumn(24), *left, console=Console(file=sys.stdout), auto_refresh=False)
            self._task = self._line.add_task(f"epoch 1/{self._epochs}", total=self._epochs * self._minibatches)
            self._line.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._line is not None:
            self._line.refresh()
            self._line.stop()

    def tick(self, minibatch: int, total: float, samples: int) -> None:
        """Show how far the epoch is: which minibatch, and the sum of the losses of so many samples."""
        if monotonic() >= self._next:
            self._show(minibatch, f"loss {total / samples:.4g}" + self._measured)

    def finish_epoch(self, epoch: int, loss: float, metric: str) -> None:
        """Show what an epoch came to."""
        self._epoch, self._measured = epoch, f", {metric}" if metric else ""
        if monotonic() >= self._next or epoch == self._epochs:
            self._show(self._minibatches, f"loss {loss:.4g}" + self._measured)
        self._epoch = min(epoch + 1, self._epochs)

    def _show(self, minibatch: int, measured: str) -> None:
        if self._line is not None:
            done = (self._epoch - 1) * self._minibatches + minibatch
            text = f"epoch {self._epoch}/{self._epochs}, {measured}"
            self._line.update(self._task, completed=done, description=text)
            self._line.refresh()
            self._next = monotonic() + _INTERVAL


class Interruption:
    """A block in which Ctrl-C waits while :attr:`held` is true, to be delivered by :meth:`release`.

    Only what Python's main thread does can be interrupted so; elsewhere, and where the signal is ignored, it does
    nothing. A second Ctrl-C does not wait.

    Attributes:
        held: whether a step is under way, of which half must not be seen.
    """

    def __init__(self) -> None:
        self.held = False
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

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.held and self._waiting is None:
            self._waiting = number, frame
        else:
            self._before(number, frame)

    def release(self) -> None:
        """End the step, and deliver a Ctrl-C that came within it."""
        self.held = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._before(*waiting)
