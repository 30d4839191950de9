"""The pictures on file; ``python -m tests.drawing.golden_cases`` writes them anew: then read what changed."""

from __future__ import annotations

from pathlib import Path

import microgradnet as mg
from microgradnet import Value
from microgradnet.drawing import Drawing
from microgradnet.verification import library
from tests.drawing.graphs import doubled, lecture, network

FOLDER = Path(__file__).parent / "golden"
LARGE = 25  # boxes: examples with more are on file folded
OWN = {
    "doubled": lambda: mg.draw(backward(doubled())),
    "lecture": lambda: mg.draw(backward(lecture())),
    "lecture-flow": lambda: mg.draw(lecture(), flow=True),
    "lecture-highlight": lambda: mg.draw(backward(lecture()), highlight="a", theme="dark"),
    "network-flow": lambda: mg.draw(network(), flow=True, fold="neuron", repeats=1, direction="TB"),
}
NAMES = [*OWN, *library.names()]
SUFFIXES = ("dot", "svg")


def backward(loss: Value) -> Value:
    """Return the loss after its backward pass."""
    loss.backward()
    return loss


def picture(name: str) -> Drawing:
    """Return the picture of this name: one of our own, or that of a worked example."""
    if name in OWN:
        return OWN[name]()
    loss = mg.Worksheet.from_text(library.text(name), name).loss
    whole = mg.draw(loss)
    scoped = any("layer" in box.scope for box in whole.picture.boxes)
    return mg.draw(loss, fold="layer") if len(whole.picture.boxes) > LARGE and scoped else whole


def path(name: str, suffix: str) -> Path:
    """Return the file of a picture."""
    return FOLDER / f"{name}.{suffix}"


if __name__ == "__main__":
    for name in NAMES:
        for suffix in SUFFIXES:
            picture(name).save(path(name, suffix))
