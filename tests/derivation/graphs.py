"""Labelled graphs, built by hand from Values, that the tests of this room share."""

from collections.abc import Callable, Sequence
from typing import Any

import microgradnet as mg
from microgradnet import Value


def labelled(name: str, numbers: Sequence[float]) -> list[Value]:
    return [Value(number, label=f"{name}[{index}]") for index, number in enumerate(numbers, 1)]


def layer(
    number: int, inputs: Sequence[Value], weights: Any, biases: Any, activation: Callable[[list[Value]], list[Value]]
) -> list[Value]:
    before = []
    for j, row in enumerate(weights, 1):
        bias = Value(biases[j - 1], label=f"b{number}[{j}]") if biases else None
        z = mg.dot([Value(w, label=f"w{number}[{j},{k}]") for k, w in enumerate(row, 1)], inputs, bias)
        z.label = f"z{number}[{j}]"
        before.append(z)
    after = activation(before)
    for j, a in enumerate(after, 1):
        a.label = f"a{number}[{j}]"
    return after


def sigmoids(before: list[Value]) -> list[Value]:
    return [mg.sigmoid(z) for z in before]


def half_squared_error(outputs: Sequence[Value], targets: Sequence[Value]) -> Value:
    loss = mg.total(0.5 * (target - output) ** 2 for output, target in zip(outputs, targets, strict=True))
    loss.label = "E"
    return loss


def mazur() -> Value:
    """M. Mazur, "A Step by Step Backpropagation Example", 2015."""
    hidden = layer(1, labelled("x", [0.05, 0.10]), [[0.15, 0.20], [0.25, 0.30]], [0.35, 0.35], sigmoids)
    outputs = layer(2, hidden, [[0.40, 0.45], [0.50, 0.55]], [0.60, 0.60], sigmoids)
    return half_squared_error(outputs, labelled("t", [0.01, 0.99]))


def softmax_by_hand() -> Value:
    """The first of the five sources: softmax with squared error, no biases."""
    hidden = layer(1, labelled("x", [0.7, 1.0]), [[0.1, 0.7], [0.8, 0.2]], None, sigmoids)
    outputs = layer(2, hidden, [[0.6, 0.5], [0.4, 0.3]], None, mg.softmax)
    return half_squared_error(outputs, labelled("t", [0.0, 1.0]))


def karpathy() -> Value:
    """A. Karpathy, "The spelled-out intro to neural networks and backpropagation", 2022: L = (a*b + c)*f."""
    a, b, c, f = (Value(data, label=label) for label, data in {"a": 2.0, "b": -3.0, "c": 10.0, "f": -2.0}.items())
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    loss = d * f
    loss.label = "L"
    return loss
