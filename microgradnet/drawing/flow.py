"""What a picture may add to a graph: the flow of gradients, stopped units, highlighted paths.

``flow=True``: each edge shows the part of the gradient that flows through it, back from the result to the operand. The
part is the adjoint of the result times the local derivative of the result by the operand, and the parts that arrive at
a node add up to its gradient (A. Griewank and A. Walther, *Evaluating Derivatives*, 2008, section 3.2).

``highlight=w``: the paths from a node to the loss, and the chain rule along each of them. The gradient of the loss by a
node is the sum, over all paths from the node to the loss, of the products of the local derivatives along the path
(F. L. Bauer, *Computational Graphs and Rounding Error*, 1974).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from microgradnet.drawing.fold import kind_of
from microgradnet.drawing.picture import MOST_DIGITS, Bar, BoxRow, Edge, Sample, Strip
from microgradnet.errors import ArgumentError, shown
from microgradnet.figures import relation_of_product, relation_of_sum, write_figure, write_sum
from microgradnet.graph import between, count_paths
from microgradnet.names import Names, delta
from microgradnet.operation import Op
from microgradnet.text import clean, shorten
from microgradnet.value import Value

WIDEST, THINNEST = 7.0, 0.7  # points
_LEAST_WIDE = 1.2  # points of the thinnest line on a logarithmic scale
_FEWEST_DECADES, _MOST_DECADES = 2.0, 12.0  # of a logarithmic scale
_MOST_PARTS = 3  # that are written out in a box


@dataclass(frozen=True, slots=True)
class Flowing:
    """An edge with the size of what flows through it, before the widest is known."""

    edge: Edge
    strength: float


def sign_of(part: float) -> str:
    """Return the mark of a part's sign; 0 has none."""
    return "+" if part > 0.0 else "-" if part < 0.0 else ""


def scale(flowing: Sequence[Flowing]) -> list[Edge]:
    """Return the edges, each as wide as what flows through it, in proportion to the most that flows through any."""
    widths = Widths([each.strength for each in flowing])
    return [replace(each.edge, width=widths.of(each.strength)) for each in flowing]


class Widths:
    """How wide a line is for a size: in proportion to it, or to its logarithm where sizes span over two decades.

    On a logarithmic scale what vanishes is still seen: the thinnest line is the least size that is not 0.

    Arguments:
        sizes: all that are drawn.
    """

    def __init__(self, sizes: Iterable[float]) -> None:
        self._sizes = [size for size in map(abs, sizes) if 0.0 < size < math.inf]
        self.most, self.least = max(self._sizes, default=0.0), min(self._sizes, default=0.0)
        self.decades = min(math.log10(self.most) - math.log10(self.least), _MOST_DECADES) if self._sizes else 0.0
        self.is_logarithmic = self.decades > _FEWEST_DECADES

    def of(self, size: float) -> float:
        """Return the width for a size, in points."""
        size = abs(size)
        if not math.isfinite(size):
            return WIDEST
        if not size or not self.most:
            return THINNEST
        if not self.is_logarithmic:
            return max(THINNEST, round(WIDEST * self.share(size), 2))
        return round(_LEAST_WIDE + (WIDEST - _LEAST_WIDE) * self.share(size), 2)

    def share(self, size: float) -> float:
        """Return a size as a share of the largest one, from 0 to 1, on the scale of these widths."""
        size = abs(size)
        if not math.isfinite(size):
            return 1.0
        if not size or not self.most:
            return 0.0
        if not self.is_logarithmic:
            return size / self.most
        return max(1.0 - (math.log10(self.most) - math.log10(size)) / self.decades, 0.0)

    def samples(self) -> list[float]:
        """Return the sizes of a legend: the largest, and others down to the least on a logarithmic scale."""
        if not self.is_logarithmic:
            return [self.most, self.most / 4] if self.most else []
        return [self.most, self.most * 10 ** (-self.decades / 2), self.most * 10**-self.decades]


def parts_by_node(order: Sequence[Value], adjoints: dict[Value, float]) -> dict[Value, list[float]]:
    """Return the parts that arrive at each node, in the order of the results that they come from."""
    parts: defaultdict[Value, list[float]] = defaultdict(list)
    for result in order:
        adjoint = adjoints[result]
        for operand, partial in zip(result.inputs, result.partials, strict=True):
            parts[operand].append(adjoint * partial)
    return parts


def parts_row(parts: Sequence[float], total: float, digits: int) -> list[BoxRow]:
    """Return the line of a box that shows how its gradient is the sum of its parts; none where there is one part."""
    if len(parts) < 2:
        return []
    if len(parts) > _MOST_PARTS:
        return [BoxRow("sum of", f"{len(parts)} parts", "parts")]
    return [BoxRow(relation_of_sum(parts, total, digits), write_sum(parts, digits), "parts")]


def unit_row(node: Value, digits: int) -> list[BoxRow]:
    """Return the line that marks a saturated unit or a dead relu; none for any other node."""
    words = describe_unit(node)
    return [BoxRow(words, f"slope {write_figure(abs(node.partials[0]), digits)}", "warning")] if words else []


def folded_rows(nodes: Sequence[Value], adjoints: dict[Value, float], digits: int) -> list[BoxRow]:
    """Return the lines of a folded box: the norm of the gradients of its leaves, and how many units have stopped."""
    leaves = [adjoints[node] for node in nodes if not node.inputs]
    rows = [BoxRow("norm of grads", write_figure(math.hypot(*leaves), digits), "grad")] if leaves else []
    units = sum(map(can_stop, nodes))
    stopped = Counter(filter(None, map(describe_unit, nodes)))
    rows += [BoxRow(words, f"{count} of {units}", "warning") for words, count in sorted(stopped.items())]
    return rows


def flow_notes(name: str, edges: Sequence[Edge]) -> list[str]:
    """Return the lines under the picture that say how to read it."""
    notes = [f"grad: ∂{name}/∂node, computed for this picture"]
    if edges:
        part = f"on an edge: ∂{name}/∂result · ∂result/∂operand; they add up to the grad (≈: rounded)"
        notes.append(part + _on_merged(edges))
    return notes


def flow_legend(flowing: Sequence[Flowing], digits: int) -> list[Sample]:
    """Return the legend of the widths of a picture, in the colour of no sign, and of its signs."""
    widths = Widths([each.strength for each in flowing])
    signs = {each.edge.sign for each in flowing if each.edge.sign}
    samples = [Sample(Edge("", "", width=widths.of(size)), roughly(size, digits)) for size in widths.samples()]
    words = {"+": "positive", "-": "negative"}
    samples += [Sample(Edge("", "", width=2.0, sign=sign), words[sign]) for sign in sorted(signs)]
    if samples and widths.is_logarithmic:
        samples[0] = replace(samples[0], text=f"{samples[0].text} (logarithmic)")
    return samples


_FEWEST_BARS, _MOST_BARS = 2, 40  # of a strip
_LAYER = "layer"


def delta_strip(order: Sequence[Value], adjoints: dict[Value, float], names: Names, digits: int) -> Strip:
    """Return a bar for the size of delta, the derivative by the pre-activation, in each layer.

    In a graph without layers each unit has a bar: each node that an activation made. There are no bars where there is
    but one layer or unit.
    """
    layers: dict[str, list[float]] = {}
    units: dict[str, list[float]] = {}
    before = {id(node.inputs[0]) for node in order if _is_activation(node)}
    for node in order:
        if id(node) in before or (node.inputs and delta(clean(node.label))):
            layer = next((part for part in node.scope.split("/") if kind_of(part) == _LAYER), "")
            if layer:
                layers.setdefault(layer, []).append(adjoints[node])
        if _is_activation(node):
            units.setdefault(names.text(node), []).append(adjoints[node.inputs[0]])
    found = layers if len(layers) >= _FEWEST_BARS else {} if layers else units
    if not _FEWEST_BARS <= len(found) <= _MOST_BARS:
        return Strip()
    return size_strip({caption: math.hypot(*each) for caption, each in found.items()}, digits, per_layer=bool(layers))


def roughly(size: float, digits: int) -> str:
    """Return a size with two significant digits at most, and without a power of ten where people write none.

    Example:
        >>> roughly(999.6, 4), roughly(0.0123, 4), roughly(1.234e-7, 4)
        ('1000', '0.012', '1.2e−7')
    """
    text = write_figure(size, min(digits, 2))
    return write_figure(float(f"{size:.2g}"), MOST_DIGITS) if "e" in text and 1.0 <= size < 1e6 else text


def size_strip(sizes: Mapping[str, float], digits: int, *, per_layer: bool) -> Strip:
    """Return a strip with a bar for the size of delta under each caption."""
    widths = Widths(sizes.values())
    bars = [Bar(caption, roughly(size, digits), widths.share(size)) for caption, size in sizes.items()]
    title = "‖δ‖ per layer" if per_layer else "|δ| per unit"
    return Strip(f"{title} (logarithmic)" if widths.is_logarithmic else title, bars)


def _is_activation(node: Value) -> bool:
    return node.op is not None and len(node.inputs) == 1 and _shape(node.op).bends


def _on_merged(edges: Sequence[Edge]) -> str:
    norms = any(edge.merged and edge.label[:1] not in ("", "+", "−") for edge in edges)  # a sum has a sign
    return "; of several edges the norm (±: both signs)" if norms else ""


_FAR = 30.0  # where a sigmoid is level to the last digit but one
_LEVEL = 1e-6  # a slope below this, far out, is that of a level piece
_MIDDLE = tuple(step / 4 for step in range(-12, 13))  # where activations are steep
SATURATED = 0.05  # of the steepest slope: below this, learning has all but stopped


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an operation of one operand runs.

    Arguments:
        squashes: whether it is level on both sides, at two heights.
        dies: whether its slope is exactly 0 on one side only.
        bends: whether it is used as an activation: it squashes, dies, or is far less steep on one side.
        steepest: the steepest slope.
    """

    squashes: bool = False
    dies: bool = False
    bends: bool = False
    steepest: float = 0.0


def describe_unit(node: Value) -> str:
    """Return ``"saturated"``, ``"dead relu"``, or an empty text for a unit through which gradients flow.

    A unit is saturated where its slope is below 5 % of the steepest that its operation has: beyond 4.4 for a sigmoid,
    beyond 2.2 for tanh. It is dead where its slope is exactly 0 on a side on which the operation is level.
    """
    if node.op is None or len(node.inputs) != 1:
        return ""
    slope, shape = abs(node.partials[0]), _shape(node.op)
    if shape.squashes and slope < SATURATED * shape.steepest:
        return "saturated"
    return f"dead {node.op.name}" if shape.dies and slope == 0.0 else ""


def can_stop(node: Value) -> bool:
    """Tell whether the operation of a node is one that can saturate or die."""
    if node.op is None or len(node.inputs) != 1:
        return False
    shape = _shape(node.op)
    return shape.squashes or shape.dies


@cache
def _shape(op: Op) -> _Shape:
    if not all(op.domain.contains(number) for number in (-_FAR, 0.0, _FAR)):
        return _Shape()
    low, high = abs(_slope(op, -_FAR)), abs(_slope(op, _FAR))
    steepest = max(abs(_slope(op, number)) for number in _MIDDLE)
    ends_differ = op.forward(-_FAR) != op.forward(_FAR)
    squashes = ends_differ and steepest > 0.0 and low < _LEVEL and high < _LEVEL
    dies = (low == 0.0) != (high == 0.0)
    if not math.isfinite(steepest):
        return _Shape(squashes, dies, squashes or dies, steepest)
    leans = min(low, high) < max(low, high) / 2 <= 1.0
    flattens = ends_differ and max(low, high) < steepest / 10
    return _Shape(squashes, dies, squashes or dies or leans or flattens, steepest)


def _slope(op: Op, number: float) -> float:
    try:
        return float(op.partials[0](number, op.forward(number)))
    except (ValueError, ArithmeticError):  # outside the domain of a user's operation, or too large
        return 0.0


MOST_PATHS = 6  # that are written out; more are counted
_MOST_FACTORS = 10
_MOST_NAMES = 8
_NAME = 12  # characters of a name on a path

Step = tuple[Value, int]  # a result, and which of its operands the path comes from


@dataclass(frozen=True, slots=True)
class Highlight:
    """What is emphasised: for each node asked for, the ``id`` of every node on its paths to the loss."""

    nodes: tuple[Value, ...] = ()
    on_paths: tuple[frozenset[int], ...] = ()

    def of_node(self, *nodes: Value) -> str:
        """Return ``"strong"`` where one of the nodes is on a path, else ``"faint"``; empty without a highlight."""
        if not self.nodes:
            return ""
        return "strong" if any(id(node) in path for path in self.on_paths for node in nodes) else "faint"

    def of_edge(self, operand: Value, result: Value) -> str:
        """Return the same for an edge: one between two nodes on paths of the same node is itself on such a path."""
        if not self.nodes:
            return ""
        strong = any(id(operand) in path and id(result) in path for path in self.on_paths)
        return "strong" if strong else "faint"


def find_highlight(order: Sequence[Value], asked: Any, names: Names) -> Highlight:
    """Return what is to be emphasised.

    Arguments:
        order: the graph in topological order.
        asked: a node, its name in the picture, or a list of such.
        names: what the nodes are called.

    Raises:
        ArgumentError: the graph has no such node.
    """
    if asked is None:
        return Highlight()
    several = asked if isinstance(asked, (list, tuple, set, frozenset)) else (asked,)
    below = {id(node) for node in order}
    nodes: dict[int, Value] = {}
    for each in several:
        if isinstance(each, str):
            found = names.find(each)
        else:
            found = [each] if isinstance(each, Value) and id(each) in below else []
        if not found:
            advice = "Pass a node that the loss was computed from, its name in the picture, or a list of such."
            raise ArgumentError("highlight needs a node of this graph", shown(each), advice)
        nodes.update((id(node), node) for node in found)
    loss = order[-1]
    paths = tuple(frozenset(map(id, between(loss, node))) for node in nodes.values())
    return Highlight(tuple(nodes.values()), paths)


def highlight_notes(
    highlight: Highlight, loss: Value, adjoints: dict[Value, float], name_of: Callable[[Value], str], digits: int
) -> Iterator[str]:
    """Yield the lines under the picture: for each node the product along each path, and their sum.

    Arguments:
        highlight: what is emphasised.
        loss: the node that is drawn.
        adjoints: d loss/d node for each node.
        name_of: returns the label or variable of a node, or an empty text.
        digits: significant digits.
    """
    for node in highlight.nodes:
        total = adjoints[node]
        of = f"∂{shorten(name_of(loss), _NAME) or 'loss'}/∂{shorten(name_of(node), _NAME) or 'node'}"
        count = count_paths(loss, node)
        if count > MOST_PATHS:
            yield f"{of} = {write_figure(total, digits)}: the sum of the products along {count} paths"
            continue
        products = []
        for path in _paths(loss, node):
            factors = [result.partials[place] for result, place in path]
            products.append(math.prod(factors, start=1.0))
            start = f"{of}  {_write_product(factors, products[-1], digits)}"
            yield f"{start}   along {_write_path(node, path, name_of)}"
        if count > 1:
            relation = relation_of_sum(products, total, digits)
            yield f"{of} = {write_sum(products, digits)} {relation} {write_figure(total, digits)}, over {count} paths"


def _paths(loss: Value, node: Value) -> list[list[Step]]:
    """Return all paths from a node up to the loss, in the order of the operands; no more than a few are asked for."""
    on_path = {id(each) for each in between(loss, node)}
    paths: list[list[Step]] = []
    waiting: list[tuple[Value, list[Step]]] = [(loss, [])]
    while waiting:
        here, steps = waiting.pop()
        if here is node:
            paths.append(steps[::-1])
            continue
        for place in reversed(range(len(here.inputs))):
            if id(here.inputs[place]) in on_path:
                waiting.append((here.inputs[place], [*steps, (here, place)]))
    return paths


def _write_product(factors: Sequence[float], product: float, digits: int) -> str:
    """Return ``= 0.5 · 3 = 1.5``. Factors of 1 are left out, and the middle of a long product."""
    written = [write_figure(factor, digits) for factor in factors if factor != 1.0] or ["1"]
    figure = write_figure(product, digits)
    if len(written) == 1 and written[0] == figure:
        return f"= {figure}"
    in_brackets = [text if place == 0 or text[0] != "−" else f"({text})" for place, text in enumerate(written)]
    left_out = f"… ({len(written)} factors) …"
    text = " · ".join(_cut(in_brackets, _MOST_FACTORS, left_out))
    return f"= {text} {relation_of_product(factors, product, digits)} {figure}"


def _write_path(node: Value, path: Iterable[Step], name_of: Callable[[Value], str]) -> str:
    """Return the nodes of a path that have a label or a variable of their own."""
    inner = [node, *(result for result, _ in path)]
    named = [shorten(name, _NAME) for name in map(name_of, inner) if name]
    return " → ".join(_cut(named, _MOST_NAMES, "…"))


def _cut(parts: list[str], most: int, left_out: str) -> list[str]:
    """Return the parts without the middle where they are many."""
    return parts if len(parts) <= most else [*parts[: most // 2], left_out, *parts[-(most // 2) :]]
