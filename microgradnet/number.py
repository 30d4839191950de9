"""What counts as a number here: Python's real numbers and NumPy's scalars, and nothing that merely looks like one."""

from __future__ import annotations

import sys
from typing import Any

from microgradnet.errors import DomainError, NumberTypeError, shown


def is_real(number: Any) -> bool:
    """Tell whether this is an int, a float, a bool or a real NumPy scalar."""
    if isinstance(number, (float, int)):
        return True
    numpy = sys.modules.get("numpy")  # a NumPy scalar can only be here if NumPy has been imported
    return numpy is not None and isinstance(number, numpy.generic) and number.dtype.kind in "biuf"


def is_array(thing: Any) -> bool:
    """Tell whether this is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(thing, numpy.ndarray)


def as_float(number: Any) -> float:
    """Return an int, float, bool or NumPy scalar as a float.

    Raises:
        NumberTypeError: it is of any other type, however number-like (a string, a list, an array, a complex).
        DomainError: it is an integer too large for a float.
    """
    if is_real(number):
        try:
            return float(number)
        except OverflowError as error:
            wanted = "a number here is a float, of absolute value up to 1.8e308"
            raise DomainError(wanted, shown(number), "Scale it first.") from error
    wanted = "one real number is needed here"
    raise NumberTypeError(wanted, f"{shown(number)} of type {type(number).__name__}", _advice(number))


def _advice(thing: Any) -> str:
    """Return which method makes a number of what is none."""
    if hasattr(type(thing), "_apply"):
        return "Use its .data, a float; arithmetic takes the Value itself."
    if is_array(thing):
        return "Use .item() of an array of one element, or .tolist() and one Value for each."
    if isinstance(thing, str):
        return "Use float(...) of the text."
    if isinstance(thing, complex):
        return "Use its .real or .imag, if that is meant."
    if isinstance(thing, (list, tuple)):
        return "Give one number at a time, as in [Value(number) for number in numbers]."
    return "Use float(...) if it stands for a number."
