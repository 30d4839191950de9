"""``Value``: one number of a computation, with the operation that made it and that operation's local derivatives.

``backward()`` walks the recorded nodes in reverse topological order and applies the chain rule. This file is what a
lesson projects on the wall: it knows one node and its neighbours, and everything about whole graphs is in ``graph.py``.
It is plain Python; ``value.pxd`` beside it says which names are C numbers, and with it the same file compiles.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from threading import RLock
from typing import Any

from microgradnet.copying import added, build, deep_copy, pack
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, shown
from microgradnet.manual import method_documentation, signature
from microgradnet.mode import compiled
from microgradnet.operation import Op, Rule, as_float, host, is_real, real, reserve
from microgradnet.ops import absolute, add, divide, multiply, negate, power, subtract
from microgradnet.ops import clip as clip_operation
from microgradnet.ops import relu as relu_operation
from microgradnet.ops import where as where_operation

_scope: str = ""  # the scope that new nodes belong to; see graph.scope
_walks = 0  # how many walks over a graph have been started; each marks the nodes that it meets with its number
_walking = RLock()  # threads may share parameters, so one walks and sweeps at a time


class Value:
    """A number that remembers how it was computed.

    Arguments:
        data: the number: int, float, bool or a NumPy scalar.
        label: its name in drawings, derivations and errors.

    Raises:
        NumberTypeError: ``data`` is anything else; a TypeError too.
        ArgumentError: ``label`` is not a string.

    Example:
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> loss = a * b + b**2
        >>> loss.backward()
        >>> loss.data, a.grad, b.grad
        (3.0, -3.0, -4.0)
    """

    # At most two operands, as in the elementary operations, so that every node has one fixed size: the operands and the
    # partial derivative of the result by each. _adjoint is d loss/d node while a sweep runs; _walk is the number of the
    # last walk that met the node.
    __slots__ = (
        "_adjoint", "_data", "_grad", "_label", "_left", "_left_partial", "_operation", "_right", "_right_partial",
        "_walk", "has_grad", "scope",
    )  # fmt: skip

    _written = False  # whether it was written as a number in a formula

    def __init__(self, data: Any, label: Any = "") -> None:
        self._data = data if type(data) is float else as_float(data)
        self._grad = 0.0
        self._operation: Op | None = None
        self._left: Value | None = None
        self._right: Value | None = None
        self._left_partial = 0.0
        self._right_partial = 0.0
        self._adjoint = 0.0
        self._walk = 0
        self.has_grad = False  # whether a sweep has reached this node since its last zero_grad
        self.label = label
        self.scope = _scope

    @property
    def label(self) -> str:
        """The name of this node in drawings, derivations and errors; "" where it has none."""
        return self._label

    @label.setter
    def label(self, name: Any) -> None:
        if not isinstance(name, str):
            came = f"{shown(name)} of type {type(name).__name__}"
            raise ArgumentError("a label is a string", came, 'Write Value(2.0, label="a"), or use str(...).')
        self._label = name

    @property
    def data(self) -> float:
        """The number. Assigning it changes this node alone; ``mg.recompute(loss)`` carries it on to the results."""
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        self._data = number if type(number) is float else as_float(number)

    @property
    def grad(self) -> float:
        """The sum of d loss/d node over the sweeps since the last ``zero_grad``; 0.0 before the first."""
        return self._grad

    @grad.setter
    def grad(self, number: Any) -> None:
        self._grad = number if type(number) is float else as_float(number)

    @property
    def op(self) -> Op | None:
        """The operation that made this node; None for a leaf."""
        return self._operation

    @property
    def inputs(self) -> tuple[Value, ...]:
        """The operands, in order: ``(a, a)`` for ``a*a``, ``()`` for a leaf."""
        if self._left is None:
            return ()
        return (self._left,) if self._right is None else (self._left, self._right)

    @property
    def partials(self) -> tuple[float, ...]:
        """The partial derivative of this node by each of :attr:`inputs`, as they were when it was computed."""
        return (self._left_partial, self._right_partial)[: len(self.inputs)]

    @property
    def _prev(self) -> tuple[Value, ...]:  # micrograd's name for the operands, which lecture code reads
        return self.inputs

    @property
    def _op(self) -> str:  # micrograd's name for the operation, as a string
        return "" if self._operation is None else self._operation.operator or self._operation.name

    def backward(self) -> None:
        """Add d self/d node to ``.grad`` of this node and of every node below it.

        Calling it twice adds exactly twice; :meth:`zero_grad` starts afresh. The adjoints of one sweep are kept apart
        from ``.grad``, as interior gradients left by an earlier sweep must not be pushed down again.
        """
        node: Value
        with _walking:
            order: list[Value] = self._below()  # each with adjoint 0.0
            watcher = _watcher
            if watcher is not None:
                watcher.sweeps(order)
            self._adjoint = 1.0
            for node in reversed(order):
                adjoint = node._adjoint
                node._grad += adjoint
                node.has_grad = True
                if node._left is not None:
                    node._left._adjoint += adjoint * node._left_partial
                    if node._right is not None:
                        node._right._adjoint += adjoint * node._right_partial

    def zero_grad(self) -> None:
        """Set ``.grad`` to 0.0, "not computed yet", on this node and on every node below it."""
        node: Value
        with _walking:
            order: list[Value] = self._below()
            for node in order:
                node._grad = 0.0
                node.has_grad = False

    def _below(self, *others: Value) -> list[Value]:
        """Return this node, other roots and all nodes below them in topological order, operands first.

        Each is ready for a sweep: its adjoint is 0.0. Nothing recurses, so a chain of millions is walked too.
        """
        global _walks
        order: list[Value] = []
        path: list[Value] = []  # from a root down to the node that is looked at, without that node
        node: Value | None
        with _walking:
            _walks += 1
            walk = _walks
            for node in (self, *others):
                if node._walk == walk:
                    continue
                node._walk, node._adjoint = walk, 0.0
                while node is not None:
                    if node._left is not None and node._left._walk != walk:
                        path.append(node)
                        node = node._left
                        node._walk, node._adjoint = walk, 0.0
                    elif node._right is not None and node._right._walk != walk:
                        path.append(node)
                        node = node._right
                        node._walk, node._adjoint = walk, 0.0
                    else:  # everything below it is in order
                        order.append(node)
                        node = path.pop() if path else None
        return order

    # Arithmetic, and the relu of each neuron, go straight to their nodes, because here is where the time goes; a test
    # holds them bit-equal to the table.

    def __add__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        return _record(add, self._data + right._data, self, right, 1.0, 1.0)

    def __sub__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        return _record(subtract, self._data - right._data, self, right, 1.0, -1.0)

    def __mul__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        return _record(multiply, self._data * right._data, self, right, right._data, self._data)

    def __truediv__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        if right._data == 0.0:
            raise _domain_error(divide, self, right)
        quotient = self._data / right._data
        return _record(divide, quotient, self, right, 1.0 / right._data, -(quotient / right._data))

    def __pow__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        x, y = self._data, right._data
        if y != 0.0 and (x > 0.0 or (x < 0.0 and isinstance(right, Constant))):
            try:
                data, by_base = math.pow(x, y), y * math.pow(x, y - 1.0)
                by_exponent = data * math.log(x) if x > 0.0 else 0.0  # nobody varies the 3 of (-2)**3
            except (ValueError, ArithmeticError):
                pass  # the table says what is wrong
            else:
                return _record(power, data, self, right, by_base, by_exponent)
        return _operate(power, self, right)

    def relu(self) -> Value:
        """Return this where it is positive, and 0 where it is not; see ``mg.relu``."""
        if self._data <= 0.0:
            return _record(relu_operation, 0.0, self, None, 0.0, 0.0)
        return _record(relu_operation, self._data, self, None, 1.0 if self._data > 0.0 else 0.0, 0.0)  # NaN stays NaN

    def __neg__(self) -> Value:
        return _record(negate, -self._data, self, None, -1.0, 0.0)

    def __pos__(self) -> Value:
        return self

    def __abs__(self) -> Value:
        return _operate(absolute, self, None)

    def __radd__(self, other: Any) -> Value:
        left: Value | None = _literal(other)
        return NotImplemented if left is None else left + self

    def __rsub__(self, other: Any) -> Value:
        left: Value | None = _literal(other)
        return NotImplemented if left is None else left - self

    def __rmul__(self, other: Any) -> Value:
        left: Value | None = _literal(other)
        return NotImplemented if left is None else left * self

    def __rtruediv__(self, other: Any) -> Value:
        left: Value | None = _literal(other)
        return NotImplemented if left is None else left / self

    def __rpow__(self, other: Any) -> Value:
        left: Value | None = _literal(other)
        return NotImplemented if left is None else left**self

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Value:
        """Record an operation of the table on operands of which at least one is a Value."""
        nodes = [operand if isinstance(operand, Value) else Constant(operand) for operand in operands]
        return _operate(op, nodes[0], nodes[1] if len(nodes) > 1 else None)

    def where(self, x: Any, otherwise: Any = 0.0) -> Any:
        """Return ``x`` where this is not 0, and ``otherwise`` where it is; see ``mg.where``."""
        return where_operation(self, x, otherwise)

    def clip(self, low: Any, high: Any) -> Any:
        """Return this held between two bounds; see ``mg.clip``."""
        return clip_operation(self, low, high)

    # Comparisons are by number; hashing is by identity, so that equal numbers stay separate nodes in sets and dicts.

    def __eq__(self, other: object) -> bool:
        return _compare(self, other, operator.eq)

    def __ne__(self, other: object) -> bool:
        return _compare(self, other, operator.ne)

    def __lt__(self, other: Any) -> bool:
        return _compare(self, other, operator.lt)

    def __le__(self, other: Any) -> bool:
        return _compare(self, other, operator.le)

    def __gt__(self, other: Any) -> bool:
        return _compare(self, other, operator.gt)

    def __ge__(self, other: Any) -> bool:
        return _compare(self, other, operator.ge)

    def __bool__(self) -> bool:
        return _compare(self, 0.0, operator.ne)

    def __float__(self) -> float:
        return self._data

    def __int__(self) -> int:
        return int(self._data)

    def __index__(self) -> int:
        advice = "Use int(v) or round(v), or range(int(v)); there is no v-th element."
        raise NumberTypeError("an index or a count is an integer", f"the Value {self._data}", advice)

    def __round__(self, digits: Any = None) -> Any:
        return round(self._data, digits)

    def __format__(self, specification: str) -> str:
        return format(self._data, specification) if specification else repr(self)

    def __repr__(self) -> str:
        name = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={self._grad}{name})"

    def __copy__(self) -> Value:
        return build(type(self), self._state(), self._left, self._right, added(self))  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return deep_copy(self, self._below(), memo)  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return pack(self, self._below() if self._left is not None else [])

    def _state(self) -> tuple[Any, ...]:
        """Return all that a copy needs to know of this node, but for its operands."""
        numbers = (self._data, self._grad, self._left_partial, self._right_partial)
        return *numbers, self.has_grad, self._operation, self._label, self.scope

    def _restore(self, state: tuple[Any, ...], left: Value | None, right: Value | None) -> None:
        """Fill the fields of a node, which may have been made without ``__init__``."""
        self._data, self._grad, self._left_partial, self._right_partial = state[:4]
        self.has_grad, self._operation, self._label, self.scope = state[4:]
        self._left, self._right, self._adjoint, self._walk = left, right, 0.0, 0


Value.__hash__ = object.__hash__  # type: ignore[method-assign]  # here, as a compiled class would not take it over
reserve(dir(Value))  # a user's operation called "data" or "grad" could not be a method


class Constant(Value):
    """A number that was written in a formula, such as the 3 of ``3*x``: a leaf that nobody varies or names."""

    __slots__ = ()
    _written = True


if compiled:  # for what Python does for a plain class by itself
    own_memory(Value, Constant)  # type: ignore[name-defined]  # noqa: F821  # see nodes.h


def _literal(number: Any) -> Value | None:
    """Return a number written in a formula as a node; None for what is no number, so that Python can ask its type."""
    if type(number) is not float:
        if type(number) is not int and not is_real(number):
            return None
        try:
            number = float(number)
        except OverflowError:
            number = as_float(number)  # which says what is wrong
    return _fill(Constant.__new__(Constant), number)


def _fill(node: Value, data: float) -> Value:
    """Give a new node its number, and the fields of a leaf without a name."""
    node._data = data
    node._grad = 0.0
    node._operation = None
    node._left = None
    node._right = None
    node._left_partial = 0.0
    node._right_partial = 0.0
    node._adjoint = 0.0
    node._walk = 0
    node.has_grad = False
    node._label = ""
    node.scope = _scope
    return node


def _record(op: Op, data: float, left: Value, right: Value | None, left_partial: float, right_partial: float) -> Value:
    """Return the node of one operation."""
    node: Value = Value.__new__(Value)
    node._data = data
    node._grad = 0.0
    node._operation = op
    node._left = left
    node._right = right
    node._left_partial = left_partial
    node._right_partial = right_partial
    node._adjoint = 0.0
    node._walk = 0
    node.has_grad = False
    node._label = ""
    node.scope = _scope
    if _watcher is not None:
        _show(node)
    return node


_watcher: Any = None


def _show(node: Value) -> None:
    watcher = _watcher
    if watcher is not None:  # another thread may just have ended it
        watcher.made(node)


def watch(watcher: Any) -> Any:
    """Show ``watcher.made`` every new node, ``compared`` every comparison, and ``sweeps`` every sweep before it runs.

    None ends it. Returns the watcher before.
    """
    global _watcher
    before, _watcher = _watcher, watcher
    return before


def evaluate(op: Op, left: Value, right: Value | None) -> tuple[float, float, float]:
    """Return an operation's result and its partial derivatives (the second is 0.0 where it has one operand).

    Raises:
        DomainError: the result or a partial derivative is not a real number, or overflows.
    """
    rules = op.float_rules or op.read_float_rules()
    try:
        result = rules[0](left._data) if right is None else rules[0](left._data, right._data)
        data: float = result if type(result) is float else real(result)
    except (ValueError, ArithmeticError) as error:
        raise _domain_error(op, left, right) from error
    left_partial = _partial(op, "x", rules[1], left, right, data)
    return data, left_partial, 0.0 if right is None else _partial(op, "y", rules[2], left, right, data)


def _partial(op: Op, letter: str, rule: Rule, left: Value, right: Value | None, data: float) -> float:
    """Return the partial derivative by the first or second operand."""
    try:
        return float(rule(left._data, data) if right is None else rule(left._data, right._data, data))
    except (ValueError, ArithmeticError) as error:
        if isinstance(left if letter == "x" else right, Constant):
            return 0.0  # (-2)**3 has no derivative by its exponent, and nobody varies the 3
        raise _domain_error(op, left, right, of=f"derivative by {letter}") from error


def _operate(op: Op, left: Value, right: Value | None) -> Value:
    data, left_partial, right_partial = evaluate(op, left, right)
    return _record(op, data, left, right, left_partial, right_partial)


def _domain_error(op: Op, left: Value, right: Value | None, of: str = "result") -> DomainError:
    nodes = [left] if right is None else [left, right]
    return op.domain_error(tuple(node._data for node in nodes), tuple(node._label for node in nodes), of)


def _compare(node: Value, other: Any, holds: Callable[[float, float], bool]) -> bool:
    if not isinstance(other, Value) and not is_real(other):
        return NotImplemented  # type: ignore[no-any-return]
    integer = isinstance(other, int)  # which is compared exactly, however large
    outcome = holds(node._data, other._data if isinstance(other, Value) else other if integer else float(other))
    if _watcher is not None:
        _watcher.compared(node, other, holds, outcome)
    return outcome


def refresh(node: Value) -> None:
    """Compute a node again from its operands' present numbers; a leaf stays as it is."""
    if node._operation is not None and node._left is not None:
        numbers = evaluate(node._operation, node._left, node._right)
        node._data, node._left_partial, node._right_partial = numbers


def set_scope(path: str) -> str:
    """Make new nodes belong to this scope; return the scope before."""
    global _scope
    before, _scope = _scope, path
    return before


def _as_method(op: Op) -> Callable[..., Any]:
    """Return an operation as a method: ``v.exp()`` is ``mg.exp(v)``."""

    def of_one(self: Any, *operands: Any) -> Any:
        if operands or not isinstance(self, Value):
            return op(self, *operands)  # which says what is wrong
        return _operate(op, self, None)

    def in_general(self: Any, *operands: Any, **parameter: Any) -> Any:
        return op(self, *operands, **parameter)

    method: Any = of_one if len(op.partials) == 1 and op.parameter is None else in_general
    method.__name__, method.__qualname__ = op.name, f"Value.{op.name}"
    method.__doc__, method.__signature__ = method_documentation(op), signature(op, method=True)
    return method  # type: ignore[no-any-return]


host(Value, _as_method)
