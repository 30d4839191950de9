"""How an operand is read from an array: as it is, as a view (slices, transposed, broadcast), or gathered.

A view is found from the places alone: along each axis of the operand they have to move by a constant step, along one
axis of the array. Arrays are split into more axes where that helps, as the heads of attention do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from microgradnet.compiler.products import HOLE

_DEEPEST = 4  # how many times an axis may be split


@dataclass(frozen=True, slots=True)
class View:
    """The steps from an array to an operand, in order; None for a step that is not needed.

    Arguments:
        source: the shape of the array.
        shape: that of the operand.
        split: the shape to give the array first.
        index: slices and numbers to take, one for each axis.
        join: the shape to give what was taken.
        order: the axes, transposed.
        new: axes of the operand along which the same numbers are repeated; they have length 1.
        gather: places in the flat array instead of all that, in the operand's shape; HOLE where a zero stands.
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


def find_view(places: Any, source: tuple[int, ...]) -> View:
    """Return how to read places in an array of shape ``source``."""
    shape, size = tuple(places.shape), prod(source)
    flat = places.ravel()
    if not shape and source:
        return View(source, (), index=tuple(int(place) for place in np.unravel_index(flat[0], source)))
    if flat[0] != HOLE and np.array_equal(flat, np.arange(flat[0], flat[0] + len(flat))):
        if len(flat) == size:
            return View(source, shape, join=None if source == shape else shape)
        if len(source) == 1:
            part = slice(int(flat[0]), int(flat[0]) + len(flat))
            return View(source, shape, index=(part,), join=None if places.ndim == 1 else shape)
    found = None if (flat == HOLE).any() else _along_axes(places, source, source, _DEEPEST)
    return View(source, shape, gather=places) if found is None else found


def _along_axes(places: Any, source: tuple[int, ...], split: tuple[int, ...], deepest: int) -> View | None:
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
    view = View(
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
    """Return what to take along each axis of the array, and the axes of the operand that move along them, in order."""
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
    """Return where a coordinate starts and by which steps it moves along each axis, if the steps are constant."""
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
