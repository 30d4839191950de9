"""A real Chromium for pages that this package makes: found on the machine, never downloaded, one per module.

Take the fixture ``open_page``: it opens an address and fails the test where the page writes an error to the console,
raises one, or asks for anything but itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLE = "MICROGRADNET_CHROMIUM"  # the path of a browser that is not on the PATH
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"phone": (375, 812), "projector": (1920, 1080), "notebook": (900, 640)}
LOCAL = ("file:", "about:", "data:", "blob:")


def find_browser() -> str | None:
    """Return the program of the machine's Chromium, or None."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    return next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for the tests of a module, with a fresh profile."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = find_browser()
    if program is None:
        pytest.skip(f"no Chromium on the PATH ({', '.join(NAMES)}), and {VARIABLE} names none")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Return a function that opens a page: ``open_page(path, width="phone", theme="dark", motion="reduce")``.

    Instead of a path it takes the origin of a server that the test has started, ``"http://127.0.0.1:8000/"``.
    """
    contexts: list[Any] = []
    origins: list[str] = []  # of pages that a test serves itself
    wrong: list[str] = []

    def note_console(message: Any) -> None:
        if message.type in ("error", "warning"):
            wrong.append(f"console {message.type}: {message.text}")

    def refuse(route: Any) -> None:
        address = route.request.url
        if address.startswith((*LOCAL, *origins)):
            route.continue_()
        else:
            wrong.append(f"request for {address[:200]}")
            route.abort()

    def opened(
        path: Path | str, *, width: str = "projector", theme: str = "light", motion: str = "reduce", at: str = ""
    ) -> Any:
        size = dict(zip(("width", "height"), WIDTHS[width], strict=True))
        context = browser.new_context(viewport=size, color_scheme=theme, reduced_motion=motion)
        contexts.append(context)
        context.route("**/*", refuse)
        context.on("console", note_console)
        context.on("weberror", lambda error: wrong.append(f"error: {error.error}"))
        page = context.new_page()
        page.set_default_timeout(10_000)
        if isinstance(path, str):
            origins.append(path)
        page.goto((path if isinstance(path, str) else path.resolve().as_uri()) + at)
        return page

    opened.wrong = wrong  # for a test that expects what is wrong
    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="session")
def check_accessible() -> Callable[[Any], None]:
    """Return a function that fails where axe-core finds a serious or critical violation on a page or in a frame."""
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe-playwright-python is not installed")
    script = Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8")

    def check(frame: Any) -> None:
        frame.evaluate(f"() => {{ {script} }}")
        report = frame.evaluate("() => axe.run()")
        grave = [found for found in report["violations"] if found["impact"] in ("serious", "critical")]
        assert report["passes"]
        assert [(found["id"], [node["html"] for node in found["nodes"]][:3]) for found in grave] == []

    return check
