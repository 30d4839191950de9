"""How to read the picture: the lines of small print under it, and the whole of it in words for who can't see it."""

from __future__ import annotations

from collections.abc import Iterator

from microgradnet.drawing.network.content import Column, Network
from microgradnet.drawing.network.options import Options
from microgradnet.drawing.network.wording import Wording

_ON_LINES = {
    "names": "the name of its weight",
    "weights": "its weight w",
    "gradients": "after ∂ the derivative ∂{loss}/∂w",
    "updates": "its weight before → after the step",
}
_STRENGTHS = {"weights": "weight w", "gradients": "derivative ∂{loss}/∂w", "updates": "change −η ∂{loss}/∂w"}
_MOST_UNITS = 24  # of a network that is told number by number


def write_notes(network: Network, options: Options, *, thickness: bool) -> list[str]:
    """Return the lines under a picture."""
    loss = _loss_name(network)
    has_bias = any(unit.bias for column in network.columns for unit in column.units)
    notes = []
    if not thickness and options.show:
        *before, last = [_ON_LINES[part].format(loss=loss) for part in options.show]
        parts = f"{', '.join(before)}, and {last}" if before else last
        bias = " Under each circle: the bias b." if has_bias and options.show != ("gradients",) else ""
        notes.append(f"On each line: {parts}.{bias}")
    if network.has_numbers:
        pre_activation = "" if thickness else "the pre-activation z and "
        notes.append(f"In each circle: {pre_activation}the activation{'' if thickness else ' a = f(z)'}.")
    if "gradients" in options.show and network.loss:
        notes.append(f"δ = ∂{loss}/∂z" + (f", which is also ∂{loss}/∂b." if has_bias and not thickness else "."))
    if options.eta is not None:
        notes.append(f"One step of gradient descent: w → w − η ∂{loss}/∂w with η = {options.eta:g}.")
    if any(column.is_cut for column in network.columns):
        notes.append("Of long columns, some units and their lines are left out.")
    return notes


def strength_name(network: Network, options: Options) -> str:
    """Return what the thickness of the lines shows, in words."""
    part = next((part for part in options.show if part in _STRENGTHS), "weights")
    return _STRENGTHS[part].format(loss=_loss_name(network))


def describe(network: Network, wording: Wording) -> str:
    """Return the picture in words, number by number for small networks."""
    parts = [_column(column) for column in network.columns]
    if sum(len(column.units) for column in network.columns) <= _MOST_UNITS:
        parts += _numbers(network, wording)
    if network.loss:
        kind = f" ({network.loss.kind})" if network.loss.kind else ""
        parts.append(f"{network.loss.name} = {wording.figure(network.loss.number)}{kind}")
    return "; ".join(parts) + "."


def _loss_name(network: Network) -> str:
    return network.loss.name if network.loss else "E"


def _column(column: Column) -> str:
    kind = "neuron" if column.activation else "input"
    counted = f"{column.count} {kind}{'s' * (column.count != 1)}"
    return f"{column.title}: {counted}, {column.activation}" if column.activation else counted


def _numbers(network: Network, wording: Wording) -> Iterator[str]:
    for column in network.columns:
        for unit in column.units:
            if unit.a is not None:
                yield f"{unit.name} = {wording.figure(unit.a)}"
            for parameter in (*unit.weights, *([unit.bias] if unit.bias else [])):
                gradient = parameter.gradient if wording.options.needs_gradients else None
                told = "" if gradient is None else f" (gradient {wording.figure(gradient)})"
                yield f"{parameter.name} = {wording.figure(parameter.number)}{told}"
    for target in network.targets:
        yield f"{target.name} = {wording.figure(target.number)}"
