"""One step of micrograd's demo: a 2-16-16-1 network on 100 points, max-margin loss and L2.

`record` writes it on scalars in a plain Python loop, as the demo does; it takes the classes, so that micrograd's own
are timed with the same lines. `Margin` is the hand-written NumPy that the compiled graph is timed against.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np

ALPHA = 1e-4
SIZES = [16, 16, 1]


def moons(count: int = 100, seed: int = 1337) -> tuple[np.ndarray, np.ndarray]:
    """Return two interleaved half circles with noise, and -1 or 1 for each point."""
    source = np.random.default_rng(seed)
    angle, upper = source.uniform(0.0, np.pi, count), np.arange(count) % 2 == 0
    x = np.where(upper, np.cos(angle), 1.0 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    return np.column_stack((x, y)) + source.normal(0.0, 0.1, (count, 2)), np.where(upper, -1.0, 1.0)


def network(mlp_class: Any, seed: int = 1337) -> Any:
    """Return an MLP of a class that draws as micrograd's does: every class gets the same weights."""
    random.seed(seed)
    return mlp_class(2, SIZES)


def record(mlp: Any, points: Any, targets: Any) -> Any:
    """Return the loss as micrograd's demo computes it, all points in one loop."""
    scores = [mlp(point) for point in points.tolist()]
    losses = [(1 + -target * score).relu() for target, score in zip(targets.tolist(), scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + ALPHA * sum(p * p for p in mlp.parameters())


class Margin:
    """The step in NumPy: points in rows, all parameters views of one array, so that L2 and the update are one line."""

    def __init__(self, mlp: Any) -> None:
        """Take the parameters of a network of scalars."""
        self.theta = np.array([parameter.data for parameter in in_matrix_order(mlp)])
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


def in_matrix_order(mlp: Any) -> list[Any]:
    """Return the parameters layer by layer: the weights of all its neurons, then their biases."""
    return [
        parameter
        for layer in mlp.layers
        for group in ([w for neuron in layer.neurons for w in neuron.w], [neuron.b for neuron in layer.neurons])
        for parameter in group
    ]


def split(flat: np.ndarray, sizes: tuple[int, ...] = (2, *SIZES)) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return views of one array: for each layer its weights, a row per neuron, and its biases."""
    layers, start = [], 0
    for before, after in itertools.pairwise(sizes):
        middle = start + after * before
        layers.append((flat[start:middle].reshape(after, before), flat[middle : middle + after]))
        start = middle + after
    return layers
