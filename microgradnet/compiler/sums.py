r"""From a recorded graph to groups of like nodes: columns of numbers, flat sums, groups.

- :func:`record` reads the graph into one column per field of a node.
- :func:`flatten` turns chains of additions into sums :math:`c + \sum_i c_i f_i g_i`. Left-leaning, right-leaning and
  tree-shaped sums become one list of terms. Subtraction, negation, and factors and divisors that are constants become
  coefficients; a product that only a sum uses becomes a term of two factors. Three borders are kept, as a sum inside a
  sum carries structure that later stages look for: a node with a label, a sum of several terms below a factor, and the
  sums that Python's ``sum()``, which starts at 0, adds up.
- :func:`group` puts nodes into one group where the same operation made them from the same groups. All parameters are
  one group, so no name or place has to be known. Groups are numbered as they are first met, operands before results, so
  they form no cycles. The number of terms of a sum is not part of the key: sums over growing contexts would split
  everything after them.

Grouping is dynamic batching: M. Looks, M. Herreshoff, D. Hutchins, P. Norvig, *Deep Learning with Dynamic Computation
Graphs* (2017), and G. Neubig, Y. Goldberg, C. Dyer, *On-the-fly Operation Batching in Dynamic Computation Graphs*
(2017), there for the operations of tensors, here for scalars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

import numpy as np

from microgradnet.graph import topological
from microgradnet.operation import Op
from microgradnet.ops import add, divide, multiply, negate, power, square, subtract
from microgradnet.value import Value

NOBODY = -1  # the operand that a node does not have; the operation of a leaf


@dataclass(frozen=True, slots=True)
class RecordedGraph:
    """The nodes below some outputs in topological order, one column for each of their fields.

    Arguments:
        nodes: the nodes themselves.
        operations: the operations that occur.
        code: per node, the place of its operation in ``operations``.
        left: per node, the place of its first operand in ``nodes``.
        right: the same for the second operand.
        data: per node, its number.
        labels: per node, its label.
        fixed: per node, whether it is a constant, or computed from constants alone.
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
        """The places of the leaves that are not constants."""
        return np.flatnonzero((self.code == NOBODY) & ~self.fixed)

    @property
    def parameters(self) -> Any:
        """The places of the leaves that do not vary by sample."""
        return np.setdiff1d(self.leaves, self.batch)

    def with_batch(self, batch: Sequence[Value]) -> RecordedGraph:
        """Return the same recording with leaves that vary by sample."""
        expected = {id(leaf): place for place, leaf in enumerate(batch)}
        places = [NOBODY] * len(batch)
        if expected:
            for place in self.leaves.tolist():
                if id(self.nodes[place]) in expected:
                    places[expected[id(self.nodes[place])]] = place
        return replace(self, batch=places)


def record(outputs: Sequence[Value]) -> RecordedGraph:
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
    return RecordedGraph(
        nodes,
        operations,
        code,
        left,
        right,
        np.fromiter(map(attrgetter("_data"), nodes), float, count),
        ["" if type(origin) is str else origin.label for origin in map(attrgetter("_origin"), nodes)],
        _carry_on(fixed, code, left, right),
        [place[id(node)] for node in outputs],
        [],
    )


def _carry_on(fixed: Any, code: Any, left: Any, right: Any) -> Any:
    """Mark the results of constants alone as fixed, too; there are hardly ever any."""
    if not np.any(fixed[left] & (fixed[right] | (right == NOBODY)) & (code != NOBODY)):
        return fixed
    marks = fixed.tolist()
    for node, (made_by, first, second) in enumerate(zip(code.tolist(), left.tolist(), right.tolist(), strict=True)):
        if made_by != NOBODY:
            marks[node] = marks[first] and (second == NOBODY or marks[second])
    return np.array(marks)


LEAF, FIXED, APPLIED, SUMMED, INSIDE = range(5)  # what a node became
_LARGEST_FACTOR, _LARGEST = 1e20, 100.0  # of a factor that may move; of a product of them, as a natural logarithm
_OTHER, _ADD, _SUBTRACT, _NEGATE, _MULTIPLY, _DIVIDE, _POWER, _SQUARE = range(8)
_KINDS = {add: _ADD, subtract: _SUBTRACT, negate: _NEGATE, multiply: _MULTIPLY, divide: _DIVIDE}
_KINDS |= {power: _POWER, square: _SQUARE}


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of sums, one column for each field, in the order of the sums and, in each sum, of the recording.

    Arguments:
        sum: the node of the sum.
        coefficient: the number before the factors.
        first: the node of one factor.
        second: the node of the other factor; NOBODY where there is none.
    """

    sum: Any
    coefficient: Any
    first: Any
    second: Any

    def only(self, chosen: Any) -> Terms:
        """Return the terms that a mask or an array of places selects."""
        return Terms(self.sum[chosen], self.coefficient[chosen], self.first[chosen], self.second[chosen])


@dataclass(frozen=True, slots=True)
class Flattened:
    """A recording whose sums are flat.

    Arguments:
        kind: per node, one of LEAF, FIXED, APPLIED (an operation), SUMMED (a sum) and INSIDE (part of a sum).
        left: per node, its first operand, with aliases of other nodes resolved.
        right: the same for the second operand.
        constant: per node, the constant that is added to the terms of its sum.
        terms: the terms of all sums.
    """

    kind: Any
    left: Any
    right: Any
    constant: Any
    terms: Terms


def flatten(recording: RecordedGraph) -> Flattened:
    """Flatten the sums of a recording."""
    chains = _Chains(recording)
    terms, constant = chains.terms()
    kind = np.where(chains.linear | chains.product, SUMMED, APPLIED)
    kind[recording.code == NOBODY] = LEAF
    kind[recording.fixed] = FIXED
    kind[chains.absorbed] = INSIDE
    flat = Flattened(kind, recording.left, recording.right, constant, terms)
    return _without_aliases(flat, ~chains.labelled & ~chains.at_zero, chains.uses, recording.outputs)


class _Chains:
    """Which nodes are parts of which sums. All attributes are columns over the nodes."""

    def __init__(self, recording: RecordedGraph) -> None:
        r = recording
        kinds = np.array([*(_KINDS.get(op, _OTHER) for op in r.operations), _OTHER])
        kind = np.where(r.fixed, _OTHER, kinds[r.code])
        self.recording, self.kind = r, kind
        fixed_left = r.fixed[r.left] & (r.left != NOBODY)
        fixed_right = r.fixed[r.right] & (r.right != NOBODY)
        with np.errstate(divide="ignore", over="ignore"):
            inverse = 1.0 / r.data[r.right]
        added = (kind == _ADD) | (kind == _SUBTRACT)
        scaled = (kind == _MULTIPLY) & (fixed_left | fixed_right)
        scaled |= (kind == _DIVIDE) & fixed_right & np.isfinite(inverse)
        scaled |= kind == _NEGATE
        self.squared = (kind == _SQUARE) | ((kind == _POWER) & fixed_right & (r.data[r.right] == 2.0))
        self.product = self.squared | ((kind == _MULTIPLY) & ~scaled)
        self.linear, self.scaled = added | scaled, scaled
        self.several = added & ~fixed_left & ~fixed_right
        self.left_factor = np.select(
            [kind == _NEGATE, kind == _DIVIDE, (kind == _MULTIPLY) & fixed_right], [-1.0, inverse, r.data[r.right]], 1.0
        )
        self.right_factor = np.select(
            [kind == _SUBTRACT, (kind == _MULTIPLY) & fixed_left], [-1.0, r.data[r.left]], 1.0
        )
        self._find_consumers()
        self._absorb()

    def _find_consumers(self) -> None:
        """Count the uses of each node, and find the consumer of a node that is used once."""
        r, count = self.recording, len(self.recording)
        live = np.flatnonzero((r.code != NOBODY) & ~r.fixed)
        two = live[r.right[live] != NOBODY]
        self.uses = np.bincount(r.left[live], minlength=count) + np.bincount(r.right[two], minlength=count)
        self.uses[r.outputs] += 2  # never inside another sum
        self.consumer = np.full(count, NOBODY)
        self.consumer[r.left[live]] = live
        self.on_right = np.zeros(count, bool)
        self.consumer[r.right[two]] = two
        self.on_right[r.right[two]] = True
        self.labelled = np.fromiter(map(bool, r.labels), bool, count)

    def _absorb(self) -> None:
        """Find the nodes that are parts of their consumer's sum, and their coefficient in the whole sum."""
        above = self.consumer
        absorbed = (self.uses == 1) & (above != NOBODY) & self.linear[above] & (self.linear | self.product)
        absorbed &= ~self.labelled
        absorbed &= ~(self.scaled[above] & self.several)
        factor = self.left_factor * self.right_factor  # one of the two is 1
        absorbed &= (is_ordinary(factor) | (factor == 0.0))[above]
        absorbed &= ~(self.several & self.on_right & self._sums_of_sums()[above])
        if self._carry(absorbed) > _LARGEST:  # a product of constants would overflow: keep the factors
            self._carry(absorbed & ~self.scaled[above])

    def _carry(self, absorbed: Any) -> float:
        """Multiply coefficients up the chains; return the largest absolute natural logarithm of one."""
        above = self.consumer
        factor = np.where(self.on_right, self.right_factor[above], self.left_factor[above])
        self.absorbed, self.coefficient = absorbed, np.where(absorbed, factor, 1.0)
        self.root = np.where(absorbed, above, np.arange(len(above)))
        sizes = np.log(np.abs(np.where(self.coefficient == 0.0, 1.0, self.coefficient)))
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            while True:  # each round doubles how far up the chain a node looks
                further = self.root[self.root]
                if np.array_equal(further, self.root):
                    return float(np.abs(sizes).max())
                self.coefficient = self.coefficient * self.coefficient[self.root]
                sizes = sizes + sizes[self.root]
                self.root = further

    def _sums_of_sums(self) -> Any:
        """Return a mask of the additions in a chain ``0 + ...`` whose parts are all sums of several terms."""
        r = self.recording
        added = self.kind == _ADD
        down = np.where(added & added[r.left] & (self.uses[r.left] == 1), r.left, np.arange(len(r)))
        while not np.array_equal(down[down], down):
            down = down[down]
        self.at_zero = added & r.fixed[r.left[down]] & (r.data[r.left[down]] == 0.0)
        others = np.zeros(len(r), bool)
        others[down[added & ~self.several[r.right]]] = True
        return self.at_zero & ~others[down]

    def terms(self) -> tuple[Terms, Any]:
        """Return the terms of all sums, and the constant of each."""
        r = self.recording
        constant = np.zeros(len(r))
        adding = np.flatnonzero(self.linear & ~r.fixed)
        parts = []
        for side, (operands, factor) in enumerate(((r.left, self.left_factor), (r.right, self.right_factor))):
            by = adding[operands[adding] != NOBODY]
            by = by[~(self.scaled[by] & r.fixed[operands[by]])]
            operand, coefficient = operands[by], self.coefficient[by] * factor[by]
            written = r.fixed[operand]
            np.add.at(constant, self.root[by[written]], (coefficient * r.data[operand])[written])
            kept = ~written & ~(self.absorbed[operand] & self.linear[operand])
            parts.append(self._part(by[kept], side, coefficient[kept], operand[kept]))
        alone = np.flatnonzero(self.product & ~self.absorbed)
        first, second = self._factors(alone)
        zeros = np.zeros(len(alone), int)
        parts.append((alone, zeros, alone, np.ones(len(alone)), first, second))
        at, sides, root, coefficient, first, second = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.lexsort((sides, at, root))
        return Terms(root, coefficient, first, second).only(order), constant

    def _part(self, by: Any, side: int, coefficient: Any, operand: Any) -> tuple[Any, ...]:
        inside = self.absorbed[operand]  # only products are left
        first, second = operand.copy(), np.full(len(operand), NOBODY)
        first[inside], second[inside] = self._factors(operand[inside])
        return by, np.full(len(by), side), self.root[by], coefficient, first, second

    def _factors(self, products: Any) -> tuple[Any, Any]:
        r = self.recording
        return r.left[products], np.where(self.squared[products], r.left[products], r.right[products])


def is_ordinary(factor: Any) -> Any:
    """Return whether a factor, or each of an array, may move within a product without danger of over- or underflow."""
    return (abs(factor) >= 1.0 / _LARGEST_FACTOR) & (abs(factor) <= _LARGEST_FACTOR)


def _without_aliases(flat: Flattened, free: Any, uses: Any, outputs: list[int]) -> Flattened:
    """Resolve sums of one term: an operand that equals one node, and a factor that is a multiple of one node.

    Arguments:
        flat: the sums.
        free: a mask of the sums that may go. A sum with a label stays, as it is shown under its name, and so does a
            ``sum()`` of one part, which belongs with the sums of other lengths.
        uses: per node, how often it is used.
        outputs: the nodes that are returned; they stay.
    """
    terms = flat.terms
    count = np.bincount(terms.sum, minlength=len(flat.kind))
    single = (count[terms.sum] == 1) & (terms.second == NOBODY) & (flat.constant[terms.sum] == 0.0)
    single &= free[terms.sum] & (flat.kind[terms.sum] == SUMMED) & ~np.isin(terms.sum, outputs)
    same = terms.only(single & (terms.coefficient == 1.0))
    multiple = terms.only(single & (terms.coefficient != 1.0) & is_ordinary(terms.coefficient) & (uses[terms.sum] == 1))
    stands_for = np.arange(len(flat.kind))
    stands_for[same.sum] = same.first
    while not np.array_equal(stands_for[stands_for], stands_for):
        stands_for = stands_for[stands_for]
    factor, of = np.ones(len(flat.kind)), stands_for.copy()
    of[multiple.sum], factor[multiple.sum] = stands_for[multiple.first], multiple.coefficient
    first, second = terms.first, terms.second
    pair = (second != NOBODY) & (first != second)
    coefficient = terms.coefficient * np.where(pair, factor[first] * factor[second], 1.0)
    kind = flat.kind.copy()
    kind[same.sum] = INSIDE
    peeled = np.concatenate([first[pair], second[pair]])
    kind[peeled[factor[peeled] != 1.0]] = INSIDE
    first = np.where(pair, of[first], stands_for[first])
    second = np.where(pair, of[second], np.where(second == NOBODY, NOBODY, stands_for[second]))
    kept = kind[terms.sum] == SUMMED
    return replace(
        flat,
        kind=kind,
        left=np.where(flat.left == NOBODY, NOBODY, stands_for[flat.left]),
        right=np.where(flat.right == NOBODY, NOBODY, stands_for[flat.right]),
        terms=Terms(terms.sum, coefficient, first, second).only(kept),
    )


PARAMETERS, SAMPLES = 0, 1  # the numbers of the two groups of leaves
_FEW = 40  # terms: below that, Python is quicker than NumPy


@dataclass(slots=True)
class NodeGroup:
    """Nodes that one array operation computes.

    Arguments:
        number: the place of the group among the groups.
        op: the :class:`Op`; None for leaves and sums.
        members: the nodes, in the order of the recording.
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
class NodeGroups:
    """The groups of a recording, and per node the number of its group."""

    groups: list[NodeGroup]
    of: Any


def group(recording: RecordedGraph, flat: Flattened, most: int) -> NodeGroups | None:
    """Group the nodes; None where there are more than ``most`` groups, as the graph is too narrow for arrays."""
    grouping = _Grouping(recording, flat)
    for node in np.flatnonzero((flat.kind == APPLIED) | (flat.kind == SUMMED)).tolist():
        grouping.add(node)
        if len(grouping.members) > most:
            return None
    return grouping.finish()


class _Grouping:
    def __init__(self, recording: RecordedGraph, flat: Flattened) -> None:
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

    def finish(self) -> NodeGroups:
        groups: list[NodeGroup] = []
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
            groups.append(NodeGroup(number, op, np.array(members, int), batched, varied, factors))
        return NodeGroups(groups, self.of)


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one >= other else (other, one)
