import json
import math

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, UnknownNameError
from microgradnet.nn.optim import SGD

GRADIENTS = [0.5, -1.25, 2.0, 0.0, -0.75, 3.0]


def steps(sgd, parameter, gradients=GRADIENTS, rates=None):
    path = []
    for index, gradient in enumerate(gradients):
        parameter.grad, parameter.has_grad = gradient, True
        sgd.lr = rates[index] if rates else sgd.lr
        sgd.step()
        path.append(parameter.data)
    return path


@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.9, False), (0.9, True)])
def test_the_rule_is_pytorchs(momentum, nesterov, weight_decay):
    parameter, p, buffer = Value(1.5), 1.5, None
    path = steps(SGD([parameter], 0.1, momentum, nesterov, weight_decay), parameter)
    for g, reached in zip(GRADIENTS, path, strict=True):  # as torch.optim.SGD's documentation writes it
        g = g + weight_decay * p
        if momentum:
            buffer = g if buffer is None else momentum * buffer + g
            g = g + momentum * buffer if nesterov else buffer
        p = p - 0.1 * g
        assert reached == pytest.approx(p, rel=1e-14)


@pytest.mark.parametrize("nesterov", [False, True])
def test_at_a_constant_rate_the_steps_are_those_of_keras(nesterov):
    parameter, w, v = Value(1.5), 1.5, 0.0
    path = steps(SGD([parameter], 0.1, momentum=0.9, nesterov=nesterov), parameter)
    for g, reached in zip(GRADIENTS, path, strict=True):  # as the documentation of keras.optimizers.SGD writes it
        v = 0.9 * v - 0.1 * g
        w = w + 0.9 * v - 0.1 * g if nesterov else w + v
        assert reached == pytest.approx(w, rel=1e-13)


def test_a_changed_rate_applies_to_the_whole_velocity():
    parameter, p, v = Value(1.5), 1.5, 0.0
    rates = [0.1, 0.1, 0.01, 0.01, 0.5, 0.5]
    path = steps(SGD([parameter], 0.1, momentum=0.9), parameter, rates=rates)
    for g, rate, reached in zip(GRADIENTS, rates, path, strict=True):
        v = 0.9 * v + g
        p = p - rate * v
        assert reached == pytest.approx(p, rel=1e-14)


def test_the_rule_runs_on_arrays():
    generator = np.random.default_rng(1)
    data, grad = generator.normal(size=5), generator.normal(size=5)
    parameters = [Value(number) for number in data]
    sgd = SGD(parameters, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1)
    array, state = data, sgd.initial_state
    for _ in range(3):
        array, state = sgd.update(array, grad, state)
        for parameter, number in zip(parameters, grad, strict=True):
            parameter.grad = number
        sgd.step()
        assert [parameter.data for parameter in parameters] == list(array)


def test_a_step_is_micrograds_line():
    twins = [MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=1)]
    for mlp in twins:
        mg.losses.squared_error(mlp([1.0, -1.0]), 2.0).backward()
    SGD(twins[0].parameters(), lr=0.05).step()
    for p in twins[1].parameters():
        p.data += -0.05 * p.grad
    assert twins[0].state_dict() == twins[1].state_dict()


def test_training_learns_xor():
    samples = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]
    mlp = MLP(2, [4, 1], activation="tanh", output="sigmoid", seed=2)
    sgd = SGD(mlp, lr=0.3, momentum=0.9)
    for _ in range(150):
        sgd.zero_grad()
        mg.total(mg.losses.binary_cross_entropy(mlp(x), t) for x, t in samples).backward()
        sgd.step()
    assert [round(mlp(x).data) for x, _ in samples] == [0, 1, 1, 0]


def test_parameters_that_no_backward_reached_stay():  # PyTorch: .grad is None
    reached, other = Value(1.0), Value(1.0)
    sgd = SGD([reached, other], lr=0.1, momentum=0.9, weight_decay=0.5)
    (2 * reached).backward()
    sgd.step()
    assert reached.data == pytest.approx(1.0 - 0.1 * 2.5)
    assert (other.data, sgd.state[1]) == (1.0, (0.0,))


def test_a_gradient_that_was_assigned_counts():
    parameter = Value(1.0)
    parameter.grad = 2.0
    SGD([parameter], lr=0.5).step()
    assert parameter.data == 0.0


@pytest.mark.parametrize("gradient", [math.nan, math.inf, -1e308])
def test_a_step_to_nowhere_changes_nothing(gradient):
    first, second = Value(1.0, label="w1"), Value(1.0, label="w2")
    sgd = SGD([first, second], lr=10.0, momentum=0.9)
    first.grad, second.grad = 1.0, gradient
    with pytest.raises(DomainError, match="for w2 from the gradient"):
        sgd.step()
    assert (first.data, second.data, sgd.state, sgd.steps) == (1.0, 1.0, [(0.0,), (0.0,)], 0)


def test_zero_grad_means_not_computed():
    parameter = Value(1.0)
    (3 * parameter).backward()
    SGD([parameter], 0.1).zero_grad()
    assert (parameter.grad, parameter.has_grad) == (0.0, False)


def test_parameters_of_every_kind():
    mlp = MLP(2, [1], seed=1)
    for params in (mlp, mlp.parameters(), mlp.named_parameters(), iter(mlp.parameters()), mlp.parameters() * 2):
        assert [id(p) for p in SGD(params, 0.1).params] == [id(p) for p in mlp.parameters()]


@pytest.mark.parametrize("params", [[], None, 3, Value(1.0), [Value(1.0) * 2]])
def test_what_are_no_parameters(params):
    with pytest.raises(ArgumentError):
        SGD(params, 0.1)


def test_a_number_is_no_parameter():
    with pytest.raises(NumberTypeError, match="parameter 2"):
        SGD([Value(1.0), 2.0], 0.1)


@pytest.mark.parametrize("name", ["lr", "momentum", "weight_decay"])
@pytest.mark.parametrize("number", [-0.1, math.nan, math.inf, "0.1", None, Value(0.1)])
def test_settings_out_of_range(name, number):
    with pytest.raises(ArgumentError, match=name):
        SGD([Value(1.0)], **{"lr": 0.1, name: number})


def test_a_rate_is_checked_when_assigned():
    sgd = SGD([Value(1.0)], 0.1)
    with pytest.raises(ArgumentError, match="lr"):
        sgd.lr = -1.0
    assert sgd.lr == 0.1


def test_nesterov_needs_a_momentum():
    with pytest.raises(ArgumentError, match="nesterov"):
        SGD([Value(1.0)], 0.1, nesterov=True)


def test_a_run_goes_on_from_a_saved_state():
    whole, half = Value(1.5), Value(1.5)
    expected = steps(SGD([whole], 0.1, momentum=0.9), whole)
    first = SGD([half], 0.1, momentum=0.9)
    steps(first, half, GRADIENTS[:3])
    second = SGD([half], 0.1, momentum=0.9)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert steps(second, half, GRADIENTS[3:]) == expected[3:]
    assert second.steps == 6


@pytest.mark.parametrize(
    ("saved", "error"),
    [
        (None, ArgumentError),
        ({"steps": 1}, ArgumentError),
        ({"steps": -1, "state": [[0.0]]}, ArgumentError),
        ({"steps": True, "state": [[0.0]]}, ArgumentError),
        ({"steps": 1, "state": 3}, ShapeError),
        ({"steps": 1, "state": []}, ShapeError),
        ({"steps": 1, "state": [[0.0, 1.0]]}, ShapeError),
        ({"steps": 1, "state": [0.0]}, ShapeError),
        ({"steps": 1, "state": [["0"]]}, NumberTypeError),
        ({"steps": 1, "state": [[math.nan]]}, DomainError),
    ],
)
def test_a_saved_state_that_does_not_fit(saved, error):
    sgd = SGD([Value(1.0)], 0.1, momentum=0.9)
    with pytest.raises(error):
        sgd.load_state_dict(saved)
    assert sgd.state_dict() == {"steps": 0, "state": [[0.0]]}


def test_optimizers_are_found_by_name_and_alias():
    assert {*mg.optim.OPTIMIZERS} == {"sgd", "adagrad", "rmsprop", "adam", "adamw"}
    assert mg.optim.find("AdamW") is mg.optim.AdamW
    assert mg.optim.find("gradient descent") is mg.optim.SGD
    with pytest.raises(UnknownNameError, match="Did you mean 'adam'"):
        mg.optim.find("adamm")


def test_the_public_names_are_the_optimizers():
    assert dir(mg.optim) == sorted(mg.optim.__all__)
    assert {kind.__name__ for kind in mg.optim.OPTIMIZERS.values()} == {*mg.optim.__all__} - {"Optimizer"}


def test_the_usual_weight_decay_is_that_of_the_rule():
    assert [kind([Value(1.0)]).weight_decay for kind in (mg.optim.Adam, mg.optim.AdamW)] == [0.0, 0.01]
    assert mg.optim.AdamW([Value(1.0)], weight_decay=0.0).weight_decay == 0.0
