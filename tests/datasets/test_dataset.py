"""``Dataset``: shapes are checked, a split parts every class alike, and the classes become rows of one-hot numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet.datasets import Dataset
from microgradnet.errors import ArgumentError, ShapeError


def of_counts(counts: list[int]) -> Dataset:
    """Return a data set whose only feature is the number of the sample."""
    y = np.repeat(np.arange(len(counts)), counts)
    return Dataset(np.arange(len(y), dtype=float)[:, None], y, tuple(map(str, range(len(counts)))), ("number",))


@given(
    st.lists(st.integers(2, 30), min_size=1, max_size=6),
    st.floats(0.01, 0.99),
    st.integers(0, 10),
)
def test_a_split_parts_each_class_in_the_same_proportion_and_loses_nothing(
    counts: list[int], share: float, seed: int
) -> None:
    data = of_counts(counts)
    train, test = data.split(test=share, seed=seed)
    assert sorted([*train.X[:, 0], *test.X[:, 0]]) == data.X[:, 0].tolist()
    for part in (train, test):
        assert (data.y[part.X[:, 0].astype(int)] == part.y).all()  # each sample keeps its class
    for name, count in data.counts().items():
        held_out = test.counts()[name]
        assert 1 <= held_out <= count - 1
        assert abs(held_out - count * share) <= 1.0 or held_out in (1, count - 1)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.25, 0.5])
def test_the_parts_have_the_sizes_that_were_asked_for(share: float) -> None:
    train, test = mg.datasets.digits().split(test=share)
    assert len(test) == round(1797 * share)
    assert len(train) + len(test) == 1797


def test_a_split_is_decided_by_its_seed_and_shuffles() -> None:
    data = mg.datasets.iris()
    first, again, other = (data.split(seed=seed)[0] for seed in (1, 1, 2))
    assert (first.X == again.X).all()
    assert (first.X != other.X).any()
    assert len(set(first.y[:10].tolist())) > 1  # the species no longer stand one after the other
    generator = np.random.default_rng(1)
    assert (data.split(seed=generator)[0].X == first.X).all()


def test_an_absent_class_is_no_obstacle_and_a_single_sample_is() -> None:
    train, test = of_counts([4, 0, 6]).split(test=0.5)
    assert [*train.counts().values()] == [*test.counts().values()] == [2, 0, 3]
    with pytest.raises(ArgumentError, match="1 of class '1'"):
        of_counts([4, 1, 6]).split()


@pytest.mark.parametrize("share", [0, 1, 0.0, 1.0, -0.1, 2, float("nan"), True, "0.2", None, 10**400])
def test_a_share_out_of_range_is_refused(share: object) -> None:
    with pytest.raises(ArgumentError, match="share above 0 and below 1"):
        mg.datasets.iris().split(test=share)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 0.5, "one", True])
def test_a_seed_that_is_none_is_refused(seed: object) -> None:
    with pytest.raises(ArgumentError, match="seed is a whole number of 0 or more"):
        mg.datasets.iris().split(seed=seed)


def test_one_hot_has_a_one_in_the_place_of_the_class() -> None:
    data = of_counts([1, 2, 1])
    assert data.one_hot().tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert data.one_hot().dtype == np.float64


def test_a_slice_is_a_data_set() -> None:
    data = mg.datasets.iris()[:50]
    assert (len(data), data.counts()["setosa"], data.source) == (50, 50, mg.datasets.iris().source)


@pytest.mark.parametrize(
    ("X", "y", "names", "features", "message"),
    [
        (np.zeros(3), np.zeros(3, int), ("a",), ("x",), r"X of shape \(3,\)"),
        (np.zeros((3, 1)), np.zeros(2, int), ("a",), ("x",), r"y of shape \(2,\)"),
        (np.zeros((3, 2)), np.zeros(3, int), ("a",), ("x",), "2 feature_names; got 1"),
        (np.zeros((3, 1)), np.zeros(3), ("a",), ("x",), "y of float64"),
        (np.zeros((3, 1)), np.array([0, 1, 2]), ("a", "b"), ("x",), "got classes from 0 to 2"),
        (np.zeros((3, 1)), np.array([0, -1, 0]), ("a", "b"), ("x",), "got classes from -1 to 0"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(
    X: np.ndarray, y: np.ndarray, names: tuple[str, ...], features: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        Dataset(X, y, names, features)


def test_a_notebook_shows_the_first_samples() -> None:
    html = mg.datasets.iris()._repr_html_()
    assert "Dataset iris: 150 samples of 4 features in 3 classes" in html
    assert ">setosa<" in html
    assert html.count("<tr>") == 7  # names, five samples, an ellipsis
    assert mg.datasets.digits()._repr_html_().count("<th") == 10 + 1  # eight features, an ellipsis, the class; the head


def test_samples_are_chosen_by_slices_places_and_masks() -> None:
    data = of_counts([3, 2])
    for rows in (slice(1, 3), [1, 2], np.array([1, 2]), np.array([False, True, True, False, False])):
        assert data[rows].X[:, 0].tolist() == [1.0, 2.0]
        assert data[rows].y.tolist() == [0, 0]


@pytest.mark.parametrize("rows", [0, -1, np.int64(2), None, [[0, 1]]], ids=repr)
def test_one_place_is_refused_with_what_to_write(rows: object) -> None:
    with pytest.raises(ArgumentError, match=r"data\.X\[0\]"):
        of_counts([3, 2])[rows]
