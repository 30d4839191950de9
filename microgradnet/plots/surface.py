"""``loss_surface``: a loss over two parameters, and the paths that optimizers took on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.plots.axes import MARKERS, SHADES, axes_for, check_points, dress, line_style
from microgradnet.plots.plane import Loss, read_loss, read_paths, read_ranges
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
            {"SGD": [...], "Adam": [...]}. A circle marks each start, a star each end.
        points: along each axis; points*points losses are computed.
        levels: how many contours, or their heights in rising order.
        three_d: whether to draw a surface in three dimensions.
        ax: matplotlib's Axes to draw into, of projection "3d" for ``three_d``; a new figure's where not given.

    Returns:
        The Axes.

    Raises:
        ArgumentError: there are not two parameters, there is no range, or another argument is none.
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


def _grid(loss: Loss, ranges: Any, count: int) -> tuple[Any, Any, Any]:
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
    axes.figure.colorbar(filled, ax=axes, label=name)


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


def _draw_surface(axes: Any, grid: Any, loss: Loss, paths: Mapping[str, NDArray[Any]]) -> None:
    axes.plot_surface(*grid, cmap=SHADES, alpha=0.75, linewidth=0, antialiased=True)
    axes.set_zlabel(loss.names[0])
    _draw_paths(axes, paths, [loss.at(places) for places in paths.values()])
