"""``mg.compile``: from a recorded graph to a :class:`Program` that computes it and its gradient again, as arrays.

The stages, in order: ``sums`` (the graph as columns of numbers, flat sums, groups of like nodes), ``arrays`` and
``products`` (the array of each group, and which groups of dot products are matrix products), ``expressions`` and
``equations`` (each array and each adjoint as NumPy), ``writing`` (the text). A graph too narrow for arrays runs level
by level or as a tape (``narrow``). ``watching`` checks the comparisons that were made while the graph was recorded.
"""

from __future__ import annotations

import copy
import math
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from inspect import signature
from os import PathLike
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from microgradnet.compiler.expressions import DOUBLE
from microgradnet.compiler.narrow import LevelPlan, TapePlan, levels_of, plan_levels, plan_tape
from microgradnet.compiler.products import lay_out
from microgradnet.compiler.sums import Flattened, NodeGroups, RecordedGraph, flatten, group, record
from microgradnet.compiler.watching import Guard
from microgradnet.compiler.writing import ArrayGroup, Explanation, ProgramText, ProgramWriter
from microgradnet.errors import ArgumentError, DomainError, NumberTypeError, ShapeError, UnknownNameError, shown
from microgradnet.graph import Compared, Decisions, refresh, topological, watching
from microgradnet.operation import Op
from microgradnet.text import escape_html
from microgradnet.value import Value, move_numbers

# The cost of one step per group, level, place in the buffer and node, in microseconds, as measured; only ratios matter.
_PER_GROUP, _PER_LEVEL, _PER_PLACE, _PER_NODE = 1.5, 15.0, 0.04, 0.3
_FEW_GROUPS, _MOST_GROUPS = 100, 1_500
_MOST_KEPT = 128  # plans
_DOUBLE = np.dtype(DOUBLE)


def compile(  # noqa: A001  # the public name; the builtin is not needed here
    loss: Value | Sequence[Value] | Callable[[], Any],
    batch: Iterable[Value] | None = None,
    *,
    dtype: Any = DOUBLE,
) -> Program:
    r"""Turn a recorded graph into a NumPy program: forward, backward, and readable.

    Chains of additions become sums, sums of products become dot products, nodes made by the same operation from the
    same groups become one array, and dot products of all rows with all rows become matrix products. A graph too narrow
    for arrays runs on one buffer or on a tape.

    What recording fixed stays fixed: the branch of a Python ``if``, the largest number that ``softmax`` subtracts
    beyond 500, the index into a list, constants. ``mg.where`` follows the numbers. Pass a function that records the
    loss, and every run checks the comparisons of Values that the function made.

    Arguments:
        loss: the node to compute and to differentiate; or a function without arguments that records and returns it; or,
            for prediction with ``batch=``, a list of nodes.
        batch: the leaves that vary by sample. One recorded sample then serves any number of samples at once: the
            program takes an array of shape (samples, leaves), and the loss is the mean over the samples.
        dtype: the type of the program's numbers: ``"float64"``, that of the graph, or ``"float32"``, which halves the
            memory and the time of large arrays. The graph stays double: a float32 program rounds what it reads from the
            leaves, and what it adds to their ``.grad`` has about 7 digits. Its samples are a float32 array, whole
            numbers, or lists, which are rounded too; an array of doubles is refused.

    Returns:
        A :class:`Program`. Graphs of equal structure share one plan.

    Raises:
        NumberTypeError: ``loss`` is of another type.
        ArgumentError: ``batch`` is not a list, or holds a leaf twice; the function takes arguments; several outputs are
            compiled without ``batch``; ``dtype`` is another type; or it is float32, and NumPy older than 2.
        UnknownNameError: ``batch`` holds something other than leaves that the loss depends on.

    Example:
        >>> import microgradnet as mg
        >>> w, x = Value(3.0, label="w"), Value(2.0, label="x")
        >>> program = mg.compile((w * x) ** 2)
        >>> program(), w.grad, x.grad
        (36.0, 24.0, 36.0)
        >>> program = mg.compile((w * x) ** 2, batch=[x])
        >>> program([[1.0], [2.0]])
        22.5
    """
    precision = read_dtype(dtype)
    if not isinstance(loss, (FunctionType, MethodType, partial)):
        return _compile(_read_outputs(loss, batch), batch, precision)
    recorded, comparisons = _record(loss)
    program = _compile(_read_outputs(recorded, batch), batch, precision)
    if not comparisons:
        return program
    guard = make_guard(comparisons, program.leaves, program.batch, precision)
    return _compile(program.outputs, program.batch, precision, guard)


def read_dtype(dtype: Any) -> str:
    """Return the name of the type of a program's numbers, given a name or a type.

    Raises:
        ArgumentError: it is another type than those two; or it is float32, and NumPy older than 2.
    """
    try:
        name = "" if dtype is None else np.dtype(dtype).name
    except TypeError:
        name = ""
    if name not in (DOUBLE, "float32"):
        advice = 'Write dtype="float32", or leave it out.'
        raise ArgumentError('dtype= is "float64" or "float32"', shown(dtype), advice)
    if name != DOUBLE and np.lib.NumpyVersion(np.__version__) < "2.0.0":  # earlier ones widen by 1.0 (NEP 50)
        advice = "Upgrade NumPy, or leave dtype= out."
        raise ArgumentError("a program of float32 needs NumPy 2", f"NumPy {np.__version__}", advice)
    return name


def _compile(outputs: list[Value], batch: Any, dtype: str, guard: Guard | None = None) -> Program:
    recording = record(outputs)
    nodes = recording.nodes
    chosen = _read_batch(batch, [nodes[place] for place in recording.leaves.tolist()])
    plan = find_plan(recording.with_batch(chosen), dtype)
    return Program(outputs, chosen, [nodes[place] for place in plan.leaves], plan, guard, dtype)


def _record(function: Callable[[], Any]) -> tuple[Any, list[Compared]]:
    try:
        signature(function).bind()
    except TypeError as error:
        given = f"a function of {signature(function)}"
        advice = "Write mg.compile(lambda: f(x, t), batch=[x, t]), say."
        raise ArgumentError(
            "compile needs a function without arguments that records the loss", given, advice
        ) from error
    decisions = Decisions()
    with watching(decisions):
        return function(), decisions.comparisons


def make_guard(
    comparisons: Sequence[Compared], leaves: Sequence[Value], batch: Sequence[Value], dtype: str = DOUBLE
) -> Guard:
    """Compile the compared nodes.

    Arguments:
        comparisons: those of one recording.
        leaves: the leaves whose numbers are parameters, in their order.
        batch: the leaves that vary by sample, in the order of the columns of the samples.
        dtype: the type of the numbers of the program that they guard.
    """
    sides = [side for left, right, *_ in comparisons for side in (left, right) if isinstance(side, Value)]
    compared = list(dict.fromkeys(sides))
    below = set(map(id, topological(*compared)))
    inner = _compile(compared, [leaf for leaf in batch if id(leaf) in below], dtype)
    return Guard(comparisons, inner, leaves, batch)


def _read_outputs(loss: Any, batch: Any) -> list[Value]:
    """Return the nodes to compile."""
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
            advice = "Choose among mg.graph.leaves(loss); a result or a constant does not vary by sample."
            given = f"{shown(leaf)} in place {place}"
            raise UnknownNameError("batch= holds leaves that the graph depends on", given, advice)
    if len(set(map(id, chosen))) < len(chosen):
        raise ArgumentError("batch= holds each leaf once", "one twice", "One column of the samples fills one leaf.")
    return chosen


class Program:
    """A compiled graph, as ``mg.compile`` returns it.

    Calling it computes the loss from the present numbers of the leaves. The call sets ``.data`` of the loss and adds to
    ``.grad`` of the leaves, as ``backward`` does; the nodes between keep the numbers that they had.

    Where NumPy reports an overflow, a division by 0 or an invalid number, or the loss is not finite, the eager engine
    computes the same again, in double. Either it raises its error, which names the operation and its operands, or its
    numbers count, for example where only a branch that is not taken overflows; a program of float32 rounds them.

    Attributes:
        outputs: the compiled nodes; the loss alone, where one Value was compiled.
        batch: the leaves that vary by sample, in the order of the columns of ``samples``.
        dtype: the type of the program's numbers.
        leaves: the other leaves, in the order of the two arrays below; constants are not among them.
        parameters: their numbers, as :meth:`load` read them last.
        gradient: the derivatives of the loss by them, as :meth:`step` computed them last.
    """

    def __init__(
        self,
        outputs: Sequence[Value],
        batch: Sequence[Value],
        leaves: Sequence[Value],
        plan: Plan | LevelPlan | TapePlan,
        guard: Guard | None = None,
        dtype: str = DOUBLE,
    ) -> None:
        self.outputs, self.batch, self.leaves = list(outputs), list(batch), list(leaves)
        self.dtype = np.dtype(dtype)
        self.parameters, self.gradient = np.zeros((2, len(self.leaves)), dtype)
        self._plan, self._guard = plan, guard
        self._step, self._values = plan.bind(self.parameters, self.gradient)
        self._eager: EagerCopy | None = None
        self.load()

    @property
    def source(self) -> str:
        """The NumPy program that the graph became, to read; it runs by itself."""
        return self._plan.source

    @property
    def groups(self) -> tuple[ArrayGroup, ...]:
        """The scalars that each array holds, array by array; empty where the graph was too narrow for arrays."""
        return self._plan.groups if isinstance(self._plan, Plan) else ()

    @property
    def asked_eager(self) -> bool:
        """Whether any run so far was left to the eager engine."""
        return self._eager is not None

    def explain(self) -> Explanation:
        """Return which scalars became which array; print it for a table."""
        return Explanation(len(topological(*self.outputs)), self.groups, self._plan.source)

    def __repr__(self) -> str:
        return f"<Program of {len(self.outputs)} outputs, {len(self.leaves)} leaves and {len(self.batch)} per sample>"

    def _repr_html_(self) -> str:
        return f"{self.explain()._repr_html_()}<pre>{escape_html(self.source)}</pre>"

    def __call__(self, samples: Any = None) -> float:
        """Compute the loss, set its ``.data``, and add its derivatives to ``.grad`` of the leaves.

        Arguments:
            samples: with ``batch=``, an array of shape (samples, leaves of the batch); the loss is the mean over them.

        Raises:
            DomainError: a number leaves the domain of an operation. Nothing has changed then.
            ShapeError, NumberTypeError, ArgumentError: the samples do not fit this program.
        """
        samples = read_samples(samples, len(self.batch), self.dtype)
        self.load()
        loss = self.step(samples)
        self.outputs[0].data = loss
        for leaf, derivative in zip(self.leaves, self.gradient.tolist(), strict=True):
            leaf._grad += derivative
            leaf.has_grad = True
        return loss

    def load(self) -> None:
        """Read the numbers of the leaves into :attr:`parameters`; float32 rounds them.

        Raises:
            DomainError: a number is too large for float32. Nothing has changed then.
        """
        if self.dtype == _DOUBLE:
            move_numbers(self.leaves, self.parameters, False)
        else:
            numbers = np.empty(len(self.leaves))
            move_numbers(self.leaves, numbers, False)
            self.parameters[:] = narrowed(numbers, self.dtype)

    def store(self) -> None:
        """Write :attr:`parameters` into the leaves."""
        move_numbers(self.leaves, self.parameters.astype(_DOUBLE, copy=False), True)

    def step(self, samples: Any = None) -> float:
        """Return the loss at :attr:`parameters` and put its gradient into :attr:`gradient`; no Value is touched.

        Arguments and errors: as for calling the program.
        """
        if len(self.outputs) > 1:
            given = f"{len(self.outputs)} outputs"
            raise ArgumentError("a step differentiates one loss", given, "Compile the loss alone, or use .values().")
        samples = self._checked(samples)
        loss = self._watched(self._step, samples)
        return self._eager_copy().step(samples) if loss is None else float(loss)

    def unchecked_step(self, samples: Any = None) -> float:
        """As :meth:`step`, for callers that watch a run themselves: nothing is checked, converted or computed again.

        Arguments:
            samples: an array of the program's type with one row for each sample, in memory one after the other.
        """
        return self._step(samples)

    def evaluate(self, samples: Any = None) -> Any:
        """Return the loss at :attr:`parameters` for each sample, an array; nothing is differentiated."""
        return self.values(samples)[:, 0]

    def values(self, samples: Any = None) -> Any:
        """Return the outputs at :attr:`parameters`, an array of shape (samples, outputs)."""
        samples = self._checked(samples)
        found = self._watched(self._values, samples)
        return self._eager_copy().values(samples) if found is None else found

    def to_onnx(self, path: str | PathLike[str], dtype: str = "float32") -> None:
        """Write an ONNX file with input ``x`` (samples, leaves of the batch) and output ``y`` (samples, outputs).

        The numbers of the other leaves become constants, as :attr:`parameters` has them. Where the graph raises a
        DomainError, the file gives nan or inf, as ONNX has no errors.

        Arguments:
            path: the file; an older one is replaced when the new one is complete.
            dtype: the type of all numbers, ``"float32"`` or ``"float64"``.

        Raises:
            ImportError: onnx is not installed; ``pip install "microgradnet[onnx]"``.
            UnknownNameError: ONNX does not compute an operation of the graph.
            ArgumentError: the program has no ``batch=``, or a comparison of Values decided what it computes.
            OSError: the file can't be written.

        Example:
            >>> import tempfile, microgradnet as mg
            >>> x, w = Value(2.0, label="x"), Value(3.0, label="w")
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     mg.compile([mg.tanh(w * x)], batch=[x]).to_onnx(f"{folder}/model.onnx")  # doctest: +SKIP
        """
        from microgradnet.compiler.onnx import write_program

        if self._guard is not None:
            given = "one whose recording compared Values"
            raise ArgumentError("a program that computes the same for all samples", given, "Choose with mg.where.")
        numbers = dict(zip(self.leaves, self.parameters.tolist(), strict=True))
        write_program(self.outputs, self.batch, numbers, path, dtype)

    def _checked(self, samples: Any) -> Any:
        samples = read_samples(samples, len(self.batch), self.dtype)
        if self._guard is not None:
            self._guard.check(self.parameters, samples)
        return samples

    @staticmethod
    def _watched(function: Callable[[Any], Any], samples: Any) -> Any:
        """Return a result that is finite and that NumPy found no fault with; else None."""
        with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
            try:
                found = function(samples)
            except (ArithmeticError, ValueError):
                return None
        return found if (math.isfinite(found) if isinstance(found, float) else np.isfinite(found).all()) else None

    def _eager_copy(self) -> EagerCopy:
        if self._eager is None:
            self._eager = EagerCopy(self)
        return self._eager


def narrowed(numbers: Any, dtype: Any, of: str = "a leaf") -> Any:
    """Return doubles rounded to a type.

    Arguments:
        numbers: an array of doubles.
        dtype: the type.
        of: what a message calls one of them.

    Raises:
        DomainError: one is too large.
    """
    with np.errstate(over="ignore"):
        found = numbers.astype(dtype)
    wrong = np.isinf(found) & np.isfinite(numbers)
    if wrong.any():
        given = f"{numbers[wrong][0]} as {of}"
        raise DomainError(f"{dtype} holds numbers up to 3.4e38", given, "Scale it, or compile without dtype=.")
    return found


def read_samples(samples: Any, width: int, dtype: Any = _DOUBLE) -> Any:
    """Return samples as an array of floats, one row for each.

    Arguments:
        samples: an array or nested lists of shape (samples, leaves of the batch).
        width: how many leaves vary by sample; 0 for a program without a batch, which takes None.
        dtype: the type of the program's numbers.

    Raises:
        ArgumentError: samples for a program without a batch, or none for one with a batch.
        NumberTypeError: the samples are not real numbers, or an array of doubles for a program of float32.
        DomainError: a number is too large for float32, or a whole number not one.
        ShapeError: they have another shape, or there are none.
    """
    if samples is None or not width:
        if samples is not None:
            advice = "Compile with batch=[...], the leaves that vary by sample."
            raise ArgumentError("a program without batch= takes no samples", shown(samples), advice)
        if width:
            advice = "Call program(samples) with one row for each sample."
            raise ArgumentError(f"a program with batch= needs samples of {width} numbers each", "none", advice)
        return None
    if type(samples) is not np.ndarray or samples.dtype != dtype:
        samples = _as_array(samples, dtype)
    if samples.ndim != 2 or samples.shape[1] != width or not len(samples):
        expected = f"samples have {width} number{'s' * (width > 1)} each, one for each leaf of batch="
        given = f"an array of shape {samples.shape}"
        raise ShapeError(expected, given, "Give one row for each sample, and at least one row.")
    return samples


def _as_array(samples: Any, dtype: Any) -> Any:
    try:
        array = np.asarray(samples)
    except ValueError as error:
        raise ShapeError(
            "samples all have one length", "rows of several lengths", "Give one row for each sample."
        ) from error
    if array.dtype.kind not in "biuf":
        given = f"an array of {array.dtype}"
        raise NumberTypeError("samples are real numbers", given, "Use .data of Values, and .astype(float) if it fits.")
    if dtype == _DOUBLE:
        return array.astype(float)
    if array.dtype.kind == "f" and hasattr(samples, "dtype") and not np.can_cast(array.dtype, dtype):
        advice = "Write samples.astype('float32'), or compile without dtype=."
        raise NumberTypeError(f"samples of a program of {dtype} are {dtype}", f"an array of {array.dtype}", advice)
    found = narrowed(array, dtype, "a sample")
    if array.dtype.kind in "iu" and (found != array).any():
        given = f"{array[found != array][0]}"
        advice = "Scale the samples, or compile without dtype=."
        raise DomainError(f"whole numbers up to 16777216, which {dtype} holds all, and some above", given, advice)
    return found


class EagerCopy:
    """A copy of a program's graph that the eager engine recomputes and sweeps for one sample after the other.

    The caller's nodes stay as they are until a whole step has succeeded.

    Arguments:
        program: the program; its flat arrays hold the parameters and take the gradient.
    """

    def __init__(self, program: Program) -> None:
        self.parameters, self.gradient = program.parameters, program.gradient
        self.outputs, self.leaves, self.batch = copy.deepcopy((program.outputs, program.leaves, program.batch))
        self.order = topological(*self.outputs)

    def step(self, samples: Any) -> float:
        """Return the mean loss over the samples; put the gradient of that mean into its array."""
        loss, count = self.outputs[0], 1 if samples is None else len(samples)
        whole, sums = 0.0, [0.0] * len(self.leaves)
        for _ in self._computed(samples):
            loss.zero_grad()
            loss.backward()
            whole += loss.data
            sums = [before + leaf.grad for before, leaf in zip(sums, self.leaves, strict=True)]
        gradient = narrowed(np.array(sums) / count, self.gradient.dtype, "a derivative")
        mean = float(narrowed(np.array(whole / count), self.gradient.dtype, "the loss"))
        self.gradient[:] = gradient
        return mean

    def values(self, samples: Any) -> Any:
        """Return the numbers of the outputs, one row for each sample."""
        rows = [[output.data for output in self.outputs] for _ in self._computed(samples)]
        return narrowed(np.array(rows), self.parameters.dtype, "an output")

    def _computed(self, samples: Any) -> Iterable[int]:
        """Compute the graph for one sample after the other, and yield the sample's number, from 1."""
        _set(self.leaves, self.parameters.tolist())
        for place, row in enumerate([()] if samples is None else samples.tolist(), 1):
            _set(self.batch, row)
            try:
                for node in self.order:
                    refresh(node)
            except DomainError as error:
                if not self.batch:
                    raise
                raise DomainError(error.expected, f"{error.given} in sample {place}", error.advice) from error
            yield place


def _set(leaves: Sequence[Value], numbers: Sequence[float]) -> None:
    for leaf, number in zip(leaves, numbers, strict=True):
        leaf.data = number


@dataclass(frozen=True, slots=True)
class Plan:
    """The programs of a recorded graph; it holds no node, so graphs of equal structure can share it.

    Arguments:
        step: the program of the loss and its gradient; None for several outputs.
        values: the program of the outputs.
        leaves: the places of the parameters among the recorded nodes, in the order of the flat array.
        columns: per array that ``values`` returns, the columns of the outputs that it fills.
        groups: the scalars that each array holds.
    """

    step: ProgramText | None
    values: ProgramText
    leaves: list[int]
    columns: list[Any]
    groups: tuple[ArrayGroup, ...]

    @property
    def source(self) -> str:
        """The program as text that runs by itself."""
        return (self.values if self.step is None else self.step).source

    def bind(self, parameters: Any, gradient: Any) -> tuple[Callable[..., float], Callable[..., Any]]:
        """Return the step and the values, on these flat arrays."""
        values = self.values.bind(parameters, gradient)

        def collected(samples: Any) -> Any:
            count = 1 if samples is None else len(samples)
            found = np.empty((count, sum(map(len, self.columns))), parameters.dtype)
            for columns, array in zip(self.columns, values(samples), strict=True):
                found[:, columns] = np.reshape(array, (-1, len(columns))) if np.ndim(array) else array
            return found

        return (collected if self.step is None else self.step.bind(parameters, gradient)), collected


def make_plan(recording: RecordedGraph, dtype: str = DOUBLE) -> Plan | LevelPlan | TapePlan:
    """Return the plan of a recorded graph: as arrays, level by level, or node by node, whichever is likely quickest.

    Arrays have the benefit of the doubt, as their program can be read. A tape computes with doubles only.
    """
    flat = flatten(recording)
    grouped = group(recording, flat, _MOST_GROUPS)
    if grouped is not None and len(grouped.groups) <= _FEW_GROUPS:
        return plan_arrays(recording, flat, grouped, dtype)
    by_levels = levels_of(recording, flat)
    costs = {
        "groups": math.inf if grouped is None else _PER_GROUP * len(grouped.groups),
        "levels": _PER_LEVEL * len(by_levels) + _PER_PLACE * len(recording),
        "nodes": _PER_NODE * len(recording) if dtype == DOUBLE else math.inf,
    }
    best = min(costs, key=costs.__getitem__)
    if best == "groups" and grouped is not None:
        return plan_arrays(recording, flat, grouped, dtype)
    return plan_tape(recording) if best == "nodes" else plan_levels(recording, flat, by_levels)


def plan_arrays(recording: RecordedGraph, flat: Flattened, grouped: NodeGroups, dtype: str) -> Plan:
    """Lay the groups out as arrays and write their programs."""
    layout = lay_out(recording, flat, grouped)
    writer = ProgramWriter(layout, dtype)
    return Plan(writer.step, writer.values, layout.arrays[0].nodes.tolist(), writer.columns, writer.groups)


# Plans by structure, with the operations of the graph: while they live, no other one can have their identity.
_kept: OrderedDict[tuple[bytes, str], tuple[Plan | LevelPlan | TapePlan, list[Op]]] = OrderedDict()


def find_plan(recording: RecordedGraph, dtype: str = DOUBLE) -> Plan | LevelPlan | TapePlan:
    """Return the plan of a recorded graph, or the one that was made for an earlier graph of equal structure."""
    key = _structure(recording), dtype
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key][0]
    plan = make_plan(recording, dtype)
    _kept[key] = plan, recording.operations
    if len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return plan


def _structure(recording: RecordedGraph) -> bytes:
    """Return a digest of all that a plan depends on: operations, operands, constants and labels."""
    r = recording
    digest = blake2b(digest_size=16)
    digest.update(repr((len(r), r.outputs, r.batch, [(op.name, id(op)) for op in r.operations])).encode())
    for column in (r.code, r.left, r.right, r.fixed, r.data[r.fixed]):
        digest.update(np.ascontiguousarray(column).data)
    digest.update("\0".join(r.labels).encode("utf-8", "surrogatepass"))
    return digest.digest()
