"""A graph as a tape of instructions, for loops such as thousands of steps of descent by hand.

A tape holds one instruction for each operation (A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed., section
4.1): the numbers are computed along it, and the adjoints back along it. No node is made, the rules are those for
floats, and nothing here needs NumPy.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from microgradnet.errors import DomainError, ShapeError, UnknownNameError
from microgradnet.graph import recompute, topological
from microgradnet.operation import Op, Rule, real
from microgradnet.ops import add, multiply, subtract
from microgradnet.value import Value

# The kinds of instructions; the last two are any other operation of one and of two operands.
_ADD, _SUBTRACT, _MULTIPLY, _UNARY, _BINARY = range(5)
_KINDS = {add: _ADD, subtract: _SUBTRACT, multiply: _MULTIPLY}
Instruction = tuple[int, int, int, int, Rule, Rule, Rule]  # kind, node, operands, forward rule, partial derivatives


def run_tape(tape: list[Instruction], numbers: list[float]) -> None:
    """Compute every number, from those of leaves and constants on."""
    for kind, node, left, right, rule, _, _ in tape:
        if kind == _MULTIPLY:
            numbers[node] = numbers[left] * numbers[right]
        elif kind == _ADD:
            numbers[node] = numbers[left] + numbers[right]
        elif kind == _UNARY:
            numbers[node] = rule(numbers[left])
        elif kind == _SUBTRACT:
            numbers[node] = numbers[left] - numbers[right]
        else:
            numbers[node] = rule(numbers[left], numbers[right])


def run_tape_back(tape: list[Instruction], numbers: list[float], adjoints: list[float]) -> None:
    """Add to every adjoint what the operations above its node pass on."""
    for kind, node, left, right, _, by_left, by_right in reversed(tape):
        adjoint = adjoints[node]
        if kind == _MULTIPLY:
            adjoints[left] += adjoint * numbers[right]
            adjoints[right] += adjoint * numbers[left]
        elif kind == _ADD:
            adjoints[left] += adjoint
            adjoints[right] += adjoint
        elif kind == _UNARY:
            adjoints[left] += adjoint * by_left(numbers[left], numbers[node])
        elif kind == _SUBTRACT:
            adjoints[left] += adjoint
            adjoints[right] -= adjoint
        else:
            adjoints[left] += adjoint * by_left(numbers[left], numbers[right], numbers[node])
            adjoints[right] += adjoint * by_right(numbers[left], numbers[right], numbers[node])


def rules_of(op: Op, left_fixed: bool, right_fixed: bool) -> tuple[int, Rule, Rule, Rule]:
    """Return the kind and the rules of an operation's instructions; derivatives by constants are 0."""
    count = len(op.partials)
    kind = _KINDS.get(op, _UNARY if count == 1 else _BINARY)
    forward, *partials = op.float_rules or op.read_float_rules()
    if not forward.__module__.startswith(("microgradnet.", "math", "_operator")):
        forward, partials = _as_float(forward), list(map(_as_float, partials))
    by_left = _no_partial if left_fixed else partials[0]
    by_right = _no_partial if right_fixed or count == 1 else partials[1]
    return kind, forward, by_left, by_right


def _no_partial(*numbers: float) -> float:
    return 0.0


def _as_float(rule: Rule) -> Rule:
    """Return a user's rule whose result, which may be an int or complex, is checked as the engine checks it."""
    return lambda *numbers: real(rule(*numbers))


_MANY, _LONGEST = 100, 1000  # calls after which a tape is worth writing as Python, and instructions up to which


def _written(
    tape: list[Instruction], constants: list[float], leaves: Sequence[int], by: Sequence[int]
) -> Callable[..., tuple[float, tuple[float, ...]]]:
    """Return a tape as one function without loops: three times as fast, and its compilation takes a few hundred calls.

    Arguments:
        tape: the instructions, of which the last one computes the loss.
        constants: the numbers of all places.
        leaves: the places of the arguments, which are given twice: for the numbers v, and for the adjoints u.
        by: the places whose adjoints d are returned.
    """
    varied, loss = {*leaves, *(node for _, node, *_ in tape)}, tape[-1][1]
    names = [f"v{place}" if place in varied else f"c{place}" for place in range(len(constants))]
    rules: dict[str, Any] = {f"c{place}": number for place, number in enumerate(constants)}
    lines = [f"({''.join(f'{letter}{place}, ' for place in leaves)}) = map(float, {letter})" for letter in "vu"]
    for kind, node, left, right, rule, by_left, by_right in tape:
        rules |= {f"f{node}": rule, f"l{node}": by_left, f"r{node}": by_right}
        operands = names[left] if kind == _UNARY else f"{names[left]}, {names[right]}"
        sign = {_ADD: " + ", _SUBTRACT: " - ", _MULTIPLY: " * "}.get(kind)
        lines.append(f"v{node} = " + (f"f{node}({operands})" if sign is None else operands.replace(", ", sign)))
    for place in leaves:
        names[place] = f"u{place}"
    reached = {loss}
    lines.append(f"d{loss} = 1.0")
    for kind, node, left, right, *_ in reversed(tape):
        shares = _shares(kind, node, names[left], names[right]) if node in reached else ()
        for place, share in zip((left, right), shares, strict=False):
            if place in varied:
                lines.append(f"d{place} {'+=' if place in reached else '='} {share}")
                reached.add(place)
    found = "".join(f"d{place} + 0.0, " if place in reached else "0.0, " for place in by)  # as if from 0.0 on
    exec("def run(v, u):\n " + "\n ".join([*lines, f"return v{loss}, ({found})"]), rules)
    return rules["run"]  # type: ignore[no-any-return]


def _shares(kind: int, node: int, one: str, other: str) -> tuple[str, ...]:
    """Return what an instruction adds to the adjoint of each of its operands."""
    if kind == _ADD:
        return f"d{node}", f"d{node}"
    if kind == _SUBTRACT:
        return f"d{node}", f"-d{node}"
    if kind == _MULTIPLY:
        return f"d{node} * {other}", f"d{node} * {one}"
    if kind == _UNARY:
        return (f"d{node} * l{node}({one}, v{node})",)
    return tuple(f"d{node} * {letter}{node}({one}, {other}, v{node})" for letter in "lr")


class GraphTape:
    """One graph as a function of its leaves' numbers, for loops such as thousands of steps of descent by hand.

    Arguments:
        loss: the node to compute.
        by: the leaves to differentiate by; all leaves that are not constants where not given.

    Attributes:
        leaves: the leaves whose numbers it takes, in order.
        by: the leaves whose derivatives it returns, in order.

    Raises:
        UnknownNameError: the loss does not depend on one of ``by``, or that is not a leaf.

    Example:
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> tape = GraphTape(a * b + b * b)
        >>> tape()
        (3.0, (-3.0, -4.0))
        >>> tape([1.0, 1.0])
        (2.0, (1.0, 3.0))
    """

    def __init__(self, loss: Value, by: Iterable[Value] | None = None) -> None:
        self._loss, nodes = loss, topological(loss)
        places = {node: place for place, node in enumerate(nodes)}
        self._numbers = [node.data for node in nodes]
        fixed: list[bool] = []
        self._tape: list[Instruction] = []
        for node in nodes:
            operands = [places[operand] for operand in node.inputs]
            fixed.append(all(fixed[place] for place in operands) if operands else node._written)
            if node.op is not None and not fixed[-1]:
                first, second = operands[0], operands[-1]
                kind, rule, by_left, by_right = rules_of(node.op, fixed[first], fixed[second])
                self._tape.append((kind, places[node], first, second, rule, by_left, by_right))
        self.leaves = tuple(node for node in nodes if node.op is None and not fixed[places[node]])
        self._leaves = [places[leaf] for leaf in self.leaves]
        self.by = self.leaves if by is None else tuple(by)
        for leaf in self.by:
            if leaf not in self.leaves:
                given = repr(leaf.label or leaf)
                raise UnknownNameError("a leaf that the loss depends on", given, "Choose among mg.graph.leaves(loss).")
        self._by = [places[leaf] for leaf in self.by]
        self._calls, self._quick = 0, None if self._tape and len(self._tape) <= _LONGEST else self._run

    def __call__(
        self, numbers: Sequence[float] | None = None, used: Sequence[float] | None = None
    ) -> tuple[float, tuple[float, ...]]:
        """Compute the loss and its derivatives.

        Arguments:
            numbers: one for each of :attr:`leaves`; those of the graph where not given.
            used: the leaves' numbers for the backward pass, where they differ: some derivations compute hidden deltas
                from output weights that have been updated already.

        Returns:
            the loss, and its derivative by each of :attr:`by`.

        Raises:
            ShapeError: there are more or fewer numbers than leaves.
            DomainError: the numbers are outside the domain of an operation.
        """
        given = [leaf.data for leaf in self.leaves] if numbers is None else numbers
        used = given if used is None else used
        if not len(given) == len(used) == len(self.leaves):
            words = f"{len(given)} and {len(used)}"
            raise ShapeError(f"{len(self.leaves)} numbers, one for each leaf", words, "Follow the order of .leaves.")
        if self._quick is None:
            self._calls += 1
            if self._calls > _MANY:
                self._quick = _written(self._tape, self._numbers, self._leaves, self._by)
        try:
            return (self._quick or self._run)(given, used)
        except (ValueError, ArithmeticError) as error:
            return self._from_the_graph(given, used, error)

    def _run(self, given: Sequence[float], used: Sequence[float]) -> tuple[float, tuple[float, ...]]:
        numbers = list(self._numbers)
        for place, number in zip(self._leaves, given, strict=True):
            numbers[place] = float(number)
        run_tape(self._tape, numbers)
        loss, adjoints = numbers[-1], [0.0] * len(numbers)
        for place, number in zip(self._leaves, used, strict=True):
            numbers[place] = float(number)
        adjoints[-1] = 1.0
        run_tape_back(self._tape, numbers, adjoints)
        return loss, tuple(adjoints[place] for place in self._by)

    def _from_the_graph(
        self, numbers: Sequence[float], used: Sequence[float], error: Exception
    ) -> tuple[float, tuple[float, ...]]:
        """Compute on a copy of the graph, which knows infinite derivatives and names what is outside a domain."""
        loss, leaves, by = copy.deepcopy((self._loss, self.leaves, self.by))
        for leaf, number in zip(leaves, numbers, strict=True):
            leaf.data = number
        recompute(loss)
        if list(used) != list(numbers):
            given = f"{error} in the backward pass"
            raise DomainError("numbers that the derivatives exist for", given, "Use other numbers.") from error
        loss.zero_grad()
        loss.backward()
        return loss.data, tuple(leaf.grad for leaf in by)
