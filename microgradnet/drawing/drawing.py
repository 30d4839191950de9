"""``Drawing``: a picture that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

from functools import cached_property

from microgradnet.drawing.dot import write_dot
from microgradnet.drawing.layout import lay_out
from microgradnet.drawing.mermaid import write_mermaid
from microgradnet.drawing.picture import Picture
from microgradnet.drawing.rendering import Rendering
from microgradnet.drawing.svg import write_svg
from microgradnet.drawing.theme import LIGHT, Theme


class Drawing(Rendering):
    """The picture of a graph, in every format. The last expression of a notebook cell shows it.

    Arguments:
        picture: its boxes and edges.
        theme: its colours.
    """

    def __init__(self, picture: Picture, theme: Theme = LIGHT) -> None:
        super().__init__(picture.title)
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
    def mermaid(self) -> str:
        """The picture as Mermaid text, for a fenced block on GitHub."""
        return write_mermaid(self.picture, self.theme)

    def __repr__(self) -> str:
        boxes, edges = len(self.picture.boxes), len(self.picture.edges)
        return f"<Drawing: {self.picture.title}, {boxes} boxes, {edges} edges; .svg, .dot, .save('graph.svg')>"
