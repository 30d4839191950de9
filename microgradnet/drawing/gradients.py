"""What the gradients in a picture are: missing, those of one backward pass, or something else."""

from __future__ import annotations

from collections.abc import Sequence

from microgradnet.drawing.adjoints import agree, sweep
from microgradnet.value import Value


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
    adjoints, sizes = sweep(order)
    return all(agree(node.grad, adjoints[id(node)], sizes[id(node)]) for node in order)
