"""What all plots share: the Axes and their look, the numbers of functions and graphs at many places, figures as SVG.

The colours stay apart for every common form of colour blindness.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, DomainError, MicrogradnetError, NumberTypeError, import_extra, shown
from microgradnet.graph import recompute, topological
from microgradnet.operation import as_float, is_real
from microgradnet.text import clean
from microgradnet.value import Value, number_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

# M. Okabe and K. Ito (Color Universal Design, 2008), without their yellow, which white paper swallows.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
DASHES = ("-", "--", "-.", ":")  # with the colours, so that lines are told apart in black and white
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
SHADES = "cividis"  # of surfaces: it rises evenly in lightness, for readers who see no red or green too


def axes_for(ax: Any, *, three_d: bool = False) -> Axes:
    """Return the Axes to draw into: those given, or the one of a new figure of pyplot's, so that it is shown.

    Raises:
        ArgumentError: ``ax`` is no Axes, or is flat where three dimensions are drawn, or the other way round.
        ImportError: matplotlib is not installed.
    """
    import_extra("matplotlib", "notebooks")
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    if ax is None:
        projection = {"projection": "3d"} if three_d else {}
        made: Axes = pyplot.subplots(figsize=(6.0, 4.5), layout="constrained", subplot_kw=projection)[1]
        return made
    if not isinstance(ax, Axes):
        advice = "Use fig, ax = plt.subplots(); of several, choose one, such as ax[0]."
        raise ArgumentError("ax needs matplotlib's Axes", shown(ax), advice)
    if (ax.name == "3d") != three_d:
        expected = "Axes of three dimensions" if three_d else "flat Axes"
        advice = 'Use fig.add_subplot(projection="3d") with three_d=True, and plain Axes without.'
        raise ArgumentError(expected, f"those of projection {ax.name!r}", advice)
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

    expected = f"{name} is (low, high), two finite numbers"
    try:
        low, high = (float(end) for end in given)
    except (TypeError, ValueError):
        raise ArgumentError(expected, shown(given), f"Write {name}=(-2, 2).") from None
    if not (numpy.isfinite([low, high, high - low]).all() and low < high):
        raise ArgumentError(expected, shown(given), "low lies below high.")
    return low, high


_ROWS = 2000  # of places that are computed at a time
_TRIED = 3  # places at which compiled numbers are compared with those of the graph
_CLOSE = 1e-9  # relative: sums in another order round differently

Numbers = Callable[[Any], list[float]]  # from one place to the numbers there


def number_at(f: Callable[..., Any], *place: float) -> float:
    """Return what a function of Values gives at a place; not a number where that is outside of a domain.

    Raises:
        NumberTypeError: it returns something else than one number.
    """
    try:
        result = f(*(Value(number) for number in place))
    except (DomainError, ZeroDivisionError):
        return float("nan")
    if isinstance(result, Value) or is_real(result):
        return number_of(result)
    given = f"{shown(result)} of type {type(result).__name__}"
    raise NumberTypeError("a function to plot returns one number", given, "Return one Value.")


def values_at(f: Callable[..., Any], places: NDArray[Any]) -> NDArray[Any]:
    """Return what a function of several numbers gives at each of many places, an array (places,)."""
    import numpy

    return numpy.array([number_at(f, *map(float, place)) for place in places])


def at_leaves(outputs: Sequence[Value], leaves: Sequence[Value], places: NDArray[Any]) -> NDArray[Any]:
    """Return nodes of a graph with other numbers in some leaves, an array (places, outputs). The graph stays as it is.

    Numbers are not a number where a place is outside of a domain.
    """
    copied, chosen = _copy(outputs, leaves)

    def one_by_one(place: Any) -> list[float]:
        for leaf, number in zip(chosen, place, strict=True):
            leaf.data = float(number)
        try:
            for output in copied:
                recompute(output)
        except DomainError:
            return [float("nan")] * len(copied)
        return [output.data for output in copied]

    found = compiled(copied, chosen, places, one_by_one)
    return _each(one_by_one, places) if found is None else found


def compiled(
    outputs: Sequence[Value],
    leaves: Sequence[Value],
    places: NDArray[Any],
    one_by_one: Numbers,
    tried: int = _TRIED,
) -> NDArray[Any] | None:
    """Return the same from the compiled graph; None where it can't be compiled, or is not what ``one_by_one`` gives.

    A function that chooses with Python's ``if`` is recorded as it was taken once, so ``tried`` places, spread evenly,
    are compared.
    """
    import numpy

    from microgradnet.compiler import compile as compile_graph

    below = {id(node) for output in outputs for node in topological(output)}
    used = [place for place, leaf in enumerate(leaves) if id(leaf) in below]
    if not used:
        return None
    columns = numpy.ascontiguousarray(places[:, used])
    try:
        program = compile_graph(list(outputs), batch=[leaves[place] for place in used])
        parts = [program.values(columns[start : start + _ROWS]) for start in range(0, len(columns), _ROWS)]
    except MicrogradnetError:
        return None
    found = numpy.concatenate(parts)
    looked_at = numpy.linspace(0, len(places) - 1, tried).astype(int)
    same = numpy.allclose(
        found[looked_at], _each(one_by_one, places[looked_at]), rtol=_CLOSE, atol=_CLOSE, equal_nan=True
    )
    return found if same else None


def _each(one_by_one: Numbers, places: NDArray[Any]) -> NDArray[Any]:
    import numpy

    return numpy.array([one_by_one(place) for place in places])


def _copy(outputs: Sequence[Value], leaves: Sequence[Value]) -> tuple[list[Value], list[Value]]:
    """Return copies of the outputs and of the leaves below them; one that is not below is copied alone."""
    memo: dict[int, Any] = {}
    copies = [deepcopy(output, memo) for output in outputs]
    return copies, [deepcopy(leaf, memo) for leaf in leaves]


def points_of(given: Any, expected: str, columns: int) -> NDArray[Any]:
    """Return rows of numbers as an array (rows, columns).

    Raises:
        NumberTypeError: they are no such rows; the message says what was wanted.
    """
    import numpy

    try:
        rows = numpy.array([[as_float(number) for number in row] for row in given], dtype=float)
    except (TypeError, ValueError):
        rows = numpy.empty((0, 0))
    if rows.ndim != 2 or rows.shape[1] != columns or not len(rows) or not numpy.isfinite(rows).all():
        raise NumberTypeError(expected, shown(given), f"Give a list of rows with {columns} finite numbers each.")
    return rows


SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "microgradnet",  # what the names inside are made of, else random
    "svg.fonttype": "none",
    "font.family": "sans-serif",
}
LONGEST = 24  # characters of a name in a picture


def is_possible() -> bool:
    """Tell whether matplotlib is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def plain(name: str) -> str:
    """Return a user's name as a picture shows it: cleaned, shortened, with no $ that is read as a formula."""
    return clean(name, LONGEST).replace("$", r"\$")


def as_svg(figure: Figure) -> str:
    """Return the text of an SVG file."""
    import matplotlib

    text = io.StringIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": "microgradnet"}
    with matplotlib.rc_context(SETTINGS), warnings.catch_warnings():
        # The viewer of the picture finds letters that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        figure.savefig(text, format="svg", metadata=metadata)
    return text.getvalue()
