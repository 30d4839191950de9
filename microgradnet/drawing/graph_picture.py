"""From a recorded graph to its picture as data. The graph is read, never changed."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from microgradnet.drawing.detail import SUM, Sum, find_units, is_called_weight
from microgradnet.drawing.flow import (
    Flowing,
    delta_strip,
    find_highlight,
    flow_legend,
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
from microgradnet.drawing.picture import (
    HEADING_LIMIT,
    LAYERS,
    LIMIT,
    NAME_LIMIT,
    OPERATIONS,
    PARTS,
    Box,
    BoxRow,
    Edge,
    Picture,
    Sample,
    Strip,
    line_up,
)
from microgradnet.errors import DrawingError
from microgradnet.figures import write_figure, write_signed
from microgradnet.graph import adjoints, is_one_sweep, topological
from microgradnet.names import Names, delta
from microgradnet.operation import ATOM
from microgradnet.operation import SUM as LOOSE
from microgradnet.text import clean, shorten
from microgradnet.value import Constant, Value


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
        detail: how much of the graph one box stands for; see :mod:`microgradnet.drawing.detail`.
        limit: how many boxes are drawn at most.
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
        detail: str = OPERATIONS,
        limit: int = LIMIT,
        known: Mapping[int, str] | None = None,
    ) -> None:
        self.order = topological(loss)
        self.show, self.digits, self.is_detailed = frozenset(show), digits, detail != OPERATIONS
        self.names = Names(self.order, known)
        self._positions = {id(node): position for position, node in enumerate(self.order)}
        paths = folded_scopes(self.order, fold) if fold is not None else [""] * len(self.order)
        self.sums: dict[str, Sum] = {}
        if self.is_detailed:
            units, self.sums = find_units(self.order, self.names, detail)
            paths = [path or unit for path, unit in zip(paths, units, strict=True)]
        merges, most = (
            bool(fold) or self.is_detailed,
            repeats if fold or detail == LAYERS else max(repeats, _MOST_UNITS),
        )
        self.folded, self._folds = gather(self.order, paths, known or {}, most) if merges else ({}, paths)
        constants = sum(isinstance(node, Constant) for node in self.order[:-1])
        count = len(self.folded) + sum(not fold for fold in self._folds) - constants
        if count > limit:
            raise _too_large(self.order, count, limit, fold)
        self.highlight = None if highlight is None else find_highlight(self.order, highlight, self.names)
        self.adjoints = adjoints(loss) if flow else None

    @property
    def loss_name(self) -> str:
        """The name of the node that is drawn."""
        return self.name(self.order[-1])

    def name(self, node: Value) -> str:
        """Return the name of a node as it fits into a box."""
        name = self.names.text(node)
        return name if len(name) <= NAME_LIMIT else shorten(name, NAME_LIMIT)

    def heading(self, node: Value) -> str:
        """Return the name of a node as its box shows it; of a sum that has only a number, with its last term."""
        name = self.names.text(node)
        if node.op is not None and node.op.name in ("add", "subtract") and _NUMBERED.fullmatch(name):
            last = self.names.text(node.inputs[1])
            sign = "+" if node.op.name == "add" else "−"
            if not self.names.given(node) and len(last) <= NAME_LIMIT:
                return f"{name} = … {sign} {last}"
        return shorten(name, HEADING_LIMIT)

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

    def emphasis(self, *nodes: Value) -> str:
        """Return whether nodes are ``"strong"`` or ``"faint"`` in a picture that highlights some; else ``""``."""
        return self.highlight.of_node(*nodes) if self.highlight is not None else ""

    def emphasis_of_edge(self, operand: Value, result: Value) -> str:
        """Return the same for an edge; one that carries a weight is on the paths of the weight, too."""
        if self.highlight is None:
            return ""
        unit = self.sums.get(self.fold_of(result))
        weight = unit.weights.get(id(result), operand) if unit is not None else operand
        return max(self.highlight.of_edge(each, result) for each in (operand, weight))  # "strong" is above "faint"

    @cached_property
    def used_outside(self) -> set[int]:
        """The ``id`` of each node that is used in another box than its own."""
        uses = ((operand, node) for node in self.order for operand in node.inputs)
        return {id(operand) for operand, node in uses if self.fold_of(operand) != self.fold_of(node)}

    def fold_of(self, node: Value) -> str:
        """Return the key of the fold that a node is in; empty where it is drawn itself."""
        return self._folds[self._positions[id(node)]]

    def key(self, node: Value) -> str:
        """Return the key of a node's own box."""
        return f"n{self._positions[id(node)] + 1}"

    def folded_key(self, fold: str) -> str:
        """Return the key of a fold's box."""
        return f"n{self.folded[fold].position + 1}f"

    def end(self, node: Value) -> str:
        """Return the key of the box that an edge from or to a node ends at."""
        fold = self.fold_of(node)
        return self.folded_key(fold) if fold else self.key(node)


_NUMBERED = re.compile(r"v\d+")
_MOST_UNITS = 12  # units that are built alike and drawn one by one
NOT_COMPUTED = "not computed yet"
_MOST_OUTPUTS = 5  # of a folded scope that are shown
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
        elif not isinstance(node, Constant) or len(source.order) == 1:  # other constants stand in their uses' boxes
            yield _node_box(source, node, parts.get(node, []))


def _symbol(source: GraphSource, node: Value) -> str:
    """Return the symbol of an operation, with the constants among its operands: ``"·^2"``, ``"0.5×·"``."""
    if node.op is None:
        return ""
    constant = [isinstance(operand, Constant) for operand in node.inputs]
    if not any(constant) or len(constant) == 1:
        return node.op.symbol
    terms = [
        (
            shorten(clean(operand.label), NAME_LIMIT // 2) or source.figure(operand.data),
            LOOSE if operand.data < 0 else ATOM,
        )
        if is_constant
        else ("·", ATOM)
        for operand, is_constant in zip(node.inputs, constant, strict=True)
    ]
    written = node.op.text.write(terms)[0].replace("**", "^").replace("*", "×").replace(" - ", " − ")
    return written.replace(" + ", "+").replace(" − ", "−")


def _node_box(source: GraphSource, node: Value, parts: list[float]) -> Box:
    rows = (*_rows(source, node), *_flow_rows(source, node, parts))
    full = shorten(clean(node.label), _DESCRIPTION_LIMIT) or source.name(node)
    if node.op is not None:
        full = f"{full} ({node.op.name})" if full else node.op.name
    return Box(
        key=source.key(node),
        kind="result" if node.inputs else "leaf",
        name=source.heading(node),
        symbol=_symbol(source, node),
        rows=rows,
        scope=source.scope(node),
        output=node is source.order[-1],
        description=", ".join([full, *(f"{row.caption} {row.text}" for row in rows)]),
        emphasis=source.emphasis(node),
    )


def _rows(source: GraphSource, node: Value, caption: str = "value") -> list[BoxRow]:
    rows = []
    if "value" in source.show:
        rows.append(BoxRow(caption, source.figure(node.data), "value"))
    if "grad" in source.show:
        caption, gradient = delta(clean(node.label)) or "grad", source.gradient(node)
        text = NOT_COMPUTED if gradient is None else source.figure(gradient)
        rows.append(BoxRow(caption, text, "missing" if gradient is None else "grad"))
    return rows


def _flow_rows(source: GraphSource, node: Value, parts: list[float]) -> list[BoxRow]:
    if source.adjoints is None:
        return []
    shown = parts_row(parts, source.adjoints[node], source.digits) if "grad" in source.show else []
    return shown + unit_row(node, source.digits)


def _folded_box(source: GraphSource, fold: str) -> Box:
    folded = source.folded[fold]
    if fold in source.sums and folded.count == 1:
        return _sum_box(source, fold, source.sums[fold])
    counts = _counts(folded)
    if not folded.is_scope:
        rows = _ranges(source, folded)
    else:
        results = [node for node in folded.nodes if id(node) in source.used_outside and node.inputs]
        ranges = _ranges(source, replace(folded, nodes=results)) if results else counts
        rows = ranges if folded.count > 1 else _outputs(source, folded)
    if source.adjoints is not None:
        has_gradient = any(row.role == "grad" for row in rows)
        more = folded_rows(folded.nodes, source.adjoints, source.digits)
        rows += [row for row in more if not has_gradient or row.role != "grad"]
    words = " and ".join(f"{row.text} {row.caption}" for row in (counts if folded.is_scope else rows))
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
        emphasis=source.emphasis(*folded.nodes),
        several=folded.count > 1,
    )


def _sum_box(source: GraphSource, fold: str, found: Sum) -> Box:
    """Return the box of a sum of products, and of the activation behind it."""
    node, total = found.nodes[-1], found.total or found.nodes[-1]
    symbol = SUM if len(found.nodes) > 1 + (total is not node) or total.op is None else total.op.symbol
    rows = [*_rows(source, node)]
    if total is not node:
        symbol += f" {_symbol(source, node)}"
        caption = source.names.given(total) or "z"
        rows = [*_rows(source, total, caption)[:1], *rows[:1], *_rows(source, total)[1:]] if rows else []
    for leaf, sign in found.biases:
        caption = f"{'−' * (sign < 0)} {source.names.given(leaf)}".strip() or "+"
        rows.append(BoxRow(shorten(caption, NAME_LIMIT), _with_gradient(source, leaf, "  "), "value"))
    rows += _flow_rows(source, node, [])
    return Box(
        key=source.folded_key(fold),
        kind="result",
        name=source.heading(node),
        symbol=symbol,
        rows=tuple(rows),
        scope=source.folded[fold].outer if "scope" in source.show else "",
        output=node is source.order[-1],
        description=f"{source.name(node)}: {', '.join(f'{row.caption} {row.text}' for row in rows)}",
        emphasis=source.emphasis(*found.nodes),
    )


def _with_gradient(source: GraphSource, leaf: Value, between: str) -> str:
    """Return the value of a leaf, and its gradient where it is shown and known: ``"0.4  ∂ 0.019"``."""
    gradient = source.gradient(leaf)
    if isinstance(leaf, Constant) or gradient is None or "grad" not in source.show:
        return source.figure(leaf.data)
    return f"{source.figure(leaf.data)}{between}∂ {source.figure(gradient)}"


def _outputs(source: GraphSource, folded: Folded) -> list[BoxRow]:
    """Return the values of the nodes of a folded scope that are used outside of it, and of its pre-activation."""
    inside = {id(node) for node in folded.nodes}
    outputs = [node for node in folded.nodes if id(node) in source.used_outside or node is source.order[-1]]
    outputs = [node for node in outputs if node.inputs]
    if len(outputs) != 1:
        shown = outputs if len(outputs) <= _MOST_OUTPUTS else outputs[: _MOST_OUTPUTS - 1]
        captions = [source.names.given(node) or f"[{place}]" for place, node in enumerate(shown, 1)]
        rows = [
            BoxRow(shorten(caption, NAME_LIMIT), source.figure(node.data), "value")
            for caption, node in zip(captions, shown, strict=True)
            if "value" in source.show
        ]
        left_out = [BoxRow("and", f"{len(outputs) - len(shown)} more", "count")] if len(shown) < len(outputs) else []
        return rows + left_out
    output = outputs[0]
    before = [node for node in output.inputs if id(node) in inside and delta(clean(node.label))]
    rows = [*_rows(source, output, source.name(output))]
    if before:
        return [*_rows(source, before[0], source.name(before[0]))[:1], *rows[:1], *_rows(source, before[0])[1:]]
    return rows


def _counts(folded: Folded) -> list[BoxRow]:
    counts = (("operations", folded.operations), ("leaves", folded.leaves))
    if folded.count == 1:
        return [BoxRow(what, str(number), "count") for what, number in counts]
    counted = [f"{folded.count} × {number // folded.count}" for _, number in counts]
    return [BoxRow(what, text, "count") for (what, number), text in zip(counts, counted, strict=True) if number]


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

    strong: bool = False
    parts: list[float] = field(default_factory=list)
    crossing: list[tuple[Value, Value, float]] = field(default_factory=list)  # operand, result, local derivative

    @property
    def count(self) -> int:
        return len(self.parts)


def _make_edges(source: GraphSource) -> tuple[list[Edge], list[Sample]]:
    """Return the edges in the order of their results and operands, those at folded boxes last, merged; the legend."""
    merged: dict[tuple[str, str], _Merged] = {}
    edges = [*_single_edges(source, merged), *_without_crowds(source, [*_merged_edges(source, merged)])]
    if source.adjoints is None:
        return [each.edge for each in edges], []
    return scale(edges), flow_legend(edges, source.digits) if "note" in source.show else []


_CROWD = 9  # labels on the lines between two layers: of more than this, nobody can tell whose each is


def _without_crowds(source: GraphSource, edges: list[Flowing]) -> list[Flowing]:
    """Return the edges at folded boxes without their labels where many run side by side; the pointer shows them."""
    scopes = {source.folded_key(fold): folded.outer for fold, folded in source.folded.items()}
    lanes = [(scopes.get(each.edge.tail), scopes.get(each.edge.head)) for each in edges]
    labelled = Counter(lane for lane, each in zip(lanes, edges, strict=True) if each.edge.label)
    return [
        replace(each, edge=replace(each.edge, label=""))
        if lane[1] and lane[0] != lane[1] and labelled[lane] > _CROWD
        else each
        for lane, each in zip(lanes, edges, strict=True)
    ]


def _single_edges(source: GraphSource, merged: dict[tuple[str, str], _Merged]) -> Iterator[Flowing]:
    """Yield the edges between single boxes, and note the others."""
    adjoints = source.adjoints or {}
    for result in source.order:
        folded = source.fold_of(result)
        for operand, partial in zip(result.inputs, result.partials, strict=True):
            part = adjoints.get(result, 0.0) * partial
            if isinstance(operand, Constant):
                continue
            if folded or source.fold_of(operand):
                found = merged.setdefault((source.end(operand), source.end(result)), _Merged())
                found.strong |= source.emphasis_of_edge(operand, result) == "strong"
                found.parts.append(part)
                found.crossing.append((operand, result, partial))
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
        emphasis=source.emphasis_of_edge(operand, result),
    )


def _merged_edges(source: GraphSource, merged: dict[tuple[str, str], _Merged]) -> Iterator[Flowing]:
    for (tail, head), found in merged.items():
        if tail == head:
            continue
        words = f"{found.count} edges" if found.count > 1 else "1 edge"
        label, description, strength = words if found.count > 1 else "", f"{words} at a folded scope", 0.0
        if source.is_detailed:
            label, description = _unit_label(source, found)
        emphasis = ("strong" if found.strong else "faint") if source.highlight is not None else ""
        edge = Edge(tail, head, label, description, emphasis=emphasis, merged=found.count > 1)
        if source.adjoints is None:
            yield Flowing(edge, strength)
        else:
            yield _merged_flow(source, edge, found)


def _merged_flow(source: GraphSource, edge: Edge, found: _Merged) -> Flowing:
    """Return a merged edge with the norm of its parts, or with their sum where they are of one node's gradient."""
    is_of_one = source.is_detailed and len({id(operand) for operand, *_ in found.crossing}) == 1
    parts = [math.fsum(found.parts)] if is_of_one else found.parts
    strength = math.hypot(*parts)
    signs = {sign_of(part) for part in parts} - {""}
    sign = min(signs) if len(signs) == 1 else ""
    if len(parts) == 1:
        figure = write_signed(parts[0], source.digits)
    else:
        mark = "±" if len(signs) > 1 else {"+": "+", "-": "−"}.get(sign, "")
        edges = "" if source.is_detailed else f"{found.count} edges {mark}".rstrip() + ", norm "
        figure = f"{edges}{source.figure(strength)}"
    label = figure if "local" in source.show else ""
    words = f"{edge.description}: {figure}"
    return Flowing(replace(edge, label=label, description=words, sign=sign, backward=True), strength)


def _unit_label(source: GraphSource, found: _Merged) -> tuple[str, str]:
    """Return the label and the description of the edges into a unit.

    On each into a sum stands the weight and its gradient; an input that stands there has its name, ``"x[2] = 3"``; and
    where both factors of a product have boxes, each line names the other, ``"×h[1]"``. A minus says what is subtracted,
    and ``"2 terms"`` that an input is in several.
    """
    fold = source.fold_of(found.crossing[0][1])
    unit, labels, words = source.sums.get(fold), list[str](), list[str]()
    shows = unit is not None and "local" in source.show and source.folded[fold].count == 1
    for operand, result, _ in found.crossing:
        to = source.name(unit.nodes[-1] if unit is not None else result)
        weight = unit.weights.get(id(result)) if unit is not None else None
        minus = "− " if unit is not None and unit.is_subtracted(operand, result) else ""
        on_way = f"from {source.name(operand)} to {to}{minus and ', subtracted'}"
        weighted = f"{source.name(weight)} = {_with_gradient(source, weight, ', ')}, " if weight is not None else ""
        words.append(weighted + on_way)
        if weight is not None:
            labels.append(_weight_label(source, weight, minus))
        elif unit is not None and result.op is not None and result.op.name == "multiply":
            name = source.name(other := result.inputs[operand is result.inputs[0]])
            labels.append(f"{minus}×{name if source.names.given(other) or ' ' not in name else f'({name})'}")
        elif minus:
            labels.append(minus.strip())
    label = f"{found.count} terms" if found.count > 1 else labels[0] if labels else ""
    return label if shows else "", "; ".join(words)


def _weight_label(source: GraphSource, weight: Value, minus: str) -> str:
    if isinstance(weight, Constant):
        return f"×{source.figure(-weight.data if minus else weight.data)}"
    named = "" if is_called_weight(weight) or not weight.label else f"{source.name(weight)} = "
    number, figure = source.figure(weight.data), _with_gradient(source, weight, "\n")
    if minus and not named and weight.data < 0.0:  # as in − (−0.4)
        figure = figure.replace(number, f"({number})", 1)
    return minus + named + figure


def build_picture(loss: Value, *, direction: str = "LR", **options: Any) -> Picture:
    """Return the picture of the graph below ``loss``, with the numbers as they are now.

    Arguments:
        loss: the node.
        direction: of the arrows.
        options: those of :class:`GraphSource`.

    Raises:
        ArgumentError: ``fold`` names no scope of the graph, or ``highlight`` no node.
        DrawingError: there are more boxes than ``limit``.
    """
    return picture_of(GraphSource(loss, **options), direction)


def picture_of(source: GraphSource, direction: str = "LR") -> Picture:
    """Return the picture of a graph that has been read."""
    edges, legend = _make_edges(source)
    strip = Strip()
    if source.adjoints is not None and "note" in source.show:
        strip = delta_strip(source.order, source.adjoints, source.names, source.digits)
    return Picture(
        title=f"{'Computation graph' if source.adjoints is None else 'Gradient flow'} of {source.loss_name}",
        boxes=line_up([*_make_boxes(source)]),
        edges=tuple(edges),
        notes=tuple(_notes(source, edges)),
        legend=tuple(legend),
        strip=strip,
        direction=direction,
    )


def _gradient_note(order: Sequence[Value], name: str) -> str:
    """Return the line under a picture that says what its gradients are. Nothing in the graph is changed.

    Arguments:
        order: the nodes in topological order, the one that is drawn last.
        name: what that one is called.
    """
    if not any(node.has_grad for node in order):
        return f"grad: not computed yet: call {name}.backward()"
    if is_one_sweep(order):
        return f"grad: ∂{name}/∂node"
    if not order[-1].has_grad:
        return f"grad: left by another backward(), not by {name}.backward()"
    return f"grad: not that of one {name}.backward(): summed over several, or older than the values"


def _too_large(order: Sequence[Value], count: int, limit: int, fold: Fold) -> DrawingError:
    folds = [f'fold="{kind}"' for kind in (*fold_choices(order), REPEATS) if kind not in read_fold(fold)]
    choices = ", ".join(["Draw a part of it (any node inside)", *folds])
    expected = f"a picture that can still be read has at most {limit} boxes"
    return DrawingError(expected, str(count), f"{choices}, or insist with limit={count}.")


def _notes(source: GraphSource, edges: Sequence[Edge]) -> list[str]:
    notes: list[str] = []
    name = source.loss_name
    if "note" not in source.show:
        return notes
    if source.adjoints is not None:
        notes += flow_notes(name, edges)
    else:
        notes += [_gradient_note(source.order, name)] if "grad" in source.show else []
        if any(edge.label for edge in edges):
            factors = [leaf for found in source.sums.values() for leaf in found.weights.values()]
            named = all(is_called_weight(leaf) for leaf in factors if leaf.label)
            factor = "weight" if named else "factor"
            notes.append(f"on a line: the {factor}, and ∂ by it" if factors else "on an edge: ∂result/∂operand")
    highlight = source.highlight
    if highlight is not None:

        def given(node: Value) -> str:
            asked = any(node is each for each in highlight.nodes)
            return source.name(node) if asked else source.names.given(node)

        flowing = source.adjoints or adjoints(source.order[-1])
        notes += highlight_notes(highlight, source.order[-1], flowing, given, source.digits)
    return notes
