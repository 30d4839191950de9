r"""Groups of sums as arrays, and above all which sums of products are one product of matrices.

The products of a group of sums are edges between nodes. Each connected component is one column: in
:math:`z_{sj} = \sum_k x_{sk} w_{jk}` the edges connect all :math:`x_{\cdot k}` and :math:`w_{\cdot k}` of one k and no
others, in whatever order the terms were written. Rows are found the same way, from the nodes that occur together in one
sum. Sums over disjoint rows, such as the heads of attention, are separate blocks of equal shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import HOLE, ArrayLayout, Combined, Operand, Product, Reduced, lay_out_applied
from microgradnet.compiler.sums import NOBODY, Flattened, NodeGroup, NodeGroups, RecordedGraph, Terms

_ROUNDS = 60  # of spreading labels; far more than any matrix needs
_DENSE = 0.35  # of all pairs have to be there: below that, row by row is less work


@dataclass(frozen=True, slots=True)
class Matrices:
    """Rows whose dot products are the sums of a group: each sum is one left row times one right row of its block.

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
    """Swap pairs so that no node is on both sides, where that is possible.

    Nodes that occur in the same sums form a row. A sum pairs two rows, and a two-coloring of the rows gives the sides.
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
    """Return the matrices whose product is a group of sums; None where there are none.

    Arguments:
        sums: per term, the number of its sum, ascending from 0.
        first: per term, the node of one factor.
        second: per term, the node of the other factor; no node is on both sides.
        count: the number of sums.
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
    """Label the connected components of a graph by their smallest member."""
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
    """Renumber labels in the order in which they first occur."""
    met, at = np.unique(labels[order], return_index=True)
    numbers = np.full(len(labels), len(met))
    numbers[met[np.argsort(at)]] = np.arange(len(met))
    return numbers[labels]


def _rows(sums: Any, nodes: Any, lengths: Any, column: Any) -> Any:
    """Return the row that each sum reads: equal lists of nodes or, for lists of several lengths, lists that overlap."""
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
    """Return the block of paired rows that each sum belongs to, as a number."""
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
    """Return numbers from 0 for the members of each label, in order, and the count of each label."""
    order = np.argsort(labels, kind="stable")
    size = np.bincount(labels)
    begins = np.concatenate([[0], np.cumsum(size)[:-1]])
    numbers = np.empty(len(labels), int)
    numbers[order] = np.arange(len(labels)) - begins[labels[order]]
    return numbers, size


def _complete(left: Any, right: Any, block: Any, left_row: Any, right_row: Any, lengths: Any) -> bool:
    """Return whether each product of two rows has the terms of its sum and no others."""
    if not (left == HOLE).any() and not (right == HOLE).any():
        return bool((lengths == left.shape[2]).all())
    both = np.matmul((left != HOLE).astype(float), (right != HOLE).astype(float).swapaxes(1, 2))
    return bool((both[block, left_row, right_row] == lengths).all())


def turn(layout: ArrayLayout, product: Matrices, count: int) -> Matrices:
    """Order rows and columns as their nodes are placed in their arrays, rows that vary by sample on the left."""
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


def _sort_rows(layout: ArrayLayout, left: Any, right: Any, at: Any) -> tuple[Any, Any, Any]:
    """Sort blocks, rows and columns by the places of their nodes, where they have places."""
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


def _home(layout: ArrayLayout, nodes: Any) -> Any:
    return layout.home[layout.grouped.of[nodes[nodes != HOLE][0]]]


def _batched(home: Any) -> bool:
    return bool(home.batched)


_MOST_COEFFICIENTS = 3  # columns of different coefficients that are added one by one


@dataclass(slots=True)
class SumPart:
    """Terms of one kind in all sums of a group.

    Arguments:
        factors: per term and factor, the node; of shape (sums, terms), or flat where sums differ in length.
        coefficient: a number, or an array of one factor's shape.
        lengths: per sum, how many terms it has.
        product: the matrices whose product it is, where there are any.
    """

    factors: list[Any]
    coefficient: Any
    lengths: Any
    product: Matrices | None = None

    @property
    def single(self) -> bool:
        """Whether each sum has one term of this kind."""
        return bool((self.lengths == 1).all())


def lay_out(recording: RecordedGraph, flat: Flattened, grouped: NodeGroups) -> ArrayLayout:
    """Return the arrays of all groups, in the order in which they are computed."""
    layout = ArrayLayout.begin(recording, flat, grouped)
    owner = grouped.of[flat.terms.sum]
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(grouped.groups) + 1))
    for each in grouped.groups[2:]:
        if each.op is None:
            lay_out_sums(layout, each, flat.terms.only(order[bounds[each.number] : bounds[each.number + 1]]))
        else:
            lay_out_applied(layout, each)
    layout.place_parameters()
    return layout


def lay_out_sums(layout: ArrayLayout, group: NodeGroup, terms: Terms) -> None:
    """Lay out a group of sums as arrays: matrix products, sums along an axis, and elementwise sums.

    Arguments:
        layout: the arrays so far.
        group: the group.
        terms: the terms of its sums, in the order of its members.
    """
    count = len(group.members)
    sums = np.searchsorted(group.members, terms.sum)
    parts: list[SumPart] = []
    for high, low in group.factors:
        first, second = terms.first, terms.second
        of_first, of_second = layout.grouped.of[first], np.where(second == NOBODY, NOBODY, layout.grouped.of[second])
        chosen = (np.maximum(of_first, of_second) == high) & (np.minimum(of_first, of_second) == low)
        swap = (of_first < of_second)[chosen]
        one, other = first[chosen], second[chosen]
        one, other = np.where(swap, other, one), np.where(swap, one, other)
        parts += _parts(layout, sums[chosen], terms.coefficient[chosen], one, None if low == NOBODY else other, count)
    parts.sort(key=lambda part: (part.product is None, len(part.factors) < 2))
    order, shape = _order(layout, parts, count)
    constant = _scalar(layout.flat.constant[group.members][order].reshape(shape))
    made = Combined(constant, [_lay_out(layout, group, part, order, shape) for part in parts])
    layout.array(group, made, shape, order)


def _parts(layout: ArrayLayout, sums: Any, coefficient: Any, first: Any, second: Any, count: int) -> list[SumPart]:
    """Return the parts made of the terms of one kind."""
    lengths = np.bincount(sums, minlength=count)
    factor = _scalar(coefficient)
    if second is not None:
        return [_pairs(layout, sums, factor, first, second, lengths)]
    if lengths.min() < lengths.max():
        return [SumPart([first], factor, lengths)]
    nodes = first.reshape(count, -1)
    if isinstance(factor, float):
        return [SumPart([_sorted(layout, nodes)], factor, lengths)]
    return _columns(nodes, coefficient.reshape(count, -1))


def _pairs(layout: ArrayLayout, sums: Any, factor: Any, first: Any, second: Any, lengths: Any) -> SumPart:
    count = len(lengths)
    if layout.grouped.of[first[0]] == layout.grouped.of[second[0]]:
        first, second = orient(sums, first, second, count)
    product = None
    if lengths.max() > 1 and count > 1 and isinstance(factor, float):
        product = find_matrices(sums, first, second, count)
    factors = [first, second]
    if lengths.min() == lengths.max():
        factors = [nodes.reshape(count, -1) for nodes in factors]
        factor = factor if isinstance(factor, float) else factor.reshape(count, -1)
    if product is None and isinstance(factor, float) and factors[0].ndim == 2:
        factors = _sorted_pairs(layout, *factors)
    return SumPart(factors, factor, lengths, product)


def _columns(nodes: Any, coefficient: Any) -> list[SumPart]:
    """Split terms of one factor into columns with one coefficient each and a rest with a matrix of coefficients."""
    count = len(nodes)
    same = (coefficient == coefficient[0]).all(axis=0)
    values = np.unique(coefficient[0, same])
    if count == 1 or len(values) > _MOST_COEFFICIENTS:
        same, values = np.zeros_like(same), values[:0]
    parts = []
    if not same.all():
        rest, factors = coefficient[:, ~same], nodes[:, ~same]
        parts.append(SumPart([factors], rest, np.full(count, rest.shape[1]), _constant_matrix(factors, rest)))
    for value in values:
        chosen = nodes[:, same & (coefficient[0] == value)]
        parts.append(SumPart([chosen], float(value), np.full(count, chosen.shape[1])))
    return parts


def _constant_matrix(nodes: Any, coefficient: Any) -> Matrices | None:
    """Return the rows of coefficients and of nodes, where the sums are all products of the two; else None."""
    lefts, left = np.unique(coefficient, axis=0, return_inverse=True)
    rights, right = np.unique(nodes, axis=0, return_inverse=True)
    at = left.ravel() * len(rights) + right.ravel()
    if nodes.shape[1] == 1 or len(nodes) != len(lefts) * len(rights) or len(np.unique(at)) < len(at):
        return None
    return Matrices(lefts[None], rights[None], at)


def _sorted(layout: ArrayLayout, nodes: Any) -> Any:
    """Sort each row by the places of its nodes; the order of the terms of a sum does not matter."""
    order = np.argsort(layout.place[nodes], axis=1, kind="stable")
    return np.take_along_axis(nodes, order, axis=1)


def _sorted_pairs(layout: ArrayLayout, first: Any, second: Any) -> list[Any]:
    by = second if layout.place[first.flat[0]] == NOBODY else first
    order = np.argsort(layout.place[by], axis=1, kind="stable")
    return [np.take_along_axis(nodes, order, axis=1) for nodes in (first, second)]


def _order(layout: ArrayLayout, parts: list[SumPart], count: int) -> tuple[Any, tuple[int, ...]]:
    """Return the order of a group's members and the shape of its array."""
    for part in parts:
        if part.product is not None:
            part.product = turn(layout, part.product, count)
    for part in parts:
        if part.product is not None:
            order = np.argsort(part.product.at, kind="stable")
            if count == np.prod(part.product.shape):
                return order, _squeezed(part.product.shape)
            return order, (count,)
    begins = [np.concatenate([[0], np.cumsum(part.lengths)[:-1]]) for part in parts]
    readings = [
        nodes.ravel()[begin]
        for single in (True, False)
        for part, begin in zip(parts, begins, strict=True)
        for nodes in part.factors
        if part.single == single
    ]
    return layout.arrange(*readings)


def _lay_out(
    layout: ArrayLayout, group: NodeGroup, part: SumPart, order: Any, shape: tuple[int, ...]
) -> tuple[Any, list[Operand]]:
    """Return a coefficient and operands of the group's shape for one part; add the arrays of its inner sums."""
    if part.product is not None:
        coefficient = 1.0 if part.product.left.dtype == float else part.coefficient
        return coefficient, [_multiply(layout, group, part.product, order, shape)]
    if part.factors[0].ndim == 1:
        return 1.0, [_reduce_ragged(layout, group, part, order, shape)]
    nodes = [factor[order].reshape(*shape, -1) for factor in part.factors]
    coefficient = part.coefficient
    if not isinstance(coefficient, float):
        coefficient = coefficient[order].reshape(*shape, -1)
    if part.single:
        coefficient = coefficient if isinstance(coefficient, float) else coefficient[..., 0]
        return coefficient, _operands(layout, [each[..., 0] for each in nodes])
    made = Reduced(coefficient, _operands(layout, nodes))
    return 1.0, [_whole(layout.hidden(group, made, shape))]


def _multiply(layout: ArrayLayout, group: NodeGroup, product: Matrices, order: Any, shape: tuple[int, ...]) -> Operand:
    blocks, rows, columns = product.shape
    left, right = product.left, product.right
    if columns == 1 and blocks == 1:
        left, right = right, left
        rows, columns = columns, rows
    if blocks == 1:
        left, right = left[0][0] if rows == 1 else left[0], right[0]
    made = Product(*(_written(rows) if rows.dtype == float else layout.operand(rows) for rows in (left, right)))
    array = layout.hidden(group, made, _squeezed((blocks, rows, columns)))
    return Operand(array, np.broadcast_to(0, shape), product.at[order].reshape(shape))


def _written(numbers: Any) -> Operand:
    return Operand(None, np.empty(numbers.shape, int), numbers)


def _reduce_ragged(layout: ArrayLayout, group: NodeGroup, part: SumPart, order: Any, shape: tuple[int, ...]) -> Operand:
    begins = np.concatenate([[0], np.cumsum(part.lengths)[:-1]])
    starts = np.concatenate([[0], np.cumsum(part.lengths[order])[:-1]])
    chosen = np.concatenate([np.arange(begins[each], begins[each] + part.lengths[each]) for each in order])
    coefficient = part.coefficient if isinstance(part.coefficient, float) else part.coefficient[chosen]
    made = Reduced(coefficient, _operands(layout, [nodes[chosen] for nodes in part.factors]), starts)
    return _whole(layout.hidden(group, made, (len(order),)), shape)


def _operands(layout: ArrayLayout, nodes: list[Any]) -> list[Operand]:
    """Return one operand for each factor; equal factors share one."""
    first = layout.operand(nodes[0])
    if len(nodes) == 1:
        return [first]
    return [first, first if np.array_equal(*nodes) else layout.operand(nodes[1])]


def _whole(array: Any, shape: tuple[int, ...] | None = None) -> Operand:
    shape = array.shape if shape is None else shape
    count = int(np.prod(shape))
    return Operand(array, np.broadcast_to(0, shape), np.arange(count).reshape(shape))


def _squeezed(shape: tuple[int, int, int]) -> tuple[int, ...]:
    blocks, rows, columns = shape
    if blocks > 1:
        return shape
    return (columns,) if rows == 1 else (rows,) if columns == 1 else (rows, columns)


def _scalar(numbers: Any) -> Any:
    """Return the number that an array repeats; the array itself where its numbers differ."""
    first = float(numbers.flat[0])
    return first if (numbers == first).all() else numbers
