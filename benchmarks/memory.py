"""The peak memory of one large graph, in a process of its own:  python -m benchmarks.memory ENGINE EXPONENT."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.engines import ENGINES
from benchmarks.programs.graph_size import once, rotation
from benchmarks.worker import RECURSION_LIMIT


def peak() -> float:
    """Return the most bytes that this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux hands a parent's peak on in getrusage, but not here
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return float(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(engine: str, exponent: int) -> None:
    sys.setrecursionlimit(RECURSION_LIMIT)
    scalars = ENGINES[engine].start()
    once(scalars, rotation(scalars, 3))()  # whatever is loaded on first use
    step = once(scalars, rotation(scalars, exponent))
    before = peak()
    step()
    print(json.dumps({"bytes": peak() - before}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
