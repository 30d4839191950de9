"""(k) One network recorded in many ways, each compiled: how much slower is the slowest than the fastest?"""

from __future__ import annotations

from benchmarks.compiled_engines import PROGRAM_ENGINE
from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.targets import constant
from tests.compiler.ways import WAYS, data, leaves, parameters

SIZES = (4, 16, 8, 2)


def prepare(engine: Engine, samples: int) -> Prepared:
    import microgradnet as mg

    xs, ts = data(SIZES, samples)
    steps, checks = {}, []
    for way in WAYS:
        layers = parameters(SIZES)
        program = mg.compile(way.record(layers, xs, ts))
        steps[way.name] = program.step
        loss = program.step()
        slopes = {id(leaf): slope for leaf, slope in zip(program.leaves, program.gradient.tolist(), strict=True)}
        checks.append([loss, *(slopes[id(leaf)] for leaf in leaves(layers))])
    return Prepared(steps, [number for check in checks for number in check])


PROGRAM = Program(
    letter="k",
    title=f"One network recorded in {len(WAYS)} ways, each compiled",
    text="A 4-16-8-2 network with relu on 30 samples: bias first or last, `w*x` or `x*w`, `sum()`, `+=`, `mg.dot`, "
    "trees, shuffled terms, and so on; tests/compiler/test_ways.py holds all of them to the same matrices.",
    engines=[PROGRAM_ENGINE],
    phases=[Phase(way.name) for way in WAYS],
    prepare=prepare,
    size=30,
    quick_size=4,
    targets=[
        constant(
            "compiled graph: step, the slowest way of recording over the fastest",
            PROGRAM_ENGINE.name, [way.name for way in WAYS], within=1.5,
        )
    ],
)  # fmt: skip
