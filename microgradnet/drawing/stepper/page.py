"""``StepPage``: the page of ``mg.step_through``, which shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import html
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from microgradnet.drawing.saving import write_whole
from microgradnet.drawing.stepper.assemble import assemble, page_data
from microgradnet.drawing.stepper.chain_rules import ChainRules
from microgradnet.drawing.stepper.formulas import Formulas
from microgradnet.drawing.stepper.parts import Numbers, harmless
from microgradnet.drawing.stepper.scene import Scene
from microgradnet.drawing.stepper.steps import Script, Step
from microgradnet.drawing.stepper.trace import Trace
from microgradnet.errors import DrawingError

_SUFFIXES = (".html", ".htm")
_FRAME_HEIGHT = 640  # pixels, in a notebook; its corner can be dragged


class StepPage:
    """The forward and the backward pass of one graph as a page. The last expression of a notebook cell shows it.

    Arguments:
        trace: the two passes as data.
        scene: the picture.
        digits: significant digits of the numbers.
        theme: ``"auto"``, ``"light"`` or ``"dark"``.
    """

    def __init__(self, trace: Trace, scene: Scene, digits: int, theme: str) -> None:
        self.trace, self.scene, self.digits, self.theme = trace, scene, digits, theme
        self._numbers = Numbers(digits)
        self._formulas = Formulas(trace, scene.names, self._numbers)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What the page shows, step by step."""
        return tuple(Script(self.trace, self._formulas, self._numbers, self.scene.deltas).steps())

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"Step through {harmless(self._formulas.names[-1])}"

    @cached_property
    def html(self) -> str:
        """The page as HTML text: one file that loads nothing, the same bytes for the same graph."""
        rules = ChainRules(self.trace, self.digits)
        names = [harmless(name) for name in self._formulas.names]
        data = page_data(self.trace, self.steps, self.scene, rules, names)
        return assemble(self.title, self.theme, self.scene, data)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to an ``.html`` file, whole or not at all; return the path.

        A browser opens it without a network; ``lesson.html#7`` opens it at step 7.

        Raises:
            DrawingError: the suffix is another one, or the file can't be written.
        """
        path = Path(path)
        if path.suffix.lower() not in _SUFFIXES:
            wanted = f"a file name that ends in {' or '.join(_SUFFIXES)}"
            raise DrawingError(wanted, repr(str(path)), "For other formats, save a picture: mg.draw(loss).save(...).")
        write_whole(path, self.html.encode("utf-8"))
        return path

    def _repr_html_(self) -> str:
        """Return a frame that holds the whole page, so that no style, name or key of it meets the notebook's."""
        style = f"width:100%;height:{_FRAME_HEIGHT}px;border:0;resize:vertical;overflow:auto"
        return (
            f'<iframe sandbox="allow-scripts allow-modals" title="{html.escape(self.title)}" style="{style}" '
            f'srcdoc="{_in_attribute(self.html)}"></iframe>'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        forward, backward = len(self.trace.operations), len(self.trace.contributions)
        return f"<StepPage: {self.title}, {forward} steps forward, {backward} backward; .html, .save('lesson.html')>"


def _in_attribute(text: str) -> str:
    """Return text as it stands between double quotes: in an attribute only these two characters need escaping."""
    return text.replace("&", "&amp;").replace('"', "&quot;")
