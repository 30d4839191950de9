"""Running a program's text, with the eager engine as the judge of numbers that NumPy finds fault with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from microgradnet.compiler.planning import Plan
from microgradnet.compiler.sweeping import Sweep

_PATIENCE = 10  # clean answers of the judge, after which only numbers that are not finite are brought before it


class Run:
    """A plan at work on the numbers of one program.

    Where NumPy reports an overflow, a division by 0 or an invalid number, or the loss is not finite, the eager engine
    computes the same again: either it raises its error, which names the operation and its operands, or its numbers
    count, for example where a branch that was not taken is the only culprit.

    Arguments:
        plan: the program's text and its constants.
        parameters, gradient: the flat arrays that the program works on.
        judge: makes the eager engine's copy of the graph.
    """

    def __init__(self, plan: Plan, parameters: Any, gradient: Any, judge: Callable[[], Sweep]) -> None:
        self._step = None if plan.step is None else plan.step.bind(parameters, gradient)
        self._values, self._columns = plan.values.bind(parameters, gradient), plan.columns
        self._make_judge, self._judge, self._patience = judge, None, _PATIENCE
        self._faults = "raise"

    def step(self, samples: Any) -> float:
        """Return the mean loss over the samples; put the gradient of that mean into the array of the gradient."""
        with np.errstate(over=self._faults, divide=self._faults, invalid=self._faults, under="ignore"):
            try:
                loss = self._step() if samples is None else self._step(samples)
            except FloatingPointError:
                loss = math.nan
        return float(loss) if math.isfinite(loss) else self._judged(samples)

    def _judged(self, samples: Any) -> float:
        loss = self.judge.step(samples)
        self._lose_patience()
        return loss

    def values(self, samples: Any) -> Any:
        """Return the outputs, an array of shape (samples, outputs)."""
        with np.errstate(over=self._faults, divide=self._faults, invalid=self._faults, under="ignore"):
            try:
                found = self._collect(self._values() if samples is None else self._values(samples), samples)
            except FloatingPointError:
                found = None
        if found is not None and np.isfinite(found).all():
            return found
        found = self.judge.values(samples)
        self._lose_patience()
        return found

    def _collect(self, arrays: Sequence[Any], samples: Any) -> Any:
        count = 1 if samples is None else len(samples)
        found = np.empty((count, sum(map(len, self._columns))))
        for columns, array in zip(self._columns, arrays, strict=True):
            found[:, columns] = np.reshape(array, (-1, len(columns)) if np.size(array) > 1 else (-1, 1))
        return found

    @property
    def judge(self) -> Sweep:
        """The eager engine, on a copy of the graph that is made when it is first needed."""
        if self._judge is None:
            self._judge = self._make_judge()
        return self._judge

    def _lose_patience(self) -> None:
        self._patience -= 1
        if not self._patience:
            self._faults = "ignore"
