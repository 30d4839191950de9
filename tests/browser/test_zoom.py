"""A picture saved as HTML in a real browser: it opens whole, and is moved and made larger by all means of input."""

from __future__ import annotations

import pytest

import microgradnet as mg
from tests.drawing.graphs import network
from tests.drawing.hostile import HOSTILE

pytestmark = pytest.mark.slow  # a browser for each

PLACE = """() => {
    const box = document.querySelector('#view > svg.shown').getBoundingClientRect();
    return [box.left, box.top, box.width, box.height];
}"""


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    return mg.draw(network(), detail="operations").save(tmp_path_factory.mktemp("zoom") / "graph.html")


@pytest.mark.parametrize("width", ["phone", "projector"])
def test_it_opens_whole_and_fit_shows_it_whole_again(picture, width, open_page):
    page = open_page(picture, width=width)
    opened = left, top, wide, high = page.evaluate(PLACE)
    size = page.viewport_size
    assert min(left, top) >= -0.5
    assert left + wide <= size["width"] + 0.5
    assert top + high <= size["height"] + 0.5
    assert max(wide / size["width"], high / size["height"]) > 0.98 or wide > 2 * size["width"] / 3
    page.click("#larger")
    assert page.evaluate(PLACE)[2] > 1.2 * wide
    page.click("#fit")
    assert page.evaluate(PLACE) == pytest.approx(opened, abs=0.5)


def test_the_wheel_keeps_the_point_under_the_pointer_and_dragging_moves(picture, open_page):
    page = open_page(picture)
    left, top, wide, high = page.evaluate(PLACE)
    at = round(left + 0.3 * wide), round(top + 0.6 * high)
    share = (at[0] - left) / wide, (at[1] - top) / high
    page.mouse.move(*at)
    page.mouse.wheel(0, -400)
    page.wait_for_function(f"() => ({PLACE})()[2] > {1.5 * wide}")
    left, top, larger, taller = page.evaluate(PLACE)
    assert (left + share[0] * larger, top + share[1] * taller) == pytest.approx(at, abs=1.0)
    page.mouse.down()
    page.mouse.move(at[0] + 50, at[1] - 30)
    page.mouse.up()
    assert page.evaluate(PLACE)[:2] == pytest.approx([left + 50, top - 30], abs=0.5)


def test_keys_move_it_and_change_its_size(picture, open_page):
    page = open_page(picture, theme="dark")
    left, top, wide, _ = page.evaluate(PLACE)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(PLACE)[:2] == pytest.approx([left - 60, top - 60], abs=0.5)
    page.keyboard.press("-")
    assert page.evaluate(PLACE)[2] == pytest.approx(wide / 1.25, abs=0.5)
    page.keyboard.press("0")
    assert page.evaluate(PLACE)[:3] == pytest.approx([left, top, wide], abs=0.5)


@pytest.mark.slow
def test_it_is_accessible_in_the_dark(picture, open_page, check_accessible):
    check_accessible(open_page(picture, theme="dark"))


def test_no_label_is_executed(tmp_path, open_page):
    loss = mg.total(mg.Value(1.0, label=label) for label in HOSTILE)
    page = open_page(mg.draw(loss, detail="operations").save(tmp_path / "graph.html"))
    page.on("dialog", lambda dialog: pytest.fail(f"a label was executed: {dialog.message}"))
    assert page.locator("script").count() == 1
    assert page.locator("img").count() == 0


COLOUR = "() => getComputedStyle(document.querySelector('svg > rect')).fill"


@pytest.mark.parametrize(
    ("body", "system", "is_dark"),
    [
        ("", "light", False),
        ("", "dark", True),
        ('data-jp-theme-light="true"', "dark", False),
        ('data-jp-theme-light="false"', "light", True),
        ('data-vscode-theme-kind="vscode-dark"', "light", True),
    ],
)
def test_a_picture_in_a_notebook_has_the_notebooks_theme(body, system, is_dark, tmp_path, open_page):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><body {body}>{mg.draw(mg.Value(1.0) * 2.0)._repr_html_()}", encoding="utf-8")
    page = open_page(path, theme=system)
    assert page.evaluate(COLOUR) == ("rgb(17, 22, 29)" if is_dark else "rgb(255, 255, 255)")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_saved_picture_has_the_readers_theme_unless_it_was_given_one(theme, tmp_path, open_page):
    loss = mg.Value(1.0) * 2.0
    page = open_page(mg.draw(loss).save(tmp_path / "graph.html"), theme=theme)
    assert page.evaluate(COLOUR) == ("rgb(17, 22, 29)" if theme == "dark" else "rgb(255, 255, 255)")
    page = open_page(mg.draw(loss, theme="dark").save(tmp_path / "dark.html"), theme=theme)
    assert page.evaluate(COLOUR) == "rgb(17, 22, 29)"


def test_a_folded_box_opens_where_it_stands_and_back_closes_it(tmp_path, open_page):
    loss = network()
    loss.backward()
    page = open_page(mg.draw(loss, detail="layers").save(tmp_path / "graph.html"))
    shown = "() => [...document.querySelectorAll('#view > svg')].findIndex(svg => svg.classList.contains('shown'))"
    names = """() => [...document.querySelectorAll('svg.shown .name')].filter(name => {
        const place = name.getBoundingClientRect();
        return place.left >= 0 && place.right <= innerWidth && place.top >= 0 && place.bottom <= innerHeight;
    }).map(name => name.textContent)"""
    assert page.evaluate("() => document.querySelectorAll('#view > svg').length") == 4
    page.locator("svg.shown g.node", has_text="layer 2").click()
    assert page.evaluate(shown) == 1
    assert page.evaluate(names).count("neuron 1") >= 1
    page.locator("svg.shown g.node", has_text="loss").click()
    assert page.evaluate(shown) == 2
    page.keyboard.press("Escape")
    assert page.evaluate(shown) == 1
    page.click("#back")
    assert page.evaluate(shown) == 0
    assert page.locator("#back").is_hidden()
    page.locator("svg.shown g.opens").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(shown) == 1


def test_boxes_of_a_graph_that_has_changed_since_do_not_open(tmp_path, open_page):
    loss = network()
    drawing = mg.draw(loss, detail="layers")
    loss.backward()
    page = open_page(drawing.save(tmp_path / "graph.html"))
    assert page.locator("#view > svg").count() == 1
    assert page.locator(".opens").count() == 0
