"""Levels of detail and bands."""

import math

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.compiler.sums import INSIDE, SUMMED, flatten, record
from microgradnet.drawing.bands import wrap
from microgradnet.drawing.detail import find_units
from microgradnet.drawing.graph_picture import build_picture
from microgradnet.drawing.layout import lay_out
from microgradnet.drawing.picture import (
    LEVELS,
    measure_box,
)
from microgradnet.errors import ArgumentError
from microgradnet.graph import adjoints, topological
from microgradnet.names import Names
from tests.drawing.graphs import lecture, network
from tests.drawing.test_slides import attention, chain, model, rnn


def boxes(loss, detail):
    return {box.name: box for box in build_picture(loss, detail=detail).boxes}


def rows(box):
    return {row.caption: row.text for row in box.rows}


def test_a_sum_of_products_is_one_box_with_each_weight_and_its_gradient_on_the_line():
    loss = network()
    loss.backward()
    picture = build_picture(loss, detail="sums")
    names = [box.name for box in picture.boxes]
    assert {"z1[1]", "z1[2]", "a1[1]", "z2[2]", "loss"} <= {*names}
    assert not [name for name in names if name.startswith(("w", "b"))]
    z = boxes(loss, "sums")["z1[1]"]
    assert (z.symbol, rows(z)["value"], rows(z)["b1[1]"]) == ("Σ", "0.3775", "0.35  ∂ 0.008771")  # as Mazur prints them
    labels = {(edge.tail, edge.head): edge.label for edge in picture.edges}
    keys = {box.name: box.key for box in picture.boxes}
    assert labels[keys["x[1]"], keys["z1[1]"]] == "0.15\n∂ 0.0004386"
    assert labels[keys["a1[2]"], keys["z2[1]"]] == "0.45\n∂ 0.08267"


def test_the_loss_shows_its_value():
    assert rows(boxes(network(), "sums")["loss"])["E"] == "0.2984"


@pytest.mark.parametrize("detail", ["operations", "sums", "neurons"])
@pytest.mark.parametrize("make", [network, lambda: model(3, 4, 4, 1), chain, rnn, lecture])
def test_what_flows_into_each_unit_is_what_the_engine_computes(detail, make):
    """The parts on the lines that arrive at a leaf add up to its gradient, whatever is drawn as one box."""
    loss = make()
    gradients = adjoints(loss)
    picture = build_picture(loss, detail=detail, flow=True, digits=17, repeats=100)
    order = topological(loss)
    for box in picture.boxes:
        into = [edge for edge in picture.edges if edge.tail == box.key]
        figures = [edge.label or edge.description.rpartition(": ")[2] for edge in into]  # the pointer shows the others
        if box.kind == "leaf" and into and not any("±" in figure for figure in figures):
            arriving = math.fsum(float(figure.replace("−", "-")) for figure in figures)
            assert abs(arriving) == pytest.approx(abs(gradients[order[int(box.key[1:]) - 1]]), rel=1e-9)


@pytest.mark.parametrize("detail", LEVELS)
@pytest.mark.parametrize("make", [network, lambda: model(3, 4, 4, 1), chain, rnn, lecture])
def test_units_hold_each_node_once_and_no_circle(detail, make):
    loss = make()
    order = topological(loss)
    units, sums = find_units(order, Names(order), detail)
    assert len(units) == len(order)
    members = [id(node) for each in sums.values() for node in each.all_nodes()]
    assert len(members) == len(set(members))
    picture = build_picture(loss, detail=detail, limit=2000)
    keys = {box.key for box in picture.boxes}
    assert all({edge.tail, edge.head} <= keys for edge in picture.edges)


def test_a_softmax_without_a_scope_is_one_box_with_its_outputs():
    shares = boxes(attention(), "sums")["softmax"]
    scores = [sum((0.5 + k) * (0.3 * i - 0.2 * k) for k in (1, 2)) for i in (1, 2, 3)]
    whole = sum(map(math.exp, scores))
    shown = [float(row.text) for row in shares.rows if row.role == "value"]
    assert shown == pytest.approx([math.exp(score) / whole for score in scores], rel=1e-3)
    both = mg.total(mg.softmax([Value(1.0), Value(2.0)])) + mg.total(mg.softmax([Value(1.0), Value(3.0)]))
    assert {"softmax 1", "softmax 2"} <= {*boxes(both, "sums")}


def test_what_only_looks_like_a_softmax_is_none():
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    first, second = a.exp(), b.exp()
    whole = first + second
    for loss in (first / whole + whole, a / whole + first / whole, (first / (first + b)), (first + 1.0) / whole):
        assert "softmax" not in boxes(loss, "sums")
    whole.label = "S"
    assert "softmax" not in boxes(first / whole, "sums")


@pytest.mark.parametrize("make", [network, lambda: model(3, 4, 4, 1)])
def test_the_sums_of_a_network_are_those_that_the_compiler_finds(make):
    """Two finders, as the compiler's needs NumPy and moves constants; on networks they must agree."""
    loss = make()
    order = topological(loss)
    place = {id(node): number for number, node in enumerate(order)}
    flat = flatten(record([loss]))
    _, sums = find_units(order, Names(order), "sums")
    assert len(sums) >= 4
    for found in sums.values():
        number = place[id(found.total)]
        assert flat.kind[number] == SUMMED
        inner = [node for node in found.nodes if node is not found.total]
        assert all(flat.kind[place[id(node)]] == INSIDE for node in inner)
        assert int((flat.terms.sum == number).sum()) == len(found.weights) + len(found.biases)


def test_the_line_of_a_highlighted_weight_stands_out():
    picture = build_picture(network(), detail="sums", highlight="w1[1,1]")
    names = {box.key: box.name for box in picture.boxes}
    strong = [(names[edge.tail], names[edge.head]) for edge in picture.edges if edge.emphasis == "strong"]
    assert strong[:1] == [("x[1]", "z1[1]")]
    assert {("z1[1]", "a1[1]"), ("a1[1]", "z2[1]"), ("a1[1]", "z2[2]")} <= {*strong}
    assert ("x[2]", "z1[1]") not in strong


def test_named_nodes_stay_boxes_of_their_own():
    a, b, c = (Value(2.0, label=label) for label in "abc")
    e = a * b
    e.label = "e"
    assert "e" in boxes(e + c + a, "sums")
    assert "v1" not in boxes(a * b + c + a, "sums")


def test_auto_takes_the_finest_that_can_be_read():
    assert len(mg.draw(lecture()).picture.boxes) == 7  # operations
    large = mg.draw(model(3, 4, 4, 1))
    assert large.text_size >= 11
    assert {"neuron 1", "neuron 4"} <= {box.name for box in large.picture.boxes}
    assert mg.draw(network(), highlight="w1[1,1]").text_size >= 9
    with pytest.raises(ArgumentError, match="detail is a level of detail"):
        mg.draw(lecture(), detail="fine")


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
@pytest.mark.parametrize("make", [chain, network, rnn])
@pytest.mark.parametrize("flow", [False, True])
def test_bands_move_boxes_and_keep_every_edge_at_its_ends(direction, make, flow):
    picture = build_picture(make(), direction=direction, flow=flow)
    plain = lay_out(picture)
    wrapped = wrap(picture, plain, 16 / 9)
    assert wrapped != plain
    sizes = {box.key: measure_box(box) for box in picture.boxes}
    for edge, route, before in zip(picture.edges, wrapped.routes, plain.routes, strict=True):
        assert (len(route.curve) - 1) % 3 == 0
        for key, place in ((edge.tail, 0), (edge.head, -1)):
            moved = [a - b for a, b in zip(wrapped.centres[key], plain.centres[key], strict=True)]
            expected = [a + b for a, b in zip(before.curve[place], moved, strict=True)]
            assert route.curve[place] == pytest.approx(expected, abs=1e-6)
    placed = []
    for key, (x, y) in wrapped.centres.items():
        if key not in sizes:
            continue
        half = sizes[key].width / 2, sizes[key].height / 2
        placed.append((x - half[0], y - half[1], x + half[0], y + half[1]))
    for place, box in enumerate(placed):
        assert wrapped.area.left <= box[0]
        assert box[2] <= wrapped.area.right
        assert all(box[2] <= b[0] or b[2] <= box[0] or box[3] <= b[1] or b[3] <= box[1] for b in placed[:place])


def test_siblings_stand_in_the_order_of_their_indices():
    for detail in ("sums", "neurons"):
        picture = build_picture(model(3, 4, 4, 1), detail=detail)
        layout = lay_out(picture)
        for stem in ("x[", "neuron "):
            for scope in ("", "layer 1", "layer 2"):
                family = [box for box in picture.boxes if box.name.startswith(stem) and box.scope == scope]
                ordered = sorted(family, key=lambda box: layout.centres[box.key][1])
                assert [box.name for box in ordered] == sorted(box.name for box in family)


def test_the_main_line_of_a_chain_is_straight():
    picture = build_picture(chain(), detail="sums")
    heights = {round(y, 1) for y in (xy[1] for xy in lay_out(picture).centres.values())}
    assert len(heights) <= 2


def test_numbers_of_samples_do_not_make_them_different():
    w = Value(0.5, label="w")
    loss = mg.total((w * x - t) ** 2 for x, t in [(1.0, 2.0), (2.0, 3.0), (3.0, 5.0), (4.0, 6.0), (5.0, 1.0)])
    assert any("×5" in box.name for box in build_picture(loss, fold="repeats").boxes)


def test_a_line_into_a_sum_says_what_it_is_multiplied_by():
    W, U = Value(0.5, label="W"), Value(0.1, label="U")
    x = [Value(float(k), label=f"x[{k}]") for k in (1, 2)]
    first = (W * x[0]).tanh()
    first.label = "h[1]"
    second = W * x[1] + U * first
    second.label = "z[2]"
    drawing = mg.draw(second + U, detail="sums", theme="light")
    labels = {edge.label for edge in drawing.picture.edges}
    assert {"x[1] = 1", "x[2] = 2", "×U", "×h[1]"} <= labels
    assert any("the factor" in note for note in drawing.picture.notes)
    assert "×h₁" in drawing.svg


def signed_sums():
    a, b, c, w, v, x, y, u = (
        Value(n, label=name) for n, name in zip((2.0, -1.5, 0.5, -0.7, 1.3, 3.0, -2.0, 1.2), "abcwvxyu", strict=True)
    )
    p, q, h = mg.tanh(a), mg.sin(b), mg.exp(c)
    for node, name in zip((p, q, h), "pqh", strict=True):
        node.label = name
    return {
        "a result subtracted": p + q - h,
        "a difference subtracted": p - (q - h) + u,
        "products and constants": p - w * x - (v * y - 2 * h) - u + 0.25,
        "a negated sum": -(p - q + w * x) - 3.0,
    }


@pytest.mark.parametrize("name", signed_sums())
def test_the_number_of_a_sum_is_what_its_lines_and_rows_add_up_to(name):
    loss = signed_sums()[name]
    loss.label = "L"
    loss.backward()
    picture = mg.draw(loss, detail="sums").picture
    [box] = [box for box in picture.boxes if box.symbol == "Σ"]
    values = {box.key: number(box.rows[0].text) for box in picture.boxes}
    terms = [values[edge.tail] * factor(edge.label) for edge in picture.edges if edge.head == box.key]
    terms += [(-1 if row.caption.startswith("−") else 1) * number(row.text.split("∂")[0]) for row in box.rows[2:]]
    assert len(terms) > 2
    assert sum(terms) == pytest.approx(loss.data, abs=1e-3)
    assert number(box.rows[0].text) == pytest.approx(loss.data, abs=1e-3)


def number(text):
    return float(text.replace("−", "-"))


def factor(label):
    """Return what a line multiplies by, as a reader takes it: ``"− (−0.7)"`` is 0.7, ``"−"`` is -1, ``""`` is 1."""
    first = label.split("\n")[0]
    sign, rest = (-1.0, first[1:]) if first == "−" or first.startswith("− ") else (1.0, first)
    return sign * (number(rest.split("=")[-1].strip(" ×()")) if rest.strip() else 1.0)


def test_a_factor_that_is_a_sum_has_brackets_on_the_line():
    a, b, c = (Value(k, label=name) for k, name in ((2.0, "a"), (3.0, "b"), (0.5, "c")))
    held, p = [a + b], mg.tanh(c)  # in a list, as a variable would be its name
    p.label = "p"
    picture = mg.draw(held[0] * p + mg.sin(held[0]) + 2 * p * c, detail="sums").picture
    assert {"×(a + b)", "×p"} <= {edge.label for edge in picture.edges}


def test_an_input_of_several_terms_has_one_line_that_says_so_and_carries_all_its_gradient():
    x, w, v, b = (Value(k, label=name) for k, name in ((2.0, "x"), (0.5, "w"), (-1.5, "v"), (0.3, "b")))
    h = mg.tanh(x)
    h.label = "h"
    z = w * h + v * h + b - h * h
    z.label = "z"
    loss = mg.exp(z)
    loss.backward()
    [label] = [edge.label for edge in mg.draw(loss, detail="sums").picture.edges if "from h to z" in edge.description]
    assert label == "4 terms"
    assert {"w", "v"} <= {box.name for box in mg.draw(loss, detail="sums").picture.boxes}  # no line is theirs alone
    for detail in ("operations", "sums"):
        picture = mg.draw(loss, detail=detail, flow=True).picture
        [tail] = [box.key for box in picture.boxes if box.name == "h"]
        flows = [number(edge.label) for edge in picture.edges if edge.tail == tail]
        assert sum(flows) == pytest.approx(h.grad, rel=1e-3)
        assert not any("norm" in note for note in picture.notes)


def test_weights_of_the_outputs_of_one_box_keep_their_boxes():
    logits = [Value(x, label=f"z[{k}]") for k, x in enumerate((0.3, -1.0, 0.8), 1)]
    weights = [Value(x, label=f"w[{k}]") for k, x in enumerate((2.0, -0.5, 1.5), 1)]
    picture = mg.draw(mg.dot(weights, mg.softmax(logits)), detail="sums").picture
    assert {"w[1]", "w[2]", "w[3]", "softmax"} <= {box.name for box in picture.boxes}
    labels = [edge.label for edge in picture.edges if edge.label]
    assert labels.count("3 terms") == 1
    assert sum(label.startswith("×") for label in labels) == 3
