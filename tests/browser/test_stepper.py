"""The page of ``mg.step_through`` in a real browser: every number that it shows is the engine's, at every step."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.figures import write_figure
from microgradnet.graph import topological
from microgradnet.value import Constant
from tests.drawing.graphs import lecture, network

READ = """() => ({
    step: Number(document.documentElement.dataset.step),
    heading: document.querySelector('#heading').textContent,
    rows: document.querySelector('#rows').innerText,
    numbers: [...document.querySelectorAll('#rows .number')].map(n => [n.textContent, n.dataset.full]),
    result: [...document.querySelectorAll('.numbers dd > .number:last-child, .added .number, .gradient .number')]
        .map(n => Number(n.dataset.full)),
    boxes: Object.fromEntries([...document.querySelectorAll('g.node:not(.constant)')].map(g =>
        [g.dataset.node, [g.querySelector('.value').textContent, g.querySelector('.grad').textContent]])),
    now: [...document.querySelectorAll('g.node.now')].map(g => g.dataset.node),
    edges: [...document.querySelectorAll('g.edge.now')].map(g => g.dataset.edge),
})"""
BLANK = "–"


def shown(number: float) -> str:
    return write_figure(number, 4)


def twice() -> Value:
    """One node as both operands, and a constant."""
    a = Value(3.0, label="a")
    loss = a * a * 2.0 + a
    loss.label = "L"
    return loss


def expected_states(loss):
    """Yield the numbers in all boxes at every step, and those of the step's sum, from the engine's records alone."""
    order = topological(loss)
    keys = {id(node): f"n{place}" for place, node in enumerate(order, 1) if not isinstance(node, Constant)}
    values = {keys[id(node)]: shown(node.data) if not node.inputs else BLANK for node in order if id(node) in keys}
    gradients = dict.fromkeys(values, BLANK)

    def boxes():
        return {key: [values[key], gradients[key]] for key in values}

    yield boxes(), None
    for node in order:
        if node.inputs:
            values[keys[id(node)]] = shown(node.data)
            yield boxes(), [node.data]
    adjoints = dict.fromkeys(map(id, order), 0.0) | {id(loss): 1.0}
    gradients = {key: shown(0.0) for key in values} | {keys[id(loss)]: shown(1.0)}
    yield boxes(), [1.0]
    for node in reversed(order):
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            if id(operand) in keys:
                before, part = adjoints[id(operand)], adjoints[id(node)] * partial
                adjoints[id(operand)] += part
                gradients[keys[id(operand)]] = shown(adjoints[id(operand)])
                yield boxes(), [before, part, adjoints[id(operand)]]
    yield boxes(), None
    loss.zero_grad()
    loss.backward()
    assert all(adjoints[id(node)] == node.grad for node in order if id(node) in keys)


@pytest.mark.parametrize("make", [lecture, twice, pytest.param(network, marks=pytest.mark.slow)])
def test_every_step_shows_the_numbers_of_the_engine(make, tmp_path, open_page):
    loss = make()
    page = open_page(mg.step_through(loss).save(tmp_path / "lesson.html"))
    states = list(expected_states(loss))
    read = []
    for number, (boxes, last) in enumerate(states):
        if number:
            page.keyboard.press("ArrowRight")
        state = page.evaluate(READ)
        read.append(state)
        assert (state["step"], state["boxes"]) == (number, boxes)
        assert state["result"] == (last or [])
        assert [text for text, _ in state["numbers"]] == [shown(float(full)) for _, full in state["numbers"]]
    page.keyboard.press("ArrowRight")
    assert page.evaluate(READ) == read[-1]
    for state in reversed(read[-4:-1]):
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(READ) == state


@pytest.mark.slow
def test_buttons_slider_and_keys_go_to_the_same_steps(tmp_path, open_page):
    page = open_page(mg.step_through(lecture()).save(tmp_path / "lesson.html"))
    last = len(mg.step_through(lecture()).steps) - 1

    def step():
        return page.evaluate(READ)["step"]

    assert page.locator("#back").is_disabled()
    page.click("#next")
    page.click("#next")
    page.click("#back")
    assert step() == 1
    page.click("#last")
    assert step() == last
    assert page.locator("#next").is_disabled()
    page.keyboard.press("Home")
    assert step() == 0
    page.keyboard.press("End")
    assert step() == last
    page.locator("#slider").fill("5")
    assert step() == 5
    page.focus("#slider")
    page.keyboard.press("ArrowLeft")
    assert step() == 4
    assert page.get_attribute("#slider", "aria-valuetext").endswith(page.text_content("#heading"))
    page.click("#list")
    page.get_by_role("button", name="Go to step 7", exact=True).click()
    assert step() == 7
    assert page.locator("#all tbody tr").count() == last + 1


@pytest.mark.slow
def test_playing_goes_on_to_the_end_and_can_be_paused(tmp_path, open_page):
    page = open_page(mg.step_through(lecture()).save(tmp_path / "lesson.html"), motion="no-preference")
    page.clock.install()
    page.reload()
    page.keyboard.press(" ")
    assert page.text_content("#play") == "Pause"
    assert page.get_attribute("#step", "aria-live") == "off"
    page.clock.run_for(2 * 1600)
    assert page.evaluate(READ)["step"] == 2
    page.click("#play")
    page.clock.run_for(10 * 1600)
    assert page.evaluate(READ)["step"] == 2
    page.select_option("#speed", "0.4")
    page.click("#play")
    page.clock.run_for(60 * 1600)
    assert page.locator("#next").is_disabled()
    assert page.text_content("#play") == "Play"


def test_a_click_on_a_node_jumps_to_it_and_one_on_a_weight_shows_its_chain_rule(tmp_path, open_page):
    loss = network()
    order = topological(loss)
    keys = {node.label: f"n{place}" for place, node in enumerate(order, 1) if node.label}
    page = open_page(mg.step_through(loss).save(tmp_path / "lesson.html"), width="notebook")
    page.locator(f"[data-node={keys['a1[2]']}]").click()
    assert page.text_content("#heading").endswith("a1[2] (sigmoid)")
    assert page.evaluate(READ)["now"] == [keys["a1[2]"]]
    page.keyboard.press("End")
    page.locator(f"[data-node={keys['a1[2]']}]").click()
    state = page.evaluate(READ)
    assert state["now"] == [keys["a1[2]"]]
    assert "The gradient of a1[2] is complete." in state["rows"]
    assert page.locator("#rule").is_hidden()

    page.locator(f"[data-node={keys['w1[1,1]']}]").click()
    words = page.text_content("#derivation")
    fractions = """[...document.querySelectorAll('#derivation mfrac')]
        .map(each => [...each.children].map(child => child.textContent).join('/'))"""
    typeset = set(page.evaluate(fractions))
    for factor in mg.derive(loss, "w1[1,1]").factors:  # a2[1] has its lower index, 1, before its upper one, (2)
        assert re.sub(r"([a-z])(\d)\[([\d,]+)\]", r"\1\3(\2)", factor.derivative.text) in typeset
    assert f"{mg.derive(loss, 'w1[1,1]').value!r}" in words
    assert page.locator("g.edge.path").count() > 5
    page.click("#close")
    assert page.locator("#rule").is_hidden()
    assert page.locator("g.edge.path").count() == 0
    page.select_option("#leaf", label="b2[1]")
    assert page.text_content("#derivation h2") == "The chain rule for b2[1]"


def test_the_graph_is_walked_by_keyboard(tmp_path, open_page):
    page = open_page(mg.step_through(lecture()).save(tmp_path / "lesson.html"))
    page.keyboard.press("ArrowRight")
    page.focus("g.node.now")
    label = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(label) == "a*b, value −6"
    page.keyboard.press("ArrowDown")
    assert page.evaluate(label) == "c, value 10, leaf"
    page.keyboard.press("Enter")
    assert page.text_content("#derivation h2") == "The chain rule for c"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.text_content("#heading").startswith("Forward 2 of 3")
    assert page.locator("g.node[tabindex='0']").count() == 1


@pytest.mark.parametrize(("width", "theme"), [("phone", "light"), ("projector", "dark")])
@pytest.mark.slow
def test_the_page_is_accessible_in_both_themes(width, theme, tmp_path, open_page, check_accessible):
    page = open_page(mg.step_through(twice(), detail="layers").save(tmp_path / "l.html"), width=width, theme=theme)
    page.locator("g.node").last.click()
    check_accessible(page)
    page = open_page(mg.step_through(twice()).save(tmp_path / "lesson.html"), width=width, theme=theme, at="#4")
    assert page.evaluate(READ)["step"] == 4
    page.select_option("#leaf", index=1)
    page.click("#list")
    check_accessible(page)
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != background
    check_accessible(page)


@pytest.mark.slow
@pytest.mark.parametrize("width", ["phone", "notebook", "projector"])
def test_a_wide_graph_scrolls_inside_its_frame_to_where_the_step_is(width, tmp_path, open_page):
    page = open_page(mg.step_through(network()).save(tmp_path / "lesson.html"), width=width, at="#40")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for key in ("End", "ArrowLeft"):
        page.keyboard.press(key)
    frame, box = page.locator("#scroll").bounding_box(), page.locator("g.node.now").bounding_box()
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    assert page.locator("#controls").bounding_box()["y"] < page.viewport_size["height"]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_readers_who_want_no_motion(motion, tmp_path, open_page):
    page = open_page(mg.step_through(lecture()).save(tmp_path / "lesson.html"), motion=motion, at="#7")
    running = page.evaluate("document.getAnimations().length")
    assert (running == 0) == (motion == "reduce")


@pytest.mark.slow
def test_on_paper_stand_all_steps_and_no_buttons(tmp_path, open_page):
    made = mg.step_through(lecture())
    page = open_page(made.save(tmp_path / "lesson.html"), theme="dark", at="#3")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    printed = page.inner_text("body")
    assert all(step.heading in printed for step in made.steps)
    assert page.locator("#controls, #theme, #zoom, #step").locator("visible=true").count() == 0
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert {grad for _, grad in page.evaluate(READ)["boxes"].values()} == {"1", "−2", "4", "6", "−4"}
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(READ)["step"] == 3
    assert page.pdf().startswith(b"%PDF")


HOSTILE = [
    "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--<script>", "\"'`\\", "{{data}}", "权重",
    "שלום", "👩\u200d👧", "x" * 10_000, "&lt;b&gt;", "\u2028", "]]>", "\ud800", "javascript:alert(1)", "a*b <= c",
    "\u202eevil",
]  # fmt: skip


@pytest.mark.slow
def test_labels_are_shown_and_never_executed(tmp_path, open_page):
    leaves = [Value(float(place), label=label) for place, label in enumerate(HOSTILE, 1)]
    with mg.scope("</svg><script>alert(2)</script>".replace("/", "|")):
        loss = mg.total(leaf * 2.0 for leaf in leaves)
    loss.label = HOSTILE[0]
    page = open_page(mg.step_through(loss).save(tmp_path / "lesson.html"))
    page.on("dialog", lambda dialog: pytest.fail(f"a label was executed: {dialog.message}"))
    assert page.title() == page.text_content("h1")
    assert page.title().startswith("Step through (</script><script>al")
    page.click("#list")
    for option in range(1, len(HOSTILE) + 1):
        page.select_option("#leaf", index=option)
        assert page.locator("#rule").is_visible()
    assert page.locator("script").count() == 2
    assert page.locator("img").count() == 0
    assert (
        page.evaluate("Math.max(...[...document.querySelectorAll('h2, option, text')].map(e => e.textContent.length))")
        < 300
    )


def test_what_gets_into_a_page_is_not_executed_or_fetched(tmp_path, open_page):
    """The page's policy alone stops a script and a picture that are put into it after it was made."""
    path = mg.step_through(lecture()).save(tmp_path / "lesson.html")
    added = "<script>document.title = 'executed'</script><img src='https://example.org/a.png'>"
    broken = path.read_text(encoding="utf-8").replace("<main>", f"{added}<main>")
    path.write_text(broken, encoding="utf-8")
    assert added in broken
    page = open_page(path)
    assert page.title() == "Step through L"
    refused, open_page.wrong[:] = [*open_page.wrong], []
    assert len(refused) == 2
    assert all("Content Security Policy" in message for message in refused)


NOTEBOOK = """
import microgradnet as mg
from microgradnet import Value
a, b = Value(2.0, label="a"), Value(-3.0, label="b")
mg.step_through(a * b)
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Path:
    """A notebook with two pages, executed and exported to HTML."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries between this process and the kernel
        nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
        exporting = pytest.importorskip("nbconvert")
        cells = [nbformat.v4.new_code_cell(NOTEBOOK), nbformat.v4.new_code_cell("mg.step_through(a * a)")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        nbclient.NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
        exporter = exporting.HTMLExporter(template_name="basic")
        body, _ = exporter.from_notebook_node(notebook)
    path = tmp_path_factory.mktemp("notebook") / "notebook.html"
    path.write_text(f"<!DOCTYPE html><title>notebook</title><style>h2 {{ color: red }}</style>{body}", encoding="utf-8")
    return path


@pytest.mark.slow
def test_two_pages_work_in_an_exported_notebook(exported, open_page, check_accessible):
    page = open_page(exported, width="notebook")
    frames = [frame for frame in page.frames if frame is not page.main_frame]
    assert len(frames) == 2
    for frame, products in zip(frames, ([-6.0], [4.0]), strict=True):
        frame.wait_for_function("document.documentElement.dataset.step === '0'")
        frame.click("#next")
        state = frame.evaluate(READ)
        assert state["step"] == 1
        assert state["result"] == products
        frame.locator("g.node").first.click()
        assert frame.text_content("#derivation h2") == "The chain rule for a"
        check_accessible(frame)
    assert page.evaluate("document.querySelectorAll('h2, #next').length") == 0
    frames[0].focus("#play")
    page.keyboard.press("ArrowLeft")
    assert [frame.evaluate(READ)["step"] for frame in frames] == [0, 1]


IN_VIEW = """() => {
    const view = document.getElementById('scroll').getBoundingClientRect();
    return [...document.querySelectorAll('g[data-node]')].filter((group) => {
        const box = group.getBoundingClientRect();
        return box.left >= view.left - 1 && box.right <= view.right + 1
            && box.top >= view.top - 1 && box.bottom <= view.bottom + 1;
    }).length;
}"""


@pytest.mark.parametrize("wide", [1280, 848, 375])
@pytest.mark.slow
def test_a_large_graph_opens_on_boxes_and_fit_shows_all_of_them(tmp_path, open_page, wide):
    loss = (mg.MLP(3, [6, 6, 1], activation="tanh", seed=1)([2.0, 3.0, -1.0]) - 1) ** 2
    page = open_page(mg.step_through(loss).save(tmp_path / "lesson.html"))
    page.set_viewport_size({"width": wide, "height": 720})
    page.reload()
    page.wait_for_function("document.documentElement.dataset.step === '0'")
    page.wait_for_timeout(200)
    assert page.evaluate(IN_VIEW) >= (2 if wide == 375 else 3)
    page.click("#fit")
    page.wait_for_timeout(200)
    assert page.evaluate(IN_VIEW) == page.locator("g[data-node]").count()


@pytest.mark.slow
def test_shift_goes_from_node_to_node(tmp_path, open_page):
    page = open_page(mg.step_through(network()).save(tmp_path / "lesson.html"))
    page.keyboard.press("End")
    steps = [page.evaluate(READ)["step"]]
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
        steps.append(page.evaluate(READ)["step"])
    assert steps == sorted(steps, reverse=True)
    assert steps[0] - steps[-1] > 3


TEXTS = """() => [...document.querySelectorAll('#scroll svg text')].map(each => each.textContent)"""


@pytest.mark.slow
@pytest.mark.parametrize("detail", ["operations", "sums", "neurons", "layers"])
def test_each_detail_ends_on_the_numbers_of_the_drawing_and_follows_what_is_typed(detail, tmp_path, open_page):
    loss = network()
    page = open_page(mg.step_through(loss, detail=detail).save(tmp_path / "lesson.html"), at="#999")
    for typed in (False, True):
        if typed:
            page.select_option("#leaf", label="w1[2,1]")
            page.fill("#typed", "-1.5")
            page.keyboard.press("Enter")
            next(node for node in topological(loss) if node.label == "w1[2,1]").data = -1.5
            mg.recompute(loss)
        loss.zero_grad()
        loss.backward()
        drawn = ElementTree.fromstring(mg.draw(loss, detail=detail, show=("value", "grad", "local", "scope")).svg)
        expected = [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")]
        assert sorted(page.evaluate(TEXTS)) == sorted(expected)


@pytest.mark.slow
def test_steps_can_be_nodes_neurons_or_layers(tmp_path, open_page):
    made = mg.step_through(network(), detail="neurons")
    page = open_page(made.save(tmp_path / "lesson.html"))
    presses = {}
    for by in ("node", "neuron", "layer"):
        page.select_option("#by", by)
        page.locator("#slider").fill("0")
        presses[by] = 0
        while page.evaluate("() => !document.getElementById('next').disabled"):
            page.evaluate("() => document.getElementById('next').click()")
            presses[by] += 1
    assert len(made.steps) - 1 > presses["node"] > presses["neuron"] >= presses["layer"] > 4
    page.click("#back")
    page.click("#next")
    assert page.text_content("#heading").startswith("Done")


@pytest.mark.slow
def test_a_folded_box_opens(tmp_path, open_page):
    loss = network()
    loss.backward()
    page = open_page(mg.step_through(loss, detail="layers").save(tmp_path / "lesson.html"), at="#999")
    page.locator("g.node.folded", has_text="layer 1").click()
    cells = "() => [...document.querySelectorAll('#contents tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    found = {name: numbers for name, *numbers in page.evaluate(cells)}
    inside = {node.label: node for node in topological(loss) if node.scope.startswith("layer 1") and node.label}
    assert len(inside) > 8
    assert {name: found[name] for name in inside} == {n: [shown(v.data), shown(v.grad)] for n, v in inside.items()}
    page.get_by_role("button", name="a1[2]", exact=True).click()
    assert "The gradient of a1[2] is complete." in page.inner_text("#rows")
    page.get_by_role("button", name="w1[1,2]", exact=True).click()
    assert page.text_content("#derivation h2") == "The chain rule for w1[1,2]"
    page.click("#shut")
    assert page.locator("#inside").is_hidden()


@pytest.mark.slow
def test_a_map_shows_which_part_of_a_large_picture_is_in_view(tmp_path, open_page):
    loss = (mg.MLP(3, [6, 6, 1], activation="tanh", seed=1)([2.0, 3.0, -1.0]) - 1) ** 2
    page = open_page(mg.step_through(loss).save(tmp_path / "lesson.html"), width="notebook")
    assert page.locator("#map rect:not(.view)").count() == page.locator("g[data-node]").count()
    place = page.locator("#map").bounding_box()
    page.mouse.click(place["x"] + place["width"] - 3, place["y"] + place["height"] - 3)
    page.wait_for_function("(() => { const v = document.getElementById('scroll'); "
                           "return v.scrollLeft + v.clientWidth > v.scrollWidth - 40; })()")  # fmt: skip
    page.click("#fit")
    page.wait_for_function("document.getElementById('map').classList.contains('away')")


def test_the_backward_phase_turns_arrows_and_keeps_the_width_of_what_flowed(tmp_path, open_page):
    page = open_page(mg.step_through(lecture()).save(tmp_path / "lesson.html"), at="#3")
    shown = """selector => [...document.querySelectorAll(selector)]
        .filter(each => getComputedStyle(each).display !== 'none').length"""
    assert page.evaluate(shown, "g.edge > .back") == 0
    page.keyboard.press("End")
    assert page.evaluate(shown, "g.edge > .back") == page.locator("g.edge").count()
    widths = page.evaluate(
        "[...document.querySelectorAll('g.edge .line')].map(line => parseFloat(line.style.strokeWidth))"
    )
    sizes = [6.0, 4.0, 2.0, 2.0, 2.0, 4.0]  # of what flows to a, b, a*b, c, a*b + c, f
    assert [widths.index(width) for width in widths] == [sizes.index(size) for size in sizes]
    assert sorted(zip(sizes, widths, strict=True)) == list(zip(sorted(sizes), sorted(widths), strict=True))
