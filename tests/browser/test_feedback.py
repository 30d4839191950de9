"""Feedback and the teacher's page in a real Chromium: accessible in both themes, whole on a phone, printed in full."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from microgradnet.verification.exercises import exercises, plant
from microgradnet.verification.grading import grade

pytestmark = pytest.mark.slow  # a browser for each

HOSTILE = "E = 9.9999 <script>document.title = 'x'</script> <img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The teacher's page, and the feedback on an answer with a slip and on one that means harm."""
    (one,) = exercises(seed=7, ask=("forward", "gradients"))
    slipped = plant(one, "left out")
    lines = "\n".join(f"{name} = {text}" for name, text in zip(slipped.asked, slipped.shown, strict=True))
    folder = tmp_path_factory.mktemp("feedback")
    grade(one.key, {"Ada Lovelace": lines, "<b>Bob</b>": f"{HOSTILE}\n(( = 3\n", "a" * 90: one.key}).save(folder)
    feedback = sorted((folder / "feedback").glob("*.html"))
    return {"teacher": folder / "teacher.html", "slip": feedback[0], "hostile": feedback[1]}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["teacher", "slip", "hostile"])
def test_a_page_is_accessible_and_whole(
    name: str, theme: str, pages: dict[str, Path], open_page: Callable[..., Any], check_accessible: Callable[..., None]
) -> None:
    width = {"light": "phone", "dark": "projector"}[theme]
    page = open_page(pages[name], width=width, theme=theme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    check_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.title() != "x"


def test_paper_shows_what_the_screen_folds(pages: dict[str, Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pages["slip"])
    derivation = page.locator("details pre")
    assert not derivation.is_visible()
    page.emulate_media(media="print")
    assert derivation.bounding_box()["height"] > 20
    assert "z1[1] = w1[1,1]*x[1]" in derivation.inner_text()


def test_the_teacher_reaches_each_page(pages: dict[str, Path], open_page: Callable[..., Any]) -> None:
    page = open_page(pages["teacher"])
    page.get_by_role("link", name="Ada Lovelace").click()
    assert "Ada Lovelace" in page.inner_text("main")
