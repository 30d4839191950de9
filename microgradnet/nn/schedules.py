r"""Schedules: how the learning rate changes with the number of epochs or steps.

A schedule is a rule from a count and the rate at first to the rate: ``schedule(count, initial)``. ``mg.fit`` takes one,
or any function of this kind. By hand, a :class:`Scheduler` holds an optimizer to it. The rules are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.nn import reading
from microgradnet.nn.optim.base import setting
from microgradnet.nn.scheduler import Rule as Rule
from microgradnet.nn.scheduler import Scheduler as Scheduler
from microgradnet.nn.scheduler import read_rule


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
            wanted = f"milestones that rise, one less than the {len(self.schedules)} schedules"
            raise ArgumentError(wanted, shown(milestones), "The first schedule begins at 0 by itself.")

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
        then: the schedule after it, which counts from 0 there; None for a constant rate.
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


def _count(number: Any, what: str) -> int:
    return reading.as_count(number, what, "It counts epochs, or whatever the schedule is asked by.")
