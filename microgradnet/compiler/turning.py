"""Which way a product of matrices is laid out: its rows, its columns, and which side comes first."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradnet.compiler.layout import Layout
from microgradnet.compiler.products import HOLE, Matrices


def turn(layout: Layout, product: Matrices, count: int) -> Matrices:
    """Order rows and columns as their nodes stand in their arrays, and put the rows that vary by sample first."""
    left, right = product.left, product.right
    if left.dtype == float:
        return product
    left_home, right_home = (_home(layout, nodes) for nodes in (left, right))
    sides = _batched(left_home), _batched(right_home)
    swap = sides[1] > sides[0]
    if sides[0] == sides[1] and count > 1:
        shape = product.shape
        one, other = (np.unravel_index(int(place), shape)[1:] for place in product.at[:2])
        swap = one[0] != other[0] and one[1] == other[1]
    at = np.array(np.unravel_index(product.at, product.shape))
    if swap:
        left, right, at = right, left, at[[0, 2, 1]]
    left, right, at = _sort_rows(layout, left, right, at)
    at = np.ravel_multi_index(tuple(at), (left.shape[0], left.shape[1], right.shape[1]))
    return Matrices(left, right, at)


def _sort_rows(layout: Layout, left: Any, right: Any, at: Any) -> tuple[Any, Any, Any]:
    """Sort blocks, rows and columns by the places of nodes that have any."""
    sides = []
    for nodes in (left, right):
        places = np.where(nodes == HOLE, np.iinfo(int).max, layout.place[nodes])
        sides.append(places if (places >= 0).all() else None)
    guide = sides[0] if sides[0] is not None else sides[1]
    if guide is not None:
        blocks = np.argsort(guide.min(axis=(1, 2)), kind="stable")
        left, right, at[0] = left[blocks], right[blocks], np.argsort(blocks)[at[0]]
        sides = [None if side is None else side[blocks] for side in sides]
        columns = np.argsort(guide[blocks].min(axis=1), axis=1, kind="stable")[:, None, :]
        left, right = (np.take_along_axis(nodes, columns, axis=2) for nodes in (left, right))
    for axis, side in enumerate(sides, 1):
        if side is not None:
            rows = np.argsort(side.min(axis=2), axis=1, kind="stable")
            at[axis] = np.argsort(rows, axis=1)[at[0], at[axis]]
            if axis == 1:
                left = np.take_along_axis(left, rows[:, :, None], axis=1)
            else:
                right = np.take_along_axis(right, rows[:, :, None], axis=1)
    return left, right, at


def _home(layout: Layout, nodes: Any) -> Any:
    return layout.home[layout.grouped.of[nodes[nodes != HOLE][0]]]


def _batched(home: Any) -> bool:
    return bool(home.batched)
