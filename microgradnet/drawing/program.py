"""The picture of a compiled program: one box for each array, from the parameters and samples to the loss."""

from __future__ import annotations

from microgradnet.compiler.program import Program as Program
from microgradnet.compiler.writing import Group
from microgradnet.drawing.options import LIMIT
from microgradnet.drawing.picture import NAME_LIMIT, Box, Edge, Picture, Row
from microgradnet.errors import DrawingError
from microgradnet.text import clean, shorten

_LONGEST = 44  # characters of an equation in a box


def program_picture(program: Program, *, direction: str = "LR", limit: int = LIMIT) -> Picture:
    """Return the picture of the arrays that a program computes, each with its shape, its equation and its scalars.

    Raises:
        DrawingError: the graph was too narrow for arrays, or there are more of them than ``limit``.
    """
    groups = program.groups
    if not groups:
        advice = "Draw the graph itself: mg.draw(loss)."
        raise DrawingError("a picture of a program shows its arrays", "a graph too narrow for arrays", advice)
    if len(groups) > limit:
        advice = f"Insist with limit={len(groups)}, or read program.explain()."
        raise DrawingError(f"a picture that can be read has at most {limit} boxes", f"{len(groups)}", advice)
    boxes = tuple(_box(place, group, place == len(groups) - 1) for place, group in enumerate(groups))
    edges = tuple(
        Edge(_key(operand), _key(place), description=f"{_name(groups[operand])} goes into {_name(group)}")
        for place, group in enumerate(groups)
        for operand in group.operands
    )
    batched = any(group.batched for group in groups)
    notes = ("n: the number of samples",) if batched else ()
    return Picture(title="Arrays of a compiled program", boxes=boxes, edges=edges, notes=notes, direction=direction)


def _key(place: int) -> str:
    return f"array{place + 1}"


def _name(group: Group) -> str:
    return group.name or shorten(group.equation, NAME_LIMIT)


def _box(place: int, group: Group, last: bool) -> Box:
    rows = [Row("shape", group.size, "count")]
    if group.kind == "computed" and group.name:
        rows.insert(0, Row("=", shorten(group.equation, _LONGEST), "value"))
    return Box(
        key=_key(place),
        kind="result" if group.kind == "computed" else "leaf",
        name=_name(group),
        rows=tuple(rows),
        output=last,
        description=f"{_name(group)}, {group.kind}: {clean(group.scalars)}, shape {group.size}",
    )
