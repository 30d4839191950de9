"""What the package says to people, in another language: verdicts, slips, and the help of the command.

Messages are English in the code. Where another language is chosen, :func:`translate` looks a finished sentence up in
the catalogue ``locale/LANGUAGE/LC_MESSAGES/microgradnet.mo``. A message of the catalogue may have places for names and
numbers, ``the factor {x} may be left out``, which a sentence fills. ``tools/messages.py`` compiles the catalogues.

What programs read, such as JSON, names of options and names of nodes, stays as it is; so do errors.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations
from importlib import resources
from typing import Any

from microgradnet.errors import ArgumentError, shown

DOMAIN = "microgradnet"
VARIABLE = "MICROGRADNET_LANG"
LANGUAGES = {"en": "", "zh": "zh_CN"}  # each with the folder of its catalogue; the code has the English

_chosen: ContextVar[str | None] = ContextVar("language", default=None)
_PLACE = re.compile(r"\{(\w+)\}")
_WORDS = frozenset({"words", "how", "what", "precision", "more", "outcome"})  # places that are filled with messages


@contextmanager
def language(name: str) -> Iterator[None]:
    """Within the block, in this thread and task, people are spoken to in this language.

    Arguments:
        name: ``"en"`` or ``"zh"``, simplified Chinese.

    Raises:
        ArgumentError: there is no catalogue of this language.

    Example:
        >>> from microgradnet.verification import Verdict
        >>> with language("zh"):
        ...     print(translate(Verdict.TRUNCATED.words))
        截断
    """
    if name not in LANGUAGES:
        raise ArgumentError(f"the languages are {', '.join(LANGUAGES)}", shown(name), 'Choose "en" or "zh".')
    token = _chosen.set(name)
    try:
        yield
    finally:
        _chosen.reset(token)


def current_language() -> str:
    """Return the language of the block; else that of ``MICROGRADNET_LANG``, such as ``zh`` or ``zh_CN.UTF-8``."""
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    named = re.split(r"[_.\-@]", os.environ.get(VARIABLE, "en"))[0].lower()
    return named if named in LANGUAGES else "en"


def translate(text: str) -> str:
    """Return a message in the language of :func:`current_language`; as it is where the catalogue does not have it.

    A text of several sentences, parted by ``"; "``, is translated sentence by sentence. Where a place is filled with
    somebody else's words, translate the message with its place, and fill it then: ``translate(" (known:
    {reason})").format(reason=...)``.
    """
    name = current_language()
    return text if name == "en" else _Catalogue.of(LANGUAGES[name]).translate(text)


class _Catalogue(GNUTranslations):
    """A compiled catalogue, whose messages may have places."""

    @classmethod
    @cache
    def of(cls, folder: str) -> _Catalogue:
        """Return the catalogue in a folder of ``locale``."""
        path = resources.files("microgradnet").joinpath("locale", folder, "LC_MESSAGES", f"{DOMAIN}.mo")
        with path.open("rb") as file:
            return cls(file)

    def _parse(self, fp: Any) -> None:
        super()._parse(fp)
        messages: dict[str, str] = self._catalog  # type: ignore[attr-defined]
        with_places = [message for message in messages if _PLACE.search(message)]
        # What says most comes first, and what ends in parentheses, which is said of another sentence, before all.
        with_places.sort(key=lambda message: (message[-1] == ")", len(_PLACE.sub("", message))), reverse=True)
        self._patterns = [(message, _pattern(message), messages[message]) for message in with_places]

    def translate(self, text: str) -> str:
        """Return the text in this language, or as it is."""
        if not text:  # under which gettext keeps the head of the catalogue
            return ""
        found = self.gettext(text)
        if found != text:
            return found
        several = "; " in text
        for message, pattern, translated in self._patterns:
            match = pattern.fullmatch(text) if not several or "; " in message else None
            if match:
                return translated.format_map(_Filled(match.groupdict(), self))
        parts = re.split(r"; (?:or )?", text) if several else []
        translated_parts = list(map(self.translate, parts))
        return text if translated_parts == parts else "；".join(translated_parts)


class _Filled(dict[str, Any]):
    """The fillings of places: those that are messages themselves are translated."""

    def __init__(self, found: dict[str, str], catalogue: _Catalogue) -> None:
        super().__init__({name: catalogue.translate(text) if name in _WORDS else text for name, text in found.items()})


def _pattern(message: str) -> re.Pattern[str]:
    """Return the expression that a message matches once its places are filled.

    ``{s}`` is the s of a plural or nothing, ``{n}``, ``{m}`` and ``{k}`` are numbers, and ``{more}`` may be empty.
    """
    written, end = "", 0
    for place in _PLACE.finditer(message):
        written += re.escape(message[end : place.start()])
        name, end = place[1], place.end()
        filling = r"[\d.,+\-e]+?" if name in ("n", "m", "k") else ".*?" if name == "more" else ".+?"
        filled = f"(?P={name})" if f"(?P<{name}>" in written else f"(?P<{name}>{filling})"
        written += "s?" if name == "s" else filled
    return re.compile(written + re.escape(message[end:]), re.DOTALL)
