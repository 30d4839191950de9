r"""A derivation as LaTeX, and as Markdown with LaTeX in it.

What is written is understood by LaTeX with amsmath, by MathJax and by KaTeX alike. A line inside ``aligned`` never
begins with a character that Markdown would act on, and in Markdown no character of it is one that HTML acts on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from microgradnet.derivation.lettering import Written
from microgradnet.derivation.page import Equation, Row, Section
from microgradnet.derivation.working import Prose

_WIDTH = 84  # columns that the plain text of one line may have, to fit on a slide
_RELATIONS = {"=": "=", "≈": r"\approx"}


def write_latex(sections: Sequence[Section]) -> str:
    """Return the equations of each section as one ``align*``."""
    groups = [_equations(section) for section in sections if section.equations]
    return "\n\n".join(f"\\begin{{align*}}\n{group}\n\\end{{align*}}" for group in groups)


def write_display(sections: Sequence[Section]) -> str:
    """Return all equations as one displayed formula, which a notebook shows."""
    groups = " \\\\[1.5em]\n".join(_equations(section) for section in sections if section.equations)
    return f"$$\n\\begin{{aligned}}\n{safe_in_markdown(groups)}\n\\end{{aligned}}\n$$"


def write_markdown(title: Prose, sections: Sequence[Section]) -> str:
    """Return the page as Markdown."""
    blocks = [f"### {_sentence(title)}"]
    for section in sections:
        blocks.append(f"**{_sentence(section.title)}**")
        if section.equations:
            blocks.append(write_display([section]))
        if section.sentences:
            blocks.append("\n".join(f"- {_sentence(sentence)}" for sentence in section.sentences))
    return "\n\n".join(blocks) + "\n"


def safe_in_markdown(latex: str) -> str:
    r"""Return LaTeX without ``<`` and ``>``, which start tags, and without ``\$``, which may end the formula."""
    return latex.replace("<", r"\lt ").replace(">", r"\gt ").replace(r"\$", r"\text{＄}")


def _equations(section: Section) -> str:
    return " \\\\[0.5em]\n".join(" \\\\\n".join(_equation(equation)) for equation in section.equations)


def _equation(equation: Equation) -> Iterator[str]:
    left = equation.left.latex
    length = len(equation.left.text) + sum(len(row.text) + 1 for row in equation.rows)
    if length <= _WIDTH and not any(row.apart for row in equation.rows):
        yield f"{left} &{' '.join(_row(row) for row in equation.rows)}"
        return
    for row in equation.rows:
        for line in _broken(row):
            yield f"{left} &{line}"
            left = ""


def _row(row: Row) -> str:
    return f"{_RELATIONS[row.relation]} " + " + ".join(term.latex for term in row.terms)


def _broken(row: Row) -> Iterator[str]:
    """Yield a row, broken before a "+" where it is too wide."""
    line, length = f"{_RELATIONS[row.relation]} {row.terms[0].latex}", len(row.terms[0].text)
    for term in row.terms[1:]:
        if row.apart or length + len(term.text) + 3 > _WIDTH:
            yield line
            line, length = rf"\quad + {term.latex}", len(term.text)
        else:
            line, length = f"{line} + {term.latex}", length + len(term.text) + 3
    yield line


def _sentence(parts: Prose) -> str:
    return "".join(f"${safe_in_markdown(part.latex)}$" if isinstance(part, Written) else part for part in parts)
