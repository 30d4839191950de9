"""A character-level transformer on scalars, lists of lists and sums, and its training step with Adam.

One layer, width 16, four heads, a context of 16 characters, an alphabet of 26 letters and one mark for the
beginning and the end: rmsnorm, causal attention, a hidden layer of 64 with relu, softmax by exp, cross-entropy by
log. No part of it knows on which Value class it runs.
"""

import random

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
MARK, CHARACTERS, CONTEXT, WIDTH, HEADS = len(ALPHABET), len(ALPHABET) + 1, 16, 16, 4
DOCUMENTS = ["bartholomew", "constantinople", "kaleidoscopic", "jurisprudence", "characteristic"]
SHAPES = {
    "token": (CHARACTERS, WIDTH),
    "position": (CONTEXT, WIDTH),
    "query": (WIDTH, WIDTH),
    "key": (WIDTH, WIDTH),
    "value": (WIDTH, WIDTH),
    "mix": (WIDTH, WIDTH),
    "widen": (4 * WIDTH, WIDTH),
    "narrow": (WIDTH, 4 * WIDTH),
    "logit": (CHARACTERS, WIDTH),
}


def tokens_of(document):
    return [MARK, *map(ALPHABET.index, document), MARK]


def first_parameters(seed=42):
    source = random.Random(seed)
    return [source.gauss(0, 0.08) for rows, columns in SHAPES.values() for _ in range(rows * columns)]


def matrices_of(parameters):
    rest = iter(parameters)
    return {
        name: [[next(rest) for _ in range(columns)] for _ in range(rows)] for name, (rows, columns) in SHAPES.items()
    }


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def softmax(logits):
    largest = max(logit.data for logit in logits)
    powers = [(logit - largest).exp() for logit in logits]
    total = sum(powers)
    return [power / total for power in powers]


def rmsnorm(x):
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def attention(x, w, keys, values):
    """Attend from the newest position to itself and to all before it."""
    query = linear(x, w["query"])
    keys.append(linear(x, w["key"]))
    values.append(linear(x, w["value"]))
    size = WIDTH // HEADS
    out = []
    for start in range(0, WIDTH, size):
        head = range(start, start + size)
        weights = softmax([sum(query[i] * key[i] for i in head) / size**0.5 for key in keys])
        out += [sum(weight * value[i] for weight, value in zip(weights, values)) for i in head]
    return linear(out, w["mix"])


def next_character(w, token, position, keys, values):
    """Return the logits of the character after a token."""
    x = rmsnorm([t + p for t, p in zip(w["token"][token], w["position"][position])])
    x = [xi + yi for xi, yi in zip(x, attention(rmsnorm(x), w, keys, values))]
    hidden = [z.relu() for z in linear(rmsnorm(x), w["widen"])]
    x = [xi + yi for xi, yi in zip(x, linear(hidden, w["narrow"]))]
    return linear(x, w["logit"])


def document_loss(w, tokens):
    keys, values, losses = [], [], []
    for position, (token, target) in enumerate(zip(tokens[:-1], tokens[1:])):
        probabilities = softmax(next_character(w, token, position, keys, values))
        losses.append(-probabilities[target].log())
    return sum(losses) / len(losses)


class Adam:
    def __init__(self, parameters, eta=0.01, beta1=0.85, beta2=0.99, epsilon=1e-8):
        self.parameters, self.eta, self.beta1, self.beta2, self.epsilon = parameters, eta, beta1, beta2, epsilon
        self.m, self.v, self.steps = [0.0] * len(parameters), [0.0] * len(parameters), 0

    def step(self):
        self.steps += 1
        correction1, correction2 = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        for i, p in enumerate(self.parameters):
            self.m[i] = self.beta1 * self.m[i] + (1 - self.beta1) * p.grad
            self.v[i] = self.beta2 * self.v[i] + (1 - self.beta2) * p.grad**2
            p.data -= self.eta * (self.m[i] / correction1) / ((self.v[i] / correction2) ** 0.5 + self.epsilon)
            p.grad = 0.0


def training_step(w, optimizer, tokens):
    loss = document_loss(w, tokens)
    loss.backward()
    optimizer.step()
    return loss.data
