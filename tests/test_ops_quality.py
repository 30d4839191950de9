"""What formulas lose as they stand: tails, operands close to an edge, numbers whose square does not fit."""

import contextlib
import functools
import math
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError
from microgradnet.operation import TABLE
from tests.references import REFERENCES, exact_slope, exact_value
from tests.samples import nodes, varied
from tests.test_ops import KINKS

EXTREME = [
    ("softplus", (1000.0,)),
    ("softplus", (-700.0,)),
    ("softplus", (-1e-9,)),
    ("silu", (-700.0,)),
    ("silu", (900.0,)),
    ("mish", (-650.0,)),
    ("mish", (900.0,)),
    ("gelu", (-30.0,)),
    ("gelu", (40.0,)),
    ("gelu_tanh", (-10.0,)),
    ("gelu_tanh", (60.0,)),
    ("elu", (-1e-12,)),
    ("elu", (800.0,)),
    ("selu", (-600.0,)),
    ("hypot", (3e200, 4e200)),
    ("hypot", (3e-200, -4e-200)),
    ("atan2", (3e200, -4e200)),
    ("atan2", (3e-150, 4e-150)),
    ("asinh", (1e200,)),
    ("asinh", (-1e-20,)),
    ("acosh", (1e200,)),
    ("acosh", (1.0000000000000002,)),
    ("atanh", (0.9999999999999999,)),
    ("atanh", (1e-20,)),
    ("asin", (0.9999999999999999,)),
    ("acos", (-0.9999999999999999,)),
    ("log1p", (1e-20,)),
    ("log1p", (-0.9999999999999999,)),
    ("expm1", (1e-20,)),
    ("expm1", (-600.0,)),
    ("erfc", (15.0,)),
    ("cosh", (710.0,)),
    ("softsign", (-1e150,)),
]


@pytest.mark.parametrize(("name", "point"), EXTREME)
def test_extreme_operands_lose_no_digits(name: str, point: tuple[float, ...]) -> None:
    node = TABLE[name](*map(Value, point))
    assert node.data == pytest.approx(float(exact_value(name, point)), rel=1e-13, abs=0)
    for place, partial in enumerate(node.partials):
        assert partial == pytest.approx(float(exact_slope(name, point, place)), rel=1e-12, abs=0)


def test_softplus_is_its_operand_where_e_to_the_x_overflows() -> None:
    assert mg.softplus(1000.0) == 1000.0
    assert mg.softplus(-1000.0) == 0.0  # e^-1000 is smaller than any float
    assert 0.0 < mg.softplus(-740.0) < 1e-320
    assert mg.softplus(np.array([1000.0, -1000.0])).tolist() == [1000.0, 0.0]


@pytest.mark.parametrize(("name", "point"), [(name, point) for name, point, *_ in KINKS])
def test_a_convention_lies_between_the_slopes_of_the_two_sides(name: str, point: tuple[float, ...]) -> None:
    """So it is a generalised derivative (F. Clarke, *Optimization and Nonsmooth Analysis*, section 2.1)."""
    op, near = TABLE[name], 1e-7
    for place in varied(op):
        slopes = []
        for side in (-near, near):
            beside = [number + side * (k == place) for k, number in enumerate(point)]
            with contextlib.suppress(DomainError):  # an edge has one side
                slopes.append(op(*nodes(op, beside)).partials[place])
        at = op(*nodes(op, point)).partials[place]
        if math.isinf(at):
            assert all(abs(slope) > 1e2 and slope * at > 0 for slope in slopes)  # x^(1/2) and x^(-2/3) grow so fast
        elif slopes and name != "detach":  # x = y = 0 of xlogy has no sides along x; detach departs from every slope
            assert min(slopes) - 1e-3 <= at <= max(slopes) + 1e-3


EDGES = [  # the edge that a domain does not contain, a point beside it, the value's sign there, the slope's
    ("log", 5e-324, -1, 1),
    ("log2", 5e-324, -1, 1),
    ("log10", 5e-324, -1, 1),
    ("log1p", -0.9999999999999999, -1, 1),
    ("atanh", 0.9999999999999999, 1, 1),
    ("atanh", -0.9999999999999999, -1, 1),
    ("reciprocal", 1e-150, 1, -1),
    ("reciprocal", -1e-150, -1, -1),
    ("lgamma", 1e-150, 1, -1),
    ("lgamma", -1e-150, 1, 1),
    ("digamma", 1e-150, -1, 1),
    ("digamma", -1e-150, 1, 1),
    ("trigamma", 1e-100, 1, -1),
    ("tan", math.pi / 2, 1, 1),
]


@pytest.mark.parametrize(("name", "x", "value", "slope"), EDGES)
def test_beside_the_edge_of_a_domain_values_and_slopes_grow_as_they_should(
    name: str, x: float, value: int, slope: int
) -> None:
    node = TABLE[name](Value(x))
    assert node.data * value > 15.0
    assert node.partials[0] * slope > 1e15


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: mg.leaky_relu(x, 0.2), lambda x: x if x > 0 else mpf(0.2) * x),
        (lambda x: mg.leaky_relu(x, slope=0.2), lambda x: x if x > 0 else mpf(0.2) * x),
        (lambda x: mg.elu(x, alpha=1.7), lambda x: x if x > 0 else mpf(1.7) * mp.expm1(x)),
        (lambda x: mg.softplus(x, beta=3), lambda x: mp.log(1 + mp.exp(3 * x)) / 3),
        (lambda x: mg.silu(x, 0.5), lambda x: x / (1 + mp.exp(-x / 2))),
    ],
)
@pytest.mark.parametrize("number", [-1000.0, -1.3, 0.4, 2.0, 1000.0])
def test_a_parameter_is_given_as_second_operand_or_by_its_name(call: Any, expected: Any, number: float) -> None:
    x = Value(number)
    result = call(x)
    result.backward()
    with mp.workdps(50):
        assert result.data == pytest.approx(float(expected(mpf(number))), rel=1e-14, abs=1e-200)
        assert x.grad == pytest.approx(float(mp.diff(expected, mpf(number))), rel=1e-12, abs=1e-150)
    assert call(number) == call(np.array([number]))[0] == result.data


def test_parameters_can_be_learned_and_are_methods_too() -> None:
    x, slope = Value(-3.0), Value(0.25)
    result = x.leaky_relu(slope=slope)
    result.backward()
    assert (result.op, result.data, x.grad, slope.grad) == (TABLE["prelu"], -0.75, 0.25, -3.0)
    assert x.leaky_relu().data == -0.03
    for name, op in TABLE.items():
        if op.parameter is not None:
            usual = op(Value(-0.7), **{op.parameter.name: op.parameter.usual})
            assert usual.data == pytest.approx(op(-0.7), rel=1e-15), name


@pytest.mark.parametrize(
    "call",
    [
        lambda: mg.leaky_relu(1.0, 0.2, 0.3),
        lambda: mg.leaky_relu(1.0, alpha=0.2),
        lambda: mg.leaky_relu(1.0, 0.2, slope=0.2),
        lambda: mg.leaky_relu(slope=0.2),
        lambda: mg.exp(1.0, base=2.0),
    ],
)
def test_what_is_no_parameter_is_refused(call: Any) -> None:
    with pytest.raises(ArgumentError, match="takes 1 operand"):
        call()


@pytest.mark.parametrize("name", [name for name, op in TABLE.items() if op.parameter is not None])
def test_a_parameter_that_is_no_number_is_refused(name: str) -> None:
    with pytest.raises(NumberTypeError):
        TABLE[name](1.0, "2")


def test_clip_holds_numbers_values_and_arrays_between_two_bounds() -> None:
    assert [mg.clip(x, -1, 1) for x in (-2.0, 0.5, 3.0)] == [-1.0, 0.5, 1.0]
    assert mg.clip(np.array([-2.0, 0.5, 3.0]), -1.0, 1.0).tolist() == [-1.0, 0.5, 1.0]
    for number, slope in [(-2.0, 0.0), (0.5, 1.0), (1.0, 0.5), (3.0, 0.0)]:
        x = Value(number)
        x.clip(-1.0, 1.0).backward()
        assert x.grad == slope


def test_numbers_and_values_are_raised_to_values() -> None:
    base, exponent = Value(3.0), Value(2.5)
    for result in (base**exponent, mg.power(base, exponent), base.power(exponent)):
        assert (result.data, result.partials) == (3.0**2.5, (2.5 * 3.0**1.5, 3.0**2.5 * math.log(3.0)))
    result = 2.0**exponent
    result.backward()
    assert (result.data, exponent.grad) == (2.0**2.5, 2.0**2.5 * math.log(2.0))


def test_arrays_go_element_by_element_where_numpy_has_no_function() -> None:
    x = np.array([[0.5, 1.5], [2.5, -0.5]])
    for name in ("erf", "erfc", "lgamma", "digamma", "trigamma"):
        assert TABLE[name](x).tolist() == [[TABLE[name](number) for number in row] for row in x.tolist()]
    assert mg.erf(np.array([])).shape == (0,)
    with pytest.raises(ValueError, match=r"lgamma needs x no whole number below 1; got x = -2\.0"):
        mg.lgamma(np.array([0.5, -2.0]))


def test_the_order_of_a_polygamma_is_a_plain_number() -> None:
    x = Value(1.5)
    assert mg.polygamma(1, x).data == mg.trigamma(1.5)
    assert math.isnan(mg.polygamma(Value(1.0), x).partials[0])  # nothing can be differentiated by it


FAR = [1e-300, 1e-20, 0.3, 1.0, 14.9, 1e3, 1e8, 1e12, 1e13, 1e15, 1e100, 1e153, 1e200, 1e300, 1e305]
GAMMAS = ["lgamma", "digamma", "trigamma"]


@pytest.mark.parametrize("x", FAR)
@pytest.mark.parametrize("name", GAMMAS)
def test_the_gamma_family_over_the_whole_range_of_doubles(name: str, x: float) -> None:
    """The value and the first and second derivatives, to 8 units in the last place; what overflows is refused."""
    functions = [mp.loggamma, *(functools.partial(mp.psi, order) for order in range(4))]
    with mp.workdps(60):
        first = GAMMAS.index(name)
        exact = [function(mpf(x)) for function in functions[first : first + 3]]
    node = Value(x)
    try:
        value = TABLE[name](node)
    except DomainError:
        assert max(abs(exact[0]), abs(exact[1])) > 1.7e308
        return
    found = [value.data, value.partials[0]]
    if abs(exact[2]) < 1.7e308:
        found.append(mg.gradients(mg.gradients(value, node), node).data)
    for number, true in zip(found, exact, strict=False):
        scale = max(abs(float(true)), 1.0 if 1.0 <= x <= 2.5 else 0.0)  # the zeros of lgamma and digamma
        assert abs(mpf(number) - true) <= 8 * math.ulp(scale)


@pytest.mark.parametrize(("order", "x"), [(1, 1e300), (3, 1e90), (150, 1e3), (200, 60.0), (1000, 500.0), (12, 1e-20)])
def test_polygammas_of_high_order_and_large_numbers(order: int, x: float) -> None:
    with mp.workdps(60):
        exact = mp.psi(order, mpf(x))
    assert abs(mpf(mg.polygamma(order, x)) - exact) <= (8 + 2 * order) * math.ulp(float(exact))


SIZES = [1e-300, 1e-20, 0.3, 3.0, 20.0, 29.0, 31.0, 38.0, 40.0, 1e3, 1e103, 1e154, 1e155, 1e200, 1e300]


@pytest.mark.parametrize("x", [*SIZES, *(-x for x in SIZES)])
@pytest.mark.parametrize("name", ["gelu", "gelu_tanh", "silu", "mish", "softplus", "log_sigmoid", "tanhshrink"])
def test_activations_over_the_whole_range_of_doubles(name: str, x: float) -> None:
    """The value and the first and second derivatives; their errors count from the exponent of the tail."""
    formula, step = REFERENCES[name].number, mpf("1e-60")
    if name == "gelu" and x < -1e3:
        formula = lambda _: mpf(0)  # noqa: E731  # what mpmath's erfc overflows on
    with mp.workdps(400):
        below, exact, above = (formula(mpf(x) + k * step) for k in (-1, 0, 1))
        slopes = [(above - below) / (2 * step), (above - 2 * exact + below) / step**2]
        if abs(x) >= 1e3:  # where the tail is less than the smallest float, and the step less than a digit
            slopes = [mp.nint(exact / mpf(x)), mpf(0)]
    node = Value(x)
    value = TABLE[name](node)
    slope = mg.gradients(value, node)
    found = [value, slope, mg.gradients(slope, node)]
    sizes = [exact, slopes[0], max(map(abs, slopes))]  # 1 - sigmoid, the form that is taught, counts from 1
    for number, true, size in zip(found, [exact, *slopes], sizes, strict=True):
        tail = 1.0 + min(abs(x), 40.0) ** 2 * (8.0 if name == "gelu_tanh" else 2.0)
        assert abs(mpf(number.data) - true) <= 8 * tail * math.ulp(max(abs(float(size)), 1e-100))
