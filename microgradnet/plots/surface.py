"""``loss_surface``: a loss over two parameters, and the paths that optimizers took on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.calculus.sweeps import parameter_names
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, shown
from microgradnet.graph import leaves
from microgradnet.plots.axes import (
    MARKERS,
    SHADES,
    at_leaves,
    axes_for,
    check_points,
    dress,
    line_style,
    points_of,
    read_range,
    values_at,
    written,
)
from microgradnet.value import Value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_POINTS = 81
_LEVELS = 20
_MARKS = 25  # at most twice as many on a path


def loss_surface(
    loss: Any,
    over: Sequence[Value] | None = None,
    *,
    ranges: Any = None,
    path: Any = None,
    points: int = _POINTS,
    levels: Any = _LEVELS,
    three_d: bool = False,
    ax: Any = None,
) -> Axes:
    """Plot a loss over two parameters as contours, with the path that an optimizer took, or the paths of several.

    The graph, if one is given, is compiled and stays as it is. Places outside of the loss's domain stay white.

    Arguments:
        loss: a function of two Values, or a node of a graph.
        over: for a node, the two of its leaves to vary; None for a function.
        ranges: ((low, high), (low, high)) of the two parameters; where not given, around the paths and, for a graph,
            the present numbers.
        path: the places that an optimizer went through, [(0.5, 1.0), (0.4, 0.9), ...], or several by name,
            {"SGD": [...], "Adam": [...]}. A circle marks each start, a star each end,
            and a white cross the least loss of the grid.
        points: along each axis; points*points losses are computed.
        levels: how many contours, or their heights in rising order.
        three_d: whether to draw a surface in three dimensions.
        ax: matplotlib's Axes to draw into, of projection "3d" for ``three_d``; a new figure's where not given.

    Returns:
        The Axes.

    Raises:
        ArgumentError: there are not two parameters, there is no range, or another argument can't be used.
        UnknownNameError: the loss does not depend on a node of ``over`` that is a leaf.
        NumberTypeError: the loss is neither a function nor a Value, or a path holds no pairs of numbers.
        ImportError: matplotlib is not installed.

    Example:
        >>> axes = loss_surface(lambda a, b: a**2 + 4 * b**2, ranges=((-2, 2), (-2, 2)), path=[(2, 1), (1, 0)])
        >>> axes.get_xlabel(), axes.get_ylabel()
        ('a', 'b')
    """
    read, paths = read_loss(loss, over), read_paths(path)
    grid = _grid(read, read_ranges(ranges, paths, read.now), check_points(points))
    chosen = _levels(grid[2], levels)
    axes = axes_for(ax, three_d=three_d)
    if three_d:
        _draw_surface(axes, grid, read, paths)
    else:
        _draw_contours(axes, grid, chosen, read.names[0])
        _draw_paths(axes, paths)
    axes.set(xlabel=read.names[1], ylabel=read.names[2], xlim=grid[0][0, [0, -1]], ylim=grid[1][[0, -1], 0])
    if paths:
        axes.legend()
    dress(axes, grid=False)
    return axes


def _grid(loss: Surface, ranges: Any, count: int) -> tuple[Any, Any, Any]:
    """Return the two parameters and the loss at each place of a grid; places outside of its domain are masked."""
    import numpy

    xs, ys = numpy.meshgrid(*(numpy.linspace(low, high, count) for low, high in ranges))
    heights = loss.at(numpy.column_stack([xs.ravel(), ys.ravel()])).reshape(xs.shape)
    if not numpy.isfinite(heights).any():
        raise ArgumentError("a loss that can be computed somewhere in the ranges", "none", "Choose other ranges.")
    return xs, ys, numpy.ma.masked_invalid(heights)


def _draw_contours(axes: Axes, grid: Any, levels: Any, name: str) -> None:
    from matplotlib.colors import BoundaryNorm

    filled = axes.contourf(*grid, levels=levels, cmap=SHADES, norm=BoundaryNorm(levels, 256))
    axes.contour(*grid, levels=levels, colors="white", linewidths=0.4, alpha=0.6)
    _mark_least(axes, grid)
    axes.figure.colorbar(filled, ax=axes, label=name)


def _mark_least(axes: Axes, grid: Any) -> None:
    """Mark where the loss is least with a cross, unless that is at the edge, where it may be less outside."""
    import numpy

    xs, ys, heights = grid
    row, column = numpy.unravel_index(int(heights.argmin()), heights.shape)
    if 0 < row < heights.shape[0] - 1 and 0 < column < heights.shape[1] - 1:
        look: Any = {"color": "white", "markeredgewidth": 1.6, "markersize": 9, "linestyle": "none"}
        axes.plot(xs[row, column], ys[row, column], marker="x", label="_least", zorder=3, **look)


def _levels(heights: Any, levels: Any) -> Any:
    """Return the heights of the contours: close together at the bottom, where optimizers spend their time."""
    import numpy

    if not isinstance(levels, int):
        chosen = numpy.asarray(levels, dtype=float)
        if chosen.ndim != 1 or len(chosen) < 2 or not (numpy.diff(chosen) > 0.0).all():
            raise ArgumentError("levels is a number, or heights in rising order", shown(levels), "Use levels=20.")
        return chosen
    low, high = float(heights.min()), float(heights.max())
    top = high if high > low else low + 1.0
    return low + (top - low) * numpy.linspace(0.0, 1.0, check_points(levels) + 1) ** 2


def _draw_paths(axes: Axes, paths: Mapping[str, NDArray[Any]], heights: Sequence[NDArray[Any]] = ()) -> None:
    """Draw each path with its start and its end; in three dimensions at its heights."""
    from matplotlib.patheffects import Normal, Stroke

    rim = [Stroke(linewidth=3.4, foreground="white"), Normal()]  # seen on dark and on light parts of the surface
    for place, (name, places) in enumerate(paths.items()):
        columns, colour = [*places.T, *heights[place : place + 1]], line_style(place + 1)["color"]
        look: dict[str, Any] = {"color": colour, "linewidth": 1.8, "path_effects": rim, "zorder": 4}
        look |= {"marker": MARKERS[place % len(MARKERS)], "markersize": 3.5}
        axes.plot(*columns, **look, markevery=max(1, len(places) // _MARKS), label=name or "path")
        ends: dict[str, Any] = {
            "linestyle": "none",
            "color": colour,
            "markeredgecolor": "white",
            "zorder": 5,
            "label": "_end",
        }
        axes.plot(*(column[:1] for column in columns), marker="o", markersize=9, **ends)
        axes.plot(*(column[-1:] for column in columns), marker="*", markersize=15, **ends)


def _draw_surface(axes: Any, grid: Any, loss: Surface, paths: Mapping[str, NDArray[Any]]) -> None:
    axes.plot_surface(*grid, cmap=SHADES, alpha=0.75, linewidth=0, antialiased=True)
    axes.set_zlabel(loss.names[0])
    _draw_paths(axes, paths, [loss.at(places) for places in paths.values()])


_MARGIN = 0.25  # of the extent of the paths, around them
_REACH = 1.0  # to each side of a parameter, where there is nothing else to see


@dataclass(frozen=True, slots=True)
class Surface:
    """A loss as a function of two numbers, with names.

    Arguments:
        at: from an array (places, 2) to the loss at each.
        names: of the loss and of the two parameters.
        now: where the parameters are; None for a function.
    """

    at: Callable[[NDArray[Any]], NDArray[Any]]
    names: tuple[str, str, str]
    now: tuple[float, float] | None


def read_loss(loss: Any, over: Any) -> Surface:
    """Return a function or a graph as a loss over two numbers.

    Raises:
        NumberTypeError, ArgumentError, UnknownNameError: as :func:`microgradnet.plots.surface.loss_surface`.
    """
    if isinstance(loss, Value):
        first, second = _read_parameters(loss, over)
        names = tuple(written(node.label or other) for node, other in ((loss, "loss"), (first, "x"), (second, "y")))
        return Surface(
            lambda places: at_leaves([loss], [first, second], places)[:, 0],
            (names[0], names[1], names[2]),
            (first.data, second.data),
        )
    if not callable(loss):
        given = f"{shown(loss)} of type {type(loss).__name__}"
        raise NumberTypeError(
            "a loss is a function of two Values, or a Value", given, "Pass the result of a computation."
        )
    if over is not None:
        advice = "Leave over= out, or pass the loss of one computation."
        raise ArgumentError("over= names leaves of a graph", "a function as the loss", advice)
    first_name, second_name = (written(name) for name in parameter_names(loss, 2))
    return Surface(lambda places: values_at(loss, places), ("loss", first_name, second_name), None)


def _read_parameters(loss: Value, over: Any) -> tuple[Value, Value]:
    pair = list(over) if isinstance(over, (list, tuple)) else []
    if len(pair) != 2 or not all(isinstance(node, Value) for node in pair) or pair[0] is pair[1]:
        raise ArgumentError("over= is two different leaves of the loss", shown(over), "Write over=(w, b), say.")
    below = {id(leaf) for leaf in leaves(loss)}
    for node in pair:
        if id(node) not in below:
            raise UnknownNameError(
                "a leaf that the loss depends on", shown(node), "Choose among mg.graph.leaves(loss)."
            )
    return pair[0], pair[1]


def read_paths(path: Any) -> dict[str, NDArray[Any]]:
    """Return the paths by name; a single one has none."""
    if path is None:
        return {}
    expected = "a path is a list of pairs of numbers"
    if isinstance(path, Mapping):
        return {written(name): points_of(places, expected, 2) for name, places in path.items()}
    return {"": points_of(path, expected, 2)}


def read_ranges(given: Any, paths: Mapping[str, NDArray[Any]], now: tuple[float, float] | None) -> Any:
    """Return the two ranges: those given, else around all that is to be seen.

    Raises:
        ArgumentError: they are not two ranges, or no range is given or can be found.
    """
    import numpy

    if given is not None:
        if not isinstance(given, (list, tuple)) or len(given) != 2:
            advice = "Write ranges=((-2, 2), (-1, 3))."
            raise ArgumentError("ranges is a pair of (low, high)", shown(given), advice)
        return [read_range(each, "each of ranges") for each in given]
    seen = [*paths.values(), *([] if now is None else [numpy.array([now])])]
    if not seen:
        advice = "Write ranges=((-2, 2), (-1, 3)), or give a path."
        raise ArgumentError("a function needs the ranges of its two arguments", "none", advice)
    places = numpy.concatenate(seen)
    low, high = places.min(axis=0), places.max(axis=0)
    margin = numpy.where(high > low, _MARGIN * (high - low), _REACH)
    return list(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))
