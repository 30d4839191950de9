"""Where the targets and the loss stand, at the right of the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microgradnet.drawing.network.columns import Layout
from microgradnet.drawing.network.content import Network
from microgradnet.drawing.network.wording import INSIDE_SIZE, Text, Wording
from microgradnet.drawing.rectangle import Point, Rectangle
from microgradnet.drawing.text import width

_HIGH, _BETWEEN, _PADDING = 26.0, 30.0, 8.0
_SMALL = 10.0


@dataclass(frozen=True, slots=True)
class Ends:
    """The boxes at the right.

    Arguments:
        outputs: where the lines begin: at the rims of the output's circles.
        targets: the box of each target.
        target_texts: what stands in them.
        loss: the box of the loss.
        loss_text: what stands in it.
        kind: which loss it is; stands under it.
        right: how far all of it reaches.
    """

    outputs: Sequence[Point]
    targets: Sequence[Rectangle]
    target_texts: Sequence[Text]
    loss: Rectangle
    loss_text: Text
    kind: Text
    right: float


def place_ends(network: Network, layout: Layout, wording: Wording) -> Ends | None:
    """Return the boxes of targets and loss; None where there are none."""
    if network.loss is None:
        return None
    last = layout.places[-1]
    texts = [Text(wording.equation(target.name, target.number), "name") for target in network.targets]
    left = last.x + last.half + _BETWEEN
    wide = max(width(text.words, INSIDE_SIZE) for text in texts) + 2 * _PADDING
    targets = [Rectangle(left, y - _HIGH / 2, left + wide, y + _HIGH / 2) for y in last.ys]
    text = Text(wording.equation(network.loss.name, network.loss.number), "name")
    kind = Text(network.loss.kind, "muted")
    broad = max(width(text.words, 1.1 * INSIDE_SIZE, bold=True) + 2 * _PADDING + 4.0, width(kind.words, _SMALL))
    middle = left + wide + _BETWEEN + broad / 2
    loss = Rectangle(middle - broad / 2, -_HIGH / 2 - 3.0, middle + broad / 2, _HIGH / 2 + 3.0)
    outputs = [(last.x + layout.radius, y) for y in last.ys]
    return Ends(outputs, targets, texts, loss, text, kind, middle + broad / 2)
