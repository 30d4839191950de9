"""Reading TOML strictly: each entry has a type, each key is asked for, and each error names its place."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from microgradnet.errors import WorksheetError

MAX_TEXT = 4_000  # characters of one text

Item = TypeVar("Item")


class Table:
    """A table of a worksheet whose entries are taken one by one; :meth:`finish` refuses what is left over.

    Arguments:
        entries: what was read.
        file: the name of the worksheet.
        path: the keys that lead here, such as ``"network.layers[2]"``; empty at the top.
    """

    def __init__(self, entries: Any, file: str, path: str = "") -> None:
        self.file, self.path = file, path
        if not isinstance(entries, dict):
            self.refuse("", "a table", entries)
        self.entries: dict[str, Any] = entries
        self.asked: dict[str, None] = {}  # in order

    def place(self, key: str) -> str:
        """Return where an entry stands: file and keys."""
        keys = self.path_of(key)
        return f"{self.file}: {keys}" if keys else self.file

    def refuse(self, key: str, wanted: str, entry: Any, advice: str = "") -> NoReturn:
        """Raise the error for an entry that is not what was wanted."""
        raise WorksheetError(f"{self.place(key)}: {wanted}", describe(entry), advice or f"Write {wanted} there.")

    def take(self, key: str, wanted: str, *, required: bool = True) -> Any:
        """Return an entry, None where it may be missing and is."""
        self.asked[key] = None
        if key not in self.entries and required:
            raise WorksheetError(f"{self.place(key)}: {wanted}", "no such key", f"Add {key} to the worksheet.")
        return self.entries.get(key)

    def has(self, key: str) -> bool:
        """Tell whether there is an entry of this key, which may be missing."""
        self.asked[key] = None
        return key in self.entries

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; required where there is no default."""
        entry = self.take(key, "a text in quotes", required=default is None)
        return default if entry is None and default is not None else self.as_text(key, entry)

    def as_text(self, key: str, entry: Any) -> str:
        """Return an entry that has to be a text."""
        if not isinstance(entry, str):
            self.refuse(key, "a text in quotes", entry, f'Write {key} = "{_plain(entry)}".')
        if len(entry) > MAX_TEXT:
            self.refuse(key, f"a text of at most {MAX_TEXT} characters", entry, "Shorten it.")
        return entry

    def choice(
        self, key: str, allowed: Sequence[str], default: str | None = None, aliases: Mapping[str, str] | None = None
    ) -> str:
        """Return a text that is one of those allowed; an alias stands for the one that it maps to."""
        entry = self.text(key, default)
        entry = (aliases or {}).get(entry, entry)
        if entry not in allowed:
            close = difflib.get_close_matches(entry[:100], allowed, n=1)
            advice = f"Did you mean {close[0]!r}?" if close else "Choose one of them."
            self.refuse(key, f"one of {', '.join(allowed)}", entry, advice)
        return entry

    def truth(self, key: str, default: bool) -> bool:
        """Return true or false."""
        entry = self.take(key, "true or false", required=False)
        if entry is not None and not isinstance(entry, bool):
            self.refuse(key, "true or false", entry, "Write it without quotes.")
        return default if entry is None else entry

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number; required where there is no default."""
        entry = self.take(key, "a number", required=default is None)
        return default if entry is None and default is not None else self.as_number(key, entry)

    def as_number(self, key: str, entry: Any) -> float:
        """Return an entry that has to be a finite number."""
        if type(entry) not in (int, float):
            self.refuse(key, "a number", entry, "Write it without quotes, as in 0.35.")
        try:
            number = float(entry)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.refuse(key, "a finite number, up to 1.8e308", entry)
        return number

    def table(self, key: str, *, required: bool = False) -> Table | None:
        """Return a table within this one; None where it may be missing and is."""
        entry = self.take(key, f"a table [{key}]", required=required)
        return None if entry is None else Table(entry, self.file, self.path_of(key))

    def items(self, key: str, wanted: str, most: int, *, required: bool = True) -> list[tuple[str, Any]] | None:
        """Return the entries of a list, each with its own key ``key[1]``; None where it may be missing and is."""
        entry = self.take(key, wanted, required=required)
        return None if entry is None else self.as_items(key, entry, wanted, most)

    def as_items(self, key: str, entry: Any, wanted: str, most: int) -> list[tuple[str, Any]]:
        """Return the entries of what has to be a list, each with its own key ``key[1]``."""
        if not isinstance(entry, list) or not entry:
            self.refuse(key, wanted, entry)
        if len(entry) > most:
            self.refuse(key, f"at most {most} entries", entry, "Leave some out.")
        return [(f"{key}[{index}]", item) for index, item in enumerate(entry, 1)]

    def numbers(self, key: str, wanted: str, most: int) -> tuple[float, ...]:
        """Return a list of numbers."""
        return tuple(self.as_number(*item) for item in self.items(key, wanted, most) or ())

    def texts(self, key: str, wanted: str, most: int) -> tuple[str, ...] | None:
        """Return a list of texts; None where it is missing."""
        items = self.items(key, wanted, most, required=False)
        return None if items is None else tuple(self.as_text(*item) for item in items)

    def tables(self, key: str, most: int, build: Callable[[Table], Item], *, required: bool = True) -> tuple[Item, ...]:
        """Return what ``build`` makes of each table of a list ``[[key]]``."""
        wanted = f"tables [[{self.path_of(key)}]]"
        return tuple(build(table) for table in self._each(key, wanted, most, required))

    def _each(self, key: str, wanted: str, most: int, required: bool) -> Iterator[Table]:
        for place, entry in self.items(key, wanted, most, required=required) or ():
            yield Table(entry, self.file, self.path_of(place))

    def finish(self) -> None:
        """Refuse keys that nobody asked for.

        Raises:
            WorksheetError: there is one; the message names the nearest key that is known.
        """
        for key in self.entries:
            if key not in self.asked:
                close = difflib.get_close_matches(key[:100], self.asked, n=1)
                advice = f"Did you mean {close[0]}?" if close else "Remove it."
                wanted = f"{self.place('')}: keys out of {', '.join(self.asked)}"
                raise WorksheetError(wanted, repr(_plain(key)), advice)

    def path_of(self, key: str) -> str:
        """Return the keys that lead to an entry."""
        return ".".join(part for part in (self.path, key) if part)


def describe(entry: Any) -> str:
    """Return what came, in the words of the file, short enough for one line."""
    if entry is None:
        return "nothing"
    if isinstance(entry, dict):
        return f"a table with the keys {_plain(', '.join(entry))}" if entry else "an empty table"
    if isinstance(entry, list):
        return f"a list of {len(entry)}" if entry else "an empty list"
    if isinstance(entry, bool):
        return str(entry).lower()
    return repr(_plain(entry)) if isinstance(entry, str) else _plain(entry)


def _plain(entry: Any) -> str:
    """Return an entry as text on one line, cut to a reasonable length."""
    try:
        text = str(entry)
    except ValueError:  # an integer of thousands of digits
        text = "a number of thousands of digits"
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
