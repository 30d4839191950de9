"""``gradient_sizes`` and ``compare``: what histories of training say by epoch, drawn as ``History.plot`` draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from microgradnet.calculus import value_and_grad
from microgradnet.calculus.sweeps import parameter_names
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, shown
from microgradnet.figures import write_figure
from microgradnet.operation import as_float
from microgradnet.plots.axes import COLOURS, DASHES, axes_for, check_points, dress, read_range, values_at, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from microgradnet.nn.training.history import History


def gradient_sizes(history: History, *, ax: Any = None) -> Axes:
    """Plot the size of the gradient in each layer by epoch: vanishing and exploding gradients are seen here.

    Arguments:
        history: what ``mg.fit`` returned.
        ax: matplotlib's Axes to draw into; a new figure's where not given.

    Returns:
        The Axes, with one line for each layer, named at its end, from dark for the first layer to light for the last.

    Raises:
        NumberTypeError: it is no History.
        ArgumentError: it holds no sizes of gradients.
        ImportError: matplotlib is not installed.
    """
    from microgradnet.nn.training.history import GRADIENT, History, draw_columns

    if not isinstance(history, History):
        given = f"{shown(history)} of type {type(history).__name__}"
        raise NumberTypeError("gradient_sizes needs a History", given, "Pass what mg.fit returned.")
    columns = history.columns()
    layers = {name: written(name.removeprefix(GRADIENT)) for name in columns if name.startswith(GRADIENT)}
    if not layers:
        raise ArgumentError("a history with sizes of gradients", "one without", "Pass what mg.fit returned.")
    axes = axes_for(ax)
    for place, (name, label) in enumerate(layers.items()):
        axes.set_prop_cycle(color=[_ramp(place / max(1, len(layers) - 1))], linestyle=[DASHES[place % len(DASHES)]])
        draw_columns(axes, columns, {name: label}, logarithmic=True)
    _label_ends(axes)
    axes.set_title("Size of the gradient")
    axes.set_ylabel("size of the gradient")
    return axes


def compare(runs: Mapping[str, Any], *, column: str = "loss", ax: Any = None) -> Axes:
    """Plot several runs of training side by side, one line each: ``compare({"SGD": history, "Adam": other})``.

    Their paths over two parameters are drawn by :func:`loss_surface`, with ``path={"SGD": [...], "Adam": [...]}``.

    Arguments:
        runs: for each name a History, or the numbers of each epoch as a list.
        column: what of a History is compared: ``"loss"``, ``"validation loss"``, its metric such as ``"accuracy"``, or
            ``"gradient of layer 1"``.
        ax: matplotlib's Axes to draw into; a new figure's where not given.

    Returns:
        The Axes, with one line for each run.

    Raises:
        ArgumentError: there is no run, or one without an epoch.
        UnknownNameError: a History has no such column.
        NumberTypeError: a run is neither a History nor a list of numbers.
        ImportError: matplotlib is not installed.

    Example:
        >>> axes = compare({"SGD": [1.0, 0.5, 0.25], "Adam": [1.0, 0.2, 0.1]})
        >>> [line.get_label() for line in axes.get_lines()]
        ['SGD', 'Adam']
    """
    from microgradnet.nn.training.history import GRADIENT, draw_columns

    if not isinstance(runs, Mapping) or not runs:
        advice = 'Write compare({"SGD": history, "Adam": other}).'
        raise ArgumentError("runs by name", shown(runs), advice)
    read = {name: _read_run(name, run, column) for name, run in runs.items()}
    axes = _styled(axes_for(ax), len(read))
    is_a_size = column.endswith("loss") or column.startswith(GRADIENT)  # an accuracy is not read by its decades
    logarithmic = is_a_size and all((number or 0.0) > 0.0 for epochs, numbers in read.values() for number in numbers)
    for name, (epochs, numbers) in read.items():
        draw_columns(axes, {"epoch": epochs, column: numbers}, {column: written(name)}, logarithmic=logarithmic)
    longest = max(len(epochs) for epochs, _ in read.values())
    if longest > 1:
        axes.autoscale(axis="x")  # a run of one epoch has narrowed it to itself
    axes.set_title(f"{column[:1].upper()}{column[1:]}" if column in ("loss", "validation loss") else column)
    axes.set_ylabel(written(column))
    axes.legend(frameon=False)
    return axes


def _styled(axes: Axes, lines: int) -> Axes:
    """Set the colours and dashes of the next lines."""
    from cycler import cycler  # comes with matplotlib

    count = max(lines, 1)
    colours = [COLOURS[place % len(COLOURS)] for place in range(count)]
    axes.set_prop_cycle(cycler(color=colours, linestyle=[DASHES[place % len(DASHES)] for place in range(count)]))
    return axes


def _ramp(share: float) -> Any:
    """Return a colour between the dark and the light end of one scale."""
    from matplotlib import colormaps

    return colormaps["viridis"](0.85 * share)


_LEAST_GAP = 0.055  # of the height of the Axes, between two labels
_ROOM = 0.16  # of the width, for labels behind the lines


def _label_ends(axes: Axes) -> None:
    """Write the label of each line behind its end; where ends are close, above each other in the order of the lines."""
    import numpy
    from matplotlib.transforms import blended_transform_factory

    lines = axes.get_lines()
    low, high = axes.get_xlim()
    axes.set_xlim(low, high + _ROOM * (high - low))
    to_axes = axes.transData + axes.transAxes.inverted()
    ends: list[Any] = [numpy.asarray(line.get_xydata())[-1] for line in lines]
    heights = [float(to_axes.transform(end)[1]) for end in ends]
    free = -1.0
    for place in sorted(range(len(lines)), key=heights.__getitem__):
        free = max(heights[place], free + _LEAST_GAP)
        line = lines[place]
        axes.text(
            high,
            free,
            f" {line.get_label()}",
            color=line.get_color(),
            va="center",
            transform=blended_transform_factory(axes.transData, axes.transAxes),
        )


def _read_run(name: Any, run: Any, column: str) -> tuple[list[int], list[float | None]]:
    """Return the epochs and numbers of a run."""
    from microgradnet.nn.training.history import History

    if isinstance(run, History):
        columns = run.columns()
        if column not in columns or column == "epoch":
            known = ", ".join(other for other in columns if other != "epoch")
            raise UnknownNameError(f"a column of the history {name!r}", repr(column), f"It has {known}.")
        epochs, numbers = columns["epoch"], columns[column]
    else:
        try:
            numbers = [as_float(number) for number in run]
        except TypeError:
            given = f"{shown(run)} of type {type(run).__name__}"
            advice = "Pass what mg.fit returned, or the loss of each epoch."
            raise NumberTypeError(f"the run {name!r} is a History or a list of numbers", given, advice) from None
        epochs = [*range(1, len(numbers) + 1)]
    if not numbers:
        raise ArgumentError(f"at least one epoch in the run {name!r}", "none", "Train for longer.")
    return epochs, numbers


_POINTS = 201
_DIGITS = 4


def tangent(
    f: Callable[..., Any],
    x: float,
    *,
    span: Any = None,
    points: int = _POINTS,
    ax: Any = None,
) -> Axes:
    """Plot a function of one number with its tangent at x, whose slope is the engine's derivative.

    Where the function is outside of its domain the curve has a gap. At a kink the tangent has the slope that the
    operation's convention says, such as 0 for relu at 0.

    Arguments:
        f: a function that takes a Value and returns one.
        x: where the tangent touches.
        span: (low, high), from where to where; 2 to each side of x, or as far as x is from 0, where not given.
        points: how many of the curve are computed.
        ax: matplotlib's Axes to draw into; a new figure's where not given.

    Returns:
        The Axes: the curve, the tangent and the point are its last three lines.

    Raises:
        ArgumentError: ``span``, ``points`` or ``ax`` can't be used.
        DomainError: x is outside of the domain of f.
        NumberTypeError: x is no number, or f does not return one number.
        ImportError: matplotlib is not installed.

    Example:
        >>> axes = tangent(lambda x: x**2, 1.5)
        >>> axes.get_legend_handles_labels()[1]
        ['f(x)', 'tangent at x = 1.5: slope 3']
    """
    import numpy

    at, count = as_float(x), check_points(points)
    if not numpy.isfinite(at):
        raise ArgumentError("x is a finite number", shown(x), "Choose where the tangent touches.")
    reach = max(2.0, abs(at))
    low, high = read_range((at - reach, at + reach) if span is None else span, "span")
    height, slope = value_and_grad(f)(at)
    axes = axes_for(ax)
    places = numpy.linspace(low, high, count)
    name, argument = _names(f)
    ends = numpy.array([low, high])
    words = f"tangent at {argument} = {write_figure(at, _DIGITS)}: slope {write_figure(slope, _DIGITS)}"
    axes.plot(places, values_at(f, places[:, None]), color=COLOURS[0], linewidth=2.0, label=f"{name}({argument})")
    axes.plot(ends, height + slope * (ends - at), color=COLOURS[1], linewidth=1.6, linestyle="--", label=words)
    axes.plot([at], [height], color=COLOURS[1], marker="o", markersize=7, linestyle="none", label="_point")
    _draw_triangle(axes, (at, height), slope, high - low)
    axes.set_xlabel(argument)
    axes.set_ylabel(f"{name}({argument})")
    axes.legend(frameon=False)
    dress(axes)
    return axes


def _draw_triangle(axes: Axes, corner: tuple[float, float], slope: float, width: float) -> None:
    """Draw how far the tangent rises over one unit, or over a fifth of the plot where a unit is too wide or narrow."""
    from matplotlib.patches import Polygon

    run = 1.0 if 0.1 * width <= 1.0 <= 0.4 * width else width / 5
    (x, y), rise = corner, slope * run
    points = [(x, y), (x + run, y), (x + run, y + rise)]
    axes.add_patch(Polygon(points, closed=False, fill=False, edgecolor=COLOURS[1], linewidth=1.0))
    words: dict[str, Any] = {"color": COLOURS[1], "textcoords": "offset points"}
    below = -1 if rise >= 0.0 else 1
    figures = write_figure(run, _DIGITS), write_figure(rise, _DIGITS)
    axes.annotate(figures[0], (x + run / 2, y), xytext=(0, 9 * below), ha="center", va="center", **words)
    axes.annotate(figures[1], (x + run, y + rise / 2), xytext=(5, 0), ha="left", va="center", **words)


def _names(f: Callable[..., Any]) -> tuple[str, str]:
    """Return what the function and its argument are called."""
    name = getattr(f, "__name__", "f")
    argument = parameter_names(f, 1)[0]
    plain = argument if argument.isidentifier() else "x"
    return written(name if name.isidentifier() else "f"), written(plain)
