r"""From a node's label to how it is lettered, in plain text and in LaTeX.

The project's notation is read out of a label: ``w1[1,2]`` becomes :math:`w^{(1)}_{1,2}` and ``delta2[1]`` becomes
:math:`\delta^{(2)}_{1}`. Any other label is set as upright text, with everything that LaTeX or HTML could act on taken
away from it: labels come from worksheets and files that strangers write.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_LONGEST_LABEL = 48

_GREEK = re.compile(
    "alpha|beta|[Gg]amma|[Dd]elta|epsilon|zeta|eta|[Tt]heta|iota|kappa|[Ll]ambda|mu|nu|[Xx]i|[Pp]i|rho|[Ss]igma|tau|"
    "[Uu]psilon|[Pp]hi|chi|[Pp]si|[Oo]mega"
)
_WORD = re.compile(r"[^\W\d_]+", re.ASCII)
_LAYERED = re.compile(r"([A-Za-z]+)(\d+)\[(\d+(?:,\d+)*)\]")  # w1[1,2]
_INDEXED = re.compile(r"([A-Za-z]+)\[(\d+(?:,\d+)*)\]")  # x[1]
_NUMBERED = re.compile(r"([A-Za-z]+)_?(\d+)")  # v1, w_5
_SUBSCRIPTED = re.compile(r"([A-Za-z]+)_([A-Za-z0-9]+)")  # net_h1
_PLAIN = re.compile(r"[^\W\d_]\w*('|\[[\w, ]+\])*")  # stands in a formula without brackets

# Math-mode commands that LaTeX, MathJax and KaTeX all know; inside \text{} each of the three escapes differently.
_COMMANDS = {
    "\\": r"\backslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "^": r"\wedge{}",
    "~": r"\sim{}",
    "`": r"\grave{\ }",
    "<": "<",
    ">": ">",
}


@dataclass(frozen=True, slots=True)
class Written:
    """One thing in the two notations: ``text`` for a terminal, ``latex`` for a page.

    ``compound`` tells that it is no single word and needs brackets where it stands beside anything else.
    """

    text: str
    latex: str
    compound: bool = False

    @property
    def bracketed(self) -> Written:
        """The same, in brackets if it needs them."""
        return Written(f"({self.text})", f"({self.latex})") if self.compound else self


def letter(label: str) -> Written:
    """Return a label as it stands in a formula.

    Control characters become spaces, so that a label cannot move the cursor; a long one is cut; one that is no single
    word, such as ``x1*w1``, is marked as compound.

    Example:
        >>> letter("w1[1,2]").latex
        'w^{(1)}_{1,2}'
        >>> letter("x1*w1").bracketed.text
        '(x1*w1)'
    """
    label = clean(label)
    for pattern, build in _PATTERNS:
        match = pattern.fullmatch(label)
        if match:
            return Written(label, build(match))
    if _PLAIN.fullmatch(label):
        return Written(label, upright(label))
    return Written(label, upright(label), compound=True)


def clean(label: str) -> str:
    """Return a label on one line, without what a terminal acts on, cut to a length that can be read."""
    cut = label[: 4 * _LONGEST_LABEL]
    words = " ".join("".join(character if character.isprintable() else " " for character in cut).split())
    return words if len(label) <= _LONGEST_LABEL >= len(words) else words[: _LONGEST_LABEL - 1] + "…"


def upright(label: str) -> str:
    r"""Return any text as LaTeX for math mode: ``\text`` around what is harmless, commands for the rest."""
    pieces = re.findall(r"[\\{}$&%#_^~`<>]|[^\\{}$&%#_^~`<>]+", label)
    return "".join(_COMMANDS.get(piece, rf"\text{{{piece}}}") for piece in pieces)


def _word(word: str) -> str:
    if _GREEK.fullmatch(word):
        return f"\\{word}"
    return word if len(word) == 1 else rf"\mathrm{{{word}}}"


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_WORD, lambda match: _word(match[0])),
    (_LAYERED, lambda match: f"{_word(match[1])}^{{({match[2]})}}_{{{match[3]}}}"),
    (_INDEXED, lambda match: f"{_word(match[1])}_{{{match[2]}}}"),
    (_NUMBERED, lambda match: f"{_word(match[1])}_{{{match[2]}}}"),
    (_SUBSCRIPTED, lambda match: rf"{_word(match[1])}_{{\mathrm{{{match[2]}}}}}"),
)
