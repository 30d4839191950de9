"""``tangent``: a function of one number, and its tangent at a point."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from microgradnet.calculus import value_and_grad
from microgradnet.calculus.arguments import parameter_names
from microgradnet.drawing.figures import write_figure
from microgradnet.errors import ArgumentError, shown
from microgradnet.number import as_float
from microgradnet.plots.axes import COLOURS, axes_for, check_points, dress, read_range, written
from microgradnet.plots.sampling import values_at

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
        ArgumentError: ``span``, ``points`` or ``ax`` is none.
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
    axes.set_xlabel(argument)
    axes.set_ylabel(f"{name}({argument})")
    axes.legend(frameon=False)
    dress(axes)
    return axes


def _names(f: Callable[..., Any]) -> tuple[str, str]:
    """Return what the function and its argument are called."""
    name = getattr(f, "__name__", "f")
    argument = parameter_names(f, 1)[0]
    plain = argument if argument.isidentifier() else "x"
    return written(name if name.isidentifier() else "f"), written(plain)
