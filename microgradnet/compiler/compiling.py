"""``mg.compile``: from a recorded graph to the program that runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from inspect import signature
from types import FunctionType, MethodType
from typing import Any

from microgradnet.compiler.planning import find_plan
from microgradnet.compiler.program import Program
from microgradnet.compiler.recording import record
from microgradnet.compiler.watching import Comparison, Guard, record_watched
from microgradnet.errors import ArgumentError, NumberTypeError, UnknownNameError, shown
from microgradnet.graph import topological
from microgradnet.value import Value


def compile_graph(loss: Value | Sequence[Value] | Callable[[], Any], batch: Iterable[Value] | None = None) -> Program:
    r"""Turn a recorded graph into a NumPy program: forward, backward, and readable.

    Chains of additions become sums, sums of products become dot products, nodes that are made alike become arrays, and
    dot products of all rows with all rows become products of matrices; see the modules of ``microgradnet.compiler``, in
    the order in which ``planning`` calls them. Graphs too narrow for that run on one buffer or on a tape.

    What recording froze stays frozen: a Python ``if``, the largest number that ``softmax`` subtracts beyond 500, the
    index into a list, written numbers. ``mg.where`` follows the numbers. Give a function that records the loss, and the
    comparisons of Values that it makes are checked on every run.

    Arguments:
        loss: the node to compute and to differentiate; or a function without arguments that records and returns it; or,
            for prediction with ``batch=``, a list of nodes.
        batch: the leaves that vary by sample. One recorded sample then serves any number of them at once: the program
            takes an array of shape (samples, leaves), and the loss is the mean over the samples.

    Returns:
        A :class:`Program`. Graphs of one structure share what was compiled.

    Raises:
        NumberTypeError: ``loss`` is none of these; a TypeError too.
        ArgumentError, UnknownNameError: ``batch`` holds something else than leaves that the loss depends on, each once.

    Example:
        >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
        >>> program = compile_graph((w * x) ** 2)
        >>> program(), w.grad, x.grad
        (36.0, 24.0, 36.0)
        >>> program = compile_graph((w * x) ** 2, batch=[x])
        >>> program([[1.0], [2.0]])
        22.5
    """
    comparisons: list[Comparison] = []
    if isinstance(loss, (FunctionType, MethodType, partial)):
        loss, comparisons = _record(loss)
    program = _compile(_read_outputs(loss, batch), batch)
    return program if not comparisons else _guarded(program, comparisons)


def _compile(outputs: list[Value], batch: Any, guard: Guard | None = None) -> Program:
    recording = record(outputs)
    nodes = recording.nodes
    chosen = _read_batch(batch, [nodes[place] for place in recording.leaves.tolist()])
    plan = find_plan(recording.with_batch(chosen))
    return Program(outputs, chosen, [nodes[place] for place in plan.leaves], plan, guard)


def _record(function: Callable[[], Any]) -> tuple[Any, list[Comparison]]:
    try:
        signature(function).bind()
    except TypeError as error:
        came = f"a function of {signature(function)}"
        advice = "Write mg.compile(lambda: f(x, t), batch=[x, t]), say."
        raise ArgumentError("a function that records the loss, without arguments", came, advice) from error
    return record_watched(function)


def _guarded(program: Program, comparisons: Sequence[Comparison]) -> Program:
    """Return a program that checks with every run that comparisons come out as they did."""
    sides = [side for each in comparisons for side in (each.left, each.right) if isinstance(side, Value)]
    compared = list(dict.fromkeys(sides))
    below = set(map(id, topological(*compared)))
    inner = _compile(compared, [leaf for leaf in program.batch if id(leaf) in below])
    return _compile(program.outputs, program.batch, Guard(comparisons, inner, program.leaves, program.batch))


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
