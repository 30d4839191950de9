"""How the line of an edge looks, in every format: its width, colour and dashes."""

from __future__ import annotations

from microgradnet.drawing.picture import Edge
from microgradnet.drawing.theme import Theme

FADED = 0.3  # the opacity of what a highlight leaves in the background
USUAL_WIDTH = 1.0  # points
_STRONG_WIDTH = 2.2


def edge_width(edge: Edge) -> float:
    """Return the width of an edge's line in points."""
    return edge.width or (_STRONG_WIDTH if edge.emphasis == "strong" else USUAL_WIDTH)


def edge_colour(edge: Edge, theme: Theme) -> str:
    """Return the colour of an edge's line: that of its sign where adjoints flow, else that of its emphasis."""
    if edge.sign:
        return theme.positive if edge.sign == "+" else theme.negative
    if edge.emphasis == "strong":
        return theme.highlight
    return theme.muted if edge.quiet else theme.rule


def dash_pattern(edge: Edge) -> tuple[float, ...]:
    """Return the lengths of dashes and gaps in points: none for a whole line, short ones for a constant's.

    Those of a negative part are longer than the line is wide, so that a wide line still looks dashed.
    """
    if edge.sign == "-":
        wide = edge_width(edge)
        return 4.0 + wide, 2.0 + wide / 2
    return (3.0, 2.0) if edge.quiet else ()
