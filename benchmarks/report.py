"""The report in Markdown: the targets first, then a table for each program, then how it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.engines import Engine
from benchmarks.figures import three_digits, written
from benchmarks.machine import described, versions
from benchmarks.processes import LONGEST_ANSWER
from benchmarks.results import Results
from benchmarks.rounds import LONGEST, ROUNDS_OF_SLOW, SLOW
from benchmarks.targets import UNKNOWN, Target

WIDEST = 9  # columns of a table; one with more has a row for each phase instead
HOW = """\
## How it was measured

Each engine runs in a process of its own, which is kept alive; the processes are asked in turn, round by round
({rounds} rounds), so that all meet the same machine. A sample lasts at least {seconds:g} s, short steps being called
more often; the call before the first sample is not counted. Steps that take over a second are measured in fewer rounds,
the first three, and those that take over {slow:g} s in {few}. A program whose rounds take over {longest:g} s begins no
more of them, and says so. An engine that gives no answer in {patience:g} s is ended, and named.

**Times are processor time**, user and system: of the engine's process (`time.process_time`), and where a step starts a
process of its own, as in (f) and (m), of that (`getrusage`). They are medians, with quartiles in brackets; medians by
the clock (`time.perf_counter`) are given apart. Only the ratios that a program measures in pairs of short bursts in one
process, whose unit is "times", and the bound on the import in (f) are by the clock. Other ratios are taken within each
round first, then their median. One thread. The garbage collector is on, at its defaults, and is run before each sample,
outside of the time.

What the engines computed is compared: values and gradients have to agree to 1e-9 of the largest.
"""


def markdown(every: Sequence[Results], *, rounds: int, seconds: float, load_before: str) -> str:
    """Return the whole report."""
    now = datetime.now(UTC).strftime("%Y-%m-%d")
    parts = [
        "# Benchmarks",
        f"Measured on {now} by `python -m benchmarks`, in one run.",
        "\n".join(f"- {sentence}" for sentence in described(load_before)),
        f"- {libraries(every)}.",
        "![Each program's times, and time and memory per node](results.svg)",
        *incomplete(every),
        *targets(every),
        *(part for results in every for part in section(results)),
        HOW.format(
            rounds=rounds, seconds=seconds, slow=SLOW, few=ROUNDS_OF_SLOW, longest=LONGEST, patience=LONGEST_ANSWER
        ),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def libraries(every: Sequence[Results]) -> str:
    """Return name and version of all that ran."""
    return ", ".join(versions(engine for results in every for engine in results.program.engines))


def incomplete(every: Sequence[Results]) -> list[str]:
    """Return a paragraph on the engines that are missing, or stopped; nothing where all ran."""
    missing = [
        f"- ({results.program.letter}) {engine.title}: {results.missing[engine.name]}."
        for results in every
        for engine in results.program.engines
        if engine.name in results.missing
    ]
    return ["**Not all was measured:**\n\n" + "\n".join(missing)] if missing else []


def targets(every: Sequence[Results]) -> list[str]:
    """Return the table of what was to be reached."""
    rows = [[f"({results.program.letter}) {target.text}", target.bound, *reached(target, results)]
            for results in every for target in results.program.targets]  # fmt: skip
    return ["## Targets", table(["", "target", "reached", ""], rows, "lrrl")] if rows else []


def reached(target: Target, results: Results) -> tuple[str, str]:
    """Return the figure that was reached, and the verdict."""
    found = target.reached(results)
    if found is None:
        return "", UNKNOWN
    median, low, high = (target.shape.format(number) for number in found)
    numbers = [text.split(" ")[0] for text in (low, high)]
    around = "" if low == high else f" ({numbers[0]} to {numbers[1]})"
    return median + around, target.verdict(results)


def section(results: Results) -> list[str]:
    """Return what was measured of one program."""
    program = results.program
    quick = (
        "" if results.size == program.size else f"A quick run: of size {results.size}, where {program.size} is meant."
    )
    fewer = f"In {results.rounds} rounds, as more would take too long." if results.is_short else ""
    said = filter(None, [quick, fewer])
    parts = [f"## ({program.letter}) {program.title}", program.text, *said, times(results, "")]
    if any(phase.unit == "seconds" for phase in program.phases):
        summary = "<details><summary>By the clock</summary>"
        parts += [f"{summary}\n\n{times(results, 'wall')}\n\n</details>"]
    titles = {engine.name: engine.title for engine in program.engines}
    parts += [f"- {titles[name]}: {reason}." for name, reason in results.missing.items()]
    for name, far in results.disagreements().items():
        parts.append(f"- **{titles[name]} computed something else** than {titles[results.reference]}: {far:.1e} apart.")
    return parts


def times(results: Results, kind: str) -> str:
    """Return a row for each engine that ran, a column for each phase; ``kind`` "wall" gives medians by the clock."""
    program = results.program
    phases = [phase for phase in program.phases if phase.unit == "seconds" or not kind]
    phases = [phase for phase in phases if any(results.series(engine.name, phase.name) for engine in program.engines)]
    rows = [
        [
            engine.title,
            *(cell(results, engine, phase.name, kind) for phase in phases),
            *multiples(results, engine, kind),
        ]
        for engine in program.engines
        if results.samples.get(engine.name)
    ]
    headings = ["", *(phase.name for phase in phases)]
    if program.baseline and not kind:
        headings += [f"{program.shown[0][0]}, × {program.baseline[0]}' {program.baseline[1]}"]
    if len(headings) > WIDEST:
        headings, *rows = [list(column) for column in zip(headings, *rows, strict=True)]
    return table(headings, rows, "l" + "r" * (len(headings) - 1))


def cell(results: Results, engine: Engine, phase: str, kind: str) -> str:
    unit = results.program.named[phase].unit
    found = results.spread(engine.name, phase, kind)
    return written(found, unit, with_range=not kind) if found else ""


def multiples(results: Results, engine: Engine, kind: str) -> list[str]:
    """Return the last column: the shown phase as a multiple of the baseline."""
    baseline = results.program.baseline
    if baseline is None or kind:
        return []
    shown = results.spread(engine.name, results.program.shown[0][0])
    base = results.spread(*baseline)
    return [three_digits(shown.median / base.median) if shown and base else ""]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], sides: str) -> str:
    """Return a Markdown table; ``sides`` has an l or r for each column."""
    lines = [list(headings), ["---:" if side == "r" else "---" for side in sides], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
