"""The backward pass in motion: ``mg.step_through(loss)`` makes one HTML page of a computation.

Where to read what, in this order: ``trace`` (both passes as data), ``parts`` and ``formulas`` (how lines are written),
``steps`` (what each step says), ``scene`` (the picture), ``chain_rules`` (the derivation of each leaf), ``assemble``
(the HTML), ``page`` (what the caller holds). The page itself is ``page.html`` with its style sheets and scripts.
"""

from __future__ import annotations

from typing import Any

from microgradnet.drawing.options import check_digits, check_direction, check_limit, check_loss
from microgradnet.drawing.stepper.page import StepPage as StepPage
from microgradnet.drawing.stepper.parts import Numbers
from microgradnet.drawing.stepper.scene import make_scene
from microgradnet.drawing.stepper.trace import trace
from microgradnet.errors import ArgumentError, DrawingError
from microgradnet.graph import topological
from microgradnet.names import caller_variables

LIMIT = 300  # nodes: nobody steps through more, and the page grows by two kilobytes with each
THEMES = ("auto", "light", "dark")


def step_through(
    loss: Any, *, digits: int = 4, theme: str = "auto", direction: str = "LR", limit: int = LIMIT
) -> StepPage:
    """Make a page that steps through the computation of a node: forward node by node, then backward edge by edge.

    Each step shows the node, its formula with symbols and with numbers, and what is added to whose gradient; a click on
    a leaf shows its chain rule, as ``mg.derive`` works it out. The page is one HTML text that loads nothing and needs
    no kernel: it works in notebooks, after ``nbconvert``, and as a file. Arrow keys step, space plays.

    What has no label is called as the caller's variables are, else by its formula, or v1, v2, ... where that is long.
    The graph is copied, so no ``.grad`` is read or changed: before and after ``backward()`` the page shows the same
    sweep, from zero. Constants, the 3 of ``3*x``, receive no gradient: nobody varies them.

    Arguments:
        loss: the node, a Value.
        digits: significant digits of the numbers; the pointer over a number shows all of them.
        theme: ``"auto"`` (as the reader's system is set), ``"light"`` or ``"dark"``; a button changes it.
        direction: of the picture's arrows, ``"LR"`` (left to right), ``"TB"`` (top to bottom), ``"RL"`` or ``"BT"``.
        limit: how many nodes are still stepped through.

    Returns:
        A :class:`StepPage`, which a notebook shows; ``.html``, ``.save("lesson.html")``.

    Raises:
        NumberTypeError: ``loss`` is not a Value; a TypeError too.
        ArgumentError: another argument is none of those above.
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
    return StepPage(both, make_scene(both, Numbers(digits), digits, direction, 3 * limit), digits, theme)
