"""Points made by a formula: without noise they lie on their curves; the same seed gives the same points."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet.datasets import Dataset
from microgradnet.datasets.catalogue import CATALOGUE
from microgradnet.errors import ArgumentError, UnknownNameError

MAKERS = [mg.datasets.moons, mg.datasets.spirals, mg.datasets.xor]
each_maker = pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)


@given(st.integers(2, 80))
def test_moons_without_noise_are_two_half_circles(n: int) -> None:
    data = mg.datasets.moons(n, noise=0.0)
    outer, inner = (data.X[data.y == number] for number in (0, 1))
    assert (len(outer), len(inner)) == (n // 2, n - n // 2)
    np.testing.assert_allclose(np.hypot(*outer.T), 1.0, atol=1e-15)
    np.testing.assert_allclose(np.hypot(inner[:, 0] - 1.0, inner[:, 1] - 0.5), 1.0, atol=1e-15)
    assert (outer[:, 1] >= 0.0).all()
    assert (inner[:, 1] <= 0.5).all()


@given(st.integers(2, 5), st.integers(5, 60), st.sampled_from([0.5, 1.0, 2.75]))
def test_spirals_without_noise_wind_evenly(classes: int, n: int, turns: float) -> None:
    data = mg.datasets.spirals(n, noise=0.0, classes=classes, turns=turns)
    assert sum(data.counts().values()) == n
    assert max(data.counts().values()) - min(data.counts().values()) <= 1
    radius = np.hypot(*data.X.T)
    assert 0.0 < radius.min() <= radius.max() <= 1.0 + 1e-15
    # Wound back by its radius, every point of an arm lies on the ray of that arm.
    wound_back = (data.X[:, 0] + 1j * data.X[:, 1]) * np.exp(-2j * np.pi * turns * radius)
    rays = np.exp(2j * np.pi * data.y / classes)
    np.testing.assert_allclose(wound_back, radius * rays, atol=1e-13)


@given(st.integers(4, 50))
def test_xor_without_noise_is_the_table_over_and_over(n: int) -> None:
    data = mg.datasets.xor(n)
    table = {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 0}
    assert [table[int(a), int(b)] for a, b in data.X] == data.y.tolist()
    rows = [tuple(row) for row in data.X.tolist()]
    counts = [rows.count(row) for row in table]
    assert (max(counts) - min(counts), sum(counts)) in {(0, n), (1, n)}


@each_maker
def test_the_seed_decides(make: Callable[..., Dataset]) -> None:
    first, again, other = (make(50, 0.1, seed) for seed in (3, 3, 4))
    assert (first.X == again.X).all()
    assert (first.y == again.y).all()
    assert (first.X != other.X).any()
    assert (make(50, 0.1, np.random.default_rng(3)).X == first.X).all()
    assert (make(50, 0.1, None).X != make(50, 0.1, None).X).any()


@each_maker
def test_the_noise_is_its_standard_deviation(make: Callable[..., Dataset]) -> None:
    """The same seed gives the same draws, so that the difference of two noises is a noise by itself."""
    quiet, noisy = make(4000, 0.0, 5), make(4000, 0.25, 5)
    assert (quiet.y == noisy.y).all()
    moved = noisy.X - quiet.X
    assert abs(moved.std() - 0.25) < 0.01
    assert abs(moved.mean()) < 0.02
    assert abs(np.corrcoef(moved.T)[0, 1]) < 0.05


@each_maker
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 1}, "n is a whole number"),
        ({"n": 10.0}, "n is a whole number"),
        ({"n": True}, "n is a whole number"),
        ({"noise": -0.1}, "noise is a finite number, 0 or more"),
        ({"noise": float("nan")}, "noise is a finite number, 0 or more"),
        ({"noise": "much"}, "noise is a finite number, 0 or more"),
        ({"seed": -1}, "seed is a whole number"),
    ],
)
def test_arguments_out_of_range_are_refused(
    make: Callable[..., Dataset], arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ArgumentError, match=message):
        make(**arguments)


def test_a_spiral_has_two_arms_and_a_point_for_each() -> None:
    with pytest.raises(ArgumentError, match="classes is a whole number, 2 or more"):
        mg.datasets.spirals(classes=1)
    with pytest.raises(ArgumentError, match="n is a whole number, 5 or more"):
        mg.datasets.spirals(4, classes=5)
    with pytest.raises(ArgumentError, match="turns"):
        mg.datasets.spirals(turns=float("inf"))


@pytest.mark.parametrize("make", [mg.datasets.moons, mg.datasets.spirals, mg.datasets.xor])
def test_the_advice_of_an_error_can_be_followed(make: Callable[..., Dataset]) -> None:
    for wrong in ({"n": 0}, {"noise": -1.0}, {"seed": -1}):
        with pytest.raises(ArgumentError) as caught:
            make(**wrong)
        argument = re.search(r"Use (\w+)=([\d.]+)", caught.value.advice)
        assert argument is not None
        make(**{argument[1]: json.loads(argument[2])})


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_data_set_of_the_catalogue_loads_by_name(name: str) -> None:
    data = mg.datasets.load(name, seed=3)
    assert (data.X == mg.datasets.load(name, seed=3).X).all()
    assert data.name == name
    assert CATALOGUE[name].summary


def test_an_unknown_data_set_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'moons'"):
        mg.datasets.load("moon")
    with pytest.raises(UnknownNameError, match="digits, iris"):
        mg.datasets.load(3)  # type: ignore[arg-type]


def test_the_room_shows_its_public_names() -> None:
    assert dir(mg.datasets) == sorted(mg.datasets.__all__)
    assert all(callable(getattr(mg.datasets, name)) for name in mg.datasets.__all__)
