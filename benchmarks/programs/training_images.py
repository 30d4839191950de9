"""(g) Training 784-30-10 on images of digits: mg.fit, beside NumPy by hand, one sample at a time, and torch."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

import numpy as np

from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.targets import times_as_long, times_faster
from benchmarks.training_peers import PEERS, epoch, initial

SIZES, BATCH, ETA = (784, 30, 10), 10, 0.5
FIT = Engine("fit", "microgradnet, mg.fit", module="numpy", distribution="microgradnet")
BY_HAND = Engine("numpy_batches", "NumPy by hand, minibatches", module="numpy", distribution="numpy")
ONE_BY_ONE = Engine("numpy_samples", "NumPy by hand, one by one", module="numpy", distribution="numpy")
TORCH = Engine("torch_linear", "torch, nn.Linear, SGD", module="torch", distribution="torch")
PEER_OF = dict(zip((BY_HAND.name, ONE_BY_ONE.name, TORCH.name), PEERS.values(), strict=True))
SAMPLE = "a sample"
EPOCHS = 3  # of a run of fit; the first is not counted, as recording and compiling are in it
FOLDER = "MICROGRADNET_MNIST"


@cache
def images(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels from 0 to 1 and one-hot targets: of MNIST's files where the environment names their folder."""
    if os.environ.get(FOLDER):
        from microgradnet.datasets import mnist

        read = mnist(os.environ[FOLDER])
        return read.X[:count] / 255.0, np.eye(SIZES[-1])[read.y[:count]]
    source = np.random.default_rng(0)
    return source.uniform(size=(count, SIZES[0])), np.eye(SIZES[-1])[source.integers(0, SIZES[-1], count)]


def prepare(engine: Engine, count: int) -> Prepared:
    x, t = images(count)
    if engine is FIT:
        return Prepared({SAMPLE: lambda: fit_time(x, t)}, [fitted(x[:50], t[:50], shuffle=False)[0][0].loss])
    peer = PEER_OF[engine.name](*initial(SIZES))
    first = PEER_OF[engine.name](*initial(SIZES))
    starts = range(0, min(50, count), BATCH)
    check = [np.mean([first.step(x[start : start + BATCH], t[start : start + BATCH], ETA) for start in starts])]
    return Prepared({SAMPLE: epochs_of(peer, x, t)}, [float(number) for number in check])


def fitted(
    x: np.ndarray,
    t: np.ndarray,
    *,
    sizes: tuple[int, ...] = SIZES,
    batch: int = BATCH,
    epochs: int = EPOCHS,
    eta: float = ETA,
    shuffle: bool = True,
) -> tuple[Any, list[tuple[float, float]]]:
    """Train by mg.fit; return its history, and the times at the end of each epoch."""
    import microgradnet as mg

    mlp = mg.MLP.from_weights(*initial(sizes), activation="sigmoid", output="sigmoid")
    stamps: list[tuple[float, float]] = []
    history = mg.fit(
        mlp,
        x,
        t,
        loss=mg.losses.half_squared_error,
        optimizer=mg.optim.SGD(mlp.parameters(), lr=eta),
        epochs=epochs,
        batch_size=batch,
        metric=None,
        shuffle=shuffle,
        seed=0,
        callbacks=lambda _: stamps.append((time.process_time(), time.perf_counter())),
        progress=False,
    )
    return history, stamps


def fit_time(x: np.ndarray, t: np.ndarray) -> dict[str, float]:
    """Return the time of a sample in the epochs after the first, the update of the Values after each included."""
    _, stamps = fitted(x, t)
    (cpu, wall), (cpu_at_last, wall_at_last) = stamps[0], stamps[-1]
    count = (len(stamps) - 1) * len(x)
    return {"cpu": (cpu_at_last - cpu) / count, "wall": (wall_at_last - wall) / count}


def epochs_of(peer: Any, x: np.ndarray, t: np.ndarray) -> Step:
    """Return a step that trains for an epoch and tells the time of a sample."""
    source = np.random.default_rng(0)

    def step() -> dict[str, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        epoch(peer, x, t, ETA, BATCH, source)
        return {"cpu": (time.process_time() - cpu) / len(x), "wall": (time.perf_counter() - wall) / len(x)}

    return step


PROGRAM = Program(
    letter="g",
    title="Training 784-30-10 on images of digits",
    text="Sigmoid, quadratic cost, plain SGD, minibatches of 10: the time of one sample, forward, backward and update, "
    f"in shuffled epochs. The images are MNIST's where `{FOLDER}` names the folder of its files, else random numbers "
    "of that shape. `mg.fit` gets a scalar `MLP`; one by one is the backpropagation of M. Nielsen's book.",
    engines=[FIT, BY_HAND, ONE_BY_ONE, TORCH],
    phases=[Phase(SAMPLE, timed_by_itself=True)],
    prepare=prepare,
    size=8_000,
    quick_size=200,
    targets=[
        times_as_long(
            "mg.fit, against hand-written NumPy in minibatches",
            (FIT.name, SAMPLE), (BY_HAND.name, SAMPLE), at_most=1.15,
        ),
        times_as_long("mg.fit, against torch", (FIT.name, SAMPLE), (TORCH.name, SAMPLE), at_most=0.38),
        times_faster(
            "mg.fit, faster than NumPy one by one", (FIT.name, SAMPLE), (ONE_BY_ONE.name, SAMPLE), at_least=7
        ),
    ],
    shown=[[SAMPLE]],
)  # fmt: skip
