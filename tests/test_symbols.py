"""Formulas are written with the brackets that they need, in text that Python reads back and in LaTeX."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import microgradnet as mg
from microgradnet.operation import TABLE
from microgradnet.symbols import Symbol, write_number
from tests.strategies import RandomGraph, random_graphs

x, y, z = Symbol("x"), Symbol("y"), Symbol("z")
w = Symbol("w1[1,2]", r"w^{(1)}_{12}")


def written(graph: RandomGraph) -> Any:
    """Return the formula of a random graph's last node over the symbols x1, x2, ..."""
    formulas: list[Any] = [Symbol(f"x{place}", f"x_{{{place}}}") for place in range(len(graph.leaves))]
    for step in graph.steps:
        operands = [formulas[operand] if isinstance(operand, int) else operand for operand in step.operands]
        formulas.append(TABLE[step.name](*operands))
    return formulas[-1]


@given(random_graphs(most_steps=8))
def test_the_text_of_a_random_formula_computes_what_the_graph_computes(graph: RandomGraph) -> None:
    """Each bracket that was left out changes nothing, and none is missing."""
    formula = written(graph)
    text = formula.text if isinstance(formula, Symbol) else write_number(formula)[0]
    names = {**TABLE, **{f"x{place}": number for place, number in enumerate(graph.leaves)}}
    assert eval(text, names) == graph.record()[-1].data


@given(random_graphs(most_steps=8))
def test_the_latex_of_a_random_formula_is_balanced(graph: RandomGraph) -> None:
    formula = written(graph)
    latex = formula.latex if isinstance(formula, Symbol) else write_number(formula, "latex")[0]
    depth = 0
    for character in latex.replace(r"\{", "").replace(r"\}", ""):
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert latex.count(r"\left") == latex.count(r"\right")
    assert "#" not in latex


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        (x + y + z, "x + y + z", "x + y + z"),
        (x + (y + z), "x + (y + z)", r"x + \left(y + z\right)"),
        (x - (y - z), "x - (y - z)", r"x - \left(y - z\right)"),
        ((x + y) * z, "(x + y)*z", r"\left(x + y\right) \cdot z"),
        (x * (y * z), "x*(y*z)", r"x \cdot \left(y \cdot z\right)"),
        (x / (y * z), "x/(y*z)", r"\frac{x}{y \cdot z}"),
        (x * (y / z), "x*(y/z)", r"x \cdot \frac{y}{z}"),
        ((x / y) ** 2, "(x/y)**2", r"{\left(\frac{x}{y}\right)}^{2}"),  # a bare fraction under 2 reads as x^2/y
        (x ** (y + 1), "x**(y + 1)", "{x}^{y + 1}"),
        (x**y**z, "x**y**z", "{x}^{{y}^{z}}"),
        ((x**y) ** z, "(x**y)**z", r"{\left({x}^{y}\right)}^{z}"),
        (-(x**2), "-x**2", "-{x}^{2}"),
        ((-x) ** 2, "(-x)**2", r"{\left(-x\right)}^{2}"),
        (-(x + y), "-(x + y)", r"-\left(x + y\right)"),
        (-(x * y), "-x*y", r"-x \cdot y"),
        (x - -y, "x - (-y)", r"x - \left(-y\right)"),
        (x * -2.0, "x*(-2)", r"x \cdot \left(-2\right)"),
        (2.0**-x, "2**(-x)", "{2}^{-x}"),
        (mg.exp(x) ** 2, "exp(x)**2", r"{\left(e^{x}\right)}^{2}"),
        (abs(w), "abs(w1[1,2])", r"\left|w^{(1)}_{12}\right|"),
        (mg.sigmoid(x + 1), "sigmoid(x + 1)", r"\sigma\left(x + 1\right)"),
        (x * 1e-07, "x*1e-07", r"x \cdot \left(1 \cdot 10^{-7}\right)"),
        (mg.maximum(x, 0.5), "maximum(x, 0.5)", r"\max\left(x, 0.5\right)"),
    ],
)
def test_brackets_stand_where_they_are_needed(formula: Any, text: str, latex: str) -> None:
    assert formula.text == text
    assert formula.latex == latex
    assert repr(formula) == f"<Formula {text}>"


def test_what_changes_nothing_is_left_out() -> None:
    assert [1.0 * x, x * 1.0, x + 0.0, 0.0 + x, x - 0.0, x / 1.0, x**1.0] == [x] * 7
    assert [0.0 * x, x * 0.0, 0.0 / x] == [0.0] * 3
    assert (0.0 - x).text == "0 - x"
    assert (1.0 / x).text == "1/x"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_number_reads_back_to_the_same_float(number: float) -> None:
    text, _ = write_number(number)
    assert float(text) == number
    assert math.copysign(1.0, float(text)) == math.copysign(1.0, number)


@pytest.mark.parametrize(
    ("number", "latex"),
    [(1e-20, r"1 \cdot 10^{-20}"), (-2.5e30, r"-2.5 \cdot 10^{30}"), (math.inf, r"\infty"), (-math.inf, r"-\infty")],
)
def test_large_and_small_numbers_in_latex_are_powers_of_ten(number: float, latex: str) -> None:
    assert write_number(number, "latex")[0] == latex
