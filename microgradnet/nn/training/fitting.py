"""``fit``: train any model on any loss, at the speed of hand-written NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from microgradnet.nn.reading import as_count
from microgradnet.nn.training.data import read_data
from microgradnet.nn.training.history import History
from microgradnet.nn.training.interruption import Interruption
from microgradnet.nn.training.options import Callback, read_callbacks, read_generator, read_loss, read_optimizer
from microgradnet.nn.training.patience import Patience
from microgradnet.nn.training.prepared import Prepared
from microgradnet.nn.training.progress import Bar
from microgradnet.nn.training.rate import Rate
from microgradnet.nn.training.run import Run


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

    What the recorded sample decided is decided for all: a Python ``if`` on a number, the index of a list. Choose with
    ``mg.where`` instead. A comparison of Values that would come out otherwise for some sample is an error.

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
                history.stopped_by = f"Stopped after epoch {epoch.epoch}, as the loss had not improved for long enough."
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
