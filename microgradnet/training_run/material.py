"""The samples of a run: a data set of the package by name, a CSV file, or a folder with MNIST's files."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from microgradnet import datasets
from microgradnet.datasets.dataset import Dataset
from microgradnet.datasets.mnist import parts_in
from microgradnet.errors import ArgumentError, DataFileError, UnknownNameError
from microgradnet.training_run.recipe import OTHER, Recipe

NAMED: dict[str, Callable[[int], Dataset]] = {
    "digits": lambda seed: datasets.digits(),
    "iris": lambda seed: datasets.iris(),
    "moons": lambda seed: datasets.moons(500, noise=0.1, seed=seed),
    "spirals": lambda seed: datasets.spirals(500, noise=0.02, seed=seed),
    "xor": lambda seed: datasets.xor(),
}
TARGET = "-1"


@dataclass(frozen=True, slots=True)
class Material:
    """What is trained on and tested with.

    Arguments:
        name: what to call it, and its folder of results.
        train: the samples to train on.
        test: those to test with; None where all are trained on.
    """

    name: str
    train: Dataset
    test: Dataset | None


def kind_of(what: str) -> str:
    """Return which recipe is for this: a name's own, MNIST's for a folder, or the one for all other data.

    Raises:
        UnknownNameError: there is no data set of this name, and no file or folder.
    """
    path = Path(what)
    if what in NAMED:
        return what
    if path.is_dir():
        return "mnist"
    if path.exists() or path.suffix.lower() == ".csv":
        return OTHER
    close = difflib.get_close_matches(what.casefold(), NAMED, n=1)
    advice = f"Did you mean {close[0]}?" if close else "Name a file with its ending, such as table.csv."
    wanted = f"one of {', '.join(NAMED)}, a CSV file, or a folder with MNIST's files"
    raise UnknownNameError(wanted, repr(what), advice)


def find_material(what: str, recipe: Recipe, *, target: str = TARGET, test: float | None = None) -> Material:
    """Read the samples, and part them.

    Arguments:
        what: a name, a file or a folder.
        recipe: the share to test with, and the seed.
        target: the column of a CSV file that has the classes: a place, or a name.
        test: the share that was asked for; None where it was not. MNIST has samples of its own to test with, which are
            used unless one was.

    Raises:
        UnknownNameError: there is no such data set, file or column.
        DataFileError: a file can't be used.
        ArgumentError: a share or the target is out of its range.
    """
    kind = kind_of(what)
    if target != TARGET and kind != OTHER:
        raise ArgumentError("--target beside a CSV file", f"--target {target} beside {what}", "Leave --target out.")
    name = Path(what).resolve().name if kind in ("mnist", OTHER) else what
    if kind == "mnist":
        parts = parts_in(what)
        if not parts:
            wanted = f"{what}: a folder with MNIST's files, such as train-images-idx3-ubyte.gz"
            raise DataFileError(wanted, "none of them", "Give the folder they are in.")
        if len(parts) == 2 and test is None:
            return Material(name, datasets.mnist(what, "train"), datasets.mnist(what, "test"))
        return _parted(name, datasets.mnist(what), recipe)
    if kind == OTHER:
        return _parted(Path(name).stem, _table(what, target), recipe)
    return _parted(name, NAMED[kind](recipe.seed), recipe)


def _parted(name: str, data: Dataset, recipe: Recipe) -> Material:
    if recipe.test == 0.0:
        return Material(name, data, None)
    return Material(name, *data.split(recipe.test, recipe.seed))


def _table(what: str, target: str) -> Dataset:
    """Read a CSV file.

    Raises:
        DataFileError: it can't be used, or has so many classes that they are hardly classes.
    """
    data = datasets.read_csv(what, _column(target))
    classes = len(data.target_names)
    if 2 * classes > len(data):
        advice = "This trains classifiers only; to fit measured numbers, call mg.fit. Or name another --target."
        raise DataFileError(f"{what}: two samples or more of each class", f"{classes} in {len(data)} samples", advice)
    return data


def _column(target: str) -> int | str:
    """Return a place where a whole number is written, else a name."""
    try:
        return int(target)
    except ValueError:
        return target
