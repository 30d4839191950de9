"""The page as text: safe, small, the same every time, and refused where nobody could read it."""

import html
import json
import os
import re
import subprocess
import sys

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.html import write_json
from microgradnet.drawing.pages.stepper import _Once as Once
from microgradnet.drawing.pages.steps import isolate
from microgradnet.errors import ArgumentError, DrawingError
from microgradnet.figures import write_figure
from microgradnet.graph import topological
from tests.drawing.graphs import doubled, lecture, network
from tests.drawing.test_svg import HOSTILE

MOST_BYTES = 500_000
# What a browser acts on, between the tags that the page's own text may have.
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "main", "section", "div", "button", "svg",
    "g", "rect", "path", "text", "dl", "p", "label", "select", "option", "nav", "span", "input", "output", "noscript",
    "script",
}  # fmt: skip


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


def chain(length):
    """A graph of so many nodes, half of them leaves with labels."""
    total = Value(0.1, label="x")
    for place in range(length // 2):
        total = (
            (total * Value(0.01 * place + 0.3, label=f"weight{place}[{place},1]")).tanh() if place % 3 else total + 0.5
        )
    return total


def big():
    model = mg.MLP(3, [8, 4, 1], seed=1)
    return mg.losses.half_squared_error([model([1.0, 2.0, -1.0])], [0.5])


@pytest.mark.parametrize(
    "make", [big, pytest.param(lambda: chain(150), marks=pytest.mark.slow)], ids=["network", "chain"]
)
def test_a_page_of_two_hundred_nodes_is_small(make):
    loss = make()
    assert len(topological(loss)) >= 200
    page = mg.step_through(loss).html
    assert len(page.encode("utf-8")) < MOST_BYTES


def test_too_large_a_graph_is_refused_with_what_to_do_instead():
    with pytest.raises(
        DrawingError, match=r'at most 300 nodes; got 439\. Step through a part.*fold="layer".*limit=439'
    ):
        mg.step_through(mg.total(Value(1.0) * 2.0 for _ in range(110)))
    loss = lecture()
    assert len(mg.step_through(loss, limit=7).steps) == 12
    with pytest.raises(DrawingError, match="got 7"):
        mg.step_through(loss, limit=6)


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label[:12]))
def test_any_label_and_scope_stays_text(label):
    with mg.scope(label.replace("/", "|")):
        loss = Value(2.0, label=label) * 3.0
        loss.label = label
    page = mg.step_through(loss)
    page.html.encode("utf-8")
    without_scripts = re.sub(r"<(script|style)\b.*?</\1>", "", page.html, flags=re.DOTALL)
    assert set(re.findall(r"<([a-zA-Z!][\w-]*)", without_scripts)) <= {*TAGS, "!DOCTYPE"}
    assert page.html.count("<script") == 2
    assert page.html.count("</script>") == 2
    assert len(data_of(page.html)["steps"]) == 5
    assert len(page.html) < 60_000
    frame = page._repr_html_()
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1]) == page.html


def test_nothing_is_loaded_from_anywhere():
    page = mg.step_through(network()).html
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
    }
    assert not re.search(r"<[^>]*\s(?:src|href|on\w+|style)=", page.split("<script")[0])
    assert "default-src 'none'; script-src 'sha256-" in page


def test_json_inside_a_script_element_ends_nothing_and_is_the_same_data():
    data = ["</script><!--<script>", "a&b", "\u2028\u2029", '"\\', "权重"]
    text = write_json(data)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == data


@pytest.mark.slow
def test_the_same_graph_gives_the_same_bytes_in_every_process():
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import hashlib, microgradnet as mg;"
        "from tests.drawing.graphs import network;"
        "print(hashlib.sha256(mg.step_through(network()).html.encode()).hexdigest())"
    )
    root = os.path.dirname(os.path.dirname(mg.__file__))
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, root],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_saving(tmp_path):
    page = mg.step_through(doubled())
    path = page.save(tmp_path / "lesson.html")
    assert path.read_bytes() == page.html.encode("utf-8")
    assert os.listdir(tmp_path) == ["lesson.html"]
    with pytest.raises(DrawingError, match=r"\.html or \.htm; got .*graph\.svg"):
        page.save(tmp_path / "graph.svg")
    with pytest.raises(DrawingError, match="Check that the folder exists"):
        page.save(tmp_path / "none" / "lesson.html")


def test_a_notebook_gets_a_frame_and_text():
    page = mg.step_through(doubled())
    bundle = page._repr_mimebundle_()
    assert (
        bundle["text/plain"] == "<StepPage: Step through b, 1 steps forward, 2 backward; .html, .save('lesson.html')>"
    )
    assert bundle["text/html"].startswith('<iframe sandbox="allow-scripts allow-modals" title="Step through b"')
    assert "allow-same-origin" not in bundle["text/html"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"theme": "pink"}, "auto, light, dark"),
        ({"digits": 0}, "from 1 to 17"),
        ({"direction": "left"}, r'"LR" \(left to right\)'),
        ({"limit": 0}, "positive whole number"),
    ],
)
def test_wrong_arguments_are_named(options, words):
    with pytest.raises(ArgumentError, match=words):
        mg.step_through(lecture(), **options)


@pytest.mark.parametrize("wrong", [3.0, [Value(1.0)], None])
def test_only_a_value_is_stepped_through(wrong):
    with pytest.raises(TypeError, match="needs a Value"):
        mg.step_through(wrong)


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_the_theme_is_the_pages_own(theme):
    assert f'data-theme="{theme}"' in mg.step_through(doubled(), theme=theme).html


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_every_direction_is_laid_out(direction):
    assert "<svg" in mg.step_through(lecture(), direction=direction).html


def test_right_to_left_words_are_set_apart():
    assert isolate("a*b + c") == "a*b + c"
    assert isolate("שלום*2") == "\u2067שלום\u2069*2"


def test_a_thing_that_is_said_twice_is_written_once():
    once = Once()
    assert [once.number(thing) for thing in ("a", ["=", "1", "1.0"], "a", ["=", "1", "1.0"])] == [0, 1, 0, 1]
    assert once.items == ["a", ["=", "1", "1.0"]]


@pytest.mark.parametrize("factor", [1e9, 1e9 + 1, 2e9 + 1, 1 / 3])
def test_a_constant_that_looks_like_a_mark_stays_the_constant(factor):
    """The picture's numbers are found by marks of ten digits; a constant of ten digits is none."""
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    loss = x * factor + y * 5.0
    svg = mg.step_through(loss, detail="sums").scene.svg
    drawn = re.findall(r">(×[^<]*)<", svg)
    assert sorted(drawn) == sorted([f"×{write_figure(factor, 4)}", "×5"])
    assert not re.search(r'data-text="[^"]*"[^>]*>×', svg)
