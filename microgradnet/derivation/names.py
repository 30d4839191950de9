"""Names for the nodes of a graph: their labels where they have any, invented ones where not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from microgradnet.derivation.lettering import Written, clean, letter
from microgradnet.value import Constant, Value


class Names:
    """One name for each node below a loss, the same for every derivation on that graph.

    A node without a label is called v1, v2, ... in topological order, leaves too; the loss is called E. Where several
    nodes share a label, as the pre-activations of a network that was applied to several samples do, ``z1[1]#2`` is the
    second of them.

    Arguments:
        order: the nodes in topological order; the last one is the loss.
    """

    def __init__(self, order: Sequence[Value]) -> None:
        labels = [clean(str(node.label)) for node in order]
        taken = Counter(label for label in labels if label)
        seen: Counter[str] = Counter()
        unused = (name for name in (f"v{number}" for number in count(1)) if name not in taken)
        self.shared = False  # whether any label stands on several nodes
        self._texts: dict[int, tuple[str, int]] = {}
        for node, label in zip(order, labels, strict=True):
            self._texts[id(node)] = self._name(node, label, node is order[-1], taken, seen, unused)
        self._written: dict[int, Written] = {}

    def _name(
        self, node: Value, label: str, is_loss: bool, taken: Counter[str], seen: Counter[str], unused: Iterator[str]
    ) -> tuple[str, int]:
        """Return a node's name and, where it shares the name with others, which of them it is."""
        if label:
            seen[label] += 1
            several = taken[label] > 1
            self.shared |= several
            return label, seen[label] if several else 0
        if is_loss and "E" not in taken:
            return "E", 0
        return ("", 0) if isinstance(node, Constant) else (next(unused), 0)

    def of(self, node: Value) -> Written:
        """Return how a node is written in a formula."""
        if id(node) not in self._written:
            label, which = self._texts.get(id(node)) or (clean(str(node.label)) or "w", 0)
            written = letter(label or repr(node.data))
            if which:
                written = written.bracketed
                written = Written(f"{written.text}#{which}", rf"{{{written.latex}}}\langle{which}\rangle")
            self._written[id(node)] = written
        return self._written[id(node)]

    def find(self, order: Sequence[Value], name: str) -> list[Value]:
        """Return the nodes of this name: of a label, of an invented name, or ``z1[1]#2`` for one of several.

        ``delta1[2]`` finds z1[2], and ``a1[2]`` finds z1[2] where the activation is the identity and has no node.
        """
        names = [name, re.sub(r"^delta(?=\d)", "z", name), re.sub(r"^a(?=\d)", "z", name)]
        for wanted in dict.fromkeys(map(clean, names)):
            label, _, which = wanted.rpartition("#")
            for text, number in ((wanted, None), (label, which)):
                found = [node for node in order if text and self._texts[id(node)][0] == text]
                if number is not None:
                    found = [node for node in found if str(self._texts[id(node)][1]) == number]
                if found:
                    return found
        return []

    def derivative(self, upper: Value, lower: Value) -> Written:
        """Return how the derivative of one node by another is written."""
        above, below = self.of(upper).bracketed, self.of(lower).bracketed
        latex = rf"\frac{{\partial {above.latex}}}{{\partial {below.latex}}}"
        return Written(f"d{above.text}/d{below.text}", latex)
