"""What every adapter offers, so that a program is written once for all engines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

Function = Callable[[list[Any]], Any]  # from the parameters to the loss, both as the engine's own scalars


class UnavailableError(Exception):
    """An engine can't run here, or not this program; the report says why."""


class Scalars:
    """A list of parameters that live from step to step, and a way to differentiate a function of them."""

    differentiates: ClassVar[bool] = True
    methods: ClassVar[bool] = False  # whether its scalars have .exp(), .relu() and .data, as a Value has
    most_nodes: ClassVar[float] = 1e5  # the largest graph that it is asked for

    def __init__(self) -> None:
        self.numbers: list[float] = []

    def start(self, numbers: Sequence[float]) -> None:
        """Take the parameters' first numbers."""
        self.assign(numbers)

    def assign(self, numbers: Sequence[float]) -> None:
        """Set the parameters to new numbers."""
        self.numbers = list(numbers)

    def read(self) -> list[float]:
        """Return the parameters' numbers."""
        return self.numbers

    def lift(self, number: float) -> Any:
        """Return a number of the data as it enters a computation."""
        return number

    def forward(self, function: Function) -> float:
        """Record the function, and return its value."""
        raise NotImplementedError

    def gradient(self, function: Function) -> tuple[float, list[float]]:
        """Record the function, and return its value and its derivative by each parameter."""
        raise NotImplementedError

    def functions(self) -> dict[str, Any]:
        """Return ``relu``, ``exp``, ``log`` and ``number`` for scripts that are written with functions."""
        raise UnavailableError("it has no such functions")
