"""Text on its way into a picture: made harmless, cut to length, and measured without knowing the reader's fonts."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"
_LINE_BREAKS = "\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Characters that only belong together with the one before them: marks, joiners, skin tones.
_ATTACHED_CATEGORIES = frozenset({"Mn", "Me", "Mc"})
_JOINER = "\u200d"


def clean(text: str) -> str:
    """Return the text on one line, without what no XML document or font can hold, or what reorders its neighbours.

    Control characters, lone surrogates, noncharacters and bidirectional overrides become U+FFFD; right-to-left letters
    stay as they are.
    """
    if text.isascii() and text.isprintable():  # nearly all labels of large graphs
        return text.strip()
    return "".join(" " if character in _LINE_BREAKS else _printable(character) for character in text).strip()


def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") or ord(character) & 0xFFFE == 0xFFFE:
        return _UNPRINTABLE
    if unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"):
        return _UNPRINTABLE
    return character


def shorten(text: str, limit: int) -> str:
    """Return the text with at most ``limit`` characters, ending in an ellipsis where it was cut.

    A cut never falls between a letter and its accent, or inside a joined emoji.
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    while end > 1 and (_is_attached(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS


def _is_attached(character: str) -> bool:
    return (
        unicodedata.category(character) in _ATTACHED_CATEGORIES
        or character == _JOINER
        or "\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}" <= character <= "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}"
    )


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
