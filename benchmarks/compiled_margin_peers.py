"""The step of micrograd's demo by hand in NumPy: 2-16-16-1 on 100 points, max-margin loss and L2; and by micrograd."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from benchmarks.scripts import network as script

ALPHA = 1e-4
SIZES = [2, 16, 16, 1]


def record(parameters: list[Any], inputs: list[list[float]], targets: list[int]) -> Any:
    """Return the loss as a plain Python loop over the points records it."""
    return script.loss(script.layers_of(parameters, SIZES), parameters, inputs, targets)


class Margin:
    """Points in rows, all parameters views of one array, so that L2 and the update are one line.

    Arguments:
        numbers: of each layer the weights, neuron by neuron, then the biases.
    """

    def __init__(self, numbers: list[float]) -> None:
        self.theta = np.array(numbers)
        self.gradient = np.zeros_like(self.theta)
        self.layers, self.layer_gradients = split(self.theta), split(self.gradient)

    def gradients(self, x: np.ndarray, t: np.ndarray) -> float:
        """Return the loss; leave its derivatives in `.gradient`."""
        (w1, b1), (w2, b2), (w3, b3) = self.layers
        (dw1, db1), (dw2, db2), (dw3, db3) = self.layer_gradients
        a1 = np.maximum(x @ w1.T + b1, 0.0)
        a2 = np.maximum(a1 @ w2.T + b2, 0.0)
        score = a2 @ w3[0] + b3
        margin = np.maximum(1.0 - t * score, 0.0)
        delta3 = (margin > 0.0) * (t * (-1.0 / len(t)))
        np.matmul(delta3, a2, out=dw3[0])
        db3[0] = delta3.sum()
        delta2 = delta3[:, None] * w3 * (a2 > 0.0)
        np.matmul(delta2.T, a1, out=dw2)
        delta2.sum(0, out=db2)
        delta1 = (delta2 @ w2) * (a1 > 0.0)
        np.matmul(delta1.T, x, out=dw1)
        delta1.sum(0, out=db1)
        self.gradient += (2.0 * ALPHA) * self.theta
        return float(margin.sum() / len(t) + ALPHA * (self.theta @ self.theta))

    def step(self, x: np.ndarray, t: np.ndarray, eta: float) -> float:
        loss = self.gradients(x, t)
        self.theta -= eta * self.gradient
        return loss


def split(flat: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return views of one array: for each layer its weights, a row per neuron, and its biases."""
    layers, start = [], 0
    for before, after in itertools.pairwise(SIZES):
        middle = start + after * before
        layers.append((flat[start:middle].reshape(after, before), flat[middle : middle + after]))
        start = middle + after
    return layers


class Micrograd:
    """The step on micrograd's own MLP, line for line as in its demo."""

    def __init__(self, numbers: list[float]) -> None:
        from micrograd.engine import Value
        from micrograd.nn import MLP

        self.value, self.mlp = Value, MLP(SIZES[0], SIZES[1:])
        for parameter, number in zip(self.parameters(), numbers, strict=True):
            parameter.data = number

    def parameters(self) -> list[Any]:
        """Return the parameters, of each layer the weights, neuron by neuron, then the biases."""
        return [
            parameter
            for layer in self.mlp.layers
            for group in ([w for neuron in layer.neurons for w in neuron.w], [neuron.b for neuron in layer.neurons])
            for parameter in group
        ]

    def loss(self, inputs: list[list[float]], targets: list[int]) -> Any:
        scores = list(map(self.mlp, [list(map(self.value, row)) for row in inputs]))
        losses = [(1 + -target * score).relu() for target, score in zip(targets, scores, strict=True)]
        return sum(losses) * (1.0 / len(losses)) + ALPHA * sum(p * p for p in self.mlp.parameters())

    def step(self, inputs: list[list[float]], targets: list[int], eta: float) -> float:
        loss = self.loss(inputs, targets)
        self.mlp.zero_grad()
        loss.backward()
        for parameter in self.mlp.parameters():
            parameter.data -= eta * parameter.grad
        return loss.data  # type: ignore[no-any-return]
