"""The learning rate while training runs: a schedule, asked after each epoch or each minibatch."""

from __future__ import annotations

from typing import Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.nn import schedules
from microgradnet.nn.optim.base import Optimizer
from microgradnet.nn.scheduler import Scheduler

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
