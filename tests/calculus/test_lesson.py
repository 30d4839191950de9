"""The lesson's naive backward is the recursive function that it says it is, and the right one is right."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from microgradnet import Value
from microgradnet.calculus import why_topological
from microgradnet.errors import ArgumentError, NumberTypeError
from microgradnet.graph import leaves
from microgradnet.value import Constant
from tests.strategies import RandomGraph, random_graphs


def naive_gradients(loss: Value) -> dict[int, float]:
    """Return what the function that learners write gives, recursion and all."""
    grads: dict[int, float] = {id(loss): 1.0}

    def backward(node: Value) -> None:
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            grads[id(operand)] = grads.get(id(operand), 0.0) + partial * grads[id(node)]
        for operand in node.inputs:
            backward(operand)

    backward(loss)
    return grads


def diamond() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    s = a * b
    s.label = "s"
    loss = s * s + s
    loss.label = "loss"
    return loss, a, b


def test_the_diamond_is_counted_three_times() -> None:
    # By hand: loss = s^2 + s, so d loss/ds = 2s + 1 = 13, d/da = 13 b = 39, d/db = 13 a = 26.
    lesson = why_topological(diamond()[0])
    assert [(row.leaf, row.naive, row.right) for row in lesson.leaves] == [("a", 117.0, 39.0), ("b", 78.0, 26.0)]
    assert not any(row.agrees for row in lesson.leaves)
    step = lesson.first_double_count
    assert step is not None
    assert (step.node, step.grad, step.pushed_before, step.arrivals_before) == ("s", 13.0, 13.0, 1)
    assert [(push.to, push.amount, push.grad_after) for push in step.pushes] == [("a", 39.0, 78.0), ("b", 26.0, 52.0)]


@given(graph=random_graphs(most_steps=6))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_it_is_the_naive_function_and_the_engines_backward(graph: RandomGraph) -> None:
    loss = graph.record()[-1]
    lesson = why_topological(loss)
    naive = naive_gradients(loss)
    loss.backward()
    ends = leaves(loss)
    assert [row.naive for row in lesson.leaves] == [naive[id(leaf)] for leaf in ends]
    assert [row.right for row in lesson.leaves] == pytest.approx([leaf.grad for leaf in ends], rel=1e-15)


def test_a_tree_shows_no_difference_and_says_why() -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    lesson = why_topological((a * b).tanh() + 2.0)
    assert lesson.first_double_count is None
    assert all(row.agrees for row in lesson.leaves)
    assert "tree" in str(lesson)


def test_a_leaf_in_two_places_is_no_double_count() -> None:
    a = Value(3.0, label="a")
    lesson = why_topological(a * a)
    assert lesson.first_double_count is None  # it has nobody to push to
    assert [(row.naive, row.right) for row in lesson.leaves] == [(6.0, 6.0)]


def test_the_graph_is_left_as_it_was() -> None:
    loss, a, _ = diamond()
    loss.backward()
    why_topological(loss)
    assert a.grad == 39.0


def test_text_and_markdown_tell_the_same_story() -> None:
    lesson = why_topological(diamond()[0])
    for words in (lesson.text, lesson.markdown):
        assert "COUNTED AGAIN" in words
        assert "a.grad += 3 * 13 = 39   (now 78)" in words
        assert "loss, s*s, s, b, a" in words
        assert "3 times as much" in words
    assert str(lesson) == lesson.text
    assert "| a | 117 | 39 | 3 times as much |" in lesson._repr_markdown_()


def test_the_right_order_visits_each_node_after_all_that_use_it() -> None:
    loss = diamond()[0]
    order = why_topological(loss).order
    assert order[0] == "loss"
    assert order.index("s") < order.index("a")
    assert len(set(order)) == len(order)


def test_constants_are_not_shown() -> None:
    a = Value(2.0, label="a")
    lesson = why_topological(a * 3.0 + 1.0)
    assert not any(isinstance(node, Constant) for node in (a,))
    assert {push.to for step in lesson.steps for push in step.pushes} == {"a*3", "a"}


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: 3.0, NumberTypeError, "the loss"),
        (lambda: _doubling(40), ArgumentError, "smaller graph"),
    ],
)
def test_wrong_use_is_refused_with_advice(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        why_topological(make())


def _doubling(times: int) -> Value:
    """Return a graph with 2**times paths."""
    node = Value(1.0)
    for _ in range(times):
        node = node + node
    return node
