"""Make the lessons: ``python notebooks/execute.py [NAME.md ...]``, all by default.

A lesson is written in ``NAME.md``. This runs it and writes ``NAME.ipynb``, with its outputs; ruff formats the code of
both. A lesson in another language, ``zh/NAME.md``, has the same code and gets the outputs of the English one;
``--translated`` makes only these. An edited notebook becomes text again with ``jupytext --to md NAME.ipynb``. It needs
the extra ``test``. The kernel is the Python that runs this file, whatever kernels the machine has installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SECONDS_PER_CELL = 300
# What a lesson says of its kernel: nothing that differs from machine to machine.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
COLUMN = 830  # pixels: how wide a PNG is shown at most
WIDGET = "application/vnd.jupyter.widget-view+json"  # needs the kernel that made it; its still picture needs none


def lessons() -> list[Path]:
    """Return the texts of the lessons of this folder, in order."""
    return sorted(FOLDER.glob("[0-9]*.md"))


def read(path: Path) -> Any:
    """Return the text of a lesson as a notebook without outputs, whose cells have names that don't change."""
    import jupytext
    import nbformat

    notebook = jupytext.read(path)
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = f"cell-{number}"
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(path: Path) -> Any:
    """Return the notebook of a text, with fresh outputs. No file is changed.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised; the message shows it.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = read(path)
    with tempfile.TemporaryDirectory(prefix="lesson") as folder:
        manager = _kernel_manager(Path(folder))
        environment = {**os.environ, "IPYTHONDIR": folder, "PYTHONHASHSEED": "0"}  # nobody's start-up files
        client = NotebookClient(notebook, km=manager, timeout=SECONDS_PER_CELL, coalesce_streams=True)
        client.execute(cleanup_kc=True, cwd=folder, env=environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
        for output in cell.get("outputs", []):
            if "data" in output:
                make_still(output)
    notebook.metadata = nbformat.from_dict(METADATA)
    return notebook


def make_still(output: Any) -> None:
    """Let an output show itself everywhere: Jupyter takes HTML of a notebook that nobody trusts yet to pieces.

    GitHub and the site take the SVG of a picture, Jupyter its PNG until the notebook is trusted or the cell run.
    """
    import base64
    import re

    from microgradnet.drawing.export import write_png

    data = output["data"]
    data.pop(WIDGET, None)
    svg = data.get("image/svg+xml")
    if svg is not None:
        data.pop("text/html", None)
        size = re.search(r' width="([\d.]+)" height="([\d.]+)"', svg)
        width, height = float(size[1]), float(size[2])
        scale = min(width, COLUMN) / width
        small = f' width="{0.7 * scale * width:.1f}" height="{0.7 * scale * height:.1f}"'  # of which a PNG is double
        data["image/png"] = base64.b64encode(write_png(svg.replace(size[0], small, 1))).decode() + "\n"
        output["metadata"] = {"image/png": {"width": round(scale * width), "height": round(scale * height)}}


def translated(path: Path) -> Any:
    """Return the notebook of a text in another language, with the outputs of the English lesson, which lies above it.

    Raises:
        ValueError: its code is not that of the English lesson.
    """
    import nbformat

    notebook = read(path)
    english = nbformat.read(path.parents[1] / path.with_suffix(".ipynb").name, as_version=4)
    cells, executed = ([each for each in one.cells if each.cell_type == "code"] for one in (notebook, english))
    if [cell.source for cell in cells] != [cell.source for cell in executed]:
        raise ValueError(f"the code of {path} should be that of the English lesson; got other code. Copy it over.")
    for cell, other in zip(cells, executed, strict=True):
        cell.outputs, cell.execution_count = other.outputs, other.execution_count
    return notebook


def _kernel_manager(folder: Path) -> Any:
    """Return the manager of a kernel that is this very Python."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    here = KernelSpecManager(kernel_dirs=[])  # no installed kernel: only that of the running ipykernel is left
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=here)
    manager.connection_file = str(folder / "kernel.json")
    if os.name == "posix":
        manager.transport = "ipc"  # sockets in this folder: kernels that start at once can't take each other's ports
    return manager


def text_of(notebook: Any) -> str:
    """Return a notebook as the text that it is paired with."""
    import jupytext
    from nbformat import from_dict

    bare = from_dict({**notebook, "metadata": {"jupytext": {"notebook_metadata_filter": "-all"}}})
    return str(jupytext.writes(bare, fmt="md"))


def save(notebook: Any, path: Path) -> None:
    """Write a notebook, formatted, and the text that it is paired with."""
    import nbformat

    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(path)], check=True)
    path.with_suffix(".md").write_text(text_of(nbformat.read(path, as_version=4)), encoding="utf-8")


def main(names: list[str]) -> None:
    only_translated = "--translated" in names
    for path in [Path(name) for name in names if name != "--translated"] or lessons():
        if not only_translated:
            save(execute(path), path.with_suffix(".ipynb"))
        for other in sorted(path.parent.glob(f"[a-z][a-z]/{path.name}")):
            save(translated(other), other.with_suffix(".ipynb"))
        print(f"{path.stem}: done")


if __name__ == "__main__":
    main(sys.argv[1:])
