"""The results of a run: the trained model, how well it does, its pictures and its files."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from microgradnet.cli.train_data import Material, Recipe
from microgradnet.datasets.dataset import Dataset
from microgradnet.drawing.picture import LIGHT
from microgradnet.errors import not_installed
from microgradnet.nn import MLP
from microgradnet.plots.axes import as_svg, is_possible, plain
from microgradnet.plots.boundary import decision_boundary
from microgradnet.plots.film import Film
from microgradnet.text import write_whole

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from microgradnet.nn.training import History


@dataclass(frozen=True, slots=True)
class Results:
    """The results of a run.

    Arguments:
        material: the samples.
        recipe: the settings.
        model: the trained model, which takes inputs as they are in the data.
        history: what was measured in each epoch.
        on_train: how well the model does on the samples that were trained on.
        on_test: the same for the samples to test with; None without any.
        seconds: the time for recording, compiling and training.
        frames: copies of the model after some of the epochs, for the animated GIF; [] for none.
        film: the same as a page that plays; None for data that are not classes in a plane.
    """

    material: Material
    recipe: Recipe
    model: MLP
    history: History
    on_train: Confusion | Residuals
    on_test: Confusion | Residuals | None
    seconds: float
    frames: list[MLP] = field(default_factory=list)
    film: Film | None = None

    @property
    def measured(self) -> Confusion | Residuals:
        """The measure to report: on samples that were not trained on, where there are any."""
        return self.on_train if self.on_test is None else self.on_test

    @property
    def samples_measured(self) -> str:
        """Which samples these are, as a title says it."""
        kind = "training" if self.on_test is None else "held-out"
        return f"{self.measured.total:,} {kind} samples"


def measure(model: MLP, data: Dataset) -> Confusion | Residuals:
    """Return how well a model does on a data set."""
    return Residuals.of(model, data) if data.is_measured else Confusion.of(model, data)


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Predicted and measured numbers.

    Arguments:
        predicted: an array (samples,).
        targets: the measured numbers, likewise.
        name: of the target.
    """

    predicted: np.ndarray[Any, Any]
    targets: np.ndarray[Any, Any]
    name: str
    score_name: ClassVar[str] = "R²"

    @classmethod
    def of(cls, model: MLP, data: Dataset) -> Residuals:
        """Return what a model predicts for a data set."""
        return cls(model.predict(data.X), data.y, data.target_name or "target")

    @property
    def total(self) -> int:
        """The number of samples."""
        return len(self.targets)

    @property
    def rmse(self) -> float:
        """The root of the mean squared error, in the unit of the target."""
        return float(((self.predicted - self.targets) ** 2).mean() ** 0.5)

    @property
    def score(self) -> float:
        """R², the share of the target's variance that the model explains; NaN where the target does not vary."""
        variance = float(self.targets.var())
        return 1.0 - self.rmse**2 / variance if variance else float("nan")

    @property
    def words(self) -> str:
        """The measures in words."""
        return f"R² {self.score:.3f}, RMSE {self.rmse:.4g}"

    def record(self) -> dict[str, Any]:
        """Return the measures for ``run.json``, where NaN is None."""
        return {"samples": self.total, "r2": self.score if self.score == self.score else None, "rmse": self.rmse}


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """How often each class was predicted for samples of each.

    Arguments:
        counts: an array; ``counts[i, j]`` samples of class i were predicted as class j.
        names: the names of the classes.
    """

    counts: np.ndarray[Any, Any]
    names: tuple[str, ...]
    score_name: ClassVar[str] = "accuracy"

    @classmethod
    def of(cls, model: MLP, data: Dataset) -> Confusion:
        """Return the confusion of a model on a data set: the class of its largest output is the one it predicts."""
        import numpy as np

        classes = len(data.target_names)
        pairs = data.y * classes + model.predict(data.X).argmax(axis=1)
        counts = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
        return cls(counts, data.target_names)

    @property
    def total(self) -> int:
        """The number of samples."""
        return int(self.counts.sum())

    @property
    def correct(self) -> int:
        """The number of correctly classified samples."""
        return int(self.counts.trace())

    @property
    def score(self) -> float:
        """The accuracy: the share of correctly classified samples, from 0 to 1."""
        return self.correct / self.total

    @property
    def words(self) -> str:
        """The accuracy in words."""
        return f"accuracy {self.score:.1%} ({self.correct:,} right)"

    def record(self) -> dict[str, Any]:
        """Return the counts for ``run.json``."""
        return {"samples": self.total, "accuracy": self.score, "confusion": self.counts.tolist()}

    def accuracies(self) -> list[float | None]:
        """Return the accuracy within each class; None for a class without samples."""
        rows = self.counts.tolist()
        return [row[place] / sum(row) if sum(row) else None for place, row in enumerate(rows)]


FRAMES = 16  # of a film, at most
MOST_POINTS = 2_000  # samples in a picture
MOST_NUMBERED = 30  # classes; beyond that the cells are too small for numbers
CELL, LETTER = 0.42, 0.085  # inches
DARK = 0.5  # of the largest share; numbers on darker cells are white


def confusion(results: Results) -> str:
    """Return the confusion matrix as an SVG; "" for measured numbers."""
    found = results.measured
    if not isinstance(found, Confusion):
        return ""
    title = f"{plain(results.material.name)}: {found.correct:,} of {results.samples_measured} right, {found.score:.1%}"
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


def prediction(results: Results) -> str:
    """Return predicted against measured numbers as an SVG; "" for classes."""
    from matplotlib.figure import Figure

    found = results.measured
    if not isinstance(found, Residuals):
        return ""
    figure = Figure(figsize=(5.2, 5.0), layout="constrained")
    axes = figure.subplots()
    both = [*found.targets.tolist(), *found.predicted.tolist()]
    ends = [min(both), max(both)]
    axes.plot(ends, ends, color=LIGHT.muted, linewidth=1.0, zorder=1)  # where a perfect prediction would be
    shown = slice(None, None, -(-found.total // MOST_POINTS))
    axes.scatter(
        found.targets[shown], found.predicted[shown], s=14, color=LIGHT.value, alpha=0.6, linewidths=0, zorder=2
    )
    axes.set_xlabel(f"measured {plain(found.name)}")
    axes.set_ylabel("predicted")
    figure.suptitle(f"{plain(results.material.name)}: {results.samples_measured}, {found.words}", fontsize=11)
    return as_svg(figure)


def boundary(results: Results) -> str:
    """Return the regions of the classes in the plane as an SVG; "" for other data than classes of two inputs."""
    if not _is_plane(results):
        return ""
    return as_svg(_plane(results, results.model, f"{plain(results.material.name)}: {results.measured.words}")[0])


def film(results: Results) -> bytes:
    """Return the regions after several epochs as an animated GIF; b"" where there is nothing to show."""
    if not results.frames or not _is_plane(results):
        return b""
    from PIL import Image  # comes with matplotlib

    pictures = []
    for place, model in enumerate(results.frames, 1):
        epoch = min(place * -(-results.recipe.epochs // FRAMES), results.recipe.epochs)
        figure, _ = _plane(results, model, f"{plain(results.material.name)}: epoch {epoch}")
        raw = io.BytesIO()
        figure.savefig(raw, format="png", dpi=100, metadata={"Software": None})
        pictures.append(Image.open(raw).convert("P", palette=Image.Palette.ADAPTIVE))
    whole = io.BytesIO()
    durations = [250] * (len(pictures) - 1) + [2500]
    pictures[0].save(whole, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0)
    return whole.getvalue()


def make_film(model: MLP, material: Material) -> Film:
    """Return a film that begins with a model of two inputs, on the samples that it is not trained on."""
    data = material.test or material.train
    names = [plain(name) for name in data.feature_names]
    classes = [plain(name) for name in data.target_names]
    return Film(model, data.X[:MOST_POINTS], data.y[:MOST_POINTS], names=names, classes=classes)


def playing(results: Results) -> str:
    """Return the same as a page that plays; "" where there is nothing to show."""
    return "" if results.film is None else results.film.html


def _is_plane(results: Results) -> bool:
    data = results.material.train
    return data.X.shape[1] == 2 and not data.is_measured


def _plane(results: Results, model: MLP, title: str) -> tuple[Figure, Any]:
    """Draw the regions of a model, and the samples it was not trained on, where there are any."""
    from matplotlib.figure import Figure

    data = results.material.test or results.material.train
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = decision_boundary(model, data.X[:MOST_POINTS], data.y[:MOST_POINTS], points=100, ax=figure.subplots())
    axes.set_xlabel(plain(data.feature_names[0]))
    axes.set_ylabel(plain(data.feature_names[1]))
    figure.suptitle(title, fontsize=11)
    legend = axes.get_legend()
    for text in legend.get_texts() if legend is not None else ():
        text.set_text(plain(data.target_names[int(text.get_text().removeprefix("class "))]))
    return figure, axes


WITHOUT_PICTURES = f"No curves.svg and confusion.svg: {not_installed('matplotlib', 'notebooks')}"


def after(results: Results, folder: Path, written: list[str]) -> list[str]:
    """Return what to say of the results; the accuracy comes first."""
    lines = [f"{results.measured.words} on {results.samples_measured}"]
    if results.on_test is not None:
        lines.append(f"{results.on_train.words} on {results.on_train.total:,} training samples")
    if results.history.stopped_by:
        lines.append(results.history.stopped_by)
    epochs = len(results.history.epochs)
    measured = results.material.train.is_measured
    goal = "its output is the prediction" if measured else "its largest output names the class"
    return [
        *lines,
        f"{epochs} epoch{'s' * (epochs != 1)} in {results.seconds:.1f} s",
        f"in {folder}: {', '.join(written)}",
        f"model.json takes inputs as they are in the data; {goal}",
    ]


PICTURES: dict[str, Callable[[Results], str | bytes]] = {
    "curves.svg": curves,
    "confusion.svg": confusion,
    "prediction.svg": prediction,
    "boundary.svg": boundary,
    "boundary.gif": film,
    "boundary.html": playing,
}
FILES = ("model.json", "history.csv", "run.json", *PICTURES)


def write(results: Results, folder: Path) -> list[str]:
    """Write the model, the history, the settings and, where matplotlib is installed, the pictures.

    Returns:
        The names of the files. Pictures of an earlier run that this run has none of are removed, so that none is taken
        for this run's.

    Raises:
        OSError: the folder can't be written to.
    """
    results.model.save(folder / "model.json")
    results.history.save(folder / "history.csv")
    write_whole(folder / "run.json", json.dumps(_record(results), indent=1, ensure_ascii=False) + "\n")
    written = ["model.json", "history.csv", "run.json"]
    for name, picture in PICTURES.items():
        drawn = picture(results) if is_possible() else ""
        if drawn:
            write_whole(folder / name, drawn)
            written.append(name)
        else:
            (folder / name).unlink(missing_ok=True)
    return written


def _record(results: Results) -> dict[str, Any]:
    """Return what is needed to use the model later, and to train it again."""
    data, columns = results.material.train, results.material.columns
    return {
        "data": {"name": results.material.name, "source": data.source, "licence": data.licence},
        "inputs": list(data.feature_names),
        "target": data.target_name,
        "classes": list(data.target_names),
        "columns": None if columns is None else [asdict(column) for column in columns],
        "recipe": asdict(results.recipe),
        "stopped_by": results.history.stopped_by,
        "train": results.on_train.record(),
        "test": None if results.on_test is None else results.on_test.record(),
    }
