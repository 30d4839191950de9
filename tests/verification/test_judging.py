"""The verdicts, the order in which they are tried, and what printed figures do for one another."""

import math
import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value
from microgradnet.verification.report import Verdict
from tests.verification.calculations import (
    geeksforgeeks,
    griewank,
    judged,
    labelled,
    mazur,
    network,
    verdicts,
)

CASES = [
    ("0.3775", 0.37750000000000006, Verdict.EXACT, ""),
    ("0.66507363952475640", 0.66507363952475641, Verdict.EXACT, ""),
    ("1/3", 1 / 3, Verdict.EXACT, ""),
    ("0", 0.0, Verdict.EXACT, ""),
    ("0.0084", 0.00844, Verdict.ROUNDED, "to 4 decimals"),
    ("0.1", 0.14, Verdict.ROUNDED, "to 1 decimal; one digit decides little"),
    ("1", 0.7744, Verdict.ROUNDED, "to a whole number; one digit decides little"),
    ("-0", 0.5, Verdict.ROUNDED, "to a whole number; one digit decides little"),
    ("12", 12.4, Verdict.ROUNDED, "to a whole number"),
    ("3.5e-5", 3.51e-5, Verdict.ROUNDED, "to 2 significant digits"),
    ("12e2", 1234.0, Verdict.ROUNDED, "to 2 significant digits"),
    ("56.7%", 0.567147, Verdict.ROUNDED, "to 3 decimals"),
    ("0.751365069", 0.75136506955231571, Verdict.TRUNCATED, "to 9 decimals; rounded it is 0.751365070"),
    ("-13.7239", -13.723961509314075, Verdict.TRUNCATED, "to 4 decimals; rounded it is -13.7240"),
    ("0.335", 0.33423, Verdict.LAST_DIGIT, "it is 0.334"),
    ("0.56", 0.5523, Verdict.WRONG, "it is 0.55"),  # two digits: too few to call it off by one
    ("0.8", 0.7198, Verdict.WRONG, "it is 0.72"),
    ("0.0001", 0.00000015, Verdict.WRONG, "it is 0.00000015"),
    ("0.1", -0.00268, Verdict.WRONG, "it is -0.0027"),
    ("0.59", 0.5781, Verdict.WRONG, "it is 0.58"),
    ("0.333", 1 / 3 + 0.002, Verdict.WRONG, "it is 0.335"),
    ("1/3", 0.3333, Verdict.WRONG, "it is 0.3333"),
]


def alone(figure, value):
    """The finding on a figure for a number that nothing else is known of."""
    x = Value(value, label="x")
    return judged(x * 1.0, {"x": figure})[0]


@pytest.mark.parametrize(("figure", "value", "verdict", "words"), CASES)
def test_each_verdict_and_its_words(figure, value, verdict, words):
    finding = alone(figure, value)
    assert (finding.verdict, finding.explanation.partition("; the ")[0]) == (verdict, words)


def test_every_verdict_has_a_mark_and_words():
    assert {verdict.mark for verdict in Verdict} == {"✓", "≈", "✗"}
    assert [verdict for verdict in Verdict if not verdict.is_right] == [Verdict.FOLLOWS, Verdict.WRONG]
    assert len({verdict.words for verdict in Verdict}) == len(Verdict)
    assert str(Verdict.LAST_DIGIT) == "off by one in the last place"


numbers = st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-3)


@given(numbers, st.integers(0, 6), st.integers(-5, 5), st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN]))
def test_random_figures_get_the_one_verdict_that_decimal_arithmetic_gives_them(value, decimals, units, rounding):
    unit = Decimal(1).scaleb(-decimals)
    figure = Decimal(value).quantize(unit, rounding) + units * unit
    off = abs(figure - Decimal(value)) / unit
    noise = 32 * Decimal(math.ulp(value)) / unit
    if min(abs(off - border) for border in (0, Decimal("0.5"), 1)) < noise:
        return  # so near a border that the noise decides
    is_cut = figure * Decimal(value) >= 0 and 0 <= abs(Decimal(value)) - abs(figure) < unit and figure != 0
    digits = len(str(abs(int(figure.scaleb(decimals)))).lstrip("0"))
    if off <= Decimal("0.5"):
        expected = Verdict.ROUNDED
    elif is_cut:
        expected = Verdict.TRUNCATED
    else:
        expected = Verdict.LAST_DIGIT if off <= 1 and digits > 2 else Verdict.WRONG
    assert alone(f"{figure:f}", value).verdict is expected


@given(numbers, st.integers(0, 6))
def test_a_tie_is_rounded_whichever_way_it_went(value, decimals):
    unit = Decimal(1).scaleb(-decimals)
    below = Decimal(value).quantize(unit, ROUND_DOWN)
    tie = float(below + unit / 2)
    for figure in (below, below + unit):
        assert alone(f"{figure:f}", tie).verdict in (Verdict.ROUNDED, Verdict.EXACT)


GRIEWANK = {"v2": "0.1411", "v3": "1.6487", "v4": "1.3513", "v5": "1.4924"}


def test_griewank_y_follows_from_its_printed_factors():
    report = judged(griewank(), {**GRIEWANK, "y": "2.0167"})
    assert report[-1].verdict is Verdict.CONSISTENT
    assert "v4 = 1.3513 as printed" in report[-1].explanation
    assert {finding.verdict for finding in report[:-1]} == {Verdict.ROUNDED}
    assert verdicts(griewank(), {"y": "2.0167"}) == {"y": "consistent"}  # v4 and v5 rounded to 4 decimals


def test_a_figure_that_no_rounding_leads_to_stays_truncated():
    adjoints = {"dy/dv4": "2.8437", "dy/dv3": "-2.8437", "dy/dv1": "1.5059"}
    assert verdicts(griewank(), {**GRIEWANK, **adjoints, "dy/dx2": "-13.7239"})["dy/dx2"] == "truncated"


def test_han_and_kamber_error_follows_from_the_printed_output():
    weights = [[[0.2, 0.4, -0.5], [-0.3, 0.1, 0.2]], [[-0.3, -0.2]]]
    loss = network(weights, [1, 0, 1], [1], [[-0.4, 0.2], [0.1]])
    assert verdicts(loss, {"a2[1]": "0.474", "-delta2[1]": "0.1311"})["-delta2[1]"] == "consistent"


def test_mazur_tie_follows_from_a_delta_rounded_to_nine_decimals():
    loss = mazur()
    finding = judged(loss, {"dE2/da1[1]": "-0.019049119"})[0]
    assert finding.verdict is Verdict.CONSISTENT
    assert "rounded to 9 decimals" in finding.explanation
    bias = {"new b2[2]": "0.619049119", "0.6 - eta*dE/db2[2]": "0.619049119"}
    assert set(verdicts(loss, bias, 0.5).values()) == {"consistent"}


MUSEUM = {
    "a2[1]": "0.67",
    "z2[1]": "0.702",
    "a1[1]": ("0.56", "0.57"),
    "a1[2]": "0.59",
    "-delta2[1]": "-0.0376",
    "change w2[1,2]": "-0.022184",
    "new w2[1,2]": "0.877816",
}


def test_a_chain_is_followed_to_its_end_and_a_wrong_figure_excuses_nothing():
    assert verdicts(geeksforgeeks(), MUSEUM, 1.0) == {
        "a2[1]": "rounded",
        "z2[1]": "follows",  # from the figure that is printed elsewhere, 0.57, and from 0.59
        "a1[1]": "wrong",
        "a1[2]": "wrong",
        "-delta2[1]": "consistent",  # 8 units off the exact value, but what follows from 0.67
        "change w2[1,2]": "follows",
        "new w2[1,2]": "follows",
    }


def test_without_the_other_figure_the_chain_breaks():
    without = {quantity: figure for quantity, figure in MUSEUM.items() if quantity != "a1[1]"}
    assert verdicts(geeksforgeeks(), without, 1.0)["z2[1]"] == "wrong"


def test_what_follows_from_a_wrong_figure_says_so_in_the_page_s_words():
    report = judged(geeksforgeeks(), {"a1[1]": "0.75", "z2[1]": "0.745"})
    assert [finding.verdict for finding in report] == [Verdict.WRONG, Verdict.FOLLOWS]
    assert report[1].explanation.startswith("a1[1] = 0.75")
    report = judged(geeksforgeeks(), {"a1[1]": "0.75", "z2[1]": "0.746"})
    assert [finding.verdict for finding in report] == [Verdict.WRONG, Verdict.FOLLOWS]
    assert report[1].explanation.startswith("a1[1] = 0.75, but for one unit in the last place")


@pytest.mark.parametrize("slip", ["left out", "sign"])
def test_what_follows_from_a_slip_without_rounding_on_the_way_follows(slip):
    """Every consequence is carried on with all digits, so that it is units off what follows from the printed figure."""
    exact = 0.2 * 0.35 + 0.1  # z1[1]
    wrong = exact - 0.1 if slip == "left out" else -exact
    a = 1 / (1 + math.exp(-wrong))
    figures = {"z1[1]": f"{wrong:.2f}", "a1[1]": f"{a:.6f}"}
    page = """+++
[network]
inputs = [0.35]
targets = [1.0]
loss = "half_squared_error"
layers = [{ weights = [[0.2]], biases = [0.1], activation = "sigmoid" }]
+++
"""
    report = mg.Worksheet.from_text(page + "".join(f"    {name} = {text}\n" for name, text in figures.items())).verify()
    assert [finding.verdict.value for finding in report] == ["wrong", "follows"]


def test_two_units_off_is_wrong_and_excuses_nothing():
    w = Value(6.6, label="w")
    p = w * 1.0
    p.label = "p"
    q = p * 10.0
    q.label = "q"
    assert verdicts(q, {"p": "6.8", "q": "68"}) == {"p": "wrong", "q": "follows"}


def test_a_figure_is_no_intermediate_of_itself():
    for figure, verdict in (("0.57", "wrong"), ("0.560", "wrong"), ("0.5523", "rounded"), ("0.553", "last_digit")):
        assert verdicts(geeksforgeeks(), {"a1[1]": figure}) == {"a1[1]": verdict}


def squared(w=0.3, x=1.7):
    w, x = Value(w, label="w"), Value(x, label="x")
    y = w * x
    y.label = "y"
    loss = y**2 / 2
    loss.label = "E"
    return loss


class TestEveryFigureIsAnIntermediate:
    def test_of_a_part_of_a_formula(self):
        t, a = Value(0.5, label="t"), Value(0.714, label="a")
        loss = 0.5 * (a - t) ** 2
        loss.label = "E"
        claims = {"t - a": "-0.21", "E": "0.02205"}  # 0.21²/2; the exact one is 0.0229
        assert verdicts(loss, claims) == {"t - a": "rounded", "E": "consistent"}
        assert verdicts(loss, {"E": "0.02205"}) == {"E": "wrong"}

    def test_of_a_new_weight(self):
        claims = {"new w": "0.21", "y after 1 step": "0.357"}
        assert verdicts(squared(), claims, 0.1, update=["w"]) == {"new w": "rounded", "y after 1 step": "consistent"}
        assert verdicts(squared(), {"y after 1 step": "0.357"}, 0.1, update=["w"]) == {"y after 1 step": "wrong"}

    def test_of_a_value_at_other_numbers(self):
        b = Value(1.0, label="b")
        loss = b * 2.0
        loss.label = "J"
        claims = {"J at b=1.574": "3.15", "(J at b=1.574)*1000": "3150"}
        assert list(verdicts(loss, claims).values()) == ["rounded", "consistent"]

    def test_of_a_named_quantity(self):
        m, v = Value(0.989, label="m"), Value(0.0979, label="v")
        loss = m * v
        loss.label = "E"
        define = {"mhat": "m/(1 - 0.9)", "vhat": "v/(1 - 0.999)"}
        claims = {"mhat": "9.89", "vhat": "98.0", "4.9 - 0.1*mhat/sqrt(vhat)": "4.80010"}
        found = verdicts(loss, claims, define=define)
        assert list(found.values()) == ["exact", "wrong", "follows"]  # vhat is 97.9
        v.data = 0.09796
        loss = m * v
        loss.label = "E"
        assert list(verdicts(loss, claims, define=define).values()) == ["exact", "rounded", "consistent"]

    def test_under_the_updated_order(self):
        loss = network([[[0.1, 0.8], [0.4, 0.6]], [[0.3, 0.9]]], [0.35, 0.9], [0.5])
        claims = {
            "a1[1]": "0.68",
            "-delta2[1]": "-0.0406",
            "new w2[1,1]": "0.272392",
            "-delta1[1]": "-0.002410",
        }
        found = verdicts(loss, claims, 1.0, updated_weights=True)
        assert found["new w2[1,1]"] == "consistent"
        assert found["-delta1[1]"] in ("rounded", "consistent")
        other = verdicts(loss, {"-delta1[1]": claims["-delta1[1]"]}, 1.0)
        assert other == {"-delta1[1]": "other_order"}


def test_a_convention_of_the_whole_page_is_said_once():
    loss = network([[[0.1, 0.8], [0.4, 0.6]], [[0.3, 0.9]]], [0.35, 0.9], [0.5])
    turned = network([[[0.1, 0.4], [0.8, 0.6]], [[0.3, 0.9]]], [0.35, 0.9], [0.5])
    from microgradnet.verification.calculation import Calculation

    names = ("z1[1]", "z1[2]", "a1[1]", "a1[2]", "z2[1]", "a2[1]", "E", "dE/dw1[1,1]")
    exact = {name: f"{Calculation(turned).evaluate(name):.5f}" for name in names}
    report = judged(loss, exact)
    assert re.search(r"hold only under another convention: the weights w1 are transposed", report.convention)
    assert {finding.verdict for finding in report} == {Verdict.OTHER_ORDER}
    assert judged(turned, exact).convention == ""
    assert str(report).startswith(report.convention)


def test_the_budget_is_one_of_each_report():
    from microgradnet.verification.calculation import Calculation

    calculation = Calculation(mazur())
    for place in range(300):
        assert calculation.evaluate(f"(E at w1[1,1]={place}) + (E at w1[1,2]={place})") > 0
    assert calculation.budget.left > calculation.budget.nodes - 1_000


def test_one_digit_throughout_excuses_nothing():
    loss = mazur()
    assert verdicts(loss, {"E": "0.4"}) == {"E": "wrong"}


def test_what_many_figures_have_in_common_is_said_once():
    """Hidden deltas and gradients from updated output weights, and figures that are rounded before they are used."""
    loss = mazur()
    nodes, eta = labelled(loss), 0.5
    data = {name: node.data for name, node in nodes.items()}
    out = {j: (data[f"a2[{j}]"] - data[f"t[{j}]"]) * data[f"a2[{j}]"] * (1 - data[f"a2[{j}]"]) for j in (1, 2)}
    back = {(j, k): data[f"w2[{j},{k}]"] - eta * out[j] * data[f"a1[{k}]"] for j in (1, 2) for k in (1, 2)}
    hidden = {k: sum(out[j] * back[j, k] for j in (1, 2)) * data[f"a1[{k}]"] * (1 - data[f"a1[{k}]"]) for k in (1, 2)}
    claims = {f"delta1[{k}]": f"{hidden[k]:.7f}" for k in (1, 2)}
    claims |= {f"dE/dw1[{j},{k}]": f"{hidden[j] * data[f'x[{k}]']:.8f}" for j in (1, 2) for k in (1, 2)}
    report = judged(loss, claims, eta)
    assert {finding.verdict.value for finding in report} == {"other_order"}
    assert report.convention.startswith("6 figures hold only in another order of the step: with the output weights")

    z = [round(data[f"z1[{j}]"], 2) for j in (1, 2)]
    a = [round(1 / (1 + math.exp(-each)), 2) for each in z]
    sums = [sum(data[f"w2[{j},{k}]"] * a[k - 1] for k in (1, 2)) + data[f"b2[{j}]"] for j in (1, 2)]
    claims = {f"a1[{j}]": f"{a[j - 1]:.2f}" for j in (1, 2)} | {f"z2[{j}]": f"{sums[j - 1]:.5f}" for j in (1, 2)}
    claims |= {f"a2[{j}]": f"{1 / (1 + math.exp(-sums[j - 1])):.6f}" for j in (1, 2)}
    assert judged(loss, claims).convention == "4 figures follow from rounded ones: the source rounds at each step."


def test_a_slope_may_be_taken_at_the_printed_pre_activation_or_at_the_printed_activation():
    """With z and a printed to two digits, a(1 - a) is another number from z than from a; both ways are right."""
    loss = network([[[0.31, 0.47]], [[0.83]]], [0.9, 0.35], [0.2], [[0.1], [0.2]], activation="sigmoid")
    data = {name: node.data for name, node in labelled(loss).items()}
    z, a = round(data["z1[1]"], 2), round(data["a1[1]"], 2)
    delta = round(sum([data["a2[1]"] - 0.2]) * data["a2[1]"] * (1 - data["a2[1]"]), 5)
    from_z = 1 / (1 + math.exp(-z))
    ways = {0.83 * delta * a * (1 - a), 0.83 * delta * from_z * (1 - from_z)}
    assert len({f"{way:.6f}" for way in ways}) == 2
    for way in ways:
        claims = {"z1[1]": f"{z:.2f}", "a1[1]": f"{a:.2f}", "delta2[1]": f"{delta:.5f}", "delta1[1]": f"{way:.6f}"}
        assert judged(loss, claims)[3].verdict is Verdict.CONSISTENT


@settings(max_examples=30)
@given(st.floats(1.2, 30.0), st.floats(0.3, 0.7), st.sampled_from([-1, 1]))
def test_a_figure_follows_as_far_as_the_rounding_of_a_wrong_one_takes_it(factor, carried, end):
    """Who goes on from a wrong number as the calculator shows it prints a result that misses that of the figure."""
    a = Value(2.0, "x") * 0.5
    y = a * Value(factor, "c") + 1.0
    a.label, y.label = "a", "y"
    printed, reach = round(carried, 3), factor * 0.0005 + 0.0005  # half a unit of the wrong figure, half of its own

    def verdict(figure):
        return judged(y, {"a": f"{printed:.3f}", "y": f"{figure:.3f}"})[1].verdict

    assert verdict(factor * carried + 1.0) is Verdict.FOLLOWS
    assert verdict(factor * printed + 1.0 + end * (reach + 0.002)) is Verdict.WRONG


def test_the_rounding_of_right_figures_excuses_no_wrong_one():
    x = Value(1.0 / 3.0, "x")
    a, b = x * 2.0, x * x
    y = a + b
    a.label, b.label, y.label = "a", "b", "y"
    claims = {"a": "0.7", "b": "0.12", "y": "0.77784"}  # b is wrong, y has nothing of it, and 0.77778 is right
    assert verdicts(y, claims) == {"a": "rounded", "b": "wrong", "y": "wrong"}
