"""Things that a page says many times, written down once and called by their numbers: it halves the page."""

from __future__ import annotations

from typing import Any


class Once:
    """A list without repeats."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, thing: Any) -> int:
        """Return the number of a thing, which is added where it is new; things are told apart by their repr."""
        number = self._numbers.setdefault(repr(thing), len(self.items))
        if number == len(self.items):
            self.items.append(thing)
        return number
