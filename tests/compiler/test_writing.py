"""Operations written as Python, and the functions of floats that written programs call."""

import math

import pytest

from microgradnet.compiler.written import (
    Written,
    function_name,
    namespace,
    number_rule,
    python_notation,
    write,
    write_rule,
)
from microgradnet.operation import TABLE

GRID = (-2.5, -1.0, -0.0, 0.0, 0.25, 1.0, 3.0, 710.0)


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
def test_the_rule_for_floats_gives_the_operation_s_numbers(op):
    rule = number_rule(op)
    grid = [(x,) for x in GRID] if len(op.partials) == 1 else [(x, y) for x in GRID for y in GRID]
    for numbers in grid:
        try:
            expected = op.forward(*numbers)
        except (ValueError, ArithmeticError) as error:
            with pytest.raises(type(error)):
                rule(*numbers)
        else:
            assert rule(*numbers) == expected, numbers


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
def test_an_operation_is_written_as_what_computes_it(op):
    operands = [Written("a"), Written("b")][: len(op.partials)]
    text = op(*operands).name
    inside = [
        numbers for numbers in ((0.625, 0.25), (1.5, 0.25), (1.0, 2.0)) if op.domain.contains(*numbers[: len(operands)])
    ]
    a, b = inside[0]
    assert eval(text, namespace(text) | {"a": a, "b": b}) == op(*(a, b)[: len(operands)])


def test_operators_are_used_only_where_python_s_own_computes_the_same():
    written = {
        op.name
        for op in TABLE.values()
        if python_notation(op).template == op.text.template and op.operator and op.operator in op.text.template
    }
    assert written == {"add", "subtract", "multiply", "divide", "negate"}  # 0.0**-1 and (-8)**(1/3) are not ours


def test_brackets_stand_where_they_have_to():
    a, b, c = (Written(name) for name in "abc")
    assert (a - (b - c)).name == "a - (b - c)"
    assert (a * (b * c)).name == "a*(b*c)"  # as computed: float products are not associative
    assert (-(a + b) * c / (a * 2.0)).name == "(-(a + b))*c/(a*2.0)"


@pytest.mark.parametrize("number", [0.0, -0.0, 1.0, 0.1, -2.5, 1e300, 5e-324, math.inf, -math.inf])
def test_numbers_read_back_to_the_same_float(number):
    text = write(number)[0]
    assert math.copysign(1.0, eval(text, {"inf": math.inf})) == math.copysign(1.0, number)
    assert eval(text, {"inf": math.inf}) == number


@pytest.mark.parametrize(
    "rule",
    [
        math.exp,
        float,
        lambda x: x if x > 0 else 0.0,
        lambda x: x if x else 1.0,
        lambda x: 1.0 if x == 2 else x,
        lambda x: {x: 1.0}[x],
        lambda x: "text",
        lambda x: [1.0][round(x)],
    ],
)
def test_a_rule_that_does_more_than_arithmetic_is_not_written(rule):
    assert write_rule(rule, [Written("x")]) is None


def test_names_of_variables_are_not_given_to_operations():
    class Named:
        def __init__(self, name):
            self.name = name

    names = [function_name(Named(name)) for name in ("sin", "v1", "d20", "program", "x", "out", "op_v1", "vector")]
    assert names == ["sin", "op_v1", "op_d20", "op_program", "op_x", "op_out", "op_op_v1", "vector"]
