"""Copies and pickles are whole graphs: shared nodes stay shared, and subclasses keep what is theirs."""

import copy
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

import microgradnet as mg
from microgradnet import Value, graph
from microgradnet.operation import TABLE
from microgradnet.value import Constant
from tests.strategies import RandomGraph, random_graphs


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


ways = pytest.mark.parametrize("clone", [copy.deepcopy, pickled], ids=["deepcopy", "pickle"])
Clone = Callable[[Any], Any]


class Measured(Value):
    """A user's own kind of leaf."""

    def __init__(self, data: float, unit: str) -> None:
        super().__init__(data, label=unit)
        self.unit, self.history = unit, [data]


class Slotted(Value):
    __slots__ = ("missing", "unit")


@ways
@given(drawn=random_graphs())
def test_a_copied_graph_is_the_whole_graph(clone: Clone, drawn: RandomGraph) -> None:
    loss = drawn.record()[-1]
    loss.backward()
    copied = clone(loss)
    originals, copies = graph.topological(loss), graph.topological(copied)
    place = {id(node): index for index, node in enumerate(originals)}
    place_of_copy = {id(node): index for index, node in enumerate(copies)}
    assert len(originals) == len(copies)
    assert not place.keys() & place_of_copy.keys()
    for node, other in zip(originals, copies, strict=True):
        assert type(node) is type(other)
        assert node._state() == other._state()
        assert [place[id(operand)] for operand in node.inputs] == [place_of_copy[id(o)] for o in other.inputs]
    loss.zero_grad()
    loss.backward()
    copied.zero_grad()
    copied.backward()
    assert [node.grad for node in originals] == [node.grad for node in copies]


@ways
def test_a_copy_goes_its_own_way(clone: Clone) -> None:
    a = Value(2.0, label="a")
    loss = a * a
    copied = clone(loss)
    leaf = copied.inputs[0]
    leaf.data = 5.0
    mg.recompute(copied)
    copied.backward()
    assert (loss.data, a.data, a.grad) == (4.0, 2.0, 0.0)
    assert (copied.data, leaf.grad, leaf.label) == (25.0, 10.0, "a")


@ways
def test_leaves_stay_shared_between_roots_that_are_copied_together(clone: Clone) -> None:
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    copied = clone({"losses": [a * b, a + b], "parameters": [a, b]})
    copied["losses"][0].backward()
    copied["losses"][1].backward()
    assert [parameter.grad for parameter in copied["parameters"]] == [4.0, 3.0]
    assert copied["losses"][0].inputs[0] is copied["losses"][1].inputs[0] is copied["parameters"][0]


def test_results_stay_shared_too_where_they_are_deep_copied_together() -> None:
    a = Value(2.0)
    middle = a * a
    copied_middle, copied_loss = copy.deepcopy([middle, middle + 1])
    assert copied_loss.inputs[0] is copied_middle


def test_a_shallow_copy_shares_its_operands() -> None:
    a = Value(2.0)
    loss = a * a
    twin = copy.copy(loss)
    assert twin is not loss
    assert twin.inputs[0] is a
    twin.backward()
    assert (a.grad, loss.grad) == (4.0, 0.0)


@ways
@pytest.mark.parametrize(
    "step",
    [
        lambda v, x: v * 1.0,
        lambda v, x: 1.0 * v,
        lambda v, x: v + x,
        lambda v, x: x + v,
        lambda v, x: v - v,
        lambda v, x: mg.relu(v),
    ],
    ids=["v*c", "c*v", "v+x", "x+v", "v-v", "relu"],
)
def test_deep_graphs_are_copied_without_a_deep_stack(clone: Clone, step: Any) -> None:
    """With micrograd: RecursionError in both, from about 500 operations on."""
    v = x = Value(1.0, label="x")
    for _ in range(20_000):
        v = step(v, x)
    copied = clone(v)
    assert len(graph.topological(copied)) == len(graph.topological(v))
    assert copied.data == v.data
    copied.backward()
    v.backward()
    leaf = next(node for node in graph.leaves(copied) if node.label == "x")
    assert leaf.grad == x.grad


@ways
def test_a_subclass_keeps_its_class_and_its_attributes(clone: Clone) -> None:
    length = Measured(2.0, "m")
    loss = length * 3
    copied = clone(loss).inputs[0]
    assert type(copied) is Measured
    assert (copied.data, copied.label, copied.unit, copied.history) == (2.0, "m", "m", [2.0])
    assert copied.history is not length.history
    assert clone(length).history == [2.0]


@ways
def test_a_subclass_keeps_its_slots(clone: Clone) -> None:
    slotted = Slotted(2.0)
    slotted.unit = "m"
    copied = clone(slotted + 1).inputs[0]
    assert (type(copied), copied.unit, hasattr(copied, "missing")) == (Slotted, "m", False)
    assert copy.copy(slotted).unit == "m"


@ways
def test_an_attribute_may_refer_to_another_node(clone: Clone) -> None:
    a = Measured(2.0, "m")
    a.history = [Value(7.0)]  # type: ignore[list-item]
    loss = a * a
    copied = clone([loss, a])
    assert copied[0].inputs[0] is copied[1]
    assert copied[1].history[0].data == 7.0


@ways
def test_written_numbers_stay_written_numbers(clone: Clone) -> None:
    copied = clone(3 * Value(2.0))
    assert isinstance(copied.inputs[0], Constant)
    assert type(clone(Constant(2.0))) is Constant


@ways
def test_an_operation_is_copied_as_itself(clone: Clone) -> None:
    for op in TABLE.values():
        assert clone(op) is op
        assert copy.copy(op) is op


def test_a_pickle_holds_long_columns_and_not_a_record_for_each_node() -> None:
    """A record for each node took 20 s and 230 bytes a node for a million of them."""
    v = Value(1.0)
    for _ in range(1000):
        v = v * 1.0
    assert len(pickle.dumps(v)) < 130 * 2000


class Watched(Value):
    __slots__ = ("unit",)


@ways
def test_attributes_of_leaves_and_results_are_copied(clone: Clone) -> None:
    a = Value(2.0, label="a")
    a.m = [1.0]
    product = a * 3
    product.note = "product"
    loss = product + a
    loss.note = "loss"
    copied = clone(loss)
    assert (copied.note, copied.inputs[0].note, copied.inputs[1].m) == ("loss", "product", [1.0])
    assert copied.inputs[1].m is not a.m
    assert copy.copy(a).m is a.m
    assert clone(a).m == [1.0]


@ways
def test_what_is_weakly_referenced_is_copied(clone: Clone) -> None:
    for kind in (Value, Watched, Measured):
        node = kind(2.0, "m") if kind is Measured else kind(2.0)
        reference = weakref.ref(node)
        copied = clone(node)
        assert reference() is node
        assert (type(copied), copied.data) == (kind, 2.0)


def test_copying_makes_no_attributes() -> None:
    if not mg.compiled:
        pytest.skip("the plain class makes an empty dict where one is asked for")
    a = Value(2.0)
    copied = copy.deepcopy(a * 2)
    assert a._attributes() is None
    assert copied._attributes() is None
