"""``detect_anomaly``: stop where a number goes bad, and say which operation and line of code made it."""

from __future__ import annotations

import linecache
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from microgradnet.errors import AnomalyError
from microgradnet.graph import Watcher, adjoints, topological, watching
from microgradnet.names import Names, caller_variables
from microgradnet.value import Constant, Value

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Stop at the first node whose value, partial derivative or adjoint is infinite or not a number.

    Inside the block each new node is looked at when it is made, and each ``backward()`` before it changes any gradient.
    The error names the operation, its label and scope, the operands' values, and the line of your code that made the
    node; it is raised at that line where the number appears there, and at ``backward()`` for an adjoint.

    Outside such blocks it costs nothing. Inside, each node costs a few times as much. It holds for this thread
    or asynchronous task.

    Raises:
        AnomalyError: a number is not finite; an ArithmeticError too.

    Example:
        >>> x = Value(0.0, label="x")
        >>> with detect_anomaly():  # doctest: +ELLIPSIS
        ...     y = x.sqrt()
        Traceback (most recent call last):
        ...
        microgradnet.errors.AnomalyError: a finite derivative of sqrt(x) by x; got inf at x = 0.0. Made by sqrt in ...
    """
    with watching(_Watcher()):
        yield


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of code."""

    file: str
    number: int

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.number).strip()
        return f"{self.file}, line {self.number}" + (f": {text}" if text else "")


class _Watcher(Watcher):
    """Looks at nodes and sweeps, and remembers where each node was made."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Value, _Line]] = {}  # the node too, as an id is only its own while it lives

    def made(self, node: Value) -> None:
        """Look at a node that has just been made."""
        self._made[id(node)] = node, _line_of_user()
        self._look_at(node)

    def sweeps(self, order: Sequence[Value]) -> None:
        """Look at the nodes below a loss, operands first, then at their adjoints, the loss first."""
        for node in order:
            self._look_at(node)
        adjoints(order[-1], alter=self._look_at_adjoint)

    def _look_at_adjoint(self, node: Value, adjoint: float) -> float:
        if not math.isfinite(adjoint):
            self._stop(f"a finite adjoint of {_named(node)}", adjoint, node)
        return adjoint

    def _look_at(self, node: Value) -> None:
        if not math.isfinite(node._data):
            self._stop(f"a finite value of {_named(node)}", node._data, node)
        for operand, partial in zip(node.inputs, node.partials, strict=True):
            if not math.isfinite(partial) and not isinstance(operand, Constant):  # nobody varies a written number
                by = operand.label or "xy"[node.inputs.index(operand)]
                self._stop(f"a finite derivative of {_named(node)} by {by}", partial, node)

    def _stop(self, expected: str, number: float, node: Value) -> None:
        operands = node.inputs
        names = _names(node)
        values = [f"{names.text(each)} = {each._data!r}" for each in dict.fromkeys(operands) if not _written(each)]
        at = f" at {', '.join(values)}" if values else ""
        label = f", labelled {node.label!r}" if node.label and operands else ""
        scope = f", in scope {node.scope!r}" if node.scope else ""
        raise AnomalyError(expected, f"{number!r}{at}{label}{scope}", f"{self._origin(node)}{_advice(node)}")

    def _origin(self, node: Value) -> str:
        if not node.inputs:
            return "It is a leaf, set to this number."
        if id(node) not in self._made:
            return "It was made before detect_anomaly() began: record it inside the block to learn the line."
        return f"Made by {node.op.name if node.op else ''} in {self._made[id(node)][1]}."


def _named(node: Value) -> str:
    """Return a node's operation written with its operands' names, or a leaf's own name."""
    if not node.inputs:
        return node.label or "a leaf without a label"
    return _names(node).formula(node)


def _names(node: Value) -> Names:
    return Names(topological(node), caller_variables())


def _written(node: Value) -> bool:
    return isinstance(node, Constant) and not node.label


def _advice(node: Value) -> str:
    bad = [operand for operand in node.inputs if not math.isfinite(operand._data)]
    return " Its operand was bad already: look at what set it." if bad else ""


def _line_of_user() -> _Line:
    """Return the innermost line on the stack that is not this package's own."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return _Line(frame.f_code.co_filename, frame.f_lineno)
