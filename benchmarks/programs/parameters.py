"""(l) A loop over parameters: Adam written in Python over ``.data`` and ``.grad``, beside a class with slots."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.engines import ENGINES, Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.scripts import transformer
from benchmarks.targets import times_as_long

SLOTS = Engine("slots", "a class with __slots__")
LOOP = "step of Adam"


class Slotted:
    """The fields of a parameter, and nothing else."""

    __slots__ = ("data", "grad")

    def __init__(self, data: float) -> None:
        self.data, self.grad = data, 0.0


def prepare(engine: Engine, count: int) -> Prepared:
    """Return Adam's step as the script of (d) has it; the gradients are set anew in front of each, as a sweep would."""
    source = random.Random(0)
    make: Any = Slotted if engine is SLOTS else engine.start().value
    parameters = [make(source.uniform(-1.0, 1.0)) for _ in range(count)]
    gradients = [source.uniform(-1.0, 1.0) for _ in parameters]
    adam = transformer.Adam(parameters)

    def step() -> None:
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        adam.step()

    step()
    check = [parameter.data for parameter in parameters[:100]]
    return Prepared({LOOP: step}, check)


PROGRAM = Program(
    letter="l",
    title="Adam in a loop over parameters",
    text="The optimizer of (d), a Python loop that reads `.grad` and sets `.data` of every parameter, and which a "
    "class of its own with `__slots__` can't make faster.",
    engines=[ENGINES["compiled"], ENGINES["plain"], SLOTS],
    phases=[Phase(LOOP)],
    prepare=prepare,
    size=4_000,
    quick_size=50,
    targets=[
        times_as_long(
            "compiled: Adam over .data and .grad, against slots", ("compiled", LOOP), ("slots", LOOP), at_most=1.05
        )
    ],
    shown=[[LOOP]],
    baseline=("slots", LOOP),
)
