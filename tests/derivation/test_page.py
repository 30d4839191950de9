"""The page of a derivation is calculated again: its names and numbers, by Python in text and by SymPy in LaTeX."""

import re

import pytest
import sympy
from sympy.parsing.latex import parse_latex

import microgradnet as mg
from microgradnet import Value
from microgradnet.derivation.page import sections_of
from microgradnet.graph import topological
from microgradnet.names import Names, delta, letter
from microgradnet.value import Constant
from tests.derivation.graphs import karpathy, mazur, softmax_by_hand


def of_functions():
    x, y = Value(0.8, label="x"), Value(-0.3, label="y")
    u = mg.exp(x * y) + mg.log(x + 1.0)
    u.label = "u"
    v = mg.cos(u / 2.0) - mg.sqrt(u)
    v.label = "v"
    loss = u * v**3 + mg.sin(x) / v
    loss.label = "E"
    return loss


CASES = {
    "mazur_w5": (mazur, "w2[1,1]", 0.5),
    "mazur_w1": (mazur, "w1[1,1]", 0.5),
    "softmax_w1": (softmax_by_hand, "w1[1,1]", 0.1),
    "karpathy_a": (karpathy, "a", None),
    "functions_x": (of_functions, "x", 0.01),
}


def numbers_of(loss):
    """Return the number that each name on a page means, by its text and by its LaTeX, from the engine alone."""
    loss.zero_grad()
    loss.backward()
    names = Names(topological(loss))
    found = {}
    for node in topological(loss):
        if isinstance(node, Constant) or not names.given(node):
            continue
        written = [(names.of(node), node.data), (names.derivative(loss, node), node.grad)]
        if delta(names.text(node)):
            written.append((letter(delta(names.text(node))), node.grad))
        for name, number in written:
            found[name.text] = found[name.latex] = number
    return found


def with_numbers(row, numbers):
    """Put numbers in the place of names, longer names first; other derivatives are those of a factor."""
    pattern = "|".join(map(re.escape, sorted(numbers, key=len, reverse=True)))
    return re.sub(rf"(?<![A-Za-z\\])(?:{pattern})(?![A-Za-z(])", lambda name: f"({numbers[name[0]]:.17f})", row)


def calculated(text):
    functions = {name: getattr(mg, name) for name in ("exp", "log", "tanh", "sqrt", "sin", "cos", "sigmoid")}
    return eval(text, {"__builtins__": {}, **functions})  # a page of our own


def read_by_sympy(latex):
    sigmoid = r"\\sigma\\left\(([-\d.()]*)\\right\)"
    latex = re.sub(sigmoid, r"\\frac{1}{1 + e^{-(\1)}}", latex).replace(r"\, ", r"\cdot ")
    read = parse_latex(latex)
    candidates = read.children if hasattr(read, "children") else [read]  # \tanh is also \tan h to it
    expression = next(
        each for each in candidates if {str(each) for each in getattr(each, "free_symbols", "?")} <= {"e"}
    )
    return float(expression.subs(sympy.Symbol("e"), sympy.E).evalf(20))


@pytest.mark.parametrize("digits", [4, 8, 17])
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("paths", [0, 12])
def test_every_row_in_text_gives_the_engines_number(name, digits, paths):
    build, weight, eta = CASES[name]
    loss = build()
    derivation = mg.derive(loss, weight, eta=eta, digits=digits, paths=paths)
    numbers = numbers_of(loss)
    numbers |= {factor.derivative.text: factor.value for factor in derivation.factors}
    numbers |= {"eta": eta or 0.0}
    rows = 0
    for section in derivation.sections:
        for equation in section.equations:
            wanted = numbers.get(equation.left.text)
            for row in equation.rows:
                found = calculated(with_numbers(row.text[2:], numbers))
                if wanted is not None:
                    rows += 1
                    assert found == pytest.approx(wanted, rel=10.0 ** (3 - digits), abs=10.0 ** (1 - digits))
    assert rows > 10


@pytest.mark.parametrize(
    "name", ["mazur_w5", *(pytest.param(n, marks=pytest.mark.slow) for n in ("functions_x", "mazur_w1"))]
)
def test_every_row_in_latex_is_read_back_by_sympy(name):
    build, weight, eta = CASES[name]
    loss = build()
    derivation = mg.derive(loss, weight, eta=eta)
    numbers = numbers_of(loss)
    numbers |= {factor.derivative.latex: factor.value for factor in derivation.factors} | {r"\eta": eta or 0.0}
    rows = 0
    for section in sections_of(derivation.working, 10):
        for equation in section.equations:
            wanted = numbers.get(equation.left.latex)
            for row in equation.rows if wanted is not None else ():
                rows += 1
                latex = re.sub(r"^(=|\\approx) ", "", with_numbers(row.latex, numbers))
                assert read_by_sympy(latex) == pytest.approx(wanted, rel=1e-8, abs=1e-9), row.latex
    assert rows > 10


def test_an_equals_sign_is_only_where_the_printed_numbers_give_the_result():
    for build, weight, eta in CASES.values():
        for section in mg.derive(build(), weight, eta=eta, digits=5).sections:
            for equation in section.equations:
                result = equation.rows[-1]
                if (
                    result.relation == "="
                    and len(equation.rows) > 1
                    and re.fullmatch(r"[-\d.e]+", result.terms[0].text)
                ):
                    numbers = equation.rows[-2].text[2:]
                    if not re.search(r"[A-Za-z∂]", numbers):
                        assert calculated(numbers) == pytest.approx(float(result.terms[0].text), rel=1e-14)
