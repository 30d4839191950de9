"""One node: its numbers, its operators, its comparisons, and what it refuses."""

import fractions
import gc
import math
import subprocess
import sys
import threading
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import Value
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
    for attribute, wrong in [("data", "3"), ("grad", [1]), ("label", 7), ("label", None)]:
        with pytest.raises((TypeError, ValueError)):
            setattr(v, attribute, wrong)
    assert (v.data, v.grad, v.label) == (2.0, 0.0, "v")


@pytest.mark.parametrize("label", [3, None, ("a",), b"a"], ids=repr)
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


def test_a_foreign_type_may_answer_for_its_own_operator() -> None:
    class Metres:
        def __radd__(self, other: Any) -> str:
            return f"{float(other)} m"

    assert Value(2.0) + Metres() == "2.0 m"


def test_comparison_is_by_number_and_hashing_by_identity() -> None:
    a, same, larger = Value(1.0), Value(1.0), Value(2.0)
    assert a == same == 1 == True
    assert a != larger
    assert a < larger <= larger > same >= a
    assert max([a, larger, same]) is larger
    assert sorted([larger, a])[0] is a
    assert len({a, same, larger}) == 3
    assert {a: "first", same: "second"}[a] == "first"
    assert a < 10**400
    assert Value(2.0**53) != 2**53 + 1  # compared exactly, as Python compares floats with integers
    assert math.nan != Value(math.nan)
    assert a is not None
    assert bool(a)
    assert not Value(0.0)


def test_conversions_to_numbers_and_text() -> None:
    v = Value(3.14159, label="pi")
    assert (float(v), int(v), complex(v)) == (3.14159, 3, 3.14159 + 0j)
    assert (f"{v:.3f}", f"{v:>8.2f}", f"{v:e}") == ("3.142", "    3.14", "3.141590e+00")
    assert (round(v, 3), round(v), round(Value(2.5))) == (3.142, 3, 2)
    assert type(round(v)) is int
    assert f"{v}" == str(v) == repr(v) == "Value(data=3.14159, grad=0.0, label='pi')"
    assert repr(Value(1.0)) == "Value(data=1.0, grad=0.0)"  # as micrograd prints it
    assert math.exp(Value(0.0)) == 1.0


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
        assert "Use int(v)" in str(caught.value)
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
def test_an_interrupted_sweep_leaves_a_graph_that_works() -> None:
    class Interrupting(Value):
        __slots__ = ("armed",)

        @property
        def has_grad(self) -> bool:
            return False

        @has_grad.setter
        def has_grad(self, reached: bool) -> None:
            if reached and getattr(self, "armed", False):
                raise KeyboardInterrupt

    a, trap = Value(3.0), Interrupting(4.0)
    loss = a * trap * trap
    trap.armed = True
    with pytest.raises(KeyboardInterrupt):
        loss.backward()
    trap.armed = False
    loss.zero_grad()
    loss.backward()
    assert (a.grad, trap.grad) == (16.0, 24.0)


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
