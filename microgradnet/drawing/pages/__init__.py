"""Pages that move: ``mg.step_through(loss)`` steps through both passes, ``mg.explore(f, a=(-3, 3))`` has sliders."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from microgradnet.drawing.pages.live import Live, read_sliders
from microgradnet.drawing.pages.scene import Look, make_step_scene
from microgradnet.drawing.pages.stepper import StepPage as StepPage
from microgradnet.drawing.pages.steps import Numbers
from microgradnet.drawing.pages.trace import trace
from microgradnet.drawing.picture import AUTO, check_detail, check_digits, check_direction, check_limit, check_loss
from microgradnet.errors import ArgumentError, DrawingError, not_installed
from microgradnet.graph import topological
from microgradnet.names import caller_variables

if TYPE_CHECKING:
    from microgradnet.drawing.pages.widget import Explorer


MOST_NODES = 300  # nodes: nobody steps through more, and the page grows by two kilobytes with each
THEMES = ("auto", "light", "dark")


def step_through(
    loss: Any,
    *,
    digits: int = 4,
    theme: str = "auto",
    direction: str = "LR",
    detail: str = AUTO,
    limit: int = MOST_NODES,
) -> StepPage:
    """Make a page that steps through the computation of a node: forward node by node, then backward edge by edge.

    Each step shows the node, its formula with symbols and with numbers, and what is added to whose gradient; a click on
    a leaf shows its chain rule, as ``mg.derive`` works it out. The page is one HTML text that loads nothing and needs
    no kernel: it works in notebooks, after ``nbconvert``, and as a file. Arrow keys step, space plays; a step may also
    be a node, a neuron or a layer.

    A number can be typed for a leaf: the page then computes both passes again, with the rules of the table written as
    JavaScript, and all its numbers follow; "Put back" restores what was recorded. As with ``mg.recompute``, the graph
    stays as it was recorded: a Python ``if`` keeps the branch it took. Where an operation of the graph can't be written
    so (``lgamma``, or a rule of one's own that calls Python's ``math``), the page says so.

    What has no label is called as the caller's variables are, else by its formula, or v1, v2, ... where that is long.
    The graph is copied, so no ``.grad`` is read or changed: before and after ``backward()`` the page shows the same
    sweep, from zero. Constants, the 3 of ``3*x``, receive no gradient: nobody varies them.

    Arguments:
        loss: the node, a Value.
        digits: significant digits of the numbers; the pointer over a number shows all of them.
        theme: ``"auto"`` (as the reader's system is set), ``"light"`` or ``"dark"``; a button changes it.
        direction: of the picture's arrows, ``"LR"`` (left to right), ``"TB"`` (top to bottom), ``"RL"`` or ``"BT"``.
        detail: what one box stands for, as in ``mg.draw``: ``"operations"``, ``"sums"``, ``"neurons"``, ``"layers"``;
            ``"auto"`` is operations up to 60 boxes, else sums. The steps say each operation, in the box it is in.
        limit: how many nodes are still stepped through.

    Returns:
        A :class:`StepPage`, which a notebook shows; ``.html``, ``.save("lesson.html")``.

    Raises:
        NumberTypeError: ``loss`` is not a Value; a TypeError too.
        ArgumentError: another argument has a value that is not listed above.
        DrawingError: there are more nodes than ``limit``.

    Example:
        >>> from microgradnet import Value
        >>> a = Value(3.0, label="a")
        >>> step_through(a * a + a)
        <StepPage: Step through loss, 2 steps forward, 4 backward; .html, .save('lesson.html')>
    """
    check_loss(loss, "step_through")
    check_digits(digits)
    check_direction(direction)
    check_limit(limit)
    check_detail(detail)
    if theme not in THEMES:
        raise ArgumentError("a theme of the page", repr(theme), f"Choose {', '.join(THEMES)}.")
    count = len(topological(loss))
    if count > limit:
        advice = (
            "Step through a part of it (any node inside), or a smaller network; "
            f'mg.draw(loss, fold="layer") draws it folded; or insist with limit={count}.'
        )
        raise DrawingError(f"a page to step through has at most {limit} nodes", f"{count}", advice)
    both = trace(loss, caller_variables())
    look = Look(digits, direction, 3 * limit, detail)
    return StepPage(both, make_step_scene(both, Numbers(digits), look), look, theme)


MOST_BOXES = 300  # boxes: a picture of more is no longer followed while it moves


def explore(
    f: Callable[..., Any],
    *,
    digits: int = 4,
    direction: str = "LR",
    theme: str = "auto",
    detail: str = AUTO,
    limit: int = MOST_BOXES,
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
        detail: what one box stands for, as in ``mg.draw``; ``"auto"`` is operations up to 60 boxes, else sums.
        limit: how many boxes are still drawn.
        ranges: for each argument that has a slider ``(low, high)`` or ``(low, high, start)``; it starts in the middle
            where no start is given. Arguments of ``f`` with a default may be left out.

    Returns:
        An :class:`~microgradnet.drawing.pages.widget.Explorer`, which a notebook shows: JupyterLab, VS Code,
        Colab, marimo. ``.values`` and ``.loss`` are the numbers and the graph at the present position, ``.move(a=2.0)``
        moves a slider.

    Raises:
        ArgumentError: a range is not one, ``f`` has no such argument or needs others, or an option is not listed above.
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
    check_detail(detail)
    if theme not in THEMES:
        raise ArgumentError("a theme of the widget", repr(theme), f"Choose {', '.join(THEMES)}.")
    live = Live(f, read_sliders(f, ranges), Look(digits, direction, limit, detail), caller_variables())
    try:
        from microgradnet.drawing.pages.widget import Explorer
    except ImportError as error:
        raise not_installed("anywidget", "notebooks") from error
    return Explorer(live, theme)
