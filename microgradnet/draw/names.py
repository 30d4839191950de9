"""What each node of a picture is called: its label, else its formula, cut where that is long."""

from __future__ import annotations

import re
from collections.abc import Sequence

from microgradnet.draw.figures import write_figure
from microgradnet.draw.text import clean, shorten
from microgradnet.operation import ATOM, SUM
from microgradnet.value import Value

NAME_LIMIT = 24  # characters: wider boxes would push a graph off its slide
_CUT = 17  # characters of a formula that is too long to be shown whole
_PRE_ACTIVATION = re.compile(r"z(\d*)(\[[\w, ]*\])?")
_PLAIN_NAME = re.compile(r"[^\W\d][\w.'′]*(\[[\w, ]*\])?")  # what needs no brackets inside a formula

_Term = tuple[str, int]  # a formula's text and how tightly it binds


def name_nodes(order: Sequence[Value], digits: int) -> list[str]:
    """Return the name of each node, in the order given, which must have operands before results.

    A name is empty for a leaf without a label; the picture then has its number alone.
    """
    terms: dict[int, _Term] = {}
    names = []
    for node in order:
        label = clean(node.label)
        if label:
            label = shorten(label, NAME_LIMIT)
            terms[id(node)] = (label, ATOM if _PLAIN_NAME.fullmatch(label) else 0)
        else:
            terms[id(node)] = _formula(node, terms, digits)
        names.append(terms[id(node)][0] if label or node.inputs else "")
    return names


def name_gradient(node: Value) -> str:
    """Return what the gradient of a node is called: delta, with the layer and the neuron, for a pre-activation."""
    found = _PRE_ACTIVATION.fullmatch(clean(node.label))
    return f"delta{found[1]}{found[2] or ''}" if found else "grad"


def _formula(node: Value, terms: dict[int, _Term], digits: int) -> _Term:
    """Return the formula of a node without a label, cut where it is too long."""
    if node.op is None:
        return write_figure(node.data, digits).replace("−", "-"), SUM if node.data < 0 else ATOM
    text, precedence = node.op.text.write([terms[id(operand)] for operand in node.inputs])
    return (text, precedence) if len(text) <= NAME_LIMIT else (shorten(text, _CUT), precedence)
