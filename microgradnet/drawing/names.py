"""What each node of a picture is called: its label, the caller's variable, its formula, or its scope and order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from microgradnet.drawing.figures import write_figure
from microgradnet.drawing.text import ELLIPSIS, clean, shorten
from microgradnet.operation import ATOM, SUM
from microgradnet.value import Constant, Value

NAME_LIMIT = 24  # characters: wider boxes would push a graph off its slide
_CUT = 17  # characters of a formula that is too long to be shown whole
_PRE_ACTIVATION = re.compile(r"z(\d*)(\[[\w, ]*\])?")
_PLAIN_NAME = re.compile(r"[^\W\d][\w.'′]*(\[[\w, '\"]*\])*")  # what needs no brackets inside a formula

_Term = tuple[str, int]  # a formula's text and how tightly it binds


def name_nodes(order: Sequence[Value], digits: int, known: Mapping[int, str] | None = None) -> dict[int, str]:
    """Return the name of each node by its ``id``.

    A result without a label or variable is called by its formula. A leaf without is called by its scope and its place
    among such leaves there: ``neuron 2 leaf 1``; in formulas it is its number.

    Arguments:
        order: the nodes that are drawn, operands before results.
        digits: significant digits of numbers in formulas.
        known: what the caller calls nodes without a label, by their ``id``.
    """
    terms: dict[int, _Term] = {}
    names: dict[int, str] = {}
    leaves: Counter[str] = Counter()
    for node in order:
        label = given_name(node, known)
        if label:
            label = shorten(label, NAME_LIMIT)
            terms[id(node)] = (label, ATOM if _PLAIN_NAME.fullmatch(label) else 0)
        else:
            terms[id(node)] = _formula(node, terms, digits)
        names[id(node)] = terms[id(node)][0]
        if not (label or node.inputs):
            leaves[node.scope] += 1
            names[id(node)] = _leaf_name(node, leaves[node.scope])
    return names


def given_name(node: Value, known: Mapping[int, str] | None) -> str:
    """Return the label of a node, else what the caller calls it; empty where it has neither."""
    return clean(node.label) or clean((known or {}).get(id(node), ""))


def _leaf_name(node: Value, place: int) -> str:
    if isinstance(node, Constant):
        return ""
    scope, own = clean(node.scope).rpartition("/")[2], f"leaf {place}"
    return f"{shorten(scope, NAME_LIMIT - len(own) - 1)} {own}" if scope else own


def name_gradient(node: Value) -> str:
    """Return what the gradient of a node is called: delta, with the layer and the neuron, for a pre-activation."""
    found = _PRE_ACTIVATION.fullmatch(clean(node.label))
    return f"delta{found[1]}{found[2] or ''}" if found else "grad"


def _formula(node: Value, terms: Mapping[int, _Term], digits: int) -> _Term:
    """Return the formula of a node without a label, cut where it is too long."""
    if node.op is None:
        return write_figure(node.data, digits).replace("−", "-"), SUM if node.data < 0 else ATOM
    text, precedence = node.op.text.write([terms.get(id(operand)) or _unseen(operand) for operand in node.inputs])
    return (text, precedence) if len(text) <= NAME_LIMIT else (shorten(text, _CUT), precedence)


def _unseen(node: Value) -> _Term:
    """Return what stands in a formula for an operand that has disappeared into a folded box."""
    return shorten(clean(node.label), NAME_LIMIT) or ELLIPSIS, ATOM
