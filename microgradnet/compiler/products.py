r"""Dot products over all pairs of some rows: where many sums of products are one product of matrices.

The products of a group of sums are edges between nodes. What hangs together by them is one column: in
:math:`z_{sj} = \sum_k x_{sk} w_{jk}` the edges connect all :math:`x_{\cdot k}` and :math:`w_{\cdot k}` of one k and no
others, in whatever order the terms were written. Rows are found the same way, by what stands together in one sum; and
sums over separate rows, such as the heads of attention, are separate blocks of equal shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_ROUNDS = 60  # of spreading labels; far more than any matrix needs
_DENSE = 0.35  # of all pairs have to be there: below that, row by row is less work
HOLE = -1  # in a matrix: no node, a zero stands there


@dataclass(frozen=True, slots=True)
class Matrices:
    """Rows such that each sum of a group is the product of a left row and a right row of its block.

    Arguments:
        left: nodes, of shape (blocks, left rows, columns), with holes.
        right: nodes, of shape (blocks, right rows, columns), with holes.
        at: per sum, its place in the product of shape (blocks, left rows, right rows).
    """

    left: Any
    right: Any
    at: Any

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of the product."""
        return self.left.shape[0], self.left.shape[1], self.right.shape[1]


def orient(sums: Any, first: Any, second: Any, count: int) -> tuple[Any, Any]:
    """Turn the pairs so that no node stands on both sides, where that is possible.

    What stands in the same sums is a row; a sum pairs two rows, and coloring the rows with two colors gives the sides.
    """
    if not np.isin(first, second).any():
        return first, second
    weights = _scramble(np.arange(count))
    elements, at = np.unique(np.concatenate([first, second]), return_inverse=True)
    marks = np.zeros(len(elements), np.uint64)
    np.add.at(marks, at, np.concatenate([weights[sums], weights[sums]]))
    _, row = np.unique(marks, return_inverse=True)
    one, other = row[at[: len(first)]], row[at[len(first) :]]
    rows = row.max() + 1
    labels = _components(np.concatenate([one, one + rows]), np.concatenate([other + rows, other]), 2 * rows)
    swap = labels[one] > labels[one + rows]
    return np.where(swap, second, first), np.where(swap, first, second)


def find_matrices(sums: Any, first: Any, second: Any, count: int) -> Matrices | None:
    """Return the matrices whose product is a group of sums; None where they are none.

    Arguments:
        sums: per term, the number of its sum, ascending from 0.
        first: per term, the node of one factor.
        second: per term, that of the other; no node is on both sides.
        count: how many sums there are.
    """
    elements, at = np.unique(np.concatenate([first, second]), return_inverse=True)
    left, right = at[: len(first)], at[len(first) :]
    column = _by_first(_components(left, right, len(elements)), left)
    order = np.lexsort((column[left], sums))
    sums, left, right = sums[order], left[order], right[order]
    lengths = np.bincount(sums, minlength=count)
    left_row, right_row = _rows(sums, left, lengths, column), _rows(sums, right, lengths, column)
    if left_row is None or right_row is None:
        return None
    block = _blocks(left_row, right_row)
    lefts = _stack(sums, left, left_row, block, column)
    rights = _stack(sums, right, right_row, block, column)
    if lefts is None or rights is None or lefts[0].shape[2] != rights[0].shape[2]:
        return None
    (a, of_left), (b, of_right) = lefts, rights
    if a.shape[1] == b.shape[1] == 1:  # no row is read twice
        return None
    at = (block * a.shape[1] + of_left[left_row]) * b.shape[1] + of_right[right_row]
    fits = len(np.unique(at)) == count >= _DENSE * a.shape[0] * a.shape[1] * b.shape[1]
    if not fits or not _complete(a, b, block, of_left[left_row], of_right[right_row], lengths):
        return None
    nodes = np.append(elements, HOLE)
    return Matrices(nodes[a], nodes[b], at)


def _scramble(numbers: Any) -> Any:
    """Return a well mixed 64-bit number for each number, the same every time (the finalizer of splitmix64)."""
    mixed = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _components(one: Any, other: Any, count: int) -> Any:
    """Label what hangs together by edges with the smallest number in it."""
    labels = np.arange(count)
    for _ in range(_ROUNDS):
        smaller = np.minimum(labels[one], labels[other])
        before = labels.copy()
        np.minimum.at(labels, one, smaller)
        np.minimum.at(labels, other, smaller)
        labels = labels[labels]
        if np.array_equal(labels, before):
            break
    return labels


def _by_first(labels: Any, order: Any) -> Any:
    """Return labels numbered anew, in the order in which they are met."""
    met, at = np.unique(labels[order], return_index=True)
    numbers = np.full(len(labels), len(met))
    numbers[met[np.argsort(at)]] = np.arange(len(met))
    return numbers[labels]


def _rows(sums: Any, nodes: Any, lengths: Any, column: Any) -> Any:
    """Return the row that each sum reads: equal lists of nodes or, for lists of different lengths, what overlaps."""
    begins = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    if lengths.min() == lengths.max():
        marks = _scramble(nodes) * _scramble(column[nodes] + 7)
        row = np.add.reduceat(marks, begins)
    else:
        within = sums[1:] == sums[:-1]
        row = _components(nodes[:-1][within], nodes[1:][within], len(column))[nodes[begins]]
    _, first, row = np.unique(row, return_index=True, return_inverse=True)
    numbers = np.empty(len(first), int)
    numbers[np.argsort(first)] = np.arange(len(first))
    return numbers[row]


def _blocks(left_row: Any, right_row: Any) -> Any:
    """Return the separate blocks of rows that are paired, as a number for each sum."""
    offset = left_row.max() + 1
    labels = _components(left_row, right_row + offset, offset + right_row.max() + 1)
    return _by_first(labels, left_row)[left_row]


def _stack(sums: Any, nodes: Any, row: Any, block: Any, column: Any) -> tuple[Any, Any] | None:
    """Return rows as an array of shape (blocks, rows, columns), and per row its place in its block."""
    blocks, rows = block.max() + 1, row.max() + 1
    block_of = np.empty(rows, int)
    block_of[row] = block
    place, size = _count_within(block_of)
    columns = np.unique(block[sums] * (column.max() + 1) + column[nodes])
    block_of_column, column_of = columns // (column.max() + 1), columns % (column.max() + 1)
    column_place, width = _count_within(block_of_column)
    if len(set(size.tolist())) > 1 or len(set(width.tolist())) > 1:
        return None
    local = np.full((blocks, column.max() + 1), HOLE)
    local[block_of_column, column_of] = column_place
    stacked = np.full((blocks, size[0], width[0]), HOLE)
    where = block[sums], place[row[sums]], local[block[sums], column[nodes]]
    stacked[where] = nodes
    return (stacked, place) if np.array_equal(stacked[where], nodes) else None


def _count_within(labels: Any) -> tuple[Any, Any]:
    """Return numbers from 0 for equal labels, in order, and how often each label occurs."""
    order = np.argsort(labels, kind="stable")
    size = np.bincount(labels)
    begins = np.concatenate([[0], np.cumsum(size)[:-1]])
    numbers = np.empty(len(labels), int)
    numbers[order] = np.arange(len(labels)) - begins[labels[order]]
    return numbers, size


def _complete(left: Any, right: Any, block: Any, left_row: Any, right_row: Any, lengths: Any) -> bool:
    """Tell whether each product of two rows has the terms of its sum and no others."""
    if not (left == HOLE).any() and not (right == HOLE).any():
        return bool((lengths == left.shape[2]).all())
    both = np.matmul((left != HOLE).astype(float), (right != HOLE).astype(float).swapaxes(1, 2))
    return bool((both[block, left_row, right_row] == lengths).all())
