"""The widget of ``mg.explore`` in a real browser, with the real Python side behind a small model of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import microgradnet as mg
from microgradnet.draw.figures import write_figure
from tests.draw.hostile import HOSTILE

explore = pytest.importorskip("microgradnet.draw.explore.widget", reason="anywidget is not installed")

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
  save_changes: () => {{
    window.sent = (window.sent || 0) + 1;
    if (window.python) window.python(state.position).then((changes) => model.receive(changes));
  }},
}};
const module = await import(URL.createObjectURL(new Blob([{script}], {{ type: "text/javascript" }})));
window.leave = module.default.render({{ model, el: document.getElementById("cell") }});
document.body.dataset.ready = "yes";
</script></body></html>"""
READ = """() => ({
    boxes: Object.fromEntries([...document.querySelectorAll('g.node:not(.constant)')].map(g =>
        [g.querySelector('.name')?.textContent, ['value', 'grad'].map(role => g.querySelector(`.${role}`).textContent)])),
    edges: [...document.querySelectorAll('text.local')].map(text => text.textContent),
    slopes: [...document.querySelectorAll('.slope')].map(output => output.textContent),
    numbers: [...document.querySelectorAll('.number')].map(output => output.textContent),
    message: document.querySelector('.message').textContent,
    status: document.querySelector('.status').textContent,
})"""
ARRIVED = """() => model.get('position') && model.get('answer').origin.view === model.get('position').view
    && model.get('answer').origin.serial === model.get('position').serial"""


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
            page.expose_function("python", lambda position: answer(explorer, position))
        return page

    return shown


def answer(explorer: Any, position: dict[str, Any]) -> dict[str, Any]:
    explorer.position = position
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


@pytest.mark.parametrize(("a", "b"), [(1.25, 0.5), (-2.5, 2.0), (0.01, 0.02), (3, 1)])
def test_moving_sliders_shows_the_numbers_of_the_engine(show, a, b):
    page = show(mg.explore(f, a=(-3, 3), b=(-1, 2, 0.5)))
    move(page, "a", a)
    state = move(page, "b", b)
    loss = f(mg.Value(a, label="a"), mg.Value(b, label="b"))
    expected = numbers(loss)
    assert {name: state["boxes"][name] for name in expected} == expected
    assert state["slopes"] == [f"∂L/∂a = {expected['a'][1]}", f"∂L/∂b = {expected['b'][1]}"]
    assert sorted(state["edges"]) == sorted(
        write_figure(partial, 4) for node in mg.graph.topological(loss) for partial in node.partials
    )
