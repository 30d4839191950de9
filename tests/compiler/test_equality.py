"""1,000 random graphs over the whole table: a compiled program computes what the eager engine computes.

Each is compared at the numbers that it was recorded with, at new numbers, and over a batch of samples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.errors import DomainError
from microgradnet.operation import TABLE, Op
from tests.compiler.agreement import assert_agree, called, eager, mean_over, set_numbers, state
from tests.samples import operands, random_points, somewhere
from tests.strategies import RandomGraph, Step, ordinary, random_graphs, smooth_at

BATCHES, GRAPHS_PER_BATCH, POINTS = 4, 250, 100


@st.composite
def graphs_and_new_numbers(draw: Any) -> tuple[RandomGraph, list[float]]:
    """Draw a graph and new numbers for its leaves: any at all, or close ones, which keep inside the domains."""
    drawn = draw(random_graphs())
    anywhere = draw(st.booleans())
    shift = ordinary if anywhere else st.floats(-0.02, 0.02)
    return drawn, [draw(shift) + (0.0 if anywhere else leaf) for leaf in drawn.leaves]


def is_smooth(drawn: RandomGraph, leaves: list[float]) -> bool:
    """Tell whether every step is inside its domain, of ordinary size and away from kinks, so that digits are kept."""
    numbers: list[float] = list(leaves)
    for step in drawn.steps:
        op, varied = TABLE[step.name], [isinstance(operand, int) for operand in step.operands]
        point = [numbers[operand] if isinstance(operand, int) else operand for operand in step.operands]
        if not op.domain.contains(*point) or not smooth_at(op, point, varied):
            return False
        numbers.append(op(*point))
    return True


def check(drawn: RandomGraph, other: list[float]) -> None:
    nodes = drawn.record()
    loss, leaves = nodes[-1], nodes[: len(drawn.leaves)]
    expected = eager(loss, leaves)
    program = mg.compile(loss)
    assert_agree(called(program, loss, leaves), expected)
    set_numbers(leaves, other)
    check_new_numbers(program, loss, leaves, is_smooth(drawn, other))
    set_numbers(leaves, drawn.leaves)
    mg.recompute(loss)
    if is_smooth(drawn, other):
        check_batch(loss, leaves, [drawn.leaves, other])


def check_new_numbers(program: Any, loss: Value, leaves: list[Value], smooth: bool) -> None:
    before = state(loss)
    refused = message_of(lambda: mg.recompute(loss))
    if refused:
        assert message_of(program) == refused
        assert state(loss) == before
    elif smooth:
        expected = eager(loss, leaves)
        assert_agree(called(program, loss, leaves), expected)


def message_of(compute: Callable[[], object]) -> str:
    """Return what is said of numbers outside a domain; "" where they are inside."""
    try:
        compute()
    except DomainError as error:
        return str(error)
    return ""


def check_batch(loss: Value, leaves: list[Value], samples: list[list[float]]) -> None:
    """Let every second leaf vary by sample."""
    reached = graph.leaves(loss)
    batch = [leaf for leaf in leaves[::2] if any(leaf is known for known in reached)]
    kept = [leaf for leaf in leaves if not any(leaf is varied for varied in batch)]
    rows = [[row[place] for place, leaf in enumerate(leaves) if any(leaf is b for b in batch)] for row in samples]
    if not batch or not is_smooth_with(rows, batch, loss):
        return
    expected = mean_over(loss, batch, rows, kept)
    program = mg.compile(loss, batch=batch)
    assert_agree(called(program, loss, kept, rows), expected)


def is_smooth_with(rows: list[list[float]], batch: list[Value], loss: Value) -> bool:
    """Tell whether every sample keeps every operation away from its kinks, also together with the other leaves."""
    kept = [leaf.data for leaf in batch]
    try:
        for row in rows:
            set_numbers(batch, row)
            mg.recompute(loss)
            if not all(is_smooth_node(node) for node in graph.topological(loss)):
                return False
    except DomainError:
        return False
    finally:
        set_numbers(batch, kept)
        mg.recompute(loss)
    return True


def is_smooth_node(node: Value) -> bool:
    operands = [operand.data for operand in node.inputs]
    return node.op is None or smooth_at(node.op, operands, [not operand._written for operand in node.inputs])


@pytest.mark.parametrize("batch", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, BATCHES))])
def test_random_graphs_agree_at_old_and_new_numbers_and_over_a_batch(batch: int) -> None:
    @seed(batch)
    @settings(max_examples=GRAPHS_PER_BATCH, derandomize=False)
    @given(graphs_and_new_numbers())
    def run(drawn: tuple[RandomGraph, list[float]]) -> None:
        check(*drawn)

    run()


@pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))
def test_every_operation_agrees_alone_and_a_hundred_times_at_once(op: Op) -> None:
    """Once is a few lines of floats; a hundred are one line of arrays, which has to know every operation as well."""
    for points in (somewhere(op), random_points(op, POINTS, largest=40.0)):
        rows = [operands(op, point) for point in points]
        leaves = [operand for row in rows for operand in row if isinstance(operand, Value)]
        loss = mg.total(mg.sin(float(place)) * op(*row) for place, row in enumerate(rows, 1))
        program = mg.compile(loss)
        assert_agree(called(program, loss, leaves), eager(loss, leaves))
        set_numbers(leaves, [leaf.data * 1.0009765625 for leaf in leaves])
        check_new_numbers(program, loss, leaves, smooth=True)


def test_the_check_catches_a_program_that_is_wrong_by_one_part_in_a_hundred_thousand_million(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A comparison that passes everything would be worthless, so it is given a lie."""
    drawn = RandomGraph([0.7, -1.2], [Step("multiply", (0, 1)), Step("tanh", (2,))])
    check(drawn, [0.5, 0.25])
    refused: list[str] = []
    for part in ("value", "gradient"):
        monkeypatch.setattr(mg, "compile", lambda loss, batch=None, part=part: lying(loss, part))
        with pytest.raises(AssertionError, match="is not"):
            check(drawn, [0.5, 0.25])
        refused.append(part)
    assert refused == ["value", "gradient"]


def lying(loss: Value, part: str) -> Any:
    def program() -> float:
        mg.recompute(loss)
        loss.backward()
        leaf = graph.leaves(loss)[0]
        if part == "value":
            loss.data *= 1.0 + 1e-11
        else:
            leaf.grad *= 1.0 + 1e-11
        return loss.data

    return program
