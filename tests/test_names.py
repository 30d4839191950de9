"""One graph, one set of names."""

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.graph import topological
from microgradnet.names import Names, delta, letter, resolve, stem, typeset


def texts(root, **variables):
    order = topological(root)
    names = Names(order, {id(node): name for name, node in variables.items()})
    return [names.text(node) for node in order]


def test_label_then_variable_then_formula_then_number():
    w, x, b = Value(2.0, label="w"), Value(3.0), Value(1.0)
    long = w * x + w * w + x * x + b
    assert texts((w * x).tanh() * 2 + long, x=x) == [
        "w", "x", "w*x", "tanh(w*x)", "2", "tanh(w*x)*2", "v1", "w*w", "v1 + w*w", "x*x", "v1 + w*w + x*x", "v2",
        "v1 + w*w + x*x + v2", "loss",
    ]  # fmt: skip


def test_no_two_nodes_share_a_name():
    a, b, c = Value(1.0, label="a"), Value(2.0), Value(3.0)
    root = (a * b) + (a * b) + c
    found = texts(root, a=b, v1=c)
    assert len(set(found)) == len(found)
    assert found[0] == "a"
    assert "v1" in found  # the variable; the number passes it over


def test_nodes_that_share_a_label_are_numbered():
    z = [Value(float(k), label="z1[1]") for k in range(2)]
    names = Names(topological(z[0] * z[1]))
    assert [names.text(node) for node in z] == ["z1[1]#1", "z1[1]#2"]
    assert names.find("z1[1]") == z
    assert names.find("z1[1]#2") == [z[1]]
    assert names.find("delta1[1]#1") == [z[0]]
    assert names.of(z[1]).latex == r"{z^{(1)}_{1}}\langle2\rangle"
    assert names.shared


def test_the_root_is_called_loss_unless_something_else_is():
    a = Value(1.0, label="loss")
    assert texts(a * 2)[-1] == "loss*2"
    assert texts(Value(1.0) * 2)[-1] == "loss"
    root = Value(1.0) * 2
    assert texts(root, c=root)[-1] == "c"


def test_an_identity_activation_goes_by_its_pre_activation():
    z = Value(1.0, label="z2[1]")
    names = Names(topological(z * 2))
    assert names.find("a2[1]") == [z]
    assert names.find("a3[1]") == []
    assert resolve("a1[2]", {"z1[2]", "a1[1]"}) is None


@pytest.mark.parametrize(
    ("label", "text", "delta_name"),
    [("z1[2]", "z1", "delta1[2]"), ("x[3]", "x", ""), ("w_5", "w", ""), ("w1[1,2]", "w1", ""), ("z1", "z", "")],
)  # fmt: skip
def test_stems_and_deltas(label, text, delta_name):
    assert (stem(label), delta(label)) == (text, delta_name)


def test_a_formula_that_is_a_name_is_typeset_as_a_formula():
    w, x = Value(2.0, label="w1[1,2]"), Value(3.0, label="x[1]")
    order = topological((w / x).exp() + 1)
    names = Names(order)
    assert names.of(order[2]).latex == r"\frac{w^{(1)}_{1,2}}{x_{1}}"
    assert names.derivative(order[2], w).text == "d(w1[1,2]/x[1])/dw1[1,2]"
    assert names.derivative(order[-1], w, partial=True).text == "∂loss/∂w1[1,2]"
    assert names.definition(order[3]) == "exp(w1[1,2]/x[1])"


@pytest.mark.parametrize("label", ["\x1b[2J", "a\nb", "x" * 300, "\u202eabc"])
def test_a_label_cannot_move_the_cursor(label):
    assert letter(label).text.isprintable()
    assert len(letter(label).text) <= 48


def test_drawings_and_steps_call_the_nodes_of_a_graph_the_same():
    w, x = Value(2.0), Value(3.0, label="x")
    error = (w * x).tanh() * 2 - 1
    drawn = [box.name for box in mg.draw(error).picture.boxes if box.kind != "constant"]
    assert drawn == ["w", "x", "w*x", "tanh(w*x)", "tanh(w*x)*2", "error"]
    assert [name for name in mg.step_through(error).scene.names if name] == drawn


@pytest.mark.parametrize(
    ("name", "shown"),
    [("w1[1,2]*x[2]", "w₁,₂⁽¹⁾*x₂"), ("delta2[1]", "δ₁⁽²⁾"), ("eta", "η"), ("w_5", "w₅"), (r"$W_{ij}^{[l]}$", "Wᵢⱼ⁽ˡ⁾"),
     (r"\hat{y}", "ŷ"), (r"\theta_0", "θ₀"), ("gamma(x)", "gamma(x)"), (r"\foo{a}", r"\foo{a}"), ("w1", "w1"),
     ("my_var", "my_var"), (r"x_{q}", r"x_{q}"), ("∂E/∂z1[1]", "∂E/∂z₁⁽¹⁾"), ("$5", "$5")],
)  # fmt: skip
def test_names_are_typeset_as_in_a_book_and_what_is_no_name_stays(name, shown):
    assert typeset(name) == shown
