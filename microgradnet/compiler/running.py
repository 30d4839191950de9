"""Running a program's text, with the eager engine as the judge of numbers that NumPy finds fault with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from microgradnet.compiler.sweeping import Sweep


class Run:
    """A plan at work on the numbers of one program.

    Where NumPy reports an overflow, a division by 0 or an invalid number, or the loss is not finite, the eager engine
    computes the same again: either it raises its error, which names the operation and its operands, or its numbers
    count, for example where a branch that was not taken is the only culprit.

    Arguments:
        step: computes the mean loss over samples and its gradient.
        values: computes the outputs, an array of shape (samples, outputs).
        judge: makes the eager engine's copy of the graph.
    """

    def __init__(self, step: Callable[..., float], values: Callable[..., Any], judge: Callable[[], Sweep]) -> None:
        self._step, self._values = step, values
        self._make_judge = judge
        self._judge: Sweep | None = None

    def step(self, samples: Any) -> float:
        """Return the mean loss over the samples; put the gradient of that mean into the array of the gradient."""
        with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
            try:
                loss = self._step(samples)
            except (ArithmeticError, ValueError):
                loss = math.nan
        if math.isfinite(loss):
            return float(loss)
        return self.judge.step(samples)

    def values(self, samples: Any) -> Any:
        """Return the outputs, an array of shape (samples, outputs)."""
        with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
            try:
                found = self._values(samples)
            except (ArithmeticError, ValueError):
                found = None
        if found is not None and np.isfinite(found).all():
            return found
        return self.judge.values(samples)

    @property
    def judge(self) -> Sweep:
        """The eager engine, on a copy of the graph that is made when it is first needed."""
        if self._judge is None:
            self._judge = self._make_judge()
        return self._judge
