"""The adjoints of one backward pass, computed for a picture: no ``.grad`` is read or changed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from microgradnet.value import Value

_NOISE = 1e-9  # relative: far above what rounding leaves, far below what a reader would call different


def sweep(order: Sequence[Value]) -> tuple[dict[int, float], dict[int, float]]:
    """Return d loss/d node by the ``id`` of each node, and the sum of the sizes of the terms that it was summed from.

    Arguments:
        order: the nodes in topological order, the loss last.
    """
    adjoints = {id(node): 0.0 for node in order}
    adjoints[id(order[-1])] = 1.0
    sizes = dict(adjoints)
    for node in reversed(order):
        adjoint, size = adjoints[id(node)], sizes[id(node)]
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            adjoints[id(operand)] += adjoint * partial
            sizes[id(operand)] += abs(size * partial)
    return adjoints, sizes


def agree(shown: float, adjoint: float, size: float) -> bool:
    """Tell whether two adjoints are the same but for the rounding of their terms, whose sizes add up to ``size``."""
    if not math.isfinite(shown) or not math.isfinite(adjoint):
        return shown == adjoint or (math.isnan(shown) and math.isnan(adjoint))
    return abs(shown - adjoint) <= _NOISE * max(size, abs(adjoint))
