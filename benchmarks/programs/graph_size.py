"""(e) Graphs of a thousand to ten million nodes: time and peak memory per node."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any

from benchmarks.engines import ENGINES, Engine
from benchmarks.engines.scalars import Function, Scalars
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.programs.steps import value_and_gradient
from benchmarks.scripts import script
from benchmarks.targets import constant, largest

ANGLE, NODES_A_STEP = 1e-3, 6
EXPONENTS, EXPONENTS_OF_MEMORY = range(3, 8), range(5, 8)  # below 10^5 nodes, the process itself is most of the memory


def time_of(exponent: int) -> str:
    return f"time per node, 10^{exponent}"


def memory_of(exponent: int) -> str:
    return f"memory per node, 10^{exponent}"


def rotation(scalars: Scalars, exponent: int) -> Function:
    """Return a function whose graph has so many nodes, and give its parameters to the engine."""
    rotate = script("rotation", scalars).rotate
    steps = 10**exponent // NODES_A_STEP

    def last(parameters: list[Any]) -> Any:
        return rotate(*parameters, steps)

    scalars.start([math.cos(ANGLE), math.sin(ANGLE), -math.sin(ANGLE)])
    return last


def once(scalars: Scalars, function: Function) -> Step:
    """Return what is measured: the graph is recorded, differentiated where the engine can, and freed."""
    return lambda: scalars.gradient(function) if scalars.differentiates else scalars.forward(function)


def prepare(engine: Engine, largest_exponent: int) -> Prepared:
    scalars = engine.start()
    steps: dict[str, Step] = {}
    for exponent in EXPONENTS:
        if exponent <= largest_exponent and 10**exponent <= scalars.most_nodes:
            steps[time_of(exponent)] = once(scalars, rotation(scalars, exponent))
            if exponent in EXPONENTS_OF_MEMORY and scalars.differentiates:
                steps[memory_of(exponent)] = peak_of(engine.name, exponent)
    return Prepared(steps, value_and_gradient(scalars, rotation(scalars, EXPONENTS[0])))


def peak_of(engine: str, exponent: int) -> Step:
    """Return a step that reads the memory in a fresh process, as a peak is the peak of a process's whole life."""

    def step() -> Any:
        command = [sys.executable, "-m", "benchmarks.memory", engine, str(exponent)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MemoryError(
                f"the process with 10^{exponent} nodes ended with {done.returncode}: {done.stderr[-200:]}"
            )
        return json.loads(done.stdout)

    return step


PROGRAM = Program(
    letter="e",
    title="Graphs of 10^3 to 10^7 nodes",
    text="A point is turned again and again by one angle, six nodes a step; the graph is recorded, differentiated and "
    "freed. Memory is the peak of a fresh process less its peak before, over the number of nodes. Engines whose graphs "
    "grow slowly or large are asked for less. What grows, compiled, is what reads memory: of 25 ns a node at 10^4, "
    "recording takes 14, the walk and the sweep 7 and freeing 4; of 63 ns at 10^7 they take 22, 33 and 8, and the "
    "system clears each page once. A node has 112 bytes, so 10^4 of them stay in the second cache and 10^7 in none; "
    "the walk passes through all of them down and up again, the sweep once more. What comes soon is asked for early: "
    "that halves the time of 10^7.",
    engines=[engine for name, engine in ENGINES.items() if name != "casadi_once"],
    phases=[
        *(Phase(time_of(n), per=10.0**n, most_rounds=3 if n == 7 else 1000) for n in EXPONENTS),
        *(Phase(memory_of(n), unit="bytes", per=10.0**n, most_rounds=2) for n in EXPONENTS_OF_MEMORY),
    ],
    prepare=prepare,
    size=7,
    quick_size=4,
    targets=[
        constant(
            "compiled: time per node from 10^4 to 10^7, largest over smallest",
            "compiled", [time_of(n) for n in EXPONENTS if n >= 4], within=2.5,
        ),
        largest(
            "compiled: peak memory per node, at 10^5 to 10^7", "compiled",
            [memory_of(n) for n in EXPONENTS_OF_MEMORY], at_most=130, shape="{:.0f} bytes",
        ),
    ],
    shown=[[time_of(n) for n in EXPONENTS], [memory_of(n) for n in EXPONENTS_OF_MEMORY]],
)  # fmt: skip
