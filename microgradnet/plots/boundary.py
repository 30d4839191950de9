"""``decision_boundary``: which class a model names where, with the samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, shown
from microgradnet.operation import as_float, is_real
from microgradnet.plots.axes import COLOURS, MARKERS, axes_for, check_points, compiled, dress, points_of
from microgradnet.value import Value, number_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


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

    The colour is the paler the less the class leads. Both axes have one scale where that leaves neither too short.
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
        ArgumentError: another argument is out of its range.
        ImportError: matplotlib is not installed.
    """
    import numpy

    if not callable(model):
        raise NumberTypeError("a model is a function of a list of two numbers", shown(model), "Pass an MLP, say.")
    samples = points_of(X, "samples to plot are rows of two numbers", 2)
    border = find_border(y, len(samples), threshold)
    field = make_field(model, samples, None if points is None else check_points(points))
    leads = field.leads(border)
    classes = read_classes(y, len(samples), field.outputs.shape[2])
    axes = axes_for(ax)
    _draw_regions(axes, field, leads)
    _draw_samples(axes, samples, classes)
    axes.set_xlabel("x[1]")
    axes.set_ylabel("x[2]")
    wide, high = numpy.ptp(field.xs), numpy.ptp(field.ys)
    if 1.0 / _LONGEST <= wide / high <= _LONGEST:  # inputs of one scale are drawn at one scale
        axes.set_aspect("equal")
    dress(axes, grid=False)
    return axes


_LONGEST = 4.0  # times as long as the other may an axis be, and both have one scale


def find_border(y: Any, count: int, threshold: float | None) -> float:
    """Return above which a single output names class 1: 0.5, or 0 where a class is -1, where no threshold is given."""
    usual = _usual_border(_read_targets(y, count))
    return usual if threshold is None else _read_threshold(threshold)


def read_classes(y: Any, count: int, outputs: int) -> NDArray[Any]:
    """Return the index of the class of each of so many samples, for a model of so many outputs."""
    targets = _read_targets(y, count)
    return _classes(targets, outputs, _usual_border(targets))


def _usual_border(targets: NDArray[Any]) -> float:
    return 0.0 if (targets < 0).any() else 0.5  # as the accuracy of mg.fit has it


def _read_targets(y: Any, count: int) -> NDArray[Any]:
    """Return a number for each sample; of one-hot rows the index of the 1."""
    import numpy

    rows = list(y) if hasattr(y, "__iter__") else []
    if len(rows) != count:
        raise ShapeError(f"one class for each of the {count} samples", f"{len(rows)}", "Give as many as rows of X.")
    if all(is_real(row) or isinstance(row, Value) for row in rows):
        return numpy.array([as_float(row) for row in rows], dtype=float)
    columns = len(rows[0]) if hasattr(rows[0], "__len__") else 1
    numbers = points_of(rows, "a class is a number, or a row with a 1 for it", columns)
    places: NDArray[Any] = numbers[:, 0] if columns == 1 else numbers.argmax(axis=1).astype(float)
    return places


def _read_threshold(threshold: Any) -> float:
    if not is_real(threshold):
        raise ArgumentError("threshold is a number", shown(threshold), "Use 0.5 for probabilities, 0 for scores.")
    return float(threshold)


def _classes(targets: NDArray[Any], outputs: int, border: float) -> NDArray[Any]:
    """Return the index of the class of each sample."""
    if outputs == 1:
        above: NDArray[Any] = (targets > border).astype(int)
        return above
    wrong = [target for target in targets.tolist() if target not in range(outputs)]
    if wrong:
        expected = f"classes 0 to {outputs - 1}, as the model has {outputs} outputs"
        raise ArgumentError(expected, str(wrong[0]), "Number the classes from 0.")
    indices: NDArray[Any] = targets.astype(int)
    return indices


def _draw_regions(axes: Axes, field: Field, leads: NDArray[Any]) -> None:
    """Draw an area for each class, the paler the less sure the model is, and a line around it."""
    import numpy
    from matplotlib.colors import ListedColormap

    count = leads.shape[2]
    named = numpy.ma.masked_where(numpy.isnan(leads).any(axis=2), numpy.nan_to_num(leads).argmax(axis=2))
    colours = {"cmap": ListedColormap([_colour(place) for place in range(count)]), "vmin": -0.5, "vmax": count - 0.5}
    alpha = 0.08 + 0.3 * numpy.nan_to_num(field.confidence(leads))
    axes.pcolormesh(field.xs, field.ys, named, **colours, alpha=alpha, shading="nearest", rasterized=True)
    for place in range(1 if count == 2 else 0, count):  # two classes share their only line
        lead = leads[:, :, place]
        if numpy.nanmin(lead) < 0.0 < numpy.nanmax(lead):
            axes.contour(field.xs, field.ys, lead, levels=[0.0], colors="black", linewidths=1.4)


def _draw_samples(axes: Axes, samples: NDArray[Any], classes: NDArray[Any]) -> None:
    """Draw the samples, each class with a colour and a marker of its own."""
    import numpy

    for place in numpy.unique(classes).tolist():
        look: Any = {"marker": MARKERS[place % len(MARKERS)], "color": _colour(place), "label": f"class {place}"}
        axes.scatter(
            samples[classes == place, 0],
            samples[classes == place, 1],
            42,
            **look,
            edgecolors="white",
            linewidths=0.8,
            zorder=3,
        )
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, frameon=False)  # above: it hides no sample


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


_POINTS = 150
_SLOW_POINTS = 50  # where the model can't be compiled: a call for each point
_TRIED = 60  # points at which a compiled model is compared with the model itself
_MARGIN = 0.1  # of the extent of the samples, around them


@dataclass(frozen=True, slots=True)
class Field:
    """The outputs of a model over a grid.

    Arguments:
        xs, ys: the two inputs, of shape (n, n).
        outputs: of shape (n, n, outputs); not a number where the model is outside of a domain.
    """

    xs: NDArray[Any]
    ys: NDArray[Any]
    outputs: NDArray[Any]

    def leads(self, border: float) -> NDArray[Any]:
        """Return by how much each class leads: its output less the largest other, or less the border for a single one.

        Of shape (n, n, classes); a class is named where its lead is positive.
        """
        import numpy

        count = self.outputs.shape[2]
        if count == 1:
            lead = self.outputs - border
            return numpy.concatenate([-lead, lead], axis=2)
        others = [numpy.delete(self.outputs, place, axis=2).max(axis=2) for place in range(count)]
        leads: NDArray[Any] = self.outputs - numpy.stack(others, axis=2)
        return leads

    def confidence(self, leads: NDArray[Any]) -> NDArray[Any]:
        """Return how far the class that is named leads, from 0 to 1: of probabilities as it is, of scores its tanh."""
        import numpy

        lead, outputs = leads.max(axis=2), self.outputs[numpy.isfinite(self.outputs)]
        if outputs.size and outputs.min() >= 0.0 and outputs.max() <= 1.0:  # probabilities
            share: NDArray[Any] = lead * (2.0 if self.outputs.shape[2] == 1 else 1.0)
        else:
            share = numpy.tanh(lead)
        clipped: NDArray[Any] = numpy.clip(share, 0.0, 1.0)
        return clipped


def make_field(model: Callable[..., Any], samples: NDArray[Any], points: int | None) -> Field:
    """Compute the outputs over a grid around the samples: at matrix speed where the model can be compiled.

    Arguments:
        model: a function of a list of two Values.
        samples: of shape (samples, 2).
        points: along each axis; chosen by the speed where None.
    """
    import numpy

    inputs = [Value(float(number), label=f"x[{k}]") for k, number in enumerate(samples[0], 1)]
    outputs = _outputs(model, inputs)

    def call(place: Any) -> list[float]:
        try:
            return [number_of(output) for output in _outputs(model, [Value(float(number)) for number in place])]
        except DomainError:
            return [float("nan")] * len(outputs)

    found, (xs, ys) = None, _grid(samples, points or _POINTS)
    if all(isinstance(output, Value) for output in outputs):
        found = compiled(outputs, inputs, numpy.column_stack([xs.ravel(), ys.ravel()]), call, _TRIED)
    if found is None:
        xs, ys = _grid(samples, points or _SLOW_POINTS)
        found = numpy.array([call(place) for place in zip(xs.ravel(), ys.ravel(), strict=True)])
    return Field(xs, ys, found.reshape(*xs.shape, -1))


def _outputs(model: Callable[..., Any], place: list[Value]) -> list[Any]:
    outputs = model(place)
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _grid(samples: NDArray[Any], count: int) -> Any:
    import numpy

    return numpy.meshgrid(*(numpy.linspace(start, end, count) for start, end in grid_ends(samples)))


def grid_ends(samples: NDArray[Any]) -> list[tuple[float, float]]:
    """Return the ends of the two axes of a grid around samples."""
    import numpy

    low, high = samples.min(axis=0), samples.max(axis=0)
    margin = numpy.where(high > low, _MARGIN * (high - low), 1.0)
    return list(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))
