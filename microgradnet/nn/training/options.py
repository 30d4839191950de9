"""Reading what the caller of ``fit`` chose: the optimizer, the loss, callbacks, the random numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, UnknownNameError, did_you_mean, shown
from microgradnet.nn import losses, optim
from microgradnet.nn.optim.base import Optimizer
from microgradnet.nn.training.epoch import Epoch

if TYPE_CHECKING:
    import numpy

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
