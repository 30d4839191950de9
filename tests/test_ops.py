"""Every row of the table of operations against mpmath, SymPy, NumPy, and what the row says of itself."""

import math
import operator
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import DomainError, NumberTypeError
from microgradnet.operation import TABLE, Op
from microgradnet.symbols import Symbol
from microgradnet.value import number_of
from tests.references import REFERENCES
from tests.samples import kinked, operands, somewhere, varied
from tests.strategies import OPERATORS, points

FEW = settings().max_examples // 6  # of 40 in the suite, of 1000 when exploring

each_op = pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))


@pytest.mark.slow  # the same rules meet SymPy in calculus/test_higher_orders.py, and mpmath in test_ops_references.py
@each_op
@settings(max_examples=FEW)
@given(data=st.data())
def test_the_formulas_of_the_partial_derivatives_are_those_of_sympy(op: Op, data: Any) -> None:
    """The rules applied to symbols give the same derivative that SymPy finds, also the second time."""
    point = data.draw(points(op))
    x, y = sympy.symbols("x y", real=True)
    formula = REFERENCES[op.name].formula(*(x, y)[: len(point)])
    numbers = dict(zip((x, y), map(exactly, point), strict=False))
    graph = operands(op, point)
    for place in varied(op):
        rule, by = op.partials[place], (x, y)[place]
        slope = rule(*graph, op(*graph))  # the rule on Values is itself a graph: its gradient is the second derivative
        assert number_of(slope) == pytest.approx(float(formula.diff(by).subs(numbers)), rel=1e-12, abs=1e-12)
        if isinstance(slope, Value):
            for place in varied(op):
                graph[place].grad = 0.0
            slope.backward()
            for node, other in [(graph[place], (x, y)[place]) for place in varied(op)]:
                second = float(formula.diff(by, other).subs(numbers))
                assert node.grad == pytest.approx(second, rel=1e-11, abs=1e-11)


def exactly(number: float) -> Any:
    return sympy.Integer(int(number)) if number.is_integer() else sympy.Float(number)


SYMPY_NAMES = {name: reference.formula for name, reference in REFERENCES.items()}


@each_op
@settings(max_examples=FEW)
@given(data=st.data())
def test_the_written_rules_compute_what_the_rules_compute(op: Op, data: Any) -> None:
    point = data.draw(points(op))
    x, y = Symbol("x"), Symbol("y")
    names = {**TABLE, "x": point[0], "y": point[-1], "out": op(*point)}
    symbols = (x, y)[: len(point)]
    assert eval(op(*symbols).text, names) == op(*point)
    for rule in (op.partials[place] for place in varied(op)):
        written = rule(*symbols, Symbol("out"))
        text = written.text if isinstance(written, Symbol) else repr(written)
        assert eval(text, names) == pytest.approx(rule(*point, op(*point)), rel=1e-15)


@each_op
def test_the_written_rules_are_the_derivatives_that_sympy_finds(op: Op) -> None:
    count = len(op.partials)
    x, y = sympy.symbols("x y", real=True)
    formula = REFERENCES[op.name].formula(*(x, y)[:count])
    for place in varied(op):
        written = op.partials[place](*(Symbol("x"), Symbol("y"))[:count], Symbol("out"))
        text = written.text if isinstance(written, Symbol) else repr(written)
        ours = sympy.sympify(eval(text, {**SYMPY_NAMES, "x": x, "y": y, "out": formula}))
        slope = formula.diff((x, y)[place])
        for point in somewhere(op, 2):
            numbers = dict(zip((x, y), map(exactly, point), strict=False))
            assert float(ours.subs(numbers)) == pytest.approx(float(slope.subs(numbers)), rel=1e-12, abs=1e-12)


@each_op
@settings(max_examples=FEW)
@given(data=st.data())
def test_arrays_give_what_floats_give(op: Op, data: Any) -> None:
    batch = data.draw(st.lists(points(op), min_size=1, max_size=5))
    columns = [np.array(column) for column in zip(*batch, strict=True)]
    out = op(*columns)
    assert out.dtype == float
    np.testing.assert_allclose(out, [op(*point) for point in batch], rtol=1e-15, atol=0)
    for rule in (op.partials[place] for place in varied(op)):
        expected = [rule(*point, op(*point)) for point in batch]
        np.testing.assert_allclose(np.broadcast_to(rule(*columns, out), out.shape), expected, rtol=1e-14, atol=1e-15)


@each_op
def test_arrays_of_values_are_recorded_element_by_element(op: Op) -> None:
    rows = [operands(op, point) for point in somewhere(op, 2)]
    column = [np.array(column, dtype=object) for column in zip(*rows, strict=True)]
    out = op(*column)
    for place in (0, 1):
        row = tuple(array[place] for array in column)
        assert out[place].op is op
        assert out[place].data == op(*map(number_of, row))
        assert all(out[place].inputs[k] is row[k] for k in varied(op))


@each_op
def test_what_is_no_number_is_refused(op: Op) -> None:
    for wrong in ("3", [1.0], None, 1j, np.array(["a"]), np.array([1j])):
        with pytest.raises(NumberTypeError):
            op(*[wrong] * len(op.partials))


@each_op
def test_integers_and_numpy_scalars_give_floats(op: Op) -> None:
    kinds = (int, bool, np.float32, np.int8, np.bool_)
    whole = next((x for x in (1, 0) if op.domain.contains(*[x] * len(op.partials))), None)
    for kind in kinds if whole is not None else (np.float64,):  # there is no whole number between 0 and 1
        number = kind(0.5 if whole is None else whole)
        assert type(op(*[number] * len(op.partials))) is float


# Numbers on every branch, edge and kink that the table knows; each row is checked against the words of the record.
KINKS = [
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (-0.0,), 0.0, (0.0,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("sqrt", (0.0,), 0.0, (math.inf,)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("greater", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("greater_equal", (2.0, 2.0), 1.0, (0.0, 0.0)),
    ("less", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("less_equal", (2.0, 2.0), 1.0, (0.0, 0.0)),
    ("equal", (2.0, 2.0), 1.0, (0.0, 0.0)),
    ("not_equal", (2.0, 2.0), 0.0, (0.0, 0.0)),
    ("sign", (0.0,), 0.0, (0.0,)),
    ("floor", (-2.0,), -2.0, (0.0,)),
    ("ceil", (3.0,), 3.0, (0.0,)),
    ("cbrt", (0.0,), 0.0, (math.inf,)),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("asin", (1.0,), math.pi / 2, (math.inf,)),
    ("asin", (-1.0,), -math.pi / 2, (math.inf,)),
    ("acos", (1.0,), 0.0, (-math.inf,)),
    ("acos", (-1.0,), math.pi, (-math.inf,)),
    ("acosh", (1.0,), 0.0, (math.inf,)),
    ("atan2", (0.0, -2.0), math.pi, (-0.5, 0.0)),
    ("atan2", (-0.0, -2.0), -math.pi, (-0.5, 0.0)),
    ("leaky_relu", (0.0,), 0.0, (0.01,)),
    ("prelu", (0.0, 0.25), 0.0, (0.25, 0.0)),
    ("elu", (0.0,), 0.0, (1.0,)),
    ("softsign", (0.0,), 0.0, (1.0,)),
    ("selu", (0.0,), 0.0, (1.0507009873554805 * 1.6732632423543772,)),
    ("hard_sigmoid", (-3.0,), 0.0, (0.0,)),
    ("hard_sigmoid", (3.0,), 1.0, (0.0,)),
    ("hard_tanh", (-1.0,), -1.0, (0.0,)),
    ("hard_tanh", (1.0,), 1.0, (0.0,)),
    ("remainder", (6.0, 2.0), 0.0, (1.0, -3.0)),
    ("remainder", (-6.0, 2.0), 0.0, (1.0, 3.0)),
    ("floor_divide", (6.0, 2.0), 3.0, (0.0, 0.0)),
    ("round", (2.5,), 2.0, (0.0,)),
    ("round", (-1.5,), -2.0, (0.0,)),
    ("copysign", (0.0, -2.0), -0.0, (0.0, 0.0)),
    ("copysign", (3.0, 0.0), 3.0, (1.0, 0.0)),
    ("copysign", (3.0, -0.0), -3.0, (-1.0, 0.0)),
    ("detach", (3.0,), 3.0, (0.0,)),
    ("xlogy", (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("relu6", (0.0,), 0.0, (0.0,)),
    ("relu6", (6.0,), 6.0, (0.0,)),
    ("celu", (0.0,), 0.0, (1.0,)),
    ("softshrink", (0.5,), 0.0, (0.0,)),
    ("softshrink", (-0.5,), 0.0, (0.0,)),
    ("hardshrink", (0.5,), 0.0, (0.0,)),
    ("hardshrink", (-0.5,), 0.0, (0.0,)),
    ("power", (0.0, 0.5), 0.0, (math.inf, 0.0)),
    ("power", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("power", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("power", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("power", (0.0, 1.5), 0.0, (0.0, 0.0)),
]


@pytest.mark.parametrize(("name", "point", "result", "partials"), KINKS)
def test_at_a_kink_the_convention_of_the_table_holds(
    name: str, point: tuple[float, ...], result: float, partials: tuple[float, ...]
) -> None:
    op = TABLE[name]
    assert any(kink.at(*point) for kink in op.kinks)
    node = op(*map(Value, point))
    assert (node.data, node.partials) == (result, partials)
    arrays = [np.array([number]) for number in point]
    assert tuple(float(np.broadcast_to(rule(*arrays, op(*arrays)), 1)[0]) for rule in op.partials) == partials


def test_every_operation_with_a_kink_has_its_convention_checked() -> None:
    assert {name for name, *_ in KINKS} == {op.name for op in TABLE.values() if op.kinks}
    for op in TABLE.values():
        for kink in op.kinks:
            assert any(kink.at(*point) for name, point, *_ in KINKS if name == op.name)
            assert kink.words
            assert kink.convention


@each_op
@settings(max_examples=FEW)
@given(data=st.data())
def test_points_away_from_kinks_are_not_called_kinks(op: Op, data: Any) -> None:
    point = data.draw(points(op))
    assert not kinked(op, tuple(point))


OUTSIDE = [
    ("divide", (1.0, 0.0)),
    ("divide", (0.0, -0.0)),
    ("log", (0.0,)),
    ("log", (-1.0,)),
    ("sqrt", (-1e-300,)),
    ("power", (0.0, -1.0)),
    ("power", (-8.0, 1 / 3)),
    ("reciprocal", (0.0,)),
    ("reciprocal", (-0.0,)),
    ("log2", (0.0,)),
    ("log10", (-1.0,)),
    ("log1p", (-1.0,)),
    ("asin", (1.0000000000000002,)),
    ("acos", (-1.0000000000000002,)),
    ("atan2", (0.0, -0.0)),
    ("acosh", (0.9999999999999999,)),
    ("atanh", (1.0,)),
    ("atanh", (-1.0,)),
    ("lgamma", (0.0,)),
    ("lgamma", (-3.0,)),
    ("digamma", (-0.0,)),
    ("digamma", (-7.0,)),
    ("trigamma", (0.0,)),
    ("polygamma", (0.5, 1.5)),
    ("polygamma", (-1.0, 1.5)),
    ("polygamma", (2.0, -1.0)),
    ("remainder", (1.0, 0.0)),
    ("floor_divide", (1.0, -0.0)),
    ("rsqrt", (0.0,)),
    ("erfinv", (1.0,)),
    ("erfinv", (-1.0,)),
    ("logit", (0.0,)),
    ("logit", (1.0,)),
    ("xlogy", (1.0, 0.0)),
    ("xlogy", (0.0, -1.0)),
    ("sinc_derivative", (0.5, 1.5)),
    ("sinc", (math.inf,)),
    ("tan", (-math.inf,)),
    ("sin", (math.inf,)),
    ("cos", (-math.inf,)),
]


@pytest.mark.parametrize(("name", "point"), OUTSIDE)
def test_outside_the_domain_the_error_names_operation_label_and_value(name: str, point: tuple[float, ...]) -> None:
    op = TABLE[name]
    assert not op.domain.contains(*point)
    labelled = [Value(number, label=f"w1[1,{place}]") for place, number in enumerate(point, 1)]
    with pytest.raises(DomainError) as caught:
        op(*labelled)
    message = str(caught.value)
    assert message.startswith(f"{name} needs {op.domain.words}")
    for letter, node in zip("xy", labelled, strict=False):
        assert f"{letter} = {node.data} (labelled {node.label!r})" in message
    with pytest.raises(DomainError, match=f"{name} needs"):
        op(*point)


def test_every_operation_that_is_not_defined_everywhere_is_checked_outside() -> None:
    bounded = {op.name for op in TABLE.values() if op.domain.words != "any number"}
    assert {name for name, _ in OUTSIDE} == bounded


@pytest.mark.parametrize(
    ("name", "point"),
    [("exp", (710.0,)), ("sinh", (-711.0,)), ("exp2", (1024.0,)), ("power", (10.0, 400.0)), ("power", (1e-300, -2.0))],
    ids=str,
)
def test_an_overflow_is_an_error_and_no_infinity(name: str, point: tuple[float, ...]) -> None:
    with pytest.raises(DomainError, match=rf"{name} needs operands whose result .* x = {point[0]}"):
        TABLE[name](*map(Value, point))


def test_a_derivative_that_does_not_exist_is_no_number_and_stops_no_calculation() -> None:
    """(-2)**3 has no derivative by the 3: by a number written there it is 0, by a Value it is nan."""
    base = Value(-2.0, label="b")
    assert (base**3).partials == (12.0, 0.0)
    node = base ** Value(3.0, label="n")
    assert (node.data, node.partials[0]) == (-8.0, 12.0)
    assert math.isnan(node.partials[1])


DECIDES = {"greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "where", "unless"}  # a NaN is not 0


@pytest.mark.parametrize("name", sorted(set(TABLE) - DECIDES))
def test_nan_is_never_swallowed(name: str) -> None:
    op = TABLE[name]
    for place in varied(op):
        point = list(somewhere(op)[0])
        point[place] = math.nan
        if name == "prelu" and place == 1:
            point[0] = -1.0  # the slope counts on the left only
        if name == "copysign" and place == 1:
            continue  # a NaN has a sign, as in C
        assert math.isnan(op(*point))
        assert np.isnan(op(*(np.array([number]) for number in point)))[0]


@pytest.mark.parametrize("x", [-800.0, -745.0, -40.0, 0.0, 40.0, 800.0])
def test_sigmoid_never_overflows(x: float) -> None:
    with mp.workdps(400):
        exact = 1 / (1 + mp.exp(-mpf(x)))
    assert mg.sigmoid(x) == pytest.approx(float(exact), rel=1e-15)
    assert mg.sigmoid(np.array([x]))[0] == pytest.approx(float(exact), rel=1e-15)


def test_where_chooses_on_numbers_arrays_and_values() -> None:
    assert mg.where(True, 1.0, 2.0) == 1.0
    assert mg.where(0.0, 1.0, 2.0) == 2.0
    assert mg.where(np.array([1.0, 0.0]), 1.0, np.array([5.0, 6.0])).tolist() == [1.0, 6.0]
    a, b = Value(3.0), Value(4.0)
    for chosen in (mg.where(mg.greater(a, b), a, b), mg.greater(a, b).where(a, b), mg.where(a > b, a, b)):
        a.grad = b.grad = 0.0
        chosen.backward()
        assert (chosen.data, a.grad, b.grad) == (4.0, 0.0, 1.0)
    assert mg.where(a, b).data == 4.0  # what is chosen otherwise is 0, as in the formula of one gate
    assert mg.where(Value(0.0), b).data == 0.0


# The direct path of the operators in value.py, against the rules of the table: bit by bit.

DIRECT = ["add", "subtract", "multiply", "divide", "negate"]
any_float = st.floats() | st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 2.2e-308, 1e308, math.inf, -math.inf, math.nan])


def bits(number: float) -> bytes:
    return np.float64(number).tobytes() if number == number else b"NaN"


@pytest.mark.parametrize("name", DIRECT)
@settings(max_examples=5 * FEW)
@given(x=any_float, y=any_float)
def test_the_direct_arithmetic_is_the_table_bit_by_bit(name: str, x: float, y: float) -> None:
    op = TABLE[name]
    point = [x, y][: len(op.partials)]
    try:
        out = op.forward(*point)
        expected = [out, *(rule(*point, out) for rule in op.partials)]
    except ZeroDivisionError:
        with pytest.raises(DomainError):
            OPERATORS[name](*map(Value, point))
        return
    left, *right = map(Value, point)
    variants = [OPERATORS[name](left, *right), op(left, *right), *([] if not right else [OPERATORS[name](left, y)])]
    if right:
        variants.append(OPERATORS[name](x, right[0]))
    for node in variants:
        assert node.op is op
        assert list(map(bits, (node.data, *node.partials))) == list(map(bits, expected))


def test_detach_is_a_constant_to_the_gradient_and_follows_new_numbers() -> None:
    x = Value(2.0, label="x")
    loss = mg.detach(x) * x
    loss.backward()
    assert (loss.data, x.grad) == (4.0, 2.0)
    assert x.detach().data == 2.0
    x.data = 3.0
    mg.recompute(loss)
    loss.zero_grad()
    loss.backward()
    assert (loss.data, x.grad) == (9.0, 3.0)
    program = mg.compile(loss)
    x.data = 5.0
    loss.zero_grad()
    program()
    assert (loss.data, x.grad) == (25.0, 5.0)
    assert mg.gradients(mg.gradients(loss, x), x).data == 0.0
    numbers = np.array([1.0, 2.0])
    copy = mg.detach(numbers)
    copy[0] = 7.0
    assert numbers[0] == 1.0


NEW = [
    "remainder",
    "round",
    "erfinv",
    "logit",
    "logaddexp",
    "xlogy",
    "sinc",
    "copysign",
    "celu",
    "softshrink",
    "detach",
]


@pytest.mark.parametrize("name", NEW)
def test_an_operation_compiles_to_what_it_computes(name: str) -> None:
    op = TABLE[name]
    leaves = [[Value(number) for number in point] for point in somewhere(op, 3)]
    loss = mg.total(op(*row) ** 2 for row in leaves)
    loss.backward()
    expected = [leaf.grad for row in leaves for leaf in row]
    value = loss.data
    loss.zero_grad()
    mg.compile(loss)()
    assert loss.data == pytest.approx(value, rel=1e-15)
    assert [leaf.grad for row in leaves for leaf in row] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "same"),
    [
        (lambda x: mg.celu(x, alpha=1.7), lambda x: x if x > 0 else 1.7 * math.expm1(x / 1.7)),
        (lambda x: mg.softshrink(x, lambd=0.2), lambda x: math.copysign(max(abs(x) - 0.2, 0.0), x)),
        (lambda x: mg.hardshrink(x, 0.2), lambda x: x if abs(x) > 0.2 else 0.0),
    ],
)
def test_the_parameters_of_the_new_activations(call: Any, same: Any) -> None:
    for number in (-2.0, -0.3, 0.1, 0.3, 2.0):
        x = Value(number)
        result = call(x)
        result.backward()
        assert result.data == call(number) == pytest.approx(same(number), rel=1e-15)
        assert x.grad == pytest.approx((same(number + 1e-6) - same(number - 1e-6)) / 2e-6, rel=1e-6)


TORCH = {
    "remainder": "remainder",
    "rsqrt": "rsqrt",
    "erfinv": "erfinv",
    "logit": "logit",
    "log_sigmoid": "nn.functional.logsigmoid",
    "logaddexp": "logaddexp",
    "xlogy": "xlogy",
    "sinc": "sinc",
    "copysign": "copysign",
    "relu6": "nn.functional.relu6",
    "celu": "nn.functional.celu",
    "softshrink": "nn.functional.softshrink",
    "hardshrink": "nn.functional.hardshrink",
    "tanhshrink": "nn.functional.tanhshrink",
    "round": "round",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TORCH)
def test_torch_agrees_at_points_and_at_kinks(name: str) -> None:
    torch = pytest.importorskip("torch")
    function = operator.attrgetter(TORCH[name])(torch)
    kinks = [point for kink, point, *_ in KINKS if kink == name and name != "xlogy"]  # 0/0 is nan there
    for point in [*somewhere(TABLE[name], 8), *kinks]:
        tensors = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in point]
        out = function(*tensors)
        out.backward()
        node = TABLE[name](*map(Value, point))
        assert node.data == pytest.approx(out.item(), rel=1e-13, abs=1e-15)
        slopes = [tensor.grad.item() if tensor.grad is not None else 0.0 for tensor in tensors]
        assert node.partials == pytest.approx(slopes, rel=1e-12, abs=1e-15)
