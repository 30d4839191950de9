"""A small character-level transformer on scalars: lists of lists, Python sums, one position after the other.

It is GPT-2 with rmsnorm instead of layernorm, relu instead of gelu and no biases: one layer, width 16, 4 heads, context
16. Such scripts look a character up by its number (`wte[token]`). Which number it is would be frozen into a recorded
graph, so here a character is a one-hot vector of inputs, and one recorded document serves all of its length.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

CHARACTERS, WIDTH, HEADS, CONTEXT = 27, 16, 4, 16
SHAPES = {
    "wte": (CHARACTERS, WIDTH),
    "wpe": (CONTEXT, WIDTH),
    "wq": (WIDTH, WIDTH),
    "wk": (WIDTH, WIDTH),
    "wv": (WIDTH, WIDTH),
    "wo": (WIDTH, WIDTH),
    "fc1": (4 * WIDTH, WIDTH),
    "fc2": (WIDTH, 4 * WIDTH),
    "head": (CHARACTERS, WIDTH),
}
EPSILON = 1e-5


def initial(seed: int = 42, spread: float = 0.08) -> dict[str, list[list[float]]]:
    """Return the numbers of all parameters, row by row."""
    source = random.Random(seed)
    return {
        name: [[source.gauss(0.0, spread) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in SHAPES.items()
    }


def as_values(value: Any, numbers: dict[str, list[list[float]]]) -> dict[str, list[list[Any]]]:
    return {
        name: [[value(number, f"{name}[{j},{k}]") for k, number in enumerate(row, 1)] for j, row in enumerate(rows, 1)]
        for name, rows in numbers.items()
    }


def linear(x: list[Any], w: list[list[Any]]) -> list[Any]:
    return [sum(weight * number for weight, number in zip(row, x, strict=True)) for row in w]


def rmsnorm(x: list[Any]) -> list[Any]:
    mean_square = sum(number * number for number in x) / len(x)
    scale = (mean_square + EPSILON) ** -0.5
    return [number * scale for number in x]


def softmax(logits: list[Any]) -> list[Any]:
    powers = [logit.exp() for logit in logits]
    whole = sum(powers)
    return [power / whole for power in powers]


def attention(q: list[Any], keys: list[list[Any]], values: list[list[Any]]) -> list[Any]:
    """Return what all heads read at the last position: `keys` and `values` hold a row for each position so far."""
    size = WIDTH // HEADS
    read: list[Any] = []
    for start in range(0, WIDTH, size):
        part = slice(start, start + size)
        scores = [sum(a * b for a, b in zip(q[part], k[part], strict=True)) / size**0.5 for k in keys]
        weights = softmax(scores)
        read += [sum(w * v[j] for w, v in zip(weights, values, strict=True)) for j in range(start, start + size)]
    return read


def position_logits(p: dict[str, Any], embedded: list[Any], keys: list[Any], values: list[Any]) -> list[Any]:
    """Return the scores of the next character after one more position, which is added to `keys` and `values`."""
    x = rmsnorm(embedded)
    normed = rmsnorm(x)
    keys.append(linear(normed, p["wk"]))
    values.append(linear(normed, p["wv"]))
    read = linear(attention(linear(normed, p["wq"]), keys, values), p["wo"])
    x = [a + b for a, b in zip(x, read, strict=True)]
    hidden = [z.relu() for z in linear(rmsnorm(x), p["fc1"])]
    x = [a + b for a, b in zip(x, linear(hidden, p["fc2"]), strict=True)]
    return linear(x, p["head"])


def record(p: dict[str, Any], inputs: list[list[Any]], targets: list[list[Any]]) -> Any:
    """Return the mean cross-entropy of a document.

    Arguments:
        p: the parameters, by the names of SHAPES.
        inputs: a one-hot vector for each position: its character.
        targets: a one-hot vector for each position: the next character.
    """
    columns = list(zip(*p["wte"], strict=True))
    keys: list[list[Any]] = []
    values: list[list[Any]] = []
    losses = []
    for position, (character, target) in enumerate(zip(inputs, targets, strict=True)):
        embedding = linear(character, columns)
        embedded = [a + b for a, b in zip(embedding, p["wpe"][position], strict=True)]
        probabilities = softmax(position_logits(p, embedded, keys, values))
        probability = sum(t * y for t, y in zip(target, probabilities, strict=True))
        losses.append(-probability.log())
    return (1.0 / len(losses)) * sum(losses)


def one_hot_values(value: Any, length: int, name: str) -> list[list[Any]]:
    """Return leaves for one side of a document, the first character marked at every position."""
    return [
        [value(float(k == 0), f"{name}{position}[{k + 1}]") for k in range(CHARACTERS)]
        for position in range(1, length + 1)
    ]


def record_by_number(p: dict[str, Any], tokens: list[int]) -> Any:
    """Return the same loss with the characters looked up by number, which freezes them into the graph."""
    keys: list[list[Any]] = []
    values: list[list[Any]] = []
    losses = []
    for position, (token, target) in enumerate(itertools.pairwise(tokens)):
        embedded = [a + b for a, b in zip(p["wte"][token], p["wpe"][position], strict=True)]
        losses.append(-softmax(position_logits(p, embedded, keys, values))[target].log())
    return (1.0 / len(losses)) * sum(losses)
