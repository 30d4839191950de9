"""(h) The graph of micrograd's step on 100 points, compiled: beside the NumPy that an expert writes."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.compiled_engines import BY_HAND, PROGRAM_ENGINE, beside, descent
from benchmarks.compiled_margin_peers import SIZES, Margin, Micrograd, record
from benchmarks.engines import ENGINES, Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.scripts import network as script
from benchmarks.targets import figure, times_as_long, times_faster

PAIRED = "step, x NumPy, in pairs of bursts"
STEP, ETA = "step", 1e-6  # so small a step that every round computes the same network
NUMBERS = script.first_parameters(SIZES)


def of_program(points: int) -> Prepared:
    import microgradnet as mg

    leaves = list(map(mg.Value, NUMBERS))
    program = mg.compile(record(leaves, *script.moons(points)))
    loss = program.step()
    slopes = {id(leaf): slope for leaf, slope in zip(program.leaves, program.gradient.tolist(), strict=True)}
    step = descent(program, ETA)
    check = [loss, *(slopes[id(leaf)] for leaf in leaves)]
    return Prepared({STEP: step, PAIRED: beside(of_numpy(points).steps[STEP], step)}, check)


def of_numpy(points: int) -> Prepared:
    import numpy as np

    x, t = map(np.array, script.moons(points))
    peer = Margin(NUMBERS)
    return Prepared({STEP: lambda: peer.step(x, t, ETA)}, [peer.gradients(x, t), *peer.gradient.tolist()])


def of_micrograd(points: int) -> Prepared:
    inputs, targets = script.moons(points)
    peer = Micrograd(NUMBERS)
    loss = peer.loss(inputs, targets)
    loss.backward()
    check = [loss.data, *(parameter.grad for parameter in peer.parameters())]
    return Prepared({STEP: lambda: peer.step(inputs, targets, ETA)}, check)


PREPARE: dict[str, Callable[[int], Prepared]] = {
    PROGRAM_ENGINE.name: of_program,
    BY_HAND.name: of_numpy,
    "micrograd": of_micrograd,
}


def prepare(engine: Engine, points: int) -> Prepared:
    return PREPARE[engine.name](points)


PROGRAM = Program(
    letter="h",
    title="The same step, its recorded graph compiled to matrices",
    text="micrograd's 2-16-16-1 network on 100 points, max-margin loss and L2, recorded by a plain Python loop over "
    "the points. The NumPy keeps all parameters in one array and writes the gradients in place. The same two also run "
    "in one process, in short bursts in turn, which a busy machine disturbs alike; that figure is by the clock.",
    engines=[PROGRAM_ENGINE, BY_HAND, ENGINES["micrograd"]],
    phases=[Phase(STEP), Phase(PAIRED, unit="times")],
    prepare=prepare,
    size=100,
    quick_size=10,
    targets=[
        times_as_long(
            "compiled graph: step, against hand-written NumPy",
            (PROGRAM_ENGINE.name, STEP), (BY_HAND.name, STEP), at_most=1.1,
        ),
        figure(
            "compiled graph: step, against hand-written NumPy, in pairs of bursts",
            (PROGRAM_ENGINE.name, PAIRED), at_most=1.1, shape="{:.2f} times",
        ),
        times_faster(
            "compiled graph: step, faster than micrograd",
            (PROGRAM_ENGINE.name, STEP), ("micrograd", STEP), at_least=5000,
        ),
    ],
    shown=[[STEP]],
)  # fmt: skip
