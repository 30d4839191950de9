"""A picture that follows sliders: ``mg.explore(f, a=(-3, 3))`` in a notebook.

Where to read what, in this order: ``sliders`` (what is varied), ``recording`` (the graph of one position), ``scene``
(its picture, laid out once), ``live`` (from a position to the numbers that the picture shows), ``widget`` (what the
notebook holds). The page's side is ``picture.js``, ``sliders.js``, ``widget.js`` and ``widget.css``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from microgradnet.drawing.explore.live import Live
from microgradnet.drawing.explore.scene import Look
from microgradnet.drawing.explore.sliders import read_sliders
from microgradnet.drawing.options import check_digits, check_direction, check_limit
from microgradnet.errors import ArgumentError
from microgradnet.names import caller_variables

if TYPE_CHECKING:
    from microgradnet.drawing.explore.widget import Explorer

LIMIT = 300  # boxes: a picture of more is no longer followed while it moves
THEMES = ("auto", "light", "dark")


def explore(
    f: Callable[..., Any],
    *,
    digits: int = 4,
    direction: str = "LR",
    theme: str = "auto",
    limit: int = LIMIT,
    **ranges: Any,
) -> Explorer:
    """Draw the graph of a function with a slider for each argument; all values and gradients follow the sliders.

    The function is called anew at each position, so it may choose with Python's ``if``: the picture is laid out again
    where another graph comes out, else only its numbers change. What a position can't compute, such as the logarithm
    of a negative number, is said under the sliders, and the last picture stays. Values that the function takes from
    outside, such as a model's parameters, are read; no ``.data`` and no ``.grad`` of them is changed.

    Arguments:
        f: a function that takes Values by keyword and returns one Value.
        digits: significant digits of the numbers.
        direction: of the arrows, ``"LR"`` (left to right), ``"TB"`` (top to bottom), ``"RL"`` or ``"BT"``.
        theme: ``"auto"`` (as the notebook is set), ``"light"`` or ``"dark"``.
        limit: how many boxes are still drawn.
        ranges: for each argument that has a slider ``(low, high)`` or ``(low, high, start)``; it starts in the middle
            where no start is given. Arguments of ``f`` with a default may be left out.

    Returns:
        An :class:`~microgradnet.drawing.explore.widget.Explorer`, which a notebook shows: JupyterLab, VS Code,
        Colab, marimo. ``.values`` and ``.loss`` are the numbers and the graph at the present position, ``.move(a=2.0)``
        moves a slider.

    Raises:
        ArgumentError: a range is none, ``f`` has no such argument or needs others, or an option is none of those above.
        NumberTypeError: ``f`` returns no Value; a TypeError too.
        DomainError: ``f`` can't be computed where the sliders start.
        DrawingError: there are more boxes than ``limit``.
        ImportError: anywidget is not installed; the message says how to get it.

    Example:
        >>> def f(a, b):
        ...     return (a * b).tanh()
        >>> explore(f, a=(-3, 3), b=(0, 2, 0.5))
        <Explorer of f: a = 0.0, b = 0.5; .values, .loss, .move(a=...)>
    """
    check_digits(digits)
    check_direction(direction)
    check_limit(limit)
    if theme not in THEMES:
        raise ArgumentError("a theme of the widget", repr(theme), f"Choose {', '.join(THEMES)}.")
    live = Live(f, read_sliders(f, ranges), Look(digits, direction, limit), caller_variables())
    try:
        from microgradnet.drawing.explore.widget import Explorer
    except ImportError as error:
        raise ImportError('mg.explore needs anywidget: pip install "microgradnet[notebooks]".') from error
    return Explorer(live, theme)
