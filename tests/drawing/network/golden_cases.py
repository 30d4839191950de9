"""The networks on file; ``python -m tests.drawing.network.golden_cases`` writes them anew. Then look at them."""

from __future__ import annotations

from pathlib import Path

import microgradnet as mg
from microgradnet.drawing.network import NetworkDrawing
from tests.drawing.network.models import worked

FOLDER = Path(__file__).parent / "golden"
CASES = {
    "s0-softmax-squared-error": {"show": ["weights", "gradients"]},
    "negnevitsky-xor": {"show": "updates", "eta": 0.1, "digits": 4, "theme": "print"},
    "shortened": {},
}


def picture(name: str) -> NetworkDrawing:
    """Return the picture of this name: a worked example's, or of a network with a shortened column."""
    if name == "shortened":
        weights = [[[(7 * j + 3 * k) % 11 / 5 - 1 for k in range(12)] for j in range(3)]]
        return mg.draw_network(
            mg.MLP.from_weights(weights, output="relu"), x=[k / 10 for k in range(12)], lines="thickness"
        )
    mlp, said = worked(name)
    return mg.draw_network(mlp, said["network"]["inputs"], said["network"]["targets"], **CASES[name])


if __name__ == "__main__":
    for name in CASES:
        picture(name).save(FOLDER / f"{name}.svg")
