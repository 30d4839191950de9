"""The widget of ``mg.explore`` in a real browser, with the real Python side behind a small model of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import microgradnet as mg
from microgradnet.figures import write_figure
from tests.drawing.hostile import HOSTILE

pytestmark = pytest.mark.slow  # a browser for each

explore = pytest.importorskip("microgradnet.drawing.pages.widget", reason="anywidget is not installed")

SYNCED = ("sliders", "theme", "title", "picture", "nodes", "answer")
PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>widget</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style></head>
<body style="margin:8px"><main><h1>A notebook</h1><div id="cell"></div></main><script type="module">
const state = JSON.parse({state});
const listeners = {{}};
const model = window.model = {{
  get: (name) => state[name],
  set: (name, content) => {{ state[name] = content; }},
  on: (event, heard) => {{ (listeners[event] ||= []).push(heard); }},
  off: (event, heard) => {{ listeners[event] = listeners[event].filter((each) => each !== heard); }},
  receive: (changes) => {{
    Object.assign(state, changes);
    for (const name of Object.keys(changes)) for (const heard of listeners[`change:${{name}}`] || []) heard();
  }},
  send: (message) => {{
    (window.sent ||= []).push(message);
    if (window.python) window.python(message).then((changes) => model.receive(changes));
  }},
}};
const module = await import(URL.createObjectURL(new Blob([{script}], {{ type: "text/javascript" }})));
window.leave = module.default.render({{ model, el: document.getElementById("cell") }});
document.body.dataset.ready = "yes";
</script></body></html>"""
READ = """() => ({
    boxes: Object.fromEntries([...document.querySelectorAll('g.node:not(.constant)')].map(g =>
        [g.querySelector('.name')?.textContent, ['.value', '.grad'].map(role => g.querySelector(role).textContent)])),
    edges: [...document.querySelectorAll('text.local')].map(text => text.textContent),
    slopes: [...document.querySelectorAll('.slope')].map(each => each.textContent),
    numbers: [...document.querySelectorAll('.number')].map(each => each.textContent),
    message: document.querySelector('.message').textContent,
    status: document.querySelector('.status').textContent,
})"""
ARRIVED = "() => window.sent && model.get('answer').origin.serial === window.sent.at(-1).serial"


def state_of(explorer: Any) -> dict[str, Any]:
    return {name: getattr(explorer, name) for name in SYNCED}


@pytest.fixture
def show(tmp_path: Path, open_page: Any) -> Any:
    """Return a function that opens a page with a widget; ``kernel=False`` leaves its messages unanswered."""

    def shown(explorer: Any, *, kernel: bool = True, **options: Any) -> Any:
        literals = {"state": json.dumps(json.dumps(state_of(explorer))), "script": json.dumps(explore.script())}
        safe = {name: text.replace("<", "\\u003c") for name, text in literals.items()}
        path = tmp_path / "widget.html"
        path.write_text(PAGE.format(style=explore.style(), **safe), encoding="utf-8")
        page = open_page(path, **options)
        page.wait_for_selector("body[data-ready]")
        if kernel:
            page.expose_function("python", lambda message: answer(explorer, message))
        return page

    return shown


def answer(explorer: Any, message: dict[str, Any]) -> dict[str, Any]:
    explorer._handle_custom_msg(message, [])
    return {name: getattr(explorer, name) for name in ("picture", "nodes", "answer")}


def f(a, b):
    h = a * b
    h.label = "h"
    loss = h.tanh() + mg.log(b)
    loss.label = "L"
    return loss


def branching(a):
    return a * a if a > 0 else mg.exp(a) - 2.0 * a


def numbers(loss: mg.Value) -> dict[str, list[str]]:
    """Return the value and gradient of each labelled node by the engine's own backward pass."""
    loss.zero_grad()
    loss.backward()
    return {
        node.label: [write_figure(node.data, 4), write_figure(node.grad, 4)]
        for node in mg.graph.topological(loss)
        if node.label
    }


def move(page: Any, name: str, number: float) -> dict[str, Any]:
    """Move a slider as a hand does, and wait until its numbers are there."""
    page.get_by_label(name, exact=True).fill(str(number))
    page.wait_for_function(ARRIVED)
    return page.evaluate(READ)


def test_moving_sliders_shows_the_numbers_of_the_engine(show):
    page = show(mg.explore(f, a=(-3, 3), b=(-1, 2, 0.5)))
    for a, b in [(1.25, 0.5), (-2.5, 2.0), (0.01, 0.02), (3, 1)]:
        move(page, "a", a)
        state = move(page, "b", b)
        loss = f(mg.Value(a, label="a"), mg.Value(b, label="b"))
        expected = numbers(loss)
        assert {name: state["boxes"][name] for name in expected} == expected
        assert state["slopes"] == [f"∂L/∂a = {expected['a'][1]}", f"∂L/∂b = {expected['b'][1]}"]
        assert sorted(state["edges"]) == sorted(
            write_figure(partial, 4) for node in mg.graph.topological(loss) for partial in node.partials
        )


CURVE = """() => [...document.querySelectorAll('.slider')].map(row => [
    ...['.line', '.tangent'].map(kind => row.querySelector(kind).getAttribute('d').slice(1).split('L')
        .map(place => place.split(',').map(Number))),
    ['cx', 'cy'].map(name => Number(row.querySelector('.curve circle').getAttribute(name))),
])"""


def test_the_result_stands_above_and_its_curve_with_the_tangent_beside_each_slider(show):
    page = show(mg.explore(lambda a, b: a * a + 0.5 * b, a=(-2, 2, 1), b=(-2, 2, 0)))
    move(page, "a", -1.5)
    assert page.inner_text(".outcome") == "loss = 2.25"
    (parabola, tangent, dot), (line, same, _) = page.evaluate(CURVE)
    across = [x for x, _ in parabola]
    unit = (across[-1] - across[0]) / 4  # pixels for 1 of the argument
    heights = [y for _, y in line]
    tall = (heights[0] - heights[-1]) / 2  # pixels for 1 of the result, which rises by 2 along b
    middle = across[0] + 2 * unit
    bottom = max(y for _, y in parabola)
    for x, y in parabola:
        assert bottom - y == pytest.approx(tall * ((x - middle) / unit) ** 2, abs=0.8)
    (x1, y1), (x2, y2) = tangent
    assert (y1 - y2) / (x2 - x1) * unit / tall == pytest.approx(2 * -1.5, rel=0.05)
    assert dot == pytest.approx([(x1 + x2) / 2, (y1 + y2) / 2], abs=0.3)
    (x1, y1), (x2, y2) = same
    assert (y1 - y2) / (x2 - x1) * unit / tall == pytest.approx(0.5, rel=0.05)


def test_another_branch_brings_another_picture(show):
    page = show(mg.explore(branching, a=(-2, 2, 1)))
    assert len(page.evaluate(READ)["boxes"]) == 2
    state = move(page, "a", -1)
    loss = branching(mg.Value(-1.0, label="a"))
    expected = numbers(loss)
    assert state["boxes"]["a"] == expected["a"]
    assert len(state["boxes"]) == 4
    assert page.locator(".graph svg").count() == 1


def test_an_error_is_shown_with_the_last_picture_and_goes_away(show):
    page = show(mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5)))
    before = page.evaluate(READ)
    state = move(page, "b", -0.5)
    assert state["message"].startswith("DomainError: log needs x > 0; got x = -0.5")
    assert state["boxes"] == before["boxes"]
    assert state["numbers"] == ["1", "−0.5"]
    assert page.get_by_role("alert").inner_text() == state["message"]
    state = move(page, "b", 1)
    assert state["message"] == ""
    assert state["boxes"]["b"][0] == "1"


def test_the_notebook_around_it_hears_no_key_of_a_slider(show):
    page = show(mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5)))
    page.evaluate("() => { window.heard = []; document.addEventListener('keydown', event => heard.push(event.key)); }")
    page.focus("input >> nth=0")
    page.keyboard.press("ArrowUp")
    page.wait_for_function(ARRIVED)
    assert page.evaluate("() => heard") == []
    assert page.locator("[data-lm-suppress-shortcuts=true] input").count() == 2


def test_keys_move_a_slider_by_a_step_and_the_numbers_are_read_out(show):
    page = show(mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5)))
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('label').textContent") == "a"
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(ARRIVED)
    loss = f(mg.Value(1.03, label="a"), mg.Value(0.5, label="b"))
    expected = numbers(loss)
    page.wait_for_function(f"() => document.querySelector('g.node .value').textContent === {expected['a'][0]!r}")
    state = page.evaluate(READ)
    assert state["numbers"][0] == "1.03"
    assert page.get_attribute("input >> nth=0", "aria-valuetext") == "1.03"
    words = f"L = {expected['L'][0]}; ∂L/∂a = {expected['a'][1]}; ∂L/∂b = {expected['b'][1]}"
    assert page.get_by_role("status").inner_text() == words


def test_few_positions_are_under_way_and_the_last_one_arrives(show):
    explorer = mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5))
    page = show(explorer, kernel=False)
    for a in (1.1, 1.2, 1.3, 1.4, 1.5, 1.6):
        page.get_by_label("a", exact=True).fill(str(a))
    sent = page.evaluate("() => window.sent")
    assert [message["values"]["a"] for message in sent] == [1.1, 1.2, 1.3]
    page.evaluate("(changes) => model.receive(changes)", answer(explorer, sent[0]))
    sent = page.evaluate("() => window.sent")
    assert sent[3:] == [{"view": sent[0]["view"], "serial": 4, "values": {"a": 1.6, "b": 0.5}}]
    for message in sent[1:]:
        page.evaluate("(changes) => model.receive(changes)", answer(explorer, message))
    assert len(page.evaluate("() => window.sent")) == 4
    state = page.evaluate(READ)
    assert state["boxes"]["a"][0] == "1.6"
    assert state["status"] == explorer.answer["summary"]


def test_python_and_other_views_move_the_sliders_too(show):
    explorer = mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5))
    page = show(explorer)
    explorer.move(a=-2.0)
    page.evaluate("(changes) => model.receive(changes)", {"answer": explorer.answer})
    assert page.get_by_label("a", exact=True).input_value() == "-2"
    assert page.evaluate(READ)["boxes"]["a"][0] == "−2"


def test_without_a_kernel_the_last_picture_stands_and_the_reader_is_told(show):
    page = show(mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5)), kernel=False)
    page.clock.install()
    before = page.evaluate(READ)
    assert before["boxes"]["a"][0] == "1"
    page.get_by_label("a", exact=True).fill("2")
    page.clock.run_for(5000)
    assert page.evaluate(READ)["message"].startswith("No answer from Python")
    assert page.evaluate(READ)["boxes"] == before["boxes"]


def test_a_large_picture_opens_at_what_the_first_slider_moves(show):
    model = mg.MLP(2, [6, 6], seed=0, activation="tanh")
    page = show(mg.explore(lambda x, y: mg.total(model([x, y])), x=(-1, 1), y=(-1, 1)), width="notebook")
    page.wait_for_function("() => document.querySelector('.graph').scrollTop > 0")
    frame = page.locator(".graph").bounding_box()
    leaf = page.locator("svg text.name", has_text=re.compile("^x$")).bounding_box()
    assert frame["y"] < leaf["y"] < frame["y"] + frame["height"]


def test_the_table_holds_all_numbers(show):
    page = show(mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5)))
    page.get_by_text("All numbers").click()
    state = move(page, "a", -2)
    rows = page.evaluate(
        "() => [...document.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    assert {name: cells for name, *cells in rows} == state["boxes"]


@pytest.mark.parametrize(("width", "theme"), [("phone", "dark"), ("notebook", "light")])
def test_nobody_is_kept_out_and_nothing_is_cut_off(show, check_accessible, width, theme):
    page = show(mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5)), width=width, theme=theme)
    page.get_by_text("All numbers").click()
    move(page, "b", -0.5)
    assert page.evaluate("() => document.querySelector('.microgradnet-explore').dataset.theme") == theme
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    check_accessible(page)


def test_the_notebooks_theme_comes_before_the_systems(show):
    page = show(mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5)))
    theme = "() => document.querySelector('.microgradnet-explore').dataset.theme"
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
    page.wait_for_function(f"() => ({theme})() === 'dark'")
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'true'; }")
    page.wait_for_function(f"() => ({theme})() === 'light'")


def test_hostile_labels_do_nothing_but_show(show):
    def hostile(a):
        return mg.total(a * mg.Value(2.0, label=label) for label in HOSTILE)

    page = show(mg.explore(hostile, a=(0, 1), detail="operations"))
    page.get_by_text("All numbers").click()
    state = move(page, "a", 0.25)
    assert state["slopes"] == [f"∂loss/∂a = {2 * len(HOSTILE)}"]
    names = page.evaluate("() => [...document.querySelectorAll('text.name')].map(text => text.textContent)")
    assert "<script>alert(1)</script>".removesuffix("t>") in " ".join(names)
    assert page.locator("#cell script, #cell img, #cell b, #cell [onload]").count() == 0


def test_a_view_that_is_gone_hears_nothing(show):
    explorer = mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5))
    page = show(explorer)
    page.evaluate("() => window.leave()")
    before = page.evaluate(READ)
    explorer.move(a=2.0)
    page.evaluate("(changes) => model.receive(changes)", {"answer": explorer.answer})
    assert page.evaluate(READ) == before
