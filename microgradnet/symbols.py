"""Symbols: operands that write the formula of the operations applied to them.

An operation of the table applied to symbols gives a formula, and so does each of its partial derivatives, as the rules
are written over any operands. The derivations print these formulas; the compiler writes its programs with them.
"""

from __future__ import annotations

from typing import Any

from microgradnet.operation import ATOM, PRODUCT, SUM, Op
from microgradnet.ops import absolute, add, divide, floor_divide, multiply, negate, power, remainder, subtract


class Symbol:
    """A named operand.

    Arguments:
        name: how it is written in plain text, for example ``"w1[1,2]"``.
        latex: how it is written in LaTeX; the name where not given.
    """

    def __init__(self, name: str, latex: str = "") -> None:
        self.name, self.latex_name = name, latex or name

    @property
    def text(self) -> str:
        """The formula in the notation of worksheets and of Python."""
        return self.write("text")[0]

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        return self.write("latex")[0]

    def write(self, notation: str) -> tuple[str, int]:
        """Return the formula in one of the two notations, ``"text"`` or ``"latex"``, with its precedence."""
        return (self.name if notation == "text" else self.latex_name), ATOM

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Any:
        """Write an operation down, leaving out a neutral operand (x + 0, 1*x) and what an absorbing one makes 0."""
        for place, operand in enumerate(operands):
            if not isinstance(operand, Symbol):
                if operand == 0 and op.absorbing[place]:
                    return 0.0
                if len(operands) == 2 and operand == op.neutral[place]:
                    return operands[1 - place]
        return Formula(op, operands)

    def __add__(self, other: Any) -> Any:
        return add(self, other)

    def __radd__(self, other: Any) -> Any:
        return add(other, self)

    def __sub__(self, other: Any) -> Any:
        return subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return remainder(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return floor_divide(other, self)

    def __pow__(self, other: Any) -> Any:
        return power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return power(other, self)

    def __neg__(self) -> Any:
        return negate(self)

    def __abs__(self) -> Any:
        return absolute(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.text}>"


class Formula(Symbol):
    """An operation of the table applied to operands of which at least one is a symbol."""

    def __init__(self, op: Op, operands: tuple[Any, ...]) -> None:
        self.op, self.operands = op, operands

    def write(self, notation: str) -> tuple[str, int]:
        """Return the formula in one of the two notations, ``"text"`` or ``"latex"``, with its precedence."""
        operands = [
            operand.write(notation) if isinstance(operand, Symbol) else write_number(operand, notation)
            for operand in self.operands
        ]
        if notation == "text":
            return self.op.text.write(operands)
        return self.op.latex.write(operands, r"\left(#1\right)")


def write_number(number: float, notation: str = "text") -> tuple[str, int]:
    """Return a number as it reads back to the same float, with its precedence: a minus sign binds like a sum."""
    text = repr(float(number))
    if float(number).is_integer() and abs(number) < 1e16 and text != "-0.0":
        text = str(int(number))
    precedence = ATOM
    if notation == "latex":
        mantissa, scientific, exponent = text.partition("e")
        if scientific:
            text, precedence = rf"{mantissa} \cdot 10^{{{int(exponent)}}}", PRODUCT
        text = text.replace("inf", r"\infty").replace("nan", r"\mathrm{NaN}")
    return text, (SUM if text.startswith("-") else precedence)
