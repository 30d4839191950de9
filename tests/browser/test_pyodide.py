"""The package under Pyodide computes and draws what it does natively; the page checker judges pages in Chromium.

Both need Pyodide's core from npm and its wheels, which ``python browser/build.py checker`` fetches once; without them
these tests skip.
"""

from __future__ import annotations

import http.server
import importlib.util
import json
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.sources import REPOSITORY

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
READY = 60_000  # milliseconds in which Python starts in the browser


@pytest.fixture(scope="session")
def build() -> Any:
    """The module browser/build.py, where it has fetched Pyodide."""
    specification = importlib.util.spec_from_file_location("browser_build", REPOSITORY / "browser" / "build.py")
    assert specification is not None
    assert specification.loader is not None
    build = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(build)
    if not (build.KEPT / "node_modules" / "pyodide").is_dir():
        pytest.skip("Pyodide is not here: python browser/build.py checker")
    return build


@pytest.fixture(scope="session")
def checker(build: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page checker, built from the sources as they are."""
    folder = tmp_path_factory.mktemp("checker") / "site"
    build.build_checker(folder)
    return folder


@pytest.fixture(scope="session")
def both(checker: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What one program prints under Pyodide in Node, and natively."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not here")
    program = HERE / "under_pyodide.py"
    runs = []
    for command in ([node, str(HERE / "pyodide.mjs"), str(checker)], [sys.executable]):
        run = subprocess.run([*command, str(program)], capture_output=True, text=True, cwd=REPOSITORY, timeout=240)
        assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
        runs.append(json.loads(run.stdout.strip().splitlines()[-1]))
    return runs[0], runs[1]


def test_it_ran_under_pyodide_and_without_numpy(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    assert both[0]["platform"] == "emscripten"
    assert not both[0]["numpy"]


def test_every_worked_example_has_its_verdicts(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    browser, native = both
    assert len(browser["verdicts"]) >= 29
    assert all(as_expected for _, as_expected, _ in browser["verdicts"].values())
    assert browser["verdicts"] == native["verdicts"]


def test_every_drawing_has_the_same_bytes(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    browser, native = both
    assert browser["drawings"] == native["drawings"]
    assert browser["network"] == native["network"]
    assert browser["steps"] == native["steps"]


@pytest.mark.parametrize("what", ["derivation", "marks", "trained", "hessian"])
def test_the_rest_is_the_same(both: tuple[dict[str, Any], dict[str, Any]], what: str) -> None:
    assert both[0][what] == both[1][what]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as ``python -m http.server`` does; give the address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def log_message(self, *arguments: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def address(checker: Path) -> Iterator[str]:
    """The address of the page checker."""
    with served(checker) as found:
        yield found


def test_a_page_is_judged_in_the_browser(open_page: Any, check_accessible: Any, address: str) -> None:
    page = open_page(address, width="phone", theme="dark")
    page.wait_for_selector("#check:not([disabled])", timeout=READY)
    page.click("#check")
    page.wait_for_selector("#answer:not([hidden])", timeout=READY)
    assert page.inner_text("#heading") == "It does not hold"
    assert page.locator("li.good").count() == 4
    assert "uphill" in page.inner_text("li.bad")
    assert page.locator("#picture svg").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    check_accessible(page)
    page.fill("#text", page.input_value("#text").replace("0.4 + 0.5*0.082167041 = 0.44108352", "0.35891648"))
    page.click("#check")
    page.wait_for_selector("#heading.good", timeout=READY)
    page.click("#play")
    page.wait_for_selector("iframe", timeout=READY)
    page.frame_locator("iframe").get_by_role("button", name="Play").wait_for()
    page.select_option("#language", "zh")
    page.wait_for_selector("#heading.good", timeout=READY)
    page.get_by_text("精确").first.wait_for(timeout=READY)
    assert page.inner_text("#heading") == "成立"
    assert page.evaluate("document.documentElement.scrollWidth") == 375


def test_other_texts_in_the_browser(open_page: Any, address: str) -> None:
    page = open_page(address)
    page.wait_for_selector("#check:not([disabled])", timeout=READY)
    page.select_option("#examples", "double-sigmoid-slip")
    page.wait_for_selector("#check:not([disabled])", timeout=READY)
    page.click("#check")
    page.wait_for_selector("#heading.good", timeout=READY)  # its slips are those that it expects
    assert "applied twice" in page.inner_text("#verdicts")
    page.fill("#text", '<img src=x onerror="document.title = 1"> = 1 and 2*3 = 7')
    page.click("#check")
    page.wait_for_selector("#heading.bad", timeout=READY)
    assert page.locator("#verdicts img").count() == 0
    page.fill("#text", "+++\n[network]\n+++\n")
    page.click("#check")
    page.wait_for_selector("#heading.fair", timeout=READY)
    assert "inputs" in page.inner_text("#verdicts")


def empty_wheel(folder: Path, name: str, version: str) -> None:
    """Write a wheel with nothing in it."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_a_lesson_runs_in_jupyterlite(
    build: Any, browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site with all that it installs beside it, so that no request leaves the machine.

    The first lesson installs the package with its extra notebooks, and computes without NumPy and matplotlib, for which
    there are empty wheels: theirs for Pyodide are on no registry.
    """
    pytest.importorskip("jupyterlite_core", reason="the extra lite is not installed")
    kept = tmp_path / "kept"
    (kept / "host").mkdir(parents=True)
    packages = json.loads((build.pyodide() / "pyodide-lock.json").read_text())["packages"]
    for name in ("numpy", "matplotlib", *packages["matplotlib"]["depends"]):
        if name != "packaging":
            empty_wheel(kept / "host", packages[name]["name"].replace("-", "_"), packages[name]["version"])
    for name in ("node_modules", "wheels", "kernel"):
        (build.KEPT / name).mkdir(exist_ok=True)
        (kept / name).symlink_to(build.KEPT / name)
    monkeypatch.setattr(build, "KEPT", kept)
    build.build_lessons(tmp_path / "site")
    outside: list[str] = []
    with served(tmp_path / "site") as address:
        context = browser.new_context()
        context.on("request", lambda request: outside.append(request.url) if request.url.startswith("https:") else None)
        page = context.new_page()
        page.goto(f"{address}lab/index.html?path=01-a-number-that-remembers.ipynb", timeout=READY)
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=READY)
        page.get_by_text("Python (Pyodide) | Idle").wait_for(timeout=2 * READY)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.locator(".jp-InputPrompt", has_text="[*]").first.wait_for(timeout=READY)
        page.wait_for_function("!document.body.textContent.includes('[*]')", timeout=2 * READY)
        wrong = page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').all_inner_texts()
        last = page.locator(".jp-CodeCell").last.inner_text()
        context.close()
    assert wrong == []
    assert "dg/dp" in last
    assert "1 claim: 1 exact." in last
    assert outside == []
