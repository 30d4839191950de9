"""The boxes of a graph's picture: one per node, per use of a constant, and per folded scope."""

from __future__ import annotations

from collections.abc import Iterable

from microgradnet.draw.names import NAME_LIMIT, name_gradient
from microgradnet.draw.picture import Box, Row
from microgradnet.draw.source import Source
from microgradnet.draw.text import clean, shorten
from microgradnet.value import Constant, Value

NOT_COMPUTED = "not computed yet"
_DESCRIPTION_LIMIT = 200  # characters of a label in a tooltip


def make_boxes(source: Source) -> Iterable[Box]:
    """Return the boxes in topological order."""
    drawn: set[str] = set()
    for node in source.order:
        scope = source.fold_of(node)
        if scope:
            if scope not in drawn:
                drawn.add(scope)
                yield _folded_box(source, scope)
        elif not isinstance(node, Constant) or len(source.order) == 1:  # other constants are drawn beside each use
            yield from _constant_boxes(source, node)
            yield _node_box(source, node)


def _constant_boxes(source: Source, node: Value) -> Iterable[Box]:
    """Return a small box for each constant among the operands, in the scope of its use."""
    for place, operand in enumerate(node.inputs):
        if isinstance(operand, Constant):
            text = shorten(clean(operand.label), NAME_LIMIT) or source.figure(operand.data)
            key = source.constant_key(node, place)
            yield Box(key, "constant", text, scope=source.scope(node), description=f"constant {text}")


def _node_box(source: Source, node: Value) -> Box:
    rows = _rows(source, node)
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
        description=", ".join([full or "leaf without a label", *(f"{row.caption} {row.text}" for row in rows)]),
    )


def _rows(source: Source, node: Value) -> tuple[Row, ...]:
    rows = []
    if "value" in source.show:
        rows.append(Row("value", source.figure(node.data), "value"))
    if "grad" in source.show:
        caption = name_gradient(node)
        computed = Row(caption, source.figure(node.grad), "grad")
        rows.append(computed if node.has_grad else Row(caption, NOT_COMPUTED, "missing"))
    return tuple(rows)


def _folded_box(source: Source, scope: str) -> Box:
    folded = source.folded[scope]
    counts = (("operations", folded.operations), ("leaves", folded.leaves))
    outer, _, name = clean(scope).rpartition("/")
    words = " and ".join(f"{count} {what}" for what, count in counts)
    return Box(
        key=source.folded_key(scope),
        kind="folded",
        name=shorten(name, NAME_LIMIT),
        rows=tuple(Row(what, str(count), "count") for what, count in counts),
        scope=outer if "scope" in source.show else "",
        output=source.fold_of(source.order[-1]) == scope,
        description=f"{shorten(clean(scope), _DESCRIPTION_LIMIT)}, folded: {words}",
    )
