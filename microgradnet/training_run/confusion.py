"""``confusion.svg``: which class was taken for which, with numbers, and the accuracy of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from microgradnet.drawing.theme import LIGHT
from microgradnet.training_run.figure import as_svg, plain
from microgradnet.training_run.results import Confusion, Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

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
