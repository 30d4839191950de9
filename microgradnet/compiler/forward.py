"""The forward program: one expression for each array."""

from __future__ import annotations

from math import prod
from typing import Any

from microgradnet.compiler.arrays import Applied, Array, Combined, Operand, Product, Reduced
from microgradnet.compiler.bodies import Body
from microgradnet.compiler.expressions import Expression, apply, name
from microgradnet.compiler.reading import look, read, reshaped, solid, total
from microgradnet.compiler.scope import Scope
from microgradnet.compiler.views import View, find_view
from microgradnet.notation import ATOM, PRODUCT
from microgradnet.ops import add, multiply


class Forward:
    """Writes what each array holds.

    Arguments:
        scope: the names of the program.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._views: dict[Operand, tuple[Any, Any, View]] = {}
        self._read: dict[Any, Any] = {}

    def compute(self, array: Array) -> Any:
        """Return the expression of an array; a number, where it is the same everywhere."""
        made = array.made
        if isinstance(made, Applied):
            return apply(made.op, [self.read(operand) for operand in made.operands])
        if isinstance(made, Product):
            return self._product(made)
        if isinstance(made, Reduced):
            return self._reduced(made, array)
        return self._combined(made) if isinstance(made, Combined) else self.scope.values[array]

    def read(self, operand: Operand) -> Any:
        """Return the expression of an operand."""
        if operand.source is None:
            return self.numbers(operand.places)
        key = operand.source, operand.shape, operand.places.tobytes()
        if key not in self._read:
            _, source, view = self.view(operand)
            self._read[key] = read(source, view, self.scope.constant)
        return self._read[key]

    def view(self, operand: Operand) -> tuple[Any, Any, View]:
        """Return the array, or the piece of it, that an operand reads, its expression, and how it is read."""
        if operand not in self._views:
            piece, begin, shape = self.scope.piece(operand)
            self._views[operand] = piece, self.scope.values[piece], find_view(operand.places - begin, shape)
        return self._views[operand]

    def numbers(self, numbers: Any) -> Any:
        """Return written numbers: one number, or a variable that holds them."""
        if isinstance(numbers, float):
            return numbers
        first = float(numbers.flat[0])
        if (numbers == first).all():
            return first
        return name(self.scope.constant("c", numbers), tuple(numbers.shape))

    def _combined(self, made: Combined) -> Any:
        result: Any = 0.0
        for coefficient, operands in made.parts:
            part = self.numbers(coefficient)
            for operand in operands:
                part = multiply(part, self.read(operand))
            result = add(result, part)
        constant = self.numbers(made.constant)
        return add(constant, result) if isinstance(result, Expression) and result.factor < 0 else add(result, constant)

    def _reduced(self, made: Reduced, array: Array) -> Any:
        if not array.shape and isinstance(made.coefficient, float) and made.starts is None:
            straight = self._straight(made)
            if straight is not None:
                return straight
        factors = [self.read(operand) for operand in made.operands]
        coefficient = self.numbers(made.coefficient)
        if not array.shape and len(made.operands) + (not isinstance(coefficient, float)) == 2:
            pair = factors if len(factors) == 2 else [coefficient, *factors]
            if all(isinstance(each, Expression) and len(each.shape) == 1 and not each.batched for each in pair):
                scale = coefficient if isinstance(coefficient, float) else 1.0
                return multiply(scale, matmul(pair[0], pair[1], ()))
        inner: Any = 1.0
        for factor in factors:
            inner = multiply(inner, factor)
        inner = multiply(coefficient, inner)
        operand = made.operands[0]
        if made.starts is not None:
            inner = solid(inner, operand.shape, array.batched)
            text = f"np.add.reduceat(#1, {self.scope.constant('i', made.starts)}{', 1' if array.batched else ''})"
            return Expression(Body(text, (inner.bare,)), array.shape, array.batched, inner.factor)
        if not isinstance(inner, Expression):
            return inner * operand.shape[-1]
        inner = solid(inner, operand.shape, array.batched)
        return total(inner, (len(operand.shape) - 1 + inner.batched,))

    def _straight(self, made: Reduced) -> Any:
        """Return the sum over whole arrays, without giving them another shape first; None where they are not whole."""
        wholes: list[Expression] = []
        for operand in made.operands:
            _, source, view = self.view(operand)
            if not isinstance(source, Expression) or source.shape != view.source:
                return None
            if not view.whole or view.new or view.order or (wholes and source.shape != wholes[0].shape):
                return None
            wholes.append(source)
        inner = made.coefficient
        for whole in wholes:
            inner = multiply(inner, whole)
        if not isinstance(inner, Expression):
            return None
        if not inner.batched:
            body = Body("#1.sum()", (inner.bare,), places=(ATOM,))
            return Expression(body, (), False, inner.factor)
        inner = reshaped(inner, (prod(inner.shape),))
        return total(inner, (1,))

    def _product(self, made: Product) -> Any:
        left, right = (solid(self.read(operand), operand.shape, _batched(operand)) for operand in made.operands)
        factor = left.factor * right.factor
        left, right = left.bare, right.bare
        if len(left.shape) == 1:
            return self._row_product(left, right).times(factor)
        shape = (*left.shape[:-1], right.shape[-2])
        if left.batched and not right.batched and len(right.shape) == 2:
            flat = look(f"#1.reshape(-1, {left.shape[-1]})", left, left.shape[-1:])
            found = matmul(flat, turned(right), shape[-1:])
            return _unflattened(found, shape).times(factor)
        return matmul(left, turned(right), shape).times(factor)

    @staticmethod
    def _row_product(left: Expression, right: Expression) -> Expression:
        shape = right.shape[:1]
        if not right.batched:
            return matmul(left, turned(right), shape) if left.batched else matmul(right, left, shape)
        if not left.batched:
            return matmul(right, left, shape)
        column = look("#1[:, :, None]", left, (*left.shape, 1))
        return look("#1[:, :, 0]", matmul(right, column, (*shape, 1)), shape)


def _unflattened(array: Expression, shape: tuple[int, ...]) -> Expression:
    return look(f"#1.reshape({', '.join(map(str, (-1, *shape)))})", array, shape)


def _batched(operand: Operand) -> bool:
    return operand.source is not None and operand.source.batched


def matmul(left: Expression, right: Expression, shape: tuple[int, ...]) -> Expression:
    """Return a product of matrices, of this shape for one sample."""
    body = Body("#1 @ #2", (left.bare, right.bare), PRODUCT, (PRODUCT, PRODUCT + 1))
    return Expression(body, shape, left.batched or right.batched, left.factor * right.factor)


def turned(matrix: Expression) -> Expression:
    """Return a matrix, or a stack of them, transposed."""
    shape = (*matrix.shape[:-2], matrix.shape[-1], matrix.shape[-2])
    axes = len(shape) + matrix.batched
    return look("#1.T" if axes == 2 else f"#1.swapaxes({axes - 2}, {axes - 1})", matrix, shape)
