"""What ``mg.explore`` shows at each position is what the engine computes there. A browser tests the page's side."""

from __future__ import annotations

import builtins
import math
import re
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.pages import live as slider_module
from microgradnet.errors import ArgumentError, DomainError, DrawingError, NumberTypeError
from microgradnet.figures import write_figure
from tests.drawing.hostile import HOSTILE

pytest.importorskip("anywidget")


def f(a, b):
    h = a * b + mg.sin(a)
    h.label = "h"
    loss = h.tanh() / 2 + mg.log(b)
    loss.label = "L"
    return loss


def branching(a):
    return a * a if a > 0 else mg.exp(a) - 2.0 * a


def numbered(explorer):
    """Return the text in each numbered place of the picture, as the page writes it, by box and by edge."""
    root = ElementTree.fromstring(explorer.picture)
    svg = "{http://www.w3.org/2000/svg}"
    texts = explorer.answer["texts"]
    seen = [int(text.get("data-number")) for text in root.iter(f"{svg}text") if text.get("data-number")]
    assert sorted(seen) == [*range(len(texts))]
    boxes = {
        group.get("data-node"): {
            text.get("class"): texts[int(text.get("data-number"))]
            for text in group.iter(f"{svg}text")
            if text.get("data-number")
        }
        for group in root.iter(f"{svg}g")
        if group.get("data-node")
    }
    edges = [
        texts[int(text.get("data-number"))] if text.get("data-number") else text.text
        for text in root.iter(f"{svg}text")
        if text.get("class") == "local"
    ]
    return {key: found for key, found in boxes.items() if found}, edges


def expected(loss):
    """Return the same from the engine's own backward pass."""
    loss.backward()
    order = mg.graph.topological(loss)
    shown = {
        f"n{n}": {"value": write_figure(node.data, 4), "grad": write_figure(node.grad, 4)}
        for n, node in enumerate(order, 1)
        if not isinstance(node, mg.value.Constant)
    }
    partials = [
        write_figure(partial, 4)
        for node in order
        for operand, partial in zip(node.inputs, node.partials, strict=True)
        if not isinstance(operand, mg.value.Constant)
    ]
    return shown, partials


@pytest.mark.parametrize(("a", "b"), [(-3.0, 0.1), (-1.25, 2.0), (0.0, 1.0), (2.5, 1e-4), (3.0, 0.7)])
def test_every_number_in_the_picture_is_the_engines(a, b):
    explorer = mg.explore(f, a=(-3, 3), b=(1e-4, 2))
    picture = explorer.picture
    explorer.move(a=a, b=b)
    assert numbered(explorer) == expected(f(Value(a), Value(b)))
    assert explorer.picture is picture  # laid out once
    leaves = [Value(a), Value(b)]
    f(*leaves).backward()
    assert explorer.answer["slopes"] == {
        name: write_figure(leaf.grad, 4) for name, leaf in zip("ab", leaves, strict=True)
    }
    assert explorer.values == {"a": a, "b": b}


def test_another_branch_is_laid_out_anew_and_the_way_back_too():
    explorer = mg.explore(branching, a=(-2, 2, 1))
    pictures = []
    for a in (0.5, 1.5, -1.0, -1.5, 0.25):
        explorer.move(a=a)
        pictures.append(explorer.picture)
        assert numbered(explorer) == expected(branching(Value(a, label="a")))
    assert pictures[0] == pictures[1] == pictures[4]
    assert pictures[2] == pictures[3] != pictures[0]


def test_numbers_that_stand_in_names_are_laid_out_anew():
    explorer = mg.explore(lambda a: (a * a.data).tanh(), a=(0, 3, 1))
    explorer.move(a=2.5)
    assert "a*2.5" in explorer.picture


def test_what_can_not_be_computed_is_said_and_the_last_picture_stays():
    explorer = mg.explore(f, a=(-3, 3, 1), b=(-1, 2, 0.5))
    before = explorer.picture, explorer.answer["texts"], explorer.loss
    explorer.move(b=-0.5)
    assert explorer.message == (
        "DomainError: log needs x > 0; got x = -0.5 (labelled 'b'). Clip it to a small number above 0; "
        "for probabilities start from logits: mg.log_softmax, mg.log_sigmoid."
    )
    assert (explorer.picture, explorer.answer["texts"], explorer.loss) == before
    assert explorer.values["b"] == -0.5
    explorer.move(b=0.75)
    assert explorer.message == ""
    assert numbered(explorer) == expected(f(Value(1.0), Value(0.75)))


def test_errors_of_the_functions_own_and_pictures_too_large_are_said_too():
    def large(a):
        return mg.total([a * a] * 40) if a > 1 else {0: a}[round(a.data)]

    explorer = mg.explore(large, a=(0, 3, 0), limit=20)
    explorer.move(a=1)
    assert explorer.message == "KeyError: 1"
    explorer.move(a=2)
    assert explorer.message.startswith("DrawingError: a picture that can still be read has at most 20 boxes")
    explorer.move(a=0)
    assert explorer.message == ""


def test_a_model_from_outside_is_read_and_not_changed():
    model = mg.MLP(2, [3, 1], seed=1, activation="tanh")
    for place, parameter in enumerate(model.parameters()):
        parameter.grad, parameter.has_grad = float(place), True
    before = [(p.data, p.grad, p.has_grad) for p in model.parameters()]
    explorer = mg.explore(lambda x, y: model([x, y]), x=(-1, 1), y=(-1, 1))
    explorer.move(x=0.5)
    assert [(p.data, p.grad, p.has_grad) for p in model.parameters()] == before
    assert not explorer.loss.has_grad
    model.zero_grad()
    assert numbered(explorer) == expected(explorer.loss)
    assert "w1[1,2]" in explorer.picture


def test_what_the_page_sends_is_held_inside_the_ranges():
    explorer = mg.explore(f, a=(-3, 3), b=(0.5, 2))
    for values, wanted in [
        ({"a": 99, "b": -7, "c": 1}, (3.0, 0.5)),
        ({"a": "1", "b": None}, (0.0, 1.25)),
        ({"a": math.nan, "b": True}, (0.0, 1.25)),
        ("nothing", (0.0, 1.25)),
    ]:
        explorer._handle_custom_msg({"view": "v", "serial": 1, "values": values}, [])
        assert tuple(explorer.values.values()) == wanted
        assert explorer.answer["origin"] == {"view": "v", "serial": 1}
    explorer._handle_custom_msg("nothing at all", [])
    assert explorer.answer["origin"] == {"view": None, "serial": None}


def test_python_moves_a_slider_or_refuses_to():
    explorer = mg.explore(f, a=(-3, 3), b=(0.5, 2))
    for wrong in ({"c": 1.0}, {"a": 4.0}, {"a": 1.0, "b": "high"}):
        with pytest.raises(ArgumentError):
            explorer.move(**wrong)
    assert explorer.values == {"a": 0.0, "b": 1.25}
    assert repr(explorer) == "<Explorer of f: a = 0.0, b = 1.25; .values, .loss, .move(a=...)>"


def test_an_argument_that_does_nothing_has_slope_zero():
    explorer = mg.explore(lambda a, b: a * 2.0, a=(0, 1), b=(0, 1))
    assert explorer.answer["slopes"] == {"a": "2", "b": "0"}


@pytest.mark.parametrize("label", HOSTILE)
def test_labels_do_nothing_but_show(label):
    def hostile(a):
        result = a * Value(2.0, label=label)
        result.label = label
        return result

    explorer = mg.explore(hostile, a=(0, 1))
    explorer.move(a=0.25)
    assert numbered(explorer)[0]["n3"] == {"value": "0.5", "grad": "1"}
    root = ElementTree.fromstring(explorer.picture)
    assert {each.tag.rpartition("}")[2] for each in root.iter()} <= {"svg", "g", "title", "rect", "path", "text"}
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on") or "href" in name]
    assert len(explorer.picture) < 10_000


def test_a_static_picture_stays_for_readers_without_widgets():
    explorer = mg.explore(f, a=(-3, 3, 1), b=(0.5, 2))
    bundle, _ = explorer._repr_mimebundle_()
    still = {"image/svg+xml", "text/plain"} | ({"image/png"} if find_spec("resvg_py") else set())
    assert set(bundle) == {"application/vnd.jupyter.widget-view+json"} | still
    assert bundle["image/svg+xml"] == explorer.drawing().svg
    loss = f(Value(1.0, label="a"), Value(1.25, label="b"))
    loss.backward()
    assert bundle["image/svg+xml"] == mg.draw(loss, detail="operations", aspect=None).svg


def test_the_style_holds_the_colours_of_both_themes_and_touches_nothing_else():
    explorer = mg.explore(f, a=(-3, 3), b=(0.5, 2))
    used = set(re.findall(r"var\((--[\w-]+)\)", explorer.picture + explorer._css))
    for block in re.findall(r"\{color-scheme:(?:light|dark);([^}]*)\}", explorer._css):
        assert used <= set(re.findall(r"(--[\w-]+):", block))
    selectors = [part.strip() for part in re.findall(r"([^{}]+)\{", explorer._css) if "@" not in part]
    assert len(selectors) > 20
    assert {part.split(" ")[0].split("[")[0] for part in selectors} == {".microgradnet-explore"}


# --- what is refused before anything is drawn


@pytest.mark.parametrize(
    ("wrong", "ranges"),
    [
        (ArgumentError, {}),
        (ArgumentError, {"a": (0, 1)}),
        (ArgumentError, {"a": (0, 1), "b": (1, 2), "c": (0, 1)}),
        (ArgumentError, {"a": 3.0, "b": (1, 2)}),
        (ArgumentError, {"a": (1, 0), "b": (1, 2)}),
        (ArgumentError, {"a": (0, 1, 2), "b": (1, 2)}),
        (ArgumentError, {"a": (0, math.inf), "b": (1, 2)}),
        (ArgumentError, {"a": (0, "1"), "b": (1, 2)}),
        (DomainError, {"a": (0, 1), "b": (-2, -1)}),
    ],
)
def test_ranges_that_make_no_sense_are_refused(wrong, ranges):
    with pytest.raises(wrong):
        mg.explore(f, **ranges)


def test_options_and_functions_that_make_no_sense_are_refused():
    for options in ({"digits": 0}, {"direction": "up"}, {"theme": "pink"}, {"limit": 0}):
        with pytest.raises(ArgumentError):
            mg.explore(branching, a=(0, 1), **options)
    with pytest.raises(ArgumentError, match="function of Values"):
        mg.explore(3.0, a=(0, 1))
    with pytest.raises(NumberTypeError, match="returns a Value"):
        mg.explore(lambda a: [a, a], a=(0, 1))
    with pytest.raises(DrawingError):
        mg.explore(lambda a: mg.total([a * a] * 40), a=(0, 1), limit=20)


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [(-3.0, 3.0, 0.01), (0.0, 1.0, 0.01), (0.0, 0.9, 0.001), (0.0, 2000.0, 10.0), (1.0, 1.0005, 1e-6)],
)
def test_a_step_is_a_power_of_ten_of_which_there_are_a_hundred(low, high, step):
    slider = slider_module.Slider("a", low, high, low)
    assert slider.step == pytest.approx(step, rel=1e-12)
    assert (high - low) / slider.step >= 99.9


def test_without_anywidget_the_error_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def refuse(name, *arguments, **keywords):
        if name in ("anywidget", "microgradnet.drawing.pages.widget"):
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ImportError, match=r'pip install "microgradnet\[notebooks\]"'):
        mg.explore(f, a=(-3, 3), b=(0.5, 2))


def test_the_curve_along_each_slider_is_the_function():
    explorer = mg.explore(lambda a, b: mg.log(a) * b, a=(-1, 3, 2), b=(0, 2, 1))
    curves = explorer.answer["curves"]
    places = [-1 + 4 * place / (len(curves["a"]) - 1) for place in range(len(curves["a"]))]
    assert [height is None for height in curves["a"]] == [place <= 0 for place in places]
    assert [height for height in curves["a"] if height is not None] == pytest.approx(
        [math.log(place) for place in places if place > 0]
    )
    assert [curves["b"][0], curves["b"][-1]] == pytest.approx([0.0, 2 * math.log(2)])
    explorer.move(b=2.0)
    assert explorer.answer["curves"]["a"][-1] == pytest.approx(2 * math.log(3))
    assert explorer.answer["numbers"] == pytest.approx((2 * math.log(2), 1.0, math.log(2)))
    assert explorer.answer["result"] == "loss = 1.386"


@pytest.mark.slow
def test_a_large_graph_has_a_curve_of_few_places():
    calls = []

    def long(a):
        calls.append(a.data)
        for _ in range(900):
            a = a.tanh()
        return a

    explorer = mg.explore(long, a=(0, 1), detail="operations", limit=2000)
    assert len(explorer.answer["curves"]["a"]) == 9
    assert len(calls) == 10
