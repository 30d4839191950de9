"""Arrays: what the groups became, each made by one operation from operands that are read from earlier arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microgradnet.operation import Op


@dataclass(slots=True, eq=False)
class Operand:
    """Numbers that an operation reads.

    Arguments:
        source: the array that they stand in; None for written numbers.
        nodes: the nodes, in the shape that the operation reads them in; HOLE where a zero stands.
        places: their places in the source, row by row; for written numbers, the numbers themselves.
    """

    source: Any
    nodes: Any
    places: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the operation reads."""
        return tuple(self.nodes.shape)


@dataclass(frozen=True, slots=True)
class Applied:
    """An operation of the table, element by element."""

    op: Op
    operands: list[Operand]


@dataclass(frozen=True, slots=True)
class Product:
    """Dot products of all left rows with all right rows, maybe in blocks. The last axis of both is summed over.

    A left operand of one axis is a single row.
    """

    left: Operand
    right: Operand

    @property
    def operands(self) -> list[Operand]:
        """Both operands."""
        return [self.left, self.right]


@dataclass(frozen=True, slots=True)
class Reduced:
    """Sums over the last axis of one operand, or of the product of two.

    Arguments:
        coefficient: a number, or an array of the operands' shape.
        operands: one or two.
        starts: where each sum begins, if they differ in length and stand one after the other; else None.
    """

    coefficient: Any
    operands: list[Operand]
    starts: Any = None


@dataclass(frozen=True, slots=True)
class Combined:
    """A constant and some parts, added: each is a coefficient times one operand, or times the product of two.

    The constant and the coefficients are numbers, or arrays.
    """

    constant: Any
    parts: list[tuple[Any, list[Operand]]]

    @property
    def operands(self) -> list[Operand]:
        """The operands of all parts."""
        return [operand for _, operands in self.parts for operand in operands]


@dataclass(slots=True, eq=False)
class Array:
    """One array of a program.

    Arguments:
        made: how it is computed; None for the arrays of leaves.
        shape: its shape for one sample.
        nodes: the nodes whose numbers it holds, row by row; None for products that are only a part of a sum.
        batched: whether it has one more axis, the first, for the samples.
        varied: whether it depends on parameters.
    """

    made: Applied | Product | Reduced | Combined | None
    shape: tuple[int, ...]
    nodes: Any
    batched: bool
    varied: bool
