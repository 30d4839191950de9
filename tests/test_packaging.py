"""What an index shows of the package: whole addresses in a release, and a version that stands in one place only."""

import re
import runpy
import tomllib

import pytest

import microgradnet
from tests.sources import REPOSITORY

SOURCE = "https://example.org/someone/microgradnet"
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """What setup.py hands to setuptools in a release."""
    found: dict[str, object] = {}
    monkeypatch.setenv("MICROGRADNET_SOURCE", f"{SOURCE}/")
    monkeypatch.setenv("MICROGRADNET_PURE", "1")
    monkeypatch.chdir(REPOSITORY)
    setuptools = pytest.importorskip("setuptools")
    monkeypatch.setattr(setuptools, "setup", lambda **arguments: found.update(arguments))
    runpy.run_path("setup.py")
    return found


def test_links_of_a_released_readme_are_whole_and_lead_to_files(given: dict[str, object]) -> None:
    shown = str(given["long_description"])
    links = re.findall(r"\]\(([^)\s]+)\)", shown)
    assert len(links) > 5
    assert all(link.startswith(("https://", "http://", "#")) for link in links)
    inside = [link for link in links if link.startswith(SOURCE)]
    for link in inside:
        kind, tag, path = link.removeprefix(f"{SOURCE}/").split("/", 2)
        assert kind == ("raw" if path.endswith((".svg", ".png")) else "blob")
        assert tag == f"v{microgradnet.__version__}"
        assert (REPOSITORY / path).exists(), path
    assert given["project_urls"]["Source"] == SOURCE  # type: ignore[index]


def test_the_readme_differs_in_its_links_only(given: dict[str, object]) -> None:
    shown = re.sub(rf"{re.escape(SOURCE)}/(?:raw|blob)/v[^/]+/", "", str(given["long_description"]))
    assert shown == (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_versions_agree() -> None:
    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {microgradnet.__version__}\n" in citation
    named = {re.search(r"3\.\d+", name)[0] for name in PROJECT["project"]["classifiers"] if "3." in name}
    wheels = {f"3.{minor}" for minor in re.findall(r"cp3(\d+)", PROJECT["tool"]["cibuildwheel"]["build"])}
    assert named == wheels == {"3.11", "3.12", "3.13", "3.14"}


def test_a_browser_needs_nothing_that_it_cannot_have() -> None:
    """Under Pyodide, wheels of these two do not exist."""
    markers = {line.split(";")[0].split(">")[0]: line for line in PROJECT["project"]["dependencies"]}
    for name in ("resvg-py", "wasmtime"):
        assert "sys_platform != 'emscripten'" in markers[name]
    assert "emscripten" not in "".join(line for name, line in markers.items() if name not in ("resvg-py", "wasmtime"))


@pytest.mark.parametrize(
    "name", ["LICENSE", "CITATION.cff", "CODE_OF_CONDUCT.md", "SECURITY.md", ".github/ISSUE_TEMPLATE/slip_in_print.yml"]
)
def test_a_file_that_people_look_for_is_there(name: str) -> None:
    assert (REPOSITORY / name).read_text(encoding="utf-8").strip()
