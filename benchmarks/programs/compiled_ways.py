"""(k) One network recorded in many ways, each compiled: how much slower is any than the first?"""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.compiled_engines import PROGRAM_ENGINE, beside
from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.targets import largest
from tests.compiler.ways import WAYS, data, leaves, parameters

SIZES = (4, 16, 8, 2)


def prepare(engine: Engine, samples: int) -> Prepared:
    import microgradnet as mg

    xs, ts = data(SIZES, samples)
    steps: dict[str, Callable[[], float]] = {}
    checks = []
    for way in WAYS:
        layers = parameters(SIZES)
        program = mg.compile(way.record(layers, xs, ts))
        steps[way.name] = program.step
        loss = program.step()
        slopes = {id(leaf): slope for leaf, slope in zip(program.leaves, program.gradient.tolist(), strict=True)}
        checks.append([loss, *(slopes[id(leaf)] for leaf in leaves(layers))])
    first = steps[WAYS[0].name]
    compared = {name: beside(first, step) for name, step in steps.items()}
    return Prepared(compared, [number for check in checks for number in check])


PROGRAM = Program(
    letter="k",
    title=f"One network recorded in {len(WAYS)} ways, each compiled",
    text="A 4-16-8-2 network with relu on 30 samples: bias first or last, `w*x` or `x*w`, `sum()`, `+=`, `mg.dot`, "
    "trees, shuffled terms, and so on; tests/compiler/test_ways.py holds all of them to the same matrices. Each is run "
    "beside the first in short bursts, in turn, and its figure is the median of the ratios, by the clock.",
    engines=[PROGRAM_ENGINE],
    phases=[Phase(way.name, unit="times") for way in WAYS],
    prepare=prepare,
    size=30,
    quick_size=4,
    targets=[
        largest(
            "compiled graph: step, the slowest way of recording over the first",
            PROGRAM_ENGINE.name, [way.name for way in WAYS], at_most=1.3, shape="{:.2f} times",
        )
    ],
)  # fmt: skip
