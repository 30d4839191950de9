"""``mg.verify``: a dict of printed figures against a graph."""

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import ArgumentError, FigureError, UnknownNameError
from microgradnet.graph import topological
from microgradnet.verification import verify
from microgradnet.verification.figure import Figure
from microgradnet.verification.report import Verdict
from tests.verification.calculations import geeksforgeeks, labelled, mazur, network


@pytest.fixture
def loss():
    return mazur()


def verdicts(report):
    return {finding.quantity: finding.verdict for finding in report}


def test_a_node_as_key_claims_its_derivative_and_the_loss_its_value(loss):
    nodes = labelled(loss)
    report = mg.verify(loss, {nodes["w2[1,1]"]: "0.082167041", nodes["a1[1]"]: "0.036350306", loss: "0.298371109"})
    expected = ["dE/dw2[1,1]", "dE/da1[1]", "E"]
    assert verdicts(report) == dict.fromkeys(expected, Verdict.ROUNDED)
    assert [finding.printed for finding in report] == ["0.082167041", "0.036350306", "0.298371109"]


MAZUR = {
    "z1[1]": "0.3775",
    "a1[1]": "0.593269992",
    "E": "0.298371109",
    "E1": "0.274811083",
    "dE/dw2[1,1]": "0.082167041",
    "delta2[1]": "0.138498562",
    "da2[1]/dz2[1]": "0.186815602",
    "dE1/da1[1]": "0.055399425",
    "new w2[1,1]": "0.35891648",
    "change w1[1,1]": "-0.000219284",
    "w1[1,1] - eta*dE/dw1[1,1]": "0.149780716",
    "0.5*(t[1] - a2[1])**2": "0.274811083",
}


def test_quantities_are_read_by_labels(loss):
    report = mg.verify(loss, MAZUR, eta=0.5)
    assert {*verdicts(report).values()} <= {Verdict.EXACT, Verdict.ROUNDED}
    assert len(report) == len(MAZUR)


def test_after_steps_what_is_updated_decides(loss):
    nodes = labelled(loss)
    weights = [name for name in nodes if name.startswith("w")]
    frozen = mg.verify(loss, {"E after 1 step": "0.291027774"}, eta=0.5, update=weights)
    assert verdicts(frozen) == {"E after 1 step": Verdict.ROUNDED}
    everything = mg.verify(loss, {"E after 1 step": "0.291027774"}, eta=0.5)
    assert verdicts(everything) == {"E after 1 step": Verdict.OTHER_ORDER}
    assert "with the biases left as they are" in everything[0].explanation
    by_node = mg.verify(loss, {"E after 3 steps": "0.277"}, eta=0.5, update=[nodes[name] for name in weights])
    assert by_node[0].value < 0.284


def independent_steps(steps):
    """The loss after some steps with backward() and recompute(), on a graph of its own."""
    loss = mazur()
    parameters = [node for name, node in labelled(loss).items() if name[0] in "wb"]
    for _ in range(steps):
        loss.zero_grad()
        loss.backward()
        for node in parameters:
            node.data -= 0.5 * node.grad
        mg.recompute(loss)
    return loss.data


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_steps_are_those_of_backward_and_recompute(loss, steps):
    report = mg.verify(loss, {f"E after {steps} steps": "0.3"}, eta=0.5)
    assert report[0].value == pytest.approx(independent_steps(steps), rel=1e-13)


def test_other_numbers_on_leaves_are_those_of_another_graph():
    a, b, c = Value(5.0, "a"), Value(3.0, "b"), Value(2.0, "c")
    loss = 3 * (a + b * c)
    loss.label = "J"
    report = mg.verify(loss, {"J at b=3.001": "33.006", "J at a=5.001": "33.001", "dJ/dc at b=4": "12", "J": "33"})
    assert [one.verdict for one in report] == [Verdict.EXACT, Verdict.WRONG, Verdict.EXACT, Verdict.EXACT]
    assert report[1].explanation == "it is 33.003"  # a last digit is no misprint


def test_figures_support_each_other():
    loss = geeksforgeeks()
    claims = {"a2[1]": "0.67", "a1[2]": "0.59", "-delta2[1]": "-0.0376", "change w2[1,2]": "-0.022184"}
    report = mg.verify(loss, {**claims, "new w2[1,2]": "0.877816"}, eta=1)
    assert [finding.verdict for finding in report[2:5]] == [Verdict.CONSISTENT, Verdict.FOLLOWS, Verdict.FOLLOWS]
    assert "a1[2] = 0.59" in report[3].explanation
    claims["a1[2]"] = "0.58"
    report = mg.verify(loss, {**claims, "change w2[1,2]": "-0.021808"}, eta=1)
    assert report[3].verdict is Verdict.CONSISTENT
    assert "-delta2[1] = -0.0376" in report[3].explanation  # the page's name and sign


def test_the_graph_is_left_as_it_was(loss):
    loss.backward()
    before = [(node.data, node.grad, node.has_grad, node.partials, node.label) for node in topological(loss)]
    report = mg.verify(loss, {"dE/dw1[1,1]": "0.1234", "new w1[1,1]": "0.2", "E after 2 steps": "0.5"}, eta=0.5)
    assert before == [(node.data, node.grad, node.has_grad, node.partials, node.label) for node in topological(loss)]
    assert not report.as_expected


def test_before_backward_there_is_still_no_gradient(loss):
    mg.verify(loss, {"dE/dw1[1,1]": "0.000438568"})
    assert not any(node.has_grad for node in topological(loss))


def test_unlabelled_graphs_work_by_nodes():
    x = Value(3.0)
    loss = x * x
    report = mg.verify(loss, {x: "6", loss: "9"})
    assert [finding.verdict for finding in report] == [Verdict.EXACT] * 2
    assert [finding.quantity for finding in report] == ["dloss/dx", "loss"]  # the caller's variable


def test_an_unlabelled_loss_has_one_name_everywhere():
    x = Value(3.0, label="x")
    c = x * 3
    assert mg.verify(c, {"c": "9", "dc/dx": "3"})
    assert [finding.quantity for finding in mg.verify(x * 3, {x: "3"})] == ["dloss/dx"]
    assert mg.verify(x * 3, {"loss": "9"})


def test_equal_numbers_are_separate_keys():
    a, b = Value(2.0, "a"), Value(2.0, "b")
    loss = a * 3.0 + b * 5.0
    assert len(mg.verify(loss, {a: "3", b: "5"})) == 2


def test_an_identity_activation_goes_by_its_pre_activation():
    loss = network([[[0.11, 0.21], [0.12, 0.08]], [[0.14, 0.15]]], [2, 3], [1], activation="identity")
    assert verdicts(mg.verify(loss, {"a1[1]": "0.85", "dE/da2[1]": "-0.809"})) == {
        "a1[1]": Verdict.EXACT,
        "dE/da2[1]": Verdict.EXACT,
    }


def test_an_activation_that_the_loss_does_not_use_is_not_mistaken_for_its_pre_activation():
    mlp = mg.MLP.from_weights([[[0.5], [0.25]]], biases=[[0.0, 0.0]], activation="sigmoid", output="softmax")
    first, second = mlp([1.0])
    loss = -mg.log(first)
    assert second.label == "a1[2]"
    with pytest.raises(UnknownNameError):
        mg.verify(loss, {"a1[2]": "0.44"})


@pytest.mark.parametrize("figure", [0.0084, 1, 1.5, None, True])
def test_a_figure_that_is_no_string_is_told_why(loss, figure):
    with pytest.raises(FigureError, match=r"a string.*its digits are its claim"):
        mg.verify(loss, {"E": figure})


def test_a_figure_that_was_parsed_already_is_taken(loss):
    assert mg.verify(loss, {"E": Figure.parse("0.2984")})[0].verdict is Verdict.ROUNDED


def error(kind, loss, claims, **options):
    with pytest.raises(kind) as caught:
        verify(loss, claims, **options)
    assert all((caught.value.expected, caught.value.given, caught.value.advice))
    return str(caught.value)


def test_misuse_is_told_what_to_do(loss):
    assert "at least one claim; got an empty dict" in error(ArgumentError, loss, {})
    assert "got a list" in error(ArgumentError, loss, ["0.5"])
    assert "of type float" in error(ArgumentError, 0.5, {"E": "1"})
    assert "below the loss; got a Value labelled 'q'" in error(ArgumentError, loss, {Value(1.0, "q"): "1"})
    assert "a node or a quantity; got 3" in error(ArgumentError, loss, {3: "1"})
    assert "w1[1,3]" in error(UnknownNameError, loss, {"dE/dw1[1,3]": "1"})
    assert "learning rate; got none" in error(ArgumentError, loss, {"new w1[1,1]": "1"})
    assert "update names leaves" in error(ArgumentError, loss, {"E": "1"}, eta=1, update=[loss])
    assert "'nothing'" in error(UnknownNameError, loss, {"E": "1"}, eta=1, update=["nothing"])
    assert "other numbers can be put on leaves; got 'z1[1]', which is computed" in error(
        ArgumentError, loss, {"E at z1[1]=3": "1"}
    )
    assert "at most 250,000 nodes" in error(ArgumentError, loss, {"E after 900000 steps": "1"}, eta=0.5)


def test_labels_that_several_nodes_share_are_refused_by_name_only():
    a, b = Value(2.0, "w"), Value(3.0, "w")
    loss = a * b
    assert "2 nodes labelled 'w'" in error(ArgumentError, loss, {"w": "2"})
    assert mg.verify(loss, {a: "3"})[0].verdict is Verdict.EXACT


def test_the_package_answers_to_its_name_and_shows_its_parts():
    import microgradnet.verification as room

    assert room.Figure is Figure
    assert room.Verdict is Verdict
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = room.nonsense


def test_an_assertion_fails_on_a_wrong_figure():
    w = Value(0.1, label="w")
    loss = w * 2.0
    assert verify(loss, {w: "2.0"})
    assert not verify(loss, {w: "3.0"})


def test_an_unknown_name_suggests_names_of_its_kind(loss):
    assert "delta2" in error(UnknownNameError, loss, {"delta_h2": "1"}, eta=0.5)
    words = error(UnknownNameError, loss, {"w1[1,2,1]": "1"})
    assert "Did you mean" in words
    assert "w1[1,2]" in words
