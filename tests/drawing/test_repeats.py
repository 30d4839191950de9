import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.fold import find_levels, leaves_and_returns, stem
from microgradnet.drawing.graph_picture import GraphSource, build_picture
from microgradnet.errors import DrawingError
from microgradnet.graph import topological


def network(sizes, samples=1, activation="tanh"):
    model = mg.MLP(3, sizes, activation=activation, seed=1)
    inputs = [[0.1 * sample, 1.0, -1.0] for sample in range(samples)]
    return mg.total(mg.losses.half_squared_error(model(x), [0.5] * sizes[-1]) for x in inputs)


def folded(picture):
    return {box.name: [row.text for row in box.rows] for box in picture.boxes if box.kind == "folded"}


def check_no_circle(picture):
    assert circles(picture) == 0


def test_the_neurons_of_a_layer_become_one_box_with_their_count():
    picture = build_picture(network([16, 16, 2]), fold="neuron")
    shown = sorted((box.name, *(row.text for row in box.rows)) for box in picture.boxes if box.kind == "folded")
    assert shown == [
        ("neuron 1", "−3.019", "not computed yet"), ("neuron 2", "2.646", "not computed yet"),
        ("neuron ×16", "−0.8923 … 0.8831", "not computed yet"), ("neuron ×16", "−0.9926 … 0.9935", "not computed yet"),
    ]  # fmt: skip
    labels = [edge.label for edge in picture.edges if edge.merged]
    assert sorted(labels) == ["16 edges"] * 5 + ["256 edges"]
    check_no_circle(picture)


def test_few_stay_single_and_the_caller_says_what_is_few():
    loss = network([4, 1])
    assert sum(name.startswith("neuron") for name in folded(build_picture(loss, fold="neuron"))) == 4
    boxes = build_picture(loss, fold="neuron").boxes
    assert sum(box.kind == "folded" for box in boxes) == 5
    merged = build_picture(loss, fold="neuron", repeats=3)
    assert "neuron ×4" in folded(merged)
    assert sum(box.kind == "folded" for box in merged.boxes) == 2
    assert "neuron ×16" not in folded(build_picture(network([16, 1]), fold="neuron", repeats=16))


def test_what_is_built_differently_stays_apart():
    x = Value(1.0, label="x")
    outputs = []
    for place in range(1, 11):
        with mg.scope(f"unit {place}"):
            outputs.append(x.tanh() * Value(2.0) if place % 2 else x.exp() * Value(2.0))
    names = list(folded(build_picture(mg.total(outputs), fold="unit")))
    assert [name for name in names if name.startswith("unit")] == ["unit ×5"]
    kinds = [box for box in build_picture(mg.total(outputs), fold="unit").boxes if box.name == "unit ×5"]
    assert len(kinds) == 2


def test_equal_layers_in_a_row_become_one_box():
    picture = build_picture(network([4] * 8), fold="layer")
    assert {name for name in folded(picture) if "layer" in name} == {"layer 1", "layer ×6", "layer 8"}  # 8 is linear
    check_no_circle(picture)


def test_a_row_that_is_left_and_entered_again_stays_apart():
    x = Value(1.0, label="x")
    steps = [x]
    for place in range(1, 8):
        with mg.scope(f"step {place}"):
            result = steps[-1].tanh() * Value(1.0)
        if place == 4:
            aside = steps[1].sin().cos()  # leaves after step 1 and comes back in step 5
            result = result + aside
        steps.append(result)
    picture = build_picture(steps[-1], fold="step")
    check_no_circle(picture)


def test_two_rows_that_feed_each_other_do_not_close_a_circle():
    a, b = [Value(1.0, label="a")], [Value(1.0, label="b")]
    for place in range(1, 7):
        with mg.scope(f"left {place}"):
            a.append((a[-1] + b[-1]).tanh())
        with mg.scope(f"right {place}"):
            b.append((b[-1] * a[-2]).tanh())
    check_no_circle(build_picture(a[-1] + b[-1], fold=["left", "right"]))


def test_samples_and_sums_are_folded_as_well():
    picture = build_picture(network([8, 1], samples=50), fold="layer")
    assert len(picture.boxes) < 20
    assert any(name.startswith("x ×") for name in folded(picture))
    check_no_circle(picture)


def test_a_graph_without_scopes_folds_its_repeats():
    xs, w = [Value(float(k), label=f"x[{k}]") for k in range(40)], Value(0.5, label="w")
    loss = mg.total((x * w - 1.0) ** 2 for x in xs)
    picture = build_picture(loss, fold="repeats")
    assert {name: rows[0] for name, rows in folded(picture).items()} == {
        "x ×40": "0 … 39", "multiply ×40": "0 … 19.5", "subtract ×40": "−1 … 18.5", "power ×40": "0 … 342.2",
        "add ×38": "1.25 … 4053",
    }  # fmt: skip
    loss.backward()
    assert folded(build_picture(loss, fold="repeats"))["x ×40"][1] == "−1 … 18.5"
    cubes = mg.total((x * w) ** (2.0 if k % 2 else 3.0) for k, x in enumerate(xs))
    assert sum(name == "power ×20" for name in (box.name for box in build_picture(cubes, fold="repeats").boxes)) == 2


def test_every_scope_several_scopes_and_what_is_too_large_even_so():
    loss = network([4, 1])
    assert set(folded(build_picture(loss, fold="scope"))) >= {"layer 1", "layer 2", "loss"}
    assert set(folded(build_picture(loss, fold=["layer 1", "loss"]))) >= {"layer 1", "loss"}
    with pytest.raises(DrawingError, match=r'got \d+\. Draw a part .*fold="layer", fold="repeats", or insist'):
        build_picture(network([30, 30]), fold=["neuron", "loss"], repeats=100, limit=20)


@pytest.mark.slow
def test_a_graph_of_a_hundred_thousand_nodes_is_drawn_folded():
    loss = network([16, 16, 1], samples=160)
    assert len(topological(loss)) > 100_000
    drawing = mg.draw(loss, fold="layer")
    assert len(drawing.picture.boxes) < 20
    assert "layer 1" in drawing.svg


def test_levels_and_ways_back():
    graph = {"a": ["b", "d"], "b": ["c"], "c": [], "d": ["e"], "e": ["c"]}
    assert find_levels(graph) == {"a": 0, "b": 1, "d": 1, "e": 2, "c": 3}
    assert find_levels({"a": ["b"], "b": ["a", "c"], "c": []}) == {}
    assert not leaves_and_returns(["a", "b"], graph, find_levels(graph))
    assert leaves_and_returns(["a", "c"], graph, find_levels(graph))


@pytest.mark.parametrize(
    ("label", "common"), [("x[3]", "x"), ("w1[2,3]", "w1"), ("x12", "x"), ("x_1", "x"), ("E", "E"), ("", "")]
)
def test_the_stem_of_a_label(label, common):
    assert stem(label) == common


SCOPES = ["", "layer 1", "layer 1/neuron 1", "layer 1/neuron 2", "layer 2", "cell"]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans(), st.sampled_from(SCOPES)), max_size=30),
    st.integers(1, 3),
)
def test_merging_never_closes_a_circle_and_loses_no_node(steps, repeats):
    nodes = [Value(1.0, label="x"), Value(2.0)]
    for left, right, multiply, scope in steps:
        a, b = nodes[left % len(nodes)], nodes[right % len(nodes)]
        nodes.append(a * b if multiply else a + b)
        nodes[-1].scope = scope
    loss = mg.total(nodes)
    without_scopes = build_picture(loss, fold="repeats", repeats=repeats)
    check_no_circle(without_scopes)
    source = GraphSource(loss, (), 4, "repeats", repeats=repeats)
    assert sum(len(folded.nodes) for folded in source.folded.values()) == sum(map(bool, source._folds))
    for folded in source.folded.values():
        assert len({node.op for node in folded.nodes}) == 1 < repeats + 1 <= folded.count == len(folded.nodes)
    assert without_scopes.boxes[-1].output
    if any(scope for *_, scope in steps):
        before = build_picture(loss, fold="scope", repeats=100)
        after = build_picture(loss, fold="scope", repeats=repeats)
        assert circles(after) <= circles(before)


def circles(picture):
    """Return how many boxes lie on a circle of arrows or behind one: a scope may be left and entered again."""
    after = {box.key: set() for box in picture.boxes}
    for edge in picture.edges:
        after[edge.tail].add(edge.head)
    return len(after) - len(find_levels(after))
