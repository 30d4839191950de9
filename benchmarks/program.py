"""What a program is: something that several engines do, in steps that are timed.

A program is a file with a line that begins with ``PROGRAM =``, here or in ``programs/``. To add one is to add that
file; the worker, the report and the plot find it by themselves. It is imported in every engine's process, and where
some libraries are not installed; so it imports them where it needs them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.engines import Engine
from benchmarks.targets import Target

Step = Callable[[], Any]


@dataclass(frozen=True)
class Phase:
    """One thing that is measured of a program, under the name of a step.

    Attributes:
        name: its name, as in the report.
        unit: ``"seconds"``, timed by the worker around calls of the step; any other unit ("bytes", "modules") is read
            by the step, which then returns ``{unit: number}``. A step whose unit is seconds and that starts a process
            of its own returns ``{"cpu": seconds, "wall": seconds}``.
        per: what the figure is divided by: the number of nodes, for a time per node.
        most_rounds: at most how many rounds ask for it, where one is long.
        timed_by_itself: whether the step returns its own times.
    """

    name: str
    unit: str = "seconds"
    per: float = 1.0
    most_rounds: int = 1000
    timed_by_itself: bool = False


@dataclass
class Prepared:
    """A program made ready in the process of one engine.

    Attributes:
        steps: by the name of its phase, what is called and timed; an engine leaves out what it can't do.
        check: what the engine computed, as numbers in which all engines must agree; computed once, untimed.
    """

    steps: Mapping[str, Step]
    check: Sequence[float] = ()


@dataclass(frozen=True)
class Program:
    """Something that several engines do.

    Attributes:
        letter: what ``--only`` calls it.
        title: what the report calls it.
        text: a paragraph on what it is and how the engines do it, in Markdown.
        engines: which do it.
        phases: what is measured, in order.
        prepare: ``prepare(engine, size)`` makes it ready, in the engine's own process.
        size: how large it is in a full run; whatever ``prepare`` makes of it.
        quick_size: the same in a quick run.
        targets: what it is to reach.
        shown: the phases that the plot shows: one as dots over the engines, several as lines over their ``per``.
        baseline: engine and phase that the others are given as multiples of, where there is one.
        check_tolerance: how far engines may be apart in ``Prepared.check``, relative to the largest number.
    """

    letter: str
    title: str
    text: str
    engines: Sequence[Engine]
    phases: Sequence[Phase]
    prepare: Callable[[Engine, int], Prepared]
    size: int
    quick_size: int
    targets: Sequence[Target] = ()
    shown: Sequence[Sequence[str]] = ()
    baseline: tuple[str, str] | None = None
    check_tolerance: float = 1e-9
    named: dict[str, Phase] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named", {phase.name: phase for phase in self.phases})


@cache
def programs() -> dict[str, Program]:
    """Return every program by its letter, in the order of the letters."""
    here = Path(__file__).parent
    files = [path for folder in (here, here / "programs") for path in sorted(folder.glob("*.py"))]
    found = [path for path in files if re.search(r"^PROGRAM\b.*=", path.read_text(encoding="utf-8"), re.MULTILINE)]
    names = [".".join(path.relative_to(here.parent).with_suffix("").parts) for path in found]
    return by_letter([import_module(name).PROGRAM for name in names])


def by_letter(every: Sequence[Program]) -> dict[str, Program]:
    """Return programs by their letters, in order.

    Raises:
        ValueError: two have the same.
    """
    letters = sorted(program.letter for program in every)
    if len(set(letters)) < len(letters):
        raise ValueError(f"each program has a letter of its own, but these are: {', '.join(letters)}")
    return {program.letter: program for program in sorted(every, key=lambda each: each.letter)}
