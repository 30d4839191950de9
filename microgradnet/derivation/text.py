"""A derivation as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microgradnet.derivation.lettering import Written
from microgradnet.derivation.page import Equation, Row, Section
from microgradnet.derivation.working import Prose

WIDTH = 100
_WIDEST_LEFT = 28


def write_text(title: Prose, sections: Sequence[Section]) -> str:
    """Return the page as text, equations aligned, lines of at most 100 columns where they can be broken."""
    lines = [_sentence(title)]
    for section in sections:
        lines += ["", _sentence(section.title)]
        width = max((len(equation.left.text) for equation in section.equations), default=0)
        for equation in section.equations:
            lines += _equation(equation, min(width, _WIDEST_LEFT))
        lines += [f"  {_sentence(sentence)}" for sentence in section.sentences]
    return "\n".join(lines)


def _equation(equation: Equation, width: int) -> Iterator[str]:
    left = f"  {equation.left.text:<{width}} "
    whole = left + " ".join(row.text for row in equation.rows)
    if len(whole) <= WIDTH and not any(row.apart for row in equation.rows):
        yield whole
        return
    indent = " " * min(len(left), _WIDEST_LEFT + 3)
    if len(left) > len(indent):
        yield left.rstrip()
        left = indent
    for row in equation.rows:
        for line in _broken(row, WIDTH - len(indent)):
            yield left + line
            left = indent


def _broken(row: Row, width: int) -> Iterator[str]:
    """Yield a row, broken before a "+" where it is too wide."""
    line = f"{row.relation} {row.terms[0].text}"
    for term in row.terms[1:]:
        if row.apart or len(line) + len(term.text) + 3 > width:
            yield line
            line = f"+ {term.text}"
        else:
            line += f" + {term.text}"
    yield line


def _sentence(parts: Prose) -> str:
    return "".join(part.text if isinstance(part, Written) else part for part in parts)
