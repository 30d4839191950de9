"""``detect_anomaly`` names the first bad number and the line that made it, and leaves nothing behind."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.calculus import detect_anomaly, grad
from microgradnet.errors import AnomalyError


def line_of(marker: str) -> int:
    """Return the number of the line of this file that ends in a comment."""
    lines = inspect.getsource(inspect.getmodule(line_of)).splitlines()  # type: ignore[arg-type]
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {marker}"))


def test_a_value_that_overflows_is_named_with_its_line() -> None:
    x = Value(1e300, label="x")
    with pytest.raises(AnomalyError) as caught, detect_anomaly(), mg.scope("big"):
        x * x  # overflow
    message = str(caught.value)
    for part in ("a finite value of x*x", "got inf", "x = 1e+300", "'big'", "multiply", "test_anomaly.py", "x * x"):
        assert part in message
    assert f"line {line_of('overflow')}:" in message


def test_a_derivative_that_is_infinite_is_named() -> None:
    with (
        pytest.raises(AnomalyError, match=r"finite derivative of sqrt\(x\) by x; got inf at x = 0\.0"),
        detect_anomaly(),
    ):
        Value(0.0, label="x").sqrt()


def test_an_adjoint_that_overflows_is_named_with_the_line_of_its_node() -> None:
    x = Value(1e-300, label="x")
    with detect_anomaly():
        small = x * 1e-10  # adjoint
        small.label = "small"
        loss = small * 1e200 * 1e200 + 1.0
        with pytest.raises(AnomalyError) as caught:
            loss.backward()
    message = str(caught.value)
    assert "a finite adjoint of x*1e-10" in message
    assert "labelled 'small'" in message
    assert f"line {line_of('adjoint')}:" in message
    assert not any(node.has_grad for node in (x, small))  # no gradient is half changed


def test_the_first_bad_node_is_named_and_not_what_follows_from_it() -> None:
    x = Value(1e200, label="x")
    with pytest.raises(AnomalyError, match=r"of x\*1e200") as caught, detect_anomaly():
        (x * 1e200) - (x * 1e200)
    assert "bad already" not in str(caught.value)


def test_a_bad_number_from_outside_is_traced_to_the_operand() -> None:
    x = Value(math.nan, label="x")
    with pytest.raises(AnomalyError, match="bad already") as caught, detect_anomaly():
        MLP(2, [2, 1], seed=1)([x, 1.0])  # network
    message = str(caught.value)
    assert "'layer 1/neuron 1'" in message
    assert "x = nan" in message
    assert f"line {line_of('network')}:" in message  # the user's line, not one of the package


def test_a_graph_made_before_is_examined_by_backward() -> None:
    x = Value(0.0, label="x")
    loss = x.sqrt() * 2.0
    with pytest.raises(AnomalyError, match="made before"), detect_anomaly():
        loss.backward()
    assert not x.has_grad


def test_a_bad_leaf_is_named() -> None:
    with pytest.raises(AnomalyError, match="It is a leaf"), detect_anomaly():
        Value(math.inf, label="x").backward()


def test_an_infinite_slope_by_a_written_number_is_nobodys_trouble() -> None:
    with detect_anomaly():
        x = Value(-2.0)
        (x**3).backward()
    assert x.grad == 12.0


def test_what_is_finite_computes_the_same_inside() -> None:
    def run() -> tuple[Any, ...]:
        x = Value(0.5)
        loss = (x * 3.0).tanh() + mg.exp(x) / 2
        loss.backward()
        return loss.data, x.grad, grad(grad(mg.tanh))(0.3)

    with detect_anomaly():
        inside = run()
    assert inside == run()


def overflow() -> Value:
    x = Value(1e300)
    return x * x


def test_off_nobody_watches_the_engine() -> None:
    assert overflow().data == math.inf
    with detect_anomaly():
        with detect_anomaly():
            pass
        with pytest.raises(AnomalyError):  # the inner one ending does not end the outer
            overflow()
    assert overflow().data == math.inf
    with pytest.raises(RuntimeError), detect_anomaly():
        raise RuntimeError
    assert overflow().data == math.inf
