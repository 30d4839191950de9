import copy
import math
import pickle
import random
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Layer, Neuron, Value
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError
from microgradnet.graph import topological

# The network of SOURCES.md, S0: softmax and squared error, three weights by hand.
WEIGHTS = [[[0.1, 0.7], [0.8, 0.2]], [[0.6, 0.5], [0.4, 0.3]]]

DERIVATIVE = {
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
    "relu": lambda a: (a > 0).astype(float),
    "identity": lambda a: np.ones_like(a),
}
FUNCTION = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "identity": lambda z: z,
}


def by_matrices(weights, biases, activations, x, t):
    """The four equations of backpropagation, with matrices: outputs, and the gradients of 1/2 sum (o - t)^2."""
    outputs = [np.array(x)]
    for w, b, name in zip(weights, biases, activations, strict=True):
        outputs.append(FUNCTION[name](w @ outputs[-1] + b))
    delta = (outputs[-1] - t) * DERIVATIVE[activations[-1]](outputs[-1])
    gradients = []
    for layer in reversed(range(len(weights))):
        gradients.insert(0, (np.outer(delta, outputs[layer]), delta))
        if layer:
            delta = (weights[layer].T @ delta) * DERIVATIVE[activations[layer - 1]](outputs[layer])
    return outputs[-1], gradients


@pytest.mark.parametrize("activations", [["sigmoid", "identity"], ["tanh", "relu", "sigmoid"], ["relu"], ["tanh"] * 5])
@pytest.mark.parametrize("seed", range(3))
def test_outputs_and_gradients_are_those_of_the_matrix_equations(activations, seed):
    generator = np.random.default_rng(seed)
    sizes = [3, *generator.integers(2, 6, len(activations))]
    weights = [generator.normal(size=(after, before)) for before, after in pairwise(sizes)]
    biases = [generator.normal(size=after) for after in sizes[1:]]
    x, t = generator.normal(size=3), generator.normal(size=sizes[-1])
    mlp = MLP.from_weights(weights, biases, activation=activations)
    outputs, gradients = by_matrices(weights, biases, activations, x, t)
    produced = mlp(x)
    assert [output.data for output in produced] == pytest.approx(list(outputs), rel=1e-12)
    mg.losses.half_squared_error(produced, t).backward()
    named = mlp.named_parameters()
    for number, (by_weight, by_bias) in enumerate(gradients, 1):
        for (j, k), expected in np.ndenumerate(by_weight):
            assert named[f"w{number}[{j + 1},{k + 1}]"].grad == pytest.approx(expected, rel=1e-9, abs=1e-12)
        for (j,), expected in np.ndenumerate(by_bias):
            assert named[f"b{number}[{j + 1}]"].grad == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_printed_numbers_of_source_0():
    mlp = MLP.from_weights(WEIGHTS, activation="sigmoid", output="softmax")
    loss = mg.losses.half_squared_error(mlp([0.7, 1.0]), [0, 1])
    loss.backward()
    named = {node.label: node for node in topological(loss) if node.label}
    values = {"z1[1]": "0.77", "z1[2]": "0.76", "a1[1]": "0.68352089", "a1[2]": "0.68135373"}
    values |= {"a2[1]": "0.56782310", "a2[2]": "0.43217690", "E": "0.32242307"}
    for label, printed in values.items():
        assert f"{named[label].data:.{len(printed) - 2}f}" == printed
    for label, printed in {"z2[1]": "0.27868761", "z2[2]": "-0.27868761", "z1[1]": "0.01205715"}.items():
        assert f"{named[label].grad:.8f}" == printed
    assert f"{named['w1[1,1]'].grad:.8f}" == "0.00844000"


def test_every_weight_bias_and_activation_has_its_label_and_scope():
    mlp = MLP(2, [2, 2], activation="tanh", output="softmax", seed=1)
    loss = mg.losses.squared_error(mlp([1.0, 2.0]), [0, 1])
    scopes = {node.label: node.scope for node in topological(loss) if node.label}
    layers = {
        f"{letter}{number}[{index}]": f"layer {number}/neuron {index[0]}"
        for number in (1, 2)
        for letter, indices in {"w": ("1,1", "1,2", "2,1", "2,2"), "b": "12", "z": "12", "a": "12"}.items()
        for index in indices
    }
    outside = {"a2[1]": "layer 2/softmax", "a2[2]": "layer 2/softmax", "x[1]": "", "x[2]": "", "t[1]": "", "t[2]": ""}
    assert scopes == layers | outside | {"E1": "loss", "E2": "loss", "E": "loss"}


def test_scopes_nest_in_an_outer_one():
    mlp = MLP(1, [1, 1], seed=1)
    with mg.scope("first sample"):
        output = mlp([1.0])
    assert output.scope == "first sample/layer 2/neuron 1"
    assert Value(1.0).scope == ""


def test_an_identity_activation_is_the_pre_activation():
    output = MLP(2, [1], seed=1)([1.0, 2.0])
    assert (output.label, output.op.name) == ("z1[1]", "add")


def test_names_of_parameters_are_in_the_order_of_parameters():
    mlp = MLP(2, [2, 1], seed=1)
    expected = ["w1[1,1]", "w1[1,2]", "b1[1]", "w1[2,1]", "w1[2,2]", "b1[2]", "w2[1,1]", "w2[1,2]", "b2[1]"]
    assert list(mlp.named_parameters()) == expected
    assert [parameter.label for parameter in mlp.parameters()] == expected
    assert all(a is b for a, b in zip(mlp.parameters(), mlp.named_parameters().values(), strict=True))
    assert list(MLP(2, [1], bias=False).named_parameters()) == ["w1[1,1]", "w1[1,2]"]


def test_a_seed_gives_the_same_weights_and_leaves_the_global_source_alone():
    random.seed(5)
    before = random.getstate()
    assert MLP(3, [4, 1], seed=7).state_dict() == MLP(3, [4, 1], seed=7).state_dict()
    assert random.getstate() == before
    numbers = list(MLP(3, [4, 4], seed=7).state_dict().values())
    assert len({number for number in numbers if number}) == 28  # no neuron repeats another's weights


@pytest.mark.parametrize(
    "x",
    [[0.7, 1.0], (0.7, 1.0), np.array([0.7, 1.0]), np.array([0.7, 1.0], dtype=np.float32), [Value(0.7), 1.0]],
    ids=["list", "tuple", "array", "float32", "mixed"],
)
def test_inputs_of_every_kind(x):
    mlp = MLP.from_weights(WEIGHTS, activation="sigmoid", output="softmax")
    assert mlp(x)[0].data == pytest.approx(0.56782310, abs=5e-8)


def test_inputs_given_as_values_are_kept_and_get_gradients():
    x = [Value(0.7, label="mass"), Value(1.0)]
    MLP.from_weights(WEIGHTS, activation="sigmoid")(x)[0].backward()
    assert x[0].label == "mass"
    assert x[0].grad != 0.0


@pytest.mark.parametrize("x", [[1.0, 2.0], [1.0] * 4, [], 1.0, Value(1.0)])
def test_another_number_of_inputs_is_an_error_with_both_numbers(x):  # micrograd truncates silently
    count = len(x) if isinstance(x, list) else 1
    with pytest.raises(ShapeError, match=rf"takes 3 inputs; got {count}\."):
        MLP(3, [4, 1])(x)


@pytest.mark.parametrize(
    ("x", "error"),
    [
        (["1", 2.0, 3.0], NumberTypeError),
        ([[1.0, 2.0, 3.0]] * 3, NumberTypeError),
        ("123", ShapeError),
        ({1.0, 2.0, 3.0}, ShapeError),
        ({1: 1.0, 2: 2.0, 3: 3.0}, ShapeError),
        (None, ShapeError),
        (np.ones((1, 3)), ShapeError),
        ([1.0, 2.0, 1j], NumberTypeError),
    ],
)
def test_what_is_no_vector_is_refused(x, error):
    with pytest.raises(error):
        MLP(3, [4, 1])(x)


def test_a_hidden_layer_of_one_neuron_feeds_the_next():  # micrograd: TypeError, zip of a Value
    assert isinstance(MLP(2, [1, 1, 2], seed=1)([1.0, 2.0])[0], Value)


def test_a_bias_value_can_be_shared():
    bias = Value(0.35, label="b")
    mlp = MLP.from_weights([[[0.15, 0.2], [0.25, 0.3]]], [[bias, bias]], activation="sigmoid")
    assert [parameter.label for parameter in mlp.parameters()].count("b") == 1
    first, second = mlp([0.05, 0.1])
    (first + second).backward()
    assert bias.grad == 2.0


@pytest.mark.parametrize(
    ("weights", "biases", "error", "place"),
    [
        ([], None, ShapeError, "weights is"),
        (3, None, ShapeError, "weights is"),
        ([[]], None, ShapeError, r"weights\[0\] is"),
        ([[[]]], None, ShapeError, r"weights\[0\]\[0\] holds at least 1"),
        ([[1.0, 2.0]], None, ShapeError, r"weights\[0\]\[0\]"),
        ([[[1.0, 2.0], [1.0]]], None, ShapeError, r"weights\[0\]\[1\] holds 2"),
        ([[[1.0, 2.0]], [[1.0, 2.0]]], None, ShapeError, r"weights\[1\]\[0\] holds 1"),
        ([[[1.0, "2"]]], None, NumberTypeError, r"weights\[0\]\[0\]\[1\]"),
        ([[[1.0, math.nan]]], None, DomainError, r"weights\[0\]\[0\]\[1\]"),
        ([[[1.0]]], [], ShapeError, "biases is"),
        ([[[1.0]]], [[1.0, 2.0]], ShapeError, r"biases\[0\] holds 1"),
        ([[[1.0]]], [[1.0], [1.0]], ShapeError, "biases holds 1"),
        ([[[1.0]]], [1.0], ShapeError, r"biases\[0\] is"),
        ([[[1.0]]], [[math.inf]], DomainError, r"biases\[0\]\[0\]"),
        ([np.float64(1.0)], None, ShapeError, r"weights\[0\] is"),
    ],
)
def test_from_weights_names_the_place_that_is_wrong(weights, biases, error, place):
    with pytest.raises(error, match=place):
        MLP.from_weights(weights, biases)


def test_biases_of_some_layers_only():
    mlp = MLP.from_weights(WEIGHTS, [None, [0.1, 0.2]])
    assert [name for name in mlp.named_parameters() if name.startswith("b")] == ["b2[1]", "b2[2]"]


@pytest.mark.parametrize(
    ("nin", "nouts"), [(0, [1]), (-1, [1]), (2.0, [1]), (True, [1]), ("2", [1]), (2, []), (2, 3), (2, [0]), (2, [1.5])]
)
def test_sizes_that_are_none(nin, nouts):
    with pytest.raises(ArgumentError):
        MLP(nin, nouts)


def test_sizes_may_be_numpy_integers_and_tuples():
    assert len(MLP(np.int64(2), (np.int64(3), 1)).parameters()) == 13


def test_copies_and_pickles_are_whole_and_apart():
    mlp = MLP(2, [3, 1], activation="tanh", seed=1)
    for twin in (copy.deepcopy(mlp), pickle.loads(pickle.dumps(mlp))):
        assert twin([1.0, 2.0]).data == mlp([1.0, 2.0]).data
        twin.parameters()[0].data = 9.0
        assert mlp.parameters()[0].data != 9.0


def test_a_recomputed_graph_follows_new_weights():
    mlp = MLP.from_weights(WEIGHTS, activation="sigmoid", output="softmax")
    loss = mg.losses.half_squared_error(mlp([0.7, 1.0]), [0, 1])
    for parameter in mlp.parameters():
        parameter.data *= -1.5
    mg.recompute(loss)
    assert loss.data == mg.losses.half_squared_error(mlp([0.7, 1.0]), [0, 1]).data


# Many samples at once, and displays


@pytest.mark.parametrize(("nin", "nout"), [(3, 2), (1, 2), (2, 1), (1, 1)])
@pytest.mark.parametrize("output", ["identity", "softmax", "sigmoid"])
def test_predictions_are_the_calls_of_each_sample(nin, nout, output):
    mlp = MLP(nin, [4, nout], activation="tanh", output=output, seed=1)
    rows = np.random.default_rng(0).normal(size=(7, nin))
    expected = [[a.data for a in (mlp(row) if nout > 1 else [mlp(row)])] for row in rows]
    found = mlp.predict(rows)
    assert found.shape == ((7, nout) if nout > 1 else (7,))
    assert found.reshape(7, nout) == pytest.approx(np.array(expected), rel=1e-12)
    if nin == 1:
        assert (mlp.predict(rows[:, 0]) == found).all()


def test_predictions_of_a_function_with_a_branch_are_right_or_refused():
    mlp = MLP.from_weights([[[1.0]]], output=lambda z: z if z > 0.0 else 0.1 * z)
    assert mlp.predict([1.0, 2.0]).tolist() == [1.0, 2.0]
    with pytest.raises(ArgumentError, match=r"mg\.greater"):
        mlp.predict([1.0, -2.0])


def test_samples_of_another_size_are_refused():
    with pytest.raises(ShapeError, match="takes 2 inputs for each sample; got 3"):
        MLP(2, [1]).predict([[1.0, 2.0, 3.0]])


def test_a_notebook_shows_the_layers():
    html = MLP(2, [3, 1], output="sigmoid")._repr_html_()
    cells = [cell.text for cell in ElementTree.fromstring(html).iter("td")]
    assert cells == ["1", "2", "3", "relu", "9", "2", "3", "1", "sigmoid", "4"]
    assert "MLP 2-3-1, 13 parameters" in html


@pytest.mark.parametrize("activation", ["relu", "tanh", "identity", lambda z: (2 * z).tanh()])
@pytest.mark.parametrize("bias", [True, False])
def test_nodes_have_the_same_names_where_a_scope_is_open_and_where_none_is(activation, bias):
    layer = Layer(2, 2, activation=activation, seed=1, bias=bias)
    alone = topological(*layer([0.5, -1.0]))
    with mg.scope("sample 3"):
        inside = topological(*layer([0.5, -1.0]))
    assert [(node.label, node.data, node._op) for node in alone] == [
        (node.label, node.data, node._op) for node in inside
    ]
    for one, other in zip(alone, inside, strict=True):
        if one.inputs:
            assert one.scope.startswith("layer/neuron ")
            assert other.scope == f"sample 3/{one.scope}"
    assert sum(node.label.startswith("z") for node in alone) == 2


def test_a_layer_whose_neurons_were_exchanged_calls_them():
    class Doubling(Neuron):
        def __call__(self, x):
            return super().__call__(x) * 2.0

    layer = Layer(2, 2, activation="tanh", seed=1)
    plain = [node.data for node in layer([0.5, -1.0])]
    layer.neurons[1].__class__ = Doubling
    assert [node.data for node in layer([0.5, -1.0])] == [plain[0], 2 * plain[1]]
    layer.neurons[1].w.append(Value(1.0))
    with pytest.raises(ShapeError, match="3"):
        layer([0.5, -1.0])


class Scaled(Layer):
    def __call__(self, x):
        outputs = super().__call__(x)
        return [2.0 * output for output in outputs] if isinstance(outputs, list) else 2.0 * outputs


class Reversed(MLP):
    def __call__(self, x):
        return super().__call__(x[::-1])


def of_scaled_layers():
    mlp = MLP(2, [3, 1], activation="tanh", seed=1)
    mlp.layers[0] = Scaled(2, 3, activation="tanh", seed=2)
    return mlp


def of_two_activations():
    mlp = MLP(2, [3, 1], activation="tanh", seed=1)
    mlp.layers[0].neurons[1] = Neuron(2, activation="relu", seed=3)
    return mlp


def of_some_biases():
    mlp = MLP(2, [3, 1], activation="tanh", seed=1)
    mlp.layers[0].neurons[1].b = None
    for neuron in mlp.layers[0].neurons[::2]:
        neuron.b.data = 0.5
    return mlp


def of_reversed_inputs():
    return Reversed(2, [3, 1], seed=1)


@pytest.mark.parametrize("make", [of_scaled_layers, of_reversed_inputs, of_two_activations, of_some_biases])
def test_what_reads_weights_and_activations_refuses_a_network_that_computes_otherwise(make, tmp_path):
    mlp, rows = make(), [[1.0, -0.5], [0.25, 2.0]]
    assert mlp.predict(rows).tolist() == pytest.approx([mlp(row).data for row in rows], rel=1e-15)
    for convert in (mlp.to_torch, lambda: mlp.to_onnx(tmp_path / "model.onnx")):
        with pytest.raises(ArgumentError, match="in a row"):
            convert()
    if type(mlp) is MLP:
        with pytest.raises(ArgumentError, match="a saved network is its weights"):
            mlp.save(tmp_path / "model.json")
    assert list(tmp_path.iterdir()) == []
    if make in (of_scaled_layers, of_reversed_inputs):  # the others are drawn as they are
        with pytest.raises(ArgumentError, match="applies its layers one after the other"):
            mg.draw_network(mlp, rows[0])
    else:
        assert f"{abs(mlp(rows[0]).data):.3f}" in mg.draw_network(mlp, rows[0]).svg
