"""Runs over a graph, and what quantities are when they are computed from rounded intermediates."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import Value, ops
from microgradnet.graph import topological
from microgradnet.verification.claim import Claim, examine
from microgradnet.verification.figure import Figure
from microgradnet.verification.intermediates import RoundedRun, alternatives, is_usable, rounded_runs
from microgradnet.verification.runs import AlteredRun, ListeningRun, Run, attempt, derivatives
from microgradnet.verification.verdict import Verdict
from tests.verification.calculations import (
    derivative_claim,
    geeksforgeeks,
    griewank,
    labelled,
    mazur,
    network,
    value_claim,
)


def state(root):
    return [(node.data, node.grad, node.has_grad, node.partials) for node in topological(root)]


def test_derivatives_are_those_of_backward_and_leave_grad_alone():
    loss = mazur()
    before = state(loss)
    found = derivatives(loss)
    assert state(loss) == before
    loss.backward()
    assert [found[node] for node in topological(loss)] == [node.grad for node in topological(loss)]


def test_the_exact_run_gives_values_derivatives_and_steps():
    loss = mazur()
    weight = labelled(loss)["w2[1,1]"]
    run = Run()
    assert run.value(weight) == 0.4
    assert run.derivative(loss, weight) == pytest.approx(0.08216704056423078, rel=1e-14)
    assert run.change(loss, weight, 0.5) == pytest.approx(-0.5 * 0.08216704056423078, rel=1e-14)
    assert run.new(loss, weight, 0.5) == pytest.approx(0.35891647971788465, rel=1e-14)
    assert run.derivative(weight, loss) == 0.0


@pytest.mark.parametrize("make", [mazur, geeksforgeeks, griewank])
def test_a_run_that_alters_nothing_is_the_exact_run_to_the_bit(make):
    root = make()
    for run in (AlteredRun(), RoundedRun({})):
        for node in topological(root):
            assert run.value(node) == node.data
            assert run.derivative(root, node) == derivatives(root)[node]


class Nudged(AlteredRun):
    def __init__(self, leaf, number):
        super().__init__()
        self.leaf, self.number = leaf, number

    def alter_value(self, node, value):
        return self.number if node is self.leaf else value


@given(st.floats(0.6, 3.0), st.floats(0.1, 1.5))
def test_a_run_with_another_leaf_is_the_graph_recorded_with_it(first, second):
    def record(x1, x2):
        x, y = Value(x1, "x"), Value(x2, "y")
        return x, y, ops.log(x) * ops.sin(y) / (x + y) ** 2 + ops.maximum(x, y)

    x, y, root = record(1.5, 0.5)
    _, _, other = record(first, 0.5)
    run = Nudged(x, first)
    assert run.value(root) == other.data
    assert [run.derivative(root, node) for node in (x, y)] == [derivatives(other)[leaf] for leaf in leaves_of(other)]
    assert second > 0


def leaves_of(root):
    by_label = labelled(root)
    return by_label["x"], by_label["y"]


def test_where_an_operation_is_not_defined_the_run_gives_nan():
    x = Value(2.0, "x")
    y = ops.log(x)
    run = Nudged(x, -1.0)
    assert math.isnan(run.value(y))
    assert math.isnan(run.derivative(y, x))
    assert y.data == pytest.approx(0.6931471805599453)
    assert math.isnan(attempt(lambda _: 1 / 0, run))


def test_a_listening_run_remembers_what_it_was_asked_for():
    loss = mazur()
    weight = labelled(loss)["w1[1,1]"]
    run = ListeningRun()
    assert not run.was_asked
    assert run.new(loss, weight, 0.5) == Run().new(loss, weight, 0.5)
    assert [*run.values] == [weight]
    assert [*run.pairs] == [(loss, weight)]
    assert run.steps
    assert run.was_asked


@pytest.mark.parametrize(
    ("figure", "value", "usable"),
    [
        ("0.57", 0.5523, True),  # 1.8 units off
        ("0.59", 0.5781, True),
        ("0.185", 0.15744, False),  # 28 units off
        ("0.01", -0.0084, False),  # of the other sign
        ("0.00", -0.0084, True),
        ("1/3", 1 / 3, True),
        ("1/3", 0.333, False),
        ("9e307", 9e307, False),  # its last digit could not be told from infinity
    ],
)
def test_only_roundings_are_used_as_intermediates(figure, value, usable):
    assert is_usable(Figure.parse(figure), value) is usable


def verdicts(claims):
    return {finding.name: finding.verdict for finding in examine(claims)}


def test_griewank_y_follows_from_its_printed_factors():
    y = griewank()
    nodes = labelled(y)
    printed = {"v2": "0.1411", "v3": "1.6487", "v4": "1.3513", "v5": "1.4924"}
    claims = [value_claim(nodes[name], figure) for name, figure in printed.items()]
    report = examine([*claims, value_claim(y, "2.0167")])
    assert report[-1].verdict is Verdict.CONSISTENT
    assert "v4 = 1.3513 as printed" in report[-1].explanation
    assert [finding.verdict for finding in report[:-1] if finding.verdict is not Verdict.ROUNDED] == []
    assert examine([value_claim(y, "2.0167")])[0].verdict is Verdict.CONSISTENT  # v4 and v5 rounded to 4 decimals


def test_a_figure_that_no_rounding_leads_to_stays_truncated():
    y = griewank()
    nodes = labelled(y)
    printed = {"v2": "0.1411", "v3": "1.6487", "v4": "1.3513", "v5": "1.4924"}
    adjoints = {"v4": "2.8437", "v3": "-2.8437", "v1": "1.5059"}
    claims = [value_claim(nodes[name], figure) for name, figure in printed.items()]
    claims += [derivative_claim(y, nodes[name], figure) for name, figure in adjoints.items()]
    claims.append(derivative_claim(y, nodes["x2"], "-13.7239"))
    assert verdicts(claims)["dy/dx2"] is Verdict.TRUNCATED


def test_han_and_kamber_error_follows_from_the_printed_output():
    weights = [[[0.2, 0.4, -0.5], [-0.3, 0.1, 0.2]], [[-0.3, -0.2]]]
    loss = network(weights, [1, 0, 1], [1], [[-0.4, 0.2], [0.1]])
    nodes = labelled(loss)
    output = value_claim(nodes["a2[1]"], "0.474")
    error = Claim("Err6", Figure.parse("0.1311"), lambda run: -run.derivative(loss, nodes["z2[1]"]))
    assert verdicts([output, error])["Err6"] is Verdict.CONSISTENT


def test_mazur_tie_follows_from_a_delta_rounded_to_nine_decimals():
    loss = mazur()
    nodes = labelled(loss)
    claim = derivative_claim(nodes["E2"], nodes["a1[1]"], "-0.019049119")
    report = examine([claim])
    assert report[0].verdict is Verdict.CONSISTENT
    assert "rounded to 9 decimals" in report[0].explanation
    bias = nodes["b2[2]"]
    new = Claim("bo2+", Figure.parse("0.619049119"), lambda run: run.new(loss, bias, 0.5))
    by_hand = Claim("by hand", Figure.parse("0.619049119"), lambda run: 0.6 - 0.5 * run.derivative(loss, bias))
    assert set(verdicts([new, by_hand]).values()) == {Verdict.CONSISTENT}


@pytest.fixture
def museum():
    """The figures of the GeeksforGeeks page that follow one from another."""
    loss = geeksforgeeks()
    nodes = labelled(loss)
    weight = nodes["w2[1,2]"]
    return [
        value_claim(nodes["a2[1]"], "0.67"),
        value_claim(nodes["z2[1]"], "0.702"),
        value_claim(nodes["a1[1]"], "0.56", also=(Figure.parse("0.57"),)),
        value_claim(nodes["a1[2]"], "0.59"),
        Claim(
            "delta5",
            Figure.parse("-0.0376"),
            lambda run: -run.derivative(loss, nodes["z2[1]"]),
            key=("derivative", loss, nodes["z2[1]"]),
            sign=-1,
        ),
        Claim("dw", Figure.parse("-0.022184"), lambda run: run.change(loss, weight, 1.0), key=("change", weight)),
        Claim("w new", Figure.parse("0.877816"), lambda run: run.new(loss, weight, 1.0)),
    ]


def test_a_chain_of_rounded_figures_is_followed_to_its_end(museum):
    assert verdicts(museum) == {
        "a2[1]": Verdict.ROUNDED,
        "z2[1]": Verdict.CONSISTENT,  # needs the figure that is printed elsewhere, 0.57
        "a1[1]": Verdict.LAST_DIGIT,
        "a1[2]": Verdict.WRONG,
        "delta5": Verdict.CONSISTENT,  # 8 units off the exact value, but what follows from 0.67
        "dw": Verdict.CONSISTENT,
        "w new": Verdict.CONSISTENT,
    }


def test_without_the_other_figure_the_chain_breaks(museum):
    loss_claims = [claim for claim in museum if claim.quantity not in ("a1[1]",)]
    assert verdicts(loss_claims)["z2[1]"] is Verdict.WRONG


def test_what_follows_from_a_plainly_wrong_figure_is_wrong():
    loss = geeksforgeeks()
    nodes = labelled(loss)
    wrong = value_claim(nodes["a1[1]"], "0.75")
    follows = Claim("z", Figure.parse("0.745"), lambda run: run.value(nodes["z2[1]"]))
    report = examine([wrong, follows])
    assert report[1].verdict is Verdict.WRONG
    assert report[1].explanation.endswith("it follows from the wrong a1[1] = 0.75")


def test_a_figure_is_no_intermediate_of_itself():
    loss = geeksforgeeks()
    node = labelled(loss)["a1[1]"]
    claims = [value_claim(node, "0.56"), value_claim(node, "0.57"), value_claim(node, "0.560")]
    assert [finding.verdict for finding in examine(claims)] == [Verdict.LAST_DIGIT, Verdict.WRONG, Verdict.WRONG]


def test_given_numbers_are_not_rounded():
    x, w = Value(0.129952, "x"), Value(100.0, "w")
    z = x * w
    z.label = "z"
    run = RoundedRun({}, decimals=1)
    assert run.value(x) == 0.129952
    assert run.value(z) == 13.0
    assert run.derivative(z, w) == 0.1


def test_a_printed_local_derivative_is_used_on_its_edge():
    z = Value(0.5, "z")
    a = ops.sigmoid(z)
    loss = a * 10.0
    a.label, loss.label = "a", "E"
    figures = {("derivative", a, z): Figure.parse("0.24")}
    assert RoundedRun(figures).derivative(loss, z) == pytest.approx(2.4)
    square = a * a
    both = {("derivative", square, a): Figure.parse("1.24")}
    above = square * 2.0  # the figure is for both edges of a*a together, so it stands in for neither
    assert RoundedRun(both).derivative(above, z) == Run().derivative(above, z)


def test_the_runs_that_are_tried_are_few_however_many_figures_there_are():
    x = Value(1.0, "x")
    node, figures = x, {}
    for place in range(12):
        node = node * 1.1
        node.label = f"v{place}"
        figures["value", node] = [Figure.parse(node.label[1:] + ".0"), Figure.parse(f"{node.data:.1f}")]
    last = node * 2.0
    runs = [*rounded_runs(lambda run: run.value(last), figures, 3)]
    assert len(runs) <= 33
    tried = [*alternatives(Figure.parse("0.999"), lambda run: run.value(last), figures)]
    assert len(tried) == len(runs)
    assert all("follows from" in words for _, words in tried)
