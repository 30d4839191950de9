import numpy as np
import pytest

from microgradnet import Value
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError
from microgradnet.nn.reading import as_biases, as_count, as_list, as_matrices, as_nodes, finite


def test_numbers_become_labelled_nodes_and_nodes_stay():
    given = Value(2.0)
    nodes = as_nodes([1, given, np.float32(3.0)], "x")
    assert [node.label for node in nodes] == ["x[1]", "", "x[3]"]
    assert nodes[1] is given


@pytest.mark.parametrize("bare", [1, 2.5, Value(1.0), np.float64(1.0)])
def test_a_bare_number_is_a_list_of_one(bare):
    assert as_list(bare, "x") == [bare]


def test_ordered_collections_are_read_in_order():
    assert as_list(range(3), "x") == as_list((n for n in range(3)), "x") == [0, 1, 2]
    with pytest.raises(ShapeError, match=r"shape \(2, 2\)"):
        as_list(np.eye(2), "x")


def test_a_wrong_element_is_named_and_long_ones_are_shortened():
    with pytest.raises(NumberTypeError, match=r"x\[2\]"):
        as_nodes([1.0, "2"], "x")
    with pytest.raises(NumberTypeError) as caught:
        as_nodes([[0.0] * 10_000], "x")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("number", [0, -3, True, 1.0, "1", None])
def test_what_is_no_count(number):
    with pytest.raises(ArgumentError, match="the size is a whole number"):
        as_count(number, "the size")


def test_arrays_and_tuples_are_matrices():
    assert as_matrices(np.ones((1, 2, 2))) == [[[1.0, 1.0], [1.0, 1.0]]]
    assert as_matrices((((1, 2),), ((3,),))) == [[[1.0, 2.0]], [[3.0]]]
    assert as_biases((np.array([0.5]), None), [[[1.0]], [[1.0]]]) == [[0.5], None]


@pytest.mark.parametrize("number", [float("nan"), float("-inf"), 10**5000, np.float32("inf")], ids="abcd")
def test_what_is_not_finite(number):
    with pytest.raises(DomainError, match="w is a finite number"):
        finite(number, "w")
