"""Networks of other libraries: from an ``MLP`` to a torch module or an ONNX file, and from a torch module back.

A network is here a list of :class:`DenseLayer`: plain numbers and the name of an activation. :data:`COUNTERPARTS` says,
in one record for each activation, what torch calls it; ONNX has the operators of ``compiler.onnx``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

from microgradnet.errors import (
    ArgumentError,
    NumberTypeError,
    ShapeError,
    UnknownNameError,
    described,
    import_extra,
    shown,
    type_of,
)
from microgradnet.nn.activations import IDENTITY, SOFTMAX
from microgradnet.operation import TABLE


@dataclass(frozen=True, slots=True)
class DenseLayer:
    """One layer of a network, in plain numbers.

    Arguments:
        weights: ``weights[j][k]`` leads to neuron j from input k.
        biases: one for each neuron; None for a layer without.
        activation: the name of an activation, or a function from z to a where it has a parameter of its own.
        name: what the layer is called where it comes from, such as ``"fc1"``.
    """

    weights: list[list[float]]
    biases: list[float] | None
    activation: Any
    name: str = ""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """An activation in torch.

    Arguments:
        module: its class in ``torch.nn``.
        settings: the attributes that an object of that class has where it means this activation.
        parameter: the attribute of that object that is the operation's own parameter, such as the slope of a leaky
            relu, and the name that it has here; ("", "") for none.
    """

    module: str
    settings: dict[str, Any] = field(default_factory=dict)
    parameter: tuple[str, str] = ("", "")


COUNTERPARTS: dict[str, Counterpart] = {
    IDENTITY: Counterpart("Identity"),
    SOFTMAX: Counterpart("Softmax", {"dim": -1}),
    "relu": Counterpart("ReLU"),
    "sigmoid": Counterpart("Sigmoid"),
    "tanh": Counterpart("Tanh"),
    "leaky_relu": Counterpart("LeakyReLU", {}, ("negative_slope", "slope")),
    "elu": Counterpart("ELU", {}, ("alpha", "alpha")),
    "celu": Counterpart("CELU", {}, ("alpha", "alpha")),
    "selu": Counterpart("SELU"),
    # torch goes over to the identity where beta*x is above the threshold; 20, its default, leaves out up to 2e-9.
    "softplus": Counterpart("Softplus", {"threshold": 40.0}, ("beta", "beta")),
    "log_sigmoid": Counterpart("LogSigmoid"),
    "silu": Counterpart("SiLU"),
    "mish": Counterpart("Mish"),
    "gelu": Counterpart("GELU", {"approximate": "none"}),
    "gelu_tanh": Counterpart("GELU", {"approximate": "tanh"}),
    "relu6": Counterpart("ReLU6"),
    "hard_tanh": Counterpart("Hardtanh", {"min_val": -1.0, "max_val": 1.0}),
    "hard_sigmoid": Counterpart("Hardsigmoid"),
    "softsign": Counterpart("Softsign"),
    "softshrink": Counterpart("Softshrink", {}, ("lambd", "lambd")),
    "hardshrink": Counterpart("Hardshrink", {}, ("lambd", "lambd")),
    "tanhshrink": Counterpart("Tanhshrink"),
}


def _refuse_activation(elsewhere: str, layer: DenseLayer, number: int, known: Iterable[str]) -> UnknownNameError:
    given = f"{layer.activation!r} in layer {number}"
    return UnknownNameError(
        f"{elsewhere} has a counterpart of each activation", given, f"Those are {', '.join(known)}."
    )


# torch ----------------------------------------------------------------------------------------------------------------


def to_torch(layers: Sequence[DenseLayer], dtype: str = "float64") -> Any:
    """Return a ``torch.nn.Sequential`` of linear layers and activations with these numbers.

    Raises:
        ImportError: torch is not installed.
        UnknownNameError: torch has no counterpart of an activation.
        ArgumentError: dtype is neither "float64" nor "float32".
    """
    torch = import_extra("torch", "torch")
    if dtype not in ("float64", "float32"):
        raise ArgumentError('dtype is "float64" or "float32"', shown(dtype), "float64 keeps every digit.")
    kind, modules = getattr(torch, dtype), []
    for number, layer in enumerate(layers, 1):
        if not isinstance(layer.activation, str) or layer.activation not in COUNTERPARTS:
            raise _refuse_activation("torch", layer, number, COUNTERPARTS)
        counterpart = COUNTERPARTS[layer.activation]
        weights = torch.tensor(layer.weights, dtype=kind)
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0], bias=layer.biases is not None, dtype=kind)
        with torch.no_grad():
            linear.weight.copy_(weights)
            if layer.biases is not None:
                linear.bias.copy_(torch.tensor(layer.biases, dtype=kind))
        modules.append(linear)
        if layer.activation != IDENTITY:
            modules.append(getattr(torch.nn, counterpart.module)(**counterpart.settings))
    return torch.nn.Sequential(*modules)


def from_torch(module: Any) -> list[DenseLayer]:
    """Return the layers of a torch module that applies linear layers and activations one after the other.

    The module may be a ``Sequential``, or a class with a ``forward`` of its own that torch can trace: calls of
    ``nn.Linear``, of activations as modules or functions, and of ``flatten``.

    Raises:
        ImportError: torch is not installed.
        NumberTypeError: it is no torch module.
        ShapeError: it does anything else; the message names the part.
    """
    torch = import_extra("torch", "torch")
    if not isinstance(module, torch.nn.Module):
        advice = "Give an nn.Sequential, or a module of your own."
        raise NumberTypeError("from_torch needs a torch.nn.Module", described(module), advice)
    layers: list[DenseLayer] = []
    used: set[int] = set()
    for name, part in _parts(torch, module):
        if isinstance(part, torch.nn.Linear):
            if id(part) in used:
                raise _refused(name, part, "used a second time", "Copy the layer, or build the graph by hand.")
            used.add(id(part))
            biases = None if part.bias is None else part.bias.detach().double().tolist()
            layers.append(DenseLayer(part.weight.detach().double().tolist(), biases, IDENTITY, name))
            continue
        activation = part if isinstance(part, str) else _activation(torch, name, part)
        if activation == IDENTITY:
            continue
        if not layers or layers[-1].activation != IDENTITY:
            where = "after another activation" if layers else "before the first layer"
            raise _refused(name, part, where, "Each layer has one activation.")
        layers[-1] = DenseLayer(layers[-1].weights, layers[-1].biases, activation, layers[-1].name)
    if not layers:
        raise ShapeError("a network has at least one nn.Linear", f"{type_of(module)} without", "Give the whole model.")
    return layers


def _parts(torch: Any, module: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name of each part of a module in the order of its calls, with the part or an activation's name."""
    advice = "Give an nn.Sequential of linear layers and activations."
    try:
        graph = torch.fx.symbolic_trace(module).graph
    except Exception as error:  # tracing runs the user's own forward
        given = f"{type_of(module)}, of which torch.fx says: {str(error).splitlines()[0][:100]}"
        raise ShapeError("the calls of a module can be traced", given, advice) from error
    before = None
    for node in graph.nodes:
        if node.op == "output":
            continue
        inputs = [each for each in node.all_input_nodes if each.op != "placeholder" or before is None or each is before]
        if (node.op == "placeholder") != (before is None) or (before is not None and inputs != [before]):
            given = f"{node.name} in {type_of(module)}"
            raise ShapeError("each part of the network takes the result of the part before it", given, advice)
        before = node
        if node.op == "call_module":
            yield str(node.target), module.get_submodule(node.target)
        elif node.op != "placeholder":
            yield str(node.name), _function(node)


def _function(node: Any) -> str:
    """Return the activation that a call of a function or method means."""
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
    given = [*node.args[1:], *node.kwargs.values()]
    if name in ("flatten", "view", "reshape"):
        return IDENTITY
    known = {"hardtanh": "hard_tanh", "hardsigmoid": "hard_sigmoid", "logsigmoid": "log_sigmoid"}
    activation = known.get(name, name)
    counterpart = COUNTERPARTS.get(activation)
    last_axis = activation == SOFTMAX and [each for each in given if each not in (None, 3)] in ([-1], [1])
    plain = not [each for each in given if each is not False]  # inplace=False is no setting
    if counterpart is None or not (last_axis or (plain and activation != SOFTMAX)):
        advice = "Use a module of torch.nn, such as nn.LeakyReLU(0.2), or dim=-1 for a softmax."
        raise _refused(node.name, None, f"the function {name}", advice)
    return activation


def _activation(torch: Any, name: str, part: Any) -> Any:
    """Return the activation that a module means: its name, or a function where it has a parameter of its own."""
    if isinstance(part, (torch.nn.Flatten, torch.nn.Identity)):
        return IDENTITY
    if isinstance(part, torch.nn.Dropout):
        if part.training and part.p:
            raise _refused(name, part, "at random", "Call .eval() first, or take it out.")
        return IDENTITY
    for activation, counterpart in COUNTERPARTS.items():
        if type(part) is not getattr(torch.nn, counterpart.module):
            continue
        theirs = {setting: getattr(part, setting) for setting in counterpart.settings}
        if activation == SOFTMAX and theirs["dim"] == 1:
            theirs["dim"] = -1  # of samples in rows the same axis
        if theirs == counterpart.settings or (activation == "softplus" and theirs["threshold"] >= 20.0):
            return _with_parameter(activation, counterpart, part)
    raise _refused(name, part, "in the network", f"It can have {', '.join(_modules())}.")


def _with_parameter(activation: str, counterpart: Counterpart, part: Any) -> Any:
    attribute, parameter = counterpart.parameter
    op = TABLE.get(activation)
    if not attribute or op is None or op.parameter is None or getattr(part, attribute) == op.parameter.usual:
        return activation
    chosen = {parameter: float(getattr(part, attribute))}

    def function(z: Any) -> Any:
        return op(z, **chosen)

    function.__name__ = activation
    return function


def _modules() -> list[str]:
    return list(dict.fromkeys(["Linear", *(each.module for each in COUNTERPARTS.values()), "Flatten"]))


def _refused(name: str, part: Any, what: str, advice: str) -> ShapeError:
    of = f", a {type(part).__name__}," if part is not None and not isinstance(part, str) else ""
    expected = "the network is linear layers and activations, one after the other"
    return ShapeError(expected, f"{name!r}{of} {what}", advice)


# ONNX -----------------------------------------------------------------------------------------------------------------


def to_onnx(layers: Sequence[DenseLayer], path: str | PathLike[str], dtype: str = "float32") -> None:
    """Write a network as an ONNX file: input ``x`` of shape (samples, inputs), output ``y`` (samples, outputs).

    Raises:
        ImportError: onnx is not installed.
        UnknownNameError: an activation has no counterpart.
        ArgumentError: dtype is neither "float64" nor "float32".
    """
    from microgradnet.compiler.onnx import OPERATORS, OnnxGraph

    unary = {name: OPERATORS[name] for name, op in TABLE.items() if name in OPERATORS and len(op.partials) == 1}
    activations: dict[str, Callable[..., str]] = {
        IDENTITY: lambda g, x: x,
        SOFTMAX: lambda g, x: g("Softmax", x, axis=-1),
        **unary,
    }
    graph, value = OnnxGraph(dtype), "x"
    for number, layer in enumerate(layers, 1):
        if not isinstance(layer.activation, str) or layer.activation not in activations:
            raise _refuse_activation("ONNX", layer, number, activations)
        weights = graph.constant(layer.weights, f"w{number}")
        biases = [] if layer.biases is None else [graph.constant(layer.biases, f"b{number}")]
        value = graph("Gemm", value, weights, *biases, transB=1)
        value = activations[layer.activation](graph, value)
    graph.write(path, value, len(layers[0].weights[0]), len(layers[-1].weights))
