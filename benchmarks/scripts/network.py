"""micrograd's network and the loss of its demo: max-margin with L2 regularisation, written out without classes."""

import math
import random


def neuron(w, b, x, is_hidden):
    act = sum((wi * xi for wi, xi in zip(w, x)), b)
    return act.relu() if is_hidden else act


def network(layers, x):
    for weights, biases in layers:
        is_hidden = len(biases) > 1
        x = [neuron(w, b, x, is_hidden) for w, b in zip(weights, biases)]
    return x[0]


def loss(layers, parameters, inputs, targets):
    margins = [1 + -target * network(layers, x) for x, target in zip(inputs, targets)]
    data_loss = sum(margin.relu() for margin in margins) * (1.0 / len(margins))
    alpha = 1e-4
    return data_loss + alpha * sum(p * p for p in parameters)


def layers_of(parameters, sizes):
    """Cut a flat list into weights[j][k] and biases[j] of each layer."""
    rest = iter(parameters)
    return [
        ([[next(rest) for _ in range(nin)] for _ in range(nout)], [next(rest) for _ in range(nout)])
        for nin, nout in zip(sizes[:-1], sizes[1:])
    ]


def first_parameters(sizes, seed=1337):
    source = random.Random(seed)
    numbers = []
    for nin, nout in zip(sizes[:-1], sizes[1:]):
        numbers += [source.uniform(-1, 1) for _ in range(nin * nout)] + [0.0] * nout
    return numbers


def moons(count, seed=1337):
    """Two half circles that reach into each other, with noise: inputs and targets of -1 and 1."""
    source = random.Random(seed)
    inputs, targets = [], []
    for place in range(count):
        angle = math.pi * (place // 2) / max(1, count // 2 - 1)
        upper = place % 2 == 0
        x, y = (math.cos(angle), math.sin(angle)) if upper else (1 - math.cos(angle), 0.5 - math.sin(angle))
        inputs.append([x + source.gauss(0, 0.1), y + source.gauss(0, 0.1)])
        targets.append(-1 if upper else 1)
    return inputs, targets
