"""What a worksheet may calculate beyond one sample and plain descent, each against PyTorch or plain floats."""

import math
import tomllib

import pytest

import microgradnet as mg
from microgradnet.errors import WorksheetError
from microgradnet.verification.report import Verdict
from microgradnet.verification.schema import json_schema

LAYERS = """layers = [
  {{ weights = [[0.15, 0.2], [0.25, 0.3]], biases = {first}, activation = "sigmoid" }},
  {{ weights = [[0.4, 0.45], [0.5, 0.55]], biases = {second}, activation = "sigmoid" }},
]
"""
ONE = """[network]
inputs = [0.05, 0.10]
targets = [0.01, 0.99]
loss = "half_squared_error"
"""


def sheet(text: str) -> mg.Worksheet:
    return mg.Worksheet.from_text(text, "a.toml")


def network(first: str = "[0.35, 0.35]", second: str = "[0.6, 0.6]", head: str = ONE) -> str:
    return head + LAYERS.format(first=first, second=second)


def test_a_bias_that_a_layer_shares_has_the_sum_of_the_gradients():
    apart, shared = sheet(network()), sheet(network("0.35", "0.6") + "[step]\neta = 0.5\n")
    assert shared.evaluate("E") == apart.evaluate("E")
    for layer in (1, 2):
        both = apart.evaluate(f"dE/db{layer}[1] + dE/db{layer}[2]")
        assert shared.evaluate(f"dE/db{layer}") == pytest.approx(both, rel=1e-14)
        start = 0.35 if layer == 1 else 0.6
        assert shared.evaluate(f"new b{layer}") == pytest.approx(start - 0.5 * both, rel=1e-14)
    one = shared.evaluate("dE/db1 - delta1[1]")  # one place only
    words = sheet(network("0.35", "0.6") + f'[claims]\n"dE/db1" = "{one:.7f}"\n').verify()[0].explanation
    assert "only one of the 2 places where b1 stands" in words or "only the path through" in words


def test_numbers_may_be_formulas_wherever_a_number_stands():
    text = network('["1/3 + sin(pi/4)", "-2**0.5"]').replace("0.05", '"exp(-3)"').replace("0.15", '"3/20"')
    found = sheet(text + '[step]\neta = "1/8"\n')
    assert found.evaluate("b1[1]") == 1 / 3 + math.sin(math.pi / 4)
    assert found.evaluate("b1[2]") == -math.sqrt(2)
    assert found.evaluate("x[1]") == math.exp(-3)
    assert (found.evaluate("w1[1,1]"), found.eta) == (0.15, 0.125)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("[0.05, 0.10]", '["x[1]", 1]', "network.inputs[1]: a number, or a formula of numbers"),
        ("[0.05, 0.10]", '["9**9**9", 1]', "network.inputs[1]: a number, or a formula of numbers"),
        ("[0.6, 0.6]", '"0,6"', "network.layers[2].biases: a number, or a formula of numbers"),
        ("eta = 0.5", "eta = 0.5\nbatches = [[1]]", "step.batches[1]: several samples in [network]"),
        ("eta = 0.5", "eta = 0.5\nascent = 1", "step.ascent: true or false"),
    ],
)
def test_what_is_none_of_this_is_named(old, new, place):
    with pytest.raises(WorksheetError) as caught:
        sheet((network() + "[step]\neta = 0.5\n").replace(old, new))
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


def test_lists_are_written_as_lists_and_their_functions_know_them():
    text = """[expressions]
x = [3, "4"]
w = [[0.5, -1], [2, 0.25]]
"z[1]" = "dot(w[1], x)"
"z[2]" = "dot(w[2], x) + sum(x) - mean(w)"
n = "norm(z)"
m = "max(z) + min(x) + maximum(x, 10)"
E = "n + m"
"""
    w, x = [[0.5, -1.0], [2.0, 0.25]], [3.0, 4.0]
    z = [w[0][0] * x[0] + w[0][1] * x[1], w[1][0] * x[0] + w[1][1] * x[1] + sum(x) - sum(map(sum, w)) / 4]
    found = sheet(text)
    assert found.evaluate("n") == pytest.approx(math.hypot(*z), rel=1e-14)
    assert found.evaluate("m") == max(z) + 3.0 + 10.0
    assert found.evaluate("norm(z) - n") == 0.0
    assert found.evaluate("dot(x, w[2])") == 7.0
    # dE/dw[2,1]: through the norm z2/n x1, through the maximum x1, and what the mean takes off both
    slope = (z[1] / math.hypot(*z) + 1) * (x[0] - 0.25)
    assert found.evaluate("dE/dw[2,1]") == pytest.approx(slope, rel=1e-13)
    with pytest.raises(mg.errors.ExpressionError, match="dot of two lists of one length"):
        found.evaluate("dot(w, x)")


@pytest.mark.parametrize("printed", ['"[0.7514, 0.7700]"', '["0.7514", "0.7700"]'])
def test_figures_of_a_list_are_judged_one_by_one(printed):
    report = sheet(
        network() + f'[step]\neta = 0.5\n[claims]\na2 = {printed}\n"dE/dw2" = "[[0.0822, 1], [2, 3]]"'
    ).verify()
    assert [finding.quantity for finding in report][:2] == ["a2[1]", "a2[2]"]
    assert [finding.quantity for finding in report][2:] == [f"dE/dw2[{j},{k}]" for j in (1, 2) for k in (1, 2)]
    verdicts = [finding.verdict for finding in report]
    assert verdicts[:3] == [Verdict.ROUNDED, Verdict.WRONG, Verdict.ROUNDED]
    assert not any(verdict.is_right for verdict in verdicts[3:])


def test_ascent_goes_uphill():
    text = '[expressions]\nw = 2\nE = "3*w - w**2"\n[step]\neta = 0.1\nascent = true\n'
    found = sheet(text)
    assert found.evaluate("new w") == pytest.approx(2 + 0.1 * (3 - 4))
    assert found.evaluate("w after 40 steps") == pytest.approx(1.5 + 0.5 * 0.8**40)  # w - 3/2 shrinks by 1 - 2 eta
    assert found.step_in_words("w") == "The worksheet's step: new w = w + eta*dE/dw = 2 + 0.1*-1 = 1.9"
    words = sheet(text + '[claims]\n"new w" = "2.1000"\n').verify()[0].slips[0]
    assert words == "the step may go downhill: the gradient is subtracted, not added"


BATCHES = """[network]
inputs = [[0.0], [1.0], [2.0]]
targets = [[1.0], [2.0], [4.0]]
loss = "half_squared_error"
layers = [{ weights = [[0.5]], biases = [0.1] }]
[step]
eta = 0.1
batches = [[3], [1, 2]]
"""


def by_hand(steps: int, ascent: bool = False) -> tuple[float, float]:
    """The weight and the bias after so many steps over the batches of BATCHES."""
    w, b, sign = 0.5, 0.1, 1 if ascent else -1
    data = [(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)]
    for step in range(steps):
        batch = [[data[2]], data[:2]][step % 2]
        errors = [(w * x + b - t, x) for x, t in batch]
        w += sign * 0.1 * sum(error * x for error, x in errors) / len(batch)
        b += sign * 0.1 * sum(error for error, _ in errors) / len(batch)
    return w, b


@pytest.mark.parametrize("steps", [1, 2, 3, 60])
def test_minibatches_are_taken_in_their_order(steps):
    found = sheet(BATCHES)
    w, b = by_hand(steps)
    assert found.evaluate(f"w1[1,1] after {steps} steps") == pytest.approx(w, rel=1e-12)
    assert found.evaluate(f"b1[1] after {steps} steps") == pytest.approx(b, rel=1e-12)


def test_the_order_of_samples_is_one_of_batches_of_one():
    found, w = sheet(BATCHES.replace("[[3], [1, 2]]", "[[2], [3], [1]]")), 0.5
    b = 0.1
    for x, t in ((1.0, 2.0), (2.0, 4.0), (0.0, 1.0)):
        error = w * x + b - t
        w, b = w - 0.1 * error * x, b - 0.1 * error
    assert found.evaluate("w1[1,1] after 3 steps") == pytest.approx(w, rel=1e-14)


@pytest.mark.slow
def test_what_an_optimizer_remembers_can_be_printed_and_carried_on():
    """Adam by hand with figures of three digits, whose new weight follows from them and not from the exact ones."""
    text = '[expressions]\nw = 2\nE = "3.337*w**2"\n[step]\neta = 0.1\noptimizer = "adam"\n'
    gradient = 2 * 3.337 * 2
    m, v = 0.1 * gradient, 0.001 * gradient**2
    found = sheet(text)
    assert (found.evaluate("m w"), found.evaluate("v w")) == pytest.approx((m, v), rel=1e-12)
    torch = pytest.importorskip("torch")
    w = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (3.337 * w**2).backward()
        optimizer.step()
    assert found.evaluate("w after 3 steps") == pytest.approx(w.item(), rel=1e-12)
    state = optimizer.state[w]
    assert found.evaluate("m w after 3 steps") == pytest.approx(state["exp_avg"].item(), rel=1e-12)
    quantities = (
        '[quantities]\n"mhat" = "m w/(1 - 0.9)"\n"vhat" = "v w/(1 - 0.999)"\nnext = "w - eta*mhat/sqrt(vhat)"\n'
    )
    claims = '[claims]\n"m w" = "1.33"\n"v w" = "0.178"\nmhat = "13.3"\nvhat = "178"\nnext = "1.9003"\n'
    verdicts = {finding.quantity: finding.verdict.value for finding in sheet(text + quantities + claims).verify()}
    assert verdicts["next"] == "consistent"  # 2 - 0.1*13.3/sqrt(178) = 1.90031
    assert set(verdicts.values()) <= {"rounded", "consistent"}


def test_a_sheet_without_claims_is_drawn_and_derived_with_its_own_step(tmp_path):
    from click.testing import CliRunner

    from microgradnet.cli.worksheets import derive

    path = tmp_path / "a.toml"
    path.write_text(BATCHES)
    assert "<svg" in mg.draw(mg.Worksheet.load(path).loss).svg
    result = CliRunner().invoke(derive, [str(path), "new w1[1,1]"])
    assert result.exit_code == 0
    assert "in the first batch dE/dw1[1,1] = -5.8" in result.output  # (0.5*2 + 0.1 - 4)*2


def test_the_json_schema_knows_all_of_it():
    jsonschema = pytest.importorskip("jsonschema")
    good = """[network]
inputs = [["exp(-3)", 1], [2, 3]]
targets = [[1], ["1/3"]]
loss = "half_squared_error"
layers = [{ weights = [["1/2", 1]], biases = "1/3" }]
[expressions]
u = [1, "2*3"]
v = [[1, 2], [3, "4"]]
[step]
eta = "1/8"
ascent = true
batches = [[1], [2]]
[claims]
u = "[1, 6]"
"v[1]" = ["1", "2"]
"""
    schema = json_schema()
    jsonschema.validate(tomllib.loads(good), schema)
    assert len(sheet(good).verify()) == 4
    for bad in ("[step]\neta = true", "[expressions]\nx = true", "[step]\neta = 1\nbatches = [[0]]", "[claims]\nx = 3"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(tomllib.loads(bad), schema)
