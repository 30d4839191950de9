"""The eager engine as the runner of a program: for narrow graphs, and as the judge of numbers outside a domain.

It works on a copy of the graph, so that the caller's nodes stay as they are until a whole step has succeeded.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from microgradnet.errors import DomainError
from microgradnet.graph import topological
from microgradnet.value import Value, refresh


class Sweep:
    """A copy of a graph that is recomputed and swept for one sample after the other.

    Arguments:
        outputs: the nodes to compute.
        leaves: the leaves whose numbers are the parameters.
        batch: the leaves that vary by sample.
        parameters, gradient: the flat arrays of the program.
    """

    def __init__(
        self, outputs: Sequence[Value], leaves: Sequence[Value], batch: Sequence[Value], parameters: Any, gradient: Any
    ) -> None:
        self.parameters, self.gradient = parameters, gradient
        copied = copy.deepcopy((list(outputs), list(leaves), list(batch)))
        self.outputs, self.leaves, self.batch = copied
        self.order = topological(*self.outputs)

    def step(self, samples: Any) -> float:
        """Return the mean loss over the samples; put the gradient of that mean into its array."""
        rows = [()] if samples is None else samples.tolist()
        loss = self.outputs[0]
        self._set(self.leaves, self.parameters.tolist())
        whole, sums = 0.0, [0.0] * len(self.leaves)
        for place, row in enumerate(rows, 1):
            self._compute(row, place)
            loss.zero_grad()
            loss.backward()
            whole += loss.data
            sums = [before + leaf.grad for before, leaf in zip(sums, self.leaves, strict=True)]
        self.gradient[:] = sums
        self.gradient /= len(rows)
        return whole / len(rows)

    def values(self, samples: Any) -> Any:
        """Return the numbers of the outputs, one row for each sample."""
        import numpy as np

        self._set(self.leaves, self.parameters.tolist())
        rows = [()] if samples is None else samples.tolist()
        found = []
        for place, row in enumerate(rows, 1):
            self._compute(row, place)
            found.append([output.data for output in self.outputs])
        return np.array(found)

    def _compute(self, row: Sequence[float], place: int) -> None:
        self._set(self.batch, row)
        try:
            for node in self.order:
                refresh(node)
        except DomainError as error:
            if not self.batch:
                raise
            raise DomainError(error.wanted, f"{error.came} in sample {place}", error.advice) from error

    @staticmethod
    def _set(leaves: Sequence[Value], numbers: Sequence[float]) -> None:
        for leaf, number in zip(leaves, numbers, strict=True):
            leaf.data = number
