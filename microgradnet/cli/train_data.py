"""What is trained on, and how: a data set of the catalogue, a CSV file or a folder with MNIST's files; the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from microgradnet import datasets
from microgradnet.datasets.catalogue import CATALOGUE
from microgradnet.datasets.dataset import Dataset, share, whole
from microgradnet.datasets.mnist import parts_in
from microgradnet.errors import ArgumentError, DataFileError, UnknownNameError, close_names, shown

TARGET = "-1"
MNIST, TABLE = "mnist", "table"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The settings of a run.

    Arguments:
        hidden: the sizes of the hidden layers, none for a network of one layer.
        activation: that of the hidden layers.
        loss: the name of the loss.
        optimizer: the name of the optimizer.
        lr: the learning rate eta.
        epochs: how often every sample is used.
        batch_size: how many samples make a step.
        test: the share of the samples to test with; 0 for none.
        seed: for the split, the first weights and the order of the samples.
        per_feature: whether each feature is scaled by its own spread, or all by that of all, as the pixels of an image.

    Raises:
        ArgumentError: a number is out of its range.
    """

    hidden: tuple[int, ...] = (30,)
    activation: str = "sigmoid"
    loss: str = "cross_entropy"
    optimizer: str = "adam"
    lr: float = 0.01
    epochs: int = 50
    batch_size: int = 16
    test: float = 0.2
    seed: int = 0
    per_feature: bool = True

    def __post_init__(self) -> None:
        whole(self.epochs, "epochs", 1)
        whole(self.batch_size, "batch_size", 1)
        whole(self.seed, "seed", 0)
        if self.test != 0.0:
            share(self.test)

    def changed(self, **options: Any) -> Recipe:
        """Return the recipe with other settings; those that are None stay."""
        return replace(self, **{name: setting for name, setting in options.items() if setting is not None})


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
    """Return what this names: a data set of the catalogue, "mnist" for a folder, or "table" for a file.

    Raises:
        UnknownNameError: there is no data set of this name, and no file or folder.
    """
    path = Path(what)
    if what in CATALOGUE:
        return what
    if path.is_dir():
        return MNIST
    if path.exists() or path.suffix.lower() == ".csv":
        return TABLE
    wanted = f"one of {', '.join(CATALOGUE)}, a CSV file, or a folder with MNIST's files"
    close = close_names(what, CATALOGUE)
    advice = f"Did you mean {close[0]}?" if close else "Name a file with its ending, such as table.csv."
    raise UnknownNameError(wanted, repr(what), advice)


def recipe_of(what: str) -> Recipe:
    """Return the settings that suit a data set.

    Raises:
        UnknownNameError: as :func:`kind_of`.
    """
    kind = kind_of(what)
    if kind == MNIST:  # plain gradient descent overfits least
        return Recipe(optimizer="sgd", lr=0.1, epochs=15, batch_size=10, per_feature=False)
    return Recipe(**CATALOGUE[kind].training) if kind in CATALOGUE else Recipe()


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
    if target != TARGET and kind != TABLE:
        raise ArgumentError("--target beside a CSV file", f"--target {target} beside {what}", "Leave --target out.")
    name = Path(what).resolve().name if kind in (MNIST, TABLE) else what
    if kind == MNIST:
        parts = parts_in(what)
        if not parts:
            wanted = f"{what}: a folder with MNIST's files, such as train-images-idx3-ubyte.gz"
            raise DataFileError(wanted, "none of them", "Give the folder they are in.")
        if len(parts) == 2 and test is None:
            return Material(name, datasets.mnist(what, "train"), datasets.mnist(what, "test"))
        return _parted(name, datasets.mnist(what), recipe)
    if kind == TABLE:
        return _parted(Path(name).stem, _table(what, target), recipe)
    return _parted(name, CATALOGUE[kind].make(recipe.seed), recipe)


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


def read_hidden(entries: Sequence[str] | None) -> tuple[int, ...] | None:
    """Return the sizes of hidden layers as they were written: "30", or "30,20", or several, or "none".

    Raises:
        ArgumentError: one is not a whole number of at least 1.
    """
    if not entries:
        return None
    words = [word.strip() for entry in entries for word in entry.split(",")]
    if words == ["none"]:
        return ()
    for word in words:
        if not (word.isdecimal() and int(word) >= 1):
            advice = "Write --hidden 30, or --hidden 30,20; --hidden none for no hidden layer."
            raise ArgumentError("the sizes of the hidden layers", shown(word), advice)
    return tuple(map(int, words))
