"""A printed line cut into the equalities that it states: ``w = 0.1 - 0.1*0.0084 = 0.09916`` states one.

A page is cut into its front matter, its title, its notes and such lines at the end of this module.

People write bullets, labels, remarks, marks of LaTeX and Markdown, several statements in a line, and chains that go on
in the next line. Each relation sign stands between two sides: the longest formula that ends at it, and the longest that
begins after it. What can't be read is named with its column; it is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from microgradnet.errors import ExpressionError, WorksheetError
from microgradnet.text import clean as on_one_line
from microgradnet.verification.grammar import Parser, Syntax
from microgradnet.verification.tokens import IN_SUBSCRIPT

_MOST_BREAKS = 50  # places beside a relation sign at which a side may begin or end
LONGEST_LINE = 4_000  # characters; nobody prints a longer calculation in one piece

# Each relation sign with what it states: "=" equal, "≈" rounded, "←" assigned, "" nothing that is judged.
_RELATION = re.compile(
    r"(?P<none><--+>?|--+>|=>|->|[=!<>+*/-]=(?!=)=?|==+|⇒|→|⟹|⟶|↦|≠|≤|≥|\\(?:Right|right|Longright|longright)arrow\b"
    r"|\\(?:implies|to|mapsto|neq?|leq?|geq?|ll|gg|in|sim(?!\s*[-−]?\d*\.\d)|propto)(?![A-Za-z])"
    r"|(?<=\s)[<>](?=\s)|[≪≫∈∝≲≳⩽⩾]|\\(?:lt|gt|leqslant|geqslant|lesssim|gtrsim)(?![A-Za-z]))"
    r"|(?P<assigned>:=|<-(?=\s)|←|\\(?:gets|leftarrow)\b)"
    r"|(?P<about>=\s*~(?=\s*[-\d])|=\s*(?:approx(?:imately|\.)?|about|roughly|ca\.)\s+(?=[-−\d])|~=|≈|≃|≅|≒|≊|≐|=~|\\(?:approx(?:eq)?|thickapprox|simeq|cong|doteq|fallingdotseq)(?![A-Za-z])|(?:∼|\\sim\b)(?=\s*[-−]?\d*\.\d)|(?<=[\d)])\s+approx\.?\s+(?=[-\d])"
    r"|(?<=[\d)\s])~(?=\s*[-\d]))"
    r"|(?P<equal>&?=&?|＝)"
)
_WORDS = "[\u3000-\u303f\u4e00-\u9fff\u3040-\u30ff\uac00-\ud7af\uff01\uff0c\uff1a\uff1b\uff1f。，、；：！？]"
# What parts statements, labels and remarks from formulas. A colon, comma or point counts where a blank follows it.
_BREAK = re.compile(
    rf"[:,;.](?=\s|$|\\\\|[$`*])|[!?](?=\s+[A-Z]|$)|,(?=[^\d\s])|[;$`|#&]|//+|\\(?:qquad|quad)\b|\\\\|\\[()\[\]]|\b(?:and|so|und|also|y|et|then|with|or)\b"
    r"|\\(?:text|textbf|textrm|mathrm|mbox)\s?\{(?:[^{}]*:\s*\})?|(?<=\s)%(?=\s)|（[^（）=]*[\u4e00-\u9fff][^（）=]*）|\\n(?![a-z])|['’](?=[,;)\s]*$)"
    rf"|{_WORDS}+|[←→⇒⟹⟵∴∵\u25a0-\u2714\u2717-\u27bf\u2b00-\u2bff\ufe0f\U0001f300-\U0001faff]|．(?!\d)|<--+|--+>|[“”\"]|—|\(|（|\[|\s{{2,}}|\s(?=[A-Za-z]{{3,}}\s)|\s(?=(?:as|is|in|at|of|on|to|if|by|we|it|an)\s)|(?<=[^\W\d_]{{2}})\s+(?=[-−\d(\\])"
)
_ITEM = re.compile(  # a bullet, or the number of an item
    r"^\s*(?:>\s*)*(?:[-+•*]\s+|(?:[^\W\d_]{3,}\s)?\d+[.)]\s+|（\d+）|[a-z]{1,3}\)\s+|\((?:\d+|[a-h]|i{1,3}|iv|v)\)\s+)(?![+*/×·÷=])"
)
_NOISE = [
    re.compile(r"^\s*(?:>\s+)+"),  # quotation marks
    re.compile(r"^\s*(?:///?|#+|//!|%+|/\*+)\s|\s\*+/\s*$"),  # marks of comments
    re.compile(
        r"</?[A-Za-z][^<>]*>|(?<=[\d);])\s*;?\s*(?:#|//)(?=\s*=)|(?<=\d);(?=\s+=)"
    ),  # HTML, and # before a result
    re.compile(r"\\(?:bf|it|rm|cal|checkmark|blacksquare|square|qed|Box|hfill|notag)(?![A-Za-z])"),
    re.compile(r"\\(?:tag\*?|label|color|[hv]?phantom|[hv]space\*?)\{[^{}]*\}"),
    re.compile(r"\\(?:begin|end)\{(?!\w*matrix|array)[^{}]*\}(?:\{[lcr]+\}(?!\d))?"),
    re.compile(r"(?<![\w)\]}])\*\*(?=\S)|(?<=\S)\*\*(?![\w(.\[-])|(?<=[:.\w)])\*\*(?=\s|$)"),  # Markdown's bold
    re.compile(r"(?<=\s)&(?=\s*[=≈\\])|&(?=\s*=)|(?:(?<=^)|(?<=[\s=≈]))(?<![\w)}]\s)&(?=\s*[-+\d])"),
]


_ENTITIES = {"times": "×", "middot": "·", "sdot": "·", "minus": "−", "divide": "÷", "nbsp": " ", "asymp": "≈",
             "approx": "≈", "radic": "√", "sigma": "σ", "thinsp": " "}  # fmt: skip
_RAISED = re.compile(r"<(sub|sup)>([^<>]{1,20})</\1>")
_EMPHASIS = re.compile(r"(?<=[=≈])(\s*)(\*\*|\*|__|_)([-+−]?[\d.,]+%?)\2(?!\w)")
_BRACED = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"
_BOXED = re.compile(
    rf"(\\(?:f?boxe?d?|underline|math(?:bf|rm|it)|boldsymbol|bm|textbf|(?:text)?color\{{\w+\}})\{{)({_BRACED}(?:[=≈]|\\approx){_BRACED})\}}"
)
_OF = re.compile(r"(?:(?<=%)|(?<=\d/\d)|(?<=\d/\d\d))\s+of\s+(?=\$?\d)")  # 50% of 80
_SIUNITX = re.compile(  # \num{0.5}, \SI{5}{\meter}; a unit with a prefix is left, as it scales the number
    r"\\(?P<name>num(?=\{[^{}]*\})|(?:SI|qty)(?=\{[^{}]*\}\{(?!\\(?:milli|kilo|micro|nano|mega|giga|centi)\b)))"
    r"\{(?P<number>[^{}]*)\}(?:(?!\\)\{[^{}]*\})?"
)
_MODULE = re.compile(r"(?<![\w.])(?:np|numpy|math|torch|tf|jnp)\.(?=[a-z])")
_SIGN_BETWEEN_DOLLARS = re.compile(r"\$(\s*(?:\\(?:times|cdot|div|approx|pm)|[-+=*/×·≈]|[-−]?\d[\d.,]*)\s*)\$")
_CONTINUES = re.compile(r"\s*(?:[-−+*/×·⋅÷^]|\\(?:times|cdot|div)\b)")
_OPERAND = re.compile(r"(?:[\d)\]}|$…]|\.\.\.|\\[lc]?dots)\s*\Z")
_MATRIX = re.compile(
    r"\\begin\{((?P<kind>[bBpv]?)(?:small)?matrix|array)\}(?:\{[lcr| ]*\})?(?P<rows>(?:(?!\\begin).)*?)\\end\{\1\}",
    re.S,
)
_SUBSCRIPT = re.compile(r"_\{[^{}=]*=[^{}]*\}")
_PROSE_BLOCKS = frozenset(["", "text", "txt", "math", "latex", "tex", "plain", "answer"])
_INLINE = re.compile(r"\$\$.+?\$\$|\$[^$\n]+?\$|\\\(.+?\\\)|\\\[.+?\\\]")  # formulas in prose
_STEP_OF = r"(?:training|gradient|(?:gradient\s+)?descent|update|optimi[sz]ation)\s+(?:step|update)"
_TIME = rf"iteration|epoch|round|iteración|época|itération|époque|epoche|{_STEP_OF}"
# A heading, which may say of which sample, or of which step of training, the names below it are.
HEADING = re.compile(
    r"(?P<level>#{1,6})(?:\s+(?:sample\s*|样本\s*)(?P<number>\d+)"
    rf"|\s+(?:the\s+)?(?:(?P<time>{_TIME}|step|schritt|paso)\s*(?P<count>\d+)"
    rf"|(?P<nth>first|second|third|fourth|fifth|[1-5]\.|erste|zweite|dritte|primera|segunda|tercera)\s+(?P<of>{_TIME})"
    rf"|after\s+(?P<after>\d+|one|two|three|(?:the\s+)?(?:first|second|third))\s+(?:step|update|{_TIME})s?"
    r"|第\s*(?P<zh>\d+|[一二三四五])\s*[次轮步]?\s*(?:迭代|更新|训练)|第\s*(?P<zh2>\d+|[一二三四五])\s*轮))?"
    r"(?=[\s:.,;()（）：，—–-]|$)",
    re.I,
)
_ORDINALS = [
    ["first", "one", "1.", "erste", "primera", "一"], ["second", "two", "2.", "zweite", "segunda", "二"],
    ["third", "three", "3.", "dritte", "tercera", "三"], ["fourth", "4.", "四"], ["fifth", "5.", "五"],
]  # fmt: skip
_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*\{?\.?([\w+-]*)")  # of a code block in Markdown, with its language
_LEADING = re.compile(  # a number that no operator follows
    r"\s*[-+−]?\s*[\d.,]*\d(?:\s?\\?%)?(?=\s+(?!\\(?:times|cdot|div|ast|odot|over|pm)\b)[^\s\d(*/+^×·⋅÷\-−]|\s*[✓✔✅])"
)
_APART = re.compile(
    r"(?<=\[)\s*(?:[-−]?\d[\d.]*\s+){2,}[-−]?\d[\d.]*\s*(?=\])|(?<=\[)\s*[-−]?\d[\d.]*\s+\d[\d.]*\s*(?=\])"
)
_SCALES = re.compile(
    r"\s*\(?\s*\\?[pb]?mod\b|[\s$*`\\,;]*(?:\\?(?:text|mathrm|mbox|rm)\s*\{\s*)?(?:(?:hundred|thousand|[MmBb]illion(?:s|en)?|trillion|Milliarden?|millones|mil|juta|ribu|triệu|nghìn|тысяч|миллион\w*|Mio|[kKMGT]i?B?|bytes?|percent|percentage)\b|[万亿百千])"
)


_HEAD = r"\s*(?:(?:>|#+|//+|%+)\s+)*(?:\$\$?|`)?\s*(?:&\s*)?"  # of a line in a quotation, a comment or LaTeX
_RELATION_FIRST = re.compile(_HEAD + r"(?:=(?!>)|≈|\\approx\b|\\\\\s*&?=)")
_OPERATOR_FIRST = re.compile(_HEAD + r"(?:\\q?quad\s*)?(?:[-−+*/×·⋅÷]\s*[\d.(\[√½σ\\]|\\(?:times|cdot)\b)[^=≈]*$")
_OPERATOR_LAST = re.compile(r"(?:(?<![=\w])[=≈]|[\d)}]\s*[-−+*/×·⋅÷]|\\(?:times|cdot|approx))\s*(?:\\\\)?\s*$")
_OPERAND_FIRST = re.compile(_HEAD + r"[-−]?(?:[\d.(\[√½σ]|\\(?:[dt]?frac|sqrt|left|exp|log|ln|sigma)\b)")
_BROKEN = re.compile(r"\\\\\s*&?\s*(?:\\q?quad\s*)?(?=[-+×·⋅]|\\(?:cdot|times)\b)")  # \\ before an operator
_REMARK_BEHIND = re.compile(r"\s*(?:#|//|←|<-|\(|&&|(?<=[\s,])\\text|\\q?quad|—|✓|✅)[^\n]*?(?:\n|\\\\)[\s>#/%&$\\]*")
_DEFINED_NEXT = re.compile(  # 0.2 y a =
    r"(?P<number>\s*[-+−]?\d*[.,]?\d+(?:\s?%)?)\s+(?:(?:and|und|y|e|et|dan|và|o|и)\s+)?(?P<name>[^\W\d_][\w'′^{}\[\],]*)\s*$"
    r"|(?P<before>\s*[-+−]?\d*[.,]?\d+(?:\s?%)?)\s{2,}(?P<call>[^\W\d_]\w*\([^()=]*\))\s*$"
)
_REMARK_OF_NAME = re.compile(r"\s*\\?[^\W\d_][\w'′^{}\\]*\s*$")  # (w = 0.1)
_BARS = re.compile(r"\$[^$|]*(?:\|[^$|]*\|[^$|]*)+\$|\|")  # of a table, or of |S| in a formula
_ZERO_COMMA = re.compile(r"(?<=(?<![\d.,\[({])0),(?=\d{2,}(?![\d,\])]))")  # -0,014, whatever stands beside it
_LABELLED = re.compile(r"(?:[^\W\d_]|#)\s*\Z")  # sample 2, E#2
_CALLED = re.compile(r"[\w}](?<!\\left)(?<!\\[bB]ig)(?<!\\[bB]igl)\Z")
_UNREADABLE = "＞"  # a sign that no formula holds
_SPACE_FIRST = re.compile(r"\s*\\q?quad\b")
_OPERATES = re.compile(r"(?:[±∓]|\\(?:pm|mp|(?:arc)?(?:sin|cos|tan|cot)h?|ln|log|exp|lim|max|min|int|sqrt))\s*\Z")
_ITALIC = re.compile(r"^(\s*)([*_])(?=[^\s*_])([^*_\n]*[=≈][^*_\n]*)(?<=\S)\2(?=[\s.,;:!?]*$)")
_DASH = re.compile(r"(?<=\s)--(?=\s+[^\W\d_]{2})")  # before a remark
_ITEM_WITHIN = re.compile(r"(?<=[\d)\]])\s+\((?:[a-h]|i{1,3}|iv|v)\)\s+(?=[^\s=≈]+\s*=)")  # 0.6 (b) z =
_ARROW = r"(?P<arrow>--?>|→|⟶|\\(?:long)?rightarrow(?![A-Za-z])|\\to(?![A-Za-z]))"
_FIGURE = r"(?:[-−+]?\s?\d(?:[\d.,]*\d)?(?:[eE][-+]?\d+)?\s?%?|\[(?:[^\[\]=;]|\[[^\[\]=;]*\])*\])"
_CHANGED = re.compile(  # w5: 0.45 -> 0.43, w5 = 0.45 -> 0.43, w5 -> 0.43
    rf"(?<![^\s;,|$&(])(?P<name>(?:new\s+)?(?:[^\W\d_]|\\[A-Za-z]|[∂Δ])(?:[^\s=≈:;,|&$>→]*[^\s=≈:;,|&$>→\-])?(?:\s?\[[\d,\s]+\])?)"
    rf"\s*(?:(?P<sign>[:=])\s*(?P<before>{_FIGURE})\s*)?{_ARROW}\s*(?P<after>{_FIGURE})"
    r"(?=\s*(?:$|[;,.)#|&$\n]|\\\\)|\s+[A-Za-z(])"
)
_LEADS = re.compile(rf"{_ARROW}(?=\s*[-−+]?\s?[\d\[])")
_THOUSANDS_POINT = re.compile(r"(?<=\d)\.(?=\d{3}(?!\d))")  # 1.003,50


def in_blocks(lines: Iterable[str]) -> Iterator[tuple[str, str | None, bool]]:
    """Yield each line of Markdown, the language of the code block that it stands in, and whether it is a fence.

    A block ends at a fence of the same sign that is at least as long. Outside, and for fences, the language is None.
    """
    fence, language = "", ""
    for line in lines:
        found = _FENCE.match(line)
        if found and (not fence or found[1].startswith(fence)):
            fence, language = ("", "") if fence else (found[1], found[2].lower())
            yield line, None, True
        else:
            yield line, language if fence else None, False


def step_of(heading: re.Match[str]) -> tuple[str, int] | None:
    """Return what a heading counts, iterations say, and which of them it is; None where it says of no step."""
    kind = (heading["time"] or heading["of"] or ("after" if heading["after"] else "iteration")).lower()
    said = next(filter(None, heading.group("count", "nth", "after", "zh", "zh2")), "").lower().removeprefix("the ")
    if not said:
        return None
    return kind, int(said) if said.isdigit() else next(place for place, each in enumerate(_ORDINALS, 1) if said in each)


@dataclass(frozen=True, slots=True)
class FormulaSide:
    """One side of a relation: its columns from 0, its tree, or why it could not be read."""

    text: str
    start: int
    end: int
    tree: Syntax | None
    why: str = ""
    cut: bool = False  # whether something stands beside it in the line, such as a label or an earlier statement


@dataclass(frozen=True, slots=True)
class Statement:
    """Two neighbouring sides and the relation between them: ``"="``, ``"≈"``, ``"←"``, or ``""`` for none judged."""

    left: FormulaSide
    relation: str
    right: FormulaSide


def join_continuations(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Join a chain with the lines in which it goes on; yield the number of its first line too.

    It goes on in a line that begins with a relation sign, in one behind an operator, and in those that begin with an
    operator and stand before a line that begins with a relation sign.
    """
    all_lines = list(lines)
    first, held = 0, ""
    for number, line in enumerate(all_lines):
        if held and _goes_on(held, all_lines, number):
            held += "\n" + line
            continue
        if held:
            yield first, held
        first, held = number, line
    if held:
        yield first, held


def _goes_on(held: str, lines: list[str], number: int) -> bool:
    if len(held) + len(lines[number]) > LONGEST_LINE:
        return False
    if _RELATION_FIRST.match(lines[number]):
        return True
    if _OPERATOR_LAST.search(held) and _OPERAND_FIRST.match(lines[number]):
        return True
    following = number
    while following < min(len(lines), number + _MOST_BREAKS) and _OPERATOR_FIRST.match(lines[following]):
        following += 1
    is_pair = number < following < len(lines) and _RELATION_FIRST.match(lines[following]) is not None
    return is_pair and _RELATION.search(held) is not None


def clean(line: str) -> str:
    """Blank out what is no part of a formula; columns stay as they are."""
    line = _RAISED.sub(lambda mark: ("^" if mark[1] == "sup" else "_") + f"{{{mark[2]}}}".ljust(len(mark[0]) - 1), line)
    line = re.sub(
        r"&(\w+);", lambda mark: _ENTITIES[mark[1]].ljust(len(mark[0])) if mark[1] in _ENTITIES else mark[0], line
    )
    line = _EMPHASIS.sub(lambda mark: (mark[1] + " " * len(mark[2]) + mark[3]).ljust(len(mark[0])), line)
    line = _ITALIC.sub(lambda mark: f"{mark[1]} {mark[3]} ", line)
    line = _DASH.sub("; ", line)
    line = _ITEM_WITHIN.sub(lambda mark: ";".ljust(len(mark[0])), line)
    line = _SUBSCRIPT.sub(lambda mark: mark[0].replace("=", IN_SUBSCRIPT), line)
    line = _BOXED.sub(lambda mark: " " * len(mark[1]) + mark[2] + " ", line)
    line = _OF.sub(lambda mark: "×".ljust(len(mark[0])), line)
    line = _SIUNITX.sub(lambda mark: (" " * (len(mark["name"]) + 2) + mark["number"]).ljust(len(mark[0])), line)
    line = _MODULE.sub(lambda mark: " " * len(mark[0]), line)
    line = _SIGN_BETWEEN_DOLLARS.sub(r" \1 ", line)
    line = _MATRIX.sub(_matrix, line)
    line = _APART.sub(lambda mark: re.sub(r"(?<=[\d.])\s(?=\s*[-−\d])", ",", mark[0]), line)
    line = _BROKEN.sub(lambda mark: re.sub(r"\S", " ", mark[0]), line)
    line = _ITEM.sub(lambda mark: " " * len(mark[0]), line)
    for noise in _NOISE:
        line = "\n".join(noise.sub(lambda mark: " " * len(mark[0]), part) for part in line.split("\n"))
    is_row = re.match(r"\s*\|\s", line) is not None or line.count(" | ") > 1  # of a table
    return _BARS.sub(lambda mark: mark[0] if mark[0][0] == "$" else ";", line) if is_row else line


def _matrix(mark: re.Match[str]) -> str:
    r"""Return a row or a column in LaTeX as a list of the same length; a matrix of several of both as lists."""
    rows = [row.split("&") for row in re.sub(r"\\\\\s*$", "", mark["rows"].rstrip()).split("\\\\")]
    if mark["kind"] == "v" or (len(rows) > 1 and len(rows[0]) > 1):
        text = "⟦" + ";".join("⟦" + ";".join(row) + "⟧" for row in rows) + "⟧"
    else:
        text = "⟦" + ";".join(part for row in rows for part in row) + "⟧"
    if mark["kind"] == "v":
        text = f"|{text}|"
    return text[:-1].ljust(len(mark[0]) - 1) + text[-1]


def statements(line: str, bound: Container[str] = frozenset(), *, decimal: str = "auto") -> list[Statement]:
    """Return what a line states, in order.

    Arguments:
        line: one line, or several joined by :func:`join_continuations`.
        bound: names that stand for numbers.
        decimal: the decimal mark, ``"."``, ``","``, or ``"auto"``: a comma where the line has such numbers alone.

    Raises:
        ExpressionError: the line is too long.
    """
    if len(line) > LONGEST_LINE:
        raise ExpressionError(f"a line has at most {LONGEST_LINE} characters", f"{len(line)}", "Split it.")
    text = clean(line)
    if decimal != "." and re.search(r"\d\.\d{3},\d", text):
        text = _THOUSANDS_POINT.sub("\u2060", text)
    if decimal == "," or (decimal == "auto" and _has_decimal_commas(text)):  # columns stay, so a filler follows
        text = re.sub(r"(?<=\d)(?:,|\{,\})(?=\d)", lambda mark: "." + "\u2060" * (len(mark.group()) - 1), text)
    elif decimal == "auto":
        text = _ZERO_COMMA.sub(".", text)
    found: list[Statement] = []
    _cut(line, text, 0, len(text), bound, found)
    return sorted(found, key=lambda statement: statement.left.end)


def _has_decimal_commas(text: str) -> bool:
    """Tell whether the numbers of a line have decimal commas, as in ``0,5 × 0,2 = 0,1``, and none has a point."""
    if re.search(r"\d\.\d", text):
        return False
    commas = re.findall(r"(?<![\d,\[(])(\d+)(?:,|\{,\})(\d+)(?![\d,\])])|(?<=[(\[])(\d+),(\d+)(?=\s*[-;+*/·×])", text)
    parts = [(a or c, b or d) for a, b, c, d in commas]
    return any(whole == "0" or len(part) != 3 for whole, part in parts)


def _cut(line: str, text: str, start: int, end: int, bound: Container[str], found: list[Statement]) -> str:
    """Find the statements between two columns; return the text with the equalities in brackets reduced to one side."""
    text = _cut_brackets(line, text, start, end, bound, found)
    marks = list(_RELATION.finditer(text, start, end))
    borders = [start, *[place for mark in marks for place in mark.span()], end]
    segments = [(borders[place], borders[place + 1]) for place in range(0, len(borders), 2)]
    before: FormulaSide | None = None
    for place, mark in enumerate(marks):
        relation = {"none": "", "assigned": "←", "about": "≈", "equal": "="}[mark.lastgroup or "none"]
        if not relation:
            before = None
            continue
        if before and before.tree and _REMARK_BEHIND.fullmatch(text, before.end, mark.start()):
            left = before
        else:
            left = _last_side(line, text, *segments[place], bound)
        if place and marks[place - 1].lastgroup == "none":
            left = replace(left, cut=True)
        begin, stop = segments[place + 1]
        defined = _DEFINED_NEXT.match(text, begin, stop) if place + 1 < len(marks) else None
        if defined and left.tree and not _has_letters(left.tree, bound):
            number, name = ("number", "name") if defined["name"] else ("before", "call")
            segments[place + 1] = (defined.start(name), stop)
            stop = defined.end(number)
        before = _first_side(line, text, begin, stop, bound)
        found.append(Statement(left, relation, before))
    return text


def _has_letters(tree: Syntax, bound: Container[str]) -> bool:
    return any(
        node.kind == "name" and node.text not in ("e", "π", "pi") and node.text not in bound for node in tree.walk()
    )


def _cut_brackets(line: str, text: str, start: int, end: int, bound: Container[str], found: list[Statement]) -> str:
    """Find equalities inside brackets; of ``3 + (2*1.6 = 3.2)`` the outer formula is ``3 + (2*1.6)``."""
    stack: list[int] = []
    for place in range(start, end):
        if text[place] in "([":
            stack.append(place)
        elif text[place] in ")]" and stack:
            opening = stack.pop()
            inside = next(_RELATION.finditer(text, opening + 1, place), None)
            if inside and inside.lastgroup == "none" and not _CALLED.search(text, start, opening):
                text = text[: inside.start()] + _UNREADABLE * len(inside[0]) + text[inside.end() :]  # [2 > 0]
            elif inside is not None and not stack and text[opening - 1 : opening] not in ("\\",):
                _cut(line, text, opening + 1, place, bound, found)
                first, last = inside.start(), place
                if _REMARK_OF_NAME.match(text, opening + 1, first) and re.search(r"[\d)%]\s*$", text[:opening]):
                    first, last = opening, place + 1
                text = text[:first] + re.sub(r"[^\n]", " ", text[first:last]) + text[last:]
    return text


def _read(text: str, start: int, end: int, bound: Container[str]) -> Syntax:
    return Parser(text, start, end, bound).parse()


def _side(
    line: str, text: str, start: int, end: int, tree: Syntax | None, why: str = "", *, cut: bool = False
) -> FormulaSide:
    while start < end and text[start] in " \t\n$&`":
        start += 1
    while end > start and text[end - 1] in " \t\n$&`.,;:":
        end -= 1
    return FormulaSide(line[start:end], start, end, tree, why, cut)


def _last_side(line: str, text: str, start: int, end: int, bound: Container[str]) -> FormulaSide:
    """Return the longest formula that ends at a relation sign: behind the last label, remark or end of a statement."""
    stop = end
    while stop > start and (text[stop - 1] in " \t\n$`&*" or text[stop - 2 : stop] in ("\\\\", "\\(", "\\[")):
        stop -= 1 if text[stop - 1] in " \t\n$`&*" else 2
    starts = [start, *[match.end() for match in _BREAK.finditer(text, start, stop)][-_MOST_BREAKS:]]
    why = ""
    for begin in starts:
        if begin >= stop:
            break
        if begin > start and _CONTINUES.match(text, begin) and _OPERAND.search(text, start, begin):
            continue  # of 32 $×$ 9 + 1 and |x| + |y| it is no more than the rest
        if _OPERATES.search(text, start, begin) or _SPACE_FIRST.match(text, begin):
            continue
        try:
            tree = _read(text, begin, stop, bound)
        except ExpressionError as error:
            why = why or str(error)
            continue
        if tree.kind == "number" and _LABELLED.search(text, start, begin):
            why = "A number behind a word is a part of its name."
            break
        return _side(line, text, begin, stop, tree, cut=begin > start)
    start = max(start, text.rfind(";", start, end) + 1)  # what stands before is another statement
    return _side(line, text, start, end, None, why or "nothing is written there")


def _first_side(line: str, text: str, start: int, end: int, bound: Container[str]) -> FormulaSide:
    """Return the longest formula that begins after a relation sign, up to a remark or the end of the statement."""
    begin = start
    while begin < end and text[begin] in " \t\n`&*\\":
        if text[begin] == "\\" and text[begin : begin + 2] not in ("\\\\", "\\ ", "\\,", "\\;", "\\(", "\\["):
            break
        begin += 2 if text[begin] == "\\" else 1
    while begin < end and text[begin] == "$":
        begin += 1
    breaks = [match.start() for match in _BREAK.finditer(text, begin, end) if match.start() > begin]
    stops = [*breaks[:_MOST_BREAKS], end]
    why = ""
    for stop in reversed(stops):
        if stop < end and text.count("(", begin, stop) > text.count(")", begin, stop):
            continue
        try:
            return _scaled(text, _side(line, text, begin, stop, _read(text, begin, stop, bound)))
        except ExpressionError as error:
            why = why or str(error)
    return _prefix(line, text, begin, end, bound, why)


def _prefix(line: str, text: str, begin: int, end: int, bound: Container[str], why: str) -> FormulaSide:
    """Return a number at the beginning that a remark without punctuation follows, as in ``7.7 °C/W``."""
    match = _LEADING.match(text, begin, end)
    if match is None:
        return _side(line, text, begin, end, None, why or "nothing is written there")
    try:
        return _scaled(text, _side(line, text, begin, match.end(), _read(text, begin, match.end(), bound)))
    except ExpressionError as error:
        return _side(line, text, begin, end, None, str(error))


def _scaled(text: str, side: FormulaSide) -> FormulaSide:
    """Return a side, without its tree if a word behind it scales it: in ``= 6 million`` the 6 is not the result."""
    if not _SCALES.match(text, side.end):
        return side
    return FormulaSide(side.text, side.start, side.end, None, "A word behind the number changes what it is.")


def chains(said: Sequence[Statement]) -> Iterator[list[Statement]]:
    """Yield the chains of a line: relations in which each right side is the left one of the next."""
    group: list[Statement] = []
    for statement in said:
        if group and statement.left.start != group[-1].right.start:
            yield group
            group = []
        group.append(statement)
    if group:
        yield group


def split_changes(line: str) -> tuple[str, list[str]]:
    """Take what an arrow says apart: of ``w5: 0.45 -> 0.43``, ``w5 = 0.45`` now and ``w5 = 0.43`` after a step.

    Returns:
        The line with what it says of now, and a line for each number after a step; columns stay as they are.
    """
    now, later = line, []
    for mark in _CHANGED.finditer(line):
        begin, end = mark.span()
        blank = re.sub(r"[^\n]", " ", line)
        kept = blank[:begin] + mark["name"] + blank[mark.end("name") : mark.start("arrow")] + "="
        later.append(kept + blank[len(kept) : mark.start("after")] + mark["after"] + blank[end:])
        said, sign = "", mark.end("sign")
        if mark["before"]:
            said = f"{mark['name']}{blank[mark.end('name') : sign - 1]}={line[sign : mark.end('before')]}"
        now = now[:begin] + said + blank[begin + len(said) : end] + now[end:]
    return now, later


def arrows(line: str) -> Iterator[int]:
    """Yield where the arrows of a line stand that lead to a number."""
    yield from (mark.start() for mark in _LEADS.finditer(line))


def first_name(tree: Syntax | None) -> str:
    """Return the name that a formula begins with; "" where it begins with none."""
    while tree is not None and tree.parts:
        tree = tree.parts[0]
    return tree.text if tree is not None and tree.kind == "name" else ""


def is_list(side: FormulaSide) -> bool:
    """Tell whether a side is a list of numbers, or a list of such lists."""
    tree = side.tree
    return tree is not None and (tree.kind == "vector" or (tree.kind == "group" and side.text[:1] == "["))


def numbers_of(tree: Syntax) -> Iterator[tuple[tuple[int, ...], Syntax]]:
    """Yield the numbers of a list or of a list of lists, each with its indices from 1."""
    items = tree.parts if tree.kind in ("vector", "group") else (tree,)
    for number, item in enumerate(items, 1):
        inner = item.parts[0] if item.kind == "group" and item.parts[0].kind == "vector" else item
        if inner.kind == "vector":
            yield from (((number, *place), part) for place, part in numbers_of(inner))
        else:
            yield (number,), item


def places(shape: tuple[int, ...], printed: tuple[int, ...]) -> Callable[[tuple[int, ...]], tuple[int, ...]] | None:
    """Return where the entries of a printed list stand in the list that is meant; None where the two do not fit."""
    if shape == printed:
        return lambda place: place
    if shape == printed[::-1]:  # a matrix printed with rows for columns
        return lambda place: place[::-1]
    if len(shape) == 1 and sorted(printed) == [1, *shape]:  # a row or a column
        return lambda place: (max(place),)
    if len(printed) == 1 and sorted(shape) == sorted([1, *printed]):
        return lambda place: (1, *place) if shape[0] == 1 else (*place, 1)
    return None


# ---- Pages


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as it was read.

    Arguments:
        front: the front matter, TOML.
        title: the first heading; "" if there is none.
        notes: the prose under that heading, up to the first claim or the next heading.
        lines: the lines of the file, with all that is no claim blanked out, so that columns stay as they are.
    """

    front: str
    title: str
    notes: str
    lines: list[str]


def read_page(text: str, file: str = "page") -> PageText:
    """Take a page apart.

    Raises:
        WorksheetError: there is no front matter.
    """
    lines = text.replace("\r\n", "\n").lstrip("\ufeff").split("\n")
    begin, end = begin_of_front(lines), end_of_front(lines)
    if begin is None or end is None:
        expected = f"{on_one_line(file)}: front matter between two lines +++ at the top of a page"
        raise WorksheetError(expected, repr(on_one_line(lines[0], 60)), "`microgradnet new page.md` writes one.")
    place = next((number for number, line in enumerate(lines) if number > end and re.match(r"#\s", line)), len(lines))
    heading = "".join(lines[place : place + 1]).lstrip("# ").strip()
    body = [""] * (end + 1) + claim_lines(lines[end + 1 :])
    front = "\n" * begin + "\n".join(lines[begin + 1 : end])
    return PageText(front, on_one_line(heading), _prose(lines[place + 1 :]), body)


def _prose(lines: list[str]) -> str:
    """Return the prose at the beginning, before the first block of claims and the next heading."""
    stop = re.compile(r"#|```|~~~|<!--|\$\$| {4}|\t")
    kept = [*takewhile(lambda line: not stop.match(line), lines)]
    return "\n".join(kept).strip()


def begin_of_front(lines: list[str]) -> int | None:
    """Return the place of the line that opens the front matter, the first that is not blank; None if there is none."""
    first = next((number for number, line in enumerate(lines) if line.strip("\ufeff \t\r")), None)
    return first if first is not None and lines[first].strip("\ufeff \t\r") == "+++" else None


def end_of_front(lines: list[str]) -> int | None:
    """Return the place of the line that closes the front matter; None if there is none, or it is never closed."""
    begin = begin_of_front(lines)
    if begin is None:
        return None
    return next((number for number in range(begin + 1, len(lines)) if lines[number].strip() == "+++"), None)


def claim_lines(lines: list[str]) -> list[str]:
    """Return Markdown with all but its code blocks and formulas blanked out."""
    kept: list[str] = []
    in_display = in_parts = False
    may_begin = True  # a block that is indented begins behind a blank line or a heading
    for line, language, is_fence in in_blocks(lines):
        display = line.count("$$") % 2 == 1
        if is_fence:
            kept.append("")
        elif language is not None:
            kept.append(line if language in _PROSE_BLOCKS else "")
        elif in_display or display:
            kept.append(line.replace("$$", "  "))
            in_display ^= display
        elif re.match(r"(?: {4}|\t)\s*\S", line) and may_begin:
            kept.append(line)
            continue
        else:
            heading = HEADING.match(line)
            in_parts = in_parts or (heading is not None and len(heading[0]) > len(heading["level"]))
            place = heading.end() if heading and in_parts else 0
            kept.append(line[:place] + _formulas(line)[place:])
        may_begin = not line.strip() or is_fence or re.match(r"#{1,6}\s", line) is not None
    return kept


def _formulas(line: str) -> str:
    """Return a line of prose with all but its formulas blanked out, one blank part between two of them."""
    kept = [" "] * len(line)
    for match in _INLINE.finditer(line):
        mark = 2 if match.group()[:2] in ("$$", "\\(", "\\[") else 1
        inside = slice(match.start() + mark, match.end() - mark)
        kept[inside] = line[inside]
        kept[match.end() - 1] = ";"  # two formulas of one line are two statements
    return "".join(kept).rstrip(" ;")
