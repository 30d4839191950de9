"""``Derivation``: what ``mg.derive`` returns, in every form that it can be shown in."""

from __future__ import annotations

from functools import cached_property

from microgradnet.derivation.latex import write_display, write_latex, write_markdown
from microgradnet.derivation.page import Section
from microgradnet.derivation.script import Script
from microgradnet.derivation.text import write_text
from microgradnet.derivation.working import Factor, Path, Prose, Step, Working


class Derivation:
    """The chain rule for one node, worked out. Print it, or leave it as the last line of a notebook's cell.

    Arguments:
        working: the derivation as data.
        digits: how many significant digits are shown.
    """

    def __init__(self, working: Working, digits: int) -> None:
        self.working, self.digits = working, digits

    @property
    def value(self) -> float:
        """The derivative, bit for bit as ``backward()`` gives it."""
        return self.working.value

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The factors of all listed paths, each once."""
        return self.working.factors

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths from the loss down to the node; empty where there are too many to list."""
        return self.working.paths

    @property
    def steps(self) -> tuple[Step, ...]:
        """The same derivative node by node from the loss down, each node once."""
        return self.working.steps

    @cached_property
    def sections(self) -> list[Section]:
        """The page: sections of equations, of which text, Markdown and LaTeX are three notations."""
        return Script(self.working, self.digits).sections()

    @property
    def text(self) -> str:
        """The page as plain text."""
        return write_text(self._title, self.sections)

    @property
    def markdown(self) -> str:
        """The page as Markdown with formulas in ``$$``, for GitHub, Jupyter and nbconvert."""
        return write_markdown(self._title, self.sections)

    @property
    def latex(self) -> str:
        r"""The equations as one ``align*`` per section, for a document that loads amsmath.

        A section longer than a page needs ``\allowdisplaybreaks`` in the document.
        Labels with letters beyond ASCII need a Unicode engine, LuaLaTeX or XeLaTeX, and a font that has them.
        """
        return write_latex(self.sections)

    @property
    def _title(self) -> Prose:
        return ("The derivative ", self.working.derivative)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Derivation of {self.working.derivative.text} = {self.value!r}>"

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_latex_(self) -> str:
        return write_display(self.sections)
