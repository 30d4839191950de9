"""One forward and one backward pass for a picture, in nodes of its own: the model's parameters are only read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from microgradnet.compositions import dot, softmax
from microgradnet.errors import ArgumentError, NumberTypeError, ShapeError, shown
from microgradnet.graph import adjoints
from microgradnet.nn.activations import SOFTMAX
from microgradnet.nn.layers import MLP, Layer, Neuron
from microgradnet.nn.reading import as_list, as_nodes
from microgradnet.operation import is_real
from microgradnet.value import Value


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
    """Raise where a class of the caller's own computes something else from the layers than they do in a row."""
    if type(model).__call__ in (MLP.__call__, Layer.__call__, Neuron.__call__):
        return
    outputs = [output.data for output in as_nodes(model([node.data for node in passes.inputs]), "a")]
    ours = [output.data for output in passes.after[-1]]
    if outputs != ours:
        came = f"{type(model).__name__}, whose outputs are {shown(outputs)} where its layers give {shown(ours)}"
        raise ArgumentError("a model that applies its layers one after the other", came, "Draw it without x and t.")


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
        came = f"{len(targets)} target{'s' * (len(targets) != 1)}"
        raise ShapeError(f"this model has {count} output{'s' * (count != 1)}", came, advice)
    else:
        shares = _fresh(targets, "t", len(outputs))
        result = loss(produced, shares[0] if is_real(t) or isinstance(t, Value) else shares)
    if not isinstance(result, Value):
        came = f"{shown(result)} of type {type(result).__name__}"
        raise NumberTypeError("a loss returns one Value", came, "Use one of mg.losses, or add terms with mg.total.")
    passes.targets, passes.loss = shares, result
    passes.adjoints = adjoints(result)
