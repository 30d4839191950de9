"""``Program``: a recorded graph that computes itself and its gradient again, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from microgradnet.calculus.sweeps import ordered
from microgradnet.compiler.buffer import LevelPlan
from microgradnet.compiler.explaining import Explanation, Group
from microgradnet.compiler.planning import Plan
from microgradnet.compiler.running import Run
from microgradnet.compiler.samples import read_samples
from microgradnet.compiler.sweeping import Sweep
from microgradnet.compiler.tape import TapePlan
from microgradnet.compiler.watching import Guard
from microgradnet.errors import ArgumentError
from microgradnet.value import Value


class Program:
    """What ``mg.compile`` returns.

    Calling it computes the loss anew from the present numbers of the leaves. It sets ``.data`` of the loss and adds to
    ``.grad`` of the leaves, as ``backward`` does; the nodes between keep the numbers that they had.

    Attributes:
        outputs: the compiled nodes; the loss alone, where one Value was compiled.
        batch: the leaves that vary by sample, in the order of the columns of ``samples``.
        leaves: the other leaves that are no written numbers, in the order of the two arrays below.
        parameters: their numbers, as :meth:`load` read them last.
        gradient: the derivatives of the loss by them, as :meth:`step` computed them last.
    """

    def __init__(
        self,
        outputs: Sequence[Value],
        batch: Sequence[Value],
        leaves: Sequence[Value],
        plan: Plan | LevelPlan | TapePlan,
        guard: Guard | None = None,
    ) -> None:
        self.outputs, self.batch, self.leaves = list(outputs), list(batch), list(leaves)
        self.parameters, self.gradient = np.zeros(len(self.leaves)), np.zeros(len(self.leaves))
        self._plan = plan
        self._run = Run(*plan.bind(self.parameters, self.gradient), self._sweep)
        self._guard = guard
        self.load()

    def _sweep(self) -> Sweep:
        return Sweep(self.outputs, self.leaves, self.batch, self.parameters, self.gradient)

    @property
    def source(self) -> str:
        """The NumPy program that the graph became, to read; it runs by itself."""
        return self._plan.source

    @property
    def groups(self) -> tuple[Group, ...]:
        """What became of which scalars, array by array; empty where the graph was too narrow for arrays."""
        return self._plan.groups if isinstance(self._plan, Plan) else ()

    def explain(self) -> Explanation:
        """Return which scalars became which array; print it for a table."""
        return Explanation(len(ordered(self.outputs)), self.groups, self._plan.source)

    def __call__(self, samples: Any = None) -> float:
        """Compute the loss, set its ``.data``, and add its derivatives to ``.grad`` of the leaves.

        Arguments:
            samples: with ``batch=``, an array of shape (samples, leaves of the batch); the loss is the mean over them.

        Raises:
            DomainError: a number leaves the domain of an operation. Nothing has changed then.
            ShapeError, NumberTypeError, ArgumentError: the samples are none of this program's.
        """
        samples = read_samples(samples, len(self.batch))
        self.load()
        loss = self.step(samples)
        self.outputs[0].data = loss
        for leaf, derivative in zip(self.leaves, self.gradient.tolist(), strict=True):
            leaf._grad += derivative
            leaf.has_grad = True
        return loss

    def load(self) -> None:
        """Read the numbers of the leaves into :attr:`parameters`."""
        self.parameters[:] = list(map(attrgetter("_data"), self.leaves))

    def store(self) -> None:
        """Write :attr:`parameters` into the leaves."""
        for leaf, number in zip(self.leaves, self.parameters.tolist(), strict=True):
            leaf._data = number

    def step(self, samples: Any = None) -> float:
        """Return the loss at :attr:`parameters` and put its gradient into :attr:`gradient`; no Value is touched.

        Arguments and errors: as for calling the program.
        """
        if len(self.outputs) > 1:
            came = f"{len(self.outputs)} outputs"
            raise ArgumentError("one loss to differentiate", came, "Compile the loss alone, or use .values(samples).")
        return float(self._run.step(self._checked(samples)))

    def evaluate(self, samples: Any = None) -> Any:
        """Return the loss at :attr:`parameters` for each sample, an array; nothing is differentiated."""
        return self.values(samples)[:, 0]

    def values(self, samples: Any = None) -> Any:
        """Return the outputs at :attr:`parameters`, an array of shape (samples, outputs)."""
        return self._run.values(self._checked(samples))

    def _checked(self, samples: Any) -> Any:
        samples = read_samples(samples, len(self.batch))
        if self._guard is not None:
            self._guard.check(self.parameters, samples)
        return samples
