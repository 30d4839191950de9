"""``Dataset``: samples, their classes, and where both come from."""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, MicrogradnetError, ShapeError, shown
from microgradnet.operation import as_float
from microgradnet.text import TextTable

if TYPE_CHECKING:
    import numpy as np

_MOST_ROWS, _MOST_COLUMNS = 5, 8  # of a data set in a notebook


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Dataset:
    """Samples with a class each, or with a measured number each.

    Arguments:
        X: the inputs, an array of floats of shape (samples, features).
        y: the class of each sample, an array of whole numbers that count from 0; or measured numbers, floats.
        target_names: the names of the classes; () for measured numbers.
        feature_names: what each feature is called.
        name: what the whole is called.
        source: who made it, and where.
        licence: what may be done with it.
        target_name: what the target is called; "" where it has no name of its own.

    Raises:
        ShapeError: the shapes of ``X``, ``y`` and the names don't belong together, or a class has no name.

    Example:
        >>> from microgradnet import datasets
        >>> flowers = datasets.iris()
        >>> flowers
        <Dataset iris: 150 samples of 4 features in 3 classes>
        >>> flowers.X[0].tolist(), flowers.target_names[flowers.y[0]]
        ([5.1, 3.5, 1.4, 0.2], 'setosa')
    """

    X: np.ndarray[Any, Any]
    y: np.ndarray[Any, Any]
    target_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    name: str = ""
    source: str = ""
    licence: str = ""
    target_name: str = ""

    def __post_init__(self) -> None:
        expected, given = "X of shape (samples, features) and y with a class for each sample", ""
        if self.X.ndim != 2 or self.y.shape != self.X.shape[:1]:
            given = f"X of shape {self.X.shape} and y of shape {self.y.shape}"
        elif len(self.feature_names) != self.X.shape[1]:
            expected, given = f"{self.X.shape[1]} feature_names", str(len(self.feature_names))
        elif self.is_measured:
            expected, given = (
                "y of floats, as no classes are named",
                f"y of {self.y.dtype}" * (self.y.dtype.kind != "f"),
            )
        elif self.y.dtype.kind not in "iu":
            expected, given = "y of whole numbers", f"y of {self.y.dtype}"
        elif self.y.size and not 0 <= self.y.min() <= self.y.max() < len(self.target_names):
            expected = f"classes from 0 to {len(self.target_names) - 1}, one for each of the target_names"
            given = f"classes from {self.y.min()} to {self.y.max()}"
        if given:
            raise ShapeError(expected, given, "Check how the arrays were made.")

    @property
    def is_measured(self) -> bool:
        """Whether the targets are measured numbers, as for a regression, and not classes."""
        return not self.target_names

    def split(self, test: float = 0.2, seed: Any = 0) -> tuple[Dataset, Dataset]:
        """Part the samples at random into those to train on and those to test with.

        Each class is parted in the same proportion, as nearly as whole samples allow, and is in both parts. Of measured
        numbers the share is of all samples.

        Arguments:
            test: the share of the samples to test with, above 0 and below 1.
            seed: for the random choice: a whole number, a ``numpy.random.Generator``, or None for a new choice every
                time.

        Returns:
            Two data sets, to train on and to test with, both in random order.

        Raises:
            ArgumentError: the share is out of its range, or a class has a single sample.

        Example:
            >>> from microgradnet import datasets
            >>> train, test = datasets.digits().split(test=0.2)
            >>> len(train), len(test)
            (1438, 359)
        """
        import numpy as np

        random, part = generator(seed), share(test)
        held_out = np.zeros(len(self), dtype=bool)
        if self.is_measured:
            if len(self) < 2:
                raise ArgumentError("2 or more samples, to part them", str(len(self)), "Find more of them.")
            held_out[random.permutation(len(self))[: min(max(round(len(self) * part), 1), len(self) - 1)]] = True
        for number, count in enumerate(self._counts_to_test(part)):
            members = np.flatnonzero(self.y == number)
            held_out[random.permutation(members)[:count]] = True
        order = random.permutation(len(self))
        return self[order[~held_out[order]]], self[order[held_out[order]]]

    def joined(self, other: Dataset) -> Dataset:
        """Return the samples of both, of which the other's features and classes have to be these."""
        import numpy as np

        if (other.feature_names, other.target_names) != (self.feature_names, self.target_names):
            raise ShapeError("two data sets of the same features and classes", "others", "Join parts of one data set.")
        return replace(self, X=np.concatenate([self.X, other.X]), y=np.concatenate([self.y, other.y]))

    def one_hot(self) -> np.ndarray[Any, Any]:
        """Return the classes as rows of floats, 1.0 in the place of the class and 0.0 elsewhere.

        Raises:
            ArgumentError: the targets are measured numbers.

        Example:
            >>> from microgradnet import datasets
            >>> datasets.xor().one_hot().tolist()
            [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
        """
        import numpy as np

        if self.is_measured:
            raise ArgumentError("one_hot needs classes", "measured numbers", "Use y as it is.")
        rows: np.ndarray[Any, Any] = np.eye(len(self.target_names))[self.y]
        return rows

    def counts(self) -> dict[str, int]:
        """Return how many samples each class has, by its name; an empty dict for measured numbers."""
        import numpy as np

        if self.is_measured:
            return {}

        counts = np.bincount(self.y, minlength=len(self.target_names))
        return dict(zip(self.target_names, counts.tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: Any) -> Dataset:
        """Return the samples in these places, as a data set.

        Arguments:
            rows: a slice, a list or array of places from 0, or a mask.

        Raises:
            ArgumentError: it is one place, or of another form.
            IndexError: there is no sample in a place.
        """
        chosen = self.y[rows]
        if getattr(chosen, "ndim", 0) != 1:
            advice = "Write data.X[0] and data.y[0] for one sample, data[[0]] for a data set of it."
            raise ArgumentError("samples are chosen by a slice, a list of places or a mask", shown(rows), advice)
        return replace(self, X=self.X[rows], y=chosen)

    def __repr__(self) -> str:
        name = f"Dataset {self.name}" if self.name else "Dataset"
        count = self.X.shape[1]
        features = f"{count} feature{'s' * (count != 1)}"
        goal = "and a measured target" if self.is_measured else f"in {len(self.target_names)} classes"
        return f"<{name}: {len(self)} samples of {features} {goal}>"

    def _repr_html_(self) -> str:
        """Return the first samples as a table, for a notebook."""
        shown_features = self.feature_names[:_MOST_COLUMNS]
        more = ["..."] if len(self.feature_names) > _MOST_COLUMNS else []
        rows = [
            [
                *(f"{number:g}" for number in row[: len(shown_features)]),
                *more,
                f"{place:g}" if self.is_measured else self.target_names[place],
            ]
            for row, place in zip(self.X[:_MOST_ROWS].tolist(), self.y[:_MOST_ROWS].tolist(), strict=True)
        ]
        rows += [["..."] * len(rows[0])] if len(self) > _MOST_ROWS else []
        align = "r" * (len(shown_features) + len(more)) + ("r" if self.is_measured else "l")
        goal = self.target_name or ("target" if self.is_measured else "class")
        return TextTable([*shown_features, *more, goal], rows, align, title=repr(self)[1:-1]).html()

    def _counts_to_test(self, part: float) -> list[int]:
        """Return how many samples of each class to hold out: the largest remainders are rounded up."""
        import numpy as np

        if self.is_measured:
            return []
        counts = np.bincount(self.y, minlength=len(self.target_names))
        for name, count in zip(self.target_names, counts.tolist(), strict=True):
            if count == 1:
                advice = "Leave the class out, or find more of it."
                raise ArgumentError("2 or more samples of each class, to part them", f"1 of class {name!r}", advice)
        exact = counts * part
        whole = np.floor(exact).astype(int)
        missing = round(len(self) * part) - int(whole.sum())
        whole[np.argsort(whole - exact, kind="stable")[: max(missing, 0)]] += 1
        rounded: list[int] = np.where(counts > 0, np.clip(whole, 1, counts - 1), 0).tolist()
        return rounded


def generator(seed: Any) -> np.random.Generator:
    """Return the source of random numbers: NumPy's generator of this seed, or the one that is given.

    Raises:
        ArgumentError: the seed is neither.
    """
    import numpy as np

    if isinstance(seed, np.random.Generator):
        return seed
    try:
        return np.random.default_rng(None if seed is None else whole(seed, "seed", 0))
    except ArgumentError:
        expected = "seed is a whole number of 0 or more, None, or a numpy.random.Generator"
        raise ArgumentError(expected, shown(seed), "Use seed=0, for example.") from None


def whole(number: Any, name: str, least: int, usual: int | None = None) -> int:
    """Return a whole number that is not too small.

    Arguments:
        number: what was given.
        name: the argument, for the message.
        least: the smallest number allowed.
        usual: a number that the message advises; None for the least.

    Raises:
        ArgumentError: it is no whole number, or too small.
    """
    try:
        count = least - 1 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        count = least - 1
    if count < least:
        advice = f"Use {name}={least if usual is None else usual}, for example."
        raise ArgumentError(f"{name} is a whole number, {least} or more", shown(number), advice)
    return count


def share(number: Any) -> float:
    """Return a share of the whole as a float.

    Raises:
        ArgumentError: it is not above 0 and below 1.
    """
    part = _number(number)
    if not 0.0 < part < 1.0:
        raise ArgumentError("test is a share above 0 and below 1", shown(number), "Use test=0.2, for a fifth.")
    return part


def not_negative(number: Any, name: str) -> float:
    """Return a finite number, 0 or more, as a float.

    Raises:
        ArgumentError: it is no number, or negative.
    """
    amount = _number(number)
    if not 0.0 <= amount < math.inf:
        raise ArgumentError(f"{name} is a finite number, 0 or more", shown(number), f"Use {name}=0.1, for example.")
    return amount


def _number(number: Any) -> float:
    """Return a real number as a float, and anything else as NaN, which is within no bounds."""
    try:
        return math.nan if isinstance(number, bool) else as_float(number)
    except MicrogradnetError:
        return math.nan
