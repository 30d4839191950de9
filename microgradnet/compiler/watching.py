"""Comparisons that a function makes while it is recorded: a program holds only as long as they come out the same.

``if x > 0`` decides while a graph is recorded, and the graph holds the branch that was taken, but no question. So a
function that is compiled is watched while it records, what it compares is computed again with every run, and a
comparison that comes out otherwise is an error. ``mg.where`` and the recorded comparisons, such as ``mg.greater``,
choose anew each time.

What is decided by plain numbers, as in ``if x.data > 0``, nobody can see.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from microgradnet.errors import ArgumentError, shown
from microgradnet.graph import Compared
from microgradnet.value import Value

_SIGNS = {
    operator.eq: ("==", "equal"), operator.ne: ("!=", "not_equal"), operator.lt: ("<", "less"),
    operator.le: ("<=", "less_equal"), operator.gt: (">", "greater"), operator.ge: (">=", "greater_equal"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of Values that a function made while it was recorded, and what it may have decided.

    Arguments:
        left: the node on its left.
        right: the node, or the number, on its right.
        holds: the operator.
        outcome: its result while the graph was recorded.
    """

    left: Value
    right: Any
    holds: Callable[[Any, Any], Any]
    outcome: bool

    def changed(self, left: Any, right: Any) -> int | None:
        """Return the first row in which the comparison has the other outcome; None where there is none.

        Arguments:
            left: the number on the left for each sample.
            right: the number, or the numbers, on the right.
        """
        others = np.flatnonzero(self.holds(left, right) != self.outcome)
        return int(others[0]) if len(others) else None

    def error(self, left: float, right: float, where: str) -> ArgumentError:
        """Return (not raise) the error about these numbers, which have the other outcome."""
        sign, operation = _SIGNS[self.holds]
        names = [each.label or "a node" if isinstance(each, Value) else shown(each) for each in (self.left, self.right)]
        written = "y" if isinstance(self.right, Value) else shown(self.right)
        return ArgumentError(
            f"{names[0]} {sign} {names[1]} is {self.outcome}, as it was when the graph was recorded",
            f"{left} {sign} {right}{where}",
            "A Python if, max or min keeps the branch that was recorded. Use mg.maximum, mg.minimum or "
            f"mg.where(mg.{operation}(z, {written}), ...), which follow the numbers; or record and compile again.",
        )


@dataclass(frozen=True, slots=True)
class ChangedBranch:
    """A decision that another sample does not share with the recorded one: the row of that sample, the error to raise.

    Arguments:
        row: where the sample is among those that were checked.
        error: returns the error, given words for where it was found, such as ``" in sample 3"``.
    """

    row: int
    error: Callable[[str], ArgumentError]


class Guard:
    """Evaluates recorded comparisons again, and finds those that have another outcome.

    Arguments:
        comparisons: what was compared.
        program: the program of the compared nodes.
        leaves: the leaves of the program that is guarded.
        batch: those of its leaves that vary by sample.
    """

    def __init__(
        self, comparisons: Sequence[Compared], program: Any, leaves: Sequence[Value], batch: Sequence[Value]
    ) -> None:
        self.comparisons, self.program = [Comparison(*each) for each in comparisons], program
        self.place = {id(node): place for place, node in enumerate(program.outputs)}
        column = {id(leaf): place for place, leaf in enumerate(batch)}
        self.columns = [column[id(leaf)] for leaf in program.batch]
        known = {id(leaf): place for place, leaf in enumerate(leaves)}
        shared = [place for place, leaf in enumerate(program.leaves) if id(leaf) in known]
        self.shared, self.theirs = shared, [known[id(program.leaves[place])] for place in shared]

    def check(self, parameters: Any, samples: Any) -> None:
        """Raise an ArgumentError where a comparison has another outcome with these numbers."""
        change = self.find_change(parameters, samples)
        if change is not None:
            raise change.error(f" in sample {change.row + 1}" if samples is not None and len(samples) > 1 else "")

    def find_change(self, parameters: Any, samples: Any) -> ChangedBranch | None:
        """Return the first comparison that has another outcome with these numbers; None where all are as recorded.

        Raises:
            DomainError: what is compared can't be computed from these numbers.
        """
        self.program.load()
        self.program.parameters[self.shared] = parameters[self.theirs]
        numbers = self.program.values(samples[:, self.columns] if self.columns else None)
        for comparison in self.comparisons:
            left, right = numbers[:, self.place[id(comparison.left)]], comparison.right
            other = numbers[:, self.place[id(right)]] if isinstance(right, Value) else right
            row = comparison.changed(left, other)
            if row is not None:
                found = float(left[row]), float(np.broadcast_to(other, left.shape)[row])
                return ChangedBranch(row, partial(comparison.error, *found))
        return None
