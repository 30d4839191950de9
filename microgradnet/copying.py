"""Copies and pickles of a recorded graph, as flat lists: a deep graph needs no deep stack.

A pickle holds the leaves, then one column for each field of the results, so that a million nodes are a few long arrays.
"""

from __future__ import annotations

import copy
from array import array
from collections.abc import Sequence
from functools import cache
from typing import Any


def build(kind: type[Any], state: tuple[Any, ...], left: Any = None, right: Any = None, extra: Any = None) -> Any:
    """Return a node of this class with the given fields and operands, and what its subclass added."""
    node = kind.__new__(kind)  # type: ignore[call-overload]
    node._restore(state, left, right)
    for name, content in (extra or {}).items():
        setattr(node, name, content)
    return node


def added(node: Any) -> dict[str, Any]:
    """Return the attributes that a user's subclass has added to a node."""
    kind: Any = type(node)
    slots, has_dict = _added_by(kind)
    fields = {name: getattr(node, name) for name in slots if hasattr(node, name)} if slots else {}
    return {**fields, **vars(node)} if has_dict else fields


@cache
def _added_by(kind: type[Any]) -> tuple[tuple[str, ...], bool]:
    """Return the names of the slots that a subclass adds to the fields of a node, and whether it has a ``__dict__``."""
    slots: list[str] = []
    for base in kind.__mro__:
        if "_restore" in vars(base):
            break
        declared = vars(base).get("__slots__", ())
        slots += [declared] if isinstance(declared, str) else declared
    return tuple(slots), bool(kind.__dictoffset__)


def deep_copy(root: Any, order: Sequence[Any], memo: dict[int, Any]) -> Any:
    """Copy the nodes of ``order``, which ends in ``root``; those that ``memo`` knows already stay shared."""
    fresh = [node for node in order if id(node) not in memo]
    for node in fresh:
        left, right = node._left, node._right
        if left is not None:
            left = memo[id(left)]
        if right is not None:
            right = memo[id(right)]
        memo[id(node)] = build(type(node), node._state(), left, right)
    for node in fresh:  # only now, as what a subclass added may refer to any node
        for name, content in added(node).items():
            setattr(memo[id(node)], name, copy.deepcopy(content, memo))
    return memo[id(root)]


def pack(root: Any, order: Sequence[Any]) -> tuple[Any, ...]:
    """Return what ``__reduce__`` should.

    Leaves are pickled as themselves, so that roots pickled together share them; but not the numbers of formulas.
    """
    if root._left is None:
        return build, (type(root), root._state(), None, None, added(root))
    leaves = [node for node in order if node._left is None and not node._written]
    others = [node for node in order if node._left is not None or node._written]
    place = {id(node): index for index, node in enumerate(leaves + others)}
    place[id(None)] = _NOBODY
    operands = array("q", [place[id(operand)] for node in others for operand in (node._left, node._right)])
    numbers = array("d")
    other_fields: list[Any] = []
    for node in others:
        state = node._state()
        numbers.extend(state[:4])
        other_fields += state[4:]
    return unpack, (leaves, [type(node) for node in others], operands, numbers, other_fields)


_NOBODY = -1  # stands for the operand that a node does not have


def unpack(
    leaves: list[Any],
    kinds: list[type[Any]],
    operands: Sequence[int],
    numbers: Sequence[float],
    other_fields: list[Any],
) -> Any:
    """Return the last node of a graph that :func:`pack` made lists of."""
    nodes = list(leaves)
    width = len(other_fields) // len(kinds)
    for index, kind in enumerate(kinds):
        state = *numbers[4 * index : 4 * index + 4], *other_fields[width * index : width * index + width]
        places = operands[2 * index : 2 * index + 2]
        nodes.append(build(kind, state, *(None if place == _NOBODY else nodes[place] for place in places)))
    return nodes[-1]
