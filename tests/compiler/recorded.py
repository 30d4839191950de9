"""Small recorded graphs that several tests of the compiler begin with."""

from __future__ import annotations

import numpy as np

import microgradnet as mg
from microgradnet import MLP, Value

SAMPLES = np.random.default_rng(0).uniform(-1.0, 1.0, (7, 5))


def two(x: float = 0.7, y: float = -1.2) -> list[Value]:
    return [Value(x, label="x"), Value(y, label="y")]


def network() -> tuple[Value, list[Value], list[Value]]:
    """Return the loss of one sample, the leaves that vary by sample, and the parameters."""
    mlp = MLP(3, [4, 2], activation="sigmoid", output="sigmoid", seed=1)
    inputs = [Value(0.1 * k, label=f"x[{k}]") for k in (1, 2, 3)]
    targets = [Value(0.0, label=f"t[{j}]") for j in (1, 2)]
    return mg.losses.half_squared_error(mlp(inputs), targets), [*inputs, *targets], mlp.parameters()
