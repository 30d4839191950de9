"""``microgradnet verify``: printed figures against the graph."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microgradnet.cli.application import OUTPUT, app, console
from microgradnet.cli.worksheet import load, save_graph, stem

if TYPE_CHECKING:
    from rich.console import Console

    from microgradnet.verification.report import Report
    from microgradnet.verification.worksheet import Worksheet


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
