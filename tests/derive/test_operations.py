"""The symbolic local derivatives, read by SymPy, against SymPy's own derivatives of the operations."""

import pytest
import sympy

import microgradnet as mg
from microgradnet import Value
from microgradnet.operation import TABLE

x, y = sympy.symbols("x y", real=True)


def greater(left, right):
    return sympy.Piecewise((1, sympy.Gt(left, right)), (0, True))


def where(condition, value):
    return sympy.Piecewise((value, sympy.Ne(condition, 0)), (0, True))


def unless(condition, value):
    return sympy.Piecewise((0, sympy.Ne(condition, 0)), (value, True))


FUNCTIONS = {
    "greater": greater,
    "where": where,
    "unless": unless,
    "abs": sympy.Abs,
    "maximum": lambda left, right: sympy.Piecewise((left, left > right), (right, True)),
    "minimum": lambda left, right: sympy.Piecewise((left, left < right), (right, True)),
    "sigmoid": lambda z: 1 / (1 + sympy.exp(-z)),
    "relu": lambda z: sympy.Piecewise((z, z > 0), (0, True)),
    "add": lambda left, right: left + right,
    "subtract": lambda left, right: left - right,
    "multiply": lambda left, right: left * right,
    "divide": lambda left, right: left / right,
    "power": lambda left, right: left**right,
    "negate": lambda z: -z,
}
# Away from kinks, and inside every domain.
POINTS = [(0.7, 1.9), (2.5, 0.4), (1.3, 3.0)]


@pytest.mark.parametrize("name", sorted(TABLE))
@pytest.mark.parametrize("point", POINTS)
def test_local_derivatives_agree_with_sympy(name, point):
    op = TABLE[name]
    count = len(op.partials)
    operands = [Value(number, label=letter) for letter, number in zip("xy", point[:count], strict=False)]
    result = op(*operands)
    result.label = "f"
    function = FUNCTIONS.get(name) or getattr(sympy, name)
    reference = function(*(x, y)[:count])
    for symbol, operand in zip((x, y), operands, strict=False):
        (factor,) = mg.derive(result, operand).factors
        text = factor.formula if isinstance(factor.formula, float) else factor.formula.text
        read = sympy.sympify(text, locals={**FUNCTIONS, "x": x, "y": y, "f": reference})
        at = dict(zip((x, y), point, strict=True))
        # Values are compared, as SymPy writes the derivative of a choice as another choice.
        expected = float(sympy.diff(reference, symbol).subs(at).doit().evalf(30))
        assert expected == pytest.approx(float(sympy.N(read.subs(at), 30)), rel=1e-12, abs=1e-15)
        assert expected == pytest.approx(factor.value, rel=1e-12, abs=1e-15)


def test_a_softmax_derivative_is_written_with_its_outputs():
    outputs = mg.softmax([Value(0.2 * k, label=f"z[{k}]") for k in range(1, 4)])
    for k, output in enumerate(outputs, 1):
        output.label = f"o[{k}]"
    loss = outputs[0] * 2.0 + outputs[1]
    loss.label = "E"
    written = {f.derivative.text: f.formula.text for f in mg.derive(loss, "z[1]").factors if "/dz" in f.derivative.text}
    assert written == {"do[1]/dz[1]": "o[1]*(1 - o[1])", "do[2]/dz[1]": "-o[2]*o[1]"}


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda w, u: 0.5 * (u - w) ** 2, "-(u - w)"),
        (lambda w, u: w * w, "2*w"),
        (lambda w, u: 3.0 * (w * w + u * w), "3*u + 6*w"),
        (lambda w, u: (w * w + 2.0 * w) / u, "2*(1 + w)/u"),
        (lambda w, u: w**3, "3*w**2"),
        (lambda w, u: u / w, "-E/w"),
        (lambda w, u: w / 3, 1 / 3),
        (lambda w, u: mg.log(w), "1/w"),
        (lambda w, u: w**u, "u*w**(u - 1)"),
        (lambda w, u: u**w, "E*log(u)"),
        (lambda w, u: mg.sqrt(w), "0.5/E"),
        (lambda w, u: 0.0 * w, 0.0),
    ],
)
def test_factors_are_tidy(build, expected):
    w, u = Value(1.5, label="w"), Value(1.25) + 1.25
    u.label = "u"  # a labelled result, so that what is nameless gets no invented name
    loss = build(w, u)
    loss.label = "E"
    (factor,) = mg.derive(loss, w).factors
    assert expected == (factor.formula if isinstance(factor.formula, float) else factor.formula.text)
