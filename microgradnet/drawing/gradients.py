"""What the gradients in a picture are: missing, those of one backward pass, or something else."""

from __future__ import annotations

import math
from collections.abc import Sequence

from microgradnet.graph import adjoint_scales, adjoints
from microgradnet.value import Value

_NOISE = 1e-9  # relative: far above what rounding leaves, far below what a reader would call different


def gradient_note(order: Sequence[Value], name: str) -> str:
    """Return the line under a picture that says what its gradients are. Nothing in the graph is changed.

    Arguments:
        order: the nodes in topological order, the one that is drawn last.
        name: what that one is called.
    """
    if not any(node.has_grad for node in order):
        return f"grad: not computed yet: call {name}.backward()"
    if _is_one_sweep(order):
        return f"grad: ∂{name}/∂node"
    if not order[-1].has_grad:
        return f"grad: left by another backward(), not by {name}.backward()"
    return f"grad: not that of one {name}.backward(): summed over several, or older than the values"


def _is_one_sweep(order: Sequence[Value]) -> bool:
    """Tell whether every gradient is what one backward pass over the present numbers would give."""
    if not all(node.has_grad for node in order):
        return False
    due, scales = adjoints(order[-1]), adjoint_scales(order[-1])
    return all(_agree(node.grad, due[node], scales[node]) for node in order)


def _agree(shown: float, adjoint: float, scale: float) -> bool:
    """Tell whether two adjoints are the same but for the rounding of their terms, whose sizes add up to ``scale``."""
    if not math.isfinite(shown) or not math.isfinite(adjoint):
        return shown == adjoint or (math.isnan(shown) and math.isnan(adjoint))
    return abs(shown - adjoint) <= _NOISE * max(scale, abs(adjoint))
