"""The shipped data against what their makers published of them."""

from importlib import resources

import numpy as np

import microgradnet as mg

FOLDER = resources.files("microgradnet.datasets") / "data"

# The repository's own table for optdigits.tes, "No of examples in testing set".
DIGITS_PER_CLASS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]

# R. Fisher, 1936: the means of the four measurements, in cm.
FISHERS_MEANS = {
    "setosa": [5.006, 3.428, 1.462, 0.246],
    "versicolor": [5.936, 2.770, 4.260, 1.326],
    "virginica": [6.588, 2.974, 5.552, 2.026],
}


def test_the_digits_are_those_of_the_repository() -> None:
    data = mg.datasets.digits()
    assert data.X.shape == (1797, 64)
    assert (data.X.dtype, data.y.dtype) == (np.dtype(float), np.dtype(int))
    assert [*data.counts().values()] == DIGITS_PER_CLASS
    assert data.target_names == tuple("0123456789")
    assert (data.X.min(), data.X.max()) == (0.0, 16.0)
    assert (data.X.round() == data.X).all()


def test_the_first_line_of_optdigits_tes_is_the_first_image() -> None:
    """The numbers as the repository's file begins."""
    data = mg.datasets.digits()
    line = "0,0,5,13,9,1,0,0,0,0,13,15,10,15,5,0,0,3,15,2,0,11,8,0,0,4,12,0,0,8,8,0,"
    line += "0,5,8,0,0,9,8,0,0,4,11,0,1,12,7,0,0,2,14,5,10,12,0,0,0,0,6,13,10,0,0,0,0"
    assert [*data.X[0].astype(int).tolist(), int(data.y[0])] == [int(entry) for entry in line.split(",")]
    assert (data.feature_names[0], data.feature_names[63]) == ("pixel[1,1]", "pixel[8,8]")


def test_the_images_of_a_digit_are_of_that_digit() -> None:
    """The mean image of a class is nearest to it for most of its members: labels and images are not out of step."""
    data = mg.datasets.digits()
    means = np.array([data.X[data.y == digit].mean(axis=0) for digit in range(10)])
    nearest = ((data.X[:, None, :] - means) ** 2).sum(axis=2).argmin(axis=1)
    assert (nearest == data.y).mean() > 0.9


def test_the_irises_are_fishers() -> None:
    data = mg.datasets.iris()
    assert data.X.shape == (150, 4)
    assert data.counts() == {"setosa": 50, "versicolor": 50, "virginica": 50}
    for number, name in enumerate(data.target_names):
        np.testing.assert_allclose(data.X[data.y == number].mean(axis=0), FISHERS_MEANS[name], atol=5e-13)


def test_the_two_flowers_that_differ_in_the_repository_are_as_in_the_paper() -> None:
    data = mg.datasets.iris()
    assert data.X[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert data.X[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_each_call_gives_arrays_of_its_own() -> None:
    first, second = mg.datasets.digits(), mg.datasets.digits()
    first.X[:] = -1.0
    assert second.X.min() == 0.0
    assert mg.datasets.digits().X.min() == 0.0


def test_the_data_are_small_and_say_whose_they_are() -> None:
    assert sum(len(file.read_bytes()) for file in FOLDER.iterdir()) < 64_000
    licences = (FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    assert {file.name for file in FOLDER.iterdir()} == {"LICENSES.md", "digits.csv.gz", "iris.csv"}
    assert all(f"## {name}\n" in licences for name in ("digits.csv.gz", "iris.csv"))
    for data in (mg.datasets.digits(), mg.datasets.iris()):
        assert "CC BY 4.0" in data.licence
        assert data.source.rpartition("doi ")[2] in licences
