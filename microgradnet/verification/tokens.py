r"""A printed formula cut into tokens: numbers, names, signs and commands, each with the columns that it covers.

What is written in several ways is one token from here on: the signs of plain text, Unicode and LaTeX, thousands marks,
raised digits, spaces of LaTeX.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from microgradnet.errors import ExpressionError

LONGEST = 4_000  # characters of one formula

IN_SUBSCRIPT = "\ue000"  # stands for the = of \sum_{i=1}, which is no relation
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺·", "0123456789-+.")
_TIMES, _OVER, _MINUS = "*×·⋅∗∙•＊⊙∘✕✖@", "/÷／∕⁄", "-−–－﹣"
_PLAIN_SIGNS = dict.fromkeys(_TIMES, "*") | dict.fromkeys(_OVER, "/") | dict.fromkeys(_MINUS, "-")
_VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅛⅜⅝⅞"
_LETTER = "[^\\W\\d_\u4e00-\u9fff\u3040-\u30ff\uac00-\ud7af]"  # Chinese, Japanese and Korean are words, never names
_PART = rf"{_LETTER}\w*(?<!_)(?:_\{{[^{{}}]*\}})?(?:\[\d+(?:,\s?\d+)*\])?"  # of a derivative, dE/dw5
# Behind a name: subscripts, a layer in brackets (w^{(2)}, w⁽²⁾), and marks such as w^{new}, w^+ and w^{\\prime}.
SUBSCRIPT = re.compile(
    "(?:_(?:\\{[^{}]*(?:\\{[^{}]*\\}[^{}]*)*\\}|\\\\\\w+(?:\\{[^{}]*\\})?|\\w)|[₀-₉ₐ-ₜᵢⱼ₊₋]+|⁽[⁰¹²³⁴⁵⁶⁷⁸⁹]+⁾"
    "|\\^\\{\\s*[(\\[]\\s*\\d+\\s*[)\\]]\\s*\\}|\\^\\{?(?:new|old|neu|\\+|\\\\text\\{[^{}]*\\}|\\\\mathrm\\{[^{}]*\\})(?:\\}|(?![\\w{])))"
)
_TOKEN = re.compile(
    rf"""(?P<space>(?:\s|\\[,;:!>\ ]|\\q?quad\b|~
        |\\(?:left|right|[bB]igg?[lr]?|displaystyle|limits|nonumber)(?![A-Za-z])\.?)+)
    |(?P<number>(?:[1-9]\d{{0,2}}(?:(?:,|\{{,\}}|\\,|[_'’\u2009\u202f\u2060])\d{{3}})+(?!\d)(?:\.\d+)?
        |(?<!\w\ )(?<![\d.,])\d{{1,3}}(?:\ \d{{3}})+(?!\ ?[\d.,])|\d+\.?\u2060*\d*|\.\d+)(?:[eE][-+−]?\d+(?!\w))?)
        (?P<cut>\s?(?:\.\.\.|…|\\[lc]?dots(?![A-Za-z])))?
    |(?P<vulgar>[{_VULGAR}])
    |(?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:·[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)
    |(?P<by>(?<=\d)x(?=\d+\.\d|10(?:\s*\^|[⁻⁰-⁹¹²³])))
    |(?P<norm>\\\||\|\||‖|\\[lr]?Vert(?![A-Za-z]))
    |(?P<command>\\(?:[A-Za-z]+|[%{{}}|&$*]))
    |(?P<rate>(?P<d>[d∂]){_PART}/(?P=d){_PART})
    |(?P<name>log(?:₂|₁₀)|(?:ln|log|exp|sin|cos|tanh)(?=\d*\.\d)|[∂∇Δ]?{_LETTER}[\w\u0300-\u036f]*(?<!_)(?:\[\d+(?:,\s?\d+)*\])?)
    |(?P<power>\*\*|\^)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_BRACE = re.compile("[{}]")
_COMMANDS = {"cdot": "*", "times": "*", "ast": "*", "*": "*", "odot": "*", "circ": "*", "bullet": "*", "div": "/",
             "%": "%", "$": "$", "pm": "±", "{": "{", "}": "}", "lbrack": "[", "rbrack": "]", "lvert": "|",
             "rvert": "|", "vert": "|", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨",
             "rangle": "⟩"}  # fmt: skip
CLOSING = {"(": ")", "[": "]", "{": "}", "|": "|", "（": "）", "⌊": "⌋", "⌈": "⌉", "‖": "‖", "⟦": "⟧", "⟨": "⟩"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a line: its kind, its text in plain notation, and the columns that it covers."""

    kind: str  # number, name, function, command, sign or end
    text: str
    start: int
    end: int
    cut: bool = False  # dots follow the digits


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Yield the tokens of a part of a line, then its end again and again; spaces are left out, signs stand plain.

    Raises:
        ExpressionError: the part is longer than a formula may be.
    """
    end = len(text) if end is None else end
    if end - start > LONGEST:
        raise ExpressionError(f"a formula has at most {LONGEST} characters", f"{end - start}", "Split it.")
    before: Token | None = None
    place = start
    while place < end:
        match = _TOKEN.match(text, place, end)
        assert match is not None  # the last alternative reads anything
        kind, place = match.lastgroup or "", match.end()
        if kind == "cut":
            kind = "number"
        if kind != "space":
            before = _token(kind, match, before)
            yield before
    while True:
        yield Token("end", "", end, end)


def _token(kind: str, match: re.Match[str], before: Token | None) -> Token:
    text, start, end = match.group(), match.start(), match.end()
    if kind == "number":
        return Token(
            "number", match["number"].replace("−", "-").replace("\u2060", ""), start, end, match["cut"] is not None
        )
    if kind == "rate":
        return Token("name", text, start, end)
    if kind in ("by", "norm"):
        return Token("sign", "*" if kind == "by" else "‖", start, end)
    if kind == "raised":
        return Token("raised", text.translate(SUPERSCRIPTS), start, end)
    if kind == "command" and text[1:] in _COMMANDS:
        return Token("sign", _COMMANDS[text[1:]], start, end)
    if kind in ("power", "sign"):
        plain = "^" if kind == "power" else _PLAIN_SIGNS.get(text, text)
        return Token("sign", unicodedata.normalize("NFKC", plain) if len(plain) == 1 else plain, start, end)
    if before and before.text not in CLOSING and (text == "mod" or text in ("\\bmod", "\\mod")):
        return Token("sign", "mod", start, end)
    if text in ("x", "X", "х") and before and _is_times(match, before):
        return Token("sign", "*", start, end)
    return Token(kind, text, start, end)


def _is_times(match: re.Match[str], before: Token) -> bool:
    """Tell whether the letter x stands for a multiplication sign: ``-1.7 x 1.5``."""
    after = match.string[match.end() : match.end() + 3]
    ended = before.kind == "number" or before.text in ")]"
    return ended and before.end < match.start() and re.match(r"\s[-−\d(.]", after) is not None


def closing_brace(text: str, opening: int) -> int:
    """Return the place of the brace that closes the one at ``opening``; the end of the text where none does."""
    depth = 0
    for brace in _BRACE.finditer(text, opening):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return len(text)
