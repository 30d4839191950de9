"""What the compiler sees in a graph: sums however they are written, like nodes, matrices, views.

Each is looked for in what a program is and does: its arrays, the matrix products in its text, its numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import MLP, Value, graph
from microgradnet.operation import Op
from tests.compiler.agreement import assert_agree, called, eager

# Sums


def body(program: Any) -> str:
    """Return the lines of a program's step."""
    return str(program.source.partition("def step")[2])


def four() -> list[Value]:
    return [Value(number, label=name) for name, number in zip("abcd", (2.0, 3.0, 5.0, 7.0), strict=True)]


WRITTEN: dict[str, tuple[Callable[..., Value], str]] = {
    "-(a / 4) - 1": (lambda a, b: -(a / 4.0) - 1.0, "return -1 - 0.25 * a"),
    "a * 1 + 0": (lambda a, b: a * 1.0 + 0.0, "return a\n"),
    "sin(a) - b * 2": (lambda a, b: mg.sin(a) - b * 2.0, "return np.sin(a) - 2 * b"),
    "(-a) * (b * 3)": (lambda a, b: (-a) * (b * 3.0), "return -3 * (a * b)"),
    "0.5 * (2 * a) * b": (lambda a, b: 0.5 * (2.0 * a) * b, "return a * b"),
    "(a * b)**2": (lambda a, b: (a * b) ** 2, "return v1**2"),
    "logistic, by hand": (lambda a, b: 1.0 / (1.0 + mg.exp(-a)), "v1 = np.exp(-a)"),
    "a choice": (lambda a, b: mg.where(mg.greater(a, 0.0), a, b), "return np.where(v1, a, b)"),
    "relu": (lambda a, b: mg.relu(a), "return np.maximum(a, 0.0)"),
    "a square root": (lambda a, b: a**0.5, "gradient[0] = 0.5 * v1 / a"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_neutral_numbers_signs_and_factors_leave_no_trace(name: str) -> None:
    build, line = WRITTEN[name]
    leaves = four()[:2]
    node = build(*leaves)
    program = mg.compile(node)
    assert line in program.source
    assert_agree(called(program, node, leaves), eager(node, leaves))


SUMS: dict[str, Callable[..., Value]] = {
    "one after the other": lambda a, b, c, d: a * b + mg.sin(c) + d - 3.0 + a,
    "leaning right": lambda a, b, c, d: a * b + (mg.sin(c) + (d + (-3.0 + a))),
    "a tree": lambda a, b, c, d: (a * b + mg.sin(c)) + (d - (3.0 - a)),
    "sum()": lambda a, b, c, d: sum([a * b, mg.sin(c), d, a]) - 3.0,
    "minus the negative": lambda a, b, c, d: a * b - (-mg.sin(c)) - (3.0 - d) - a * -1,
    "halves and doubles": lambda a, b, c, d: (a * 0.5) * (b * 2.0) + mg.sin(c) / 0.5 / 2.0 + d * 4 / 4 + a - 3.0,
}


@pytest.mark.parametrize("way", SUMS)
def test_a_sum_is_one_array_however_it_is_written(way: str) -> None:
    leaves = four()
    node = SUMS[way](*leaves)
    program = mg.compile(node)
    assert [group.count for group in program.groups if group.kind == "computed"] == [1, 1]  # sin(c), and the sum
    assert_agree(called(program, node, leaves), eager(node, leaves))


def test_a_label_is_a_border_as_somebody_may_ask_for_it() -> None:
    a, b, c, _ = four()
    inner = a + b
    assert "a + b" not in mg.compile(inner + c).source
    inner = a + b
    inner.label = "inner"
    program = mg.compile(mg.sin(inner + c))
    assert "inner = " in program.source


def test_constants_whose_product_overflows_stay_factors() -> None:
    for numbers in ([1e-200, 1e-200, 1e300], [1e200, 1e200, 1e-300]):
        x = Value(1e-100 if numbers[0] > 1.0 else 1e100, label="x")
        loss = x * numbers[0] * numbers[1] * numbers[2] + 0.0 * x
        program = mg.compile(loss)
        assert program() == pytest.approx(loss.data, rel=1e-13)
        x.zero_grad()
        loss.backward()
        assert program.gradient[0] == pytest.approx(x.grad, rel=1e-13)


# Like nodes


def counts(loss: Value) -> list[int]:
    return [group.count for group in mg.compile(loss).groups if group.kind == "computed"]


def test_like_nodes_are_one_array_whatever_the_length_of_their_sums() -> None:
    mlp = MLP(3, [4, 2], activation="tanh", seed=1)
    loss = mg.total(mg.losses.squared_error(mlp([0.1 * k, 0.2, 0.3]), [1.0, 0.0]) for k in range(5))
    assert counts(loss) == [20, 20, 10, 10, 10, 5, 1]  # z1, a1, o, o - t, its square, E, and their sum
    a, b = Value(2.0), Value(3.0)
    growing = mg.total(mg.exp(sum(a * mg.sin(b + k) for k in range(1, 1 + length))) for length in (1, 2, 3))
    assert counts(growing) == [6, 6, 3, 3, 1]


def test_a_chain_without_like_nodes_is_no_program_of_arrays() -> None:
    node = Value(2.0)
    for _ in range(2_000):
        node = mg.sin(node)
    assert mg.compile(node).groups == ()


# Matrix products


def rows_of(count: int, width: int, source: np.random.Generator) -> list[list[Value]]:
    return [[Value(float(number)) for number in source.normal(size=width)] for _ in range(count)]


def hidden(rows: Sequence[Sequence[Value]], op: Op) -> list[list[Value]]:
    """Return results in the places of leaves, so that they are an array that the program computes."""
    return [[op(value) for value in row] for row in rows]


@given(st.integers(1, 5), st.integers(2, 5), st.integers(2, 4), st.integers(0, 1000), st.booleans())
def test_all_pairs_of_rows_are_one_product_in_any_order_and_on_any_side(
    rows: int, columns: int, width: int, seed: int, swapped: bool
) -> None:
    source = np.random.default_rng(seed)
    left, right = rows_of(rows, width, source), rows_of(columns, width, source)
    a, b = hidden(left, mg.sin), hidden(right, mg.tanh)
    pairs = list(itertools.product(range(rows), range(columns)))
    source.shuffle(pairs)
    sums = []
    for i, j in pairs:
        terms = [
            a[i][k] * b[j][k] if not swapped or source.random() < 0.5 else b[j][k] * a[i][k]
            for k in source.permutation(width)
        ]
        sums.append(mg.total(terms))
    loss = mg.total(mg.exp(0.1 * each) for each in sums)
    program = mg.compile(loss)
    if rows > 1 or not swapped:  # one row can't be told from the other side by its sums alone
        products = body(program).count(" @ ") + body(program).count("[:, None]")
        assert products == 3  # one forward, and one for each side backward
    leaves = [value for row in (*left, *right) for value in row]
    assert_agree(called(program, loss, leaves), eager(loss, leaves))


def test_separate_rows_are_blocks_of_one_product() -> None:
    source = np.random.default_rng(0)
    heads = [rows_of(3, 2, source) for _ in range(4)]
    sums = [mg.dot(one, other) for h in (0, 1) for one in heads[h] for other in heads[2 + h]]
    loss = mg.total(mg.exp(0.1 * each) for each in sums)
    program = mg.compile(loss)
    assert body(program).count(" @ ") == 3
    assert (2, 3, 3) in [group.shape for group in program.groups]
    leaves = [value for head in heads for row in head for value in row]
    assert_agree(called(program, loss, leaves), eager(loss, leaves))


def test_sums_that_grow_over_one_column_are_one_product_with_zeros() -> None:
    source = np.random.default_rng(1)
    weights = [row[: 1 + place] for place, row in enumerate(rows_of(3, 3, source))]
    values = rows_of(2, 3, source)
    sums = [mg.dot(row, value[: len(row)]) for row in weights for value in values]
    loss = mg.total(mg.tanh(each) for each in sums)
    program = mg.compile(loss)
    assert body(program).count(" @ ") >= 3
    leaves = [value for row in (*weights, *values) for value in row]
    assert_agree(called(program, loss, leaves), eager(loss, leaves))


def test_products_of_random_pairs_are_no_matrices() -> None:
    source = np.random.default_rng(0)
    left, right = (rows_of(1, 50, source)[0] for _ in "lr")
    sums = [
        mg.total(left[i] * right[j] for i, j in zip(*source.integers(0, 50, (2, 3)), strict=True)) for _ in range(40)
    ]
    loss = mg.total(mg.tanh(each) for each in sums)
    program = mg.compile(loss)
    assert " @ " not in program.source
    leaves = list(graph.leaves(loss))
    assert_agree(called(program, loss, leaves), eager(loss, leaves))


# Views


def random_places(source: np.random.Generator) -> tuple[Any, tuple[int, ...]]:
    """Return places in an array of some shape that slices, transposes, splits, broadcasts or shuffles it."""
    shape = tuple(int(size) for size in source.integers(1, 5, source.integers(1, 4)))
    places = np.arange(np.prod(shape)).reshape(shape)
    for _ in range(source.integers(0, 4)):
        kind = source.integers(7)
        axis = int(source.integers(max(places.ndim, 1)))
        if kind == 0 and places.ndim > 1:
            places = places.transpose(source.permutation(places.ndim))
        elif kind == 1 and places.ndim and places.shape[axis] > 2:
            places = places.take(np.arange(1, places.shape[axis], int(source.integers(1, 3))), axis)
        elif kind == 2:
            places = np.broadcast_to(np.expand_dims(places, axis), (*places.shape[:axis], 3, *places.shape[axis:]))
        elif kind == 3 and places.ndim and places.shape[axis] % 2 == 0:
            cut = (*places.shape[:axis], 2, places.shape[axis] // 2, *places.shape[axis + 1 :])
            places = places.reshape(cut)
        elif kind == 4 and places.ndim > 1:
            places = places.take(int(source.integers(places.shape[axis])), axis)
        elif kind == 5 and places.ndim:
            places = np.flip(places, axis)
        elif kind == 6 and source.random() < 0.3:
            places = source.permutation(places.ravel())
    return np.ascontiguousarray(places), shape


@given(st.integers(0, 100_000), st.booleans())
def test_an_array_read_in_any_order_agrees(seed: int, batched: bool) -> None:
    """Each element that is read meets another leaf, so that its derivative shows where it came from."""
    source = np.random.default_rng(seed)
    places, shape = random_places(source)
    x, weights = rows_of(1, math.prod(shape), source)[0], rows_of(1, places.size, source)[0]
    h = [mg.sin(value * 1.5) for value in x]
    loss = mg.total(mg.tanh(h[place] * weight) for place, weight in zip(places.ravel(), weights, strict=True))
    reached = graph.leaves(loss)
    batch = [leaf for leaf in x if leaf in reached] if batched else []
    program = mg.compile(loss, batch=batch or None)
    samples = [[[leaf.data for leaf in batch]] * 2] if batch else []
    leaves = [*weights, *([] if batch else x)]
    assert_agree(called(program, loss, leaves, *samples), eager(loss, leaves))
