r"""Schedules: how the learning rate changes with the number of epochs or steps.

A schedule is a rule from a count and the rate at first to the rate: ``schedule(count, initial)``. ``mg.fit`` takes one,
or any function of this kind. By hand, a :class:`Scheduler` holds an optimizer to it. The rules are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any

from microgradnet.errors import ArgumentError, UnknownNameError, did_you_mean, shown
from microgradnet.nn import reading
from microgradnet.nn.optim import Optimizer, setting

__all__ = ["Cosine", "Exponential", "Linear", "Scheduler", "Sequential", "Step", "WarmUp"]

Rule = Callable[[int, float], float]  # from a count and the rate at first to the rate


class Step:
    r"""Every so often the rate is multiplied by gamma: :math:`\eta_t = \eta_0 \gamma^{\lfloor t / n \rfloor}`.

    Arguments:
        step_size: n, how many counts the rate stays.
        gamma: the factor, 0 or more.

    Raises:
        ArgumentError: an argument is out of its range.

    Source: ``torch.optim.lr_scheduler.StepLR``.

    Example:
        >>> [Step(2, gamma=0.5)(count, 0.8) for count in range(5)]
        [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    def __init__(self, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = _count(step_size, "step_size"), setting("gamma", gamma)

    def __call__(self, count: int, initial: float) -> float:
        """Return the rate after so many counts."""
        return float(initial * self.gamma ** (count // self.step_size))


class Linear:
    r"""The rate goes in a straight line from one multiple of itself to another, and stays there.

    .. math:: \eta_t = \eta_0 \left(s + (e - s) \min(t, n) / n\right)

    Arguments:
        start_factor: s, 0 or more.
        end_factor: e, 0 or more.
        total_iters: n, how many counts it takes.

    Raises:
        ArgumentError: an argument is out of its range.

    Source: ``torch.optim.lr_scheduler.LinearLR``.

    Example:
        >>> [Linear(0.25, 1.0, 3)(count, 0.8) for count in range(5)]
        [0.2, 0.4, 0.6000000000000001, 0.8, 0.8]
    """

    def __init__(self, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5) -> None:
        self.start_factor, self.end_factor = setting("start_factor", start_factor), setting("end_factor", end_factor)
        self.total_iters = _count(total_iters, "total_iters")

    def __call__(self, count: int, initial: float) -> float:
        """Return the rate after so many counts."""
        passed = min(count, self.total_iters) / self.total_iters
        return initial * (self.start_factor + (self.end_factor - self.start_factor) * passed)


class Exponential:
    r"""The rate is multiplied by gamma each time: :math:`\eta_t = \eta_0 \gamma^t`.

    Arguments:
        gamma: the factor, 0 or more.

    Raises:
        ArgumentError: it is out of its range.

    Source: ``torch.optim.lr_scheduler.ExponentialLR``.

    Example:
        >>> [Exponential(0.5)(count, 0.8) for count in range(4)]
        [0.8, 0.4, 0.2, 0.1]
    """

    def __init__(self, gamma: float) -> None:
        self.gamma = setting("gamma", gamma)

    def __call__(self, count: int, initial: float) -> float:
        """Return the rate after so many counts."""
        return float(initial * self.gamma**count)


class Cosine:
    r"""The rate falls along half a cosine, to its least at n counts, and rises again after that.

    .. math:: \eta_t = \eta_{min} + (\eta_0 - \eta_{min}) \tfrac12 \left(1 + \cos(\pi t / n)\right)

    Arguments:
        t_max: n, PyTorch's ``T_max``.
        eta_min: the least rate, 0 or more.

    Raises:
        ArgumentError: an argument is out of its range.

    Source: I. Loshchilov and F. Hutter, *SGDR: stochastic gradient descent with warm restarts* (2017), eq. 5, without
    restarts, as ``torch.optim.lr_scheduler.CosineAnnealingLR``.

    Example:
        >>> [f"{Cosine(4)(count, 0.8):.4f}" for count in range(6)]
        ['0.8000', '0.6828', '0.4000', '0.1172', '0.0000', '0.1172']
    """

    def __init__(self, t_max: int, eta_min: float = 0.0) -> None:
        self.t_max, self.eta_min = _count(t_max, "t_max"), setting("eta_min", eta_min)

    def __call__(self, count: int, initial: float) -> float:
        """Return the rate after so many counts."""
        height = 0.5 * (1.0 + math.cos(math.pi * count / self.t_max))
        return self.eta_min + (initial - self.eta_min) * height


class Sequential:
    """One schedule after the other; each counts from 0 where it begins.

    Arguments:
        schedules: the rules, in order.
        milestones: the counts at which the second, the third, ... begin.

    Raises:
        ArgumentError: there is not one milestone less than there are rules, or they don't rise.

    Source: ``torch.optim.lr_scheduler.SequentialLR``.

    Example:
        >>> schedule = Sequential([Linear(0.5, 1.0, 2), Exponential(0.5)], milestones=[2])
        >>> [schedule(count, 0.8) for count in range(5)]
        [0.4, 0.6000000000000001, 0.8, 0.4, 0.2]
    """

    def __init__(self, schedules: Sequence[Rule], milestones: Sequence[int]) -> None:
        self.schedules = [read_rule(schedule) for schedule in schedules]
        self.milestones = [_count(milestone, "a milestone") for milestone in milestones]
        rises = all(a < b for a, b in zip(self.milestones, self.milestones[1:], strict=False))
        if len(self.milestones) != len(self.schedules) - 1 or not rises:
            expected = f"milestones that rise, one less than the {len(self.schedules)} schedules"
            raise ArgumentError(expected, shown(milestones), "The first schedule begins at 0 by itself.")

    def __call__(self, count: int, initial: float) -> float:
        """Return the rate after so many counts."""
        begins, schedule = 0, self.schedules[0]
        for milestone, later in zip(self.milestones, self.schedules[1:], strict=True):
            if count >= milestone:
                begins, schedule = milestone, later
        return schedule(count - begins, initial)


class WarmUp(Sequential):
    """The rate rises in a straight line at first; then another schedule begins, or the rate stays.

    Arguments:
        steps: how many counts the rise takes.
        then: the schedule after it, which counts from 0 there.
        start_factor: which multiple of the rate it begins at, 0 or more.

    Raises:
        ArgumentError: an argument is out of its range.

    Source: P. Goyal and others, *Accurate, large minibatch SGD: training ImageNet in 1 hour* (2017), section 2.2.

    Example:
        >>> [WarmUp(4, then=Exponential(0.5), start_factor=0.5)(count, 0.8) for count in range(6)]
        [0.4, 0.5, 0.6000000000000001, 0.7000000000000001, 0.8, 0.4]
    """

    def __init__(self, steps: int, then: Rule | None = None, start_factor: float = 0.1) -> None:
        rise = Linear(start_factor, 1.0, _count(steps, "steps"))
        super().__init__([rise] if then is None else [rise, then], [] if then is None else [steps])


SCHEDULES: dict[str, Callable[..., Rule]] = {
    kind.__name__.lower(): kind for kind in (Step, Linear, Exponential, Cosine, Sequential, WarmUp)
}
ALIASES = {  # PyTorch's names
    "steplr": "step", "linearlr": "linear", "exponentiallr": "exponential", "cosineannealinglr": "cosine",
    "sequentiallr": "sequential", "warm_up": "warmup",
}  # fmt: skip


def find(name: str) -> Callable[..., Rule]:
    """Return the class of the schedule of this name or alias.

    Raises:
        UnknownNameError: there is none; the message names those that are spelled alike.

    Example:
        >>> find("CosineAnnealingLR").__name__
        'Cosine'
    """
    spelled = name.casefold().replace("-", "_").replace(" ", "_")
    found = SCHEDULES.get(ALIASES.get(spelled, spelled))
    if found is None:
        raise UnknownNameError("the name of a schedule", shown(name), did_you_mean(name, SCHEDULES, ALIASES))
    return found


def read_rule(schedule: Any) -> Rule:
    """Return a schedule that can be called.

    Raises:
        ArgumentError: it can't be, or it is a class or the name of one, whose arguments are missing.
        UnknownNameError: there is no schedule of that name.
    """
    if callable(schedule) and not isinstance(schedule, type):
        return schedule  # type: ignore[no-any-return]
    advice = "Use one such as schedules.Cosine(10), or write lambda epoch, initial: initial * 0.9**epoch."
    if isinstance(schedule, (str, type)):
        kind = find(schedule) if isinstance(schedule, str) else schedule
        arguments = ", ".join(f"{each.replace(annotation=each.empty)}" for each in signature(kind).parameters.values())
        advice = f"Make one with its arguments: schedules.{kind.__name__}({arguments})."
    raise ArgumentError("a schedule is a function of a count and the rate at first", shown(schedule), advice)


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
            given = f"{shown(optimizer)} of type {type(optimizer).__name__}"
            raise ArgumentError("an optimizer, and then its schedule", given, "Write Scheduler(optimizer, Cosine(10)).")
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


class Rate:
    """The learning rate of a run: a schedule that is asked after each epoch or each minibatch.

    Arguments:
        optimizer: the optimizer whose rate it sets.
        schedule: a rule, which begins anew with each run and gives the rate back at its end; or a Scheduler, which
            goes on from run to run.
        unit: what the schedule counts: ``"epoch"`` or ``"minibatch"``.

    Attributes:
        by_minibatch: whether there is a schedule that counts minibatches.
        is_watched: whether the schedule is a function of the caller's, which may look at parameters.

    Raises:
        ArgumentError: the schedule can't be called, or holds another optimizer.
    """

    def __init__(self, optimizer: Optimizer, schedule: Any, unit: str) -> None:
        self._is_borrowed = isinstance(schedule, Scheduler)
        if self._is_borrowed and schedule.optimizer is not optimizer:
            advice = "Give fit the optimizer that the Scheduler was made with."
            raise ArgumentError("a Scheduler of the optimizer that trains", "one of another optimizer", advice)
        self._scheduler: Scheduler = schedule if self._is_borrowed else Scheduler(optimizer, schedule)
        self.by_minibatch = unit == "minibatch"
        self.is_watched = not _is_own(self._scheduler.schedule)

    def after_epoch(self) -> None:
        """Set the rate of the next epoch."""
        if not self.by_minibatch:
            self._scheduler.step()

    def after_minibatch(self) -> None:
        """Set the rate of the next minibatch."""
        if self.by_minibatch:
            self._scheduler.step()

    def finish(self) -> None:
        """Give the first rate back, where the schedule began with this run."""
        if not self._is_borrowed:
            self._scheduler.optimizer.lr = self._scheduler.initial


def _is_own(rule: Any) -> bool:
    """Tell whether a rule is one of this module's, throughout."""
    return type(rule).__module__ == __name__ and all(map(_is_own, getattr(rule, "schedules", ())))


def _count(number: Any, what: str) -> int:
    return reading.as_count(number, what, "It counts epochs, or whatever the schedule is asked by.")


def __dir__() -> list[str]:
    return sorted(__all__)
