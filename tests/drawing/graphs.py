"""Small graphs that the tests of drawings share."""

from __future__ import annotations

import microgradnet as mg
from microgradnet import Value


def lecture() -> Value:
    """(a*b + c)*f with the numbers of the micrograd lecture."""
    a, b, c, f = (Value(number, label=label) for number, label in ((2.0, "a"), (-3.0, "b"), (10.0, "c"), (-2.0, "f")))
    loss = (a * b + c) * f
    loss.label = "L"
    return loss


def doubled() -> Value:
    """a + a, whose drawing elsewhere loses an edge."""
    a = Value(3.0, label="a")
    result = a + a
    result.label = "b"
    return result


def network() -> Value:
    """Matt Mazur's 2-2-2 network (*A Step by Step Backpropagation Example*, 2015), with scopes."""
    weights = [[[0.15, 0.20], [0.25, 0.30]], [[0.40, 0.45], [0.50, 0.55]]]
    activations = [Value(0.05, label="x[1]"), Value(0.10, label="x[2]")]
    targets = [Value(0.01, label="t[1]"), Value(0.99, label="t[2]")]
    for layer, (rows, bias) in enumerate(zip(weights, (0.35, 0.60), strict=True), 1):
        with mg.scope(f"layer {layer}"):
            activations = [_neuron(layer, j, row, bias, activations) for j, row in enumerate(rows, 1)]
    with mg.scope("loss"):
        loss = mg.total(0.5 * (t - a) ** 2 for t, a in zip(targets, activations, strict=True))
        loss.label = "E"
    return loss


def _neuron(layer: int, j: int, row: list[float], bias: float, inputs: list[Value]) -> Value:
    with mg.scope(f"neuron {j}"):
        weights = [Value(weight, label=f"w{layer}[{j},{k}]") for k, weight in enumerate(row, 1)]
        z = mg.dot(weights, inputs, Value(bias, label=f"b{layer}[{j}]"))
        z.label = f"z{layer}[{j}]"
        a = z.sigmoid()
        a.label = f"a{layer}[{j}]"
        return a
