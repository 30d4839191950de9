import numpy as np

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing import draw


def names(drawing):
    return [box.name for box in drawing.picture.boxes]


def test_nodes_without_a_label_are_called_as_the_variables_are_now():
    a = Value(2.0)
    b = Value(3.0, label="the bias")
    c = a * b
    assert names(mg.draw(c)) == ["a", "the bias", "c"]
    assert mg.draw(c).picture.title == "Computation graph of c"


def test_a_name_that_was_bound_again_is_never_wrong():
    a = Value(2.0)
    first = a * 3.0
    a = Value(5.0)
    assert names(mg.draw(first)) == ["v1", "first"]
    total = a + first
    first = a
    assert names(mg.draw(total)) == ["a", "v1", "v1*3", "total"]
    del first, total


def test_elements_are_called_by_the_expression_that_gives_them():
    xs = [Value(1.0), Value(2.0)]
    table = {"w": Value(3.0)}
    rows = [[Value(4.0)]]
    W = np.array([[Value(5.0)]])
    loss = mg.total([*xs, table["w"], rows[0][0], W[0, 0]])
    assert {"xs[0]", "xs[1]", "table['w']", "rows[0][0]", "W[0][0]", "loss"} <= {*names(mg.draw(loss))}


outside = Value(7.0)


def test_local_variables_come_before_global_ones_and_underscores_are_left_out():
    _hidden = Value(1.0)
    assert "outside" in names(mg.draw(outside * _hidden))
    inner = outside
    assert "inner" in names(mg.draw(outside * _hidden))
    assert inner is outside


def test_the_same_node_under_two_names_has_the_first():
    first = second = Value(1.0)
    assert names(mg.draw(first.exp()))[0] == "first"
    assert second is first


def test_names_of_a_helper_are_those_of_its_own_frame():
    w = Value(1.0)

    def show(loss):
        return mg.draw(loss)

    assert names(show(w)) == ["loss"]
    assert names(draw(w)) == ["w"]


def test_collected_arguments_are_no_names():
    w = Value(1.0)

    def show(*nodes, **options):
        return mg.draw(nodes[0] * options["other"])

    assert names(show(w, other=Value(3.0))) == ["v1", "v2", "loss"]
    x = {"rate": Value(2.0)}
    assert "w*x['rate']" in names(mg.draw((w * x["rate"]).exp() + 1.0))


def test_strange_containers_do_no_harm():
    class Strange:
        def __eq__(self, other):
            raise RuntimeError

        def __getattr__(self, name):
            raise RuntimeError

    strange = Strange()
    cycle = [Value(1.0)]
    cycle.append(cycle)
    long = [Value(1.0)] * 100_000
    assert names(mg.draw(cycle[0])) == ["loss"]
    assert strange is not long


def test_elements_name_leaves_and_results_without_a_short_formula():
    a = Value(2.0, label="alpha")
    hs = [Value(0.5)]
    for _ in range(2):
        hs.append((a * hs[-1] + a * a + a).tanh())
    assert names(mg.draw(hs[-1] * 1.5, detail="operations"))[:2] == ["alpha", "hs[0]"]
    assert {"hs[1]", "hs[2]"} <= {*names(mg.draw(hs[-1] * 1.5, detail="operations"))}
