r"""Text for people: labels cleaned and escaped, tables, output that any terminal can show, files written whole.

Labels, titles and file names come from worksheets and data that strangers write. Text from them passes through
:func:`clean` or a table before it reaches a terminal, a picture or a page.
"""

from __future__ import annotations

import codecs
import errno
import html
import os
import re
import stat
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TextIO

ELLIPSIS = "…"
_JOINER = "\u200d"
_SPACES = "\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_REORDERING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


# Labels ---------------------------------------------------------------------------------------------------------------


def clean(text: str, limit: int | None = None) -> str:
    r"""Return text on one line, without characters that a terminal, an XML document or a font acts on.

    Line breaks and tabs become spaces, and runs of spaces one space. Control characters, lone surrogates,
    noncharacters and bidirectional overrides become escapes such as ``\x1b``. Right-to-left letters stay.

    Arguments:
        text: the text.
        limit: the number of characters to cut to, see :func:`shorten`; None for no limit.

    Example:
        >>> print(clean("a \x1b[31mred\nlabel"))
        a \x1b[31mred label
    """
    if limit is not None:
        text = text[: 4 * limit]  # a label of a million characters is not read to its end
    words = " ".join(_escaped(text).split())
    return words if limit is None else shorten(words, limit)


def clean_lines(text: str) -> str:
    """Return text of several lines, each without the characters that :func:`clean` escapes; indentation stays."""
    return "\n".join(_escaped(line).rstrip() for line in text.expandtabs(4).splitlines())


def _escaped(text: str) -> str:
    if text.isprintable():  # nearly all labels: nothing printable is escaped
        return text
    return "".join(" " if character in _SPACES else _printable(character) for character in text)


def _printable(character: str) -> str:
    refused = unicodedata.category(character) in ("Cc", "Cs") or ord(character) & 0xFFFE == 0xFFFE
    if refused or unicodedata.bidirectional(character) in _REORDERING:
        return character.encode("unicode_escape").decode("ascii")
    return character


def shorten(text: str, limit: int) -> str:
    """Return the text with at most ``limit`` characters, ending in an ellipsis where it was cut.

    A cut never separates a letter from its accent, or the parts of a joined emoji.
    """
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end > 1 and (_is_attached(text[end]) or text[end - 1] == _JOINER):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS


def _is_attached(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or character == _JOINER
        or "\N{EMOJI MODIFIER FITZPATRICK TYPE-1-2}" <= character <= "\N{EMOJI MODIFIER FITZPATRICK TYPE-6}"
    )


# Inside \text{} LaTeX, MathJax and KaTeX each escape these differently; in math mode all three know the commands.
_MATH = {"\\": r"\backslash{}", "^": r"\wedge{}", "~": r"\sim{}", "`": r"\grave{\ }", "<": "<", ">": ">"}
_MATH |= {character: f"\\{character}" for character in "{}$&%#_"}


def latex(text: str) -> str:
    r"""Return any text as LaTeX for math mode, for LaTeX, MathJax and KaTeX: ``\text`` and commands.

    Example:
        >>> print(latex("50 % of w_1"))
        \text{50 }\%\text{ of w}\_\text{1}
    """
    pieces: list[str] = []
    run = ""
    for character in clean(text):
        if character not in _MATH:
            run += character
            continue
        pieces += [rf"\text{{{run}}}"] * bool(run)
        pieces.append(_MATH[character])
        run = ""
    return "".join([*pieces, *[rf"\text{{{run}}}"] * bool(run)])


def escape_html(text: str) -> str:
    """Return text for HTML and XML, in an element or a quoted attribute."""
    return html.escape(_escaped(text))


def escape_markdown(text: str) -> str:
    """Return text on one line for Markdown, also in a cell of a table."""
    text = clean(text).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{character}" if character in "\\`*_|$" else character for character in text)


# Output ---------------------------------------------------------------------------------------------------------------

FALLBACK = "microgradnet-ascii"  # for errors= of a stream: marks and signs become ASCII, never an exception
_ASCII = {
    "✓": "+", "✔": "+", "✗": "x", "✘": "x", "≈": "~", "−": "-", "–": "-", "—": "-", "‐": "-", "…": "...", "·": "*",
    "×": "*", "÷": "/", "∂": "d", "∇": "grad ", "→": "->", "←": "<-", "↦": "->", "≤": "<=", "≥": ">=", "≠": "!=",
    "∞": "inf", "√": "sqrt", "∑": "sum", "Σ": "sum", "∏": "prod", "²": "^2", "³": "^3", "ℓ": "l", "‖": "||", "∈": "in",
    "⊙": "*", "±": "+-", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "′": "'", "∧": " and ", "∨": " or ",
    "¬": "not ", "█": "#", "│": "|", "─": "-", "━": "-", "╸": "-", "╺": "-", "•": "*", "ł": "l", "ø": "o", "ß": "ss",
}  # fmt: skip


def _in_ascii(character: str) -> str:
    if character in _ASCII:
        return _ASCII[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK"):  # GREEK SMALL LETTER DELTA
        word = name.split(" WITH ")[0].split()[-1]
        return word.capitalize() if "CAPITAL" in name else word.lower()
    letters = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return letters or ("" if unicodedata.combining(character) else "?")


def _replace_by_ascii(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


codecs.register_error(FALLBACK, _replace_by_ascii)


def encodable(text: str, stream: TextIO | None = None) -> str:
    """Return text that a stream can encode: what it cannot is written in ASCII, such as ``+`` for a check mark.

    A ``__str__`` that writes marks or signs returns ``encodable(text)``, so that ``print`` never raises
    ``UnicodeEncodeError`` on a terminal of cp1252 or ASCII. On UTF-8 the text is returned as it is.

    Arguments:
        text: the text.
        stream: where it goes; None for ``sys.stdout``.
    """
    encoding = getattr(sys.stdout if stream is None else stream, "encoding", None) or "utf-8"
    try:
        return text.encode(encoding, FALLBACK).decode(encoding)
    except (LookupError, UnicodeError):  # an encoding that Python does not know
        return text


def display_width(text: str) -> int:
    """Return how many columns of a terminal the text fills: two for East Asian wide letters, none for accents."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(character) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def wrap(text: str, width: int) -> list[str]:
    """Return the text in lines of at most ``width`` columns, broken at spaces, and inside words that are longer.

    Chinese and Japanese have no spaces: they are broken between any two letters, but not before a closing mark.
    """
    lines, line = [], ""
    for word in text.split():
        for place, part in enumerate(_breakable().findall(word) if max(word) >= _EASTERN else [word]):
            gap = " " if line and place == 0 else ""
            if line and display_width(line) + len(gap) + display_width(part) <= width:
                line += f"{gap}{part}"
                continue
            lines += [line] * bool(line)
            *whole, line = _pieces(part, width)
            lines += whole
    return [*lines, line]


def reflow(text: str, width: int) -> str:
    """Return paragraphs of text, cleaned, each wrapped anew; empty lines part them."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join("\n".join(wrap(clean(paragraph), width)) for paragraph in paragraphs)


def _pieces(word: str, width: int) -> Iterator[str]:
    piece = ""
    for character in word:
        if piece and display_width(piece + character) > width:
            yield piece
            piece = ""
        piece += character
    yield piece


_EASTERN = "\u2e80"  # the first of the letters of East Asia


@cache
def _breakable() -> re.Pattern[str]:
    """Match a letter of East Asia with the marks that open before it and close behind it, or a run of other characters.

    Compiling it takes as long as importing this module.
    """
    wide = f"{_EASTERN}-\u2fff\u3040-\ua4cf\uac00-\ud7a3\uf900-\ufaff"
    opening, closing = "（《〈“‘「『【", "，。；：、！？）》〉”’」』】…"
    return re.compile(f"[{opening}]*[{wide}][{closing}]*|[^{wide}{opening}]+|.", re.DOTALL)


# Tables ---------------------------------------------------------------------------------------------------------------

_GAP = 2  # columns between two cells
_NARROWEST = 16  # a column of words is not wrapped to less; the last one moves below its row instead
_ANSI = {"good": "\x1b[32m", "fair": "\x1b[33m", "bad": "\x1b[31m"}
TINTS = {"good": "46,160,67,.12", "fair": "210,153,34,.14", "bad": "248,81,73,.16"}  # legible on light and dark pages


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table for a terminal, for Markdown and for HTML. Its cells may hold anything; each writer escapes them.

    Arguments:
        headings: one per column.
        rows: the cells, one sequence per row.
        align: one letter per column: ``l`` for words, ``r`` for numbers and formulas, which break at spaces only;
            "" for all ``l``.
        styles: one per row: "good", "fair", "bad" or ""; () for none.
        title: shown above.

    Example:
        >>> print(TextTable(["leaf", "grad"], [["w", "0.5"], ["bias", "-12"]], align="lr").text())
        leaf  grad
        ----  ----
        w      0.5
        bias   -12
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    align: str = ""
    styles: Sequence[str] = ()
    title: str = ""

    def text(self, width: int | None = None, *, colour: bool = False) -> str:
        """Return the table as plain text.

        Arguments:
            width: the columns to fit into: cells are wrapped, and where that leaves too little room, the last column is
                written below its row. Numbers are never broken. None for no limit.
            colour: whether the last cell of a row with a style is coloured by ANSI escapes.
        """
        cells = [[clean(cell) for cell in row] for row in (self.headings, *self.rows)]
        widths = [max(map(display_width, column)) for column in zip(*cells, strict=True)]
        hanging = False
        if width is not None:
            widths, hanging = self._fitted(cells, widths, width)
        lines = [clean(self.title)] * bool(self.title)
        for place, row in enumerate(cells):
            style = self.styles[place - 1] if place and self.styles else ""
            start, end = (_ANSI[style], "\x1b[0m") if colour and style else ("", "")
            lines += self._lines(row, widths, start, end, hanging=hanging)
            if place == 0:
                lines.append((" " * _GAP).join("-" * each for each in (widths[:-1] if hanging else widths) if each))
        return "\n".join(lines)

    def _alignment(self) -> str:
        return self.align or "l" * len(self.headings)

    def _fitted(self, cells: list[list[str]], widths: list[int], total: int) -> tuple[list[int], bool]:
        """Return widths that fit into the total, and whether the last column has to stand below its row."""
        sides = self._alignment()
        least = [
            min(width, _NARROWEST) if side == "l" else max(map(_longest_word, column))
            for column, width, side in zip(zip(*cells, strict=True), widths, sides, strict=True)
        ]
        room = total - _GAP * (len(widths) - 1)
        if sum(least) <= room or len(widths) == 1 or sides[-1] != "l":
            return _shrunk(widths, least, room), False
        beside = room + _GAP
        if sum(least[:-1]) > beside:
            least = [1 if side == "l" else each for each, side in zip(least, sides, strict=True)]
        return [*_shrunk(widths[:-1], least[:-1], beside), max(total - 2 * _GAP, 1)], True

    def _lines(self, row: list[str], widths: list[int], start: str, end: str, *, hanging: bool) -> Iterator[str]:
        sides = self._alignment()
        wrapped = [wrap(cell, max(width, 1)) for cell, width in zip(row, widths, strict=True)]
        beside = wrapped[:-1] if hanging else wrapped
        for number in range(max(map(len, beside), default=0)):
            shown = [
                _padded(column[number] if number < len(column) else "", width, side)
                for column, width, side in zip(beside, widths, sides, strict=False)
            ]
            if not hanging and shown[-1].strip():
                shown[-1] = f"{start}{shown[-1].rstrip()}{end}"
            yield (" " * _GAP).join(shown).rstrip()
        if hanging:
            yield from (f"{' ' * 2 * _GAP}{start}{line}{end}" for line in wrapped[-1] if line)

    def markdown(self) -> str:
        """Return the table in GitHub's Markdown, which Jupyter shows as well."""
        marks = {"l": ":---", "r": "---:"}
        lines = [self.headings, [marks[side] for side in self._alignment()], *self.rows]
        written = [
            "| " + " | ".join(row if place == 1 else map(escape_markdown, row)) + " |"
            for place, row in enumerate(lines)
        ]
        return "\n".join([*([f"**{escape_markdown(self.title)}**", ""] if self.title else []), *written])

    def html(self) -> str:
        """Return the table as an HTML element without classes or scripts; rows with a style have a tinted ground."""
        caption = f"<caption>{escape_html(self.title)}</caption>" if self.title else ""
        head = self._html_row("th", self.headings, "")
        body = "".join(
            self._html_row("td", row, self.styles[place] if self.styles else "") for place, row in enumerate(self.rows)
        )
        return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody></table>"

    def _html_row(self, tag: str, row: Sequence[str], style: str) -> str:
        sides = {"l": "left", "r": "right;font-variant-numeric:tabular-nums"}
        cells = "".join(
            f'<{tag} style="text-align:{sides[side]}">{escape_html(cell)}</{tag}>'
            for cell, side in zip(row, self._alignment(), strict=True)
        )
        return f'<tr style="background:rgba({TINTS[style]})">{cells}</tr>' if style else f"<tr>{cells}</tr>"


def _longest_word(cell: str) -> int:
    return max(map(display_width, cell.split()), default=0)


def _shrunk(widths: list[int], least: list[int], total: int) -> list[int]:
    """Return widths of which the largest are cut to one size, so that the total is kept; none below its least."""
    for size in range(max(widths), 0, -1):
        fitted = [max(low, min(width, size)) for width, low in zip(widths, least, strict=True)]
        if sum(fitted) <= total:
            return fitted
    return least


def _padded(cell: str, width: int, side: str) -> str:
    space = " " * max(width - display_width(cell), 0)
    return f"{space}{cell}" if side == "r" else f"{cell}{space}"


# Files ----------------------------------------------------------------------------------------------------------------

_PART = ".microgradnet-"
_ABANDONED = 3600.0  # seconds after which an unfinished file of a killed process is removed


def write_whole(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file so that a reader sees the old contents or the new ones, never a part; safe from several threads.

    The content is written to a new file in the same folder, which then takes the place of the old one. The old file's
    permissions are kept, a symbolic link stays a link to the new contents, and a device or FIFO is written to, not
    replaced. After an error the old file is unchanged and nothing is left behind.

    Arguments:
        path: the file.
        content: bytes, or text, which is encoded as UTF-8 with its line ends as they are.

    Raises:
        OSError: the folder does not exist or can't be written to, the path is a folder, or the file is read-only.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(f"{folder}/model.json", "{}")
        ...     print(pathlib.Path(folder, "model.json").read_text())
        {}
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        old = os.stat(path)
    except FileNotFoundError:  # also a link to a file that does not exist yet
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(path, "wb") as file:
            file.write(data)
        return
    # Root may write to any file; a file that has no write permission at all is refused to root as well.
    if old is not None and not (old.st_mode & 0o222 and os.access(path, os.W_OK)):
        raise PermissionError(errno.EACCES, "the file is read-only", os.fspath(path))
    _replace(os.path.realpath(path), data, old)


def _replace(target: str, data: bytes, old: os.stat_result | None) -> None:
    folder = os.path.dirname(target)
    part = os.path.join(folder, f"{_PART}{os.urandom(8).hex()}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        # A private file is private from its first byte on; a new one has the permissions that the umask leaves.
        descriptor = os.open(part, flags, 0o666 if old is None else stat.S_IMODE(old.st_mode) | 0o200)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            now = os.fstat(file.fileno()).st_mtime
        if old is not None:
            _keep_owner_and_mode(part, old)
        os.replace(part, target)
    except BaseException as error:
        with suppress(OSError):
            os.remove(part)
        if isinstance(error, OSError) and error.filename == part:
            error.filename, error.filename2 = target, None  # the name that the caller knows
        raise
    _remove_abandoned(folder, now)


def _keep_owner_and_mode(part: str, old: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(part, old.st_uid, old.st_gid)
    os.chmod(part, stat.S_IMODE(old.st_mode))


def _remove_abandoned(folder: str, now: float) -> None:
    """Remove what processes that were killed while they wrote left in the folder, by the file system's own clock."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PART) and entry.name.endswith(".part"):
                with suppress(OSError):
                    if now - entry.stat(follow_symlinks=False).st_mtime > _ABANDONED:
                        os.remove(entry.path)
