"""Whole derivations against files that were read line by line beside the sources."""

from pathlib import Path

import pytest

import microgradnet as mg
from tests.derivation.graphs import karpathy, mazur, softmax_by_hand

CASES = {
    "mazur_w5": (mazur, "w2[1,1]", 0.5),
    "mazur_w1": (mazur, "w1[1,1]", 0.5),
    "softmax_w1_1_1": (softmax_by_hand, "w1[1,1]", 0.1),
    "karpathy_a": (karpathy, "a", None),
}


@pytest.mark.parametrize(("name", "form"), [("mazur_w1.txt", "text"), ("softmax_w1_1_1.md", "markdown")])
def test_the_page_is_the_one_on_file(name, form):
    graph, weight, eta = CASES[name.partition(".")[0]]
    expected = (Path(__file__).parent / "golden" / name).read_text(encoding="utf-8")
    assert expected == getattr(mg.derive(graph(), weight, eta=eta), form).rstrip("\n") + "\n"


# What the sources print: they must stand on the page, where a reader compares the two.
PRINTED = {
    "mazur_w5": ["0.74136507", "0.18681560", "0.59326999", "0.08216704", "0.35891648"],
    "mazur_w1": ["0.00043856", "0.14978072", "0.13849856", "0.036350306"],
    "softmax_w1_1_1": ["0.0084", "0.099156", "0.27868761", "0.56782310"],
    "karpathy_a": ["dL/da = (-2) * 1 * (-3) = 6"],
}


@pytest.mark.parametrize("name", CASES)
def test_the_figures_of_the_source_stand_on_the_page(name):
    graph, weight, eta = CASES[name]
    page = mg.derive(graph(), weight, eta=eta).text
    assert [figure for figure in PRINTED[name] if figure not in page] == []


@pytest.mark.parametrize("digits", [3, 4, 6, None])
@pytest.mark.parametrize("name", CASES)
def test_a_reader_who_calculates_with_the_printed_numbers_gets_the_printed_results(name, digits):
    graph, weight, eta = CASES[name]
    lines = mg.derive(graph(), weight, eta=eta, digits=digits).wrapped(10_000).splitlines()
    judged = [mg.check(line) for line in lines if line.startswith("  ") and " = " in line]
    assert [str(report) for report in judged if not report] == []
    assert sum(len(report.equalities) for report in judged) > 3
