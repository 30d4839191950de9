"""A derivation as data: formulas, factors, paths, steps, the update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microgradnet.derivation.lettering import Written

Prose = tuple[str | Written, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """How a named node is computed: ``formula`` over the nodes below it, and its value."""

    name: Written
    formula: Any
    value: float


@dataclass(frozen=True, slots=True)
class Factor:
    """The derivative of one named node by the next.

    Arguments:
        derivative: how it is written, ``da2[1]/dz2[1]``.
        formula: the local derivative as a formula over named nodes, or a number where it is one.
        value: the number that it comes to.
    """

    derivative: Written
    formula: Any
    value: float


@dataclass(frozen=True, slots=True)
class Path:
    """One path from the loss down to the node: its factors, and their product."""

    factors: tuple[Factor, ...]
    value: float


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a step: the derivative of the loss by a node above, None for the loss itself, times a factor."""

    above: Written | None
    above_value: float
    factor: Factor


@dataclass(frozen=True, slots=True)
class Step:
    """The derivative of the loss by one named node, from those by the nodes above it.

    Arguments:
        derivative: how it is written.
        delta: its other name, ``delta1[2]``, where it is the derivative by a pre-activation.
        terms: what is added up.
        left_out: how many more terms there are that are not listed.
        value: the number that it comes to, all terms included.
    """

    derivative: Written
    delta: Written | None
    terms: tuple[Term, ...]
    left_out: int
    value: float


@dataclass(frozen=True, slots=True)
class Update:
    """One step of gradient descent on a leaf: ``after = before - eta * gradient``."""

    before: float
    eta: float
    gradient: float
    after: float


@dataclass(frozen=True, slots=True)
class Working:
    """All of a derivation.

    Arguments:
        loss: the name of what is differentiated.
        node: the name of what it is differentiated by.
        derivative: how the derivative of the one by the other is written.
        value: the derivative, bit for bit as ``backward()`` gives it.
        definitions: the formulas of the named nodes on the way, in order of calculation.
        definitions_left_out: how many more there are.
        factors: the factors of all paths, each once.
        path_count: how many paths there are.
        paths: the paths; empty where there are too many to list.
        steps: the same derivative node by node from the loss down, each node once.
        steps_left_out: how many steps in the middle are not listed.
        update: one step of gradient descent, if a learning rate was given.
        notes: what else a reader should know: conventions at kinks, invented names.
    """

    loss: Written
    node: Written
    derivative: Written
    value: float
    definitions: tuple[Definition, ...] = ()
    definitions_left_out: int = 0
    factors: tuple[Factor, ...] = ()
    path_count: int = 0
    paths: tuple[Path, ...] = ()
    steps: tuple[Step, ...] = ()
    steps_left_out: int = 0
    update: Update | None = None
    notes: tuple[Prose, ...] = ()
