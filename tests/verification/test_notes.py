"""Files that know nothing of this package: each false equality is named with its place, and all else is left alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from microgradnet.errors import DataFileError
from microgradnet.verification.notes import check_file, notes_in

MARKDOWN = """---
title: 1 + 1 = 3
---
# A neuron

x = 2, and

y = 3x = 6

The sum is 0.1 + 0.2 = 0.4, see [2+2=5](https://example.org?a=1+1=3) and version 1.2 = 1.3.

```python
y = 2 * 3  # y = 2*3 = 7
z = 5 // 2 == 2
```

```
a1 = 0.5*0.5 = 0.25
b1 = 0.5*0.5 = 0.26
```

| step | 2 × 3 = 6 | 2 × 3 = 5 |

3 + 4 = 2 mod 5, the area is 1000 × 1000 = 1 million, -log(1/4) = 2.

# Another

x = 5

y = 3x = 15
"""


def places(path: Path, text: str) -> list[tuple[int | None, int, int]]:
    path.write_text(text, encoding="utf-8")
    return [(alarm.cell, alarm.line, alarm.column) for alarm in check_file(path).alarms]


def test_markdown(tmp_path: Path) -> None:
    assert places(tmp_path / "notes.md", MARKDOWN) == [(None, 10, 24), (None, 13, 24), (None, 19, 16), (None, 22, 30)]


def test_a_name_stands_for_the_one_number_that_a_file_binds_it_to(tmp_path: Path) -> None:
    assert places(tmp_path / "a.txt", "x = 2\ny = 3x = 7\n") == [(None, 2, 10)]
    assert places(tmp_path / "b.txt", "x = 2\ny = 3x = 7\nx = 4\n") == []


def test_every_equality_that_was_judged_is_kept_with_its_verdict(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("2*3 = 6 and 2*4 = 9\n", encoding="utf-8")
    found = check_file(path)
    assert [str(each).rpartition(": ")[2] for each in found.equalities] == ["2*3 = 6  holds", "the left side is 8"]
    assert (found.as_json()["judged"], len(found.alarms)) == (2, 1)


def test_the_notes_of_a_folder_are_read_without_code_and_packages(tmp_path: Path) -> None:
    for name in ("b.md", "a.tex", "in/c.ipynb", "in/d.py", ".hidden/e.md", "node_modules/f.md", "picture.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("2*3 = 6", encoding="utf-8")
    assert [path.relative_to(tmp_path).as_posix() for path in notes_in(tmp_path)] == ["a.tex", "b.md", "in/c.ipynb"]


def test_an_empty_name_is_no_folder() -> None:
    with pytest.raises(DataFileError, match="an empty name"):
        check_file("")


def test_latex(tmp_path: Path) -> None:
    text = (
        "\\newcommand{\\a}{1+1=3}\n\\begin{document}\n\\[ E = \\frac{1}{2}(0.3)^2 = 0.46 \\] % 1+1=3\n\\end{document}\n"
    )
    assert places(tmp_path / "notes.tex", text) == [(None, 3, 29)]


def test_a_notebook(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["$2 \\cdot 3 = 6$\n", "$2 \\cdot 3 = 7$"]},
        {"cell_type": "code", "source": "a = 1 + 1  # 1 + 1 = 3", "outputs": []},
    ]
    assert places(tmp_path / "lesson.ipynb", json.dumps({"cells": cells})) == [(1, 2, 14), (2, 1, 22)]


@pytest.mark.parametrize("name", ["missing.md", "picture.png", "broken.ipynb", "latin.md"])
def test_a_file_that_cannot_be_read_is_one_error(name: str, tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "broken.ipynb").write_text('{"cells": 3}')
    (tmp_path / "latin.md").write_bytes("é = 1 + 1 = 3".encode("latin-1"))
    with pytest.raises(DataFileError):
        check_file(tmp_path / name)


def test_the_alarm_says_where_and_what(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("w = 0.1 - 0.1*0.0084 = 0.09915\n")
    found = check_file(path)
    assert not found
    assert str(found.alarms[0]) == f"{path}:1:24: 0.1 - 0.1*0.0084 = 0.09915  is false: the left side is 0.09916"
    assert found.as_json()["false"][0]["exact"] == "0.09916"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "microgradnet", "check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_the_command_judges_lines_and_files(tmp_path: Path) -> None:
    (tmp_path / "right.md").write_text("2*3 = 6 and 1 + 1 = 2\n")
    (tmp_path / "wrong.md").write_text("2*3 = 7\n")
    assert run("0.1 - 0.1*0.0084 = 0.09916").returncode == 0
    assert run("2+2=5").returncode == 1
    done = run(str(tmp_path / "right.md"))
    assert (done.returncode, done.stdout) == (0, "2 equalities in 1 file judged, 0 false.\n")
    done = run(str(tmp_path / "right.md"), str(tmp_path / "wrong.md"))
    assert done.returncode == 1
    assert f"{tmp_path / 'wrong.md'}:1:7" in done.stdout
    done = run(str(tmp_path / "missing.md"), str(tmp_path / "wrong.md"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    found = json.loads(run("--json", "1+1=3", str(tmp_path / "wrong.md")).stdout)
    assert (found["lines"][0]["holds"], found["files"][0]["judged"]) == (False, 1)


AMBIGUOUS = """\
greedy gives 4+1+1 = 3 coins, the optimum is 3+3 = 2 coins

LoRA with rank 8: (4096*8) + (8*4096) = ~65,000 parameters

a 70B model takes $70 \\times 10^9 \\times 2 = 140$ GB

Median of `[22, 38, 26, 35, 54]` = **`35.0`**

RR = 1/2

RR = 1/3

- α = 0.01-0.1
- α = 1-10
- the rate 1 - 0.7 = 0.3 (30% of all)
- (28 - 3 + 2×1) / 1 + 1 = 28×28
- `list = [1, 2, 3]`
- `list = [1, 2, 3.5, 'Hello', True]`
"""


def test_what_is_no_arithmetic_of_its_own_is_left_alone(tmp_path: Path) -> None:
    assert places(tmp_path / "notes.md", AMBIGUOUS) == []
    assert places(tmp_path / "more.md", "LoRA: (4096*8) + (8*4096) = ~75,000\n\n4+1+1 = 7 coins, 70*2 = 150 GB\n") != []


def test_a_block_of_code_ends_at_a_fence_as_long_as_its_own(tmp_path: Path) -> None:
    text = "````python\n1 + 1 = 3\n```\n1 + 1 = 4\n````\n1 + 1 = 5\n"
    assert places(tmp_path / "notes.md", text) == [(None, 6, 9)]
    assert places(tmp_path / "open.md", "---\n1 + 1 = 3\n") == [(None, 2, 9)]  # a rule, no front matter


@pytest.mark.parametrize(
    "text",
    [
        "R = 0.25\n\nAbout $R^2 = (-0.97)^2 = 0.94$",  # the square of a name
        "e² = 0.04",
        "The quartiles hold 75 - 25 = 50% of the data, and 60 cos(30) = 30√3.",
        "x = 0\n\ny = 0\n\nthe cylinder $x^2 + y^2 = 1$",
        "σ = 3\n\nSolve $0.67 = \\frac{150}{σ}$",  # an equation
        "α = 0.05\n\nEach of $K = 3\\times2/2 = 3$ tests uses $α = 0.05/3$.",  # a definition later in a line
        "| S | $|S| - 2\\sqrt 2 = 4.4\\times 10^{-16}$ | 3 |",
        "the mean **0.408248** $=1/\\sqrt6$",
        "Tier 1 #129–132 = +4",
        "net migration (2019-2024) = 6.9% of the population",
        "3.2 + 1.96 ± \n0.10388\n= (3.09612,\\ 3.30388)",
        "U = 1.5 · 25.4 · 33.3 = 1270 J",
        "35^80 ≈ 10^{123}",
        "8^8 ≈ 17 Millionen",
        "2^0 + 2^1 + ... + 2^8 = 2^9 - 1",
        "TP = 2\n\nall are actually 0! TP = 0",
        "||e|| = 1",
        "0010 + 1110 = 10000",
        "5 × 10−3 × 2 = 0.01",
        "r = 100 / (3.1623 × 31.6228) = 100/100",
    ],
)
def test_what_is_no_false_arithmetic_raises_no_alarm(tmp_path: Path, text: str) -> None:
    assert places(tmp_path / "notes.md", text) == []
