"""A recorded graph as arrays of whole numbers: what each node is made by, and which nodes it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

import numpy as np

from microgradnet.graph import topological
from microgradnet.operation import Op
from microgradnet.value import Value

NOBODY = -1  # the operand that a node does not have; the operation of a leaf


@dataclass(frozen=True, slots=True)
class Recording:
    """The nodes below some outputs in topological order, one column for each of their fields.

    Arguments:
        nodes: the nodes themselves.
        operations: the operations that occur.
        code: per node, the place of its operation in ``operations``.
        left: per node, the place of its first operand in ``nodes``.
        right: the same for the second operand.
        data: per node, its number.
        labels: per node, its label.
        fixed: per node, whether it is a written number, or computed from written numbers alone.
        outputs: the places of the outputs.
        batch: the places of the leaves that vary by sample, in the caller's order.
    """

    nodes: list[Value]
    operations: list[Op]
    code: Any
    left: Any
    right: Any
    data: Any
    labels: list[str]
    fixed: Any
    outputs: list[int]
    batch: list[int]

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def leaves(self) -> Any:
        """The places of the leaves that are no written numbers."""
        return np.flatnonzero((self.code == NOBODY) & ~self.fixed)

    @property
    def parameters(self) -> Any:
        """The places of the leaves that do not vary by sample."""
        return np.setdiff1d(self.leaves, self.batch)

    def with_batch(self, batch: Sequence[Value]) -> Recording:
        """Return the same recording with leaves that vary by sample."""
        wanted = {id(leaf): place for place, leaf in enumerate(batch)}
        places = [NOBODY] * len(batch)
        if wanted:
            for place in self.leaves.tolist():
                if id(self.nodes[place]) in wanted:
                    places[wanted[id(self.nodes[place])]] = place
        return replace(self, batch=places)


def record(outputs: Sequence[Value]) -> Recording:
    """Read the graph below some outputs."""
    nodes = topological(*outputs)
    count = len(nodes)
    place = dict(zip(map(id, nodes), range(count), strict=True))
    place[id(None)] = NOBODY
    made_by = list(map(attrgetter("_operation"), nodes))
    operations = [op for op in dict.fromkeys(made_by) if op is not None]
    codes = {id(op): code for code, op in enumerate(operations)} | {id(None): NOBODY}

    def column(field: str) -> Any:
        return np.fromiter(map(place.__getitem__, map(id, map(attrgetter(field), nodes))), np.int64, count)

    left, right = column("_left"), column("_right")
    code = np.fromiter(map(codes.__getitem__, map(id, made_by)), np.int64, count)
    fixed = np.fromiter(map(attrgetter("_written"), nodes), bool, count)
    return Recording(
        nodes,
        operations,
        code,
        left,
        right,
        np.fromiter(map(attrgetter("_data"), nodes), float, count),
        list(map(attrgetter("_label"), nodes)),
        _carry_on(fixed, code, left, right),
        [place[id(node)] for node in outputs],
        [],
    )


def _carry_on(fixed: Any, code: Any, left: Any, right: Any) -> Any:
    """Mark the results of written numbers alone, too; there hardly ever are any."""
    if not np.any(fixed[left] & (fixed[right] | (right == NOBODY)) & (code != NOBODY)):
        return fixed
    marks = fixed.tolist()
    for node, (made_by, first, second) in enumerate(zip(code.tolist(), left.tolist(), right.tolist(), strict=True)):
        if made_by != NOBODY:
            marks[node] = marks[first] and (second == NOBODY or marks[second])
    return np.array(marks)
