"""Where a plot is drawn, and how all plots look: colours that stay apart for every common form of colour blindness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, shown
from microgradnet.training_run.figure import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# M. Okabe and K. Ito (Color Universal Design, 2008), without their yellow, which white paper swallows.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
DASHES = ("-", "--", "-.", ":")  # with the colours, so that lines are told apart in black and white
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SHADES = "cividis"  # of surfaces: it rises evenly in lightness, for readers who see no red or green too


def axes_for(ax: Any, *, three_d: bool = False) -> Axes:
    """Return the Axes to draw into: those given, or the one of a new figure of pyplot's, so that it is shown.

    Raises:
        ArgumentError: ``ax`` is none, or is flat where three dimensions are drawn, or the other way round.
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError as error:
        raise ImportError('Plots need matplotlib: pip install "microgradnet[notebooks]".') from error
    if ax is None:
        projection = {"projection": "3d"} if three_d else {}
        made: Axes = pyplot.subplots(figsize=(6.0, 4.5), layout="constrained", subplot_kw=projection)[1]
        return made
    if not isinstance(ax, Axes):
        advice = "Use fig, ax = plt.subplots(); of several, choose one, such as ax[0]."
        raise ArgumentError("ax needs matplotlib's Axes", shown(ax), advice)
    if (ax.name == "3d") != three_d:
        wanted = "Axes of three dimensions" if three_d else "flat Axes"
        advice = 'Use fig.add_subplot(projection="3d") with three_d=True, and plain Axes without.'
        raise ArgumentError(wanted, f"those of projection {ax.name!r}", advice)
    return ax


def dress(axes: Axes, *, grid: bool = True) -> None:
    """Give Axes the look of all plots of this package."""
    if axes.name != "3d":
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25) if grid else axes.grid(visible=False)


def line_style(place: int) -> dict[str, Any]:
    """Return colour and dashes of the line in one place of several."""
    return {"color": COLOURS[place % len(COLOURS)], "linestyle": DASHES[place % len(DASHES)]}


def written(name: Any) -> str:
    """Return a user's name as a plot shows it: shortened, and no part of it read as a formula or left out."""
    text = plain(str(name))
    return f" {text}" if text.startswith("_") else text  # matplotlib hides labels that begin with an underscore


def check_points(points: Any, least: int = 2) -> int:
    """Return a number of points along an axis.

    Raises:
        ArgumentError: it is not a whole number of at least ``least``.
    """
    if not isinstance(points, int) or isinstance(points, bool) or points < least:
        advice = f"It counts points along an axis; use points={max(least, 100)}."
        raise ArgumentError(f"points needs a whole number of {least} or more", shown(points), advice)
    return points


def read_range(given: Any, name: str) -> tuple[float, float]:
    """Return the two ends of a range.

    Raises:
        ArgumentError: they are not two finite numbers, the lower one first.
    """
    import numpy

    wanted = f"{name} is (low, high), two finite numbers"
    try:
        low, high = (float(end) for end in given)
    except (TypeError, ValueError):
        raise ArgumentError(wanted, shown(given), f"Write {name}=(-2, 2).") from None
    if not (numpy.isfinite([low, high, high - low]).all() and low < high):
        raise ArgumentError(wanted, shown(given), "low lies below high.")
    return low, high
