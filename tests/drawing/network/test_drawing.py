"""What the caller holds: formats, notebooks, themes, what is refused; and that no label breaks out of the picture."""

import itertools
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet import MLP, Neuron, Value
from microgradnet.drawing.network.layout import place_ends
from microgradnet.drawing.network.model import PARTS, drawn_units
from microgradnet.errors import ArgumentError, DrawingError, NumberTypeError, ShapeError, UnknownNameError
from tests.drawing.hostile import HOSTILE
from tests.drawing.network.golden_cases import CASES, FOLDER, picture
from tests.drawing.network.models import SVG, see, worked
from tests.drawing.test_formats import check_tikz

TAGS = {"svg", "g", "title", "desc", "rect", "circle", "line", "path", "text"}


def check_harmless(svg):
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in TAGS
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name or name == "id"]
    return root


@pytest.fixture(scope="module")
def xor():
    return MLP(2, [2, 1], activation="sigmoid", output="sigmoid", seed=1)


@pytest.mark.parametrize("name", CASES)
def test_the_svg_is_the_one_on_file(name):
    assert picture(name).svg == (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


def test_no_file_is_left_over():
    assert {file.name for file in FOLDER.iterdir()} == {f"{name}.svg" for name in CASES}


@pytest.mark.slow
def test_the_same_bytes_in_every_process():
    program = "from tests.drawing.network.golden_cases import picture; print(picture('negnevitsky-xor').svg)"
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8", "PATH": ""}
        run = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[3],
            env=environment,
        )
        assert run.stdout.decode() == picture("negnevitsky-xor").svg + "\n"


def test_the_svg_says_what_it_is(xor):
    root = check_harmless(mg.draw_network(xor, [0, 1], [1]).svg)
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "Network 2-2-1"
    told = root.find(f"{SVG}desc").text
    assert told.startswith("2 inputs; layer 1: 2 neurons, sigmoid; layer 2: 1 neuron, sigmoid; x[1] = 0; ")
    assert told.endswith("(half squared error).")
    assert all(f"{name} = " in told for name in xor.named_parameters())
    assert root.get("aria-label") == f"Network 2-2-1: {told}"


def test_a_notebook_gets_svg_and_text(xor):
    drawing = mg.draw_network(xor)
    bundle = drawing._repr_mimebundle_()
    assert bundle["image/svg+xml"] == drawing._repr_svg_() == drawing.svg
    assert bundle["text/plain"] == "<NetworkDrawing: Network 2-2-1, 5 circles, 6 lines; .svg, .save('network.svg')>"


def test_every_format_is_saved(xor, tmp_path):
    drawing = mg.draw_network(xor, [0, 1], [1], show=["weights", "updates"], eta=0.1)
    for suffix, attribute in ((".svg", "svg"), (".html", "html"), (".tikz", "tikz"), (".tex", "tikz"), (".png", "png")):
        path = drawing.save(tmp_path / f"network{suffix}")
        written = getattr(drawing, attribute)
        assert path.read_bytes() == (written if isinstance(written, bytes) else written.encode("utf-8"))
    width = struct.unpack(">I", drawing.png[16:20])[0]
    assert width == pytest.approx(2 * float(ElementTree.fromstring(drawing.svg).get("width")), abs=2)
    check_tikz(drawing.tikz)
    assert drawing.tikz.count("circle [") == 5
    assert drawing.tikz.count(r"\node[") == len(list(ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")))
    assert "<svg" in drawing.html


def test_pdf(xor):
    pytest.importorskip("typst")
    assert mg.draw_network(xor).pdf.startswith(b"%PDF-")


def test_pdf_without_typst_names_the_choices(xor, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(DrawingError, match=r"microgradnet\[pdf\].*\.svg, \.png or \.tikz"):
        mg.draw_network(xor).save(tmp_path / "network.pdf")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["network.dot", "network.mmd", "network.jpg", "network"])
def test_other_formats_are_refused_with_those_that_there_are(xor, tmp_path, name):
    with pytest.raises(DrawingError, match=r"ends in \.svg, \.html, \.png, \.pdf, \.tikz, \.tex; got"):
        mg.draw_network(xor).save(tmp_path / name)


# What is drawn


def test_layers_of_more_than_ten_are_shortened():
    drawing = mg.draw_network(MLP(784, [11, 4], seed=1))
    assert [len(column.units) for column in drawing.network.columns] == [6, 5, 4]
    assert [unit.name for unit in drawing.network.columns[0].units] == [f"x[{k}]" for k in (1, 2, 3, 4, 783, 784)]
    assert [p.name for p in drawing.network.columns[1].units[-1].weights][-2:] == ["w1[11,783]", "w1[11,784]"]
    for text in (">784 inputs<", ">11 neurons<"):
        assert text in drawing.svg
    assert ">4 neurons<" not in drawing.svg
    dots = [c for c in see(drawing.svg).root.iter(f"{SVG}circle") if float(c.get("r")) < 3]
    assert len(dots) == 6
    whole = mg.draw_network(MLP(12, [1], seed=1), limit=12)
    assert len(whole.network.columns[0].units) == 12
    assert len(mg.draw_network(MLP(4, [1], seed=1), limit=2).network.columns[0].units) == 2


@pytest.mark.parametrize("limit", [2, 5, 10, 40])
def test_a_larger_layer_never_looks_smaller(limit):
    for counts in itertools.product((1, 4, 6, 7, 10, 11, 30, 784), repeat=3):
        drawn = drawn_units(counts, limit)
        rows = [drawn[count] + 0.75 * (drawn[count] < count) for count in sorted(counts)]
        assert rows == sorted(rows)
        assert all(0 < drawn[count] <= count for count in counts)


def test_columns_stand_at_one_distance_and_many_layers_are_wrapped():
    gradients = {"x": [1.0, 2.0], "t": [1.0], "show": "gradients"}
    three = mg.draw_network(MLP(2, [16, 16, 1], seed=1), **gradients).layout
    assert len({round(b.x - a.x, 6) for a, b in itertools.pairwise(three.places)}) == 1
    assert all(place.bottom == three.places[0].bottom for place in three.places)

    drawing = mg.draw_network(MLP(2, [3] * 9 + [1], seed=1), **gradients)
    bands = sorted({place.top for place in drawing.layout.places})
    assert len(bands) > 1
    assert all(
        place.bottom < following for place in drawing.layout.places if place.top == bands[0] for following in bands[1:]
    )
    again = [place.column.title for place in drawing.layout.places if place.again]
    assert len(again) == len(bands) - 1
    assert len(drawing.layout.wires) == 2 * 3 + 8 * 9 + 3
    _, _, wide, high = map(float, ElementTree.fromstring(drawing.svg).get("viewBox").split())
    assert wide < 2.6 * high


def test_targets_enter_the_loss_from_the_other_side_than_outputs():
    drawing = mg.draw_network(MLP(2, [2, 2], seed=1), [1.0, 2.0], [0.0, 1.0])
    ends = place_ends(drawing.network, drawing.layout, drawing._wording)
    assert all(x < ends.loss.left for x, _ in ends.outputs)
    assert all(box.left > ends.loss.right for box in ends.targets)


def test_weights_and_gradients_both_show_on_thick_lines():
    model = MLP.from_weights(weights=[[[1.0, -2.0]]], activation="identity")
    shown = {"show": ["weights", "gradients"], "lines": "thickness"}
    root = ElementTree.fromstring(mg.draw_network(model, [3.0, 1.0], [0.0], **shown).svg)
    lines = [group.findall(f"{SVG}line") for group in root.iter(f"{SVG}g") if group.get("class") == "weight"]
    widths = {tuple(float(line.get("stroke-width")) for line in each) for each in lines}
    # a = 3 - 2 = 1, so dE/dw = 3 and 1: the band of the first weight is three times as broad, its line half as thick
    (broad, thin), (narrow, thick) = sorted(widths, reverse=True)
    assert broad == pytest.approx(3 * narrow, rel=0.02)
    assert thin - 0.5 == pytest.approx((thick - 0.5) / 2, rel=0.05)
    plain = mg.draw_network(model, [3.0, 1.0], [0.0], show="weights", lines="thickness").svg
    assert "Bands" not in plain


def test_the_focus_has_figures_on_its_lines_only():
    drawing = mg.draw_network(MLP(3, [4, 4, 1], seed=1), [1.0, 2.0, 3.0], [1.0], focus="a2[2]")
    labelled = [wire.names for wire in drawing.layout.wires if wire.label.texts]
    assert labelled == [*((f"a1[{k}]", "a2[2]") for k in range(1, 5)), ("a2[2]", "a3[1]")]
    assert all(wire.faint == (wire.names not in labelled) for wire in drawing.layout.wires)
    for wrong in ("a2[9]", 3):
        with pytest.raises(ArgumentError, match="focus"):
            mg.draw_network(MLP(3, [4, 1], seed=1), focus=wrong)


def test_units_that_stop_the_gradient_are_grey_and_named():
    model = MLP.from_weights(weights=[[[-1.0], [1.0]], [[1.0, 1.0]]])
    drawing = mg.draw_network(model, [2.0], [0.0], show="gradients")
    assert [unit.stopped for unit in drawing.network.columns[1].units] == ["dead relu", ""]
    assert drawing.svg.count(f'fill="{drawing.theme.stopped}"') == 1
    assert ">dead relu<" in drawing.svg
    assert [column.delta for column in drawing.network.columns] == [None, 2.0, 2.0]
    assert "‖δ‖ per layer" in drawing.svg


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_thickness_and_sign_are_told_by_width_and_dashes(theme):
    weights = [[[1.0, -0.5, 0.0, 0.25]]]
    mlp = MLP.from_weights(weights)
    root = check_harmless(mg.draw_network(mlp, lines="thickness", theme=theme).svg)
    lines = [g.find(f"{SVG}line") for g in root.iter(f"{SVG}g") if g.get("class") == "weight"]
    looks = {g.find(f"{SVG}title").text.partition(" = ")[0]: g.find(f"{SVG}line") for g in root.iter(f"{SVG}g")
             if g.get("class") == "weight"}  # fmt: skip
    assert len(lines) == 4
    widths = {name: float(line.get("stroke-width")) for name, line in looks.items()}
    assert widths["w1[1,1]"] > widths["w1[1,2]"] > widths["w1[1,4]"] > widths["w1[1,3]"] > 0.0
    assert [name for name, line in looks.items() if line.get("stroke-dasharray")] == ["w1[1,2]"]
    legend = next(g for g in root.iter(f"{SVG}g") if g.get("class") == "legend")
    assert [text.text for text in legend.iter(f"{SVG}text")] == ["Lines: weight w", "+1", "+0.25", "−0.25", "−1"]
    if theme != "print":
        assert looks["w1[1,1]"].get("stroke") != looks["w1[1,2]"].get("stroke")


def test_a_network_of_zeros_and_one_of_infinities_are_drawn():
    assert ">0<" in mg.draw_network(MLP(2, [2], init="zeros"), lines="thickness").svg
    mlp = MLP(2, [1], seed=1)
    mlp.layers[0].neurons[0].w[0].data = float("inf")
    mlp.layers[0].neurons[0].w[1].data = float("nan")
    for lines in ("figures", "thickness"):
        check_harmless(mg.draw_network(mlp, lines=lines).svg)
    assert see(mg.draw_network(mlp).svg).label_texts == [["∞"], ["nan"]]


def test_show_nothing_draws_circles_and_lines_only():
    drawing = mg.draw_network(MLP(2, [16, 1], seed=1), show=())
    seen = see(drawing.svg)
    assert seen.labels == []
    assert {line.get("stroke-width") for line in seen.root.iter(f"{SVG}line") if line.get("stroke") == "#3c4654"} == {
        "1"
    }
    assert "Lines:" not in drawing.svg


def test_activations_have_their_name_and_curve_under_the_layer():
    def mine(z):
        return z.tanh() * 2.0

    svg = mg.draw_network(MLP(2, [2, 2, 2, 2], activation=["log", mine, "softmax", "relu"], seed=1)).svg
    for name in ("log", "mine", "softmax", "relu"):
        assert f">{name}<" in svg
    curves = [g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "curve"]
    assert len(curves) == 2  # a function of the caller's own is not called for a picture


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label[:12]))
def test_any_label_is_drawn_as_text(label):
    neuron = Neuron(2, activation="tanh", seed=1)
    neuron.w[0].label = neuron.b.label = label
    drawing = mg.draw_network(neuron, [Value(1.0, label), 2.0], [Value(1.0, label)], show=PARTS, eta=0.1)
    root = check_harmless(drawing.svg)
    assert all(len(element.text or "") < 400 for element in root.iter())
    check_tikz(drawing.tikz)


@pytest.mark.slow
def test_labels_of_any_kind_are_turned_into_pixels():
    neuron = Neuron(len(HOSTILE), seed=1)
    for weight, label in zip(neuron.w, HOSTILE, strict=True):
        weight.label = label
    assert mg.draw_network(neuron, show="names", limit=40).png.startswith(b"\x89PNG")


def test_a_loss_with_a_hostile_name_is_text():
    def loss(outputs, targets):
        return outputs - targets[0]

    loss.__name__ = "<script>alert(1)</script>"
    svg = mg.draw_network(Neuron(1, seed=1), [1.0], [1.0], loss=loss).svg
    check_harmless(svg)
    assert "&lt;script&gt;" in svg
    assert "lambda" not in mg.draw_network(Neuron(1, seed=1), [1.0], [1.0], loss=lambda o, t: o - t[0]).svg


# What is refused


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"x": [1.0]}, ShapeError, r"this model takes 2 inputs; got 1"),
        ({"x": [1.0, 2.0, 3.0]}, ShapeError, r"takes 2 inputs; got 3"),
        ({"x": ["1", 2.0]}, NumberTypeError, r"'1' of type str as x\[1\]"),
        ({"x": [1.0, 2.0], "t": [1.0, 2.0]}, ShapeError, r"this model has 1 output; got 2 targets"),
        ({"t": [1.0]}, ArgumentError, r"t goes with an x"),
        ({"x": [1.0, 2.0], "show": "gradients"}, ArgumentError, r"Give x= and t="),
        ({"show": "slopes"}, ArgumentError, r"got 'slopes'\. Choose from names, weights, gradients, updates"),
        ({"show": 3}, ArgumentError, r"got 3"),
        ({"show": "updates"}, ArgumentError, r'positive number; got None\. Give one, as in show="updates", eta=0.1'),
        ({"show": "updates", "eta": -1.0}, ArgumentError, r"got -1.0"),
        ({"show": "updates", "eta": float("nan")}, ArgumentError, r"got nan"),
        ({"eta": 0.1}, ArgumentError, r"eta goes with updates"),
        ({"lines": "thin"}, ArgumentError, r"auto, figures, thickness"),
        ({"limit": 1}, ArgumentError, r"from 2 to 40; got 1"),
        ({"limit": 100_000}, ArgumentError, r"from 2 to 40; got 100000"),
        ({"digits": 0}, ArgumentError, r"from 1 to 17"),
        ({"theme": "pink"}, UnknownNameError, r"light, dark, print"),
        ({"loss": "mse"}, ArgumentError, r"mg.losses.cross_entropy"),
        ({"x": [1, 2], "t": [1], "loss": lambda o, t: 1.0}, NumberTypeError, r"a loss returns one Value; got 1.0"),
    ],
)
def test_wrong_arguments_are_named(xor, arguments, kind, words):
    with pytest.raises(kind, match=words):
        mg.draw_network(xor, **arguments)


@pytest.mark.parametrize("wrong", [None, 3.0, Value(1.0), [MLP(2, [1])], mg.Module(), MLP])
def test_only_a_network_is_drawn(wrong):
    with pytest.raises(TypeError, match=r"draw_network needs an MLP, a Layer or a Neuron; got .*mg\.draw\(loss\)"):
        mg.draw_network(wrong)


def test_too_many_layers_or_lines_are_refused():
    with pytest.raises(DrawingError, match="at most 20 layers; got 21"):
        mg.draw_network(MLP(1, [1] * 21, seed=1))
    with pytest.raises(DrawingError, match=r'lines="thickness"'):
        mg.draw_network(MLP(10, [10], seed=1), lines="figures")
    assert mg.draw_network(MLP(1, [1] * 20, seed=1)).svg


def test_golden_pictures_show_the_printed_updates():
    texts = see(picture("negnevitsky-xor").svg).label_texts
    assert [text for (text,) in texts] == [
        "0.5 → 0.5038", "0.4 → 0.4038", "0.9 → 0.8985", "1 → 0.9985", "−1.2 → −1.2067", "1.1 → 1.089",
    ]  # fmt: skip
    assert worked("negnevitsky-xor")[1]["step"]["eta"] == CASES["negnevitsky-xor"]["eta"]


def test_vanishing_gradients_are_seen_in_the_widths_of_the_lines():
    mlp = mg.MLP(2, [3] * 7 + [1], activation="sigmoid", output="sigmoid", seed=1)
    svg = mg.draw_network(mlp, [1.0, 0.5], [1.0], show="gradients", lines="thickness").svg
    groups = [g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "weight"]
    widths = [float(g.find(f"{SVG}line").get("stroke-width")) for g in groups]
    assert len(set(widths)) >= 8
    assert max(widths[:6]) < min(widths[-3:])
