"""Comparisons that a function makes while it is recorded: checked on every run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import AnomalyError, ArgumentError
from tests.compiler.agreement import assert_agree, called, eager, mean_over, state
from tests.compiler.recorded import two


def branch(x: Value, w: Value) -> Value:
    z = w * x
    z.label = "z"
    return z * z if z > 0 else -z


def test_a_comparison_that_comes_out_otherwise_is_an_error_that_changes_nothing() -> None:
    x, w = two(2.0, 3.0)
    w.label = "w"
    program = mg.compile(lambda: branch(x, w), batch=[x])
    loss = program.outputs[0]
    assert_agree(called(program, loss, [w], [[1.0], [2.0]]), mean_over(loss, [x], [[1.0], [2.0]], [w]))
    before = state(loss)
    for run in (program, program.step, program.evaluate, program.values):
        with pytest.raises(ArgumentError, match=r"z > 0 is True.* -6\.0 > 0\.0 in sample 2\..*mg\.greater"):
            run([[1.0], [-2.0], [-3.0]])
    assert state(loss) == before
    w.data = -1.0
    with pytest.raises(ArgumentError, match="z > 0 is True"):
        program([[1.0]])
    assert program([[-1.0]]) == 1.0


def test_parameters_of_the_arrays_are_what_is_checked() -> None:
    x, w = two(2.0, 3.0)
    program = mg.compile(lambda: branch(x, w))
    program.parameters[:] = [-2.0 if leaf is w else 3.0 for leaf in program.leaves]
    with pytest.raises(ArgumentError, match=r"-6\.0 > 0"):
        program.step()
    assert w.data == 3.0


CHOICES: dict[str, Callable[[Value, Value], Any]] = {
    "a > b": lambda x, y: x if x > y else y,
    "a < b": lambda x, y: y if x < y else x,
    "a >= 1": lambda x, y: x if x >= 0.5 else y,
    "1 <= b": lambda x, y: y if 0.5 <= x else x,  # noqa: SIM300
    "max": lambda x, y: max([x, y]) * 1.0,
    "sorted": lambda x, y: sorted([x, y])[1] * 1.0,
    "truth": lambda x, y: x * 2.0 if x - 0.25 else y,
    "equal": lambda x, y: x if x != 0.25 else y * 1.0,
}


@pytest.mark.parametrize("choose", CHOICES.values(), ids=list(CHOICES))
def test_every_kind_of_comparison_is_seen(choose: Callable[[Value, Value], Any]) -> None:
    x, y = two(0.75, 0.25)
    program = mg.compile(lambda: choose(x, y) + 0.0)
    x.data, y.data = 0.875, 0.125
    assert_agree(called(program, program.outputs[0], [x, y]), eager(program.outputs[0], [x, y]))
    x.data, y.data = (0.25, 0.25) if choose in (CHOICES["truth"], CHOICES["equal"]) else (0.25, 0.75)
    with pytest.raises(ArgumentError, match="as it was when the graph was recorded"):
        program()


def test_where_follows_the_numbers_and_is_no_comparison() -> None:
    x, y = two(0.75, 0.25)
    program = mg.compile(lambda: mg.where(mg.greater(x, y), x * x, y))
    x.data = -1.0
    assert program() == 0.25


def test_comparisons_outside_a_function_are_not_seen_as_documented() -> None:
    x, w = two(2.0, 3.0)
    program = mg.compile(branch(x, w))
    w.data = -3.0
    assert program() == 36.0


def test_a_function_with_arguments_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"without arguments that records the loss; got a function of \(x"):
        mg.compile(branch)


def test_a_watcher_sees_what_the_one_before_it_sees() -> None:
    x, y = two(1e300, 1e300)
    with mg.detect_anomaly(), pytest.raises(AnomalyError):
        mg.compile(lambda: x * y * x)
    assert (x * y > 0) is True  # nobody watches any more
