"""Values beside NumPy's scalars and arrays: what works as people expect, and what a failed conversion says."""

import math
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import DomainError, NumberTypeError
from microgradnet.operation import TABLE

SCALARS = [np.float64(2), np.float32(2), np.float16(2), np.longdouble(2), np.int64(2), np.uint8(2)]


@pytest.mark.parametrize("two", SCALARS, ids=lambda number: type(number).__name__)
def test_scalars_stand_on_either_side_of_every_operator(two: Any) -> None:
    v = Value(3.0)
    results = [two + v, two - v, two * v, two / v, two**v, v + two, v - two, v * two, v / two, v**two]
    assert all(type(result) is Value for result in results)
    assert [result.data for result in results] == [5, -1, 6, 2 / 3, 8, 5, 1, 6, 1.5, 9]
    results[2].backward()
    assert v.grad == 2.0


@pytest.mark.parametrize("two", SCALARS, ids=lambda number: type(number).__name__)
def test_scalars_compare_by_number_on_either_side(two: Any) -> None:
    v = Value(3.0)
    assert [two < v, v > two, two == Value(2.0), Value(2.0) == two, two != v, v <= two] == [True] * 5 + [False]


def test_an_array_of_values_sums_and_multiplies_into_one_graph() -> None:
    v, w = Value(3.0), Value(0.5)
    array = np.array([v, w], dtype=object)
    numbers = np.array([10.0, 20.0])
    total, product = array.sum(), array @ numbers
    assert (total.data, product.data, np.dot(numbers, array).data, (array @ array).data) == (3.5, 40, 40, 9.25)
    product.backward()
    assert (v.grad, w.grad) == (10.0, 20.0)
    assert array.mean().data == 1.75
    assert np.sum(array**2).data == 9.25


@pytest.mark.parametrize("make", [lambda v, w: np.array([v, w]), lambda v, w: np.array([v, w], dtype=object)])
def test_an_array_of_values_holds_the_nodes_themselves(make: Any) -> None:
    v, w = Value(3.0), Value(0.5)
    array = make(v, w)
    assert array.dtype == object
    assert array[0] is v
    with pytest.raises(NumberTypeError, match=r"\.data"):
        np.array([v, w], dtype=float)


@pytest.mark.parametrize("function", [np.exp, np.log, np.sqrt, np.sin, np.cos, np.tanh, np.absolute, np.negative])
def test_numpy_functions_of_the_table_reach_each_value(function: Any) -> None:
    array = np.array([Value(3.0), Value(0.5)], dtype=object)
    for out, node in zip(function(array), array, strict=True):
        assert isinstance(out, Value)
        assert out.inputs == (node,)
        assert out.data == pytest.approx(float(function(node.data)), rel=1e-15)
    assert function(Value(0.5)).data == function(array)[1].data


@pytest.mark.parametrize("function", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_numpy_maximum_records_the_choice(function: Any) -> None:
    v, w = Value(3.0), Value(0.5)
    name = function.__name__.replace("fm", "m") + ("imum" if len(function.__name__) == 4 else "")
    for chosen in (function(v, w), function(w, 3.0), function(3.0, w), function(np.float64(3.0), w)):
        assert chosen.op.name == name
        assert chosen.data == function(3.0, 0.5)
    by_element = function(w, np.array([1.0, 0.0]))
    assert [node.data for node in by_element] == function(0.5, [1.0, 0.0]).tolist()
    by_element.sum().backward()
    assert w.grad == 1.0


def test_numpy_maximum_of_an_array_of_objects_chooses_nodes() -> None:
    v, w = Value(3.0), Value(0.5)
    chosen = np.maximum(np.array([v, w], dtype=object), 1.0)
    assert chosen[0] is v
    assert chosen[1] == 1.0


INVERSES = [np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arctanh, np.deg2rad, np.rad2deg, np.degrees, np.radians]


@pytest.mark.parametrize("function", INVERSES)
def test_numpy_names_of_operations_reach_values_and_arrays_of_values(function: Any) -> None:
    v, w = Value(0.25), Value(0.5)
    alone, together = function(v), function(np.array([v, w], dtype=object))
    assert alone.data == pytest.approx(float(function(0.25)), rel=1e-15)
    assert [node.data for node in together] == pytest.approx(function([0.25, 0.5]).tolist(), rel=1e-15)
    alone.backward()
    step = 1e-6
    assert v.grad == pytest.approx((function(0.25 + step) - function(0.25 - step)) / (2 * step), rel=1e-8)


def test_numpy_functions_of_two_operands_reach_values() -> None:
    y, x = Value(1.0), Value(2.0)
    angle = np.arctan2(y, x)
    angle.backward()
    assert (angle.data, y.grad, x.grad) == pytest.approx((np.arctan2(1.0, 2.0), 0.4, -0.2))
    assert np.arctan2(np.array([y, x], dtype=object), 2.0)[0].data == angle.data
    assert np.hypot(y, 2.0).op.name == "hypot"
    assert np.logaddexp(y, x).data == pytest.approx(np.logaddexp(1.0, 2.0))
    assert np.remainder(Value(7.0), 4.0).data == np.mod(Value(7.0), 4.0).data == 3.0
    assert np.float_power(x, 3).data == 8.0


def test_numpy_variance_and_standard_deviation_of_values_have_their_gradients() -> None:
    numbers = [1.0, 4.0, -2.0]
    values = [Value(number) for number in numbers]
    for array in (np.array(values, dtype=object), np.array(values)):
        spread = np.std(array)
        assert spread.data == pytest.approx(np.std(numbers))
        assert np.var(array).data == pytest.approx(np.var(numbers))
        assert np.var(array, ddof=1).data == pytest.approx(np.var(numbers, ddof=1))
    spread.backward()
    assert [v.grad for v in values] == pytest.approx([(x - 1.0) / (3 * np.std(numbers)) for x in numbers])


def test_what_numpy_tells_about_numbers_it_tells_about_values() -> None:
    v = Value(math.nan)
    assert np.isnan(v)
    assert not np.isfinite(v)
    assert not np.isinf(Value(3.0))
    assert np.allclose(Value(3.0), 3.0)
    assert np.allclose(np.array([Value(1.0), Value(2.0)]), [1.0, 2.0])
    assert not np.allclose(np.array([Value(1.0), Value(2.0)]), [1.0, 2.1])


def test_arrays_are_changed_in_place_by_values() -> None:
    array = np.array([1.0, 2.0]).astype(object)
    v = Value(3.0)
    array *= v
    array += v
    assert [node.data for node in array] == [6.0, 9.0]
    numbers = np.array([1.0, 2.0])
    with pytest.raises(TypeError):
        numbers *= v


def test_a_value_and_an_array_of_numbers_meet_element_by_element() -> None:
    v = Value(3.0)
    numbers = np.array([[1.0, 2.0], [3.0, 4.0]])
    for out in (v * numbers, numbers * v, mg.multiply(v, numbers), mg.multiply(numbers, v)):
        assert out.shape == (2, 2)
        assert [[node.data for node in row] for row in out] == [[3.0, 6.0], [9.0, 12.0]]
    (v * numbers).sum().backward()
    assert v.grad == 10.0
    assert [x.data for x in (1 / (v - np.array([1.0, 2.0])))] == [0.5, 1.0]


def test_operations_on_float_arrays_stay_in_numpy() -> None:
    x = np.linspace(-2.0, 2.0, 5)
    assert mg.relu(x).tolist() == [0, 0, 0, 1, 2]
    assert mg.sigmoid(x).dtype == float
    assert mg.power(np.array([1, 2]), -1).tolist() == [1.0, 0.5]  # whole numbers are read as floats
    assert mg.negate(np.array([True, False])).tolist() == [-1.0, 0.0]
    assert mg.maximum(x, 0.5).tolist() == [0.5, 0.5, 0.5, 1, 2]
    assert mg.exp(np.array(0.0)) == 1.0


def test_an_infinite_slope_at_the_edge_of_a_domain_gives_no_warning() -> None:
    x = np.array([0.0, 4.0])
    assert TABLE["sqrt"].partials[0](x, mg.sqrt(x)).tolist() == [np.inf, 0.25]
    assert TABLE["power"].partials[0](x, 0.5, mg.power(x, 0.5)).tolist() == [np.inf, 0.25]


def test_softmax_and_dot_take_arrays() -> None:
    assert mg.softmax(np.array([0.0, 0.0])) == [0.5, 0.5]
    assert mg.dot(np.array([1.0, 2.0]), [Value(3.0), Value(4.0)]).data == 11.0


@pytest.mark.parametrize(
    ("convert", "advice"),
    [
        (lambda v: Value(np.array([1.0, 2.0])), r"\.item\(\)"),
        (lambda v: Value(np.array(3.0)), r"\.item\(\)"),
        (lambda v: Value(v), r"Use its \.data"),
        (lambda v: mg.exp("3"), "exp|float"),
        (lambda v: mg.exp([1, 2]), "one number at a time"),
        (lambda v: mg.add([1], [2]), "one number at a time"),  # elsewhere: [1, 2]
        (lambda v: mg.maximum(v, "3"), "float"),
        (lambda v: mg.exp(1j), "real"),
        (lambda v: mg.exp(np.array(["a"])), "astype"),
        (lambda v: mg.softmax("ab"), "float"),
        (range, r"int\(v\.data\)"),
        (lambda v: [1, 2][v], r"int\(v\.data\)"),
        (lambda v: [1] * v, r"int\(v\.data\)"),
    ],
)
def test_a_failed_conversion_says_which_method_to_use(convert: Any, advice: str) -> None:
    with pytest.raises(TypeError, match=advice) as caught:
        convert(Value(3.0))
    assert isinstance(caught.value, NumberTypeError)


@pytest.mark.parametrize("function", [np.spacing, np.isnan])
def test_a_numpy_function_that_the_table_lacks_is_a_type_error(function: Any) -> None:
    with pytest.raises(TypeError, match=function.__name__):
        function(np.array([Value(3.0)], dtype=object))


def test_errors_of_an_element_name_it() -> None:
    array = np.array([Value(1.0, label="x[1]"), Value(-1.0, label="x[2]")], dtype=object)
    for function in (np.log, mg.log):
        with pytest.raises(DomainError, match=r"x\[2\]"):
            function(array)
