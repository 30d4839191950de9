import math

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.flow import WIDEST, describe_unit, size_strip
from microgradnet.drawing.graph_picture import build_picture
from microgradnet.figures import read_figure, relation_of_product, relation_of_sum, write_signed, write_sum
from microgradnet.graph import topological
from microgradnet.operation import TABLE
from tests.drawing.graphs import doubled, lecture, network
from tests.drawing.test_slides import chain
from tests.samples import nodes, somewhere


def flow(loss, **options):
    return build_picture(loss, flow=True, **options)


def box_of(picture, name):
    (box,) = [box for box in picture.boxes if box.name == name]
    return box


def rows(picture, name):
    return [(row.caption, row.text) for row in box_of(picture, name).rows]


def test_the_parts_that_arrive_at_a_node_add_up_to_the_gradient_of_backward():
    loss = network()
    picture = flow(loss, digits=17)
    loss.backward()
    arriving = {}
    for edge in picture.edges:
        arriving[edge.tail] = arriving.get(edge.tail, 0.0) + read_figure(edge.label)
    order = topological(loss)
    assert len(arriving) == sum(not node._written for node in order[:-1])
    for key, total in arriving.items():
        assert total == pytest.approx(order[int(key[1:]) - 1].grad, rel=1e-12)


def test_the_box_shows_how_the_parts_add_up():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    loss = a * b + a * a
    loss.label = "L"
    assert rows(flow(loss), "a") == [("value", "2"), ("grad", "1"), ("=", "−3 + 2 + 2")]
    assert rows(flow(loss), "b") == [("value", "−3"), ("grad", "2")]
    assert rows(flow(loss * a), "a")[-1] == ("sum of", "4 parts")
    assert ("=", "1 + 1") in rows(flow(doubled()), "a")


def test_printed_parts_that_do_not_add_up_are_marked():
    x = Value(1.0, label="x")
    loss = x / 3.0 + x / 3.0
    assert rows(flow(loss), "x")[-1] == ("≈", "0.3333 + 0.3333")
    assert "≈: rounded" in flow(loss).notes[1]


def test_nothing_is_touched_and_backward_is_not_needed():
    loss = lecture()
    before = [node._state() for node in topological(loss)]
    drawn = flow(loss)
    assert [node._state() for node in topological(loss)] == before
    loss.backward()
    loss.backward()  # .grad is doubled now; the flow is that of one sweep
    assert flow(loss) == drawn
    assert drawn.notes[0] == "grad: ∂L/∂node, computed for this picture"
    assert drawn.title == "Gradient flow of L"


def test_width_is_in_proportion_and_sign_has_a_mark_a_dash_and_a_colour():
    edges = flow(lecture()).edges
    assert [(edge.label, edge.sign, edge.width) for edge in edges] == [
        ("+6", "+", WIDEST), ("−4", "-", 4.67), ("−2", "-", 2.33), ("−2", "-", 2.33), ("−2", "-", 2.33),
        ("+4", "+", 4.67),
    ]  # fmt: skip
    assert all(edge.backward for edge in edges)
    drawing = mg.draw(lecture(), flow=True, theme="print")
    assert drawing.svg.count("stroke-dasharray") == 4 + 1  # and a sample in the legend
    assert drawing.dot.count("style=dashed") == 4
    assert drawing.dot.count("dir=back") == 6
    assert drawing.theme.positive == drawing.theme.negative == "#000000"


def test_the_head_of_an_arrow_of_flow_stands_at_the_operand():
    from microgradnet.drawing.layout import lay_out

    for loss in (lecture(), network()):
        picture = flow(loss)
        layout = lay_out(picture)
        for edge, route in zip(picture.edges, layout.routes, strict=True):
            assert edge.backward
            assert math.dist(route.tip, route.curve[0]) < math.dist(route.tip, route.curve[-1])


@pytest.mark.parametrize(
    ("unit", "number", "words"),
    [
        ("sigmoid", 4.5, "saturated"), ("sigmoid", -4.5, "saturated"), ("sigmoid", 2.0, ""), ("tanh", 2.5, "saturated"),
        ("tanh", 1.0, ""), ("erf", 3.0, "saturated"), ("hard_tanh", 2.0, "saturated"), ("relu", -1.0, "dead relu"),
        ("relu", 0.0, "dead relu"), ("relu", 1.0, ""), ("leaky_relu", -1.0, ""), ("elu", -40.0, ""), ("exp", -30.0, ""),
        ("sign", 3.0, ""), ("softplus", -50.0, ""), ("sin", math.pi / 2, ""), ("log", 1e9, ""),
    ],
)  # fmt: skip
def test_units_that_stop_the_flow_are_marked_in_words(unit, number, words):
    node = TABLE[unit](Value(number, label="z"))
    assert describe_unit(node) == words
    shown = [row for row in flow(node).boxes[-1].rows if row.role == "warning"]
    assert [row.caption for row in shown] == ([words] if words else [])
    assert all(row.text.startswith("slope ") for row in shown)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_operation_can_be_asked_whether_it_stops_the_flow(name):
    op = TABLE[name]
    node = op(*nodes(op, somewhere(op)[0]))
    assert isinstance(describe_unit(node), str)
    assert flow(node).edges


def test_folded_boxes_show_norms_and_count_stopped_units():
    x = Value(1.0, label="x")
    with mg.scope("layer 1"):
        units = [(x * weight).relu() for weight in (Value(-1.0), Value(-2.0), Value(3.0))]
    loss = mg.total(units)
    picture = flow(loss, fold="layer")
    assert rows(picture, "layer 1")[-2:] == [("norm of grads", "1"), ("dead relu", "2 of 3")]
    (merged,) = [edge for edge in picture.edges if edge.merged and edge.tail == "n1"]
    assert (merged.label, merged.sign, merged.backward) == ("3 edges +, norm 3", "+", True)


def test_merged_edges_of_both_signs_have_neither():
    x = Value(1.0, label="x")
    with mg.scope("layer 1"):
        loss = x * Value(3.0) + x * Value(-4.0)
    picture = flow(loss * 1.0, fold="layer")
    (merged,) = [edge for edge in picture.edges if edge.merged]
    assert (merged.label, merged.sign) == ("2 edges ±, norm 5", "")


def test_flow_that_is_not_finite_and_no_flow_at_all_are_drawn():
    x = Value(0.0, label="x")
    assert [edge.label for edge in flow(x.sqrt()).edges] == ["+∞"]
    zero = flow(Value(-1.0).relu())
    assert [(edge.label, edge.sign, edge.width) for edge in zero.edges] == [("0", "", 0.7)]
    assert flow(Value(1.0)).edges == ()
    assert mg.draw(x.sqrt() * 0.0, flow=True).svg


def test_sums_and_products_are_equal_only_where_a_reader_gets_the_same():
    assert relation_of_sum([0.1, 0.2], 0.1 + 0.2, 4) == "="
    assert relation_of_sum([0.12344, 0.00002], 0.12346, 4) == "≈"
    assert relation_of_sum([0.12344, 0.12344], 0.24688, 4) == "≈"
    assert relation_of_product([0.5, 0.25], 0.125, 4) == "="
    assert relation_of_product([2 / 3, 2 / 3], 4 / 9, 2) == "≈"
    assert relation_of_sum([math.inf, -math.inf], math.nan, 4) == "≈"
    assert write_sum([1.0, -0.5, 0.25], 4) == "1 − 0.5 + 0.25"
    assert [write_signed(number, 2) for number in (1.0, -1.0, 0.0)] == ["+1", "−1", "0"]


def test_a_strip_shows_the_size_of_delta_per_unit_or_layer():
    loss = chain()
    strip = flow(loss).strip
    loss.backward()
    order = topological(loss)
    deltas = {node.label: abs(node.inputs[0].grad) for node in order if node.op and node.op.name == "sigmoid"}
    assert [bar.caption for bar in strip.bars] == [f"a{k}" for k in range(1, 11)]
    assert [read_figure(bar.figure) for bar in strip.bars] == pytest.approx([*deltas.values()], rel=0.05)
    shares = [bar.share for bar in strip.bars]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert "logarithmic" in strip.title

    loss = network()
    strip = flow(loss, detail="neurons").strip
    loss.backward()
    order = topological(loss)
    norms = [math.hypot(*(node.grad for node in order if node.label.startswith(f"z{layer}["))) for layer in (1, 2)]
    assert [bar.caption for bar in strip.bars] == ["layer 1", "layer 2"]
    assert [read_figure(bar.figure) for bar in strip.bars] == pytest.approx(norms, rel=0.05)
    assert not flow(lecture()).strip.bars
    assert not build_picture(chain()).strip.bars


def test_a_layer_without_flow_has_an_empty_place_in_the_strip():
    x = Value(1.0, label="x")
    a = (x * Value(-1.0)).relu()
    b = (a * 2.0 + 1.0).relu()
    drawn = mg.draw(b, flow=True)
    assert [bar.figure for bar in drawn.picture.strip.bars] == ["0", "1"]
    assert f'fill="{drawn.theme.stopped}"' in drawn.svg.partition('class="strip"')[2]


def test_sizes_that_are_not_finite_are_drawn_as_the_largest():
    strip = size_strip({"layer 1": math.inf, "layer 2": math.nan, "layer 3": 2.0}, 4, per_layer=True)
    assert [(bar.figure, bar.share) for bar in strip.bars] == [("∞", 1.0), ("nan", 1.0), ("2", 1.0)]
    x = Value(0.0, label="x")
    assert "∞" in mg.draw((x.sqrt().tanh() * 2.0).tanh(), flow=True).svg
