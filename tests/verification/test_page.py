"""Pages: calculations as people write them, each relation judged against graph, formula and numbers."""

import re
from pathlib import Path

import pytest

import microgradnet as mg
from microgradnet.errors import WorksheetError
from microgradnet.verification.report import Verdict

FRONT = """+++
[network]
inputs = [0.05, 0.10]
targets = [0.01, 0.99]
loss = "half_squared_error"
layers = [
  { weights = [[0.15, 0.20], [0.25, 0.30]], biases = [0.35, 0.35], activation = "sigmoid" },
  { weights = [[0.40, 0.45], [0.50, 0.55]], biases = [0.60, 0.60], activation = "sigmoid" },
]
[names]
net_h1 = "z1[1]"
out_h1 = "a1[1]"
out_o1 = "a2[1]"
net_o1 = "z2[1]"
w5 = "w2[1,1]"
"E_{o1}" = "E1"
"E_{total}" = "E"
[step]
eta = 0.5
update = ["w1", "w2"]
+++
# Step by step

"""

LINES = {
    # each line with the verdicts that it gets, in order of columns
    "net_h1 = 0.15 * 0.05 + 0.2 * 0.1 + 0.35 * 1 = 0.3775": ["exact"],
    r"$$out_{h1} = \frac{1}{1+e^{-net_{h1}}} = \frac{1}{1+e^{-0.3775}} = 0.593269992$$": ["holds", "rounded"],
    r"$$E_{o1} = \frac{1}{2}(0.01 - 0.75136507)^2 = 0.274811083$$": ["rounded"],
    r"$$E_{total} = 0.274811083 + 0.023560026 = 0.298371109$$": ["rounded"],
    "dout_o1/dnet_o1 = out_o1(1 - out_o1) = 0.75136507(1 - 0.75136507) = 0.186815602": ["holds", "rounded"],
    r"$$\frac{\partial E_{total}}{\partial w_5} = 0.74136507 * 0.186815602 * 0.593269992 = 0.082167041$$": ["rounded"],
    "new w5 = 0.4 - 0.5*0.082167041 = 0.35891648": ["rounded"],
    "w5 -> 0.3589": ["rounded"],
    "w5: 0.4 -> 0.3589": ["exact", "rounded"],
    "w5 = 0.4 → 0.9; E: 0.2984 -> 0.2910": ["exact", "wrong", "rounded", "rounded"],
    "new w5 -> 0.9": ["wrong"],
    "w2: [[0.4, 0.45], [0.5, 0.55]] -> [[0.359, 0.409], [0.511, 0.561]]": ["exact"] * 4 + ["rounded"] * 4,
    "w_5^{+} = w_5 - eta*dE/dw5 = 0.3589": ["holds", "rounded"],
    "a2 = [0.7514, 0.7729]": ["rounded", "rounded"],
    "dE/dw2 = [[0.0822, 0.0827], [-0.0226, -0.0227]]": ["rounded"] * 4,
    "delta2[1] = 0.1385": ["rounded"],
    r"$$\delta_1^{(2)} = 0.1485$$": ["wrong"],
    "E after 1 step = 0.2910": ["rounded"],
    "a2[1] after 2 rounds ≈ 0.7325; new w5 = 0.3589": ["rounded", "rounded"],
    "2 * 3 = 6": ["exact"],
    "2 * 3 = 7": ["wrong"],
    "net_h1 = 0.3875": ["wrong"],
    "net_h1 = 0.15*0.05 + 0.25*0.1 + 0.35 = 0.3775": ["wrong", "exact"],  # wrong numbers, right result
    "out_h1 = net_h1 * (1 - net_h1) = 0.5933": ["wrong", "rounded"],  # a wrong formula, right result
    "dE/dw5 = 0.74 * 0.19 * 0.59 = 0.0822": ["rounded"],  # right, and its factors are shown rounded
    "Total error E_total = 0.2984; the old weight w5 = 0.4": ["rounded", "exact"],
    "Our new weight w5 = 0.3589; Updated weight: w5 = 0.45": ["rounded", "wrong"],
    "新权重 w5 = 0.3589; 输出 out_h1 = 0.5933": ["rounded", "rounded"],
    "Outputs a2 = [0.7514, 0.7729]; new weights w2[1,1] = 0.3589": ["rounded", "rounded", "rounded"],
    r"$$out_{h1} = 0.5933, \quad out_{o1} = 0.7514 \qquad w_5 = 0.4$$": ["rounded", "rounded", "exact"],
    "delta2 = (a2 - t)*a2*(1 - a2) = [0.1385, -0.0381]": ["holds", "holds", "rounded", "rounded"],
    "delta2 = (a2 + t)*a2*(1 - a2)": ["wrong", "wrong"],
    r"a1 = \sigma(z1) = [0.5933, 0.5969]": ["holds", "holds", "rounded", "rounded"],
    "z1 = w1 x + b1 = [0.3775, 0.3925]": ["exact", "exact"],  # of a product of matrices only what it gives
    "half w5 = 0.2": [],  # the word may say anything
    "Gradient of w5 = 0.4": [],
    "net_h1 = ____": [],
    "The sum 1 + 1 = 3 is prose": [],
}


def verdicts(line: str) -> list[str]:
    text = line if line.startswith(("$", "The")) else f"    {line}"
    return [finding.verdict.value for finding in mg.Worksheet.from_text(f"{FRONT}{text}\n", "page.md").verify()]


@pytest.mark.parametrize("line", LINES)
def test_each_relation_of_a_line_is_judged(line: str) -> None:
    assert verdicts(line) == LINES[line]


def test_a_verdict_has_its_place_and_the_names_of_the_page(tmp_path: Path) -> None:
    path = tmp_path / "lesson.md"
    path.write_text(
        f"{FRONT}    out_h1 = 0.5933\n\n    net_h1 = 0.15*0.05 + 0.2*0.1 + 0.35 = 0.3875\n", encoding="utf-8"
    )
    report = mg.Worksheet.load(path).verify()
    assert report.title == "Step by step"
    first, second = report
    line = FRONT.count("\n") + 1
    assert (first.line, first.column, first.name, first.quantity) == (line, 14, "out_h1", "a1[1]")
    assert (second.line, second.column, second.verdict) == (line + 2, 43, Verdict.WRONG)
    assert not report


def test_what_cannot_be_read_is_named_and_the_rest_is_judged() -> None:
    report = mg.Worksheet.from_text(FRONT + "    net_h1 = ] 0.3775\n    out_h1 = 0.5933\n", "page.md").verify()
    assert [finding.verdict for finding in report] == [Verdict.ROUNDED]
    (part,) = report.unread
    assert part.line == FRONT.count("\n") + 1
    assert not report  # as a figure stays unjudged
    assert "not judged: line" in str(report)


def test_a_name_that_the_graph_does_not_have_is_said_so() -> None:
    report = mg.Worksheet.from_text(FRONT + "    delta_h2 = 0.3\n    net_h1 = 0.3775\n", "page.md").verify()
    assert [part.text for part in report.unread] == ["delta_h2"]
    assert report


@pytest.mark.parametrize(
    ("front", "line"),
    [("[network]\ninputs = [1.0]\nlos = 3\n", 4), ("[network\ninputs = 1\n", 2), ("\n\n[expressions]\nw = x\n", 5)],
)
def test_mistakes_of_the_front_matter_have_their_line(front: str, line: int) -> None:
    with pytest.raises(WorksheetError, match=rf"(?:page\.md:|line ){line}\b"):
        mg.Worksheet.from_text(f"+++\n{front}+++\n", "page.md")


def test_lines_are_judged_against_a_graph_of_ones_own() -> None:
    w, x, b = mg.Value(0.5, label="w"), mg.Value(2.0, label="x"), mg.Value(0.1, label="b")
    E = (mg.tanh(w * x + b) - 1) ** 2
    lines = """
    z = w*x + b = 0.5*2 + 0.1 = 1.1
    E = (0.8005 - 1)^2 = 0.0398
    dE/dw = 2*(0.8005-1)*(1-0.8005^2)*2 = -0.2866
    """
    report = mg.verify(E, lines)
    assert report
    assert [finding.verdict.value for finding in report] == ["holds", "exact", "rounded", "rounded"]
    assert not mg.verify(E, lines.replace("0.0398", "0.0408"))


def test_quantities_of_a_sample_are_read_where_they_stand():
    page = FRONT.replace("inputs = [0.05, 0.10]", "inputs = [[0.05, 0.10], [0.3, 0.2]]")
    page = page.replace("targets = [0.01, 0.99]", "targets = [[0.01, 0.99], [1, 0]]").replace(
        '"z1[1]"', '"z1[1] of sample 2"'
    )
    for name in ("a1[1]", "a2[1]", "z2[1]", "E1"):
        page = page.replace(f'"{name}"', f'"{name} of sample 1"')
    report = mg.Worksheet.from_text(page + "    z1[1] of sample 1 = 0.3775\n    net_h1 = 0.435\n", "two.md").verify()
    assert [finding.verdict.value for finding in report] == ["exact", "exact"]
    assert report[0].column == 25


NAMED = """
+++
[network]
inputs = [0.7, 1.0]
targets = [0.5]
loss = "half_squared_error"
layers = [
  { weights = [[0.1, 0.7], [0.8, 0.2]], biases = [0.1, 0], activation = "sigmoid" },
  { weights = [[0.6, -0.5]], activation = "sigmoid" },
]
[step]
eta = 0.1
[names]
"h_{pre,1}" = "z1[1]"
"f(s)" = "a1[1]"
"P(+|x)" = "a2[1]"
"o^2" = "a1"
W = "w1"
w11 = "w1[1,1]"
"θ1" = "-b1[1]"
"E at w = 0.2" = "E at w1[1,1]=0.2"
+++
# Names

Prose that is a note.
"""
NAMED_LINES = {
    r"h_{pre,1} = 0.1*0.7 + 0.7*1 + 0.1 = 0.87": ["exact"],
    "f(s) = 1/(1+e^-0.87) = 0.7047": ["rounded"],
    "f(s)(1-f(s)) = 0.2081": ["rounded"],
    "P(+|x) = 0.52": ["rounded"],
    "o^2 = [0.7047, 0.6814]": ["rounded", "rounded"],
    "o^2_1 = 0.7047": ["rounded"],
    "o^2_2 = 0.7047": ["wrong"],
    "dE/dW = [[0.1, 0.2], [0.3, 0.4]]": ["wrong", "wrong", "wrong", "wrong"],
    "W_12 = 0.7": ["exact"],
    "W[2,1] = 0.8; W_21 = 0.7": ["exact", "wrong"],
    "θ1 = -0.1; Δθ1 = 0.1": ["exact", "wrong"],
    "E at w = 0.2 = 0.0002": ["truncated"],
    "change w11 = 0.5": ["wrong"],
    "w11+ = 0.1; w11^+ = 0.2": ["rounded", "wrong"],
    "f(s) = 0.8    # wrong: A slip.": ["wrong"],
}


@pytest.mark.parametrize("line", NAMED_LINES)
def test_a_page_calls_its_quantities_as_it_pleases(line: str) -> None:
    worksheet = mg.Worksheet.from_text(f"{NAMED}\n    {line}\n", "named.md")
    assert worksheet.notes == "Prose that is a note."
    report = worksheet.verify()
    assert [finding.verdict.value for finding in report] == NAMED_LINES[line]
    assert not report.unread
    assert all(finding.line == NAMED.count("\n") + 2 for finding in report)
    assert all(finding.name.isascii() or finding.name[0] in "Δθ" for finding in report)


def test_a_remark_says_what_the_author_expects_of_a_figure() -> None:
    page = (
        NAMED + "\n    f(s) = 0.8       # wrong: A slip.\n    P(+|x) = 0.52    # recalled\n    w11 = 0.1  # 3 digits\n"
    )
    worksheet = mg.Worksheet.from_text(page, "named.md")
    wrong, recalled, plain = worksheet.verify()
    assert (wrong.expected, wrong.reason, wrong.as_expected) == (Verdict.WRONG, "A slip.", True)
    assert "recalled" in recalled.explanation
    assert (plain.expected, plain.explanation) == (None, "")
    assert not worksheet.verify(expectations=False)
    assert not mg.Worksheet.from_text(page.replace("0.8 ", "0.7 "), "named.md").verify()


def test_the_front_matter_says_what_the_decimal_mark_is() -> None:
    page = NAMED.replace("+++\n[network]", '+++\ndecimal = ","\n[network]')
    report = mg.Worksheet.from_text(
        page + "\n    w11 = 0,1; o^2 = [0,7047; 0,6814]\n    f(s) = 0,705\n", "named.md"
    ).verify()
    assert [finding.verdict.value for finding in report] == ["exact", "rounded", "rounded", "rounded"]
    with pytest.raises(WorksheetError, match="one of auto"):
        mg.Worksheet.from_text(page.replace('","', '";"'), "named.md")


UPDATES = {
    "w11 = 0.1 - 0.1*0.000448 = 0.099955": ["rounded"],
    "w11 = w11 - eta*dE/dW_11 = 0.1 - 0.1*0.0004478 = 0.0999552": ["holds", "rounded"],
    "w11 = 0.1": ["exact"],
    "w11 = 0.2 - 0.1 = 0.1": ["exact"],  # its value, worked out some other way
    "w11 = 0.1 - 0.1*0.5 = 0.05": ["wrong"],
}


@pytest.mark.parametrize("line", UPDATES)
def test_a_new_weight_may_be_calculated_under_its_old_name(line: str) -> None:
    report = mg.Worksheet.from_text(f"{NAMED}\n    {line}\n", "named.md").verify()
    assert [finding.verdict.value for finding in report] == UPDATES[line]
    is_new = line.startswith(("w11 = 0.1 -", "w11 = w11"))
    assert all(finding.quantity == ("new w1[1,1]" if is_new else "w1[1,1]") for finding in report)


NEWCOMER = """+++
names = { z = "z1[1]", ŷ = "a1[1]", y = "t[1]", w11 = "w1[1,1]", w12 = "w1[1,2]", b = "b1[1]" }
step = { eta = 0.1 }
[network]
inputs = [1.0, 2.0]
targets = [1.0]
loss = "half_squared_error"
layers = [{ weights = [[0.5, -0.4]], biases = [0.1], activation = "sigmoid" }]
+++
# One neuron
    z = w11 * x1 + w12 * x2 + b = -0.2
    ŷ = 1 / (1 + exp(0.2)) ≈ 0.4502
    Loss = 0.5 * (1.0 - 0.4502)^2 = 0.1511
    dL/dŷ = ŷ - y = 0.4502 - 1.0 = -0.5498
    dL/dz = -0.5498 * 0.2475 ≈ -0.1360
    dL/dw12 = dL/dz * x2 = -0.1360 * 2.0 = -0.2720
    w12 = w12 - eta * dL/dw12 = -0.4 - 0.1 * (-0.2720) = -0.3728
"""


def test_a_page_as_a_newcomer_types_it_is_right() -> None:
    """A block under its heading, a Greek key without quotes, L for the loss, printed figures that are put in again."""
    worksheet = mg.Worksheet.from_text(NEWCOMER, "neuron.md")
    report = worksheet.verify()
    assert report, report
    assert [finding.quantity for finding in report][-5:] == [
        "dE/dz1[1]", "dE/dw1[1,2]", "dE/dw1[1,2]", "new w1[1,2]", "new w1[1,2]",
    ]  # fmt: skip
    for right, wrong in (("= 0.1511", "= 0.1611"), ("- 0.1 * (-0.2720)", "- 0.1 * (-0.2820)")):
        assert not mg.Worksheet.from_text(NEWCOMER.replace(right, wrong), "neuron.md").verify(), wrong


MATRICES = {
    r"$$z^{(1)} = W^{(1)} x + b^{(1)} = \begin{bmatrix} 0.3775 \\ 0.3925 \end{bmatrix}$$": ["exact", "exact"],
    r"$$\mathbf{a}^{(2)} = \begin{pmatrix} 0.7514 & 0.7739 \end{pmatrix}$$": ["rounded", "wrong"],
    r"$$\frac{\partial E}{\partial W^{(2)}} = \begin{bmatrix} 0.0822 & 0.0827 \\ -0.0226 & -0.0227 \end{bmatrix}$$": (
        ["rounded"] * 4
    ),
    r"$$\frac{\partial L}{\partial w_{11}^{(1)}} = 0.000439$$": ["rounded"],
}


@pytest.mark.parametrize("line", MATRICES)
def test_matrices_of_latex_are_judged_entry_by_entry(line: str) -> None:
    report = mg.Worksheet.from_text(f"{FRONT}\n{line}\n", "page.md").verify()
    assert [finding.verdict.value for finding in report] == MATRICES[line]
    assert [part.text for part in report.unread] == ["W^{(1)} x + b^{(1)}"] * ("W^{(1)} x" in line)


def test_a_list_without_a_known_name_is_said_so() -> None:
    report = mg.Worksheet.from_text(f"{FRONT}\n    foo = [0.1, 0.2]\n    E = 0.2984\n", "page.md").verify()
    assert [part.text for part in report.unread] == ["foo"]
    assert report


HOSTILE = {
    "names of names": "\n".join(
        f"    k{place + 1} = k{place} + k{place}" if place else "    k1 = E + E" for place in range(60)
    ),
    "claims": "\n".join(["    out_h1 = 0.5933"] * 1_100),
    "sides": "    E" + " = 0.3" * 1_100,
    "sums": "    E = " + r"\sum_{i=1}^{9}" * 30 + "i = 3",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_page_ends_in_verdicts_or_in_one_line(what: str) -> None:
    worksheet = mg.Worksheet.from_text(f"{FRONT}\n{HOSTILE[what]}\n", "page.md")
    if what == "claims":
        with pytest.raises(WorksheetError, match=r"^page\.md: at most 1000 claims on a page"):
            worksheet.verify()
    else:
        assert len(worksheet.verify()) < 100


def test_a_page_has_as_many_names_as_anybody_needs() -> None:
    names = "".join(f'"q{place}(x)" = "z1[1]"\n' for place in range(400))
    with pytest.raises(WorksheetError, match="at most 300 entries"):
        mg.Worksheet.from_text(FRONT.replace("[names]\n", f"[names]\n{names}"), "page.md")


ONE = """+++
[network]
inputs = [0.35, 0.9]
targets = [0.5]
loss = "half_squared_error"
layers = [{ weights = [[0.3, 0.9]], biases = [0.1], activation = "sigmoid" }]
[names]
net = "z1[1]"
out = "a1[1]"
[step]
eta = 0.5
+++
"""
TWO = """+++
[network]
inputs = [[0.35, 0.9], [0.1, 0.2]]
targets = [[0.5], [1.0]]
loss = "half_squared_error"
layers = [
  { weights = [[0.3, 0.9], [0.2, 0.4]], biases = [0.1, 0.2], activation = "sigmoid" },
  { weights = [[0.3, 0.9]], biases = [0.1], activation = "sigmoid" },
]
[step]
eta = 0.5
+++
"""
# Each line with its verdicts, and what is said of the parts that get none.
SAID = {
    (ONE, "err = t - out = -0.9"): (["holds", "wrong"], ""),
    (ONE, "new b1 = 0.0772"): (["rounded"], ""),
    (ONE, "new w1 = [0.292, 0.879]"): (["rounded", "rounded"], ""),
    (ONE, "z1 = 1.015; delta1 = 0.0457; J = 0.0274"): (["exact", "rounded", "rounded"], ""),
    (ONE, "E = 1/2 (t - out)^2 = 0.0274"): (["holds", "rounded"], ""),
    (ONE, "w1[1,1] <- 0.3 - 0.5*0.016 = 0.292"): (["rounded"], ""),
    (ONE, "w1[1,1]: 0.3 - 0.5*0.016 = 0.302"): (["wrong"], ""),
    (ONE, "w1 := w1 - eta*dE/dw1 = [0.292, 0.879]"): (["rounded"] * 2, "a formula of lists"),
    (ONE, "w1 = w1 - eta*dE/dw1 = [0.292, 0.879]"): (["rounded"] * 2, "a formula of lists"),
    (ONE, "out' = out(1-out) = 0.1952; dE/dnet = (out-t)*out' = 0.0457"): (["holds", "rounded"] * 2, ""),
    (ONE, "x[1] <- 0.4"): ([], "No step changes it"),
    (ONE, "dL/dq = q - t = 0.234"): ([], "No quantity is called q."),
    (ONE, "sum(y_pred) = 1"): ([], "No quantity is called y_pred."),
    (ONE, "out = sigm(net) = 0.734"): (["rounded"], "No function is called sigm."),
    (ONE, "nett = 0.3*0.35 + 0.9*0.9 + 0.1 = 1.015"): (["exact"], "Did you mean net? Only its arithmetic is judged."),
    (ONE, "nett = 0.3*x_1 + 0.9*x_2 + 0.1 = 1.015"): (["holds", "exact"], "Did you mean net?"),
    (ONE, "out: 0.734"): ([], "out = 0.734"),
    (ONE, "x = 0.35"): ([], "It is a list: write x[1] to x[2]"),
    (ONE, "w1 = [0.3, 0.9, 0.1]"): ([], "A list of 1 by 2 is called so, and one of 3 is printed."),
    (ONE, "Accuracy of class 3 = 0.9"): ([], "A number behind a word"),
    (ONE, "Step 1 = 5"): ([], "A number behind a word"),
    (ONE, "loss of sample 2 = 0.9"): ([], "There is one sample"),
    (ONE, "out^(2) = 0.5387"): ([], "and a power has none"),
    (ONE, "out^2 = 0.5388"): (["rounded"], ""),
    (TWO, "delta2[1] of sample 3 = 0.9"): ([], "There are 2 samples."),
    (TWO, "z1[1] = 0.3"): ([], "z1[1] of sample 1, or write a heading"),
    (TWO, "E^(2) = 0.0487; x_1^{(2)} = 0.1"): (["rounded", "exact"], ""),
    (TWO, "a^{[1](2)} = [0.5769, 0.5744]; x^{(1)} = [0.35, 0.9]"): (["rounded", "rounded", "exact", "exact"], ""),
    (TWO, "x^{(i)} = 0.3"): ([], "its sample or layer"),
    (TWO, "w1^T = [[0.3, 0.2], [0.9, 0.4]]"): (["exact"] * 4, ""),
    (TWO, "w1 = [[0.3, 0.2], [0.9, 0.4]]"): (["exact", "wrong", "wrong", "exact"], ""),
    (TWO, "W^{(2)} = [[0.3], [0.9]]"): (["exact", "exact"], ""),
    (TWO, "a1 of sample 1 = [0.7340, 0.6525]; loss of sample 2 = 0.0487"): (["rounded"] * 3, ""),
    (
        TWO.replace("[step]", '[names]\nV = "w2"\nH = "a1"\n[step]'),
        "dE of sample 1/dV = [[0.0319, 0.0284]]; H of sample 2 = [0.58, 0.57]",
    ): (
        ["rounded"] * 4,
        "",
    ),
    (ONE, "Error = y_true - y_pred = 0 - 0.5 = -0.5"): (["exact"], "No quantity is called y_true."),
    (TWO, "dL/dw2[1,2] of sample 1 = 0.0142; dE of sample 1/dw2[1,2] = 0.0284"): (["wrong", "rounded"], ""),
}


@pytest.mark.parametrize(("front", "line"), SAID, ids=lambda part: "two" if part is TWO else part[:20])
def test_each_side_of_a_relation_is_judged_or_said_not_to_be(front: str, line: str) -> None:
    report = mg.Worksheet.from_text(f"{front}\n    {line}\n", "page.md").verify()
    verdicts, said = SAID[front, line]
    assert [finding.verdict.value for finding in report] == verdicts, report
    assert said in " ".join(part.why for part in report.unread)
    assert bool(said) is bool(report.unread)
    assert all(part.line == front.count("\n") + 2 and part.column > 4 for part in report.unread)


def test_names_under_the_heading_of_a_sample_are_of_that_sample() -> None:
    page = TWO.replace("[step]", '[names]\nh = "z1[1]"\ntotal = "E"\n[step]') + (
        "# Two samples\n\n## Sample 1\n    z1[1] = 1.015; h = 1.015; a1 = [0.7340, 0.6525]; E = 0.0226\n"
        "    delta2 = 0.0435; dE/dw2[1,2] = 0.0284; total = 0.0356\n"
        "## Sample 2\n    h = 0.31\n### Its loss\n    L = 0.0487\n## Both\n    E = 0.0356\n    h = 0.31\n"
    )
    report = mg.Worksheet.from_text(page, "two.md").verify()
    assert report, report
    assert [finding.quantity for finding in report][-3:] == ["z1[1] of sample 2", "E of sample 2", "E"]
    (part,) = report.unread
    assert "say of which, z1[1] of sample 1" in part.why


def test_a_name_in_the_formula_that_redefines_it_is_what_it_was_before() -> None:
    w, x = mg.Value(0.5, label="w"), mg.Value(2.0, label="x")
    E = w * x - 1
    lines = "h = tanh(w*x) = 0.7616\nh = tanh(h) = tanh(0.7616) = 0.6420\nh = tanh(h) = 0.5663"
    report = mg.verify(E, lines)
    assert [finding.verdict.value for finding in report] == ["holds", "rounded"] * 3, report
    assert not mg.verify(E, lines.replace("0.5663", "0.6420"))


REMARKS = {
    "out = 0.8 # wrong: a slip; net = 1.015": [(Verdict.WRONG, "a slip"), (None, "")],
    "out = 0.8 # wrong; net = 1.1 # wrong: x; y": [(Verdict.WRONG, ""), (Verdict.WRONG, "x; y")],
    "net = 1.015; out = 0.8 # wrong": [(None, ""), (Verdict.WRONG, "")],
    "out = sigmoid(2*net) # wrong: twice\n        = 0.734": [(Verdict.WRONG, "twice"), (None, "")],
    "out = sigmoid(2*net) # wrong: twice; = 0.734": [(Verdict.WRONG, "twice"), (None, "")],
    "out = sigmoid(2*net) # wrong = 0.734 # rounded": [(Verdict.WRONG, ""), (Verdict.ROUNDED, "")],
    "out = sigmoid(net) = 0.88 # wrong: out = 0.734": [(None, ""), (Verdict.WRONG, "out = 0.734")],
}


@pytest.mark.parametrize("line", REMARKS)
def test_a_remark_belongs_to_the_claim_before_it(line: str) -> None:
    report = mg.Worksheet.from_text(f"{ONE}\n    {line}\n", "page.md").verify()
    assert [(finding.expected, finding.reason) for finding in report] == REMARKS[line]
    assert report


def test_a_remark_without_a_claim_is_said_so() -> None:
    report = mg.Worksheet.from_text(f"{ONE}\n    foo = 0.8 # wrong\n    net = 1.015\n", "page.md").verify()
    assert "Nothing that is judged" in " ".join(part.why for part in report.unread)


def test_a_remark_on_numbers_put_in_is_of_their_verdict_and_said_where_they_are_right() -> None:
    line = "out' = 2*0.734  # wrong: the formula; = 0.195"
    page = ONE.replace('out = "a1[1]"', 'out = "a1[1]"\n"out\'" = "da1[1]/dz1[1]"')
    wrong = mg.Worksheet.from_text(f"{page}\n    {line}\n", "page.md").verify()
    assert [(finding.verdict.value, finding.reason) for finding in wrong] == [("wrong", "the formula"), ("rounded", "")]
    assert wrong
    right = mg.Worksheet.from_text(f"{page}\n    {line.replace('2*0.734', '0.734(1 - 0.734)')}\n", "page.md").verify()
    assert "Nothing that is judged" in " ".join(part.why for part in right.unread)


def test_what_follows_from_a_figure_that_is_marked_needs_no_mark() -> None:
    lines = "    net = 1.025 {}\n    out = 1/(1 + e^-1.025) = 0.7359\n"
    marked = mg.Worksheet.from_text(f"{ONE}\n{lines.format('# wrong')}", "page.md").verify()
    assert [finding.verdict for finding in marked][-1] is Verdict.FOLLOWS
    assert marked
    assert not mg.Worksheet.from_text(f"{ONE}\n{lines.format('')}", "page.md").verify()


LISTS = """+++
[network]
inputs = [0.5, 0.3]
targets = [1, 0, 0]
loss = "half_squared_error"
layers = [{ weights = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], biases = [0, 0, 0], activation = "sigmoid" }]
[names]
W = "w1^T"
V = "w1 transposed"
ΔW = "change w1"
y = "a1"
[step]
eta = 0.5
+++
"""
TURNED = "[[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]]"
# Each line with what its figures are figures of, where all of them are right.
LISTED = {
    f"{name} = {TURNED}": "w1[1,1] w1[2,1] w1[3,1] w1[1,2] w1[2,2] w1[3,2]"
    for name in ("W", "V", "w1", "w1^T", "w1^{T}", r"w1^{\top}", "w1.T", "w1ᵀ", "transpose(w1)")
} | {
    "V_{12} = 0.3; W_21 = 0.2": "w1[2,1] w1[1,2]",
    "W^T = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]": "w1[1,1] w1[1,2] w1[2,1] w1[2,2] w1[3,1] w1[3,2]",
    "ΔW = [[0.0294, 0.0177], [-0.0348, -0.0209], [-0.0362, -0.0217]]": (
        "change w1[1,1]; change w1[1,2]; change w1[2,1]; change w1[2,2]; change w1[3,1]; change w1[3,2]"
    ),
    "ΔW = [[0.0294, -0.0348, -0.0362], [0.0177, -0.0209, -0.0217]]": (
        "change w1[1,1]; change w1[2,1]; change w1[3,1]; change w1[1,2]; change w1[2,2]; change w1[3,2]"
    ),
    "y - t = [-0.472, 0.567, 0.606]": "a1[1] - t[1]; a1[2] - t[2]; a1[3] - t[3]",
    "sum(y) = 1.7": "sum(a1)",
    r"$$y = \begin{pmatrix} 0.527 \\ 0.567 \\ 0.606 \end{pmatrix}$$": "a1[1] a1[2] a1[3]",
}


@pytest.mark.parametrize("line", LISTED)
def test_the_entries_of_a_list_are_found_where_it_is_printed_turned(line: str) -> None:
    report = mg.Worksheet.from_text(f"{LISTS}\n    {line}\n", "page.md").verify()
    separator = ";" if ";" in LISTED[line] or " - " in LISTED[line] else None
    assert [finding.quantity for finding in report] == [part.strip() for part in LISTED[line].split(separator)]
    assert report, report
    assert not report.unread


@pytest.mark.parametrize("line", ["y = [0.5, 0.6, 0.6, 0.3]", "y = [0.5, 0.6]", "w1 = [[0.1, 0.2]]", "ΔW = [0.1, 0.2]"])
def test_a_list_of_another_shape_is_said_so(line: str) -> None:
    report = mg.Worksheet.from_text(f"{LISTS}\n    {line}\n", "page.md").verify()
    (part,) = report.unread
    assert "is called so, and one of" in part.why
    assert not report


def test_what_is_said_of_unjudged_parts_is_said_in_chinese() -> None:
    from microgradnet.messages import language

    lines = "".join(f"    {line}\n\n" for front, line in SAID if front is ONE)
    report = mg.Worksheet.from_text(f"{ONE}\n{lines}", "page.md").verify()
    with language("zh"):
        said = [str(part).rpartition("。")[0] for part in report.unread]
    english = [text for text in said if re.search(r"(?:[A-Za-z]+ ){3}", text.partition("。")[2])]
    assert len(said) > 10
    assert not english


def test_a_list_in_a_formula_of_numbers_is_named() -> None:
    report = mg.Worksheet.from_text(f"{FRONT}    out_o1 = sigmoid(w5*out_h1 + b2) = 0.7514\n", "page.md").verify()
    assert [part.why for part in report.unread] == [
        "It takes b2, a list: write b2[1] to b2[2], or b2 = [...] with all of them."
    ]


def test_words_that_may_say_anything_are_named() -> None:
    report = mg.Worksheet.from_text(f"{FRONT}    Gradient of w5 = 0.08\n", "page.md").verify()
    assert [(part.text, part.why.partition(":")[0]) for part in report.unread] == [
        ("Gradient of w5", "Words before w5 may say something else of it")
    ]


@pytest.mark.parametrize(
    "line",
    ["new w_1 = 0.292", "new w1 = [0.292, 0.88]", "w_1 after 1 step = 0.292", "w_1: 0.3 -> 0.292", "Δw_1 = -0.008",
     "w_1 = 0.3 - 0.5*0.016 = 0.292"],
)  # fmt: skip
def test_a_figure_after_a_step_that_is_nowhere_defined_is_an_error_that_names_eta(line: str) -> None:
    """The rest of the page is judged."""
    front = ONE.replace("[step]\neta = 0.5\n", 'w_1 = "w1[1,1]"\n')
    report = mg.Worksheet.from_text(f"{front}\n    {line}\n    a1[1] = 0.734\n", "page.md").verify()
    assert [finding.verdict.value for finding in report if finding.printed == "0.734"] == ["rounded"]
    assert not report.as_expected
    assert any("eta" in part.why for part in report.unread)


@pytest.mark.parametrize(
    "line",
    ["2^" * 1500 + "2", "2**" * 500 + "2", "1+" * 1900 + "1", "out " * 900, "3" + "!" * 2000, "net" + "^T" * 1500,
     "sin(" * 5000 + "1" + ")" * 5000, "a" * 24_000],
    ids=lambda line: line[:4],
)  # fmt: skip
def test_a_line_that_is_too_long_or_too_deep_costs_no_other(line: str) -> None:
    report = mg.Worksheet.from_text(f"{ONE}\n    net = {line} = 0.3\n    net = 1.015\n", "page.md").verify()
    assert [finding.verdict.value for finding in report if finding.printed == "1.015"] == ["exact"]
    assert report.unread or not report


def test_a_sum_of_two_hundred_terms_is_read() -> None:
    line = "net = 0.015 + " + " + ".join(["0.005"] * 200) + " = 1.015"
    assert [
        finding.verdict.value for finding in mg.Worksheet.from_text(f"{ONE}\n    {line}\n", "page.md").verify()
    ] == ["exact"]


ROUNDS = ONE.replace("[step]", 'w = "w1[1,1]"\nE1 = "E"\n[step]')
FIRST, SECOND = "w = 0.3 - 0.5*0.016 = 0.292", "E = 0.0254; w = 0.292 - 0.5*0.0157 = 0.2841"
RIGHT, OLD = ["rounded", "rounded"], ["wrong", "rounded"]  # the names are of after a step, or of now
HEADINGS = {
    ("## Iteration 1", "## Iteration 2"): RIGHT,
    ("## First iteration: forward", "## Second iteration: forward"): RIGHT,
    ("### Epoch 0", "### Epoch 1"): RIGHT,
    ("# One", "## After the first update"): RIGHT,
    ("## Step 1", "## Step 2"): RIGHT,  # the weight is updated in the first
    ("## 第一次迭代", "## 第二次迭代"): RIGHT,
    ("## Training step 1", "## Training step 2"): RIGHT,
    ("## Epoch 1", "## Epoch 10"): OLD,  # of the steps between nothing is known
    ("## Iteration 2", "## Iteration 3"): OLD,
    ("## Iteration 1", "## Result"): OLD,
    ("## Step 1: the error", "## Step 3: the update"): OLD,
    ("# One", "## Step 2"): OLD,
}


@pytest.mark.parametrize("headings", HEADINGS)
def test_a_heading_says_after_how_many_steps_names_are(headings: tuple[str, str]) -> None:
    """A weight that starts from its printed new number is another step on, whatever the heading is."""
    text = f"{ROUNDS}{headings[0]}\n\n    {FIRST}\n\n{headings[1]}\n\n    {SECOND}\n"
    report = mg.Worksheet.from_text(text, "page.md").verify()
    assert [finding.verdict.value for finding in report] == ["rounded", *HEADINGS[headings]]


def test_a_recipe_of_steps_is_no_training() -> None:
    text = f"{ROUNDS}## Step 1: forward\n\n    net = 1.015\n\n## Step 2: backward\n\n    out = 0.734; E = 0.0274\n"
    report = mg.Worksheet.from_text(text, "page.md").verify()
    assert [finding.verdict.value for finding in report] == ["exact", "rounded", "rounded"]


def test_every_kind_of_name_is_of_the_step_that_a_heading_says() -> None:
    """Compared with the same quantities, each with its step."""
    text = (
        FRONT.replace('update = ["w1", "w2"]\n', "")
        + """## Iteration 1

    a2 - t = [0.7414, -0.2171]
    q = out_o1 - t[1] = 0.7414

## Iteration 2

    E = 0.2805
    err_1 = out_o1 - t[1] = 0.7184
    q = 0.7184
    a1 = [0.5922, 0.5957]
    delta2[1] = 0.1421
    dE/dw5 = 0.0842
    sum(a2) = 1.5068
    E_{total} = E_{o1} + 0.0224 = 0.2805
    change w5 = -0.0421
    new w2 = [[0.3168, 0.3663], [0.5221, 0.5722]]
    w5: 0.3589 -> 0.3168
    E after 3 steps = 0.2429
"""
    )
    sheet = mg.Worksheet.from_text(text, "page.md")
    report = sheet.verify()
    for finding in report:
        assert finding.verdict.is_right, finding
    for name, exact in {
        "E": "E after 1 step", "q": "(a2[1] after 1 step) - t[1]", "delta2[1]": "delta2[1] after 1 step",
        "dE/dw5": "dE/dw2[1,1] after 1 step", "sum(a2)": "(a2[1] after 1 step) + (a2[2] after 1 step)",
        "change w5": "(w2[1,1] after 2 steps) - (w2[1,1] after 1 step)", "E after 3 steps": "E after 3 steps",
    }.items():  # fmt: skip
        found = next(finding for finding in report if finding.name == name and finding.line > 27)
        assert found.value == pytest.approx(sheet.evaluate(exact), rel=1e-12)


PUT_IN = {
    # numbers put in are rounded, and may be printed results themselves
    "new w5 = w5 - eta*0.0822 = 0.3589": ["consistent", "rounded"],
    "E_{total} = E_{o1} + 0.0236 = 0.2984": ["consistent", "rounded"],
    "E_{total} = E_{o1} + 0.0300 = 0.2984": ["wrong", "rounded"],
    "new w5 = w5 + eta*0.0822 = 0.3589": ["wrong", "rounded"],
    "out_h1 = 1/(1 + e^-0.378) = 0.5934": ["consistent"],  # of 0.3775
    "out_h1 = 1/(1 + e^-0.478) = 0.6173": ["wrong"],
    "out_h1 = 1/(1 + e^-0.378) = 0.5934; net_o1 = 0.4*0.5934 + 0.45*0.5969 + 0.6 = 1.10597": ["consistent"] * 2,
    "out_h1 = 0.6934; net_o1 = 0.4*0.6934 + 0.45*0.5969 + 0.6 = 1.146": ["wrong", "follows"],
    "out_h1 = 1/(1 + e^-0.9) = 0.5933": ["wrong", "rounded"],
}


@pytest.mark.parametrize("line", PUT_IN)
def test_numbers_put_in_are_rounded_as_they_are_printed(line: str) -> None:
    assert verdicts(line) == PUT_IN[line]


def test_an_index_is_of_a_neuron_where_that_of_another_can_be_of_no_layer() -> None:
    """Of two hidden neurons and an output, z_2 is no name of the second layer where z_1 is a number."""
    front = TWO.replace("inputs = [[0.35, 0.9], [0.1, 0.2]]", "inputs = [0.35, 0.9]").replace("[[0.5], [1.0]]", "[0.5]")
    layers = mg.Worksheet.from_text(f"{front}    z_2 = 0.4817; b_2 = 0.1\n", "page.md").verify()
    neurons = (
        "    z_1 = w1[1,1]*x_1 + w1[1,2]*x_2 + 0.1 = 1.015; z_2 = w1[2,1]*x_1 + w1[2,2]*x_2 + 0.2 = 0.63; b_2 = 0.1"
    )
    report = mg.Worksheet.from_text(f"{front}{neurons}\n", "page.md").verify()
    assert [(finding.quantity, finding.verdict.value) for finding in layers][1:] == [("b2[1]", "exact")]
    assert [finding.verdict.value for finding in report][:4] == ["holds", "exact"] * 2
