"""Level by level: graphs of many small groups, computed on one buffer by depth and operation.

Where hardly any two nodes belong to one group, as in random graphs, all nodes of one depth and one operation are still
computed at once: they are gathered from the buffer, and their adjoints are added to it, sorted by target, so that
``np.add.reduceat`` sums what meets in one node (the level-wise evaluation of G. Neubig, Y. Goldberg, C. Dyer,
*On-the-fly Operation Batching in Dynamic Computation Graphs* (2017), section 3.2, agenda by depth).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.operation import Op
from microgradnet.rules import Rule


@dataclass(frozen=True, slots=True)
class Scatter:
    """Where adjoints of operands go, sorted by target."""

    order: Any
    starts: Any
    targets: Any

    @classmethod
    def to(cls, places: Any, wanted: Any) -> Scatter:
        """Return the way to those of these places that are wanted; some may be equal."""
        chosen = np.flatnonzero(wanted[places])
        order = chosen[np.argsort(places[chosen], kind="stable")]
        targets, starts = np.unique(places[order], return_index=True)
        return cls(order, starts, targets)

    def add(self, adjoints: Any, shares: Any) -> None:
        """Add shares to the adjoints of their targets."""
        adjoints[self.targets] += np.add.reduceat(shares[self.order], self.starts, axis=0)


@dataclass(frozen=True, slots=True)
class Level:
    """Nodes of one depth that one operation makes, or sums.

    Arguments:
        begin, end: their places in the buffer.
        op: the operation; None for sums.
        operands: per operand, or per factor of the terms, places in the buffer.
        scatters: per operand that an adjoint is wanted of, its place among the operands and where the adjoint goes.
        coefficient: of sums, per term, as a column.
        starts: of sums, the first term of each.
        owner: of sums, per term, the number of the sum.
        constant: of sums, what is added to each, as a column.
    """

    begin: int
    end: int
    op: Op | None
    operands: list[Any]
    scatters: list[tuple[int, Scatter]]
    coefficient: Any = None
    starts: Any = None
    owner: Any = None
    constant: Any = None

    def forward(self, numbers: Any) -> None:
        """Compute the level."""
        read = [numbers[places] for places in self.operands]
        if self.op is not None:
            numbers[self.begin : self.end] = self.op(*read)
        else:
            sums = np.add.reduceat(self.coefficient * read[0] * read[1], self.starts, axis=0)
            numbers[self.begin : self.end] = sums + self.constant

    def backward(self, numbers: Any, adjoints: Any) -> None:
        """Hand the adjoints of the level on to its operands."""
        adjoint = adjoints[self.begin : self.end]
        if self.op is None:
            adjoint = adjoint[self.owner] * self.coefficient
            for place, scatter in self.scatters:
                scatter.add(adjoints, adjoint * numbers[self.operands[1 - place]])
            return
        read = [numbers[places] for places in self.operands]
        for place, scatter in self.scatters:
            partial = _on_arrays(self.op.partials[place], *read, numbers[self.begin : self.end])
            scatter.add(adjoints, adjoint * partial)


def _on_arrays(rule: Rule, *arrays: Any) -> Any:
    try:
        return rule(*arrays)
    except (TypeError, ValueError):  # a rule for one number at a time
        return np.vectorize(rule, otypes=[float])(*arrays)
