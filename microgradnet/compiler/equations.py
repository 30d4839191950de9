"""The equations of a program: the expression of each array, and of each adjoint, as the lines of a program.

:class:`ProgramNames` names arrays, from the user's labels; pieces of the parameters and samples; and constants.
:class:`Forward` has the value of each array, :class:`Adjoint` the chain rule over the same arrays.
"""

from __future__ import annotations

import builtins
import keyword
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import (
    Applied,
    Array,
    ArrayLayout,
    ArrayView,
    Combined,
    Operand,
    Product,
    Reduced,
    find_view,
)
from microgradnet.compiler.expressions import (
    COUNT,
    SHARE,
    ArrayExpression,
    Body,
    ProgramLine,
    apply,
    call,
    combine,
    index_text,
    look,
    name,
    read,
    reshaped,
    solid,
    spread,
    total,
)
from microgradnet.operation import ATOM, PRODUCT, TABLE
from microgradnet.ops import add, multiply

_RESERVED = {"np", "n", "share", "samples", "parameters", "gradient", "program", "step", "values"}
_BASE = re.compile(r"[A-Za-z]\w*", re.ASCII)
OUTER = "#1[:, None] * #2"  # the outer product, in less time than by np.outer


@dataclass(frozen=True, eq=False, slots=True)
class Piece:
    """A part of the flat array of parameters, or of the columns of the samples.

    Arguments:
        array: the whole array.
        begin: the place of its first number.
        shape: its shape for one sample.
        name: its name in the program.
        nodes: the nodes whose numbers it holds.
    """

    array: Array
    begin: int
    shape: tuple[int, ...]
    name: str
    nodes: Any

    @property
    def end(self) -> int:
        """The place after its last number."""
        return self.begin + prod(self.shape)


class ProgramNames:
    """The names of a program, each given once, and the expressions that they stand for.

    Arguments:
        layout: the arrays.
        dtype: the type of the program's numbers.

    Attributes:
        values: per array or piece, its expression.
        names: per array whose nodes have labels, the name that the labels give it.
        constants: per name, the numbers.
        pieces: the pieces of the parameters and of the samples.
    """

    def __init__(self, layout: ArrayLayout, dtype: str) -> None:
        self.layout, self.dtype = layout, dtype
        self.values: dict[Any, Any] = {}
        self.names: dict[Array, str] = {}
        self.constants: dict[str, Any] = {}
        self._used = {*_RESERVED, *TABLE, *keyword.kwlist, *dir(builtins)}
        self._same: dict[tuple[Any, ...], str] = {}
        parameters, samples = layout.arrays[:2]
        self.pieces = {parameters: self._parameter_pieces(parameters), samples: self._sample_pieces(samples)}
        for array, called in ((parameters, "parameters"), (samples, "samples")):
            self.values[array] = name(called, array.shape, array.batched)
            for piece in self.pieces[array]:
                self.values[piece] = name(piece.name, piece.shape, array.batched)
        for array in layout.arrays[2:]:
            base = "" if array.nodes is None else self.base(array.nodes)
            if base:
                self.names[array] = self.fresh(base)

    def fresh(self, expected: str, number: bool = False) -> str:
        """Return an unused name, as close to the wanted one as possible; with ``number``, numbered from 1."""
        called, count = f"{expected}1" if number else expected, 1
        while called in self._used:
            count += 1
            called = f"{expected}{count}" if number else f"{expected}_{count}"
        self._used.add(called)
        return called

    def branch(self) -> Callable[[str], str]:
        """Return a function like :meth:`fresh` for the variables of one function; others may reuse them."""
        other = copy(self)
        other._used = set(self._used)
        return lambda hint: other.fresh(hint, number=len(hint) == 1)

    def base(self, nodes: Any) -> str:
        """Return what labels have in common before their indices, such as z1 of ``z1[1]``, ``z1[2]``; else ""."""
        flat = nodes.ravel()
        some = {int(flat[place]) for place in (0, len(flat) // 2, -1)} if len(flat) else set()
        labels = [self.layout.recording.labels[node] for node in some]
        found = {match[0] if (match := _BASE.match(label)) else "" for label in labels}
        return found.pop() if len(found) == 1 else ""

    def constant(self, letter: str, numbers: Any) -> str:
        """Return the name of a constant array; equal arrays share one."""
        if numbers.dtype.kind == "f":
            numbers = numbers.astype(self.dtype)
        key = letter, numbers.dtype.str, numbers.shape, numbers.tobytes()
        if key not in self._same:
            self._same[key] = self.fresh(letter, number=True)
            self.constants[self._same[key]] = numbers
        return self._same[key]

    def piece(self, operand: Operand) -> tuple[Any, int, tuple[int, ...]]:
        """Return the piece, or else the array, that holds all of an operand; its first place; its shape."""
        source = operand.source
        pieces = self.pieces.get(source, [])
        if pieces:
            low, high = int(operand.places.min()), int(operand.places.max())
            piece = pieces[bisect_right([piece.begin for piece in pieces], low) - 1] if low >= 0 else pieces[0]
            if piece.begin <= low and high < piece.end:
                return piece, piece.begin, piece.shape
        return source, 0, source.shape

    def _parameter_pieces(self, parameters: Array) -> list[Piece]:
        pieces, begin = [], 0
        for block in self.layout.blocks:
            base = self.base(block)
            if not base:
                called = self.fresh("P" if block.ndim > 1 else "p", number=True)
            else:
                called = self.fresh(base[0].upper() + base[1:] if block.ndim > 1 else base)
            pieces.append(Piece(parameters, begin, block.shape, called, block))
            begin += block.size
        return pieces

    def _sample_pieces(self, samples: Array) -> list[Piece]:
        """Cut the columns of the samples where the labels change."""
        nodes = samples.nodes
        bases = [self.base(nodes[place : place + 1]) for place in range(len(nodes))]
        cuts = [0, *(place for place in range(1, len(nodes)) if bases[place] != bases[place - 1]), len(nodes)]
        return [
            Piece(samples, begin, (end - begin,), self.fresh(bases[begin] or "inputs"), nodes[begin:end])
            for begin, end in pairwise(cuts)
            if end > begin
        ]


def sorted_groups(places: Any) -> tuple[Any, Any, Any]:
    """Return an order that sorts places, the start of each run of equal places, and the distinct places."""
    order = np.argsort(places, kind="stable")
    distinct, starts = np.unique(places[order], return_index=True)
    return order, starts, distinct


class Forward:
    """The expression of each array, from those of its operands.

    Arguments:
        scope: the names of the program.
    """

    def __init__(self, scope: ProgramNames) -> None:
        self.scope = scope
        self._views: dict[Operand, tuple[Any, Any, ArrayView]] = {}
        self._read: dict[Any, Any] = {}

    def compute(self, array: Array) -> Any:
        """Return the expression of an array; a number where all its elements are equal."""
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

    def view(self, operand: Operand) -> tuple[Any, Any, ArrayView]:
        """Return the array or piece that an operand reads, its expression, and the view."""
        if operand not in self._views:
            piece, begin, shape = self.scope.piece(operand)
            self._views[operand] = piece, self.scope.values[piece], find_view(operand.places - begin, shape)
        return self._views[operand]

    def numbers(self, numbers: Any) -> Any:
        """Return constants: one number where all are equal, else a variable that holds them."""
        if isinstance(numbers, float):
            return float(numbers)  # a NumPy scalar is a float, too, but would write its own products
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
        return (
            add(constant, result)
            if isinstance(result, ArrayExpression) and result.factor < 0
            else add(result, constant)
        )

    def _reduced(self, made: Reduced, array: Array) -> Any:
        if not array.shape and isinstance(made.coefficient, float) and made.starts is None:
            straight = self._straight(made)
            if straight is not None:
                return straight
        factors = [self.read(operand) for operand in made.operands]
        coefficient = self.numbers(made.coefficient)
        if not array.shape and len(made.operands) + (not isinstance(coefficient, float)) == 2:
            pair = factors if len(factors) == 2 else [coefficient, *factors]
            if all(isinstance(each, ArrayExpression) and len(each.shape) == 1 and not each.batched for each in pair):
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
            return ArrayExpression(Body(text, (inner.bare,)), array.shape, array.batched, inner.factor)
        if not isinstance(inner, ArrayExpression):
            return inner * operand.shape[-1]
        inner = solid(inner, operand.shape, array.batched)
        return total(inner, (len(operand.shape) - 1 + inner.batched,))

    def _straight(self, made: Reduced) -> Any:
        """Return the sum over whole arrays of one shape, without a reshape; None for other operands."""
        wholes: list[ArrayExpression] = []
        for operand in made.operands:
            _, source, view = self.view(operand)
            if not isinstance(source, ArrayExpression) or source.shape != view.source:
                return None
            if not view.whole or view.new or view.order or (wholes and source.shape != wholes[0].shape):
                return None
            wholes.append(source)
        if len(wholes) == 2 and len(wholes[0].shape) == 1 and not any(whole.batched for whole in wholes):
            return multiply(made.coefficient, matmul(wholes[0], wholes[1], ()))
        inner = made.coefficient
        for whole in wholes:
            inner = multiply(inner, whole)
        if not isinstance(inner, ArrayExpression):
            return None
        if not inner.batched:
            body = Body("#1.sum()", (inner.bare,), places=(ATOM,))
            return ArrayExpression(body, (), False, inner.factor)
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
    def _row_product(left: ArrayExpression, right: ArrayExpression) -> ArrayExpression:
        shape = right.shape[:1]
        if not right.batched:
            return matmul(left, turned(right), shape) if left.batched else matmul(right, left, shape)
        if not left.batched:
            return matmul(right, left, shape)
        column = look("#1[:, :, None]", left, (*left.shape, 1))
        return look("#1[:, :, 0]", matmul(right, column, (*shape, 1)), shape)


def _unflattened(array: ArrayExpression, shape: tuple[int, ...]) -> ArrayExpression:
    return look(f"#1.reshape({', '.join(map(str, (-1, *shape)))})", array, shape)


def _batched(operand: Operand) -> bool:
    return operand.source is not None and operand.source.batched


def matmul(left: ArrayExpression, right: ArrayExpression, shape: tuple[int, ...]) -> ArrayExpression:
    """Return a product of matrices, of this shape for one sample."""
    body = Body("#1 @ #2", (left.bare, right.bare), PRODUCT, (PRODUCT, PRODUCT + 1))
    return ArrayExpression(body, shape, left.batched or right.batched, left.factor * right.factor)


def turned(matrix: ArrayExpression) -> ArrayExpression:
    """Return a matrix, or a stack of them, transposed."""
    shape = (*matrix.shape[:-2], matrix.shape[-1], matrix.shape[-2])
    axes = len(shape) + matrix.batched
    return look("#1.T" if axes == 2 else f"#1.swapaxes({axes - 2}, {axes - 1})", matrix, shape)


class Adjoint:
    r"""The adjoint program: the chain rule over the same arrays, from the loss back to the parameters.

    For :math:`y = f(x)` it adds :math:`\bar y\,\partial f/\partial x` to :math:`\bar x` (A. Griewank and A. Walther,
    *Evaluating Derivatives*, 2nd ed., section 3.2). An adjoint that is one number everywhere stays a number as long as
    possible; an adjoint with one part is never added to zeros.

    Arguments:
        forward: the forward program.
        arrays: all arrays, in the order in which they are computed.
        node: the loss.
        loss: the array that holds it.

    Attributes:
        lines: the lines of the program.
        parts: per array or piece, the views and adjoints that its readers have handed back.
    """

    def __init__(self, forward: Forward, arrays: list[Array], node: int, loss: Array) -> None:
        self.forward, self.scope = forward, forward.scope
        self.lines: list[ProgramLine] = []
        self.parts: dict[Any, list[tuple[ArrayView, Any]]] = defaultdict(list)
        start: Any = name(SHARE) if loss.batched else 1.0
        operand = self.scope.layout.operand(np.array(node))
        piece, _, view = forward.view(operand)
        self.parts[piece].append((view, start))
        for array in reversed(arrays):
            if array.made is not None and array.varied and self.parts[array]:
                adjoint = self._gather(array)
                if isinstance(adjoint, ArrayExpression) or adjoint:
                    self._differentiate(array, adjoint)

    def _gather(self, array: Array) -> Any:
        """Return the adjoint of an array: the sum of the parts that its readers have handed back.

        Parts that cover only some of the array are added to a buffer of floats in turn.
        """
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
        start = ArrayExpression(Body(f"np.zeros(({shape},), float)"), array.shape, array.batched)
        if isinstance(whole, ArrayExpression):
            start = combine("np.array(#1, float)", (solid(whole, array.shape, array.batched),))
        elif whole:
            start = solid(whole, array.shape, array.batched)
        self.lines.append(ProgramLine((start,), f"{called} = #1"))
        for view, part in pieces:
            self.lines.append(add_piece(target, view, part, self.scope.constant))
        return target

    def _named(self, array: Array, adjoint: Any) -> Any:
        """Name an adjoint; that of a pre-activation z is called delta, as in textbooks."""
        called = self.scope.names.get(array, "")
        if not isinstance(adjoint, ArrayExpression):
            return adjoint
        own = called.startswith("z") and not adjoint.body.light
        if adjoint.factor != 1.0 and (own or _multiplies(array)):
            adjoint = ArrayExpression(Body("#1", (adjoint,), PRODUCT), adjoint.shape, adjoint.batched)
        hint = self.scope.fresh(f"delta{called[1:]}") if own else f"d{called}" if called else "d"
        adjoint.body.shared = True
        self.lines.append(ProgramLine((adjoint,), hint=hint, own=own))
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
        """Hand back the adjoint of a term of one factor or of two."""
        if len(operands) == 1:
            return self._hand_back(array, operands[0], adjoint)
        one, other = (self.forward.read(operand) for operand in operands)
        if _equal(*operands):
            return self._hand_back(array, operands[0], multiply(multiply(2.0, adjoint), one))
        self._hand_back(array, operands[0], multiply(adjoint, other))
        return self._hand_back(array, operands[1], multiply(adjoint, one))

    def _reduced(self, array: Array, made: Reduced, adjoint: Any) -> None:
        one_for_all = isinstance(adjoint, ArrayExpression) and not (adjoint.shape or adjoint.batched or array.batched)
        if isinstance(adjoint, ArrayExpression) and not (
            one_for_all and len(made.operands) == 2 and made.starts is None
        ):
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

    def _product(self, array: Array, made: Product, adjoint: ArrayExpression) -> None:
        left, right = made.operands
        factor, adjoint = adjoint.factor, adjoint.bare
        if left.source is not None and left.source.varied:
            result = self._of_left(made, adjoint)
            self._hand_back(array, left, result.times(factor), summed=not result.batched)
        if right.source is not None and right.source.varied:
            result = self._of_right(made, adjoint)
            self._hand_back(array, right, result.times(factor), summed=not result.batched)

    def _value(self, operand: Operand) -> ArrayExpression:
        batched = operand.source is not None and operand.source.batched
        return solid(self.forward.read(operand), operand.shape, batched)

    def _of_left(self, made: Product, adjoint: ArrayExpression) -> Any:
        right, shape = self._value(made.right), made.left.shape
        if len(shape) > 1:
            return matmul(adjoint, right, shape)
        if right.batched and adjoint.batched:
            row = look("#1[:, None, :]", adjoint, (1, *adjoint.shape))
            return reshaped(matmul(row, right, (1, *shape)), shape)
        return matmul(adjoint, right, shape)

    def _of_right(self, made: Product, adjoint: ArrayExpression) -> ArrayExpression:
        left, shape = self._value(made.left), made.right.shape
        batched = made.right.source is not None and made.right.source.batched
        if not batched and adjoint.batched and left.batched and len(shape) == 2:
            if len(left.shape) > 1:
                adjoint = look(f"#1.reshape(-1, {shape[0]})", adjoint, (shape[0],))
                left = look(f"#1.reshape(-1, {shape[1]})", left, (shape[1],))
            columns = look("#1.T", adjoint, (shape[0],))
            result = matmul(columns, left, shape)
            return ArrayExpression(result.body, shape, False, result.factor)
        if len(left.shape) > 1:
            return matmul(turned(adjoint), left, shape)
        if not adjoint.batched and not left.batched:
            body = Body(OUTER, (adjoint.bare, left.bare), PRODUCT, (ATOM, PRODUCT + 1))
            return ArrayExpression(body, shape, False, adjoint.factor * left.factor)
        column = look("#1[:, :, None]" if adjoint.batched else "#1[:, None]", adjoint, (*adjoint.shape, 1))
        row = look("#1[:, None, :]", left, (1, *left.shape)) if left.batched else left
        result = multiply(column, row)
        return ArrayExpression(result.body, shape, result.batched, result.factor)

    def _hand_back(self, reader: Array, operand: Operand, adjoint: Any, *, summed: bool = False) -> None:
        """Add the adjoint of an operand to the parts of the array or piece that it was read from."""
        if operand.source is None or not operand.source.varied:
            return
        if not isinstance(adjoint, ArrayExpression) and not adjoint:
            return
        piece, _, view = self.forward.view(operand)
        if reader.batched and not operand.source.batched and not summed:
            adjoint = self._over_samples(adjoint)
        self.parts[piece].append((view, spread(adjoint, view) if view.gather is None else adjoint))

    @staticmethod
    def _over_samples(adjoint: Any) -> Any:
        """Return the sum of an adjoint over the samples."""
        if not isinstance(adjoint, ArrayExpression):
            return multiply(name(COUNT), adjoint)
        if adjoint.batched:
            return total(adjoint, (0,))
        return adjoint.factor if adjoint.body.template == SHARE else multiply(adjoint, name(COUNT))


def _multiplies(array: Array) -> bool:
    """Return whether an adjoint will be a factor of matrix products, so that scaling it first is cheaper."""
    made = array.made
    hidden = [operand.source for operand in made.operands] if isinstance(made, Combined) else []
    return isinstance(made, Product) or any(source and isinstance(source.made, Product) for source in hidden)


def _equal(one: Operand, other: Operand) -> bool:
    return one.source is other.source and np.array_equal(one.places, other.places)


def add_piece(target: ArrayExpression, view: ArrayView, part: Any, constant: Any, sign: str = "+=") -> ProgramLine:
    """Return the line that adds to the part of an adjoint that a view reads, or sets it."""
    batched = target.batched
    if view.gather is None:
        whole = target if view.split is None else reshaped(target, view.split)
        index = "..." if view.index is None else index_text(view.index, batched)
        return ProgramLine((whole, part), f"#1[{index}] {sign} #2")
    return _scattered(target, view, part, constant)


def _scattered(target: ArrayExpression, view: ArrayView, part: Any, constant: Any) -> ProgramLine:
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
        part = ArrayExpression(Body(text, (part.bare,)), (len(distinct),), part.batched, part.factor)
    return ProgramLine((flat, part), f"#1[{lead}{constant('i', distinct)}] += #2")
