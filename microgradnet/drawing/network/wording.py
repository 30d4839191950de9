"""What is written where: in the circles, above and below them, on the lines, under the picture."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from microgradnet.drawing.network.model import (
    MOST_LAYERS_IN_A_ROW,
    Column,
    Network,
    Options,
    ParameterShown,
    Unit,
)
from microgradnet.drawing.picture import MOST_DIGITS, width
from microgradnet.figures import write_figure
from microgradnet.names import typeset

LABEL_SIZE, INSIDE_SIZE, NAME_SIZE = 11.0, 12.0, 11.0
LABEL_LINE = 13.0  # height of one line of a label
_PADDING = 2.0  # around a label
FOOTER_LINE = 15.0
CURVE = 44.0, 26.0  # points of the graph of an activation
_MOST_DIGITS = 9  # of a number after a step; where it takes more to see the change, the change is written
_LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text, and what it tells: ``"name"``, ``"value"``, ``"gradient"``, ``"update"`` or ``"muted"``."""

    words: str
    role: str


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text above each other."""

    texts: tuple[Text, ...]

    @property
    def width(self) -> float:
        """Of the widest line, whatever sans-serif font the reader has."""
        return max((width(text.words, LABEL_SIZE) for text in self.texts), default=0.0) + 2 * _PADDING

    @property
    def height(self) -> float:
        """Of all lines."""
        return LABEL_LINE * len(self.texts) + (2 * _PADDING - 2.0 if self.texts else 0.0)


@dataclass(frozen=True, slots=True)
class Cell:
    """The texts of one unit.

    Arguments:
        inside: in its circle.
        above: its name, where a figure stands in the circle; else empty.
        below: its bias and its delta.
    """

    inside: tuple[Text, ...]
    above: Label
    below: Label


def precise(number: float) -> str:
    """Return a number for who looks closer: fewer digits than a float has, as the last ones differ among machines."""
    return f"{number:.10g}"


class Wording:
    """Writes the parts of one picture.

    Arguments:
        network: what is drawn.
        options: which of its numbers, with how many digits.
    """

    def __init__(self, network: Network, options: Options) -> None:
        self.network, self.options = network, options

    def cell(self, unit: Unit, *, compact: bool = False) -> Cell:
        """Return the texts of a unit; the compact ones of a large network without z and bias, and with delta inside."""
        below = Label(() if compact else (*self._bias(unit), *self._delta(unit), *self.stopped(unit)))
        if unit.a is None:
            return Cell((Text(typeset(unit.name), "name"),), Label(()), below)
        inside: tuple[Text, ...] = (Text(self.figure(unit.a), "value"), *(self._delta(unit, 2) if compact else ()))
        if unit.z is not None and not compact:
            inside = (Text(f"z {self.figure(unit.z)}", "muted"), Text(f"a {self.figure(unit.a)}", "value"))
        named = not compact or len(self.network.columns) <= MOST_LAYERS_IN_A_ROW + 1
        return Cell(inside, Label((Text(typeset(unit.name), "name"),) if named else ()), below)

    def stopped(self, unit: Unit) -> tuple[Text, ...]:
        """Return the words for a unit that no gradient flows through, where gradients are shown."""
        return (Text(unit.stopped, "stopped"),) if unit.stopped and self.options.needs_gradients else ()

    def label(self, parameter: ParameterShown) -> Label:
        """Return the texts on the line of a weight."""
        return Label(self._parts(parameter, "", self.options.show))

    def figure(self, number: float) -> str:
        """Return a number with the digits that were asked for."""
        return write_figure(number, self.options.digits)

    def equation(self, name: str, number: float) -> str:
        """Return ``"t[1] = 0"``; a name that is written from right to left does not turn it round."""
        turns = any(unicodedata.bidirectional(character) in ("R", "AL") for character in name)
        return f"{typeset(name)}{_LEFT_TO_RIGHT * turns} = {self.figure(number)}"

    def strength(self, parameter: ParameterShown) -> float:
        """Return the number that the thickness of a line shows: the weight, or its gradient, or its change."""
        shown = [part for part in self.options.show if part != "names"]
        if shown and shown[0] == "gradients":
            return parameter.gradient or 0.0
        if shown and shown[0] == "updates":
            return parameter.change(self.options.eta or 0.0) or 0.0
        return parameter.number

    def halo(self, parameter: ParameterShown) -> float | None:
        """Return the number that a band behind a line shows, where weights and gradients are shown both; else None."""
        if "weights" not in self.options.show or not self.options.needs_gradients:
            return None
        if "gradients" in self.options.show:
            return parameter.gradient or 0.0
        return parameter.change(self.options.eta or 0.0) or 0.0

    def footer_height(self, column: Column) -> float:
        """Return how much room a column needs under its circles, with a little space."""
        lines = FOOTER_LINE * len(self.footer(column))
        return lines + (CURVE[1] + 8.0 if column.curve else 0.0) + (10.0 if lines or column.curve else 4.0)

    def footer(self, column: Column) -> tuple[Text, ...]:
        """Return the lines under a column."""
        activation = (Text(column.activation, "name"),) if column.activation else ()
        kind = "neurons" if column.activation else "inputs"
        return (*activation, Text(f"{column.count} {kind}", "muted")) if column.is_cut else activation

    def _bias(self, unit: Unit) -> tuple[Text, ...]:
        if unit.bias is None:
            return ()
        same = unit.delta is not None and unit.bias.gradient is not None and self._alike(unit.bias.gradient, unit.delta)
        parts = [part for part in self.options.show if part != "gradients" or not same]
        return self._parts(unit.bias, "" if "names" in parts else "b ", parts)

    def _delta(self, unit: Unit, most: int = MOST_DIGITS) -> tuple[Text, ...]:
        if unit.delta is None or "gradients" not in self.options.show:
            return ()
        return (Text(f"δ {write_figure(unit.delta, min(self.options.digits, most))}", "gradient"),)

    def _alike(self, gradient: float, delta: float) -> bool:
        return self.figure(gradient) == self.figure(delta)

    def _parts(self, parameter: ParameterShown, letter: str, parts: Sequence[str]) -> tuple[Text, ...]:
        number = self.figure(parameter.number)
        gradient = "none yet" if parameter.gradient is None else self.figure(parameter.gradient)
        update = self.update(parameter)
        texts = {
            "names": Text(typeset(parameter.name), "name"),
            "weights": Text(f"{letter}{number}", "value"),
            "gradients": Text(f"∂{letter or ' '}{gradient}", "gradient"),
            "updates": Text(f"{letter}{update}", "update"),
        }
        return tuple(texts[part] for part in parts)

    def update(self, parameter: ParameterShown) -> str:
        """Return the number before and after a step, in as many digits as show two digits of the change."""
        number, change = parameter.number, parameter.change(self.options.eta or 0.0)
        if change is None:
            return f"{self.figure(number)} → ?"
        after = number + change
        if not change or not after or not math.isfinite(change):
            return f"{self.figure(number)} → {self.figure(after)}"
        digits = 2 + math.floor(math.log10(abs(after))) - math.floor(math.log10(abs(change)))
        if digits > _MOST_DIGITS:
            return f"{self.figure(number)} {'−' if change < 0 else '+'} {write_figure(abs(change), 2)}"
        digits = max(digits, self.options.digits)
        return f"{write_figure(number, digits)} → {write_figure(after, digits)}"


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
    compact = thickness or options.focus is not None
    if not thickness and options.show:
        *before, last = [_ON_LINES[part].format(loss=loss) for part in options.show]
        parts = f"{', '.join(before)}, and {last}" if before else last
        parts += f", for {typeset(options.focus)}" if options.focus else ""
        bias = " Under each circle: the bias b." if has_bias and options.show != ("gradients",) else ""
        notes.append(f"On each line: {parts}.{bias}")
    if network.has_numbers:
        delta = f" and δ = ∂{loss}/∂z" if compact and "gradients" in options.show and network.loss else ""
        text = f"the activation{delta}" if compact else "the pre-activation z and the activation a = f(z)"
        notes.append(f"In each circle: {text}.")
    if "gradients" in options.show and network.loss and not compact:
        units = [unit for column in network.columns for unit in column.units]
        shared = any(unit.bias and unit.bias.gradient != unit.delta for unit in units)  # a bias of several neurons
        where = " where no ∂b stands beside it" if shared else ""
        notes.append(f"δ = ∂{loss}/∂z" + (f", which is also ∂{loss}/∂b{where}." if has_bias else "."))
    stopped = sorted({unit.stopped for column in network.columns for unit in column.units if unit.stopped})
    if stopped and compact and options.needs_gradients:
        notes.append(f"Dashed circles: {' or '.join(stopped)}.")
    if options.eta is not None:
        notes.append(f"One step of gradient descent: w → w − η ∂{loss}/∂w with η = {options.eta:g}.")
    if any(column.is_cut for column in network.columns):
        notes.append("⋮: units and their lines are left out.")
    return [" ".join(notes)] if compact and notes else notes


def strength_name(network: Network, options: Options, *, behind: bool = False) -> str:
    """Return what the thickness of the lines shows, or that of the bands behind them, in words."""
    parts = [part for part in options.show if part in _STRENGTHS] or ["weights"]
    part = parts[1 if behind else 0]
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
