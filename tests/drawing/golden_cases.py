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
    "lecture-flow": lambda: mg.draw(lecture(), flow=True),
    "lecture-highlight": lambda: mg.draw(backward(lecture()), highlight="a", theme="dark"),
    "network-flow": lambda: mg.draw(network(), flow=True, fold="neuron", repeats=1, direction="TB"),
}
NAMES = ["doubled.svg", "lecture-flow.svg", "lecture-highlight.svg", "network-flow.svg", "postnetwork-softmax-ce.svg"]
NAMES += ["karpathy-neuron.svg", "karpathy-neuron.dot"]


def backward(loss: Value) -> Value:
    """Return the loss after its backward pass."""
    loss.backward()
    return loss


def picture(name: str) -> Drawing:
    """Return the picture of a file: one of our own, or that of a worked example."""
    name = Path(name).stem
    if name in OWN:
        return OWN[name]()
    loss = mg.Worksheet.from_text(library.text(name), name).loss
    whole = mg.draw(loss)
    scoped = any("layer" in box.scope for box in whole.picture.boxes)
    return mg.draw(loss, fold="layer") if len(whole.picture.boxes) > LARGE and scoped else whole


if __name__ == "__main__":
    for name in NAMES:
        picture(name).save(FOLDER / name)
