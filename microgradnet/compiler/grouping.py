"""Like with like: the nodes that one array operation computes at once.

Two nodes belong to one group where the same operation made them from the same groups. All parameters are one group, so
that no name or place has to be known. Groups are numbered as they are first met, operands before results, so the
numbers grow along dependencies and groups form no cycles. How many terms a sum has is not part of the key: sums over
growing contexts would else split everything after them.

The idea is that of dynamic batching: M. Looks, M. Herreshoff, D. Hutchins, P. Norvig, *Deep Learning with Dynamic
Computation Graphs* (2017), and G. Neubig, Y. Goldberg, C. Dyer, *On-the-fly Operation Batching in Dynamic Computation
Graphs* (2017), there for the operations of tensors, here for scalars.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from microgradnet.compiler.recording import NOBODY, Recording
from microgradnet.compiler.sums import APPLIED, FIXED, SUMMED, Flattened
from microgradnet.ops import power

PARAMETERS, SAMPLES = 0, 1  # the numbers of the two groups of leaves
_FEW = 40  # terms: below that, Python is quicker than NumPy


@dataclass(slots=True)
class Group:
    """Nodes that are computed together.

    Arguments:
        number: its place among the groups.
        op: the operation, an :class:`Op`; None for leaves and sums.
        members: the nodes, as they were recorded.
        batched: whether they vary by sample.
        varied: whether they depend on parameters, so that they have an adjoint.
        factors: of a sum, the pairs of groups of its terms' factors, NOBODY for a missing second.
    """

    number: int
    op: Any
    members: Any
    batched: bool
    varied: bool
    factors: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The groups of a recording, and per node the number of its group."""

    groups: list[Group]
    of: Any


def group(recording: Recording, flat: Flattened, most: int) -> Grouped | None:
    """Group the nodes; None where there are more than ``most`` groups, as the graph is too narrow for arrays."""
    grouping = _Grouping(recording, flat)
    for node in np.flatnonzero((flat.kind == APPLIED) | (flat.kind == SUMMED)).tolist():
        grouping.add(node)
        if len(grouping.members) > most:
            return None
    return grouping.finish()


class _Grouping:
    def __init__(self, recording: Recording, flat: Flattened) -> None:
        self.recording, self.flat = recording, flat
        count = len(recording)
        self.of = np.full(count, NOBODY)
        self.of[recording.leaves] = PARAMETERS
        self.of[recording.batch] = SAMPLES
        self.numbers: list[int] = self.of.tolist()
        self.is_sum: list[bool] = (flat.kind == SUMMED).tolist()
        self.known: dict[Any, int] = {}
        parameters = recording.leaves[self.of[recording.leaves] == PARAMETERS].tolist()
        self.members: list[list[int]] = [parameters, list(recording.batch)]
        self.keys: list[Any] = [None, None]
        self.code, self.left, self.right = recording.code.tolist(), flat.left.tolist(), flat.right.tolist()
        fixed_right = (flat.kind[flat.right] == FIXED) & (flat.right != NOBODY)
        exponents = np.where(fixed_right, recording.data[flat.right], np.nan)
        powers = np.array([op is power for op in recording.operations] + [False])
        self.exponent = np.where(powers[recording.code] & fixed_right, exponents, 0.0).tolist()
        self.first, self.second = flat.terms.first.tolist(), flat.terms.second.tolist()
        self.start = np.searchsorted(flat.terms.sum, np.arange(count + 1)).tolist()

    def add(self, node: int) -> None:
        key = self._sum_key(node) if self.is_sum[node] else self._key(node)
        number = self.known.get(key)
        if number is None:
            number = self.known[key] = len(self.members)
            self.members.append([])
            self.keys.append(key)
        self.members[number].append(node)
        self.numbers[node] = number
        self.of[node] = number

    def _key(self, node: int) -> tuple[Any, ...]:
        right = self.right[node]
        second = None if right == NOBODY else self.numbers[right]
        return self.code[node], self.numbers[self.left[node]], second, self.exponent[node]

    def _sum_key(self, node: int) -> Any:
        begin, end = self.start[node], self.start[node + 1]
        if end - begin <= _FEW:
            numbers = self.numbers
            return frozenset(
                _pair(numbers[self.first[term]], NOBODY if self.second[term] == NOBODY else numbers[self.second[term]])
                for term in range(begin, end)
            )
        terms = self.flat.terms
        first, second = self.of[terms.first[begin:end]], terms.second[begin:end]
        second = np.where(second == NOBODY, NOBODY, self.of[second])
        if (first == first[0]).all() and (second == second[0]).all():
            return frozenset([_pair(int(first[0]), int(second[0]))])
        high, low = np.maximum(first, second), np.minimum(first, second)
        keys = np.unique(high * (len(self.members) + 1) + low + 1)
        return frozenset(
            (int(key) // (len(self.members) + 1), int(key) % (len(self.members) + 1) - 1) for key in keys.tolist()
        )

    def finish(self) -> Grouped:
        groups: list[Group] = []
        for number, (members, key) in enumerate(zip(self.members, self.keys, strict=True)):
            batched, varied, factors, op = number == SAMPLES, number == PARAMETERS, [], None
            if key is not None:
                if isinstance(key, frozenset):
                    factors = sorted(key)
                    operands = [operand for pair in factors for operand in pair]
                else:
                    op, operands = self.recording.operations[key[0]], [key[1], key[2]]
                known = [groups[operand] for operand in operands if operand is not None and operand >= 0]
                batched = any(operand.batched for operand in known)
                varied = any(operand.varied for operand in known)
            groups.append(Group(number, op, np.array(members, int), batched, varied, factors))
        return Grouped(groups, self.of)


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one >= other else (other, one)
