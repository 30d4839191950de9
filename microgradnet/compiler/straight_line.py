"""A recorded scalar graph as one Python function of floats: a line for each node, and a line for each adjoint.

This is the evaluation trace of A. Griewank and A. Walther, *Evaluating Derivatives*, ch. 3 (reverse mode), written out
as a program. It computes what the graph computes, in the same order, without nodes: for loops over one small graph,
such as thousands of steps of gradient descent by hand.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence
from typing import Any

from microgradnet.compiler.written import Written, function_name, namespace, write, write_rule
from microgradnet.errors import ArgumentError, DomainError, ShapeError, UnknownNameError
from microgradnet.graph import recompute, topological
from microgradnet.operation import Op
from microgradnet.ops import multiply
from microgradnet.value import Constant, Value

MAX_NODES = 10_000  # beyond that, Python takes longer to read the program than the graph takes to run


class StraightLine:
    """The program of one graph. Make one with :func:`straight_line`.

    Attributes:
        source: the program, as Python that can be read.
        leaves: the leaves whose numbers it takes, in order.
        by: the leaves whose derivatives it returns, in order.
    """

    def __init__(self, loss: Value, by: Sequence[Value]) -> None:
        writer = _Writer(loss, by)
        self._loss = loss
        self.leaves, self.by, self.source = tuple(writer.leaves), tuple(by), writer.source()
        found: dict[str, Any] = namespace(self.source, writer.operations) | writer.rules
        exec(compile(self.source, "<straight line>", "exec"), found)
        self._program = found["program"]

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
            DomainError: the numbers lie outside the domain of an operation.
        """
        given = [leaf.data for leaf in self.leaves] if numbers is None else numbers
        used = given if used is None else used
        if not len(given) == len(used) == len(self.leaves):
            came = f"{len(given)} and {len(used)}"
            raise ShapeError(f"{len(self.leaves)} numbers, one for each leaf", came, "Follow the order of .leaves.")
        try:
            return self._program(given, used)  # type: ignore[no-any-return]
        except (ValueError, ArithmeticError) as error:
            return self._from_the_graph(given, used, error)

    def _from_the_graph(
        self, numbers: Sequence[float], used: Sequence[float], error: Exception
    ) -> tuple[float, tuple[float, ...]]:
        """Compute on a copy of the graph, which knows infinite derivatives and names what is outside a domain."""
        loss, leaves, by = copy.deepcopy((self._loss, self.leaves, self.by))
        for leaf, number in zip(leaves, numbers, strict=True):
            leaf.data = number
        recompute(loss)
        if list(used) != list(numbers):
            came = f"{error} in the backward pass"
            raise DomainError("numbers that the derivatives exist for", came, "Use other numbers.") from error
        loss.zero_grad()
        loss.backward()
        return loss.data, tuple(leaf.grad for leaf in by)


def straight_line(loss: Value, by: Iterable[Value] | None = None) -> StraightLine:
    """Write a graph as a program.

    Arguments:
        loss: the node to compute.
        by: the leaves to differentiate by; all that are not numbers written in a formula where not given.

    Raises:
        ArgumentError: the graph has more than 10,000 nodes.
        UnknownNameError: the loss does not depend on one of ``by``, or it is no leaf.

    Example:
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> program = straight_line(a * b + b * b)
        >>> program()
        (3.0, (-3.0, -4.0))
        >>> program([1.0, 1.0])
        (2.0, (1.0, 3.0))
        >>> print(program.source)
        def program(leaves, used):
            (v1, v2) = leaves  # a, b
            v3 = v1*v2
            v4 = v2*v2
            v5 = v3 + v4
            (v1, v2) = used
            d2 = v2 + v2
            d2 += v1
            return v5, (v2, d2)
        <BLANKLINE>
    """
    order = topological(loss)
    if len(order) > MAX_NODES:
        came = f"{len(order)}"
        raise ArgumentError(f"a graph of at most {MAX_NODES} nodes", came, "Use backward(), which has no limit.")
    leaves = _leaves(order)
    chosen = leaves if by is None else list(by)
    for leaf in chosen:
        if not any(leaf is known for known in leaves):
            came = repr(leaf.label or leaf)
            raise UnknownNameError("a leaf that the loss depends on", came, "Choose among mg.graph.leaves(loss).")
    return StraightLine(loss, chosen)


def _leaves(order: Iterable[Value]) -> list[Value]:
    return [node for node in order if node.op is None and not isinstance(node, Constant)]


class _Writer:
    """Writes the lines of one program: v7 is the value of node 7, d7 its adjoint."""

    def __init__(self, loss: Value, by: Sequence[Value]) -> None:
        self.loss, self.by = loss, by
        self.order = topological(loss)
        self.leaves = _leaves(self.order)
        inner = [node for node in self.order if node.op is not None]
        self.number = {id(node): number for number, node in enumerate(self.leaves + inner, 1)}
        self.operations: list[Op] = [node.op for node in inner if node.op is not None]
        self.rules: dict[str, Any] = {}  # rules for partial derivatives that can only be called
        self.values: dict[int, Any] = {}  # what stands for each node: a variable, or a number that never changes
        self.adjoints: dict[int, Any] = {id(loss): 1.0}

    def source(self) -> str:
        """Return the whole program."""
        names = ", ".join(f"v{number}" for number in range(1, len(self.leaves) + 1))
        names = f"({names}{',' * (len(self.leaves) == 1)})"
        labels = ", ".join(sanitise(leaf.label) or "?" for leaf in self.leaves)
        forward, backward = self.forward(), self.backward()
        derivatives = "".join(f"{write(self.adjoints.get(id(leaf), 0.0))[0]}, " for leaf in self.by)
        derivatives = derivatives if len(self.by) == 1 else derivatives.removesuffix(", ")
        result = f"return {write(self.values[id(self.loss)])[0]}, ({derivatives.rstrip()})"
        lines = [f"{names} = leaves  # {labels}", *forward, f"{names} = used", *backward, result]
        return "\n    ".join(["def program(leaves, used):", *lines]) + "\n"

    def forward(self) -> list[str]:
        """Return a line for each node, operands first; numbers that never change are computed here and now."""
        lines = []
        for node in self.order:
            variable = Written(f"v{self.number.get(id(node), 0)}")
            if node.op is None:
                self.values[id(node)] = node.data if isinstance(node, Constant) else variable
                continue
            result = node.op(*self.operands(node))
            if isinstance(result, Written) and not re.fullmatch(r"v\d+", result.name):
                comment = f"  # {sanitise(node.label)}" if sanitise(node.label) else ""
                lines.append(f"{variable.name} = {result.name}{comment}")
                result = variable
            self.values[id(node)] = result
        return lines

    def operands(self, node: Value) -> list[Any]:
        """Return what stands for the operands of a node."""
        return [self.values[id(operand)] for operand in node.inputs]

    def backward(self) -> list[str]:
        """Return a line for each adjoint of a node between the loss and the chosen leaves, results first."""
        lines = []
        wanted = self.between()
        for node in reversed(self.order):
            for place, operand in enumerate(node.inputs):
                if id(operand) in wanted and id(node) in self.adjoints:
                    lines += self.add(operand, multiply(self.adjoints[id(node)], self.partial(node, place)))
        return lines

    def between(self) -> set[int]:
        """Return the identities of the nodes that depend on a chosen leaf."""
        wanted = {id(leaf) for leaf in self.by}
        for node in self.order:
            if any(id(operand) in wanted for operand in node.inputs):
                wanted.add(id(node))
        return wanted

    def add(self, node: Value, term: Any) -> list[str]:
        """Return the line that adds a term to the adjoint of a node; none where a variable or number stands for it."""
        if not isinstance(term, Written) and term == 0.0:
            return []
        before, name = self.adjoints.get(id(node)), f"d{self.number[id(node)]}"
        if before is None and not (isinstance(term, Written) and not re.fullmatch(r"[vd]\d+", term.name)):
            self.adjoints[id(node)] = term
            return []
        self.adjoints[id(node)] = Written(name)
        if before is None:
            return [f"{name} = {write(term)[0]}"]
        if isinstance(before, Written) and before.name == name:
            return [f"{name} += {write(term)[0]}"]
        return [f"{name} = {write(before + term)[0]}"]

    def partial(self, node: Value, place: int) -> Any:
        """Return the partial derivative of a node, written out where its rule can be, else as a call of the rule."""
        op = node.op
        if op is None:
            return 0.0
        operands = [*self.operands(node), self.values[id(node)]]
        written = write_rule(op.partials[place], operands)
        if written is not None:
            return written
        name = f"op_{function_name(op)}_by_{'xy'[place]}"
        self.rules[name] = op.partials[place]
        return Written(f"{name}({', '.join(write(operand)[0] for operand in operands)})")


def sanitise(label: str) -> str:
    """Return a label as it may stand in a comment: only characters that can't end it, and not many."""
    return re.sub(r"[^A-Za-z0-9_\[\],.]", "?", label[:24])
