"""Ways to record one and the same network: each is what somebody has written, and each is the same few matrices.

The network has relu in its hidden layers, and the mean of half the squared error over some samples as its loss. A way
says how the pre-activation of a neuron is summed up, how relu, difference, square, sum and mean are written, in which
order the samples go through the layers, and whether the inputs are Values or plain numbers.
"""

from __future__ import annotations

import functools
import itertools
import operator
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import microgradnet as mg
from microgradnet import MLP, Value

SIZES, SAMPLES = (3, 5, 4, 2), 6
Weights = Sequence[Sequence[Any]]


# The pre-activation of one neuron, from its weights, its inputs and its bias


def products(w: Sequence[Any], x: Sequence[Any]) -> list[Any]:
    return [weight * number for weight, number in zip(w, x, strict=True)]


def added_one_by_one(w: Sequence[Any], x: Sequence[Any], b: Any) -> Any:
    z = b
    for weight, number in zip(w, x, strict=True):
        z += weight * number
    return z


def added_to_zero(w: Sequence[Any], x: Sequence[Any], b: Any) -> Any:
    z = 0.0
    for k in range(len(w)):
        z = z + x[k] * w[k]
    return z + b


def tree(terms: Sequence[Any]) -> Any:
    while len(terms) > 1:
        pairs = [terms[k : k + 2] for k in range(0, len(terms), 2)]
        terms = [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]
    return terms[0]


def leaning_right(terms: Sequence[Any]) -> Any:
    return functools.reduce(lambda later, term: term + later, reversed(terms))


def shuffled(terms: Sequence[Any]) -> list[Any]:
    return random.Random(len(terms)).sample(list(terms), len(terms))


def shuffled_anew() -> Callable[..., Any]:
    """Return a way that shuffles the terms of each neuron otherwise."""
    source = random.Random(0)
    return lambda w, x, b: sum(source.sample([*products(w, x), b], len(w) + 1))


def bias_in_the_middle(w: Sequence[Any], x: Sequence[Any], b: Any) -> Any:
    terms = products(w, x)
    return sum(terms[: len(terms) // 2]) + b + sum(terms[len(terms) // 2 :])


def even_and_odd(w: Sequence[Any], x: Sequence[Any], b: Any) -> Any:
    terms = products(w, x)
    return mg.total(terms[::2]) + mg.total(terms[1::2]) + b


NEURONS: dict[str, Callable[[Sequence[Any], Sequence[Any], Any], Any]] = {
    "sum of w*x, then b": lambda w, x, b: sum(products(w, x)) + b,
    "sum of w*x that starts at b, as micrograd": lambda w, x, b: sum(products(w, x), b),
    "b + sum of w*x": lambda w, x, b: b + sum(products(w, x)),
    "sum of x*w": lambda w, x, b: sum(products(x, w)) + b,
    "z = b, z += w*x": added_one_by_one,
    "z = 0.0, z = z + x*w, then b": added_to_zero,
    "0 + each term": lambda w, x, b: mg.total(0 + term for term in products(w, x)) + b,
    "each term * 1 + 0": lambda w, x, b: mg.total(term * 1.0 + 0.0 for term in products(w, x)) + b,
    "mg.dot with a bias": lambda w, x, b: mg.dot(w, x, b),
    "mg.dot of x and w": lambda w, x, b: mg.dot(x, w) + b,
    "b + mg.dot": lambda w, x, b: b + mg.dot(w, x),
    "mg.total": lambda w, x, b: mg.total([*products(w, x), b]),
    "tree": lambda w, x, b: tree([*products(w, x), b]),
    "tree, then b": lambda w, x, b: tree(products(x, w)) + b,
    "leaning right": lambda w, x, b: leaning_right([*products(w, x), b]),
    "leaning right, b first": lambda w, x, b: leaning_right([b, *products(w, x)]),
    "backwards": lambda w, x, b: sum(reversed(products(w, x))) + b,
    "shuffled": lambda w, x, b: sum(shuffled([*products(w, x), b])),
    "shuffled otherwise in each neuron": shuffled_anew(),
    "bias in the middle": bias_in_the_middle,
    "even terms, then odd ones": even_and_odd,
    "functools.reduce": lambda w, x, b: functools.reduce(operator.add, products(w, x)) + b,
    "functools.reduce from 0": lambda w, x, b: functools.reduce(operator.add, products(w, x), 0) + b,
    "itertools.accumulate": lambda w, x, b: list(itertools.accumulate(products(w, x), initial=b))[-1],
    "mg.multiply and mg.add": lambda w, x, b: functools.reduce(mg.add, map(mg.multiply, w, x), b),
    "numpy.dot of object arrays": lambda w, x, b: np.dot(np.array(w), np.array(x)) + b,
    "numpy.sum of object arrays": lambda w, x, b: (np.array(w) * np.array(x)).sum() + b,
    "minus the negative": lambda w, x, b: b - sum(-term for term in products(w, x)),
    "minus as b * -1": lambda w, x, b: sum(products(w, x)) + (b * -1) * -1,
}

RELUS: dict[str, Callable[[Any], Any]] = {
    "method": lambda z: z.relu(),
    "function": mg.relu,
    "maximum": lambda z: mg.maximum(z, 0.0),
    "where": lambda z: mg.where(mg.greater(z, 0.0), z, 0.0),
}

DIFFERENCES: dict[str, Callable[[Any, Any], Any]] = {
    "o - t": lambda o, t: o - t,
    "t - o": lambda o, t: t - o,
    "o + t * -1, as micrograd": lambda o, t: o + t * -1,
    "-t + o": lambda o, t: -t + o,
}

HALF_SQUARES: dict[str, Callable[[Any], Any]] = {
    "0.5 * d**2": lambda d: 0.5 * d**2,
    "d * d / 2": lambda d: d * d / 2,
    "mg.square(d) * 2**-1, as micrograd": lambda d: mg.square(d) * Value(2.0) ** -1,
}

SUMS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "mg.total": mg.total,
    "tree": tree,
    "leaning right": leaning_right,
    "numpy": lambda terms: np.sum(np.array(terms)),
}


# The order in which samples and layers are gone through


def sample_by_sample(way: Way, layers: list[tuple[Weights, Sequence[Any]]], xs: Any) -> list[Any]:
    outputs = []
    for x in xs:
        for depth, (weights, biases) in enumerate(layers, 1):
            zs = [way.neuron(w, x, b) for w, b in zip(weights, biases, strict=True)]
            x = list(map(way.relu, zs)) if depth < len(layers) else zs
        outputs.append(x)
    return outputs


def layer_by_layer(way: Way, layers: list[tuple[Weights, Sequence[Any]]], xs: Any) -> list[Any]:
    for depth, (weights, biases) in enumerate(layers, 1):
        rows = [[way.neuron(w, x, b) for w, b in zip(weights, biases, strict=True)] for x in xs]
        xs = [list(map(way.relu, zs)) for zs in rows] if depth < len(layers) else rows
    return list(xs)


def neuron_by_neuron(way: Way, layers: list[tuple[Weights, Sequence[Any]]], xs: Any) -> list[Any]:
    """All samples through one neuron before the next."""
    for depth, (weights, biases) in enumerate(layers, 1):
        columns = [[way.neuron(w, x, b) for x in xs] for w, b in zip(weights, biases, strict=True)]
        if depth < len(layers):
            columns = [list(map(way.relu, column)) for column in columns]
        xs = list(zip(*columns, strict=True))
    return list(xs)


def numpy_matmul(way: Way, layers: list[tuple[Weights, Sequence[Any]]], xs: Any) -> list[Any]:
    """Object arrays and `@`."""
    a = np.array(xs, dtype=object)
    for depth, (weights, biases) in enumerate(layers, 1):
        a = a @ np.array(weights).T + np.array(biases)
        a = mg.relu(a) if depth < len(layers) else a
    return list(a)


def by_the_package(way: Way, layers: list[tuple[Weights, Sequence[Any]]], xs: Any) -> list[Any]:
    mlp = MLP.from_weights(*zip(*layers, strict=True))
    return [mlp(x) for x in xs]


@dataclass(frozen=True)
class Way:
    """One way to record the network."""

    name: str
    neuron: Callable[[Sequence[Any], Sequence[Any], Any], Any] = NEURONS["sum of w*x, then b"]
    relu: Callable[[Any], Any] = RELUS["method"]
    difference: Callable[[Any, Any], Any] = DIFFERENCES["o - t"]
    half_square: Callable[[Any], Any] = HALF_SQUARES["0.5 * d**2"]
    sum: Callable[[Sequence[Any]], Any] = SUMS["sum"]
    mean: Callable[[Any, int], Any] = lambda whole, count: whole / count
    order: Callable[..., list[Any]] = sample_by_sample
    number: Callable[[float], Any] = Value  # what the inputs are recorded as

    def record(self, layers: list[tuple[Weights, Sequence[Any]]], xs: Any, ts: Any) -> Any:
        """Return the loss."""
        outputs = self.order(self, layers, [list(map(self.number, x)) for x in xs])
        losses = [
            self.sum([self.half_square(self.difference(o, t)) for o, t in zip(output, target, strict=True)])
            for output, target in zip(outputs, ts, strict=True)
        ]
        return self.mean(self.sum(losses), len(losses))


WAYS = [
    *(Way(f"neuron: {name}", neuron=neuron) for name, neuron in NEURONS.items()),
    *(Way(f"relu: {name}", relu=relu) for name, relu in RELUS.items()),
    *(Way(f"difference: {name}", difference=difference) for name, difference in DIFFERENCES.items()),
    *(Way(f"square: {name}", half_square=half_square) for name, half_square in HALF_SQUARES.items()),
    *(Way(f"sum: {name}", sum=sum_) for name, sum_ in SUMS.items()),
    Way("mean: * (1 / n)", mean=lambda whole, count: whole * (1.0 / count)),
    Way("mean: * n**-1, as micrograd", mean=lambda whole, count: whole * Value(float(count)) ** -1),
    Way("layer by layer", order=layer_by_layer),
    Way("neuron by neuron", order=neuron_by_neuron),
    Way("numpy @", order=numpy_matmul),
    Way("mg.MLP", order=by_the_package),
    Way("mg.MLP, inputs as plain numbers", order=by_the_package, number=float),
    Way("inputs as plain numbers", number=float),
    Way(
        "all as micrograd",
        neuron=NEURONS["sum of w*x that starts at b, as micrograd"],
        difference=DIFFERENCES["o + t * -1, as micrograd"],
        half_square=HALF_SQUARES["mg.square(d) * 2**-1, as micrograd"],
        mean=lambda whole, count: whole * Value(float(count)) ** -1,
    ),
]


def parameters(sizes: Sequence[int] = SIZES, seed: int = 0) -> list[tuple[list[list[Value]], list[Value]]]:
    """Return for each layer its weights and biases, as labelled leaves; the same numbers every time."""
    source = random.Random(seed)
    return [
        (
            [
                [Value(source.uniform(-1.0, 1.0), f"w{layer}[{j},{k}]") for k in range(1, before + 1)]
                for j in range(1, after + 1)
            ],
            [Value(source.uniform(-0.5, 0.5), f"b{layer}[{j}]") for j in range(1, after + 1)],
        )
        for layer, (before, after) in enumerate(itertools.pairwise(sizes), 1)
    ]


def data(sizes: Sequence[int] = SIZES, samples: int = SAMPLES, seed: int = 1) -> tuple[Any, Any]:
    """Return inputs and targets, as lists of floats; the same numbers every time."""
    source = random.Random(seed)
    rows = [[source.uniform(-1.0, 1.0) for _ in range(sizes[0] + sizes[-1])] for _ in range(samples)]
    return [row[: sizes[0]] for row in rows], [row[sizes[0] :] for row in rows]


def leaves(layers: list[tuple[list[list[Value]], list[Value]]]) -> list[Value]:
    return [leaf for weights, biases in layers for row in [*weights, biases] for leaf in row]
