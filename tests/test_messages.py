"""What is said to people in Chinese: every verdict, slip and help text of the command has a translation."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import microgradnet as mg
from microgradnet.cli.application import COMMANDS, app
from microgradnet.errors import ArgumentError
from microgradnet.messages import LANGUAGES, VARIABLE, current_language, language, translate
from microgradnet.text import display_width, wrap
from microgradnet.verification import Verdict, feedback, library
from microgradnet.verification.exercises import exercises
from microgradnet.verification.grading import grade
from tests.sources import PACKAGE, REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tools"))
import messages as tool

NAMES = {
    "sigmoid",
    "softmax",
    "tanh",
    "relu",
    "exp",
    "log",
    "eta",
    "sin",
    "cos",
    "tan",
    "max",
    "square",
    "power",
    "new",
}
VERIFICATION = ("slips", "otherwise", "figure", "judging")


def english(text: str, known: str = "") -> list[str]:
    """Return the English words of a translated text: of three letters, no names of mathematics, not in the known."""
    return [word for word in re.findall(r"[A-Za-z]{3,}", text) if word not in NAMES and word not in known]


@pytest.fixture
def chinese() -> Iterator[None]:
    with language("zh"):
        yield


@pytest.mark.parametrize("source", sorted(tool.LOCALE.glob("*/LC_MESSAGES/*.po")), ids=lambda path: path.parts[-3])
def test_a_catalogue_is_compiled_and_its_places_match(source: Path) -> None:
    from babel.messages.pofile import read_po

    assert source.with_suffix(".mo").read_bytes() == tool.compiled(source), "run tools/messages.py"
    with source.open("rb") as file:
        catalogue = read_po(file)
    assert len(catalogue) > 150
    for message in catalogue:
        places = [set(re.findall(r"\{(\w+)\}", str(text))) - {"s"} for text in (message.id, message.string)]
        assert places[0] == places[1], message.id
        assert message.string or not message.id, message.id


def test_every_language_has_a_catalogue() -> None:
    assert {path.parts[-3] for path in tool.LOCALE.glob("*/LC_MESSAGES/*.mo")} == set(filter(None, LANGUAGES.values()))


def help_texts() -> Iterator[str]:
    context = click.Context(app)
    for command in (app, *(app.get_command(context, name) for name in COMMANDS)):
        assert command is not None
        yield from (command.help or "").split("\n\n")
        for parameter in command.params:
            yield getattr(parameter, "help", None) or ""


@pytest.mark.usefixtures("chinese")
def test_every_help_text_is_translated() -> None:
    texts = {" ".join(text.split()) for text in help_texts()} - {""}
    assert len(texts) > 60
    assert sorted(text for text in texts if translate(text) == text) == []


@pytest.mark.usefixtures("chinese")
def test_every_verdict_is_translated() -> None:
    assert [verdict.name for verdict in Verdict if translate(verdict.words) == verdict.words] == []


def sentences() -> Iterator[str]:
    """Yield what the source of the verification says of slips, with names in its places."""
    for module in VERIFICATION:
        tree = ast.parse((PACKAGE / "verification" / f"{module}.py").read_text(encoding="utf-8"))
        parts = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "derivatives_of":
                what = node.args[1]
                if isinstance(what, ast.Constant):
                    yield f"the derivatives of a1[1], a1[2] may be {what.value}"
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
                yield node.value
            elif isinstance(node, ast.JoinedStr) and "derivative{" not in (text := written(node)):
                yield text


def written(node: ast.JoinedStr) -> str:
    """Return an f-string with ``w1[1,1]`` in its places; those that add words, or an s, are empty."""
    places = {"words": "", "words}": "", "twice": "as without the 1/2 of a squared error", "size": "large"}
    places["half"] = "as with one 1/2 too many"
    parts = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        else:
            source = ast.unparse(value.value) if isinstance(value, ast.FormattedValue) else ""
            is_number = source.startswith(("len(", "10 **"))
            parts.append("" if source.startswith("'s' *") else places.get(source, "2" if is_number else "w1[1,1]"))
    return "".join(parts)


@pytest.mark.usefixtures("chinese")
def test_every_slip_is_translated() -> None:
    said = {
        text for text in sentences() if re.search(r"\w may \w", text) and not text.endswith(".") and "\n" not in text
    }
    assert len(said) > 25
    assert {text: translate(text) for text in said if english(translate(text))} == {}


@pytest.mark.parametrize("name", library.names())
def test_the_findings_of_a_worked_example_are_translated(name: str) -> None:
    """On the example with every seventh figure a digit off, which has the findings of right figures too."""
    text = library.text(name)
    places = [match.end() - 1 for match in re.finditer(r"(?<=[=≈] )-?0?\.\d{3,}", text)][::7]
    altered = "".join(str((int(sign) + 3) % 10) if place in places else sign for place, sign in enumerate(text))
    report = mg.Worksheet.from_text(altered).verify(expectations=False)
    with language("zh"):
        found = {finding.words for finding in report}
        summary = report.summary
    names = " ".join(f"{finding.title} {finding.printed}" for finding in report)
    assert {words for words in found if english(words, names)} == set()
    assert english(summary) == []


def test_the_command_speaks_chinese_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    run = CliRunner()
    asked = run.invoke(app, ["verify", "--lang", "zh", "double-sigmoid-slip", "--no-draw"])
    assert "✗ 错误：应为 0.562；sigmoid(z2[1]) 的导数可能乘了两次" in " ".join(asked.output.split()).replace(" ", " ")
    assert run.invoke(app, ["--lang", "zh", "grade", "--help"]).output.startswith("用法：")
    assert current_language() == "en"
    monkeypatch.setenv(VARIABLE, "zh_CN.UTF-8")
    assert "用法" in run.invoke(app, ["--help"]).output
    assert "Usage" in run.invoke(app, ["--lang", "en", "--help"]).output
    monkeypatch.setenv(VARIABLE, "tlh")
    assert "Usage" in run.invoke(app, ["--help"]).output
    assert run.invoke(app, ["--lang", "tlh", "--help"]).exit_code == 2


def test_a_language_holds_in_its_block_only() -> None:
    assert translate("wrong") == "wrong"
    with language("zh"):
        assert translate("wrong") == "错误"
        with language("en"):
            assert translate("wrong") == "wrong"
        assert translate("") == ""
        assert translate("a label of nobody's") == "a label of nobody's"
    assert translate("wrong") == "wrong"
    with pytest.raises(ArgumentError, match='Choose "en" or "zh"'), language("tlh"):
        pass


def test_words_of_others_stay_as_they_are() -> None:
    page = "+++\n[expressions]\nw = 2\nE = 'w**2'\n+++\n    E = 5 # wrong: it is 4; rounded\n"
    report = mg.Worksheet.from_text(page).verify()
    with language("zh"):
        assert report[0].words.endswith("（已知：it is 4; rounded）")


@pytest.mark.parametrize("width", [8, 21, 40])
def test_chinese_is_wrapped_between_letters(width: int) -> None:
    text = "✗ 由前面的错误数字算出：Δw(h2->o) = -0.022184；应为 0.878743（已知：The change before it）。"
    lines = wrap(text, width)
    assert all(display_width(line) <= width for line in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert not any(line[:1] in "，。；：）" for line in lines if width > 8)
    assert lines[0] != "✗"


def test_feedback_and_the_page_of_the_teacher_are_in_chinese() -> None:
    key = exercises(network="2-2-1", ask=("forward", "gradients", "updates"), seed=2)[0].key
    figures = re.findall(r"^    (.+) = (-?[\d.]+)$", key, re.MULTILINE)
    wrong = "\n".join(f"    {name} = {float(figure) * 2:.4f}" for name, figure in figures[:-1])
    with language("zh"):
        report = grade(key, {"甲": key, "乙": wrong}, workers=1)
        names = " ".join(f"{asked} {name}" for asked, name in report.asked.items()) + report.title
        pages = {"teacher": feedback._teacher_html(report)}
        for answer in report:
            pages[answer.name] = feedback._answer_html(report, answer, report.derivation(answer))
            pages[f"{answer.name}.md"] = feedback._answer_markdown(report, answer, report.derivation(answer))
        pages["table"] = str(report)
    for page, text in pages.items():
        shown = re.sub(r"<style>.*?</style>|<pre.*?</pre>|<[^>]*>|\$\$.*?\$\$|\$.*?\$", " ", text, flags=re.DOTALL)
        assert english(shown, names) == [], page
    assert '<html lang="zh">' in pages["teacher"]
