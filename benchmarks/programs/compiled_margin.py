"""(h) The graph of micrograd's step on 100 points, compiled: beside the NumPy that an expert writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.compiled_engines import BY_HAND, PROGRAM_ENGINE, descent
from benchmarks.compiled_margin_peers import Margin, in_matrix_order, moons, network, record
from benchmarks.engines import ENGINES, Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.targets import times_as_long, times_faster

STEP, ETA = "step", 1e-6  # so small a step that every round computes the same network


def of_program(points: int) -> Prepared:
    import microgradnet as mg

    x, t = moons(points)
    mlp = network(mg.MLP)
    program = mg.compile(record(mlp, x, t))
    loss = program.step()
    slopes = {id(leaf): slope for leaf, slope in zip(program.leaves, program.gradient.tolist(), strict=True)}
    return Prepared({STEP: descent(program, ETA)}, [loss, *(slopes[id(leaf)] for leaf in in_matrix_order(mlp))])


def of_numpy(points: int) -> Prepared:
    import microgradnet as mg

    x, t = moons(points)
    peer = Margin(network(mg.MLP))
    return Prepared({STEP: lambda: peer.step(x, t, ETA)}, [peer.gradients(x, t), *peer.gradient.tolist()])


def of_micrograd(points: int) -> Prepared:
    from micrograd.nn import MLP

    x, t = moons(points)
    mlp = network(MLP)

    def step() -> Any:
        loss = record(mlp, x, t)
        mlp.zero_grad()
        loss.backward()
        for parameter in mlp.parameters():
            parameter.data -= ETA * parameter.grad
        return loss.data

    loss = record(mlp, x, t)
    loss.backward()
    return Prepared({STEP: step}, [loss.data, *(parameter.grad for parameter in in_matrix_order(mlp))])


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
    "the points. The NumPy keeps all parameters in one array and writes the gradients in place.",
    engines=[PROGRAM_ENGINE, BY_HAND, ENGINES["micrograd"]],
    phases=[Phase(STEP)],
    prepare=prepare,
    size=100,
    quick_size=10,
    targets=[
        times_as_long(
            "compiled graph: step, against hand-written NumPy",
            (PROGRAM_ENGINE.name, STEP), (BY_HAND.name, STEP), at_most=1.2,
        ),
        times_faster(
            "compiled graph: step, faster than micrograd",
            (PROGRAM_ENGINE.name, STEP), ("micrograd", STEP), at_least=5000,
        ),
    ],
    shown=[[STEP]],
)  # fmt: skip
