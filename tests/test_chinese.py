"""The Chinese texts: their commands print what stands there, and nothing of the English ones is missing."""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from microgradnet.messages import VARIABLE, language
from microgradnet.verification.worksheet import Worksheet
from tests.sources import REPOSITORY

README = (REPOSITORY / "README.zh-CN.md").read_text(encoding="utf-8")
ENGLISH = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGE = (REPOSITORY / "docs" / "zh" / "page.md").read_text(encoding="utf-8")
LESSONS = sorted((REPOSITORY / "notebooks" / "zh").glob("[0-9]*.md"))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def stripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").split("\n"))


def test_the_code_of_the_readme_is_that_of_the_english_one_and_prints_what_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(VARIABLE, "zh")
    names: dict[str, object] = {}
    printed = []
    for code in blocks(README, "python"):
        assert code in blocks(ENGLISH, "python")
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(compile(code, "README.zh-CN.md", "exec"), names)
        printed.append(stripped(output.getvalue()))
    assert [text for text in printed if text] == list(map(stripped, blocks(README, "text")))


def test_the_commands_of_the_readme_print_what_stands_there(tmp_path: Path) -> None:
    (page,) = blocks(README, "markdown")
    (tmp_path / "page.md").write_text(page, encoding="utf-8")
    shown = "".join(blocks(README, "console"))
    commands = re.findall(r"^\$ microgradnet (.*)\n((?:(?!^\$ ).*\n)*)", shown, flags=re.MULTILINE)
    assert len(commands) == 3
    for command, expected in commands:
        arguments = [sys.executable, "-m", "microgradnet", *shlex.split(command)]
        run = subprocess.run(arguments, capture_output=True, text=True, encoding="utf-8", cwd=tmp_path)
        assert stripped(run.stdout) == stripped(expected)


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (REPOSITORY / target).exists(), target


def test_the_reference_of_pages_lists_what_the_english_one_lists() -> None:
    english = (REPOSITORY / "docs" / "reference" / "page.md").read_text(encoding="utf-8")
    tables = [line for line in english.splitlines() if line.startswith("| `")]
    assert len(tables) > 40
    missing = {code for line in tables for code in re.findall(r"`([^`]+)`", line) if f"`{code}`" not in PAGE}
    assert missing == set()


def test_the_page_of_the_reference_has_the_verdicts_that_it_shows() -> None:
    (page,) = blocks(PAGE, "markdown")
    with language("zh"):
        report = Worksheet.from_text(page).verify()
        shown = report.text(100)
    assert report
    verdicts = re.sub(r" {2,}|-{2,}", " ", blocks(PAGE, "text")[0])
    for finding in report:
        assert f"{finding.title} {finding.printed}" in verdicts
    assert shown.count("✓") == verdicts.count("✓") == 3
    with language("zh"):
        assert report.summary in verdicts


def cells(path: Path) -> tuple[list[str], list[str]]:
    """Return the code and the texts of a lesson."""
    parts = re.split(r"^(```.*?^```)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return parts[1::2], [text for text in parts[::2] if text.strip()]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem[:2])
def test_a_chinese_lesson_has_the_cells_of_the_english_one(lesson: Path) -> None:
    code, texts = cells(lesson)
    english_code, english = cells(REPOSITORY / "notebooks" / lesson.name)
    assert code == english_code
    assert len(texts) == len(english)
    for text, original in zip(texts, english, strict=True):
        assert re.search(r"[\u4e00-\u9fff]", text), text
        assert len(re.findall(r"^\*\*\d\.\*\*|^## ", text, re.MULTILINE)) == len(
            re.findall(r"^\*\*\d\.\*\*|^## ", original, re.MULTILINE)
        )
        # The formulas that are written on their own, which no translation changes.
        assert re.findall(r"\$\$.*?\$\$", text, re.DOTALL) == re.findall(r"\$\$.*?\$\$", original, re.DOTALL)


def test_the_first_seven_lessons_are_there() -> None:
    assert [lesson.name[:2] for lesson in LESSONS] == [f"{number:02}" for number in range(1, 8)]
    for lesson in LESSONS:
        for target in re.findall(r"\]\(([^)#:]+)\)", "".join(cells(lesson)[1])):
            assert (lesson.parent / target).exists(), target


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem[:2])
def test_a_chinese_notebook_has_the_outputs_of_the_english_one(lesson: Path) -> None:
    """After a change of a lesson: python notebooks/execute.py --translated."""
    made, english = (
        json.loads((folder / f"{lesson.stem}.ipynb").read_text(encoding="utf-8"))["cells"]
        for folder in (lesson.parent, lesson.parents[1])
    )
    kinds = [[cell["cell_type"] for cell in notebook] for notebook in (made, english)]
    assert kinds[0] == kinds[1]
    texts = [text.strip() for text in cells(lesson)[1]]
    assert ["".join(cell["source"]).strip() for cell in made if cell["cell_type"] == "markdown"] == texts
    for cell, other in zip(made, english, strict=True):
        if cell["cell_type"] == "code":
            assert cell["source"] == other["source"]
            assert cell["outputs"] == other["outputs"]
