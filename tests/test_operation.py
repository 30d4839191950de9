"""The record of an operation: defining one, looking one up, applying one, and what a user's own operation can do."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.errors import ArgumentError, DomainError, UnknownNameError
from microgradnet.operation import (
    PRODUCT,
    SUM,
    TABLE,
    Domain,
    Notation,
    Op,
    called,
    define,
    find,
    kernel,
    lookup,
    undefine,
)
from microgradnet.symbols import Symbol


@pytest.fixture
def squared() -> Iterator[Op]:
    """Define an operation as a user would, and take it out of the table again."""
    op = define(
        "squared",
        **called("squared", r"\operatorname{sq}"),
        forward=kernel(lambda x: x * x, "square"),
        partials=(lambda x, out: 2.0 * x,),
        domain=Domain("x below 1000", lambda x: x < 1000),
    )
    yield op
    undefine("squared")


def test_a_users_operation_is_in_every_place_where_the_tables_own_are(squared: Op) -> None:
    v = Value(3.0)
    assert mg.squared is lookup("squared") is squared
    assert {"squared"} <= {*dir(v), *dir(mg)}
    assert (v.squared().data, mg.squared(v).partials, mg.squared(3)) == (9.0, (6.0,), 9.0)
    assert mg.squared(np.array([1.0, 2.0])).tolist() == [1.0, 4.0]
    assert mg.squared(Symbol("x")).text == "squared(x)"


@pytest.mark.parametrize("name", ["", "two words", "1st", "lambda", "a-b"])
def test_a_name_is_an_identifier(name: str) -> None:
    with pytest.raises(ArgumentError, match="Python identifier"):
        define(name, **called("s", "s"), forward=abs, partials=(max,))
    assert name not in TABLE


@pytest.mark.parametrize("count", [0, 3])
def test_an_operation_has_one_or_two_operands(count: int) -> None:
    with pytest.raises(ArgumentError, match=f"{count} partial derivatives"):
        define("many", **called("s", "s"), forward=abs, partials=(max,) * count)
    assert "many" not in TABLE


def test_an_unknown_name_lists_the_table() -> None:
    with pytest.raises(UnknownNameError, match=r"'tanhh'. Did you mean 'tanh'") as caught:
        lookup("tanhh")
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))
def test_a_wrong_number_of_operands_shows_the_formula(op: Op) -> None:
    for count in {0, 1, 2, 3} - {len(op.partials), len(op.partials) + (op.parameter is not None)}:
        for operand in (0.5, Value(0.5), Symbol("0.5")):
            with pytest.raises(ArgumentError, match=f"{op.name} takes {len(op.partials)} operand.*; got {count}"):
                op(*[operand] * count)


@pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))
def test_every_record_is_complete(op: Op) -> None:
    assert TABLE[op.name] is op
    assert op.symbol
    assert op.domain.words
    assert len(op.text.places) >= len(op.partials)
    for notation in (op.text, op.latex):
        assert all(f"#{place}" in notation.template for place in range(1, len(op.partials) + 1))
        assert "#3" not in notation.template
    assert repr(op).startswith(f"<Op {op.name}: ")


@pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))
def test_neutral_and_absorbing_operands_are_what_they_are_called(op: Op) -> None:
    for place in range(len(op.partials)):
        if len(op.partials) == 2 and op.neutral[place] is not None:
            for other in (0.3, -2.0, 7.0):
                operands = [other, other]
                operands[place] = op.neutral[place]
                assert op(*operands) == other
        if op.absorbing[place]:
            for other in (0.3, 2.0):
                operands = [other] * len(op.partials)
                operands[place] = 0.0
                assert op(*operands) == 0.0


def test_notation_puts_brackets_around_what_binds_more_loosely() -> None:
    product = Notation("#1*#2", PRODUCT, (PRODUCT, PRODUCT + 1))
    assert product.write([("a + b", SUM), ("c*d", PRODUCT)]) == ("(a + b)*(c*d)", PRODUCT)
    assert product.write([("a + b", SUM), ("c", 40)], "[#1]") == ("[a + b]*c", PRODUCT)


def test_a_place_that_holds_a_number_sign_is_not_filled_twice() -> None:
    assert Notation("#1 + #2", SUM).write([("#2", 40), ("b", 40)]) == ("#2 + b", SUM)


def test_an_error_of_the_rule_becomes_an_error_of_the_domain() -> None:
    with pytest.raises(DomainError, match=r"log needs x > 0; got x = -1\.0") as caught:
        mg.log(-1)
    assert isinstance(caught.value.__cause__, ValueError)
    assert math.isfinite(mg.log(1e-320))


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda: mg.exp(1000.0), "mg.logsumexp"),
        (lambda: mg.log(0.0), "Clip it"),
        (lambda: mg.cosh(1000.0), "float; got x = 1000.0.$"),
        (lambda: mg.digamma(1e-310), "float; got x = 1e-310.$"),
        (lambda: mg.power(1e300, 2.0), "Use smaller numbers"),
    ],
)
def test_a_domain_error_gives_the_advice_of_its_operation_or_none(call: Any, advice: str) -> None:
    with pytest.raises(DomainError, match=advice):
        call()


def test_a_wrong_number_of_operands_shows_the_formula_with_names() -> None:
    with pytest.raises(ArgumentError, match=r"Its formula is maximum\(x, y\)\.$"):
        mg.maximum(1)
    with pytest.raises(ArgumentError, match=r"Its formula is x \+ y\.$"):
        mg.add(1)


def test_an_alias_is_a_method_and_is_found_but_no_second_operation() -> None:
    assert find("arcsin") is find("asin") is TABLE["asin"]
    assert "arcsin" not in TABLE
    assert find("nothing") is None
    assert Value(0.5).arcsin().op is TABLE["asin"]
    v = np.array([Value(0.5), Value(-0.25)])
    assert [node.op.name for node in np.arcsin(v)] == ["asin", "asin"]
    define("twice", forward=lambda x: 2 * x, partials=[lambda x, out: 2.0], aliases=("double",))
    try:
        assert Value(1.5).double().data == 3.0
        define("twice", forward=lambda x: x + x, partials=[lambda x, out: 2.0])
        assert not hasattr(Value, "double")
    finally:
        undefine("twice")
    with pytest.raises(ArgumentError, match="name of its own"):
        define("twice", forward=lambda x: 2 * x, partials=[lambda x, out: 2.0], aliases=("exp",))
    assert "twice" not in TABLE
