"""Derivatives of several results by several variables, with floats and with Values, against SymPy and torch."""

from __future__ import annotations

import functools
import itertools
import random
from typing import Any

import numpy as np
import pytest
import sympy

import microgradnet as mg
from microgradnet import Value
from microgradnet.calculus import check_gradients, grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad
from tests.calculus.functions import FUNCTIONS

X, Y = sympy.symbols("x y", real=True)
POINT = (0.7, -0.4)
SMOOTH = ["rosenbrock", "himmelblau", "mccormick", "levi_13", "logistic_product", "power_tower"]


def plain(found: Any) -> Any:
    """Return numbers in nested tuples and lists as nested lists of floats."""
    if isinstance(found, (tuple, list)):
        return [plain(each) for each in found]
    return found.data if isinstance(found, Value) else float(found)


def at_point(expression: Any) -> float:
    return float(expression.subs({X: sympy.Float(POINT[0], 40), Y: sympy.Float(POINT[1], 40)}).evalf(30))


def several(m: Any, x: Any, y: Any) -> list[Any]:
    """Return four results that share what they are made of, two of them the same node."""
    shared = m.exp(x * y)
    twice = shared * m.sin(x)
    return [twice, twice, shared + y, x * y**2]


@pytest.fixture(params=["floats", "Values"])
def point(request: Any) -> tuple[Any, ...]:
    return POINT if request.param == "floats" else tuple(Value(number) for number in POINT)


# The faults: rows of a matrix swept one after the other, while the graph was already given back


def test_hessian_of_rosenbrock_with_values() -> None:
    found = hessian(lambda x, y: FUNCTIONS["rosenbrock"](mg, x, y))(Value(0.5), Value(0.5))
    assert plain(found) == [[102.0, -200.0], [-200.0, 200.0]]


def test_jacobian_of_a_result_that_is_returned_twice() -> None:
    found = jacobian(lambda x: (lambda y: [mg.exp(y), mg.exp(y)])(2 * x))(Value(0.1))
    assert plain(found) == pytest.approx([2.442805516320340] * 2, rel=1e-14)


def test_gradient_of_a_laplacian() -> None:
    def laplacian(x: Any, y: Any) -> Any:
        rows = hessian(lambda a, b: mg.sin(a * b))(x, y)
        return rows[0][0] + rows[1][1]

    formula = sum(sympy.diff(sympy.sin(X * Y), by, 2) for by in (X, Y))
    value, gradient = value_and_grad(laplacian)(*POINT)
    assert value == pytest.approx(at_point(formula), rel=1e-14)
    assert gradient == pytest.approx([at_point(sympy.diff(formula, by)) for by in (X, Y)], rel=1e-13)
    assert check_gradients(laplacian, POINT)


# Every order, with floats and with Values


def test_jacobian_of_several_results(point: Any) -> None:
    found = jacobian(lambda x, y: several(mg, x, y))(*point)
    wanted = [[at_point(sympy.diff(each, by)) for by in (X, Y)] for each in several(sympy, X, Y)]
    np.testing.assert_allclose(plain(found), wanted, rtol=1e-13)


def test_jacobian_of_arrays_and_nested_results(point: Any) -> None:
    x = np.array(point)
    found = jacobian(lambda a: {"rows": np.outer(a, a), "sum": a.sum()})(x)
    rows = np.array([[[2 * POINT[0], 0], [POINT[1], POINT[0]]], [[POINT[1], POINT[0]], [0, 2 * POINT[1]]]])
    np.testing.assert_allclose(np.vectorize(plain)(found["rows"]), rows, rtol=1e-15)
    np.testing.assert_allclose(np.vectorize(plain)(found["sum"]), [1.0, 1.0])


@pytest.mark.parametrize("name", SMOOTH)
def test_hessian_and_the_jacobian_of_the_hessian(name: str, point: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return FUNCTIONS[name](mg, x, y)

    formula = FUNCTIONS[name](sympy, X, Y)
    second = [[at_point(sympy.diff(formula, *pair)) for pair in ((a, X), (a, Y))] for a in (X, Y)]
    np.testing.assert_allclose(plain(hessian(f)(*point)), second, rtol=1e-10, atol=1e-11)
    third = np.empty((2, 2, 2))
    for i, j, k in itertools.product(range(2), repeat=3):
        third[i, j, k] = at_point(sympy.diff(formula, *((X, Y)[place] for place in (i, j, k))))
    np.testing.assert_allclose(plain(jacobian(hessian(f))(*point)), third, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["rosenbrock", "himmelblau", "mccormick"])
def test_gradient_of_what_is_computed_from_a_hessian(name: str, point: Any) -> None:
    def determinant(x: Any, y: Any) -> Any:
        rows = hessian(lambda a, b: FUNCTIONS[name](mg, a, b))(x, y)
        return rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0]

    formula = sympy.hessian(FUNCTIONS[name](sympy, X, Y), (X, Y)).det()
    value, gradient = value_and_grad(determinant)(*point)
    assert plain(value) == pytest.approx(at_point(formula), rel=1e-9)
    wanted = [at_point(sympy.diff(formula, by)) for by in (X, Y)]
    assert plain(gradient) == pytest.approx(wanted, rel=1e-8, abs=1e-8)


def test_second_derivatives_of_values_go_on_to_the_callers_values() -> None:
    x, y = map(Value, POINT)
    rows = hessian(lambda a, b: mg.sin(a * b))(x, y)
    found = [[gradients(rows[i][k], by).data for by in (x, y)] for i, k in itertools.product(range(2), repeat=2)]
    wanted = [
        [at_point(sympy.diff(sympy.sin(X * Y), a, b, by)) for by in (X, Y)]
        for a, b in itertools.product((X, Y), repeat=2)
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


def test_newtons_method_finds_the_minimum_and_can_be_differentiated() -> None:
    def step(x: Any, y: Any, target: Any) -> tuple[Any, Any]:
        def f(a: Any, b: Any) -> Any:
            return (a - target) ** 4 + (a - target) ** 2 + (b - a) ** 2 + mg.exp(b) * 0.1

        gx, gy = grad(f)(x, y)
        (xx, xy), (yx, yy) = hessian(f)(x, y)
        det = xx * yy - xy * yx
        return x - (yy * gx - xy * gy) / det, y - (xx * gy - yx * gx) / det

    def minimum(target: Any) -> Any:
        x, y = 0.5, 0.0
        for _ in range(8):
            x, y = step(x, y, target)
        return x

    t, a, b = sympy.symbols("t a b")
    f = (a - t) ** 4 + (a - t) ** 2 + (b - a) ** 2 + sympy.exp(b) / 10
    solution = sympy.nsolve([sympy.diff(f, a).subs(t, 0.3), sympy.diff(f, b).subs(t, 0.3)], [a, b], [0.3, 0.2], prec=30)
    assert minimum(0.3) == pytest.approx(float(solution[0]), rel=1e-12)
    # The implicit function theorem: da/dt = -(H^-1 d(grad f)/dt) at the minimum.
    at = {a: solution[0], b: solution[1], t: sympy.Float("0.3", 30)}
    mixed = sympy.Matrix([sympy.diff(f, a, t), sympy.diff(f, b, t)]).subs(at)
    moved = -sympy.hessian(f, (a, b)).subs(at).inv() * mixed
    assert grad(minimum)(0.3) == pytest.approx(float(moved[0]), rel=1e-10)
    assert check_gradients(minimum, (0.3,))


# Against torch.func


@pytest.mark.slow  # torch.func takes ten seconds to start
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torch_func_agrees_on_a_network_of_several_results() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
    x, v = rng.normal(size=3), rng.normal(size=3)

    def ours(a: Any) -> Any:
        return second @ np.tanh(first @ a)

    def theirs(a: Any) -> Any:
        return torch.tensor(second) @ torch.tanh(torch.tensor(first) @ a)

    def our_loss(a: Any) -> Any:
        return (ours(a) ** 2).sum()

    def their_loss(a: Any) -> Any:
        return (theirs(a) ** 2).sum()

    t, direction = torch.tensor(x), torch.tensor(v)
    np.testing.assert_allclose(jacobian(ours)(x), torch.func.jacrev(theirs)(t), rtol=1e-12)
    np.testing.assert_allclose(hessian(our_loss)(x), torch.func.hessian(their_loss)(t), rtol=1e-11)
    np.testing.assert_allclose(
        jacobian(hessian(our_loss))(x), torch.func.jacrev(torch.func.hessian(their_loss))(t), rtol=1e-10, atol=1e-12
    )
    value, tangent = jvp(ours, (x,), (v,))
    their_value, their_tangent = torch.func.jvp(theirs, (t,), (direction,))
    np.testing.assert_allclose([value, tangent], [their_value, their_tangent], rtol=1e-12)
    _, product = torch.autograd.functional.hvp(their_loss, t, direction)
    np.testing.assert_allclose(hvp(our_loss, (x,), (v,)), product, rtol=1e-11)


@pytest.mark.slow  # torch.func takes ten seconds to start
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torch_func_agrees_on_two_arguments_of_which_one_is_chosen() -> None:
    torch = pytest.importorskip("torch")
    w, x = np.array([[0.3, -0.2], [0.5, 0.9]]), np.array([0.7, -1.1])

    def f(m: Any, w: Any, x: Any) -> Any:
        return (m.tanh(w @ x) ** 2).sum()

    for chosen in (0, 1, (0, 1), (1, 0)):
        found = hessian(lambda w, x: f(np, w, x), argnums=chosen)(w, x)
        wanted = torch.func.hessian(lambda w, x: f(torch, w, x), argnums=chosen)(torch.tensor(w), torch.tensor(x))
        if isinstance(chosen, int):
            np.testing.assert_allclose(found, wanted, rtol=1e-12)
            continue
        for row, their_row in zip(found, wanted, strict=True):
            for block, their_block in zip(row, their_row, strict=True):
                np.testing.assert_allclose(block, their_block, rtol=1e-12)


def random_program(rng: random.Random) -> Any:
    """Return a function of three numbers with four results, two of them the same node, for a library of functions."""
    steps = []
    for count in range(3, 3 + rng.randrange(2, 9)):
        operation = rng.choice(["sin", "cos", "tanh", "exp", "square", "sigmoid", "+", "-", "*", "+", "*"])
        steps.append((operation, rng.randrange(count), rng.randrange(count)))
    results = [rng.randrange(3 + len(steps)) for _ in range(3)]
    results.append(rng.choice(results))

    def program(m: Any, xs: Any) -> list[Any]:
        nodes = [xs[0], xs[1], xs[2]]
        for operation, left, right in steps:
            a, b = nodes[left], nodes[right]
            two = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b * 0.5}.get(operation)
            nodes.append(two(a, b) if two else getattr(m, operation)(a * 0.7))
        return [nodes[place] for place in results]

    return program


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torch_func_agrees_on_random_programs_of_several_results() -> None:
    torch = pytest.importorskip("torch")
    for number in range(60):
        rng = random.Random(number)
        program, x = random_program(rng), [rng.uniform(-1, 1) for _ in range(3)]
        t = torch.tensor(x, dtype=torch.float64)
        outputs = functools.partial(program, mg)
        of_torch = lambda a: torch.stack(program(torch, a)).sum()  # noqa: E731, B023
        rows = torch.func.jacrev(lambda a: torch.stack(program(torch, a)))(t)  # noqa: B023
        second = torch.func.hessian(of_torch)(t)
        third = torch.func.jacrev(torch.func.hessian(of_torch))(t)
        for make in (float, Value):
            point = [make(each) for each in x]
            total = lambda a: mg.total(outputs(a))  # noqa: E731, B023
            np.testing.assert_allclose(plain(jacobian(outputs)(point)), rows, rtol=1e-9, atol=1e-10)
            np.testing.assert_allclose(plain(hessian(total)(point)), second, rtol=1e-8, atol=1e-9)
            np.testing.assert_allclose(plain(jacobian(hessian(total))(point)), third, rtol=1e-7, atol=1e-8)
            trace = lambda a: mg.total(row[i] for i, row in enumerate(hessian(total)(a)))  # noqa: E731, B023
            wanted = np.einsum("iik->k", third.numpy())
            np.testing.assert_allclose(plain(grad(trace)(point)), wanted, rtol=1e-7, atol=1e-8)
