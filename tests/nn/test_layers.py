import pytest

import microgradnet as mg
from microgradnet import Layer, Neuron, Value
from microgradnet.errors import ArgumentError, DomainError, ShapeError
from microgradnet.graph import topological


def test_a_neuron_alone_names_its_nodes_without_numbers():
    neuron = Neuron(2, activation="tanh")
    labels = {node.label for node in topological(neuron([1.0, 2.0]))} - {""}
    assert labels == {"w[1]", "w[2]", "b", "x[1]", "x[2]", "z", "a"}
    assert list(neuron.named_parameters()) == ["w[1]", "w[2]", "b"]


def test_a_layer_alone_names_its_parameters_by_neuron():
    assert list(Layer(2, 2).named_parameters()) == ["w[1,1]", "w[1,2]", "b[1]", "w[2,1]", "w[2,2]", "b[2]"]


def test_parameters_are_the_weights_then_the_bias():
    neuron = Neuron(2)
    assert all(a is b for a, b in zip(neuron.parameters(), [*neuron.w, neuron.b], strict=True))
    assert Neuron(2, bias=False).b is None


def test_nonlin_is_readable():
    assert (Neuron(1).nonlin, Neuron(1, nonlin=False).nonlin) == (True, False)
    assert (Neuron(1).activation, Neuron(1, nonlin=False).activation) == ("relu", "identity")


def test_nonlin_and_activation_that_contradict_each_other():
    with pytest.raises(ArgumentError, match="nonlin=False and activation='tanh'"):
        Layer(2, 2, nonlin=False, activation="tanh")


def test_a_softmax_needs_a_layer():
    with pytest.raises(ArgumentError, match="softmax"):
        Neuron(2, activation="softmax")
    outputs = Layer(2, 3, activation="softmax", seed=1)([1.0, 2.0])
    assert sum(output.data for output in outputs) == pytest.approx(1.0, rel=1e-15)
    assert [output.label for output in outputs] == ["a[1]", "a[2]", "a[3]"]
    assert repr(Layer(1, 1, activation="softmax")) == "Softmax layer of [LinearNeuron(1)]"


@pytest.mark.parametrize("module", [Neuron(3), Layer(3, 2)])
def test_the_number_of_inputs_is_checked(module):
    with pytest.raises(ShapeError, match=r"takes 3 inputs; got 2\."):
        module([1.0, 2.0])


def test_an_error_inside_a_neuron_leaves_no_scope_behind():
    neuron = Neuron(1, activation="log", init="zeros")
    with pytest.raises(DomainError, match="labelled 'z'"):
        neuron([1.0])
    assert Value(1.0).scope == ""


def test_a_users_activation_keeps_its_own_label():
    def swish(z):
        return z * mg.sigmoid(z)

    neuron = Neuron(1, activation=swish)
    assert (neuron([1.0]).label, repr(neuron)) == ("a", "SwishNeuron(1)")


def test_layers_share_one_seeded_source():
    first, second = Layer(1, 2, seed=3).neurons
    assert first.w[0].data != second.w[0].data
