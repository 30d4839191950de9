"""Second and third derivatives against SymPy: of every operation of the table, and of standard functions."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import microgradnet as mg
from microgradnet import Value
from microgradnet.calculus import derivative, grad, gradients, hessian, jvp
from microgradnet.operation import TABLE
from tests.calculus.drawing import drawn_points, varied_places
from tests.calculus.functions import FUNCTIONS, POINTS
from tests.references import REFERENCES

X, Y = sympy.symbols("x y", real=True)


@functools.cache
def symbolic(name: str, by: tuple[int, ...]) -> Any:
    """Return SymPy's derivative of an operation, by x for each 0 and by y for each 1, as a function of mpmath numbers.

    Where SymPy has no formula for it, as for a floor, it is mpmath's numeric derivative.
    """
    count = len(TABLE[name].partials)
    formula = sympy.sympify(REFERENCES[name].formula(*(X, Y)[:count]))
    for place in by:
        formula = sympy.diff(formula, (X, Y)[place])
    # Away from kinks, which the points drawn are, a derivative of a sign is 0.
    formula = formula.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
    if formula.has(sympy.Derivative, sympy.Subs):
        orders = tuple(by.count(place) for place in range(count))
        return lambda *point: mp.diff(REFERENCES[name].number, point, orders)
    return sympy.lambdify((X, Y)[:count], formula, "mpmath")


def exact(name: str, by: tuple[int, ...], point: list[float]) -> float:
    with mp.workdps(50):
        return float(symbolic(name, by)(*map(mpf, point)))


def steady(name: str, by: tuple[int, ...], point: list[float]) -> bool:
    """Tell whether a derivative makes no jump close to a point, as the second one of elu does at 0."""
    around = [exact(name, by, [x + step for x in point]) for step in (-1e-4, 0.0, 1e-4)]
    return max(around) - min(around) <= 0.02 * (1.0 + abs(around[1]))


def along(op: Any, nodes: list[Any], by: tuple[int, ...]) -> float:
    """Return the engine's derivative of an operation by these operands, one after the other."""
    result = op(*nodes)
    for place in by:
        result = gradients(result, nodes[place])
    return float(result.data)


@pytest.mark.parametrize("name", sorted(TABLE))
@given(data=st.data())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_second_and_third_derivatives_of_every_operation(name: str, data: Any) -> None:
    op, point = TABLE[name], data.draw(drawn_points(name))
    for order in (1, 2, 3):
        for by in itertools.product(varied_places(op), repeat=order):
            if len(varied_places(op)) == len(point) and not steady(name, by, point):
                continue
            operands = [Value(x) if place in by else x for place, x in enumerate(point)]
            assert along(op, operands, by) == pytest.approx(exact(name, by, point), rel=1e-8, abs=1e-9), (by, point)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_hessian_and_third_derivatives_of_standard_functions(name: str) -> None:
    formula = FUNCTIONS[name](sympy, X, Y)
    f = functools.partial(FUNCTIONS[name], mg)
    second = [[sympy.diff(formula, a, b) for b in (X, Y)] for a in (X, Y)]
    third = {
        by: sympy.diff(formula, *((X, Y)[place] for place in by)) for by in [(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1)]
    }
    for point in POINTS:
        at = dict(zip((X, Y), map(sympy.Float, point), strict=True))
        hessian_found = hessian(f)(*point)
        for i, k in itertools.product(range(2), repeat=2):
            wanted = float(second[i][k].subs(at).evalf(30))
            assert hessian_found[i][k] == pytest.approx(wanted, rel=1e-9, abs=1e-10)
        for by, expression in third.items():
            nested = f
            for place in by:
                nested = grad(nested, argnums=place)
            wanted = float(expression.subs(at).evalf(30))
            assert nested(*point) == pytest.approx(wanted, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_forward_over_reverse_is_the_hessian(name: str) -> None:
    f = functools.partial(FUNCTIONS[name], mg)
    for point in POINTS:
        rows = hessian(f)(*point)
        for i, direction in enumerate([(1.0, 0.0), (0.0, 1.0)]):
            _, column = jvp(grad(f), point, direction)
            forward_twice = jvp(lambda *xs: jvp(f, xs, direction)[1], point, direction)[1]  # noqa: B023
            assert column == pytest.approx((rows[0][i], rows[1][i]), rel=1e-9, abs=1e-10)
            assert forward_twice == pytest.approx(rows[i][i], rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "exp", "sin"])
def test_nth_derivative_is_mpmaths(name: str, n: int) -> None:
    with mp.workdps(60):
        wanted = float(mp.diff(REFERENCES[name].number, mpf(0.4), n))
    assert derivative(TABLE[name], n)(0.4) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4, 5.5])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_powers_at_zero(exponent: float, n: int) -> None:
    wanted = sympy.diff(X ** sympy.nsimplify(exponent), X, n).subs(X, 0)
    assert derivative(lambda x: x**exponent, n)(0.0) == float(wanted)
    assert derivative(lambda x, y: x**y, n)(0.0, Value(exponent)).data == float(wanted)


def test_the_derivative_of_a_square_is_two_nodes() -> None:
    x = Value(3.0, label="x")
    first = gradients(x**2, x)
    assert first.op is TABLE["multiply"]
    assert first.inputs[1] is x
    assert first.inputs[0].data == 2.0
    assert gradients(first, x).inputs == ()
