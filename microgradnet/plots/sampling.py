"""Numbers of functions and graphs at many places: compiled to matrices where that gives the same, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from microgradnet.compiler.compiling import compile_graph
from microgradnet.errors import DomainError, MicrogradnetError, NumberTypeError, shown
from microgradnet.graph import recompute, topological
from microgradnet.number import as_float, is_real
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
        return float(result)
    came = f"{shown(result)} of type {type(result).__name__}"
    raise NumberTypeError("a function to plot returns one number", came, "Return one Value.")


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


def points_of(given: Any, wanted: str, columns: int) -> NDArray[Any]:
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
        raise NumberTypeError(wanted, shown(given), f"Give a list of rows with {columns} finite numbers each.")
    return rows
