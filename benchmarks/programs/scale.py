"""(n) Large runs: an epoch of 784-128-10 on 60,000 images, its memory, and a compiled loop of 10^8 operations."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.programs import training_images
from benchmarks.targets import figure, times_as_long
from benchmarks.training_peers import Minibatches, epoch, initial

SIZES, BATCH, ETA = (784, 128, 10), 100, 0.5
FIT = Engine("large_fit", "microgradnet", module="numpy", distribution="microgradnet")
BY_HAND = Engine("large_numpy", "NumPy by hand", module="numpy", distribution="numpy")
EPOCH, MEMORY, LOOP = "an epoch of 784-128-10", "memory of fit, x data", "10^8 operations"
ANGLE, TURNS, OPERATIONS = 1e-3, 100, 6  # an angle, how often it is turned, the operations of a turn
PEAK = """
import json, sys
from benchmarks.memory import peak
from benchmarks.programs.scale import fitted, images
x, t = images(int(sys.argv[1]))
fitted(x[:200], t[:200])
before = peak()
fitted(x, t)
print(json.dumps({"times": (peak() - before) / (x.nbytes + t.nbytes)}))
"""


def images(count: int) -> tuple[np.ndarray, np.ndarray]:
    source = np.random.default_rng(0)
    return source.uniform(size=(count, SIZES[0])), np.eye(SIZES[-1])[source.integers(0, SIZES[-1], count)]


def fitted(x: np.ndarray, t: np.ndarray, epochs: int = 1) -> list[tuple[float, float]]:
    """Train by mg.fit, from recording to the last update; return the times at the end of each epoch."""
    return training_images.fitted(x, t, sizes=SIZES, batch=BATCH, epochs=epochs, eta=ETA)[1]


def fit_epoch(x: np.ndarray, t: np.ndarray) -> Step:
    """Return a step that tells the time of the second epoch, as recording and compiling are in the first."""

    def step() -> dict[str, float]:
        (cpu, wall), (cpu_after, wall_after) = fitted(x, t, epochs=2)
        return {"cpu": cpu_after - cpu, "wall": wall_after - wall}

    return step


def by_hand_epoch(x: np.ndarray, t: np.ndarray) -> Step:
    peer, source = Minibatches(*initial(SIZES)), np.random.default_rng(0)

    def step() -> dict[str, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        epoch(peer, x, t, ETA, BATCH, source)
        return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}

    return step


def peak(count: int) -> Step:
    """Return a step that reads how much memory fit takes beside the caller's data, in a fresh process."""

    def step() -> Any:
        done = subprocess.run([sys.executable, "-c", PEAK, str(count)], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return step


def compiled_loop(count: int) -> tuple[Step, list[float]]:
    """Return a step that turns ``count`` points ``TURNS`` times and differentiates; and what it computes."""
    from microgradnet import Value
    from microgradnet import compile as compile_graph

    c, s, minus_s = (Value(number, label=label) for number, label in zip(angle(), "cst", strict=True))
    start = [Value(1.0, label="x"), Value(0.0, label="y")]
    x, y = start
    for _ in range(TURNS):
        x, y = x * c + y * minus_s, x * s + y * c
    program = compile_graph(x, batch=start)
    points = np.random.default_rng(0).normal(size=(count, 2))
    loss = program.step(points)
    slopes = {leaf.label: slope for leaf, slope in zip(program.leaves, program.gradient.tolist(), strict=True)}
    return lambda: program.step(points), [loss, *(slopes[label] for label in "cst")]


def angle() -> tuple[float, float, float]:
    return math.cos(ANGLE), math.sin(ANGLE), -math.sin(ANGLE)


def turned_by_hand(points: np.ndarray) -> list[float]:
    """Return the mean of x and its derivatives by c, s and minus s: the same loop in NumPy, forward and back."""
    c, s, minus_s = angle()
    xs, ys = [points[:, 0].copy()], [points[:, 1].copy()]
    for _ in range(TURNS):
        x, y = xs[-1], ys[-1]
        xs.append(x * c + y * minus_s)
        ys.append(x * s + y * c)
    dx, dy = np.full(len(points), 1.0 / len(points)), np.zeros(len(points))
    dc = ds = dm = 0.0
    for x, y in zip(reversed(xs[:-1]), reversed(ys[:-1]), strict=True):
        dc, ds, dm = dc + dx @ x + dy @ y, ds + dy @ x, dm + dx @ y
        dx, dy = dx * c + dy * s, dx * minus_s + dy * c
    return [float(xs[-1].mean()), float(dc), float(ds), float(dm)]


def prepare(engine: Engine, count: int) -> Prepared:
    """Make it ready for so many images; the loop has 10^8 operations for 60,000 of them."""
    x, t = images(count)
    points = 10**8 * count // 60_000 // (TURNS * OPERATIONS)
    if engine is FIT:
        loop, check = compiled_loop(points)
        return Prepared({EPOCH: fit_epoch(x, t), MEMORY: peak(count), LOOP: loop}, check)
    drawn = np.random.default_rng(0).normal(size=(points, 2))
    return Prepared({EPOCH: by_hand_epoch(x, t), LOOP: lambda: turned_by_hand(drawn)}, turned_by_hand(drawn))


PROGRAM = Program(
    letter="n",
    title="Large runs",
    text="One epoch of 784-128-10 on 60,000 images in minibatches of 100; recording and compiling the sample, "
    "a second or so, is not in its time. Memory is the peak of a fresh process beside the caller's data, recording "
    "included. The loop turns 166,666 points a hundred times, forward and back: 600 operations are recorded, 10^8 are "
    "computed.",
    engines=[FIT, BY_HAND],
    phases=[
        Phase(EPOCH, most_rounds=5, timed_by_itself=True),
        Phase(MEMORY, unit="times", most_rounds=1),
        Phase(LOOP, most_rounds=3),
    ],
    prepare=prepare,
    size=60_000,
    quick_size=600,
    targets=[
        times_as_long(
            "an epoch of 784-128-10, against hand-written NumPy", (FIT.name, EPOCH), (BY_HAND.name, EPOCH), at_most=1.15
        ),
        figure(
            "peak memory of fit beside the data", (FIT.name, MEMORY), at_most=1.5, shape="{:.2f} times the data",
            unit="times",
        ),
    ],
    shown=[[EPOCH], [LOOP]],
    check_tolerance=1e-9,
)  # fmt: skip
