"""(a) One step of micrograd's network on 100 points."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.engines import ENGINES, Engine
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.programs.steps import BOTH, FORWARD, STEP, value_and_gradient, with_descent
from benchmarks.scripts import script
from benchmarks.targets import times_as_long, times_faster

SIZES, ETA = [2, 16, 16, 1], 1e-6  # so small a step that every round computes the same network
OWN = "step of its own MLP"


def prepare(engine: Engine, points: int) -> Prepared:
    scalars = engine.start()
    network = script("network", scalars)
    rows, targets = network.moons(points)

    def loss(parameters: list[Any]) -> Any:
        inputs = [[scalars.lift(number) for number in row] for row in rows]
        return network.loss(network.layers_of(parameters, SIZES), parameters, inputs, targets)

    scalars.start(network.first_parameters(SIZES))
    check = value_and_gradient(scalars, loss)
    steps = dict(with_descent(scalars, loss, ETA))
    if getattr(scalars, "mlp", None):
        steps[OWN] = own_step(scalars, rows, targets)
    return Prepared(steps, check)


def own_step(scalars: Any, rows: list[list[float]], targets: list[int]) -> Step:
    """Return the step of micrograd's demo on the library's own MLP, line for line."""
    random.seed(1337)
    model = scalars.mlp(SIZES[0], SIZES[1:])

    def step() -> float:
        inputs = [list(map(scalars.value, row)) for row in rows]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(targets, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= ETA * p.grad
        return total_loss.data  # type: ignore[no-any-return]

    return step


PROGRAM = Program(
    letter="a",
    title="One step of micrograd's 2-16-16-1 network on 100 points",
    text="Max-margin loss with L2 regularisation, as in micrograd's demo: forward, backward, and gradient descent. The "
    "network is written out with lists and `sum`, the same for every engine; the last column is the same step with the "
    "library's own `MLP`, which here also names every node and puts it into a scope.",
    engines=list(ENGINES.values()),
    phases=[Phase(FORWARD), Phase(BOTH), Phase(STEP), Phase(OWN)],
    prepare=prepare,
    size=100,
    quick_size=10,
    targets=[
        times_as_long(
            "compiled: forward + backward, against the forward pass on bare floats",
            ("compiled", BOTH), ("floats", FORWARD), at_most=3.0,
        ),
        times_faster("compiled: faster than micrograd", ("compiled", BOTH), ("micrograd", BOTH), at_least=120),
        times_faster("compiled: faster than XAD", ("compiled", BOTH), ("xad", BOTH), at_least=7),
        times_faster("compiled: faster than torch scalars", ("compiled", BOTH), ("torch", BOTH), at_least=60),
        times_as_long(
            "compiled: the step of mg.MLP, against the script", ("compiled", OWN), ("compiled", STEP), at_most=1.3
        ),
        times_faster("plain Python: faster than micrograd", ("plain", BOTH), ("micrograd", BOTH), at_least=8),
    ],
    shown=[[BOTH]],
    baseline=("floats", FORWARD),
)  # fmt: skip
