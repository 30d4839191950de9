"""The plot of a history: the loss, the metric, and the size of the gradient in each layer, by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError
from microgradnet.nn.training.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot(history: History) -> Figure:
    """Return the figure; see ``History.plot``."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "microgradnet[notebooks]"') from error
    if not history.epochs:
        raise ArgumentError("a history of at least one epoch", "none", "Train for longer.")
    draws = [_draw_loss, *([_draw_metric] if history.metric_name else []), _draw_gradients]
    figure = Figure(figsize=(4.2 * len(draws), 3.4), layout="constrained")  # not pyplot's: nothing to close
    for axes, draw in zip(figure.subplots(1, len(draws)), draws, strict=True):
        draw(axes, history)
        _finish(axes, len(history))
    return figure


def _draw_loss(axes: Any, history: History) -> None:
    columns = history.columns()
    axes.set_title("Loss")
    for column, label in (("loss", "training"), ("validation loss", "validation")):
        if column in columns:
            _line(axes, columns["epoch"], columns[column], label)
    if all(number > 0.0 for column in ("loss", "validation loss") for number in columns.get(column, ())):
        axes.set_yscale("log")
    if "validation loss" in columns:
        axes.legend(frameon=False)


def _draw_metric(axes: Any, history: History) -> None:
    columns = history.columns()
    axes.set_title(history.metric_name.capitalize())
    _line(axes, columns["epoch"], columns[history.metric_name])


def _draw_gradients(axes: Any, history: History) -> None:
    axes.set_title("Size of the gradient")
    layers = list(history.epochs[0].gradient_norms)
    for layer in layers:
        _line(axes, [e.epoch for e in history], [e.gradient_norms.get(layer) or float("nan") for e in history], layer)
    axes.set_yscale("log")
    if layers:
        axes.legend(frameon=False)


def _line(axes: Any, epochs: list[int], numbers: list[Any], label: str = "") -> None:
    axes.plot(epochs, numbers, label=label, linewidth=1.6, marker="o" if len(epochs) <= 20 else None, markersize=3.5)


def _finish(axes: Any, epochs: int) -> None:
    axes.set_xlabel("epoch")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    if epochs == 1:
        axes.set_xlim(0.5, 1.5)
