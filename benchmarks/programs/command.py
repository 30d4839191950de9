"""(m) The first second of the command, beside a bare ``import numpy``."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks.engines import Engine
from benchmarks.program import Phase, Prepared, Program, Step
from benchmarks.targets import times_as_long

COMMAND = Engine("command", "microgradnet, the command", module="click", distribution="microgradnet")
NUMPY = Engine("numpy_import", "python -c 'import numpy'", module="numpy", distribution="numpy")
EXAMPLE, LONG_EXAMPLE = "karpathy-L", "mazur-2015"
START = "start"
VERIFY, VERIFY_LONG, DRAW, ALL, HELP, CHECK = (
    "verify ONE", "verify one of 10,000 steps", "draw ONE", "verify all", "--help", "check",
)  # fmt: skip
LINES = {
    HELP: ["--help"],
    CHECK: ["check", "0.1 - 0.1*0.0084 = 0.09916"],
    VERIFY: ["verify", EXAMPLE],
    VERIFY_LONG: ["verify", LONG_EXAMPLE],
    DRAW: ["draw", EXAMPLE],
    ALL: ["verify", "--no-draw"],
}


def run(arguments: Sequence[str]) -> Step:
    """Return a step that runs a fresh process of this Python, its bytecode cached, and tells its times."""
    environment = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def step() -> dict[str, float]:
        with tempfile.TemporaryDirectory() as folder:
            before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
            after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - wall
        return {"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "wall": wall}

    step()
    return step


def prepare(engine: Engine, count: int) -> Prepared:
    if engine is NUMPY:
        return Prepared({START: run(["-c", "import numpy"])})
    return Prepared({name: run(["-m", "microgradnet", *line]) for name, line in list(LINES.items())[:count]})


PROGRAM = Program(
    letter="m",
    title="The command, from its start to its end",
    text=f"Fresh processes: the worked example `{EXAMPLE}` verified with its picture, and drawn; `{LONG_EXAMPLE}`, "
    "some of whose figures are those after 10,000 steps, taken in two orders of updates; all examples; and the "
    "start of Python with `import numpy` alone.",
    engines=[COMMAND, NUMPY],
    phases=[Phase(name, timed_by_itself=True, most_rounds=9) for name in (START, *LINES)],
    prepare=prepare,
    size=len(LINES),
    quick_size=2,
    targets=[
        times_as_long("verify ONE, against import numpy", (COMMAND.name, VERIFY), (NUMPY.name, START), at_most=2.5),
        times_as_long("draw ONE, against import numpy", (COMMAND.name, DRAW), (NUMPY.name, START), at_most=3.5),
    ],
    shown=[[START, *LINES]],
)
