"""How much work a report may take, and what is remembered so that it is not done twice."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from microgradnet.errors import ArgumentError

MOST_NODES = 250_000  # computed for one report or call, some tenths of a second
_MOST_RUNS = 2_000  # of slips, that are kept for the quantities that they have in common


class BudgetError(ArgumentError):
    """A calculation asks for more work than one report may take."""


class Budget:
    """How many nodes one report may compute, so that no calculation, however hostile, keeps a machine busy.

    Everything is taken off it: quantities with their steps and every "at", named quantities, what figures follow from,
    and the slips that are looked for. What can't be given up, such as the value of a quantity, raises an error where
    nothing is left; the search ends there, and leaves a part for what comes after it, see :meth:`part`.

    Arguments:
        nodes: how many at first; 100,000 take about a quarter of a second.
    """

    def __init__(self, nodes: int = MOST_NODES) -> None:
        self.left = self.nodes = nodes
        self._kept = 0  # for what comes after the search
        self._reports = 0  # that are being made

    @contextmanager
    def report(self) -> Iterator[None]:
        """Start anew for a report; what is done inside another report is a part of that one."""
        if not self._reports:
            self.left, self._kept = self.nodes, 0
        self._reports += 1
        try:
            yield
        finally:
            self._reports -= 1

    @contextmanager
    def part(self, share: float) -> Iterator[None]:
        """Search with a share of what is left, so that something is left for what is searched for later."""
        outer = self._kept
        self._kept = max(outer, self.left - int((self.left - outer) * share))
        try:
            yield
        finally:
            self._kept = outer

    @property
    def is_spent(self) -> bool:
        """Whether a search has to end."""
        return self.left <= self._kept

    def take(self, nodes: int) -> None:
        """Take some nodes off, where a search ends by itself."""
        self.left -= nodes

    def spend(self, nodes: int) -> None:
        """Take some nodes off.

        Raises:
            BudgetError: there are not that many left.
        """
        self.left -= nodes
        if self.left < 0:
            expected = (
                f"a calculation computes at most {self.nodes:,} nodes, those of every step and every 'at' counted"
            )
            raise BudgetError(expected, "more", "Ask for fewer steps, or split the worksheet.")


class KnownSlips:
    """What the slips of the table make of quantities, for calculations that are alike: those of answers to one key.

    What is remembered costs an effort of its own, the same for the first and the last, so that no verdict depends on
    what was judged before.

    Arguments:
        quantities: those that are remembered; of any other, all is computed each time.
    """

    def __init__(self, quantities: Iterable[str] = ()) -> None:
        self._numbers: dict[str, dict[Hashable, float]] = {quantity: {} for quantity in quantities}
        self._changes: dict[tuple[str, int], list[tuple[str, Any]]] = {}
        self._runs: dict[Hashable, Any] = {}

    def number(self, quantity: str, slot: Hashable, effort: int, budget: Budget, compute: Callable[[], float]) -> float:
        """Return a quantity under the slip in a slot of the table; nan where the effort is spent."""
        known = self._numbers.get(quantity)
        if known is None or slot is None:
            return compute()
        budget.take(effort)
        if budget.is_spent:
            return math.nan
        if slot not in known:
            known[slot] = compute()
        return known[slot]

    def knows(self, quantity: str) -> bool:
        """Tell whether a quantity is one of those that are remembered."""
        return quantity in self._numbers

    def changes(self, quantity: str, place: int, find: Callable[[], Iterable[tuple[str, Any]]]) -> Iterable[Any]:
        """Return what a slip of the table makes of a quantity, as ``find`` yields it."""
        if quantity not in self._numbers:
            return find()
        if (quantity, place) not in self._changes:
            self._changes[quantity, place] = list(find())
        return self._changes[quantity, place]

    def run(self, change: Hashable, make: Callable[[], Any]) -> Any:
        """Return the run that does so otherwise, which quantities have in common."""
        if change not in self._runs:
            if len(self._runs) >= _MOST_RUNS:
                self._runs.clear()
            self._runs[change] = make()
        return self._runs[change]
