"""Pages that the build makes by running things: the gallery's pictures; the lessons and the benchmarks, copied in."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]


def gallery(source: Path) -> None:
    """Run the code of ``gallery.md`` where the page looks for its pictures."""
    folder = source / "generated" / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    names: dict[str, object] = {}
    page = (source / "gallery.md").read_text(encoding="utf-8")
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for code in re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL):
            exec(compile(code, "gallery.md", "exec"), names)


def lessons(source: Path) -> None:
    """Copy the notebooks with their outputs; what is no part of the site is no link there."""
    for given, folder in (
        (ROOT / "notebooks", source / "generated" / "lessons"),
        (ROOT / "notebooks" / "zh", source / "generated" / "lessons" / "zh"),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        for path in [*given.glob("*.ipynb"), *given.glob("*.svg")]:
            shutil.copy(path, folder)
        index = (given / "README.md").read_text(encoding="utf-8")
        names = sorted(path.stem for path in folder.glob("*.ipynb"))
        tree = ["", "```{toctree}", ":hidden:", "", *names, "```", ""]
        (folder / "README.md").write_text(without_outside_links(index) + "\n".join(tree), encoding="utf-8")


def benchmarks(source: Path) -> None:
    """Copy the figures of the benchmarks."""
    text = (ROOT / "benchmarks" / "results.md").read_text(encoding="utf-8")
    (source / "generated" / "benchmarks.md").write_text(without_outside_links(text), encoding="utf-8")
    shutil.copy(ROOT / "benchmarks" / "results.svg", source / "generated")


def without_outside_links(text: str) -> str:
    """Return Markdown in which links to files above their folder are plain text."""
    return re.sub(r"\[([^\]]*)\]\(\.\./[^)]*\)", r"\1", text)


def make(app: Sphinx) -> None:
    """Make the pages."""
    source = Path(app.srcdir)
    gallery(source)
    lessons(source)
    benchmarks(source)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", make)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
