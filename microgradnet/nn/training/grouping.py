"""Which parameters make up a layer, by their names, for the size of the gradient in each."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from microgradnet.nn.base import Module
from microgradnet.value import Value

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Layers:
    """Parameters grouped into layers.

    Arguments:
        model: whose names of parameters say which layer each belongs to; what else is trained goes by its label.
        leaves: the parameters in the order of the gradient.
        trained: those that the optimizer moves; the others are left out.
    """

    def __init__(self, model: Any, leaves: Sequence[Value], trained: Sequence[Value]) -> None:
        named = model.named_parameters() if isinstance(model, Module) else {}
        name_of = {id(parameter): name for name, parameter in named.items()}
        self._layer_of = {id(p): layer_of(name_of.get(id(p), p.label or "others")) for p in trained}
        met = [*map(layer_of, named), *self._layer_of.values()]  # the model's order, not the program's
        present = {self._layer_of.get(id(leaf)) for leaf in leaves}
        self.names = [name for name in dict.fromkeys(met) if name in present]
        self._group = self._places(leaves)

    def of_leaves(self, leaves: Sequence[Value]) -> Self:
        """Return the same layers for a gradient of another order."""
        other = copy.copy(self)
        other._group = self._places(leaves)
        return other

    def _places(self, leaves: Sequence[Value]) -> NDArray[Any]:
        import numpy

        places = {name: place for place, name in enumerate(self.names)}
        return numpy.array([places.get(self._layer_of.get(id(leaf), ""), len(places)) for leaf in leaves])

    def squares(self, gradient: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of the squares of the gradient in each layer."""
        import numpy

        return numpy.bincount(self._group, weights=gradient * gradient, minlength=len(self.names))[: len(self.names)]


def layer_of(name: str) -> str:
    """Return the layer that a parameter belongs to, by its name.

    Example:
        >>> [layer_of(name) for name in ("w2[1,3]", "b2[1]", "encoder.w1[1,1]", "layers[2].w[1,2]", "slope", "w[1]")]
        ['layer 2', 'layer 2', 'encoder.layer 1', 'layers[2]', 'slope', 'neuron']
    """
    before, dot, last = name.rpartition(".")
    weight = re.fullmatch(r"[wb](\d*)(\[[\d,]+\])?", last)
    if weight is None:
        return before + dot + re.sub(r"(\[[^\]]*\])+$", "", last)
    if weight[1]:
        return f"{before}{dot}layer {weight[1]}"
    return before or ("neuron" if re.fullmatch(r"w\[\d+\]|b", last) else "layer")
