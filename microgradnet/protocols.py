"""What ``copy``, ``pickle`` and NumPy ask of a Value.

Copies and pickles take a recorded graph as flat lists, so that a deep graph needs no deep stack. A pickle holds the
leaves, then one column for each field of the results: a million nodes are a few long arrays. NumPy's functions of
Values record the operation of the same name.
"""

from __future__ import annotations

import copy
from array import array
from collections.abc import Sequence
from functools import cache
from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError
from microgradnet.operation import find, is_array


def build(kind: type[Any], state: tuple[Any, ...], left: Any = None, right: Any = None, extra: Any = None) -> Any:
    """Return a node of this class with the given fields and operands, and what its subclass added."""
    node = kind.__new__(kind)  # type: ignore[call-overload]
    node._restore(state, left, right)
    for name, content in (extra or {}).items():
        setattr(node, name, content)
    return node


def added(node: Any) -> dict[str, Any]:
    """Return the attributes that a user has added to a node, or the class of a user's nodes."""
    kind: Any = type(node)  # a class with its own __hash__ is no Hashable to a type checker
    slots = _slots_added_by(kind)
    fields = {name: getattr(node, name) for name in slots if hasattr(node, name)} if slots else {}
    return {**fields, **(node._attributes() or {})}


@cache
def _slots_added_by(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of the slots that a subclass adds to the fields of a node."""
    slots: list[str] = []
    for base in kind.__mro__:
        if "_restore" in vars(base):
            break
        declared = vars(base).get("__slots__", ())
        slots += [declared] if isinstance(declared, str) else declared
    return tuple(slot for slot in slots if slot not in ("__dict__", "__weakref__"))


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
    attributes = {place[id(node)]: content for node in others if (content := added(node))}
    numbers = array("d")
    other_fields: list[Any] = []
    for node in others:
        state = node._state()
        numbers.extend(state[:4])
        other_fields += state[4:]
    return unpack, (leaves, [type(node) for node in others], operands, numbers, other_fields, attributes)


_NOBODY = -1  # stands for the operand that a node does not have


def unpack(
    leaves: list[Any],
    kinds: list[type[Any]],
    operands: Sequence[int],
    numbers: Sequence[float],
    other_fields: list[Any],
    attributes: dict[int, dict[str, Any]],
) -> Any:
    """Return the last node of a graph that :func:`pack` made lists of."""
    nodes = list(leaves)
    width = len(other_fields) // len(kinds)
    for index, kind in enumerate(kinds):
        state = *numbers[4 * index : 4 * index + 4], *other_fields[width * index : width * index + width]
        places = operands[2 * index : 2 * index + 2]
        extra = attributes.get(len(nodes))
        left, right = (None if place == _NOBODY else nodes[place] for place in places)
        nodes.append(build(kind, state, left, right, extra))
    return nodes[-1]


def no_float(node: Any) -> NumberTypeError:
    """Return (not raise) the error for a Value that is taken for a float, whose gradient would be lost."""
    given = f"the Value {node._data}" + (f" (labelled {node.label!r})" if node.label else "")
    advice = "Use mg.exp(v) in place of math.exp(v), which would lose the gradient, or v.data for the number alone."
    return NumberTypeError("a plain number is needed here", given, advice)


def by_hand(expected: str, given: str) -> ArgumentError:
    """Return (not raise) the error for an operation that is added by hand, as in micrograd."""
    advice = (
        "Add an operation with mg.define('cube', forward=lambda x: x**3, partials=[lambda x, out: 3 * x**2]); "
        "then v.cube() records it."
    )
    return ArgumentError(expected, given, advice)


_CHOOSING = {"maximum", "minimum", "fmax", "fmin"}  # of objects NumPy takes one of the two, and records nothing
_TELLING = {"isnan", "isfinite", "isinf", "signbit"}  # about numbers


def apply_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return what NumPy's function gives for Values, alone or beside arrays: nodes, or what it tells about numbers.

    A Value takes the operation of the table that has the function's name. Where an array takes part, NumPy goes through
    its elements and calls their operators and methods, but for functions that would record nothing.
    """
    name = ufunc.__name__
    if name in _TELLING:
        return getattr(ufunc, method)(*map(_numbers, inputs), **options)
    op = find(name)
    by_element = any(map(is_array, inputs)) and name not in _CHOOSING and any("O" in kinds for kinds in ufunc.types)
    if op is not None and method == "__call__" and not options and not by_element and name not in _COMPARING:
        return op(*inputs)
    return getattr(ufunc, method)(*map(_boxed, inputs), **options)


_COMPARING = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}  # Python's operators, to bools


def _numbers(operand: Any) -> Any:
    return operand.data if hasattr(type(operand), "_apply") else operand


def _boxed(operand: Any) -> Any:
    """Return a Value as an array of no dimensions, which NumPy treats as it treats an array of objects.

    Long doubles become doubles: as objects they would ask the Value again, without end.
    """
    import numpy

    if isinstance(operand, (numpy.ndarray, numpy.generic)) and operand.dtype == numpy.longdouble:
        return operand.astype(float)
    if not hasattr(type(operand), "_apply"):
        return operand
    box = numpy.empty((), dtype=object)
    box[()] = operand
    return box
