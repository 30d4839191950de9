"""What a program is written of: operations with places for operands, and the functions that it defines itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from microgradnet.notation import ATOM, PRODUCT, SUM
from microgradnet.operation import Op
from microgradnet.rules import Rule
from microgradnet.symbols import write_number


class Body:
    """One operation in a program.

    Arguments:
        template: Python, with ``#1``, ``#2``, ... for the operands.
        operands: expressions and numbers.
        precedence: how tightly the whole binds.
        places: how tightly each operand must bind to stand without brackets.
        light: whether it only looks at an array in another way, so that doing it twice costs next to nothing.
        needs: the function that it calls, if the program has to define it.

    Attributes:
        shared: whether it is the value of an array, which others may read too.
    """

    __slots__ = ("light", "needs", "operands", "places", "precedence", "shared", "template")

    def __init__(
        self,
        template: str,
        operands: tuple[Any, ...] = (),
        precedence: int = ATOM,
        places: tuple[int, ...] = (),
        light: bool = False,
        needs: Definition | None = None,
    ) -> None:
        self.template, self.operands, self.precedence = template, operands, precedence
        self.shared = False
        self.places, self.light, self.needs = places or (0,) * len(operands), light, needs

    def inner(self) -> list[Body]:
        """Return the bodies of the operands that are no numbers."""
        return [operand.body for operand in self.operands if hasattr(operand, "body")]


@dataclass(frozen=True, eq=False, slots=True)
class Definition:
    """A function of a program: an operation's own rule.

    Arguments:
        name: what it is called.
        parameters: the names of its operands.
        result: what it returns, written with them; None where the rule is more than a formula, such as a call of
            ``math``, and is called as it stands.
        op: the operation.
        place: the operand by which it is the partial derivative; None for the forward rule.
    """

    name: str
    parameters: tuple[str, ...]
    result: Any
    op: Op
    place: int | None

    @property
    def rule(self) -> Rule:
        """The rule itself."""
        return self.op if self.place is None else self.op.partials[self.place]


def written(operand: Any, named: Callable[[Body], str | None]) -> tuple[str, int]:
    """Return an operand as Python, with its precedence.

    Arguments:
        operand: an expression or a number.
        named: from a body to the name of the variable that holds it already, or None.
    """
    if not hasattr(operand, "body"):
        text, precedence = write_number(operand)
        return text.replace("inf", "np.inf").replace("nan", "np.nan"), precedence
    text, precedence = write_body(operand.body, named)
    if operand.factor == 1.0:
        return text, precedence
    if operand.factor == -1.0:
        return (f"-{text}" if precedence > PRODUCT else f"-({text})"), SUM
    return f"{write_number(operand.factor)[0]} * {text if precedence > PRODUCT else f'({text})'}", PRODUCT


def write_body(body: Body, named: Callable[[Body], str | None]) -> tuple[str, int]:
    """Return a body as Python, with its precedence."""
    name = named(body)
    if name is not None:
        return name, ATOM
    text = body.template
    parts = [written(operand, named) for operand in body.operands]
    for place in range(len(parts), 0, -1):
        part, binds = parts[place - 1]
        text = text.replace(f"#{place}", part if binds >= body.places[place - 1] else f"({part})")
    return text, body.precedence
