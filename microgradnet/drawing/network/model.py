"""From the user's model to the data of a picture: which units are drawn, what they are called, their numbers.

The forward and backward pass run in nodes of their own: the model's parameters are only read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from microgradnet.compositions import dot, softmax
from microgradnet.drawing.flow import describe_unit
from microgradnet.drawing.picture import check_digits
from microgradnet.errors import (
    ArgumentError,
    DrawingError,
    MicrogradnetError,
    NumberTypeError,
    ShapeError,
    did_you_mean,
    shown,
)
from microgradnet.graph import adjoints
from microgradnet.nn.activations import IDENTITY, SOFTMAX
from microgradnet.nn.layers import MLP, Layer, Neuron, deviation
from microgradnet.nn.reading import as_list, as_nodes
from microgradnet.operation import TABLE, is_real
from microgradnet.text import clean, shorten
from microgradnet.value import Value

PARTS = ("names", "weights", "gradients", "updates")  # what can be written on a line, in this order
LINES = ("auto", "figures", "thickness")
LIMIT = 10  # neurons of a layer: more are shortened
_MOST = 40  # more circles above each other than this can't be read on any page


@dataclass(frozen=True, slots=True)
class Options:
    """How a network is drawn.

    Arguments:
        show: what of each parameter is shown, in the order of :data:`PARTS`.
        eta: the learning rate of the updates; None where none are shown.
        digits: significant digits.
        lines: ``"auto"``, ``"figures"`` or ``"thickness"``.
        limit: how many neurons of a layer are drawn before it is shortened.
        focus: the name of the one unit whose lines stand out; None for all.
    """

    show: tuple[str, ...]
    eta: float | None
    digits: int
    lines: str
    limit: int
    focus: str | None = None

    @property
    def needs_gradients(self) -> bool:
        """Whether what is shown comes from a backward pass."""
        return "gradients" in self.show or "updates" in self.show


def read_options(*, show: Any, eta: Any, digits: Any, lines: Any, limit: Any, focus: Any) -> Options:
    """Return the options, checked.

    Raises:
        ArgumentError: an option has an unknown value, or two contradict each other.
    """
    check_digits(digits)
    parts = _read_show(show)
    if lines not in LINES:
        advice = f"Choose from {', '.join(LINES)}."
        raise ArgumentError("lines says how weights are drawn", shown(lines), advice)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 2 <= limit <= _MOST:
        advice = f"It counts the neurons of a layer that are drawn before it is shortened; usual is {LIMIT}."
        raise ArgumentError(f"limit needs a whole number from 2 to {_MOST}", shown(limit), advice)
    if focus is not None and not isinstance(focus, str):
        raise ArgumentError("focus is the name of a unit", shown(focus), 'Give one, as in focus="a1[2]".')
    return Options(parts, _read_eta(eta, parts), digits, lines, limit, focus)


def _read_show(show: Any) -> tuple[str, ...]:
    parts = (show,) if isinstance(show, str) else tuple(show) if isinstance(show, Iterable) else (show,)
    for part in parts:
        if part not in PARTS:
            advice = f"Choose from {', '.join(PARTS)}, or a list of such."
            raise ArgumentError("show needs what to write on the lines", shown(part), advice)
    return tuple(part for part in PARTS if part in parts)


def _read_eta(eta: Any, parts: tuple[str, ...]) -> float | None:
    if "updates" not in parts:
        if eta is not None:
            raise ArgumentError("eta goes with updates", f"eta={shown(eta)}", 'Add show="updates", or leave eta out.')
        return None
    if not is_real(eta) or isinstance(eta, bool) or not (math.isfinite(eta) and eta > 0.0):
        advice = 'Give one, as in show="updates", eta=0.1.'
        raise ArgumentError("eta, the learning rate of the updates, is a positive number", shown(eta), advice)
    return float(eta)


@dataclass(frozen=True, slots=True)
class ParameterShown:
    """A weight or a bias.

    Arguments:
        name: its label, or what the notation calls it: ``"w1[2,1]"``.
        number: its value.
        gradient: the derivative of the loss by it; None where it was not computed.
    """

    name: str
    number: float
    gradient: float | None = None

    def change(self, eta: float) -> float | None:
        """Return what a step of gradient descent adds to it; None where there is no gradient."""
        return None if self.gradient is None else -eta * self.gradient


@dataclass(frozen=True, slots=True)
class Unit:
    """An input or a neuron.

    Arguments:
        name: of its activation: ``"x[1]"``, ``"a1[2]"``.
        place: its number in its layer, from 1.
        z: the pre-activation; None where no x was given, and for an input.
        a: the activation, or the input; None where no x was given.
        delta: the derivative of the loss by z; None where it was not computed.
        bias: None where there is none.
        weights: from those units of the column before that are drawn, in order.
        stopped: ``"dead relu"`` or ``"saturated"`` where no gradient flows through its activation; else empty.
    """

    name: str
    place: int
    z: float | None = None
    a: float | None = None
    delta: float | None = None
    bias: ParameterShown | None = None
    weights: Sequence[ParameterShown] = ()
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The inputs, or a layer.

    Arguments:
        title: ``"inputs"``, ``"layer 1"``, ...
        count: how many units it has.
        units: those that are drawn.
        head: how many of these stand above the ellipsis; as many as there are where nothing is left out.
        activation: the name of the layer's; empty for the inputs.
        curve: points of its graph; empty where it has none.
        delta: the norm of delta over all its units, drawn or not; None where it was not computed.
    """

    title: str
    count: int
    units: Sequence[Unit]
    head: int
    activation: str = ""
    curve: Sequence[tuple[float, float]] = ()
    delta: float | None = None

    @property
    def is_cut(self) -> bool:
        """Whether some units are left out."""
        return len(self.units) < self.count


@dataclass(frozen=True, slots=True)
class Target:
    """What an output should have been."""

    name: str
    number: float


@dataclass(frozen=True, slots=True)
class LossShown:
    """How far the outputs are from their targets.

    Arguments:
        name: ``"E"``.
        kind: which loss it is, in words.
        number: its value.
    """

    name: str
    kind: str
    number: float


@dataclass(frozen=True, slots=True)
class Network:
    """All that is drawn.

    Arguments:
        columns: the inputs, then the layers.
        targets: one for each output that is drawn; none where no t was given.
        loss: None where no t was given.
    """

    columns: Sequence[Column]
    targets: Sequence[Target] = ()
    loss: LossShown | None = None

    @property
    def has_numbers(self) -> bool:
        """Whether an x was given, so that every unit has an activation."""
        return self.columns[0].units[0].a is not None

    @property
    def title(self) -> str:
        """What the picture is called: ``"Network 2-2-1"``."""
        return f"Network {'-'.join(str(column.count) for column in self.columns)}"


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


@dataclass(slots=True)
class Passes:
    """What the two passes gave.

    Arguments:
        inputs: the nodes of x.
        before: z per layer and neuron.
        after: a per layer and neuron.
        targets: one for each output; empty where there are none.
        loss: None where there are no targets.
        adjoints: the derivative of the loss by each node.
    """

    inputs: list[Value]
    before: list[list[Value]] = field(default_factory=list)
    after: list[list[Value]] = field(default_factory=list)
    targets: list[Value] = field(default_factory=list)
    loss: Value | None = None
    adjoints: dict[Value, float] = field(default_factory=dict)


def run(model: Any, layers: Sequence[Layer | Neuron], x: Any, t: Any, loss: Callable[..., Any]) -> Passes:
    """Compute the activations for x, and where there is a t, the loss and its derivatives.

    Raises:
        ShapeError: x or t has another length than the model has inputs or outputs.
        NumberTypeError: an entry is not a real number, or the loss returns none.
        ArgumentError: the model does not compute what its layers say.
    """
    passes = Passes(_fresh(x, "x", len(neurons_of(layers[0])[0].w)))
    current = passes.inputs
    for layer in layers:
        before = [dot(neuron.w, current, neuron.b) for neuron in neurons_of(layer)]
        is_softmax = layer.activation == SOFTMAX
        current = softmax(before) if is_softmax else _activate(layer, before)
        passes.before.append(before)
        passes.after.append(current)
    _check_same(model, passes)
    if t is not None:
        _add_loss(passes, t, loss)
    return passes


def neurons_of(layer: Layer | Neuron) -> list[Neuron]:
    """Return the neurons of a layer; a neuron alone is a layer of one."""
    return [layer] if isinstance(layer, Neuron) else layer.neurons


def _activate(layer: Layer | Neuron, before: list[Value]) -> list[Value]:
    return [neuron._activation.function(z) for neuron, z in zip(neurons_of(layer), before, strict=True)]


def _fresh(numbers: Any, letter: str, count: int) -> list[Value]:
    """Return a vector as leaves of the picture's own, under the labels of the caller's."""
    nodes = as_nodes(numbers, letter, count, "this model")
    return [Value(node.data, node.label or f"{letter}[{k}]") for k, node in enumerate(nodes, 1)]


def _check_same(model: Any, passes: Passes) -> None:
    """Raise where a class of the caller's own, of the model or of a part, computes otherwise than its layers say."""
    if not deviation(model):
        return
    outputs = [output.data for output in as_nodes(model([node.data for node in passes.inputs]), "a")]
    ours = [output.data for output in passes.after[-1]]
    if outputs != ours:
        given = f"{type(model).__name__}, whose outputs are {shown(outputs)} where its layers give {shown(ours)}"
        raise ArgumentError("a model that applies its layers one after the other", given, "Draw it without x and t.")


def _add_loss(passes: Passes, t: Any, loss: Callable[..., Any]) -> None:
    outputs = passes.after[-1]
    produced = outputs[0] if len(outputs) == 1 else outputs  # as a call of the model returns them
    targets = as_list(t, "t")
    if len(outputs) > 1 and is_real(t) and hasattr(t, "__index__"):
        shares = [Value(float(j == t), f"t[{j + 1}]") for j in range(len(outputs))]
        result = loss(produced, t)  # the index of the class: cross_entropy knows it, others refuse it
    elif len(targets) != len(outputs):
        count = len(outputs)
        advice = f"Give t[1] to t[{count}], one for each output."
        given = f"{len(targets)} target{'s' * (len(targets) != 1)}"
        raise ShapeError(f"this model has {count} output{'s' * (count != 1)}", given, advice)
    else:
        shares = _fresh(targets, "t", len(outputs))
        result = loss(produced, shares[0] if is_real(t) or isinstance(t, Value) else shares)
    if not isinstance(result, Value):
        given = f"{shown(result)} of type {type(result).__name__}"
        raise NumberTypeError("a loss returns one Value", given, "Use one of mg.losses, or add terms with mg.total.")
    passes.targets, passes.loss = shares, result
    passes.adjoints = adjoints(result)


MOST_LAYERS_IN_A_ROW = 8  # of more, the picture is wrapped, without names of units and graphs of activations
_MOST_LAYERS = 20  # columns beside each other that can still be told apart on a page
_DRAWN, _DRAWN_OF_SEVERAL = 6, 5  # units of a shortened layer, and of the shortest where there are several sizes
_MOST_STEPS = 3  # units that the largest of several shortened layers has more than the shortest
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
    _check_focus(columns, options.focus)
    if passes is None or passes.loss is None:
        return Network(columns)
    shown_targets = [passes.targets[unit.place - 1] for unit in columns[-1].units]
    targets = [Target(_name(node.label), node.data) for node in shown_targets]
    name = _name(passes.loss.label) or "E"
    return Network(columns, targets, LossShown(name, _kind_of(loss), passes.loss.data))


class _Reader:
    """Reads one column after the other.

    Arguments:
        layers: of the model.
        passes: the numbers; None where no x was given.
        limit: how many units of a layer are drawn.
    """

    def __init__(self, layers: Sequence[Layer | Neuron], passes: Passes | None, limit: int) -> None:
        self.layers, self.passes = layers, passes
        counts = [len(neurons_of(layers[0])[0].w), *(len(neurons_of(layer)) for layer in layers)]
        self.drawn = drawn_units(counts, limit)

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
        curve = curve_of(layer) if len(self.layers) <= MOST_LAYERS_IN_A_ROW else ()
        deltas = [] if self.passes is None or self.passes.loss is None else self.passes.before[index]
        norm = math.hypot(*(self.passes.adjoints.get(z, 0.0) for z in deltas)) if self.passes and deltas else None
        return Column(title, len(neurons), units, head, _activation_name(layer), curve, norm)

    def _unit(self, index: int, place: int, before: Sequence[int]) -> Unit:
        neuron = neurons_of(self.layers[index])[place]
        bias = None if neuron.b is None else self._parameter(neuron.b, "b")
        weights = [self._parameter(neuron.w[k], "w") for k in before]
        if self.passes is None:
            return Unit(neuron._a, place + 1, bias=bias, weights=weights)
        z, a = self.passes.before[index][place], self.passes.after[index][place]
        delta = None if self.passes.loss is None else self.passes.adjoints.get(z, 0.0)
        stopped = describe_unit(a) if a.op is not None and a.inputs[0] is z else ""
        return Unit(neuron._a, place + 1, z.data, a.data, delta, bias, weights, stopped)

    def _parameter(self, node: Value, usual: str) -> ParameterShown:
        if self.passes is None or self.passes.loss is None:
            gradient = node.grad if node.has_grad else None
        else:
            gradient = self.passes.adjoints.get(node, 0.0)
        return ParameterShown(_name(node.label) or usual, node.data, gradient)

    def _places(self, count: int) -> tuple[Sequence[int], int]:
        """Return the indices of the units that are drawn, and how many stand above the ellipsis."""
        drawn = self.drawn[count]
        if drawn == count:
            return range(count), count
        tail = 2 if drawn >= _DRAWN else 1
        return [*range(drawn - tail), *range(count - tail, count)], drawn - tail


def drawn_units(counts: Sequence[int], limit: int) -> dict[int, int]:
    """Return for each size of a column how many of its units are drawn; a larger column never looks smaller.

    Example:
        >>> drawn_units([64, 30, 10], 10), drawn_units([2, 10, 1], 10)
        ({64: 7, 30: 6, 10: 5}, {2: 2, 10: 10, 1: 1})
    """
    whole = limit if max(counts) <= limit or limit > LIMIT else min(limit, _DRAWN)
    sizes = sorted({count for count in counts if count > whole})
    largest = max((count for count in counts if count <= whole), default=0)
    shortest = max(largest, min(limit, _DRAWN if len(sizes) == 1 else _DRAWN_OF_SEVERAL))
    steps = min(len(sizes) - 1, _MOST_STEPS) / max(len(sizes) - 1, 1)
    cut = {size: min(shortest + round(steps * rank), size - 1) for rank, size in enumerate(sizes)}
    return {count: cut.get(count, count) for count in counts}


def _check_focus(columns: Sequence[Column], focus: str | None) -> None:
    names = [unit.name for column in columns for unit in column.units]
    if focus is not None and focus not in names:
        raise ArgumentError("focus needs the name of a unit that is drawn", shown(focus), did_you_mean(focus, names))


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
                expected = f"neuron {j} of layer {number} has {before} weights, as many as numbers come in"
                raise ShapeError(expected, str(len(neuron.w)), "Check what was put into the model's lists.")
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
