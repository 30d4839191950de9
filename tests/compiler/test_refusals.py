"""What a compiled program refuses, in which words, and that a refusal leaves no trace."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import MLP, Value
from microgradnet.errors import DomainError, MicrogradnetError, NumberTypeError, ShapeError
from tests.compiler.agreement import assert_agree, called, eager, state
from tests.compiler.recorded import SAMPLES, network, two

# Domains


@pytest.mark.parametrize(
    "build",
    [
        lambda x: mg.log(x),
        lambda x: 1.0 / x,
        lambda x: x**-1.5,
        lambda x: mg.sqrt(x - 0.5),
        lambda x: mg.exp(1000.0 * (1.0 - x)),
        lambda x: mg.total(mg.log(x + shift) for shift in (3.0, 2.0, 0.0, 1.0)),
        lambda x: mg.total((x * k) / (x + shift) for k, shift in enumerate((3.0, 2.0, 0.0, 1.0))),
    ],
)
def test_numbers_outside_a_domain_are_refused_in_the_words_of_the_eager_engine_and_nothing_changes(build: Any) -> None:
    x = Value(1.0, label="x")
    loss = build(x)
    program = mg.compile(loss)
    program()
    x.data = 0.0
    before = state(loss)
    with pytest.raises(DomainError) as expected:
        mg.recompute(loss)
    with pytest.raises(DomainError) as caught:
        program()
    assert str(caught.value) == str(expected.value)
    assert state(loss) == before
    x.data = 2.0
    assert_agree(called(program, loss, [x]), eager(loss, [x]))


def test_one_sample_outside_a_domain_refuses_the_batch() -> None:
    x, y = two(1.0, 2.0)
    loss = mg.log(x) * y
    program = mg.compile(loss, batch=[x])
    program([[1.0], [2.0]])
    before = state(loss)
    with pytest.raises(DomainError, match="log"):
        program([[1.0], [-2.0], [3.0]])
    assert state(loss) == before
    assert program([[math.e]]) == pytest.approx(2.0)


# Refusals


def refused(call: Callable[[], Any], loss: Value, kind: type[Exception] = MicrogradnetError) -> str:
    before = state(loss)
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, MicrogradnetError)
    assert state(loss) == before
    return str(caught.value)


def test_samples_of_another_shape_are_refused_and_nothing_changes() -> None:
    loss, batch, _ = network()
    program = mg.compile(loss, batch=batch)
    program(SAMPLES)
    for wrong in (SAMPLES[:, :4], SAMPLES[0], SAMPLES[None], np.ones((2, 6)), [[1.0, 2.0], [3.0]], 1.0):
        refused(lambda wrong=wrong: program(wrong), loss, ShapeError)
        refused(lambda wrong=wrong: program.step(wrong), loss, ShapeError)
        refused(lambda wrong=wrong: program.evaluate(wrong), loss, ShapeError)
    assert "5" in refused(lambda: program(SAMPLES[:, :4]), loss)
    refused(lambda: program(SAMPLES[:0]), loss)  # the mean over no samples
    refused(lambda: program(), loss)


@pytest.mark.parametrize("wrong", [[["a"] * 5], [[None] * 5], np.full((1, 5), 1j), [[1.0, 2.0, 3.0, 4.0, "5"]]])
def test_samples_that_are_no_numbers_are_refused(wrong: Any) -> None:
    loss, batch, _ = network()
    program = mg.compile(loss, batch=batch)
    refused(lambda: program(wrong), loss, NumberTypeError)


def test_samples_for_a_program_without_a_batch_are_refused() -> None:
    x, y = two()
    loss = x * y
    refused(lambda: mg.compile(loss)([[1.0]]), loss)


def test_a_batch_of_what_is_no_leaf_of_the_graph_is_refused() -> None:
    x, y = two()
    inner = x * y
    loss = mg.sin(inner)
    for wrong in ([x, x], [inner], [Value(1.0)], [3.0], "xy", [None], 5):
        refused(lambda wrong=wrong: mg.compile(loss, batch=wrong), loss)


@pytest.mark.parametrize("wrong", [3.0, None, [Value(1.0)], "loss", MLP(1, [1])], ids=str)
def test_what_is_no_value_cannot_be_compiled(wrong: Any) -> None:
    with pytest.raises(MicrogradnetError):
        mg.compile(wrong)
