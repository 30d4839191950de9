"""``Neuron`` and ``Layer``: micrograd's names and signatures, with labels and scopes on every node they record."""

from __future__ import annotations

import re
from typing import Any

from microgradnet.compositions import dot, softmax
from microgradnet.errors import ArgumentError
from microgradnet.graph import scope
from microgradnet.nn.activations import IDENTITY, SOFTMAX, Activation, read_activation
from microgradnet.nn.base import Module
from microgradnet.nn.initialization import read_initializer, read_source
from microgradnet.nn.reading import as_count, as_nodes
from microgradnet.value import Value, set_scope


class Neuron(Module):
    r"""One neuron: :math:`a = f(z)` with :math:`z = \sum_k w_k x_k + b`.

    Arguments:
        nin: how many numbers come in.
        nonlin: relu where true, the identity where false, as in micrograd.
        activation: another function instead: an operation of the table with one operand, by name or as itself,
            ``"identity"``, or a callable from z to a.
        seed: for weights of its own; None draws them from the module ``random``, in micrograd's order.
        init: ``"uniform"`` (from -1 to 1), ``"xavier"``, ``"he"``, ``"zeros"``, or a callable
            ``init(fan_in, fan_out, source)``. The bias begins at 0.
        bias: whether there is one.

    Attributes:
        w: the weights, a list of Values.
        b: the bias; None for a neuron without.

    Example:
        >>> n = Neuron(2, activation="tanh", init="zeros")
        >>> n.b.data = 0.5
        >>> n, f"{n([1.0, -2.0]):.4f}"
        (TanhNeuron(2), '0.4621')
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: Any = None,
        seed: Any = None,
        init: Any = "uniform",
        bias: bool = True,
    ) -> None:
        self._activation = _choose(nonlin, activation)
        if self._activation.name == SOFTMAX:
            advice = "Use Layer(nin, nout, activation='softmax')."
            raise ArgumentError("an activation of one neuron", "softmax, which takes a whole layer", advice)
        count = as_count(nin, "the number of inputs of a neuron")
        rule, source = read_initializer(init), read_source(seed)
        self.w = [Value(rule(count, 1, source)) for _ in range(count)]
        self.b = Value(0.0) if bias else None
        self._set_names()

    @property
    def nonlin(self) -> bool:
        """Whether the activation is anything but the identity."""
        return self._activation.name != IDENTITY

    @property
    def activation(self) -> str:
        """The name of the activation."""
        return self._activation.name

    def __call__(self, x: Any) -> Value:
        """Return the activation of this neuron.

        Arguments:
            x: a list, tuple or NumPy vector of numbers and Values.

        Raises:
            ShapeError: x has another length than there are weights.
            NumberTypeError: x holds something that is not a real number.
        """
        inputs = as_nodes(x, "x", len(self.w), "this neuron")
        outer = set_scope(self._scope)
        if outer:
            set_scope(f"{outer}/{self._scope}")
        try:
            z: Value = dot(self.w, inputs, self.b)
            z.label = self._z
            a = self._activation.function(z)
            if not a.label:  # the identity returns z itself
                a.label = self._a
            return a
        finally:
            set_scope(outer)

    def _set_names(self, layer: str = "", place: int | None = None) -> None:
        """Name the parameters, and get the names of z, a and the scope ready, so that a call formats none.

        Arguments:
            layer: the number of the layer in its network, or nothing for a layer alone.
            place: the number of the neuron in its layer; None for a neuron alone.
        """
        index, before = ("", "") if place is None else (f"[{place}]", f"{place},")
        for k, weight in enumerate(self.w, 1):
            weight.label = f"w{layer}[{before}{k}]"
        if self.b is not None:
            self.b.label = f"b{layer}{index}"
        self._z, self._a = f"z{layer}{index}", f"a{layer}{index}"
        self._scope = "neuron" if place is None else f"{_layer_scope(layer)}/neuron {place}"
        for node in self.parameters():
            node.scope = self._scope

    def __repr__(self) -> str:
        return f"{self._activation.title}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons that share their inputs.

    Arguments:
        nin: how many numbers come in.
        nout: how many neurons there are.
        nonlin, activation, seed, init, bias: as for :class:`Neuron`; ``activation="softmax"`` is over the whole layer.

    Attributes:
        neurons: the neurons, a list.

    Example:
        >>> Layer(2, 3, nonlin=False)
        Layer of [LinearNeuron(2), LinearNeuron(2), LinearNeuron(2)]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        nonlin: bool = True,
        *,
        activation: Any = None,
        seed: Any = None,
        init: Any = "uniform",
        bias: bool = True,
    ) -> None:
        self._activation = _choose(nonlin, activation)
        count = as_count(nout, "the number of neurons of a layer")
        rule, source = read_initializer(init), read_source(seed)

        def weight(fan_in: int, _: int, source: Any) -> float:
            return rule(fan_in, count, source)

        each = IDENTITY if self._activation.name == SOFTMAX else self._activation
        self.neurons = [Neuron(nin, activation=each, seed=source, init=weight, bias=bias) for _ in range(count)]
        self._set_names()

    @property
    def activation(self) -> str:
        """The name of the activation."""
        return self._activation.name

    def __call__(self, x: Any) -> Any:
        """Return the activations of the neurons: a list of Values, or the one Value where there is one neuron.

        Arguments:
            x: a list, tuple or NumPy vector of numbers and Values.

        Raises:
            ShapeError: x has another length than each neuron has weights.
            NumberTypeError: x holds something that is not a real number.
        """
        inputs = as_nodes(x, "x", len(self.neurons[0].w), "this layer")
        outputs = [neuron(inputs) for neuron in self.neurons]
        if self._activation.name == SOFTMAX:
            with scope(self._scope), scope(SOFTMAX):
                outputs = softmax(outputs)
            for output, label in zip(outputs, self._outputs, strict=True):
                output.label = label
        return outputs[0] if len(outputs) == 1 else outputs

    def _set_names(self, number: int | None = None) -> None:
        """Name all parameters and nodes by the layer's number in its network; None for a layer alone."""
        layer = "" if number is None else str(number)
        for place, neuron in enumerate(self.neurons, 1):
            neuron._set_names(layer, place)
        self._scope = _layer_scope(layer)
        self._outputs = [f"a{layer}[{place}]" for place in range(1, len(self.neurons) + 1)]

    def _name_of(self, path: str) -> str:
        return re.sub(r"^neurons(\[\d+)\]\.([wb])(?:\[(\d+)\])?$", _joined, path)

    def __repr__(self) -> str:
        kind = "Softmax layer" if self._activation.name == SOFTMAX else "Layer"
        return f"{kind} of [{', '.join(str(neuron) for neuron in self.neurons)}]"


def _choose(nonlin: bool, activation: Any) -> Activation:
    if activation is None:
        return read_activation("relu" if nonlin else IDENTITY)
    chosen = read_activation(activation)
    if not nonlin and chosen.name != IDENTITY:
        came = f"nonlin=False and activation={chosen.name!r}"
        raise ArgumentError("one activation", came, "Leave nonlin= out where activation= is given.")
    return chosen


def _layer_scope(layer: str) -> str:
    return f"layer {layer}" if layer else "layer"


def _joined(path: re.Match[str]) -> str:
    """Turn ``neurons[2].w[3]`` into ``w[2,3]``, and ``neurons[2].b`` into ``b[2]``."""
    return f"{path[2]}{path[1]},{path[3]}]" if path[3] else f"{path[2]}{path[1]}]"
