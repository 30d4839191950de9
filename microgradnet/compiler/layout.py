"""Places: where in which array each node of a group stands, chosen so that operands are views and not copies.

A matrix product lays its results out by rows and columns. An operation that goes element by element takes the layout of
its operand. Parameters come last: they are placed in one flat array by how they are read, matrices first, so that each
matrix is one piece of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import Applied, Array, Operand
from microgradnet.compiler.grouping import PARAMETERS, Group, Grouped
from microgradnet.compiler.products import HOLE
from microgradnet.compiler.recording import NOBODY, Recording
from microgradnet.compiler.sums import Flattened


@dataclass(slots=True)
class Layout:
    """The arrays of a program, and the place of each node.

    Arguments:
        recording: the graph.
        flat: its sums.
        grouped: its groups.
        arrays: in the order in which they are computed; the parameters and the samples come first.
        home: per group, its array.
        place: per node, its place in its group's array; NOBODY while it has none.
        blocks: the pieces of the array of parameters: the nodes, in the shape in which they are read.
    """

    recording: Recording
    flat: Flattened
    grouped: Grouped
    arrays: list[Array]
    home: list[Array]
    place: Any
    blocks: list[Any] = field(default_factory=list)
    _wanted: list[Operand] = field(default_factory=list)

    @classmethod
    def begin(cls, recording: Recording, flat: Flattened, grouped: Grouped) -> Layout:
        """Return a layout that holds the leaves alone."""
        place = np.full(len(recording), NOBODY)
        place[recording.batch] = np.arange(len(recording.batch))
        parameters, samples = (
            Array(None, (len(group.members),), group.members, group.batched, group.varied)
            for group in grouped.groups[:2]
        )
        return cls(recording, flat, grouped, [parameters, samples], [parameters, samples], place)

    def operand(self, nodes: Any) -> Operand:
        """Return an operand that reads these nodes, which are all of one group, or all written numbers."""
        nodes = np.asarray(nodes)
        some = int(nodes.flat[0] if nodes.flat[0] != HOLE else nodes[nodes != HOLE][0])
        number = int(self.grouped.of[some])
        if number == NOBODY:
            return Operand(None, nodes, self.recording.data[nodes])
        read = Operand(self.home[number], nodes, np.where(nodes == HOLE, HOLE, self.place[nodes]))
        if number == PARAMETERS:
            self._wanted.append(read)
        return read

    def array(self, group: Group, made: Any, shape: tuple[int, ...], order: Any) -> None:
        """Add the array of a group, whose members stand in it in this order."""
        nodes = group.members[order]
        self.place[nodes] = np.arange(len(nodes))
        self.arrays.append(Array(made, shape, nodes, group.batched, group.varied))
        self.home.append(self.arrays[-1])

    def hidden(self, group: Group, made: Any, shape: tuple[int, ...]) -> Array:
        """Add an array that no group owns: a part of a sum."""
        operands = [operand.source for operand in made.operands if operand.source is not None]
        batched, varied = (any(getattr(source, name) for source in operands) for name in ("batched", "varied"))
        self.arrays.append(Array(made, shape, None, batched, varied))
        return self.arrays[-1]

    def arrange(self, *readings: Any) -> tuple[Any, tuple[int, ...]]:
        """Return an order of the members and a shape, so that the first reading that allows it goes straight through.

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
        wanted = sorted(self._wanted, key=lambda operand: operand.nodes.ndim < 2)
        readings = [operand.nodes for operand in wanted] + [nodes]
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


def apply(layout: Layout, group: Group) -> None:
    """Lay out a group of applied operations."""
    readings = [layout.flat.left[group.members], layout.flat.right[group.members]][: len(group.op.partials)]
    order, shape = layout.arrange(*readings)
    operands = [layout.operand(nodes[order].reshape(shape)) for nodes in readings]
    layout.array(group, Applied(group.op, operands), shape, order)


def grid(places: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of these places, in ascending order, if they form a grid in an array; else that of a row."""
    if len(places) == prod(shape):
        return shape
    axes = [np.unique(axis) for axis in np.unravel_index(places, shape)] if shape else []
    sizes = tuple(len(axis) for axis in axes)
    if prod(sizes) == len(places):
        return tuple(size for size in sizes if size > 1)
    return _shape(len(places))


def _shape(count: int) -> tuple[int, ...]:
    return (count,) if count > 1 else ()
