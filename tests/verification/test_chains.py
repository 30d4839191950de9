"""Chains of a page whose first side, figures or numbers tempt a reader into a false verdict, or into none."""

import pytest

import microgradnet as mg
from microgradnet.verification.report import Report

ONE = """+++
names = {y="a1", w5="w1[1,1]"}
step = {eta = 0.5}
[network]
inputs = [1.0]
targets = [0.5]
loss = "half_squared_error"
layers = [{weights = [[0.3]], biases = [0.1234567], activation = "sigmoid"}]
+++
"""
SOFTMAX = """+++
names = {logits="z1", y_pred="a1", y_true="t", grad="delta1"}
[network]
inputs = [1.0, 2.0]
targets = [0, 1, 0]
loss = "categorical_crossentropy"
layers = [{weights = [[0.2, -0.5], [-0.3, 0.7], [0.5, -0.2]], activation = "softmax"}]
+++
"""


def report_on(front: str, lines: str) -> Report:
    text = "".join(f"    {line}\n" for line in lines.split("\n"))
    return mg.Worksheet.from_text(f"{front}\n{text}", "page.md").verify()


# A number under a name of the page's own is rounded, as one that stands in the formula is: the exact one is 0.4234567.
GIVEN = {
    "net = 0.4235\na1 = sigmoid(net) = 0.6043": True,
    "net = 0.423\ny = 1/(1 + e^(-net)) = 0.6043": True,
    "net = 0.424\na1 = sigmoid(net) = 0.6043": False,
    "net = 0.42345670\na1 = sigmoid(net) = 0.6043": True,
    "net = 0.42344\na1 = sigmoid(net) = 0.6043": False,
    "net = 0.3 + 0.12346 = 0.42346\nnext = net + 0.5 = 0.92346\na1 = sigmoid(next - 0.5) = 0.6043": True,
}


@pytest.mark.parametrize("lines", GIVEN)
def test_a_number_taken_as_given_keeps_its_rounding(lines: str) -> None:
    assert bool(report_on(ONE, lines)) is GIVEN[lines]


# What is printed is right but for its rounding; how many verdicts on a line are that something is wrong.
LISTED = {
    "y_pred = [0.149/1.517, 1.0/1.517, 0.368/1.517] = [0.098, 0.659, 0.242]": 0,
    "y_pred = [0.149/1.517, 1.0/2.517, 0.368/1.517] = [0.098, 0.659, 0.242]": 1,
    "y_pred = [0.149/1.517, 1.0/1.517, 0.368/2.517] = [0.098, 0.559, 0.242]": 2,
    "grad = [0.098, 0.659, 0.242] - [0, 1, 0] = [0.098, -0.341, 0.242]": 0,
    "grad = [0.098, 0.659, 0.242] - [1, 1, 0] = [0.098, -0.341, 0.242]": 1,
    "grad = y_pred - y_true = [0.098, 0.659, 0.242] - [1, 1, 0] = [0.098, -0.341, 0.242]": 1,
    "a1[1] = 0.149/1.517 = 0.098": 0,
    "a1[1] = 0.149/2.517 = 0.098": 1,
}


@pytest.mark.parametrize("line", LISTED)
def test_arithmetic_of_lists_is_judged_entry_by_entry(line: str) -> None:
    assert sum(not finding.verdict.is_right for finding in report_on(SOFTMAX, line)) == LISTED[line]
