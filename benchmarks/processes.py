"""The engines' processes, as the run sees them: started when first asked, kept alive, and asked in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.engines import Engine

ROOT = Path(__file__).resolve().parents[1]
LONGEST_ANSWER = 200.0  # seconds; the slowest peer prepares the transformer in half of it
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


class EngineError(Exception):
    """An engine could not do what it was asked; the report gives the reason."""


class Process:
    """One engine's process."""

    def __init__(self, engine: Engine) -> None:
        environment = {name: text for name, text in os.environ.items() if name != "MICROGRADNET_PURE"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", engine.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**environment, **ONE_THREAD, "PYTHONHASHSEED": "0", **engine.environment},
        )

    def ask(self, **question: Any) -> dict[str, Any]:
        """Return the answer.

        Raises:
            EngineError: with the reason that the engine gave, or because its process has ended, or took too long and
                was ended.
        """
        late = threading.Event()
        watch = threading.Timer(LONGEST_ANSWER, lambda: (late.set(), self._process.kill()))
        watch.start()
        try:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            line = self._process.stdout.readline() if self._process.stdout else ""
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if late.is_set():
            self._process.wait()
            raise EngineError(f"no answer in {LONGEST_ANSWER:g} s")
        if not line:
            raise EngineError(f"its process ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise EngineError(answer["error"])
        return answer

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process, and wait until it has."""
        self._process.communicate()  # closes its input, at which it ends


class Processes:
    """All of them; a context manager that ends them."""

    def __init__(self) -> None:
        self._of: dict[str, Process] = {}

    def __getitem__(self, engine: Engine) -> Process:
        known = self._of.get(engine.name)
        if known is None or known.has_ended:
            if known is not None:
                known.close()
            self._of[engine.name] = Process(engine)
        return self._of[engine.name]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self._of.values():
            process.close()
