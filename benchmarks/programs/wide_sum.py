"""(c) A wide sum."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.engines import ENGINES, Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.programs.steps import BOTH, FORWARD, forward_and_backward, value_and_gradient
from benchmarks.scripts import script


def prepare(engine: Engine, terms: int) -> Prepared:
    scalars = engine.start()
    weighted = script("wide_sum", scalars).weighted
    source = random.Random(1)
    weights, inputs = ([source.uniform(-1, 1) for _ in range(terms)] for _ in range(2))

    def total(parameters: list[Any]) -> Any:
        return weighted(parameters, [scalars.lift(number) for number in inputs])

    scalars.start(weights)
    return Prepared(forward_and_backward(scalars, total), value_and_gradient(scalars, total))


PROGRAM = Program(
    letter="c",
    title="A sum of 10,000 products",
    text="`sum(w*x for w, x in zip(weights, inputs))` over 10,000 weights and as many inputs.",
    engines=list(ENGINES.values()),
    phases=[Phase(FORWARD), Phase(BOTH)],
    prepare=prepare,
    size=10_000,
    quick_size=1_000,
    shown=[[BOTH]],
    baseline=("floats", FORWARD),
)
