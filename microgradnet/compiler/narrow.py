"""Graphs that are too narrow for arrays: level by level on one buffer, or node by node on a tape.

Where hardly any two nodes belong to one group, as in random graphs, all nodes of one depth and one operation are still
computed at once: they are gathered from a buffer, and their adjoints are added to it, sorted by target, so that
``np.add.reduceat`` sums the adjoints that meet in one node (the level-wise evaluation of G. Neubig, Y. Goldberg, C.
Dyer, *On-the-fly Operation Batching in Dynamic Computation Graphs* (2017), section 3.2, agenda by depth).

Where even that does not pay, a tape holds one instruction for each node (A. Griewank and A. Walther, *Evaluating
Derivatives*, 2nd ed., section 4.1): the numbers are computed along it, and the adjoints back along it. No node is made,
and the rules are those for floats: :mod:`microgradnet.calculus.tape` has the tape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.calculus.tape import Instruction, rules_of, run_tape, run_tape_back
from microgradnet.compiler.sums import APPLIED, FIXED, NOBODY, SUMMED, Flattened, RecordedGraph
from microgradnet.operation import Op, Rule


@dataclass(frozen=True, slots=True)
class AdjointScatter:
    """Where the adjoints of operands are added, sorted by target; several may meet in one target."""

    order: Any
    starts: Any
    targets: Any

    @classmethod
    def to(cls, places: Any, expected: Any) -> AdjointScatter:
        """Build the scatter for the wanted places (places may repeat)."""
        chosen = np.flatnonzero(expected[places])
        order = chosen[np.argsort(places[chosen], kind="stable")]
        targets, starts = np.unique(places[order], return_index=True)
        return cls(order, starts, targets)

    def add(self, adjoints: Any, shares: Any) -> None:
        """Add the operands' adjoints to those of their targets."""
        adjoints[self.targets] += np.add.reduceat(shares[self.order], self.starts, axis=0)


@dataclass(frozen=True, slots=True)
class BufferLevel:
    """The nodes of one depth and one operation, or the sums of one depth.

    Arguments:
        begin, end: their places in the buffer.
        op: the operation; None for sums.
        operands: per operand, or per factor of the terms, places in the buffer.
        scatters: per operand with an adjoint, its place among the operands and the scatter.
        coefficient: of sums, per term, as a column.
        starts: of sums, the first term of each.
        owner: of sums, per term, the number of the sum.
        constant: of sums, the constant of each, as a column.
    """

    begin: int
    end: int
    op: Op | None
    operands: list[Any]
    scatters: list[tuple[int, AdjointScatter]]
    coefficient: Any = None
    starts: Any = None
    owner: Any = None
    constant: Any = None

    def forward(self, numbers: Any) -> None:
        """Compute the level."""
        read = [numbers[places] for places in self.operands]
        if self.op is not None:
            numbers[self.begin : self.end] = self.op(*read)
        else:
            sums = np.add.reduceat(self.coefficient * read[0] * read[1], self.starts, axis=0)
            numbers[self.begin : self.end] = sums + self.constant

    def backward(self, numbers: Any, adjoints: Any) -> None:
        """Add the adjoints of the operands."""
        adjoint = adjoints[self.begin : self.end]
        if self.op is None:
            adjoint = adjoint[self.owner] * self.coefficient
            for place, scatter in self.scatters:
                scatter.add(adjoints, adjoint * numbers[self.operands[1 - place]])
            return
        read = [numbers[places] for places in self.operands]
        for place, scatter in self.scatters:
            partial = _on_arrays(self.op.partials[place], *read, numbers[self.begin : self.end])
            scatter.add(adjoints, adjoint * partial)


def _on_arrays(rule: Rule, *arrays: Any) -> Any:
    try:
        return rule(*arrays)
    except (TypeError, ValueError):  # a rule for one number at a time
        return np.vectorize(rule, otypes=[float])(*arrays)


_MOST_NUMBERS = 4_000_000  # in a buffer; the samples are split into parts that fit
_ONE = 0  # the place of the number 1, the second factor of a term that has only one


@dataclass(frozen=True, slots=True)
class LevelPlan:
    """The levels of a graph and the places of its leaves in the buffer.

    Arguments:
        written: the numbers at the beginning of the buffer: 1, and the constants.
        parameters: the number of parameters after them.
        samples: the number of leaves that vary by sample, after the parameters.
        levels: from the leaves to the outputs.
        outputs: the places of the outputs.
        size: the number of places.
        leaves: the places of the parameters among the recorded nodes.
    """

    written: Any
    parameters: int
    samples: int
    levels: list[BufferLevel]
    outputs: list[int]
    size: int
    leaves: list[int]

    @property
    def source(self) -> str:
        """The text shown instead of a program."""
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
        numbers = np.empty((self.size, 1 if samples is None else len(samples)), parameters.dtype)
        begin = len(self.written)
        numbers[:begin] = self.written[:, None]
        numbers[begin : begin + self.parameters] = parameters[:, None]
        if samples is not None:
            numbers[begin + self.parameters : begin + self.parameters + self.samples] = samples.T
        for level in self.levels:
            level.forward(numbers)
        return numbers


def levels_of(recording: RecordedGraph, flat: Flattened) -> list[Any]:
    """Return the nodes of a graph in levels, by depth and by operation within one depth."""
    kept = np.flatnonzero((flat.kind == APPLIED) | (flat.kind == SUMMED))
    depth = _depths(flat, kept)
    key = depth * (len(recording.operations) + 1) + np.where(flat.kind == SUMMED, 0, recording.code + 1)
    kept = kept[np.argsort(key[kept], kind="stable")]
    cuts = np.flatnonzero(np.diff(key[kept], prepend=-1))
    return [kept[begin:end] for begin, end in zip(cuts, [*cuts[1:], len(kept)], strict=True)]


def plan_levels(recording: RecordedGraph, flat: Flattened, by_levels: list[Any]) -> LevelPlan:
    """Return the plan of a graph from its levels."""
    written, leaves = np.flatnonzero(flat.kind == FIXED), recording.parameters
    place = np.full(len(recording) + 1, _ONE)  # the last one is for NOBODY
    computed = np.concatenate(by_levels)
    order = np.concatenate([written, leaves, np.array(recording.batch, int), computed])
    place[order] = 1 + np.arange(len(order))
    expected = np.zeros(1 + len(order), bool)
    expected[place[leaves]] = expected[place[computed]] = True
    levels = [_level(recording, flat, nodes, place, expected) for nodes in by_levels]
    numbers = np.concatenate([[1.0], recording.data[written]])
    outputs = place[recording.outputs].tolist()
    return LevelPlan(numbers, len(leaves), len(recording.batch), levels, outputs, 1 + len(order), leaves.tolist())


def _depths(flat: Flattened, kept: Any) -> Any:
    """Return the number of operations and sums below each node, along the longest path."""
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


def _level(recording: RecordedGraph, flat: Flattened, nodes: Any, place: Any, expected: Any) -> BufferLevel:
    begin, end = int(place[nodes[0]]), int(place[nodes[0]]) + len(nodes)
    if flat.kind[nodes[0]] == APPLIED:
        op = recording.operations[recording.code[nodes[0]]]
        operands = [place[column[nodes]] for column in (flat.left, flat.right)][: len(op.partials)]
        return BufferLevel(begin, end, op, operands, _scatters(operands, expected))
    terms = flat.terms
    lows, highs = np.searchsorted(terms.sum, nodes), np.searchsorted(terms.sum, nodes, side="right")
    lengths = highs - lows
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    chosen = np.arange(lengths.sum()) + np.repeat(lows - starts, lengths)
    operands = [place[terms.first[chosen]], place[terms.second[chosen]]]
    return BufferLevel(
        begin,
        end,
        None,
        operands,
        _scatters(operands, expected),
        coefficient=terms.coefficient[chosen][:, None],
        starts=starts,
        owner=np.repeat(np.arange(len(nodes)), lengths),
        constant=flat.constant[nodes][:, None],
    )


def _scatters(operands: list[Any], expected: Any) -> list[tuple[int, AdjointScatter]]:
    return [
        (number, AdjointScatter.to(places, expected))
        for number, places in enumerate(operands)
        if expected[places].any()
    ]


@dataclass(frozen=True, slots=True)
class TapePlan:
    """A graph as a tape of instructions on two lists of floats, numbers and adjoints.

    Arguments:
        numbers: one for each node, with those of constants in their places.
        tape: an instruction for each operation, operands first.
        leaves: the places of the parameters.
        batch: the places of the leaves that vary by sample.
        outputs: the places of the outputs.
    """

    numbers: list[float]
    tape: list[Instruction]
    leaves: list[int]
    batch: list[int]
    outputs: list[int]

    @property
    def source(self) -> str:
        """The text shown instead of a program."""
        return f"# This graph is too narrow for arrays: its {len(self.tape)} operations are computed one by one.\n"

    def bind(self, parameters: Any, gradient: Any) -> tuple[Callable[..., float], Callable[..., Any]]:
        """Return the step and the values, on these flat arrays."""

        def step(samples: Any) -> float:
            rows = [()] if samples is None else samples.tolist()
            sums, whole = np.zeros(len(self.leaves)), 0.0
            for row in rows:
                numbers = self._compute(parameters, row)
                adjoints = [0.0] * len(numbers)
                adjoints[self.outputs[0]] = 1.0
                run_tape_back(self.tape, numbers, adjoints)
                sums += [adjoints[place] for place in self.leaves]
                whole += numbers[self.outputs[0]]
            np.divide(sums, len(rows), out=gradient)
            return whole / len(rows)

        def values(samples: Any) -> Any:
            found = []
            for row in [()] if samples is None else samples.tolist():
                numbers = self._compute(parameters, row)
                found.append([numbers[place] for place in self.outputs])
            return np.array(found)

        return step, values

    def _compute(self, parameters: Any, row: Any) -> list[float]:
        numbers = list(self.numbers)
        for place, number in zip(self.leaves, parameters.tolist(), strict=True):
            numbers[place] = number
        for place, number in zip(self.batch, row, strict=True):
            numbers[place] = number
        run_tape(self.tape, numbers)
        return numbers


def plan_tape(recording: RecordedGraph) -> TapePlan:
    """Return the plan that computes a graph node by node."""
    r = recording
    kept = np.flatnonzero((r.code != NOBODY) & ~r.fixed).tolist()
    code, left, right, fixed = r.code.tolist(), r.left.tolist(), r.right.tolist(), r.fixed.tolist()
    rules: dict[tuple[int, bool, bool], tuple[int, Rule, Rule, Rule]] = {}
    tape: list[Instruction] = []
    for node in kept:
        first, second = left[node], right[node]
        key = code[node], fixed[first], second != NOBODY and fixed[second]
        if key not in rules:
            rules[key] = rules_of(r.operations[code[node]], *key[1:])
        kind, rule, by_left, by_right = rules[key]
        tape.append((kind, node, first, second, rule, by_left, by_right))
    return TapePlan(r.data.tolist(), tape, r.parameters.tolist(), list(r.batch), list(r.outputs))
