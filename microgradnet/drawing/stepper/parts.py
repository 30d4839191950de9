"""Lines of a step as parts: plain text, numbers with all their digits, and fractions such as dL/dw.

They are JSON: a string; ``["=", short, full]`` for a number; ``["/", numerator, denominator]`` for a fraction.
"""

from __future__ import annotations

import re

from microgradnet.figures import Numeral, relation, show, write_figure
from microgradnet.symbols import Symbol
from microgradnet.text import clean

Part = str | list[str]
Line = list[Part]

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_RUN = re.compile(f"[{_RIGHT_TO_LEFT}](?:[^!-~]*[{_RIGHT_TO_LEFT}])?")
_ISOLATED = "\N{RIGHT-TO-LEFT ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def isolate(text: str) -> str:
    """Return text in which right-to-left words stand apart, so that they don't turn the formula around them round."""
    return _RUN.sub(lambda run: run[0].join(_ISOLATED), text)


def fraction(numerator: str, denominator: str) -> Part:
    """Return a derivative as a fraction."""
    return ["/", isolate(numerator), isolate(denominator)]


def plain(line: Line) -> str:
    """Return a line as plain text."""
    return "".join(part if isinstance(part, str) else _plain(part) for part in line)


def _plain(part: list[str]) -> str:
    return part[1] if part[0] == "=" else f"{part[1]}/{part[2]}"


class Numbers:
    """Writes numbers with so many significant digits, as the picture does, and knows which were rounded."""

    def __init__(self, digits: int) -> None:
        self._digits = digits

    def text(self, number: float) -> str:
        """Return the number as it is shown."""
        return write_figure(number, self._digits)

    def part(self, number: float) -> Part:
        """Return the number as it is shown, with its full digits."""
        return ["=", self.text(number), repr(number)]

    def factor(self, number: float) -> Line:
        """Return the number as it stands in a product or sum: in brackets where it is negative."""
        part = self.part(number)
        return ["(", part, ")"] if part[1].startswith("−") else [part]

    def relation(self, *numbers: float) -> str:
        """Return "=" where all these numbers are shown as they are, else "≈"."""
        return f" {relation(show(number, self._digits) for number in numbers)} "

    def symbol(self, number: float) -> Symbol:
        """Return the number as an operand of a formula."""
        return Numeral(show(number, self._digits), typeset=True)


def harmless(text: str) -> str:
    """Return text on one line, without what reorders or hides its neighbours, right-to-left words apart."""
    return isolate(clean(text))
