"""From a recorded graph, or a compiled program, to its picture as data. The graph is read, never changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from microgradnet.drawing.flow import (
    Flowing,
    find_highlight,
    flow_notes,
    folded_rows,
    highlight_notes,
    parts_by_node,
    parts_row,
    scale,
    sign_of,
    unit_row,
)
from microgradnet.drawing.fold import REPEATS, USUAL, Fold, Folded, fold_choices, folded_scopes, gather, read_fold
from microgradnet.drawing.picture import LIMIT, NAME_LIMIT, PARTS, Box, BoxRow, Edge, Picture
from microgradnet.errors import DrawingError
from microgradnet.figures import write_figure, write_signed
from microgradnet.graph import adjoint_scales, adjoints, topological
from microgradnet.names import Names, delta
from microgradnet.text import clean, shorten
from microgradnet.value import Constant, Value

if TYPE_CHECKING:
    from microgradnet.compiler.program import Program
    from microgradnet.compiler.writing import ArrayGroup


class GraphSource:
    """The graph below a node, in topological order.

    Arguments:
        loss: the node.
        show: the parts to show.
        digits: significant digits of the figures.
        fold: what to fold, or None.
        repeats: how many folded boxes that are built alike are still drawn one by one.
        flow: whether the picture is one of the adjoints.
        highlight: the nodes whose paths to the loss stand out; see :func:`microgradnet.drawing.draw`.
        limit: how many boxes are drawn at most, without constants beside their uses.
        known: what the caller calls nodes without a label, by their ``id``.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph, or ``highlight`` no node.
        DrawingError: there are more boxes than ``limit``.
    """

    def __init__(
        self,
        loss: Value,
        show: Iterable[str] = PARTS,
        digits: int = 4,
        fold: Fold = None,
        *,
        repeats: int = USUAL,
        flow: bool = False,
        highlight: Any = None,
        limit: int = LIMIT,
        known: Mapping[int, str] | None = None,
    ) -> None:
        self.order = topological(loss)
        self.show, self.digits = frozenset(show), digits
        self._positions = {id(node): position for position, node in enumerate(self.order)}
        scopes = folded_scopes(self.order, fold)
        self.folded, self._folds = gather(self.order, scopes, known or {}, repeats) if fold else ({}, scopes)
        count = len(self.folded) + sum(not fold for fold in self._folds)
        if count > limit:
            raise _too_large(self.order, count, limit, fold)
        self.names = Names(self.order, known)
        self.highlight = find_highlight(self.order, highlight, self.names)
        self.adjoints = adjoints(loss) if flow else None

    @property
    def loss_name(self) -> str:
        """The name of the node that is drawn."""
        return self.name(self.order[-1])

    def name(self, node: Value) -> str:
        """Return the name of a node as it fits into a box."""
        return shorten(self.names.text(node), NAME_LIMIT)

    def gradient(self, node: Value) -> float | None:
        """Return the gradient of a node as the picture shows it; None where it is not computed yet."""
        if self.adjoints is not None:
            return float(self.adjoints[node])
        return node.grad if node.has_grad else None

    def figure(self, number: float) -> str:
        """Return a number as it is shown."""
        return write_figure(number, self.digits)

    def scope(self, node: Value) -> str:
        """Return the scope that a node is drawn in."""
        return clean(node.scope) if "scope" in self.show else ""

    def fold_of(self, node: Value) -> str:
        """Return the key of the fold that a node is in; empty where it is drawn itself."""
        return self._folds[self._positions[id(node)]]

    def key(self, node: Value) -> str:
        """Return the key of a node's own box."""
        return f"n{self._positions[id(node)] + 1}"

    def constant_key(self, result: Value, place: int) -> str:
        """Return the key of the box for a constant beside its use."""
        return f"{self.key(result)}c{place + 1}"

    def folded_key(self, fold: str) -> str:
        """Return the key of a fold's box."""
        return f"n{self.folded[fold].position + 1}f"

    def end(self, node: Value) -> str:
        """Return the key of the box that an edge from or to a node ends at."""
        fold = self.fold_of(node)
        return self.folded_key(fold) if fold else self.key(node)


NOT_COMPUTED = "not computed yet"
_DESCRIPTION_LIMIT = 200  # characters of a label in a tooltip


def _make_boxes(source: GraphSource) -> Iterable[Box]:
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


def _constant_boxes(source: GraphSource, node: Value) -> Iterable[Box]:
    """Return a small box for each constant among the operands, in the scope of its use."""
    faint = "faint" if source.highlight.nodes else ""
    for place, operand in enumerate(node.inputs):
        if isinstance(operand, Constant):
            text = shorten(clean(operand.label), NAME_LIMIT) or source.figure(operand.data)
            key, words = source.constant_key(node, place), f"constant {text}"
            yield Box(key, "constant", text, scope=source.scope(node), description=words, emphasis=faint)


def _node_box(source: GraphSource, node: Value, parts: list[float]) -> Box:
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


def _rows(source: GraphSource, node: Value) -> Iterator[BoxRow]:
    if "value" in source.show:
        yield BoxRow("value", source.figure(node.data), "value")
    if "grad" in source.show:
        caption, gradient = delta(clean(node.label)) or "grad", source.gradient(node)
        if gradient is None:
            yield BoxRow(caption, NOT_COMPUTED, "missing")
        else:
            yield BoxRow(caption, source.figure(gradient), "grad")


def _flow_rows(source: GraphSource, node: Value, parts: list[float]) -> list[BoxRow]:
    if source.adjoints is None:
        return []
    shown = parts_row(parts, source.adjoints[node], source.digits) if "grad" in source.show else []
    return shown + unit_row(node, source.digits)


def _folded_box(source: GraphSource, fold: str) -> Box:
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


def _counts(folded: Folded) -> list[BoxRow]:
    counts = (("operations", folded.operations), ("leaves", folded.leaves))
    if folded.count == 1:
        return [BoxRow(what, str(number), "count") for what, number in counts]
    return [BoxRow(what, f"{folded.count} × {number // folded.count}", "count") for what, number in counts]


def _ranges(source: GraphSource, folded: Folded) -> list[BoxRow]:
    """Return from where to where the values and gradients go, of nodes that are built alike."""
    rows = []
    if "value" in source.show:
        rows.append(BoxRow("value", _range(source, [node.data for node in folded.nodes]), "value"))
    if "grad" in source.show:
        gradients = [source.gradient(node) for node in folded.nodes]
        computed = [gradient for gradient in gradients if gradient is not None]
        if len(computed) < len(gradients):
            rows.append(BoxRow("grad", NOT_COMPUTED, "missing"))
        else:
            rows.append(BoxRow("grad", _range(source, computed), "grad"))
    return rows


def _range(source: GraphSource, numbers: list[float]) -> str:
    finite = [number for number in numbers if not math.isnan(number)] or numbers
    low, high = source.figure(min(finite)), source.figure(max(finite))
    return low if low == high else f"{low} … {high}"


@dataclass(slots=True)
class _Merged:
    """The edges between two boxes of which one is folded."""

    count: int = 0
    strong: bool = False
    parts: list[float] = field(default_factory=list)


def _make_edges(source: GraphSource) -> list[Edge]:
    """Return the edges in the order of their results and operands; those at folded boxes last, merged."""
    merged: dict[tuple[str, str], _Merged] = {}
    edges = [*_single_edges(source, merged), *_merged_edges(source, merged)]
    return scale(edges) if source.adjoints is not None else [each.edge for each in edges]


def _single_edges(source: GraphSource, merged: dict[tuple[str, str], _Merged]) -> Iterator[Flowing]:
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


def _operand_edge(source: GraphSource, operand: Value, result: Value, partial: float, part: float) -> Edge:
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


def _merged_edges(source: GraphSource, merged: dict[tuple[str, str], _Merged]) -> Iterator[Flowing]:
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


def _merged_flow(source: GraphSource, edge: Edge, found: _Merged) -> Flowing:
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


_NOISE = 1e-9  # relative: far above what rounding leaves, far below what a reader would call different


def _gradient_note(order: Sequence[Value], name: str) -> str:
    """Return the line under a picture that says what its gradients are. Nothing in the graph is changed.

    Arguments:
        order: the nodes in topological order, the one that is drawn last.
        name: what that one is called.
    """
    if not any(node.has_grad for node in order):
        return f"grad: not computed yet: call {name}.backward()"
    if _is_one_sweep(order):
        return f"grad: ∂{name}/∂node"
    if not order[-1].has_grad:
        return f"grad: left by another backward(), not by {name}.backward()"
    return f"grad: not that of one {name}.backward(): summed over several, or older than the values"


def _is_one_sweep(order: Sequence[Value]) -> bool:
    """Tell whether every gradient is what one backward pass over the present numbers would give."""
    if not all(node.has_grad for node in order):
        return False
    due, scales = adjoints(order[-1]), adjoint_scales(order[-1])
    return all(_agree(node.grad, due[node], scales[node]) for node in order)


def _agree(shown: float, adjoint: float, scale: float) -> bool:
    """Tell whether two adjoints are the same but for the rounding of their terms, whose sizes add up to ``scale``."""
    if not math.isfinite(shown) or not math.isfinite(adjoint):
        return shown == adjoint or (math.isnan(shown) and math.isnan(adjoint))
    return abs(shown - adjoint) <= _NOISE * max(scale, abs(adjoint))


def build_picture(
    loss: Value,
    *,
    show: Iterable[str] = PARTS,
    digits: int = 4,
    direction: str = "LR",
    fold: Fold = None,
    repeats: int = USUAL,
    limit: int = LIMIT,
    flow: bool = False,
    highlight: Any = None,
    known: Mapping[int, str] | None = None,
) -> Picture:
    """Return the picture of the graph below ``loss``, with the numbers as they are now.

    The arguments are those of :func:`microgradnet.drawing.draw`; ``known`` are the names of nodes without a label, by
    their ``id``.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph, or ``highlight`` no node.
        DrawingError: there are more boxes than ``limit``.
    """
    source = GraphSource(
        loss, show, digits, fold, repeats=repeats, flow=flow, highlight=highlight, limit=limit, known=known
    )
    edges = _make_edges(source)
    return Picture(
        title=f"{'Gradient flow' if flow else 'Computation graph'} of {source.loss_name}",
        boxes=tuple(_make_boxes(source)),
        edges=tuple(edges),
        notes=tuple(_notes(source, edges)),
        direction=direction,
    )


def _too_large(order: Sequence[Value], count: int, limit: int, fold: Fold) -> DrawingError:
    folds = [f'fold="{kind}"' for kind in (*fold_choices(order), REPEATS) if kind not in read_fold(fold)]
    choices = ", ".join(["Draw a part of it (any node inside)", *folds])
    wanted = f"a picture that can still be read has at most {limit} boxes"
    return DrawingError(wanted, str(count), f"{choices}, or insist with limit={count}.")


def _notes(source: GraphSource, edges: Sequence[Edge]) -> list[str]:
    notes: list[str] = []
    name = source.loss_name
    if "note" not in source.show:
        return notes
    if source.adjoints is not None:
        notes += flow_notes(name, edges)
    else:
        notes += [_gradient_note(source.order, name)] if "grad" in source.show else []
        if "local" in source.show and len(source.order) > 1:
            notes.append("on an edge: ∂result/∂operand")
    if source.highlight.nodes:

        def given(node: Value) -> str:
            asked = any(node is each for each in source.highlight.nodes)
            return source.name(node) if asked else source.names.given(node)

        flowing = source.adjoints or adjoints(source.order[-1])
        notes += highlight_notes(source.highlight, source.order[-1], flowing, given, source.digits)
    return notes


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


def _name(group: ArrayGroup) -> str:
    return group.name or shorten(group.equation, NAME_LIMIT)


def _box(place: int, group: ArrayGroup, last: bool) -> Box:
    rows = [BoxRow("shape", group.size, "count")]
    if group.kind == "computed" and group.name:
        rows.insert(0, BoxRow("=", shorten(group.equation, _LONGEST), "value"))
    return Box(
        key=_key(place),
        kind="result" if group.kind == "computed" else "leaf",
        name=_name(group),
        rows=tuple(rows),
        output=last,
        description=f"{_name(group)}, {group.kind}: {clean(group.scalars)}, shape {group.size}",
    )
