"""The LaTeX of every row, read back by SymPy's parser, is the same function."""

import re
from typing import Any

import pytest
import sympy
from sympy.core.function import AppliedUndef
from sympy.parsing.latex import parse_latex

from microgradnet.operation import TABLE, Op
from microgradnet.symbols import Symbol
from tests.references import REFERENCES, exact_value
from tests.samples import somewhere

# A bracket around a condition is notation for people: to SymPy it is a factor. Nor does it read mod and half brackets.
UNREADABLE = {"where", "unless", "remainder", "floor_divide", "round"}
# What stands for an operator name: the parser would read f_{erf} as a product e*r*f in the subscript.
NAMES = {
    **{name.replace("_", r"\_"): reference.formula for name, reference in REFERENCES.items()},
    "arsinh": sympy.asinh,
    "arcosh": sympy.acosh,
    "artanh": sympy.atanh,
    "Gamma": sympy.gamma,
}
MEANINGS = {
    "max": sympy.Max,
    "min": sympy.Min,
    "psi": sympy.digamma,
    "psi_{1}": lambda x: sympy.polygamma(1, x),
    "sigma": REFERENCES["sigmoid"].formula,
    **{f"f_{{{place}}}": formula for place, formula in enumerate(NAMES.values())},
}
TRANSLATIONS = [
    (r"\\left\||\\right\|", lambda bar: "|"),
    (r"\\psi\^\{\\left\((.*?)\\right\)\}\\left\(", lambda order: rf"\operatorname{{polygamma}}\left({order[1]}, "),
    (
        r"\\operatorname\{(sinc|erf)\}\^\{(?:\\left\((.*?)\\right\)|-1)\}\\left\(",
        lambda found: (
            rf"\operatorname{{sinc\_derivative}}\left({found[2]}, " if found[2] else r"\operatorname{erfinv}\left("
        ),
    ),
    (r"\\ln\\sigma", lambda _: r"\operatorname{log\_sigmoid}"),
    (r"\\Gamma", lambda gamma: r"\operatorname{Gamma}"),
    (r"\\operatorname\{(.*?)\}", lambda name: f"f_{{{[*NAMES].index(name[1])}}}"),
]


def read_back(latex: str) -> Any:
    """Parse a formula of x and y, or the condition in an Iverson bracket."""
    if condition := re.fullmatch(r"\\left\[(.*)\\right\]", latex):
        return sympy.Piecewise((1, read_back(condition[1])), (0, True))
    for pattern, translation in TRANSLATIONS:
        latex = re.sub(pattern, translation, latex)
    read = parse_latex(latex).subs({sympy.Symbol("e"): sympy.E, sympy.Symbol("pi"): sympy.pi})
    return read.replace(
        lambda part: isinstance(part, AppliedUndef), lambda part: MEANINGS[part.func.__name__](*part.args)
    )


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.name not in UNREADABLE], ids=lambda op: op.name)
def test_sympy_reads_the_latex_back_as_the_same_function(op: Op) -> None:
    read = read_back(op(*(Symbol("x"), Symbol("y"))[: len(op.partials)]).latex)
    for point in [point for point in somewhere(op, 8) if min(point) >= 0.0]:  # SymPy's cube root below 0 is complex
        numbers = [sympy.Integer(int(number)) if number.is_integer() else sympy.Rational(number) for number in point]
        at = dict(zip(sympy.symbols("x y"), numbers, strict=False))
        assert float(read.subs(at).evalf(30)) == pytest.approx(float(exact_value(op.name, point)), rel=1e-14)


@pytest.mark.parametrize("op", TABLE.values(), ids=list(TABLE))
def test_operands_that_bind_loosely_keep_their_brackets(op: Op) -> None:
    """Whatever stands in a place, the notation around it and around the whole still says what belongs together."""
    if op.name in UNREADABLE:
        return
    a, b = sympy.symbols("a b")
    latex = op(*(Symbol("a") + Symbol("b"), Symbol("y"))[: len(op.partials)]).latex
    whole = op(*(Symbol("x"), Symbol("y"))[: len(op.partials)]).latex
    assert sympy.simplify(read_back(latex) - read_back(whole).subs(sympy.Symbol("x"), a + b)) == 0
