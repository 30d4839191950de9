"""The numbers of a picture against printed figures, the engine, and differences; and nothing of the model changes."""

import copy
import math
import re

import pytest

import microgradnet as mg
from microgradnet import MLP, Layer, Neuron, Value
from microgradnet.errors import ArgumentError, ShapeError
from tests.drawing.network.models import see, worked


def everything(model):
    """Return all that a picture could change of a model's parameters."""
    return [(p.data, p.grad, p.has_grad, p.label, p.scope, p.op) for p in model.parameters()]


def shown_numbers(drawing):
    """Return what a picture knows, under the names of the worked examples."""
    found = {}
    for layer, column in enumerate(drawing.network.columns):
        for unit in column.units:
            found[unit.name] = unit.a
            if layer:
                found[f"z{layer}[{unit.place}]"] = unit.z
                found[f"delta{layer}[{unit.place}]"] = unit.delta
            for parameter in (*unit.weights, *([unit.bias] if unit.bias else [])):
                found[f"dE/d{parameter.name}"] = parameter.gradient
                if drawing.options.eta:
                    change = parameter.change(drawing.options.eta)
                    found[f"change {parameter.name}"] = change
                    found[f"new {parameter.name}"] = parameter.number + change
    return found | {"E": drawing.network.loss.number}


@pytest.mark.parametrize("name", ["s0-softmax-squared-error", "negnevitsky-xor", "generation5-xor", "hmkcode"])
def test_numbers_are_those_that_the_worked_example_prints(name):
    mlp, said = worked(name)
    network, eta = said["network"], said["step"]["eta"]
    drawing = mg.draw_network(mlp, network["inputs"], network["targets"], show="updates", eta=eta)
    known, compared = shown_numbers(drawing), 0
    for found in mg.Worksheet.example(name).verify():
        if found.quantity in known and re.fullmatch(r"[-\d.]+", found.printed) and found.verdict.is_right:
            places = len(found.printed.partition(".")[2])
            assert known[found.quantity] == pytest.approx(float(found.printed), abs=0.51 * 10**-places)
            compared += 1
    assert compared >= 5


@pytest.mark.parametrize(("output", "loss"), [
    ("softmax", mg.losses.half_squared_error),
    ("identity", mg.losses.cross_entropy),
    ("sigmoid", mg.losses.binary_cross_entropy),
])  # fmt: skip
def test_numbers_are_those_of_the_engine(output, loss):
    mlp = MLP(3, [4, 2], activation="tanh", output=output, seed=5)
    x, t = [0.3, -1.2, 0.8], [0.0, 1.0]
    drawing = mg.draw_network(mlp, x, t, loss=loss, show="gradients")
    other = copy.deepcopy(mlp)
    outputs = other(x)
    result = loss(outputs, t)
    result.backward()
    known = shown_numbers(drawing)
    assert known["E"] == result.data
    assert [known[f"a2[{j}]"] for j in (1, 2)] == [a.data for a in outputs]
    for name, parameter in other.named_parameters().items():
        assert known[f"dE/d{name}"] == pytest.approx(parameter.grad, rel=1e-12, abs=1e-15)


def test_delta_is_what_a_small_change_of_the_bias_does_to_the_loss():
    mlp, said = worked("negnevitsky-xor")
    x, t = said["network"]["inputs"], said["network"]["targets"]
    known = shown_numbers(mg.draw_network(mlp, x, t))
    for name, place in (("b1[2]", "delta1[2]"), ("b2[1]", "delta2[1]")):
        bias, sides = mlp.named_parameters()[name], []
        for step in (1e-5, -2e-5):
            bias.data += step
            sides.append(mg.losses.half_squared_error(mlp(x), t).data)
        bias.data += 1e-5
        assert known[place] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-8)


def test_nothing_of_the_model_or_the_inputs_changes():
    mlp = MLP(2, [3, 2], activation="tanh", output="softmax", seed=1)
    x, t = [Value(0.5, label="height"), Value(2.0)], [Value(0.0), Value(1.0, label="yes")]
    before = [copy.deepcopy(everything(mlp)), [(v.data, v.grad, v.has_grad, v.label) for v in (*x, *t)]]
    for options in ({}, {"show": "gradients"}, {"show": "updates", "eta": 0.5}, {"lines": "thickness"}):
        drawing = mg.draw_network(mlp, x, t, **options)
        drawing.svg  # noqa: B018
    assert [everything(mlp), [(v.data, v.grad, v.has_grad, v.label) for v in (*x, *t)]] == before
    assert ">height<" in drawing.svg
    assert ">yes = 1<" in drawing.svg
    mg.losses.half_squared_error(mlp(x), t).backward()
    after = everything(mlp)
    shown = mg.draw_network(mlp, x, t, show="gradients")
    assert everything(mlp) == after
    assert [p.gradient for p in shown.network.columns[1].units[0].weights] == [
        pytest.approx(w.grad) for w in mlp.layers[0].neurons[0].w
    ]


def test_gradients_of_a_whole_batch_are_those_that_backward_left():
    mlp = MLP(1, [2, 1], activation="tanh", seed=1)
    with pytest.raises(ArgumentError, match=r"none yet\. Give x= and t=, or call loss.backward"):
        mg.draw_network(mlp, show="gradients")
    mg.total(mg.losses.half_squared_error(mlp([x]), [0.0]) for x in (1.0, 2.0)).backward()
    mlp.layers[0].neurons[1].b = Value(0.25, label="late")
    drawing = mg.draw_network(mlp, show=["gradients", "updates"], eta=0.1)
    assert drawing.network.columns[1].units[0].weights[0].gradient == mlp.layers[0].neurons[0].w[0].grad
    assert "∂b none yet" in drawing.svg
    assert "b 0.25 → ?" in drawing.svg


def test_the_picture_shows_the_update_of_the_first_page():
    mlp, said = worked("s0-softmax-squared-error")
    svg = mg.draw_network(mlp, said["network"]["inputs"], said["network"]["targets"], show="updates", eta=0.1).svg
    assert ">0.1 → 0.09916<" in svg
    assert ">E = 0.322<" in svg
    assert "with η = 0.1." in svg


def test_a_loss_of_ones_own_gets_what_the_model_returns():
    neuron = Neuron(1, activation="tanh", seed=1)
    for t in (0.5, Value(0.5)):
        drawing = mg.draw_network(neuron, [2.0], t, loss=lambda a, t: (a - t) ** 2)
        assert drawing.network.loss.number == (neuron([2.0]).data - 0.5) ** 2
    pairs = mg.draw_network(Layer(1, 2, seed=1), [2.0], [1.0, 0.0], loss=lambda o, t: o[0] * t[0])
    assert pairs.network.columns[1].units[1].delta == 0.0


def test_the_index_of_a_class_is_drawn_as_one_hot():
    mlp = MLP(2, [3], seed=1)
    drawing = mg.draw_network(mlp, [1, 2], 2, loss=mg.losses.cross_entropy)
    assert [target.number for target in drawing.network.targets] == [0.0, 0.0, 1.0]
    same = mg.draw_network(mlp, [1, 2], [0, 0, 1], loss=mg.losses.cross_entropy)
    assert drawing.network.loss.number == pytest.approx(same.network.loss.number, rel=1e-15)


def test_a_shared_bias_has_the_sum_and_not_the_delta():
    bias = Value(0.35, label="b")
    mlp = MLP.from_weights([[[0.15, 0.20], [0.25, 0.30]]], [[bias, bias]], activation="sigmoid", output="sigmoid")
    drawing = mg.draw_network(mlp, [0.05, 0.1], [0.01, 0.99], show="gradients")
    first, second = drawing.network.columns[1].units
    assert first.bias.gradient == second.bias.gradient == pytest.approx(first.delta + second.delta)
    assert drawing.svg.count("∂b 0") == 2
    assert "which is also ∂E/∂b where no ∂b stands beside it." in drawing.svg
    plain = mg.draw_network(MLP(2, [2], seed=1), [1, 2], [1, 1], show="gradients").svg
    assert "∂b " not in plain
    assert "which is also ∂E/∂b." in plain


def test_a_layer_and_a_neuron_alone():
    neuron = Neuron(2, activation="tanh", init="zeros")
    neuron.b.data = 0.5
    drawing = mg.draw_network(neuron, [1.0, -2.0])
    assert drawing.network.columns[1].units[0].a == math.tanh(0.5)
    assert drawing.network.columns[1].title == "neuron"
    named = see(mg.draw_network(Layer(2, 2, activation="relu", seed=1), show="names").svg)
    assert sorted(named.label_texts) == [["w₁,₁"], ["w₁,₂"], ["w₂,₁"], ["w₂,₂"]]
    part = mg.draw_network(MLP(2, [2, 2], seed=1).layers[1])
    assert [unit.name for unit in part.network.columns[1].units] == ["a2[1]", "a2[2]"]


def test_a_class_of_ones_own_that_does_something_else_is_not_drawn_with_wrong_numbers():
    class Doubled(MLP):
        def __call__(self, x):
            return 2.0 * super().__call__(x)

    class Same(MLP):
        def __call__(self, x):
            return super().__call__(x)

    with pytest.raises(ArgumentError, match=r"layers one after the other; got Doubled, whose outputs"):
        mg.draw_network(Doubled(2, [1], seed=1), [1, 2])
    assert mg.draw_network(Doubled(2, [1], seed=1)).svg
    assert mg.draw_network(Same(2, [1], seed=1), [1, 2]).network.columns[1].units[0].a is not None


def test_rows_that_do_not_fit_together_are_named():
    mlp = MLP(2, [2, 1], seed=1)
    mlp.layers[1].neurons[0].w.pop()
    with pytest.raises(ShapeError, match="neuron 1 of layer 2 has 2 weights, as many as numbers come in; got 1"):
        mg.draw_network(mlp)


def test_an_update_shows_two_digits_of_the_change():
    """Matt Mazur prints 0.149780716, 0.19956143, 0.24975114, 0.29950229 where three digits would show 0.150."""
    weights = [[[0.15, 0.2], [0.25, 0.3]], [[0.4, 0.45], [0.5, 0.55]]]
    mlp = mg.MLP.from_weights(weights, [[0.35] * 2, [0.6] * 2], activation="sigmoid", output="sigmoid")
    svg = mg.draw_network(mlp, [0.05, 0.1], [0.01, 0.99], show="updates", eta=0.5).svg
    for text in ("0.15 → 0.14978", "0.2 → 0.19956", "0.25 → 0.24975", "0.3 → 0.29950", "0.4 → 0.359"):
        assert f">{text}<" in svg
    tiny = mg.draw_network(mlp, [0.05, 0.1], [0.01, 0.99], show="updates", eta=1e-9).svg
    assert ">0.15 − 4.4e−13<" in tiny
