"""A page: a Markdown file whose front matter says what is calculated, and whose text is the calculation.

The front matter is TOML between two lines ``+++``. Lines of code blocks and of ``$...$`` and ``$$...$$`` that hold an
``=``, ``≈`` or ``->`` are claims; prose is not.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import WorksheetError
from microgradnet.text import clean

_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*\{?\.?([\w+-]*)")
_PROSE_BLOCKS = frozenset(["", "text", "txt", "math", "latex", "tex", "plain", "answer"])
_INLINE = re.compile(r"\$\$.+?\$\$|\$[^$\n]+?\$|\\\(.+?\\\)|\\\[.+?\\\]")


@dataclass(frozen=True, slots=True)
class PageText:
    """A page as it was read.

    Arguments:
        front: the front matter.
        title: the first heading; "" if there is none.
        lines: the lines of the file, with all that is no claim blanked out, so that columns stay as they are.
    """

    front: dict[str, Any]
    title: str
    lines: list[str]


def read_page(text: str, file: str = "page") -> PageText:
    """Read the front matter of a page and find its claims.

    Raises:
        WorksheetError: there is no front matter, or it is not TOML; the message names the line.
    """
    lines = text.replace("\r\n", "\n").lstrip("\ufeff").split("\n")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "+++"), None)
    if lines[0].strip() != "+++" or end is None:
        raise WorksheetError(
            "a page begins with front matter between two lines +++", f"{clean(lines[0], 60)!r} in {clean(file)}",
            "`microgradnet new page.md` writes one.",
        )  # fmt: skip
    try:
        front = tomllib.loads("\n".join(["", *lines[1:end]]))
    except tomllib.TOMLDecodeError as error:
        raise WorksheetError("front matter is TOML", f"{clean(file)}: {error}", "Mend that line.") from None
    heading = next((line.lstrip("# ").strip() for line in lines[end + 1 :] if re.match(r"#\s", line)), "")
    return PageText(front, clean(heading), [""] * (end + 1) + claim_lines(lines[end + 1 :]))


def claim_lines(lines: list[str]) -> list[str]:
    """Return Markdown with all but its code blocks and formulas blanked out."""
    kept: list[str] = []
    fence, is_claims, in_display, after_blank = "", True, False, True
    for line in lines:
        opening = _FENCE.match(line)
        display = line.count("$$") % 2 == 1
        if opening and (not fence or opening[1].startswith(fence)):
            fence, is_claims = ("", True) if fence else (opening[1], opening[2].lower() in _PROSE_BLOCKS)
            kept.append("")
        elif fence:
            kept.append(line if is_claims else "")
        elif in_display or display:
            kept.append(line.replace("$$", "  "))
            in_display ^= display
        elif re.match(r"(?: {4}|\t)\s*\S", line) and after_blank:
            kept.append(line)
            continue
        else:
            kept.append(_formulas(line))
        after_blank = not line.strip() or bool(opening)
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
