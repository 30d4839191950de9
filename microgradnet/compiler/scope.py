"""The names of a program: of arrays, from the user's labels; of pieces of the parameters and samples; of constants."""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_right
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import Array, Operand
from microgradnet.compiler.expressions import name
from microgradnet.compiler.layout import Layout
from microgradnet.operation import TABLE

_RESERVED = {"np", "n", "share", "samples", "parameters", "gradient", "program", "step", "values"}
_BASE = re.compile(r"[A-Za-z]\w*", re.ASCII)


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """A part of the flat array of parameters, or of the columns of the samples.

    Arguments:
        array: the array of which it is a part.
        begin: where it begins.
        shape: its shape for one sample.
        name: what it is called.
        nodes: the nodes that stand in it.
    """

    array: Array
    begin: int
    shape: tuple[int, ...]
    name: str
    nodes: Any

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.begin + prod(self.shape)


class Scope:
    """Gives names, each once, and keeps what they stand for.

    Attributes:
        values: per array or piece, its expression.
        names: per array, the name that the user's labels give it, if they do.
        constants: per name, the numbers.
        pieces: the pieces of the parameters and of the samples.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.values: dict[Any, Any] = {}
        self.names: dict[Array, str] = {}
        self.constants: dict[str, Any] = {}
        self._used = {*_RESERVED, *TABLE, *keyword.kwlist, *dir(builtins)}
        self._same: dict[tuple[Any, ...], str] = {}
        parameters, samples = layout.arrays[:2]
        self.pieces = {parameters: self._parameter_pieces(parameters), samples: self._sample_pieces(samples)}
        for array, called in ((parameters, "parameters"), (samples, "samples")):
            self.values[array] = name(called, array.shape, array.batched)
            for piece in self.pieces[array]:
                self.values[piece] = name(piece.name, piece.shape, array.batched)
        for array in layout.arrays[2:]:
            base = "" if array.nodes is None else self.base(array.nodes)
            if base:
                self.names[array] = self.fresh(base)

    def fresh(self, wanted: str, number: bool = False) -> str:
        """Return a name that nobody has, as close to the wanted one as that allows; numbered from 1, if asked."""
        called, count = f"{wanted}1" if number else wanted, 1
        while called in self._used:
            count += 1
            called = f"{wanted}{count}" if number else f"{wanted}_{count}"
        self._used.add(called)
        return called

    def branch(self) -> Callable[[str], str]:
        """Return a giver of names for the variables of one function; others may have the same."""
        other = copy(self)
        other._used = set(self._used)
        return lambda hint: other.fresh(hint, number=len(hint) == 1)

    def base(self, nodes: Any) -> str:
        """Return what the labels of nodes have in common before their indices: z1 of ``z1[1]``, ``z1[2]``, ..."""
        flat = nodes.ravel()
        some = {int(flat[place]) for place in (0, len(flat) // 2, -1)} if len(flat) else set()
        labels = [self.layout.recording.labels[node] for node in some]
        found = {match[0] if (match := _BASE.match(label)) else "" for label in labels}
        return found.pop() if len(found) == 1 else ""

    def constant(self, letter: str, numbers: Any) -> str:
        """Return the name of a constant array; equal arrays share one."""
        key = letter, numbers.dtype.str, numbers.shape, numbers.tobytes()
        if key not in self._same:
            self._same[key] = self.fresh(letter, number=True)
            self.constants[self._same[key]] = numbers
        return self._same[key]

    def piece(self, operand: Operand) -> tuple[Any, int, tuple[int, ...]]:
        """Return the piece that holds all that an operand reads, where it begins, and its shape; else the array."""
        source = operand.source
        pieces = self.pieces.get(source, [])
        if pieces:
            low, high = int(operand.places.min()), int(operand.places.max())
            piece = pieces[bisect_right([piece.begin for piece in pieces], low) - 1] if low >= 0 else pieces[0]
            if piece.begin <= low and high < piece.end:
                return piece, piece.begin, piece.shape
        return source, 0, source.shape

    def _parameter_pieces(self, parameters: Array) -> list[Piece]:
        pieces, begin = [], 0
        for block in self.layout.blocks:
            base = self.base(block)
            if not base:
                called = self.fresh("P" if block.ndim > 1 else "p", number=True)
            else:
                called = self.fresh(base[0].upper() + base[1:] if block.ndim > 1 else base)
            pieces.append(Piece(parameters, begin, block.shape, called, block))
            begin += block.size
        return pieces

    def _sample_pieces(self, samples: Array) -> list[Piece]:
        """Cut the columns of the samples where the labels change."""
        nodes = samples.nodes
        bases = [self.base(nodes[place : place + 1]) for place in range(len(nodes))]
        cuts = [0, *(place for place in range(1, len(nodes)) if bases[place] != bases[place - 1]), len(nodes)]
        return [
            Piece(samples, begin, (end - begin,), self.fresh(bases[begin] or "inputs"), nodes[begin:end])
            for begin, end in pairwise(cuts)
            if end > begin
        ]


def sorted_groups(places: Any) -> tuple[Any, Any, Any]:
    """Return an order that brings equal places together, where each kind begins, and the places without repeats."""
    order = np.argsort(places, kind="stable")
    distinct, starts = np.unique(places[order], return_index=True)
    return order, starts, distinct
