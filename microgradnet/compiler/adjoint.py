r"""The adjoint program: the chain rule over the same arrays, from the loss back to the parameters.

For :math:`y = f(x)` it adds :math:`\bar y\,\partial f/\partial x` to :math:`\bar x` (A. Griewank and A. Walther,
*Evaluating Derivatives*, 2nd ed., section 3.2). Adjoints that are the same number everywhere stay numbers as long as
they can; an adjoint that comes in one piece is never added to zeros.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import Applied, Array, Combined, Operand, Product, Reduced
from microgradnet.compiler.bodies import Body
from microgradnet.compiler.expressions import SHARE, Expression, call, combine, name
from microgradnet.compiler.forward import Forward, matmul, turned
from microgradnet.compiler.listing import Line
from microgradnet.compiler.reading import COUNT, index_text, look, reshaped, solid, spread, total
from microgradnet.compiler.scope import sorted_groups
from microgradnet.compiler.views import View
from microgradnet.notation import PRODUCT
from microgradnet.ops import add, multiply


class Adjoint:
    """Writes the lines of the adjoint program.

    Arguments:
        forward: the forward program.
        arrays: all arrays, in the order in which they are computed.
        node: the loss.
        loss: the array in which it stands.
    """

    def __init__(self, forward: Forward, arrays: list[Array], node: int, loss: Array) -> None:
        self.forward, self.scope = forward, forward.scope
        self.lines: list[Line] = []
        self.parts: dict[Any, list[tuple[View, Any]]] = defaultdict(list)
        self.adjoints: dict[Array, Any] = {}
        start: Any = name(SHARE) if loss.batched else 1.0
        operand = self.scope.layout.operand(np.array(node))
        piece, _, view = forward.view(operand)
        self.parts[piece].append((view, start))
        for array in reversed(arrays):
            if array.made is not None and array.varied and self.parts[array]:
                adjoint = self._gather(array)
                if isinstance(adjoint, Expression) or adjoint:
                    self.adjoints[array] = adjoint
                    self._differentiate(array, adjoint)

    def _gather(self, array: Array) -> Any:
        """Return the adjoint of an array: the sum of the parts that its readers have handed back."""
        whole: Any = 0.0
        for view, part in self.parts[array]:
            if view.whole:
                whole = add(whole, part)
        pieces = [(view, part) for view, part in self.parts[array] if not view.whole]
        if not pieces:
            return self._named(array, whole)
        called = self.scope.fresh(f"d{self.scope.names.get(array, '') or '_sum'}")
        target = name(called, array.shape, array.batched)
        shape = ", ".join([COUNT] * array.batched + [str(size) for size in array.shape])
        if isinstance(whole, Expression):
            start = combine("np.array(#1, float)", (solid(whole, array.shape, array.batched),))
        elif whole:
            start = solid(float(whole), array.shape, array.batched)
        else:
            start = Expression(Body(f"np.zeros(({shape},))"), array.shape, array.batched)
        self.lines.append(Line((start,), f"{called} = #1"))
        for view, part in pieces:
            self.lines.append(add_piece(target, view, part, self.scope.constant))
        return target

    def _named(self, array: Array, adjoint: Any) -> Any:
        """Give the adjoint of a pre-activation the name that the textbooks give it."""
        called = self.scope.names.get(array, "")
        if not isinstance(adjoint, Expression):
            return adjoint
        own = called.startswith("z") and not adjoint.body.light
        if adjoint.factor != 1.0 and (own or _multiplies(array)):
            adjoint = Expression(Body("#1", (adjoint,), PRODUCT), adjoint.shape, adjoint.batched)
        hint = self.scope.fresh(f"delta{called[1:]}") if own else f"d{called}" if called else "d"
        adjoint.body.shared = True
        self.lines.append(Line((adjoint,), hint=hint, own=own))
        return adjoint

    def _differentiate(self, array: Array, adjoint: Any) -> None:
        made = array.made
        if isinstance(made, Applied):
            self._applied(array, made, adjoint)
        elif isinstance(made, Product):
            self._product(array, made, solid(adjoint, array.shape, array.batched))
        elif isinstance(made, Reduced):
            self._reduced(array, made, adjoint)
        elif isinstance(made, Combined):
            for coefficient, operands in made.parts:
                self._terms(array, multiply(self.forward.numbers(coefficient), adjoint), operands)

    def _applied(self, array: Array, made: Applied, adjoint: Any) -> None:
        values = [*(self.forward.read(operand) for operand in made.operands), self.scope.values[array]]
        for place, operand in enumerate(made.operands):
            if operand.source is not None and operand.source.varied:
                self._hand_back(array, operand, multiply(adjoint, call(made.op, place, values)))

    def _terms(self, array: Array, adjoint: Any, operands: list[Operand]) -> None:
        """Hand back the adjoint of a term of one factor, or of two."""
        if len(operands) == 1:
            return self._hand_back(array, operands[0], adjoint)
        one, other = (self.forward.read(operand) for operand in operands)
        if _equal(*operands):
            return self._hand_back(array, operands[0], multiply(multiply(2.0, adjoint), one))
        self._hand_back(array, operands[0], multiply(adjoint, other))
        return self._hand_back(array, operands[1], multiply(adjoint, one))

    def _reduced(self, array: Array, made: Reduced, adjoint: Any) -> None:
        if isinstance(adjoint, Expression):
            adjoint = solid(adjoint, array.shape, adjoint.batched)
            if made.starts is not None:
                lengths = np.diff(np.append(made.starts, made.operands[0].nodes.size))
                rows = self.scope.constant("i", np.repeat(np.arange(len(lengths)), lengths))
                axis = ", 1" if adjoint.batched else ""
                adjoint = look(f"#1.take({rows}{axis})", adjoint, made.operands[0].shape, light=False)
            elif array.shape or adjoint.batched:
                colons = ", ".join([":"] * (len(array.shape) + adjoint.batched))
                adjoint = look(f"#1[{colons}, None]", adjoint, (*array.shape, 1))
        self._terms(array, multiply(self.forward.numbers(made.coefficient), adjoint), made.operands)

    def _product(self, array: Array, made: Product, adjoint: Expression) -> None:
        left, right = made.operands
        factor, adjoint = adjoint.factor, adjoint.bare
        if left.source is not None and left.source.varied:
            result = self._of_left(made, adjoint)
            self._hand_back(array, left, result.times(factor), summed=not result.batched)
        if right.source is not None and right.source.varied:
            result = self._of_right(made, adjoint)
            self._hand_back(array, right, result.times(factor), summed=not result.batched)

    def _value(self, operand: Operand) -> Expression:
        batched = operand.source is not None and operand.source.batched
        return solid(self.forward.read(operand), operand.shape, batched)

    def _of_left(self, made: Product, adjoint: Expression) -> Any:
        right, shape = self._value(made.right), made.left.shape
        if len(shape) > 1:
            return matmul(adjoint, right, shape)
        if right.batched and adjoint.batched:
            row = look("#1[:, None, :]", adjoint, (1, *adjoint.shape))
            return reshaped(matmul(row, right, (1, *shape)), shape)
        return matmul(adjoint, right, shape)

    def _of_right(self, made: Product, adjoint: Expression) -> Expression:
        left, shape = self._value(made.left), made.right.shape
        batched = made.right.source is not None and made.right.source.batched
        if not batched and adjoint.batched and left.batched and len(shape) == 2:
            if len(left.shape) > 1:
                adjoint = look(f"#1.reshape(-1, {shape[0]})", adjoint, (shape[0],))
                left = look(f"#1.reshape(-1, {shape[1]})", left, (shape[1],))
            columns = look("#1.T", adjoint, (shape[0],))
            result = matmul(columns, left, shape)
            return Expression(result.body, shape, False, result.factor)
        if len(left.shape) > 1:
            return matmul(turned(adjoint), left, shape)
        if not adjoint.batched and not left.batched:
            body = Body("np.outer(#1, #2)", (adjoint.bare, left.bare))
            return Expression(body, shape, False, adjoint.factor * left.factor)
        column = look("#1[:, :, None]" if adjoint.batched else "#1[:, None]", adjoint, (*adjoint.shape, 1))
        row = look("#1[:, None, :]", left, (1, *left.shape)) if left.batched else left
        result = multiply(column, row)
        return Expression(result.body, shape, result.batched, result.factor)

    def _hand_back(self, reader: Array, operand: Operand, adjoint: Any, *, summed: bool = False) -> None:
        """Add the adjoint of what a reader read to the parts of its array, or of the piece."""
        if operand.source is None or not operand.source.varied:
            return
        if not isinstance(adjoint, Expression) and not adjoint:
            return
        piece, _, view = self.forward.view(operand)
        if reader.batched and not operand.source.batched and not summed:
            adjoint = self._over_samples(adjoint)
        self.parts[piece].append((view, spread(adjoint, view) if view.gather is None else adjoint))

    @staticmethod
    def _over_samples(adjoint: Any) -> Any:
        """Return the sum of an adjoint over the samples."""
        if not isinstance(adjoint, Expression):
            return multiply(name(COUNT), adjoint)
        if adjoint.batched:
            return total(adjoint, (0,))
        return adjoint.factor if adjoint.body.template == SHARE else multiply(adjoint, name(COUNT))


def _multiplies(array: Array) -> bool:
    """Tell whether an adjoint will be a factor of matrix products, so that it is scaled best before them."""
    made = array.made
    hidden = [operand.source for operand in made.operands] if isinstance(made, Combined) else []
    return isinstance(made, Product) or any(source and isinstance(source.made, Product) for source in hidden)


def _equal(one: Operand, other: Operand) -> bool:
    return one.source is other.source and np.array_equal(one.places, other.places)


def add_piece(target: Expression, view: View, part: Any, constant: Any, sign: str = "+=") -> Line:
    """Return the line that adds to a part of an adjoint, or sets it."""
    batched = target.batched
    if view.gather is None:
        whole = target if view.split is None else reshaped(target, view.split)
        index = "..." if view.index is None else index_text(view.index, batched)
        return Line((whole, part), f"#1[{index}] {sign} #2")
    return _scattered(target, view, part, constant)


def _scattered(target: Expression, view: View, part: Any, constant: Any) -> Line:
    places = view.gather.ravel()
    valid = places >= 0
    part = reshaped(solid(part, view.shape, target.batched), (len(places),))
    flat = reshaped(target, (int(np.prod(target.shape)),))
    order, starts, distinct = sorted_groups(places[valid])
    order = np.flatnonzero(valid)[order]
    lead = ":, " if target.batched else ""
    axis = ", 1" if target.batched else ""
    if len(order) < len(places) or not np.array_equal(order, np.arange(len(order))):
        part = look(f"#1.take({constant('i', order)}{axis})", part, (len(order),), light=False)
    if len(distinct) < len(order):
        text = f"np.add.reduceat(#1, {constant('i', starts)}{axis})"
        part = Expression(Body(text, (part.bare,)), (len(distinct),), part.batched, part.factor)
    return Line((flat, part), f"#1[{lead}{constant('i', distinct)}] += #2")
