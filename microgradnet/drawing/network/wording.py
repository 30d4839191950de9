"""What is written where: in the circles, above and below them, on the lines, under the picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from microgradnet.drawing.network.content import Column, Network, Parameter, Unit
from microgradnet.drawing.network.options import Options
from microgradnet.drawing.text import width
from microgradnet.figures import write_figure

LABEL_SIZE, INSIDE_SIZE, NAME_SIZE = 11.0, 12.0, 10.0
LABEL_LINE = 13.0  # height of one line of a label
_PADDING = 2.0  # around a label
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
        """Return the texts of a unit; the compact ones of a large network without z and bias."""
        below = Label((*(() if compact else self._bias(unit)), *self._delta(unit)))
        if unit.a is None:
            return Cell((Text(unit.name, "name"),), Label(()), below)
        inside: tuple[Text, ...] = (Text(self.figure(unit.a), "value"),)
        if unit.z is not None and not compact:
            inside = (Text(f"z {self.figure(unit.z)}", "muted"), Text(f"a {self.figure(unit.a)}", "value"))
        return Cell(inside, Label((Text(unit.name, "name"),)), below)

    def label(self, parameter: Parameter) -> Label:
        """Return what stands on the line of a weight."""
        return Label(self._parts(parameter, "", self.options.show))

    def figure(self, number: float) -> str:
        """Return a number with the digits that were asked for."""
        return write_figure(number, self.options.digits)

    def equation(self, name: str, number: float) -> str:
        """Return ``"t[1] = 0"``; a name that is written from right to left does not turn it round."""
        turns = any(unicodedata.bidirectional(character) in ("R", "AL") for character in name)
        return f"{name}{_LEFT_TO_RIGHT * turns} = {self.figure(number)}"

    def strength(self, parameter: Parameter) -> float:
        """Return the number that the thickness of a line shows: the weight, or its gradient, or its change."""
        shown = [part for part in self.options.show if part != "names"]
        if shown and shown[0] == "gradients":
            return parameter.gradient or 0.0
        if shown and shown[0] == "updates":
            return parameter.change(self.options.eta or 0.0) or 0.0
        return parameter.number

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

    def _delta(self, unit: Unit) -> tuple[Text, ...]:
        if unit.delta is None or "gradients" not in self.options.show:
            return ()
        return (Text(f"δ {self.figure(unit.delta)}", "gradient"),)

    def _alike(self, gradient: float, delta: float) -> bool:
        return self.figure(gradient) == self.figure(delta)

    def _parts(self, parameter: Parameter, letter: str, parts: Sequence[str]) -> tuple[Text, ...]:
        number = self.figure(parameter.number)
        gradient = "none yet" if parameter.gradient is None else self.figure(parameter.gradient)
        change = parameter.change(self.options.eta or 0.0)
        after = "?" if change is None else self.figure(parameter.number + change)
        texts = {
            "names": Text(parameter.name, "name"),
            "weights": Text(f"{letter}{number}", "value"),
            "gradients": Text(f"∂{letter or ' '}{gradient}", "gradient"),
            "updates": Text(f"{letter}{number} → {after}", "update"),
        }
        return tuple(texts[part] for part in parts)
