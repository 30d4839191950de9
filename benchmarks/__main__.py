"""The command ``python -m benchmarks``; see the package's docstring for what it does."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import benchmarks
from benchmarks import machine, plot, report
from benchmarks.processes import ROOT, Processes
from benchmarks.program import programs
from benchmarks.results import Results
from benchmarks.rounds import run

ROUNDS, QUICK_ROUNDS = 9, 2
SECONDS, QUICK_SECONDS = 0.05, 0.005  # how long one sample takes at least


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    letters = ",".join(programs())
    parser = argparse.ArgumentParser("python -m benchmarks", description=(benchmarks.__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds: does everything run?")
    parser.add_argument("--only", metavar=letters, default=letters, help="the programs to run")
    parser.add_argument("--rounds", type=int, help=f"how often each phase is measured (default {ROUNDS})")
    parser.add_argument("--output", type=Path, help="the folder for results.md and results.svg")
    options = parser.parse_args(arguments)
    options.only = options.only.split(",")
    unknown = set(options.only) - set(programs())
    if unknown:
        parser.error(f"--only takes letters of {letters}; there is no {', '.join(sorted(unknown))}")
    if options.rounds is not None and options.rounds < 1:
        parser.error("--rounds takes a number of at least 1")
    return options


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def measure(options: argparse.Namespace) -> list[Results]:
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    seconds = QUICK_SECONDS if options.quick else SECONDS
    every = []
    with Processes() as processes:
        for letter in options.only:
            program = programs()[letter]
            size = program.quick_size if options.quick else program.size
            try:
                every.append(run(program, processes, size=size, rounds=rounds, seconds=seconds, say=say))
            except KeyboardInterrupt:
                say("Interrupted: the report has the programs so far.")
                break
            except Exception as error:  # of one program; the others' results must not be lost with it
                failed = f"the program failed with {type(error).__name__}: {error}"
                every.append(Results(program, size, missing={engine.name: failed for engine in program.engines}))
                say(f"({letter}) {failed}")
    return every


def main(arguments: Sequence[str] | None = None) -> int:
    options = read(arguments)
    load = machine.load()
    every = measure(options)
    is_whole = not options.quick and options.only == list(programs())
    folder = options.output or (ROOT / "benchmarks" if is_whole else Path("microgradnet-out", "benchmarks"))
    folder.mkdir(parents=True, exist_ok=True)
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    seconds = QUICK_SECONDS if options.quick else SECONDS
    text = report.markdown(every, rounds=rounds, seconds=seconds, load_before=load)
    (folder / "results.md").write_text(text, encoding="utf-8")
    print(text)
    try:
        python = f"{platform.python_implementation()} {platform.python_version()}"
        footer = f"{machine.hardware()}; {python}, {report.libraries(every)}. One thread, medians and quartiles."
        plot.save(every, folder / "results.svg", footer)
    except ModuleNotFoundError as error:
        say(f"No plot: {error.name} is not installed.")
    say(f"Written to {folder}.")
    return 1 if any(results.disagreements() for results in every) else 0


if __name__ == "__main__":
    sys.exit(main())
