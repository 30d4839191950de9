"""``Rendering``: what every picture does with its SVG: other formats, files, and showing itself in a notebook."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from microgradnet.drawing.document import write_pdf
from microgradnet.drawing.formats import contents
from microgradnet.drawing.page import write_page
from microgradnet.drawing.raster import write_png
from microgradnet.drawing.saving import write_whole
from microgradnet.drawing.tikz import write_tikz


class Rendering:
    """A picture, written in a format when that is first asked for. The last expression of a notebook cell shows it.

    A subclass gives its SVG, and ``dot`` where there is such a text of it.

    Arguments:
        title: what it shows, in a line.
    """

    def __init__(self, title: str) -> None:
        self.title = title

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text.

        Raises:
            DrawingError: the layout fails.
        """
        raise NotImplementedError(f"{type(self).__name__} gives its picture as svg")

    @cached_property
    def html(self) -> str:
        """The picture as an HTML page of its own."""
        return write_page(self.title, self.svg)

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
            DrawingError: there is neither the package typst nor, for what has DOT text, Graphviz's ``dot``.
        """
        return write_pdf(self.title, self.svg, getattr(self, "dot", None))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all, in the format of its suffix; return the path.

        ``.svg``, ``.html``, ``.tikz`` (``.tex``) and, of graphs, ``.dot`` and ``.mermaid`` (``.mmd``) are the same
        bytes on every machine. ``.png`` and ``.pdf`` are set in the fonts that the machine has; ``.pdf`` needs the
        extra ``pdf``, or, for a graph, Graphviz's program ``dot``.

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
