"""What counts as a number here: Python's real numbers and NumPy's scalars, and nothing that merely looks like one."""

from __future__ import annotations

import sys
from typing import Any

from microgradnet.errors import DomainError, NumberTypeError


def is_real(number: Any) -> bool:
    """Tell whether this is an int, a float, a bool or a real NumPy scalar."""
    if isinstance(number, (float, int)):
        return True
    numpy = sys.modules.get("numpy")  # a NumPy scalar can only be here if NumPy has been imported
    return numpy is not None and isinstance(number, numpy.generic) and number.dtype.kind in "biuf"


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
            wanted = "a Value holds a float, of absolute value up to 1.8e308"
            raise DomainError(wanted, f"an integer of {len(str(number))} digits", "Scale it first.") from error
    advice = "Use .data of a Value, .item() of an array of one element, or float(...)."
    raise NumberTypeError("a Value holds one real number", f"{number!r} of type {type(number).__name__}", advice)
