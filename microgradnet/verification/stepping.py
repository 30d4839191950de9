"""Gradient descent as a worksheet states it: what is updated, in which order, with which momentum, how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from microgradnet.compiler import StraightLine, straight_line
from microgradnet.errors import ArgumentError, DomainError
from microgradnet.graph import leaves, topological
from microgradnet.value import Value

MAX_WORK = 12_000_000  # nodes visited by all the steps of one worksheet, which is a second or so


@dataclass(frozen=True, slots=True)
class Descent:
    r"""A rule of gradient descent: :math:`v \leftarrow m v - \eta\, dE/dw`, then :math:`w \leftarrow w + v`.

    Arguments:
        eta: the learning rate.
        stages: the names of the leaves to update, in groups. All derivatives of the first group are taken with the
            leaves as they are; those of the next one with the numbers that the groups before have been updated to, as
            far as the backward pass multiplies by them. One group is the usual order.
        momentum: m, from 0 up to 1.
    """

    eta: float
    stages: tuple[tuple[str, ...], ...]
    momentum: float = 0.0

    @property
    def updated(self) -> tuple[str, ...]:
        """The names of all leaves that are updated."""
        return tuple(name for stage in self.stages for name in stage)


@dataclass(slots=True)
class Budget:
    """How much stepping one worksheet may still do, so that none can keep a machine busy."""

    left: int = MAX_WORK

    def spend(self, work: int) -> None:
        """Take some work off.

        Raises:
            ArgumentError: there is not that much left.
        """
        self.left -= work
        if self.left < 0:
            wanted = f"steps times nodes up to {MAX_WORK} in one worksheet"
            raise ArgumentError(wanted, "more", "Ask for fewer steps, or split the worksheet.")


@dataclass(slots=True)
class _State:
    """The leaves' numbers, and each one's velocity, after some steps."""

    numbers: list[float]
    velocities: list[float]


@dataclass(slots=True)
class Trajectory:
    """The leaves of one graph along the steps of one rule; where it has been once, it needs no second run.

    Arguments:
        loss: what is minimised.
        nodes: the leaves that are updated, by name.
        rule: how.
        budget: what the steps are taken off.
    """

    loss: Value
    nodes: dict[str, Value]
    rule: Descent
    budget: Budget
    _visited: dict[int, _State] = field(default_factory=dict)
    _program: StraightLine | None = None

    def after(self, steps: int) -> dict[str, float]:
        """Return the numbers of the updated leaves after so many steps.

        Raises:
            ArgumentError: the steps of the worksheet exceed its budget.
            DomainError: a number leaves the domain of an operation, or is no longer finite.
        """
        stages = self._stages()
        if not stages:
            return {}
        if self._program is None:
            self._program = straight_line(self.loss, [self.nodes[name] for stage in stages for name in stage])
            start = [leaf.data for leaf in self._program.leaves]
            self._visited[0] = _State(start, [0.0] * len(start))
        nearest = max(known for known in self._visited if known <= steps)
        self.budget.spend((steps - nearest) * len(stages) * len(topological(self.loss)))
        state = self._run(self._program, stages, self._visited[nearest], steps - nearest)
        self._visited[steps] = state
        place = {id(leaf): number for leaf, number in zip(self._program.leaves, state.numbers, strict=True)}
        return {name: place[id(node)] for name, node in self.nodes.items() if id(node) in place}

    def _stages(self) -> list[list[str]]:
        """Return the groups without the leaves that the loss does not depend on: those don't move."""
        moving = {id(leaf) for leaf in leaves(self.loss)}
        kept = ([name for name in stage if id(self.nodes[name]) in moving] for stage in self.rule.stages)
        return [stage for stage in kept if stage]

    def _run(self, program: StraightLine, stages: list[list[str]], start: _State, steps: int) -> _State:
        """Take the steps; see :class:`Descent` for the rule."""
        eta, momentum = self.rule.eta, self.rule.momentum
        places = self._places(program, stages)
        numbers, velocities = list(start.numbers), list(start.velocities)
        for _ in range(steps):
            before = list(numbers)
            for stage in places:
                _, derivatives = program(before, numbers)
                updated = list(numbers)
                for leaf, derivative in stage:
                    velocities[leaf] = momentum * velocities[leaf] - eta * derivatives[derivative]
                    updated[leaf] = before[leaf] + velocities[leaf]
                numbers = updated
        self._check(program.leaves, numbers)
        return _State(numbers, velocities)

    def _places(self, program: StraightLine, stages: list[list[str]]) -> list[list[tuple[int, int]]]:
        """Return, for each leaf of each stage, its place among the program's leaves and among its derivatives."""
        among_leaves = {id(leaf): place for place, leaf in enumerate(program.leaves)}
        among_derivatives = {id(leaf): place for place, leaf in enumerate(program.by)}
        return [
            [(among_leaves[id(self.nodes[name])], among_derivatives[id(self.nodes[name])]) for name in stage]
            for stage in stages
        ]

    @staticmethod
    def _check(leaves: Sequence[Value], numbers: Sequence[float]) -> None:
        for leaf, number in zip(leaves, numbers, strict=True):
            if not abs(number) < float("inf"):
                raise DomainError("steps that stay finite", f"{leaf.label} = {number}", "Use a smaller eta.")
