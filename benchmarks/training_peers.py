"""One network, sizes[0]-sizes[1]-sizes[2], sigmoid, quadratic cost, plain SGD: written by hand, three ways.

These are what `mg.fit` is timed against. Each begins with the same numbers and makes the same steps, which
tests/compiler/test_peers.py holds against the gradients of the eager engine.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

Arrays = tuple[list[np.ndarray], list[np.ndarray]]


def initial(sizes: tuple[int, int, int], seed: int = 0) -> Arrays:
    """Return weights w[l][j, k], scaled by the number of inputs, and biases b[l][j] of 0."""
    source = np.random.default_rng(seed)
    pairs = list(itertools.pairwise(sizes))
    return [source.normal(0.0, before**-0.5, (after, before)) for before, after in pairs], [
        np.zeros(after) for _, after in pairs
    ]


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


class Minibatches:
    """Whole minibatches as matrices, samples in rows: the NumPy that an expert writes for this network."""

    def __init__(self, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        (self.w1, self.w2), (self.b1, self.b2) = map(list, copies(weights, biases))

    def gradients(self, x: np.ndarray, t: np.ndarray) -> tuple[float, Arrays]:
        """Return the cost of a minibatch and its derivatives, both summed over the samples."""
        a1 = sigmoid(x @ self.w1.T + self.b1)
        a2 = sigmoid(a1 @ self.w2.T + self.b2)
        error = a2 - t
        delta2 = error * a2 * (1.0 - a2)
        delta1 = (delta2 @ self.w2) * a1 * (1.0 - a1)
        return 0.5 * float(np.vdot(error, error)), (
            [delta1.T @ x, delta2.T @ a1],
            [delta1.sum(0), delta2.sum(0)],
        )

    def step(self, x: np.ndarray, t: np.ndarray, eta: float) -> float:
        cost, ((dw1, dw2), (db1, db2)) = self.gradients(x, t)
        rate = eta / len(x)
        self.w1 -= rate * dw1
        self.w2 -= rate * dw2
        self.b1 -= rate * db1
        self.b2 -= rate * db2
        return cost / len(x)

    def parameters(self) -> Arrays:
        return [self.w1, self.w2], [self.b1, self.b2]


class OneByOne:
    """A backpropagation of one sample at a time, as in chapter 2 of M. Nielsen's book: column vectors, then sums."""

    def __init__(self, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        self.weights, self.biases = copies(weights, [bias.reshape(-1, 1) for bias in biases])

    def backprop(self, x: np.ndarray, t: np.ndarray) -> tuple[float, Arrays]:
        """Return the cost of one sample and its derivatives; x and t are columns."""
        activations, pre_activations = [x], []
        for w, b in zip(self.weights, self.biases, strict=True):
            pre_activations.append(w @ activations[-1] + b)
            activations.append(sigmoid(pre_activations[-1]))
        error = activations[-1] - t
        delta = error * slope(pre_activations[-1])
        dw, db = [delta @ activations[-2].T], [delta]
        for layer in range(2, len(self.weights) + 1):
            delta = (self.weights[1 - layer].T @ delta) * slope(pre_activations[-layer])
            dw.insert(0, delta @ activations[-layer - 1].T)
            db.insert(0, delta)
        return 0.5 * float(np.vdot(error, error)), (dw, db)

    def step(self, x: np.ndarray, t: np.ndarray, eta: float) -> float:
        sum_dw, sum_db = [np.zeros(w.shape) for w in self.weights], [np.zeros(b.shape) for b in self.biases]
        cost = 0.0
        for sample, target in zip(x, t, strict=True):
            one, (dw, db) = self.backprop(sample.reshape(-1, 1), target.reshape(-1, 1))
            cost += one
            sum_dw = [whole + part for whole, part in zip(sum_dw, dw, strict=True)]
            sum_db = [whole + part for whole, part in zip(sum_db, db, strict=True)]
        rate = eta / len(x)
        self.weights = [w - rate * dw for w, dw in zip(self.weights, sum_dw, strict=True)]
        self.biases = [b - rate * db for b, db in zip(self.biases, sum_db, strict=True)]
        return cost / len(x)

    def parameters(self) -> Arrays:
        return self.weights, [bias.ravel() for bias in self.biases]


def slope(z: np.ndarray) -> np.ndarray:
    return sigmoid(z) * (1.0 - sigmoid(z))


class Torch:
    """The same in PyTorch: `nn.Linear`, double, `optim.SGD`, on one thread."""

    def __init__(self, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        layers: list[Any] = []
        for w, b in zip(weights, biases, strict=True):
            linear = torch.nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
            linear.weight.data[:], linear.bias.data[:] = torch.from_numpy(w), torch.from_numpy(b)
            layers += [linear, torch.nn.Sigmoid()]
        self.model = torch.nn.Sequential(*layers)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.0)

    def step(self, x: np.ndarray, t: np.ndarray, eta: float) -> float:
        self.optimizer.param_groups[0]["lr"] = eta
        outputs = self.model(self.torch.from_numpy(x))
        cost = 0.5 * ((outputs - self.torch.from_numpy(t)) ** 2).sum() / len(x)
        self.optimizer.zero_grad()
        cost.backward()
        self.optimizer.step()
        return float(cost.item())

    def parameters(self) -> Arrays:
        arrays = [parameter.detach().numpy() for parameter in self.model.parameters()]
        return arrays[::2], arrays[1::2]


PEERS = {"NumPy, minibatches": Minibatches, "NumPy, one by one": OneByOne, "torch": Torch}


def copies(*groups: list[np.ndarray]) -> tuple[list[np.ndarray], ...]:
    return tuple([array.copy() for array in group] for group in groups)


def epoch(peer: Any, x: np.ndarray, t: np.ndarray, eta: float, batch_size: int, source: np.random.Generator) -> float:
    """Train a peer over all samples once, in a random order; return the mean cost."""
    order = source.permutation(len(x))
    starts = range(0, len(x), batch_size)
    places = [order[start : start + batch_size] for start in starts]
    return sum(peer.step(x[place], t[place], eta) * len(place) for place in places) / len(x)
