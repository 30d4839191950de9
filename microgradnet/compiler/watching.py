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
from typing import Any

import numpy as np

from microgradnet.errors import ArgumentError, shown
from microgradnet.value import Value, watch

_SIGNS = {
    operator.eq: "==", operator.ne: "!=", operator.lt: "<", operator.le: "<=", operator.gt: ">", operator.ge: ">=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison that decided something.

    Arguments:
        left: the node on its left.
        right: the node, or the number, on its right.
        holds: the operator.
        outcome: how it came out.
    """

    left: Value
    right: Any
    holds: Callable[[Any, Any], Any]
    outcome: bool

    def check(self, left: Any, right: Any) -> None:
        """Raise an ArgumentError where the comparison comes out otherwise.

        Arguments:
            left: the number on the left for each sample.
            right: that on the right.
        """
        others = np.flatnonzero(self.holds(left, right) != self.outcome)
        if not len(others):
            return
        names = [each.label or "a node" if isinstance(each, Value) else shown(each) for each in (self.left, self.right)]
        words = f"{names[0]} {_SIGNS[self.holds]} {names[1]}"
        sample = f" in sample {others[0] + 1}" if len(left) > 1 else ""
        raise ArgumentError(
            f"{words} to be {self.outcome}, as it was when the graph was recorded",
            f"{left[others[0]]} {_SIGNS[self.holds]} {np.broadcast_to(right, left.shape)[others[0]]}{sample}",
            "Record and compile again, or choose with mg.where, which follows the numbers.",
        )


class _Watcher:
    """Notes comparisons, and passes everything on to the watcher before."""

    def __init__(self) -> None:
        self.comparisons: list[Comparison] = []
        self.before: Any = None

    def made(self, node: Value) -> None:
        if self.before is not None:
            self.before.made(node)

    def sweeps(self, order: Any) -> None:
        if self.before is not None:
            self.before.sweeps(order)

    def compared(self, left: Value, right: Any, holds: Callable[[Any, Any], Any], outcome: bool) -> None:
        self.comparisons.append(Comparison(left, right, holds, outcome))


def record_watched(function: Callable[[], Any]) -> tuple[Any, list[Comparison]]:
    """Return what a function returns, and the comparisons of Values that it made."""
    watcher = _Watcher()
    watcher.before = watch(watcher)
    try:
        result = function()
    finally:
        watch(watcher.before)
    return result, watcher.comparisons


class Guard:
    """Computes what was compared anew and holds it to how it came out.

    Arguments:
        comparisons: what was compared.
        program: the program of the compared nodes.
        leaves: the leaves of the program that is guarded.
        batch: those of its leaves that vary by sample.
    """

    def __init__(
        self, comparisons: Sequence[Comparison], program: Any, leaves: Sequence[Value], batch: Sequence[Value]
    ) -> None:
        self.comparisons, self.program = comparisons, program
        self.place = {id(node): place for place, node in enumerate(program.outputs)}
        column = {id(leaf): place for place, leaf in enumerate(batch)}
        self.columns = [column[id(leaf)] for leaf in program.batch]
        known = {id(leaf): place for place, leaf in enumerate(leaves)}
        shared = [place for place, leaf in enumerate(program.leaves) if id(leaf) in known]
        self.shared, self.theirs = shared, [known[id(program.leaves[place])] for place in shared]

    def check(self, parameters: Any, samples: Any) -> None:
        """Raise an ArgumentError where a comparison comes out otherwise with these numbers."""
        self.program.load()
        self.program.parameters[self.shared] = parameters[self.theirs]
        numbers = self.program.values(samples[:, self.columns] if self.columns else None)
        for comparison in self.comparisons:
            left, right = numbers[:, self.place[id(comparison.left)]], comparison.right
            comparison.check(left, numbers[:, self.place[id(right)]] if isinstance(right, Value) else right)
