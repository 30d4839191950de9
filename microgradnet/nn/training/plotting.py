"""The plot of a history: the loss, the metric, and the size of the gradient in each layer, by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Columns = Mapping[str, Sequence[Any]]


def plot(columns: Columns, metric: str, gradient: str) -> Figure:
    """Return the figure; see ``History.plot``.

    Arguments:
        columns: those of a history.
        metric: the column of the metric; "" for none.
        gradient: how the columns of gradient sizes begin.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('Plots need matplotlib: pip install "microgradnet[notebooks]".') from error
    losses = {
        name: label for name, label in (("loss", "training"), ("validation loss", "validation")) if name in columns
    }
    sizes = {name: name.removeprefix(gradient) for name in columns if name.startswith(gradient)}
    panels = [("Loss", losses), *([(metric.capitalize(), {metric: ""})] if metric in columns else [])]
    panels += [("Size of the gradient", sizes)] if sizes else []
    figure = _shown(Figure)(figsize=(4.2 * len(panels), 3.4), layout="constrained")
    for axes, (title, lines) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        axes.set_title(title)
        draw_columns(axes, columns, lines, logarithmic=metric not in lines)
    return figure


def _shown(figure: type[Figure]) -> type[Figure]:
    """Return the class with what a notebook asks for, so that pyplot is left alone and there is nothing to close."""

    class _Shown(figure):  # type: ignore[misc, valid-type]
        def _repr_png_(self) -> bytes:
            self.savefig(content := BytesIO(), format="png", dpi=100)
            return content.getvalue()

    return _Shown


def draw_columns(axes: Any, columns: Columns, lines: dict[str, str], *, logarithmic: bool) -> None:
    """Draw a line for each of ``lines``, from the name of its column to its label, by epoch."""
    epochs, marker = columns["epoch"], "o" if len(columns["epoch"]) <= 20 else None
    for name, label in lines.items():
        numbers = [float("nan") if number is None else number for number in columns[name]]
        axes.plot(epochs, numbers, label=label, linewidth=1.6, marker=marker, markersize=3.5)
    if logarithmic and all((number or 0.0) > 0.0 for name in lines for number in columns[name]):
        axes.set_yscale("log")
    if len(lines) > 1:
        axes.legend(frameon=False)
    if len(epochs) == 1:
        axes.set_xlim(epochs[0] - 0.5, epochs[0] + 0.5)
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
