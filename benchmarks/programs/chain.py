"""(b) One long chain."""

from __future__ import annotations

from typing import Any

from benchmarks.engines import ENGINES, Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.programs.steps import BOTH, FORWARD, forward_and_backward, value_and_gradient
from benchmarks.scripts import script


def prepare(engine: Engine, steps: int) -> Prepared:
    scalars = engine.start()
    chain = script("chain", scalars).chain

    def last(parameters: list[Any]) -> Any:
        return chain(*parameters, steps)

    scalars.start([1.0, 0.999, 0.001])
    return Prepared(forward_and_backward(scalars, last), value_and_gradient(scalars, last))


PROGRAM = Program(
    letter="b",
    title="A chain of 20,000 nodes",
    text="`x = x*a + b`, 10,000 times. micrograd and the textbook class sort the graph recursively, so that they run "
    "with Python's recursion limit raised.",
    engines=list(ENGINES.values()),
    phases=[Phase(FORWARD), Phase(BOTH)],
    prepare=prepare,
    size=10_000,
    quick_size=1_000,
    shown=[[BOTH]],
    baseline=("floats", FORWARD),
)
