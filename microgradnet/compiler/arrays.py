"""The array of each group: how it is made, where each node has its place, and how operands are read as views.

Places are chosen so that operands are views and not copies. A matrix product has its results in rows and columns. An
elementwise operation takes the layout of its operand. Parameters come last: they are placed in one flat array by how
they are read, matrices first, so that each matrix is one piece of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from microgradnet.compiler.sums import NOBODY, PARAMETERS, Flattened, NodeGroup, NodeGroups, RecordedGraph
from microgradnet.operation import Op

HOLE = -1  # in a matrix: no node, a zero stands there


@dataclass(slots=True, eq=False)
class Operand:
    """Numbers that an operation reads.

    Arguments:
        source: the array that holds them; None for constants.
        nodes: the nodes, in the shape that the operation reads; HOLE where it reads a zero.
        places: their places in the source, row by row; for constants, the numbers themselves.
    """

    source: Any
    nodes: Any
    places: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the operation reads."""
        return tuple(self.nodes.shape)


@dataclass(frozen=True, slots=True)
class Applied:
    """An operation of the table, element by element."""

    op: Op
    operands: list[Operand]


@dataclass(frozen=True, slots=True)
class Product:
    """Dot products of all left rows with all right rows, in blocks where there are three axes.

    The last axis of both operands is summed over. A left operand of one axis is a single row.
    """

    left: Operand
    right: Operand

    @property
    def operands(self) -> list[Operand]:
        """Both operands."""
        return [self.left, self.right]


@dataclass(frozen=True, slots=True)
class Reduced:
    """Sums over the last axis of one operand, or of the product of two.

    Arguments:
        coefficient: a number, or an array of the operands' shape.
        operands: one or two.
        starts: where each sum begins, for sums of several lengths that are stored one after the other; else None.
    """

    coefficient: Any
    operands: list[Operand]
    starts: Any = None


@dataclass(frozen=True, slots=True)
class Combined:
    """The sum of a constant and some parts, each a coefficient times one operand or times the product of two.

    The constant and the coefficients are numbers or arrays.
    """

    constant: Any
    parts: list[tuple[Any, list[Operand]]]

    @property
    def operands(self) -> list[Operand]:
        """The operands of all parts."""
        return [operand for _, operands in self.parts for operand in operands]


@dataclass(slots=True, eq=False)
class Array:
    """One array of a program.

    Arguments:
        made: how it is computed; None for the arrays of leaves.
        shape: its shape for one sample.
        nodes: the nodes whose numbers it holds, row by row; None for an array that is only a part of a sum.
        batched: whether it has one more axis, the first, for the samples.
        varied: whether it depends on parameters.
    """

    made: Applied | Product | Reduced | Combined | None
    shape: tuple[int, ...]
    nodes: Any
    batched: bool
    varied: bool


@dataclass(slots=True)
class ArrayLayout:
    """The arrays of a program, and the place of each node.

    Arguments:
        recording: the graph.
        flat: its sums.
        grouped: its groups.
        arrays: in the order in which they are computed; the parameters and the samples come first.
        home: per group, its array.
        place: per node, its place in its group's array; NOBODY while it has none.
        blocks: the pieces of the array of parameters, each as its nodes in the shape in which they are read.
    """

    recording: RecordedGraph
    flat: Flattened
    grouped: NodeGroups
    arrays: list[Array]
    home: list[Array]
    place: Any
    blocks: list[Any] = field(default_factory=list)
    _wanted: list[Operand] = field(default_factory=list)

    @classmethod
    def begin(cls, recording: RecordedGraph, flat: Flattened, grouped: NodeGroups) -> ArrayLayout:
        """Return a layout of the leaves alone."""
        place = np.full(len(recording), NOBODY)
        place[recording.batch] = np.arange(len(recording.batch))
        parameters, samples = (
            Array(None, (len(group.members),), group.members, group.batched, group.varied)
            for group in grouped.groups[:2]
        )
        return cls(recording, flat, grouped, [parameters, samples], [parameters, samples], place)

    def operand(self, nodes: Any) -> Operand:
        """Return an operand that reads these nodes, all of one group or all constants."""
        nodes = np.asarray(nodes)
        some = int(nodes.flat[0] if nodes.flat[0] != HOLE else nodes[nodes != HOLE][0])
        number = int(self.grouped.of[some])
        if number == NOBODY:
            return Operand(None, nodes, self.recording.data[nodes])
        read = Operand(self.home[number], nodes, np.where(nodes == HOLE, HOLE, self.place[nodes]))
        if number == PARAMETERS:
            self._wanted.append(read)
        return read

    def array(self, group: NodeGroup, made: Any, shape: tuple[int, ...], order: Any) -> None:
        """Add the array of a group, with its members in this order."""
        nodes = group.members[order]
        self.place[nodes] = np.arange(len(nodes))
        self.arrays.append(Array(made, shape, nodes, group.batched, group.varied))
        self.home.append(self.arrays[-1])

    def hidden(self, group: NodeGroup, made: Any, shape: tuple[int, ...]) -> Array:
        """Add an array that is only a part of a sum; no group owns it."""
        operands = [operand.source for operand in made.operands if operand.source is not None]
        batched, varied = (any(getattr(source, name) for source in operands) for name in ("batched", "varied"))
        self.arrays.append(Array(made, shape, None, batched, varied))
        return self.arrays[-1]

    def arrange(self, *readings: Any) -> tuple[Any, tuple[int, ...]]:
        """Return an order of the members and a shape such that one reading becomes a view: the first that can.

        Arguments:
            readings: per operand, the node that each member reads.
        """
        if len(readings[0]) == 1:
            return np.arange(1), ()
        for nodes in readings:
            number = int(self.grouped.of[nodes[0]])
            if number in (NOBODY, PARAMETERS):
                continue
            places = self.place[nodes]
            order = np.argsort(places, kind="stable")
            if len(places) == 1 or (np.diff(places[order]) > 0).all():
                return order, grid(places[order], self.home[number].shape)
        return np.arange(len(readings[0])), _shape(len(readings[0]))

    def place_parameters(self) -> None:
        """Give each parameter its place: matrices first, then what is read in one piece, then the rest."""
        nodes = self.grouped.groups[PARAMETERS].members
        placed = np.zeros(len(self.recording), bool)
        expected = sorted(self._wanted, key=lambda operand: operand.nodes.ndim < 2)
        readings = [operand.nodes for operand in expected] + [nodes]
        begin = 0
        for reading in readings:
            free = reading[reading != HOLE]
            if len(free) < reading.size or placed[free].any() or len(np.unique(free)) < len(free):
                free = free[np.sort(np.unique(free, return_index=True)[1])]
                free = free[~placed[free]]
                reading = free
            if not reading.size:
                continue
            placed[reading] = True
            self.place[reading.ravel()] = begin + np.arange(reading.size)
            begin += reading.size
            self.blocks.append(reading)
        self.home[PARAMETERS].nodes = np.concatenate([block.ravel() for block in self.blocks] or [nodes])
        for operand in self._wanted:
            operand.places = np.where(operand.nodes == HOLE, HOLE, self.place[operand.nodes])


def lay_out_applied(layout: ArrayLayout, group: NodeGroup) -> None:
    """Lay out a group of applied operations."""
    readings = [layout.flat.left[group.members], layout.flat.right[group.members]][: len(group.op.partials)]
    order, shape = layout.arrange(*readings)
    operands = [layout.operand(nodes[order].reshape(shape)) for nodes in readings]
    layout.array(group, Applied(group.op, operands), shape, order)


def grid(places: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of ascending places that form a grid in an array; the shape of a row where they do not."""
    if len(places) == prod(shape):
        return shape
    axes = [np.unique(axis) for axis in np.unravel_index(places, shape)] if shape else []
    sizes = tuple(len(axis) for axis in axes)
    if prod(sizes) == len(places):
        return tuple(size for size in sizes if size > 1)
    return _shape(len(places))


def _shape(count: int) -> tuple[int, ...]:
    return (count,) if count > 1 else ()


_DEEPEST = 4  # how many times an axis may be split


@dataclass(frozen=True, slots=True)
class ArrayView:
    """The steps from an array to an operand, in order; None for a step that is not needed.

    A view is found from the places alone: along each axis of the operand they move by a constant step, along one axis
    of the array. An array is split into more axes where that helps, as the heads of attention need.

    Arguments:
        source: the shape of the array.
        shape: that of the operand.
        split: the shape to give the array first.
        index: slices and numbers to take, one for each axis.
        join: the shape to give the result.
        order: the order of the axes to transpose to.
        new: axes of the operand along which the same numbers repeat; they get length 1.
        gather: places in the flat array, in the operand's shape, instead of all other steps; HOLE for a zero.
    """

    source: tuple[int, ...]
    shape: tuple[int, ...]
    split: tuple[int, ...] | None = None
    index: tuple[slice | int, ...] | None = None
    join: tuple[int, ...] | None = None
    order: tuple[int, ...] | None = None
    new: tuple[int, ...] = ()
    gather: Any = None

    @property
    def whole(self) -> bool:
        """Whether each number of the array is read exactly once, or repeated along new axes."""
        return self.gather is None and self.index is None

    @property
    def taken(self) -> tuple[int, ...]:
        """The shape of what the index takes from the array."""
        shape = self.source if self.split is None else self.split
        if self.index is None:
            return shape
        pairs = zip(self.index, shape, strict=True)
        return tuple(len(range(*part.indices(size))) for part, size in pairs if isinstance(part, slice))


def find_view(places: Any, source: tuple[int, ...]) -> ArrayView:
    """Return how to read places in an array of shape ``source``."""
    shape, size = tuple(places.shape), prod(source)
    flat = places.ravel()
    if not shape and source:
        return ArrayView(source, (), index=tuple(int(place) for place in np.unravel_index(flat[0], source)))
    if flat[0] != HOLE and np.array_equal(flat, np.arange(flat[0], flat[0] + len(flat))):
        if len(flat) == size:
            return ArrayView(source, shape, join=None if source == shape else shape)
        if len(source) == 1:
            part = slice(int(flat[0]), int(flat[0]) + len(flat))
            return ArrayView(source, shape, index=(part,), join=None if places.ndim == 1 else shape)
    found = None if (flat == HOLE).any() else _along_axes(places, source, source, _DEEPEST)
    return ArrayView(source, shape, gather=places) if found is None else found


def _along_axes(places: Any, source: tuple[int, ...], split: tuple[int, ...], deepest: int) -> ArrayView | None:
    moves = []
    for coordinates in np.unravel_index(places, split) if split else ():
        move = _moves(coordinates, places.shape)
        if move is None:
            return None
        moves.append(move)
    for axis, (_, steps) in enumerate(moves):
        if len(steps) > 1:
            width = max(steps.values())
            if not deepest or split[axis] % width or width == 1:
                return None
            finer = (*split[:axis], split[axis] // width, width, *split[axis + 1 :])
            return _along_axes(places, source, finer, deepest - 1)
    index, moved = _index(moves, split, places.shape)
    if len(set(moved)) < len(moved):
        return None
    everything = all(part == slice(None) or (part == 0 and size == 1) for part, size in zip(index, split, strict=True))
    order = tuple(sorted(range(len(moved)), key=moved.__getitem__))
    view = ArrayView(
        source,
        tuple(places.shape),
        split=None if split == source else split,
        index=tuple(index),
        order=None if list(order) == sorted(order) else order,
        new=tuple(axis for axis in range(places.ndim) if axis not in moved),
    )
    if everything and len(view.taken) == len(split):
        return replace(view, index=None)
    return view


def _index(
    moves: list[tuple[int, dict[int, int]]], split: tuple[int, ...], shape: tuple[int, ...]
) -> tuple[list[slice | int], list[int]]:
    """Return the index of each axis of the array, and the axes of the operand that move along them, in order."""
    index: list[slice | int] = []
    moved: list[int] = []
    for (start, steps), size in zip(moves, split, strict=True):
        for axis, step in steps.items():
            stop = start + step * (shape[axis] - 1) + 1
            index.append(slice(None) if (start, step, stop) == (0, 1, size) else slice(start, stop, step))
            moved.append(axis)
        if not steps:
            index.append(start)
    return index, moved


def _moves(coordinates: Any, shape: tuple[int, ...]) -> tuple[int, dict[int, int]] | None:
    """Return the start of a coordinate and its step along each axis; None where the steps are not constant."""
    start = int(coordinates.flat[0])
    steps: dict[int, int] = {}
    expected = np.full((1,) * len(shape), start)
    for axis, size in enumerate(shape):
        if size > 1:
            step = int(coordinates[(0,) * axis + (1,) + (0,) * (len(shape) - axis - 1)]) - start
            if step < 0:
                return None
            if step:
                steps[axis] = step
                expected = expected + step * np.arange(size).reshape(-1, *(1,) * (len(shape) - axis - 1))
    return (start, steps) if np.array_equal(np.broadcast_to(expected, shape), coordinates) else None
