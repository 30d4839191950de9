"""What came of a run: the trained model, its history, and which class was taken for which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.datasets.dataset import Dataset
from microgradnet.nn import MLP
from microgradnet.nn.training import History
from microgradnet.training_run.material import Material
from microgradnet.training_run.network import outputs
from microgradnet.training_run.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a run.

    Arguments:
        material: the samples.
        recipe: the settings.
        model: the trained model, which takes inputs as they are in the data.
        history: what was measured in each epoch.
        on_train: the confusion on the samples that were trained on.
        on_test: that on the samples to test with; None where there are none.
        seconds: how long recording, compiling and training took.
    """

    material: Material
    recipe: Recipe
    model: MLP
    history: History
    on_train: Confusion
    on_test: Confusion | None
    seconds: float

    @property
    def measured(self) -> Confusion:
        """The confusion that tells most: on samples that were not trained on, where there are any."""
        return self.on_train if self.on_test is None else self.on_test

    @property
    def samples_measured(self) -> str:
        """Which samples these are, as a title says it."""
        kind = "training" if self.on_test is None else "held-out"
        return f"{self.measured.total:,} {kind} samples"


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """How often each class was taken for each.

    Arguments:
        counts: an array; ``counts[i, j]`` samples of class i were taken for class j.
        names: the names of the classes.
    """

    counts: np.ndarray[Any, Any]
    names: tuple[str, ...]

    @classmethod
    def of(cls, model: MLP, data: Dataset) -> Confusion:
        """Return what the model makes of a data set: the class of the largest output is the one it names."""
        import numpy as np

        classes = len(data.target_names)
        pairs = data.y * classes + outputs(model, data.X).argmax(axis=1)
        counts = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
        return cls(counts, data.target_names)

    @property
    def total(self) -> int:
        """How many samples there are."""
        return int(self.counts.sum())

    @property
    def right(self) -> int:
        """How many were taken for what they are."""
        return int(self.counts.trace())

    @property
    def accuracy(self) -> float:
        """The share of them, from 0 to 1."""
        return self.right / self.total

    def accuracies(self) -> list[float | None]:
        """Return, for each class, the share of its samples that were taken for what they are; None without samples."""
        rows = self.counts.tolist()
        return [row[place] / sum(row) if sum(row) else None for place, row in enumerate(rows)]
