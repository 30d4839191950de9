"""What a caller hands to a network, read into nodes and floats: inputs, targets, weight matrices, biases, sizes.

Every error names the place as its writer would: ``x[2]`` for an input, ``weights[0][1][2]`` in a nested list.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence, Set
from typing import Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, shown
from microgradnet.operation import is_real
from microgradnet.value import Value


def as_nodes(numbers: Any, letter: str, count: int | None = None, reader: str = "") -> list[Value]:
    """Return a vector as nodes: Values as they are, numbers as new Values labelled ``x[1]``, ``x[2]``, ...

    Arguments:
        numbers: a list, tuple or NumPy vector; one bare number or Value counts as a list of one.
        letter: what to call its elements, such as ``"x"``.
        count: how many there must be, where that is known.
        reader: who needs that many, for the message: ``"MLP(3, [4, 1])"``.

    Raises:
        ShapeError: it is no vector, or has another length than ``count``.
        NumberTypeError: an element is not a real number.
    """
    if type(numbers) is not list:
        numbers = as_list(numbers, letter)
    if count is not None and len(numbers) != count:
        expected = f"{reader} takes {count} input{'s' * (count != 1)}"
        raise ShapeError(expected, str(len(numbers)), f"Give {letter}[1] to {letter}[{count}], nothing left out.")
    try:
        return [
            number if isinstance(number, Value) else Value(number, f"{letter}[{k}]")
            for k, number in enumerate(numbers, 1)
        ]
    except NumberTypeError:
        place = next(k for k, number in enumerate(numbers, 1) if not (isinstance(number, Value) or is_real(number)))
        found = numbers[place - 1]
        given = f"{shown(found)} of type {type(found).__name__} as {letter}[{place}]"
        raise NumberTypeError("a vector of real numbers or Values", given, "Give one flat list of numbers.") from None


def as_list(numbers: Any, name: str) -> list[Any]:
    """Return the elements of a list, tuple, NumPy vector or other ordered collection as a list.

    Raises:
        ShapeError: it has no order, or no elements to speak of, or is an array that is not a vector.
    """
    if isinstance(numbers, Value) or is_real(numbers):
        return [numbers]
    dimensions = getattr(numbers, "ndim", 1)
    if dimensions != 1:
        given = f"an array of shape {tuple(numbers.shape)}"
        raise ShapeError(f"{name} is a vector", given, "Give one sample at a time; .ravel() flattens an array.")
    if not isinstance(numbers, (str, bytes, Mapping, Set)):
        try:
            return list(numbers)
        except TypeError:
            pass
    given = f"{shown(numbers)} of type {type(numbers).__name__}"
    raise ShapeError(f"{name} is a list, a tuple or a NumPy vector", given, "Put the numbers into a list, in order.")


def as_count(number: Any, what: str, advice: str = "Check the sizes of the network.") -> int:
    """Return how many inputs, neurons, epochs, ... are asked for.

    Raises:
        ArgumentError: it is not a whole number of at least 1.
    """
    try:
        count = 0 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        count = 0
    if count < 1:
        raise ArgumentError(f"{what} is a whole number, 1 or more", shown(number), advice)
    return count


def as_matrices(weights: Any) -> list[list[list[Any]]]:
    """Return ``weights[l][j][k]``, to j from k, as lists of floats and Values.

    Raises:
        ShapeError: the nesting is not that of a network; the message names the row, such as ``weights[1][0]``.
        NumberTypeError: an entry is not a real number.
        DomainError: an entry is infinite or not a number.
    """
    matrices = []
    operands: int | None = None  # how many numbers come into the layer at hand; the first layer's first row decides
    for index, given in enumerate(_rows(weights, "weights", "a list of matrices, one per layer")):
        name = f"weights[{index}]"
        rows = _rows(given, name, "a matrix: one row of weights per neuron")
        matrix = [_entries(row, f"{name}[{j}]") for j, row in enumerate(rows)]
        operands = len(matrix[0]) if operands is None else operands
        for j, row in enumerate(matrix):
            if len(row) != operands or not row:
                expected = (
                    f"{name}[{j}] holds {operands or 'at least 1'} weights, as many as numbers come into its layer"
                )
                raise ShapeError(expected, str(len(row)), "weights[l][j][k] leads to neuron j from neuron or input k.")
        matrices.append(matrix)
        operands = len(matrix)
    return matrices


def as_biases(biases: Any, matrices: Sequence[Sequence[Any]]) -> list[list[Any] | None]:
    """Return ``biases[l][j]`` as lists of floats and Values; None for a layer without, or for all.

    Raises:
        ShapeError, NumberTypeError, DomainError: as for :func:`as_matrices`.
    """
    if biases is None:
        return [None] * len(matrices)
    given = _rows(biases, "biases", "a list with one entry per layer")
    if len(given) != len(matrices):
        expected = f"biases holds {len(matrices)} entries, one per layer"
        raise ShapeError(expected, str(len(given)), "Use None for a layer without biases.")
    vectors = [None if entry is None else _entries(entry, f"biases[{index}]") for index, entry in enumerate(given)]
    for index, (vector, matrix) in enumerate(zip(vectors, matrices, strict=True)):
        if vector is not None and len(vector) != len(matrix):
            expected = f"biases[{index}] holds {len(matrix)} numbers, one per neuron of its layer"
            raise ShapeError(expected, str(len(vector)), "Use None for a layer without biases.")
    return vectors


def finite(number: Any, place: str) -> float:
    """Return a real number as a float.

    Raises:
        NumberTypeError: it is not a real number; the message names the place.
        DomainError: it is infinite or not a number.
    """
    if not is_real(number):
        given = f"{shown(number)} of type {type(number).__name__}"
        raise NumberTypeError(f"{place} is a real number", given, "Check where it comes from.")
    try:
        converted = float(number)
    except OverflowError:
        converted = math.inf  # an integer beyond the floats
    if not math.isfinite(converted):
        raise DomainError(f"{place} is a finite number", str(converted), "Check what computed it.")
    return converted


def _entries(row: Any, place: str) -> list[Any]:
    entries = _rows(row, place, "a list of numbers", empty=True)
    return [entry if isinstance(entry, Value) else finite(entry, f"{place}[{k}]") for k, entry in enumerate(entries)]


def _rows(given: Any, place: str, what: str, *, empty: bool = False) -> list[Any]:
    ordered = (
        hasattr(given, "__len__") and hasattr(given, "__getitem__") and not isinstance(given, (str, bytes, Mapping))
    )
    if not ordered or getattr(given, "ndim", 1) == 0:
        words = f"{shown(given)} of type {type(given).__name__}"
        raise ShapeError(f"{place} is {what}", words, "Nest the lists as weights[l][j][k] and biases[l][j].")
    rows = list(given)
    if not rows and not empty:
        raise ShapeError(f"{place} is {what}", "an empty list", "A network has at least one layer of one neuron.")
    return rows
