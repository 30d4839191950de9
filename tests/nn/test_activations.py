import math

import pytest

from microgradnet import MLP, Neuron, Value
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError
from microgradnet.nn.activations import ALIASES, names, read_activation
from microgradnet.operation import TABLE
from tests.samples import somewhere

SINGLE = sorted(name for name, op in TABLE.items() if len(op.partials) == 1)
DOUBLE = sorted(name for name, op in TABLE.items() if len(op.partials) == 2)


@pytest.mark.parametrize("spelling", [str, TABLE.get], ids=["name", "op"])
def test_every_operation_with_one_operand_is_an_activation(spelling):
    for name in SINGLE:
        ((z,),) = somewhere(TABLE[name])
        neuron = Neuron(1, activation=spelling(name), init="zeros")
        neuron.w[0].data, neuron.b.data = 0.25, z - 0.25
        assert neuron([1.0]).data == TABLE[name](z - 0.25 + 0.25)
        assert neuron.activation == name


def test_operations_with_two_operands_are_none():
    for name in DOUBLE:
        with pytest.raises(ArgumentError, match=f"one operand; got {name}, with 2"):
            Neuron(1, activation=name)


def test_linear_is_the_identity():
    assert read_activation("linear").name == read_activation("identity").name == "identity"


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"'gleu'.*Did you mean 'gelu'") as caught:
        MLP(2, [2, 1], activation="gleu")
    assert all(name in str(caught.value) for name in names()[:60])  # as many as an error lists
    assert set(names()) == {*SINGLE, "identity", "softmax"}


@pytest.mark.parametrize(
    ("given", "name"),
    [("logistic", "sigmoid"), ("logsig", "sigmoid"), ("purelin", "identity"), ("linear", "identity"), ("ReLU", "relu")],
)
def test_names_of_other_programs(given, name):
    assert Neuron(1, activation=given).activation == name


def test_a_misspelt_name_is_answered_with_the_one_that_is_meant():
    with pytest.raises(UnknownNameError, match=r"'rleu'\. Did you mean 'relu'"):
        MLP(2, [2, 1], activation="rleu")


def test_every_alias_stands_for_an_activation():
    assert {*ALIASES.values()} <= {*names()}
    assert not {*ALIASES} & {*names()}


@pytest.mark.parametrize("given", [3, 1.5, [], None, Value(1.0)])
def test_what_is_no_activation(given):
    with pytest.raises(ArgumentError):
        read_activation(given)


def test_a_callable_must_stay_on_the_graph():
    with pytest.raises(NumberTypeError, match="returns a Value"):
        Neuron(1, activation=lambda z: math.tanh(z.data))([1.0])
    with pytest.raises(NumberTypeError, match=r"mg\.exp\(v\)"):
        Neuron(1, activation=lambda z: math.tanh(z))([1.0])


def test_one_activation_per_layer():
    mlp = MLP(1, [1, 1, 1], activation=["tanh", "sigmoid", "relu"])
    assert [layer.activation for layer in mlp.layers] == ["tanh", "sigmoid", "relu"]
    mlp = MLP(1, [1, 1, 1], activation="tanh", output="sigmoid")
    assert [layer.activation for layer in mlp.layers] == ["tanh", "tanh", "sigmoid"]


@pytest.mark.parametrize("options", [{"activation": ["tanh"]}, {"activation": ["tanh", "relu"], "output": "relu"}])
def test_a_list_of_activations_has_one_for_each_layer(options):
    with pytest.raises(ArgumentError, match="list of 2 activations"):
        MLP(1, [1, 1], **options)
