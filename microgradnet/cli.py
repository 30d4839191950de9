"""The command ``microgradnet``: verify worked examples and worksheets, draw their graphs, derive their gradients.

Exit status: 0 where every verdict is the expected one, 1 where one is not, 2 where the command can't do what was asked.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microgradnet.errors import ArgumentError, MicrogradnetError

if TYPE_CHECKING:
    from rich.console import Console

    from microgradnet.verify.report import Report
    from microgradnet.verify.worksheet import Worksheet

OUTPUT = Path("microgradnet-out")
PLAIN_WIDTH = 100  # columns of a table that goes to a file or a pipe, where there is no terminal to ask

app = typer.Typer(
    help="Verify, derive and draw backpropagation that was worked out by hand.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Which = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A worked example (see `examples`) or a worksheet.")]


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)


def _load(which: str) -> Worksheet:
    """Read a worksheet file, or the worked example of this name."""
    from microgradnet.verify.worksheet import Worksheet

    is_file = which.endswith(".toml") or "/" in which or "\\" in which
    return Worksheet.load(Path(which)) if is_file else Worksheet.example(which)


def _stem(which: str) -> str:
    return Path(which).name.removesuffix(".toml")


def _save_graph(worksheet: Worksheet, path: Path) -> None:
    from microgradnet.draw import draw

    path.parent.mkdir(parents=True, exist_ok=True)
    draw(worksheet.loss).save(path)


@app.command()
def verify(
    which: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME|FILE]...", help="Worked examples or worksheets; every example where none is named."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the pictures of the graphs go.")] = OUTPUT,
    draw: Annotated[bool, typer.Option(help="Write an SVG of each graph.")] = True,
) -> None:
    """Check printed figures against the graph: exact, rounded, or wrong, and why."""
    from microgradnet.verify import library

    console = _console()
    names = which or list(library.names())
    worksheets = [_load(name) for name in names]  # all of them first, so that a bad one stops before any output
    reports = []
    for name, worksheet in zip(names, worksheets, strict=True):
        reports.append(_print_report(console, worksheet))
        if draw:
            _save_graph(worksheet, out / f"{_stem(name)}.svg")
    if len(reports) > 1:
        _print_summary(console, reports)
    if draw:
        console.print(f"{len(reports)} graph{'s' * (len(reports) > 1)} drawn, in {out}/.", markup=False)
    raise typer.Exit(0 if all(report.as_expected for report in reports) else 1)


def _print_report(console: Console, worksheet: Worksheet) -> Report:
    report = worksheet.verify()
    console.print(report.table())
    if str(worksheet.source):
        console.print(f"Source: {worksheet.source}", style="dim", markup=False)
    if worksheet.notes:
        console.print(_reflowed(worksheet.notes), style="dim", markup=False)
    console.print()
    return report


def _reflowed(notes: str) -> str:
    """Join the lines of each paragraph, for the console to break where its own width asks for it."""
    return "\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", notes.strip()))


def _print_summary(console: Console, reports: list[Report]) -> None:
    totals: dict[str, int] = {}
    for report in reports:
        for verdict, count in report.counts().items():
            totals[str(verdict)] = totals.get(str(verdict), 0) + count
    unexpected = sum(not finding.as_expected for report in reports for finding in report)
    parts = ", ".join(f"{count} {verdict}" for verdict, count in totals.items() if count)
    outcome = "every verdict as expected" if not unexpected else f"{unexpected} not as expected"
    console.print(f"{len(reports)} worksheets, {sum(totals.values())} claims: {parts}; {outcome}.", markup=False)


@app.command()
def examples() -> None:
    """List the worked examples."""
    from microgradnet.verify import library

    titles = library.titles()
    width = max(map(len, titles))
    console = _console()
    for name, title in titles.items():
        console.print(f"{name:{width}}  {title}", markup=False, soft_wrap=True)


@app.command()
def draw(
    which: Which,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file: .svg, .dot, .png or .pdf.")] = None,
) -> None:
    """Draw the computation graph, with values, gradients and local derivatives."""
    worksheet = _load(which)
    path = out or OUTPUT / f"{_stem(which)}.svg"
    _save_graph(worksheet, path)
    _console().print(str(path), markup=False)


@app.command()
def derive(
    which: Which,
    quantity: Annotated[str, typer.Argument(help="The node to derive by: w1[1,1], or dE/dw1[1,1].")],
    form: Annotated[str, typer.Option("--format", help="text, markdown or latex.")] = "text",
) -> None:
    """Write out the chain rule for one node, with symbols and then numbers."""
    from microgradnet.derive import derive as derivation_of

    worksheet = _load(which)
    node = worksheet.find(re.sub(r"^(new\s+|d[^/]+/d)", "", quantity.strip()))
    derivation = derivation_of(worksheet.loss, node, eta=worksheet.eta)
    forms = {"text": derivation.text, "markdown": derivation.markdown, "latex": derivation.latex}
    if form not in forms:
        raise ArgumentError("--format is text, markdown or latex", repr(form), "Choose one of the three.")
    print(forms[form])


def _version(wanted: bool) -> None:
    if wanted:
        print(f"microgradnet {installed_version('microgradnet')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Verify, derive and draw backpropagation that was worked out by hand."""


def main() -> None:
    """Run the command; an error of the package is one line on standard error and exit status 2."""
    try:
        app()
    except MicrogradnetError as error:
        print(f"microgradnet: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"microgradnet: {error}. Check the path and its permissions.", file=sys.stderr)
        sys.exit(2)
