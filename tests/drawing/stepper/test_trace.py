"""The data of the stepper against the engine's own sweep."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing.pages.steps import plain
from microgradnet.drawing.pages.trace import trace
from microgradnet.graph import topological
from microgradnet.operation import TABLE
from microgradnet.value import Constant
from tests.drawing.graphs import doubled, lecture, network

GRAPHS = {"lecture": lecture, "doubled": doubled, "network": network, "leaf": lambda: Value(2.0, label="a")}


def check_against_the_engine(loss):
    found = trace(loss)
    loss.zero_grad()
    loss.backward()
    order = topological(loss)
    assert [node.data for node in found.order] == [node.data for node in order]
    assert [node.grad for node in found.order] == [node.grad for node in order]
    assert [order[position].op for position in found.operations] == [node.op for node in order if node.op]
    last = {len(order) - 1: 1.0}
    for edge in found.contributions:
        result, operand = order[edge.result], order[edge.operand]
        assert result.inputs[edge.place] is operand
        assert edge.partial == result.partials[edge.place]
        assert edge.adjoint == result.grad  # complete before it is passed on
        assert edge.contribution == edge.adjoint * edge.partial
        assert edge.before == last.get(edge.operand, 0.0)
        assert edge.after == edge.before + edge.contribution
        assert (edge.to_come == 0) == (
            edge is [each for each in found.contributions if each.operand == edge.operand][-1]
        )
        last[edge.operand] = edge.after
    assert last == {place: node.grad for place, node in enumerate(order) if not isinstance(node, Constant)}


@pytest.mark.parametrize("make", GRAPHS.values(), ids=GRAPHS)
def test_the_trace_is_the_engines_sweep(make):
    check_against_the_engine(make())


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12))
def test_the_trace_of_random_graphs_is_the_engines_sweep(choices):
    nodes = [Value(0.5, label="a"), Value(-1.5), Value(2.0, label="c")]
    for kind, first, second in choices:
        x, y = nodes[first % len(nodes)], nodes[second % len(nodes)]
        nodes.append([x + y, x * y, x - 0.5 * y, x.tanh()][kind])
    check_against_the_engine(nodes[-1])


def test_leaves_are_listed_as_people_do_inputs_then_parameters_by_layer_and_index_then_targets():
    x = [Value(0.1 * k, label=f"x[{k}]") for k in range(1, 13)]
    E = (mg.MLP(12, [2, 1], seed=1)(x) - Value(1.0, label="t[1]")) ** 2
    found = trace(E)
    inputs, rows = range(1, 13), (1, 2)
    assert [found.names.text(found.order[position]) for position in found.leaves] == [
        *(f"x[{k}]" for k in inputs),
        *(f"w1[{j},{k}]" for j in rows for k in inputs),
        *("b1[1]", "b1[2]", "w2[1,1]", "w2[1,2]", "b2[1]", "t[1]"),
    ]


def test_the_graph_is_left_as_it_is():
    loss = network()
    loss.backward()
    loss.backward()
    before = [node._state() for node in topological(loss)]
    after_twice = mg.step_through(loss).html
    assert [node._state() for node in topological(loss)] == before
    loss.zero_grad()
    assert mg.step_through(loss).html == after_twice == mg.step_through(network()).html


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_operation_of_the_table_is_written_out(name):
    """The rule with numbers comes to the recorded partial derivative, for every operation."""
    op = TABLE[name]
    numbers = next(
        numbers
        for numbers in ((0.6, 0.3), (1.6, 0.3), (2.0, 1.0), (0.6, 2.0))
        if op.domain.contains(*numbers[: len(op.partials)])
    )
    leaves = [Value(number, label=label) for number, label in zip(numbers, "ab", strict=False)][: len(op.partials)]
    operands = (
        [numbers[0], *leaves[1:]] if name in ("polygamma", "sinc_derivative") else leaves
    )  # which is not derived by its order
    loss = op(*operands)
    page = mg.step_through(loss, digits=17)
    step = page.steps[1]
    assert step.kind == "forward"
    assert f"({name})" in step.heading
    rules = [line for caption, line in step.rows if caption == "local derivative"]
    assert [float(line[-1][2]) for line in rules] == [
        loss.partials[place] for place, each in enumerate(operands) if isinstance(each, Value)
    ]
    (formula,) = [line for caption, line in step.rows if caption == "formula"]
    assert all(leaf.label in plain(formula) for leaf in operands if isinstance(leaf, Value))


def test_the_words_of_a_step():
    steps = mg.step_through(lecture()).steps
    assert [step.kind for step in steps] == ["start", *["forward"] * 3, "seed", *["backward"] * 6, "end"]
    assert steps[3].heading == "Forward 3 of 3: L (multiply)"
    assert [(caption, plain(line)) for caption, line in steps[3].rows] == [
        ("formula", "L = (a*b + c)*f"),
        ("numbers", "= 4*(−2) = −8"),
        ("local derivative", "∂L/∂(a*b + c) = f = −2"),
        ("local derivative", "∂L/∂f = a*b + c = 4"),
    ]
    assert steps[9].heading == "Backward 5 of 6: from a*b to a"
    assert [(caption, plain(line)) for caption, line in steps[9].rows] == [
        ("passed on", "dL/d(a*b) = −2"),
        ("local derivative", "∂(a*b)/∂a = b = −3"),
        ("chain rule", "dL/d(a*b) · ∂(a*b)/∂a = (−2) · (−3) = 6"),
        ("added", "dL/da ← 0 + 6 = 6"),
        ("", "The gradient of a is complete."),
    ]


def test_rounded_numbers_are_told_from_exact_ones():
    a = Value(0.3775, label="a")
    loss = mg.sigmoid(a)
    loss.label = "s"
    rows = {caption: plain(line) for caption, line in mg.step_through(loss).steps[1].rows}
    assert rows["numbers"] == "= sigmoid(0.3775) ≈ 0.5933"
    assert rows["local derivative"] == "∂s/∂a = s*(1 - s) ≈ 0.5933*(1 - 0.5933) ≈ 0.2413"


def test_both_operands_can_be_one_node():
    steps = [step for step in mg.step_through(doubled()).steps if step.kind == "backward"]
    assert [step.heading for step in steps] == [
        "Backward 1 of 2: from b to a (first operand)",
        "Backward 2 of 2: from b to a (second operand)",
    ]
    assert [plain(dict(step.rows)["added"]) for step in steps] == ["db/da ← 0 + 1 = 1", "db/da ← 1 + 1 = 2"]
    assert plain(dict(steps[0].rows)[""]) == "1 more to come for a."


def test_a_gradient_of_a_pre_activation_is_called_delta():
    page = mg.step_through(network())
    lines = [plain(line) for step in page.steps for caption, line in step.rows if caption == "added"]
    assert any(line.startswith("delta1[1] = dE/dz1[1] ← 0 + ") for line in lines)


def test_variables_name_what_has_no_label():
    w, x = Value(2.0), Value(3.0)
    h = w * x
    everything = [w, x, h, h + 1.0]
    page = mg.step_through(everything[-1])
    assert next(plain(line) for _, line in page.steps[1].rows) == "h = w*x"
    assert page.steps[2].heading == "Forward 2 of 2: loss (add)"  # and not everything[3]
    assert not h.label


def test_a_long_formula_without_a_name_is_called_as_in_a_derivation():
    xs = [Value(float(place), label=f"input{place}") for place in range(1, 9)]
    page = mg.step_through(mg.tanh(mg.total(xs)) + 0.5)
    formula = plain(page.steps[7].rows[0][1])
    assert re.match(r"v2 \+ input8 = input1 \+ ", formula)
    assert "…" not in formula


def test_what_was_assigned_since_is_noticed():
    loss = lecture()
    assert trace(loss).stale == 0
    topological(loss)[0].data = 5.0
    found = trace(loss)
    assert found.stale == 1
    assert '"stale":1' in mg.step_through(loss).html


@pytest.mark.filterwarnings("ignore")
def test_infinite_numbers_are_shown():
    a = Value(0.0, label="a")
    page = mg.step_through(a.sqrt())
    assert page.trace.contributions[0].after == math.inf
    assert "∞" in page.html
