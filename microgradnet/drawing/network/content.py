"""A network as a picture shows it: columns of units, with numbers where known; no place, colour or text yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parameter:
    """A weight or a bias.

    Arguments:
        name: its label, or what the notation calls it: ``"w1[2,1]"``.
        number: its value.
        gradient: the derivative of the loss by it; None where it was not computed.
    """

    name: str
    number: float
    gradient: float | None = None

    def change(self, eta: float) -> float | None:
        """Return what a step of gradient descent adds to it; None where there is no gradient."""
        return None if self.gradient is None else -eta * self.gradient


@dataclass(frozen=True, slots=True)
class Unit:
    """An input or a neuron.

    Arguments:
        name: of its activation: ``"x[1]"``, ``"a1[2]"``.
        place: its number in its layer, from 1.
        z: the pre-activation; None where no x was given, and for an input.
        a: the activation, or the input; None where no x was given.
        delta: the derivative of the loss by z; None where it was not computed.
        bias: None where there is none.
        weights: from those units of the column before that are drawn, in order.
    """

    name: str
    place: int
    z: float | None = None
    a: float | None = None
    delta: float | None = None
    bias: Parameter | None = None
    weights: Sequence[Parameter] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """The inputs, or a layer.

    Arguments:
        title: ``"inputs"``, ``"layer 1"``, ...
        count: how many units it has.
        units: those that are drawn.
        head: how many of these stand above the ellipsis; as many as there are where nothing is left out.
        activation: the name of the layer's; empty for the inputs.
        curve: points of its graph; empty where it has none.
    """

    title: str
    count: int
    units: Sequence[Unit]
    head: int
    activation: str = ""
    curve: Sequence[tuple[float, float]] = ()

    @property
    def is_cut(self) -> bool:
        """Whether some units are left out."""
        return len(self.units) < self.count


@dataclass(frozen=True, slots=True)
class Target:
    """What an output should have been."""

    name: str
    number: float


@dataclass(frozen=True, slots=True)
class Loss:
    """How far the outputs are from their targets.

    Arguments:
        name: ``"E"``.
        kind: which loss it is, in words.
        number: its value.
    """

    name: str
    kind: str
    number: float


@dataclass(frozen=True, slots=True)
class Network:
    """All that is drawn.

    Arguments:
        columns: the inputs, then the layers.
        targets: one for each output that is drawn; none where no t was given.
        loss: None where no t was given.
    """

    columns: Sequence[Column]
    targets: Sequence[Target] = ()
    loss: Loss | None = None

    @property
    def has_numbers(self) -> bool:
        """Whether an x was given, so that every unit has an activation."""
        return self.columns[0].units[0].a is not None

    @property
    def title(self) -> str:
        """What the picture is called: ``"Network 2-2-1"``."""
        return f"Network {'-'.join(str(column.count) for column in self.columns)}"
