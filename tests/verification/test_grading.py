"""Grading: marks are those of an independent count, and nobody's file changes another's."""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any

import pytest

from microgradnet.cli import main
from microgradnet.errors import ArgumentError
from microgradnet.verification import Verdict, grading, library
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
    return one.key, folder, students, grade(one.key, paths(folder))


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
    after = marks_of(grade(key, paths(tmp_path), workers=2))
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


# A key whose names for hidden neurons stand in its text alone, and what an answer earns for each of its lines.
OF_THE_TEXT = """+++
names = {y = "a2[1]", v1 = "w2[1,1]", v2 = "w2[1,2]"}
step = {eta = 0.5}
[network]
inputs = [0.1, 0.2]
targets = [0.9]
loss = "half_squared_error"
layers = [{weights = [[0.2, 0.25], [0.3, 0.35]], biases = 0.4, activation = "sigmoid"},
  {weights = [[0.45, 0.5]], biases = 0.65, activation = "sigmoid"}]
+++
    H1_net = 0.1*w1[1,1] + 0.2*w1[1,2] + b1 = 0.47; H1 = sigmoid(H1_net) = 0.6154
    H2 = sigmoid(0.1*w1[2,1] + 0.2*w1[2,2] + b1) = 0.6225
    y_net = H1*v1 + H2*v2 + b2 = 1.2382; y = sigmoid(y_net) = 0.7752
    dv1 = delta2[1]*H1 = -0.01338
    new v1 = v1 - 0.5*dv1 = 0.4567
"""
MARKED = {
    "right": (
        "H1_net = 0.47\nH1 = 0.61538\ny_net = 1.238\ndv1 = -0.0134\nnew v1 = 0.4567",
        [1, 1, None, 1, None, 1, 1],
    ),
    "its own alone": ("H1_net = 0.47\nH1 = 0.651\nH2 = 0.6225\ny = 0.7752", [1, 0, 1, None, 1, None, None]),
    "carried on": (
        "H1 = 0.651\ny_net = 0.651*0.45 + 0.6225*0.5 + 0.65 = 1.2542",
        [None, 0, None, 0.5, None, None, None],
    ),
    "in letters": ("H1 = 0.6154\ny_net = H1*v1 + b2 = 1.2382", [None, 1, None, 1, None, None, None]),
    "no figure": ("H1 = sigmoid(H1_net)\ny = y\nH2 = 0.7 = H2", [None, None, 0, None, None, None, None]),
}


@pytest.mark.parametrize("case", MARKED)
def test_names_of_the_text_of_a_key_hold_for_answers(case: str) -> None:
    answer, marks = MARKED[case]
    report = grade(OF_THE_TEXT, {case: answer})
    assert list(report.asked.values()) == ["H1_net", "H1", "H2", "y_net", "y", "dv1", "new v1"]
    (marked,) = report
    given = [marked.marks[asked] if asked in marked.findings else None for asked in report.asked]
    assert given == marks
    assert sum(mark or 0 for mark in marks) == marked.total


def test_each_wrong_line_loses_its_own_mark() -> None:
    given = [line.split(" = ") for line in MARKED["right"][0].split("\n")]
    answers = {
        wrong: "\n".join(f"{name} = {number.replace('4', '7') if name == wrong else number}" for name, number in given)
        for wrong in ("H1_net", "dv1", "new v1")
    }
    report = grade(OF_THE_TEXT, answers)
    assert [answer.total for answer in report] == [4.0] * 3
    assert [answer.first_wrong and report.asked[answer.first_wrong.quantity] for answer in report] == list(answers)


def test_the_first_wrong_figure_is_worked_out_where_a_formula_of_the_key_is_a_node() -> None:
    key = OF_THE_TEXT.replace("0.1*w1[1,1] + 0.2*w1[1,2]", "x[1]*w1[1,1] + x[2]*w1[1,2]")
    report = grade(key, {"Ada": "H1_net = 0.47\nH1 = 0.77"})
    derivation = report.derivation(report[0])
    assert derivation is not None
    assert derivation.value == pytest.approx(0.615383756)
    assert "z1[1] = 0.47" in str(derivation)


def test_a_name_of_several_words_is_that_of_the_key_alone() -> None:
    key = OF_THE_TEXT + "    q after 1 step = 2*v1 = 0.9\n"
    report = grade(key, {"Ada": "q after 1 step = 0.9", "Bob": "g after 1 step = 0.9"})
    assert [answer.total for answer in report] == [1.0, 0.0]


# A key of lists, whose steps between numbers are nobody's question.
OF_LISTS = r"""+++
names = {logits = "z1", y_pred = "a1", "W update" = "dE/dw1^T"}
[network]
inputs = [1.0, 2.0]
targets = [0, 1]
loss = "categorical_crossentropy"
layers = [{weights = [[0.2, -0.5], [-0.3, 0.7]], activation = "softmax"}]
+++
$$ \text{logits} = \begin{bmatrix} -0.8 & 1.1 \end{bmatrix} $$
$$ \exp = [e^{-1.9}, e^0] ≈ [0.150, 1.0]; \text{sum} = 0.150 + 1.0 = 1.150 $$
$$ y_{\text{pred}} = [0.130, 0.870] $$
$$ \text{W update} = \begin{bmatrix} 0.130 & -0.130 \\ 0.260 & -0.260 \end{bmatrix} $$
"""


def test_any_page_that_verifies_is_a_key(tmp_path: Path) -> None:
    wrong = OF_LISTS.replace("0.870]", "0.780]")
    report = grade(OF_LISTS, {"Ada": OF_LISTS, "Bob": wrong})
    assert [answer.total for answer in report] == [8.0, 7.0]
    report.save(tmp_path)
    bob = (tmp_path / "feedback" / "002-Bob.md").read_text(encoding="utf-8")
    assert "7 / 8" in bob
    assert "How a1[2] is worked out" in bob


# Of two samples and of a name that is used again.
OF_SAMPLES = """+++
[network]
inputs = [[0.35, 0.9], [0.1, 0.2]]
targets = [[0.5], [1.0]]
loss = "half_squared_error"
layers = [{ weights = [[0.3, 0.9]], biases = [0.1], activation = "sigmoid" }]
[names]
out = "a1[1]"
+++
## Sample 1

    out = 0.7339
    h = 2*out = 1.468

## Sample 2

    out = 0.577
    h = 3*out = 1.731
"""


def test_figures_that_a_key_calls_alike_are_told_apart() -> None:
    report = grade(OF_SAMPLES, {"Ada": OF_SAMPLES, "Bob": OF_SAMPLES.replace("1.731", "1.468")})
    titles = list(report.asked.values())
    assert titles == ["a1[1] of sample 1", "h (1)", "a1[1] of sample 2", "h (2)"]
    assert [list(answer.marks.values()) for answer in report] == [[1, 1, 1, 1], [1, 1, 1, 0]]


def test_the_order_of_the_key_itself_earns_the_mark() -> None:
    """The article's own figures after rounds hold in another order, and so do those of who did as it does."""
    key = library.text("mazur-2015")
    (marked,) = grade(key, {"Ada": key})
    others = [asked for asked, finding in marked.findings.items() if finding.verdict is Verdict.OTHER_ORDER]
    assert others
    assert all(marked.marks[asked] == 1.0 for asked in others)


def test_what_fails_for_one_answer_is_told_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    report = grade(one.key, {"Ada": "E = 99", "Bob": one.key})
    monkeypatch.setattr(report, "_derive", lambda sheet, quantity, figures: 1 // 0)
    report.save(tmp_path)
    pages = [path.read_text(encoding="utf-8") for path in sorted(tmp_path.rglob("feedback/*"))]
    assert ["ZeroDivisionError" in page for page in pages] == [True, True, False, False]
    monkeypatch.setattr(grading, "PageReader", lambda *arguments, **options: 1 // 0)
    (none,) = grade(one.key, {"Ada": "E = 99"})
    assert "ZeroDivisionError" in none.problem


TABLES = {
    "quantity,answer\nz1[1],{z}\n": 1.0,
    "quantity;answer\nz1[1];{comma}\nE;{E}\n": 2.0,
    "a1[1],{a}\nE,{E}\n": 2.0,
    "Name,loss,node\nAda,1,2\n": "a column for each asked figure; got columns 'Name, loss, node'",
    "Name,mark\nAda,1\n": "a column for each asked figure; got columns 'Name, mark'",
    "z1[1],E\n": "a table without rows",
}


@pytest.mark.parametrize("text", TABLES)
def test_a_table_of_one_student_and_one_of_something_else(text: str, tmp_path: Path) -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    z, a, E = one.answers
    path = tmp_path / "dora.csv"
    path.write_text(text.format(z=z, a=a, E=E, comma=z.replace(".", ",")))
    (marked,) = grade(one.key, path)
    assert marked.name == str(path)
    if isinstance(TABLES[text], str):
        assert TABLES[text] in marked.problem
    else:
        assert (marked.total, marked.problem) == (TABLES[text], "")


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


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["microgradnet", *arguments])
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0), out.getvalue()


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def status(*arguments: str) -> int:
        return run(tmp_path, monkeypatch, *arguments)[0]

    assert status("exercise", "--ask", "gradients", "--count", "2", "--seed", "7", "--out", "ex") == 0
    assert status("verify", "ex/001-key.md", "--no-draw") == 0
    answers = ("ex/001-key.md", "ex/002-key.md", "ex/none.md")
    (tmp_path / "ex" / "none.md").write_bytes(b"\0")
    assert status("grade", "ex/001-key.md", *answers, "--out", "marks", "--workers", "1") == 2
    assert {path.name for path in (tmp_path / "marks").iterdir()} == {"marks.csv", "teacher.html", "feedback"}
    assert len(list((tmp_path / "marks" / "feedback").iterdir())) == 6
    assert status("exercise", "--slip", "sign", "--format", "notebook", "--out", "error") == 0
    assert status("exercise", "--slip", "nonsense", "--out", "error") == 2
    assert status("new", "page.md", "--network", "2-3-1") == 0
    assert status("new", "page.md") == 2
    assert status("verify", "page.md", "--no-draw") == 0
    status_, schema = run(tmp_path, monkeypatch, "schema")
    assert (status_, json.loads(schema)["title"]) == (0, "microgradnet worksheet")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no pseudo-terminals")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_keeps_what_is_done(workers: str, tmp_path: Path) -> None:
    """In a terminal of its own, whose bar says how many are done; Ctrl-C goes to every process there."""
    (one,) = exercises(seed=2)
    (tmp_path / "key.md").write_text(one.key, encoding="utf-8")
    lines = "\n".join(f"{name} = {text}" for name, text in zip(one.asked, one.answers, strict=True))
    answers = [f"{number}.txt" for number in range(320)]
    for number, name in enumerate(answers):
        (tmp_path / name).write_text(f"{lines}\nNumber {number}\n", encoding="utf-8")
    command = [sys.executable, "-m", "microgradnet", "grade", "key.md", *answers, "--workers", workers, "--out", "out"]
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, text=True, start_new_session=True
    )
    os.close(theirs)
    seen = ""
    while not re.search(r"\b[1-9]\d*/320\b", seen):
        seen += os.read(ours, 4096).decode(errors="replace")
    os.killpg(process.pid, signal.SIGINT)
    drain = threading.Thread(target=swallow, args=(ours,))
    drain.start()
    printed, _ = process.communicate(timeout=60)
    drain.join()
    os.close(ours)
    rows = list(csv.DictReader((tmp_path / "out" / "marks.csv").read_text(encoding="utf-8").splitlines()))
    assert process.returncode == 130
    assert 0 < len(rows) < 320
    assert f"Stopped before the end: {320 - len(rows)} more were not marked." in printed
    assert "Traceback" not in printed


def swallow(terminal: int) -> None:
    """Read what is left of a terminal's output, until nobody has it open any more."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 4096):
            pass


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_answers_may_be_a_data_frame(library: str) -> None:
    frames = pytest.importorskip(library)
    (one,) = exercises("1-1", ask="forward", seed=1)
    z, a, E = one.answers
    columns = {"Name": ["Ada", "Bob", "Cy"], "z1[1]": [z, "9", None], "a1[1]": [float(a)] * 3, "E": [E, None, E]}
    report = grade(
        one.key, frames.DataFrame(columns, strict=False) if library == "polars" else frames.DataFrame(columns)
    )
    assert [(answer.name, answer.total) for answer in report] == [("Ada", 3.0), ("Bob", 1.0), ("Cy", 2.0)]


def test_what_could_not_be_read_is_said_a_few_times() -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    (marked,) = grade(one.key, {"Ada": "E = ((\n" * 100})
    assert len(marked.notes) == 13
    assert marked.notes[-1] == "88 more lines are wrong or could not be read."
    (none,) = grade(one.key, {"Bob": "I was ill."})
    assert none.notes == ("No figure of the key was found in it.",)
    (large,) = grade(one.key, {"Cy": "E = 1 + 1\n" * 6000})
    assert "at most 50000 bytes" in large.problem


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


# Digits of an answer, and what it earns: z1[1], a1[1] and E of the key are 0.3300, 0.5818 and 0.0866 (0.08658...).
DIGITS = {
    "as the key": ("0.3300", "0.5818", "0.0866", [1, 1, 1]),
    "zeros left out": ("0.33", "0.5818", ".0866", [1, 1, 1]),
    "rounded to whole numbers": ("0", "1", "0", [0, 0, 0]),
    "rounded to one digit": ("0.3", "0.6", "0.1", [0, 0, 0]),
    "rounded to two": ("0.33", "0.58", "0.09", [1, 0, 0]),
    "three digits": ("33e-2", "0.582", "0.0866", [1, 1, 1]),
    "more, from rounded figures": ("0.33", "0.581759", "0.086598", [1, 1, 1]),
    "more, carried on": ("0.33", "0.58184", "0.086553", [1, 1, 1]),
    "more, and another figure": ("0.33001", "0.58187", "0.086549", [1, 0, 0]),
}


@pytest.mark.parametrize("case", DIGITS)
def test_figures_are_held_to_the_digits_of_the_key(case: str) -> None:
    key = """+++
[network]
inputs = [0.6]
targets = [0.9979]
loss = "half_squared_error"
layers = [{ weights = [[0.5]], biases = [0.03], activation = "sigmoid" }]
+++
    z1[1] = 0.3300
    a1[1] = 0.5818
    E = 0.0866
"""
    *figures, marks = DIGITS[case]
    text = "\n".join(f"{name} = {figure}" for name, figure in zip(("z1[1]", "a1[1]", "E"), figures, strict=True))
    (marked,) = grade(key, {"Ada": text})
    assert list(marked.marks.values()) == marks


def test_a_key_with_a_wrong_figure_is_refused_and_one_that_says_so_is_not() -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    wrong = one.key.replace(f"= {one.answers[0]}", "= 9.99")
    with pytest.raises(ArgumentError, match=r"a key verifies; got z1\[1\] = 9.99"):
        grade(wrong, {"Ada": one.key})
    (marked,) = grade(wrong.replace("9.99", "9.99  # wrong: a misprint"), {"Ada": one.key})
    assert marked.total == 3


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_is_a_number_from_zero(weight: float) -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    with pytest.raises(ArgumentError, match="a weight is a number from 0"):
        grade(one.key, {"Ada": one.key}, weights={"E": weight})


def test_the_class_sees_that_lines_could_not_be_read() -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    report = grade(one.key, {"Ada": "z1[1] = n/a\na1[1] = n/a\nE = n/a", "Bob": ""})
    rows = list(csv.DictReader(io.StringIO(report.csv())))
    assert rows[0]["explanation"].startswith("not judged: line 1, column 9: n/a")
    assert rows[0]["explanation"].endswith("; 2 more could not be read")
    assert rows[1]["explanation"] == "No figure of the key was found in it."
    assert "n/a" in str(report)


def test_a_line_that_can_t_be_judged_costs_no_other_line() -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    lines = [f"{name} = {text}" for name, text in zip(one.asked, one.answers, strict=True)]
    (marked,) = grade(one.key, {"Ada": "\n".join([lines[0], "E = w1[1,1]*exp(exp(exp(99)))", *lines[1:]])})
    assert (marked.total, marked.problem) == (3, "")
    assert len(marked.notes) == 1


def test_a_colon_stands_for_an_equals_sign_behind_a_name_of_the_key() -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    z, a, E = one.answers
    text = f"z1[1]: {z}\na_1[1] :{a}\nE： {E}\nNote: 3 = 4\nz1[1]: 0.1 -> 0.2"
    (marked,) = grade(one.key, {"Ada": text})
    assert [marked.marks[name] for name in ("a1[1]", "E")] == [1, 1]
    (marked,) = grade(one.key, {"Ada": text.replace("\nz1[1]: 0.1 -> 0.2", "")})
    assert marked.total == 3


def test_the_teacher_sees_in_which_figure_a_slip_was_made(tmp_path: Path) -> None:
    (one,) = exercises("1-1", ask="forward", seed=1)
    z, _, E = one.answers
    grade(one.key, {"Ada": f"z1[1] = -{z}", "Bob": f"E = -{E}"}).save(tmp_path)
    page = (tmp_path / "teacher.html").read_text(encoding="utf-8")
    assert "Ada (z1[1]), Bob (E)" in page
    assert "Mean 0 of 3." in page


@pytest.mark.parametrize("network", ["2-2-2", "1-2-3"])
def test_a_minus_t_follows_from_a_wrong_output_of_a_softmax(network: str) -> None:
    """With cross-entropy the derivatives of the softmax and of the loss cancel to a - t, with whatever a is printed."""
    (one,) = exercises(network, output="softmax", ask=("forward", "deltas", "gradients"), seed=3)
    figures = dict(zip(one.asked, map(float, one.answers), strict=True))
    right = next(j for j, t in enumerate(tomllib.loads(one.front)["network"]["targets"], 1) if t)
    for wrong in range(1, int(network[-1]) + 1):
        said = dict(figures)
        said[f"a2[{wrong}]"] += 0.0731
        said[f"delta2[{wrong}]"] = said[f"a2[{wrong}]"] - (wrong == right)
        for k in (1, 2):
            said[f"dE/dw2[{wrong},{k}]"] = said[f"delta2[{wrong}]"] * figures[f"a1[{k}]"]
        text = "\n".join(f"{name} = {said[name]:.4f}" for name in said)
        (marked,) = grade(one.key, {"Ada": text})
        carried = [f"delta2[{wrong}]", f"dE/dw2[{wrong},1]", f"dE/dw2[{wrong},2]"]
        assert marked.marks[f"a2[{wrong}]"] == 0
        assert [marked.marks[name] for name in carried] == [0.5] * 3


@pytest.mark.parametrize("workers", [1, 2])
def test_equal_parts_of_answers_are_kept_once(workers: int) -> None:
    (one,) = exercises("1-2-1", ask="forward", seed=5)
    wrong = one.key.replace(f"E = {one.answers[-1]}", "E = 0.7777")
    report = grade(one.key, {"a": one.key, "b": f"{one.key}\n", "c": wrong, "d": wrong}, workers=workers)
    first, second, third, fourth = report
    assert first.marks is second.marks
    assert third.marks is fourth.marks
    for one_of, other in ((first, second), (third, fourth)):
        assert one_of.findings == other.findings
        assert all(one_of.findings[asked] is other.findings[asked] for asked in one.asked)
    assert third.findings["E"].printed == "0.7777"
    assert third.total == first.total - 1


def test_a_weight_may_be_for_a_group_and_a_figure_of_it_for_itself() -> None:
    (one,) = exercises("2-1", ask=("gradients", "updates"), seed=1)
    (marked,) = grade(one.key, {"Ada": one.key}, weights={"dE/dw1[1,2]": 5, "new": 0, "dE/dw1": 2})
    assert marked.marks == {"dE/dw1[1,1]": 2, "dE/dw1[1,2]": 5, "new w1[1,1]": 0, "new w1[1,2]": 0}
    with pytest.raises(ArgumentError, match="a weight is for a figure of the key; got 'dE/dw'"):
        grade(one.key, {"Ada": one.key}, weights={"dE/dw": 2})


def test_terms_that_cancel_after_a_lost_sign_follow() -> None:
    key = """+++
[network]
inputs = [0.4]
targets = [0.9, 0.2]
loss = "half_squared_error"
layers = [
  { weights = [[0.7]], biases = [0.1], activation = "sigmoid" },
  { weights = [[0.5], [-0.5]], biases = [0.2, 0.2], activation = "identity" },
]
+++
    z2[1] = 0.4969
    z2[2] = -0.0969
    delta2[1] = -0.4031
    delta2[2] = -0.2969
    dE/da1[1] = -0.0531
    delta1[1] = -0.0128
"""
    (marked,) = grade(key, {"Ada": "delta2[1] = -0.4031\ndelta2[2] = -0.4031\ndE/da1[1] = 0.0000\ndelta1[1] = 0.0000"})
    assert [marked.marks[name] for name in ("delta2[2]", "dE/da1[1]", "delta1[1]")] == [0, 0.5, 0.5]
    (lazy,) = grade(key, {"Bob": "delta2[1] = -0.4031\ndelta2[2] = -0.4031\ndE/da1[1] = 0\ndelta1[1] = 0"})
    assert lazy.total == 1


@pytest.mark.parametrize("written", ["δ1[2]", "\\delta1[2]", "δ_1[2]", "δ^{(1)}_2", "δ_2^{(1)}", "DELTA1[2]"])
def test_a_delta_has_its_layer_before_its_unit_as_every_name(written: str) -> None:
    (one,) = exercises("2-2-2", ask="deltas", seed=5)
    (marked,) = grade(one.key, {"Ada": f"{written} = 9.123"})
    assert list(marked.findings) == ["delta1[2]"]


@pytest.mark.parametrize("written", ["a1(2)", "A1(2)", "a1 (2)"])
def test_a_name_that_can_be_read_in_two_ways_is_not_judged(written: str) -> None:
    """The second unit of layer 1, or the first of layer 2."""
    (one,) = exercises("2-2-2", ask="forward", seed=5)
    (marked,) = grade(one.key, {"Ada": f"{written} = 0.5123\nA1[2] = 0.4123\na2(2) = 0.3123"})
    assert list(marked.findings) == ["a1[2]", "a2[2]"]
    assert "not judged: line 1" in marked.notes[0]
