import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.engine import run_graphviz
from microgradnet.drawing.layout import far_edges, lay_out
from microgradnet.drawing.picture import measure_box
from tests.drawing.graphs import network
from tests.drawing.hostile import HOSTILE, check_harmless


def backward(loss):
    loss.backward()
    return loss


@pytest.mark.parametrize("label", HOSTILE, ids=lambda label: ascii(label[:12]))
def test_any_label_and_scope_is_drawn_as_text(label):
    with mg.scope(label.replace("/", "|")):
        loss = Value(2.0, label=label) * 3.0
        loss.label = label
    drawing = mg.draw(loss)
    root = check_harmless(drawing.svg)
    assert all(len(element.text or "") < 300 for element in root.iter())
    assert drawing.dot.encode("utf-8")
    dotted = ElementTree.fromstring(run_graphviz(drawing.dot, "svg"))
    assert not [element for element in dotted.iter() if "script" in element.tag]


@pytest.mark.parametrize(
    "label", ["<script>alert(1)</sc>", "a\"b'c\\", "{a|b}<c>", "&lt;b&gt;&#60;", "\\N\\G\\l\\", "权重"]
)
def test_dot_text_shows_the_label_as_it_was_written(label):
    dotted = ElementTree.fromstring(run_graphviz(mg.draw(Value(1.0, label=label), show="value").dot, "svg"))
    texts = [element.text for element in dotted.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0].replace("\xa0", " ") == label


def test_the_svg_stands_alone_and_says_what_it_is():
    root = check_harmless(mg.draw(backward(network()), detail="operations").svg)
    assert root.get("role") == "img"
    assert root.get("aria-label").startswith("Computation graph of E: 43 boxes")
    assert root[0].text == "Computation graph of E"
    assert root[1].get("fill") == "#ffffff"
    assert "max-width:100%" in root.get("style")
    _, _, width, height = map(float, root.get("viewBox").split())
    assert (root[1].get("width"), root[1].get("height")) == (f"{width:g}", f"{height:g}")


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_boxes_do_not_overlap_and_arrows_go_where_they_should(direction):
    picture = mg.draw(network(), direction=direction, detail="operations").picture
    layout = lay_out(picture)
    placed = []
    for box in picture.boxes:
        x, y = layout.centres[box.key]
        size = measure_box(box)
        placed.append((x - size.width / 2, y - size.height / 2, x + size.width / 2, y + size.height / 2))
    for place, (left, top, right, bottom) in enumerate(placed):
        for other in placed[:place]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    axis = 0 if direction in ("LR", "RL") else 1
    sign = 1 if direction in ("LR", "TB") else -1
    for edge in picture.edges:
        assert sign * layout.centres[edge.tail][axis] < sign * layout.centres[edge.head][axis]


def test_edges_begin_and_end_at_their_boxes():
    picture = mg.draw(network(), detail="operations").picture
    layout = lay_out(picture)
    sizes = {box.key: measure_box(box) for box in picture.boxes}
    assert len(layout.routes) == len(picture.edges)
    for edge, route in zip(picture.edges, layout.routes, strict=True):
        assert (len(route.curve) - 1) % 3 == 0
        for key, point in ((edge.tail, route.curve[0]), (edge.head, route.tip)):
            assert abs(point[0] - layout.centres[key][0]) <= sizes[key].width / 2 + 2
            assert abs(point[1] - layout.centres[key][1]) <= sizes[key].height / 2 + 2


def test_frames_of_scopes_hold_their_boxes_and_no_others():
    picture = mg.draw(network(), detail="operations").picture
    layout = lay_out(picture)
    for path, (frame,) in layout.scopes.items():
        for box in picture.boxes:
            x, y = layout.centres[box.key]
            inside = frame.left < x < frame.right and frame.top < y < frame.bottom
            assert inside == f"{box.scope}/".startswith(f"{path}/")


def test_the_same_bytes_in_every_process():
    program = "import microgradnet as mg; from tests.drawing.graphs import network; print(mg.draw(network()).svg)"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={"PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8", "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {(mg.draw(network()).svg + "\n").encode("utf-8")}


def test_kinds_differ_without_colour():
    root = check_harmless(mg.draw(Value(2.0, label="a") ** 2, theme="print").svg)
    shapes = {}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        if "node" in group.get("class", ""):
            frame = group.find("{http://www.w3.org/2000/svg}rect")
            shapes[group.get("class")] = frame.get("rx"), frame.get("stroke-dasharray"), frame.get("stroke-width")
    assert len(set(shapes.values())) == len(shapes) == 2


@pytest.mark.parametrize(
    ("direction", "flow"),
    [
        ("LR", False),
        ("TB", True),
        *(pytest.param(*each, marks=pytest.mark.slow) for each in (("LR", True), ("TB", False))),
    ],
)
def test_far_edges_of_an_operand_used_all_along_a_deep_graph_go_around(direction, flow):
    x = Value(0.9, label="x")
    result = x
    for _ in range(60):
        result = result * x
    drawing = mg.draw(result, direction=direction, flow=flow, detail="operations", aspect=None)
    assert "nslimit" in drawing.dot  # any other Graphviz is told to hurry
    assert "nslimit" not in mg.draw(network(), detail="operations").dot
    picture = drawing.picture
    far = far_edges(picture)
    assert 10 < len(far) < 60
    assert not far_edges(mg.draw(network()).picture)
    layout = lay_out(picture)
    assert len(layout.routes) == len(picture.edges) == 120
    across = 0 if direction == "TB" else 1  # which of x and y tells how far beside the boxes a point is
    before = (layout.area.left, layout.area.top)[across]
    for place in far:
        route, edge = layout.routes[place], picture.edges[place]
        boxes = layout.centres[edge.tail], layout.centres[edge.head]
        assert before <= route.curve[1][across] == route.curve[2][across] < min(box[across] for box in boxes)
        at = boxes[0] if flow else boxes[1]
        assert route.tip[1 - across] == at[1 - across]
    assert drawing.svg.count('class="edge"') == 120
