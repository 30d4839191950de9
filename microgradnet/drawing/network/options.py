"""The arguments of ``draw_network``, checked before anything is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from microgradnet.drawing.options import check_digits
from microgradnet.errors import ArgumentError, shown
from microgradnet.operation import is_real

PARTS = ("names", "weights", "gradients", "updates")  # what can be written on a line, in this order
LINES = ("auto", "figures", "thickness")
LIMIT = 10  # neurons of a layer: more are shortened
_MOST = 40  # more circles above each other than this can't be read on any page


@dataclass(frozen=True, slots=True)
class Options:
    """How a network is drawn.

    Arguments:
        show: what of each parameter is shown, in the order of :data:`PARTS`.
        eta: the learning rate of the updates; None where none are shown.
        digits: significant digits.
        lines: ``"auto"``, ``"figures"`` or ``"thickness"``.
        limit: how many neurons of a layer are drawn before it is shortened.
    """

    show: tuple[str, ...]
    eta: float | None
    digits: int
    lines: str
    limit: int

    @property
    def needs_gradients(self) -> bool:
        """Whether what is shown comes from a backward pass."""
        return "gradients" in self.show or "updates" in self.show


def read_options(*, show: Any, eta: Any, digits: Any, lines: Any, limit: Any) -> Options:
    """Return the options, checked.

    Raises:
        ArgumentError: one is none of those that there are, or two contradict each other.
    """
    check_digits(digits)
    parts = _read_show(show)
    if lines not in LINES:
        advice = f"Choose from {', '.join(LINES)}."
        raise ArgumentError("lines says how weights are drawn", shown(lines), advice)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 2 <= limit <= _MOST:
        advice = f"It counts the neurons of a layer that are drawn before it is shortened; usual is {LIMIT}."
        raise ArgumentError(f"limit needs a whole number from 2 to {_MOST}", shown(limit), advice)
    return Options(parts, _read_eta(eta, parts), digits, lines, limit)


def _read_show(show: Any) -> tuple[str, ...]:
    parts = (show,) if isinstance(show, str) else tuple(show) if isinstance(show, Iterable) else (show,)
    for part in parts:
        if part not in PARTS:
            advice = f"Choose from {', '.join(PARTS)}, or a list of such."
            raise ArgumentError("show needs what to write on the lines", shown(part), advice)
    return tuple(part for part in PARTS if part in parts)


def _read_eta(eta: Any, parts: tuple[str, ...]) -> float | None:
    if "updates" not in parts:
        if eta is not None:
            raise ArgumentError("eta goes with updates", f"eta={shown(eta)}", 'Add show="updates", or leave eta out.')
        return None
    if not is_real(eta) or isinstance(eta, bool) or not (math.isfinite(eta) and eta > 0.0):
        advice = 'Give one, as in show="updates", eta=0.1.'
        raise ArgumentError("eta, the learning rate of the updates, is a positive number", shown(eta), advice)
    return float(eta)
