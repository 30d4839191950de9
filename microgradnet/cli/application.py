"""The application that the commands register with, and what they share: where output goes, and the console."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

OUTPUT = Path("microgradnet-out")
PLAIN_WIDTH = 100  # columns of a table that goes to a file or a pipe, where there is no terminal to ask

app = typer.Typer(
    help="Verify, derive and draw backpropagation that was worked out by hand; train on real data.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def console(*, stderr: bool = False) -> Console:
    """Return the console to print to: as wide as the terminal, or of a fixed width where there is none."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)


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
    """Verify, derive and draw backpropagation that was worked out by hand; train on real data."""
