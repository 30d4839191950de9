"""The README's code runs as it stands there, and prints what stands there."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from microgradnet.operation import TABLE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def of_language(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "microgradnet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def without_trailing_spaces(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n")).rstrip()


def test_python_blocks_print_the_text_blocks_and_draw_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = []
    for code in of_language("python"):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(code, "README.md", "exec"), names)
        printed.append(output.getvalue())
    assert [text for text in printed if text] == of_language("text")
    for picture in ("graph.svg", "flow.svg", "network.svg"):
        assert (tmp_path / picture).read_bytes() == (ROOT / "docs" / picture).read_bytes(), picture


def test_console_blocks_print_what_stands_there() -> None:
    (block,) = of_language("console")
    commands = re.findall(r"^\$ microgradnet (.*)\n((?:(?!^\$ ).*\n)*)", block, flags=re.MULTILINE)
    assert len(commands) == 2
    for command, expected in commands:
        assert without_trailing_spaces(run(*shlex.split(command)).stdout) == without_trailing_spaces(expected)


def test_the_page_verifies(tmp_path: Path) -> None:
    (page,) = of_language("markdown")
    path = tmp_path / "exercise.md"
    path.write_text(page, encoding="utf-8")
    result = run("verify", str(path), "--out", str(tmp_path / "out"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / "out" / "exercise.svg").exists()


def test_the_counts_of_examples_are_true() -> None:
    import json

    from microgradnet.verification import library

    cases = json.loads((ROOT / "tests" / "data" / "worked_cases.json").read_text(encoding="utf-8"))
    figures = [figure for case in cases for figure in case["printed"]]
    wrong = sum(figure["status"] == "wrong" for figure in figures)
    sentence = " ".join(README.split())
    assert f"all {len(library.names())} worked examples" in sentence
    assert f"{len(TABLE)} operations" in sentence
    assert f"{len(cases)} published hand calculations, of whose {len(figures)} printed values {wrong}" in sentence


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
