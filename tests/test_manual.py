"""The help of operations and methods: of each its own, complete, and with an example that runs."""

import doctest
import inspect
import pydoc
import re
from collections.abc import Iterator

import pytest

import microgradnet as mg
from microgradnet import Value
from microgradnet.manual import derivatives
from microgradnet.operation import EVERYWHERE, TABLE, Op
from tests.samples import counted

each_op = pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))


@each_op
def test_an_operation_has_help_of_its_own(op: Op) -> None:
    text = op.__doc__ or ""
    assert text.startswith(op.summary)
    assert re.fullmatch(r"[^\n]{5,110}\.", op.summary)
    assert op.formula in text
    assert all(formula in text for formula in derivatives(op) if len(formula) < 200)
    assert op.domain is EVERYWHERE or op.domain.words in text
    assert all(kink.convention in text for kink in op.kinks)
    assert op.parameter is None or f"{op.parameter.name}: a number" in text
    sections = ["Arguments:", "Returns:", "Raises:", "Example:"]
    for section in sections if op.name != "where" else sections[:-1]:  # mg.where is a function with its own help
        assert text.count(section) == 1


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.name != "where"], ids=lambda op: op.name)
def test_the_example_in_the_help_runs(op: Op) -> None:
    [example] = [test for test in doctest.DocTestFinder(recurse=False).find(Holder(op), op.name) if test.examples]
    results = doctest.DocTestRunner(verbose=False).run(example)
    assert results.failed == 0
    assert results.attempted >= 4


class Holder:
    """What doctest takes an example from."""

    def __init__(self, op: Op) -> None:
        self.__doc__ = op.__doc__
        self.__name__ = op.name


@each_op
def test_a_formula_of_the_derivative_is_missing_only_for_what_is_counted(op: Op) -> None:
    assert [formula == "" for formula in derivatives(op)] == [*counted(op)]


@each_op
def test_signatures_are_those_of_the_record(op: Op) -> None:
    names = [*"xy"[: len(op.partials)], *([op.parameter.name] if op.parameter else [])]
    assert [*inspect.signature(op).parameters] == names
    method = inspect.signature(getattr(Value, op.name))
    if op.name not in ("relu", "where"):  # these are written out on the class
        assert [*method.parameters] == ["self", *names[1:]]


@each_op
def test_a_method_and_its_aliases_have_help_of_their_own(op: Op) -> None:
    text = getattr(Value, op.name).__doc__
    assert op.name in text
    assert all(getattr(Value, alias).__doc__ == text for alias in op.aliases)


def test_the_class_of_operations_keeps_its_own_help() -> None:
    assert (Op.__doc__ or "").startswith("One elementary operation")
    assert "forward" in inspect.signature(Op).parameters
    assert len({op.__doc__ for op in TABLE.values()}) == len(TABLE)


def test_what_a_shell_shows_is_the_help_of_the_operation() -> None:
    shown = pydoc.plain(pydoc.render_doc(mg.tanh))
    assert "The hyperbolic tangent of x." in shown
    assert "1 - out*out" in shown
    assert inspect.getdoc(mg.tanh) == inspect.cleandoc(mg.tanh.__doc__)
    assert mg.tanh.__name__ == "tanh"


@pytest.fixture
def cube() -> Iterator[Op]:
    op = mg.define("cube", forward=lambda x: x**3, partials=[lambda x, out: 3 * x**2], summary="The third power of x.")
    yield op
    mg.undefine("cube")


def test_an_operation_of_a_user_has_help_too(cube: Op) -> None:
    assert (cube.__doc__ or "").startswith("The third power of x.")
    assert "3*x**2" in (cube.__doc__ or "")
    assert "cube" in (Value.cube.__doc__ or "")  # type: ignore[attr-defined]


def test_a_notebook_shows_an_operation_as_formula_and_derivatives() -> None:
    assert mg.tanh._repr_markdown_() == (
        "**tanh**: The hyperbolic tangent of x.\n\n"
        r"$$f = \tanh\left(x\right), \qquad \frac{d f}{d x} = 1 - f \cdot f$$"
    )
    shown = mg.multiply._repr_markdown_()
    assert r"\frac{\partial f}{\partial x} = y" in shown
    assert r"\frac{\partial f}{\partial y} = x" in shown
    assert all(op._repr_markdown_().count("$$") == 2 for op in TABLE.values())


def test_a_notebook_shows_a_value_as_a_table() -> None:
    w, x = Value(0.5, label="w<1>"), Value(-3.0, label="x")
    with mg.scope("layer 1"):
        z = w * x
    shown = z._repr_html_()
    assert "without a label" in shown
    assert "-1.5" in shown
    assert "not computed yet" in shown
    assert "multiply(w&lt;1&gt;, x)" in shown  # text of strangers is escaped
    assert "by w&lt;1&gt;: -3, by x: 0.5" in shown
    assert "layer 1" in shown
    z.backward()
    assert "not computed yet" not in z._repr_html_()
    assert "-3" in w._repr_html_()
    assert "made by" not in w._repr_html_()
