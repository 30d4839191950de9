"""``microgradnet grade``, ``exercise``, ``new`` and ``schema``: what a teacher needs around a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from microgradnet.cli.application import OUTPUT, is_coloured, width
from microgradnet.errors import ArgumentError
from microgradnet.messages import translate
from microgradnet.text import clean, write_whole

if TYPE_CHECKING:
    from microgradnet.verification.handouts import Exercise

FORMATS = ("markdown", "latex", "notebook", "moodle", "qti")
_PAGE = """\
+++
title = "{title}"

[source]                       # who printed the figures
author = ""
work = ""

[network]
inputs = {inputs}
targets = {targets}
loss = "{loss}"
layers = [                     # weights[j][k]: to neuron j, from k
{layers}
]

[names]                        # what the page calls its quantities
net_h1 = "z1[1]"
out_h1 = "a1[1]"

[step]
eta = 0.5                      # update = ["w1", "w2"] if the biases stay
+++
# {title}

<!-- Every line of a code block, and every formula between dollar signs, that holds an = is a claim. Prose is not. -->

    net_h1 = ____
    out_h1 = ____
    E = ____
    dE/dw1[1,1] = ____
    new w1[1,1] = ____
"""


@click.command()
@click.argument("key", type=click.Path(exists=True, path_type=Path))
@click.argument("answers", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=OUTPUT / "grade", help="The folder for marks and feedback."
)
@click.option("--weights", multiple=True, metavar="FIGURE=N", help="What a figure is worth; 1 if not given.")
@click.option("--follows", type=click.FloatRange(0, 1), default=0.5, help="Share for consequences.")
@click.option("--decimal", type=click.Choice([".", ","]), default=".", help="Of marks.csv; with a comma it has ; too.")
@click.option("--workers", type=click.IntRange(1), default=None, help="Processes; one per processor if not given.")
def grade(
    key: Path,
    answers: tuple[Path, ...],
    out: Path,
    weights: tuple[str, ...],
    follows: float,
    decimal: str,
    workers: int | None,
) -> int:
    """Mark answers against a key, with errors carried forward.

    KEY is a page or worksheet whose figures are asked for, or a folder of such, one for each sheet. ANSWERS are pages,
    notebooks, TOML files, plain lines, folders of those, or CSV: of a class with a row per student, of one student
    with a row per figure. Written are marks.csv, teacher.html, and a page of feedback for each answer. Ctrl-C ends the
    marking and keeps what is done; then the exit status is 130, and 2 where an answer could not be read.
    """
    from microgradnet.verification.grading import grade as grade_all

    worth = dict(map(_weight, weights))
    with _progress("marking") as progress:
        report = grade_all(key, list(answers), weights=worth, follows=follows, workers=workers, progress=progress)
    if not len(report):
        raise ArgumentError("grade marks answers", f"none in {', '.join(map(str, answers))}", "Give their folder.")
    report.save(out, decimal=decimal)
    print(report.table().text(width(), colour=is_coloured()))
    print(report.summary)
    print(translate(f"Marks and feedback are in {clean(str(out))}/."))
    return 130 if report.left else 2 if any(answer.problem for answer in report) else 0


def _weight(text: str) -> tuple[str, float]:
    name, _, number = text.rpartition("=")
    try:
        return name, float(number)
    except ValueError:
        raise ArgumentError("a weight is FIGURE=NUMBER", repr(clean(text, 40)), 'Such as "E=2".') from None


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on a terminal's standard error; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


@click.command()
@click.option("--network", default="2-2-1", help="The sizes of its layers, inputs first.")
@click.option("--activation", default="sigmoid", help="Of the hidden layers.")
@click.option("--output", default=None, help="Of the output layer; that of the hidden layers if not given.")
@click.option("--loss", default=None, help="A loss of microgradnet.losses.")
@click.option("--ask", default="forward,gradients", help="Out of forward, deltas, gradients, updates.")
@click.option("--digits", type=click.IntRange(2, 8), default=4, help="Decimals of the answers.")
@click.option("--eta", type=float, default=None, help="The learning rate of updates.")
@click.option("--seed", type=int, default=0, help="The same seed gives the same sheets.")
@click.option("--count", type=click.IntRange(1, 10_000), default=1, help="How many sheets, no two alike.")
@click.option("--slip", default=None, metavar="NAME", help='Plant a slip: "find the error". A word of its description.')
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="markdown", help="What the sheets are written as."
)
@click.option("--out", type=click.Path(path_type=Path), default=OUTPUT / "exercise", help="The folder.")
def exercise(out: Path, form: str, ask: str, slip: str | None, **options: Any) -> None:
    """Make exercises with friendly numbers: sheets with blanks, and keys that verify."""
    from microgradnet.verification.exercises import exercises, plant

    with _progress("making exercises") as progress:
        made = exercises(ask=[part.strip() for part in ask.split(",")], progress=progress, **options)
    if slip is not None:
        made = [plant(each, slip) for each in made]
    if len(made) > 1:
        made = [each.numbered(f"{number:03}") for number, each in enumerate(made, 1)]
    paths = _write(made, form, out)
    names = ", ".join(map(clean, paths[:4])) + ", ..." * (len(paths) > 4)
    print(translate(f"{len(made)} sheet{'s' * (len(made) > 1)} in {clean(str(out))}/: {names}"))


def _write(made: list[Exercise], form: str, out: Path) -> list[str]:
    """Write sheets and keys; return the names of the files."""
    from microgradnet.verification.handouts import moodle_xml, qti_zip

    files: dict[str, str | bytes] = {}
    if form in ("moodle", "qti"):
        files = {"exercises.xml": moodle_xml(made)} if form == "moodle" else {"exercises-qti.zip": qti_zip(made)}
    for number, each in enumerate(made, 1):
        if form == "latex":
            files |= {f"{number:03}-sheet.tex": each.latex(), f"{number:03}-key.tex": each.latex(solved=True)}
        elif form == "notebook":
            files[f"{number:03}-sheet.ipynb"] = each.notebook()
        elif form == "markdown":
            files[f"{number:03}-sheet.md"] = each.sheet
        files[f"{number:03}-key.md"] = each.key
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(out / name, content)
    return list(files)


@click.command()
@click.argument("page", type=click.Path(path_type=Path))
@click.option("--network", default="2-2-1", help="The sizes of its layers, inputs first.")
@click.option("--activation", default="sigmoid", help="Of the hidden layers.")
@click.option("--output", default=None, help="Of the output layer; that of the hidden layers if not given.")
@click.option("--loss", default="half_squared_error", help="A loss of microgradnet.losses.")
@click.option("--title", default="A network by hand", help="The heading.")
@click.option("--example", default=None, metavar="NAME", help="A worked example, to change its numbers.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def new(page: Path, example: str | None, force: bool, **options: Any) -> None:
    """Write a commented page to fill in: its network in the front matter, its figures as lines."""
    from microgradnet.verification import library

    if page.exists() and not force:
        raise ArgumentError(
            "new writes a file that is not there yet", clean(str(page)), "Choose another name, or --force."
        )
    name = clean(str(page))
    if example is None:
        write_whole(page, _blank_page(page.name, **options))
        print(translate(f"{name}: fill in the blanks, then `microgradnet verify {name}`."))
    else:
        write_whole(page, library.file(example).read_text(encoding="utf-8"))
        print(translate(f"{name}: change what you like, then `microgradnet verify {name}`."))


def _blank_page(name: str, *, network: str, activation: str, output: str | None, loss: str, title: str) -> str:
    """Return a page with blanks; the name of its file is used in errors."""
    from microgradnet.verification.exercises import checked_sizes
    from microgradnet.verification.worksheet import Worksheet

    sizes = checked_sizes(network)
    layers = []
    for number, (n, m) in enumerate(pairwise(sizes), 1):
        kind = activation if number < len(sizes) - 1 else output or activation
        weights = [[round(0.1 * (j + k + 1), 1) for k in range(n)] for j in range(m)]
        layers.append(f'  {{ weights = {weights}, biases = {[0.1] * m}, activation = "{kind}" }},')
    inputs, targets = [round(0.5 + 0.1 * k, 1) for k in range(sizes[0])], [1.0] + [0.0] * (sizes[-1] - 1)
    text = _PAGE.format(title=title, inputs=inputs, targets=targets, loss=loss, layers="\n".join(layers))
    Worksheet.from_text(text, name)  # which says what is wrong with the options
    return text


@click.command()
def schema() -> None:
    """Print a JSON Schema of worksheets and of the front matter of pages, for editors that complete from it."""
    from microgradnet.verification.schema import json_schema

    print(json.dumps(json_schema(), indent=2))
