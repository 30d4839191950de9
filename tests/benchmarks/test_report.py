"""Medians, ratios, verdicts and the report, on made-up numbers."""

import math
from dataclasses import replace

import pytest

from benchmarks import plot, report
from benchmarks.engines import Engine
from benchmarks.figures import written
from benchmarks.program import Phase, Prepared, Program, by_letter
from benchmarks.results import Results
from benchmarks.statistics import Spread, agreement, ratio, spread
from benchmarks.targets import (
    MET,
    MISSED,
    UNKNOWN,
    constant,
    figure,
    largest,
    printed_alike,
    times_as_long,
    times_faster,
)

FAST, SLOW, ABSENT = Engine("fast", "fast engine"), Engine("slow", "slow engine"), Engine("absent", "absent engine")


def program(*targets) -> Program:
    return Program(
        letter="z",
        title="Made-up numbers",
        text="Nothing was run.",
        engines=[FAST, SLOW, ABSENT],
        phases=[Phase("step"), Phase("small", per=10), Phase("large", per=1000), Phase("memory", unit="bytes", per=10)],
        prepare=lambda engine, size: Prepared({}),
        size=3,
        quick_size=1,
        targets=targets,
        shown=[["step"], ["small", "large"]],
        baseline=("fast", "step"),
    )


def results(*targets) -> Results:
    made = Results(program(*targets), size=3)
    for fast, slow in [(1e-3, 10e-3), (2e-3, 30e-3), (1e-3, 10e-3)]:  # the second round met a busy machine
        made.add("fast", "step", {"cpu": fast, "wall": 2 * fast})
        made.add("slow", "step", {"cpu": slow, "wall": 2 * slow})
    made.add("fast", "small", {"cpu": 10e-6, "wall": 10e-6})
    made.add("fast", "large", {"cpu": 1500e-6, "wall": 1500e-6})
    made.add("fast", "memory", {"bytes": 1200.0})
    made.missing["absent"] = "not installed"
    return made


def test_a_median_lies_between_its_quartiles():
    assert spread([5.0, 1.0, 2.0, 4.0, 3.0]) == Spread(3.0, 2.0, 4.0)
    assert spread([7.0]) == Spread(7.0, 7.0, 7.0)


def test_a_ratio_is_taken_within_each_round():
    assert ratio([10.0, 40.0, 10.0], [1.0, 4.0, 1.0]) == Spread(10.0, 10.0, 10.0)
    assert ratio([10.0, 40.0, 30.0, 20.0], [1.0]) == Spread(10.0, 10.0, 10.0)  # a slow step has fewer rounds


def test_numbers_that_differ_are_found():
    assert agreement([1.0, 2.0], [1.0, 2.0, 3.0]) == 0.0
    assert agreement([1.0, 2.002], [1.0, 2.0]) == pytest.approx(0.001)
    assert agreement([1.0, 2.0, 3.0], [1.0, 2.0]) == math.inf
    assert agreement([math.nan], [1.0]) == math.inf


def test_samples_are_divided_by_what_they_are_for():
    made = results()
    assert made.spread("fast", "large").median == pytest.approx(1.5e-6)
    assert made.spread("fast", "memory").median == 120.0
    assert made.spread("fast", "step", "wall").median == 2e-3
    assert made.spread("slow", "large") is None


@pytest.mark.parametrize(
    ("target", "verdict", "median"),
    [
        (times_faster("", ("fast", "step"), ("slow", "step"), at_least=10), MET, 10.0),
        (times_faster("", ("fast", "step"), ("slow", "step"), at_least=10.1), MISSED, 10.0),
        (times_faster("", ("slow", "step"), ("fast", "step"), at_least=1), MISSED, 0.1),
        (times_as_long("", ("slow", "step"), ("fast", "step"), at_most=10), MET, 10.0),
        (times_as_long("", ("slow", "step"), ("fast", "step"), at_most=9.9), MISSED, 10.0),
        (times_as_long("", ("absent", "step"), ("fast", "step"), at_most=9.9), UNKNOWN, None),
        (constant("", "fast", ["small", "large"], within=1.5), MET, 1.5),
        (constant("", "fast", ["small", "large"], within=1.4), MISSED, 1.5),
        (constant("", "slow", ["small", "large"], within=1.4), UNKNOWN, None),
        (largest("", "fast", ["memory"], at_most=120, shape="{:.0f} bytes"), MET, 120.0),
        (largest("", "fast", ["memory"], at_most=119, shape="{:.0f} bytes"), MISSED, 120.0),
        (largest("", "slow", ["memory"], at_most=119, shape="{:.0f} bytes"), UNKNOWN, None),
        (figure("", ("slow", "step"), at_most=20, shape="{:.0f} ms", scale=1e3, unit="wall"), MET, 20.0),
        (figure("", ("slow", "step"), at_most=19, shape="{:.0f} ms", scale=1e3, unit="wall"), MISSED, 20.0),
    ],
)
def test_verdicts(target, verdict, median):
    made = results()
    assert target.verdict(made) == verdict
    reached = target.reached(made)
    assert reached is None if median is None else reached.median == pytest.approx(median)


def test_losses_that_print_alike():
    target, made = printed_alike("", ["fast", "slow"], digits=3), results()
    assert target.verdict(made) == UNKNOWN
    made.checks = {"fast": [1.2344, 2.0], "slow": [1.2344 + 1e-9, 2.0]}
    assert target.verdict(made) == MET
    made.checks["slow"][1] = 2.001
    assert (target.verdict(made), target.reached(made).median) == (MISSED, 1.0)
    made.checks["slow"] = [1.2344]
    assert target.verdict(made) == MISSED


def test_an_engine_that_computes_something_else_is_named():
    made = results()
    made.checks = {"fast": [1.0], "slow": [1.0, 2.0]}
    assert made.disagreements() == {}
    made.checks["fast"] = [1.1]
    assert list(made.disagreements()) == ["fast"]
    assert "**fast engine computed something else** than slow engine" in "\n".join(report.section(made))


def test_numbers_have_three_digits_and_a_unit():
    assert written(Spread(3.41234e-3, 3.3e-3, 3.52e-3), "seconds") == "3.41 ms (3.30 to 3.52)"
    assert written(Spread(213e-9, 1e-7, 1e-6), "seconds", with_range=False) == "213 ns"
    assert written(Spread(1234.0, 1234.0, 1234.0), "bytes") == "1,234 bytes"
    assert written(Spread(0.0, 0.0, 0.0), "libraries") == "0"
    assert written(Spread(0.0, 0.0, 0.0), "seconds") == "0 ns"


def test_the_report_shows_targets_times_and_what_is_missing():
    reached = times_faster("fast beside slow", ("fast", "step"), ("slow", "step"), at_least=5)
    missed = times_as_long("slow beside fast", ("slow", "step"), ("fast", "step"), at_most=2.0)
    lines = report.markdown([results(reached, missed)], rounds=3, seconds=0.05, load_before="0.1").splitlines()
    assert "| (z) fast beside slow | at least 5.0 times | 10.0 times (10.0 to 12.5) | met |" in lines
    assert "| (z) slow beside fast | at most 2.00 times | 10.00 times (10.00 to 12.50) | **missed** |" in lines
    assert "- absent engine: not installed." in lines
    assert "| fast engine | 1.00 ms (1.00 to 1.50) | 1.00 µs | 1.50 µs | 120 bytes | 1.00 |" in lines
    assert "| slow engine | 10.0 ms (10.0 to 20.0) |  |  |  | 10.0 |" in lines
    assert "| slow engine | 20.0 ms |  |  |" in lines  # by the clock


def test_a_table_with_many_columns_has_a_row_for_each_phase():
    many = replace(program(), phases=[Phase(f"phase {place}") for place in range(12)], baseline=None)
    made = Results(many, size=3)
    for phase in many.phases:
        made.add("fast", phase.name, {"cpu": 1e-3, "wall": 1e-3})
    lines = report.times(made, "").splitlines()
    assert lines[0] == "|  | fast engine |"
    assert lines[2:4] == ["| phase 0 | 1.00 ms |", "| phase 1 | 1.00 ms |"]


def test_a_quick_run_says_so():
    made = results()
    made.size = 1
    assert "A quick run: of size 1, where 3 is meant." in report.section(made)


def test_the_plot_has_a_panel_for_what_was_measured(tmp_path):
    pytest.importorskip("matplotlib")
    empty = Results(program(), size=3)
    plot.save([empty], tmp_path / "none.svg", "nothing")
    assert not (tmp_path / "none.svg").exists()
    plot.save([results(), empty], tmp_path / "one.svg", "a machine")
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert text.count('<g id="axes_') == 2
    apart = replace(program(), phases=[Phase("step"), Phase("other")], shown=[["step", "other"]], baseline=None)
    made = replace(results(), program=apart)
    made.add("slow", "other", {"cpu": 1e-3, "wall": 1e-3})
    plot.save([made], tmp_path / "rows.svg", "a machine")
    assert "nodes" not in (tmp_path / "rows.svg").read_text(encoding="utf-8")  # two phases are no growth
    assert "dc:date" not in text  # a new run of the same numbers is the same file


def test_two_programs_with_one_letter_are_refused():
    with pytest.raises(ValueError, match="a letter of its own"):
        by_letter([program(), program()])
    assert list(by_letter([replace(program(), letter="y"), program()])) == ["y", "z"]
