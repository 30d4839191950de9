"""Run the lessons and save them with their outputs: ``python notebooks/execute.py [NOTEBOOK ...]``, all by default.

It needs the extra ``test``. The kernel is the Python that runs this file, whatever kernels the machine has installed.
"""

from __future__ import annotations

import os
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


def lessons() -> list[Path]:
    """Return the notebooks of this folder, in order."""
    return sorted(FOLDER.glob("*.ipynb"))


def execute(path: Path) -> Any:
    """Return a notebook with fresh outputs. Its file is left as it is.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised; the message shows it.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="lesson") as folder:
        manager = _kernel_manager(Path(folder))
        environment = {**os.environ, "IPYTHONDIR": folder, "PYTHONHASHSEED": "0"}  # nobody's start-up files
        client = NotebookClient(notebook, km=manager, timeout=SECONDS_PER_CELL, coalesce_streams=True)
        client.execute(cleanup_kc=True, cwd=folder, env=environment)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # when it ran
    notebook.metadata = nbformat.from_dict(METADATA)
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


def save(notebook: Any, path: Path) -> None:
    """Write a notebook to its file."""
    import nbformat

    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")


def main(names: list[str]) -> None:
    for path in [Path(name) for name in names] or lessons():
        save(execute(path), path)
        print(f"{path.name}: done")


if __name__ == "__main__":
    main(sys.argv[1:])
