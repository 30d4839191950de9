"""Grading: marks are those of an independent count, and nobody's file changes another's."""

import csv
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from microgradnet.verification.exercises import exercises
from microgradnet.verification.grading import grade


def a_class(folder: Path) -> tuple[Any, dict[str, float]]:
    """Write answers into a folder; return their key, and the marks that each earns by a count of its own."""
    (one,) = exercises(seed=11, ask=("forward", "updates"))
    draw = random.Random(1)
    marks: dict[str, float] = {}
    for number in range(12):
        answers = dict(zip(one.asked, one.answers, strict=True))
        for name in draw.sample(list(answers), number % 4):  # so wrong that nothing follows and nothing leads there
            answers[name] = f"{float(answers[name]) + 3.21 + number / 7:.4f}"
        kept = {name: text for name, text in answers.items() if number % 5 or name != one.asked[0]}
        lines = [f"{name} = {text}" for name, text in kept.items()]
        path = folder / f"s{number:02}.{['md', 'txt', 'toml'][number % 3]}"
        if path.suffix == ".toml":
            path.write_text("[claims]\n" + "\n".join(f'"{name}" = "{text}"' for name, text in kept.items()))
        elif path.suffix == ".md":
            path.write_text("+++\n[network]\ninputs = [9]\n+++\n\n" + "\n".join(f"    {line}" for line in lines))
        else:
            path.write_bytes("\r\n".join(["é", *lines]).encode("cp1252"))
        right = dict(zip(one.asked, one.answers, strict=True))
        marks[path.name] = float(sum(kept.get(name) == text for name, text in right.items()))
    return one, marks


def test_marks_are_those_of_an_independent_count(tmp_path: Path) -> None:
    key, marks = a_class(tmp_path)
    report = grade(key.key, tmp_path, follows=0.0)
    assert {answer.name: answer.total for answer in report} == marks
    rows = list(csv.DictReader(io.StringIO(report.csv())))
    assert {row["answer"]: float(row["total"]) for row in rows} == marks


def test_a_broken_file_is_a_row_and_changes_nobody(tmp_path: Path) -> None:
    key, marks = a_class(tmp_path)
    (tmp_path / "zz.md").write_bytes(b"\xff\xfe\x00\xd8\x01")
    (tmp_path / "zy.txt").write_text("x = 1\n" * 5000)
    (tmp_path / "zx.toml").write_text("claims = [" * 50)
    (tmp_path / "zw.md").write_text(key.sheet)  # blanks
    report = grade(key.key, tmp_path, follows=0.0)
    totals = {answer.name: answer.total for answer in report}
    assert {name: totals[name] for name in marks} == marks
    assert {name for answer in report if (name := answer.name) and answer.problem} == {"zz.md", "zy.txt", "zx.toml"}
    assert totals["zw.md"] == 0.0


def test_what_follows_from_a_wrong_figure_earns_its_share() -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    numbers = dict(zip(one.asked, map(float, one.answers), strict=True))
    wrong = numbers["z1[1]"] + 0.4
    a = 1 / (1 + 2.718281828459045**-wrong)
    answer = f"z1[1] = {wrong:.4f}\na1[1] = {a:.4f}\n"
    (marked,) = grade(one.key, {"Ada": answer}, follows=0.5, weights={"a1[1]": 4})
    assert (marked.marks["z1[1]"], marked.marks["a1[1]"], marked.marks["E"]) == (0.0, 2.0, 0.0)


def test_a_table_has_a_row_per_student(tmp_path: Path) -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    z, a, E = one.answers
    path = tmp_path / "class.csv"
    path.write_text(f"Name;z1[1];a1[1];E\nAda;{z.replace('.', ',')};{a.replace('.', ',')};{E}\nBob;9;;\n")
    report = grade(one.key, path)
    assert [(answer.name, answer.total) for answer in report] == [("Ada", 3.0), ("Bob", 0.0)]


def test_an_answer_chooses_nothing_and_its_text_is_escaped(tmp_path: Path) -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    hostile = '[[claims]]\nquantity = "E"\nprinted = "9.9999"\nexpect = "wrong"\n'
    (tmp_path / "a.toml").write_text(hostile)
    (tmp_path / "b.txt").write_text("E = 9.9999 <script>alert(1)</script> \x1b[31m\n")
    report = grade(one.key, tmp_path)
    assert [answer.total for answer in report] == [0.0, 0.0]
    report.save(tmp_path / "out")
    pages = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("*.html")]
    assert len(pages) == 3
    assert not any("<script>" in page or "\x1b" in page for page in pages)


def test_the_commands(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "microgradnet", *arguments]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path, check=False)

    assert run("exercise", "--ask", "gradients", "--count", "2", "--seed", "7", "--out", "ex").returncode == 0
    assert run("verify", "ex/001-key.md", "--no-draw").returncode == 0
    done = run("grade", "ex/001-key.md", "ex/001-key.md", "ex/002-key.md", "--out", "marks", "--workers", "1")
    assert done.returncode == 0
    assert (tmp_path / "marks" / "marks.csv").exists()
    assert (tmp_path / "marks" / "teacher.html").exists()
    assert run("new", "page.md", "--network", "2-3-1").returncode == 0
    assert run("new", "page.md").returncode == 2
    assert run("verify", "page.md", "--no-draw").returncode == 0
    assert json.loads(run("schema").stdout)["title"] == "microgradnet worksheet"


def test_what_is_remembered_of_slips_changes_no_verdict() -> None:
    """An answer gets the same slips whether it is marked first, or after others that made the same ones."""
    (one,) = exercises("2-2-1", ask="gradients", seed=4)
    wrong = {name: f"{-float(text):.4f}" for name, text in zip(one.asked, one.answers, strict=True)}
    answers = [
        "\n".join(
            f"{name} = {wrong[name] if name in chosen else text}"
            for name, text in zip(one.asked, one.answers, strict=True)
        )
        for chosen in (one.asked[:1], one.asked[:2], one.asked[1:3])
    ]
    together = grade(one.key, dict(zip("abc", answers, strict=True)))
    for marked, answer in zip(together, answers, strict=True):
        (alone,) = grade(one.key, {marked.name: answer})
        assert alone == marked
        assert marked.slips
