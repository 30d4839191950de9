"""The buffer that a graph is computed on level by level, and the plan that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.compiler.levels import Level, Scatter
from microgradnet.compiler.recording import Recording
from microgradnet.compiler.sums import APPLIED, FIXED, SUMMED, Flattened

_MOST_NUMBERS = 4_000_000  # in a buffer: more samples than fit are computed in turn
_ONE = 0  # the place of the number 1, which stands for a factor that a term does not have


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """The levels of a graph and the places of its leaves in the buffer.

    Arguments:
        written: the numbers that stand at the beginning of the buffer: 1, and the written ones.
        parameters: how many parameters follow them.
        samples: how many leaves that vary by sample come then.
        levels: from the leaves to the outputs.
        outputs: the places of the outputs.
        size: how many places there are.
        leaves: the places of the parameters among the recorded nodes.
    """

    written: Any
    parameters: int
    samples: int
    levels: list[Level]
    outputs: list[int]
    size: int
    leaves: list[int]

    @property
    def source(self) -> str:
        """What is said instead of a program."""
        nodes = self.size - len(self.written) - self.parameters - self.samples
        return (
            f"# This graph is too narrow for matrices: its {nodes} operations and sums are computed on one buffer,\n"
            f"# in {len(self.levels)} steps, each for all those of one depth and one operation.\n"
        )

    def bind(self, parameters: Any, gradient: Any) -> tuple[Callable[..., float], Callable[..., Any]]:
        """Return the step and the values, on these flat arrays."""

        def step(samples: Any) -> float:
            whole, count = 0.0, 1 if samples is None else len(samples)
            gradient[:] = 0.0
            for part in self._parts(samples):
                numbers = self._compute(parameters, part)
                adjoints = np.zeros_like(numbers)
                adjoints[self.outputs[0]] = 1.0 / count
                for level in reversed(self.levels):
                    level.backward(numbers, adjoints)
                begin = len(self.written)
                gradient[:] += adjoints[begin : begin + self.parameters].sum(axis=1)
                whole += float(numbers[self.outputs[0]].sum())
            return whole / count

        def values(samples: Any) -> Any:
            return np.concatenate([self._compute(parameters, part)[self.outputs].T for part in self._parts(samples)])

        return step, values

    def _parts(self, samples: Any) -> list[Any]:
        if samples is None:
            return [None]
        most = max(1, _MOST_NUMBERS // self.size)
        return [samples[begin : begin + most] for begin in range(0, len(samples), most)]

    def _compute(self, parameters: Any, samples: Any) -> Any:
        numbers = np.empty((self.size, 1 if samples is None else len(samples)))
        begin = len(self.written)
        numbers[:begin] = self.written[:, None]
        numbers[begin : begin + self.parameters] = parameters[:, None]
        if samples is not None:
            numbers[begin + self.parameters : begin + self.parameters + self.samples] = samples.T
        for level in self.levels:
            level.forward(numbers)
        return numbers


def levels_of(recording: Recording, flat: Flattened) -> list[Any]:
    """Return the operations and sums of a graph by depth, and by operation within one depth."""
    kept = np.flatnonzero((flat.kind == APPLIED) | (flat.kind == SUMMED))
    depth = _depths(flat, kept)
    key = depth * (len(recording.operations) + 1) + np.where(flat.kind == SUMMED, 0, recording.code + 1)
    kept = kept[np.argsort(key[kept], kind="stable")]
    cuts = np.flatnonzero(np.diff(key[kept], prepend=-1))
    return [kept[begin:end] for begin, end in zip(cuts, [*cuts[1:], len(kept)], strict=True)]


def plan_levels(recording: Recording, flat: Flattened, by_levels: list[Any]) -> LevelPlan:
    """Return the plan of a graph whose nodes were sorted into levels."""
    written, leaves = np.flatnonzero(flat.kind == FIXED), recording.parameters
    place = np.full(len(recording) + 1, _ONE)  # the last one is for NOBODY
    computed = np.concatenate(by_levels)
    order = np.concatenate([written, leaves, np.array(recording.batch, int), computed])
    place[order] = 1 + np.arange(len(order))
    wanted = np.zeros(1 + len(order), bool)
    wanted[place[leaves]] = wanted[place[computed]] = True
    levels = [_level(recording, flat, nodes, place, wanted) for nodes in by_levels]
    numbers = np.concatenate([[1.0], recording.data[written]])
    outputs = place[recording.outputs].tolist()
    return LevelPlan(numbers, len(leaves), len(recording.batch), levels, outputs, 1 + len(order), leaves.tolist())


def _depths(flat: Flattened, kept: Any) -> Any:
    """Return how many operations and sums lie below each node, along the longest path."""
    depth = [0] * (len(flat.kind) + 1)
    left, right, terms = flat.left.tolist(), flat.right.tolist(), flat.terms
    first, second = terms.first.tolist(), terms.second.tolist()
    start = np.searchsorted(terms.sum, np.arange(len(flat.kind) + 1)).tolist()
    for node, summed in zip(kept.tolist(), (flat.kind[kept] == SUMMED).tolist(), strict=True):
        if summed:
            begin, end = start[node], start[node + 1]
            operands = [*first[begin:end], *second[begin:end]]
            depth[node] = 1 + max(map(depth.__getitem__, operands))
        else:
            depth[node] = 1 + max(depth[left[node]], depth[right[node]])
    return np.array(depth[:-1])


def _level(recording: Recording, flat: Flattened, nodes: Any, place: Any, wanted: Any) -> Level:
    begin, end = int(place[nodes[0]]), int(place[nodes[0]]) + len(nodes)
    if flat.kind[nodes[0]] == APPLIED:
        op = recording.operations[recording.code[nodes[0]]]
        operands = [place[column[nodes]] for column in (flat.left, flat.right)][: len(op.partials)]
        return Level(begin, end, op, operands, _scatters(operands, wanted))
    terms = flat.terms
    lows, highs = np.searchsorted(terms.sum, nodes), np.searchsorted(terms.sum, nodes, side="right")
    lengths = highs - lows
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    chosen = np.arange(lengths.sum()) + np.repeat(lows - starts, lengths)
    operands = [place[terms.first[chosen]], place[terms.second[chosen]]]
    return Level(
        begin,
        end,
        None,
        operands,
        _scatters(operands, wanted),
        coefficient=terms.coefficient[chosen][:, None],
        starts=starts,
        owner=np.repeat(np.arange(len(nodes)), lengths),
        constant=flat.constant[nodes][:, None],
    )


def _scatters(operands: list[Any], wanted: Any) -> list[tuple[int, Scatter]]:
    return [(number, Scatter.to(places, wanted)) for number, places in enumerate(operands) if wanted[places].any()]
