"""One node: its numbers, its operators, its comparisons, and what it refuses."""

import fractions
import gc
import math
import os
import subprocess
import sys
import threading
import weakref
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError
from microgradnet.operation import TABLE
from microgradnet.value import Constant
from tests.samples import nodes, somewhere


@pytest.mark.parametrize("number", [3, 3.0, True, np.float64(3), np.float32(3), np.int16(3), np.bool_(True)], ids=repr)
def test_a_real_number_of_any_type_becomes_a_float(number: Any) -> None:
    assert type(Value(number).data) is float
    assert Value(number).data == float(number)


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ("3", r"Use float\(...\) of the text"),
        ([1, 2], "one number at a time"),
        ((1, 2), "one number at a time"),
        (1j, ".real"),
        (None, "float"),
        (Decimal("0.1"), "float"),
        (fractions.Fraction(1, 3), "float"),
        (np.array([1.0, 2.0]), r"\.item\(\)"),
        (np.array(3.0), r"\.item\(\)"),
        (np.complex128(1j), ".real"),
        (np.str_("3"), r"float\(...\) of the text"),
        (Value(3.0), r"\.data"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_what_is_no_number_is_refused_with_the_method_to_use(wrong: Any, advice: str) -> None:
    with pytest.raises(TypeError, match=advice) as caught:
        Value(wrong)
    assert isinstance(caught.value, NumberTypeError)
    assert type(wrong).__name__ in str(caught.value)


def test_a_refused_assignment_changes_nothing() -> None:
    v = Value(2.0, label="v")
    for attribute, wrong in [("data", "3"), ("grad", [1]), ("label", 7), ("label", ["v"])]:
        with pytest.raises((TypeError, ValueError)):
            setattr(v, attribute, wrong)
    assert (v.data, v.grad, v.label) == (2.0, 0.0, "v")


@pytest.mark.parametrize("label", [3, 0, ["a"], b"a"], ids=repr)
def test_a_label_is_a_string(label: Any) -> None:
    with pytest.raises(ArgumentError, match=f"a label is a string.*{type(label).__name__}"):
        Value(1.0, label)


@pytest.mark.parametrize("power", [400, 5000])
def test_an_integer_too_large_for_a_float_is_an_error_at_any_size(power: int) -> None:
    for make in (Value, lambda number: Value(1.0) + number, mg.exp):
        with pytest.raises(DomainError, match=r"1\.8e308"):
            make(10**power)


def test_operands_and_partials_are_in_order() -> None:
    a, b = Value(3.0), Value(2.0)
    assert [node is a for node in (a * a).inputs] == [True, True]
    assert (a * a).partials == (3.0, 3.0)
    assert (a / b).inputs == (a, b)
    assert (a / b).partials == (0.5, -0.75)
    assert (-a).partials == (-1.0,)
    assert (a.op, a.inputs, a.partials) == (None, (), ())
    assert (a * b).op is TABLE["multiply"]
    assert ((a * b)._prev, (a * b)._op, a._op, mg.exp(a)._op) == ((a, b), "*", "", "exp")


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        (lambda v: 1 + v, 4.0),
        (lambda v: 1 - v, -2.0),
        (lambda v: 2 * v, 6.0),
        (lambda v: 6 / v, 2.0),
        (lambda v: 2**v, 8.0),
        (lambda v: v**2, 9.0),
        (lambda v: v - 1, 2.0),
        (lambda v: v / 2, 1.5),
        (lambda v: +v, 3.0),
        (lambda v: abs(-v), 3.0),
        (lambda v: sum([v, v, v]), 9.0),
        (lambda v: pow(v, 2), 9.0),
    ],
)
def test_every_operator_takes_numbers_on_either_side(expression: Any, number: float) -> None:
    assert expression(Value(3.0)).data == number


def test_numbers_in_a_formula_are_constants() -> None:
    v = Value(3.0)
    assert isinstance((2 * v).inputs[0], Constant)
    assert not isinstance((v * v).inputs[0], Constant)


@pytest.mark.parametrize("other", ["3", [1], None, 1j, {}], ids=repr)
def test_operators_leave_what_is_no_number_to_its_own_type(other: Any) -> None:
    for operate in (lambda: Value(1.0) + other, lambda: other - Value(1.0), lambda: Value(1.0) ** other):
        with pytest.raises(TypeError, match="unsupported operand"):
            operate()
    assert Value(1.0) != other
    with pytest.raises(TypeError, match="not supported between"):
        Value(1.0) < other  # noqa: B015


def test_no_label_is_the_empty_label() -> None:
    v = Value(1.0, label=None)
    assert v.label == ""
    v.label = "v"
    v.label = None
    assert v.label == ""


def test_a_foreign_type_may_answer_for_its_own_operator() -> None:
    class Metres:
        def __radd__(self, other: Any) -> str:
            return f"{other.data} m"

    assert Value(2.0) + Metres() == "2.0 m"


def test_two_values_are_equal_if_they_are_one_node_and_a_number_compares_by_number() -> None:
    a, same, larger = Value(1.0), Value(1.0), Value(2.0)
    assert a == a
    assert a != same
    assert not a == same  # noqa: SIM201
    assert a == 1 == True
    assert 1.0 == a != 2
    assert a not in [same, larger]
    assert [same, a].index(a) == 1
    nodes = [same, a]
    nodes.remove(a)
    assert nodes[0] is same
    undefined = Value(math.nan)
    assert undefined == undefined
    assert undefined != math.nan
    assert a < larger <= larger > same >= a
    assert max([a, larger, same]) is larger
    assert sorted([larger, a])[0] is a
    assert len({a, same, larger}) == 3
    assert {a: "first", same: "second"}[a] == "first"
    assert a < 10**400
    assert Value(2.0**53) != 2**53 + 1  # compared exactly, as Python compares floats with integers
    assert a is not None
    assert bool(a)
    assert not Value(0.0)


def test_conversions_to_numbers_and_text() -> None:
    v = Value(3.14159, label="pi")
    assert (v.item(), type(v.item())) == (3.14159, float)
    assert (f"{v:.3f}", f"{v:>8.2f}", f"{v:e}") == ("3.142", "    3.14", "3.141590e+00")
    assert f"{v}" == str(v) == repr(v) == "Value(data=3.14159, grad=0.0, label='pi')"
    assert repr(Value(1.0)) == "Value(data=1.0, grad=0.0)"  # as micrograd prints it


@pytest.mark.parametrize(
    "use",
    [
        float,
        int,
        complex,
        math.exp,
        math.sqrt,
        math.floor,
        math.trunc,
        lambda v: 1 / (1 + math.exp(-v)),
        lambda v: math.pow(v, 2),
        lambda v: np.array([v], dtype=float),
        lambda v: f"{v:.2f}" + "%.2f" % v,  # noqa: UP031
    ],
)
def test_a_value_becomes_no_float_in_silence(use: Any) -> None:
    with pytest.raises(NumberTypeError, match=r"mg\.exp\(v\).*v\.data") as caught:
        use(Value(0.5, label="w"))
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize(
    "use",
    [
        lambda v: [1, 2, 3, 4][v],
        range,
        lambda v: [1, 2] * v,
        lambda v: "ab" * v,
        lambda v: [0.0] * 3 + [1.0] * v,
        lambda v: np.zeros(3)[v],
    ],
)
def test_an_index_or_a_count_is_no_value_and_the_error_says_int(use: Any) -> None:
    with pytest.raises((TypeError, IndexError)) as caught:
        use(Value(3.0))
    if isinstance(caught.value, NumberTypeError):
        assert "Use int(v.data)" in str(caught.value)
    else:
        assert "integers" in str(caught.value)  # NumPy words its own


def test_every_operation_of_the_table_is_a_method_and_a_function() -> None:
    v = Value(0.5)
    for name, op in TABLE.items():
        assert name in dir(v)
        first, *rest = nodes(op, somewhere(op)[0])
        if name != "where":  # mg.where takes what is chosen otherwise too
            assert getattr(first, name)(*rest).data == getattr(mg, name)(first, *rest).data == op(first, *rest).data
    assert v.where(2.0, 3.0).data == mg.where(v, 2.0, 3.0).data == 2.0


def test_a_misspelt_method_is_an_attribute_error_with_a_suggestion() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sigmiod'") as caught:
        Value(1.0).sigmiod()
    assert caught.value.name == "sigmiod"
    program = "import microgradnet as mg; mg.Value(1.0).sigmiod()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "Did you mean: 'sigmoid'?" in done.stderr


def test_gradients_accumulate_and_zero_grad_starts_afresh() -> None:
    a = Value(3.0)
    loss = a * a
    assert not loss.has_grad
    assert not a.has_grad
    loss.backward()
    assert (a.grad, a.has_grad, loss.grad) == (6.0, True, 1.0)
    other = 2 * a
    other.backward()
    assert a.grad == 8.0
    loss.zero_grad()
    assert (a.grad, a.has_grad, loss.has_grad) == (0.0, False, False)
    assert other.has_grad  # it is not below the loss
    a.grad = 5.0
    assert a.grad == 5.0


def test_backward_of_a_leaf_is_one() -> None:
    a = Value(3.0)
    a.backward()
    assert a.grad == 1.0


def test_gradients_reach_each_node_and_no_other() -> None:
    a, b = Value(2.0), Value(5.0)
    middle = a * b
    beside = middle * 7
    (middle + 1).backward()
    assert (middle.grad, a.grad, b.grad) == (1.0, 5.0, 2.0)
    assert not beside.has_grad


def test_data_of_a_result_can_be_assigned_and_stands_until_recomputed() -> None:
    a = Value(2.0)
    loss = a * 3
    loss.data = 10
    assert (loss.data, type(loss.data)) == (10.0, float)
    mg.recompute(loss)
    assert loss.data == 6.0


def test_threads_that_share_a_parameter_lose_no_gradient() -> None:
    shared = Value(2.0)

    def work() -> None:
        for _ in range(50):
            loss = shared * 3
            for _ in range(20):
                loss = loss + shared
            loss.backward()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared.grad == 8 * 50 * 23


@pytest.mark.skipif(mg.compiled, reason="a compiled sweep runs no Python code, so that nothing can interrupt it")
@pytest.mark.parametrize("calls", range(0, 60, 3))
def test_an_interrupt_anywhere_in_a_sweep_leaves_gradients_whole(calls: int) -> None:
    """As Ctrl-C does, a trace function raises between two lines of the engine."""
    a, b = Value(3.0), Value(4.0)
    loss = a * b * b + a
    nodes = graph.topological(loss)
    loss.backward()
    once = [node.grad for node in nodes]
    left = calls

    def interrupt(frame: Any, event: str, argument: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return interrupt

    sys.settrace(interrupt)
    try:
        loss.backward()
    except KeyboardInterrupt:
        pass
    finally:
        sys.settrace(None)
    assert [node.grad for node in nodes] in (once, [2 * gradient for gradient in once])
    loss.zero_grad()
    loss.backward()
    assert [node.grad for node in nodes] == once


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_forked_while_another_thread_sweeps_can_sweep() -> None:
    program = """
import os, threading
from microgradnet import Value, value
held, done = threading.Event(), threading.Event()
def sweep():
    with value._walking:
        held.set()
        done.wait()
thread = threading.Thread(target=sweep)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    x = Value(3.0)
    (x * x).backward()
    os._exit(0 if x.grad == 6.0 else 1)
status = os.waitpid(child, 0)[1]
done.set()
thread.join()
raise SystemExit(os.waitstatus_to_exitcode(status))
"""
    environment = {**os.environ, "MICROGRADNET_PURE": "1"}
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=environment, timeout=60, check=False)
    assert done.returncode == 0


def test_the_single_step_of_lecture_code_can_be_called_node_after_node() -> None:
    """As micrograd's first lecture does before it has a backward()."""
    x1, w1, b = Value(2.0, label="x1"), Value(-3.0, label="w1"), Value(6.8813735870195432, label="b")
    n = x1 * w1 + b
    o = n.tanh()
    o.grad = 1.0
    for node in (o, n, n.inputs[0]):
        node._backward()
    expected = [node.grad for node in (o, n, x1, w1, b)]
    o.zero_grad()
    o.backward()
    assert [node.grad for node in (o, n, x1, w1, b)] == expected
    assert x1._backward() is None
    product = x1 * x1
    product.grad = 2.0
    x1.grad = 1.0
    product._backward()
    assert x1.grad == 9.0


class Lecture(Value):
    """A class that adds an operation as micrograd's lecture does."""

    def tanh_by_hand(self) -> Value:
        t = math.tanh(self.data)
        out = Lecture(t)

        def _backward() -> None:
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    def tanh_with_operands(self) -> Value:
        return Value(math.tanh(self.data), (self,), "tanh")


@pytest.mark.parametrize(
    "define",
    [
        lambda v: v.tanh_by_hand(),
        lambda v: v.tanh_with_operands(),
        lambda v: Value(1.0, _children=(v,), _op="tanh"),
        lambda v: Value(1.0, {v}),
    ],
)
def test_an_operation_that_is_added_by_hand_is_refused_and_the_error_names_define(define: Any) -> None:
    with pytest.raises(ArgumentError, match=r"mg\.define"):
        define(Lecture(0.5))


def test_a_gradient_may_be_given_to_start_from() -> None:
    a = Value(3.0)
    loss = a * a
    loss.backward(0.5)
    loss.backward(gradient=2)
    assert (loss.grad, a.grad) == (2.5, 15.0)
    with pytest.raises(NumberTypeError):
        loss.backward("1")
    assert a.grad == 15.0


def test_a_gradient_of_any_zero_is_computed_and_one_that_was_never_computed_is_not() -> None:
    a = Value(2.0)
    loss = a * -0.0
    loss.backward(-0.0)
    assert (a.has_grad, math.copysign(1.0, a.grad)) == (True, 1.0)
    for zero in (0.0, -0.0):
        b = Value(2.0)
        b.grad = zero  # as lecture code clears gradients
        assert (b.has_grad, b.grad) == (False, 0.0)
        a.grad = zero
        assert (a.has_grad, a.grad) == (True, 0.0)
    b.grad = 1.5
    assert b.has_grad
    b.has_grad = False
    assert (b.has_grad, b.grad) == (False, 0.0)


@pytest.mark.parametrize(("base", "exponent"), [(-2.0, 2.0), (-2.0, -3.0), (-0.5, 0.0)])
def test_a_power_of_a_negative_number_has_a_value_and_no_derivative_by_the_exponent(
    base: float, exponent: float
) -> None:
    x, y = Value(base), Value(exponent)
    power = x**y
    assert power.data == base**exponent
    assert power.partials[0] == pytest.approx(exponent * base ** (exponent - 1))
    assert math.isnan(power.partials[1])
    power.backward()
    assert x.grad == power.partials[0]
    assert math.isnan(y.grad)
    mg.recompute(power)
    assert power.data == base**exponent


def test_a_value_takes_attributes_of_its_users() -> None:
    p = Value(1.0, label="p")
    p.m, p.v = 0.0, 2.5
    assert (p.m, p.v, vars(p)) == (0.0, 2.5, {"m": 0.0, "v": 2.5})
    del p.m
    assert not hasattr(p, "m")
    product = p * 2
    product.note = "twice"
    assert product.note == "twice"
    with pytest.raises((AttributeError, NotImplementedError)):  # the latter where compiled
        p.op = None  # type: ignore[misc]


def test_a_value_can_be_weakly_referenced() -> None:
    told: list[str] = []
    leaf = Value(2.0)
    loss = (leaf * leaf + 1) ** 2
    middle, end = weakref.ref(loss.inputs[0]), weakref.ref(loss, lambda _: told.append("gone"))
    assert middle() is loss.inputs[0]
    cache = weakref.WeakKeyDictionary({loss: 1})
    del loss
    assert (middle(), end(), told, len(cache)) == (None, None, ["gone"], 0)


class Noting(graph.Watcher):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def made(self, node: Value) -> None:
        self.notes.append(f"made {node._data}")

    def read(self, node: Value) -> None:
        self.notes.append(f"read {node._data}")

    def compared(self, left: Value, right: Any, holds: Any, outcome: bool) -> None:
        self.notes.append(f"compared {outcome}")

    def sweeps(self, order: Any) -> None:
        self.notes.append(f"sweeps {len(order)}")


def test_a_watcher_is_told_what_happens_in_its_own_thread_and_no_other() -> None:
    outer, inner = Noting(), Noting()
    with graph.watching(outer):
        x = Value(2.0)
        with graph.watching(inner):
            thread = threading.Thread(target=lambda: (Value(9.0) * 9).backward())
            thread.start()
            thread.join()
            if x > 1:
                loss = x * 3
        loss.backward()
        assert loss.data == loss.item()
    assert loss.data == 6.0
    assert inner.notes == ["compared True", "made 6.0"]
    assert outer.notes == ["compared True", "made 6.0", "sweeps 3", "read 6.0", "read 6.0"]


def test_infinities_and_nan_follow_ieee_arithmetic() -> None:
    infinite = Value(math.inf)
    assert (infinite + 1).data == math.inf
    assert math.isnan((infinite - infinite).data)
    assert math.isnan(Value(math.nan).data)
    assert (Value(1e200) * 1e200).data == math.inf


def test_a_graph_is_freed_at_once_where_micrograd_waits_for_the_garbage_collector() -> None:
    freed: list[str] = []

    class Watched(Value):
        __slots__ = ()

        def __del__(self) -> None:
            freed.append(self.label)

    leaf = Watched(2.0, label="x")
    loss = mg.relu(leaf * leaf + 1) ** 2
    loss.backward()
    gc.disable()
    try:
        del leaf, loss
        assert freed == ["x"]
    finally:
        gc.enable()


# .data and .grad, which the compiled engine reads and sets without a search for their properties

NUMBERS = [2.5, -0.0, 0.0, 3, 0, -7, True, False, 2**60, np.float32(0.5), np.int8(-3), np.float64(1.5), math.inf]


@pytest.mark.parametrize("name", ["data", "grad"])
@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("reached", [True, False])
def test_a_number_is_taken_by_attribute_as_it_is_by_the_property(name: str, number: object, reached: bool) -> None:
    by_attribute, by_property = Value(1.0), Value(1.0)
    for value in (by_attribute, by_property):
        value.has_grad = reached
    setattr(by_attribute, name, number)
    Value.__dict__[name].__set__(by_property, number)
    found, expected = getattr(by_attribute, name), Value.__dict__[name].__get__(by_property)
    assert (type(found), repr(found)) == (float, repr(expected))
    assert (by_attribute.has_grad, by_attribute._state()) == (by_property.has_grad, by_property._state())


@pytest.mark.parametrize("name", ["data", "grad"])
@pytest.mark.parametrize("given", ["1.0", None, [1.0], 1j, 10**400, Value(1.0)], ids=lambda given: type(given).__name__)
def test_what_is_no_number_is_refused_by_attribute(name: str, given: object) -> None:
    value = Value(1.0)
    before = value._state()
    with pytest.raises((TypeError, ValueError)) as by_attribute:
        setattr(value, name, given)
    with pytest.raises((TypeError, ValueError)) as by_property:
        Value.__dict__[name].__set__(value, given)
    with pytest.raises((AttributeError, NotImplementedError)):  # the latter where compiled
        delattr(value, name)
    assert str(by_attribute.value) == str(by_property.value)
    assert value._state() == before


def test_a_subclass_may_have_its_own_data_and_lookups_go_to_it() -> None:
    class Doubled(Value):
        @property
        def data(self) -> float:
            return 2.0 * self._data

        def __getattr__(self, name: str) -> str:
            return f"no {name}"

    doubled = Doubled(3.0)
    doubled.note = "mine"
    assert (doubled.data, doubled.grad, doubled.note, doubled.other) == (6.0, 0.0, "mine", "no other")
    assert getattr(Value(4.0), "".join(["da", "ta"])) == 4.0  # a name that is not interned
    with pytest.raises(AttributeError, match="datum"):
        _ = Value(1.0).datum
