"""A user's own operation: the rights of the table's own everywhere, and nothing half defined."""

import math
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.calculus import check_graph, gradients
from microgradnet.calculus.tape import GraphTape
from microgradnet.errors import ArgumentError, DomainError, MicrogradnetError, NumberTypeError, UnknownNameError
from microgradnet.operation import TABLE, Op
from microgradnet.symbols import Symbol
from microgradnet.verification.expression import read_expression


def define_root(name: str = "soft_root") -> Op:
    """Define sqrt(1 + x) - 1 by its rules, with a domain and the edge where its slope is infinite."""
    return mg.define(
        name,
        forward=lambda x: (1.0 + x) ** 0.5 - 1.0,
        partials=[lambda x, out: mg.where(out + 1.0, 0.5 / mg.where(out + 1.0, out + 1.0, 1.0), math.inf)],
        domain=("x >= -1", lambda x: x >= -1),
        kinks=[("x = -1", lambda x: x == -1, "the derivative is +infinity")],
    )


@pytest.fixture(autouse=True)
def unchanged_table() -> Iterator[None]:
    before = dict(TABLE)
    yield
    for name in set(TABLE) - set(before):
        mg.undefine(name)
    assert before == TABLE


@pytest.fixture
def cube() -> Op:
    return mg.define("cube", forward=lambda x: x**3, partials=[lambda x, out: 3.0 * x**2])


def test_it_is_a_function_and_a_method(cube: Op) -> None:
    x = Value(2.0)
    assert mg.cube is TABLE["cube"] is cube
    assert x.cube().data == mg.cube(2) == 8.0
    assert mg.cube(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    assert {"cube"} <= {*dir(mg), *dir(x)}


def test_it_is_written_by_its_name(cube: Op) -> None:
    formula = mg.cube(Symbol("x") + 1.0)
    assert (cube.symbol, formula.text) == ("cube", "cube(x + 1)")
    assert formula.latex == r"\operatorname{cube}\left(x + 1\right)"


def test_it_is_differentiated_to_any_order(cube: Op) -> None:
    x = Value(2.0)
    first = gradients(mg.cube(x), x)
    second = gradients(first, x)
    assert (first.data, second.data, gradients(second, x).data) == (12.0, 12.0, 6.0)


def test_it_is_derived_drawn_and_checked(cube: Op) -> None:
    x = Value(2.0, label="x")
    y = mg.cube(x) * 5.0
    y.label = "y"
    assert "15*x**2" in mg.derive(y, x).text
    assert "cube" in mg.draw(y).svg
    assert check_graph(y).ok


def test_a_wrong_partial_is_caught_by_the_checker() -> None:
    mg.define("wrong_cube", forward=lambda x: x**3, partials=[lambda x, out: 2.0 * x**2])
    assert not check_graph(mg.wrong_cube(Value(2.0, label="x"))).ok


def test_it_is_an_activation(cube: Op) -> None:
    mlp = mg.MLP(1, [2, 1], activation="cube", seed=1)
    loss = mlp([0.5])
    loss.backward()
    assert any(node.op is cube for node in mg.graph.topological(loss))
    assert mlp.layers[0].activation == "cube"


def test_it_is_read_in_worksheets(cube: Op) -> None:
    assert read_expression("2*cube(x + 1)").evaluate({"x": 1.0}.get) == 16.0


def test_it_is_compiled(cube: Op) -> None:
    x = Value(2.0, label="x")
    program = GraphTape(mg.cube(x) * 5.0)
    assert program() == (40.0, (60.0,))
    assert "5 * x**3" in mg.compile(mg.cube(x) * 5.0).source


def test_it_is_pickled_by_name(cube: Op) -> None:
    assert pickle.loads(pickle.dumps(mg.cube(Value(2.0)))).op is cube


def test_two_operands_with_a_notation_of_their_own() -> None:
    mg.define(
        "mixed",
        forward=lambda x, y: x * y + x,
        partials=[lambda x, y, out: y + 1.0, lambda x, y, out: x],
        symbol="◇",
        latex=r"#1 \diamond #2",
    )
    node = mg.mixed(Value(2.0), 3.0)
    assert (node.data, node.partials) == (8.0, (4.0, 2.0))
    assert mg.mixed(Symbol("a"), Symbol("b")).latex == r"a \diamond b"
    assert mg.mixed(Symbol("a"), Symbol("b")).text == "mixed(a, b)"


def test_domain_and_kinks_are_written_as_tuples() -> None:
    root = define_root()
    with pytest.raises(DomainError, match="soft_root needs x >= -1; got x = -2"):
        root(-2.0)
    with pytest.raises(DomainError, match=r"soft_root needs x >= -1; got x = -2\.0 .labelled 'a'"):
        root(Value(-2.0, label="a"))
    with pytest.raises(DomainError, match=r"soft_root needs x >= -1; got x = -2\.0"):
        root(np.array([1.0, -2.0]))
    assert root(Value(-1.0)).partials == (math.inf,)
    x = Value(3.0)
    program = GraphTape(root(x))
    assert program() == (1.0, (0.25,))
    with pytest.raises(DomainError, match="soft_root"):
        program([-2.0])
    assert root.kinks[0].words == "x = -1"
    assert root.latex.template == r"\operatorname{soft\_root}\left(#1\right)"


def test_a_result_is_made_a_float_and_a_complex_one_is_refused() -> None:
    mg.define("half_power", forward=lambda x: x**0.5, partials=[lambda x, out: 0.5 / out])
    for operand in (-4.0, Value(-4.0)):
        with pytest.raises(DomainError, match="half_power needs operands whose result is a real number"):
            mg.half_power(operand)
    mg.define("counts", forward=lambda x: 1 if x > 0 else 0, partials=[lambda x, out: 0])
    assert [type(mg.counts(2.0)), type(mg.counts(Value(2.0)).data), type(mg.counts(Value(2.0)).partials[0])] == [
        float
    ] * 3


def test_a_forward_rule_of_floats_works_on_arrays_too() -> None:
    mg.define("gamma", forward=math.gamma, partials=[lambda x, out: out * mg.digamma(x)])
    assert mg.gamma(np.array([3.0, 5.0])).tolist() == [2.0, 24.0]
    assert mg.gamma(np.array([3.0])).tolist() == [2.0]
    with pytest.raises(DomainError, match=r"gamma needs .* x = -1\.0"):
        mg.gamma(np.array([3.0, -1.0]))
    x = Value(3.0)
    assert gradients(gradients(mg.gamma(x), x), x).data == pytest.approx(
        2.0 * (mg.digamma(3.0) ** 2 + mg.trigamma(3.0))
    )


def test_a_cell_that_runs_again_replaces_the_operation(cube: Op) -> None:
    before = mg.cube(Value(2.0))
    mg.define("cube", forward=lambda x: x * x * x, partials=[lambda x, out: 3.0 * x * x])
    assert TABLE["cube"] is not cube
    assert before.op is cube  # what was recorded keeps the rules that it was computed with
    mg.recompute(before)
    assert before.data == 8.0


def test_an_operation_can_be_taken_back(cube: Op) -> None:
    node = mg.cube(Value(2.0))
    mg.undefine("cube")
    assert "cube" not in TABLE
    with pytest.raises(AttributeError):
        mg.cube  # noqa: B018
    node.backward()
    with pytest.raises(UnknownNameError, match="'cube'"):
        mg.undefine("cube")
    with pytest.raises(UnknownNameError, match="'exp'"):
        mg.undefine("exp")


@pytest.mark.parametrize(
    "name", ["exp", "where", "data", "backward", "_private", "total", "MLP", "draw", "graph", "define", "lambda", "", 3]
)
def test_a_name_that_means_something_already_is_refused(name: Any) -> None:
    with pytest.raises(ArgumentError):
        mg.define(name, forward=lambda x: x, partials=[lambda x, out: 1.0])


GOOD: dict[str, Any] = {"forward": lambda x: x, "partials": [lambda x, out: 1.0]}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"forward": 3}, "forward rule of halved is a function of x; got 3"),
        ({"forward": lambda x, y: x}, "forward rule of halved"),
        ({"partials": [3]}, "derivative by x is a function of x, out; got 3"),
        ({"partials": [lambda x: 1.0]}, "derivative by x is a function of x, out"),
        ({"partials": lambda x, out: 1.0}, r"Write \[rule\] for one"),
        ({"partials": []}, "one or two operands"),
        ({"partials": [lambda x, out: 1.0] * 3}, "one or two operands"),
        ({"text": "halved"}, "text has a place for each operand: #1"),
        ({"latex": "#1 #2"}, "latex has a place for each operand: #1"),
        ({"latex": 3}, "latex has a place"),
        ({"domain": ("x > 0",)}, "a domain is words and a test"),
        ({"kinks": [("x = 0",)]}, "a kink is words"),
        ({"kink": ()}, "the fields of halved"),
    ],
)
def test_a_wrong_definition_defines_nothing(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message) as caught:
        mg.define("halved", **{**GOOD, **fields})
    assert isinstance(caught.value, MicrogradnetError)
    assert "halved" not in TABLE


@pytest.mark.parametrize("wrong", [None, "1.5", 1j, [1.0]], ids=repr)
def test_a_derivative_that_is_no_number_is_an_error(wrong: Any) -> None:
    odd = mg.define("odd", forward=lambda x: x + 1.0, partials=[lambda x, out: wrong])
    with pytest.raises(NumberTypeError, match="one real number"):
        odd(Value(2.0))
