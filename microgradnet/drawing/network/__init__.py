"""The textbook's picture of a network, circles and lines, from the user's own model: ``mg.draw_network(mlp)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from microgradnet.drawing.export import Rendering
from microgradnet.drawing.network.layout import NetworkLayout, lay_out
from microgradnet.drawing.network.model import LIMIT, Network, Options, read_network, read_options
from microgradnet.drawing.network.svg import write_svg
from microgradnet.drawing.network.wording import Wording
from microgradnet.drawing.picture import Theme, find_theme
from microgradnet.errors import ArgumentError, shown
from microgradnet.nn.losses import half_squared_error


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
        self.layout: NetworkLayout = lay_out(network, self._wording)

    def _draw(self) -> str:
        return write_svg(self.network, self.layout, self._wording, self.theme)

    def __repr__(self) -> str:
        circles = sum(len(column.units) for column in self.network.columns)
        wires = len(self.layout.wires)
        return f"<NetworkDrawing: {self.network.title}, {circles} circles, {wires} lines; .svg, .save('network.svg')>"


def draw_network(
    model: Any,
    x: Any = None,
    t: Any = None,
    *,
    loss: Callable[..., Any] = half_squared_error,
    show: str | Iterable[str] = "weights",
    eta: float | None = None,
    lines: str = "auto",
    digits: int = 3,
    theme: str | Theme = "auto",
    limit: int = LIMIT,
    focus: str | None = None,
) -> NetworkDrawing:
    r"""Draw a network as textbooks do: inputs on the left, each layer a column of circles, a line for each weight.

    On each line stands its weight, under each circle its bias, on places where they cover no other line and no other
    label. Where there is no such place, as between wide layers, lines are as thick as their weights are large, whole
    where positive and dashed where negative. The numbers are those at the time of the call. The forward and
    backward pass run in nodes of their own: nothing in the model is changed, no ``.grad`` either.

    Arguments:
        model: an MLP, a Layer or a Neuron.
        x: the inputs of one sample, numbers or Values: then z and a stand in each circle.
        t: its targets, one for each output (with ``cross_entropy`` also the index of the class): then targets and loss
            stand at the right.
        loss: from outputs and targets to a Value, such as ``mg.losses.cross_entropy``.
        show: the text on each line: ``"weights"``, ``"names"``, ``"gradients"`` (:math:`\partial E/\partial w`, and
            :math:`\delta = \partial E/\partial z` at each circle), ``"updates"`` (0.1 → 0.09916: digits that show the
            change), or a list of such. Gradients are those of this x and t; without t, what ``loss.backward()`` left in
            ``.grad``. With gradients, units that stop them are grey, and a strip shows the norm of delta per layer. Of
            thick lines, gradients beside weights are bands behind them.
        eta: the learning rate :math:`\eta` of the updates, :math:`w - \eta\,\partial E/\partial w`.
        lines: ``"figures"`` on every line, ``"thickness"`` and sign, or ``"auto"``: figures where they can be read.
        digits: significant digits of the numbers; numbers that are exact in fewer are shown in fewer.
        theme: ``"auto"`` (light; in a notebook and in HTML as those are set), ``"light"``, ``"dark"``, ``"print"``
            (black on white) or a :class:`Theme`.
        limit: how many neurons a layer may have, up to 40, to be drawn whole. Of larger ones some are left out, "784
            inputs", and then of those between 7 and 10 too, so that no layer looks larger than one that is.
        focus: the name of one unit, ``"a1[2]"``: figures stand on its lines only, and all others are faint.

    Returns:
        A :class:`NetworkDrawing`, which a notebook shows; ``.svg``, ``.html``, ``.tikz``, ``.png``, ``.pdf``,
        ``.save("network.svg")``.

    Raises:
        NumberTypeError: ``model`` is no network, or x or t holds something that is not a real number.
        ShapeError: x or t has another length than the model has inputs or outputs.
        ArgumentError: another argument has a value not listed above, or gradients are asked for before backward().
        UnknownNameError: there is no theme of this name.
        DrawingError: there are more than 20 layers, or figures are asked for on more lines than there is place for.

    Example:
        >>> from microgradnet import MLP
        >>> xor = MLP(2, [2, 1], activation="sigmoid", output="sigmoid", seed=1)
        >>> draw_network(xor, x=[0, 1], t=[1], show="updates", eta=0.5)
        <NetworkDrawing: Network 2-2-1, 5 circles, 6 lines; .svg, .save('network.svg')>
    """
    colours = find_theme(theme)
    options = read_options(show=show, eta=eta, digits=digits, lines=lines, limit=limit, focus=focus)
    if not callable(loss):
        advice = "Give one of mg.losses, such as mg.losses.cross_entropy."
        raise ArgumentError("loss is a function of outputs and targets", shown(loss), advice)
    return NetworkDrawing(read_network(model, x, t, loss, options), options, colours)
