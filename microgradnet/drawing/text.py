"""How wide text can be, without knowing the reader's fonts."""

from __future__ import annotations

import unicodedata

# Advance widths in units of the font size, as in Verdana and DejaVu Sans, the widest of the common sans-serif fonts:
# what fits with these fits with Arial and Helvetica too.
_ADVANCE = {
    **dict.fromkeys("ijl'|", 0.32),
    **dict.fromkeys(" .,:;!/\\I", 0.36),
    **dict.fromkeys('()[]frt-"`', 0.42),
    **dict.fromkeys("mwMW@%&…", 1.0),
    **dict.fromkeys("+=−×÷<>~^#", 0.84),
}
_BOLD = 1.1


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide the text can be at this font size, in the unit of the size."""
    return sum(map(_advance, text)) * size * (_BOLD if bold else 1.0)


def _advance(character: str) -> float:
    if character in _ADVANCE:
        return _ADVANCE[character]
    if character < "\x7f":
        return 0.74 if character.isupper() else 0.64
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    return 1.3 if unicodedata.east_asian_width(character) in "WF" else 0.8
