"""How many files of the package one call walks through: those whose code runs, imports apart.

A reader who follows a call opens that many files. Run it from the root of the repository:

    python tools/trace_files.py            the figures
    python tools/trace_files.py draw       the files of one call, in the order in which they are first entered
"""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PACKAGE = str(ROOT / "microgradnet") + "/"
_NUMBERS = itertools.count()


def files_of(call: Callable[[], Any]) -> list[str]:
    """Return the package's files whose functions a call enters, in order; it runs once before, for its imports.

    The bodies of modules and of classes are no functions: what an import runs is not counted. Code that a C compiler
    made of value.py shows no frames, so value.py counts for every call. A call that returns a function was its
    preparation alone: the function is traced, in place of the call.
    """
    rest = call()
    if rest is not None:
        rest()
    traced = call if rest is None else call()
    entered: dict[str, None] = {}

    def on_call(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE) and code.co_name != "<module>":
            entered[code.co_filename[len(PACKAGE) :]] = None

    sys.setprofile(on_call)
    try:
        traced()
    finally:
        sys.setprofile(None)
    return [*dict.fromkeys(["value.py", *entered])]


def draw() -> None:
    import microgradnet as mg

    x, w = mg.Value(2.0, label="x"), mg.Value(0.5, label="w")
    loss = (mg.tanh(w * x) - 1.0) ** 2
    loss.backward()
    assert mg.draw(loss).svg


def verify() -> Callable[[], Any]:
    import microgradnet as mg

    x, w = mg.Value(2.0, label="x"), mg.Value(0.5, label="w")
    loss = (w * x - 1.5) ** 2
    loss.backward()
    judge = mg.verify

    def wrong() -> None:
        assert not judge(loss, {w: "3.0"})

    return wrong


def compile() -> Callable[[], Any]:  # noqa: A001  # what is traced
    import microgradnet as mg

    mlp = mg.MLP(2, [3, 1], seed=1)
    loss = mg.losses.squared_error(mlp([0.5, -1.0]), 1.0)
    loss.label = f"E{next(_NUMBERS)}"  # plans are kept by structure and labels: a new one is made each time
    compiled = mg.compile
    return lambda: compiled(loss)()


def fit() -> None:
    import microgradnet as mg

    mlp = mg.MLP(2, [3, 1], seed=1)
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]  # noqa: N806
    optimizer = mg.optim.SGD(mlp.parameters(), 0.1)
    mg.fit(mlp, X, y, loss=mg.losses.squared_error, optimizer=optimizer, epochs=2, progress=False)


# The calls, and the most files that each may walk through (issue 11).
CALLS: dict[str, tuple[Callable[[], Any], int]] = {
    "draw": (draw, 14),
    "verify": (verify, 8),
    "compile": (compile, 12),
    "fit": (fit, 20),
}


def main(names: list[str]) -> None:
    warnings.simplefilter("ignore")
    for name in names or CALLS:
        call, bar = CALLS[name]
        files = files_of(call)
        print(f"{name:10}{len(files):>4} files, bar {bar}")
        if names:
            print(*(f"    {file}" for file in files), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
