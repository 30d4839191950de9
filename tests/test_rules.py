"""The rules as the engine calls them, on floats alone, are the rules of the table, bit by bit."""

import itertools
import math
import operator
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import DomainError
from microgradnet.graph import Watcher, watching
from microgradnet.operation import TABLE, Op, define, on_floats, undefine
from microgradnet.value import Constant
from tests.samples import counted, random_points

SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 5e-324, 1e200, -1e200, math.inf, -math.inf, math.nan)
each_operation = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)


def bits(number: Any) -> bytes:
    return np.float64(number).tobytes() if number == number else b"NaN"


def outcome(call: Callable[[], Any]) -> Any:
    """Return the bits of what a call gives, or that it gives nothing."""
    try:
        result = call()
    except (ValueError, ArithmeticError):
        return None
    if isinstance(result, Value):
        return [*map(bits, (result.data, *result.partials))]
    return bits(result)


@each_operation
def test_a_rule_for_floats_is_the_rule(op: Op) -> None:
    points = random_points(op, 60, seed=3)
    if not any(counted(op)):  # as nobody waits for the derivative of order 1e200
        points = [*points, *itertools.product(SPECIAL, repeat=len(op.partials))]
    fast_forward, *fast_partials = op.read_float_rules()
    for point in points:
        assert outcome(lambda at=point: fast_forward(*at)) == outcome(lambda at=point: op.forward(*at))
        if outcome(lambda at=point: fast_forward(*at)) is not None:
            given = (*point, fast_forward(*point))
            for fast, rule in zip(fast_partials, op.partials, strict=True):
                assert outcome(lambda r=fast, at=given: r(*at)) == outcome(lambda r=rule, at=given: r(*at))


def test_what_means_something_else_to_a_user_stays_as_it_is() -> None:
    def rule(x: float) -> float:
        return mg.exp(x)  # type: ignore[no-any-return]

    assert on_floats(rule) is rule
    assert on_floats(math.sin) is math.sin
    assert on_floats(mg.exp.forward) is math.exp


def test_a_users_operation_may_call_another_that_is_defined_anew() -> None:
    define("half", forward=lambda x: x / 2, partials=[lambda x, out: 0.5])
    define("quarter", forward=lambda x: mg.half(mg.half(x)), partials=[lambda x, out: 0.25])
    try:
        assert Value(8.0).quarter().data == 2.0
        define("half", forward=lambda x: x / 4, partials=[lambda x, out: 0.25])
        assert Value(8.0).quarter().data == 0.5
    finally:
        undefine("half")
        undefine("quarter")


number = st.floats() | st.sampled_from(SPECIAL)
exponent = number | st.integers(-4, 4)


@settings(max_examples=300)
@given(x=number, y=exponent)
def test_the_direct_path_of_powers_is_the_table(x: float, y: float) -> None:
    left, power = Value(x, label="x"), TABLE["power"]
    for right in (y, Value(y)):
        direct, table = outcome(partial(operator.pow, left, right)), outcome(partial(power, left, right))
        assert direct == table
        if direct is None:
            with pytest.raises(DomainError) as from_table:
                power(left, right)
            with pytest.raises(DomainError) as from_operator:
                left**right
            assert str(from_table.value) == str(from_operator.value)


@settings(max_examples=100)
@given(x=number)
def test_the_direct_path_of_relu_is_the_table(x: float) -> None:
    assert outcome(lambda: Value(x).relu()) == outcome(lambda: TABLE["relu"](Value(x)))
    assert Value(x).relu().op is TABLE["relu"]


@settings(max_examples=100)
@given(x=number, y=number, of_x=st.sampled_from([Value, Constant]), scope=st.sampled_from(["", "layer 1"]))
def test_the_direct_paths_of_sums_and_products_are_the_table(x: float, y: float, of_x: type[Value], scope: str) -> None:
    left, right = of_x(x), Value(y)
    for direct, name in ((operator.add, "add"), (operator.mul, "multiply")):
        with mg.scope(scope) if scope else nullcontext():
            one, other = direct(left, right), TABLE[name](left, right)
        with watching(Watcher()):
            watched = direct(left, right)
        for node in (one, watched):
            assert node.op is TABLE[name]
            assert node.inputs == (left, right)
            assert list(map(bits, (node.data, *node.partials))) == list(map(bits, (other.data, *other.partials)))
        assert (one.scope, one.label, one.grad, one.has_grad) == (other.scope, "", 0.0, False)


def test_a_subclass_decides_what_its_sum_is() -> None:
    class Loud(Value):
        def __add__(self, other: Any) -> Any:
            return "sum"

        def __rmul__(self, other: Any) -> Any:
            return "product"

    assert Loud(1.0) + Value(2.0) == "sum"
    assert Value(2.0) * Loud(1.0) == "product"
    assert (Value(2.0) + Loud(1.0)).data == 3.0
    assert (Loud(1.0) * Value(2.0)).inputs[1].data == 2.0
