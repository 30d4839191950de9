"""Pages: calculations as people write them, each relation judged against graph, formula and numbers."""

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
    assert not report.unread


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
