import math
from xml.etree import ElementTree

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.graph_picture import build_picture
from microgradnet.errors import ArgumentError, DrawingError
from microgradnet.graph import topological
from microgradnet.operation import TABLE
from microgradnet.value import Constant
from tests.drawing.graphs import doubled, lecture, network
from tests.samples import nodes, somewhere


def rows(picture, name):
    (box,) = [box for box in picture.boxes if box.name == name]
    return {row.caption: row.text for row in box.rows}


def test_there_is_an_edge_per_operand_with_its_local_derivative():
    assert [(edge.tail, edge.head, edge.label) for edge in build_picture(doubled()).edges] == [("n1", "n2", "1")] * 2
    a = Value(3.0)
    assert [edge.label for edge in build_picture(a * a).edges] == ["3", "3"]
    assert [edge.label for edge in build_picture(lecture()).edges] == ["−3", "2", "1", "1", "−2", "4"]


def test_a_gradient_that_is_not_computed_is_never_shown_as_zero():
    picture = build_picture(lecture())
    assert {row.text for box in picture.boxes for row in box.rows if row.caption == "grad"} == {"not computed yet"}
    assert picture.notes[0] == "grad: not computed yet: call L.backward()"


def test_values_and_gradients_are_those_of_the_lecture():
    loss = lecture()
    loss.backward()
    picture = build_picture(loss)
    shown = {box.name: tuple(row.text for row in box.rows) for box in picture.boxes}
    assert shown == {
        "a": ("2", "6"), "b": ("−3", "−4"), "a*b": ("−6", "−2"), "c": ("10", "−2"), "a*b + c": ("4", "−2"),
        "f": ("−2", "4"), "L": ("−8", "1"),
    }  # fmt: skip
    assert picture.notes[0] == "grad: ∂L/∂node"


def test_a_computed_gradient_of_zero_is_shown_as_zero():
    a = Value(0.0, label="a")
    loss = a * a
    loss.backward()
    assert rows(build_picture(loss), "a")["grad"] == "0"


def test_a_picture_warns_of_gradients_that_are_not_those_of_one_backward():
    loss = lecture()
    loss.backward()
    loss.backward()
    assert "summed over several, or older than the values" in build_picture(loss).notes[0]
    loss.zero_grad()
    (loss + 1).backward()
    assert build_picture(loss).notes[0] == "grad: ∂L/∂node"
    above = loss * 2.0
    assert build_picture(above).notes[0] == "grad: left by another backward(), not by loss.backward()"
    loss.zero_grad()
    loss.backward()
    topological(loss)[0].data = 5.0
    mg.recompute(loss)
    assert "older than the values" in build_picture(loss).notes[0]


def test_drawing_changes_nothing_and_is_a_snapshot():
    loss = network()
    loss.backward()
    before = [node._state() for node in topological(loss)]
    drawing = mg.draw(loss, detail="operations")
    first = drawing.picture
    assert drawing.svg
    assert [node._state() for node in topological(loss)] == before
    topological(loss)[0].data = 9.0
    mg.recompute(loss)
    assert drawing.picture is first
    assert "9" not in rows(first, "w1[1,1]")["value"]


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_operation_is_drawn_with_its_symbol_and_partials(name):
    op = TABLE[name]
    operands = nodes(op, somewhere(op)[0])
    result = op(*operands)
    picture = build_picture(result)
    variables = [operand for operand in result.inputs if not isinstance(operand, Constant)]
    assert len(picture.edges) == len(variables)
    if len(variables) < len(operands):
        assert "·" in picture.boxes[-1].symbol
        return
    assert picture.boxes[-1].symbol == op.symbol
    assert picture.boxes[-1].name == "loss"
    drawn = ElementTree.fromstring(mg.draw(result).svg)
    assert op.symbol in [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]


def test_constants_stand_in_the_box_of_the_operation():
    a = Value(2.0, label="a")
    picture = build_picture((0.5 * (a - 3)) ** 2 + (1 - a) / -4.0)
    assert [box.kind for box in picture.boxes].count("leaf") == 1
    assert {box.symbol for box in picture.boxes} == {"", "·−3", "0.5×·", "·^2", "1−·", "·/(−4)", "+"}
    assert [box.output for box in picture.boxes][-1]


def test_names_are_labels_or_formulas_with_brackets_where_needed():
    a, product = Value(2.0, label="a"), Value(3.0, label="x1*w1 + x2*w2")
    names = [box.name for box in build_picture((a - (a + 1)) * -product).boxes]
    assert "a - (a + 1)" in names
    assert "-(x1*w1 + x2*w2)" in names
    assert names[-1] == "loss"
    assert [box.name for box in build_picture(Value(-4.0) * Value(2.0)).boxes] == ["v1", "v2", "loss"]


def test_more_boxes_than_the_limit_are_refused_with_what_to_do():
    loss = mg.total(Value(1.0) for _ in range(501))
    with pytest.raises(
        DrawingError, match=r'at most 1000 boxes; got 1001\. Draw a part .*fold="repeats", .*limit=1001'
    ):
        build_picture(loss)
    assert len(build_picture(loss, limit=1001).boxes) == 1001
    with pytest.raises(DrawingError, match='fold="layer", fold="loss", fold="neuron", fold="repeats"'):
        build_picture(network(), limit=5)


def test_a_folded_layer_is_one_box_with_counts_and_merged_edges():
    picture = build_picture(network(), fold="layer")
    folded = {box.name: [row.text for row in box.rows] for box in picture.boxes if box.kind == "folded"}
    assert folded == {"layer 1": ["0.5933", "0.5969"], "layer 2": ["0.7514", "0.7729"]}  # as Mazur prints them
    keys = {box.key for box in picture.boxes}
    assert all({edge.tail, edge.head} <= keys for edge in picture.edges)
    labels = [edge.label for edge in picture.edges if edge.description.endswith("at a folded scope")]
    assert labels == ["2 edges", "2 edges", "4 edges", "", ""]


def test_folding_by_kind_name_or_path_and_by_what_is_not_there():
    assert sum(box.kind == "folded" for box in build_picture(network(), fold="neuron").boxes) == 4
    assert sum(box.kind == "folded" for box in build_picture(network(), fold="layer 1").boxes) == 1
    assert sum(box.kind == "folded" for box in build_picture(network(), fold="layer 1/neuron 2").boxes) == 1
    with pytest.raises(ArgumentError, match="'layer', 'loss', 'neuron'"):
        build_picture(network(), fold="block")
    with pytest.raises(ArgumentError, match="belong to no scope"):
        build_picture(lecture(), fold="layer")


def test_infinite_partials_are_drawn():
    x = Value(0.0, label="x")
    root = x.sqrt()
    assert math.isinf(root.partials[0])
    assert build_picture(root).edges[0].label == "∞"


def test_scopes_become_nested_clusters_but_not_for_a_single_box():
    root = build_picture(network()).clusters()
    assert sorted(cluster.name for cluster in root.inner) == ["layer 1", "layer 2", "loss"]
    assert all([inner.name for inner in layer.inner] == ["neuron 1", "neuron 2"] for layer in root.inner[:2])
    with mg.scope("alone"):
        single = Value(1.0, label="x").exp()
    assert [cluster.name for cluster in build_picture(single).clusters().inner] == ["alone"]
    assert not build_picture(Value(1.0) + single.inputs[0]).clusters().inner


@pytest.mark.parametrize(
    ("label", "caption"), [("z1[2]", "delta1[2]"), ("z", "grad"), ("a1[2]", "grad"), ("", "grad"), ("zeta", "grad")]
)
def test_the_gradient_of_a_pre_activation_is_called_delta(label, caption):
    x = Value(2.0, label="x")
    z = x * 3.0
    z.label = label
    z.tanh().backward()
    (box,) = [box for box in build_picture(z).boxes if box.output]
    assert [row.caption for row in box.rows] == ["value", caption]
