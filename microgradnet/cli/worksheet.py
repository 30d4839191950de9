"""What the commands about worksheets share: finding one by name or file, and saving its picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
