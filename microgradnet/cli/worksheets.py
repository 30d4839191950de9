"""What the commands about worksheets share: finding one by name or file, and saving its picture."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microgradnet.cli.application import OUTPUT, app, console
from microgradnet.errors import ArgumentError

if TYPE_CHECKING:
    from rich.console import Console

    from microgradnet.verification.report import Report
    from microgradnet.verification.worksheet import Worksheet

Which = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A worked example (see `examples`) or a worksheet.")]


def load(which: str) -> Worksheet:
    """Read a worksheet file, or the worked example of this name."""
    from microgradnet.verification.worksheet import Worksheet

    is_file = which.endswith(".toml") or "/" in which or "\\" in which
    return Worksheet.load(Path(which)) if is_file else Worksheet.example(which)


def stem(which: str) -> str:
    """Return the name that a worksheet's files begin with."""
    return Path(which).name.removesuffix(".toml")


def save_graph(worksheet: Worksheet, path: Path) -> None:
    """Draw a worksheet's graph into a file, whose folder is made where there is none."""
    from microgradnet.drawing import draw

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
    from microgradnet.verification import library

    screen = console()
    names = which or list(library.names())
    worksheets = [load(name) for name in names]  # all of them first, so that a bad one stops before any output
    reports = []
    for name, worksheet in zip(names, worksheets, strict=True):
        reports.append(_print_report(screen, worksheet))
        if draw:
            save_graph(worksheet, out / f"{stem(name)}.svg")
    if len(reports) > 1:
        _print_summary(screen, reports)
    if draw:
        screen.print(f"{len(reports)} graph{'s' * (len(reports) > 1)} drawn, in {out}/.", markup=False)
    raise typer.Exit(0 if all(report.as_expected for report in reports) else 1)


def _print_report(screen: Console, worksheet: Worksheet) -> Report:
    report = worksheet.verify()
    screen.print(report.table())
    if str(worksheet.source):
        screen.print(f"Source: {worksheet.source}", style="dim", markup=False)
    if worksheet.notes:
        screen.print(_reflowed(worksheet.notes), style="dim", markup=False)
    screen.print()
    return report


def _reflowed(notes: str) -> str:
    """Join the lines of each paragraph, for the console to break where its own width asks for it."""
    return "\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", notes.strip()))


def _print_summary(screen: Console, reports: list[Report]) -> None:
    totals: dict[str, int] = {}
    for report in reports:
        for verdict, count in report.counts().items():
            totals[str(verdict)] = totals.get(str(verdict), 0) + count
    unexpected = sum(not finding.as_expected for report in reports for finding in report)
    parts = ", ".join(f"{count} {verdict}" for verdict, count in totals.items() if count)
    outcome = "every verdict as expected" if not unexpected else f"{unexpected} not as expected"
    screen.print(f"{len(reports)} worksheets, {sum(totals.values())} claims: {parts}; {outcome}.", markup=False)


@app.command()
def examples() -> None:
    """List the worked examples."""
    from microgradnet.verification import library

    titles = library.titles()
    width = max(map(len, titles))
    screen = console()
    for name, title in titles.items():
        screen.print(f"{name:{width}}  {title}", markup=False, soft_wrap=True)


@app.command()
def draw(
    which: Which,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The file: .svg, .html, .png, .pdf, .dot, .mermaid or .tikz.")
    ] = None,
) -> None:
    """Draw the computation graph, with values, gradients and local derivatives."""
    worksheet = load(which)
    path = out or OUTPUT / f"{stem(which)}.svg"
    save_graph(worksheet, path)
    console().print(str(path), markup=False)


@app.command()
def derive(
    which: Which,
    quantity: Annotated[str, typer.Argument(help="The node to derive by: w1[1,1], or dE/dw1[1,1].")],
    form: Annotated[str, typer.Option("--format", help="text, markdown or latex.")] = "text",
) -> None:
    """Write out the chain rule for one node, with symbols and then numbers."""
    from microgradnet.derivation import derive as derivation_of

    worksheet = load(which)
    node = worksheet.find(re.sub(r"^(new\s+|d[^/]+/d)", "", quantity.strip()))
    derivation = derivation_of(worksheet.loss, node, eta=worksheet.eta)
    forms = {"text": derivation.text, "markdown": derivation.markdown, "latex": derivation.latex}
    if form not in forms:
        raise ArgumentError("--format is text, markdown or latex", repr(form), "Choose one of the three.")
    print(forms[form])
