"""``Drawing``: a picture that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from microgradnet.draw.document import write_pdf
from microgradnet.draw.dot import write_dot
from microgradnet.draw.formats import contents
from microgradnet.draw.layout import lay_out
from microgradnet.draw.mermaid import write_mermaid
from microgradnet.draw.page import write_page
from microgradnet.draw.picture import Picture
from microgradnet.draw.raster import write_png
from microgradnet.draw.saving import write_whole
from microgradnet.draw.svg import write_svg
from microgradnet.draw.theme import LIGHT, Theme
from microgradnet.draw.tikz import write_tikz


class Drawing:
    """A picture, written in a format when that is first asked for. The last expression of a notebook cell shows it.

    Arguments:
        picture: its boxes and edges.
        theme: its colours.
    """

    def __init__(self, picture: Picture, theme: Theme = LIGHT) -> None:
        self.picture, self.theme = picture, theme

    @cached_property
    def dot(self) -> str:
        """The picture as DOT text, for any Graphviz."""
        return write_dot(self.picture, self.theme)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text.

        Raises:
            DrawingError: the layout fails.
        """
        return write_svg(self.picture, lay_out(self.picture), self.theme)

    @cached_property
    def html(self) -> str:
        """The picture as an HTML page of its own."""
        return write_page(self.picture.title, self.svg)

    @cached_property
    def mermaid(self) -> str:
        """The picture as Mermaid text, for a fenced block on GitHub."""
        return write_mermaid(self.picture, self.theme)

    @cached_property
    def tikz(self) -> str:
        """The picture as a LaTeX document that needs TikZ only, every part where it is in the SVG."""
        return write_tikz(self.svg)

    @cached_property
    def png(self) -> bytes:
        """The picture as PNG.

        Raises:
            DrawingError: the machine has no font.
        """
        return write_png(self.svg)

    @cached_property
    def pdf(self) -> bytes:
        """The picture as PDF.

        Raises:
            DrawingError: there is neither the package typst nor Graphviz's ``dot``.
        """
        return write_pdf(self.picture.title, self.svg, self.dot)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all, in the format of its suffix; return the path.

        ``.svg``, ``.html``, ``.dot``, ``.mermaid`` (``.mmd``) and ``.tikz`` (``.tex``) are the same bytes on every
        machine. ``.png`` and ``.pdf`` are set in the fonts that the machine has; ``.pdf`` needs the extra ``pdf``, or
        Graphviz's program ``dot``.

        Raises:
            DrawingError: the suffix is not known, the format needs something that is not there, or the file can't be
                written.
        """
        path = Path(path)
        write_whole(path, contents(self, path))
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        boxes, edges = len(self.picture.boxes), len(self.picture.edges)
        return f"<Drawing: {self.picture.title}, {boxes} boxes, {edges} edges; .svg, .dot, .save('graph.svg')>"
