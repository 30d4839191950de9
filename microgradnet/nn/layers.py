"""``Neuron``, ``Layer`` and ``MLP``: micrograd's names and signatures, with labels and scopes on every node."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import PathLike
from typing import Any, Self

from microgradnet.compositions import dot, softmax
from microgradnet.errors import ArgumentError, ModelFileError, ShapeError, shown
from microgradnet.graph import scope
from microgradnet.nn import storage
from microgradnet.nn.activations import (
    IDENTITY,
    SOFTMAX,
    Activation,
    read_activation,
    read_activations,
    read_initializer,
    read_source,
)
from microgradnet.nn.base import Module as Module
from microgradnet.nn.reading import as_biases, as_count, as_list, as_matrices, as_nodes
from microgradnet.operation import Op, is_real
from microgradnet.text import TextTable
from microgradnet.value import Named, Value, activate, alone, set_scope, sum_of_products

_IN_LAYER = re.compile(r"neurons(\[\d+)\]\.([wb])(\[?)")
_IN_NETWORK = re.compile(r"layers\[(\d+)\]\.([wb])(\[[\d,]*\]?)")


class Neuron(Module):
    r"""One neuron: :math:`a = f(z)` with :math:`z = \sum_k w_k x_k + b`. Call it with a list of ``nin`` numbers.

    Arguments:
        nin: the number of inputs, 1 or more.
        nonlin: whether the activation is relu, as in micrograd; the identity where False.
        activation: another activation: the name or alias of an operation with one operand (``"tanh"``, ``"logistic"``),
            the operation itself (``mg.tanh``), ``"identity"``, or a function from z to a.
        seed: a whole number or a ``random.Random`` that the weights are drawn from; None for the module ``random``.
            The order is micrograd's: after ``random.seed(s)`` both have the same weights.
        init: how weights are drawn: ``"uniform"`` (from -1 to 1), ``"xavier"``, ``"he"``, ``"zeros"``, or a function
            ``init(fan_in, fan_out, source)`` that returns one weight. The bias begins at 0.
        bias: whether there is a bias.

    Attributes:
        w: the weights, a list of ``nin`` Values labelled ``w[1]``, ``w[2]``, ...
        b: the bias, a Value labelled ``b``; None for a neuron without.

    Raises:
        ArgumentError: an argument is out of its range, or ``activation`` contradicts ``nonlin``.
        UnknownNameError: there is no activation or initialization of that name; the message suggests one.

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
        """Return the activation of this neuron, a Value.

        Arguments:
            x: a list, tuple or NumPy vector of ``nin`` numbers and Values; numbers become Values ``x[1]``, ...

        Raises:
            ShapeError: x has another length than there are weights.
            NumberTypeError: x holds something that is not a real number.
        """
        return self._fire(as_nodes(x, "x", len(self.w), "this neuron"))

    def _fire(self, inputs: list[Any]) -> Value:
        """Return the activation for inputs that are nodes already.

        Where no scope is open, nodes are given where they come from as one reference, and no scope is entered.
        """
        if len(inputs) != len(self.w):
            return self(inputs)  # which says what is wrong
        function = self._activation.function
        if alone() and (type(function) is Op or self._activation.name == IDENTITY):
            z: Value = sum_of_products(self.w, inputs, self.b, self._scope)
            z._origin = self._from_z
            return activate(function, z, self._from_a) if type(function) is Op else z
        return self._fire_in_scope(inputs)

    def _fire_in_scope(self, inputs: list[Any]) -> Value:
        outer = set_scope(self._scope)
        if outer:
            set_scope(f"{outer}/{self._scope}")
        try:
            z = dot(self.w, inputs, self.b)
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
        self._from_z, self._from_a = Named(self._z, self._scope), Named(self._a, self._scope)
        for node in self.parameters():
            node.scope = self._scope

    def __repr__(self) -> str:
        return f"{self._activation.title}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons that share their inputs. Call it with a list of ``nin`` numbers.

    Arguments:
        nin: the number of inputs, 1 or more.
        nout: the number of neurons, 1 or more.
        nonlin, activation, seed, init, bias: as for :class:`Neuron`; ``activation="softmax"`` is over the whole layer.

    Attributes:
        neurons: the neurons, a list of ``nout``.

    Raises:
        ArgumentError, UnknownNameError: as for :class:`Neuron`.

    Example:
        >>> layer = Layer(2, 3, nonlin=False, init="zeros")
        >>> layer
        Layer of [LinearNeuron(2), LinearNeuron(2), LinearNeuron(2)]
        >>> [a.data for a in layer([1.0, -2.0])]
        [0.0, 0.0, 0.0]
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
        """Return the activations of the neurons: a list of ``nout`` Values, or the one Value of a single neuron.

        Arguments:
            x: a list, tuple or NumPy vector of ``nin`` numbers and Values.

        Raises:
            ShapeError: x has another length than each neuron has weights.
            NumberTypeError: x holds something that is not a real number.
        """
        inputs = as_nodes(x, "x", len(self.neurons[0].w), "this layer")
        outputs = [neuron._fire(inputs) if type(neuron) is Neuron else neuron(inputs) for neuron in self.neurons]
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
        found = _IN_LAYER.fullmatch(path)  # of neurons[2].w[3], which is w[2,3], the part before 3; or neurons[2].b
        if found is None:
            return path
        neuron, letter, has_weights = found.groups()
        return f"{letter}{neuron}," if has_weights else f"{letter}{neuron}]"

    def __repr__(self) -> str:
        kind = "Softmax layer" if self._activation.name == SOFTMAX else "Layer"
        return f"{kind} of [{', '.join(str(neuron) for neuron in self.neurons)}]"


def _choose(nonlin: bool, activation: Any) -> Activation:
    if activation is None:
        return read_activation("relu" if nonlin else IDENTITY)
    chosen = read_activation(activation)
    if not nonlin and chosen.name != IDENTITY:
        given = f"nonlin=False and activation={chosen.name!r}"
        raise ArgumentError("one activation", given, "Leave nonlin= out where activation= is given.")
    return chosen


def _layer_scope(layer: str) -> str:
    return f"layer {layer}" if layer else "layer"


class MLP(Module):
    r"""A multilayer perceptron: layers one after the other, :math:`a_l = f_l(W_l a_{l-1} + b_l)`.

    Call it with the ``nin`` numbers of one sample, or :meth:`predict` with an array of samples.

    Arguments:
        nin: the number of inputs, 1 or more.
        nouts: the number of neurons of each layer, for example ``[16, 16, 1]``.
        activation: the activation of the hidden layers: the name or alias of an operation with one operand
            (``"tanh"``, ``"logistic"``), the operation itself, ``"identity"``, ``"softmax"``, or a function from z to
            a. Or a list with one for each layer, the last included.
        output: the activation of the last layer; the identity where not given.
        seed: a whole number or a ``random.Random`` that the weights are drawn from; None for the module ``random``.
            The order is micrograd's: after ``random.seed(s)`` both have the same weights.
        init: how weights are drawn: ``"uniform"`` (from -1 to 1), ``"xavier"``, ``"he"``, ``"zeros"``, or a function
            ``init(fan_in, fan_out, source)`` that returns one weight. Biases begin at 0.
        bias: whether the layers have biases.

    Attributes:
        layers: the layers, a list.

    Raises:
        ArgumentError: an argument is out of its range, or ``output`` is given beside a list of activations.
        UnknownNameError: there is no activation or initialization of that name; the message suggests one.

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
            activation: the activation of the hidden layers, or a list with one for each layer, as for :class:`MLP`.
            output: the activation of the last layer; the identity where not given.

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

    @classmethod
    def from_torch(cls, module: Any) -> Self:
        """Build a network with the numbers of a torch module.

        Arguments:
            module: a ``torch.nn.Sequential`` of linear layers and activations, or a module with a ``forward`` of its
                own that applies such parts one after the other.

        Raises:
            ImportError: torch is not installed; ``pip install "microgradnet[torch]"``.
            ShapeError: the module does anything else; the message names the part.
            NumberTypeError: it is no torch module.
        """
        from microgradnet.nn.exchange import from_torch

        layers = from_torch(module)
        activations = [layer.activation for layer in layers]
        return cls.from_weights(
            [layer.weights for layer in layers], [layer.biases for layer in layers], activation=activations
        )

    def to_torch(self, dtype: str = "float64") -> Any:
        """Return a ``torch.nn.Sequential`` with the same numbers.

        Arguments:
            dtype: ``"float64"``, which keeps every digit, or ``"float32"``, which torch uses elsewhere.

        Raises:
            ImportError: torch is not installed; ``pip install "microgradnet[torch]"``.
            UnknownNameError: torch has no counterpart of an activation.
            ArgumentError: the network has parameters beside those of its layers.
        """
        from microgradnet.nn.exchange import to_torch

        return to_torch(self._dense_layers(), dtype)

    def to_onnx(self, path: str | PathLike[str], dtype: str = "float32") -> None:
        """Write an ONNX file with input ``x`` (samples, inputs) and output ``y`` (samples, outputs), opset 18.

        Arguments:
            path: the file; an older one is replaced when the new one is complete.
            dtype: the type of all numbers, ``"float32"`` or ``"float64"``. (onnxruntime runs all activations in single
                precision, and all but gelu in double.)

        Raises:
            ImportError: onnx is not installed; ``pip install "microgradnet[onnx]"``.
            UnknownNameError: an activation has no counterpart.
            ArgumentError: the network has parameters beside those of its layers.
            OSError: the file can't be written.
        """
        from microgradnet.nn.exchange import to_onnx

        to_onnx(self._dense_layers(), path, dtype)

    def _dense_layers(self) -> list[Any]:
        from microgradnet.nn.exchange import DenseLayer

        if self._added() or deviation(self):
            expected = "a network to convert is its layers in a row, of weights, biases and one activation each"
            raise ArgumentError(expected, ", ".join(self._added()) or deviation(self), "Convert the plain MLP.")
        return [
            DenseLayer(
                [[weight.data for weight in neuron.w] for neuron in layer.neurons],
                [neuron.b.data for neuron in layer.neurons if neuron.b is not None] or None,
                layer.activation if layer._activation.of_table else layer._activation.function,
            )
            for layer in self.layers
        ]

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

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return the outputs of many samples at once, computed by matrices; no graph is kept.

        Arguments:
            X: the inputs, an array (samples, inputs) or a list of lists; for a network of one input also a vector.

        Returns:
            An array of floats (samples, outputs); of shape (samples,) for a network of one output.

        Raises:
            ShapeError: a sample has another number of inputs than the network.
            NumberTypeError, DomainError: X holds something else than finite numbers, or a number leaves the domain of
                an operation; the message names the sample.
            ArgumentError: an activation of the caller's own compares Values, and not all samples take one branch.

        Example:
            >>> mlp = MLP.from_weights([[[0.5, -1.0]], [[2.0], [1.0]]], activation="tanh")
            >>> mlp.predict([[2.0, 1.0], [0.0, 0.0]]).tolist()
            [[0.0, 0.0], [0.0, 0.0]]
        """
        from microgradnet.compiler import compile as compile_graph
        from microgradnet.nn.training.arrays import read_table

        rows, count = read_table(X, "X").rows, len(self.layers[0].neurons[0].w)
        if rows.shape[1] != count:
            expected = f"this network takes {count} input{'s' * (count != 1)} for each sample"
            raise ShapeError(expected, str(rows.shape[1]), "X is an array (samples, inputs).")
        found = None if deviation(self) else self._by_matrices(rows)
        if found is None:
            inputs = [Value(number, f"x[{place}]") for place, number in enumerate(rows[0].tolist(), 1)]
            found = compile_graph(lambda: self(inputs), batch=inputs).values(rows)
        return found[:, 0] if len(self.layers[-1].neurons) == 1 else found

    def _by_matrices(self, rows: Any) -> Any:
        """Return the outputs; None where a function of the caller's or a number outside a domain needs the graph."""
        import numpy

        with numpy.errstate(all="ignore"):
            for layer in self.layers:
                weights = numpy.array([[weight.data for weight in neuron.w] for neuron in layer.neurons])
                rows = rows @ weights.T + [0.0 if neuron.b is None else neuron.b.data for neuron in layer.neurons]
                activation = layer._activation
                if activation.name == SOFTMAX:
                    powers = numpy.exp(rows - rows.max(axis=1, keepdims=True))
                    rows = powers / powers.sum(axis=1, keepdims=True)
                elif activation.name != IDENTITY:
                    rows = activation.function(rows) if activation.of_table else numpy.nan
                if not numpy.isfinite(rows).all():
                    return None
        return rows

    def _set_names(self) -> None:
        for number, layer in enumerate(self.layers, 1):
            layer._set_names(number)

    def _name_of(self, path: str) -> str:
        found = _IN_NETWORK.fullmatch(path)
        return path if found is None else f"{found[2]}{found[1]}{found[3]}"  # layers[1].w[2, is w1[2,

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"

    def _repr_html_(self) -> str:
        """Return a table of the layers, as a notebook shows it."""
        columns = [
            (number, len(layer.neurons[0].w), len(layer.neurons), layer.activation, len(layer.parameters()))
            for number, layer in enumerate(self.layers, 1)
        ]
        rows = [[*map(str, row)] for row in columns]
        sizes = "-".join([rows[0][1], *(row[2] for row in rows)])
        title = f"{type(self).__name__} {sizes}, {len(self.parameters())} parameters"
        return TextTable(["layer", "inputs", "neurons", "activation", "parameters"], rows, "rrrlr", title=title).html()

    def _contents(self) -> dict[str, Any]:
        if type(self) is MLP and deviation(self):
            advice = "Keep state_dict(), or save a subclass of MLP whose __init__ builds the same layers."
            raise ArgumentError("a saved network is its weights, biases and activations", deviation(self), advice)
        for number, layer in enumerate(self.layers, 1):
            if not layer._activation.of_table:
                advice = "Define it as an operation with mg.define, or keep state_dict() instead."
                given = f"{layer.activation!r} in layer {number}"
                raise ArgumentError("an activation of the table in each layer of a saved network", given, advice)
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
        weights, biases, activations = storage.dense_layers(contents)
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
            expected = f"parameters holds {', '.join(added) or 'nothing beside the layers'}"
            raise ModelFileError(expected, ", ".join(numbers) or "nothing", "Load it with the class that saved it.")
        return [(added[name], float(number)) for name, number in numbers.items()]

    def _compare(self, other: MLP) -> None:
        """Check that a network from a file has this one's architecture."""
        advice = "MLP.load(path), called on the class, builds the network that the file holds."
        if len(self.layers) != len(other.layers):
            raise ModelFileError(f"weights holds {len(self.layers)} layers", str(len(other.layers)), advice)
        for index, (mine, its) in enumerate(zip(self.layers, other.layers, strict=True)):
            for place, expected, given in (
                (f"weights[{index}]", f"{len(mine.neurons)} rows", f"{len(its.neurons)} rows"),
                (f"weights[{index}][0]", f"{len(mine.neurons[0].w)} weights", f"{len(its.neurons[0].w)} weights"),
                (f"biases[{index}]", _has_bias(mine), _has_bias(its)),
                (f"activations[{index}]", mine.activation, its.activation),
            ):
                if expected != given:
                    raise ModelFileError(f"{place}: {expected}", given, advice)

    def _everywhere(self) -> list[Value]:
        """Return the parameter in each place, so that one shared by two places comes twice."""
        neurons = [neuron for layer in self.layers for neuron in layer.neurons]
        return [node for neuron in neurons for node in (*neuron.w, neuron.b) if node is not None]


def deviation(module: Any) -> str:
    """Return in words what a module, or a part of it, computes beside its weights, biases and activations; or ""."""
    base = next((kind for kind in (MLP, Layer, Neuron) if isinstance(module, kind)), None)
    if base is None or type(module).__call__ is not base.__call__:
        return f"a __call__ of its own in {type(module).__name__}"
    if isinstance(module, Layer):
        name = IDENTITY if module.activation == SOFTMAX else module.activation
        for neuron in module.neurons:
            if neuron.activation != name or neuron._activation.function is not module._activation.function:
                return f"a neuron with {neuron.activation} in a layer with {module.activation}"
        if len({neuron.b is None for neuron in module.neurons}) > 1:
            return "a layer in which some neurons have a bias and some have none"
    parts: list[Any] = module.layers if base is MLP else module.neurons if base is Layer else []
    return next(filter(None, map(deviation, parts)), "")


def _placed(given: Any, own: Value) -> Value:
    """Return a parameter with the given number; a given Value stands for itself, under its own label if it has one."""
    if not isinstance(given, Value):
        own.data = given
        return own
    given.label = given.label or own.label
    return given


def _has_bias(layer: Layer) -> str:
    return "no biases" if layer.neurons[0].b is None else "biases"
