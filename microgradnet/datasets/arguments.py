"""What the functions of this room are given, read strictly: counts, shares, the noise, the source of chance."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from microgradnet.errors import ArgumentError, MicrogradnetError, shown
from microgradnet.number import as_float

if TYPE_CHECKING:
    import numpy as np


def generator(seed: Any) -> np.random.Generator:
    """Return the source of random numbers: NumPy's generator of this seed, or the one that is given.

    Raises:
        ArgumentError: the seed is none.
    """
    import numpy as np

    if isinstance(seed, np.random.Generator):
        return seed
    try:
        return np.random.default_rng(None if seed is None else whole(seed, "seed", 0))
    except ArgumentError:
        wanted = "seed is a whole number of 0 or more, None, or a numpy.random.Generator"
        raise ArgumentError(wanted, shown(seed), "Use seed=0, for example.") from None


def whole(number: Any, name: str, least: int) -> int:
    """Return a whole number that is not too small.

    Raises:
        ArgumentError: it is none, or too small.
    """
    try:
        count = least - 1 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        count = least - 1
    if count < least:
        raise ArgumentError(f"{name} is a whole number, {least} or more", shown(number), f"Try {name}={least}.")
    return count


def share(number: Any) -> float:
    """Return a share of the whole as a float.

    Raises:
        ArgumentError: it is not above 0 and below 1.
    """
    part = _number(number)
    if not 0.0 < part < 1.0:
        raise ArgumentError("test is a share above 0 and below 1", shown(number), "Use test=0.2, for a fifth.")
    return part


def not_negative(number: Any, name: str) -> float:
    """Return a finite number, 0 or more, as a float.

    Raises:
        ArgumentError: it is none.
    """
    amount = _number(number)
    if not 0.0 <= amount < math.inf:
        raise ArgumentError(f"{name} is a finite number, 0 or more", shown(number), f"Use {name}=0.1, for example.")
    return amount


def _number(number: Any) -> float:
    """Return a real number as a float, and what is none as NaN, which is within no bounds."""
    try:
        return math.nan if isinstance(number, bool) else as_float(number)
    except MicrogradnetError:
        return math.nan
