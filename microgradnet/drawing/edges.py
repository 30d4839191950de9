"""The edges of a graph's picture: one per operand, with the local derivative, or the part of the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from microgradnet.drawing.flow import Flowing, scale, sign_of
from microgradnet.drawing.picture import Edge
from microgradnet.drawing.source import Source
from microgradnet.figures import write_signed
from microgradnet.value import Constant, Value


@dataclass(slots=True)
class _Merged:
    """The edges between two boxes of which one is folded."""

    count: int = 0
    strong: bool = False
    parts: list[float] = field(default_factory=list)


def make_edges(source: Source) -> list[Edge]:
    """Return the edges in the order of their results and operands; those at folded boxes last, merged."""
    merged: dict[tuple[str, str], _Merged] = {}
    edges = [*_single_edges(source, merged), *_merged_edges(source, merged)]
    return scale(edges) if source.adjoints is not None else [each.edge for each in edges]


def _single_edges(source: Source, merged: dict[tuple[str, str], _Merged]) -> Iterator[Flowing]:
    """Yield the edges between single boxes, and note the others."""
    adjoints = source.adjoints or {}
    for result in source.order:
        folded = source.fold_of(result)
        for place, (operand, partial) in enumerate(zip(result.inputs, result.partials, strict=True)):
            part = adjoints.get(result, 0.0) * partial
            if isinstance(operand, Constant):
                if not folded:
                    faint = "faint" if source.highlight.nodes else ""
                    tail = source.constant_key(result, place)
                    yield Flowing(Edge(tail, source.key(result), quiet=True, emphasis=faint), 0.0)
            elif folded or source.fold_of(operand):
                found = merged.setdefault((source.end(operand), source.end(result)), _Merged())
                found.count += 1
                found.strong |= source.highlight.of_edge(operand, result) == "strong"
                found.parts.append(part)
            else:
                yield Flowing(_operand_edge(source, operand, result, partial, part), abs(part))


def _operand_edge(source: Source, operand: Value, result: Value, partial: float, part: float) -> Edge:
    figure = source.figure(partial)
    of, by = source.name(result), source.name(operand)
    description = f"∂({of})/∂({by}) = {figure}"
    flow = source.adjoints
    if flow is not None:
        figure = write_signed(part, source.digits)
        description = f"{figure} of the grad of {by}: grad of {of} {source.figure(flow[result])} times {description}"
    return Edge(
        tail=source.key(operand),
        head=source.key(result),
        label=figure if "local" in source.show else "",
        description=description,
        sign=sign_of(part) if flow is not None else "",
        backward=flow is not None,
        emphasis=source.highlight.of_edge(operand, result),
    )


def _merged_edges(source: Source, merged: dict[tuple[str, str], _Merged]) -> Iterator[Flowing]:
    for (tail, head), found in merged.items():
        if tail == head:
            continue
        words = f"{found.count} edges" if found.count > 1 else "1 edge"
        label, description, strength = words if found.count > 1 else "", f"{words} at a folded scope", 0.0
        emphasis = ("strong" if found.strong else "faint") if source.highlight.nodes else ""
        edge = Edge(tail, head, label, description, emphasis=emphasis, merged=found.count > 1)
        if source.adjoints is None:
            yield Flowing(edge, strength)
        else:
            yield _merged_flow(source, edge, found)


def _merged_flow(source: Source, edge: Edge, found: _Merged) -> Flowing:
    """Return a merged edge with the norm of what flows through it, signed where all has one sign."""
    strength = math.hypot(*found.parts)
    signs = {sign_of(part) for part in found.parts} - {""}
    sign = min(signs) if len(signs) == 1 else ""
    if found.count == 1:
        figure = write_signed(found.parts[0], source.digits)
    else:
        mark = "±" if len(signs) > 1 else {"+": "+", "-": "−"}.get(sign, "")
        figure = f"{found.count} edges {mark}".rstrip() + f", norm {source.figure(strength)}"
    label = figure if "local" in source.show else ""
    words = f"{edge.description}: {figure}"
    return Flowing(replace(edge, label=label, description=words, sign=sign, backward=True), strength)
