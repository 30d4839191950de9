"""The engines of the compiler's benchmarks: a compiled graph, the eager engine, and NumPy written by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.engines import Engine
from benchmarks.program import Step

PROGRAM_ENGINE = Engine("program", "microgradnet, mg.compile", module="numpy", distribution="microgradnet")
EAGER = Engine("eager", "microgradnet, recorded anew", module="numpy", distribution="microgradnet")
RECOMPUTED = Engine("recomputed", "microgradnet, mg.recompute", module="numpy", distribution="microgradnet")
BY_HAND = Engine("numpy", "NumPy by hand", module="numpy", distribution="numpy")


def descent(program: Any, eta: float, samples: Any = None) -> Step:
    """Return one step of gradient descent on a program's arrays."""

    def step() -> float:
        loss: float = program.step(samples) if samples is not None else program.step()
        program.parameters -= eta * program.gradient
        return loss

    return step


TURNS, CALLS = 15, 20  # pairs of bursts, and calls in each burst


def beside(first: Callable[[], Any], other: Callable[[], Any]) -> Step:
    """Return a step that runs two programs in short bursts, in turn, and tells how many times as long one takes."""

    def burst(program: Callable[[], Any]) -> float:
        begin = time.perf_counter()
        for _ in range(CALLS):
            program()
        return time.perf_counter() - begin

    return lambda: {"times": median(burst(other) / burst(first) for _ in range(TURNS))}
