"""Random graphs over the whole table: the derivation adds up to the gradient, however the nodes are labelled."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet import Value
from microgradnet.derivation.formulas import evaluate
from microgradnet.errors import DomainError
from microgradnet.operation import TABLE

OPERATIONS = sorted(TABLE)
CHOICE = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())


@st.composite
def graphs(draw):
    """Return a loss and its leaves; nodes are shared, operands repeated, and any node may have a label or not."""
    leaves = [Value(draw(st.floats(0.25, 2.0)), label=draw(st.sampled_from(["", "p", "q"]))) for _ in range(3)]
    nodes = list(leaves)
    for name, left, right, has_label in draw(st.lists(CHOICE, min_size=1, max_size=18)):
        operands = [nodes[left % len(nodes)], nodes[-1 - right % len(nodes)]][: len(TABLE[name].partials)]
        try:
            node = TABLE[name](*operands)
        except DomainError:
            continue
        if all(map(math.isfinite, (node.data, *node.partials))) and abs(node.data) < 1e6:
            node.label = f"n{len(nodes)}" if has_label else ""
            nodes.append(node)
    assume(nodes[-1].inputs)
    return nodes[-1], leaves


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_paths_steps_and_formulas_add_up_to_the_gradient(graph):
    loss, leaves = graph
    for leaf in leaves:
        derivation = mg.derive(loss, leaf)
        loss.zero_grad()
        loss.backward()
        assert derivation.value == leaf.grad or (math.isnan(leaf.grad) and math.isnan(derivation.value))
        if not math.isfinite(leaf.grad):
            continue
        scale = max([abs(path.value) for path in derivation.paths], default=0.0)
        if derivation.paths:
            assert math.fsum(path.value for path in derivation.paths) == pytest.approx(
                leaf.grad, rel=1e-9, abs=1e-9 * scale
            )
        for step in derivation.steps:
            parts = [term.above_value * term.factor.value for term in step.terms]
            assert math.fsum(parts) == pytest.approx(step.value, rel=1e-9, abs=1e-9 * max(map(abs, parts)))
        for factor in derivation.factors:
            assert evaluate(factor.formula) == pytest.approx(factor.value, rel=1e-6, abs=1e-9)
        assert derivation.text
        assert derivation.markdown.count("$$") % 2 == 0


@settings(max_examples=50, deadline=None)
@given(graphs(), st.integers(2, 17))
def test_node_by_node_gives_the_same_as_path_by_path(graph, digits):
    loss, leaves = graph
    by_node = mg.derive(loss, leaves[0], digits=digits, paths=0)
    assert by_node.paths == ()
    by_path = mg.derive(loss, leaves[0], digits=digits)
    assert by_node.value == by_path.value or math.isnan(by_path.value)
