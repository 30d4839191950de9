"""The documentation: its code runs and prints what stands there, and its lists are those of the package."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import pytest

import microgradnet as mg
from microgradnet.operation import TABLE
from microgradnet.verification import schema
from microgradnet.verification.report import Verdict
from tests.sources import REPOSITORY

DOCS = REPOSITORY / "docs"
NEEDS_TORCH = {"leave.md"}
TAKES_LONG = {"leave.md", "search.md", "gallery.md"}
NEEDS_SKLEARN = {"search.md"}
PAGES = [
    pytest.param(page, marks=pytest.mark.slow) if page.name in TAKES_LONG else page
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
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(compile(text, page.name, "exec"), names)
            printed = "\n".join(line.rstrip() for line in output.getvalue().strip("\n").split("\n"))
        elif language == "text" and page.name != "page.md":
            assert printed == text.rstrip("\n")


def test_the_page_of_the_reference_gets_the_verdicts_that_stand_there() -> None:
    found = blocks(DOCS / "reference" / "page.md")
    (page,) = (text for language, text in found if language == "markdown")
    verdicts, samples, steps = (text for language, text in found if language == "text")
    assert str(mg.Worksheet.from_text(page).verify()).rstrip() == verdicts.rstrip()
    front = page.partition("# One neuron")[0]
    for text in (samples, f"{front}{steps}"):
        report = mg.Worksheet.from_text(text).verify()
        assert report
        assert not report.unread


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


@pytest.fixture(scope="module")
def tables() -> Any:
    """Return the module of the documentation that generates pages."""
    pytest.importorskip("sphinx")
    pytest.importorskip("latex2mathml")
    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        return importlib.import_module("tables")
    finally:
        sys.path.pop(0)


def test_every_public_name_has_an_entry(tables: Any) -> None:
    documented = {name for _, names in tables.GROUPS.values() for name in names.split()} | {*tables.MODULES}
    assert set(mg.__all__) - set(TABLE) - documented == set()
    operations = "\n".join(tables.operations())
    assert [name for name in TABLE if f"### {name}\n" not in operations] == []


def public_callables() -> Iterator[tuple[str, Any]]:
    """Yield each public function and class; operations have help that is made from their records."""
    for home in (mg, mg.losses, mg.optim, mg.schedules, mg.datasets, mg.plots):
        for name in set(home.__all__) - {*TABLE, "Value", "Worksheet"}:  # no signature where compiled; made by load
            if callable(getattr(home, name)):
                yield f"{home.__name__}.{name}", getattr(home, name)


def help_of(thing: Any) -> str:
    """Return a docstring, and that which it sends its reader to for the arguments."""
    text = thing.__doc__ or ""
    other = re.search(r"Arguments[\w ]*(?:: as for|are those of) :(?:func|class):`(\w+)`", text)
    module = sys.modules[thing.__module__]
    return f"{text}\n{getattr(module, other[1]).__doc__}" if other else text


def test_every_option_is_in_the_help() -> None:
    missing = {
        (place, name)
        for place, thing in public_callables()
        for name, parameter in inspect.signature(thing).parameters.items()
        if not name.startswith("_") and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if not re.search(rf"\b{name}\b", help_of(thing))
    }
    assert missing == set()


@pytest.mark.slow
def test_every_slip_has_an_example(tables: Any) -> None:
    from microgradnet.verification.slips import SLIPS

    page = "\n".join(tables.slips())
    assert [slip.name for slip in SLIPS if f"| {slip.name} | {slip.digits} | `" not in page] == []


def test_every_command_and_option_has_an_entry(tables: Any) -> None:
    from microgradnet.cli.application import COMMANDS

    page = "\n".join(tables.commands())
    assert [name for name in COMMANDS if f"## {name}\n" not in page] == []
    assert len(re.findall(r"^\| `-", page, flags=re.MULTILINE)) > 40


def test_pictures_of_the_gallery_are_those_that_its_code_saves() -> None:
    page = (DOCS / "gallery.md").read_text(encoding="utf-8")
    code = "\n".join(text for language, text in blocks(DOCS / "gallery.md") if language == "python")
    saved = set(re.findall(r'(?:save|savefig)\("([\w.]+)"', code))
    assert saved == set(re.findall(r"\(generated/gallery/([\w.]+)\)", page))


def test_every_page_is_in_the_contents() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = [page.relative_to(DOCS).with_suffix("") for page in DOCS.rglob("*.md") if "generated" not in page.parts]
    assert [page.as_posix() for page in pages if f"\n{page.as_posix()}\n" not in index and page.name != "index"] == []


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
