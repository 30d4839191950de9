"""The command, run as its user runs it: exit statuses, output, files, one-line errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WORKSHEET = """
title = "A sum"
[expressions]
a = 2
b = 3
L = "a*b"
[[claims]]
quantity = "L"
printed = "{figure}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "right.toml").write_text(WORKSHEET.format(figure="6"), encoding="utf-8")
    (tmp_path / "lie.toml").write_text(WORKSHEET.format(figure="7"), encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "microgradnet", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


def test_verify_without_names_checks_every_example_and_draws_each(folder: Path) -> None:
    from microgradnet.verification import library

    result = run(folder, "verify")
    assert (result.returncode, result.stderr) == (0, "")
    drawn = {path.name for path in (folder / "microgradnet-out").iterdir()}
    assert drawn == {f"{name}.svg" for name in library.names()}
    printed = " ".join(result.stdout.split())
    for title in library.titles().values():
        assert title in printed
    assert "every verdict as expected" in result.stdout
    assert f"{len(drawn)} graphs drawn, in microgradnet-out/" in result.stdout


def test_a_lie_is_found_and_is_exit_status_1(folder: Path) -> None:
    result = run(folder, "verify", "right.toml", "lie.toml", "--no-draw")
    assert result.returncode == 1
    assert "wrong: it is 6" in result.stdout
    assert "1 not as expected" in result.stdout
    assert not (folder / "microgradnet-out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "no-such-example"],
        ["verify", "missing.toml"],
        ["verify", "."],
        ["verify", "--no-such-option"],
        ["draw", "ng-J", "-o", "picture.bmp"],
        ["derive", "ng-J", "nobody"],
        ["derive", "ng-J", "a", "--format", "html"],
        ["no-such-command"],
        ["derive", "ng-J"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_status_2_and_no_traceback(folder: Path, arguments: list[str]) -> None:
    result = run(folder, *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.strip()


def test_a_bad_worksheet_stops_before_any_output(folder: Path) -> None:
    (folder / "bad.toml").write_text('title = "Bad"\n[expressions]\nL = "1 +"\n', encoding="utf-8")
    result = run(folder, "verify", "right.toml", "bad.toml")
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.strip().splitlines()) == 1
    assert "bad.toml" in result.stderr


def test_examples_lists_each_with_its_title(folder: Path) -> None:
    from microgradnet.verification import library

    lines = run(folder, "examples").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(library.names())


@pytest.mark.parametrize("suffix", [".svg", ".dot"])
def test_draw_writes_the_file_asked_for(folder: Path, suffix: str) -> None:
    result = run(folder, "draw", "right.toml", "-o", f"pictures/graph{suffix}")
    assert (result.returncode, result.stdout.strip()) == (0, f"pictures/graph{suffix}")
    start = "<" if suffix == ".svg" else "digraph"
    assert (folder / "pictures" / f"graph{suffix}").read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(("form", "mark"), [("text", "dL/da = b = 3"), ("markdown", "$$"), ("latex", r"\frac")])
def test_derive_prints_each_form(folder: Path, form: str, mark: str) -> None:
    for quantity in ("a", "dL/da"):
        result = run(folder, "derive", "right.toml", quantity, "--format", form)
        assert result.returncode == 0
        assert mark in " ".join(result.stdout.split())


def test_version(folder: Path) -> None:
    import microgradnet

    assert run(folder, "--version").stdout.strip() == f"microgradnet {microgradnet.__version__}"
