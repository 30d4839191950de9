"""``mg.compile``: from a recorded graph to the program that runs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from microgradnet.calculus.sweeps import ordered
from microgradnet.compiler.program import Program
from microgradnet.compiler.sweeping import Sweep
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, shown
from microgradnet.value import Constant, Value


def compile_graph(loss: Value | Sequence[Value], batch: Iterable[Value] | None = None) -> Program:
    """Turn a recorded graph into a program."""
    outputs = _read_outputs(loss, batch)
    order = ordered(outputs)
    varying = [node for node in order if node.op is None and not isinstance(node, Constant)]
    chosen = _read_batch(batch, varying)
    known = set(map(id, chosen))
    leaves = [leaf for leaf in varying if id(leaf) not in known]
    return Program(outputs, chosen, leaves, Sweep(outputs, leaves, chosen))


def _read_outputs(loss: Any, batch: Any) -> list[Value]:
    """Return the nodes to compile, after a look at whether they are any."""
    if isinstance(loss, Value):
        return [loss]
    if not isinstance(loss, (list, tuple)) or not loss or not all(isinstance(node, Value) for node in loss):
        advice = "Pass the result of a computation on Values, or a list of results."
        raise NumberTypeError("compile needs a Value", f"{shown(loss)} of type {type(loss).__name__}", advice)
    if batch is None:
        advice = "Name the leaves that vary by sample, or compile one loss, such as their mg.total."
        raise ArgumentError("several outputs are compiled for prediction, with batch=", "no batch=", advice)
    return list(loss)


def _read_batch(batch: Any, leaves: Sequence[Value]) -> list[Value]:
    """Return the leaves that vary by sample."""
    if batch is None:
        return []
    if not isinstance(batch, Iterable) or isinstance(batch, str):
        raise ArgumentError("batch= is a list of leaves", shown(batch), "Write batch=[x, t], say.")
    chosen = list(batch)
    known = set(map(id, leaves))
    for place, leaf in enumerate(chosen, 1):
        if id(leaf) not in known:
            advice = "Choose among mg.graph.leaves(loss); a result or a written number does not vary by sample."
            came = f"{shown(leaf)} in place {place}"
            raise UnknownNameError("batch= holds leaves that the graph depends on", came, advice)
    if len(set(map(id, chosen))) < len(chosen):
        raise ArgumentError("each leaf stands in batch= once", "one twice", "One column of the samples fills one leaf.")
    return chosen
