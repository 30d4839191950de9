"""The edges of a graph's picture: one per operand, with the local derivative of the result by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from microgradnet.draw.picture import Edge
from microgradnet.draw.source import Source
from microgradnet.value import Constant, Value


def make_edges(source: Source) -> Iterable[Edge]:
    """Return the edges in the order of their results and operands; those at folded scopes last, merged."""
    merged: Counter[tuple[str, str]] = Counter()
    for result in source.order:
        for place, (operand, partial) in enumerate(zip(result.inputs, result.partials, strict=True)):
            if isinstance(operand, Constant):
                if not source.fold_of(result):
                    yield Edge(source.constant_key(result, place), source.key(result), quiet=True)
            elif source.fold_of(result) or source.fold_of(operand):
                merged[source.end(operand), source.end(result)] += 1
            else:
                yield _operand_edge(source, operand, result, partial)
    for (tail, head), count in merged.items():
        if tail != head:
            words = f"{count} edges" if count > 1 else "1 edge"
            yield Edge(tail, head, words if count > 1 else "", f"{words} at a folded scope")


def _operand_edge(source: Source, operand: Value, result: Value, partial: float) -> Edge:
    figure = source.figure(partial)
    of, by = source.name(result) or "result", source.name(operand) or "operand"
    description = f"∂({of})/∂({by}) = {figure}"
    return Edge(source.key(operand), source.key(result), figure if "local" in source.show else "", description)
