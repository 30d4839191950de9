"""How nodes, layers and formulas are called in the sentences of an explanation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from microgradnet.symbols import Symbol
from microgradnet.value import Value

DEEPEST = 3  # operations within one that is written out in a sentence


def stem(label: str) -> str:
    """Return what the labels of one layer share: "w2" of "w2[1,2]", "w" of "w5"."""
    return label.split("[")[0] if "[" in label else re.sub(r"\d+$", "", label)


def formula(node: Value, depth: int = DEEPEST) -> str:
    """Return how a node is called or written: its label, else its formula over the labels below it."""
    return str(_symbol(node, depth, top=True).text)


def _symbol(node: Value, depth: int, top: bool = False) -> Symbol:
    """Return a node as a symbol; at the top the formula is written even where the node has a label of its own."""
    if node.op is None or (node.label and not top) or depth == 0:
        return Symbol(node.label or (f"{node.data:g}" if node.op is None else "..."))
    written = node.op(*(_symbol(operand, depth - 1) for operand in node.inputs))
    return written if isinstance(written, Symbol) else Symbol(f"{node.data:g}")


def listed(names: Iterable[str]) -> str:
    """Return names in their order, each once; those beyond the third are left out."""
    names = sorted(set(names))
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
