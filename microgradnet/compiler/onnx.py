"""Programs and networks as ONNX graphs: the operators of each operation, and a compiled program as a file.

:data:`OPERATORS` says how ONNX computes an operation of the table. What it can't compute to the last digits, such as
``lgamma``, has no entry, and a program that needs it is refused by name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import HOLE, Applied, Array, ArrayLayout, Operand, Product, Reduced
from microgradnet.compiler.products import lay_out
from microgradnet.compiler.sums import flatten, group, record
from microgradnet.errors import ArgumentError, UnknownNameError, import_extra, shown
from microgradnet.operation import TABLE, Op
from microgradnet.text import write_whole
from microgradnet.value import Value

OPSET = 18  # the operators as of December 2022, which every runtime of today has


@dataclass(slots=True)
class OnnxGraph:
    """The nodes and constants of an ONNX graph, while it is built. Calling it adds a node and returns its output.

    Arguments:
        dtype: ``"float64"`` or ``"float32"``, the type of all numbers.

    Raises:
        ImportError: onnx is not installed.
        ArgumentError: dtype is neither of the two.
    """

    dtype: str
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        import_extra("onnx", "onnx")
        if self.dtype not in ("float64", "float32"):
            advice = "float64 keeps every digit."
            raise ArgumentError('dtype is "float64" or "float32"', shown(self.dtype), advice)

    def __call__(self, operator: str, *inputs: Any, **attributes: Any) -> str:
        """Add a node, and constants for the inputs that are numbers or arrays; return the name of its output."""
        from onnx import helper

        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        output = f"v{len(self.nodes) + 1}"
        self.nodes.append(helper.make_node(operator, names, [output], **attributes))
        return output

    def constant(self, numbers: Any, name: str = "") -> str:
        """Add a number or an array as a constant and return its name; whole numbers are indices."""
        from onnx import numpy_helper

        array = np.asarray(numbers)
        name = name or f"c{len(self.constants) + 1}"
        kind = np.int64 if array.dtype.kind == "i" else self.dtype
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array, kind), name))
        return name

    def number(self, condition: str) -> str:
        """Return a condition as 1.0 and 0.0."""
        return self("Cast", condition, to=self._kind())

    def write(self, path: str | PathLike[str], result: str, inputs: int, outputs: int) -> None:
        """Check the graph and write it to a file.

        Arguments:
            path: the file; an older one is replaced when the new one is complete.
            result: the name of the node's output that becomes ``y``, of shape (samples, outputs).
            inputs: the number of columns of ``x``.
            outputs: the number of columns of ``y``.
        """
        onnx = import_extra("onnx", "onnx")
        nodes = [*self.nodes, onnx.helper.make_node("Identity", [result], ["y"])]
        x, y = (
            onnx.helper.make_tensor_value_info(name, self._kind(), ["samples", size])
            for name, size in (("x", inputs), ("y", outputs))
        )
        whole = onnx.helper.make_graph(nodes, "microgradnet", [x], [y], self.constants)
        opsets = [onnx.helper.make_opsetid("", OPSET)]
        model = onnx.helper.make_model(whole, opset_imports=opsets, ir_version=8, producer_name="microgradnet")
        onnx.checker.check_model(model, full_check=True)
        write_whole(fspath(path), model.SerializeToString())

    def _kind(self) -> int:
        onnx = import_extra("onnx", "onnx")
        return int(onnx.TensorProto.DOUBLE if self.dtype == "float64" else onnx.TensorProto.FLOAT)


# Operations -----------------------------------------------------------------------------------------------------------

_GELU_TANH = math.sqrt(2.0 / math.pi)
_SELU = 1.0507009873554805, 1.6732632423543772  # scale and alpha, of the paper that selu comes from


def _softplus(g: OnnxGraph, x: str) -> str:
    """Return max(x, 0) + log(1 + exp(-|x|)), which does not overflow."""
    return g("Add", g("Relu", x), g("Log", g("Add", g("Exp", g("Neg", g("Abs", x))), 1.0)))


def _elu(g: OnnxGraph, x: str, alpha: float = 1.0) -> str:
    below = g("Mul", g("Sub", g("Exp", g("Min", x, 0.0)), 1.0), alpha)
    return g("Add", g("Relu", x), below)


def _expm1(g: OnnxGraph, x: str) -> str:
    """Return 2 sinh(x/2) exp(x/2), which keeps the digits of a small x."""
    half = g("Mul", x, 0.5)
    return g("Mul", g("Mul", g("Sinh", half), 2.0), g("Exp", half))


def _log1p(g: OnnxGraph, x: str) -> str:
    """Return 2 artanh(x / (x + 2)), which keeps the digits of a small x."""
    return g("Mul", g("Atanh", g("Div", x, g("Add", x, 2.0))), 2.0)


def _normal(g: OnnxGraph, x: str, inner: Callable[[], str]) -> str:
    return g("Mul", g("Mul", x, 0.5), g("Add", inner(), 1.0))


def _gelu_tanh(g: OnnxGraph, x: str) -> str:
    cubic = g("Mul", g("Mul", x, g("Mul", x, x)), 0.044715)
    return _normal(g, x, lambda: g("Tanh", g("Mul", g("Add", x, cubic), _GELU_TANH)))


def _cbrt(g: OnnxGraph, x: str) -> str:
    return g("Mul", g("Sign", x), g("Pow", g("Abs", x), 1.0 / 3.0))


def _clipped(g: OnnxGraph, x: str, low: float, high: float) -> str:
    return g("Max", g("Min", x, high), low)


def _gate(g: OnnxGraph, condition: str, x: Any, otherwise: Any) -> str:
    return g("Where", g("Equal", condition, 0.0), otherwise, x)


def _xlogy(g: OnnxGraph, x: str, y: str) -> str:
    return _gate(g, x, g("Mul", x, g("Log", y)), 0.0)


def _logaddexp(g: OnnxGraph, x: str, y: str) -> str:
    return g("Add", g("Min", x, y), _softplus(g, g("Sub", g("Max", x, y), g("Min", x, y))))


OPERATORS: dict[str, Callable[..., str]] = {
    "greater": lambda g, x, y: g.number(g("Greater", x, y)),
    "greater_equal": lambda g, x, y: g.number(g("GreaterOrEqual", x, y)),
    "less": lambda g, x, y: g.number(g("Less", x, y)),
    "less_equal": lambda g, x, y: g.number(g("LessOrEqual", x, y)),
    "equal": lambda g, x, y: g.number(g("Equal", x, y)),
    "not_equal": lambda g, x, y: g.number(g("Not", g("Equal", x, y))),
    "where": lambda g, condition, x: _gate(g, condition, x, 0.0),
    "unless": lambda g, condition, x: _gate(g, condition, 0.0, x),
    "add": lambda g, x, y: g("Add", x, y),
    "subtract": lambda g, x, y: g("Sub", x, y),
    "multiply": lambda g, x, y: g("Mul", x, y),
    "divide": lambda g, x, y: g("Div", x, y),
    "power": lambda g, x, y: g("Pow", x, y),
    "negate": lambda g, x: g("Neg", x),
    "reciprocal": lambda g, x: g("Reciprocal", x),
    "square": lambda g, x: g("Mul", x, x),
    "sqrt": lambda g, x: g("Sqrt", x),
    "rsqrt": lambda g, x: g("Reciprocal", g("Sqrt", x)),
    "cbrt": _cbrt,
    "radians": lambda g, x: g("Mul", x, math.pi / 180.0),
    "degrees": lambda g, x: g("Mul", x, 180.0 / math.pi),
    "abs": lambda g, x: g("Abs", x),
    "sign": lambda g, x: g("Sign", x),
    "floor": lambda g, x: g("Floor", x),
    "ceil": lambda g, x: g("Ceil", x),
    "round": lambda g, x: g("Round", x),
    "detach": lambda g, x: x,
    "maximum": lambda g, x, y: g("Max", x, y),
    "minimum": lambda g, x, y: g("Min", x, y),
    "exp": lambda g, x: g("Exp", x),
    "exp2": lambda g, x: g("Exp", g("Mul", x, math.log(2.0))),
    "expm1": _expm1,
    "log": lambda g, x: g("Log", x),
    "log2": lambda g, x: g("Mul", g("Log", x), 1.0 / math.log(2.0)),
    "log10": lambda g, x: g("Mul", g("Log", x), 1.0 / math.log(10.0)),
    "log1p": _log1p,
    "logit": lambda g, x: g("Log", g("Div", x, g("Sub", 1.0, x))),
    "xlogy": _xlogy,
    "logaddexp": _logaddexp,
    "sin": lambda g, x: g("Sin", x),
    "cos": lambda g, x: g("Cos", x),
    "tan": lambda g, x: g("Tan", x),
    "asin": lambda g, x: g("Asin", x),
    "acos": lambda g, x: g("Acos", x),
    "atan": lambda g, x: g("Atan", x),
    "sinh": lambda g, x: g("Sinh", x),
    "cosh": lambda g, x: g("Cosh", x),
    "tanh": lambda g, x: g("Tanh", x),
    "asinh": lambda g, x: g("Asinh", x),
    "acosh": lambda g, x: g("Acosh", x),
    "atanh": lambda g, x: g("Atanh", x),
    "erf": lambda g, x: g("Erf", x),
    "sigmoid": lambda g, x: g("Sigmoid", x),
    "relu": lambda g, x: g("Relu", x),
    "leaky_relu": lambda g, x: g("Max", x, g("Mul", x, 0.01)),
    "prelu": lambda g, x, slope: g("Add", g("Relu", x), g("Mul", slope, g("Min", x, 0.0))),
    "elu": _elu,
    "celu": _elu,
    "selu": lambda g, x: g("Mul", _elu(g, x, _SELU[1]), _SELU[0]),
    "softplus": _softplus,
    "log_sigmoid": lambda g, x: g("Neg", _softplus(g, g("Neg", x))),
    "silu": lambda g, x: g("Mul", x, g("Sigmoid", x)),
    "mish": lambda g, x: g("Mul", x, g("Tanh", _softplus(g, x))),
    "gelu": lambda g, x: _normal(g, x, lambda: g("Erf", g("Mul", x, math.sqrt(0.5)))),
    "gelu_tanh": _gelu_tanh,
    "relu6": lambda g, x: g("Min", g("Relu", x), 6.0),
    "hard_tanh": lambda g, x: _clipped(g, x, -1.0, 1.0),
    "hard_sigmoid": lambda g, x: g("Div", _clipped(g, g("Add", x, 3.0), 0.0, 6.0), 6.0),
    "softsign": lambda g, x: g("Div", x, g("Add", g("Abs", x), 1.0)),
    "softshrink": lambda g, x: g("Sub", x, _clipped(g, x, -0.5, 0.5)),
    "hardshrink": lambda g, x: g("Where", g("Greater", g("Abs", x), 0.5), x, 0.0),
    "tanhshrink": lambda g, x: g("Sub", x, g("Tanh", x)),
}


def operator(op: Op) -> Callable[..., str]:
    """Return how ONNX computes an operation.

    Raises:
        UnknownNameError: ONNX has no operators that compute it as exactly, or it is an operation of your own.
    """
    if op.name not in OPERATORS or TABLE.get(op.name) is not op:
        raise UnknownNameError("ONNX computes each operation", repr(op.name), f"It computes {', '.join(OPERATORS)}.")
    return OPERATORS[op.name]


# Programs -------------------------------------------------------------------------------------------------------------


def write_program(
    outputs: Sequence[Value],
    batch: Sequence[Value],
    numbers: Mapping[Value, float],
    path: str | PathLike[str],
    dtype: str,
) -> None:
    """Write the outputs of a recorded graph as an ONNX file, computed by arrays as a compiled program does.

    Arguments:
        outputs: the nodes that become the columns of ``y``.
        batch: the leaves that become the columns of ``x``.
        numbers: those of the other leaves, which become constants.
        path: the file.
        dtype: ``"float64"`` or ``"float32"``.

    Raises:
        UnknownNameError: ONNX does not compute an operation of the graph.
        ArgumentError: no leaf varies by sample.
    """
    if not batch:
        advice = "Compile with batch=[...], the leaves that vary by sample."
        raise ArgumentError("an ONNX file takes samples", "a program without batch=", advice)
    graph = OnnxGraph(dtype)
    recording = record(outputs).with_batch(batch)
    flat = flatten(recording)
    grouped = group(recording, flat, len(recording) + 2)
    assert grouped is not None  # parameters, samples, and no more than one for each node
    writer = _LayoutWriter(lay_out(recording, flat, grouped), numbers, graph)
    graph.write(path, writer.outputs(), len(batch), len(outputs))


class _LayoutWriter:
    """Writes the arrays of a layout as tensors of shape (samples, size), or (1, size) where no sample is read."""

    def __init__(self, layout: ArrayLayout, numbers: Mapping[Value, float], graph: OnnxGraph) -> None:
        self.layout, self.graph = layout, graph
        nodes = layout.recording.nodes
        self.parameters = np.array([numbers[nodes[place]] for place in layout.arrays[0].nodes.ravel()], float)
        self.tensors: dict[int, str] = {id(layout.arrays[1]): "x"}
        for array in layout.arrays[2:]:
            self.tensors[id(array)] = self._computed(array)

    def outputs(self) -> str:
        """Return the name of the tensor of the outputs, in the order of the program."""
        layout, g = self.layout, self.graph
        nodes = np.array(layout.recording.outputs)
        kinds = layout.grouped.of[nodes]
        columns = [np.flatnonzero(kinds == kind) for kind in dict.fromkeys(kinds.tolist())]
        parts = [self._for_each_sample(layout.operand(nodes[each])) for each in columns]
        whole = parts[0] if len(parts) == 1 else g("Concat", *parts, axis=1)
        order = np.argsort(np.concatenate(columns))
        return whole if np.array_equal(order, np.arange(len(order))) else g("Gather", whole, order, axis=1)

    def _for_each_sample(self, operand: Operand) -> str:
        tensor, g = self._flat(operand), self.graph
        if operand.source is not None and operand.source.batched:
            return tensor
        count = g("Shape", "x", start=0, end=1)
        return g("Expand", tensor, g("Concat", count, np.array([operand.nodes.size]), axis=0))

    def _computed(self, array: Array) -> str:
        made, g = array.made, self.graph
        if isinstance(made, Applied):
            return operator(made.op)(g, *map(self._flat, made.operands))
        if isinstance(made, Product):
            return self._product(made)
        if isinstance(made, Reduced):
            return self._reduced(made)
        assert made is not None
        parts = [self._term(coefficient, operands) for coefficient, operands in made.parts]
        constant = np.reshape(np.broadcast_to(made.constant, array.shape), (1, -1))
        whole = g.constant(constant) if constant.any() or not parts else ""
        for part in parts:
            whole = g("Add", whole, part) if whole else part
        return whole

    def _term(self, coefficient: Any, operands: Sequence[Operand]) -> str:
        """Return a coefficient times an operand or the product of two."""
        g, tensors = self.graph, [self._flat(operand) for operand in operands]
        tensor = tensors[0] if len(tensors) == 1 else g("Mul", *tensors)
        if isinstance(coefficient, float) and coefficient == 1.0:
            return tensor
        shape = operands[0].shape
        return g("Mul", tensor, np.reshape(np.broadcast_to(coefficient, shape), (1, -1)))

    def _reduced(self, made: Reduced) -> str:
        """Sum over the last axis, or over the runs of one row."""
        g, term = self.graph, self._term(made.coefficient, made.operands)
        shape = made.operands[0].shape
        if made.starts is None:
            parted = g("Reshape", term, np.array([-1, math.prod(shape[:-1]), shape[-1]]))
            return g("ReduceSum", parted, np.array([2]), keepdims=0)
        run = np.searchsorted(made.starts, np.arange(shape[0]), side="right") - 1
        return g("MatMul", term, (run[:, None] == np.arange(len(made.starts))).astype(float))

    def _product(self, made: Product) -> str:
        g, left, right = self.graph, made.left, made.right
        blocks = left.shape[0] if len(left.shape) == 3 else 1
        rows = left.shape[-2] if len(left.shape) > 1 else 1
        columns, terms = right.shape[-2:]
        known = self._known(right)
        if blocks == rows == 1 and known is not None:
            return g("MatMul", self._flat(left), known.reshape(columns, terms).T)
        one = g("Reshape", self._flat(left), np.array([-1, blocks, rows, terms]))
        other = g("Reshape", self._flat(right), np.array([-1, blocks, columns, terms]))
        product = g("MatMul", one, g("Transpose", other, perm=[0, 1, 3, 2]))
        return g("Reshape", product, np.array([-1, blocks * rows * columns]))

    def _known(self, operand: Operand) -> Any:
        """Return the numbers of an operand of constants or parameters; None for one that is computed."""
        if operand.source is None:
            return np.asarray(operand.places, float)
        if operand.source is not self.layout.arrays[0]:
            return None
        return np.where(operand.places == HOLE, 0.0, self.parameters[operand.places])

    def _flat(self, operand: Operand) -> str:
        """Return the name of an operand's tensor, row by row."""
        g, known = self.graph, self._known(operand)
        if known is not None:
            return g.constant(known.reshape(1, -1))
        tensor, places = self.tensors[id(operand.source)], operand.places.ravel()
        size = math.prod(operand.source.shape)
        if np.array_equal(places, np.arange(size)):
            return tensor
        if (places != HOLE).all():
            return g("Gather", tensor, places, axis=1)
        taken = g("Gather", tensor, np.where(places == HOLE, 0, places), axis=1)
        return g("Where", g("Greater", (places == HOLE).astype(float).reshape(1, -1), 0.5), 0.0, taken)
