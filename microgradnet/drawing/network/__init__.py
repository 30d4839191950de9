"""The textbook's picture of a network, circles and lines, from the user's own model: ``mg.draw_network(mlp)``.

Where to read what, in this order:

- the network as data: ``content``, from ``reading``, ``passes`` and ``curve``;
- what is written where: ``wording``, ``notes``;
- where everything goes: ``columns``, ``gap``, ``labels`` (which finds each weight a place on its line), ``geometry``;
- how it looks: ``strokes``, ``svg`` and its ``svg_*`` parts;
- what the caller holds: ``options``, ``drawing``, and :func:`draw_network` here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from microgradnet.drawing.network.drawing import NetworkDrawing as NetworkDrawing
from microgradnet.drawing.network.options import LIMIT, read_options
from microgradnet.drawing.network.reading import read_network
from microgradnet.drawing.theme import Theme, find_theme
from microgradnet.errors import ArgumentError, shown
from microgradnet.nn.losses import half_squared_error


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
    theme: str | Theme = "light",
    limit: int = LIMIT,
) -> NetworkDrawing:
    r"""Draw a network as textbooks do: inputs on the left, each layer a column of circles, a line for each weight.

    On each line stands its weight, under each circle its bias, on places where they cover no other line and no other
    label. Where there is no such place, as between wide layers, lines are as thick as their weights are large, solid
    blue where positive and dashed orange where negative. The numbers are those at the time of the call. The forward and
    backward pass run in nodes of their own: nothing in the model is changed, no ``.grad`` either.

    Arguments:
        model: an MLP, a Layer or a Neuron.
        x: the inputs of one sample, numbers or Values: then z and a stand in each circle.
        t: its targets, one for each output (with ``cross_entropy`` also the index of the class): then targets and loss
            stand at the right.
        loss: from outputs and targets to a Value, such as ``mg.losses.cross_entropy``.
        show: what stands on each line: ``"weights"``, ``"names"``, ``"gradients"`` (:math:`\partial E/\partial w`, and
            :math:`\delta = \partial E/\partial z` under each circle), ``"updates"`` (0.1 → 0.0992), or a list of such.
            Gradients are those of this x and t; without t, what ``loss.backward()`` left in ``.grad``.
        eta: the learning rate :math:`\eta` of the updates, :math:`w - \eta\,\partial E/\partial w`.
        lines: ``"figures"`` on every line, ``"thickness"`` and sign, or ``"auto"``: figures where they can be read.
        digits: significant digits of the numbers; numbers that are exact in fewer are shown in fewer.
        theme: ``"light"``, ``"dark"``, ``"print"`` (black on white) or a :class:`Theme`.
        limit: how many neurons a layer may have, up to 40, to be drawn whole; of larger ones some are left out, "784
            inputs".

    Returns:
        A :class:`NetworkDrawing`, which a notebook shows; ``.svg``, ``.html``, ``.tikz``, ``.png``, ``.pdf``,
        ``.save("network.svg")``.

    Raises:
        NumberTypeError: ``model`` is no network, or x or t holds something that is not a real number.
        ShapeError: x or t has another length than the model has inputs or outputs.
        ArgumentError: another argument is none of those above, or gradients are asked for before there are any.
        UnknownNameError: there is no theme of this name.
        DrawingError: there are more than 20 layers, or figures are asked for on more lines than there is place for.

    Example:
        >>> from microgradnet import MLP
        >>> xor = MLP(2, [2, 1], activation="sigmoid", output="sigmoid", seed=1)
        >>> draw_network(xor, x=[0, 1], t=[1], show="updates", eta=0.5)
        <NetworkDrawing: Network 2-2-1, 5 circles, 6 lines; .svg, .save('network.svg')>
    """
    colours = find_theme(theme)
    options = read_options(show=show, eta=eta, digits=digits, lines=lines, limit=limit)
    if not callable(loss):
        advice = "Give one of mg.losses, such as mg.losses.cross_entropy."
        raise ArgumentError("loss is a function of outputs and targets", shown(loss), advice)
    return NetworkDrawing(read_network(model, x, t, loss, options), options, colours)
