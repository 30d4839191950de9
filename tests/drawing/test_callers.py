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
    assert names(mg.draw(first)) == ["leaf 1", "3", "first"]
    total = a + first
    first = a
    assert names(mg.draw(total)) == ["a", "leaf 1", "3", "2*3", "total"]
    del first, total


def test_elements_are_called_by_the_expression_that_gives_them():
    xs = [Value(1.0), Value(2.0)]
    table = {"w": Value(3.0)}
    rows = [[Value(4.0)]]
    loss = mg.total([*xs, table["w"], rows[0][0]])
    assert {"xs[0]", "xs[1]", "table['w']", "rows[0][0]", "loss"} <= {*names(mg.draw(loss))}


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

    assert names(show(w, other=Value(3.0))) == ["leaf 1", "leaf 2", "1*3"]
    x = {"rate": Value(2.0)}
    assert "w*x['rate']" in names(mg.draw((w * x["rate"]).exp()))


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
    assert names(mg.draw(cycle[0])) == ["cycle[0]"]
    assert strange is not long


def test_leaves_in_scopes_are_called_by_scope_and_order():
    with mg.scope("layer 1"), mg.scope("neuron 2"):
        loss = mg.total(Value(number) for number in (1.0, 2.0))
    assert names(mg.draw(loss)) == ["neuron 2 leaf 1", "neuron 2 leaf 2", "loss"]
    del loss
    assert names(mg.draw(Value(1.0) + Value(2.0))) == ["leaf 1", "leaf 2", "1 + 2"]
