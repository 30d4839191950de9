"""What came of a run: the trained model, its history, and which class was taken for which."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microgradnet.cli.train_data import Material, Recipe
from microgradnet.datasets.dataset import Dataset
from microgradnet.drawing.picture import LIGHT
from microgradnet.nn import MLP
from microgradnet.nn.training import History
from microgradnet.operation import TABLE
from microgradnet.plots.axes import NEEDED, as_svg, is_possible, plain
from microgradnet.text import write_whole

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure


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


def outputs(model: MLP, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the model's outputs for many samples at once, an array (samples, outputs).

    A softmax at the end would not change which output is largest, and is left out.
    """
    import numpy as np

    for layer in model.layers:
        weights = np.array([[weight.data for weight in neuron.w] for neuron in layer.neurons])
        biases = np.array([0.0 if neuron.b is None else neuron.b.data for neuron in layer.neurons])
        rows = rows @ weights.T + biases
        if layer.activation in TABLE:
            rows = TABLE[layer.activation](rows)
    return rows


MOST_NUMBERED = 30  # classes; beyond that the cells are too small for numbers
CELL, LETTER = 0.42, 0.085  # inches
DARK = 0.5  # of the largest share; numbers on darker cells are white


def confusion(results: Results) -> str:
    """Return the confusion matrix as an SVG."""
    found = results.measured
    title = f"{plain(results.material.name)}: {found.right:,} of {results.samples_measured} right, {found.accuracy:.1%}"
    return as_svg(_figure(found, title))


def _figure(found: Confusion, title: str) -> Figure:
    from matplotlib.figure import Figure

    count = len(found.names)
    is_numbered = count <= MOST_NUMBERED
    side, names = (CELL * count, _length(found)) if is_numbered else (8.0, 0.0)
    figure = Figure(figsize=(max(side + names + 2.4, 4.8), max(side + names + 1.4, 3.0)), layout="constrained")
    axes = figure.subplots()
    shares = found.counts / found.counts.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap=_colours(), vmin=0.0, vmax=1.0)
    figure.suptitle(title, fontsize=11)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if is_numbered:
        _rule(axes, count)
        _write_names(axes, found)
        _write_counts(axes, found, shares)
    return figure


def _length(found: Confusion) -> float:
    """Return how long the longest name of a class is when it is written, in inches."""
    return LETTER * max(len(plain(name)) for name in found.names)


def _rule(axes: Any, count: int) -> None:
    """Draw thin lines between the cells and around them."""
    axes.set_xticks([place - 0.5 for place in range(count + 1)], minor=True)
    axes.set_yticks([place - 0.5 for place in range(count + 1)], minor=True)
    axes.grid(which="minor", color=LIGHT.cluster_rule, linewidth=0.6)
    axes.tick_params(which="minor", length=0)


def _write_names(axes: Any, found: Confusion) -> None:
    """Name the rows at the left and the columns below, and give each class's accuracy at the right of its row."""
    places, names = range(len(found.names)), [plain(name) for name in found.names]
    axes.set_xticks(places, names, rotation=0 if max(map(len, names)) <= 3 else 90)
    axes.set_yticks(places, names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    right = axes.secondary_yaxis("right")
    shares = found.accuracies()
    right.set_yticks(places, ["" if share is None else f"{share:.1%}" for share in shares])
    right.set_ylabel("accuracy of the class", labelpad=8)
    right.tick_params(length=0)
    right.spines[:].set_visible(False)


def _write_counts(axes: Any, found: Confusion, shares: Any) -> None:
    for i, row in enumerate(found.counts.tolist()):
        for j, count in enumerate(row):
            colour = LIGHT.background if shares[i, j] > DARK else LIGHT.text
            size = 9 if count < 1000 else 7
            if count:
                axes.text(j, i, f"{count}", ha="center", va="center", color=colour, fontsize=size)


def _colours() -> Any:
    """Return the colours of the cells: from the paper's white to the blue of values."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("confusion", [LIGHT.background, LIGHT.value])


def curves(results: Results) -> str:
    """Return the history as an SVG, with a title that says of what."""
    figure = results.history.plot()
    figure.suptitle(f"{plain(results.material.name)}: training")
    for axes in figure.axes:
        if axes.get_title().lower().endswith("accuracy"):
            axes.set_title(f"Accuracy on {results.samples_measured}")
            axes.set_ylim(top=1.005)
    return as_svg(figure)


WITHOUT_PICTURES = f"curves.svg and confusion.svg need matplotlib, which is not installed: {NEEDED}"


def after(results: Results, folder: Path, written: list[str]) -> list[str]:
    """Return what came of it; the accuracy comes first."""
    lines = [f"accuracy {_counted(results.measured)} on {results.samples_measured}"]
    if results.on_test is not None:
        lines.append(f"accuracy {_counted(results.on_train)} on {results.on_train.total:,} training samples")
    if results.history.stopped_by:
        lines.append(results.history.stopped_by)
    epochs = len(results.history.epochs)
    return [
        *lines,
        f"{epochs} epoch{'s' * (epochs != 1)} in {results.seconds:.1f} s",
        f"in {folder}: {', '.join(written)}",
        "model.json takes inputs as they are in the data; its largest output names the class",
    ]


def _counted(found: Confusion) -> str:
    return f"{found.accuracy:.1%} ({found.right:,} right)"


PICTURES = {"curves.svg": curves, "confusion.svg": confusion}


def write(results: Results, folder: Path) -> list[str]:
    """Write the model, the history, the settings and, where matplotlib is installed, the pictures.

    Returns:
        The names of the files. Pictures of an earlier run that can't be replaced are removed, so that none is taken for
        this run's.

    Raises:
        OSError: the folder can't be written to.
    """
    results.model.save(folder / "model.json")
    results.history.save(folder / "history.csv")
    write_whole(folder / "run.json", json.dumps(_record(results), indent=1, ensure_ascii=False) + "\n")
    written = ["model.json", "history.csv", "run.json"]
    for name, picture in PICTURES.items():
        if is_possible():
            write_whole(folder / name, picture(results))
            written.append(name)
        else:
            (folder / name).unlink(missing_ok=True)
    return written


def _record(results: Results) -> dict[str, Any]:
    """Return what is needed to use the model later, and to train it again."""
    data = results.material.train
    return {
        "data": {"name": results.material.name, "source": data.source, "licence": data.licence},
        "inputs": list(data.feature_names),
        "classes": list(data.target_names),
        "recipe": asdict(results.recipe),
        "stopped_by": results.history.stopped_by,
        "train": _record_of(results.on_train),
        "test": None if results.on_test is None else _record_of(results.on_test),
    }


def _record_of(found: Confusion) -> dict[str, Any]:
    return {"samples": found.total, "accuracy": found.accuracy, "confusion": found.counts.tolist()}
