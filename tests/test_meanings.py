"""Meanings that users trip over elsewhere, and ours: each test names what a peer does in the same place."""

import copy
import math
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.errors import DomainError, NumberTypeError, ShapeError

MILLION = 1_000_000


# backward() twice


def test_backward_twice_adds_once_more_24_where_micrograd_gives_36() -> None:
    a = Value(3.0)
    c = (a * a) * 2
    c.backward()
    assert a.grad == 12.0
    c.backward()
    assert a.grad == 24.0
    assert [node.grad for node in graph.topological(c) if node.op] == [4.0, 2.0]
    c.zero_grad()
    c.backward()
    assert a.grad == 12.0


def test_two_losses_over_one_graph_add_up_21_where_micrograd_pushes_the_shared_node_again_and_gives_33() -> None:
    a = Value(3.0)
    middle = a * a
    first, second = middle * 2, middle * 1.5
    first.backward()
    second.backward()
    assert a.grad == 12.0 + 9.0


# a long chain, or the sum of many Values

LADDERS: dict[str, tuple[Callable[[Any, Value], Any], float]] = {
    "v*c": (lambda v, x: v * 1.0, 1.0),
    "c*v": (lambda v, x: 1.0 * v, 1.0),
    "v+x": (lambda v, x: v + x, MILLION + 1.0),
    "x+v": (lambda v, x: x + v, MILLION + 1.0),
    "v*v": (lambda v, x: v * v, math.inf),  # 2**1000000, beyond a float
    "-v": (lambda v, x: -v, 1.0),
}


@pytest.mark.parametrize("shape", LADDERS)
def test_a_chain_of_a_million_operations_is_differentiated_and_freed_where_micrograd_has_a_recursion_error(
    shape: str,
) -> None:
    """Built, swept and freed in a thread with a stack of 2 MiB, of which recursion would need at least a hundred."""
    step, gradient = LADDERS[shape]
    results: list[tuple[int, float]] = []

    def live() -> None:
        v = x = Value(1.0)
        for _ in range(MILLION):
            v = step(v, x)
        v.backward()
        length = len(graph.topological(v))
        del v  # the whole chain is freed here, one node after the other
        results.append((length, x.grad))

    in_a_small_stack(live)
    length, grad = results[0]
    assert length >= MILLION + 1
    assert grad == gradient


def test_the_sum_of_a_million_values_is_differentiated_where_micrograd_fails_at_2000() -> None:
    results: list[float] = []

    def live() -> None:
        terms = [Value(0.5) for _ in range(MILLION)]
        total = sum(terms)
        total.backward()
        results.extend((total.data, terms[0].grad, terms[-1].grad))

    in_a_small_stack(live)
    assert results == [MILLION / 2, 1.0, 1.0]


def in_a_small_stack(work: Callable[[], None]) -> None:
    # Python 3.13 frees nested objects of any kind to a depth of some thousands before it goes on in a loop: 0.6 MiB.
    before = threading.stack_size(2 * 1024 * 1024)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)


# a + a


def test_a_plus_a_has_two_operands_where_micrograd_keeps_a_set_and_draws_one_edge() -> None:
    a = Value(2.0)
    doubled = a + a
    assert [operand is a for operand in doubled.inputs] == [True, True]
    assert doubled.partials == (1.0, 1.0)
    assert graph.count_paths(doubled, a) == 2
    doubled.backward()
    assert a.grad == 2.0


# gradients before backward()


def test_a_gradient_before_backward_is_known_not_to_be_computed_where_micrograd_shows_0() -> None:
    a = Value(2.0)
    loss = 0.0 * a
    assert (a.grad, a.has_grad) == (0.0, False)
    loss.backward()
    assert (a.grad, a.has_grad) == (0.0, True)  # a gradient of 0 is now a result


# the wrong number of inputs


@pytest.mark.parametrize("inputs", [[1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_a_network_given_the_wrong_number_of_inputs_says_both_where_micrograd_drops_the_rest(
    inputs: list[float],
) -> None:
    with pytest.raises(ShapeError, match=rf"3.*{len(inputs)}"):
        mg.MLP(3, [4, 1])(inputs)


# what is no number


@pytest.mark.parametrize(
    ("wrong", "elsewhere"), [("3", "33"), ([1, 2], "[1, 2, 1, 2]"), (1j, "2j")], ids=["33", "[1, 2, 1, 2]", "2j"]
)
def test_what_is_no_number_is_a_type_error_where_micrograd_doubles_it_to(wrong: Any, elsewhere: str) -> None:
    assert str(wrong * 2) == elsewhere
    with pytest.raises(NumberTypeError) as caught:
        Value(wrong) * 2
    assert isinstance(caught.value, TypeError)


def test_the_root_of_a_negative_number_is_a_domain_error_where_micrograd_goes_on_with_a_complex_number() -> None:
    assert isinstance((-1.0) ** 0.5, complex)
    for root in (lambda v: v**0.5, mg.sqrt):
        with pytest.raises(DomainError, match=r"-1.0 \(labelled 'w'\)"):
            root(Value(-1.0, label="w"))


# outside of the domain


@pytest.mark.parametrize(
    ("operation", "compute", "number"),
    [
        ("log", lambda v: mg.log(v), 0.0),  # elsewhere: ValueError: math domain error
        ("power", lambda v: v**-1, 0.0),  # elsewhere: ZeroDivisionError
        ("divide", lambda v: 1 / v, 0.0),  # elsewhere: ZeroDivisionError
        ("exp", lambda v: mg.exp(v), 1000.0),  # elsewhere: OverflowError: math range error, or inf
        ("power", lambda v: v**200, 1e10),  # elsewhere: OverflowError
    ],
)
def test_a_domain_error_names_operation_label_and_value_where_micrograd_has_a_bare_math_error(
    operation: str, compute: Any, number: float
) -> None:
    with pytest.raises(DomainError, match=operation) as caught:
        compute(Value(number, label="z1[1]"))
    assert f"{number!r} (labelled 'z1[1]')" in str(caught.value)
    assert isinstance(caught.value, ValueError)


# copies


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copied_graph_is_a_whole_graph_where_micrograd_has_gradient_0_or_cannot_pickle(clone: Any) -> None:
    a, b = Value(3.0, label="a"), Value(2.0, label="b")
    loss = a * a * b
    copied = clone(loss)
    copied.backward()
    assert {leaf.label: leaf.grad for leaf in graph.leaves(copied)} == {"a": 12.0, "b": 9.0}
    assert (a.grad, b.grad) == (0.0, 0.0)


# kinks


@pytest.mark.parametrize(
    ("compute", "gradients"),
    [
        (lambda a, b: mg.relu(a), (0.0, 0.0)),
        (lambda a, b: abs(a), (0.0, 0.0)),
        (lambda a, b: mg.maximum(a, b), (0.5, 0.5)),
        (lambda a, b: mg.minimum(a, b), (0.5, 0.5)),
    ],
    ids=["relu at 0", "abs at 0", "tie of max", "tie of min"],
)
def test_the_derivative_at_a_kink_is_what_the_table_says_where_micrograd_says_nothing(
    compute: Any, gradients: tuple[float, float]
) -> None:
    a, b = Value(0.0), Value(0.0)
    result = compute(a, b)
    result.backward()
    assert (a.grad, b.grad) == gradients
    numbers = [operand.data for operand in result.inputs]
    assert any(kink.at(*numbers) and kink.convention for kink in result.op.kinks)
