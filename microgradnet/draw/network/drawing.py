"""``NetworkDrawing``: the picture of a network, which shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import os
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from microgradnet.draw.document import write_pdf
from microgradnet.draw.formats import FORMATS, contents
from microgradnet.draw.network.columns import Layout, lay_out
from microgradnet.draw.network.content import Network
from microgradnet.draw.network.options import Options
from microgradnet.draw.network.svg import write_svg
from microgradnet.draw.network.wording import Wording
from microgradnet.draw.page import write_page
from microgradnet.draw.raster import write_png
from microgradnet.draw.saving import write_whole
from microgradnet.draw.theme import Theme
from microgradnet.draw.tikz import write_tikz
from microgradnet.errors import DrawingError


class NetworkDrawing:
    """A network as circles and lines. The last expression of a notebook cell shows it.

    Arguments:
        network: its columns of units, with their numbers.
        options: what of them is shown.
        theme: its colours.

    Raises:
        DrawingError: figures were asked for on more lines than there is place for.
    """

    def __init__(self, network: Network, options: Options, theme: Theme) -> None:
        self.network, self.options, self.theme = network, options, theme
        self._wording = Wording(network, options)
        self.layout: Layout = lay_out(network, self._wording)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text, the same bytes for the same model everywhere."""
        return write_svg(self.network, self.layout, self._wording, self.theme)

    @cached_property
    def html(self) -> str:
        """The picture as an HTML page of its own."""
        return write_page(self.network.title, self.svg)

    @cached_property
    def tikz(self) -> str:
        """The picture as a LaTeX document that needs TikZ only."""
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
            DrawingError: the package typst is not installed.
        """
        if find_spec("typst") is None:
            advice = "Install it: pip install 'microgradnet[pdf]'. Or save as .svg, .png or .tikz, which need no more."
            raise DrawingError("a .pdf of a network needs the package typst", "none", advice)
        return write_pdf(self.network.title, self.svg, "")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, whole or not at all, in the format of its suffix; return the path.

        ``.svg``, ``.html`` and ``.tikz`` (``.tex``) are the same bytes on every machine. ``.png`` and ``.pdf`` are set
        in the fonts that the machine has; ``.pdf`` needs the extra ``pdf``.

        Raises:
            DrawingError: the suffix is not known, the format needs something that is not there, or the file can't be
                written.
        """
        path = Path(path)
        if not hasattr(type(self), FORMATS.get(path.suffix.lower(), "")):
            known = [suffix for suffix, attribute in FORMATS.items() if hasattr(type(self), attribute)]
            wanted = f"a file name that ends in {', '.join(known)}"
            raise DrawingError(wanted, repr(str(path)), "The suffix says which format to write; .svg needs nothing.")
        write_whole(path, contents(self, path))
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        circles = sum(len(column.units) for column in self.network.columns)
        wires = len(self.layout.wires)
        return f"<NetworkDrawing: {self.network.title}, {circles} circles, {wires} lines; .svg, .save('network.svg')>"
