"""Walks over a graph: order, leaves, paths, scopes, and recomputing with new numbers."""

import asyncio
import itertools
import threading
from typing import Any

import pytest
from hypothesis import given

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError
from tests.strategies import RandomGraph, random_graphs


def diamond() -> tuple[Value, Value, Value, Value]:
    a = Value(2.0, label="a")
    left, right = a * 3, a + 4
    return a, left, right, left * right


@given(random_graphs())
def test_operands_come_before_results_and_nothing_comes_twice(drawn: RandomGraph) -> None:
    loss = drawn.record()[-1]
    order = graph.topological(loss)
    place = {id(node): index for index, node in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is loss
    assert all(place[id(operand)] < place[id(node)] for node in order for operand in node.inputs)
    assert [id(node) for node in graph.topological(loss)] == [id(node) for node in order]


@given(random_graphs(most_steps=7))
def test_paths_are_those_that_a_recursive_search_finds(drawn: RandomGraph) -> None:
    nodes = drawn.record()
    loss, leaf = nodes[-1], nodes[0]

    def paths(node: Value) -> list[list[Value]]:
        if node is leaf:
            return [[node]]
        return [[*path, node] for operand in node.inputs for path in paths(operand)]

    found = paths(loss)
    assert graph.count_paths(loss, leaf) == len(found)
    assert graph.depends_on(loss, leaf) == bool(found)
    assert {id(node) for node in graph.between(loss, leaf)} == {id(node) for node in itertools.chain(*found)}


def test_paths_of_a_ladder_are_counted_without_walking_each() -> None:
    v = leaf = Value(1.0)
    for _ in range(200):
        v = v + v
    assert graph.count_paths(v, leaf) == 2**200


def test_leaves_are_in_order_and_written_numbers_only_on_request() -> None:
    a, b = Value(2.0, label="a"), Value(5.0, label="b")
    loss = (a * 3 + b) * a
    assert [node.label for node in graph.leaves(loss)] == ["a", "b"]
    assert [node.data for node in graph.leaves(loss, constants=True)] == [2.0, 3.0, 5.0]
    assert graph.leaves(a) == [a]


def test_between_leaves_out_what_is_beside_the_paths() -> None:
    a, left, right, loss = diamond()
    assert [node is other for node, other in zip(graph.between(loss, left), (left, loss), strict=True)] == [True, True]
    assert len(graph.between(loss, a)) == 4
    assert graph.between(loss, Value(1.0)) == []
    assert [node is right for node in graph.between(right, right)] == [True]


def test_recompute_carries_new_leaves_to_every_result_and_partial() -> None:
    a, left, right, loss = diamond()
    loss.backward()
    a.data = 10.0
    mg.recompute(loss)
    assert (left.data, right.data, loss.data) == (30.0, 14.0, 420.0)
    assert loss.partials == (14.0, 30.0)
    assert a.grad == 6.0 * 1 + 3 * 6.0  # of the numbers before, until the next sweep
    loss.zero_grad()
    loss.backward()
    assert a.grad == 3 * 14.0 + 30.0


@given(random_graphs())
def test_recomputing_with_the_same_numbers_changes_nothing(drawn: RandomGraph) -> None:
    loss = drawn.record()[-1]
    before = [node._state() for node in graph.topological(loss)]
    mg.recompute(loss)
    assert [node._state() for node in graph.topological(loss)] == before


def test_a_recompute_that_fails_changes_no_node() -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    product = a * b
    loss = product + mg.log(a)
    loss.backward()
    a.data = -1.0
    before = [node._state() for node in graph.topological(loss)]
    with pytest.raises(DomainError, match="'a'"):
        mg.recompute(loss)
    assert [node._state() for node in graph.topological(loss)] == before
    assert product.data == 6.0
    a.data = 4.0
    mg.recompute(loss)
    assert product.data == 12.0


def test_recorded_choices_follow_and_decided_ones_do_not() -> None:
    a = Value(2.0)
    recorded, decided = mg.where(mg.greater(a, 0.0), a, -a), mg.where(a > 0, a, -a)
    a.data = -5.0
    mg.recompute(recorded)
    mg.recompute(decided)
    assert (recorded.data, decided.data) == (5.0, -5.0)


def test_scopes_nest_and_end() -> None:
    with mg.scope("layer 1"):
        outer = Value(1.0)
        with mg.scope("neuron 2"):
            inner = outer + 1
            literal = inner.inputs[1]
    after = outer + 1
    assert [node.scope for node in (outer, inner, literal, after)] == ["layer 1", *["layer 1/neuron 2"] * 2, ""]


def test_a_scope_ends_where_its_body_fails() -> None:
    with pytest.raises(ZeroDivisionError), mg.scope("loss"):
        1 / 0  # noqa: B018
    assert Value(1.0).scope == ""


@pytest.mark.parametrize("name", ["", "a/b", 3, None], ids=repr)
def test_a_scope_needs_a_plain_name(name: Any) -> None:
    with pytest.raises(ArgumentError, match="a scope needs a name"), mg.scope(name):
        pass
    assert Value(1.0).scope == ""


@pytest.mark.parametrize("walk", [graph.topological, graph.leaves, mg.recompute, lambda loss: loss.backward()])
def test_walks_need_no_deep_stack(walk: Any) -> None:
    """100,000 operations in a thread with a stack of 256 KiB, where recursion would end after a few thousand."""
    v = Value(1.0)
    for _ in range(100_000):
        v = v + 1.0
    done: list[bool] = []
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: done.append(walk(v) is not walk))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert done == [True]


def numbers_of(nodes: Any) -> list[int]:
    return [id(node) for node in nodes]


@given(random_graphs())
def test_the_order_of_several_roots_holds_each_node_once_and_operands_first(drawn: RandomGraph) -> None:
    roots = drawn.record()[::3]
    order = graph.topological(*roots)
    place = {id(node): index for index, node in enumerate(order)}
    assert len(place) == len(order)
    assert place.keys() == {id(node) for root in roots for node in graph.topological(root)}
    assert all(place[id(operand)] < place[id(node)] for node in order for operand in node.inputs)
    assert numbers_of(order[: len(graph.topological(roots[0]))]) == numbers_of(graph.topological(roots[0]))
    assert graph.topological() == []


@given(random_graphs())
def test_adjoints_are_those_of_backward_and_leave_grad_alone(drawn: RandomGraph) -> None:
    loss = drawn.record()[-1]
    before = [node._state() for node in graph.topological(loss)]
    found = graph.adjoints(loss)
    assert [node._state() for node in graph.topological(loss)] == before
    loss.backward()
    assert {id(node): number.hex() for node, number in found.items()} == {
        id(node): node.grad.hex() for node in graph.topological(loss)
    }


@given(random_graphs())
def test_adjoints_among_the_dependents_of_a_leaf_are_the_same_and_no_more(drawn: RandomGraph) -> None:
    nodes = drawn.record()
    loss, leaf = nodes[-1], nodes[0]
    among = graph.dependents(graph.topological(loss), [leaf])
    found = graph.adjoints(loss, among=among)
    everything = graph.adjoints(loss)
    assert found.get(leaf, 0.0) == everything.get(leaf, 0.0)
    assert set(map(id, found)) <= {*map(id, among), id(loss)}


def test_a_sweep_may_alter_adjoints_and_take_other_partials() -> None:
    a, left, _, loss = diamond()
    altered = graph.adjoints(loss, alter=lambda node, adjoint: 0.0 if node is left else adjoint)
    assert (altered[left], altered[a]) == (0.0, 6.0)
    doubled = graph.adjoints(loss, partials=lambda node: [2.0 * partial for partial in node.partials])
    assert doubled[a] == 4 * graph.adjoints(loss)[a]
    difference = a * 3 - a * 2
    assert graph.adjoints(difference)[a] == 1.0
    assert graph.adjoint_scales(difference)[a] == 5.0


def test_stale_nodes_are_those_that_their_operands_do_not_give() -> None:
    a, left, right, loss = diamond()
    assert graph.stale_below(loss) == []
    a.data = 3.0
    assert numbers_of(graph.stale_below(loss)) == numbers_of([left, right])  # the loss follows from what these hold
    mg.recompute(loss)
    assert graph.stale_below(loss) == []
    root = mg.sqrt(a)
    a.data = -1.0  # outside the domain
    assert graph.is_stale(root)
    undefined = Value(float("nan")) + 1
    assert not graph.is_stale(undefined)


def test_scopes_of_threads_are_apart() -> None:
    inside, go_on = threading.Barrier(3), threading.Barrier(3)
    found: dict[str, list[str]] = {}

    def work(name: str) -> None:
        with mg.scope(name):
            inside.wait()
            found[name] = [(Value(1.0) + 1).scope]
            go_on.wait()
        found[name].append(Value(1.0).scope)

    threads = [threading.Thread(target=work, args=[name]) for name in ("T1", "T2")]
    for thread in threads:
        thread.start()
    inside.wait()
    here = (Value(1.0) + 1).scope
    go_on.wait()
    for thread in threads:
        thread.join()
    assert here == ""
    assert found == {"T1": ["T1", ""], "T2": ["T2", ""]}
    assert (Value(1.0) + 1).scope == ""


def test_scopes_of_tasks_are_apart_and_begin_in_that_of_their_maker() -> None:
    async def work(name: str) -> list[str]:
        scopes = [Value(1.0).scope]
        with mg.scope(name):
            for _ in range(3):
                await asyncio.sleep(0)
                scopes.append((Value(1.0) * 2).scope)
        return [*scopes, Value(1.0).scope]

    async def main() -> list[list[str]]:
        with mg.scope("outer"):
            return await asyncio.gather(*(work(f"T{number}") for number in range(3)))

    for number, scopes in enumerate(asyncio.run(main())):
        assert scopes == ["outer", *[f"outer/T{number}"] * 3, "outer"]
    assert Value(1.0).scope == ""


def test_a_network_called_in_a_thread_leaves_no_scope_behind() -> None:
    mlp = mg.MLP(2, [2, 1])
    thread = threading.Thread(target=lambda: [mlp([0.1, 0.2]) for _ in range(20)])
    thread.start()
    scopes = {(Value(1.0) + 1).scope for _ in range(2000)}
    thread.join()
    assert scopes == {""}


@pytest.mark.parametrize("ask", [mg.recompute, graph.topological, graph.leaves, graph.stale_below])
@pytest.mark.parametrize("given", [3.0, None, [Value(1.0)]], ids=repr)
def test_the_graph_of_what_is_no_value_is_an_error(ask: Any, given: Any) -> None:
    with pytest.raises(NumberTypeError, match="a graph is that of a Value"):
        ask(given)
