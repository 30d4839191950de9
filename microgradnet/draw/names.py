"""What each node of a picture is called: its label, else its formula where that is short, else nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from microgradnet.draw.figures import write_figure
from microgradnet.draw.text import clean, shorten
from microgradnet.operation import ATOM, SUM
from microgradnet.value import Value

NAME_LIMIT = 24  # characters: wider boxes would push a graph off its slide
_PLAIN_NAME = re.compile(r"[^\W\d][\w.'′]*(\[[\w, ]*\])?")  # what needs no brackets inside a formula

_Term = tuple[str, int]  # a formula's text and how tightly it binds


def name_nodes(order: Sequence[Value], digits: int) -> list[str]:
    """Return the name of each node, in the order given, which must have operands before results.

    A name is empty for a leaf without a label, and for a result without a label whose formula is too long to read; the
    picture then has the operation's symbol and the numbers.
    """
    terms: dict[int, _Term | None] = {}
    names = []
    for node in order:
        label = clean(node.label)
        if label:
            label = shorten(label, NAME_LIMIT)
            terms[id(node)] = (label, ATOM if _PLAIN_NAME.fullmatch(label) else 0)
        else:
            terms[id(node)] = _formula(node, terms, digits)
        term = terms[id(node)]
        names.append(term[0] if term and (label or node.inputs) else "")
    return names


def _formula(node: Value, terms: dict[int, _Term | None], digits: int) -> _Term | None:
    """Return the formula of a node without a label, or None where it would be too long."""
    if node.op is None:
        return write_figure(node.data, digits).replace("−", "-"), SUM if node.data < 0 else ATOM
    operands = [terms[id(operand)] for operand in node.inputs]
    known = [operand for operand in operands if operand is not None]
    if len(known) < len(operands):
        return None
    text, precedence = node.op.text.write(known)
    return (text, precedence) if len(text) <= NAME_LIMIT else None
