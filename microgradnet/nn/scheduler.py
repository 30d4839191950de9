"""``Scheduler``: holds the learning rate of an optimizer to a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.nn.optim.base import Optimizer, setting

Rule = Callable[[int, float], float]  # from a count and the rate at first to the rate


class Scheduler:
    """Holds an optimizer's learning rate to a schedule: call :meth:`step` after each epoch, or after each step.

    Arguments:
        optimizer: whose ``lr`` is set. What it is now is the rate at first.
        schedule: a rule of this module, or a function of a count and the rate at first that returns the rate.

    Attributes:
        count: how often :meth:`step` has been called.
        initial: the rate at first.

    Raises:
        ArgumentError: this is no optimizer, no rule, or the rule's rate is not a finite number, 0 or more.

    Example:
        >>> from microgradnet import Value
        >>> from microgradnet.nn.optim import SGD
        >>> from microgradnet.nn.schedules import Exponential
        >>> sgd = SGD([Value(1.0)], lr=0.8)
        >>> scheduler = Scheduler(sgd, Exponential(0.5))
        >>> scheduler.step()
        >>> sgd.lr
        0.4
    """

    def __init__(self, optimizer: Optimizer, schedule: Rule) -> None:
        if not isinstance(optimizer, Optimizer):
            came = f"{shown(optimizer)} of type {type(optimizer).__name__}"
            raise ArgumentError("an optimizer, and then its schedule", came, "Write Scheduler(optimizer, Cosine(10)).")
        self.optimizer, self.schedule = optimizer, read_rule(schedule)
        self.count, self.initial = 0, optimizer.lr
        optimizer.lr = self.schedule(0, self.initial)

    def step(self) -> None:
        """Count one more, and set the rate."""
        self.optimizer.lr = self.schedule(self.count + 1, self.initial)
        self.count += 1

    def state_dict(self) -> dict[str, Any]:
        """Return what is needed to go on later."""
        return {"count": self.count, "initial": self.initial}

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` returned, and set the rate. Nothing changes unless all of it fits.

        Raises:
            ArgumentError: an entry is missing, or out of its range.
        """
        advice = "Use what state_dict() of a scheduler returned."
        if not isinstance(saved, Mapping) or set(saved) != {"count", "initial"}:
            raise ArgumentError("a dict with the entries 'count' and 'initial'", shown(saved), advice)
        count, initial = saved["count"], setting("initial", saved["initial"])
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise ArgumentError("count is a whole number, 0 or more", shown(count), advice)
        self.optimizer.lr = self.schedule(count, initial)
        self.count, self.initial = count, initial


def read_rule(schedule: Any) -> Rule:
    """Return a schedule that can be called.

    Raises:
        ArgumentError: it can't be.
    """
    if not callable(schedule) or isinstance(schedule, type):
        advice = "Use one such as schedules.Cosine(10), or write lambda epoch, initial: initial * 0.9**epoch."
        raise ArgumentError("a schedule: a function of a count and the rate at first", shown(schedule), advice)
    return schedule  # type: ignore[no-any-return]
