"""The types for editors and checkers: fresh, true to what is there, and enough for a user's script under --strict."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import microgradnet as mg
from microgradnet import Value
from tests.sources import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tools"))
import stubs

TYPING = Path(__file__).parent / "typing"


@pytest.mark.parametrize("path", stubs.STUBS, ids=lambda path: path.name)
def test_a_stub_is_fresh(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == stubs.STUBS[path](), "run python tools/stubs.py"


def declared(name: str, inside: str = "") -> set[str]:
    """Return the public names that a stub declares, at its top or in a class."""
    body = ast.parse((stubs.PACKAGE / name).read_text(encoding="utf-8")).body
    if inside:
        [body] = [node.body for node in body if isinstance(node, ast.ClassDef) and node.name == inside]
    found: set[str] = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            found.update(alias.asname for alias in node.names if alias.asname)
    return {name for name in found if not name.startswith("_")}


def test_the_stub_of_the_package_has_every_public_name_and_no_other() -> None:
    assert declared("__init__.pyi") - {"np"} == {name for name in dir(mg) if not name.startswith("_")}


def test_the_stub_of_a_value_has_every_public_attribute_and_no_other() -> None:
    assert declared("value.pyi", "Value") == {name for name in dir(Value) if not name.startswith("_")}


def check(*command: str) -> str:
    environment = {**os.environ, "MYPYPATH": str(REPOSITORY)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, env=environment, check=False)
    return done.stdout + done.stderr


def mypy(*files: str) -> str:
    pytest.importorskip("mypy")
    return check(sys.executable, "-m", "mypy", "--strict", *files)


def pyright(*files: str) -> str:
    pytest.importorskip("pyright")
    return check(sys.executable, "-m", "pyright", "--pythonpath", sys.executable, *files)


def errors_of(report: str, file: Path) -> set[int]:
    """Return the lines of a file that a checker reports an error on."""
    return {int(line) for line in re.findall(rf"{file.name}:(\d+):(?:\d+)?[^\n]*error", report)}


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_checker_accepts_what_a_user_writes(checker: object) -> None:
    file = TYPING / "user.py"
    report = checker(str(file))  # type: ignore[operator]
    assert errors_of(report, file) == set(), report


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_checker_finds_every_slip(checker: object) -> None:
    file = TYPING / "slips.py"
    lines = file.read_text(encoding="utf-8").splitlines()
    wrong = {number for number, line in enumerate(lines, 1) if line.endswith("# slip")}
    assert errors_of(checker(str(file)), file) == wrong  # type: ignore[operator]


@pytest.mark.slow
def test_the_source_behind_the_stub_is_checked_too(tmp_path: Path) -> None:
    """A checker reads value.pyi in place of value.py, so the source is named, with the types that value.pxd gives."""
    file, shadow = stubs.PACKAGE / "value.py", tmp_path / "value.py"
    source = file.read_text(encoding="utf-8")
    types = "; ".join(field for field in stubs.fields("Value"))
    typed = source.replace("    _written = False", f"    {types}; _written = False", 1)  # line numbers stay
    assert typed != source
    shadow.write_text(typed, encoding="utf-8")
    report = mypy("--shadow-file", str(file), str(shadow), str(file))
    assert errors_of(report, file) == set(), report
