"""Random graphs of the shapes that the compiler looks for, and a check of all that a program makes of them.

Rows of leaves go through operations of the table, dense layers, gathers with repeats, reversed and strided slices,
softmax and its kin, broadcasts of scalars, scaled copies, sums that are used again beside their parts, and products of
results. The pieces are read again and again, so adjoints meet in one array from several readers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.compiler.narrow import levels_of, plan_levels, plan_tape
from microgradnet.compiler.program import Program
from microgradnet.compiler.sums import flatten, record
from microgradnet.errors import DomainError
from microgradnet.operation import TABLE

TOLERANCE = 1e-9  # of the largest of the expected numbers, or of 1 where they are smaller
LARGEST, STEEPEST, NEAR = 40.0, 100.0, 1e-6  # numbers and partial derivatives beyond these lose digits; kinks
SAMPLES = 3
COEFFICIENTS = (2.0, -1.0, 0.5, 3.0, -0.25, 1.5, 2, -2)

Row = list[Any]


def _somewhere(op: Any, v: Any) -> Any:
    """Apply an operation of one operand where it is defined: to the operand, or to a number that is positive."""
    if op.domain.contains(v.data):
        return op(v)
    return op(1.25 + v * v) if op.domain.contains(1.25 + v.data * v.data) else op(0.5 * mg.sin(v))


UNARY: dict[str, Callable[[Any], Any]] = {
    name: (lambda v, op=op: _somewhere(op, v)) for name, op in TABLE.items() if len(op.partials) == 1
}
UNARY |= {
    "square by **": lambda v: v**2,
    "square by *": lambda v: v * v,
    "cube": lambda v: v**3,
    "reciprocal": lambda v: 1.0 / (2.0 + mg.sin(v)),
    "power -1": lambda v: (1.5 + v * v) ** -1,
    "power 0.5": lambda v: (1.0 + v * v) ** 0.5,
    "power 1.5": lambda v: mg.exp(0.2 * v) ** 1.5,
    "gate": lambda v: mg.where(mg.greater(v, 0.1), v, 0.3 * v),
    "swish by hand": lambda v: v * mg.sigmoid(v),
    "micrograd's tanh": lambda v: (mg.exp(2 * v) - 1) / (mg.exp(2 * v) + 1),
}
COMMON = ("sin", "tanh", "exp", "sigmoid", "relu", "log", "square by *", "square by **", "sqrt", "erf", "log1p")
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (2.0 + b * b),
    "divide as it is": lambda a, b: a / b,
    "maximum": mg.maximum,
    "minimum": mg.minimum,
    "atan2": mg.atan2,
    "hypot by hand": lambda a, b: mg.sqrt(a * a + b * b),
    "power": lambda a, b: mg.exp(0.3 * a) ** b,
    "difference of scaled": lambda a, b: 2 * a - b / 4.0,
    "negative of a product": lambda a, b: -(a * b),
    "product of negatives": lambda a, b: (-a) * (3 * b),
}


@dataclass
class ArrayGraph:
    """A recorded graph.

    Arguments:
        loss: what is compiled.
        leaves: all leaves that were made.
        blocks: the places of those that were made together.
        steps: what it was made by, in words.
    """

    loss: Value
    leaves: list[Value]
    blocks: list[range] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


class _Draft:
    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self.leaves: list[Value] = []
        self.blocks: list[range] = []
        self.steps: list[str] = []
        self.scalars: list[Any] = []
        self.labelled = self.source.random() < 0.3
        self.rows: list[Row] = [self.new_leaves("x", self.source.choice((1, 2, 2, 3, 4)))]
        if self.source.random() < 0.5:
            self.rows.append(self.new_leaves("y", len(self.rows[0])))
        if self.source.random() < 0.4:
            self.scalars += self.new_leaves("s", 1)

    def new_leaves(self, name: str, count: int) -> Row:
        made = [Value(round(self.source.uniform(-1.2, 1.2), 3) or 0.1) for _ in range(count)]
        for place, leaf in enumerate(made, 1):
            leaf.label = f"{name}[{place}]" if self.labelled else ""
        self.blocks.append(range(len(self.leaves), len(self.leaves) + count))
        self.leaves += made
        return made

    def row(self) -> Row:
        """Choose a row; recent ones are likelier."""
        if self.source.random() < 0.6:
            return list(self.rows[-1 - min(int(self.source.expovariate(0.8)), len(self.rows) - 1)])
        return list(self.source.choice(self.rows))

    def number(self) -> Any:
        """Choose a scalar: one that was made, an element of a row, or a plain number."""
        kind = self.source.random()
        if kind < 0.45 and self.scalars:
            return self.source.choice(self.scalars)
        return self.source.choice(self.row()) if kind < 0.75 else self.source.choice(COEFFICIENTS)

    # Steps: each makes a row or a scalar

    def mapped(self) -> Any:
        names = COMMON if self.source.random() < 0.5 else list(UNARY)
        name = self.source.choice(names)
        self.steps.append(f"map {name}")
        return [UNARY[name](v) for v in self.row()]

    def paired(self) -> Any:
        one, other = self.row(), self.row()
        if len(one) != len(other):
            other = [self.source.choice(other) for _ in one]
        name = self.source.choice(list(BINARY))
        self.steps.append(f"pair {name}")
        return [BINARY[name](a, b) for a, b in zip(one, other, strict=True)]

    def dense(self) -> Any:
        row, count, way = self.row(), self.source.randint(1, 3), self.source.randrange(4)
        self.steps.append(f"dense {way}")
        shared = self.source.random() < 0.15 and [self.row() for _ in range(count)]
        made = []
        bias = self.new_leaves("b", count) if self.source.random() < 0.5 else [0.25] * count
        for j in range(count):
            weights = self.new_leaves(f"w{j}", len(row))
            if shared and len(shared[j]) == len(row):
                weights = shared[j]
            if way == 0:
                made.append(mg.dot(weights, row, bias[j]))
            elif way == 1:
                made.append(sum((w * v for w, v in zip(weights, row, strict=True)), bias[j]))
            elif way == 2:
                made.append(bias[j] + sum(v * w for w, v in zip(weights, row, strict=True)))
            else:
                made.append(mg.total([*(w * v for w, v in zip(weights, row, strict=True)), -bias[j]]))
        if self.labelled:
            for j, node in enumerate(made, 1):
                if isinstance(node, Value) and not node.label:
                    node.label = f"z{len(self.rows)}[{j}]"
        return made

    def gathered(self) -> Any:
        row = self.row()
        self.steps.append("gather")
        return [self.source.choice(row) for _ in range(self.source.randint(1, 5))]

    def viewed(self) -> Any:
        row, kind = self.row(), self.source.randrange(5)
        self.steps.append(f"view {kind}")
        if kind == 0:
            return row[::-1]
        if kind == 1:
            return row[::2]
        if kind == 2:
            return row[1:] or row
        if kind == 3:
            return [*row, *self.row()][:6]
        return [v for pair in zip(row, row[::-1], strict=True) for v in pair][:6]

    def normalized(self) -> Any:
        row, kind = self.row(), self.source.randrange(7)
        self.steps.append(f"normalize {kind}")
        if kind == 0:
            return mg.softmax(row)
        if kind == 1:
            return mg.log_softmax(row)
        if kind == 2:
            shares = [mg.exp(v) for v in row]
            whole = sum(shares)
            return [share / whole for share in shares]
        if kind == 3:
            middle = mg.mean(row)
            return [v - middle for v in row]
        if kind == 4:
            return mg.logsumexp(row)
        if kind == 5:
            return mg.norm(row) if any(v.data for v in row) else mg.total(row)
        return mg.variance(row)

    def broadcast(self) -> Any:
        row, scalar, kind = self.row(), self.number(), self.source.randrange(6)
        self.steps.append(f"broadcast {kind}")
        makes: list[Callable[[Any], Any]] = [
            lambda v: scalar * v,
            lambda v: v + scalar,
            lambda v: scalar - v,
            lambda v: v / (1.5 + scalar * scalar),
            lambda v: scalar / (1.5 + v * v),
            lambda v: mg.tanh(v) * scalar + scalar,
        ]
        return list(map(makes[kind], row))

    def scaled(self) -> Any:
        row, c, kind = self.row(), self.source.choice(COEFFICIENTS), self.source.randrange(7)
        self.steps.append(f"scale {kind} by {c}")
        makes: list[Callable[[Any], Any]] = [
            lambda v: c * v,
            lambda v: v * c,
            lambda v: -v,
            lambda v: v / c,
            lambda v: c - v,
            lambda v: v + c,
            lambda v: -(v - c) * 2.0,
        ]
        if self.source.random() < 0.15:  # another factor for each
            return [self.source.choice(COEFFICIENTS) * v for v in row]
        return list(map(makes[kind], row))

    def several(self) -> Any:
        """Take several rows through one layer, or pair all with all, or add up what comes before."""
        kind, width = self.source.randrange(5), self.source.randint(1, 3)
        fresh = self.source.random() < 0.5
        count = self.source.randint(2, 3)
        rows = [self.new_leaves(f"q{i}", width) if fresh else (self.row() * 3)[:width] for i in range(count)]
        self.steps.append(f"several {kind}")
        if kind == 0:
            weights = [self.new_leaves(f"u{j}", width) for j in range(2)]
            return [mg.dot(w, row) for row in rows for w in weights]
        if kind == 1:
            others = [self.new_leaves(f"k{i}", width) for i in range(2)] if fresh else rows[::-1]
            return [mg.dot(one, other) for one in rows for other in others][:6]
        if kind == 2:  # attention
            scores = [mg.dot(rows[0], other) for other in rows]
            shares = mg.softmax(scores)
            return [mg.dot(shares, [row[k] for row in rows]) for k in range(width)]
        if kind == 3:  # sums that grow
            row, weights = self.row(), self.new_leaves("g", len(self.row()))
            pairs = [a * b for a, b in zip(row, weights, strict=False)]
            return [mg.total(pairs[: place + 1]) for place in range(len(pairs))]
        matrix = [[self.source.choice((*COEFFICIENTS, 0.0)) for _ in range(width)] for _ in range(2)]
        return [sum(c * v for c, v in zip(cs, row, strict=True)) for row in rows for cs in matrix]

    def summed(self) -> Any:
        row, kind = self.row(), self.source.randrange(8)
        self.steps.append(f"sum {kind}")
        if kind == 0:
            return mg.total(row)
        if kind == 1:
            return sum(row)
        if kind == 2:
            return mg.mean(row)
        if kind == 3:
            other = self.row()
            return mg.dot(row, [other[place % len(other)] for place in range(len(row))])
        if kind == 4:
            return mg.total(self.source.choice(COEFFICIENTS) * v for v in row)
        if kind == 5:  # running sums
            made, whole = [], 0
            for v in row:
                whole = whole + v
                made.append(whole)
            return made
        if kind == 6:  # sums of neighbours
            return [a + b for a, b in zip(row, row[1:] + row[:1], strict=True)]
        return sum(v * v for v in row)

    def multiplied(self) -> Any:
        kind = self.source.randrange(4)
        self.steps.append(f"product {kind}")
        if kind == 0:
            row = self.row()
            return row[0] * row[-1]
        if kind == 1:
            one, other = self.row(), self.row()
            return [a * b for a in one[:2] for b in other[:2]]
        if kind == 2:
            one, other = self.number(), self.number()
            return one * other * self.source.choice(self.row())
        row = self.row()
        return math.prod(row[1:], start=row[0])

    def reused(self) -> Any:
        """Use a sum again beside its parts."""
        row, kind = self.row(), self.source.randrange(6)
        self.steps.append(f"reuse {kind}")
        whole = mg.total(row)
        if kind == 0:
            return whole + row[0] * row[-1]
        if kind == 1:
            return [v * whole for v in row]
        if kind == 2:
            return whole * whole - sum(v * v for v in row)
        if kind == 3:
            return [whole - v for v in row]
        if kind == 4:
            return 2 * whole + row[0] ** 2
        return whole - mg.sin(row[0]) * row[0]

    STEPS = (
        mapped, mapped, mapped, paired, paired, dense, gathered, viewed, normalized, broadcast, scaled, scaled, summed,
        multiplied, several, reused, reused,
    )  # fmt: skip

    def step(self) -> None:
        made = self.source.choice(self.STEPS)(self)
        if isinstance(made, list):
            kept = [v for v in made if isinstance(v, Value)]
            if len(kept) == len(made):
                self.rows.append(made)
        elif isinstance(made, Value):
            self.scalars.append(made)

    def term(self) -> Any:
        """Return a part of the loss."""
        kind, row = self.source.randrange(9), self.row()
        self.steps.append(f"term {kind}")
        if kind == 0:
            return mg.total(row)
        if kind == 1:
            return row[0] * self.source.choice(self.row())
        if kind == 2:
            return sum(v * v for v in row)
        if kind == 3 and self.scalars:
            return self.source.choice(self.scalars)
        if kind == 4 and self.scalars:
            return mg.tanh(self.source.choice(self.scalars)) * row[-1]
        if kind == 5:
            return -self.source.choice(row)
        if kind == 6:
            return mg.mean(row) * 2
        if kind == 7:
            return mg.log(1.5 + row[0] * row[0])
        return 0.5 * (row[0] + row[-1])

    def finish(self) -> ArrayGraph:
        parts = [self.term() for _ in range(self.source.randint(1, 4))]
        loss = self.source.choice((sum, mg.total, math.prod if len(parts) < 3 else sum))(parts)
        return ArrayGraph(loss, self.leaves, self.blocks, self.steps)


def draw(seed: int) -> ArrayGraph | None:
    """Return the random graph of this number; None where it is ill-conditioned, outside a domain or at a kink."""
    draft = _Draft(seed)
    try:
        for _ in range(draft.source.randint(1, 6)):
            draft.step()
        drawn = draft.finish()
    except DomainError:
        return None
    return drawn if isinstance(drawn.loss, Value) and drawn.loss.inputs and _is_ordinary(drawn.loss) else None


def _is_ordinary(loss: Value) -> bool:
    """Tell whether numbers and partial derivatives keep their digits, and no operand is near a kink."""
    for node in graph.topological(loss):
        if not abs(node.data) < LARGEST:
            return False
        if node.op is not None and not all(abs(partial) < STEEPEST for partial in node.partials):
            return False
        if node.op is not None and node.op.kinks and _is_near_a_kink(node):
            return False
    return True


def _is_near_a_kink(node: Value) -> bool:
    """Tell whether a small move of an operand changes a partial derivative much."""
    op, point = node.op, [operand.data for operand in node.inputs]
    assert op is not None
    for place in range(len(point)):
        for move in (-NEAR, NEAR):
            moved = [*point[:place], point[place] + move, *point[place + 1 :]]
            try:
                out = op(*moved)
                slopes = [rule(*moved, out) for rule in op.partials]
            except (ValueError, ArithmeticError):
                return True
            if abs(out - node.data) > 1e-3 or any(
                abs(a - b) > 1e-3 for a, b in zip(slopes, node.partials, strict=True)
            ):
                return True
    return False


# Checking


def _numbers(leaves: Sequence[Value]) -> list[float]:
    return [leaf.data for leaf in leaves]


def _set(leaves: Sequence[Value], numbers: Sequence[float]) -> None:
    for leaf, number in zip(leaves, numbers, strict=True):
        leaf.data = number


def eager(drawn: ArrayGraph, numbers: Sequence[float]) -> list[float] | None:
    """Return the loss and its derivatives by all leaves at these numbers; None where they are not ordinary there."""
    loss, leaves = drawn.loss, drawn.leaves
    _set(leaves, numbers)
    try:
        mg.recompute(loss)
    except DomainError:
        return None
    if not _is_ordinary(loss):
        return None
    _clear(drawn)
    loss.backward()
    found = [loss.data, *(leaf.grad for leaf in leaves)]
    _clear(drawn)
    return found


def _clear(drawn: ArrayGraph) -> None:
    drawn.loss.zero_grad()
    for leaf in drawn.leaves:
        leaf.zero_grad()


def difference(found: Sequence[float], expected: Sequence[float]) -> float:
    """Return the largest difference, relative to the largest expected number where that is beyond 1."""
    scale = max(1.0, *map(abs, expected))
    gaps = [abs(one - other) for one, other in zip(found, expected, strict=True)]
    return math.inf if any(map(math.isnan, gaps)) else max(gaps) / scale


@dataclass
class Tally:
    """What many checks found.

    Attributes:
        plain, new, batched: how many comparisons were made at the recorded numbers, at new ones, and over a batch.
        narrow: how many graphs were also computed level by level and as a tape.
        judged: programs that had to ask the eager engine.
        worst: the largest difference.
        failures: the seeds, with what was wrong.
    """

    plain: int = 0
    new: int = 0
    batched: int = 0
    narrow: int = 0
    judged: int = 0
    worst: float = 0.0
    failures: list[tuple[int, str]] = field(default_factory=list)

    def compare(self, seed: int, what: str, found: Sequence[float], expected: Sequence[float]) -> None:
        gap = difference(found, expected)
        self.worst = max(self.worst, gap)
        if gap > TOLERANCE:
            self.failures.append((seed, f"{what}: {found} is not {expected}"))


def check(seed: int, tally: Tally) -> None:
    """Compile the graph of this number, plain and with a batch, and compare it at two sets of numbers."""
    drawn = draw(seed)
    if drawn is None:
        return
    try:
        _check(seed, drawn, tally)
    except Exception as error:
        tally.failures.append((seed, f"{type(error).__name__}: {error}"))


def _check(seed: int, drawn: ArrayGraph, tally: Tally) -> None:
    source, first = random.Random(seed + 1), _numbers(drawn.leaves)
    sets = [first, *([number + source.uniform(-0.4, 0.4) for number in first] for _ in range(SAMPLES - 1))]
    expected = [eager(drawn, numbers) for numbers in sets]
    program = mg.compile(drawn.loss)
    for numbers, right in zip(sets[:2], expected[:2], strict=True):
        if right is not None:
            _set(drawn.leaves, numbers)
            _clear(drawn)
            found = [program(), *(leaf.grad for leaf in drawn.leaves)]
            tally.compare(seed, "plain" if numbers is first else "new numbers", found, right)
            tally.plain, tally.new = tally.plain + (numbers is first), tally.new + (numbers is not first)
    tally.judged += program.asked_eager
    _check_batch(seed, drawn, source, sets, tally)


def _choose_batch(drawn: ArrayGraph, places: Sequence[int], source: random.Random) -> list[int]:
    """Return the places of some leaves: whole blocks, so that whole rows vary by sample, or any."""
    if source.random() < 0.7:
        blocks = [block for block in drawn.blocks if source.random() < 0.5] or [source.choice(drawn.blocks)]
        chosen = [place for block in blocks for place in block if place in places]
    else:
        chosen = [place for place in places if source.random() < 0.5]
    chosen = chosen or list(places[:1])
    if source.random() < 0.2:
        source.shuffle(chosen)
    return chosen


def _check_batch(seed: int, drawn: ArrayGraph, source: random.Random, sets: list[Any], tally: Tally) -> None:
    """Let some leaves vary by sample."""
    reached = {id(leaf) for leaf in graph.leaves(drawn.loss)}
    places = [place for place, leaf in enumerate(drawn.leaves) if id(leaf) in reached]
    if not places:
        return
    chosen = _choose_batch(drawn, places, source)
    rows = [[numbers[place] for place in chosen] for numbers in sets]
    right = []
    for row in rows:
        numbers = list(sets[0])
        for place, number in zip(chosen, row, strict=True):
            numbers[place] = number
        right.append(eager(drawn, numbers))
    kept = [(row, found) for row, found in zip(rows, right, strict=True) if found is not None]
    if not kept:
        return
    means = [sum(column) / len(kept) for column in zip(*(found for _, found in kept), strict=True)]
    means = [0.0 if place - 1 in chosen else mean for place, mean in enumerate(means)]
    _set(drawn.leaves, sets[0])
    _clear(drawn)
    program = mg.compile(drawn.loss, batch=[drawn.leaves[place] for place in chosen])
    samples = [row for row, _ in kept]
    found = [program(samples), *(leaf.grad for leaf in drawn.leaves)]
    tally.compare(seed, f"batch of {chosen}", found, means)
    if seed % 8 == 0:
        _check_narrow(seed, drawn, chosen, samples, means, tally)
    tally.judged += program.asked_eager
    tally.batched += 1


def _check_narrow(
    seed: int, drawn: ArrayGraph, chosen: list[int], samples: Any, means: list[float], tally: Tally
) -> None:
    """Run the graph in the two ways that are for graphs too narrow for arrays."""
    batch = [drawn.leaves[place] for place in chosen]
    recording = record([drawn.loss]).with_batch(batch)
    flat = flatten(recording)
    for name, plan in (
        ("levels", plan_levels(recording, flat, levels_of(recording, flat))),
        ("tape", plan_tape(recording)),
    ):
        program = Program([drawn.loss], batch, [recording.nodes[place] for place in plan.leaves], plan)
        _clear(drawn)
        found = [program(samples), *(leaf.grad for leaf in drawn.leaves)]
        tally.compare(seed, name, found, means)
    tally.narrow += 1
