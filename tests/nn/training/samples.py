"""Small data, models of users, and training written out on the eager engine, which fit is compared with."""

from __future__ import annotations

from typing import Any

import numpy as np

import microgradnet as mg
from microgradnet import MLP, Module, Value

_GENERATOR = np.random.default_rng(7)
X = _GENERATOR.normal(size=(11, 3))
CLASSES = np.arange(11) % 3
ONE_HOT = np.eye(3)[CLASSES]
NUMBERS = X @ [0.5, -1.0, 2.0] + 0.25


class Line(Module):
    """What a beginner writes first."""

    def __init__(self) -> None:
        self.slope, self.shift = Value(0.0), Value(0.0)

    def __call__(self, x: Any) -> Any:
        return self.slope * x + self.shift


class Branches(Module):
    """A user's own model: a residual connection, a shared parameter, operations that no layer has."""

    def __init__(self) -> None:
        self.inner = MLP(3, [4, 3], activation="tanh", seed=3)
        self.scale = Value(0.5)
        self.unused = Value(9.0)

    def __call__(self, x: Any) -> Any:
        return [self.scale * (a + mg.sin(b)) * self.scale for a, b in zip(self.inner(x), x, strict=True)]


def by_hand(
    model: Any, loss: Any, optimizer: Any, rows: Any, targets: Any, *, epochs: int = 2, size: int = 4, seed: Any = 1
) -> list[float]:
    """Train as a loop on Values does; return the mean loss of each epoch."""
    generator, means = np.random.default_rng(seed), []
    for _ in range(epochs):
        order, whole = generator.permutation(len(rows)), 0.0
        for start in range(0, len(rows), size):
            places = order[start : start + size]
            optimizer.zero_grad()
            batch = [loss(model(rows[place]), targets[place]) for place in places.tolist()]
            (mg.total(batch) / len(batch)).backward()
            optimizer.step()
            whole += sum(each.data for each in batch)
        means.append(whole / len(rows))
    return means


def numbers(model: Any) -> list[float]:
    return [parameter.data for parameter in model.parameters()]
