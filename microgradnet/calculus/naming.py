"""What nodes are called in reports: by their label, or by a number and the operation that made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from microgradnet.operation import ATOM
from microgradnet.symbols import write_number
from microgradnet.value import Constant, Value


class Names:
    """Names for the nodes of a graph, each its own.

    Arguments:
        order: the nodes in topological order. A node without a label, or with one that another has too, is called
            ``n1``, ``n2``, ... by its place among the results, or ``v1``, ``v2``, ... among the leaves.
    """

    def __init__(self, order: Sequence[Value]) -> None:
        labels = Counter(node.label for node in order)
        taken = set(labels)
        self._names: dict[int, str] = {}
        results = variables = 0
        for node in order:
            if isinstance(node, Constant) and not node.label:
                self._names[id(node)] = write_number(node.data)[0]
                continue
            results, variables = (results + 1, variables) if node.inputs else (results, variables + 1)
            number = f"n{results}" if node.inputs else f"v{variables}"
            while number in taken:
                number += "'"
            unique = node.label and labels[node.label] == 1
            self._names[id(node)] = node.label if unique else f"{node.label} ({number})" if node.label else number

    def of(self, node: Value) -> str:
        """Return the name of a node."""
        return self._names[id(node)]

    def formula(self, node: Value) -> str:
        """Return the operation that made a node, written with the names of its operands: ``"a*b"``."""
        if node.op is None:
            return self.of(node)
        return node.op.text.write([self._written(operand) for operand in node.inputs])[0]

    def definition(self, node: Value) -> str:
        """Return name and formula: ``"n1 = a*b"``."""
        return f"{self.of(node)} = {self.formula(node)}" if node.inputs else self.of(node)

    def _written(self, operand: Value) -> tuple[str, int]:
        if isinstance(operand, Constant) and not operand.label:
            return write_number(operand.data)
        return self.of(operand), ATOM
