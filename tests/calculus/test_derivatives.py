"""Derivatives as functions: what goes in comes out in the same form, they compose, and errors say what to do."""

from __future__ import annotations

import collections
import functools
import math
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.calculus import derivative, grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, UnknownNameError
from microgradnet.operation import TABLE


def cubic(x: Any, y: Any) -> Any:
    return x**3 * y + y**2


# Arguments by position and by name


def test_all_arguments_in_position_by_default() -> None:
    assert grad(cubic)(2.0, 3.0) == (36.0, 14.0)
    assert grad(mg.sin)(0.0) == 1.0


@pytest.mark.parametrize(
    ("chosen", "wanted"),
    [
        ({"argnums": 0}, 36.0),
        ({"argnums": 1}, 14.0),
        ({"argnums": -1}, 14.0),
        ({"argnums": (1,)}, (14.0,)),
        ({"argnums": (1, 0)}, (14.0, 36.0)),
        ({"argnames": "x"}, 36.0),
        ({"argnames": ["y", "x"]}, (14.0, 36.0)),
        ({"argnums": 1, "argnames": "x"}, (14.0, 36.0)),
    ],
)
def test_arguments_are_chosen_as_in_jax(chosen: Any, wanted: Any) -> None:
    assert grad(cubic, **chosen)(2.0, 3.0) == wanted
    assert value_and_grad(cubic, **chosen)(2.0, 3.0) == (33.0, wanted)
    assert jacobian(cubic, **chosen)(2.0, 3.0) == wanted


def test_by_keyword() -> None:
    assert grad(cubic, argnames="y")(2.0, y=3.0) == 14.0
    assert grad(cubic, argnames=("y", "x"))(y=3.0, x=2.0) == (14.0, 36.0)
    assert grad(cubic)(2.0, y=3.0) == 36.0  # an argument given by keyword is differentiated by only where it is named


def test_the_names_reach_through_derivatives_and_partial_functions() -> None:
    assert grad(grad(cubic, argnames="x"), argnames="y")(2.0, 3.0) == 12.0
    assert grad(functools.partial(cubic, y=3.0), argnames="x")(2.0) == 36.0
    assert grad(lambda *xs: xs[0] * xs[1], argnums=1)(2.0, 3.0) == 2.0


def test_other_arguments_may_be_anything() -> None:
    assert grad(lambda x, name, n: x**n if name == "power" else x, argnames="x")(3.0, "power", 2) == 6.0


# Forms


def test_structures_come_back_in_their_form() -> None:
    Pair = collections.namedtuple("Pair", "w b")
    found = grad(lambda p: p.w[0] * p.w[1]["k"] + p.b[1])(Pair([2.0, {"k": 5.0}], (1.0, 4.0)))
    assert found == Pair([5.0, {"k": 2.0}], (0.0, 1.0))
    assert isinstance(found, Pair)


def test_arrays_come_back_as_arrays_of_floats() -> None:
    x = np.arange(6.0).reshape(2, 3)
    found = grad(lambda a: (a**2).sum())(x)
    assert found.dtype == float
    np.testing.assert_array_equal(found, 2 * x)
    assert jacobian(lambda a: a.sum(axis=0))(x).shape == (3, 2, 3)
    np.testing.assert_array_equal(hessian(lambda a: (a**2).sum())(x[0]), 2 * np.eye(3))
    assert grad(lambda a: a[0] * a[1])(np.array([2, 3])).tolist() == [3.0, 2.0]  # integers are numbers too
    assert grad(lambda a: 3.0 * a)(np.float32(2.0)) == 3.0


def test_jacobian_has_the_results_form_outside_and_the_arguments_inside() -> None:
    matrix = jacobian(lambda x, y: {"sum": x[0] + y, "both": [x[1] * y, 1.0]})([2.0, 3.0], 5.0)
    assert matrix == {"sum": ([1.0, 0.0], 1.0), "both": [([0.0, 5.0], 3.0), ([0.0, 0.0], 0.0)]}
    column = jacobian(lambda x: np.array([x, x**2]))(3.0)
    np.testing.assert_array_equal(column, [1.0, 6.0])


def test_floats_in_floats_out_and_values_in_values_out() -> None:
    assert type(grad(mg.tanh)(0.5)) is float
    x = Value(0.5, label="x")
    first = grad(mg.tanh)(x)
    assert isinstance(first, Value)
    first.backward()
    assert x.grad == pytest.approx(-2 * math.tanh(0.5) * (1 - math.tanh(0.5) ** 2), rel=1e-14)
    value, tangent = jvp(mg.tanh, (x,), (1.0,))
    assert tangent.data == first.data
    assert isinstance(value, Value)
    assert isinstance(hessian(mg.tanh)(x), Value)


def test_a_model_in_the_closure_leaves_floats_floats() -> None:
    mlp = MLP(2, [3, 1], activation="tanh", seed=3)
    assert all(type(number) is float for number in grad(lambda x: mlp(x))([0.5, 1.0]))
    value, tangent = jvp(lambda x: mlp(x), ([0.5, 1.0],), ([1.0, 0.0],))
    assert (type(value), type(tangent)) == (float, float)
    assert tangent == pytest.approx(grad(lambda x: mlp(x))([0.5, 1.0])[0], rel=1e-14)


def test_a_modules_gradient_is_a_dict_by_the_names_of_its_parameters() -> None:
    mlp = MLP(2, [3, 1], activation="tanh", seed=3)
    found = grad(lambda model: model([0.5, 1.0]) ** 2)(mlp)
    loss = mlp([0.5, 1.0]) ** 2
    loss.backward()
    assert {name: parameter.grad for name, parameter in mlp.named_parameters().items()} == pytest.approx(
        {name: value.data for name, value in found.items()}, rel=1e-14
    )
    assert list(gradients(loss, mlp)) == list(mlp.named_parameters())


def test_parameters_without_names_are_found_too() -> None:
    class Line:
        def __init__(self) -> None:
            self.slope, self.shift = Value(2.0, label="slope"), Value(1.0)

        def parameters(self) -> list[Value]:
            return [self.slope, self.shift]

    found = grad(lambda line: line.slope * 3.0 + line.shift)(Line())
    assert {name: value.data for name, value in found.items()} == {"slope": 3.0, "parameter[2]": 1.0}


def test_a_direction_for_a_module_is_a_dict_of_its_parameters() -> None:
    mlp = MLP(2, [1], seed=3)
    direction = {name: float(place) for place, name in enumerate(mlp.named_parameters())}
    _, tangent = jvp(lambda model: model([0.5, 1.0]), (mlp,), (direction,))
    found = grad(lambda model: model([0.5, 1.0]))(mlp)
    assert tangent.data == pytest.approx(sum(direction[name] * found[name].data for name in direction))


def test_value_and_grad_gives_both() -> None:
    assert value_and_grad(cubic)(2.0, 3.0) == (33.0, (36.0, 14.0))


# Composition: the derivatives of derivatives, and variables that must not be confused


def test_perturbations_are_not_confused() -> None:
    # J. Siskind and B. Pearlmutter, 2005: d/dx (x * d/dy (x + y)) is 1; engines that mix the two up say 2.
    for inner in (lambda x: grad(lambda y: x + y)(x), lambda x: jvp(lambda y: x + y, (x,), (1.0,))[1]):
        assert grad(lambda x: x * inner(x))(1.0) == 1.0  # noqa: B023
        assert jvp(lambda x: x * inner(x), (1.0,), (1.0,)) == (1.0, 1.0)  # noqa: B023


def test_an_inner_derivative_at_a_float_still_depends_on_the_outer_variable() -> None:
    assert grad(lambda a: grad(lambda x: a * x * x)(3.0))(2.0) == 6.0
    assert grad(lambda a: jvp(lambda x: a * x * x, (3.0,), (1.0,))[1])(2.0) == 6.0
    assert jvp(lambda a: grad(lambda x: a * a * x)(3.0), (2.0,), (1.0,)) == (4.0, 4.0)


def test_the_same_value_twice_is_two_arguments() -> None:
    x = Value(3.0)
    assert [each.data for each in grad(lambda a, b: a * a * b)(x, x)] == [18.0, 9.0]


def test_a_direction_may_hold_values() -> None:
    t = Value(2.0)
    _, tangent = jvp(lambda x: x**2, (3.0,), (t,))
    assert (tangent.data, gradients(tangent, t).data) == (12.0, 6.0)


def test_jacobian_of_grad_is_hessian_and_hvp_is_its_product() -> None:
    def f(x: Any) -> Any:
        return mg.exp(x[0] * x[1]) + mg.sin(x[2]) * x[0]

    point, v = [0.3, -0.5, 1.1], [1.0, 2.0, -1.0]
    rows = hessian(f)(point)
    assert jacobian(grad(f))(point) == rows
    assert hvp(f, (point,), (v,)) == pytest.approx(
        [sum(a * b for a, b in zip(row, v, strict=True)) for row in rows], rel=1e-13
    )
    assert hvp(cubic, (2.0, 3.0), (1.0, 0.0)) == (36.0, 12.0)
    assert hvp(lambda x: 2.0, [[1.0]], [[1.0]]) == [0.0]
    assert hvp(lambda x: x**3, (2.0,), (1.0,)) == jvp(grad(lambda x: x**3), (2.0,), (1.0,))[1] == 12.0


def test_derivative_of_an_array_is_elementwise_and_of_one_argument_the_others_fixed() -> None:
    x = np.linspace(-1.0, 1.0, 5)
    np.testing.assert_allclose(derivative(mg.sin, 2)(x), -np.sin(x), rtol=1e-14)
    assert derivative(cubic, 2, argnames="x")(2.0, 3.0) == 36.0
    assert derivative(cubic, 0)(2.0, 3.0) == 33.0


def test_a_constant_function_has_derivative_zero() -> None:
    assert grad(lambda x, y: 3.0)(1.0, 2.0) == (0.0, 0.0)
    assert derivative(lambda x: 5, 3)(1.0) == 0.0
    assert jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0.0)
    assert jacobian(lambda x: [x, 2.0])(1.0) == [1.0, 0.0]
    assert hessian(lambda x, y: x)(1.0, 2.0) == ((0.0, 0.0), (0.0, 0.0))
    assert jvp(lambda x: [], (1.0,), (1.0,)) == ([], [])
    assert jvp(lambda x: [x, x * x, x], (3.0,), (1.0,)) == ([3.0, 9.0, 3.0], [1.0, 6.0, 1.0])


@pytest.mark.parametrize(
    "f",
    [lambda x: x.data**2, lambda x: (2 * x).data, lambda x: mg.exp(x.item()), lambda x: [x.data, 1.0][0]],
    ids=[".data", ".data of a result", ".item()", "in a list"],
)
def test_a_number_that_left_the_graph_is_refused_instead_of_a_derivative_of_zero(f: Any) -> None:
    for ask in (grad(f), value_and_grad(f), derivative(f), jacobian(f), lambda x: jvp(f, (x,), (1.0,))):
        with pytest.raises(NumberTypeError, match=r"\.data of (x|a result) was read"):
            ask(3.0)


def test_data_of_what_is_not_varied_may_be_read() -> None:
    scale = Value(2.0)
    assert grad(lambda x: scale.data)(3.0) == 0.0
    assert grad(lambda x, n: n * 1.0, argnums=0)(3.0, 2) == 0.0
    assert grad(lambda x: x if x.data > 0.0 else -x)(-3.0) == -1.0
    assert grad(lambda x: 1.0 if x > 0.0 else 0.0)(3.0) == 0.0
    assert grad(lambda x: grad(lambda y: 3.0)(x))(1.0) == 0.0


def test_the_order_of_a_derivative_may_be_a_numpy_integer() -> None:
    assert derivative(lambda x: x**3, np.int64(2))(2.0) == 12.0


# Refusals


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: grad(lambda x: [x, 2 * x])(1.0), ShapeError, "mg.jacobian"),
        (lambda: value_and_grad(lambda x: [x])(1.0), ShapeError, "value_and_grad needs"),
        (lambda: derivative(lambda x: [x])(1.0), ShapeError, "mg.jacobian"),
        (lambda: derivative(lambda x: x[0])([1.0, 2.0]), ShapeError, "mg.grad"),
        (lambda: derivative(mg.sin, -1), ArgumentError, "order"),
        (lambda: derivative(mg.sin, 1.5), ArgumentError, "1.5"),  # type: ignore[arg-type]
        (lambda: grad(lambda x: None)(1.0), NumberTypeError, "return"),
        (lambda: grad(lambda x: "y")(1.0), NumberTypeError, "as result"),
        (lambda: grad(mg.sin)("1.0"), NumberTypeError, "'1.0', a str, as x"),
        (lambda: grad(lambda x: x)([1.0, [None]]), NumberTypeError, r"x\[2\]\[1\]"),
        (lambda: grad(mg.sin)(np.array(["a"])), NumberTypeError, "astype"),
        (lambda: grad(cubic, argnames="z")(1.0, 2.0), UnknownNameError, "The call has x, y"),
        (lambda: grad(cubic, argnums=2)(1.0, 2.0), UnknownNameError, "Positions count from 0"),
        (lambda: grad(cubic, argnums=True)(1.0, 2.0), UnknownNameError, "True"),
        (lambda: grad(cubic, argnums="x")(1.0, 2.0), UnknownNameError, 'argnames="x"'),  # type: ignore[arg-type]
        (lambda: grad(cubic, argnames=1)(1.0, 2.0), UnknownNameError, "argnums=1"),  # type: ignore[arg-type]
        (lambda: grad(cubic, 0, "x")(1.0, 2.0), ArgumentError, "once"),
        (lambda: grad(cubic)(x=1.0, y=2.0), ArgumentError, "argnames="),
        (lambda: derivative(cubic, argnums=0, argnames="y"), ArgumentError, "one argument"),
        (lambda: grad(cubic, 1.5)(1.0, 2.0), UnknownNameError, "argnums=1.5"),  # type: ignore[arg-type]
        (lambda: grad(Value(3.0)), NumberTypeError, r"mg\.gradients\(y, x\)"),  # type: ignore[arg-type]
        (lambda: grad(cubic)(1.0, None), NumberTypeError, "got None, as y"),
        (lambda: jvp(mg.sin, 1.0, 1.0), NumberTypeError, r"as jax.jvp does; got 1.0"),
        (lambda: hvp(mg.sin, np.ones(1), (1.0,)), NumberTypeError, r"\(x,\)"),
        (lambda: jvp(mg.sin, (1.0,), 1.0), NumberTypeError, "in a tuple"),
        (lambda: jvp(mg.sin, [], []), ArgumentError, "at least one"),
        (lambda: jvp(cubic, (1.0, 2.0), (1.0,)), ShapeError, "direction"),
        (lambda: jvp(mg.sin, (np.ones(2),), (np.ones(3),)), ShapeError, r"shape \(2,\)"),
        (lambda: hvp(lambda x: x, ([1.0],), ([1.0],)), ShapeError, "hvp needs"),
        (lambda: gradients(3.0, Value(1.0)), NumberTypeError, "one Value"),  # type: ignore[arg-type]
        (lambda: gradients(Value(3.0), 1.0), NumberTypeError, "not its .data"),
    ],
)
def test_wrong_use_is_refused_with_advice(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_a_rule_that_computes_with_floats_is_refused_instead_of_a_wrong_second_derivative() -> None:
    from dataclasses import replace

    wave = replace(TABLE["sin"], name="wave", partials=(lambda x, out: math.cos(x),))
    assert grad(wave)(0.5) == math.cos(0.5)
    with pytest.raises(ArgumentError, match=r"mg\.cos"):
        grad(grad(wave))(0.5)


def test_a_failing_function_leaves_no_trace() -> None:
    with pytest.raises(DomainError):
        grad(mg.log)(-1.0)
    x = Value(2.0)
    assert type(grad(lambda a: a * x)(3.0)) is float
