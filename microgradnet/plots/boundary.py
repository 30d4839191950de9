"""``decision_boundary``: which class a model names where, with the samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, shown
from microgradnet.number import as_float, is_real
from microgradnet.plots.axes import COLOURS, MARKERS, axes_for, check_points, dress
from microgradnet.plots.sampling import compiled, points_of
from microgradnet.value import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_POINTS = 150
_SLOW_POINTS = 50  # where the model can't be compiled: a call for each point
_MARGIN = 0.1  # of the extent of the samples, around them


@dataclass(frozen=True, slots=True)
class _Field:
    """The outputs of a model over a grid: ``xs`` and ``ys`` of shape (n, n), ``outputs`` of shape (n*n, outputs)."""

    xs: NDArray[Any]
    ys: NDArray[Any]
    outputs: NDArray[Any]


def decision_boundary(
    model: Callable[..., Any],
    X: Any,  # noqa: N803 - as scikit-learn and mg.fit call it
    y: Any,
    *,
    threshold: float | None = None,
    points: int | None = None,
    ax: Any = None,
) -> Axes:
    """Plot which class a model names in each place of the plane, and the samples in the colours of their classes.

    The model is recorded once and compiled; one that chooses with Python's ``if`` is called at each point. It stays as
    it is.

    Arguments:
        model: a function of a list of two numbers: an MLP, a Module, or any other. Of several outputs the largest names
            the class; a single one names class 1 above the threshold.
        X: the samples, rows of two numbers.
        y: the class of each sample: an index 0, 1, ...; for a single output 0 and 1, or -1 and 1; or one-hot rows.
        threshold: for a single output; 0.5, or 0 where a class is -1, where not given. Logits with classes 0 and 1 need
            ``threshold=0``.
        points: along each axis; 150, or 50 where the model has to be called at each, where not given.
        ax: matplotlib's Axes to draw into; a new figure's where not given.

    Returns:
        The Axes.

    Raises:
        ShapeError: there is not one class for each sample.
        NumberTypeError: the samples are no rows of two numbers, or a class is no number.
        ArgumentError: another argument is none.
        ImportError: matplotlib is not installed.
    """
    import numpy

    if not callable(model):
        raise NumberTypeError("a model is a function of a list of two numbers", shown(model), "Pass an MLP, say.")
    samples = points_of(X, "samples to plot are rows of two numbers", 2)
    classes = _read_classes(y, len(samples))
    if points is not None:
        check_points(points)
    field = _field(model, samples, points)
    axes = axes_for(ax)
    if field.outputs.shape[1] == 1:
        border = _read_threshold(threshold, classes)
        predicted = numpy.where(numpy.isnan(field.outputs[:, 0]), numpy.nan, field.outputs[:, 0] > border)
        classes = (classes > border).astype(int)
    else:
        missing = numpy.isnan(field.outputs).any(axis=1)
        predicted = numpy.where(missing, numpy.nan, numpy.nan_to_num(field.outputs).argmax(axis=1))
        border = 0.0
    count = max(field.outputs.shape[1], 2, int(classes.max()) + 1)
    _draw_regions(axes, field, predicted.reshape(field.xs.shape), count, border)
    _draw_samples(axes, samples, classes)
    axes.set_xlabel("x[1]")
    axes.set_ylabel("x[2]")
    dress(axes, grid=False)
    return axes


def _read_classes(y: Any, count: int) -> NDArray[Any]:
    import numpy

    rows = list(y) if hasattr(y, "__iter__") else []
    if len(rows) != count:
        raise ShapeError(f"one class for each of the {count} samples", f"{len(rows)}", "Give as many as rows of X.")
    if not all(is_real(row) or isinstance(row, Value) for row in rows):
        return points_of(rows, "a class is a number, or a one-hot row", len(rows[0])).argmax(axis=1).astype(float)
    return numpy.array([as_float(row) for row in rows], dtype=float)


def _read_threshold(threshold: Any, classes: NDArray[Any]) -> float:
    """Return above which number a single output names class 1, as the accuracy of ``mg.fit`` does."""
    if threshold is None:
        return 0.0 if (classes < 0).any() else 0.5
    if not is_real(threshold):
        raise ArgumentError("threshold is a number", shown(threshold), "Use 0.5 for probabilities, 0 for scores.")
    return float(threshold)


def _field(model: Callable[..., Any], samples: NDArray[Any], points: int | None) -> _Field:
    """Compute the outputs over a grid around the samples."""
    import numpy

    low, high = samples.min(axis=0), samples.max(axis=0)
    margin = numpy.where(high > low, _MARGIN * (high - low), 1.0)

    def grid(count: int) -> Any:
        sides = [numpy.linspace(start, end, count) for start, end in zip(low - margin, high + margin, strict=True)]
        return numpy.meshgrid(*sides)

    def call(place: Any) -> list[float]:
        return [float(output) for output in _call(model, [float(number) for number in place])]

    inputs = [Value(float(number), label=f"x[{k}]") for k, number in enumerate(samples[0], 1)]
    outputs = [output for output in _call(model, inputs) if isinstance(output, Value)]
    xs, ys = grid(points or _POINTS)
    found = compiled(outputs, inputs, numpy.column_stack([xs.ravel(), ys.ravel()]), call) if outputs else None
    if found is None:
        xs, ys = grid(points or _SLOW_POINTS)
        found = numpy.array([call(place) for place in zip(xs.ravel(), ys.ravel(), strict=True)])
    return _Field(xs, ys, found)


def _call(model: Callable[..., Any], place: list[Any]) -> list[Any]:
    outputs = model(place)
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _draw_regions(axes: Axes, field: _Field, predicted: NDArray[Any], count: int, border: float) -> None:
    """Draw a pale area for each class, and the line between two, where there are two."""
    import numpy
    from matplotlib.colors import ListedColormap

    colours = ListedColormap([COLOURS[place % len(COLOURS)] for place in range(count)])
    edges = numpy.arange(count + 1) - 0.5
    shown_classes = numpy.ma.masked_invalid(predicted)
    axes.pcolormesh(
        field.xs,
        field.ys,
        shown_classes,
        cmap=colours,
        vmin=edges[0],
        vmax=edges[-1],
        alpha=0.25,
        shading="nearest",
        rasterized=True,
        linewidth=0,
    )
    if field.outputs.shape[1] == 1:
        margin = field.outputs[:, 0].reshape(field.xs.shape)
        if numpy.nanmin(margin) < border < numpy.nanmax(margin):
            axes.contour(field.xs, field.ys, margin, levels=[border], colors="black", linewidths=1.4)
    else:
        for place in range(count):
            inside = numpy.where(shown_classes.mask, numpy.nan, predicted == place)
            if 0.0 < numpy.nanmean(inside) < 1.0:
                axes.contour(field.xs, field.ys, inside, levels=[0.5], colors="black", linewidths=1.2)


def _draw_samples(axes: Axes, samples: NDArray[Any], classes: NDArray[Any]) -> None:
    """Draw the samples, each class with a colour and a marker of its own."""
    import numpy

    for each in numpy.unique(classes):
        place = int(each)
        marker, colour = MARKERS[place % len(MARKERS)], COLOURS[place % len(COLOURS)]
        chosen = samples[classes == each]
        axes.scatter(
            *chosen.T,
            marker=marker,
            color=colour,
            edgecolors="white",
            linewidths=0.8,
            s=42,
            label=f"class {place}",
            zorder=3,
        )
    axes.legend()
