"""Random scalar graphs of several shapes: a grouping serves some of them well, and can do nothing for others."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import microgradnet as mg
from microgradnet import Value

# Each keeps numbers between -1 and 1, so that graphs of any depth stay finite; some take two nodes.
STEPS: list[Callable[[Any, Any], Any]] = [
    lambda a, b: a * b,
    lambda a, b: mg.tanh(a + b),
    lambda a, b: mg.sin(a) * b,
    lambda a, b: (a - b) * 0.5,
    lambda a, b: mg.cos(a),
]
LEAVES = 100


def windowed(nodes: int, window: int, seed: int = 0) -> Value:
    """Return a graph whose operations take their operands at random from the last `window` results."""
    source = random.Random(seed)
    recorded = [Value(source.uniform(-1.0, 1.0), f"x[{k}]") for k in range(1, LEAVES + 1)]
    used: set[int] = set()
    made = 0
    while made < nodes:
        recent = max(0, len(recorded) - window)
        left, right = (source.randrange(recent, len(recorded)) for _ in "xy")
        used |= {left, right}
        step = source.randrange(len(STEPS))
        recorded.append(STEPS[step](recorded[left], recorded[right]))
        made += (1, 2, 2, 3, 1)[step]
    return mg.total(node for place, node in enumerate(recorded) if place not in used)


def layered(nodes: int, width: int, seed: int = 0) -> Value:
    """Return a graph of layers, each of `width` operations on any two results of the layer before."""
    source = random.Random(seed)
    layer = [Value(source.uniform(-1.0, 1.0), f"x[{k}]") for k in range(1, LEAVES + 1)]
    made = 0
    while made < nodes:
        steps = [source.randrange(len(STEPS)) for _ in range(width)]
        layer = [STEPS[step](source.choice(layer), source.choice(layer)) for step in steps]
        made += sum((1, 2, 2, 3, 1)[step] for step in steps)
    return mg.total(layer)


def scattered(nodes: int, seed: int = 0) -> Value:
    """Return a graph whose operations take their operands from all results before: shallow and uneven."""
    return windowed(nodes, nodes, seed)


def chain(nodes: int, seed: int = 0) -> Value:
    """Return one chain of random operations, each on the last result and on one of the leaves."""
    source = random.Random(seed)
    leaves = [Value(source.uniform(-1.0, 1.0), f"x[{k}]") for k in range(1, LEAVES + 1)]
    node, made = leaves[0], 0
    while made < nodes:
        step = source.randrange(len(STEPS))
        node = STEPS[step](node, source.choice(leaves))
        made += (1, 2, 2, 3, 1)[step]
    return node


def chains(nodes: int, count: int, seed: int = 0) -> Value:
    """Return `count` equal chains side by side, on leaves of their own: long, and `count` wide."""
    source = random.Random(seed)
    rows = [[Value(source.uniform(-1.0, 1.0)) for _ in range(5)] for _ in range(count)]
    ends, made = [row[0] for row in rows], 0
    while made < nodes:
        step, place = source.randrange(len(STEPS)), source.randrange(5)
        ends = [STEPS[step](end, row[place]) for end, row in zip(ends, rows, strict=True)]
        made += count * (1, 2, 2, 3, 1)[step]
    return mg.total(ends)


SHAPES: dict[str, Callable[[int], Value]] = {
    "wide: layers of 1,000": lambda nodes: layered(nodes, 1_000),
    "wide: scattered": scattered,
    "windowed: the last 2,000": lambda nodes: windowed(nodes, 2_000),
    "windowed: the last 300": lambda nodes: windowed(nodes, 300),
    "windowed: the last 50": lambda nodes: windowed(nodes, 50),
    "narrow: layers of 8": lambda nodes: layered(nodes, 8),
    "chains: 100 side by side": lambda nodes: chains(nodes, 100),
    "chain-like: the last 3": lambda nodes: windowed(nodes, 3),
    "chain": chain,
}
