"""How much work a report may take, and what is remembered so that it is not done twice."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable

from microgradnet.errors import ArgumentError


class BudgetError(ArgumentError):
    """A calculation asks for more work than one report may take."""


class Budget:
    """How many nodes may still be computed, so that no calculation, however hostile, keeps a machine busy.

    Arguments:
        nodes: how many at first; 100,000 take about half a second.
    """

    def __init__(self, nodes: int) -> None:
        self.left = self.nodes = nodes

    def refill(self) -> None:
        """Start anew, for another report."""
        self.left = self.nodes

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


class KnownNumbers:
    """What quantities are under the slips of the table, for calculations that are alike: those of answers to one key.

    What is remembered costs as much effort as at first, so that no verdict depends on what was judged before.

    Arguments:
        quantities: those that are remembered; of any other, every number is computed.
    """

    def __init__(self, quantities: Iterable[str] = ()) -> None:
        self._known: dict[str, dict[Hashable, tuple[float, int]]] = {quantity: {} for quantity in quantities}

    def value(self, quantity: str, slot: Hashable, budget: Budget, compute: Callable[[], float]) -> float:
        """Return a quantity under the slip in a slot of the table; nan where the effort is spent."""
        known = self._known.get(quantity)
        if known is None or slot is None:
            return compute()
        if slot not in known:
            before = budget.left
            value = compute()
            if budget.left >= 0:
                known[slot] = value, before - budget.left
            return value
        value, effort = known[slot]
        budget.left -= effort
        return value if budget.left >= 0 else math.nan
