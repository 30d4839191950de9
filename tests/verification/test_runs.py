"""Runs over a graph: as it is, after steps, with other leaves, with printed or rounded intermediates."""

import copy
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microgradnet import MLP, Value, graph, ops
from microgradnet.errors import ArgumentError, DomainError
from microgradnet.graph import adjoints, topological
from microgradnet.nn import losses, optim
from microgradnet.verification import runs
from microgradnet.verification.calculation import Calculation
from microgradnet.verification.figure import Figure
from microgradnet.verification.judging import possible_slips
from microgradnet.verification.otherwise import Entry, Figures, Otherwise
from microgradnet.verification.report import Budget, BudgetError, Claim
from microgradnet.verification.runs import Alteration, Descent, GraphRun, partials_of
from tests.verification.calculations import geeksforgeeks, griewank, labelled, mazur

FIGURE = Figure.parse("0.1234")


def state(root):
    return [(node.data, node.grad, node.has_grad, node.partials) for node in topological(root)]


def test_the_exact_run_gives_values_derivatives_and_steps_and_changes_nothing():
    loss = mazur()
    before = state(loss)
    weight = labelled(loss)["w2[1,1]"]
    run = GraphRun(loss, Descent(0.5, ((weight,),)))
    assert run.value(weight) == 0.4
    assert run.derivative(loss, weight) == pytest.approx(0.08216704056423078, rel=1e-14)
    assert run.change(weight) == pytest.approx(-0.5 * 0.08216704056423078, rel=1e-14)
    assert run.new(weight) == pytest.approx(0.35891647971788465, rel=1e-14)
    assert run.stepped(1).value(weight) == run.new(weight)
    assert run.derivative(weight, loss) == 0.0
    assert state(loss) == before
    loss.backward()
    assert [run.derivative(loss, node) for node in topological(loss)] == [node.grad for node in topological(loss)]


@pytest.mark.parametrize("make", [mazur, geeksforgeeks, griewank])
def test_a_run_that_alters_nothing_is_the_exact_run_to_the_bit(make):
    root = make()
    for run in (GraphRun(root, alteration=Alteration()), GraphRun(root, alteration=Figures({}))):
        for node in topological(root):
            assert run.value(node) == node.data
            assert run.derivative(root, node) == adjoints(root)[node]


@given(st.floats(0.6, 3.0), st.floats(0.1, 1.5))
def test_a_run_with_other_leaves_is_the_graph_recorded_with_them(first, second):
    def record(x1, x2):
        x, y = Value(x1, "x"), Value(x2, "y")
        return x, y, ops.log(x) * ops.sin(y) / (x + y) ** 2 + ops.maximum(x, y)

    x, y, root = record(1.5, 0.5)
    other_x, other_y, other = record(first, second)
    run = GraphRun(root).replaced({x: first}).replaced({y: second})
    assert run is GraphRun.replaced(run._base, {x: first, y: second})  # one run for one set of numbers
    assert run.value(root) == other.data
    exact = adjoints(other)
    assert [run.derivative(root, node) for node in (x, y)] == [exact[other_x], exact[other_y]]


def steps_by_hand(loss, leaves, optimizer, steps):
    """The leaves after steps of mg.optim on a copy of the graph."""
    from microgradnet.graph import recompute

    loss, leaves = copy.deepcopy((loss, leaves))
    rule = optimizer(leaves)
    for _ in range(steps):
        loss.zero_grad()
        loss.backward()
        rule.step()
        recompute(loss)
    return loss, leaves


@pytest.mark.parametrize("steps", [1, 2, 7, 60])
@pytest.mark.parametrize(
    "rule",
    [
        lambda leaves: optim.SGD(leaves, 0.5),
        lambda leaves: optim.SGD(leaves, 0.5, momentum=0.9, nesterov=True),
        lambda leaves: optim.RMSprop(leaves, 0.05),
        lambda leaves: optim.Adam(leaves, 0.05),
    ],
    ids=["sgd", "nesterov", "rmsprop", "adam"],
)
def test_steps_are_those_of_the_optimizers(rule, steps):
    loss = mazur()
    leaves = [node for node in topological(loss) if node.label[:1] in "wb" and node.label]
    optimizer = rule(leaves)
    run = GraphRun(loss, Descent(optimizer.lr, (tuple(leaves),), optimizer)).stepped(steps)
    other, expected = steps_by_hand(loss, leaves, rule, steps)
    assert [run.value(leaf) for leaf in leaves] == pytest.approx([leaf.data for leaf in expected], rel=1e-12)
    assert run.value(loss) == pytest.approx(other.data, rel=1e-12)


def test_with_updated_weights_hidden_derivatives_use_them():
    loss = mazur()
    nodes = labelled(loss)
    outer, inner = ([node for name, node in nodes.items() if name.startswith(layer)] for layer in ("w2", "w1"))
    run = GraphRun(loss, Descent(0.5, (tuple(outer), tuple(inner))))
    deltas = [adjoints(loss)[nodes[f"z2[{j}]"]] for j in (1, 2)]
    back = sum(delta * run.new(nodes[f"w2[{j},1]"]) for j, delta in enumerate(deltas, 1))
    slope = nodes["a1[1]"].data * (1 - nodes["a1[1]"].data)
    assert run.derivative(loss, nodes["z1[1]"]) == pytest.approx(back * slope, rel=1e-13)
    assert run.derivative(loss, nodes["w1[1,2]"]) == pytest.approx(back * slope * 0.1, rel=1e-13)
    assert run.derivative(loss, nodes["w2[1,1]"]) == pytest.approx(deltas[0] * nodes["a1[1]"].data, rel=1e-13)


def test_where_an_operation_is_not_defined_the_exact_run_says_so_and_an_altered_one_gives_nan():
    x = Value(2.0, "x")
    y = ops.log(x)
    with pytest.raises(DomainError, match="log needs x > 0"):
        GraphRun(y).replaced({x: -1.0}).value(y)
    altered = GraphRun(y, alteration=Alteration()).replaced({x: -1.0})
    assert math.isnan(altered.value(y))
    assert y.data == pytest.approx(0.6931471805599453)


def test_work_is_taken_off_a_budget():
    loss = mazur()
    weight = labelled(loss)["w2[1,1]"]
    run = GraphRun(loss, Descent(0.5, ((weight,),)), budget=Budget(300))
    with pytest.raises(BudgetError, match="at most 300 nodes"):
        [run.replaced({weight: place / 10}).value(loss) for place in range(20)]
    with pytest.raises(BudgetError):
        GraphRun(loss, Descent(0.5, ((weight,),)), budget=Budget(10_000)).stepped(1_000_000)
    with pytest.raises(ArgumentError, match="a step needs a rule"):
        GraphRun(loss).stepped(1)


def test_given_numbers_are_not_rounded():
    x, w = Value(0.129952, "x"), Value(100.0, "w")
    z = x * w
    z.label = "z"
    run = GraphRun(z, alteration=Figures({}, decimals=1))
    assert run.value(x) == 0.129952
    assert run.value(z) == 13.0
    assert run.derivative(z, w) == 0.1


def test_a_printed_local_derivative_is_used_on_its_edge():
    z = Value(0.5, "z")
    a = ops.sigmoid(z)
    loss = a * 10.0
    figures = Figures({((), ("derivative", a, z)): Entry(0.24, "da/dz = 0.24")}, used=set())
    assert GraphRun(loss, alteration=figures).derivative(loss, z) == pytest.approx(2.4)
    assert figures.words == "da/dz = 0.24 as printed"
    square = a * a
    above = square * 2.0  # the figure is for both edges of a*a together, so it stands in for neither
    both = Figures({((), ("derivative", square, a)): Entry(1.24, "")})
    assert GraphRun(above, alteration=both).derivative(above, z) == GraphRun(above).derivative(above, z)


def test_a_figure_of_a_later_step_stands_in_there_only():
    w, x = Value(0.3, "w"), Value(1.7, "x")
    loss = (w * x) ** 2 * 0.5
    figures = Figures({(("after", 1), ("value", w)): Entry(0.21, "new w = 0.21")}, used=set())
    run = GraphRun(loss, Descent(0.1, ((w,),)), figures)
    assert run.value(w) == 0.3
    assert run.stepped(1).value(loss) == pytest.approx((0.21 * 1.7) ** 2 / 2)
    assert figures.used == {*figures.entries}


class Plainly(GraphRun):
    """The same numbers from one sweep forward and one back, over every node: no shortcut that a run takes."""

    def _forward_to(self, node):
        for each in topological(node):
            if each not in self._values:
                operands = [self._values[operand] for operand in each.inputs]
                computed = float(each.op.forward(*operands)) if each.op else each.data
                self._values[each] = self.alteration.value(self, each, computed)

    def _back_to(self, of, node, stage, found):
        sums = {of: 1.0, **dict.fromkeys([node], 0.0)}
        self._forward_to(of)
        for user in reversed(topological(of)):
            if user is not of:
                sums[user] = self.alteration.adjoint(self, of, user, sums[user])
            partials = partials_of(user, [self._values[operand] for operand in user.inputs], self._values[user])
            for place, (operand, partial) in enumerate(zip(user.inputs, partials, strict=True)):
                partial = self.alteration.partial(self, user, place, partial)
                sums[operand] = sums.get(operand, 0.0) + sums[user] * partial
        found[node] = sums[node]


def same(one, other):
    return one == pytest.approx(other, rel=1e-12, abs=1e-15, nan_ok=True)


def printed(loss, rng):
    """Some of the numbers of a graph, as a page prints them: rounded, and now and then wrong."""
    entries = {}
    for node in topological(loss):
        for key, number in ((("value", node), node.data), (("derivative", loss, node), adjoints(loss)[node])):
            if node.label and node is not loss and rng.random() < 0.4:
                entries[(), key] = Entry(round(number, 3) + rng.choice([0, 0, 0.1]), node.label)
    return entries


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("is_large", [False, True])
def test_a_run_that_is_like_another_gives_what_it_gives_alone_and_what_a_whole_sweep_gives(seed, is_large, monkeypatch):
    if is_large:  # of whose nodes not all are told apart
        monkeypatch.setattr(runs, "_LARGEST_REACHED", 0)
        monkeypatch.setattr(graph, "_MOST_BITS", 20)
    rng = random.Random(seed)
    numbers = [[[rng.uniform(-1, 1) for _ in range(2)] for _ in range(2)] for _ in range(3)]
    biases = [[rng.uniform(-1, 1) for _ in range(2)] for _ in range(3)]
    shape = {"activation": rng.choice(["sigmoid", "tanh", "relu"]), "output": rng.choice(["softmax", "sigmoid"])}
    outputs = MLP.from_weights(weights=numbers, biases=biases, **shape)([0.3, -0.8])
    loss = losses.half_squared_error(outputs, [0.1, 0.9])
    figures, calculation = Figures(printed(loss, rng)), Calculation(loss)
    base, changes = GraphRun(loss, alteration=figures), {}
    nodes = [node for node in topological(loss) if node.label]
    for node in rng.sample(nodes, 4):
        quantity = calculation.read(node.label if rng.random() < 0.3 else f"d{calculation.loss_name}/d{node.label}")
        changes.update((words, change) for _, words, change in possible_slips(calculation, Claim(quantity, FIGURE)))
    changes.pop("E may stand where E1 belongs", None)  # which goes round in a circle
    slips = [change.on(figures) for change in changes.values() if isinstance(change, Otherwise)]
    assert len(slips) > 20
    for altered in rng.sample(slips, 20):
        alike = GraphRun(loss, alteration=altered, paths=base.paths, like=base)
        alone, plain = GraphRun(loss, alteration=altered), Plainly(loss, alteration=altered)
        for node in rng.sample(nodes, 5):
            assert repr(alike.value(node)) == repr(alone.value(node))
            assert same(alone.value(node), plain.value(node))
            assert repr(alike.derivative(loss, node)) == repr(alone.derivative(loss, node))
            assert same(alone.derivative(loss, node), plain.derivative(loss, node))
    unlike = GraphRun(loss, alteration=slips[0], like=GraphRun(loss, alteration=Figures({})))  # which tells nothing
    assert repr(unlike.value(loss)) == repr(GraphRun(loss, alteration=slips[0]).value(loss))
