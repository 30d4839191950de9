"""Printed sums and products: "=" only where the printed figures give the printed result, else "≈"."""

from __future__ import annotations

import math
from collections.abc import Sequence

from microgradnet.drawing.figures import read_figure, write_figure

EQUAL, ROUNDED = "=", "≈"


def relation_of_sum(terms: Sequence[float], total: float, digits: int) -> str:
    """Return ``"="`` where a reader who adds the printed terms gets the printed total.

    Example:
        >>> relation_of_sum([0.25, 0.5], 0.75, 4), relation_of_sum([1 / 3, 1 / 3], 2 / 3, 4)
        ('=', '≈')
    """
    return _relation(sum(_printed(terms, digits)), total, digits)


def relation_of_product(factors: Sequence[float], product: float, digits: int) -> str:
    """Return ``"="`` where a reader who multiplies the printed factors, and rounds, gets the printed product.

    Example:
        >>> relation_of_product([0.5, 3.0], 1.5, 4), relation_of_product([1 / 3, 30.0], 10.0, 2)
        ('=', '≈')
    """
    return _relation(math.prod(_printed(factors, digits)), product, digits)


def write_sum(terms: Sequence[float], digits: int) -> str:
    """Return terms as a sum: ``0.5 − 0.25``."""
    first, *rest = (write_figure(term, digits) for term in terms)
    return first + "".join(f" − {text[1:]}" if text.startswith("−") else f" + {text}" for text in rest)


def write_signed(number: float, digits: int) -> str:
    """Return a number with its sign, a plus sign too; 0 has none."""
    text = write_figure(number, digits)
    return f"+{text}" if number > 0.0 else text


def _printed(numbers: Sequence[float], digits: int) -> list[float]:
    return [read_figure(write_figure(number, digits)) for number in numbers]


def _relation(reckoned: float, total: float, digits: int) -> str:
    printed = write_figure(total, digits)
    return EQUAL if read_figure(printed) == read_figure(write_figure(reckoned, digits)) else ROUNDED
