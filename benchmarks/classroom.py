"""A class at once: ``python -m benchmarks.classroom``.

Times what a teacher waits for, on as many processes as there are processors: 500 answer files of 30 figures, most of
them with a slip that is carried on and up to three random errors; a spreadsheet of 10,000 answers; 1,000 exercises of
40 kinds. Each is said with the processor time that it took, of all processes together, and with the most memory of
one, as other programs on the machine lengthen the time on the clock.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from microgradnet.verification.exercises import Exercise, exercises, plant
from microgradnet.verification.feedback import GradeReport
from microgradnet.verification.grading import grade

SLIPS = ("sign", "left out", "derivative of a function", "factor", "activation left out", "wrong index", "half")
FIGURES = 30
TARGETS = {"files": 15.0, "rows": 60.0}  # seconds on two processors


def processor_time() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


@contextmanager
def timed(title: str, target: float | None = None) -> Iterator[None]:
    clock, processor = time.perf_counter(), processor_time()
    yield
    clock, processor = time.perf_counter() - clock, processor_time() - processor
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) // 1024
    goal = f"; at most {target:g} s" if target else ""
    print(f"{title}: {clock:.1f} s{goal}, {processor:.1f} s of processors, {memory} MB", flush=True)


def key_of(one: Exercise, count: int) -> str:
    lines = "\n".join(f"    {name} = {text}" for name, text in list(zip(one.asked, one.answers, strict=True))[:count])
    return f"+++\n{one.front}+++\n# A key\n\n{lines}\n"


def answers_to(one: Exercise, count: int) -> Callable[[int], dict[str, str]]:
    """Return what student number so and so prints."""
    sheets = [one.answers, *(plant(one, slip).shown for slip in SLIPS)]
    rng = random.Random(1)

    def answer(number: int) -> dict[str, str]:
        figures = dict(
            zip(one.asked[:count], sheets[number % len(sheets)] if number % 3 else one.answers, strict=False)
        )
        for name in rng.sample(list(figures), number % 4):
            figures[name] = f"{float(figures[name]) * rng.choice([-1, 2, 0.5, 1.1]) + rng.choice([0, 0.0003]):.4f}"
        return figures

    return answer


def files(folder: Path, count: int) -> GradeReport:
    (one,) = exercises("3-3-2", ask=("forward", "deltas", "gradients"), seed=3)
    answer = answers_to(one, FIGURES)
    (folder / "answers").mkdir()
    for number in range(count):
        text = "\n".join(f"    {name} = {figure}" for name, figure in answer(number).items())
        (folder / "answers" / f"{number:03}.md").write_text(text, encoding="utf-8")
    with timed(f"{count} files of {FIGURES} figures", TARGETS["files"]):
        return grade(key_of(one, FIGURES), folder / "answers", workers=None)


def rows(folder: Path, count: int) -> GradeReport:
    (one,) = exercises(seed=3)
    answer, width = answers_to(one, 10), 10
    lines = [["Name", *one.asked[:width]], *([f"s{number}", *answer(number).values()] for number in range(count))]
    path = folder / "class.csv"
    path.write_text("\n".join(";".join(line).replace(".", ",") for line in lines), encoding="utf-8")
    with timed(f"{count:,} rows of {width} figures", TARGETS["rows"]):
        return grade(key_of(one, width), path, workers=None)


def sheets(each: int) -> None:
    kinds: Iterable[tuple[str, dict[str, Any], tuple[str, ...]]] = itertools.product(
        ("2-2-1", "1-2-1", "2-3-2", "3-2-2", "2-2-2-2"),
        ({"activation": "sigmoid"}, {"activation": "tanh", "digits": 5}, {"activation": "relu", "output": "linear"},
         {"activation": "tanh", "output": "sigmoid", "loss": "binary_cross_entropy"}),
        (("forward", "gradients"), ("forward", "deltas", "gradients", "updates")),
    )  # fmt: skip
    with timed(f"{40 * each:,} exercises of 40 kinds"):
        made = [exercises(network, ask=ask, count=each, **kind) for network, kind, ask in kinds]
    assert len({one.sheet for some in made for one in some}) == 40 * each


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a twentieth of each")
    share = 20 if parser.parse_args().quick else 1
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        report = files(Path(folder), 500 // share)
        with timed(f"{len(report)} pages of feedback"):
            report.save(Path(folder) / "out")
        rows(Path(folder), 10_000 // share)
    sheets(max(25 // share, 1))


if __name__ == "__main__":
    main()
