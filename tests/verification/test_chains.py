"""Chains of a page whose first side, figures or numbers tempt a reader into a false verdict, or into none."""

import re

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
    "[-0.8, 1.1, 0.1] - 1.1 = [-1.9, 0, -1.0]": 0,
    "[-0.8, 1.1, 0.1] - 1.1 = [-1.9, 0, -1.2]": 1,
    "a1[1] = 0.149/1.517 = 0.098": 0,
    "a1[1] = 0.149/2.517 = 0.098": 1,
}


@pytest.mark.parametrize("line", LISTED)
def test_arithmetic_of_lists_is_judged_entry_by_entry(line: str) -> None:
    assert sum(not finding.verdict.is_right for finding in report_on(SOFTMAX, line)) == LISTED[line]


# Names that the text defines, on and on: the exact value behind the last one, and what it is not.
LSTM = """+++
expressions = {Wf=0.5,Whf=0.1,Wi=0.6,Whi=0.2,Wc=0.7,Whc=0.3,Wo=0.8,Who=0.4,b=0,Wy=4,h_0=0,C_0=0,x=[1,2,3]}
+++
"""
CELL = """f_{n} = sigmoid(Wf*x_{n} + Whf*h_{m} + b)
i_{n} = sigmoid(Wi*x_{n} + Whi*h_{m} + b)
g_{n} = tanh(Wc*x_{n} + Whc*h_{m} + b)
C_{n} = f_{n}*C_{m} + i_{n}*g_{n}
o_{n} = sigmoid(Wo*x_{n} + Who*h_{m} + b)
h_{n} = o_{n}*tanh(C_{n})
"""


@pytest.mark.parametrize(("printed", "verdict"), [("3.4827", "rounded"), ("3.4828", "consistent"), ("3.4826", "wrong")])
def test_names_of_the_text_are_computed_and_never_taken_from_rounded_numbers(printed: str, verdict: str) -> None:
    cells = "".join(CELL.replace("{n}", str(n)).replace("{m}", str(n - 1)) for n in (1, 2, 3))
    report = report_on(LSTM, f"{cells}y = Wy*h_3 = {printed}")
    assert report[-1].verdict.value == verdict
    assert report[-1].value == pytest.approx(3.482711144)
    assert report[-1].quantity == "y"


def test_a_formula_that_grows_with_each_line_meets_no_limit() -> None:
    lines = [f"a_{n} = a_{n - 1}*a_{n - 1} + w - 0.3" for n in range(2, 60)]
    report = report_on('+++\nexpressions = {w=0.5, E="w*w"}\n+++\n', "\n".join(["a_1 = w*w", *lines, "a_59 = 0.2764"]))
    assert [finding.verdict.value for finding in report][-1] == "rounded"


@pytest.mark.parametrize(
    "lines",
    [
        "h = 2*w5\nu = h/2*x1 + b1\nh = 3*w5\nk = h = 0.9",  # a name is given to another formula
        "h = 2*w5\nh = 0.6",
        "q = 0.9\nq = 3*w5\nr = q + 1 = 1.9",
        "dw5 = 2*w5 = 0.6\ndE/dw5 = 0.0249; dw5/2 = 0.3",  # a name like a derivative's
        "lambda = 2*w5 = 0.6; lambda/2 = 0.3",
        "s' = 2*w5 = 0.6\ns'/2 = 0.3",
    ],
)
def test_a_name_of_the_text_stands_for_its_last_formula(lines: str) -> None:
    report = report_on(ONE, lines)
    assert report, report
    wrong = re.sub(r"(\d)\Z", lambda last: str((int(last[1]) + 4) % 10), lines)
    assert not report_on(ONE, wrong)


def test_what_is_defined_beyond_a_limit_is_not_judged_and_said_so() -> None:
    long = " + ".join(["exp(tanh(sigmoid(w5*x1)))"] * 120)
    report = report_on(ONE, f"long = {long} = 200\nnext = long/2 = 100")
    assert not report
    assert not [finding for finding in report if finding.verdict.is_right]
    assert "at most" in report.unread[0].why
    assert "What needs it is not judged" in report.unread[0].why
    assert [part.line for part in report.unread] == [11, 12, 12][: len(report.unread)]


def test_two_words_behind_a_semicolon_begin_another_statement() -> None:
    report = report_on(ONE, "E = 0.0054; Error reduction = 0.3")
    assert [finding.verdict.is_right for finding in report] == [True]
    assert [part.text for part in report.unread] == ["Error reduction"]


TWO = (
    ONE.replace("[1.0]", "[[1.0, 2.0], [0.5, 1.0]]")
    .replace("[0.5]", "[[0.5], [1.0]]")
    .replace("[[0.3]]", "[[0.3, 0.1]]")
)
# What the network cannot have.
BEYOND = {
    "y of sample 3 = 0.7": "There are 2 samples.",
    "z1[2] of sample 1 = 0.7": "z1 has one entry.",
    "dE/dw1[1,3] = 0.04": "w1 has 1 by 2 entries.",
    "new w1[2,1] = 0.04": "w1 has 1 by 2 entries.",
    "delta1[2] of sample 1 = 0.04": "delta1 has one entry.",
    "z2[1] of sample 1 = 0.04": "There is one layer.",
    "a1[1] of sample 1 = sigmoid(z1[2])": "z1 has one entry.",
    "w1: [[0.3, 0.1]] -> [[0.3, 0.1, 0.2]]": "A list of 1 by 2 is called so",
}


@pytest.mark.parametrize("line", BEYOND)
def test_what_the_network_cannot_have_is_an_error_with_its_place(line: str) -> None:
    report = report_on(TWO, f"u = 0.25\n{line}")
    parts = [part for part in report.unread if part.is_claim]
    assert [(part.line, BEYOND[line] in part.why) for part in parts] == [(TWO.count("\n") + 3, True)]
    assert not report


def test_a_heading_of_a_sample_that_there_is_not_is_an_error() -> None:
    page = f"{TWO}\n## Sample 3\n\n    u = 0.3\n"
    report = mg.Worksheet.from_text(page, "page.md").verify()
    part = next(part for part in report.unread if part.is_claim)
    assert (part.line, part.why) == (TWO.count("\n") + 2, "There are 2 samples.")
    assert not report
