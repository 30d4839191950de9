"""``Drawing``: a picture that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from microgradnet.draw.dot import write_dot
from microgradnet.draw.layout import lay_out
from microgradnet.draw.picture import Picture
from microgradnet.draw.render import render_with_binary
from microgradnet.draw.saving import write_whole
from microgradnet.draw.svg import write_svg
from microgradnet.draw.theme import LIGHT, Theme
from microgradnet.errors import DrawingError

_SUFFIXES = (".svg", ".dot", ".png", ".pdf")


class Drawing:
    """A picture, made into SVG or DOT text when it is first asked for. The last expression of a notebook cell shows it.

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

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all, in the format of its suffix; return the path.

        ``.svg`` and ``.dot`` are the same bytes on every machine; ``.png`` and ``.pdf`` are made by Graphviz's program
        ``dot``, if the machine has it.

        Raises:
            DrawingError: the suffix is not known, the format needs a program that is not there, or the file can't be
                written.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in _SUFFIXES:
            wanted = f"a file name that ends in {', '.join(_SUFFIXES)}"
            raise DrawingError(wanted, repr(str(path)), "The suffix says which format to write; .svg needs nothing.")
        if suffix in (".svg", ".dot"):
            content = (self.svg if suffix == ".svg" else self.dot).encode("utf-8")
        else:
            content = render_with_binary(self.dot, suffix[1:])
        write_whole(path, content)
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        boxes, edges = len(self.picture.boxes), len(self.picture.edges)
        return f"<Drawing: {self.picture.title}, {boxes} boxes, {edges} edges; .svg, .dot, .save('graph.svg')>"
