"""From a recorded graph to the boxes and edges of its picture. The graph is read, never changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from microgradnet.draw.figures import write_figure
from microgradnet.draw.fold import fold_choices, folded_scopes
from microgradnet.draw.gradients import gradient_note
from microgradnet.draw.names import NAME_LIMIT, name_nodes
from microgradnet.draw.options import LIMIT, PARTS
from microgradnet.draw.picture import Box, Edge, Picture, Row
from microgradnet.draw.text import clean, shorten
from microgradnet.errors import DrawingError
from microgradnet.graph import topological
from microgradnet.value import Constant, Value

NOT_COMPUTED = "not computed yet"


@dataclass(frozen=True, slots=True)
class _Source:
    """A graph with all that is asked of it while its picture is built."""

    order: list[Value]
    folded: list[str]
    names: list[str]
    positions: dict[int, int]
    show: frozenset[str]
    digits: int

    def figure(self, number: float) -> str:
        return write_figure(number, self.digits)

    def scope(self, node: Value) -> str:
        return clean(node.scope) if "scope" in self.show else ""


def build_picture(
    loss: Value,
    *,
    show: Iterable[str] = PARTS,
    digits: int = 4,
    direction: str = "LR",
    fold: str | None = None,
    limit: int = LIMIT,
) -> Picture:
    """Return the picture of the graph below ``loss``, with the numbers as they are now.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph.
        DrawingError: there are more boxes than ``limit``.
    """
    order = topological(loss)
    folded = folded_scopes(order, fold)
    _check_size(order, folded, limit)
    positions = {id(node): position for position, node in enumerate(order)}
    source = _Source(order, folded, name_nodes(order, digits), positions, frozenset(show), digits)
    boxes = [*_boxes(source)]
    name = source.names[-1] if loss.label else "loss"
    return Picture(
        title=f"Computation graph of {name}",
        boxes=boxes,
        edges=[*_edges(source)],
        notes=_notes(source, name) if "note" in source.show else (),
        direction=direction,
    )


def _check_size(order: Sequence[Value], folded: Sequence[str], limit: int) -> None:
    count = len({scope for scope in folded if scope}) + sum(not scope for scope in folded)
    if count <= limit:
        return
    folds = [f'fold="{kind}"' for kind in fold_choices(order)]
    choices = ", ".join(["Draw a part of it (any node below)", *folds, f"or allow it with limit={count}"])
    raise DrawingError(f"a picture that can be read has at most {limit} boxes", f"{count}", f"{choices}.")


def _key(source: _Source, node: Value) -> str:
    return f"n{source.positions[id(node)] + 1}"


def _boxes(source: _Source) -> Iterable[Box]:
    first: dict[str, int] = {}
    for position, (node, scope) in enumerate(zip(source.order, source.folded, strict=True)):
        if scope:
            first.setdefault(scope, position)
            if first[scope] == position:
                yield _folded_box(source, scope)
        elif isinstance(node, Constant) and len(source.order) > 1:
            continue  # drawn beside each use
        else:
            yield from _constant_boxes(source, node)
            yield _node_box(source, node, source.names[position])


def _constant_boxes(source: _Source, node: Value) -> Iterable[Box]:
    """Return a small box for each constant among the operands, in the scope of its use."""
    for place, operand in enumerate(node.inputs):
        if isinstance(operand, Constant):
            text = _constant_text(source, operand)
            key = _constant_key(source, node, place)
            yield Box(key, "constant", text, scope=source.scope(node), description=f"constant {text}")


def _constant_text(source: _Source, node: Value) -> str:
    return shorten(clean(node.label), NAME_LIMIT) or source.figure(node.data)


def _constant_key(source: _Source, result: Value, place: int) -> str:
    return f"{_key(source, result)}c{place + 1}"


def _node_box(source: _Source, node: Value, name: str) -> Box:
    rows = []
    if "value" in source.show:
        rows.append(Row("value", source.figure(node.data), "value"))
    if "grad" in source.show:
        rows.append(
            Row("grad", source.figure(node.grad), "grad") if node.has_grad else Row("grad", NOT_COMPUTED, "missing")
        )
    kind = "result" if node.inputs else "leaf"
    full = shorten(clean(node.label), 200) or name or (node.op.name if node.op else "unnamed leaf")
    numbers = "".join(f", {row.caption} {row.text}" for row in rows)
    made = f" ({node.op.name})" if node.op and full != node.op.name else ""
    return Box(
        key=_key(source, node),
        kind=kind,
        name=name,
        symbol=node.op.symbol if node.op else "",
        rows=tuple(rows),
        scope=source.scope(node),
        output=node is source.order[-1],
        description=f"{full}{made}{numbers}",
    )


def _folded_key(source: _Source, scope: str) -> str:
    return f"n{source.folded.index(scope) + 1}f"


def _folded_box(source: _Source, scope: str) -> Box:
    inside = [node for node, path in zip(source.order, source.folded, strict=True) if path == scope]
    leaves = sum(not node.inputs and not isinstance(node, Constant) for node in inside)
    operations = sum(bool(node.inputs) for node in inside)
    outer, _, name = clean(scope).rpartition("/")
    rows = (Row("operations", str(operations), "count"), Row("leaves", str(leaves), "count"))
    return Box(
        key=_folded_key(source, scope),
        kind="folded",
        name=shorten(name, NAME_LIMIT),
        rows=rows,
        scope=outer if "scope" in source.show else "",
        output=source.folded[-1] == scope,
        description=f"{clean(scope)}, folded: {operations} operations on {leaves} leaves",
    )


def _edges(source: _Source) -> Iterable[Edge]:
    merged: Counter[tuple[str, str]] = Counter()
    for node, scope in zip(source.order, source.folded, strict=True):
        for place, (operand, partial) in enumerate(zip(node.inputs, node.partials, strict=True)):
            operand_scope = source.folded[source.positions[id(operand)]]
            if scope or operand_scope:
                tail, head = _end(source, operand, operand_scope), _end(source, node, scope)
                if tail != head and not isinstance(operand, Constant):
                    merged[tail, head] += 1
            elif isinstance(operand, Constant):
                yield Edge(_constant_key(source, node, place), _key(source, node), quiet=True)
            else:
                yield _operand_edge(source, operand, node, partial)
    for (tail, head), count in merged.items():
        yield Edge(tail, head, f"{count} edges" if count > 1 else "", f"{count} edges between folded boxes")


def _end(source: _Source, node: Value, scope: str) -> str:
    return _folded_key(source, scope) if scope else _key(source, node)


def _operand_edge(source: _Source, operand: Value, result: Value, partial: float) -> Edge:
    label = source.figure(partial) if "local" in source.show else ""
    names = [source.names[source.positions[id(node)]] or "?" for node in (result, operand)]
    description = f"∂({names[0]})/∂({names[1]}) = {source.figure(partial)}"
    return Edge(_key(source, operand), _key(source, result), label, description)


def _notes(source: _Source, name: str) -> list[str]:
    notes = []
    if "grad" in source.show:
        notes.append(gradient_note(source.order, name))
    if "local" in source.show and len(source.order) > 1:
        notes.append("on an edge: ∂result/∂operand")
    return notes
