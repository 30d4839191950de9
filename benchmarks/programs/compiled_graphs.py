"""(j) Compiling a graph, and running it: random graphs from wide to a chain, beside the eager engine."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache, partial
from typing import Any

from benchmarks.compiled_engines import EAGER, PROGRAM_ENGINE, RECOMPUTED
from benchmarks.compiled_graphs import GRAPHS, IMAGE
from benchmarks.compiled_random_graphs import SHAPES, Plan
from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.targets import figure, largest, times_as_long

QUICK_SHAPES = 2


def step_of(name: str) -> str:
    return f"step, {name}"


def compiling(name: str) -> str:
    return f"compile, {name}"


def memory_of(name: str) -> str:
    return f"memory, {name}"


def prepare(engine: Engine, nodes: int) -> Prepared:
    import microgradnet as mg

    steps: dict[str, Step] = {}
    check = []
    for name, draw in SHAPES.items():
        plan = draw(nodes)
        if engine is EAGER:
            steps[step_of(name)] = partial(record_anew, plan)
        else:
            loss = plan.record()
            steps[step_of(name)] = mg.compile(loss) if engine is PROGRAM_ENGINE else partial(recompute, loss)
        check.append(steps[step_of(name)]())
    if engine is PROGRAM_ENGINE:
        for name in GRAPHS if nodes >= 100_000 else list(GRAPHS)[:QUICK_SHAPES]:
            measured = cache(lambda number, name=name: cost(name))  # one process serves time and memory of a round
            steps[compiling(name)] = part(measured, "cpu", "wall")
            steps[memory_of(name)] = part(measured, "MB")
    return Prepared(steps, check)


def record_anew(plan: Plan) -> float:
    loss = plan.record()
    loss.backward()
    return loss.data


def recompute(loss: Any) -> float:
    import microgradnet as mg

    mg.recompute(loss)
    loss.backward()
    return loss.data  # type: ignore[no-any-return]


def cost(name: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.compiled_graphs", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"compiling {name} ended with {done.returncode}: {done.stderr[-200:]}")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def part(measured: Any, *units: str) -> Step:
    """Return a step that reads some of the units; the n-th calls of two steps share one measurement."""
    calls = 0

    def step() -> dict[str, float]:
        nonlocal calls
        calls += 1
        found = measured(calls)
        return {unit: found[unit] for unit in units}

    return step


PROGRAM = Program(
    letter="j",
    title="Compiling a recorded graph, and running it, beside the eager engine",
    text="Random graphs of 100,000 nodes, and one sample of 784-30-10. A step of the eager engine records the graph "
    "anew in a loop, or calls `mg.recompute`, and then `backward()`. Compiling is measured in a fresh process, for the "
    "first time; the memory is the peak that it adds to the recorded graph.",
    engines=[PROGRAM_ENGINE, EAGER, RECOMPUTED],
    phases=[
        *(Phase(step_of(name)) for name in SHAPES),
        *(Phase(compiling(name), timed_by_itself=True, most_rounds=3) for name in GRAPHS),
        *(Phase(memory_of(name), unit="MB", most_rounds=3) for name in GRAPHS),
    ],
    prepare=prepare,
    size=100_000,
    quick_size=2_000,
    targets=[
        *(
            times_as_long(
                f"compiled step, against {eager.title.partition(', ')[2]}: {name}",
                (PROGRAM_ENGINE.name, step_of(name)), (eager.name, step_of(name)), at_most=1.0,
            )
            for name in SHAPES
            for eager in (EAGER, RECOMPUTED)
        ),
        figure(
            f"compiling {IMAGE} (72,000 nodes)", (PROGRAM_ENGINE.name, compiling(IMAGE)),
            at_most=0.3, shape="{:.2f} s",
        ),
        largest(
            "compiling a random graph of 100,000 nodes, the slowest", PROGRAM_ENGINE.name,
            [compiling(name) for name in SHAPES], at_most=1.0, shape="{:.2f} s",
        ),
        largest(
            "memory that compiling takes, the most", PROGRAM_ENGINE.name,
            [memory_of(name) for name in GRAPHS], at_most=300, shape="{:.0f} MB",
        ),
    ],
)  # fmt: skip
