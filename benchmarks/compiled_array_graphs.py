"""Random graphs of rows, compiled and compared: ``python -m benchmarks.compiled_array_graphs [graphs] [first]``.

Each is compiled plain and with ``batch=`` and compared with ``backward`` at two sets of numbers: the loss and all
derivatives, to 1e-9 of the largest of them, or of 1 where they are smaller. The tests take the first 2,000 of the same
graphs (tests/compiler/array_graphs.py). ``MICROGRADNET_PURE=1`` runs them on the engine as plain Python.
"""

from __future__ import annotations

import sys
import time

from tests.compiler.array_graphs import TOLERANCE, Tally, check

GRAPHS = 50_000


def main(arguments: list[str]) -> int:
    graphs, first = (list(map(int, arguments)) + [GRAPHS, 0][len(arguments) :])[:2]
    tally, seed, begin = Tally(), first, time.process_time()
    while tally.plain < graphs:
        check(seed, tally)
        seed += 1
    seconds = time.process_time() - begin
    for number, failure in tally.failures:
        print(f"graph {number}: {failure}")
    print(f"Graphs {first} to {seed - 1}: {tally.plain} compiled plain, {tally.new} of them at new numbers too, and")
    print(f"{tally.batched} over a batch, {tally.narrow} level by level and as a tape; {seconds:.0f} s of processor.")
    print(f"{tally.judged} programs asked the eager engine. The largest difference is {tally.worst:.1e};")
    print(f"{len(tally.failures)} are above {TOLERANCE:g}, or exceptions.")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
