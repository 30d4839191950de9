"""Sums, dot products and the softmax family, against mpmath at 50 digits and the extremes where formulas overflow."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError
from microgradnet.operation import TABLE
from tests.references import difference

logits = st.lists(st.floats(-1000.0, 1000.0), min_size=1, max_size=5)
SOFTMAX = {"logsumexp": mg.logsumexp, "softmax": mg.softmax, "log_softmax": mg.log_softmax}


def exact_logsumexp(*numbers: Any) -> Any:
    return mp.log(sum(map(mp.exp, numbers)))


@given(logits)
def test_the_softmax_family_is_that_of_mpmath_at_any_size(numbers: list[float]) -> None:
    with mp.workdps(1000):  # e^1000 beside e^-1000
        exact = exact_logsumexp(*map(mpf, numbers))
        shares = [float(mp.exp(mpf(number) - exact)) for number in numbers]
        logarithms = [float(mpf(number) - exact) for number in numbers]
    assert mg.logsumexp(numbers) == pytest.approx(float(exact), rel=1e-14, abs=1e-13)
    assert mg.softmax(numbers) == pytest.approx(shares, rel=1e-12, abs=1e-90)  # e^-718 has lost digits
    assert mg.log_softmax(numbers) == pytest.approx(logarithms, rel=1e-12, abs=1e-12)


@given(st.lists(st.floats(-30.0, 30.0) | st.floats(600.0, 650.0), min_size=1, max_size=4))
def test_the_gradient_of_logsumexp_is_the_softmax_also_where_it_is_shifted(numbers: list[float]) -> None:
    values = [Value(number) for number in numbers]
    mg.logsumexp(values).backward()
    for place, value in enumerate(values):
        assert value.grad == pytest.approx(float(difference(exact_logsumexp, numbers, place)), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("numbers", "shifted"), [([1.0, 2.0], False), ([1000.0, 999.0], True), ([-1000.0], True)])
def test_the_graph_is_the_textbooks_as_long_as_its_powers_fit(numbers: list[float], shifted: bool) -> None:
    outputs = mg.softmax([Value(number) for number in numbers])
    assert any(node.op is TABLE["subtract"] for node in graph.topological(outputs[0])) is shifted


@pytest.mark.parametrize("name", SOFTMAX)
def test_the_softmax_family_takes_any_iterable(name: str) -> None:
    function = SOFTMAX[name]
    assert function(iter([1.0, 2.0])) == function([1.0, 2.0]) == function((1, 2))


@pytest.mark.parametrize("name", SOFTMAX)
def test_an_empty_softmax_is_an_error(name: str) -> None:
    with pytest.raises(ArgumentError, match="at least one number"):
        SOFTMAX[name]([])


@pytest.mark.parametrize("name", SOFTMAX)
@pytest.mark.parametrize("wrong", ["ab", [None], [[1.0]]], ids=repr)
def test_a_softmax_of_what_is_no_number_is_an_error(name: str, wrong: Any) -> None:
    with pytest.raises(NumberTypeError):
        SOFTMAX[name](wrong)


def test_total_adds_from_left_to_right_and_records_no_zero() -> None:
    values = [Value(number) for number in (0.1, 0.2, 0.3)]
    whole = mg.total(values)
    assert whole.data == (0.1 + 0.2) + 0.3 != 0.1 + (0.2 + 0.3)
    assert len(graph.topological(whole)) == 5
    assert len(graph.topological(sum(values))) == 7  # Python's sum begins with 0 + 0.1
    assert mg.total(iter(values[:1])) is values[0]
    with pytest.raises(ArgumentError, match="at least one term"):
        mg.total([])


def test_a_dot_product_adds_the_products_and_then_the_bias() -> None:
    weights, inputs, bias = [Value(2.0), Value(3.0)], [5.0, 7.0], Value(0.5)
    result = mg.dot(weights, inputs, bias)
    assert result.data == 31.5
    assert result.inputs[1] is bias
    result.backward()
    assert [node.grad for node in (*weights, bias)] == [5.0, 7.0, 1.0]
    assert mg.dot(iter(weights), iter(inputs)).data == 31.0
    assert mg.dot([1, 2], [3, 4]) == 11


def test_a_dot_product_of_unequal_lengths_says_both() -> None:
    with pytest.raises(ShapeError, match="2 and 3 numbers"):
        mg.dot([Value(1.0), Value(2.0)], [1.0, 2.0, 3.0])


finite = st.floats(-1e6, 1e6).map(lambda number: round(number, 6))
AVERAGES = {"mean": mg.mean, "variance": mg.variance, "norm": mg.norm}


def exact_mean(*numbers: Any) -> Any:
    return sum(numbers) / len(numbers)


def exact_variance(*numbers: Any) -> Any:
    return sum((number - exact_mean(*numbers)) ** 2 for number in numbers) / len(numbers)


def exact_norm(*numbers: Any) -> Any:
    return mp.sqrt(sum(number**2 for number in numbers))


EXACT = {"mean": exact_mean, "variance": exact_variance, "norm": exact_norm}


@pytest.mark.parametrize("name", AVERAGES)
@given(numbers=st.lists(finite, min_size=1, max_size=6))
def test_averages_and_their_gradients_are_those_of_mpmath(name: str, numbers: list[float]) -> None:
    size = max(map(abs, numbers))
    values = [Value(number) for number in numbers]
    result = AVERAGES[name](values)
    result.backward()
    with mp.workdps(50):
        scale = max(size, 1.0) ** (2 if name == "variance" else 1)
        assert result.data == pytest.approx(float(EXACT[name](*map(mpf, numbers))), rel=1e-13, abs=1e-15 * scale)
    for place, value in enumerate(values):
        if size > 1e-6:  # at 0 a norm has no derivative, and close to it the difference has none
            slope = float(difference(EXACT[name], numbers, place))
            assert value.grad == pytest.approx(slope, rel=1e-12, abs=1e-15 * max(size, 1.0))
    assert AVERAGES[name](numbers) == AVERAGES[name](iter(numbers)) == result.data


def test_averages_agree_with_numpy_and_its_default() -> None:
    numbers = [0.5, -1.25, 3.0, 7.5]
    assert mg.mean(numbers) == np.mean(numbers)
    assert mg.variance(numbers) == pytest.approx(np.var(numbers), rel=1e-15)  # of the population, as ddof=0
    assert mg.variance(numbers, sample=True) == pytest.approx(np.var(numbers, ddof=1), rel=1e-15)
    assert mg.norm(numbers) == pytest.approx(np.linalg.norm(numbers), rel=1e-15)


def test_averages_of_large_numbers_are_finite() -> None:
    assert mg.mean([1.5e308, 1.5e308]) == 1.5e308
    assert mg.norm([3e200, 4e200]) == pytest.approx(5e200, rel=1e-15)
    assert mg.norm([3e-200, -4e-200]) == pytest.approx(5e-200, rel=1e-15)
    assert mg.variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]) == 22.5  # the mean of squares less the square gives 0
    x, y = Value(3e200), Value(4e200)
    mg.norm([x, y]).backward()
    assert (x.grad, y.grad) == (pytest.approx(0.6), pytest.approx(0.8))


def test_a_norm_of_zeros_has_the_derivative_0() -> None:
    values = [Value(0.0), Value(0.0), Value(0.0)]
    result = mg.norm(values)
    result.backward()
    assert [result.data, *(value.grad for value in values)] == [0.0] * 4


@pytest.mark.parametrize("name", AVERAGES)
def test_an_average_of_nothing_is_an_error(name: str) -> None:
    with pytest.raises(ArgumentError, match=f"{name} needs at least one number"):
        AVERAGES[name]([])


def test_the_variance_of_a_sample_of_one_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="two numbers"):
        mg.variance([1.0], sample=True)
    assert mg.variance([1.0]) == 0.0


@pytest.mark.parametrize(
    ("numbers", "result", "gradients"),
    [
        ([-np.inf], -np.inf, [1.0]),
        ([np.inf, 0.0], np.inf, [1.0, 0.0]),
        ([0.0, np.inf], np.inf, [0.0, 1.0]),
        ([-np.inf, -np.inf], -np.inf, [0.5, 0.5]),
        ([-np.inf, 0.0], 0.0, [0.0, 1.0]),
        ([800.0, np.inf], np.inf, [0.0, 1.0]),
    ],
)
def test_logsumexp_of_infinities_is_the_limit(numbers: list[float], result: float, gradients: list[float]) -> None:
    assert mg.logsumexp(numbers) == result
    values = [Value(number) for number in numbers]
    loss = mg.logsumexp(values)
    loss.backward()
    assert (loss.data, [value.grad for value in values]) == (result, gradients)


def test_logsumexp_of_a_nan_is_nan() -> None:
    for numbers in ([np.nan, 1.0], [1.0, np.nan], [np.inf, np.nan], [np.nan, np.inf]):
        assert np.isnan(mg.logsumexp(numbers))


@pytest.mark.parametrize("name", ["total", "mean", "variance", "norm", "logsumexp", "softmax", "log_softmax"])
@pytest.mark.parametrize("given", [3, Value(1.0), None, np.array(2.0)], ids=repr)
def test_one_number_where_a_list_belongs_is_an_error_that_shows_the_call(name: str, given: Any) -> None:
    with pytest.raises(NumberTypeError, match=rf"{name} takes a list of .*Write mg\.{name}\(\[a, b\]\)"):
        getattr(mg, name)(given)
    with pytest.raises(NumberTypeError, match=r"dot takes two lists .*Write mg\.dot\("):
        mg.dot([Value(1.0)], given)


@pytest.mark.parametrize("text", [["a"], "12", [b"1"], {"w": 1.0}], ids=repr)
def test_a_total_of_text_is_an_error(text: Any) -> None:
    with pytest.raises(NumberTypeError, match="total adds Values and numbers"):
        mg.total(text)
