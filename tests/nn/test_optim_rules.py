"""Each update rule, for 100 steps: against the formulas in 50 digits, against torch, and on arrays against Values."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from microgradnet import Value
from microgradnet.errors import ArgumentError, DomainError
from microgradnet.nn import optim

CASES = {case["id"]: case for case in json.loads(Path("tests/data/worked_cases.json").read_text(encoding="utf-8"))}
STEPS, START = 100, 1.5

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.02}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.5, "nesterov": True, "weight_decay": 0.1}),
    ("AdaGrad", {}),
    ("AdaGrad", {"lr": 0.5, "lr_decay": 0.05, "weight_decay": 0.1}),
    ("AdaGrad", {"lr": 0.1, "initial_accumulator_value": 0.3, "eps": 1e-3}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.9, "momentum": 0.7}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.8, "centered": True, "eps": 1e-4, "weight_decay": 0.05}),
    ("RMSprop", {"lr": 0.02, "momentum": 0.9, "centered": True, "eps": 1e-2}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-2}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "betas": (0.0, 0.5)}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "betas": (0.8, 0.99)}),
    ("AdamW", {"lr": 0.1, "amsgrad": True}),
]
EPS_INSIDE = [("Adam", {"lr": 0.1, "eps": eps, "eps_inside_sqrt": True}) for eps in (1e-8, 0.1)]

each_setting = pytest.mark.parametrize(("name", "settings"), SETTINGS)
each_setting_of_ours = pytest.mark.parametrize(("name", "settings"), SETTINGS + EPS_INSIDE)


def slope(p: Any, step: int) -> Any:
    """Return a gradient that depends on the parameter and on the step, changes its sign."""
    return (p - 1) * 0.5 + (0.75 if step % 3 else -1.25)


def path_of(name: str, settings: dict[str, Any]) -> list[float]:
    parameter = Value(START)
    optimizer = getattr(optim, name)([parameter], **settings)
    path = []
    for step in range(STEPS):
        parameter.grad = slope(parameter.data, step)
        optimizer.step()
        path.append(parameter.data)
    return path


# The formulas, written out from the papers in 50 digits: each is given the settings and yields after it is sent g.


def sgd(p: Any, lr: Any, momentum: Any = 0, nesterov: bool = False, weight_decay: Any = 0) -> Iterator[Any]:
    v = mpmath.mpf(0)
    while True:
        g = yield p
        g = g + weight_decay * p
        v = momentum * v + g
        p = p - lr * (g + momentum * v if nesterov else v)


def adagrad(
    p: Any,
    lr: Any = 0.01,
    lr_decay: Any = 0,
    weight_decay: Any = 0,
    initial_accumulator_value: Any = 0,
    eps: Any = 1e-10,
) -> Iterator[Any]:
    total, t = mpmath.mpf(initial_accumulator_value), 0
    while True:
        g = yield p
        g, t = g + weight_decay * p, t + 1
        total += g**2
        p = p - mpmath.mpf(lr) / (1 + (t - 1) * mpmath.mpf(lr_decay)) * g / (mpmath.sqrt(total) + eps)


def rmsprop(
    p: Any,
    lr: Any = 0.01,
    alpha: Any = 0.99,
    eps: Any = 1e-8,
    weight_decay: Any = 0,
    momentum: Any = 0,
    centered: bool = False,
) -> Iterator[Any]:
    alpha = mpmath.mpf(alpha)
    square = mean = v = mpmath.mpf(0)
    while True:
        g = yield p
        g = g + weight_decay * p
        square = alpha * square + (1 - alpha) * g**2
        mean = alpha * mean + (1 - alpha) * g
        v = momentum * v + g / (mpmath.sqrt(square - mean**2 if centered else square) + eps)
        p = p - lr * v


def adam(
    p: Any,
    lr: Any = 0.001,
    betas: Any = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0,
    amsgrad: bool = False,
    eps_inside_sqrt: bool = False,
    decoupled: bool = False,
) -> Iterator[Any]:
    beta1, beta2 = map(mpmath.mpf, betas)
    m = v = largest = mpmath.mpf(0)
    t = 0
    while True:
        g = yield p
        t += 1
        if decoupled:
            p = p - mpmath.mpf(lr) * weight_decay * p
        else:
            g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        largest = max(largest, v)
        corrected = (largest if amsgrad else v) / (1 - beta2**t)
        root = mpmath.sqrt(corrected + eps) if eps_inside_sqrt else mpmath.sqrt(corrected) + eps
        p = p - lr * (m / (1 - beta1**t)) / root


def adamw(p: Any, weight_decay: Any = 0.01, **settings: Any) -> Iterator[Any]:
    return adam(p, weight_decay=weight_decay, decoupled=True, **settings)


RULES: dict[str, Callable[..., Iterator[Any]]] = {
    "SGD": sgd, "AdaGrad": adagrad, "RMSprop": rmsprop, "Adam": adam, "AdamW": adamw,
}  # fmt: skip


def test_every_optimizer_has_a_reference() -> None:
    named = {*dir(optim)} - {"Optimizer"}
    assert named == set(RULES) == {name for name, _ in SETTINGS}


@each_setting_of_ours
def test_100_steps_are_the_formulas_to_1e_12(name: str, settings: dict[str, Any]) -> None:
    with mpmath.workdps(50):
        rule: Any = RULES[name](mpmath.mpf(START), **settings)
        p, expected = next(rule), []
        for step in range(STEPS):
            p = rule.send(slope(p, step))
            expected.append(float(p))
    assert path_of(name, settings) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@each_setting
def test_100_steps_are_torchs_to_1e_12(name: str, settings: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    parameter = torch.nn.Parameter(torch.tensor([START], dtype=torch.float64))
    kind = getattr(torch.optim, "Adagrad" if name == "AdaGrad" else name)
    optimizer, expected = kind([parameter], **settings), []
    for step in range(STEPS):
        parameter.grad = slope(parameter.detach(), step)
        optimizer.step()
        expected.append(parameter.item())
    assert path_of(name, settings) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@each_setting_of_ours
def test_an_array_is_moved_in_place_to_the_bit_as_its_values_are(name: str, settings: dict[str, Any]) -> None:
    generator = np.random.default_rng(1)
    numbers = generator.normal(size=7)
    parameters = [Value(number) for number in numbers]
    optimizer = getattr(optim, name)(parameters, **settings)
    array, state = numbers.copy(), optimizer.initial_state
    for _ in range(5):
        gradient = generator.normal(size=7)
        kept = gradient.copy()
        moved, state = optimizer.update(array, gradient, state)
        for parameter, slope_of in zip(parameters, gradient, strict=True):
            parameter.grad = slope_of
        optimizer.step()
        assert moved is array
        assert list(gradient) == list(kept)
        assert [parameter.data for parameter in parameters] == list(array)
    wide = [np.broadcast_to(entry, 7).tolist() for entry in state]
    assert [list(entry) for entry in zip(*wide, strict=True)] == optimizer.state_dict()["state"]


@each_setting_of_ours
def test_a_run_goes_on_from_its_state(name: str, settings: dict[str, Any]) -> None:
    whole, half = Value(START), Value(START)
    make = getattr(optim, name)
    first = make([half], **settings)
    for optimizer, parameter, steps in ((make([whole], **settings), whole, range(20)), (first, half, range(10))):
        for step in steps:
            parameter.grad = slope(parameter.data, step)
            optimizer.step()
    second = make([half], **settings)
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for step in range(10, 20):
        half.grad = slope(half.data, step)
        second.step()
    assert half.data == whole.data
    assert second.steps == 20


def printed(case: str, name: str) -> str:
    return next(figure["printed"] for figure in CASES[case]["printed"] if figure["name"] == name)


def test_the_printed_steps_of_keras() -> None:
    plain, heavy = Value(1.0), Value(1.0)
    sgd_plain, sgd_heavy = optim.SGD([plain], 0.1), optim.SGD([heavy], 0.1, momentum=0.9)
    plain.grad = heavy.grad = 1.0
    sgd_plain.step()
    sgd_heavy.step()
    assert f"{plain.data:.1f}" == printed("keras-sgd-momentum", "plain SGD: var after 1")
    assert f"{1.0 - heavy.data:.1f}" == printed("keras-sgd-momentum", "momentum: first step")
    heavy.grad = before = heavy.data
    sgd_heavy.step()
    assert f"{before - heavy.data:.2f}" == printed("keras-sgd-momentum", "momentum: second step")


def test_the_printed_step_of_adam() -> None:
    theta = Value(5.0)
    adam = optim.Adam([theta], lr=0.1)
    (theta**2).backward()
    assert f"{theta.grad:g}" == printed("adam-theta-squared", "g1")
    adam.step()
    mean, square, steps = adam.state[0]
    assert f"{mean:.0f}" == printed("adam-theta-squared", "m1")
    assert f"{square:.1f}" == printed("adam-theta-squared", "v1")
    assert f"{mean / (1 - 0.9**steps):.0f}" == printed("adam-theta-squared", "mhat1")
    assert f"{square / (1 - 0.999**steps):.0f}" == printed("adam-theta-squared", "vhat1")
    assert f"{theta.data:.1f}" == printed("adam-theta-squared", "theta1")
    assert theta.data == pytest.approx(4.9000000001, rel=1e-15)


def test_adams_step_counts_the_steps_of_each_parameter_alone() -> None:
    early, late = Value(1.0), Value(1.0)
    adam = optim.Adam([early, late], lr=0.1)
    early.grad = 2.0
    adam.step()
    early.grad = late.grad = 2.0
    adam.step()
    assert late.data == pytest.approx(0.9, abs=1e-8)  # its own first step, which is lr long
    assert [state[2] for state in adam.state] == [2.0, 1.0]


def test_a_variance_that_rounds_below_zero_counts_as_zero() -> None:
    """At a constant gradient the variance tends to 0, and rounding takes it to either side."""
    parameter = Value(0.0)
    rmsprop = optim.RMSprop([parameter], lr=1e-9, alpha=0.5, centered=True, eps=1.0)
    for _ in range(200):
        parameter.grad = 0.1
        rmsprop.step()
    assert math.isfinite(parameter.data)


@pytest.mark.parametrize("name", ["AdaGrad", "RMSprop", "Adam", "AdamW"])
def test_without_epsilon_a_gradient_of_zero_is_an_error_that_changes_nothing(name: str) -> None:
    parameter, other = Value(1.0, label="w1"), Value(1.0)
    optimizer = getattr(optim, name)([other, parameter], lr=0.1, eps=0.0)
    other.grad, parameter.has_grad = 1.0, True
    with pytest.raises(DomainError, match="w1"):
        optimizer.step()
    assert (other.data, parameter.data, optimizer.steps) == (1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("AdaGrad", {"lr_decay": -1.0}),
        ("AdaGrad", {"initial_accumulator_value": math.nan}),
        ("AdaGrad", {"eps": -1e-8}),
        ("RMSprop", {"alpha": 1.0}),
        ("RMSprop", {"alpha": -0.1}),
        ("RMSprop", {"momentum": -0.1}),
        ("Adam", {"betas": (0.9, 1.0)}),
        ("Adam", {"betas": 0.9}),
        ("Adam", {"betas": (0.9,)}),
        ("Adam", {"eps": "1e-8"}),
        ("AdamW", {"weight_decay": -0.1}),
        ("AdamW", {"lr": math.inf}),
    ],
)
def test_settings_out_of_range(name: str, setting: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(setting))):
        getattr(optim, name)([Value(1.0)], **setting)
