"""The symbolic local derivatives, read by SymPy, against SymPy's own derivatives of the operations."""

import pytest
import sympy

import microgradnet as mg
from microgradnet import Value
from microgradnet.operation import TABLE
from tests.references import REFERENCES
from tests.samples import nodes, somewhere, varied

x, y = sympy.symbols("x y", real=True)


FUNCTIONS = {name: reference.formula for name, reference in REFERENCES.items()}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_local_derivatives_agree_with_sympy(name):
    op = TABLE[name]
    reference = FUNCTIONS[name](*(x, y)[: len(op.partials)])
    slopes = {place: sympy.diff(reference, (x, y)[place]) for place in varied(op)}
    for point in somewhere(op, 3):
        operands = nodes(op, point)
        result = op(*operands)
        result.label = "f"
        at = {letter: exactly(number) for letter, number in zip((x, y), point, strict=False)}
        for place, slope in slopes.items():
            (factor,) = mg.derive(result, operands[place]).factors
            text = factor.formula if isinstance(factor.formula, float) else factor.formula.text
            read = sympy.sympify(text, locals={**FUNCTIONS, "x": x, "y": y, "f": reference})
            # Values are compared, as SymPy writes the derivative of a choice as another choice.
            expected = float(slope.subs(at).doit().evalf(30))
            assert expected == pytest.approx(float(sympy.N(read.subs(at), 30)), rel=1e-12, abs=1e-15)
            assert expected == pytest.approx(factor.value, rel=1e-12, abs=1e-15)


def exactly(number):
    return sympy.Integer(int(number)) if number.is_integer() else sympy.Float(number)


def test_a_softmax_derivative_is_written_with_its_outputs():
    outputs = mg.softmax([Value(0.2 * k, label=f"z[{k}]") for k in range(1, 4)])
    for k, output in enumerate(outputs, 1):
        output.label = f"o[{k}]"
    loss = outputs[0] * 2.0 + outputs[1]
    loss.label = "E"
    written = {f.derivative.text: f.formula.text for f in mg.derive(loss, "z[1]").factors if "/∂z" in f.derivative.text}
    assert written == {"∂o[1]/∂z[1]": "o[1]*(1 - o[1])", "∂o[2]/∂z[1]": "-o[2]*o[1]"}


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
