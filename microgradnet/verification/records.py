"""What a worksheet says, as records, and nothing of what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

from microgradnet.verification.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Source:
    """Who printed the figures, and whether they were read there or are recalled."""

    author: str = ""
    work: str = ""
    seen: bool = True

    def __str__(self) -> str:
        return ", ".join(part for part in (self.author, self.work) if part)


@dataclass(frozen=True, slots=True)
class LayerText:
    """One layer: ``weights[j][k]`` to j from k, its biases if it has any, and its activation."""

    weights: tuple[tuple[float, ...], ...]
    biases: tuple[float, ...] | None
    activation: str


@dataclass(frozen=True, slots=True)
class NetworkText:
    """A network with its input, its target and its loss (None where an expression is the loss)."""

    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    loss: str | None
    layers: tuple[LayerText, ...]


@dataclass(frozen=True, slots=True)
class StepText:
    """One step of gradient descent; ``update`` is None where everything is updated."""

    eta: float
    update: tuple[str, ...] | None = None
    weights: str = "original"
    momentum: float = 0.0


@dataclass(frozen=True, slots=True)
class ClaimText:
    """One claim: a quantity, and the figure printed for it or the formula said to equal it.

    Arguments:
        place: where it stands in the file, ``"claims[3]"``.
    """

    place: str
    quantity: str
    printed: str | None
    formula: str | None
    name: str
    expect: Verdict | None
    reason: str
    also: tuple[str, ...]
    seen: bool


@dataclass(frozen=True, slots=True)
class WorksheetText:
    """A whole worksheet, as it was read."""

    file: str
    title: str
    notes: str
    source: Source
    network: NetworkText | None
    expressions: tuple[tuple[str, float | str], ...]
    loss: str | None
    step: StepText | None
    quantities: tuple[tuple[str, str], ...]
    claims: tuple[ClaimText, ...]
