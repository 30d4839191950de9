"""The arguments of ``draw``, checked before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError, shown
from microgradnet.value import Value

DIRECTIONS = {"LR": "left to right", "TB": "top to bottom", "RL": "right to left", "BT": "bottom to top"}
PARTS = ("value", "grad", "local", "scope", "note")  # what a picture can show besides names and symbols
LIMIT = 1000  # boxes: more than this can't be read on any page
MOST_DIGITS = 17  # as many as tell every double from every other


def check_all(loss: Any, **options: Any) -> None:
    """Raise what is wrong with the first argument of ``draw`` that is not of its kind."""
    check_loss(loss)
    checks = {
        "direction": check_direction,
        "digits": check_digits,
        "limit": check_limit,
        "repeats": check_repeats,
        "flow": check_flow,
    }
    for name, option in options.items():
        checks[name](option)


def check_loss(loss: Any, function: str = "draw") -> None:
    """Raise a NumberTypeError where ``loss``, the argument of a function of this name, is not a node of a graph."""
    if not isinstance(loss, Value):
        advice = "Pass the result of a computation on Values; of several results, one, or their mg.total."
        came = type(loss).__name__
        article = "an" if came[:1].lower() in "aeiou" else "a"
        raise NumberTypeError(f"{function} needs a Value", f"{article} {came}", advice)


def check_direction(direction: Any) -> None:
    """Raise an ArgumentError where the direction is none of the four."""
    if direction not in DIRECTIONS:
        known = ", ".join(f'"{short}" ({long})' for short, long in DIRECTIONS.items())
        raise ArgumentError("a direction of the arrows", repr(direction), f"Choose {known}.")


def check_digits(digits: Any) -> None:
    """Raise an ArgumentError where the number of significant digits is not between 1 and 17."""
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= MOST_DIGITS:
        wanted = f"digits needs a whole number from 1 to {MOST_DIGITS}"
        raise ArgumentError(wanted, repr(digits), "It counts significant digits; 4 is what fits on a slide.")


def check_limit(limit: Any) -> None:
    """Raise an ArgumentError where the limit is not a positive whole number."""
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise ArgumentError("limit needs a positive whole number", repr(limit), f"It counts boxes; usual is {LIMIT}.")


def check_repeats(repeats: Any) -> None:
    """Raise an ArgumentError where the number of boxes that are still drawn one by one is not a whole number from 1."""
    if not isinstance(repeats, int) or isinstance(repeats, bool) or repeats < 1:
        advice = "It counts boxes that are built alike and still drawn one by one when something is folded."
        raise ArgumentError("repeats needs a positive whole number", repr(repeats), advice)


def check_flow(flow: Any) -> None:
    """Raise an ArgumentError where ``flow`` is neither true nor false."""
    if not isinstance(flow, bool):
        raise ArgumentError("flow is True or False", shown(flow), "flow=True draws how gradients flow back.")


def check_show(show: str | Iterable[str]) -> frozenset[str]:
    """Return the parts to show as a set.

    Raises:
        ArgumentError: one of them is not known.
    """
    parts = (show,) if isinstance(show, str) else tuple(show)
    for part in parts:
        if part not in PARTS:
            raise ArgumentError("show needs parts of a picture", repr(part), f"Choose from {', '.join(PARTS)}.")
    return frozenset(parts)
