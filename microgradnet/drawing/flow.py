"""``flow=True``: each edge shows the part of the gradient that flows through it, back from the result to the operand.

The part is the adjoint of the result times the local derivative of the result by the operand, and the parts that
arrive at a node add up to its gradient (A. Griewank and A. Walther, *Evaluating Derivatives*, 2008, section 3.2).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from microgradnet.drawing.picture import Edge, Row
from microgradnet.drawing.saturation import can_stop, describe_unit
from microgradnet.figures import relation_of_sum, write_figure, write_sum
from microgradnet.value import Value

WIDEST, THINNEST = 7.0, 0.7  # points
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
    finite = [each.strength for each in flowing if math.isfinite(each.strength)]
    most = max(finite, default=0.0)
    return [replace(each.edge, width=_width(each.strength, most)) for each in flowing]


def _width(strength: float, most: float) -> float:
    if not math.isfinite(strength):
        return WIDEST
    return max(THINNEST, round(WIDEST * (strength / most), 2)) if most else THINNEST


def parts_by_node(order: Sequence[Value], adjoints: dict[Value, float]) -> dict[Value, list[float]]:
    """Return the parts that arrive at each node, in the order of the results that they come from."""
    parts: defaultdict[Value, list[float]] = defaultdict(list)
    for result in order:
        adjoint = adjoints[result]
        for operand, partial in zip(result.inputs, result.partials, strict=True):
            parts[operand].append(adjoint * partial)
    return parts


def parts_row(parts: Sequence[float], total: float, digits: int) -> list[Row]:
    """Return the line of a box that shows how its gradient is the sum of its parts; none where there is one part."""
    if len(parts) < 2:
        return []
    if len(parts) > _MOST_PARTS:
        return [Row("sum of", f"{len(parts)} parts", "parts")]
    return [Row(relation_of_sum(parts, total, digits), write_sum(parts, digits), "parts")]


def unit_row(node: Value, digits: int) -> list[Row]:
    """Return the line that marks a saturated unit or a dead relu; none for any other node."""
    words = describe_unit(node)
    return [Row(words, f"slope {write_figure(abs(node.partials[0]), digits)}", "warning")] if words else []


def folded_rows(nodes: Sequence[Value], adjoints: dict[Value, float], digits: int) -> list[Row]:
    """Return the lines of a folded box: the norm of the gradients of its leaves, and how many units have stopped."""
    leaves = [adjoints[node] for node in nodes if not node.inputs]
    rows = [Row("norm of grads", write_figure(math.hypot(*leaves), digits), "grad")] if leaves else []
    units = sum(map(can_stop, nodes))
    stopped = Counter(filter(None, map(describe_unit, nodes)))
    rows += [Row(words, f"{count} of {units}", "warning") for words, count in sorted(stopped.items())]
    return rows


def flow_notes(name: str, edges: Sequence[Edge]) -> list[str]:
    """Return the lines under the picture that say how to read it."""
    notes = [f"grad: ∂{name}/∂node, computed for this picture; .grad is left as it is"]
    if edges:
        part = f"on an edge: its part, ∂{name}/∂result · ∂result/∂operand; the parts that arrive at a node add up to"
        notes.append(f"{part} its grad (≈ where rounding shows)")
        notes.append("width: size of the part; solid: +, dashed: −" + _on_merged(edges))
    return notes


def _on_merged(edges: Sequence[Edge]) -> str:
    return "; of several edges: norm of their parts (±: of both signs)" if any(e.merged for e in edges) else ""
