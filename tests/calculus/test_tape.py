"""A graph as a tape computes what its graph computes, bit for bit, for every operation of the table."""

import math
import random
from contextlib import suppress

import pytest

from microgradnet.calculus import tape
from microgradnet.calculus.tape import GraphTape
from microgradnet.compositions import softmax, total
from microgradnet.errors import DomainError, ShapeError, UnknownNameError
from microgradnet.graph import leaves, recompute
from microgradnet.operation import ATOM, TABLE, Notation, Op
from microgradnet.ops import log, sqrt, where
from microgradnet.value import Constant, Value, number_of


def eager(loss: Value, by: list[Value]) -> tuple[float, tuple[float, ...]]:
    loss.zero_grad()
    loss.backward()
    return loss.data, tuple(leaf.grad for leaf in by)


def same(result: tuple[float, tuple[float, ...]], expected: tuple[float, tuple[float, ...]]) -> bool:
    pairs = zip((result[0], *result[1]), (expected[0], *expected[1]), strict=True)
    return all(one == other or (math.isnan(one) and math.isnan(other)) for one, other in pairs)


def random_graph(seed: int) -> Value:
    """Return the sum of a graph that uses every operation at least once, with shared and repeated operands."""
    draw = random.Random(seed)
    nodes = [Value(draw.uniform(0.3, 1.7), label=f"p{place}") for place in range(5)]
    operations = [*TABLE.values(), *draw.choices(list(TABLE.values()), k=15)]
    draw.shuffle(operations)
    for op in operations:
        operands = [draw.choice([*nodes, draw.choice((2, 0.5, 1, -1, 0))]) for _ in op.partials]
        if not any(isinstance(operand, Value) for operand in operands):
            operands[0] = draw.choice(nodes)
        numbers = tuple(number_of(operand) for operand in operands)
        if not op.domain.contains(*numbers):
            continue
        try:
            node = op(*operands)
        except DomainError:  # it overflows, or has no derivative there
            continue
        if abs(node.data) < 1e6 and all(math.isfinite(partial) for partial in node.partials):
            nodes.append(node)
    return total(nodes)


@pytest.mark.parametrize("many", [10**9, 0], ids=["as instructions", "as Python"])
@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_over_the_whole_table(seed, many, monkeypatch):
    monkeypatch.setattr(tape, "_MANY", many)
    loss = random_graph(seed)
    by = leaves(loss)
    program = GraphTape(loss)
    assert same(program(), eager(loss, by))
    for move in (1.01, 0.83):
        for leaf in by:
            leaf.data *= move
        try:
            recompute(loss)
        except DomainError:
            with pytest.raises(DomainError):
                program()
            return
        assert same(program(), eager(loss, by))


NUMBERS = (
    (0.7, 0.3),
    (0.3, 0.7),
    (0.5, 0.5),
    (1.0, 2.0),
    (-0.7, 2.0),
    (0.0, 1.0),
    (-1.0, -0.4),
    (2.0, 3.0),
    (1.0, 0.5),
)


@pytest.mark.parametrize("op", TABLE.values(), ids=lambda op: op.name)
def test_each_operation(op):
    checked = 0
    for numbers in NUMBERS:
        numbers = numbers[: len(op.partials)]
        for fixed in range(len(numbers)):  # how many operands are numbers: there is no derivative by, say, an order
            operands = [Value(number) for number in numbers[fixed:]]
            with suppress(DomainError):
                result = op(*numbers[:fixed], *operands) * 1.5
                assert same(GraphTape(result)(), eager(result, operands)), numbers
                checked += 1
    assert checked >= 3


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("op", [op for op in TABLE.values() if len(op.partials) == 2], ids=lambda op: op.name)
def test_each_operation_with_a_number_in_one_place(op, place):
    for constant in (0.0, 1.0, -1.0, 2.0, -2.5, 0.5):
        leaf = Value(1.3)
        operands = (constant, leaf) if place == 0 else (leaf, constant)
        if op.domain.contains(*map(number_of, operands)):
            result = op(*operands) + leaf * 0.25
            assert same(GraphTape(result)(), eager(result, [leaf])), constant


def test_a_network_of_all_its_parts():
    from microgradnet.nn import MLP, losses

    mlp = MLP(3, [4, 3], activation="sigmoid", output="softmax", seed=3)
    loss = losses.half_squared_error(mlp([0.2, -0.4, 1.0]), [0, 1, 0])
    by = list(mlp.parameters())
    assert same(GraphTape(loss, by)(), eager(loss, by))


def test_only_what_is_asked_for_is_differentiated():
    a, b, c = (Value(number, label=name) for name, number in (("a", 2.0), ("b", -3.0), ("c", 10.0)))
    program = GraphTape((a * b + c) ** 2, [b])
    assert program.leaves == (a, b, c)
    assert program.by == (b,)
    assert program() == (16.0, (16.0,))
    assert program([1.0, 1.0, 1.0]) == (4.0, (4.0,))
    assert (a.data, b.data, c.data) == (2.0, -3.0, 10.0)


def test_a_loss_that_is_a_leaf_or_hardly_more():
    a = Value(2.0)
    assert GraphTape(a)() == (2.0, (1.0,))
    assert GraphTape(a * 1)() == (2.0, (1.0,))
    assert GraphTape(a + a)() == (4.0, (2.0,))
    assert GraphTape(a * 0)() == (0.0, (0.0,))
    assert GraphTape(Value(1.0) * 3)() == (3.0, (3.0,))
    assert GraphTape(Constant(3.0) + Constant(4.0))() == (7.0, ())


def test_one_node_used_many_times():
    a = Value(1.1)
    loss = a * a * a + a / a + a**a
    assert same(GraphTape(loss)(), eager(loss, [a]))


def test_numbers_for_the_backward_pass_may_differ():
    # E = (v*h - t)^2/2, h = w*x: with the new v, dE/dw = (v*h - t) * v_new * x
    x, t, w, v = (Value(number, label=name) for name, number in zip("xtwv", (2.0, 1.0, 0.5, 3.0), strict=True))
    program = GraphTape(0.5 * (v * (w * x) - t) ** 2, [w])
    before = [leaf.data for leaf in program.leaves]
    after = [10.0 if leaf is v else leaf.data for leaf in program.leaves]
    assert program(before, after) == (2.0, ((3.0 - 1.0) * 10.0 * 2.0,))


def test_what_is_outside_a_domain_is_named():
    a = Value(2.0, label="a")
    program = GraphTape(log(a))
    with pytest.raises(DomainError, match=r"log needs x > 0; got x = -2.0 \(labelled 'a'\)"):
        program([-2.0])
    assert a.data == 2.0
    assert program([4.0]) == (math.log(4.0), (0.25,))


def test_an_infinite_derivative_is_the_graph_s():
    a = Value(4.0)
    program = GraphTape(sqrt(a))
    assert program([0.0]) == (0.0, (math.inf,))
    with pytest.raises(DomainError, match="backward"):
        GraphTape(log(a))([1.0], [0.0])


def test_conventions_at_kinks_are_the_table_s():
    a, b = Value(0.0), Value(0.0)
    loss = a.relu() + abs(a) + a.maximum(b) + b.minimum(a)
    assert same(GraphTape(loss)(), eager(loss, [a, b]))


def test_a_choice_follows_its_condition():
    a = Value(2.0)
    program = GraphTape(where(TABLE["greater"](a, 1.0), a * a, 3.0 * a))
    assert program() == (4.0, (4.0,))
    assert program([0.5]) == (1.5, (3.0,))


def test_softmax_beyond_the_exponents_of_floats():
    nodes = [Value(900.0), Value(899.0)]
    first = softmax(nodes)[0]
    assert same(GraphTape(first)(), eager(first, nodes))


def test_wrong_arguments():
    a, b = Value(1.0, label="a"), Value(2.0, label="b")
    with pytest.raises(UnknownNameError, match="'b'"):
        GraphTape(a * 2.0, [b])
    with pytest.raises(ShapeError, match="1 numbers"):
        GraphTape(a * 2.0)([1.0, 2.0])
    product = a * b
    with pytest.raises(UnknownNameError):
        GraphTape(product * 2.0, [product])


def user_operation(name: str, forward, *partials, text: str = "") -> Op:
    notation = Notation(text or f"{name}(#1)", ATOM)
    return Op(name=name, symbol=name, text=notation, latex=notation, forward=forward, partials=partials)


def softplus(x):
    return math.log1p(math.exp(x))


USERS = {
    "by its own code": user_operation("softplus", softplus, lambda x, out: 1.0 / (1.0 + math.exp(-x))),
    "by if": user_operation("step", lambda x: 1.0 if x > 0 else 0.0, lambda x, out: 1.0 if x > 0 else 0.5),
    "by truth": user_operation("nonzero", lambda x: x if x else 9.0, lambda x, out: 1.0 if x else 0.0),
    "by equality": user_operation("equal", lambda x: 5.0 if x == 1.5 else x, lambda x, out: 0.0 if x == 1.5 else 1.0),
    "by composition": user_operation("swish", lambda x: x * TABLE["sigmoid"](x), lambda x, out: TABLE["sigmoid"](x)),
    "by a number": user_operation("seven", lambda x: 7.0, lambda x, out: 0.0),
    "named like a variable": user_operation("v1", lambda x: x + 1.0, lambda x, out: 1.0),
    "named like the program": user_operation("program", lambda x: x + 1.0, lambda x, out: 1.0),
    "written like Python": user_operation("saturate", lambda x, y: min(x + y, 1.0), lambda x, y, out: 1.0,
                                          lambda x, y, out: 1.0, text="#1 + #2"),
    "written unlike Python": user_operation("norm", lambda x: abs(x), lambda x, out: 1.0, text="‖#1‖"),
    "by whole numbers": user_operation("twice", lambda x: round(2 * x), lambda x, out: 2),
    "in other letters": user_operation("größe", lambda x: 2.0 * x, lambda x, out: 2.0),
    "with a long rule": user_operation("long", lambda x: sum((x * x for _ in range(400)), x), lambda x, out: 800.0 * x),
}  # fmt: skip


@pytest.mark.parametrize("op", USERS.values(), ids=USERS)
@pytest.mark.parametrize("number", [1.5, -0.5, 0.0])
def test_an_operation_of_a_user(op, number):
    v1, other = Value(number), Value(0.75)
    loss = op(*[v1, other][: len(op.partials)]) * 2.0 + v1 * v1
    by = leaves(loss)
    assert same(GraphTape(loss)(), eager(loss, by))


def test_a_complex_result_of_a_user_s_rule_is_refused():
    x = Value(4.0, label="x")
    op = user_operation("half_power", lambda x: x**0.5, lambda x, out: 0.5 / out)
    tape = GraphTape(op(x) + 1.0)
    assert tape() == (3.0, (0.25,))
    with pytest.raises(DomainError, match="half_power"):
        tape([-4.0])
