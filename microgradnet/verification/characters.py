"""What a formula may be written with, checked before any parser sees it."""

from __future__ import annotations

import re

from microgradnet.errors import ExpressionError

MAX_LENGTH = 2_000  # characters
MAX_DEPTH = 40  # brackets within brackets

_FORBIDDEN = re.compile(r"[^\w\s.,+\-*/()\[\]]")
_INSTEAD = {
    "^": "A power is written with **, as in x**2.",
    "=": "Write only what stands on the right of the equals sign.",
    "·": "A product is written with *.",
    "×": "A product is written with *.",
    "−": "A minus sign is written with -, the hyphen of the keyboard.",
    "–": "A minus sign is written with -, the hyphen of the keyboard.",
    "÷": "A quotient is written with /.",
    "{": "Use round brackets.",
    "}": "Use round brackets.",
    "²": "A power is written with **, as in x**2.",
    "³": "A power is written with **, as in x**3.",
}
ADVICE = "Use numbers, names, + - * / **, round brackets and the operations of the table."


def check_characters(text: str, also: str = "") -> None:
    """Refuse what is too long, too deep or written with characters that arithmetic does not need.

    Raises:
        ExpressionError: it is so; characters of ``also`` are allowed too.
    """
    if len(text) > MAX_LENGTH:
        came = f"{len(text)} characters, starting {shorten(text)}"
        raise ExpressionError(f"a formula of at most {MAX_LENGTH} characters", came, "Split it into smaller ones.")
    if not text.strip():
        raise ExpressionError("a formula", "nothing", ADVICE)
    found = next((found for found in _FORBIDDEN.finditer(text) if found[0] not in also), None)
    if found:
        came = f"{found[0]!r} at column {found.start() + 1} of {shorten(text)}"
        raise ExpressionError("a formula of plain arithmetic", came, _INSTEAD.get(found[0], ADVICE))
    depth = 0
    for column, character in enumerate(text, 1):
        depth += (character in "([") - (character in ")]")
        if depth > MAX_DEPTH:
            wanted = f"at most {MAX_DEPTH} brackets within brackets"
            raise ExpressionError(wanted, f"more at column {column} of {shorten(text)}", "Split the formula.")


def shorten(text: str, length: int = 60) -> str:
    """Return a piece of text in quotes, cut to what fits into a line."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")
