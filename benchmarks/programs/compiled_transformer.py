"""(i) A character-level transformer on scalars, compiled: beside the NumPy that an expert writes."""

from __future__ import annotations

import time
from typing import Any

from benchmarks.compiled_engines import BY_HAND, PROGRAM_ENGINE, descent
from benchmarks.compiled_transformer_numpy import Transformer
from benchmarks.compiled_transformer_values import parameters, random_documents, record
from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.scripts import transformer as script
from benchmarks.targets import figure, times_as_long

STEP, ANY_STEP, ALL_LENGTHS = "step of one document", "step of any document of its length", "1,000 steps, all lengths"
ETA, ETA_OF_TRAINING = 1e-6, 0.05
DOCUMENT = "kaleidoscopic"


def prepare(engine: Engine, steps: int) -> Prepared:
    return of_program(steps) if engine is PROGRAM_ENGINE else of_numpy(steps)


def of_program(steps: int) -> Prepared:
    import microgradnet as mg

    tokens = script.tokens_of(DOCUMENT)
    leaves = parameters(mg.Value, script.first_parameters())
    w = script.matrices_of(leaves)
    fixed = mg.compile(script.document_loss(w, tokens))
    loss, batch = record(mg.Value, w, len(tokens) - 1)
    free = mg.compile(loss, batch=batch)
    check = [fixed.step(), *gradient_of(fixed, leaves)]
    return Prepared(
        {
            STEP: descent(fixed, ETA),
            ANY_STEP: descent(free, ETA, sample_of(tokens)),
            ALL_LENGTHS: lambda: timed(train_programs, steps),
        },
        check,
    )


def of_numpy(steps: int) -> Prepared:
    import numpy as np

    tokens = np.array(script.tokens_of(DOCUMENT))
    peer = Transformer(script.first_parameters())
    check = [peer.forward(tokens)]
    peer.backward()
    check += peer.gradient.tolist()
    one = {name: lambda: peer.step(tokens, ETA) for name in (STEP, ANY_STEP)}
    return Prepared({**one, ALL_LENGTHS: lambda: timed(train_numpy, steps)}, check)


def gradient_of(program: Any, leaves: list[Any]) -> list[float]:
    """Return a program's gradient in the order of the leaves; 0 for one that it does not depend on."""
    slopes = {id(leaf): slope for leaf, slope in zip(program.leaves, program.gradient.tolist(), strict=True)}
    return [slopes.get(id(leaf), 0.0) for leaf in leaves]


def sample_of(tokens: list[int]) -> Any:
    """Return a document as the one row of samples that `compiled_transformer_values.record` asks for."""
    import numpy as np

    one_hot = np.eye(script.CHARACTERS)[tokens]
    return np.concatenate((one_hot[:-1].ravel(), one_hot[1:].ravel()))[None]


def train_programs(steps: int) -> float:
    """Train on documents of all lengths: record and compile one graph for each length, then only run programs."""
    import numpy as np

    import microgradnet as mg

    leaves = parameters(mg.Value, script.first_parameters())
    w, place = script.matrices_of(leaves), {id(leaf): k for k, leaf in enumerate(leaves)}
    theta = np.array([leaf.data for leaf in leaves])
    programs: dict[int, Any] = {}
    last = 0.0
    for tokens in random_documents(steps):
        if len(tokens) not in programs:
            loss, batch = record(mg.Value, w, len(tokens) - 1)
            program = mg.compile(loss, batch=batch)
            programs[len(tokens)] = program, np.array([place[id(leaf)] for leaf in program.leaves])
        program, places = programs[len(tokens)]
        program.parameters[:] = theta[places]
        last = program.step(sample_of(tokens))
        theta[places] -= ETA_OF_TRAINING * program.gradient
    return last


def train_numpy(steps: int) -> float:
    import numpy as np

    peer, last = Transformer(script.first_parameters()), 0.0
    for tokens in random_documents(steps):
        last = peer.step(np.array(tokens), ETA_OF_TRAINING)
    return last


def timed(train: Any, steps: int) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    train(steps)
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


PROGRAM = Program(
    letter="i",
    title="A step of a character-level transformer, its recorded graph compiled to matrices",
    text="The transformer of (d): one layer, width 16, 4 heads, context 16, 27 characters; a document of 14 predicted "
    "characters. In the second column a character is a one-hot vector of inputs that vary by sample, so that one "
    "recorded document serves all of its length; in the last, 1,000 documents of all 15 lengths, with recording and "
    "compiling. The NumPy is forward, backward and update by hand, a document at once.",
    engines=[PROGRAM_ENGINE, BY_HAND],
    phases=[Phase(STEP), Phase(ANY_STEP), Phase(ALL_LENGTHS, timed_by_itself=True, most_rounds=2)],
    prepare=prepare,
    size=1000,
    quick_size=20,
    targets=[
        *(
            times_as_long(
                f"compiled graph: {phase}, against hand-written NumPy",
                (PROGRAM_ENGINE.name, phase), (BY_HAND.name, phase), at_most=2.0,
            )
            for phase in (STEP, ANY_STEP)
        ),
        figure(
            f"compiled graph: {ALL_LENGTHS}", (PROGRAM_ENGINE.name, ALL_LENGTHS),
            at_most=5.0, shape="{:.1f} s",
        ),
    ],
    shown=[[STEP]],
)  # fmt: skip
