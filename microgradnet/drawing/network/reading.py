"""From the user's model to the data of a picture: which units are drawn, what they are called, their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from microgradnet.drawing.network.content import Column, Loss, Network, Parameter, Target, Unit
from microgradnet.drawing.network.curve import curve_of
from microgradnet.drawing.network.options import Options
from microgradnet.drawing.network.passes import Passes, neurons_of, run
from microgradnet.errors import ArgumentError, DrawingError, NumberTypeError, ShapeError, shown
from microgradnet.nn.activations import SOFTMAX
from microgradnet.nn.layers import MLP, Layer, Neuron
from microgradnet.text import clean, shorten
from microgradnet.value import Value

_MOST_LAYERS = 20  # columns beside each other that can still be told apart on a page
_DRAWN, _TAIL = 6, 2  # units of a shortened layer, and how many of them stand below the ellipsis
_LONGEST_NAME = 14  # characters


def read_network(model: Any, x: Any, t: Any, loss: Callable[..., Any], options: Options) -> Network:
    """Return what is drawn of a model.

    Raises:
        NumberTypeError: it is no network.
        DrawingError: it has too many layers.
        ShapeError: x, t or a row of weights has another length than the model needs.
        ArgumentError: t is given without x, or gradients are asked for that nothing tells.
    """
    layers = _layers_of(model)
    if x is None and t is not None:
        raise ArgumentError("t goes with an x", "t alone", "Give the inputs too: x=[...], t=[...].")
    passes = None if x is None else run(model, layers, x, t, loss)
    if options.needs_gradients and (passes is None or passes.loss is None):
        _check_gradients(layers)
    reader = _Reader(layers, passes, options.limit)
    columns = [reader.inputs(), *(reader.layer(index) for index in range(len(layers)))]
    if passes is None or passes.loss is None:
        return Network(columns)
    shown_targets = [passes.targets[unit.place - 1] for unit in columns[-1].units]
    targets = [Target(_name(node.label), node.data) for node in shown_targets]
    name = _name(passes.loss.label) or "E"
    return Network(columns, targets, Loss(name, _kind_of(loss), passes.loss.data))


class _Reader:
    """Reads one column after the other.

    Arguments:
        layers: of the model.
        passes: the numbers; None where no x was given.
        limit: how many units of a layer are drawn.
    """

    def __init__(self, layers: Sequence[Layer | Neuron], passes: Passes | None, limit: int) -> None:
        self.layers, self.passes, self.limit = layers, passes, limit

    def inputs(self) -> Column:
        """Return the column of the inputs."""
        count = len(neurons_of(self.layers[0])[0].w)
        places, head = self._places(count)
        if self.passes is None:
            return Column("inputs", count, [Unit(f"x[{place + 1}]", place + 1) for place in places], head)
        nodes = [self.passes.inputs[place] for place in places]
        units = [Unit(_name(node.label), place + 1, a=node.data) for place, node in zip(places, nodes, strict=True)]
        return Column("inputs", count, units, head)

    def layer(self, index: int) -> Column:
        """Return the column of the layer at this index."""
        layer = self.layers[index]
        neurons = neurons_of(layer)
        places, head = self._places(len(neurons))
        before, _ = self._places(len(neurons[0].w))
        units = [self._unit(index, place, before) for place in places]
        alone = "neuron" if isinstance(layer, Neuron) else "layer"
        title = f"layer {index + 1}" if len(self.layers) > 1 else alone
        return Column(title, len(neurons), units, head, _activation_name(layer), curve_of(layer))

    def _unit(self, index: int, place: int, before: Sequence[int]) -> Unit:
        neuron = neurons_of(self.layers[index])[place]
        bias = None if neuron.b is None else self._parameter(neuron.b, "b")
        weights = [self._parameter(neuron.w[k], "w") for k in before]
        if self.passes is None:
            return Unit(neuron._a, place + 1, bias=bias, weights=weights)
        z, a = self.passes.before[index][place], self.passes.after[index][place]
        delta = None if self.passes.loss is None else self.passes.adjoints.get(z, 0.0)
        return Unit(neuron._a, place + 1, z.data, a.data, delta, bias, weights)

    def _parameter(self, node: Value, usual: str) -> Parameter:
        if self.passes is None or self.passes.loss is None:
            gradient = node.grad if node.has_grad else None
        else:
            gradient = self.passes.adjoints.get(node, 0.0)
        return Parameter(_name(node.label) or usual, node.data, gradient)

    def _places(self, count: int) -> tuple[Sequence[int], int]:
        """Return the indices of the units that are drawn, and how many stand above the ellipsis."""
        if count <= self.limit:
            return range(count), count
        drawn = min(_DRAWN, self.limit)
        tail = _TAIL if drawn == _DRAWN else 1
        return [*range(drawn - tail), *range(count - tail, count)], drawn - tail


def _layers_of(model: Any) -> Sequence[Layer | Neuron]:
    """Return the layers of a model, checked so that nothing is drawn of what does not fit together."""
    layers = [model] if isinstance(model, (Layer, Neuron)) else model.layers if isinstance(model, MLP) else []
    if not layers or not all(isinstance(layer, (Layer, Neuron)) for layer in layers):
        advice = "Draw the network itself; mg.draw(loss) draws any other computation."
        raise NumberTypeError("draw_network needs an MLP, a Layer or a Neuron", shown(model), advice)
    if len(layers) > _MOST_LAYERS:
        advice = "Draw a part of it: mg.draw_network(mlp.layers[0])."
        raise DrawingError(f"a picture of a network has at most {_MOST_LAYERS} layers", str(len(layers)), advice)
    before = len(neurons_of(layers[0])[0].w)
    for number, layer in enumerate(layers, 1):
        for j, neuron in enumerate(neurons_of(layer), 1):
            if len(neuron.w) != before:
                wanted = f"neuron {j} of layer {number} has {before} weights, as many as numbers come in"
                raise ShapeError(wanted, str(len(neuron.w)), "Check what was put into the model's lists.")
        before = len(neurons_of(layer))
    return layers


def _check_gradients(layers: Iterable[Layer | Neuron]) -> None:
    """Raise where no backward pass has reached a parameter, so that there is nothing to show."""
    neurons = [neuron for layer in layers for neuron in neurons_of(layer)]
    if not any(node.has_grad for neuron in neurons for node in (*neuron.w, neuron.b) if node is not None):
        advice = "Give x= and t=, or call loss.backward() before."
        raise ArgumentError("gradients come from a backward pass", "none yet", advice)


def _activation_name(layer: Layer | Neuron) -> str:
    if layer.activation == SOFTMAX:
        return SOFTMAX
    return shorten(clean(", ".join(dict.fromkeys(neuron.activation for neuron in neurons_of(layer)))), 24)


def _kind_of(loss: Callable[..., Any]) -> str:
    """Return which loss it is, in words; nothing for a function without a name."""
    name = str(getattr(loss, "__name__", type(loss).__name__))
    return "" if name == "<lambda>" else shorten(clean(name.replace("_", " ")), 40)


def _name(label: str) -> str:
    return shorten(clean(label), _LONGEST_NAME)
