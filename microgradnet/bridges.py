"""``verify_against``: the gradients of a torch module against those of the scalar graph, parameter by parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from microgradnet.compositions import mean
from microgradnet.errors import ShapeError, UnknownNameError, import_extra, shown
from microgradnet.figures import show
from microgradnet.nn import losses
from microgradnet.nn.activations import SOFTMAX
from microgradnet.nn.exchange import from_torch
from microgradnet.nn.layers import MLP
from microgradnet.text import TextTable, encodable, escape_html
from microgradnet.value import Value

_DIGITS = 6
_TOLERANCES = {"torch.float64": 1e-10, "torch.float32": 1e-4}  # relative to the largest gradient of a parameter

# Losses of one sample or of a batch in torch, for modules on which nobody has called backward() yet.
_IN_TORCH: dict[str, Callable[[Any, Any, Any], Any]] = {
    "half_squared_error": lambda torch, o, t: 0.5 * ((o - t) ** 2).sum(-1),
    "squared_error": lambda torch, o, t: ((o - t) ** 2).sum(-1),
    "mean_squared_error": lambda torch, o, t: ((o - t) ** 2).mean(-1),
    "mean_absolute_error": lambda torch, o, t: (o - t).abs().mean(-1),
    "cross_entropy": lambda torch, o, t: -(t * torch.log_softmax(o, -1)).sum(-1),
    "binary_cross_entropy": lambda torch, o, t: torch.nn.functional.binary_cross_entropy(o, t, reduction="none").sum(
        -1
    ),
}


@dataclass(frozen=True, slots=True)
class ParameterComparison:
    """One parameter of a torch module.

    Arguments:
        name: its name in the module, such as ``"0.weight"``.
        entry: the entry whose gradients differ most, as the scalar network calls it: ``"w1[2,1]"``.
        torch: the gradient of that entry in torch; None where the parameter has none.
        scalar: the gradient of that entry on the scalar graph.
        agrees: whether all entries agree.
    """

    name: str
    entry: str
    torch: float | None
    scalar: float
    agrees: bool


@dataclass(frozen=True, slots=True)
class TorchComparison:
    """The result of ``verify_against``. It is true where outputs and gradients agree, and prints as a table.

    Arguments:
        rows: one for each parameter, in the order of the module.
        remarks: what is wrong with outputs or with all gradients together, as sentences.
        loss: the loss of the scalar graph.
    """

    rows: tuple[ParameterComparison, ...]
    remarks: tuple[str, ...]
    loss: float

    @property
    def ok(self) -> bool:
        """Whether the outputs and all gradients agree."""
        return not self.remarks and self.first_wrong is None

    @property
    def first_wrong(self) -> ParameterComparison | None:
        """The first parameter, in the order of the module, whose gradient differs."""
        return next((row for row in self.rows if not row.agrees), None)

    @property
    def text(self) -> str:
        """The report as plain text."""
        return "\n".join([self._table().text(), "", *self._sentences()])

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return encodable(self.text)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._table().html() + "".join(f"<p>{escape_html(sentence)}</p>" for sentence in self._sentences())

    def _table(self) -> TextTable:
        rows = [
            (row.name, row.entry, _number(row.torch), _number(row.scalar), "agrees" if row.agrees else "DIFFERS")
            for row in self.rows
        ]
        headings = ("parameter", "largest difference at", "torch", "scalar graph", "verdict")
        return TextTable(headings, rows, "llrrl", styles=["good" if row.agrees else "bad" for row in self.rows])

    def _sentences(self) -> Iterator[str]:
        wrong = self.first_wrong
        if self.ok:
            yield f"All {len(self.rows)} gradients agree."
        if wrong is not None:
            theirs = "it has no gradient" if wrong.torch is None else f"torch has {_number(wrong.torch)}"
            ours = _number(wrong.scalar)
            yield f"The first that differs is {wrong.name}: at {wrong.entry} {theirs}, the graph {ours}."
        yield from self.remarks


def verify_against(
    module: Any, x: Any, t: Any, loss: str = "mean_squared_error", *, tolerance: float | None = None
) -> TorchComparison:
    """Compare the gradients of a torch module with those of the same network as a scalar graph.

    Where the module's parameters have gradients, because you called ``loss.backward()`` in torch, those are compared:
    so a class checks its own training step. Where none has one, torch computes them from the loss named here. Nothing
    in the module is changed.

    Arguments:
        module: a ``torch.nn.Module`` that ``MLP.from_torch`` accepts.
        x: the inputs, of one sample or of several in rows: a tensor, an array or lists.
        t: the targets, in the same form.
        loss: the name of a loss of ``mg.losses``; of several samples its mean.
        tolerance: how far gradients may differ, relative to the largest of a parameter; None for 1e-10 in double
            precision and 1e-4 in single.

    Returns:
        A :class:`TorchComparison`: print it. Its ``first_wrong`` names the first parameter whose gradient differs.

    Raises:
        ImportError: torch is not installed.
        ShapeError: the module is no chain of layers, or x and t do not fit it.
        UnknownNameError: there is no loss of this name, or torch has to compute one that has no counterpart here.

    Example:
        >>> from torch import nn  # doctest: +SKIP
        >>> print(verify_against(nn.Sequential(nn.Linear(2, 1)), [0.5, 1.0], [1.0]))  # doctest: +SKIP
    """
    torch = import_extra("torch", "torch")
    layers = from_torch(module)
    network = MLP.from_torch(module)
    record = losses.find(loss)
    inputs, targets = _rows(x, "x", len(layers[0].weights[0])), _targets(t, len(layers[-1].weights), record)
    if len(inputs) != len(targets):
        raise ShapeError("x and t have as many samples", f"{len(inputs)} and {len(targets)}", "Give one t for each x.")
    outputs = [network(row) for row in inputs]
    result = mean([record.function(output, target) for output, target in zip(outputs, targets, strict=True)])
    result.backward()
    parameters = dict(module.named_parameters())
    kind = next(iter(parameters.values())).dtype
    allowed = tolerance if tolerance is not None else _TOLERANCES.get(str(kind), 1e-4)
    tensors = torch.tensor(inputs, dtype=kind), torch.tensor(targets, dtype=kind)
    theirs = module(tensors[0])
    remarks = _outputs_differ(theirs.detach().double().reshape(len(inputs), -1).tolist(), outputs, allowed)
    gradients = {name: parameter.grad for name, parameter in parameters.items()}
    if all(gradient is None for gradient in gradients.values()):
        theirs = theirs.reshape(tensors[1].shape)
        if record.takes_classes and layers[-1].activation == SOFTMAX:
            theirs = theirs.log()  # of which log_softmax is itself
        gradients = _from_torch(torch, record.name, theirs, tensors[1], parameters)
    names = [layer.name for layer in layers]
    rows = list(_compared(network, names, gradients, allowed))
    if not all(row.agrees for row in rows):
        remarks += _common_factor(network, names, gradients, len(inputs), allowed)
    return TorchComparison(tuple(rows), tuple(remarks), result.data)


def _targets(t: Any, size: int, record: losses.LossRecord) -> list[list[float]]:
    """Return the targets as rows; the indices of classes, as torch takes them, as rows with a 1 in that place."""
    import numpy

    classes = numpy.asarray(t.detach().cpu() if hasattr(t, "detach") else t)
    if record.takes_classes and size > 1 and classes.dtype.kind in "iu" and classes.ndim < 2:
        return [[float(place == chosen) for place in range(size)] for chosen in numpy.atleast_1d(classes).tolist()]
    return _rows(t, "t", size)


def _rows(numbers: Any, name: str, size: int) -> list[list[float]]:
    """Return a tensor, an array or lists as rows of floats; one sample is one row."""
    import numpy

    table = numpy.asarray(numbers.detach().cpu() if hasattr(numbers, "detach") else numbers, dtype=float)
    if table.ndim == 1 and table.size != size and size == 1:
        table = table[:, None]  # one number for each sample
    rows = numpy.atleast_2d(table)
    if rows.ndim != 2 or rows.shape[1] != size:
        expected = f"each row of {name} has {size} number{'s' * (size != 1)}"
        raise ShapeError(expected, f"shape {tuple(table.shape)}", "Give samples in rows.")
    return [[float(number) for number in row] for row in rows]


def _from_torch(torch: Any, loss: str, outputs: Any, targets: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the gradients that torch computes of the mean loss, by the name of the parameter; .grad is left alone."""
    if loss not in _IN_TORCH:
        advice = f"Call backward() on your own loss in torch first, or use one of {', '.join(_IN_TORCH)}."
        raise UnknownNameError("torch computes this loss itself where no parameter has a gradient", shown(loss), advice)
    value = _IN_TORCH[loss](torch, outputs, targets).mean()
    found = torch.autograd.grad(value, list(parameters.values()), allow_unused=True)
    return dict(zip(parameters, found, strict=True))


def _outputs_differ(theirs: list[list[float]], outputs: Sequence[Any], allowed: float) -> list[str]:
    """Return a sentence on the first sample whose outputs differ: then forward() does more than its layers say."""
    for sample, (row, output) in enumerate(zip(theirs, outputs, strict=True), 1):
        ours = [value.data for value in (output if isinstance(output, list) else [output])]
        if not all(math.isclose(a, b, rel_tol=allowed, abs_tol=allowed) for a, b in zip(row, ours, strict=True)):
            given = f"{', '.join(map(_number, row))} in torch and {', '.join(map(_number, ours))} on the graph"
            return [f"The outputs of sample {sample} are {given}: forward() does more than its layers say."]
    return []


def _entries(network: MLP, layers: Sequence[str]) -> Iterator[tuple[str, list[Value]]]:
    """Yield the name that each parameter has in torch, with our Values in the order of its entries."""
    for layer, name in zip(network.layers, layers, strict=True):
        yield f"{name}.weight", [weight for neuron in layer.neurons for weight in neuron.w]
        biases = [neuron.b for neuron in layer.neurons if neuron.b is not None]
        if biases:
            yield f"{name}.bias", biases


def _compared(
    network: MLP, layers: Sequence[str], gradients: dict[str, Any], allowed: float
) -> Iterator[ParameterComparison]:
    for name, values in _entries(network, layers):
        ours = [value.grad for value in values]
        if gradients[name] is None:
            place = max(range(len(ours)), key=lambda i: abs(ours[i]))
            yield ParameterComparison(name, values[place].label, None, ours[place], not any(ours))
            continue
        theirs = gradients[name].detach().double().reshape(-1).tolist()
        gaps = [abs(a - b) if math.isfinite(a) else math.inf for a, b in zip(theirs, ours, strict=True)]
        place = max(range(len(gaps)), key=gaps.__getitem__)
        largest = max(map(abs, ours))
        agrees = gaps[place] <= allowed * max(largest, 1e-12)
        yield ParameterComparison(name, values[place].label, theirs[place], ours[place], agrees)


def _common_factor(
    network: MLP, layers: Sequence[str], gradients: dict[str, Any], samples: int, allowed: float
) -> list[str]:
    """Return a sentence where all gradients in torch are one multiple of ours."""
    pairs = [
        (theirs, value.grad)
        for name, values in _entries(network, layers)
        if gradients[name] is not None
        for theirs, value in zip(gradients[name].detach().double().reshape(-1).tolist(), values, strict=True)
    ]
    if len(pairs) < sum(len(values) for _, values in _entries(network, layers)):
        return []
    theirs, ours = max(pairs, key=lambda pair: abs(pair[1]))
    factor = theirs / ours if ours else 0.0
    scale = max(abs(each) for each, _ in pairs)
    if not factor or any(abs(a - factor * b) > 10 * allowed * scale for a, b in pairs):
        return []
    outputs = len(network.layers[-1].neurons)
    causes = {
        float(samples): "a sum over the samples where their mean is meant",
        1.0 / samples: "a mean over the samples taken twice",
        float(outputs): "a sum over the outputs where their mean is meant",
        1.0 / outputs: "a mean over the outputs where their sum is meant",
        2.0: "backward() called twice without zero_grad(), or a loss without its 1/2",
        0.5: "a loss with 1/2 where it has none here",
        -1.0: "a sign",
    }
    known = [words for number, words in causes.items() if math.isclose(number, factor, rel_tol=1e-3) and number != 1.0]
    why = f": {' or '.join(dict.fromkeys(known))}?" if known else "."
    return [f"All gradients in torch are {_number(factor)} times those of the graph{why}"]


def _number(number: float | None) -> str:
    return "none" if number is None else show(number, _DIGITS).text
