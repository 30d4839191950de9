"""Graphs to compile, and what that costs in a process of its own:  python -m benchmarks.compiled_graphs NAME."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks.compiled_random_graphs import SHAPES

IMAGE = "one sample of 784-30-10"


def image_sample() -> tuple[Any, list[Any]]:
    """Return the loss of one image, and the leaves that vary by sample."""
    from microgradnet import MLP, Value, losses

    source = random.Random(0)
    mlp = MLP(784, [30, 10], activation="sigmoid", output="sigmoid", seed=0, init="xavier")
    x = [Value(source.random(), f"x[{k}]") for k in range(1, 785)]
    t = [Value(float(j == 1), f"t[{j}]") for j in range(1, 11)]
    return losses.half_squared_error(mlp(x), t), [*x, *t]


def of_shape(name: str, nodes: int = 100_000) -> Callable[[], tuple[Any, None]]:
    return lambda: (SHAPES[name](nodes).record(), None)


GRAPHS: dict[str, Callable[[], tuple[Any, Any]]] = {IMAGE: image_sample, **{name: of_shape(name) for name in SHAPES}}


def main(name: str) -> None:
    """Print the time of compiling a graph for the first time, and the memory that it took at its peak."""
    import microgradnet as mg
    from benchmarks.memory import peak

    first = mg.tanh(mg.Value(0.5))
    mg.compile(first * first)()  # whatever is loaded on first use
    loss, batch = GRAPHS[name]()
    before, cpu, wall = peak(), time.process_time(), time.perf_counter()
    program = mg.compile(loss, batch=batch)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu": cpu, "wall": wall, "MB": (peak() - before) / 1e6}))
    assert program


if __name__ == "__main__":
    main(sys.argv[1])
