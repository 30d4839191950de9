"""The graph of one position of the sliders, its gradients, and what of it decides how its picture is laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from microgradnet.errors import NumberTypeError, shown
from microgradnet.graph import adjoints, topological
from microgradnet.value import Constant, Value


@dataclass(frozen=True, slots=True)
class Recording:
    """One graph.

    Arguments:
        order: its nodes in topological order, the result last.
        leaves: the argument that each slider gave.
        gradients: d result/d node, in the order of the nodes. No ``.grad`` is touched: a function may use the
            parameters of a model.
    """

    order: tuple[Value, ...]
    leaves: Mapping[str, Value]
    gradients: tuple[float, ...]

    @property
    def structure(self) -> tuple[Any, ...]:
        """All that the picture shows besides the numbers that follow the sliders: equal for equal layouts."""
        positions = {id(node): position for position, node in enumerate(self.order)}
        return tuple(
            (
                node.op,
                node.label,
                node.scope,
                tuple(positions[id(operand)] for operand in node.inputs),
                repr(node.data) if _is_named_by_number(node) else None,
            )
            for node in self.order
        )

    def gradient_of(self, name: str) -> float:
        """Return the derivative of the result by one argument: 0 where it does not depend on it."""
        leaf = self.leaves[name]
        return next((g for node, g in zip(self.order, self.gradients, strict=True) if node is leaf), 0.0)

    def copy(self, known: Mapping[int, str]) -> tuple[Value, dict[int, str]]:
        """Return a copy of the result with all gradients in place, and the names of the copies without a label."""
        copied = deepcopy(self.order[-1])
        nodes = topological(copied)
        for node, gradient in zip(nodes, self.gradients, strict=True):
            node.grad, node.has_grad = gradient, True
        pairs = zip(self.order, nodes, strict=True)
        return copied, {id(node): known[id(original)] for original, node in pairs if id(original) in known}


def record(f: Callable[..., Any], numbers: Mapping[str, float]) -> Recording:
    """Return the graph of a call of ``f``.

    Raises:
        NumberTypeError: the result is no Value.
        Exception: whatever ``f`` raises.
    """
    leaves = {name: Value(number, label=name) for name, number in numbers.items()}
    result = f(**leaves)
    if not isinstance(result, Value):
        came = f"{shown(result)} of type {type(result).__name__}"
        advice = "Return the result of a computation on its arguments; of several results, one, or their mg.total."
        raise NumberTypeError("a function to explore returns a Value", came, advice)
    order = topological(result)
    gradients = adjoints(result)
    return Recording(tuple(order), leaves, tuple(gradients[node] for node in order))


def _is_named_by_number(node: Value) -> bool:
    """Tell whether a node's number stands in the names of others: that of a constant, or of a leaf without a label."""
    return isinstance(node, Constant) or not (node.label or node.inputs)
