"""``curves.svg``: the loss, the accuracy and the size of the gradient, by epoch."""

from __future__ import annotations

from microgradnet.training_run.figure import as_svg, plain
from microgradnet.training_run.results import Results


def curves(results: Results) -> str:
    """Return the history as an SVG, with a title that says of what."""
    figure = results.history.plot()
    figure.suptitle(f"{plain(results.material.name)}: training")
    for axes in figure.axes:
        if axes.get_title() == "Accuracy":
            axes.set_title(f"Accuracy on {results.samples_measured}")
            axes.set_ylim(top=1.005)
    return as_svg(figure)
