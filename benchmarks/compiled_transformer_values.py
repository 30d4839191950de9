"""The transformer of `scripts/transformer.py` as one recorded graph that serves every document of a length.

The script looks a character up by its number (`w["token"][token]`), and which number it is would be frozen into a
recorded graph. So here a character is a one-hot vector of inputs, which vary by sample; all else is the script's.
"""

from __future__ import annotations

import random
from typing import Any

from benchmarks.scripts import transformer as script

Matrices = dict[str, list[list[Any]]]


def parameters(value: Any, numbers: list[float]) -> list[Any]:
    """Return the parameters as labelled leaves, in the order of SHAPES."""
    labels = [
        f"{name}[{j},{k}]"
        for name, (rows, columns) in script.SHAPES.items()
        for j in range(1, rows + 1)
        for k in range(1, columns + 1)
    ]
    return [value(number, label) for number, label in zip(numbers, labels, strict=True)]


def one_hot_leaves(value: Any, length: int, name: str) -> list[list[Any]]:
    """Return leaves for one side of a document, with the first character marked at every position."""
    return [
        [value(float(k == 1), f"{name}{position}[{k}]") for k in range(1, script.CHARACTERS + 1)]
        for position in range(1, length + 1)
    ]


def document_loss(w: Matrices, inputs: list[list[Any]], targets: list[list[Any]]) -> Any:
    """Return what the script's `document_loss` returns, of characters as one-hot vectors."""
    keys: list[Any] = []
    values: list[Any] = []
    losses = []
    columns = list(zip(*w["token"], strict=True))
    for position, (character, target) in enumerate(zip(inputs, targets, strict=True)):
        looked_up = {**w, "token": [script.linear(character, columns)]}
        probabilities = script.softmax(script.next_character(looked_up, 0, position, keys, values))
        losses.append(-sum(t * y for t, y in zip(target, probabilities, strict=True)).log())
    return sum(losses) / len(losses)


def record(value: Any, w: Matrices, length: int) -> tuple[Any, list[Any]]:
    """Return the loss of a document of so many predicted characters, and the leaves that vary by document, in order."""
    inputs, targets = one_hot_leaves(value, length, "x"), one_hot_leaves(value, length, "t")
    return document_loss(w, inputs, targets), [leaf for side in (inputs, targets) for row in side for leaf in row]


def random_documents(count: int, seed: int = 0) -> list[list[int]]:
    """Return documents of all lengths that the context allows, as tokens, with the mark at both ends."""
    source = random.Random(seed)
    lengths = [1 + place % (script.CONTEXT - 1) for place in range(count)]
    return [[script.MARK, *(source.randrange(script.MARK) for _ in range(n)), script.MARK] for n in lengths]
