"""``Value``: one number of a computation, with the operation that made it and that operation's local derivatives.

``backward()`` walks the recorded nodes in reverse topological order and applies the chain rule. The first part of this
file is what a lesson projects on the wall: it knows one node and its neighbours, and everything about whole graphs is
in ``graph.py``. It is plain Python; ``value.pxd`` beside it declares C types, and with it the same file compiles.
"""

from __future__ import annotations

import math
import operator
import os
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from threading import Lock, RLock
from typing import Any

from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, shown
from microgradnet.manual import method_documentation, node_html, signature
from microgradnet.mode import compiled
from microgradnet.operation import Op, Rule, as_float, host, is_real, real, reserve
from microgradnet.ops import absolute, add, divide, floor_divide, multiply, negate, power, remainder, subtract
from microgradnet.ops import clip as clip_operation
from microgradnet.ops import relu as relu_operation
from microgradnet.ops import rounded as round_operation
from microgradnet.ops import where as where_operation
from microgradnet.protocols import added, apply_ufunc, build, by_hand, deep_copy, no_float, pack


class Value:
    """A number that remembers how it was computed.

    Two Values are equal if they are one node, as their hash says: ``v in nodes`` and ``nodes.index(v)`` find this node,
    not another that holds the same number. A Value and a plain number compare by number, as in ``v == 3``, and so do
    two Values under ``<``, ``<=``, ``>``, ``>=``. Attributes of your own may be added, as in ``v.momentum = 0.0``.

    Arguments:
        data: the number: int, float, bool or a NumPy scalar.
        label: its name in drawings, derivations and errors; None is "".

    Raises:
        NumberTypeError: ``data`` is of any other type; a TypeError too.
        ArgumentError: ``label`` is not a string, or operands are given: operations are added with ``mg.define``.

    Example:
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> loss = a * b + b**2
        >>> loss.backward()
        >>> loss.data, a.grad, b.grad
        (3.0, -3.0, -4.0)
    """

    # Every node has the same size, as an operation has at most two operands: _left and _right, beside the partial
    # derivative of the result by each. _adjoint is d loss/d node while a sweep runs; _walk is the number of the last
    # walk that met the node. _grad is -0.0, which no sum of a sweep is, until a sweep reaches the node. _origin is the
    # scope, or an object with a label and a scope.
    __slots__ = (
        "__dict__", "__weakref__", "_adjoint", "_data", "_grad", "_left", "_left_partial", "_operation", "_origin",
        "_right", "_right_partial", "_walk",
    )  # fmt: skip

    _written = False  # whether it was written as a number in a formula

    def __init__(self, data: Any, label: Any = "", *made: Any, _children: Any = (), _op: Any = "") -> None:
        if made or _children or _op or isinstance(label, (tuple, set)):
            raise by_hand("Value(number, label) makes a leaf", "operands or an operation")
        _fill(self, data if type(data) is float else as_float(data), None, None, None, 0.0, 0.0)
        if label is not None and label != "":
            self.label = label

    # Arithmetic, and the relu of each neuron, make their nodes here, because here is where the time goes; a test holds
    # them bit-equal to the table of operations, which makes all others.

    def __add__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        return _record(add, self._data + right._data, self, right, 1.0, 1.0)

    def __mul__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        return _record(multiply, self._data * right._data, self, right, right._data, self._data)

    def backward(self, gradient: Any = 1.0) -> None:
        """Add ``gradient`` times d self/d node to ``.grad`` of this node and of every node below it.

        Calling it twice adds exactly twice; :meth:`zero_grad` starts afresh. The adjoints of one sweep are kept apart
        from ``.grad``, as interior gradients left by an earlier sweep must not be pushed down again. A sweep that is
        interrupted leaves all gradients as they were.

        Raises:
            NumberTypeError: ``gradient`` is not a number.
        """
        node: Value
        seed: float = as_float(gradient)
        with _walking:
            if _watched:
                _tell("sweeps", self._below())
            if compiled:
                sweep_below(self, seed)  # type: ignore[name-defined]  # noqa: F821  # this loop in C, in nodes.h
                return
            order: list[Value] = self._below()  # each with adjoint 0.0
            self._adjoint += seed
            before: Any = list(map(operator.attrgetter("_grad"), order))
            try:
                for node in reversed(order):
                    adjoint = node._adjoint
                    node._grad += adjoint
                    if node._left is not None:
                        node._left._adjoint += adjoint * node._left_partial
                        if node._right is not None:
                            node._right._adjoint += adjoint * node._right_partial
            except BaseException:  # Ctrl-C, which finds no way into a compiled loop, nor into one call of C
                deque(map(Value.__dict__["_grad"].__set__, order, before), maxlen=0)
                raise

    def zero_grad(self) -> None:
        """Set ``.grad`` to 0.0, "not computed yet", on this node and on every node below it."""
        node: Value
        with _walking:
            for node in self._below():
                node._grad = -0.0

    def _below(self, *others: Value) -> list[Value]:
        """Return this node, other roots and all nodes below them in topological order, operands first.

        Each is ready for a sweep: its adjoint is 0.0. Nothing recurses, so a chain of millions is walked too.
        """
        order: list[Value] = []
        path: list[Value] = []  # from a root down to the node that is looked at, without that node
        node: Value | None
        with _walking:
            if compiled:
                return nodes_below(self, others)  # type: ignore[name-defined,no-any-return]  # noqa: F821
            walk = next(_walks)
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

    # ---- What a node shows -------------------------------------------------------------------------------------------

    @property
    def data(self) -> float:
        """The number. Assigning it changes this node alone; ``mg.recompute(loss)`` carries it on to the results."""
        if _watched:
            _tell("read", self)
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        self._data = number if type(number) is float else as_float(number)

    def item(self) -> float:
        """Return the number, as ``.data`` does; PyTorch's and NumPy's name for it."""
        return self.data

    @property
    def grad(self) -> float:
        """The sum of d loss/d node over the sweeps since the last ``zero_grad``; 0.0 before the first."""
        return self._grad + 0.0

    @grad.setter
    def grad(self, number: Any) -> None:
        gradient: float = number if type(number) is float else as_float(number)
        self._grad = gradient if gradient != 0.0 else 0.0 if _reached(self._grad) else -0.0

    @property
    def has_grad(self) -> bool:
        """Whether a sweep has reached this node, or a gradient other than 0 was assigned, since its last zero_grad."""
        return _reached(self._grad)

    @has_grad.setter
    def has_grad(self, reached: bool) -> None:
        self._grad = self._grad + 0.0 if reached else -0.0

    @property
    def label(self) -> str:
        """The name of this node in drawings, derivations and errors; "" where it has none."""
        return "" if type(self._origin) is str else self._origin.label

    @label.setter
    def label(self, name: Any) -> None:
        if name is None:
            name = ""
        if not isinstance(name, str):
            given = f"{shown(name)} of type {type(name).__name__}"
            raise ArgumentError("a label is a string", given, 'Write Value(2.0, label="a"), or use str(...).')
        self._origin = Named(name, self.scope) if name else self.scope

    @property
    def scope(self) -> str:
        """The scope in which this node was made, as in ``"layer 1/neuron 2"``; "" outside of any."""
        return self._origin if type(self._origin) is str else self._origin.scope

    @scope.setter
    def scope(self, path: str) -> None:
        self._origin = Named(self.label, path) if self.label else path

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
        """The partial derivative of this node by each of :attr:`inputs`, as they were when it was computed.

        It is nan where the derivative does not exist, as that of ``x**y`` by y at x = -2; or 0.0 where nobody varies
        the operand, as the 3 of ``x**3``.
        """
        if self._left is None:
            return ()
        if self._right is None:
            return (self._left_partial,)
        return (self._left_partial, self._right_partial)

    @property
    def _prev(self) -> tuple[Value, ...]:  # micrograd's name for the operands, which lecture code reads
        return self.inputs

    @property
    def _op(self) -> str:  # micrograd's name for the operation, as a string
        return "" if self._operation is None else self._operation.operator or self._operation.name

    @property
    def _backward(self) -> Callable[[], None]:
        """The single step of lecture code: calling it adds ``.grad`` times each partial to the operands' ``.grad``."""
        return self._push

    @_backward.setter
    def _backward(self, closure: Any) -> None:
        raise by_hand("_backward is read from the table of operations", "an assignment to it")

    def _push(self) -> None:
        if self._left is not None:
            self._left._grad += self._grad * self._left_partial + 0.0
            if self._right is not None:
                self._right._grad += self._grad * self._right_partial + 0.0

    # ---- The other operators -----------------------------------------------------------------------------------------

    def __sub__(self, other: Any) -> Value:
        right: Value | None = other if isinstance(other, Value) else _literal(other)
        if right is None:
            return NotImplemented
        return _record(subtract, self._data - right._data, self, right, 1.0, -1.0)

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
        return _in_order(power, other, self)

    def __mod__(self, other: Any) -> Value:
        return _in_order(remainder, self, other)

    def __rmod__(self, other: Any) -> Value:
        return _in_order(remainder, other, self)

    def __floordiv__(self, other: Any) -> Value:
        return _in_order(floor_divide, self, other)

    def __rfloordiv__(self, other: Any) -> Value:
        return _in_order(floor_divide, other, self)

    def __divmod__(self, other: Any) -> tuple[Value, Value]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Value, Value]:
        return other // self, other % self

    def __round__(self, digits: int | None = None) -> Value:
        if digits is not None:
            given = f"{shown(digits)} digits"
            raise ArgumentError("round(v) records rounding to a whole number", given, "Use round(v.data, 2) to print.")
        return _operate(round_operation, self, None)

    def where(self, x: Any, otherwise: Any = 0.0) -> Any:
        """Return ``x`` where this is not 0, and ``otherwise`` where it is; see ``mg.where``."""
        return where_operation(self, x, otherwise)

    def clip(self, low: Any, high: Any) -> Any:
        """Return this held between two bounds; see ``mg.clip``."""
        return clip_operation(self, low, high)

    def conjugate(self) -> Value:
        """Return this node: a real number is its own conjugate. NumPy's variance asks for it."""
        return self

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Value:
        """Record an operation of the table on operands of which at least one is a Value."""
        nodes = [operand if isinstance(operand, Value) else Constant(operand) for operand in operands]
        return _operate(op, nodes[0], nodes[1] if len(nodes) > 1 else None)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, options)

    # ---- Manners of a number -----------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        return self is other if isinstance(other, Value) else _compare(self, other, operator.eq)

    def __ne__(self, other: object) -> bool:
        return self is not other if isinstance(other, Value) else _compare(self, other, operator.ne)

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
        raise no_float(self)

    def __int__(self) -> int:
        raise no_float(self)

    def __trunc__(self) -> int:
        raise no_float(self)

    def __index__(self) -> int:
        advice = "Use int(v.data), as in range(int(v.data)); to multiply each element of a list, [v * x for x in xs]."
        raise NumberTypeError("an index or a count is an integer", f"the Value {self._data}", advice)

    def __format__(self, specification: str) -> str:
        return format(self._data, specification) if specification else repr(self)

    def __repr__(self) -> str:
        name = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self._data}, grad={self.grad}{name})"

    def _repr_html_(self) -> str:
        return node_html(self)

    def __copy__(self) -> Value:
        return build(type(self), self._state(), self._left, self._right, added(self))  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return deep_copy(self, self._below(), memo)  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        return pack(self, self._below() if self._left is not None else [])

    def _state(self) -> tuple[Any, ...]:
        """Return all that a copy needs to know of this node, but for its operands and attributes."""
        numbers = (self._data, self._grad, self._left_partial, self._right_partial)
        return *numbers, self._operation, self.label, self.scope

    def _attributes(self) -> dict[str, Any] | None:
        """Return the attributes that users gave to this node; None or an empty dict where there are none."""
        if compiled:
            return attributes_of(self)  # type: ignore[name-defined,no-any-return]  # noqa: F821  # in nodes.h
        return self.__dict__

    def _restore(self, state: tuple[Any, ...], left: Value | None, right: Value | None) -> None:
        """Fill the fields of a node, which may have been made without ``__init__``."""
        data, gradient, left_partial, right_partial, op, label, scope = state
        _fill(self, data, op, left, right, left_partial, right_partial)
        self._grad = gradient
        self._origin = Named(label, scope) if label else scope


Value.__hash__ = object.__hash__  # type: ignore[method-assign]  # here, as a compiled class would not take it over
reserve(dir(Value))  # a user's operation called "data" or "grad" could not be a method


class Constant(Value):
    """A number that was written in a formula, such as the 3 of ``3*x``: a leaf that nobody varies or names."""

    __slots__ = ()
    _written = True


class Named:
    """Where a node comes from: its label and its scope. Nodes may share one; it never changes."""

    __slots__ = ("label", "scope")

    def __init__(self, label: str, scope: str) -> None:
        self.label = label
        self.scope = scope


# ---- How nodes are recorded ------------------------------------------------------------------------------------------

_walks = count(1)  # each walk over a graph marks the nodes that it meets with its number
_walking = RLock()  # threads may share parameters, so one walks and sweeps at a time


def _renew_lock() -> None:
    """Forget a lock that a thread held when the process was forked: that thread is not in the child."""
    global _walking
    _walking = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _fill(node: Value, data: float, op: Any, left: Any, right: Any, left_partial: float, right_partial: float) -> Value:
    """Give a new node its fields."""
    node._data = data
    node._grad = -0.0
    node._operation = op
    node._left = left
    node._right = right
    node._left_partial = left_partial
    node._right_partial = right_partial
    node._adjoint = 0.0
    node._walk = 0
    node._origin = _origin_here() if _scoped else ""
    return node


def _new(kind: Any, data: float, op: Any, left: Any, right: Any, left_partial: float, right_partial: float) -> Value:
    """Return a new node."""
    if not compiled:
        return _fill(kind.__new__(kind), data, op, left, right, left_partial, right_partial)
    origin = _origin_here() if _scoped else ""
    return new_node(kind, data, op, left, right, left_partial, right_partial, origin)  # type: ignore  # noqa: F821


def _record(op: Op, data: float, left: Value, right: Value | None, left_partial: float, right_partial: float) -> Value:
    """Return the node of one operation."""
    node: Value = _new(Value, data, op, left, right, left_partial, right_partial)
    if _watched:
        _tell("made", node)
    return node


def _literal(number: Any) -> Value | None:
    """Return a number written in a formula as a node; None for another type, which Python then asks."""
    if type(number) is not float:
        if type(number) is not int and not is_real(number):
            return None
        try:
            number = float(number)
        except OverflowError:
            number = as_float(number)  # which says what is wrong
    return _new(Constant, number, None, None, None, 0.0, 0.0)


def sum_of_products(weights: list[Any], inputs: list[Any], bias: Any, origin: Any = None) -> Any:
    """Return w1*x1 + w2*x2 + ... + bias, summed from left to right; new nodes are given an origin unless it is None."""
    result: Any = None
    for k in range(len(weights)):
        product = weights[k] * inputs[k]
        if origin is not None:
            product._origin = origin
        result = product if result is None else result + product
        if origin is not None:
            result._origin = origin
    return result if bias is None else result + bias


def activate(op: Op, node: Value, origin: Any) -> Value:
    """Return the node of an operation with one operand, which comes from there."""
    result: Value = node.relu() if op is relu_operation else _operate(op, node, None)
    result._origin = origin
    return result


def alone() -> bool:
    """Tell whether nobody watches and no scope is open: then it does not matter when nodes are told their origin."""
    return not _watched and not (_scoped and _origin_here())


def _operate(op: Op, left: Value, right: Value | None) -> Value:
    """Return the node of an operation that the table computes."""
    data, left_partial, right_partial = evaluate(op, left, right)
    return _record(op, data, left, right, left_partial, right_partial)


def _in_order(op: Op, left: Any, right: Any) -> Value:
    """Return the node of an operator of two operands, of which one may be written as a number."""
    first: Value | None = left if isinstance(left, Value) else _literal(left)
    second: Value | None = right if isinstance(right, Value) else _literal(right)
    if first is None or second is None:
        return NotImplemented  # type: ignore[no-any-return]
    return _operate(op, first, second)


def evaluate(op: Op, left: Value, right: Value | None) -> tuple[float, float, float]:
    """Return an operation's result and its partial derivatives (the second is 0.0 where it has one operand).

    A partial derivative that does not exist is nan, or 0.0 by a number written in the formula, which nobody varies.

    Raises:
        DomainError: the result is not a real number, or it or a partial derivative overflows.
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
        found = rule(left._data, data) if right is None else rule(left._data, right._data, data)
        return found if type(found) is float else as_float(found)
    except (ValueError, ArithmeticError) as error:
        if isinstance(left if letter == "x" else right, Constant):
            return 0.0  # (-2)**3 has no derivative by its exponent, and nobody varies the 3
        if isinstance(error, ValueError):
            return math.nan  # the result is a number, the derivative is not; a sweep shows it where it is used
        raise _domain_error(op, left, right, of=f"derivative by {letter}") from error


def _reached(gradient: float) -> bool:
    """Tell whether a gradient is one: it is -0.0 before the first sweep."""
    return gradient != 0.0 or math.copysign(1.0, gradient) > 0.0


def number_of(given: Any) -> float:
    """Return the number of a Value, or a plain number as a float.

    Raises:
        NumberTypeError: it is neither.
    """
    return given._data if isinstance(given, Value) else as_float(given)


def move_numbers(nodes: list[Value], numbers: Any, into_nodes: bool) -> None:
    """Copy the numbers of nodes into an array of as many doubles, or from there into the nodes."""
    if compiled:
        copy_numbers(nodes, numbers, into_nodes)  # type: ignore[name-defined]  # noqa: F821  # in nodes.h
    elif into_nodes:
        for node, number in zip(nodes, numbers.tolist(), strict=True):
            node._data = number
    else:
        numbers[:] = [node._data for node in nodes]


def _compare(node: Value, other: Any, holds: Callable[[Any, Any], bool]) -> bool:
    """Compare by number; an integer exactly, however large."""
    if isinstance(other, Value):
        number = other._data
    elif is_real(other):
        number = other if isinstance(other, int) else float(other)
    else:
        return NotImplemented  # type: ignore[no-any-return]
    outcome = holds(node._data, number)
    if _watched:
        _tell("compared", node, other, holds, outcome)
    return outcome


# ---- What differs by thread and task ---------------------------------------------------------------------------------

_scopes: ContextVar[Any] = ContextVar("microgradnet scope", default="")
_scoped = False  # whether any scope was ever entered: until then nobody looks
_watchers: ContextVar[tuple[Any, ...]] = ContextVar("microgradnet watchers", default=())
_watched = 0  # how many watchers there are, in all threads and tasks
_counting = Lock()


def _origin_here() -> Any:
    """Return what new nodes of this thread and task have as their origin."""
    if compiled:
        return read_variable(_scopes)  # type: ignore[name-defined]  # noqa: F821  # in nodes.h, 3 ns
    return _scopes.get()


def set_scope(path: Any) -> Any:
    """Make new nodes of this thread and task belong to a scope; return the scope before."""
    global _scoped
    before = _scopes.get()
    _scoped = True
    _scopes.set(path)
    return before


@contextmanager
def watching(watcher: Any) -> Iterator[None]:
    """Tell a ``graph.Watcher`` what happens to Values inside the block, in this thread and task."""
    global _watched
    token = _watchers.set((*_watchers.get(), watcher))
    with _counting:
        _watched += 1
    try:
        yield
    finally:
        with _counting:
            _watched -= 1
        _watchers.reset(token)


def _tell(event: str, *what: Any) -> None:
    for watcher in _watchers.get():
        getattr(watcher, event)(*what)


# ---- Errors, and the operations as methods ---------------------------------------------------------------------------


def _domain_error(op: Op, left: Value, right: Value | None, of: str = "result") -> DomainError:
    nodes = [left] if right is None else [left, right]
    return op.domain_error(tuple(node._data for node in nodes), tuple(node.label for node in nodes), of)


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

if compiled:  # the memory of compiled nodes, how they are freed, and what takes a short way: see nodes.h
    own_nodes(Value, Constant, _scopes, add, multiply)  # type: ignore[name-defined]  # noqa: F821
