"""``NetworkDrawing``: the picture of a network, which shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

from functools import cached_property

from microgradnet.drawing.network.columns import Layout, lay_out
from microgradnet.drawing.network.content import Network
from microgradnet.drawing.network.options import Options
from microgradnet.drawing.network.svg import write_svg
from microgradnet.drawing.network.wording import Wording
from microgradnet.drawing.rendering import Rendering
from microgradnet.drawing.theme import Theme


class NetworkDrawing(Rendering):
    """A network as circles and lines. The last expression of a notebook cell shows it.

    Arguments:
        network: its columns of units, with their numbers.
        options: what of them is shown.
        theme: its colours.

    Raises:
        DrawingError: figures were asked for on more lines than there is place for.
    """

    def __init__(self, network: Network, options: Options, theme: Theme) -> None:
        super().__init__(network.title)
        self.network, self.options, self.theme = network, options, theme
        self._wording = Wording(network, options)
        self.layout: Layout = lay_out(network, self._wording)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text, the same bytes for the same model everywhere."""
        return write_svg(self.network, self.layout, self._wording, self.theme)

    def __repr__(self) -> str:
        circles = sum(len(column.units) for column in self.network.columns)
        wires = len(self.layout.wires)
        return f"<NetworkDrawing: {self.network.title}, {circles} circles, {wires} lines; .svg, .save('network.svg')>"
