"""Pictures of a computation: ``mg.draw(loss)``.

Where to read what, in this order:

- the picture as data, without a place for anything: ``picture``, from ``source``, ``names``, ``boxes``, ``edges``,
  ``fold``, ``gradients``, put together by ``build``;
- where everything goes: ``dot``, ``render`` (the one place that runs Graphviz), ``relays``, ``layout``, ``effort``;
- how it looks: ``theme``, ``text``, ``figures``, ``measure``, ``svg`` and its ``svg_*`` parts;
- what the caller holds: ``options``, ``drawing``, ``saving``, and :func:`draw` here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microgradnet.callable_module import make_callable
from microgradnet.draw.build import build_picture
from microgradnet.draw.drawing import Drawing as Drawing
from microgradnet.draw.options import (
    LIMIT,
    PARTS,
    check_digits,
    check_direction,
    check_limit,
    check_loss,
    check_show,
)
from microgradnet.draw.theme import Theme as Theme
from microgradnet.draw.theme import find_theme


def draw(
    loss: Any,
    *,
    direction: str = "LR",
    digits: int = 4,
    show: str | Iterable[str] = PARTS,
    fold: str | None = None,
    theme: str | Theme = "light",
    limit: int = LIMIT,
) -> Drawing:
    """Draw the computation graph below a node: the label, value and gradient of each, local derivatives on the edges.

    The numbers are those at the time of the call; nothing in the graph is changed. Leaves have round corners, results
    are square with their operation's symbol, constants are small and dashed, and ``loss`` has a heavy border.

    Arguments:
        loss: the node, a Value.
        direction: of the arrows, ``"LR"`` (left to right), ``"TB"`` (top to bottom), ``"RL"`` or ``"BT"``.
        digits: significant digits of the numbers; numbers that are exact in fewer are shown in fewer.
        show: the parts to show: ``"value"``, ``"grad"``, ``"local"`` (local derivatives), ``"scope"`` (a box around the
            nodes of each scope), ``"note"`` (how to read it).
        fold: a kind of scope to draw as one box each, such as ``"layer"``; or the name or path of one scope.
        theme: ``"light"``, ``"dark"``, ``"print"`` (black on white) or a :class:`Theme`.
        limit: how many boxes are still drawn.

    Returns:
        A :class:`Drawing`, which a notebook shows; ``.svg``, ``.dot``, ``.save("graph.svg")``.

    Raises:
        NumberTypeError: ``loss`` is not a Value; a TypeError too.
        ArgumentError: another argument is none of those above.
        UnknownNameError: there is no theme of this name.
        DrawingError: there are more boxes than ``limit``.

    Example:
        >>> from microgradnet import Value
        >>> a = Value(3.0, label="a")
        >>> draw(a + a)
        <Drawing: Computation graph of loss, 2 boxes, 2 edges; .svg, .dot, .save('graph.svg')>
    """
    check_loss(loss)
    check_direction(direction)
    check_digits(digits)
    check_limit(limit)
    shown = check_show(show)
    colours = find_theme(theme)
    return Drawing(build_picture(loss, show=shown, digits=digits, direction=direction, fold=fold, limit=limit), colours)


make_callable(__name__, draw)
