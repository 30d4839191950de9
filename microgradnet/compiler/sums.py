r"""Chains of additions, flattened: each sum is :math:`c + \sum_i c_i f_i g_i`, however it was written.

Left-leaning, right-leaning and tree-shaped sums become one list of terms. Subtraction, negation, and factors and
divisors that are written numbers become coefficients; a product that only a sum uses becomes a term of two factors.

Three borders are kept, as sums inside sums carry the structure that the later stages look for: a node with a label, a
sum of several terms below a factor, and sums that Python's ``sum()``, which starts at 0, adds up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from microgradnet.compiler.recording import NOBODY, Recording
from microgradnet.ops import add, divide, multiply, negate, power, square, subtract

LEAF, FIXED, APPLIED, SUMMED, INSIDE = range(5)  # what a node became
_LARGEST = 300.0  # of a coefficient, as a natural logarithm
_OTHER, _ADD, _SUBTRACT, _NEGATE, _MULTIPLY, _DIVIDE, _POWER, _SQUARE = range(8)
_KINDS = {add: _ADD, subtract: _SUBTRACT, negate: _NEGATE, multiply: _MULTIPLY, divide: _DIVIDE}
_KINDS |= {power: _POWER, square: _SQUARE}


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of sums, one column for each field, in the order of the sums and in each as it was recorded.

    Arguments:
        sum: the node of the sum.
        coefficient: the number before the factors.
        first: the node of the one factor.
        second: that of the other; NOBODY where there is none.
    """

    sum: Any
    coefficient: Any
    first: Any
    second: Any

    def only(self, chosen: Any) -> Terms:
        """Return those that are chosen by a mask or by their places."""
        return Terms(self.sum[chosen], self.coefficient[chosen], self.first[chosen], self.second[chosen])


@dataclass(frozen=True, slots=True)
class Flattened:
    """A recording whose sums are flat.

    Arguments:
        kind: per node, what it became: a leaf, a written number, an operation applied, a sum, or a part inside one.
        left: per node, its first operand, where nodes that merely stand for another are skipped.
        right: the same for the second operand.
        constant: per node, the number that is added to the terms of its sum.
        terms: the terms of all sums.
    """

    kind: Any
    left: Any
    right: Any
    constant: Any
    terms: Terms


def flatten(recording: Recording) -> Flattened:
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
    """Which additive nodes are parts of which sums. All fields are columns over the nodes."""

    def __init__(self, recording: Recording) -> None:
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
        """Note how often each node is used, and where the one that is used once is."""
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
        """Decide which nodes are parts of their consumer's sum, and with which coefficient of the whole sum."""
        above = self.consumer
        absorbed = (self.uses == 1) & (above != NOBODY) & self.linear[above] & (self.linear | self.product)
        absorbed &= ~self.labelled
        absorbed &= ~(self.scaled[above] & self.several)
        absorbed &= ~(self.several & self.on_right & self._sums_of_sums()[above])
        if self._carry(absorbed) > _LARGEST:  # a product of written numbers would leave the floats: keep the factors
            self._carry(absorbed & ~self.scaled[above])

    def _carry(self, absorbed: Any) -> float:
        """Multiply coefficients up the chains; return how large, or small, one gets, as a natural logarithm."""
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
        """Tell of each addition whether it is part of a chain ``0 + ...`` whose parts are all sums of several terms."""
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


def _without_aliases(flat: Flattened, free: Any, uses: Any, outputs: list[int]) -> Flattened:
    """Skip sums of one node: as operands where they are that node, and as factors where they are a multiple of it.

    Those that are not free stay: a label may be asked for, and a ``sum()`` of one part is one of the sums of many
    lengths that belong together.
    """
    terms = flat.terms
    count = np.bincount(terms.sum, minlength=len(flat.kind))
    single = (count[terms.sum] == 1) & (terms.second == NOBODY) & (flat.constant[terms.sum] == 0.0)
    single &= free[terms.sum] & (flat.kind[terms.sum] == SUMMED) & ~np.isin(terms.sum, outputs)
    same = terms.only(single & (terms.coefficient == 1.0))
    multiple = terms.only(single & (terms.coefficient != 1.0) & (uses[terms.sum] == 1))
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
