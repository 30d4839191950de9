"""Formulas from strangers: read as arithmetic, or refused in a line that names the column."""

import math
import random

import pytest

from microgradnet.errors import DomainError, ExpressionError, MicrogradnetError
from microgradnet.operation import TABLE, Op
from microgradnet.symbols import Symbol
from microgradnet.value import Value
from microgradnet.verification.expression import MAX_DEPTH, MAX_LENGTH, MAX_STEPS, read_expression

NUMBERS = {"a": 1.75, "b": -0.5, "c": 3.0, "w1[1,2]": 0.25, "x[1]": 2.0, "θ": 0.125}


def random_formula(draw: random.Random, depth: int) -> tuple[str, str]:
    """Return a formula in the worksheets' language, and the same as Python would compute it."""
    if depth == 0 or draw.random() < 0.15:
        if draw.random() < 0.5:
            name = draw.choice(list(NUMBERS))
            return name, repr(NUMBERS[name]) if NUMBERS[name] >= 0 else f"({NUMBERS[name]!r})"
        number = draw.choice(("2", "0.5", "1e-3", "3.25", ".5", "1_000"))
        return number, repr(float(number))
    one, python_one = random_formula(draw, depth - 1)
    other, python_other = random_formula(draw, depth - 1)
    shape = draw.choice(("({} + {})", "{} - {}", "{}*{}", "({})/({})", "-{}", "({})**2", "exp(-abs({}))", " ( {} ) "))
    return shape.format(one, other), shape.format(python_one, python_other)


@pytest.mark.parametrize("seed", range(60))
def test_it_computes_what_python_computes(seed):
    text, python = random_formula(random.Random(seed), 5)
    try:
        expected = eval(python, {"exp": math.exp, "abs": abs})
    except ArithmeticError:
        with pytest.raises(DomainError):
            read_expression(text).evaluate(NUMBERS.__getitem__)
        return
    assert read_expression(text).evaluate(NUMBERS.__getitem__) == expected


def operands_of(op: Op) -> tuple[float, ...]:
    """Return numbers from the domain of an operation for which it has a finite result."""
    for numbers in ((0.625, 0.25), (1.5, 0.25), (1.0, 2.0), (2.0, 1.0), (0.0, 0.5), (-1.0, 0.5)):
        operands = numbers[: len(op.partials)]
        if op.domain.contains(*operands):
            return operands
    raise AssertionError(f"no operands for {op.name}")


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
def test_the_notation_of_every_operation_reads_back_as_it(op):
    symbols = [Symbol(name) for name in "xy"[: len(op.partials)]]
    numbers = dict(zip("xy", operands_of(op), strict=False))
    expression = read_expression(op(*symbols).text)
    assert expression.evaluate(numbers.__getitem__) == op(*operands_of(op))
    assert [step.apply for step in expression.steps if step.apply] == [op]


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
def test_every_operation_can_be_called_by_name(op):
    operands = operands_of(op)
    assert read_expression(f"{op.name}({', '.join(map(str, operands))})").evaluate(float) == op(*operands)


def test_over_values_it_records_a_graph():
    leaves = {"a": Value(2.0, label="a"), "b": Value(-3.0, label="b")}
    result = read_expression("a*b + b**2 + a*b").evaluate(leaves.__getitem__)
    result.backward()
    assert (result.data, leaves["a"].grad, leaves["b"].grad) == (-3.0, -6.0, -2.0)


def test_over_symbols_it_writes_the_formula():
    assert read_expression(" 2* (a+b) /c").evaluate(Symbol).text == "2*(a + b)/c"


def test_where_takes_three_operands_as_mg_where_does():
    choose = read_expression("where(greater(x, 0), x, 0.1*x)")
    assert [choose.evaluate({"x": x}.get) for x in (3.0, -3.0)] == [3.0, pytest.approx(-0.3)]


def test_names_come_in_order_and_in_one_spelling():
    assert read_expression("w1[1, 2]*x [1] + b - w1[ 1,2]").names == ("w1[1,2]", "x[1]", "b")


def test_a_sum_of_many_terms_is_no_deep_recursion():
    assert read_expression("+".join(["a"] * 450)).evaluate(lambda _: 1.0) == 450.0


REFUSED = {
    "a^2": ("'^' at column 2", "x**2"),
    "a = 2": ("'=' at column 3", "right of the equals sign"),
    "3v": ("'3v' at column 1", "3*v"),
    "(a)(b)": ("column 1", "A product needs its *"),
    "3(a + b)": ("'3(a + b)'", "3*(a + b)"),
    "a b": ("'b' at column 3", "brackets and operators"),
    "sigmoidd(a)": ("'sigmoidd(a)'", "Did you mean sigmoid?"),
    "sigmoid(a, b)": ("'sigmoid(a, b)'", "sigmoid(x)"),
    "where(a)": ("'where(a)'", "where(x, y)"),
    "a.real": ("'a.real' at column 1", "Use numbers"),
    "__import__('os')": ("column 12", "Use numbers"),
    "open": (None, None),  # a mere name: unknown to the worksheet, as any other
    "exp": (None, None),
    "(lambda a)": ("column", ""),
    "a if b else c": ("'a if b else c'", "Use numbers"),
    "a or b": ("'a or b'", "Use numbers"),
    "not a": ("'not a'", "Use numbers"),
    "a // b": ("'a // b'", "Use numbers"),
    "[a]": ("'[a]'", "Use numbers"),
    "(a, b)": ("'(a, b)'", "Use numbers"),
    "exp(*a)": ("'exp(*a)'", ""),
    "True + a": ("'True'", "Use numbers"),
    "2j": ("'2j'", "Use numbers"),
    "...": ("'...'", "Use numbers"),
    "w[a]": ("'w[a]'", "from 1"),
    "w[1.5]": ("'w[1.5]'", "from 1"),
    "w[1,2,3,4]": ("column 1", "from 1"),
    "w[-1]": ("'w[-1]'", "from 1"),
    "1e999": ("'1e999'", "1.8e308"),
    "9" * 400: ("column 1", "1.8e308"),
    "a**2000": ("'2000' at column 4", "exponent of at most 1000"),
    "a**-2000": ("column 4", "exponent of at most 1000"),
    "": ("nothing", ""),
    "  ": ("nothing", ""),
    "(a": ("", ""),
    "a)": ("", ""),
    "é + (a b": ("column", ""),
    "a # b": ("'#' at column 3", ""),
    "a\x00": ("'\\x00' at column 2", ""),
    "\ud800": ("column 1", ""),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_arithmetic_is_refused_at_its_column(text):
    came, advice = REFUSED[text]
    if came is None:
        assert read_expression(text).names == (text,)
        return
    with pytest.raises(ExpressionError) as caught:
        read_expression(text)
    assert came in str(caught.value)
    assert advice in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_columns_are_counted_in_characters_of_what_was_written():
    with pytest.raises(ExpressionError, match=r"'lm\(θ\)' at column 9 of '  é \+ ö\*lm"):
        read_expression("  é + ö*lm(θ)")


@pytest.mark.parametrize(
    "text",
    [
        "a" + "+a" * MAX_LENGTH,
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "a" + "+a" * (MAX_STEPS - 200),
        "-" * (MAX_LENGTH - 1) + "a",
        "(" * MAX_LENGTH,
        "a**" * 600 + "a",
        "exp(" * 300 + "a" + ")" * 300,
        "9**9**9**9**9**9**9",
        "(1e300)**999",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_too_large_ends_at_once(text):
    with pytest.raises(MicrogradnetError):
        read_expression(text).evaluate(lambda _: 1.0)


@pytest.mark.parametrize("given", [None, 3, b"a", ["a"]])
def test_a_formula_is_a_text(given):
    with pytest.raises(ExpressionError, match="a formula as text"):
        read_expression(given)


def test_an_operation_outside_its_domain_is_a_domain_error():
    with pytest.raises(DomainError, match="x > 0"):
        read_expression("log(a - a)").evaluate(lambda _: 1.0)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("max(a, 2)", 3.0),
        ("max(1, a, 2)", 3.0),
        ("min(a, 2, 5)", 2.0),
        ("sum(a, 2, 5)", 10.0),
        ("mean(a, 2, 5, 2)", 3.0),
        ("sum(a)", 3.0),
        ("ln(a)", math.log(3.0)),
        ("arctan(a)", math.atan(3.0)),
        ("logistic(0)", 0.5),
    ],
)
def test_operations_are_read_by_the_names_that_people_use(formula, value):
    assert read_expression(formula).evaluate({"a": 3.0}.__getitem__) == value
