"""The sums of a group as arrays: matrix products, sums along an axis, and what is added element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import Combined, Operand, Product, Reduced
from microgradnet.compiler.grouping import Group
from microgradnet.compiler.layout import Layout
from microgradnet.compiler.products import Matrices, find_matrices, orient
from microgradnet.compiler.recording import NOBODY
from microgradnet.compiler.sums import Terms
from microgradnet.compiler.turning import turn

_MOST_COEFFICIENTS = 3  # columns of different coefficients that are added one by one


@dataclass(slots=True)
class Part:
    """Terms of one kind in all sums of a group.

    Arguments:
        factors: per term and factor, the node; of shape (sums, terms), or flat where sums differ in length.
        coefficient: a number, or an array of one factor's shape.
        lengths: per sum, how many terms it has.
        product: the matrices whose product it is, if it is one.
    """

    factors: list[Any]
    coefficient: Any
    lengths: Any
    product: Matrices | None = None

    @property
    def single(self) -> bool:
        """Whether each sum has one term of this kind."""
        return bool((self.lengths == 1).all())


def add_up(layout: Layout, group: Group, terms: Terms) -> None:
    """Lay out a group of sums, from its terms in the order of its members."""
    count = len(group.members)
    sums = np.searchsorted(group.members, terms.sum)
    parts: list[Part] = []
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


def _parts(layout: Layout, sums: Any, coefficient: Any, first: Any, second: Any, count: int) -> list[Part]:
    """Return the parts that terms of one kind make."""
    lengths = np.bincount(sums, minlength=count)
    factor = _scalar(coefficient)
    if second is not None:
        return [_pairs(layout, sums, factor, first, second, lengths)]
    if lengths.min() < lengths.max():
        return [Part([first], factor, lengths)]
    nodes = first.reshape(count, -1)
    if isinstance(factor, float):
        return [Part([_sorted(layout, nodes)], factor, lengths)]
    return _columns(nodes, coefficient.reshape(count, -1))


def _pairs(layout: Layout, sums: Any, factor: Any, first: Any, second: Any, lengths: Any) -> Part:
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
    return Part(factors, factor, lengths, product)


def _columns(nodes: Any, coefficient: Any) -> list[Part]:
    """Split terms of one factor: columns with one coefficient each, and the rest, whose coefficients are a matrix."""
    count = len(nodes)
    same = (coefficient == coefficient[0]).all(axis=0)
    values = np.unique(coefficient[0, same])
    if count == 1 or len(values) > _MOST_COEFFICIENTS:
        same, values = np.zeros_like(same), values[:0]
    parts = []
    if not same.all():
        rest, factors = coefficient[:, ~same], nodes[:, ~same]
        parts.append(Part([factors], rest, np.full(count, rest.shape[1]), _constant_matrix(factors, rest)))
    for value in values:
        chosen = nodes[:, same & (coefficient[0] == value)]
        parts.append(Part([chosen], float(value), np.full(count, chosen.shape[1])))
    return parts


def _constant_matrix(nodes: Any, coefficient: Any) -> Matrices | None:
    """Return the rows of coefficients and the rows of nodes, if the sums are their products, each with each."""
    lefts, left = np.unique(coefficient, axis=0, return_inverse=True)
    rights, right = np.unique(nodes, axis=0, return_inverse=True)
    at = left.ravel() * len(rights) + right.ravel()
    if nodes.shape[1] == 1 or len(nodes) != len(lefts) * len(rights) or len(np.unique(at)) < len(at):
        return None
    return Matrices(lefts[None], rights[None], at)


def _sorted(layout: Layout, nodes: Any) -> Any:
    """Return each row in the order in which its nodes stand in their array: the order of a sum does not matter."""
    order = np.argsort(layout.place[nodes], axis=1, kind="stable")
    return np.take_along_axis(nodes, order, axis=1)


def _sorted_pairs(layout: Layout, first: Any, second: Any) -> list[Any]:
    by = second if layout.place[first.flat[0]] == NOBODY else first
    order = np.argsort(layout.place[by], axis=1, kind="stable")
    return [np.take_along_axis(nodes, order, axis=1) for nodes in (first, second)]


def _order(layout: Layout, parts: list[Part], count: int) -> tuple[Any, tuple[int, ...]]:
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


def _lay_out(layout: Layout, group: Group, part: Part, order: Any, shape: tuple[int, ...]) -> tuple[Any, list[Operand]]:
    """Return a coefficient and operands of the group's shape for one part, after what has to be summed first."""
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


def _multiply(layout: Layout, group: Group, product: Matrices, order: Any, shape: tuple[int, ...]) -> Operand:
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


def _reduce_ragged(layout: Layout, group: Group, part: Part, order: Any, shape: tuple[int, ...]) -> Operand:
    begins = np.concatenate([[0], np.cumsum(part.lengths)[:-1]])
    starts = np.concatenate([[0], np.cumsum(part.lengths[order])[:-1]])
    chosen = np.concatenate([np.arange(begins[each], begins[each] + part.lengths[each]) for each in order])
    coefficient = part.coefficient if isinstance(part.coefficient, float) else part.coefficient[chosen]
    made = Reduced(coefficient, _operands(layout, [nodes[chosen] for nodes in part.factors]), starts)
    return _whole(layout.hidden(group, made, (len(order),)), shape)


def _operands(layout: Layout, nodes: list[Any]) -> list[Operand]:
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
    """Return an array of one number, everywhere the same, as that number."""
    first = float(numbers.flat[0])
    return first if (numbers == first).all() else numbers
