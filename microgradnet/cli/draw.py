"""``microgradnet draw``: the computation graph of a worked example or worksheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microgradnet.cli.application import OUTPUT, app, console
from microgradnet.cli.worksheet import Which, load, save_graph, stem


@app.command()
def draw(
    which: Which,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file: .svg, .dot, .png or .pdf.")] = None,
) -> None:
    """Draw the computation graph, with values, gradients and local derivatives."""
    worksheet = load(which)
    path = out or OUTPUT / f"{stem(which)}.svg"
    save_graph(worksheet, path)
    console().print(str(path), markup=False)
