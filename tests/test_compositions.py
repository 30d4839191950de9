"""Sums, dot products and the softmax family, against mpmath at 50 digits and the extremes where formulas overflow."""

from typing import Any

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
