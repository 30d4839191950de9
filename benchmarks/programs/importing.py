"""(f) The import, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.engines import ENGINES, Engine
from benchmarks.program import Phase, Prepared, Program
from benchmarks.targets import figure

MODES = {"compiled": "compiled", "plain": "plain Python"}
IMPORT, LOADED = "import", "libraries that it loads"
NEEDED = {"micrograd": "micrograd.nn", "xad": "xad.adj_1st", "autograd": "autograd.numpy"}  # what a user imports
CODE = """
import json, sys, time
before = set(sys.modules)
cpu, wall = time.process_time(), time.perf_counter()
import {module}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}} - set(sys.stdlib_module_names)
own = "{module}".partition(".")[0]
others = [name for name in loaded if name != own and not name.startswith(("_cython_", "_distutils"))]
print(json.dumps({{"cpu": cpu, "wall": wall, "libraries": len(others)}}))
"""


def fresh(module: str) -> dict[str, Any]:
    """Import a module in a fresh process, and return the times and how many libraries it loaded beside itself."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(module=module)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def prepare(engine: Engine, _: int) -> Prepared:
    module = NEEDED.get(engine.name, engine.module)

    def timed() -> dict[str, float]:
        found = fresh(module)
        return {"cpu": found["cpu"], "wall": found["wall"]}

    if engine.adapter.startswith("values"):
        engine.start()  # where the mode is not there, it says so
    return Prepared({IMPORT: timed, LOADED: lambda: {"libraries": fresh(module)["libraries"]}})


PROGRAM = Program(
    letter="f",
    title="The import, in a fresh process",
    text="`import microgradnet`, and the peers' own, with their bytecode cached. Beside the time, how many libraries "
    "outside of Python's own it loads.",
    engines=[engine for engine in ENGINES.values() if engine.module and engine.name != "casadi_once"],
    phases=[Phase(IMPORT, timed_by_itself=True), Phase(LOADED, unit="libraries", most_rounds=1)],
    prepare=prepare,
    size=1,
    quick_size=1,
    targets=[
        *(
            figure(
                f"{mode}: import, by the clock", (engine, IMPORT),
                at_most=100, shape="{:.0f} ms", scale=1e3, unit="wall",
            )
            for engine, mode in MODES.items()
        ),
        *(
            figure(f"{mode}: other libraries loaded by the import", (engine, LOADED), at_most=0, shape="{:.0f}")
            for engine, mode in MODES.items()
        ),
    ],
    shown=[[IMPORT]],
)  # fmt: skip
