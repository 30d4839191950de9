"""A program run in rounds: every engine does every phase once a round, in turn, so that all meet the same machine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.engines import Engine
from benchmarks.processes import EngineError, Processes
from benchmarks.program import Program
from benchmarks.results import Results

Say = Callable[[str], None]
SHORTEST = 1e-7  # seconds; what a clock may take for nothing
PATIENCE, FEWEST_ROUNDS = 10.0, 3  # seconds for one step over all rounds, and how many rounds even a slow one gets
SLOW, ROUNDS_OF_SLOW = 2.0, 2  # seconds, and the rounds of a step that takes longer, which no round tells from ours
LONGEST = 75.0  # seconds for the rounds of a program; after these it begins no more, but for the first three


class Plan(NamedTuple):
    """How a step is sampled: how many calls make one sample, and in how many rounds, the first ones."""

    calls: int
    rounds: int


def run(program: Program, processes: Processes, *, size: int, rounds: int, seconds: float, say: Say) -> Results:
    """Return what was measured.

    Arguments:
        program: what to run.
        processes: the engines.
        size: how large the program is.
        rounds: how often each phase is measured.
        seconds: how long one sample takes at least; short steps are called more often.
        say: told what is being done.
    """
    results = Results(program, size)
    asked = [engine for engine in program.engines if _prepare(engine, results, processes, size, say)]
    plans = {engine.name: _plans(engine, results, processes, seconds) for engine in asked}
    begin = time.monotonic()
    for number in range(rounds):
        if number >= FEWEST_ROUNDS and time.monotonic() - begin > LONGEST:
            results.is_short = True
            break
        results.rounds = number + 1
        say(f"({program.letter}) round {number + 1} of {rounds}")
        turned = asked[number % len(asked) :] + asked[: number % len(asked)] if asked else []
        for engine in turned:
            if engine.name in results.missing:
                continue
            _sample(
                engine, results, processes, {n: plan for n, plan in plans[engine.name].items() if number < plan.rounds}
            )
    for engine in asked:
        if engine.name not in results.missing:
            processes[engine].ask(do="forget")
    return results


def _prepare(engine: Engine, results: Results, processes: Processes, size: int, say: Say) -> bool:
    if not engine.is_installed:
        results.missing[engine.name] = "not installed"
        return False
    say(f"({results.program.letter}) {engine.title}")
    try:
        ready = processes[engine].ask(do="prepare", program=results.program.letter, size=size)
    except EngineError as error:
        results.missing[engine.name] = str(error)
        return False
    results.checks[engine.name] = ready["check"]
    results.samples[engine.name] = {step: {} for step in results.program.named if step in ready["steps"]}
    return True


def _plans(engine: Engine, results: Results, processes: Processes, seconds: float) -> dict[str, Plan]:
    """Return how each step is sampled; the call that tells is also the one that warms up."""
    plans = {}
    for step in results.samples[engine.name]:
        phase = results.program.named[step]
        plans[step] = Plan(1, phase.most_rounds)
        if phase.unit == "seconds" and not phase.timed_by_itself:
            try:
                once = processes[engine].ask(do="sample", step=step, calls=1)["wall"]
            except EngineError as error:
                results.missing[engine.name] = f"{step}: {error}"
                break
            once = max(once, SHORTEST)
            rounds = ROUNDS_OF_SLOW if once > SLOW else max(FEWEST_ROUNDS, math.ceil(PATIENCE / once))
            plans[step] = Plan(max(1, math.ceil(seconds / once)), min(rounds, phase.most_rounds))
    return plans


def _sample(engine: Engine, results: Results, processes: Processes, plans: dict[str, Plan]) -> None:
    for step, plan in plans.items():
        try:
            results.add(engine.name, step, processes[engine].ask(do="sample", step=step, calls=plan.calls))
        except EngineError as error:
            results.missing[engine.name] = f"{step}: {error}"
            return
