"""(d) One training step of a small character-level transformer, written on scalars."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from benchmarks.engines import ENGINES, Engine
from benchmarks.engines.scalars import Function, Scalars
from benchmarks.engines.values import Values
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.programs.steps import FORWARD, STEP
from benchmarks.scripts import script
from benchmarks.targets import printed_alike, times_faster

DIGITS = 10  # decimals to which losses are printed
PATIENCE = 15.0  # seconds for the steps that are compared; slow peers make fewer
NOT_WRITTEN = {"micrograd"}  # it has no exp and no log


@dataclass
class Parameter:
    """A number and its gradient, through which the script's optimizer updates engines that have no such class."""

    data: float
    grad: float = 0.0


class Trainer:
    """The script on one engine: where that has Values unchanged, else with the engine's own way to differentiate."""

    def __init__(self, scalars: Scalars, transformer: Any) -> None:
        self.scalars, self.script = scalars, transformer
        scalars.start(transformer.first_parameters())
        self.has_values = isinstance(scalars, Values)
        self.parameters = scalars.leaves if isinstance(scalars, Values) else [Parameter(x) for x in scalars.read()]
        self.w = transformer.matrices_of(self.parameters)
        self.optimizer = transformer.Adam(self.parameters)
        self.losses: dict[str, Function] = {}

    def loss_of(self, document: str) -> Function:
        """Return the loss as a function of the parameters; the same function for the same document."""
        tokens = self.script.tokens_of(document)
        return self.losses.setdefault(
            document, lambda leaves: self.script.document_loss(self.script.matrices_of(leaves), tokens)
        )

    def forward(self, document: str) -> float:
        return self.scalars.forward(self.loss_of(document))

    def step(self, document: str) -> float:
        if self.has_values:
            return self.script.training_step(self.w, self.optimizer, self.script.tokens_of(document))  # type: ignore[no-any-return]
        loss, gradient = self.scalars.gradient(self.loss_of(document))
        for parameter, slope in zip(self.parameters, gradient, strict=True):
            parameter.grad = slope
        self.optimizer.step()
        self.scalars.assign([parameter.data for parameter in self.parameters])
        return loss


def prepare(engine: Engine, letters: int) -> Prepared:
    """Make it ready for documents of at most so many letters; as many steps are compared, at most 10."""
    scalars = engine.start()
    trainer = Trainer(scalars, script("transformer", scalars))
    names = [document[:letters] for document in trainer.script.DOCUMENTS]
    steps: dict[str, Step] = {FORWARD: lambda: trainer.forward(names[0])}
    if not scalars.differentiates:
        return Prepared(steps, [trainer.forward(names[0])])
    steps[STEP] = lambda: trainer.step(names[0])
    begin, losses = time.perf_counter(), [trainer.step(names[0])]
    while len(losses) < min(letters, 10) and time.perf_counter() - begin < PATIENCE:
        losses.append(trainer.step(names[len(losses) % len(names)]))
    return Prepared(steps, losses)


PROGRAM = Program(
    letter="d",
    title="One training step of a character-level transformer on scalars",
    text="One layer, width 16, four heads, context 16, 27 characters, a document of 11 letters; forward, backward and "
    "Adam. The script (`benchmarks/scripts/transformer.py`) runs unchanged on every Value class; micrograd's has no "
    "`exp` and no `log`.",
    engines=[engine for name, engine in ENGINES.items() if name not in NOT_WRITTEN],
    phases=[Phase(FORWARD), Phase(STEP)],
    prepare=prepare,
    size=15,
    quick_size=1,
    targets=[
        times_faster("compiled: faster than the textbook class", ("compiled", STEP), ("textbook", STEP), at_least=30),
        printed_alike(
            f"losses of the first steps, to {DIGITS} decimals, in both modes and on the textbook class",
            ("compiled", "plain", "textbook"), DIGITS,
        ),
    ],
    shown=[[STEP]],
    baseline=("floats", FORWARD),
)  # fmt: skip
