"""Walks over a recorded graph: order, counts, paths, scopes, recomputing, names.

Nothing here recurses, so a chain of millions of nodes is as good as a short one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from microgradnet.errors import ArgumentError
from microgradnet.value import Constant, Value, refresh, set_scope


def topological(root: Value) -> list[Value]:
    """Return every node below ``root`` and ``root`` itself, operands before results; the same order every time."""
    return root._below()


def leaves(root: Value, *, constants: bool = False) -> list[Value]:
    """Return the leaves below ``root`` in order; those written as numbers in a formula only on request."""
    return [node for node in topological(root) if not node.inputs and (constants or not isinstance(node, Constant))]


def depends_on(root: Value, node: Value) -> bool:
    """Tell whether ``root`` was computed from ``node``."""
    return any(below is node for below in topological(root))


def between(root: Value, node: Value) -> list[Value]:
    """Return the nodes on some path from ``node`` up to ``root``, both included, in topological order."""
    on_path = {id(node)}
    path = []
    for above in topological(root):
        if above is node or any(id(operand) in on_path for operand in above.inputs):
            on_path.add(id(above))
            path.append(above)
    return path


def count_paths(root: Value, node: Value) -> int:
    """Return how many paths lead from ``node`` up to ``root``; ``a*a`` has two from ``a``."""
    paths = {id(node): 1}
    for above in topological(root):
        if above is not node:
            paths[id(above)] = sum(paths.get(id(operand), 0) for operand in above.inputs)
    return paths.get(id(root), 0)


def recompute(root: Value) -> None:
    """Compute every node below ``root`` again, after the ``.data`` of leaves was changed: same graph, new numbers.

    Gradients are left as they are; call ``root.zero_grad()`` and ``root.backward()`` for new ones. A Python ``if`` that
    was taken while the graph was recorded stays as it was taken; choose with ``mg.where`` to have it follow.

    Raises:
        DomainError: a number leaves the domain of an operation. No node has been changed then.
    """
    order = topological(root)
    before = [node._state() for node in order]
    try:
        for node in order:
            refresh(node)
    except BaseException:
        for node, state in zip(order, before, strict=True):
            node._restore(state, node._left, node._right)
        raise


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Make the nodes that are recorded inside belong to a scope; scopes nest as ``"layer 1/neuron 2"``.

    The scope is one for the whole process: threads that record at once would see each other's.

    Raises:
        ArgumentError: the name is empty or holds a "/".
    """
    if not isinstance(name, str) or not name or "/" in name:
        raise ArgumentError('a scope needs a name without "/"', repr(name), "Nest scopes to write a path.")
    outer = set_scope("")
    set_scope(f"{outer}/{name}" if outer else name)
    try:
        yield
    finally:
        set_scope(outer)
