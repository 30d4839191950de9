"""``highlight=w``: the paths from a node to the loss, and the chain rule along each of them.

The gradient of the loss by a node is the sum, over all paths from the node to the loss, of the products of the local
derivatives along the path (F. L. Bauer, *Computational Graphs and Rounding Error*, 1974).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.figures import relation_of_product, relation_of_sum, write_figure, write_sum
from microgradnet.graph import between, count_paths
from microgradnet.names import Names
from microgradnet.text import shorten
from microgradnet.value import Value

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
