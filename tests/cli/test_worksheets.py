"""The command, run as its user runs it: exit statuses, output, files, one-line errors."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

import microgradnet as mg
from microgradnet.cli import main

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


def run(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None, encoding: str = "utf-8"
) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder: in this process, or in one of its own where its environment matters."""
    if environment is None:
        return run_here(folder, *arguments)
    command = [sys.executable, "-W", "error", "-m", "microgradnet", *arguments]
    variables = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(command, cwd=folder, capture_output=True, encoding=encoding, env=variables, check=False)


def run_here(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["microgradnet", *arguments]),
        pytest.raises(SystemExit) as left,
    ):
        main()
    return subprocess.CompletedProcess(arguments, int(left.value.code or 0), out.getvalue(), err.getvalue())


def test_verify_without_names_checks_every_example_and_draws_each(folder: Path) -> None:
    from microgradnet.verification import library

    result = run(folder, "verify", environment={})
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


def test_a_bad_worksheet_does_not_stop_the_others_and_is_exit_status_2(folder: Path) -> None:
    (folder / "bad.toml").write_text('title = "Bad"\n[expressions]\nL = "1 +"\n', encoding="utf-8")
    result = run(folder, "verify", "missing.toml", "bad.toml", "right.toml", "lie.toml")
    assert result.returncode == 2
    assert [line.split()[1].split(":")[0].rstrip(",") for line in result.stderr.splitlines() if "bad.toml" in line]
    assert len(result.stderr.strip().splitlines()) == 2
    assert "right.toml: A sum" in result.stdout  # the table is headed by its file
    assert "wrong: it is 6" in result.stdout
    assert "2 worksheets, 2 claims: 1 exact, 1 wrong; 1 not as expected; 2 could not be read." in result.stdout


def test_two_worksheets_of_one_name_get_two_pictures(folder: Path) -> None:
    for place in ("a", "b"):
        (folder / place).mkdir()
        (folder / place / "right.toml").write_bytes((folder / "right.toml").read_bytes())
    assert run(folder, "verify", "a/right.toml", "b/right.toml", "lie.toml").returncode == 1
    assert {path.name for path in (folder / "microgradnet-out").iterdir()} == {"a-right.svg", "b-right.svg", "lie.svg"}


ENCODINGS = ["cp1252", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ascii", "cp437", "latin-1"))]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_encoding_of_the_terminal_stops_a_command(folder: Path, encoding: str) -> None:
    for arguments, status in ((["verify", "lie.toml"], 1), (["derive", "mazur-2015", "w1[1,1]"], 0), (["examples"], 0)):
        result = run(folder, *arguments, environment={"PYTHONIOENCODING": encoding}, encoding=encoding)
        assert (result.returncode, result.stderr) == (status, "")
        assert result.stdout
    verify = run(
        folder, "verify", "lie.toml", "--no-draw", environment={"PYTHONIOENCODING": encoding}, encoding=encoding
    )
    assert "x wrong: it is 6" in verify.stdout


def test_a_reader_that_leaves_early_gets_no_traceback(folder: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "microgradnet", "examples"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) not in (0, 1, 2)


def test_what_strangers_write_does_not_reach_the_terminal_raw(folder: Path) -> None:
    evil = WORKSHEET.format(figure="7").replace('"A sum"', r'"\u001b[2Jtitle"') + 'name = "\\u001b]0;owned\\u0007"\n'
    (folder / "evil.toml").write_text(evil.replace("\\\\", "\\"), encoding="utf-8")
    result = run(folder, "verify", "evil.toml", "--no-draw")
    assert result.returncode == 1, result.stderr
    assert "\x1b" not in result.stdout
    assert r"\x1b[2Jtitle" in result.stdout


def test_a_misspelt_command_is_answered_with_the_right_one(folder: Path) -> None:
    result = run(folder, "verfy")
    assert result.returncode == 2
    assert "Did you mean 'verify'?" in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_and_completes(folder: Path, shell: str) -> None:
    assert "_MICROGRADNET_COMPLETE" in run(folder, "completion", shell).stdout
    words = {"COMP_WORDS": "microgradnet verify maz", "COMP_CWORD": "2", "_MICROGRADNET_COMPLETE": f"{shell}_complete"}
    completed = run(folder, environment=words | ({"COMP_CWORD": "maz"} if shell == "fish" else {})).stdout
    assert "mazur-2015" in completed


def test_examples_lists_each_with_its_title(folder: Path) -> None:
    from microgradnet.verification import library

    lines = run(folder, "examples").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(library.names())


def test_examples_prints_the_page_of_one(folder: Path) -> None:
    page = run(folder, "examples", "toy-linear-sq").stdout
    (folder / "page.md").write_text(page, encoding="utf-8")
    assert run(folder, "verify", "page.md", "--no-draw").returncode == 0
    wrong = run(folder, "examples", "toy-linear")
    assert (wrong.returncode, "Written alike: toy-linear-sq" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("suffix", [".svg", ".dot"])
def test_draw_writes_the_file_asked_for(folder: Path, suffix: str) -> None:
    result = run(folder, "draw", "right.toml", "-o", f"pictures/graph{suffix}")
    assert (result.returncode, result.stdout.strip()) == (0, f"pictures/graph{suffix}")
    start = "<" if suffix == ".svg" else "digraph"
    assert (folder / "pictures" / f"graph{suffix}").read_text(encoding="utf-8").startswith(start)


NETWORK = """
[network]
inputs = [0.05, 0.10]
targets = [0.01, 0.99]
loss = "half_squared_error"
layers = [
  { weights = [[0.15, 0.20], [0.25, 0.30]], biases = [0.35, 0.35], activation = "sigmoid" },
  { weights = [[0.40, 0.45], [0.50, 0.55]], biases = [0.60, 0.60], activation = "sigmoid" },
]
[step]
eta = 0.5
"""


@pytest.mark.parametrize(
    ("options", "marks"),
    [
        ([], ["Computation graph of E"]),
        (["--flow", "--detail", "neurons", "--theme", "dark"], ["Gradient flow of E", "‖δ‖ per layer", "#11161d"]),
        (["--highlight", "w1[1,1]", "--fold", "loss"], ["over 2 paths"]),
        (["--network"], ["0.15 → 0.14978", "with η = 0.5"]),
        (["--network", "--flow", "--highlight", "a1[2]"], ["derivative ∂E/∂w", "opacity"]),
        (["--step", "--detail", "neurons"], ["<html", "Step through E"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else None,
)
def test_draw_of_a_sheet_without_claims(folder: Path, options: list[str], marks: list[str]) -> None:
    (folder / "bare.toml").write_text(NETWORK, encoding="utf-8")
    result = run(folder, "draw", "bare.toml", *options)
    assert (result.returncode, result.stderr) == (0, "")
    path = folder / result.stdout.strip()
    assert path.suffix == (".html" if "--step" in options else ".svg")
    text = path.read_text(encoding="utf-8")
    assert [mark for mark in marks if mark not in text] == []


def test_the_network_of_several_samples_shows_the_step_of_all(folder: Path) -> None:
    text = NETWORK.replace("[0.05, 0.10]", "[[0.05, 0.10], [0.7, -0.4]]").replace(
        "[0.01, 0.99]", "[[0.01, 0.99], [1, 0]]"
    )
    (folder / "two.toml").write_text(text, encoding="utf-8")
    result = run(folder, "draw", "two.toml", "--network")
    assert (result.returncode, result.stderr) == (0, "")
    shown = (folder / result.stdout.strip()).read_text(encoding="utf-8")
    sheet = mg.Worksheet.from_text(text)
    for weight in ("w1[1,1]", "w1[2,2]", "w2[1,2]"):
        found = re.search(rf"\b{sheet.find(weight).data:g} → ([\d.]+)", shown)
        assert found is not None
        assert float(found[1]) == round(sheet.evaluate(f"new {weight}"), len(found[1].partition(".")[2]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--detail", "fine"], "Choose 'auto', 'operations'"),
        (["--theme", "blue"], "There are auto, light, dark, print"),
        (["--highlight", "w9"], "Did you mean w1[1,1]"),
        (["--fold", "nobody"], "It has 'layer', 'loss', 'neuron'"),
        (["--network", "--step"], "Choose one."),
        (["--step", "--flow"], "Leave out --step or --flow."),
        (["--network", "--highlight", "q"], "Known: x[1], x[2], a1[1]"),
        (["--out", "picture.bmp"], "a picture's file name ends in .svg"),
    ],
)
def test_draw_says_in_one_line_what_it_cannot_draw(folder: Path, options: list[str], message: str) -> None:
    (folder / "bare.toml").write_text(NETWORK, encoding="utf-8")
    result = run(folder, "draw", "bare.toml", *options)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not list(folder.glob("**/*.svg"))


@pytest.mark.parametrize(("form", "mark"), [("text", "dL/da = b = 3"), ("markdown", "$$"), ("latex", r"\frac")])
def test_derive_prints_each_form(folder: Path, form: str, mark: str) -> None:
    for quantity in ("a", "dL/da"):
        result = run(folder, "derive", "right.toml", quantity, "--format", form)
        assert result.returncode == 0
        assert mark in " ".join(result.stdout.split())


CHAINED = """
[expressions]
x = 2
y = "3*x"
z = "y + x"
"""
UPDATED = """
[network]
inputs = [0.35, 0.9]
targets = [0.5]
loss = "half_squared_error"
layers = [
  { weights = [[0.1, 0.8], [0.4, 0.6]], activation = "sigmoid" },
  { weights = [[0.3, 0.9]], activation = "sigmoid" },
]
[step]
eta = 1
weights = "updated"
"""
CLAIM = """
[source]
author = "nobody"
work = "a test"
seen = true
[[claims]]
quantity = "x"
printed = "2"
"""


def test_derive_derives_the_node_that_was_asked_for(folder: Path) -> None:
    (folder / "chained.toml").write_text(CHAINED + CLAIM, encoding="utf-8")
    assert "dy/dx = 3" in run(folder, "derive", "chained.toml", "dy/dx").stdout
    assert "dz/dx  = 1 + 3 = 4" in run(folder, "derive", "chained.toml", "dz/dx").stdout
    assert "dz/dx  = 1 + 3 = 4" in run(folder, "derive", "chained.toml", "x").stdout


def test_derive_prints_the_update_that_the_worksheet_makes_and_no_other(folder: Path) -> None:
    (folder / "updated.toml").write_text(UPDATED + CLAIM.replace('"x"', '"x[1]"').replace('"2"', '"0.35"'), "utf-8")
    plain = run(folder, "derive", "updated.toml", "w2[1,1]").stdout
    assert "new w2[1,1] = w2[1,1] - eta * dE/dw2[1,1]" in plain
    hidden = run(folder, "derive", "updated.toml", "w1[1,1]").stdout  # its delta comes from the updated w2
    assert "eta * dE/dw1" not in hidden
    assert "updated first" in " ".join(hidden.split())
    assert "new w1[1,1] = w1[1,1] - eta*dE/dw1[1,1] = 0.1 - 1*0.00084336733 = 0.099156633" in " ".join(hidden.split())
    assert "new x" not in run(folder, "derive", "updated.toml", "x[1]").stdout
    assert "dE/dz1[1]" in run(folder, "derive", "updated.toml", "delta1[1]").stdout


def test_version_says_which_engine_runs(folder: Path) -> None:
    import microgradnet

    start = f"microgradnet {microgradnet.__version__}"
    assert run(folder, "--version").stdout.strip() in (f"{start} (compiled)", f"{start} (plain Python)")
    plain = run(folder, "--version", environment={"MICROGRADNET_PURE": "1"})
    assert plain.stdout.strip() == f"{start} (plain Python)"


def test_verify_prints_json(folder: Path) -> None:
    import json

    result = run(folder, "verify", "right.toml", "lie.toml", "missing.toml", "--no-draw", "--json")
    assert result.returncode == 2
    data = json.loads(result.stdout)
    assert [sheet["file"] for sheet in data["worksheets"]] == ["right.toml", "lie.toml"]
    findings = data["worksheets"][1]["findings"]
    assert any(finding["verdict"] == "wrong" and finding["line"] > 0 for finding in findings)
    assert list(data["unreadable"]) == ["missing.toml"]


def test_what_a_worksheet_expects_can_be_left_aside(folder: Path) -> None:
    assert run(folder, "verify", "double-sigmoid-slip", "--no-draw").returncode == 0
    assert run(folder, "verify", "double-sigmoid-slip", "--no-draw", "--no-expectations").returncode == 1


def test_a_worked_example_is_copied_to_be_changed(tmp_path: Path) -> None:
    assert run(tmp_path, "new", "mine.md", "--example", "hmkcode").returncode == 0
    page = tmp_path / "mine.md"
    assert run(tmp_path, "verify", "mine.md", "--no-draw").returncode == 0
    page.write_text(page.read_text(encoding="utf-8").replace("inputs = [2, 3]", "inputs = [2, 4]"), encoding="utf-8")
    assert run(tmp_path, "verify", "mine.md", "--no-draw").returncode == 1
    result = run(tmp_path, "new", "other.md", "--example", "hmkcod")
    assert result.returncode == 2
    assert "hmkcode" in result.stderr
    assert not (tmp_path / "other.md").exists()
