"""What quantities are made of: names, derivatives, and both after steps or with other numbers on the leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from microgradnet.verification.expression import CONSTANTS, Expression


class Context(Protocol):
    """What a quantity is evaluated in: the exact calculation, or one with printed figures put in its place."""

    def value(self, name: str) -> float:
        """Return the value of a node, of eta, or of a quantity with a name."""

    def derivative(self, of: str, by: str) -> float:
        """Return the total derivative of one node by another."""

    def stepped(self, steps: int) -> Context:
        """Return the context after so many steps of gradient descent."""

    def replaced(self, leaves: Mapping[str, float]) -> Context:
        """Return the context with other numbers on some leaves."""


class Atom(Protocol):
    """A part of a quantity that is not arithmetic."""

    def evaluate(self, context: Context) -> float:
        """Return its value in a context."""

    @property
    def text(self) -> str:
        """Its one spelling."""

    @property
    def takes_steps(self) -> bool:
        """Whether it is about what comes after steps of gradient descent."""


@dataclass(frozen=True, slots=True)
class Name:
    """The value of a node, of eta, or of a named quantity."""

    name: str
    takes_steps = False

    @property
    def text(self) -> str:
        """Its one spelling."""
        return self.name

    def evaluate(self, context: Context) -> float:
        """Return the value."""
        return context.value(self.name)


@dataclass(frozen=True, slots=True)
class Number:
    """A number with a name, such as pi."""

    name: str
    takes_steps = False

    @property
    def text(self) -> str:
        """Its one spelling."""
        return self.name

    def evaluate(self, context: Context) -> float:
        """Return the number, which is the same in every context."""
        return CONSTANTS[self.name]


@dataclass(frozen=True, slots=True)
class Derivative:
    """The total derivative of one node by another; ``delta1[2]`` is that of the loss by ``z1[2]``."""

    of: str
    by: str
    takes_steps = False

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"d{self.of}/d{self.by}"

    def evaluate(self, context: Context) -> float:
        """Return the derivative."""
        return context.derivative(self.of, self.by)


@dataclass(frozen=True, slots=True)
class Stepped:
    """An atom after steps of gradient descent; ``new w`` is w after one."""

    atom: Atom
    steps: int
    takes_steps = True

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"new {self.atom.text}" if self.steps == 1 else f"{self.atom.text} after {self.steps} steps"

    def evaluate(self, context: Context) -> float:
        """Return the atom's value after the steps."""
        return self.atom.evaluate(context.stepped(self.steps))


@dataclass(frozen=True, slots=True)
class Change:
    """By how much one step changes an atom: new less old."""

    atom: Atom
    takes_steps = True

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"change {self.atom.text}"

    def evaluate(self, context: Context) -> float:
        """Return the difference."""
        return self.atom.evaluate(context.stepped(1)) - self.atom.evaluate(context)


@dataclass(frozen=True, slots=True)
class Replaced:
    """An atom with other numbers on some leaves."""

    atom: Atom
    leaves: tuple[tuple[str, Quantity], ...]

    @property
    def text(self) -> str:
        """Its one spelling."""
        return f"{self.atom.text} at " + ", ".join(f"{name}={quantity.text}" for name, quantity in self.leaves)

    @property
    def takes_steps(self) -> bool:
        """Whether it is about what comes after steps of gradient descent."""
        return self.atom.takes_steps or any(quantity.takes_steps for _, quantity in self.leaves)

    def evaluate(self, context: Context) -> float:
        """Return the atom's value at the other numbers, which are computed before any of them is replaced."""
        numbers = {name: quantity.evaluate(context) for name, quantity in self.leaves}
        return self.atom.evaluate(context.replaced(numbers))


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a claim is about: arithmetic over atoms.

    Arguments:
        text: as it was written.
        expression: the arithmetic, over names of atoms.
        atoms: what these names stand for.
    """

    text: str
    expression: Expression
    atoms: Mapping[str, Atom]

    @property
    def atom(self) -> Atom | None:
        """The one atom that the quantity is, without any arithmetic; None where there is some."""
        return next(iter(self.atoms.values())) if len(self.expression.steps) == 1 and self.atoms else None

    @property
    def takes_steps(self) -> bool:
        """Whether it is about what comes after steps of gradient descent."""
        return any(atom.takes_steps for atom in self.atoms.values())

    def evaluate(self, context: Context) -> float:
        """Return the value in a context.

        Raises:
            DomainError: an operation has no real, finite result for its operands.
        """
        return float(self.expression.evaluate(lambda name: self.atoms[name].evaluate(context)))
