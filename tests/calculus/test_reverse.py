"""``gradients``: new nodes that can be differentiated again, beside the graph and without touching it."""

from __future__ import annotations

import math

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.calculus import grad, gradients
from microgradnet.errors import DomainError
from microgradnet.graph import topological


def test_gradients_touch_no_grad_and_unused_nodes_get_zero() -> None:
    x, y, unused = Value(2.0), Value(3.0), Value(7.0)
    loss = x * y
    found = gradients(loss, {"x": x, "rest": [y, unused]})
    assert (found["x"].data, [each.data for each in found["rest"]]) == (3.0, [2.0, 0.0])
    assert not any(node.has_grad for node in (loss, x, y, unused))


def test_gradients_by_interior_nodes_and_by_the_result_itself() -> None:
    x = Value(2.0)
    inner = x * x
    loss = inner * x
    assert [each.data for each in gradients(loss, [inner, x, loss])] == [2.0, 12.0, 1.0]


def test_gradients_are_new_nodes_so_that_a_step_by_hand_is_right() -> None:
    a, b = Value(2.0), Value(5.0)
    to_a, to_b = gradients(a * b, [a, b])
    for parameter, gradient in ((a, to_a), (b, to_b)):
        parameter.data -= 0.1 * gradient.data
    assert (a.data, b.data) == pytest.approx((1.5, 4.8))  # had to_b been a itself, b would be 4.85


def test_gradients_follow_recompute() -> None:
    x = Value(2.0)
    slope = gradients(x**3, x)
    x.data = 5.0
    mg.recompute(slope)
    assert slope.data == 75.0


def test_derivatives_are_labelled_where_they_are_named_by_both_ends() -> None:
    x, y = Value(2.0, label="x"), Value(3.0, label="y")
    loss = x**2 * y
    loss.label = "E"
    to_x = gradients(loss, x)
    assert to_x.label == "dE/dx"
    assert gradients(to_x, y).label == "d(dE/dx)/dy"
    assert y.label == "y"
    shared = x + y
    cube = shared**3
    cube.label = "E"
    assert [each.label for each in gradients(cube, [x, y])] == ["", ""]  # one node that is both has no one name


def test_a_chain_of_100000_operations_needs_no_recursion() -> None:
    x = Value(1.0)
    y = x
    for step in range(100_000):
        y = y * 1.00001 if step % 2 else y + 0.00001
    assert gradients(y, x).data == pytest.approx(1.00001**50_000, rel=1e-9)
    shared = x
    for _ in range(2_000):
        shared = shared + shared * 0.001
    first = gradients(shared * shared, x)
    assert gradients(first, x).data == pytest.approx(2 * 1.001**4000, rel=1e-9)


def test_a_derivatives_graph_stays_small() -> None:
    x = Value(0.3)
    y = x
    for _ in range(10):
        y = y.tanh()
    below = set(map(id, topological(y)))
    added = [node for node in topological(gradients(y, x)) if id(node) not in below]
    assert len(added) <= 50  # for each tanh: out*out, 1 - it, the product, and the 1


def test_where_the_slope_is_infinite_numbers_give_it_and_graphs_refuse() -> None:
    assert grad(mg.sqrt)(0.0) == math.inf
    x = Value(0.0, label="x")
    with pytest.raises(DomainError, match="different from 0"):
        gradients(mg.sqrt(x), x)
