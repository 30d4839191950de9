"""Numbers typed into a step page: what its JavaScript computes is what the engine computes."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.pages.javascript import write_float, write_rules
from microgradnet.drawing.pages.stepper import core_script, graph_data
from microgradnet.drawing.pages.trace import trace
from microgradnet.errors import MicrogradnetError
from microgradnet.figures import show
from microgradnet.graph import topological
from microgradnet.operation import TABLE
from microgradnet.value import Constant
from microgradnet.verification import library
from tests.drawing.graphs import lecture, network

WITHOUT = {"sinc", "sinc_derivative", "erfinv", "lgamma", "digamma", "trigamma", "polygamma"}
CLOSE = 1e-12
SIZES = (0.0, 1e-8, 0.1, 0.5, 0.75, 1.0, 1.7, 2.5, 3.0, 6.0, 20.0, 400.0)
NUMBERS = [sign * size for size in SIZES for sign in (1.0, -1.0) if size or sign > 0]


@pytest.fixture
def javascript(tmp_path: Path, open_page: Any) -> Any:
    """Return a function that evaluates JavaScript beside the code of a page that needs no page."""

    def evaluate(code: str, rules: str = "") -> Any:
        path = tmp_path / "empty.html"
        path.write_text("<!DOCTYPE html><title>empty</title>", encoding="utf-8")
        return open_page(path).evaluate(f"() => {{ {core_script()}\n{rules}\n{code} }}")

    return evaluate


def test_the_operations_without_javascript_are_those_that_call_pythons_math():
    _, missing = write_rules(TABLE.values())
    assert set(missing) & set(TABLE) == WITHOUT


def test_the_rules_of_the_table_give_in_javascript_what_they_give_in_python(javascript):
    """Values and local derivatives of every operation, at all pairs of these numbers in its domain."""
    cases = [case for name in sorted(TABLE) if name not in WITHOUT for case in _cases(name)]
    rules, _ = write_rules(op for name, op in TABLE.items() if name not in WITHOUT)
    asked = json.dumps([[name, operands] for name, operands, _ in cases])
    found = javascript(
        f"""return {asked}.map(([name, operands]) => {{
            const out = rules[name].value(...operands);
            return [out, ...rules[name].slopes.map((slope) => slope(...operands, out))].map(String);
        }})""",
        rules,
    )
    assert len({name for name, _, _ in cases}) == len(TABLE) - len(WITHOUT)
    wrong = [
        (name, operands, expected, got)
        for (name, operands, expected), got in zip(cases, found, strict=True)
        if not all(
            _agree(one, float(other.replace("Infinity", "inf"))) for one, other in zip(expected, got, strict=True)
        )
    ]
    assert wrong == []


def _cases(name: str) -> list[tuple[str, list[float], list[float]]]:
    op, cases = TABLE[name], []
    pairs = [[x] for x in NUMBERS] if len(op.partials) == 1 else [[x, y] for x in NUMBERS[::2] for y in NUMBERS[1::2]]
    for operands in pairs:
        try:
            result = op(*map(Value, operands))
            if op.domain.contains(*operands) and math.isfinite(result.data):
                cases.append((name, operands, [result.data, *result.partials]))
        except MicrogradnetError:
            pass  # outside of the domain, or too large
    return cases


def _agree(one: float, other: float) -> bool:
    if not math.isfinite(one):
        return one == other or (math.isnan(one) and math.isnan(other))
    return abs(one - other) <= CLOSE * max(abs(one), abs(other), 1e-290)


def test_figures_are_printed_as_python_prints_them(javascript):
    source = random.Random(1)
    numbers = [0.0, -0.0, 1.0, 0.1 + 0.2, 0.125, 2.5e-5, 1e6, 999999.5, 123456.0, 1e-9, 5e-324, 1.7e308, 0.99996]
    numbers += [source.gauss(0, 1) * 10.0 ** source.randint(-9, 9) for _ in range(300)]
    numbers += [round(source.random(), source.randint(1, 6)) for _ in range(100)]
    asked = [[number, digits] for number in numbers for digits in (1, 2, 3, 4, 8)]
    found = javascript(f"return {json.dumps(asked)}.map(([number, digits]) => show(number, digits))")
    expected = [show(number, digits) for number, digits in asked]
    assert found == [[figure.text, figure.exact] for figure in expected]


def test_every_worked_example_is_computed_as_the_engine_does(javascript):
    """Each leaf moved, the page's own code against a graph that was recomputed."""
    source, asked, expected, ops = random.Random(0), [], [], {}
    for name in library.names():
        loss = mg.Worksheet.example(name).loss
        followed = trace(loss)
        leaves = followed.leaves
        typed = {place: followed.order[place].data * source.uniform(0.8, 1.2) + 0.01 for place in leaves}
        asked.append([graph_data(followed), [[place, write_float(number)] for place, number in typed.items()]])
        ops |= {node.op: None for node in followed.order if node.op is not None}
        order = topological(loss)
        for place, number in typed.items():
            order[place].data = number
        mg.recompute(loss)
        loss.zero_grad()
        loss.backward()
        gradients = [0.0 if isinstance(node, Constant) else node.grad for node in order]  # nobody varies a constant
        expected.append([[node.data for node in order], gradients])
    rules, missing = write_rules(ops)
    assert missing == []
    found = javascript(
        f"""return {json.dumps(asked)}.map(([graph, typed]) => {{
            const numbers = recompute(prepare(graph), recordedIn(graph), new Map(typed));
            return [numbers.values, numbers.gradients];
        }})""",
        rules,
    )
    assert len(found) == len(expected) == 29
    for one, other in zip(expected, found, strict=True):
        for engine, page in zip(one, other, strict=True):
            assert page == pytest.approx(engine, rel=CLOSE, abs=1e-15)


BOXES = """() => Object.fromEntries([...document.querySelectorAll('g.node:not(.constant)')].map(g =>
    [g.querySelector('.name').textContent, ['.value', '.grad'].map(role => g.querySelector(role).dataset.full)]))"""
PAGE = "() => [...document.querySelectorAll('#step, #scroll text')].map(each => each.textContent)"


def type_number(page: Any, leaf: str, number: str) -> None:
    page.select_option("#leaf", label=leaf)
    page.fill("#typed", number)
    page.keyboard.press("Enter")


def test_a_typed_number_moves_the_whole_page_and_put_back_restores_it(tmp_path, open_page):
    page = open_page(mg.step_through(lecture()).save(tmp_path / "lesson.html"), at="#7")
    before, derived = page.evaluate(PAGE), None
    page.select_option("#leaf", label="a")
    derived = page.inner_text("#derivation")
    type_number(page, "a", "-0.75")
    a, b, c, f = -0.75, -3.0, 10.0, -2.0
    page.keyboard.press("Escape")
    boxes = page.evaluate(BOXES)
    assert [float(boxes["a"][0]), float(boxes["L"][0])] == [a, (a * b + c) * f]
    page.click("#last")
    boxes = {name: float(grad) for name, (_, grad) in page.evaluate(BOXES).items()}
    assert {name: boxes[name] for name in "abcf"} == {"a": b * f, "b": a * f, "c": f, "f": a * b + c}
    assert page.inner_text("#changes") == "Typed: a = −0.75."
    page.click("#first")
    page.click("#next")
    assert "−0.75" in page.inner_text("#rows")
    assert "edge by edge" in page.inner_text("#derivation")
    assert "12.25" not in " ".join(before)
    for _ in range(6):
        page.click("#next")
    page.click("#restore")
    assert page.locator("#changed").is_hidden()
    assert (page.evaluate(PAGE), page.inner_text("#derivation")) == (before, derived)


@pytest.mark.slow
def test_what_has_no_result_is_said_and_the_last_numbers_stay(tmp_path, open_page, check_accessible):
    p = Value(0.25, label="p")
    loss = -mg.log(p)
    loss.label = "E"
    page = open_page(mg.step_through(loss).save(tmp_path / "lesson.html"), at="#99")
    before = page.evaluate(BOXES)
    for text, words in (("0", "log has no finite result at x = 0 (p): it needs x > 0."), ("1,5", "1,5 is no number")):
        type_number(page, "p", text)
        assert words in page.inner_text("#trouble")
        assert page.evaluate(BOXES) == before
    check_accessible(page)
    type_number(page, "p", "0.5")
    assert page.locator("#trouble").is_hidden()
    assert page.evaluate(BOXES)["E"] == [str(-math.log(0.5)), "1"]
    page.focus("#typed")
    page.keyboard.press("ArrowUp")
    assert page.input_value("#typed") == "0.51"


def test_a_graph_with_an_operation_without_javascript_says_so(tmp_path, open_page):
    a = Value(2.5, label="a")
    page = open_page(mg.step_through(mg.lgamma(a) * a).save(tmp_path / "lesson.html"))
    page.select_option("#leaf", label="a")
    assert page.inner_text("#still") == "No numbers can be typed here: lgamma can't be computed in a page."
    assert page.locator("#typed").is_hidden()


def test_an_operation_of_ones_own_is_computed_too(tmp_path, open_page):
    cube = mg.define("cube", forward=lambda x: x**3, partials=[lambda x, out: 3 * x**2])
    try:
        a = Value(2.0, label="a")
        page = open_page(mg.step_through(cube(a)).save(tmp_path / "lesson.html"), at="#99")
    finally:
        mg.undefine("cube")
    type_number(page, "a", "-3")
    assert page.evaluate(BOXES)["a"] == ["-3", "27"]


@pytest.mark.slow
def test_a_page_of_a_network_follows_the_engine(tmp_path, open_page):
    loss = network()
    page = open_page(mg.step_through(loss).save(tmp_path / "lesson.html"), at="#999")
    for leaf, number in (("w1[1,1]", -2.5), ("x[2]", 0.75)):
        type_number(page, leaf, str(number))
        next(node for node in topological(loss) if node.label == leaf).data = number
    mg.recompute(loss)
    loss.zero_grad()
    loss.backward()
    boxes = page.evaluate(BOXES.replace("g.querySelector('.name').textContent", "g.dataset.node"))
    assert len(boxes) > 30
    order = topological(loss)
    for key, numbers in boxes.items():
        node = order[int(key[1:]) - 1]
        assert [float(number) for number in numbers] == pytest.approx([node.data, node.grad], rel=CLOSE)


def test_all_notations_of_the_table_are_set_as_mathml(tmp_path, open_page):
    """No formula of an operation is left as LaTeX, and each has its operands in it."""
    a, b = Value(0.6, label="a"), Value(0.3, label="b")
    page = open_page(mg.step_through(a * b).save(tmp_path / "lesson.html"))
    script = (Path(mg.__file__).parent / "drawing/pages/math.js").read_text(encoding="utf-8")
    templates = {name: op.latex.template.replace("#1", "{x}").replace("#2", "{y}") for name, op in TABLE.items()}
    read = """Object.values(templates).map(latex => formula(latex)).map(
        parts => parts[0] instanceof Element ? parts.map(each => each.textContent).join('') : '')"""
    texts = page.evaluate(f"() => {{ {script}; const templates = {json.dumps(templates)}; return {read}; }}")
    for name, text in zip(templates, texts, strict=True):
        assert "x" in text, name
        assert "y" in text or len(TABLE[name].partials) == 1, name
