"""Programs of float32: as exact as torch's float32, float32 in every array, and clear about what they do not take."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError
from microgradnet.operation import TABLE, Op
from tests.compiler.agreement import state
from tests.compiler.array_graphs import draw
from tests.samples import operands, somewhere

EPSILON = 2.0**-23  # relative distance of two floats of 32 bits
SAMPLES = np.random.default_rng(0).uniform(0.0, 1.0, (7, 5)).astype("float32")


class Watched(np.ndarray):
    """An array that notes each line of a program in which it becomes a wide array."""

    wide: ClassVar[list[str]] = []

    def __array_finalize__(self, source: Any) -> None:
        caller = sys._getframe(1)
        if self.dtype == np.float64 and caller.f_code.co_filename == "<compiled graph>":
            Watched.wide.append(f"{self.shape} in line {caller.f_lineno}")


def wide_arrays(program: Any) -> list[str]:
    """Return where a step of a program computes with doubles."""
    Watched.wide.clear()
    step, _ = program._plan.bind(program.parameters.view(Watched), program.gradient.view(Watched))
    step(None)
    return list(Watched.wide)


def assert_as_good_as_double(loss: Value, steps: float = 64.0) -> None:
    program, exact = mg.compile(loss, dtype="float32"), mg.compile(loss)
    found, expected = program.step(), exact.step()
    assert wide_arrays(program) == []
    assert found == pytest.approx(expected, rel=steps * EPSILON, abs=steps * EPSILON)
    scale = np.abs(exact.gradient).max(initial=1e-3)
    assert np.abs(program.gradient - exact.gradient).max(initial=0.0) <= steps * EPSILON * scale
    assert (program.parameters.dtype, program.gradient.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))
def test_each_operation_stays_float32_forward_and_backward(op: Op) -> None:
    points = [operands(op, point) for point in somewhere(op, 4)]
    assert_as_good_as_double(mg.total(0.5 * op(*point) for point in points))


def test_every_kind_of_array_stays_float32() -> None:
    for seed in range(100):
        drawn = draw(seed)
        if drawn is not None:
            assert (seed, wide_arrays(mg.compile(drawn.loss, dtype="float32"))) == (seed, [])


def torch_network(activation: str) -> tuple[MLP, Any]:
    mlp = MLP(5, [8, 6, 3], activation=activation, seed=1)
    return mlp, mlp.to_torch().float()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "gelu", "leaky_relu", "softplus"])
def test_losses_and_gradients_are_those_of_torch_in_float32(activation: str) -> None:
    torch = pytest.importorskip("torch")
    mlp, module = torch_network(activation)
    x, t = [Value(0.1, label=f"x[{k}]") for k in range(1, 6)], [Value(float(j == 1)) for j in range(3)]
    program = mg.compile(mg.losses.cross_entropy(mlp(x), t), batch=[*x, *t], dtype="float32")
    targets = np.eye(3, dtype="float32")[[0, 1, 2, 0, 1, 2, 0]]
    loss = program(np.hstack([SAMPLES, targets]))
    expected = torch.nn.functional.cross_entropy(module(torch.from_numpy(SAMPLES)), torch.from_numpy(targets))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=4 * EPSILON)
    found = [p.grad for layer in mlp.layers for n in layer.neurons for p in n.w] + [
        n.b.grad for layer in mlp.layers for n in layer.neurons
    ]
    given = [p.grad.ravel() for p in module.parameters() if p.ndim == 2]
    given += [p.grad for p in module.parameters() if p.ndim == 1]
    theirs = np.concatenate(given)
    assert np.abs(np.array(found) - theirs).max() <= 8 * EPSILON * np.abs(theirs).max()


def test_a_descent_goes_where_torch_s_goes() -> None:
    torch = pytest.importorskip("torch")
    mlp, module = torch_network("tanh")
    x, t = [Value(0.1) for _ in range(5)], [Value(0.5) for _ in range(3)]
    program = mg.compile(mg.losses.mean_squared_error(mlp(x), t), batch=[*x, *t], dtype="float32")
    rows = np.hstack([SAMPLES, SAMPLES[:, :3]])
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(50):
        loss = program.step(rows)
        program.parameters -= np.float32(0.1) * program.gradient
        optimizer.zero_grad()
        expected = torch.nn.functional.mse_loss(module(torch.from_numpy(SAMPLES)), torch.from_numpy(SAMPLES[:, :3]))
        expected.backward()
        optimizer.step()
        assert loss == pytest.approx(expected.item(), rel=64 * EPSILON)


def test_the_graph_stays_double_and_what_it_takes_over_is_rounded_once() -> None:
    x, y = Value(0.1, label="x"), Value(3.0, label="y")
    loss = x * y
    program = mg.compile(loss, dtype=np.float32)
    assert program() == float(np.float32(0.1) * np.float32(3.0))
    assert (x.data, x.grad, y.grad) == (0.1, 3.0, float(np.float32(0.1)))
    assert type(x.grad) is float
    assert mg.compile(loss)() == 0.1 * 3.0  # the plans are told apart


def test_the_source_runs_by_itself_in_float32() -> None:
    mlp = MLP(3, [4, 2], activation="leaky_relu", seed=1)
    program = mg.compile(mg.total(mg.erf(y) for y in mlp([0.1, 0.2, 0.3])), dtype="float32")
    names: dict[str, Any] = {}
    exec(program.source, names)
    gradient = np.zeros_like(program.gradient)
    found = names["program"](program.parameters, gradient)()
    assert np.asarray(found).dtype == np.float32
    assert float(found) == program.step()
    assert gradient.tolist() == program.gradient.tolist()


@pytest.mark.parametrize("dtype", ["float16", "int32", "complex64", "double precision", None, int, 32])
def test_another_type_is_refused(dtype: Any) -> None:
    with pytest.raises(ArgumentError, match='dtype= is "float64" or "float32"'):
        mg.compile(Value(1.0) * 2.0, dtype=dtype)


def test_samples_are_neither_narrowed_nor_rounded_without_a_word() -> None:
    w, x = Value(0.5, label="w"), Value(1.0, label="x")
    program = mg.compile(w * x, batch=[x], dtype="float32")
    for given in (SAMPLES[:, :1], SAMPLES[:, :1].tolist(), np.array([[3], [4]], "uint8"), [[1], [2]]):
        assert program.step(given) == pytest.approx(float(np.mean(given)) / 2.0, rel=4 * EPSILON)
    with pytest.raises(NumberTypeError, match="an array of float64"):
        program.step(SAMPLES[:, :1].astype(float))
    with pytest.raises(DomainError, match="16777217"):
        program.step(np.array([[2**24 + 1]]))
    with pytest.raises(DomainError, match="1e\\+300 as a sample"):
        program.step([[1e300]])


def test_numbers_too_large_for_float32_are_refused_and_change_nothing() -> None:
    x, y = Value(1e30, label="x"), Value(1e30, label="y")
    loss = x * y
    program = mg.compile(loss, dtype="float32")
    before = state(loss)
    with pytest.raises(DomainError, match=r"float32 holds numbers up to 3.4e38"):
        program()
    x.data = 1e300
    with pytest.raises(DomainError, match="1e\\+300 as a leaf"):
        program()
    x.data = 1e30
    assert state(loss) == before


def test_a_branch_that_is_not_taken_may_overflow_in_float32_too() -> None:
    x = Value(100.0, label="x")
    loss = mg.where(mg.greater(x, 50.0), x, mg.exp(x))  # e^100 is no float32
    program = mg.compile(loss, dtype="float32")
    assert (program(), x.grad, program.asked_eager) == (100.0, 1.0, True)


def test_a_deep_narrow_graph_is_computed_in_float32_too() -> None:
    x = Value(0.5, label="x")
    node: Value = x
    for place in range(600):
        node = [mg.sin, mg.cos, mg.tanh, mg.exp, lambda v: v * v, lambda v: v + x][place * place % 6](node) * 0.9
    assert_as_good_as_double(node, steps=400.0)


def test_comparisons_of_a_recorded_function_are_watched_in_float32() -> None:
    w, x = Value(1.0, label="w"), Value(2.0, label="x")
    program = mg.compile(lambda: w * x if x > 1.0 else w - x, batch=[x], dtype="float32")
    assert program([[2.0], [4.0]]) == 3.0
    with pytest.raises(ArgumentError, match="x > "):
        program([[0.5]])
