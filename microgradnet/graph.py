"""Walks over recorded graphs: orders, the reverse sweep, paths, scopes, recomputing and staleness.

Nothing here recurses, so that a chain of millions of nodes needs no deep stack.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, described
from microgradnet.value import Constant, Value, evaluate, set_scope
from microgradnet.value import watching as watching

EVERY = -1  # the set of all nodes, see Paths
_MOST_BITS = 8192  # nodes of a graph whose sets are told apart
_MOST_KEPT = 400_000  # nodes below all the results that something is known of


def topological(*roots: Value) -> list[Value]:
    """Return the roots and every node below them, each once and operands before results; the same order every time.

    Raises:
        NumberTypeError: a root is not a Value.
    """
    for root in roots:
        if not isinstance(root, Value):
            raise NumberTypeError("a graph is that of a Value", described(root), "Give the loss, or another result.")
    return roots[0]._below(*roots[1:]) if roots else []


def adjoints(
    root: Value,
    *,
    partials: Callable[[Value], Iterable[Any]] = attrgetter("partials"),
    among: Container[Value] | None = None,
    alter: Callable[[Value, Any], Any] | None = None,
) -> dict[Value, Any]:
    r"""Return d root/d node for ``root`` and every node below it: the reverse sweep, leaving ``.grad`` alone.

    Results are visited before their operands, and each adds its share to each operand:
    :math:`\bar x_i \mathrel{+}= \bar y\,\partial y/\partial x_i` (A. Griewank and A. Walther, *Evaluating
    Derivatives*, 2nd ed., section 3.2).

    Arguments:
        root: the node to differentiate.
        partials: the partial derivatives of a node by each of its operands; those that the node recorded where not
            given. They may be of any type with ``+`` and ``*``, such as terms that record the sweep as a graph.
        among: the nodes that take part, such as :func:`dependents` of some variables; all where not given. The others
            get no adjoint, and the partial derivatives by them are not used.
        alter: is called with each node below the root and its adjoint, when that is complete, and returns the adjoint
            to go on with.

    Returns:
        The adjoints by node. Nodes that take no part, or are not below the root, are missing.

    Example:
        >>> a = Value(3.0)
        >>> loss = a * a + a
        >>> adjoints(loss)[a], a.grad
        (7.0, 0.0)
    """
    found: dict[Value, Any] = {root: 1.0}
    for node in reversed(topological(root)):
        if node not in found or (among is not None and node not in among):
            continue
        adjoint = found[node]
        if alter is not None and node is not root:
            adjoint = found[node] = alter(node, adjoint)
        operands = node.inputs
        if operands:
            for operand, partial in zip(operands, partials(node), strict=True):
                if among is None or operand in among:
                    found[operand] = found.get(operand, 0.0) + adjoint * partial
    return found


def adjoint_scales(root: Value) -> dict[Value, float]:
    """Return for each node the sum over its paths of the size of the path's product: what rounding is relative to."""
    return adjoints(root, partials=lambda node: map(abs, node.partials))


_NOISE = 1e-9  # relative: far above what rounding leaves, far below what a reader would call different


def is_one_sweep(order: Sequence[Value]) -> bool:
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


def dependents(order: Iterable[Value], variables: Iterable[Value]) -> set[Value]:
    """Return the variables and the nodes of a topological order that are computed from one of them."""
    found = set(variables)
    for node in order:
        for operand in node.inputs:
            if operand in found:
                found.add(node)
                break
    return found


def leaves(root: Value, *, constants: bool = False) -> list[Value]:
    """Return the leaves below ``root`` in order; those written as numbers in a formula only on request."""
    return [node for node in topological(root) if not node.inputs and (constants or not isinstance(node, Constant))]


def depends_on(root: Value, node: Value) -> bool:
    """Tell whether ``root`` was computed from ``node``."""
    return any(below is node for below in topological(root))


def between(root: Value, node: Value) -> list[Value]:
    """Return the nodes on some path from ``node`` up to ``root``, both included, in topological order."""
    order = topological(root)
    on_path = dependents(order, [node])
    return [above for above in order if above in on_path]


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

    Arguments:
        root: the result to bring up to date, with everything that it was computed from.

    Raises:
        DomainError: a number leaves the domain of an operation. No node has been changed then.

    Example:
        >>> w = Value(2.0)
        >>> loss = w * w
        >>> w.data = 5.0
        >>> recompute(loss)
        >>> loss.data
        25.0
    """
    order = topological(root)
    before = [(node._data, node._left_partial, node._right_partial) for node in order]
    try:
        for node in order:
            refresh(node)
    except BaseException:
        for node, numbers in zip(order, before, strict=True):
            node._data, node._left_partial, node._right_partial = numbers
        raise


def refresh(node: Value) -> None:
    """Compute a node again from its operands' present numbers; a leaf stays as it is."""
    if node._operation is not None and node._left is not None:
        numbers = evaluate(node._operation, node._left, node._right)
        node._data, node._left_partial, node._right_partial = numbers


def is_stale(node: Value) -> bool:
    """Tell whether a result no longer follows from the numbers that its operands hold now.

    So it is after a leaf's ``.data`` was assigned and before :func:`recompute`. Differences of 1e-12 of the number
    are not counted, as compiled programs sum in another order.
    """
    if node.op is None:
        return False
    try:
        number = float(node.op(*(operand.data for operand in node.inputs)))
    except DomainError:
        return True
    return not math.isclose(number, node.data, rel_tol=1e-12) and not (math.isnan(number) and math.isnan(node.data))


def stale_below(root: Value) -> list[Value]:
    """Return the nodes below ``root``, and ``root`` itself, that are stale, in topological order."""
    return [node for node in topological(root) if is_stale(node)]


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Make the nodes that are recorded inside belong to a scope; drawings fold and label by it.

    Scopes nest: ``"layer 1/neuron 2"``. Each thread and each asynchronous task has its own, so that they do not see
    those of others; a task starts in the scope in which it was created.

    Arguments:
        name: one part of the path, without "/".

    Raises:
        ArgumentError: the name is empty, holds a "/" or is not a string.

    Example:
        >>> with scope("layer 1"):
        ...     with scope("neuron 2"):
        ...         z = Value(1.0) + 2
        >>> z.scope
        'layer 1/neuron 2'
    """
    if not isinstance(name, str) or not name or "/" in name:
        raise ArgumentError('a scope needs a name without "/"', repr(name), "Nest scopes to write a path.")
    outer = set_scope("")
    set_scope(f"{outer}/{name}" if outer else name)
    try:
        yield
    finally:
        set_scope(outer)


class Watcher:
    """What is told of everything that happens to Values inside ``with watching(watcher):``; override what matters."""

    def made(self, node: Value) -> None:
        """Note a new result of an operation."""

    def read(self, node: Value) -> None:
        """Note that ``.data`` of a node is about to be read."""

    def compared(self, left: Value, right: Any, holds: Callable[[Any, Any], bool], outcome: bool) -> None:
        """Note a comparison by number, of a node with a node or a number, and its outcome."""

    def sweeps(self, order: Sequence[Value]) -> None:
        """Note a sweep before it changes any gradient; the root is last in the order."""


Compared = tuple[Value, Any, Callable[[Any, Any], bool], bool]  # left, right, the operator, the outcome


class Decisions(Watcher):
    """Notes what may decide something while a graph is recorded, by which the graph is that of these numbers alone.

    Attributes:
        comparisons: the comparisons of Values by number, in order.
        reads: the nodes of which ``.data`` was read, each once.

    Example:
        >>> x, decisions = Value(2.0), Decisions()
        >>> with watching(decisions):
        ...     y = x if x > 0.0 else -x
        >>> [(holds.__name__, outcome) for _, _, holds, outcome in decisions.comparisons]
        [('gt', True)]
    """

    def __init__(self) -> None:
        self.comparisons: list[Compared] = []
        self.reads: dict[Value, None] = {}

    def compared(self, left: Value, right: Any, holds: Callable[[Any, Any], bool], outcome: bool) -> None:
        """Note a comparison."""
        self.comparisons.append((left, right, holds, outcome))

    def read(self, node: Value) -> None:
        """Note a node whose number was taken."""
        self.reads[node] = None


class Paths:
    """Which nodes lie below which in some graphs, and how far a change of one reaches.

    Sets of nodes are whole numbers with a bit for each node, so that one operation tells what a change can't reach.
    """

    def __init__(self) -> None:
        self._bits: dict[Value, int] = {}
        self._below: dict[Value, int] = {}
        self._users: dict[Value, dict[Value, list[tuple[Value, int]]]] = {}
        self._reaches: dict[Value, Reach] = {}
        self._exact: dict[Value, dict[Value, float]] = {}

    def below(self, node: Value) -> int:
        """Return the node and all that it is computed from; every bit where the graph is large."""
        if node not in self._below:
            for each in topological(node):
                if each not in self._below:
                    self._bits[each] = found = 1 << len(self._bits) if len(self._bits) < _MOST_BITS else EVERY
                    for operand in each.inputs:
                        found |= self._below[operand]
                    self._below[each] = found
        return self._below[node]

    def bits(self, nodes: Iterable[Value]) -> int:
        """Return a set of nodes."""
        found = 0
        for node in nodes:
            self.below(node)
            found |= self._bits[node]
        return found

    def _make_room(self) -> None:
        """Forget what is known of results, where these are many of a large graph."""
        if max(len(self._reaches), len(self._exact)) * len(self._bits) > _MOST_KEPT:
            self._users, self._reaches, self._exact = {}, {}, {}

    def users(self, of: Value) -> dict[Value, list[tuple[Value, int]]]:
        """Return for each node below a result what is computed from it and in which place, as a sweep visits them."""
        if of not in self._users:
            self.below(of)
            found: dict[Value, list[tuple[Value, int]]] = {of: []}
            for node in reversed(topological(of)):
                for place, operand in enumerate(node.inputs):
                    found.setdefault(operand, []).append((node, place))
            self._users[of] = found
        return self._users[of]

    def reach(self, of: Value, values: Set[Value] = frozenset(), adjoints: Set[Value] = frozenset()) -> Reach:
        """Return how far changes reach the derivatives of a result.

        Arguments:
            of: the result.
            values: the nodes whose number is given, so that no change passes them.
            adjoints: the nodes by which the derivative is given.
        """
        if values or adjoints:
            return Reach(self, of, values, adjoints)
        if of not in self._reaches:
            self._make_room()
            self._reaches[of] = Reach(self, of, values, adjoints)
        return self._reaches[of]

    def bit(self, node: Value) -> int:
        """Return the set of one node, below a result that was asked for."""
        return self._bits[node]

    def exact(self, of: Value) -> dict[Value, float]:
        """Return d of/d node for every node below, as recorded."""
        if of not in self._exact:
            self._make_room()
            self._exact[of] = adjoints(of)
        return self._exact[of]


class Reach:
    """By which nodes the derivative of a result changes where something changes at a node.

    Arguments:
        paths: of the graph.
        of: the result.
        values: the nodes whose number is given.
        given: the nodes by which the derivative is given.

    Attributes:
        values: from a node to the set, where its number changes.
        partials: the same where its partial derivatives do.
        adjoints: the same where the derivative by it does; the node itself is one.
    """

    __slots__ = ("adjoints", "partials", "values")

    def __init__(self, paths: Paths, of: Value, values: Set[Value], given: Set[Value]) -> None:
        order, users = topological(of), paths.users(of)
        self.partials: dict[Value, int] = {}
        self.adjoints: dict[Value, int] = {}
        self.values: dict[Value, int] = {}
        for node in order:
            found = 0
            for operand in node.inputs:
                if operand not in given:
                    found |= self.adjoints[operand]
            self.partials[node], self.adjoints[node] = found, found | paths.bit(node)
        for node in reversed(order):
            found = self.partials[node]
            for user, _ in users[node]:
                found |= self.partials[user] if user in values else self.values[user]
            self.values[node] = found

    def of(self, values: Iterable[Value], partials: Iterable[Value], adjoints: Iterable[Value]) -> int:
        """Return the set where the numbers of some nodes change, the partials of some, the derivatives by some."""
        found = 0
        for changes, nodes in ((self.values, values), (self.partials, partials), (self.adjoints, adjoints)):
            for node in nodes:
                found |= changes.get(node, 0)
        return found
