"""The boxes of a graph's picture: one per node, per use of a constant, and per folded scope."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from microgradnet.drawing.flow import folded_rows, parts_by_node, parts_row, unit_row
from microgradnet.drawing.folded import Folded
from microgradnet.drawing.picture import NAME_LIMIT, Box, Row
from microgradnet.drawing.source import Source
from microgradnet.names import delta
from microgradnet.text import clean, shorten
from microgradnet.value import Constant, Value

NOT_COMPUTED = "not computed yet"
_DESCRIPTION_LIMIT = 200  # characters of a label in a tooltip


def make_boxes(source: Source) -> Iterable[Box]:
    """Return the boxes in topological order."""
    drawn: set[str] = set()
    parts = parts_by_node(source.order, source.adjoints) if source.adjoints is not None else {}
    for node in source.order:
        fold = source.fold_of(node)
        if fold:
            if fold not in drawn:
                drawn.add(fold)
                yield _folded_box(source, fold)
        elif not isinstance(node, Constant) or len(source.order) == 1:  # other constants are drawn beside each use
            yield from _constant_boxes(source, node)
            yield _node_box(source, node, parts.get(node, []))


def _constant_boxes(source: Source, node: Value) -> Iterable[Box]:
    """Return a small box for each constant among the operands, in the scope of its use."""
    faint = "faint" if source.highlight.nodes else ""
    for place, operand in enumerate(node.inputs):
        if isinstance(operand, Constant):
            text = shorten(clean(operand.label), NAME_LIMIT) or source.figure(operand.data)
            key, words = source.constant_key(node, place), f"constant {text}"
            yield Box(key, "constant", text, scope=source.scope(node), description=words, emphasis=faint)


def _node_box(source: Source, node: Value, parts: list[float]) -> Box:
    rows = (*_rows(source, node), *_flow_rows(source, node, parts))
    full = shorten(clean(node.label), _DESCRIPTION_LIMIT) or source.name(node)
    if node.op is not None:
        full = f"{full} ({node.op.name})" if full else node.op.name
    return Box(
        key=source.key(node),
        kind="result" if node.inputs else "leaf",
        name=source.name(node),
        symbol=node.op.symbol if node.op else "",
        rows=rows,
        scope=source.scope(node),
        output=node is source.order[-1],
        description=", ".join([full, *(f"{row.caption} {row.text}" for row in rows)]),
        emphasis=source.highlight.of_node(node),
    )


def _rows(source: Source, node: Value) -> Iterator[Row]:
    if "value" in source.show:
        yield Row("value", source.figure(node.data), "value")
    if "grad" in source.show:
        caption, gradient = delta(clean(node.label)) or "grad", source.gradient(node)
        if gradient is None:
            yield Row(caption, NOT_COMPUTED, "missing")
        else:
            yield Row(caption, source.figure(gradient), "grad")


def _flow_rows(source: Source, node: Value, parts: list[float]) -> list[Row]:
    if source.adjoints is None:
        return []
    shown = parts_row(parts, source.adjoints[node], source.digits) if "grad" in source.show else []
    return shown + unit_row(node, source.digits)


def _folded_box(source: Source, fold: str) -> Box:
    folded = source.folded[fold]
    rows = _counts(folded) if folded.is_scope else _ranges(source, folded)
    if source.adjoints is not None:
        rows += folded_rows(folded.nodes, source.adjoints, source.digits)
    words = " and ".join(f"{row.text} {row.caption}" for row in rows)
    name = folded.name
    first = folded.nodes[0]
    full = shorten(clean(folded.path), _DESCRIPTION_LIMIT) if folded.count == 1 else name
    return Box(
        key=source.folded_key(fold),
        kind="folded",
        name=name,
        symbol=first.op.symbol if first.op and not folded.is_scope else "",
        rows=tuple(rows),
        scope=folded.outer if "scope" in source.show else "",
        output=source.fold_of(source.order[-1]) == fold,
        description=f"{full}, folded: {words}",
        emphasis=source.highlight.of_node(*folded.nodes),
        several=folded.count > 1,
    )


def _counts(folded: Folded) -> list[Row]:
    counts = (("operations", folded.operations), ("leaves", folded.leaves))
    if folded.count == 1:
        return [Row(what, str(number), "count") for what, number in counts]
    return [Row(what, f"{folded.count} × {number // folded.count}", "count") for what, number in counts]


def _ranges(source: Source, folded: Folded) -> list[Row]:
    """Return from where to where the values and gradients go, of nodes that are built alike."""
    rows = []
    if "value" in source.show:
        rows.append(Row("value", _range(source, [node.data for node in folded.nodes]), "value"))
    if "grad" in source.show:
        gradients = [source.gradient(node) for node in folded.nodes]
        computed = [gradient for gradient in gradients if gradient is not None]
        if len(computed) < len(gradients):
            rows.append(Row("grad", NOT_COMPUTED, "missing"))
        else:
            rows.append(Row("grad", _range(source, computed), "grad"))
    return rows


def _range(source: Source, numbers: list[float]) -> str:
    finite = [number for number in numbers if not math.isnan(number)] or numbers
    low, high = source.figure(min(finite)), source.figure(max(finite))
    return low if low == high else f"{low} … {high}"
