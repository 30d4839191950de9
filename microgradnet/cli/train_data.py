"""The samples of a run and its settings: a data set of the catalogue, a CSV file, or a folder with MNIST's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from microgradnet import datasets
from microgradnet.datasets.catalogue import CATALOGUE
from microgradnet.datasets.dataset import Dataset, share, whole
from microgradnet.datasets.mnist import parts_in
from microgradnet.datasets.table import ColumnCode, CsvTable, read_dataset
from microgradnet.errors import ArgumentError, DataFileError, UnknownNameError, close_names, shown

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
    """The samples to train on and to test with.

    Arguments:
        name: of the data, and of the folder of results.
        train: the samples to train on.
        test: those to test with; None where all are trained on.
        columns: how the columns of a table became the inputs; None for other data.
    """

    name: str
    train: Dataset
    test: Dataset | None
    columns: list[ColumnCode] | None = None

    def folds(self, count: int, seed: int) -> Iterator[Material]:
        """Yield all samples parted in each of several ways, every sample being tested with once.

        Classes are spread evenly over the parts.

        Raises:
            ArgumentError: there are fewer parts than 2, or fewer samples of a class than parts.
        """
        import numpy as np

        whole(count, "cv", 2, 5)
        data = self.train if self.test is None else self.train.joined(self.test)
        least = min(data.counts().values(), default=len(data))
        if least < count:
            expected = f"{count} or more samples of each class, for --cv {count}"
            raise ArgumentError(expected, str(least), f"Use --cv {max(least, 2)}, or find more of it.")
        order = np.random.default_rng(seed).permutation(len(data))
        if not data.is_measured:
            order = order[np.argsort(data.y[order], kind="stable")]
        part = np.empty(len(data), dtype=int)
        part[order] = np.arange(len(data)) % count
        for place in range(count):
            yield Material(self.name, data[part != place], data[part == place], self.columns)


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
    expected = f"one of {', '.join(CATALOGUE)}, a CSV file, or a folder with MNIST's files"
    close = close_names(what, CATALOGUE)
    advice = f"Did you mean {close[0]}?" if close else "Name a file with its ending, such as table.csv."
    raise UnknownNameError(expected, repr(what), advice)


def recipe_of(what: str) -> Recipe:
    """Return the settings that suit a data set.

    Raises:
        UnknownNameError: as :func:`kind_of`.
    """
    kind = kind_of(what)
    if kind == MNIST:  # plain gradient descent overfits least
        return Recipe(optimizer="sgd", lr=0.1, epochs=15, batch_size=10, per_feature=False)
    return Recipe(**CATALOGUE[kind].training) if kind in CATALOGUE else Recipe()


def find_material(
    what: str, recipe: Recipe, *, table: Mapping[str, Any] | None = None, test: float | None = None
) -> Material:
    """Read the samples, and part them.

    Arguments:
        what: a name, a file or a folder.
        recipe: the share to test with, and the seed.
        table: how a CSV file is read: the options of ``datasets.read_csv``, with ``target`` as the command counts it.
        test: the share that was asked for; None where it was not. MNIST has samples of its own to test with, which are
            used unless one was.

    Raises:
        UnknownNameError: there is no such data set, file or column.
        DataFileError: a file can't be used.
        ArgumentError: a share or the target is out of its range.
    """
    kind = kind_of(what)
    options = {name: option for name, option in (table or {}).items() if option is not None}
    if options and kind != TABLE:
        flags = " and ".join(f"--{name}" for name in options)
        raise ArgumentError(f"{flags} beside a CSV file", f"{flags} beside {what}", f"Leave {flags} out.")
    if kind == TABLE:
        data, columns = read_table(what, **options)
        return _parted(data.name, data, recipe, columns)
    if kind != MNIST:
        return _parted(what, CATALOGUE[kind].make(recipe.seed), recipe)
    name, parts = Path(what).resolve().name, parts_in(what)
    if not parts:
        expected = f"{what}: a folder with MNIST's files, such as train-images-idx3-ubyte.gz"
        raise DataFileError(expected, "none of them", "Give the folder they are in.")
    if len(parts) == 2 and test is None:
        return Material(name, datasets.mnist(what, "train"), datasets.mnist(what, "test"))
    return _parted(name, datasets.mnist(what), recipe)


def _parted(name: str, data: Dataset, recipe: Recipe, columns: list[ColumnCode] | None = None) -> Material:
    if recipe.test == 0.0:
        return Material(name, data, None, columns)
    return Material(name, *data.split(recipe.test, recipe.seed), columns)


def read_table(
    file: str,
    *,
    target: str = "-1",
    missing: str | None = None,
    encode: str | None = None,
    task: str | None = None,
    **reading: Any,
) -> tuple[Dataset, list[ColumnCode]]:
    """Read a CSV file whose target is named, or counted from 1 (from -1 at the end).

    Raises:
        DataFileError, ArgumentError, UnknownNameError, OSError: as ``datasets.read_csv``.
    """
    place = int(target) if target.lstrip("+-").isdecimal() and len(target) < 10 else None
    column: int | str = target if place is None else place - 1 if place > 0 else place
    if place == 0:
        raise ArgumentError("--target counts columns from 1", "0", "1 is the first column, -1 the last.")
    try:
        table = CsvTable.read(file, target=column, **reading)
        return read_dataset(table, column, missing=missing, encode=encode, task=task)
    except ArgumentError as error:
        if place is None or "a column by its name" not in error.expected:
            raise
        expected = f"{file}: --target is a name, or a place among the columns, counted from 1"
        raise ArgumentError(expected, target, "-1 is the last column.") from None


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
