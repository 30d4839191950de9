"""Where nodes should live: ``python -m benchmarks.node_memory``.

Builds the compiled engine three times, with the slabs of ``nodes.h``, with Python's allocator and with the system's
``malloc``, and runs the same work on each, in turn, in fresh processes. Prints medians, and each allocator's time as a
multiple of the slabs'. ``nodes.h`` keeps its slabs as long as they are 1.3 times as fast as Python's allocator.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALLOCATORS = {
    "slabs": "",
    "PyObject_Malloc": "-DMICROGRADNET_NODE_MEMORY=1",
    "malloc": "-DMICROGRADNET_NODE_MEMORY=2",
}


def main() -> None:
    """Build, measure in turn, and print one row for each piece of work."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps({name: measured(work) for name, work in WORK.items()}))
        return
    found: dict[str, dict[str, list[float]]] = {name: {work: [] for work in WORK} for name in ALLOCATORS}
    with tempfile.TemporaryDirectory(prefix="microgradnet-memory.") as folder:
        places = {name: build(Path(folder) / name, flag) for name, flag in ALLOCATORS.items()}
        for _ in range(options.rounds):
            for name, place in places.items():
                for work, milliseconds in run(place).items():
                    found[name][work].append(milliseconds)
    print(f"{'':34}" + "".join(f"{name:>26}" for name in ALLOCATORS))
    for work in WORK:
        medians = {name: statistics.median(found[name][work]) for name in ALLOCATORS}
        cells = [f"{medians[name]:10.2f} ms  x {medians[name] / medians['slabs']:5.2f}" for name in ALLOCATORS]
        print(f"{work:34}" + "".join(f"{cell:>26}" for cell in cells))


def build(place: Path, flag: str) -> Path:
    """Copy the package and compile its engine with one allocator."""
    shutil.copytree(ROOT / "microgradnet", place / "microgradnet", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place / name)
    environment = {**os.environ, "CFLAGS": f"{os.environ.get('CFLAGS', '')} {flag}"}
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    subprocess.run(command, cwd=place, env=environment, check=True, capture_output=True)
    return place


def run(place: Path) -> dict[str, float]:
    """Run all work in a fresh process on the engine in this folder."""
    environment = {**os.environ, "PYTHONPATH": str(place)}
    command = [sys.executable, "-P", str(Path(__file__).resolve()), "--work"]
    done = subprocess.run(command, cwd=place, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def measured(work: str) -> float:
    """Return the median milliseconds of one repetition, after one to warm up."""
    action = globals()[work]()
    times = []
    for _ in range(6):
        start = time.perf_counter()
        action()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[1:])


def training_step():  # type: ignore[no-untyped-def]
    """A step of a 2-16-16-1 network on 100 samples: forward, backward, update."""
    import random

    from microgradnet import MLP, total

    source = random.Random(1)
    samples = [[source.uniform(-1, 1), source.uniform(-1, 1)] for _ in range(100)]
    mlp = MLP(2, [16, 16, 1], seed=1)
    parameters = mlp.parameters()

    def step() -> None:
        loss = total((mlp(x) - x[0] * x[1]) ** 2 for x in samples)
        mlp.zero_grad()
        loss.backward()
        for parameter in parameters:
            parameter.data -= 0.001 * parameter.grad

    return step


def million_nodes():  # type: ignore[no-untyped-def]
    """A graph of a million nodes, built, swept and freed."""
    from microgradnet import Value

    def step() -> None:
        a, x = Value(0.5), Value(1.0)
        for _ in range(333_333):
            x = x * 0.5 + a
        x.backward()

    return step


def survivors():  # type: ignore[no-untyped-def]
    """Small graphs of which some nodes live on, so that memory is full of gaps."""
    from microgradnet import Value

    kept: list[Value] = []

    def step() -> None:
        for place in range(200):
            nodes = [Value(float(number)) for number in range(500)]
            for number in range(0, 500, 7):
                nodes[number] = nodes[number] * nodes[number - 1]
            kept.extend(nodes[place % 13 :: 50])
        del kept[::2]

    return step


WORK = {
    "training step, 2-16-16-1, 100": "training_step",
    "a million nodes": "million_nodes",
    "graphs with survivors": "survivors",
}

if __name__ == "__main__":
    main()
