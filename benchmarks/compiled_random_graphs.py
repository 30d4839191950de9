"""Random scalar graphs of several shapes: a grouping serves some of them well, and can do nothing for others.

A graph is drawn once, as a plan; `record` then records it as a user's loop would, without drawing anything.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import microgradnet as mg
from microgradnet import Value

# Each keeps numbers between -1 and 1, so that graphs of any depth stay finite.
STEPS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a * b,
    lambda a, b: mg.tanh(a + b),
    lambda a, b: mg.sin(a) * b,
    lambda a, b: (a - b) * 0.5,
    lambda a, b: mg.cos(a),
]
NODES = (1, 2, 2, 3, 1)  # that each step records, the written number included
LEAVES = 100


@dataclass(frozen=True)
class Plan:
    """A graph before it is recorded: the numbers of its leaves, its steps on two earlier places, and what is summed."""

    numbers: list[float]
    steps: list[tuple[int, int, int]]
    summed: list[int]

    def record(self) -> Value:
        nodes = [Value(number) for number in self.numbers]
        for step, left, right in self.steps:
            nodes.append(STEPS[step](nodes[left], nodes[right]))
        return mg.total([nodes[place] for place in self.summed])


class Draft:
    """A plan while it is drawn."""

    def __init__(self, seed: int, leaves: int = LEAVES) -> None:
        self.source = random.Random(seed)
        self.numbers = [self.source.uniform(-1.0, 1.0) for _ in range(leaves)]
        self.steps: list[tuple[int, int, int]] = []
        self.nodes = 0

    @property
    def places(self) -> int:
        return len(self.numbers) + len(self.steps)

    def draw(self) -> int:
        return self.source.randrange(len(STEPS))

    def add(self, left: int, right: int, step: int | None = None) -> int:
        """Append a step, at random where none is given, and return its place."""
        chosen = self.draw() if step is None else step
        self.steps.append((chosen, left, right))
        self.nodes += NODES[chosen]
        return self.places - 1


def windowed(nodes: int, window: int, seed: int = 0) -> Plan:
    """Draw operands at random from the last `window` results; the loss sums what nothing uses."""
    draft = Draft(seed)
    used: set[int] = set()
    while draft.nodes < nodes:
        left, right = (draft.source.randrange(max(0, draft.places - window), draft.places) for _ in "xy")
        draft.add(left, right)
        used |= {left, right}
    return Plan(draft.numbers, draft.steps, [place for place in range(draft.places) if place not in used])


def layered(nodes: int, width: int, seed: int = 0) -> Plan:
    """Draw layers, each of `width` operations on any two results of the layer before."""
    draft = Draft(seed)
    layer = list(range(LEAVES))
    while draft.nodes < nodes:
        layer = [draft.add(draft.source.choice(layer), draft.source.choice(layer)) for _ in range(width)]
    return Plan(draft.numbers, draft.steps, layer)


def chain(nodes: int, seed: int = 0) -> Plan:
    """Draw one chain of operations, each on the last result and on one of the leaves."""
    draft, node = Draft(seed), 0
    while draft.nodes < nodes:
        node = draft.add(node, draft.source.randrange(LEAVES))
    return Plan(draft.numbers, draft.steps, [node])


def chains(nodes: int, count: int, seed: int = 0, leaves: int = 5) -> Plan:
    """Draw `count` equal chains side by side, on leaves of their own: long, and `count` wide."""
    draft = Draft(seed, leaves * count)
    ends = [leaves * row for row in range(count)]
    while draft.nodes < nodes:
        step, place = draft.draw(), draft.source.randrange(leaves)
        ends = [draft.add(end, leaves * row + place, step) for row, end in enumerate(ends)]
    return Plan(draft.numbers, draft.steps, ends)


SHAPES: dict[str, Callable[[int], Plan]] = {
    "wide: layers of 1,000": lambda nodes: layered(nodes, 1_000),
    "wide: scattered": lambda nodes: windowed(nodes, nodes),
    "windowed: the last 2,000": lambda nodes: windowed(nodes, 2_000),
    "windowed: the last 300": lambda nodes: windowed(nodes, 300),
    "windowed: the last 50": lambda nodes: windowed(nodes, 50),
    "narrow: layers of 8": lambda nodes: layered(nodes, 8),
    "chains: 100 side by side": lambda nodes: chains(nodes, 100),
    "chain-like: the last 3": lambda nodes: windowed(nodes, 3),
    "chain": chain,
}
