"""Broken pages and worksheets, and bombs, end in verdicts or in errors of one line each, and never in anything else.

There is no timer here: what keeps a worksheet from running for long are its own limits, which are tested one by one in
``test_schema.py`` and ``test_runs.py``. A hang would show as a suite that does not end; ``hostile.py`` measures.
"""

import pytest

from microgradnet.verification.report import Report, Verdict
from tests.verification.hostile import (
    ORIGINALS,
    PAGE,
    bombs,
    chained,
    claim,
    is_one_line_each,
    large_network,
    mutated,
    original,
    outcome,
)

SEEDS = [range(16), *(range(250 * block, 250 * (block + 1)) for block in range(16))]
ALL = list(bombs())
FEW = 12  # bombs of the suite that is not slow


def _marks(block: int) -> list[pytest.MarkDecorator]:
    """Return the marks of a block of 250 mutations; CI runs the first four."""
    return [pytest.mark.slow, *([pytest.mark.long] if block > 4 else [])]


def check(text: str, name: object) -> None:
    result = outcome(text)
    if isinstance(result, Report):
        assert all(isinstance(finding.verdict, Verdict) for finding in result), name
        assert str(result), name
    else:
        assert is_one_line_each(result), (name, result)


@pytest.mark.parametrize("block", [0, *(pytest.param(block, marks=_marks(block)) for block in range(1, 17))])
def test_a_mutated_worksheet_ends_in_verdicts_or_in_one_line_each(block):
    for seed in SEEDS[block]:
        check(mutated(seed), seed)


def test_the_mutations_reach_both_ends():
    results = [outcome(mutated(seed)) for seed in (*range(1, 1000, 80), *range(2, 1000, 80))]
    reports = [result for result in results if isinstance(result, Report)]
    assert 3 < len(reports) < len(results) - 3
    assert any(not report.as_expected for report in reports)
    assert all(outcome(original(name)).as_expected for name in ORIGINALS[1:-1])
    assert isinstance(outcome(PAGE), Report)


def test_there_are_150_bombs():
    assert len(ALL) >= 150
    assert len({name for name, _ in ALL}) == len(ALL)


@pytest.mark.parametrize(
    "shard", [pytest.param(shard, marks=[pytest.mark.slow] if shard else []) for shard in range(len(ALL) // FEW)]
)
def test_a_bomb_ends_in_verdicts_or_in_one_line(shard):
    for name, text in ALL[shard :: len(ALL) // FEW]:
        check(text, name)


BOMBS = {
    "a chain of quantities": (chained("q + 1", 250), 1),
    "doubling at two numbers": (chained("(q at w=2) + (q at w=3)", 25), "at most 20 steps and replacements"),
    "a chain of replacements": (chained("q at w=w+1", 250), "at most 20 steps and replacements"),
    "doubling at ever new numbers": (chained("(q at w=w+1) + (q at w=w*1.1)", 18), "at most 250,000 nodes"),
    "an order of a billion": (
        "[expressions]\nw = 1.5\nE = 'polygamma(1000000000, w)'\n" + claim("E", "1"),
        "polygamma",
    ),
    "120 times at": (
        large_network(claim("+".join(f"(E at x[1]={place})" for place in range(120)), "1")),
        "at most 250,000 nodes",
    ),
    "48 wrong gradients": (
        large_network("".join(claim(f"dE/dw1[{k % 30 + 1},{k % 29 + 1}]", f"0.{1234 + 61 * k}") for k in range(48))),
        48,
    ),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_would_never_end_names_its_limit(bomb):
    text, expected = BOMBS[bomb]
    result = outcome(text)
    if isinstance(expected, int):
        assert len(result) == expected
    else:
        assert expected in result
        assert len(result.splitlines()) == 1
