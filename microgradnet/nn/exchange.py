"""Networks of other libraries: from an ``MLP`` to a torch module or an ONNX file, and from a torch module back.

A network is here a list of :class:`DenseLayer`: plain numbers and the name of an activation. :data:`COUNTERPARTS` says,
in one record for each activation, what it is called elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any

from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, UnknownNameError, described, shown, type_of
from microgradnet.nn.activations import IDENTITY, SOFTMAX
from microgradnet.operation import TABLE
from microgradnet.text import write_whole

OPSET = 18  # of ONNX: the operators as of December 2022, which every runtime of today has
_GELU_TANH = 0.7978845608028654  # sqrt(2/pi)
_SELU = 1.0507009873554805, 1.6732632423543772  # scale and alpha, of the paper that selu comes from


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
    """An activation in other libraries.

    Arguments:
        onnx: adds the activation to an ONNX graph: from the graph and the name of its input to the name of its output.
        module: its class in ``torch.nn``; "" where torch has none.
        settings: the attributes that an object of that class has where it means this activation.
        parameter: the attribute of that object that is the operation's own parameter, such as the slope of a leaky
            relu, and the name that it has here; ("", "") for none.
    """

    onnx: Callable[[OnnxGraph, str], str]
    module: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    parameter: tuple[str, str] = ("", "")


@dataclass(slots=True)
class OnnxGraph:
    """The nodes and constants of an ONNX graph, while it is built. Calling it adds a node and returns its output.

    Arguments:
        dtype: ``"float64"`` or ``"float32"``, the type of all numbers.
    """

    dtype: str
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def __call__(self, operator: str, *inputs: str | float, **attributes: Any) -> str:
        """Add a node, and constants for the inputs that are numbers; return the name of its output."""
        from onnx import helper

        names = [self.constant(each) if isinstance(each, float) else each for each in inputs]
        output = f"v{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def constant(self, numbers: Any, name: str = "") -> str:
        """Add a number or an array as a constant; return its name."""
        import numpy
        from onnx import numpy_helper

        name = name or f"c{len(self.constants) + 1}"
        self.constants.append(numpy_helper.from_array(numpy.asarray(numbers, self.dtype), name))
        return name


def _softplus(g: OnnxGraph, x: str) -> str:
    """Return max(x, 0) + log(1 + exp(-|x|)), which does not overflow."""
    return g("Add", g("Relu", x), g("Log", g("Add", g("Exp", g("Neg", g("Abs", x))), 1.0)))


def _elu(g: OnnxGraph, x: str, alpha: float = 1.0) -> str:
    below = g("Mul", g("Sub", g("Exp", g("Min", x, 0.0)), 1.0), alpha)
    return g("Add", g("Relu", x), below)


def _normal(g: OnnxGraph, x: str, inner: Callable[[], str]) -> str:
    return g("Mul", g("Mul", x, 0.5), g("Add", inner(), 1.0))


def _gelu_tanh(g: OnnxGraph, x: str) -> str:
    cubic = g("Mul", g("Mul", x, g("Mul", x, x)), 0.044715)
    return _normal(g, x, lambda: g("Tanh", g("Mul", g("Add", x, cubic), _GELU_TANH)))


def _shrunk(g: OnnxGraph, x: str) -> str:
    """Return x less what lies between -1/2 and 1/2: softshrink."""
    return g("Sub", x, g("Max", g("Min", x, 0.5), -0.5))


COUNTERPARTS: dict[str, Counterpart] = {
    IDENTITY: Counterpart(lambda g, x: x, "Identity"),
    SOFTMAX: Counterpart(lambda g, x: g("Softmax", x, axis=-1), "Softmax", {"dim": -1}),
    "relu": Counterpart(lambda g, x: g("Relu", x), "ReLU"),
    "sigmoid": Counterpart(lambda g, x: g("Sigmoid", x), "Sigmoid"),
    "tanh": Counterpart(lambda g, x: g("Tanh", x), "Tanh"),
    "leaky_relu": Counterpart(
        lambda g, x: g("Max", x, g("Mul", x, 0.01)), "LeakyReLU", {}, ("negative_slope", "slope")
    ),
    "elu": Counterpart(_elu, "ELU", {}, ("alpha", "alpha")),
    "celu": Counterpart(_elu, "CELU", {}, ("alpha", "alpha")),
    "selu": Counterpart(lambda g, x: g("Mul", _elu(g, x, _SELU[1]), _SELU[0]), "SELU"),
    # torch goes over to the identity where beta*x is above the threshold; 20, its default, leaves out up to 2e-9.
    "softplus": Counterpart(_softplus, "Softplus", {"threshold": 40.0}, ("beta", "beta")),
    "log_sigmoid": Counterpart(lambda g, x: g("Neg", _softplus(g, g("Neg", x))), "LogSigmoid"),
    "silu": Counterpart(lambda g, x: g("Mul", x, g("Sigmoid", x)), "SiLU"),
    "mish": Counterpart(lambda g, x: g("Mul", x, g("Tanh", _softplus(g, x))), "Mish"),
    "gelu": Counterpart(
        lambda g, x: _normal(g, x, lambda: g("Erf", g("Mul", x, 0.7071067811865476))), "GELU", {"approximate": "none"}
    ),
    "gelu_tanh": Counterpart(_gelu_tanh, "GELU", {"approximate": "tanh"}),
    "relu6": Counterpart(lambda g, x: g("Min", g("Relu", x), 6.0), "ReLU6"),
    "hard_tanh": Counterpart(
        lambda g, x: g("Max", g("Min", x, 1.0), -1.0), "Hardtanh", {"min_val": -1.0, "max_val": 1.0}
    ),
    "hard_sigmoid": Counterpart(lambda g, x: g("Div", g("Min", g("Relu", g("Add", x, 3.0)), 6.0), 6.0), "Hardsigmoid"),
    "softsign": Counterpart(lambda g, x: g("Div", x, g("Add", g("Abs", x), 1.0)), "Softsign"),
    "softshrink": Counterpart(_shrunk, "Softshrink", {}, ("lambd", "lambd")),
    "hardshrink": Counterpart(
        lambda g, x: g("Where", g("Greater", g("Abs", x), 0.5), x, 0.0), "Hardshrink", {}, ("lambd", "lambd")
    ),
    "tanhshrink": Counterpart(lambda g, x: g("Sub", x, g("Tanh", x)), "Tanhshrink"),
    "exp": Counterpart(lambda g, x: g("Exp", x)),
    "sin": Counterpart(lambda g, x: g("Sin", x)),
    "square": Counterpart(lambda g, x: g("Mul", x, x)),
}


def _counterpart(layer: DenseLayer, number: int, elsewhere: str) -> Counterpart:
    found = COUNTERPARTS.get(layer.activation) if isinstance(layer.activation, str) else None
    if found is None or (elsewhere == "torch" and not found.module):
        known = ", ".join(name for name, each in COUNTERPARTS.items() if each.module or elsewhere != "torch")
        came = f"{layer.activation!r} in layer {number}"
        raise UnknownNameError(f"{elsewhere} has a counterpart of each activation", came, f"Those are {known}.")
    return found


# torch ----------------------------------------------------------------------------------------------------------------


def import_torch() -> Any:
    """Return the module torch.

    Raises:
        ImportError: it is not installed; the message says how to install it.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError('torch is not installed: pip install "microgradnet[torch]".') from error
    return torch


def to_torch(layers: Sequence[DenseLayer], dtype: str = "float64") -> Any:
    """Return a ``torch.nn.Sequential`` of linear layers and activations with these numbers.

    Raises:
        ImportError: torch is not installed.
        UnknownNameError: torch has no counterpart of an activation.
        ArgumentError: dtype is neither "float64" nor "float32".
    """
    torch = import_torch()
    check_dtype(dtype)
    kind, modules = getattr(torch, dtype), []
    for number, layer in enumerate(layers, 1):
        counterpart = _counterpart(layer, number, "torch")
        weights = torch.tensor(layer.weights, dtype=kind)
        linear = torch.nn.Linear(weights.shape[1], weights.shape[0], bias=layer.biases is not None, dtype=kind)
        with torch.no_grad():
            linear.weight.copy_(weights)
            if layer.biases is not None:
                linear.bias.copy_(torch.tensor(layer.biases, dtype=kind))
        modules.append(linear)
        if layer.activation != IDENTITY:
            modules.append(getattr(torch.nn, counterpart.module)(**_arguments(counterpart)))
    return torch.nn.Sequential(*modules)


def _arguments(counterpart: Counterpart) -> dict[str, Any]:
    return dict(counterpart.settings)


def check_dtype(dtype: Any) -> None:
    """Refuse what is not the name of a type of floats that both sides have."""
    if dtype not in ("float64", "float32"):
        raise ArgumentError('dtype is "float64" or "float32"', shown(dtype), "float64 keeps every digit.")


def from_torch(module: Any) -> list[DenseLayer]:
    """Return the layers of a torch module that applies linear layers and activations one after the other.

    The module may be a ``Sequential``, or a class with a ``forward`` of its own that torch can trace: calls of
    ``nn.Linear``, of activations as modules or functions, and of ``flatten``.

    Raises:
        ImportError: torch is not installed.
        NumberTypeError: it is no torch module.
        ShapeError: it does anything else; the message names the part.
    """
    torch = import_torch()
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
        came = f"{type_of(module)}, of which torch.fx says: {str(error).splitlines()[0][:100]}"
        raise ShapeError("the calls of a module can be traced", came, advice) from error
    before = None
    for node in graph.nodes:
        if node.op == "output":
            continue
        inputs = [each for each in node.all_input_nodes if each.op != "placeholder" or before is None or each is before]
        if (node.op == "placeholder") != (before is None) or (before is not None and inputs != [before]):
            came = f"{node.name} in {type_of(module)}"
            raise ShapeError("each part of the network takes the result of the part before it", came, advice)
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
    if counterpart is None or not counterpart.module or not (last_axis or (plain and activation != SOFTMAX)):
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
        if type(part) is not getattr(torch.nn, counterpart.module or "Module"):
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
    return list(dict.fromkeys(["Linear", *(each.module for each in COUNTERPARTS.values() if each.module), "Flatten"]))


def _refused(name: str, part: Any, what: str, advice: str) -> ShapeError:
    of = f", a {type(part).__name__}," if part is not None and not isinstance(part, str) else ""
    wanted = "the network is linear layers and activations, one after the other"
    return ShapeError(wanted, f"{name!r}{of} {what}", advice)


# ONNX -----------------------------------------------------------------------------------------------------------------


def to_onnx(layers: Sequence[DenseLayer], path: str | PathLike[str], dtype: str = "float32") -> None:
    """Write a network as an ONNX file: input ``x`` of shape (samples, inputs), output ``y`` (samples, outputs).

    Raises:
        ImportError: onnx is not installed.
        UnknownNameError: an activation has no counterpart.
        ArgumentError: dtype is neither "float64" nor "float32".
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError('onnx is not installed: pip install "microgradnet[onnx]".') from error
    check_dtype(dtype)
    graph, value = OnnxGraph(dtype), "x"
    for number, layer in enumerate(layers, 1):
        counterpart = _counterpart(layer, number, "ONNX")
        weights = graph.constant(layer.weights, f"w{number}")
        biases = [] if layer.biases is None else [graph.constant(layer.biases, f"b{number}")]
        value = graph("Gemm", value, weights, *biases, transB=1)
        value = counterpart.onnx(graph, value)
    kind = onnx.TensorProto.DOUBLE if dtype == "float64" else onnx.TensorProto.FLOAT
    graph.nodes.append(onnx.helper.make_node("Identity", [value], ["y"]))
    ends = [
        onnx.helper.make_tensor_value_info(name, kind, ["samples", size])
        for name, size in (("x", len(layers[0].weights[0])), ("y", len(layers[-1].weights)))
    ]
    whole = onnx.helper.make_graph(graph.nodes, "microgradnet", ends[:1], ends[1:], graph.constants)
    opsets = [onnx.helper.make_opsetid("", OPSET)]
    model = onnx.helper.make_model(whole, opset_imports=opsets, ir_version=8, producer_name="microgradnet")
    onnx.checker.check_model(model, full_check=True)
    write_whole(fspath(path), model.SerializeToString())
