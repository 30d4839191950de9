"""Worksheets end to end: graphs, names, steps in every order, and verdicts, against NumPy and printed figures."""

import re

import numpy as np
import pytest

import microgradnet as mg
from microgradnet.errors import ArgumentError, DomainError, MicrogradnetError, UnknownNameError, WorksheetError
from microgradnet.graph import topological
from microgradnet.verification.report import Verdict
from microgradnet.verification.worksheet import Worksheet

INPUTS, TARGETS, ETA = np.array([0.05, 0.10]), np.array([0.01, 0.99]), 0.5


def mazur(step: str = 'update = ["w1", "w2"]', claims: str = 'quantity = "E"\nprinted = "0.3"', top: str = "") -> str:
    """Return the network of M. Mazur, *A Step by Step Backpropagation Example*, as a worksheet."""
    return f"""
        {top}
        [network]
        inputs = [0.05, 0.10]
        targets = [0.01, 0.99]
        loss = "half_squared_error"
        [[network.layers]]
        weights = [[0.15, 0.20], [0.25, 0.30]]
        biases = [0.35, 0.35]
        activation = "sigmoid"
        [[network.layers]]
        weights = [[0.40, 0.45], [0.50, 0.55]]
        biases = [0.60, 0.60]
        activation = "sigmoid"
        [step]
        eta = 0.5
        {step}
        [[claims]]
        {claims}
        """


def numpy_rounds(
    rounds: int, *, backwards: bool = False, biases: bool = False, momentum: float = 0.0
) -> dict[str, float]:
    """Train Mazur's network with matrices; return its error and outputs, and two of its weights."""
    w1, w2 = np.array([[0.15, 0.20], [0.25, 0.30]]), np.array([[0.40, 0.45], [0.50, 0.55]])
    b1, b2 = np.full(2, 0.35), np.full(2, 0.60)
    v = [np.zeros_like(each) for each in (w1, w2, b1, b2)]

    def forward():
        hidden = 1 / (1 + np.exp(-(w1 @ INPUTS + b1)))
        return hidden, 1 / (1 + np.exp(-(w2 @ hidden + b2)))

    for _ in range(rounds):
        hidden, output = forward()
        delta2 = (output - TARGETS) * output * (1 - output)
        v[1] = momentum * v[1] - ETA * np.outer(delta2, hidden)
        used = w2 + v[1] if backwards else w2
        delta1 = used.T @ delta2 * hidden * (1 - hidden)
        v[0] = momentum * v[0] - ETA * np.outer(delta1, INPUTS)
        w1, w2 = w1 + v[0], w2 + v[1]
        if biases:
            v[2], v[3] = momentum * v[2] - ETA * delta1, momentum * v[3] - ETA * delta2
            b1, b2 = b1 + v[2], b2 + v[3]
    _, output = forward()
    error = 0.5 * np.sum((output - TARGETS) ** 2)
    return {"E": error, "a2[1]": output[0], "w1[2,1]": w1[1, 0], "w2[1,2]": w2[0, 1], "b1[2]": b1[1]}


STEPS = {
    'update = ["w1", "w2"]': {},
    'update = ["w1", "w2"]\nweights = "updated"': {"backwards": True},
    "": {"biases": True},
    'weights = "updated"': {"backwards": True, "biases": True},
    'update = ["w1", "w2", "b1", "b2"]\nmomentum = 0.9': {"biases": True, "momentum": 0.9},
    'momentum = 0.5\nweights = "updated"': {"biases": True, "momentum": 0.5, "backwards": True},
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("rounds", [0, 1, 2, 300])
def test_steps_are_those_of_a_matrix_program(step, rounds):
    worksheet = Worksheet.from_text(mazur(step))
    for name, expected in numpy_rounds(rounds, **STEPS[step]).items():
        assert worksheet.evaluate(f"{name} after {rounds} steps") == pytest.approx(expected, rel=1e-12)


def test_ten_thousand_rounds_in_both_orders():
    # The article prints 0.015912196, which only the second order gives.
    for step, expected in (
        ('update = ["w1", "w2"]', 0.01591362044),
        ('update = ["w1", "w2"]\nweights = "updated"', 0.01591219633),
    ):
        assert Worksheet.from_text(mazur(step)).evaluate("a2[1] after 10000 steps") == pytest.approx(expected, rel=1e-9)


def test_further_steps_go_on_from_those_that_were_taken():
    step = 'update = ["w1", "w2"]\nmomentum = 0.9'
    on_the_way = Worksheet.from_text(mazur(step))
    values = [on_the_way.evaluate(f"E after {steps} steps") for steps in (5, 3, 9, 5)]
    assert values == [Worksheet.from_text(mazur(step)).evaluate(f"E after {steps} steps") for steps in (5, 3, 9, 5)]


@pytest.mark.parametrize(
    ("step", "printed", "words"),
    [
        (
            'update = ["w1", "w2"]',
            "0.291027924",
            "with the output weights updated before the hidden deltas are computed",
        ),
        ('weights = "updated"\nupdate = ["w1", "w2"]', "0.2910277737", "from the original output weights"),
        ('update = ["w1", "w2"]', f"{numpy_rounds(1, biases=True)['E']:.9f}", "with the biases updated too"),
        ("", f"{numpy_rounds(1)['E']:.10f}", "with the biases left as they are"),
        ('update = ["w1", "w2"]', f"{numpy_rounds(1, biases=True, backwards=True)['E']:.10f}", "and with the biases"),
    ],
)
def test_a_figure_of_another_order_is_told_which(step, printed, words):
    (finding,) = Worksheet.from_text(mazur(step, f'quantity = "E after 1 step"\nprinted = "{printed}"')).verify()
    assert finding.verdict is Verdict.OTHER_ORDER
    assert words in finding.explanation


def test_new_change_and_derivatives_agree():
    worksheet = Worksheet.from_text(mazur())
    gradient = worksheet.evaluate("dE/dw1[1,2]")
    assert gradient == worksheet.find("w1[1,2]").grad == worksheet.evaluate("delta1[1]*x[2]")
    assert worksheet.evaluate("new w1[1,2]") == 0.20 - 0.5 * gradient
    assert worksheet.evaluate("change w1[1,2]") == pytest.approx(-0.5 * gradient, rel=1e-12)
    assert worksheet.evaluate("new b1[1]") == 0.35  # not updated here
    assert worksheet.evaluate("dE/dw1[1,2] after 1 step") != gradient
    assert worksheet.evaluate("w1[1,2] - eta*dE/dw1[1,2] - new w1[1,2]") == 0.0


def test_replaced_leaves_leave_the_worksheet_as_it_is():
    worksheet = Worksheet.from_text(mazur())
    before = [(node.data, node.grad) for node in topological(worksheet.loss)]
    slope = worksheet.evaluate("((E at w1[1,1]=0.15001) - (E at w1[1,1]=0.14999))/0.00002")
    assert slope == pytest.approx(worksheet.evaluate("dE/dw1[1,1]"), rel=1e-6)
    assert worksheet.evaluate("E after 3 steps") < worksheet.evaluate("E")
    assert [(node.data, node.grad) for node in topological(worksheet.loss)] == before


def test_every_named_node_is_labelled_and_differentiated():
    worksheet = Worksheet.from_text(mazur())
    wanted = {"x[1]", "t[2]", "w1[2,1]", "b2[2]", "z1[1]", "a1[2]", "z2[2]", "a2[1]", "E1", "E2", "E"}
    assert wanted <= set(worksheet.names)
    assert all(worksheet.find(name).label == name for name in worksheet.names)
    assert all(worksheet.find(name).has_grad for name in worksheet.names)
    assert worksheet.loss is worksheet.find("E")
    assert worksheet.eta == 0.5


EXPRESSIONS = """
[expressions]
a = 2
b = -3
c = 10
f = -2
e = "a*b"
same = "e"
five = "2 + 3"
L = "(e + c)*f"
[[claims]]
quantity = "L"
printed = "-8.0"
"""


def test_expressions_are_a_graph_whose_last_is_the_loss():
    worksheet = Worksheet.from_text(EXPRESSIONS)
    assert worksheet.loss.label == "L"
    assert [worksheet.find(name).grad for name in "abcf"] == [6.0, -4.0, -2.0, 4.0]
    assert worksheet.find("same") is worksheet.find("e")
    assert worksheet.find("five").data == 5.0
    assert worksheet.evaluate("dL/de") == -2.0
    assert worksheet.evaluate("dL/dfive") == 0.0
    assert worksheet.evaluate("L at a=3, b=c") == -80.0
    assert worksheet.eta is None
    assert worksheet.verify()[0].verdict is Verdict.EXACT


def test_another_loss_can_be_named():
    worksheet = Worksheet.from_text('loss = "e"' + EXPRESSIONS)
    assert (worksheet.loss.label, worksheet.find("a").grad, worksheet.find("f").grad) == ("e", -3.0, 0.0)


def test_expressions_may_use_a_network_and_be_the_loss():
    text = """
        [network]
        inputs = [2.0]
        targets = [1.0]
        loss = "squared_error"
        [[network.layers]]
        weights = [[0.5]]
        [expressions]
        p = 0.1
        R = "E + p*w1[1,1]**2 + a1[1]"
        [step]
        eta = 0.1
        [[claims]]
        quantity = "R"
        printed = "1.025"
        """
    worksheet = Worksheet.from_text(text)
    assert worksheet.loss.label == "E"
    assert worksheet.find("a1[1]") is worksheet.find("z1[1]")  # the activation is the identity
    assert worksheet.evaluate("R") == 1.025
    assert worksheet.evaluate("dR/dw1[1,1]") == pytest.approx(0.1 + 2.0)
    regularised = Worksheet.from_text('loss = "R"' + text)
    assert regularised.loss.label == "R"
    assert regularised.evaluate("new w1[1,1]") == pytest.approx(0.5 - 0.1 * 2.1)
    assert regularised.evaluate("new p") == 0.1
    assert regularised.evaluate("delta1[1]") == pytest.approx(1.0)


SOFTMAX = """
[network]
inputs = [1, 2]
targets = [0, 1, 0]
loss = "cross_entropy"
[[network.layers]]
weights = [[{}, 0.2], [0.1, -0.3], [0.5, 0.4]]
activation = "softmax"
[[claims]]
quantity = "delta1[2]"
formula = "a1[2] - t[2]"
[[claims]]
quantity = "E"
formula = "-log(a1[2])"
"""


def test_the_cross_entropy_of_a_softmax_is_that_of_its_outputs():
    worksheet = Worksheet.from_text(SOFTMAX.format(0.3))
    z = np.array([[0.3, 0.2], [0.1, -0.3], [0.5, 0.4]]) @ [1, 2]
    outputs = np.exp(z) / np.exp(z).sum()
    assert worksheet.loss.data == pytest.approx(-np.log(outputs[1]))
    assert worksheet.evaluate("dE/da1[2]") == pytest.approx(-1 / outputs[1])
    assert [finding.verdict for finding in worksheet.verify()] == [Verdict.HOLDS, Verdict.HOLDS]


def test_the_cross_entropy_of_a_saturated_softmax_is_finite():
    worksheet = Worksheet.from_text(SOFTMAX.format(900).partition('[[claims]]\nquantity = "E"')[0])
    assert worksheet.loss.data == pytest.approx(900.9)
    assert worksheet.evaluate("delta1[1]") == 1.0
    assert worksheet.verify().as_expected


def test_formulas_hold_or_are_wrong():
    claims = """quantity = "delta2[1]"
        formula = "(a2[1] - t[1])*a2[1]*(1 - a2[1])"
        [[claims]]
        quantity = "delta2[1]"
        formula = "(a2[1] - t[1])*a2[1]"
        expect = "wrong"
        [[claims]]
        quantity = "delta2[1]"
        formula = "(a2[1] - t[1])*a2[1]*(1 - a2[1])*(1 + 1e-11)"
        """
    report = Worksheet.from_text(mazur(claims=claims)).verify()
    assert [finding.verdict.value for finding in report] == ["holds", "wrong", "wrong"]
    assert [finding.as_expected for finding in report] == [True, True, False]
    assert "0.13849856" in report[1].explanation
    assert "0.55703" in report[1].explanation


def test_expected_verdicts_are_compared():
    claims = """quantity = "E"
        printed = "0.2984"
        expect = "{}"
        """
    expected = {"rounded": True, "exact": False, "wrong": False}
    for expect, as_expected in expected.items():
        report = Worksheet.from_text(mazur(claims=claims.format(expect))).verify()
        assert (report[0].verdict, report.as_expected) == (Verdict.ROUNDED, as_expected)


def test_printed_intermediates_feed_what_follows():
    claims = """quantity = "a1[1]"
        printed = "0.59"
        [[claims]]
        quantity = "-change w2[1,1]"
        printed = "0.0409"
        [[claims]]
        quantity = "new w2[1,1]"
        printed = "0.3591"
        """
    report = Worksheet.from_text(mazur(claims=claims)).verify()
    # 0.5 * 0.138499 * 0.59 = 0.04086; unrounded it is 0.04108
    assert [finding.verdict.value for finding in report] == ["rounded", "consistent", "consistent"]


def test_recalled_figures_are_said_to_be():
    source = '[source]\nauthor = "A"\nseen = {}\n'
    claims = 'quantity = "E"\nprinted = "0.298"\nseen = false'
    one = Worksheet.from_text(mazur(claims=claims, top=source.format("true"))).verify()
    assert "recalled" in one[0].explanation
    assert "recalled" not in one.title
    all_of_them = Worksheet.from_text(mazur(claims=claims, top=source.format("false"))).verify()
    assert "recalled" in all_of_them.title
    assert "recalled" not in all_of_them[0].explanation


WRONG = {
    'update = ["w3"]': ("step", "Did you mean w"),
    'update = ["z1"]': ("step", "which is computed"),
    'update = ["E"]': ("step", "which is computed"),
}


@pytest.mark.parametrize("step", WRONG)
def test_a_step_that_makes_no_sense(step):
    with pytest.raises(WorksheetError) as caught:
        Worksheet.from_text(mazur(step), "a.toml")
    assert re.match(rf"a\.toml:\d+: {WRONG[step][0]}", str(caught.value))
    assert WRONG[step][1] in str(caught.value)


MISTAKES = {
    "a = 1\nb = 'a + q'": ("expressions.b", "'q'"),
    "a = 1\nb = 'b + a'": ("expressions.b", "'b'"),
    "a = 1\nb = 'a +'": ("expressions.b", "a formula"),
    "a = 1\nb = 'log(0 - a)'": ("expressions.b", "x > 0"),
    "a = 1e300\nb = 'a*a'": ("a.toml", "b = inf"),
    "a = 1\nb = 'a'\n[quantities]\nb = 'a'": ("quantities.b", "taken"),
    "a = 1\n[quantities]\nq = 'r'\nr = 'a'": ("quantities.q", "'r'"),
    "a = 1\nb = 'a*a'\n[step]\neta = 1\nweights = 'updated'": ("step", "without a [network]"),
    "a = 1\n[step]\neta = 1": ("a.toml", "a, the last of [expressions], which is a number"),
}


@pytest.mark.parametrize("expressions", MISTAKES)
def test_a_graph_that_does_not_work_out(expressions):
    place, words = MISTAKES[expressions]
    with pytest.raises(WorksheetError) as caught:
        Worksheet.from_text(f"[expressions]\n{expressions}\n[[claims]]\nquantity = 'a'\nprinted = '1'", "a.toml")
    assert place in str(caught.value)
    assert words in str(caught.value)


CLAIMS = {
    'quantity = "q"': ("claims[1].quantity", "'q'"),
    'quantity = "E at E=3"': ("claims[1]", "which is computed"),
    'quantity = "log(0 - E)"': ("claims[1]", "x > 0"),
    'quantity = "E after 1000000 steps"': ("claims[1]", "at most 250,000 nodes"),
    'quantity = "E at t[1]=1e308"': ("claims[1]", "power"),
    'quantity = "E"\nalso = ["x"]': ("claims[1].also", "a printed figure"),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_that_does_not_work_out_is_named(claim):
    place, words = CLAIMS[claim]
    worksheet = mazur(claims=f'{claim}\nprinted = "1"')
    with pytest.raises(WorksheetError) as caught:
        Worksheet.from_text(worksheet, "a.toml").verify()
    assert re.match(rf"a\.toml:\d+: {re.escape(place)}", str(caught.value))
    assert words in str(caught.value)


def test_steps_need_a_step():
    worksheet = Worksheet.from_text(EXPRESSIONS)
    with pytest.raises(ArgumentError, match=r"\[step\] with eta"):
        worksheet.evaluate("new a")
    with pytest.raises(UnknownNameError, match=r"\[step\] with eta"):
        worksheet.evaluate("a - eta*dL/da")


def test_steps_that_diverge_say_so():
    worksheet = Worksheet.from_text(
        "[expressions]\na = 1\nL = 'a**4'\n[step]\neta = 1e9" + '\n[[claims]]\nquantity = "a"\nprinted = "1"'
    )
    with pytest.raises(DomainError):
        worksheet.evaluate("a after 50 steps")


def test_names_that_are_unknown_are_suggested():
    worksheet = Worksheet.from_text(mazur())
    with pytest.raises(UnknownNameError, match=r"Did you mean w1\["):
        worksheet.find("w1[1,3]")
    with pytest.raises(MicrogradnetError, match="a name of a node"):
        worksheet.evaluate("dE/dq")


def test_claims_times_nodes_are_limited():
    row = ", ".join(["0.1"] * 40)
    network = f"[network]\ninputs = [{row}]\ntargets = [{row}]\nloss = 'squared_error'\n"
    text = f"{network}[[network.layers]]\nweights = [{', '.join([f'[{row}]'] * 40)}]\n"
    with pytest.raises(WorksheetError, match="claims times nodes"):
        Worksheet.from_text(text + '[[claims]]\nquantity = "E"\nprinted = "1"\n' * 400, "a.toml")


def test_a_worksheet_is_loaded_from_a_file_and_by_name(tmp_path):
    (tmp_path / "mine.toml").write_text(EXPRESSIONS, encoding="utf-8")
    worksheet = Worksheet.load(tmp_path / "mine.toml")
    assert (worksheet.title, worksheet.loss.data) == ("mine.toml", -8.0)
    assert Worksheet.load(str(tmp_path / "mine.toml")).verify().as_expected
    assert Worksheet.example("karpathy-L").loss.data == -8.0
    with pytest.raises(UnknownNameError):
        Worksheet.example("no-such-example")


SOFTMAX_NETWORK = """
    [network]
    inputs = [0.7, 1.0]
    targets = [0, 1]
    loss = "cross_entropy"
    [[network.layers]]
    weights = [[0.1, 0.7], [0.8, 0.2]]
    activation = "sigmoid"
    [[network.layers]]
    weights = [[0.6, 0.5], [0.4, 0.3]]
    activation = "OUTPUT"
    [[claims]]
    quantity = "E"
    printed = "0.8389"
    [[claims]]
    quantity = "delta2[2]"
    printed = "-0.5678"
    """


def test_cross_entropy_reads_the_outputs_of_a_softmax_as_probabilities():
    assert Worksheet.from_text(SOFTMAX_NETWORK.replace("OUTPUT", "softmax")).verify()
    assert Worksheet.from_text(SOFTMAX_NETWORK.replace("OUTPUT", "identity")).verify()


@pytest.mark.parametrize(
    ("output", "advice"), [("sigmoid", "binary_cross_entropy"), ("relu", 'activation = "softmax"')]
)
def test_cross_entropy_of_other_outputs_is_refused(output, advice):
    with pytest.raises(WorksheetError, match=f"network.loss: .* over {output}.*{advice}"):
        Worksheet.from_text(SOFTMAX_NETWORK.replace("OUTPUT", output))


def test_names_of_other_programs_stand_for_activations_and_losses():
    text = SOFTMAX.format(0.3).partition('[[claims]]\nquantity = "E"')[0].replace('"softmax"', '"logistic"')
    with pytest.raises(WorksheetError, match="binary_cross_entropy"):
        Worksheet.from_text(text)
    assert Worksheet.from_text(text.replace('"cross_entropy"', '"bce"')).loss.data > 0.0


def test_a_notebook_shows_what_a_worksheet_claims() -> None:
    sheet = Worksheet.from_text(
        'title = "<b>"\n[expressions]\nw = 0.5\nE = "w**2"\n[[claims]]\nquantity = "dE/dw"\nprinted = "1.0"\n'
    )
    shown = sheet._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "dE/dw" in shown
    assert "1.0" in shown


SAMPLES = """
    [network]
    inputs = [[0.05, 0.1], [0.3, -0.2], [1.0, 0.4]]
    targets = [[0.01], [0.9], [0.5]]
    loss = "half_squared_error"
    samples = "HOW"
    layers = [
      {weights = [[0.15, 0.2], [0.25, 0.3]], biases = [0.35, 0.35], activation = "sigmoid"},
      {weights = [[0.4, 0.45]], biases = [0.6], activation = "sigmoid"},
    ]
    [step]
    eta = 0.1
    """


def by_hand(how):
    """The same with NumPy: values of the samples, and the gradient by the weights of the first layer."""
    x, t = np.array([[0.05, 0.1], [0.3, -0.2], [1.0, 0.4]]), np.array([[0.01], [0.9], [0.5]])
    w1, w2 = np.array([[0.15, 0.2], [0.25, 0.3]]), np.array([[0.4, 0.45]])
    a1 = 1 / (1 + np.exp(-(x @ w1.T + 0.35)))
    a2 = 1 / (1 + np.exp(-(a1 @ w2.T + 0.6)))
    count = 3 if how == "mean" else 1
    delta2 = (a2 - t) * a2 * (1 - a2) / count
    delta1 = delta2 @ w2 * a1 * (1 - a1)
    return {
        "E": ((a2 - t) ** 2).sum() / 2 / count,
        "a1[2] of sample 3": a1[2, 1],
        "delta2[1] of sample 2": delta2[1, 0],
        "dE/dz1[1] of sample 2": delta1[1, 0],
        "dE/dw1[2,1]": (delta1.T @ x)[1, 0],
        "new w1[2,1]": 0.25 - 0.1 * (delta1.T @ x)[1, 0],
        "E of sample 1": ((a2 - t) ** 2)[0, 0] / 2,
    }


@pytest.mark.parametrize("how", ["mean", "sum"])
def test_several_samples(how):
    worksheet = Worksheet.from_text(SAMPLES.replace("HOW", how))
    for quantity, value in by_hand(how).items():
        assert worksheet.evaluate(quantity) == pytest.approx(value, rel=1e-12), quantity
    with pytest.raises(UnknownNameError, match=r"z1\[1\] of sample 1"):
        worksheet.evaluate("z1[1]")


def test_every_optimizer_takes_the_steps_of_a_worksheet():
    from microgradnet.nn import optim

    for name, options in (
        ("Adam", "betas = [0.8, 0.9]"),
        ("rmsprop", "alpha = 0.9"),
        ("adagrad", ""),
        ("sgd", "momentum = 0.5\nnesterov = true"),
    ):
        worksheet = Worksheet.from_text(SAMPLES.replace("HOW", "mean") + f'optimizer = "{name}"\n{options}')
        other = Worksheet.from_text(SAMPLES.replace("HOW", "mean"))
        leaves = [node for node in topological(other.loss) if node.label[:1] in "wb" and node.label]
        settings = {
            "Adam": {"betas": (0.8, 0.9)},
            "rmsprop": {"alpha": 0.9},
            "sgd": {"momentum": 0.5, "nesterov": True},
        }
        rule = optim.find(name)(leaves, lr=0.1, **settings.get(name, {}))
        for _ in range(3):
            other.loss.zero_grad()
            other.loss.backward()
            rule.step()
            mg.recompute(other.loss)
        assert worksheet.evaluate("E after 3 steps") == pytest.approx(other.loss.data, rel=1e-12)


def test_escapes_of_a_terminal_never_reach_it():
    text = SOFTMAX_NETWORK.replace("OUTPUT", "softmax").replace(
        'printed = "0.8389"', 'printed = "0.8389"\nname = "\\u001b[31mE"'
    )
    report = Worksheet.from_text('title = "\\u001b]0;x\\u0007"\nnotes = "\\u001b[2J"\n' + text).verify()
    for shown in (str(report), report._repr_html_(), report.table().markdown()):
        assert not any(character in shown for character in "\x1b\x07")


def test_the_expectations_of_a_worksheet_can_be_left_aside():
    worksheet = Worksheet.example("double-sigmoid-slip")
    assert worksheet.verify()
    assert not worksheet.verify(expectations=False)


@pytest.mark.parametrize(("name", "kept"), [("adam", "mv"), ("adamw", "mv"), ("rmsprop", "v"), ("adagrad", "v")])
def test_what_an_optimizer_remembers_is_a_quantity(name, kept):
    worksheet = Worksheet.from_text(SAMPLES.replace("HOW", "mean") + f'optimizer = "{name}"')
    other = Worksheet.from_text(SAMPLES.replace("HOW", "mean"))
    leaves = [node for node in topological(other.loss) if node.label[:1] in "wb" and node.label]
    rule = mg.optim.OPTIMIZERS[name](leaves, lr=0.1)
    place = next(place for place, leaf in enumerate(leaves) if leaf.label == "w1[2,1]")
    for step in (1, 2):
        other.loss.zero_grad()
        other.loss.backward()
        rule.step()
        mg.recompute(other.loss)
        for which, number in zip(kept, rule.state[place], strict=False):
            quantity = f"{which} w1[2,1]" + (f" after {step} steps" if step > 1 else "")
            assert worksheet.evaluate(quantity) == pytest.approx(number, rel=1e-12)


def test_a_velocity_is_refused_as_books_disagree():
    worksheet = Worksheet.from_text(SAMPLES.replace("HOW", "mean") + "momentum = 0.9")
    with pytest.raises(ArgumentError, match="optimizer keeps"):
        worksheet.evaluate("v w1[2,1]")
    with pytest.raises(ArgumentError, match="which no step updates"):
        Worksheet.from_text(SAMPLES.replace("HOW", "mean") + "optimizer = 'adam'").evaluate("m x[1] of sample 1")


# What is asked for, and the derivative that it is, in the names in which it is written.
ASKED = {
    ("mazur-2015", "w5"): ("dE/dw2[1,1]", "dE_total/dw5"),
    ("mazur-2015", "w_5"): ("dE/dw2[1,1]", "dE_total/dw5"),
    ("mazur-2015", "dE_total/dnet_o1"): ("delta2[1]", "dE_total/dnet_o1"),
    ("mazur-2015", "new w5"): ("dE/dw2[1,1]", "dE_total/dw5"),
    ("mazur-2015", "w2[1,1]"): ("dE/dw2[1,1]", "dE/dw2[1,1]"),
    ("mazur-2015", "dout_o1/dnet_o1"): ("da2[1]/dz2[1]", "dout_o1/dnet_o1"),
}


@pytest.mark.parametrize(("name", "asked"), ASKED)
def test_a_derivation_is_asked_for_in_the_names_of_the_page(name: str, asked: str) -> None:
    worksheet = Worksheet.example(name)
    labels = [node.label for node in worksheet.calculation.nodes.values()]
    derivation = worksheet.derive(asked)
    quantity, written = ASKED[name, asked]
    assert derivation.value == pytest.approx(worksheet.evaluate(quantity), rel=1e-12)
    assert f"The derivative {written}\n" in derivation.text
    assert ("The update" in derivation.text) is ("w" in quantity)
    assert [node.label for node in worksheet.calculation.nodes.values()] == labels


def test_what_is_no_node_or_derivative_is_said_so() -> None:
    worksheet = Worksheet.from_text(SAMPLES.replace("HOW", "sum") + '[names]\ne1 = "t[1] of sample 1 - 2*E"\n')
    with pytest.raises(ArgumentError, match=r"which is t\[1\] of sample 1 - 2\*E"):
        worksheet.derive("e1")
    with pytest.raises(UnknownNameError) as error:
        worksheet.derive("e2")
    assert "mean e2" not in str(error.value)
    assert "dE/d(z1[1] of sample 2)" in worksheet.derive("z1[1] of sample 2").text


RECURRENT = """+++
[expressions]
x = [1, 2]
t = 0.5
W = 0.4
V = 0.3
{}+++
# A recurrent network

    h_1 = tanh(W*x_1) = 0.3799
    h_2 = tanh(W*x_2 + V*h_1) = 0.7230
    y = V*h_2 = 0.2169
    {}
"""


def test_formulas_of_the_text_are_nodes_for_derivations_and_pictures() -> None:
    """Compared with the same formulas as Values."""
    sheet = Worksheet.from_text(RECURRENT.format("", "L = 1/2*(t - y)^2 = 0.0401"), "page.md")
    assert [finding.verdict.value for finding in sheet.verify()] == ["holds", "rounded"] * 4
    w, v = mg.Value(0.4), mg.Value(0.3)
    first = mg.tanh(w)
    second = mg.tanh(w * 2 + v * first)
    y = v * second
    loss = (0.5 - y) ** 2 / 2
    expected = dict(zip(["W", "V", "h_1", "dL/dh_2", "y"], mg.gradients(loss, [w, v, first, second, y]), strict=True))
    for asked, gradient in expected.items():
        assert sheet.derive(asked).value == pytest.approx(gradient.data, rel=1e-12)
        assert asked[0] == "d" or sheet.find(asked).grad == pytest.approx(gradient.data, rel=1e-12)
    assert sheet.derive("dy/dV").value == pytest.approx(mg.gradients(y, [v])[0].data, rel=1e-12)
    assert sheet.result is sheet.find("L")
    assert mg.draw(sheet.result, highlight=sheet.find("h_1")).svg.count("h_1") > 0


def test_what_is_differentiated_is_never_guessed() -> None:
    several = Worksheet.from_text(RECURRENT.format("", "z = 2*h_2 = 1.4461"), "page.md")
    with pytest.raises(ArgumentError, match="a page with a loss, or with one result; got y, z"):
        several.derive("W")
    assert several.derive("dy/dV").value == pytest.approx(0.7774, abs=1e-4)
    one = Worksheet.from_text(RECURRENT.format("", "2 + 2 = 4"), "page.md")
    assert one.result.label == "y"
    assert "dy/dV" in str(one.derive("V"))
    last = Worksheet.from_text(RECURRENT.format('g = "W*W"\n', "2 + 2 = 4"), "page.md")  # the last one is the loss
    assert last.derive("W").value == pytest.approx(0.8)
    with pytest.raises(ArgumentError, match="a node that g is calculated from; got V,"):
        last.derive("V")
    above = Worksheet.from_text(RECURRENT.format('g = "W*W"\n', "E = 3*g + 1 = 1.48"), "page.md")
    assert [finding.verdict.value for finding in above.verify()][-1] == "exact"  # E is no other name of g
    assert above.derive("W").value == pytest.approx(2.4)


def test_each_name_that_a_page_verifies_is_derived_or_refused_with_a_reason() -> None:
    text = (
        mg.verification.library.text("mazur-2015")
        + """
    err = t[1] - out_o1 = -0.7414
    delta_9 = dE_total/dnet_o1 = 0.1385
    twice = 2*delta_9 = 0.277
    mean_o = (out_o1 + out_o2)/2 = 0.7621
"""
    )
    sheet = Worksheet.from_text(text, "page.md")
    refused = {"err": "calculated beside it", "mean_o": "calculated beside it", "twice": "a node or a derivative"}
    refused |= dict.fromkeys([name for name in sheet.as_read[1] if name.endswith("+")], "a node or a derivative")
    for name in sheet.as_read[1]:
        if name in refused:
            with pytest.raises(ArgumentError, match=refused[name]):
                sheet.asked(name)
        else:
            of, by = sheet.asked(name)
            assert by in {*topological(of)}
    assert sheet.derive("derr/dw5").value == pytest.approx(
        -sheet.find("out_o1").data * (1 - sheet.find("out_o1").data) * sheet.find("out_h1").data
    )


OF_THE_TEXT = {
    # derivatives of formulas of the text, each with its verdict; h_1 reaches h_2 in one way, and V in two
    "dL/dy = y - t = -0.2831": ["holds", "rounded"],
    "dL/dh_2 = V*(y - t) = -0.0849": ["holds", "rounded"],
    "dL/dh_2 = W*(y - t) = -0.0849": ["wrong", "rounded"],
    "dL/dh_1 = dL/dh_2*(1 - h_2^2)*V = -0.0122": ["holds", "rounded"],
    "dL/dV = (y - t)*h_2 = -0.2047": ["wrong", "wrong"],  # what leads over h_2 is left out
    "dL/dV = -0.2201": ["rounded"],
    "∂y/∂h_2 = V = 0.3": ["holds", "exact"],
    "∂y/∂V = h_2 = 0.7230": ["holds", "rounded"],  # the straight way alone, as a ∂ may mean
    "dy/dV = h_2 = 0.7230": ["wrong", "wrong"],
}


@pytest.mark.parametrize("line", OF_THE_TEXT)
def test_derivatives_of_formulas_of_the_text_are_judged(line: str) -> None:
    page = RECURRENT.format("", f"L = 1/2*(t - y)^2 = 0.0401\n    {line}")
    report = Worksheet.from_text(page, "page.md").verify()
    assert [finding.verdict.value for finding in report][8:] == OF_THE_TEXT[line]


def test_a_formula_that_is_a_node_of_the_graph_is_that_node() -> None:
    page = """+++
[network]
inputs = [0.35, 0.9]
targets = [0.5]
loss = "half_squared_error"
layers = [{ weights = [[0.3, 0.9]], biases = [0.1], activation = "sigmoid" }]
+++
    q = x[1]*w1[1,1] + x[2]*w1[1,2] + b1 = 1.015; dE/dq = 0.0457
    r = a1/2 = 0.367; dE/dr = 0
"""
    report = Worksheet.from_text(page, "page.md").verify()
    found = [(finding.name, finding.verdict.value) for finding in report]
    assert found == [("q", "holds"), ("q", "exact"), ("dE/dq", "rounded"), ("r", "holds"), ("r", "rounded")]
    assert [part.text for part in report.unread] == ["dE/dr"]  # E is not made from r
