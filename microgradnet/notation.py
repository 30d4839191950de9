"""How an operation is written in text and in LaTeX: templates, and when brackets stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# How tightly notation binds, loosest first. An operand that binds more loosely than its place allows gets brackets.
SUM, PRODUCT, FRACTION, POWER, ATOM = 10, 20, 25, 30, 40


@dataclass(frozen=True, slots=True)
class Notation:
    """How an operation is written: ``#1`` and ``#2`` in the template stand for its operands.

    Arguments:
        template: the text with its places, for example ``"#1 + #2"``.
        precedence: how tightly the whole binds.
        places: how tightly the operand in each place must bind to stand without brackets; 0 takes anything.
    """

    template: str
    precedence: int = ATOM
    places: tuple[int, ...] = (0, 0)

    def write(self, operands: list[tuple[str, int]], brackets: str = "(#1)") -> tuple[str, int]:
        """Fill in operands, each a pair of its text and its precedence; return the same pair for the whole."""

        def operand(place: re.Match[str]) -> str:
            text, precedence = operands[int(place[1]) - 1]
            return text if precedence >= self.places[int(place[1]) - 1] else brackets.replace("#1", text)

        return re.sub(r"#([12])", operand, self.template), self.precedence


def called(name: str, latex: str) -> dict[str, Any]:
    """Return the symbol and the two notations of a function that is written before its operands in brackets."""
    text, tex = Notation(f"{name}(#1)"), Notation(rf"{latex}\left(#1\right)")
    return {"symbol": name, "text": text, "latex": tex}
