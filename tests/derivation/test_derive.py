"""What ``mg.derive`` promises: arguments, notes, names, numbers."""

import math
import re

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError
from microgradnet.operation import TABLE, called, define
from tests.derivation.graphs import karpathy, labelled, layer, mazur, sigmoids, softmax_by_hand


def test_it_works_before_backward_and_leaves_gradients_alone():
    loss = mazur()
    mg.derive(loss, "w1[1,1]")
    assert all(node.grad == 0.0 and not node.has_grad for node in loss._below())
    loss.backward()
    before = [(node.grad, node.has_grad) for node in loss._below()]
    mg.derive(loss, "w1[1,1]")
    assert before == [(node.grad, node.has_grad) for node in loss._below()]


def test_a_string_names_a_node():
    loss = mazur()
    assert mg.derive(loss, "delta1[2]").value == mg.derive(loss, "z1[2]").value
    with pytest.raises(UnknownNameError, match=r"w3\[1,1\]"):
        mg.derive(loss, "w3[1,1]")


@pytest.mark.parametrize("node", [3.0, None, [1]])
def test_what_is_no_node_is_refused(node):
    with pytest.raises(NumberTypeError):
        mg.derive(mazur(), node)
    with pytest.raises(NumberTypeError):
        mg.derive(node, "w1[1,1]")


@pytest.mark.parametrize(
    "options", [{"eta": math.nan}, {"eta": math.inf}, {"digits": 1}, {"digits": 8.0}, {"paths": -1}]
)
def test_arguments_out_of_range_are_refused(options):
    with pytest.raises(ArgumentError):
        mg.derive(mazur(), "w1[1,1]", **options)


def test_a_loss_that_does_not_depend_on_the_node():
    derivation = mg.derive(karpathy(), Value(1.0, label="q"), eta=0.5)
    assert derivation.value == 0.0
    assert "L does not depend on q, so the derivative is 0." in derivation.text
    assert "new q = q - eta * dL/dq = 1 - 0.5 * 0 = 1" in derivation.text


def test_the_derivative_by_itself_is_1():
    loss = karpathy()
    assert mg.derive(loss, loss).value == 1.0
    assert "dL/dL = 1" in mg.derive(loss, loss).text


def test_no_update_of_what_is_computed():
    assert "z1[1] is computed, not chosen" in mg.derive(mazur(), "z1[1]", eta=0.5).text


def test_nodes_without_a_label_are_called_by_the_callers_variables_and_by_formulas():
    x, y = Value(3.0), Value(-2.0)
    loss = mg.tanh(x * y + x)
    assert "dloss/dx         = dloss/d(x*y) * ∂(x*y)/∂x + dloss/d(x*y + x) * ∂(x*y + x)/∂x" in mg.derive(loss, x).text
    a, b = Value(2.0), Value(-3.0)
    e = a * b
    L = (e + 10.0) * -2.0
    page = mg.derive(L, a).text
    assert "e = a*b = 2*(-3) = -6" in page
    assert "dL/da = dL/de * ∂e/∂a" in page
    assert mg.derive(L, "e").value == -2.0


def test_an_unlabelled_loss_is_called_loss():
    w = Value(0.75, label="w")
    assert "dloss/dw = 2*w" in mg.derive(w * w, w).text


def test_partial_derivatives_are_written_otherwise_than_total_ones():
    x = Value(2.0, label="x")
    y = 3 * x
    z = y + x
    page = mg.derive(z, x).text
    assert "dz/dx = ∂z/∂x\n        + ∂z/∂y * dy/dx" in page
    assert "dz/dx  = 1 + 3 = 4" in page
    assert r"\frac{\partial z}{\partial y} \cdot \frac{dy}{dx}" in mg.derive(z, x).latex


def test_a_derivative_of_another_node_than_the_loss_can_be_asked_for():
    x = Value(2.0, label="x")
    y = 3 * x
    z = y * y + x
    assert mg.derive(z, "dy/dx").value == 3.0
    assert mg.derive(z, "∂z/∂y").value == 12.0
    assert mg.derive(z, "dz/dx").value == 37.0
    assert mg.derive(mazur(), "dE/dw1[1,1]").value == mg.derive(mazur(), "w1[1,1]").value
    with pytest.raises(UnknownNameError, match="q"):
        mg.derive(z, "dq/dx")


def test_equal_factors_are_factored_out_into_deltas():
    page = mg.derive(mazur(), "w1[1,1]").text
    assert "dE/da1[1]   = delta2[1] * ∂z2[1]/∂a1[1] + delta2[2] * ∂z2[2]/∂a1[1]" in page
    assert "dE/dw1[1,1] = delta1[1] * ∂z1[1]/∂w1[1,1] = delta1[1] * x[1]" in page
    assert page.count("da1[1]/dz1[1]") == 1
    assert "over 2 paths" in mg.derive(mazur(), "w1[1,1]", paths=2).text


def test_pages_show_four_digits_and_text_eight():
    derivation = mg.derive(mazur(), "w2[1,1]")
    assert "0.75136507" in derivation.text
    assert "0.75136507" not in derivation.latex + derivation.markdown
    assert "0.7514" in derivation.latex
    assert "0.751365" in mg.derive(mazur(), "w2[1,1]", digits=6).markdown


@pytest.mark.parametrize("width", [66, 80])
def test_text_wraps_to_the_width_asked_for(width):
    page = mg.derive(softmax_by_hand(), "w1[1,1]", paths=4).wrapped(width)
    assert max(map(len, page.splitlines())) <= width
    joined = re.sub(r"\s+", " ", page)
    assert "∂E/∂a2[1] * ∂a2[1]/∂z2[1] * ∂z2[1]/∂a1[1] * da1[1]/dz1[1] * ∂z1[1]/∂w1[1,1]" in joined


def test_nodes_that_share_a_label_are_numbered():
    w = Value(0.5, label="w")
    outputs = [w * x for x in (1.0, 2.0)]
    for output in outputs:
        output.label = "o"
    derivation = mg.derive(mg.total(output**2 for output in outputs), w)
    assert "dloss/dw = ∂loss/∂o#1 * do#1/dw\n           + ∂loss/∂o#2 * do#2/dw" in derivation.text
    assert "A label that several nodes share" in derivation.text
    assert mg.derive(outputs[0] + outputs[1], "o#2").value == 1.0
    with pytest.raises(UnknownNameError, match="2 nodes have"):
        mg.derive(outputs[0] + outputs[1], "o")


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda w: mg.relu(w), "relu at x = 0 (w = 0): the derivative is 0 (as in PyTorch and TensorFlow)."),
        (lambda w: abs(w), "abs at x = 0 (w = 0): the derivative is 0, halfway between -1 and 1 (as in PyTorch)."),
        (lambda w: mg.maximum(w, 0.0), "maximum at x = y (w = 0): each operand takes half of the derivative"),
        (lambda w: mg.sqrt(w), "sqrt at x = 0 (w = 0): the derivative is +infinity."),
    ],
)
def test_the_convention_at_a_kink_is_stated(build, words):
    w = Value(0.0, label="w")
    assert words in mg.derive(build(w), w).text
    assert "at x" not in mg.derive(build(Value(1.0) + w), w).text


def test_a_square_at_0_rests_on_no_convention():
    w = Value(0.0, label="w")
    assert "Notes" not in mg.derive(w**2, w).text


def test_a_dead_relu_shows_its_factor_0():
    w, x = Value(-1.0, label="w"), Value(2.0, label="x")
    z = w * x
    z.label = "z"
    page = mg.derive(mg.relu(z), w).text
    assert "dloss/dz = greater(z, 0) = greater(-2, 0) = 0" in page
    assert "dloss/dw = 0 * 2 = 0" in page


def test_stale_numbers_are_told():
    loss = karpathy()
    leaf = next(node for node in loss._below() if node.label == "a")
    leaf.data = 5.0
    assert "Call mg.recompute(loss) and derive again." in mg.derive(loss, "a").text
    mg.recompute(loss)
    assert "recompute" not in mg.derive(loss, "a").text


def test_many_paths_are_written_node_by_node():
    derivation = mg.derive(softmax_by_hand(), "w1[1,1]", paths=3)
    assert derivation.paths == ()
    assert derivation.working.path_count == 4
    names = [step.derivative.text for step in derivation.steps]
    assert names == [f"dE/d{n}" for n in ("a2[1]", "a2[2]", "z2[1]", "z2[2]", "a1[1]", "z1[1]", "w1[1,1]")]
    assert "delta1[1]   = dE/dz1[1]" in derivation.text


def test_lines_fit_a_terminal():
    for weight in ("w1[1,1]", "w2[2,1]"):
        for loss in (mazur(), softmax_by_hand()):
            for paths in (0, 12):
                page = mg.derive(loss, weight, eta=0.5, paths=paths).text
                assert max(map(len, page.splitlines())) <= 100


@pytest.mark.parametrize("digits", [3, 5, 8, 12])
def test_the_shown_numbers_multiply_to_the_shown_result(digits):
    page = mg.derive(mazur(), "w2[1,1]", digits=digits).text
    factors, result = re.search(r"dE/dw2\[1,1\] ≈ ([\d.]+ \* [\d.]+ \* [\d.]+) ≈ ([\d.]+)", page).groups()
    shown = math.prod(map(float, factors.split(" * ")))
    significant = len(result.lstrip("0."))
    assert significant >= digits - 1
    assert float(format(shown, f".{significant}g")) == float(result)


def test_a_chain_of_10_000_nodes():
    w = node = Value(0.5, label="w")
    for index in range(5_000):
        node = mg.sin(node * 1.0001)
        if index % 200 == 0:
            node.label = f"h{index}"
    derivation = mg.derive(node, w)
    node.backward()
    assert derivation.value == w.grad
    assert len(derivation.steps) == 100
    assert "steps of the same kind, in the middle, are left out here" in derivation.text
    assert len(derivation.text) < 100_000


def test_exponentially_many_paths():
    w = node = Value(0.5, label="w")
    for index in range(200):
        node = mg.tanh(node * node + node)
        node.label = f"h[{index}]"
        node = node + mg.sin(node)
        node.label = f"g[{index}]"
    derivation = mg.derive(node, w)
    node.backward()
    assert derivation.value == w.grad
    assert len(derivation.text) < 100_000


def test_a_wide_sum_is_cut_in_its_formula_only():
    inputs, weights = labelled("x", [0.01] * 784), labelled("w", [0.02] * 784)
    z = mg.dot(weights, inputs)
    z.label = "z"
    page = mg.derive(z, weights[400]).text
    assert "z = w[1]*x[1] + w[2]*x[2] + w[3]*x[3] + ... + w[783]*x[783] + w[784]*x[784]" in page
    assert "dz/dw[401] = x[401] = 0.01" in page


def test_a_wide_layer_goes_node_by_node_and_is_complete():
    hidden = layer(1, labelled("x", [0.5]), [[0.3]], None, sigmoids)
    outputs = layer(2, hidden, [[0.1 * j] for j in range(1, 17)], None, sigmoids)
    loss = mg.total(output**2 for output in outputs)
    loss.label = "E"
    derivation = mg.derive(loss, "w1[1,1]")
    assert len(derivation.steps) == 16 + 16 + 3
    assert derivation.working.steps_left_out == 0
    assert "left out" not in derivation.text
    wide = next(step for step in derivation.steps if step.derivative.text == "dE/da1[1]")
    assert len(wide.terms) == 16


def test_an_infinite_and_an_undefined_derivative_are_shown():
    w = Value(0.0, label="w")
    assert "0.5/loss = 0.5/0 = inf" in mg.derive(mg.sqrt(w), w).text
    assert r"\infty" in mg.derive(mg.sqrt(w), w).latex
    root = mg.sqrt(w)
    root.label = "r"
    derivation = mg.derive(root * root + mg.sqrt(w) - root, w)
    assert math.isnan(derivation.value)
    assert "nan" in derivation.text
    assert r"\mathrm{undefined}" in derivation.latex


def test_an_operation_whose_rule_takes_only_numbers_is_shown_by_its_number():
    try:
        op = define(
            "gauss_error",
            **called("gauss_error", r"\operatorname{erf}"),
            forward=math.erf,
            partials=(lambda x, out: 2 / math.sqrt(math.pi) * math.exp(-x * x),),
        )
        w = Value(0.5, label="w")
        assert "dloss/dw ≈ 0.87878258" in mg.derive(op(w), w).text
    finally:
        TABLE.pop("gauss_error")


def test_notebooks_get_markdown_and_latex():
    derivation = mg.derive(karpathy(), "a")
    assert derivation._repr_markdown_() == derivation.markdown
    assert derivation._repr_latex_().startswith("$$\n\\begin{aligned}")
    assert repr(derivation) == "<Derivation of dL/da = 6.0>"
    assert str(derivation) == derivation.text
