"""``MLP``, the multilayer perceptron, and what it is built of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Self

from microgradnet.errors import ArgumentError, ModelFileError, did_you_mean, shown
from microgradnet.nn import storage
from microgradnet.nn.activations import names, read_activations
from microgradnet.nn.base import Module as Module
from microgradnet.nn.initialization import read_source
from microgradnet.nn.layers import Layer as Layer
from microgradnet.nn.layers import Neuron as Neuron
from microgradnet.nn.reading import as_biases, as_count, as_list, as_matrices, as_nodes
from microgradnet.number import is_real
from microgradnet.value import Value


class MLP(Module):
    r"""A multilayer perceptron: layers one after the other, :math:`a_l = f_l(W_l a_{l-1} + b_l)`.

    Arguments:
        nin: how many numbers come in.
        nouts: how many neurons each layer has, for example ``[16, 16, 1]``.
        activation: that of the hidden layers: an operation of the table with one operand, by name or as itself,
            ``"identity"``, ``"softmax"``, or a callable from z to a. Or a list with one for each layer.
        output: that of the last layer; the identity where not given.
        seed: for weights of its own; None draws them from the module ``random``, in micrograd's order.
        init: ``"uniform"`` (from -1 to 1), ``"xavier"``, ``"he"``, ``"zeros"``, or a callable
            ``init(fan_in, fan_out, source)``. Biases begin at 0.
        bias: whether the layers have biases.

    Attributes:
        layers: the layers, a list.

    Example:
        >>> mlp = MLP(2, [3, 1], seed=1)
        >>> mlp
        MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
        >>> len(mlp.parameters()), list(mlp.named_parameters())[:4]
        (13, ['w1[1,1]', 'w1[1,2]', 'b1[1]', 'w1[2,1]'])
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: Any = "relu",
        output: Any = None,
        seed: Any = None,
        init: Any = "uniform",
        bias: bool = True,
    ) -> None:
        sizes = as_list(nouts, "nouts")
        if is_real(nouts) or not sizes:
            advice = "Give one number of neurons for each layer."
            raise ArgumentError("nouts is a list such as [16, 16, 1]", shown(nouts), advice)
        sizes = [as_count(nin, "the number of inputs"), *(as_count(size, "the size of a layer") for size in sizes)]
        chosen = read_activations(activation, output, len(sizes) - 1)
        source = read_source(seed)
        self.layers = [
            Layer(before, after, activation=each, seed=source, init=init, bias=bias)
            for before, after, each in zip(sizes[:-1], sizes[1:], chosen, strict=True)
        ]
        self._set_names()

    @classmethod
    def from_weights(cls, weights: Any, biases: Any = None, *, activation: Any = "relu", output: Any = None) -> Self:
        """Build a network from given numbers.

        Arguments:
            weights: ``weights[l][j][k]`` leads to neuron j of layer l from neuron or input k; nested lists or arrays of
                numbers. A Value is used as it is, under its own label if it has one, so that places can share it.
            biases: ``biases[l][j]``, the same way; None, or None for a layer, for no biases.
            activation: that of the hidden layers, or a list with one for each layer, as for :class:`MLP`.
            output: that of the last layer; the identity where not given.

        Raises:
            ShapeError: the nesting is not that of a network; the message names the row, such as ``weights[1][0]``.
            NumberTypeError, DomainError: an entry is not a real, finite number; the message names it.

        Example:
            >>> weights = [[[0.1, 0.7], [0.8, 0.2]], [[0.6, 0.5], [0.4, 0.3]]]
            >>> mlp = MLP.from_weights(weights, activation="sigmoid", output="softmax")
            >>> [f"{output.label} = {output:.8f}" for output in mlp([0.7, 1.0])]
            ['a2[1] = 0.56782310', 'a2[2] = 0.43217690']
        """
        matrices = as_matrices(weights)
        vectors = as_biases(biases, matrices)
        sizes = [len(matrix) for matrix in matrices]
        mlp = cls(len(matrices[0][0]), sizes, activation=activation, output=output, init="zeros")
        for layer, matrix, vector in zip(mlp.layers, matrices, vectors, strict=True):
            for j, neuron in enumerate(layer.neurons):
                neuron.w = [_placed(given, own) for given, own in zip(matrix[j], neuron.w, strict=True)]
                neuron.b = None if vector is None or neuron.b is None else _placed(vector[j], neuron.b)
        return mlp

    def __call__(self, x: Any) -> Any:
        """Return the outputs: a list of Values, or the one Value where there is one output.

        Arguments:
            x: a list, tuple or NumPy vector of numbers and Values; numbers become Values ``x[1]``, ``x[2]``, ...

        Raises:
            ShapeError: x has another length than the network has inputs.
            NumberTypeError: x holds something that is not a real number.
        """
        outputs: Any = as_nodes(x, "x", len(self.layers[0].neurons[0].w), "this network")
        for layer in self.layers:
            outputs = layer(outputs)
        return outputs

    def _set_names(self) -> None:
        for number, layer in enumerate(self.layers, 1):
            layer._set_names(number)

    def _name_of(self, path: str) -> str:
        return re.sub(r"^layers\[(\d+)\]\.([wb])(\[[\d,]+\])$", r"\2\1\3", path)  # layers[1].w[2,3] is w1[2,3]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"

    def _contents(self) -> dict[str, Any]:
        for number, layer in enumerate(self.layers, 1):
            if not layer._activation.of_table:
                advice = "Define it as an operation with mg.define, or keep state_dict() instead."
                came = f"{layer.activation!r} in layer {number}"
                raise ArgumentError("an activation of the table in each layer of a saved network", came, advice)
        storage.finite_numbers(self.state_dict())
        layers = [layer.neurons for layer in self.layers]
        contents = {
            "activations": [layer.activation for layer in self.layers],
            "weights": [[[weight.data for weight in neuron.w] for neuron in neurons] for neurons in layers],
            "biases": [[neuron.b.data for neuron in neurons if neuron.b is not None] or None for neurons in layers],
        }
        added = {name: parameter.data for name, parameter in self._added().items()}
        return contents | {"parameters": added} if added else contents

    @classmethod
    def _build(cls, contents: dict[str, Any]) -> Self:
        """Build a network from the contents of a file."""
        storage.only_keys(contents, {"activations", "weights", "biases"} | ({"parameters"} & set(contents)))
        weights, biases, activations = contents["weights"], contents["biases"], contents["activations"]
        storage.nested_numbers(weights, 3, "weights")
        if not isinstance(biases, list):
            raise ModelFileError("biases is a list", storage.described(biases), "Save the model again.")
        for index, vector in enumerate(biases):
            if vector is not None:
                storage.nested_numbers(vector, 1, f"biases[{index}]")
        if not isinstance(activations, list) or len(activations) != len(weights):
            wanted = f"activations is a list of {len(weights)} names, one per layer"
            raise ModelFileError(wanted, storage.described(activations), "Save the model again.")
        for index, name in enumerate(activations):
            if name not in names():
                advice = f"Define the operation first with mg.define. {did_you_mean(str(name), names())}"
                raise ModelFileError(f"activations[{index}] is an operation", storage.described(name), advice)
        mlp = cls.from_weights(weights, biases, activation=activations)
        for parameter, number in mlp._read_added(contents):
            parameter.data = number
        return mlp

    def _fill(self, contents: dict[str, Any]) -> None:
        added = self._read_added(contents)
        other = MLP._build({key: entry for key, entry in contents.items() if key != "parameters"})
        self._compare(other)
        for mine, its in zip(self._everywhere(), other._everywhere(), strict=True):
            mine.data = its.data
        for parameter, number in added:
            parameter.data = number

    def _added(self) -> dict[str, Value]:
        """Return the parameters that a subclass has beside those of the layers."""
        known = {id(parameter) for parameter in self._everywhere()}
        return {name: parameter for name, parameter in self.named_parameters().items() if id(parameter) not in known}

    def _read_added(self, contents: dict[str, Any]) -> list[tuple[Value, float]]:
        """Pair the parameters that a subclass has added with their numbers in a file."""
        added, numbers = self._added(), storage.plain_numbers(contents.get("parameters", {}))
        if set(added) != set(numbers):
            wanted = f"parameters holds {', '.join(added) or 'nothing beside the layers'}"
            raise ModelFileError(wanted, ", ".join(numbers) or "nothing", "Load it with the class that saved it.")
        return [(added[name], float(number)) for name, number in numbers.items()]

    def _compare(self, other: MLP) -> None:
        """Check that a network from a file has this one's architecture."""
        advice = "MLP.load(path), called on the class, builds the network that the file holds."
        if len(self.layers) != len(other.layers):
            raise ModelFileError(f"weights holds {len(self.layers)} layers", str(len(other.layers)), advice)
        for index, (mine, its) in enumerate(zip(self.layers, other.layers, strict=True)):
            for place, wanted, came in (
                (f"weights[{index}]", f"{len(mine.neurons)} rows", f"{len(its.neurons)} rows"),
                (f"weights[{index}][0]", f"{len(mine.neurons[0].w)} weights", f"{len(its.neurons[0].w)} weights"),
                (f"biases[{index}]", _has_bias(mine), _has_bias(its)),
                (f"activations[{index}]", mine.activation, its.activation),
            ):
                if wanted != came:
                    raise ModelFileError(f"{place}: {wanted}", came, advice)

    def _everywhere(self) -> list[Value]:
        """Return the parameter in each place, so that one shared by two places comes twice."""
        neurons = [neuron for layer in self.layers for neuron in layer.neurons]
        return [node for neuron in neurons for node in (*neuron.w, neuron.b) if node is not None]


def _placed(given: Any, own: Value) -> Value:
    """Return a parameter with the given number; a given Value stands for itself, under its own label if it has one."""
    if not isinstance(given, Value):
        own.data = given
        return own
    given.label = given.label or own.label
    return given


def _has_bias(layer: Layer) -> str:
    return "no biases" if layer.neurons[0].b is None else "biases"
