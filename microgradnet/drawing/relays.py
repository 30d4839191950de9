"""Relays: invisible points at which edges enter the frame of a scope.

Graphviz leads an edge between two frames around the leaves in the first column of the second one, outside its frame,
and moves the whole frame out of the way. A point inside the frame, in that column, lets the edge go straight in.
"""

from __future__ import annotations

from dataclasses import replace

from microgradnet.drawing.picture import Box, Picture


def relay_key(place: int) -> str:
    """Return the key of the relay of an edge, which is counted from 1."""
    return f"r{place}"


def add_relays(picture: Picture) -> Picture:
    """Return the picture with a relay in each edge that enters a scope beside leaves of that scope.

    The edges stay in order; the second halves of those with a relay follow after all others, in the same order.
    """
    boxes = {box.key: box for box in picture.boxes}
    crowded = _heads_with_own_leaves(picture, boxes)
    edges, second_halves, relays = [], [], []
    for place, edge in enumerate(picture.edges, 1):
        if edge.head in crowded and not _inside(boxes[edge.tail].scope, boxes[edge.head].scope):
            key = relay_key(place)
            relays.append(Box(key, "relay", scope=boxes[edge.head].scope))
            edges.append(replace(edge, head=key))
            second_halves.append(replace(edge, tail=key, label="", description=""))
        else:
            edges.append(edge)
    return replace(picture, boxes=[*picture.boxes, *relays], edges=[*edges, *second_halves])


def _heads_with_own_leaves(picture: Picture, boxes: dict[str, Box]) -> set[str]:
    """Return the results that have a leaf or constant of their own scope among their operands."""
    return {
        edge.head
        for edge in picture.edges
        if boxes[edge.tail].kind in ("leaf", "constant") and boxes[edge.tail].scope == boxes[edge.head].scope
    }


def _inside(scope: str, outer: str) -> bool:
    return f"{scope}/".startswith(f"{outer}/") if outer else True
