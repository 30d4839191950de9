"""The checker is checked: it passes what is right at every operation, and catches and names every lie."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.calculus import check_gradients, check_graph
from microgradnet.calculus.check import Outcome
from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError
from microgradnet.operation import TABLE
from tests.calculus.drawing import drawn_points, varied_places
from tests.calculus.functions import FUNCTIONS, POINTS
from tests.calculus.lies import LIES
from tests.strategies import RandomGraph, random_graphs


@pytest.mark.parametrize("name", sorted(TABLE))
@given(data=st.data())
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_operation_of_the_table_passes(name: str, data: Any) -> None:
    op, point = TABLE[name], data.draw(drawn_points(name))
    operands: list[Any] = list(point)
    nodes = []
    for place in varied_places(op):
        operands[place] = Value(point[place], label="xy"[place])
        nodes.append(operands[place])
    check = check_graph(op(*operands), nodes)
    assert check.ok, str(check)
    # Beside a kink a corner within the steps may be all that can be told; nothing else is an excuse.
    assert all(row.verdict is Outcome.AGREES or (op.kinks and row.verdict is Outcome.KINK) for row in check), str(check)


@given(graph=random_graphs())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_random_graphs_pass(graph: RandomGraph) -> None:
    nodes = graph.record()
    check = check_graph(nodes[-1], nodes[: len(graph.leaves)])
    assert check.ok, str(check)


@pytest.mark.parametrize("case", sorted(LIES))
def test_every_lie_is_caught_and_named(case: str) -> None:
    lie = LIES[case]
    nodes = [Value(number, label=letter) for letter, number in zip("xy", lie.point, strict=False)]
    inner = lie.op(*nodes)
    inner.label = "inner"
    loss = (1.5 * inner).tanh() + nodes[0] * 0.25
    check = check_graph(loss)
    assert not check
    assert check.first_wrong is not None
    assert check.first_wrong.node is inner
    assert check.first_wrong.place == lie.place
    assert lie.op.name in str(check)
    assert "inner = " in str(check)
    assert lie.words in str(check)
    assert next(row for row in check if row.name == "xy"[lie.place]).verdict in (
        Outcome.WRONG,
        Outcome.NOT_A_NUMBER,
    )


@pytest.mark.parametrize("case", sorted(LIES))
def test_a_lie_in_a_function_is_caught(case: str) -> None:
    lie = LIES[case]
    check = check_gradients(lambda *xs: mg.sin(lie.op(*xs)), lie.point)
    assert not check.ok
    assert check.first_wrong is not None
    assert check.first_wrong.node.op is lie.op


def test_the_first_of_two_lies_in_forward_order_is_named() -> None:
    x = Value(0.4, label="x")
    first = LIES["factor"].op(x)
    second = LIES["sign"].op(first)
    found = check_graph(second).first_wrong
    assert found is not None
    assert found.node is first


def test_a_lie_that_cancels_in_the_total_is_still_found() -> None:
    x = Value(0.4, label="x")
    wrong = LIES["sign"].op(x)
    check = check_graph(wrong - wrong)
    assert [row.verdict for row in check] == [Outcome.AGREES]
    assert check.first_wrong is not None
    assert not check.ok


def test_a_lie_is_found_at_the_points_where_it_is_one_only() -> None:
    op = LIES["only_where_negative"].op
    assert check_gradients(op, (2.0,)).ok
    assert not check_gradients(op, (-2.0,)).ok


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_standard_functions_pass(name: str) -> None:
    for point in POINTS:
        check = check_gradients(lambda x, y: FUNCTIONS[name](mg, x, y), point)
        assert check.ok, str(check)


@pytest.mark.parametrize("point", [1e-8, 1e-3, 1.0, 37.0, 1e5])
@pytest.mark.parametrize("name", ["log", "sqrt", "sin", "tanh", "sigmoid", "relu", "abs"])
def test_steps_fit_the_size_of_the_variable(name: str, point: float) -> None:
    check = check_gradients(TABLE[name], (point,))
    assert check.ok, str(check)
    assert check.rows[0].verdict is Outcome.AGREES


KINKS: list[tuple[Any, float, float]] = [  # function, slope on the left, slope on the right; all at 0
    (mg.relu, 0.0, 1.0),
    (abs, -1.0, 1.0),
    (lambda x: mg.maximum(x, 2 * x), 1.0, 2.0),
    (lambda x: mg.minimum(x, 0.0) * 3, 3.0, 0.0),
]


@pytest.mark.parametrize(("f", "left", "right"), KINKS)
def test_a_kink_is_said_and_is_no_failure(f: Any, left: float, right: float) -> None:
    check = check_gradients(f, (0.0,))
    assert check.ok
    (row,) = check
    assert row.verdict is Outcome.KINK
    assert row.sides == pytest.approx((left, right))
    assert check.kinks
    assert "On a kink" in str(check)
    assert "convention" in str(check)


@pytest.mark.parametrize("f", [mg.sqrt, lambda x: mg.greater(x, 0.0)])
def test_an_infinite_slope_and_a_jump_are_kinks(f: Any) -> None:
    check = check_gradients(f, (0.0,))
    assert check.ok
    assert check.rows[0].verdict is Outcome.KINK


@pytest.mark.parametrize("f", [lambda x: x**2, lambda x: mg.relu(x - 1.0), lambda x: abs(x + 0.1)])
def test_a_declared_kink_that_does_not_matter_here_is_not_mentioned(f: Any) -> None:
    check = check_gradients(f, (0.0,))
    assert [row.verdict for row in check] == [Outcome.AGREES]
    assert not check.kinks


def test_kinks_whose_conventions_do_not_add_up_are_no_failure() -> None:
    check = check_gradients(
        lambda x: mg.relu(x) - mg.relu(-x), (0.0,)
    )  # the identity, whose slope is 1; the sum says 0
    assert check.ok
    assert check.rows[0].verdict is Outcome.KINK


def test_variables_are_named_as_the_caller_names_them() -> None:
    check = check_gradients(lambda w, bias: w[0] * w[1] + bias["b"], ([1.0, 2.0], {"b": 3.0}))
    assert [row.name for row in check] == ["w[1]", "w[2]", "bias['b']"]
    assert [row.engine for row in check] == [2.0, 1.0, 1.0]
    assert [row.difference for row in check] == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)


def test_a_number_that_leaves_the_graph_is_found() -> None:
    check = check_gradients(lambda x: x * x.data, (3.0,))
    assert not check.ok
    assert check.first_wrong is None
    assert "left the graph" in str(check)


def test_a_graph_that_is_out_of_date_is_found() -> None:
    x, y = Value(0.5, label="x"), Value(-1.0, label="y")
    loss = x * y
    x.data = 7.0
    check = check_graph(loss)
    assert not check.ok
    assert "mg.recompute" in str(check)
    mg.recompute(loss)
    assert check_graph(loss).ok


def test_a_network_is_checked_by_its_parameters_and_left_as_it_was() -> None:
    mlp = MLP(3, [4, 1], activation="tanh", seed=1)
    before = mlp.state_dict()
    check = check_gradients(lambda model: model([0.1, -0.2, 0.3]) ** 2, (mlp,))
    assert check.ok, str(check)
    assert [row.name for row in check] == list(mlp.named_parameters())
    assert mlp.state_dict() == before
    assert all(parameter.grad == 0.0 for parameter in mlp.parameters())


def test_parameters_are_put_back_when_the_function_fails_halfway() -> None:
    mlp = MLP(1, [1], seed=1)
    before = mlp.state_dict()
    calls = []

    def f(model: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:
            raise RuntimeError("the user's own error")
        return model([1.0])

    with pytest.raises(RuntimeError):
        check_gradients(f, (mlp,))
    assert mlp.state_dict() == before


def test_the_report_is_a_table_and_a_markdown_table() -> None:
    x = Value(3.0, label="x|y")
    check = check_graph(x * x, [x])
    assert repr(check) == str(check)
    assert str(check).splitlines()[0].split() == [
        "variable",
        "value",
        "engine",
        "numeric",
        "difference",
        "by",
        "verdict",
    ]
    assert r"x\|y" in check._repr_markdown_()


def test_same_labels_are_told_apart() -> None:
    check = check_graph(Value(1.0, label="w") * Value(2.0, label="w"))
    assert len({row.name for row in check}) == 2


def test_a_constant_function_and_an_unused_variable_agree() -> None:
    check = check_gradients(lambda x, y: 3.0, (1.0, 2.0))
    assert check.ok
    assert [row.engine for row in check] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: check_graph(3.0), NumberTypeError, "check_gradients"),  # type: ignore[arg-type]
        (lambda: check_graph(Value(1.0), [2.0]), ArgumentError, "nodes themselves"),
        (lambda: check_gradients(mg.sin, 1.0), NumberTypeError, r"\(x,\)"),
        (lambda: check_gradients(lambda x: [x, x], (1.0,)), ShapeError, "mg.jacobian"),
        (lambda: check_gradients(lambda x: None, (1.0,)), NumberTypeError, "return"),
    ],
)
def test_wrong_use_is_refused_with_advice(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_the_complex_step_is_used_where_operations_allow_it_and_differences_elsewhere() -> None:
    assert check_gradients(mg.sin, (1.0,)).rows[0].method == "complex step"
    assert check_gradients(abs, (1.0,)).rows[0].method == "differences"
    assert check_gradients(mg.sin, (1.0,)).rows[0].numeric == pytest.approx(math.cos(1.0), rel=1e-15)


def test_paths_that_cancel_leave_their_rounding_which_is_not_an_error() -> None:
    x = Value(0.0, label="x")
    assert check_graph(x.tan() - x)


@pytest.mark.parametrize("name", ["erf", "lgamma", "polygamma"])
def test_what_has_no_complex_rule_is_checked_by_differences(name: str) -> None:
    x = Value(0.7, label="x")
    result = TABLE[name](x) if len(TABLE[name].partials) == 1 else TABLE[name](1.0, x)
    check = check_graph(result)
    assert check
    assert [row.method for row in check] == ["differences"]


def test_nan_is_never_on_a_kink() -> None:
    check = check_gradients(lambda x: mg.sqrt(x**4), (0.0,))  # x**2, whose slope is 0; the rules give infinity times 0
    assert not check
    assert math.isnan(check.rows[0].engine)
    assert check.rows[0].verdict is Outcome.NOT_A_NUMBER
    assert "0 times infinity is not a number: x**4 has the derivative 0 by x = 0.0" in str(check)
    assert "x**2 for sqrt(x**4)" in str(check)
    assert check_gradients(lambda x: mg.sqrt(x**4), (0.5,))


def test_a_guard_around_a_result_passes_nan_and_is_told_to_guard_the_operand() -> None:
    assert "guard the operand" in str(check_gradients(lambda x: mg.where(x > 0, mg.sqrt(x), 0.0), (0.0,)))
    assert check_gradients(lambda x: mg.where(x > 0, mg.sqrt(mg.where(x > 0, x, 1.0)), 0.0), (4.0,))


@pytest.mark.parametrize(("f", "x"), [(mg.tan, math.pi / 2), (lambda x: 1 / (x - 1), 1 + 2**-52), (mg.digamma, 1e-9)])
def test_a_right_rule_at_a_pole_is_not_called_wrong(f: Any, x: float) -> None:
    check = check_gradients(f, (x,))
    assert check.first_wrong is None
    assert [row.verdict for row in check] == [Outcome.AGREES]


def test_a_pole_is_said_and_a_wrong_function_there_is_not_confirmed() -> None:
    assert "lies at a pole" in str(check_gradients(mg.tan, (math.pi / 2,)))
    detached = check_gradients(lambda x: mg.tan(x.data) * (x / x.data), (math.pi / 2,))
    assert not detached
    assert "lies at a pole" in str(detached)


def test_a_function_that_grows_too_fast_for_differences_gets_a_verdict() -> None:
    x = Value(1.0, label="x")
    loss = x
    for _ in range(55):
        loss = loss * loss
    check = check_graph(loss, [x])
    assert check
    assert check.rows[0].numeric == 2.0**55


def test_what_nothing_can_decide_is_not_true() -> None:
    step = replace(TABLE["floor"], name="step", kinks=())
    check = check_gradients(step, (2.0,))
    assert not check
    assert check.rows[0].verdict in (Outcome.UNCLEAR, Outcome.KINK) or "settle" in str(check)


def test_a_wrong_derivative_inside_a_function_is_found_by_calling_it_with_floats() -> None:
    def f(x: Any) -> Any:  # as a derivative inside f that goes wrong with Values, but not with floats
        return x**2 if isinstance(x, float) else 3 * x

    check = check_gradients(f, (2.0,))
    assert not check
    assert "6.0 when it is recorded and 4.0 when it is called with floats" in str(check)
