"""What a surface is drawn over: a loss as a function of two numbers, paths on it, and the ranges to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.calculus.arguments import parameter_names
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, shown
from microgradnet.graph import leaves
from microgradnet.plots.axes import read_range, written
from microgradnet.plots.sampling import at_leaves, points_of, values_at
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGIN = 0.25  # of the extent of the paths, around them
_REACH = 1.0  # to each side of a parameter, where there is nothing else to see


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss as a function of two numbers, with names.

    Arguments:
        at: from an array (places, 2) to the loss at each.
        names: of the loss and of the two parameters.
        now: where the parameters are; None for a function.
    """

    at: Callable[[NDArray[Any]], NDArray[Any]]
    names: tuple[str, str, str]
    now: tuple[float, float] | None


def read_loss(loss: Any, over: Any) -> Loss:
    """Return a function or a graph as a loss over two numbers.

    Raises:
        NumberTypeError, ArgumentError, UnknownNameError: as :func:`microgradnet.plots.surface.loss_surface`.
    """
    if isinstance(loss, Value):
        first, second = _read_parameters(loss, over)
        names = tuple(written(node.label or other) for node, other in ((loss, "loss"), (first, "x"), (second, "y")))
        return Loss(
            lambda places: at_leaves([loss], [first, second], places)[:, 0],
            (names[0], names[1], names[2]),
            (first.data, second.data),
        )
    if not callable(loss):
        came = f"{shown(loss)} of type {type(loss).__name__}"
        raise NumberTypeError(
            "a loss is a function of two Values, or a Value", came, "Pass the result of a computation."
        )
    if over is not None:
        advice = "Leave over= out, or pass the loss of one computation."
        raise ArgumentError("over= names leaves of a graph", "a function as the loss", advice)
    first_name, second_name = (written(name) for name in parameter_names(loss, 2))
    return Loss(lambda places: values_at(loss, places), ("loss", first_name, second_name), None)


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
    wanted = "a path is a list of pairs of numbers"
    if isinstance(path, Mapping):
        return {written(name): points_of(places, wanted, 2) for name, places in path.items()}
    return {"": points_of(path, wanted, 2)}


def read_ranges(given: Any, paths: Mapping[str, NDArray[Any]], now: tuple[float, float] | None) -> Any:
    """Return the two ranges: those given, else around all that is to be seen.

    Raises:
        ArgumentError: they are none, or there is nothing to see.
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
