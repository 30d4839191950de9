"""How hard Graphviz may try: an operand that is used all along a deep graph makes its best layout take minutes."""

from __future__ import annotations

from microgradnet.drawing.picture import Picture

SHORT = 3  # columns: edges that cross no more are no burden
_EASY = 700  # columns crossed by all edges together: up to this, the best layout takes some tenths of a second
_LONG = 200  # columns crossed by the longer ones together: beyond both, curves around all boxes take many seconds
_MANY = 400  # boxes: of more than this, a few rounds of improvement give as small a picture as hundreds
_FEW_ROUNDS = {"nslimit": "0.2", "mclimit": "0.1"}
_HASTE = {**_FEW_ROUNDS, "splines": "line"}


def layout_attributes(picture: Picture) -> dict[str, str]:
    """Return Graphviz's attributes for a quick layout where the best would take too long, else none."""
    crossed = spans(picture)
    if sum(crossed) > _EASY and sum(columns for columns in crossed if columns > SHORT) > _LONG:
        return dict(_HASTE)
    return dict(_FEW_ROUNDS) if len(picture.boxes) > _MANY else {}


def spans(picture: Picture) -> list[int]:
    """Return how many columns each edge crosses, when each box stands as far left as its operands allow."""
    column: dict[str, int] = {}
    for edge in picture.edges:  # in topological order of their heads, but for those at folded scopes
        column[edge.head] = max(column.get(edge.head, 0), column.get(edge.tail, 0) + 1)
    # A leaf with one use stands right before it; only what is used in several places has edges that are long.
    first_use: dict[str, int] = {}
    for edge in picture.edges:
        before = column[edge.head] - 1
        first_use[edge.tail] = min(first_use.get(edge.tail, before), before)
    return [column[edge.head] - max(column.get(edge.tail, 0), first_use[edge.tail]) for edge in picture.edges]
