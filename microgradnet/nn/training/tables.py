"""Reading data: inputs and targets, as arrays or lists, into tables of floats with one row for each sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from microgradnet.errors import DomainError, NumberTypeError, ShapeError, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers of samples.

    Attributes:
        given: the array as it was given.
        rows: its floats, an array (samples, numbers of one sample).
        name: what messages call it.
    """

    given: NDArray[Any]
    rows: NDArray[Any]
    name: str

    @property
    def is_vector(self) -> bool:
        """Whether each sample was given as one number instead of a list."""
        return self.given.ndim == 1

    @property
    def is_whole(self) -> bool:
        """Whether the numbers are whole by their type, as the indices of classes are."""
        return self.given.dtype.kind in "biu"

    def select(self, places: Any) -> Table:
        """Return the samples at these places."""
        return Table(self.given[places], self.rows[places], self.name)


def read_table(numbers: Any, name: str) -> Table:
    """Return the numbers of samples as a table.

    Arguments:
        numbers: an array (samples, numbers of one sample), a list of such lists, or one number for each sample.
        name: what to call it in messages: ``"X"``.

    Raises:
        ShapeError: it has another nesting, or no samples.
        NumberTypeError: it holds something that is no real number.
        DomainError: a number is infinite or not a number.
    """
    import numpy

    try:
        given = numpy.asarray(numbers)
    except ValueError:
        raise ShapeError(
            f"{name} has rows of one length", "rows of several", "Fill up or cut the short ones."
        ) from None
    if given.dtype.kind not in "biuf":
        came = f"{shown(numbers)} of type {type(numbers).__name__}"
        advice = "Use numbers; names of classes become the indices 0, 1, 2, ..."
        raise NumberTypeError(f"{name} is an array or a list of real numbers", came, advice)
    if given.ndim not in (1, 2) or not given.size:
        advice = "One sample is a row of numbers; X.reshape(len(X), -1) makes rows of images."
        raise ShapeError(f"{name} is an array (samples, numbers of one)", f"the shape {given.shape}", advice)
    rows = given.reshape(len(given), -1).astype(numpy.float64)
    finite = numpy.isfinite(rows)
    if not finite.all():
        row, column = (int(places[0]) for places in numpy.nonzero(~finite))
        place = f"{name}[{row}]" if given.ndim == 1 else f"{name}[{row}, {column}]"
        raise DomainError(f"{name} holds finite numbers", f"{rows[row, column]} as {place}", "Leave such samples out.")
    return Table(given, rows, name)


def read_samples(inputs: Any, targets: Any, of: str = "") -> tuple[Table, Table]:
    """Return inputs and targets, called X and y in messages, as tables of as many samples.

    Arguments:
        inputs: see :func:`read_table`.
        targets: one for each sample.
        of: which X and y they are: ``" of validation"``.

    Raises:
        ShapeError, NumberTypeError, DomainError: see :func:`read_table`; or they differ in their number of samples.
    """
    tables = read_table(inputs, f"X{of}"), read_table(targets, f"y{of}")
    counts = [len(table.rows) for table in tables]
    if counts[0] != counts[1]:
        wanted = f"y{of} has {counts[0]} targets, one for each sample of X{of}"
        raise ShapeError(wanted, str(counts[1]), "Check that both are of the same samples.")
    return tables
