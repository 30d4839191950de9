"""The graph of an activation, for the small picture under its layer: sampled from the operation's own rule."""

from __future__ import annotations

import math
from collections.abc import Sequence

from microgradnet.errors import MicrogradnetError
from microgradnet.nn.activations import IDENTITY, SOFTMAX
from microgradnet.nn.layers import Layer, Neuron
from microgradnet.operation import TABLE

_REACH = 4.0  # from -4 to 4, where activations turn
_STEPS = 32


def curve_of(layer: Layer | Neuron) -> Sequence[tuple[float, float]]:
    """Return points (z, a) of a layer's activation; none for softmax, several, or a function of the caller's own."""
    name = layer.activation
    neurons = [layer] if isinstance(layer, Neuron) else layer.neurons
    if name == SOFTMAX or any(neuron.activation != name or not neuron._activation.of_table for neuron in neurons):
        return ()
    points = [_REACH * (2 * step / _STEPS - 1) for step in range(_STEPS + 1)]
    if name == IDENTITY:
        return [(z, z) for z in points]
    found = []
    for z in points:
        try:
            a = TABLE[name](z)
        except MicrogradnetError:  # outside the domain, as the left half of a logarithm
            continue
        if math.isfinite(a) and abs(a) <= 2 * _REACH:
            found.append((z, a))
    return found if len(found) > _STEPS // 4 else ()
