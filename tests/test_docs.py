"""The documentation: its code runs and prints what stands there, and its lists are those of the package."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from enum import Enum
from pathlib import Path

import msgspec
import pytest

import microgradnet as mg
from microgradnet.operation import TABLE
from microgradnet.verification import schema
from microgradnet.verification.report import Verdict
from tests.sources import REPOSITORY

DOCS = REPOSITORY / "docs"
NEEDS_TORCH = {"leave.md"}
NEEDS_SKLEARN = {"search.md"}
PAGES = [
    pytest.param(page, marks=pytest.mark.slow) if page.name in NEEDS_TORCH else page
    for page in sorted(DOCS.rglob("*.md"))
    if "generated" not in page.parts
]


def blocks(page: Path) -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("ignore")  # of torch and scikit-learn
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_blocks_print_the_text_blocks(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if page.name in NEEDS_TORCH:
        pytest.importorskip("torch")
        pytest.importorskip("onnx")
        pytest.importorskip("sklearn")
    if page.name in NEEDS_SKLEARN:
        pytest.importorskip("sklearn")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    printed = ""
    for language, text in blocks(page):
        if language == "python":
            with contextlib.redirect_stdout(io.StringIO()) as output, anomaly_of(page, text):
                exec(compile(text, page.name, "exec"), names)
            printed = "\n".join(line.rstrip() for line in output.getvalue().strip("\n").split("\n"))
        elif language == "text" and page.name != "page.md":
            assert printed == text.rstrip("\n")


def anomaly_of(page: Path, text: str) -> contextlib.AbstractContextManager[object]:
    """Return what to expect of a block: an error only where it shows one."""
    stops = "detect_anomaly():" in text and page.name == "nan.md"
    return pytest.raises(mg.errors.AnomalyError) if stops else contextlib.nullcontext()


def test_the_page_of_the_reference_gets_the_verdicts_that_stand_there() -> None:
    found = blocks(DOCS / "reference" / "page.md")
    (page,) = (text for language, text in found if language == "markdown")
    (verdicts,) = (text for language, text in found if language == "text")
    assert str(mg.Worksheet.from_text(page).verify()).rstrip() == verdicts.rstrip()


def test_every_key_of_a_worksheet_is_documented() -> None:
    page = (DOCS / "reference" / "page.md").read_text(encoding="utf-8")
    models = [thing for thing in vars(schema).values() if isinstance(thing, type) and issubclass(thing, msgspec.Struct)]
    keys = {key for model in models for key in model.__struct_fields__} - {"file", "lines"}
    assert {key for key in keys if f"`{key}`" not in page and f"[{key}]" not in page} == set()


def test_every_verdict_and_every_word_of_quantities_is_documented() -> None:
    page = (DOCS / "reference" / "page.md").read_text(encoding="utf-8")
    assert issubclass(Verdict, Enum)
    assert [verdict.value for verdict in Verdict if f"| `{verdict.value}` |" not in page] == []
    for word in ("new", "change", "after", "at", "of sample", "steps", "rounds", "eta", "m", "v", "Δ"):
        assert re.search(rf"`[^`]*{word}[^`]*`" if word == "Δ" else rf"`[^`]*\b{word}\b[^`]*`", page), word


def test_every_public_name_has_an_entry() -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("latex2mathml")
    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        import tables
    finally:
        sys.path.pop(0)
    documented = {name for _, names in tables.GROUPS.values() for name in names.split()} | set(tables.MODULES)
    assert set(mg.__all__) - set(TABLE) - documented == set()


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("myst_nb")
    pytest.importorskip("furo")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(DOCS), str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    operations = (tmp_path / "generated" / "operations.html").read_text(encoding="utf-8")
    assert operations.count("<math") > len(TABLE)
    assert "http" not in re.findall(r'<(?:script|link)[^>]*(?:src|href)="([^"]*)"', operations)  # readable offline
