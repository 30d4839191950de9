"""Pictures of a computation: ``mg.draw(loss)``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from microgradnet.drawing.detail import AUTO, LEVELS, OPERATIONS, check_detail
from microgradnet.drawing.export import Drawing as Drawing
from microgradnet.drawing.fold import USUAL, Fold
from microgradnet.drawing.graph_picture import build_picture, program_picture
from microgradnet.drawing.picture import (
    LIMIT,
    PARTS,
    check_aspect,
    check_digits,
    check_direction,
    check_flow,
    check_limit,
    check_loss,
    check_repeats,
    check_show,
    find_theme,
)
from microgradnet.drawing.picture import Theme as Theme
from microgradnet.errors import DrawingError
from microgradnet.names import caller_variables
from microgradnet.value import Value

_READABLE = 11.0  # pixels of the smallest text on a slide that is read from the last row
_MOST_READABLE = 90  # boxes: no slide holds more in letters that can be read


def draw(
    loss: Any,
    *,
    direction: str = "LR",
    digits: int = 4,
    show: str | Iterable[str] = PARTS,
    flow: bool = False,
    highlight: Any = None,
    detail: str = AUTO,
    fold: Fold = None,
    repeats: int = USUAL,
    aspect: float | None = 16 / 9,
    theme: str | Theme = "light",
    limit: int = LIMIT,
) -> Drawing:
    """Draw the computation graph below a node: the label, value and gradient of each, local derivatives on the edges.

    The numbers are those at the time of the call; nothing in the graph is changed. Leaves have round corners, results
    are square with their operation's symbol and the constants that it takes, and ``loss`` has a heavy border. Names are
    labels; a node without one is called as the caller's variable that is bound to it at the time of the call, else by
    its formula, or by its number: v1.

    Arguments:
        loss: the node, a Value; or a program of ``mg.compile``, which is drawn array by array, and for which only
            ``direction``, ``theme`` and ``limit`` count.
        direction: of the arrows, ``"LR"`` (left to right), ``"TB"`` (top to bottom), ``"RL"`` or ``"BT"``.
        digits: significant digits of the numbers; numbers that are exact in fewer are shown in fewer.
        show: the parts to show: ``"value"``, ``"grad"``, ``"local"`` (local derivatives), ``"scope"`` (a box around the
            nodes of each scope), ``"note"`` (how to read it).
        flow: whether to draw the gradient flow: each edge as wide as the part of the gradient that flows back through
            it (the adjoint of the result times the local derivative), solid where it is positive and dashed where it
            is negative. Widths are logarithmic where parts span more than two decades; a legend shows them. The parts
            that arrive at a node add up to its gradient; saturated units (slope below 5 % of the steepest) and dead
            relus are grey. The adjoints are computed for the picture, before ``backward()`` as well as after; ``.grad``
            is neither read nor changed.
        highlight: a node, its name, or a list of such: the paths from it to ``loss`` stand out, all else is faint;
            under the picture stand the products of the local derivatives along each path, and their sum, which is the
            gradient. Of more than 6 paths, their number and sum.
        detail: what one box stands for: ``"operations"``; ``"sums"``: a sum of products, with each weight and its
            gradient on the line, the softmax, the loss; ``"neurons"``; ``"layers"``; or ``"auto"``: the finest of these
            whose text is at least 11 pixels high on a slide of 1280 x 720 (``"operations"`` with ``fold`` or
            ``highlight``).
        fold: what to draw as one box each: a kind of scope such as ``"layer"`` or ``"neuron"``, the name or path of one
            scope, ``"scope"`` for every outermost one, ``"repeats"`` for none; or a list of such.
        repeats: how many folded boxes, and nodes beside them, that are built alike are still drawn one by one; more
            become one box, "×16".
        aspect: width to height that long pictures are wrapped to, in bands; None for no wrapping.
        theme: ``"light"``, ``"dark"``, ``"print"`` (black on white) or a :class:`Theme`.
        limit: how many boxes are still drawn.

    Returns:
        A :class:`Drawing`, which a notebook shows; ``.svg``, ``.html``, ``.dot``, ``.mermaid``, ``.tikz``,
        ``.png``, ``.pdf``, ``.save("graph.svg")``.

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
    if not isinstance(loss, Value):
        return _draw_program(loss, direction, theme, limit)
    check_direction(direction)
    check_digits(digits)
    check_limit(limit)
    check_repeats(repeats)
    check_flow(flow)
    check_detail(detail)
    check_aspect(aspect)
    colours = find_theme(theme)
    options: dict[str, Any] = {"show": check_show(show), "digits": digits, "direction": direction, "fold": fold}
    options |= {"repeats": repeats, "limit": limit, "flow": flow, "highlight": highlight, "known": caller_variables()}

    def drawn(level: str) -> Drawing:
        return Drawing(build_picture(loss, detail=level, **options), colours, aspect)

    if detail != AUTO:
        return drawn(detail)
    return drawn(OPERATIONS) if fold or highlight is not None else _finest(drawn)


def _finest(drawn: Callable[[str], Drawing]) -> Drawing:
    """Return the picture of the finest detail that can be read on a slide, else the one with the largest text."""
    best: Drawing | None = None
    for level in LEVELS:
        try:
            drawing = drawn(level)
        except DrawingError:  # more boxes than the limit
            if best is None and level == LEVELS[-1]:
                raise
            continue
        count = len(drawing.picture.boxes)
        if count > _MOST_READABLE and level != LEVELS[-1]:
            continue
        if best is not None and count >= len(best.picture.boxes):
            continue
        if best is None or drawing.text_size > best.text_size:
            best = drawing
        if best.text_size >= _READABLE:
            return best
    return best if best is not None else drawn(OPERATIONS)


def _draw_program(program: Any, direction: str, theme: str | Theme, limit: int) -> Drawing:
    from microgradnet.compiler.program import Program  # with NumPy, which a graph is drawn without

    if not isinstance(program, Program):
        check_loss(program)
    check_direction(direction)
    check_limit(limit)
    return Drawing(program_picture(program, direction=direction, limit=limit), find_theme(theme))
