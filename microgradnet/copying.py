"""Copies and pickles of a recorded graph, as flat lists: a deep graph needs no deep stack.

A record is a node's class, its fields, and where its operands stand in the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def build(kind: type[Any], state: tuple[Any, ...], left: Any = None, right: Any = None) -> Any:
    """Return a node of this class with the given fields and operands."""
    node = kind.__new__(kind)  # type: ignore[call-overload]
    node._restore(state, left, right)
    return node


def deep_copy(root: Any, order: Sequence[Any], memo: dict[int, Any]) -> Any:
    """Copy the nodes of ``order``, which ends in ``root``; those that ``memo`` knows already stay shared."""
    for node in order:
        if id(node) not in memo:
            memo[id(node)] = build(type(node), node._state(), *(memo[id(operand)] for operand in node.inputs))
    return memo[id(root)]


def pack(root: Any, order: Sequence[Any]) -> tuple[Any, ...]:
    """Return what ``__reduce__`` should. Leaves are pickled as themselves, so roots pickled together share them."""
    if not root.inputs:
        return build, (type(root), root._state())
    place = {id(node): index for index, node in enumerate(order)}
    records = [
        (type(node), node._state(), [place[id(operand)] for operand in node.inputs]) if node.inputs else node
        for node in order
    ]
    return unpack, (records,)


def unpack(records: list[Any]) -> Any:
    """Return the last node of a graph that :func:`pack` made a list of."""
    nodes: list[Any] = []
    for record in records:
        if isinstance(record, tuple):
            kind, state, operands = record
            record = build(kind, state, *(nodes[index] for index in operands))
        nodes.append(record)
    return nodes[-1]
