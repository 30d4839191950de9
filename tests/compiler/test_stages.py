"""The stages of the compiler one by one: flat sums, groups, matrices, views, written rules."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.compiler.arrays import find_view
from microgradnet.compiler.expressions import ArrayExpression, define, name, read, spread
from microgradnet.compiler.products import find_matrices, orient
from microgradnet.compiler.sums import flatten, group, record
from microgradnet.compiler.writing import _define, on_arrays
from microgradnet.operation import TABLE
from tests.samples import counted, somewhere

# Flat sums


def terms_of(loss: Value) -> tuple[float, list[tuple[float, ...]]]:
    """Return the constant of a loss that is one sum, and its terms: coefficients, and the numbers of the factors."""
    recording = record([loss])
    flat = flatten(recording)
    root = recording.outputs[0]
    chosen = flat.terms.only(flat.terms.sum == root)
    rows = zip(chosen.coefficient, chosen.first, chosen.second, strict=True)
    found = [(float(c), *(float(recording.data[f]) for f in (one, two) if f >= 0)) for c, one, two in rows]
    return float(flat.constant[root]), sorted(found)


A, B, C, D = (Value(number) for number in (2.0, 3.0, 5.0, 7.0))


@pytest.mark.parametrize(
    ("build", "constant", "terms"),
    [
        (lambda: A + B + C, 0.0, [(1.0, 2.0), (1.0, 3.0), (1.0, 5.0)]),
        (lambda: A + (B + (C + D)), 0.0, [(1.0, 2.0), (1.0, 3.0), (1.0, 5.0), (1.0, 7.0)]),
        (lambda: (A + B) + (C + D), 0.0, [(1.0, 2.0), (1.0, 3.0), (1.0, 5.0), (1.0, 7.0)]),
        (lambda: sum([A * B, C * D]), 0.0, [(1.0, 2.0, 3.0), (1.0, 5.0, 7.0)]),
        (lambda: A - B * 2.0 + 1.0, 1.0, [(1.0, 2.0), (-2.0, 3.0)]),
        (lambda: A + (B * -1), 0.0, [(1.0, 2.0), (-1.0, 3.0)]),
        (lambda: -(A / 4.0) - 1.0, -1.0, [(-0.25, 2.0)]),
        (lambda: A - (B - (C - 3.0)), -3.0, [(1.0, 2.0), (-1.0, 3.0), (1.0, 5.0)]),
        (lambda: (-A) * (B * 3.0) + C**2, 0.0, [(-3.0, 2.0, 3.0), (1.0, 5.0, 5.0)]),
        (lambda: 0.5 * (A + B), 0.0, [(0.5, 5.0)]),  # a sum of several terms below a factor stays a sum of its own
        (lambda: sum([A + B, C + D]), 0.0, [(1.0, 5.0), (1.0, 12.0)]),  # and so do those that sum() adds up
        (lambda: sum([A, B, C + D]), 0.0, [(1.0, 2.0), (1.0, 3.0), (1.0, 5.0), (1.0, 7.0)]),
    ],
)
def test_a_chain_of_additions_becomes_one_list_of_terms(
    build: Callable[[], Value], constant: float, terms: list[tuple[float, ...]]
) -> None:
    assert terms_of(build()) == (constant, sorted(terms))


def test_a_label_is_a_border_as_somebody_may_ask_for_it() -> None:
    inner = A + B
    assert terms_of(inner + C)[1] == [(1.0, 2.0), (1.0, 3.0), (1.0, 5.0)]
    inner = A + B
    inner.label = "inner"
    assert terms_of(inner + C)[1] == [(1.0, 5.0), (1.0, 5.0)]


def test_written_numbers_whose_product_leaves_the_floats_stay_factors() -> None:
    for numbers in ([1e-200, 1e-200, 1e300], [1e200, 1e200, 1e-300]):
        x = Value(1e-100 if numbers[0] > 1.0 else 1e100, label="x")
        loss = x * numbers[0] * numbers[1] * numbers[2] + 0.0 * x
        program = mg.compile(loss)
        assert program() == pytest.approx(loss.data, rel=1e-13)
        x.zero_grad()
        loss.backward()
        assert program.gradient[0] == pytest.approx(x.grad, rel=1e-13)


def groups_of(loss: Value) -> list[int]:
    recording = record([loss])
    found = group(recording, flatten(recording), 10_000)
    assert found is not None
    return [len(each.members) for each in found.groups[2:]]


def test_like_nodes_are_one_group_whatever_the_length_of_their_sums() -> None:
    mlp = MLP(3, [4, 2], activation="tanh", seed=1)
    loss = mg.total(mg.losses.squared_error(mlp([0.1 * k, 0.2, 0.3]), [1.0, 0.0]) for k in range(5))
    assert groups_of(loss) == [20, 20, 10, 10, 10, 5, 1]  # z1, a1, o, o - t, its square, E, and their sum
    growing = mg.total(mg.exp(sum(A * mg.sin(B + k) for k in range(1, 1 + length))) for length in (1, 2, 3))
    assert groups_of(growing) == [6, 6, 3, 3, 1]


def test_more_groups_than_are_wanted_are_given_up() -> None:
    node = A
    for _ in range(50):
        node = mg.sin(node)
    recording = record([node])
    assert group(recording, flatten(recording), 20) is None


# Matrices


def product_terms(left: Any, right: Any, pairs: list[tuple[int, int]], seed: int) -> tuple[Any, Any, Any]:
    """Return the terms of dot products of some rows, each sum's in an order of its own."""
    source = np.random.default_rng(seed)
    sums, first, second = [], [], []
    for number, (row, column) in enumerate(pairs):
        for k in source.permutation(left.shape[1]):
            if left[row, k] >= 0 and right[column, k] >= 0:
                sums.append(number)
                first.append(left[row, k])
                second.append(right[column, k])
    return np.array(sums), np.array(first), np.array(second)


@given(st.integers(1, 5), st.integers(2, 5), st.integers(2, 4), st.integers(0, 1000), st.booleans())
def test_all_pairs_of_rows_are_found_in_any_order_and_on_any_side(
    rows: int, columns: int, width: int, seed: int, swapped: bool
) -> None:
    left = np.arange(rows * width).reshape(rows, width)
    right = 1000 + np.arange(columns * width).reshape(columns, width)
    pairs = list(itertools.product(range(rows), range(columns)))
    np.random.default_rng(seed).shuffle(pairs)
    sums, first, second = product_terms(left, right, pairs, seed)
    if swapped:
        turn = np.random.default_rng(seed).random(len(first)) < 0.5
        first, second = np.where(turn, second, first), np.where(turn, first, second)
        first, second = orient(sums, first, second, len(pairs))
        if rows == 1:
            return  # one row and each of its sums' rows can't be told apart from the other side alone
    found = find_matrices(sums, first, second, len(pairs))
    assert found is not None
    assert found.left.shape[0] == 1
    for number, (row, column) in enumerate(pairs):
        _, a, b = np.unravel_index(found.at[number], found.shape)
        products = {frozenset(pair) for pair in zip(found.left[0, a].tolist(), found.right[0, b].tolist(), strict=True)}
        expected = {frozenset(pair) for pair in zip(left[row].tolist(), right[column].tolist(), strict=True)}
        assert products == expected


def test_separate_rows_are_blocks() -> None:
    heads = [np.arange(start, start + 6).reshape(3, 2) for start in (0, 10, 20, 30)]
    pairs = [(h, i, j) for h in (0, 1) for i in range(3) for j in range(3)]
    terms = [(number, heads[h][i, k], heads[2 + h][j, k]) for number, (h, i, j) in enumerate(pairs) for k in range(2)]
    found = find_matrices(*map(np.array, zip(*terms, strict=True)), len(pairs))
    assert found is not None
    assert found.shape == (2, 3, 3)


def test_growing_sums_over_one_column_are_a_product_with_zeros() -> None:
    weights = np.array([[0, -1, -1], [1, 2, -1], [3, 4, 5]])
    values = np.arange(10, 16).reshape(2, 3)
    pairs = list(itertools.product(range(3), range(2)))
    found = find_matrices(*product_terms(weights, values, pairs, 0), len(pairs))
    assert found is not None
    assert found.shape == (1, 3, 2)
    assert (found.left == -1).sum() == 3


def test_products_of_no_rows_are_no_matrices() -> None:
    source = np.random.default_rng(0)
    sums = np.repeat(np.arange(40), 3)
    assert find_matrices(sums, source.integers(0, 50, 120), source.integers(100, 150, 120), 40) is None


# Views


def random_view(source: np.random.Generator) -> tuple[Any, tuple[int, ...]]:
    """Return places in an array of some shape that slices, transposes, splits, broadcasts or shuffles it."""
    shape = tuple(int(size) for size in source.integers(1, 7, source.integers(1, 4)))
    places = np.arange(np.prod(shape)).reshape(shape)
    for _ in range(source.integers(0, 4)):
        kind = source.integers(6)
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
        elif kind == 5 and source.random() < 0.3:
            places = source.permutation(places.ravel())
    return np.ascontiguousarray(places), shape


def run(expression: Any, **names: Any) -> Any:
    return eval(expression.text, {"np": np, **names})


@given(st.integers(0, 100_000), st.booleans())
def test_views_read_the_places_that_they_were_made_from_and_hand_adjoints_back(seed: int, batched: bool) -> None:
    source = np.random.default_rng(seed)
    places, shape = random_view(source)
    view = find_view(places, shape)
    constants: dict[str, Any] = {}

    def constant(letter: str, numbers: Any) -> str:
        constants[f"{letter}{len(constants)}"] = numbers
        return list(constants)[-1]

    lead = (2,) if batched else ()
    array = source.normal(size=(*lead, *shape))
    expected = array.reshape(*lead, -1)[..., places.ravel()].reshape(*lead, *places.shape)
    taken = run(read(name("array", shape, batched), view, constant), array=array, n=2, **constants)
    assert np.array_equal(np.broadcast_to(taken, expected.shape), expected)
    if view.whole:
        adjoint = source.normal(size=expected.shape)
        back = run(spread(name("adjoint", places.shape, batched), view), adjoint=adjoint, n=2)
        sums = np.zeros((*lead, int(np.prod(shape))))
        for index in np.ndindex(*lead):
            np.add.at(sums[index], places.ravel(), adjoint[index].ravel())
        assert np.allclose(np.broadcast_to(back, array.shape), sums.reshape(array.shape), rtol=1e-12, atol=1e-12)


# Rules as text


def written_function(op: Any, place: int | None) -> Callable[..., Any]:
    definition = define(op, place)
    if isinstance(definition.result, float):
        return lambda *operands: definition.result
    lines, external = _define([definition])
    names: dict[str, Any] = {"np": np, **{called: on_arrays(each.rule) for called, each in external.items()}}
    exec("\n".join(lines), names)
    return names[definition.name]  # type: ignore[no-any-return]


@pytest.mark.parametrize("called", sorted(TABLE))
def test_each_rule_of_the_table_is_written_as_numpy(called: str) -> None:
    op = TABLE[called]
    for point in somewhere(op, 8):
        columns = [np.array([number, number]) for number in point]
        out = op(*point)
        result = written_function(op, None)(*columns)
        assert np.broadcast_to(result, 2) == pytest.approx(np.array([out, out]), rel=1e-13, abs=1e-300)
        for place, counts in enumerate(counted(op)):
            if not counts:
                slope = written_function(op, place)(*columns, np.array([out, out]))
                expected = float(op.partials[place](*point, out))
                assert np.broadcast_to(slope, 2) == pytest.approx(np.array([expected] * 2), rel=1e-13, abs=1e-300)


def test_neutral_numbers_and_signs_leave_no_trace() -> None:
    x, y = name("x"), name("y")
    texts = {
        (x + 0.0) * 1.0: "x",
        x - y * 2.0: "x - 2 * y",
        -x + y: "y - x",
        0.5 * (2.0 * x): "x",
        x * x: "x**2",
        (x + y) * (x - y): "(x + y) * (x - y)",
        1.0 / (1.0 + mg.exp(-x)): "1 / (1 + np.exp(-x))",
        x**0.5: "np.sqrt(x)",
        mg.relu(x): "np.maximum(x, 0)",
        mg.where(mg.greater(x, 0.0), x, y): "np.where(x > 0, x, y)",
    }
    for expression, text in texts.items():
        assert isinstance(expression, ArrayExpression)
        assert expression.text == text
