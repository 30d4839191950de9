"""Grading: marks are those of an independent count, and nobody's file changes another's."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from microgradnet.verification.exercises import exercises
from microgradnet.verification.feedback import GradeReport
from microgradnet.verification.grading import grade
from tests.verification import a_class


@pytest.fixture(scope="module")
def forty(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, list[a_class.Student], GradeReport]:
    """A class of forty: the key, the folder of its answers, what they are worth, and the report on them."""
    folder = tmp_path_factory.mktemp("class")
    (one,) = exercises(seed=11, ask=("forward", "deltas", "updates"), digits=a_class.DECIMALS)
    students = a_class.make(one.front, folder)
    return one.key, folder, students, grade(one.key, paths(folder), workers=None)


def paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file())


def marks_of(report: GradeReport) -> dict[str, dict[str, float]]:
    return {Path(answer.name).name: dict(answer.marks) for answer in report if not answer.problem}


def test_a_class_gets_the_marks_of_an_independent_count(forty: Any) -> None:
    _, _, students, report = forty
    assert len(report) == 40
    assert marks_of(report) == {student.name: student.marks for student in students}
    rows = list(csv.DictReader(io.StringIO(report.csv())))
    assert sum(float(row["total"]) for row in rows) == sum(sum(student.marks.values()) for student in students)
    assert [Path(answer.name).name for answer in report if answer.problem] == ["s28-broken.md", "s29-endless.txt"]


def test_each_slip_is_named_where_it_was_made(forty: Any) -> None:
    _, _, students, report = forty
    found = {Path(answer.name).name: answer for answer in report}
    for student in students:
        for slip in student.slips:
            figure, words = a_class.SLIPS[slip]
            explanation = found[student.name].findings[figure].explanation
            assert any(word in explanation for word in words), (student.name, student.slips, slip, explanation)


def test_a_broken_file_changes_nobody_else(forty: Any, tmp_path: Path) -> None:
    key, folder, _, report = forty
    before = marks_of(report)
    for path in paths(folder)[:6]:
        shutil.copy(path, tmp_path)
    broken, *others = paths(tmp_path)
    broken.write_bytes(b"\xff\xfe\x00\xd8\x01")
    after = marks_of(grade(key, paths(tmp_path)))
    assert after == {path.name: before[path.name] for path in others}


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
