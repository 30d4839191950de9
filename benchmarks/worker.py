"""The process of one engine: it makes programs ready and times their steps when asked.

Questions come as lines of JSON on standard input, answers leave as such on standard output:

    {"do": "prepare", "program": "a", "size": 100}    -> {"steps": [...], "check": [...]}
    {"do": "sample", "step": "forward", "calls": 10}  -> {"cpu": seconds a call, "wall": seconds a call}
    {"do": "forget"}                                  -> {}

Whatever goes wrong is answered as ``{"error": "..."}``; the process lives on for the next program. The garbage
collector is on, as in anyone's program, and is run before each sample, outside of the time.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import Any

from benchmarks.engines import Engine
from benchmarks.engines.scalars import UnavailableError
from benchmarks.program import Phase, Prepared, Program, programs

RECURSION_LIMIT = 10**7  # micrograd and the textbook class walk recursively; frames of Python 3.11 need no C stack


class Worker:
    """What one engine has prepared."""

    def __init__(self, engine: str) -> None:
        self.name = engine
        self.program: Program | None = None
        self.prepared = Prepared({})

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            return getattr(self, question.pop("do"))(**question)  # type: ignore[no-any-return]
        except Exception as error:
            self.forget()
            reason = str(error) if isinstance(error, UnavailableError) else f"{type(error).__name__}: {error}"
            return {"error": reason.partition("\n")[0][:300]}

    def prepare(self, program: str, size: int) -> dict[str, Any]:
        self.forget()
        self.program = programs()[program]
        self.prepared = self.program.prepare(self._engine(self.program), size)
        return {"steps": list(self.prepared.steps), "check": list(self.prepared.check)}

    def _engine(self, program: Program) -> Engine:
        return next(engine for engine in program.engines if engine.name == self.name)

    def sample(self, step: str, calls: int) -> dict[str, float]:
        if self.program is None:
            raise LookupError("nothing is prepared")
        return sample(self.program.named[step], self.prepared.steps[step], calls)

    def forget(self) -> dict[str, Any]:
        self.program, self.prepared = None, Prepared({})
        gc.collect()
        return {}


def sample(phase: Phase, step: Any, calls: int) -> dict[str, float]:
    """Return the time of one call, averaged over some; or what the step itself has read."""
    gc.collect()
    if phase.unit != "seconds" or phase.timed_by_itself:
        return step()  # type: ignore[no-any-return]
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(calls):
        step()
    return {"cpu": (time.process_time() - cpu) / calls, "wall": (time.perf_counter() - wall) / calls}


def main(engine: str) -> None:
    sys.setrecursionlimit(RECURSION_LIMIT)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    worker = Worker(engine)
    for line in sys.stdin:
        print(json.dumps(worker.answer(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
