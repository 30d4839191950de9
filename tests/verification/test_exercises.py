"""Exercises: keys verify, slips can be told from right answers, and others read the sheets back."""

import html
import io
import itertools
import json
import math
import re
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet.errors import ArgumentError
from microgradnet.nn import losses
from microgradnet.verification.exercises import exercises, plant
from microgradnet.verification.figure import Figure
from microgradnet.verification.handouts import Exercise, moodle_xml, qti_zip
from microgradnet.verification.judging import possible_slips
from microgradnet.verification.otherwise import PEN, Otherwise
from microgradnet.verification.report import Claim
from microgradnet.verification.runs import GraphRun
from microgradnet.verification.slips import SLIPS

ASK = ("forward", "deltas", "gradients", "updates")
SETTINGS: list[dict[str, Any]] = [
    {"network": "2-2-1", "ask": ("forward", "gradients", "updates")},
    {"network": "3-3-2", "output": "softmax"},
    {"network": "2-3-1", "activation": "tanh", "output": "sigmoid", "loss": "binary_cross_entropy", "digits": 3},
    {"network": "2-2-2", "activation": "relu", "output": "linear", "ask": "deltas"},
    {"network": "1-1", "ask": "updates", "eta": 0.1},
    {"network": "2-2-2-1", "digits": 6},
    {"network": "1-2-3", "output": "softmax", "ask": ("forward", "deltas")},
]
FORTY = [
    {"network": network, **kind, "ask": ask}
    for network, kind, ask in itertools.product(
        ("2-2-1", "1-2-1", "2-3-2", "3-2-2", "2-2-2-2"),
        (
            {"activation": "sigmoid"},
            {"activation": "tanh", "output": "sigmoid", "loss": "binary_cross_entropy"},
            {"activation": "relu", "output": "linear"},
            {"activation": "tanh", "digits": 5},
        ),
        (("forward", "gradients"), ASK),
    )
]
# The numbers of a sheet: those of its front matter, but for names such as w1 and for half_squared_error.
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")


def check(one: Exercise) -> None:
    """A key verifies, its numbers are friendly, and its sheet has a blank for each answer."""
    report = mg.Worksheet.from_text(one.key, "key.md").verify()
    assert [finding.printed for finding in report] == list(one.answers)
    assert {finding.verdict.value for finding in report} <= {"exact", "rounded"}
    assert one.sheet.count("____") == len(one.asked) > 0
    digits = [number.strip("-").replace(".", "").strip("0") for number in NUMBER.findall(one.front)]
    assert max(map(len, digits)) <= 2


@pytest.mark.parametrize("options", SETTINGS, ids=lambda options: options["network"])
def test_every_key_verifies_and_no_sheet_repeats(options: dict[str, Any]) -> None:
    made = exercises(count=2, seed=3, **options)
    assert len({each.sheet for each in made}) == 2
    for each in made:
        check(each)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [pytest.param(each, marks=[pytest.mark.long] if place % 4 else []) for place, each in enumerate(FORTY)],
    ids=lambda each: f"{each['network']} {each['activation']} {len(each['ask'])}",
)
def test_a_thousand_sheets(options: dict[str, Any]) -> None:
    made = exercises(count=25, seed=9, **options)
    assert len({each.sheet for each in made}) == 25
    for each in made:
        check(each)
        assert hidden(each) == set()


def hidden(one: Exercise) -> set[str]:
    """The slips of the table that leave every answer as it is printed, though they change what is printed."""
    calculation = mg.Worksheet.from_text(one.key, "key.md").calculation
    changed: dict[str, bool] = {}
    for name, answer in zip(one.asked, one.answers, strict=True):
        quantity = calculation.read(name)
        for slip, words, change in possible_slips(calculation, Claim(quantity, Figure.parse(answer))):
            if slip.rank == PEN or slip.name == "difference quotient" or changed.get(words):
                continue
            try:
                run = GraphRun(calculation.loss, calculation.descent, change if isinstance(change, Otherwise) else None)
                value = calculation.reading(run).evaluate(quantity) if isinstance(change, Otherwise) else change
            except (ArithmeticError, ValueError):
                value = math.nan  # the slip leads to no number
            if not abs(value - calculation.evaluate(quantity)) <= 1e-12:
                changed[words] = changed.get(words, False) or not Figure.parse(answer).is_rounding_of(value)
    return {words for words, is_seen in changed.items() if not is_seen}


@pytest.mark.parametrize("options", SETTINGS[2:5], ids=lambda options: options["network"])
def test_every_slip_of_the_table_changes_an_answer(options: dict[str, Any]) -> None:
    for each in exercises(count=1, seed=8, **options):
        assert hidden(each) == set()


def test_figures_too_coarse_to_tell_a_slip_are_refused() -> None:
    """A step of 0.01 on gradients of some hundredths changes no third decimal."""
    with pytest.raises(ArgumentError, match="no answer tells that"):
        exercises("1-1", ask="updates", digits=3, eta=0.01)


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, second = (exercises(count=2, seed=5) for _ in range(2))
    assert [each.key for each in first] == [each.key for each in second]
    assert moodle_xml(first) == moodle_xml(second)
    assert qti_zip(first) == qti_zip(second)
    assert exercises(seed=6)[0].key != first[0].key


@pytest.mark.parametrize(
    "options",
    [
        {"network": "2"},
        {"network": "9-9"},
        {"ask": "all"},
        {"digits": 1},
        {"count": 0},
        {"eta": -1},
        {"eta": 0.5, "ask": "gradients"},
        {"output": "softmax"},
    ],
)
def test_bad_settings_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        exercises(**options)


# ---- Read back by others


def test_moodle_s_questions_have_the_answers_and_their_tolerance() -> None:
    """A reader of Moodle's cloze syntax, {MARKS:NUMERICAL:=ANSWER:TOLERANCE}, as its documentation has it."""
    made = exercises(count=2, seed=5, ask="gradients")
    quiz = ElementTree.fromstring(moodle_xml(made))
    assert [question.get("type") for question in quiz.iterfind("question")] == ["category", "cloze", "cloze"]
    assert quiz.findtext("question/category/text") == "$course$/A 2-2-1 network by hand"
    for text, each in zip(quiz.iterfind("question/questiontext/text"), made, strict=True):
        blanks = re.findall(r"\{(\d+):NUMERICAL:=([-\d.]+):([-\d.e]+)\}", text.text or "")
        assert [answer for _, answer, _ in blanks] == list(each.answers)
        assert {(marks, float(tolerance)) for marks, _, tolerance in blanks} == {("1", 1e-4)}
        assert all(line in (text.text or "") for line in each.text if "'" not in line)


def test_canvas_reads_a_quiz_for_each_sheet_and_a_numerical_question_for_each_answer() -> None:
    """A reader of IMS QTI 1.2 as Canvas exports it: the manifest names the files, answers lie in their ranges."""
    made = exercises(count=2, seed=5, ask="gradients")
    with zipfile.ZipFile(io.BytesIO(qti_zip(made))) as archive:
        assert archive.testzip() is None
        manifest = ElementTree.fromstring(archive.read("imsmanifest.xml"))
        resources = manifest.findall(".//{*}resource")
        assert {resource.get("type") for resource in resources} == {"imsqti_xmlv1p2"}
        quizzes = [ElementTree.fromstring(archive.read(resource[0].get("href") or "")) for resource in resources]
    titles = [quiz.find("{*}assessment").get("title") for quiz in quizzes]  # type: ignore[union-attr]
    assert titles == ["A 2-2-1 network by hand: sheet 001", "A 2-2-1 network by hand: sheet 002"]
    assert len({item.get("ident") for quiz in quizzes for item in quiz.iterfind(".//{*}item")}) == 12
    for each, quiz in zip(made, quizzes, strict=True):
        items = quiz.findall(".//{*}item")
        for item, name, answer in zip(items, each.asked, each.answers, strict=True):
            labels = [entry.text for entry in item.findall(".//{*}fieldlabel")]
            entries = [entry.text for entry in item.findall(".//{*}fieldentry")]
            assert dict(zip(labels, entries, strict=True)) == {
                "question_type": "numerical_question",
                "points_possible": "1",
            }
            assert (item.findtext(".//{*}mattext") or "").endswith(f"<p>{name} = ?</p>")
            equal = item.find(".//{*}or/{*}varequal")
            assert equal is not None
            assert (equal.text, equal.get("margintype"), float(equal.get("margin") or "")) == (answer, "absolute", 1e-4)
            low, high = (
                float(item.findtext(f".//{{*}}or/{{*}}and/{{*}}{side}") or "") for side in ("vargte", "varlte")
            )
            assert low < float(answer) < high
            assert high - low == pytest.approx(2e-4)


def test_a_sheet_says_what_its_loss_and_its_activations_are() -> None:
    """The loss of two outputs as its formula says it, which is evaluated here with the numbers of the key."""
    one = mg.exercise("2-2-2", activation="leaky_relu", output="linear", loss="mse", ask=ASK, seed=1)
    assert "The loss is E = 1/2 Σ_j (z2[j] - t[j])^2." in one.sheet
    assert "leaky_relu(x, slope=0.01): x where it is positive, else a small slope times x." in one.sheet
    assert r"E = \tfrac12 \sum_j (z^{(2)}_j - t_j)^2" in one.latex()
    assert r"\frac{dE}{dw^{(1)}_{1,1}}" in one.latex()
    figures = dict(zip(one.asked, map(float, one.answers), strict=True))
    targets = tomllib.loads(one.front)["network"]["targets"]
    expected = sum((figures[f"z2[{j}]"] - t) ** 2 for j, t in enumerate(targets, 1)) / 2
    assert figures["E"] == pytest.approx(expected, abs=2e-4)
    numbered = one.numbered("007")
    assert "\nSheet 007.\nInputs" in numbered.sheet
    assert "Sheet 007." in numbered.latex()


def test_the_formula_of_each_loss_is_that_of_its_documentation() -> None:
    for record in losses.LOSSES.values():
        assert f":math:`E = {record.formula}`" in (record.function.__doc__ or "")


def test_a_latex_sheet_with_a_slip_shows_its_figures() -> None:
    one = mg.exercise("1-1", seed=1, slip="sign")
    assert all(figure in one.latex() for figure in one.shown)
    assert "Find it." in one.latex()


def test_a_slip_is_shown_on_platforms_and_in_notebooks_too() -> None:
    one = mg.exercise("1-1", seed=1, slip="sign")
    printed = [f"{figure} is printed; {name}" for figure, name in zip(one.shown, one.asked, strict=True)]
    assert one.questions == printed
    assert f"<li>{printed[0]} = {{1:NUMERICAL:={one.answers[0]}:" in html.unescape(moodle_xml([one]))
    with zipfile.ZipFile(io.BytesIO(qti_zip([one]))) as archive:
        assert f"<p>{printed[0]} = ?</p>" in html.unescape(archive.read("sheet-001/sheet-001.xml").decode())
    assert f"{one.asked[0]} = {one.shown[0]}" in one.notebook()


def test_an_exercise_shows_its_sheet() -> None:
    one = mg.exercise("1-1", seed=1)
    assert str(one) == one.sheet
    assert one._repr_markdown_().startswith("# A 1-1 network by hand\n\nInputs x")
    assert one._repr_markdown_().rstrip().endswith("____")


def test_a_notebook_has_the_sheet_and_a_cell_that_checks_it() -> None:
    (one,) = exercises(seed=5, ask="gradients")
    book = json.loads(one.notebook())
    assert [cell["cell_type"] for cell in book["cells"]] == ["markdown", "code", "code"]
    space: dict[str, Any] = {}
    code = [cell["source"] for cell in book["cells"][1:]]
    exec(code[0].replace("____", one.answers[0], 1), space)
    *imports, last = code[1].rstrip().rpartition("\n")
    exec("".join(imports), space)
    report = eval(last, space)
    assert [(finding.quantity, finding.verdict.is_right) for finding in report] == [(one.asked[0], True)]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="LaTeX is not installed")
@pytest.mark.parametrize("options", SETTINGS, ids=lambda options: options["network"])
def test_latex_compiles(options: dict[str, Any], tmp_path: Path) -> None:
    (one,) = exercises(seed=5, **options)
    for name, text in {"sheet": one.latex(), "key": one.latex(solved=True)}.items():
        (tmp_path / f"{name}.tex").write_text(text, encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        assert "Overfull" not in done.stdout
    assert one.answers[0] in one.latex(solved=True)
    assert not any(answer in one.latex() for answer in one.answers)


# ---- Find the error


QUICK = ("step", "left out of a formula", "transposed weights")
PLANTABLE = [slip.name for slip in SLIPS if slip.name not in ("misprint", "another quantity")]


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in PLANTABLE]
)
def test_a_planted_slip_is_named_or_said_to_be_a_convention(name: str) -> None:
    """On a network of sigmoids, or of a softmax where the slip is one of those."""
    for options in ({"network": "2-2-1"}, {"network": "1-1-2", "output": "softmax"}):
        (one,) = exercises(seed=5, ask=ASK, digits=5, **options)
        try:
            planted = plant(one, name)
        except ArgumentError:
            continue
        break
    assert mg.Worksheet.from_text(planted.key, "key.md").verify()
    assert planted.shown != one.answers
    report = mg.Worksheet.from_text(planted.sheet, "sheet.md").verify()
    if name == "transposed weights":
        assert "the weights w1 are transposed" in report.convention
        return
    assert not report
    wrong = [finding for finding in report if finding.verdict.value == "wrong"]
    assert wrong[0].printed in planted.shown
    named = "\n".join(wrong[0].slips)
    assert planted.slip in named or len(wrong[0].slips) == 3 or name == "difference quotient"


def test_an_unknown_slip_is_refused() -> None:
    with pytest.raises(ArgumentError, match="There are sign, step"):
        mg.exercise("1-1", seed=1, slip="no such slip")
