"""Array expressions: operands that write what is done to them as NumPy.

The rules of the table are applied to expressions as to numbers, so the forward program and the adjoint program come
from the one table. Where a rule calls NumPy itself, NumPy's own protocols (NEP 13 and NEP 18) hand the call back to be
written. A view is an expression too: :func:`read` writes how an operand is read from its array, and :func:`spread` how
its adjoint goes back the same way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any

import numpy as np

from microgradnet.compiler.arrays import ArrayView
from microgradnet.compiler.sums import is_ordinary
from microgradnet.operation import ATOM, POWER, PRODUCT, SUM, Op, Rule
from microgradnet.ops import add, divide, multiply, negate, power, subtract
from microgradnet.symbols import Formula, Symbol, write_number


class Body:
    """One operation of a program.

    Arguments:
        template: Python, with ``#1``, ``#2``, ... for the operands.
        operands: expressions and numbers.
        precedence: how tightly the whole binds.
        places: how tightly each operand must bind to stand without brackets.
        light: whether it is a variable or a view, which costs next to nothing to write twice.
        needs: the function that it calls, where the program has to define it.

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
        needs: RuleDefinition | None = None,
    ) -> None:
        self.template, self.operands, self.precedence = template, operands, precedence
        self.shared = False
        self.places, self.light, self.needs = places or (0,) * len(operands), light, needs

    def inner(self) -> list[Body]:
        """Return the bodies of the operands that are not numbers."""
        return [operand.body for operand in self.operands if hasattr(operand, "body")]


@dataclass(frozen=True, eq=False, slots=True)
class RuleDefinition:
    """A rule of an operation as a function that a program defines or calls.

    Arguments:
        name: the name of the function.
        parameters: the names of its operands.
        result: the expression that it returns; None where the rule can't be written as a formula, such as a call of
            ``math``, and the program calls the rule itself.
        op: the operation.
        place: the place of the operand whose partial derivative this is; None for the forward rule.
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
        named: from a body to the name of the variable that holds it, or None.
    """
    if not hasattr(operand, "body"):
        return _number(operand)
    text, precedence = write_body(operand.body, named)
    if operand.factor == 1.0:
        return text, precedence
    if operand.factor == -1.0:
        return (f"-{text}" if precedence > PRODUCT else f"-({text})"), SUM
    return f"{_number(operand.factor)[0]} * {text if precedence > PRODUCT else f'({text})'}", PRODUCT


def _number(number: Any) -> tuple[str, int]:
    text, precedence = write_number(number)
    return text.replace("inf", "np.inf").replace("nan", "np.nan"), precedence


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


DOUBLE = "float64"  # the type of the numbers of a program, where no other is asked for
_COMPARED = {"greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!="}
_COMPARISON = 5  # binds more loosely than a sum
SHARE = "share"  # the variable that holds the weight of one sample in the mean; it is written last
SMALL = ("#1 + #2", "#1 - #2")  # what may be written twice
_TIMES = "#1 * #2"
_CHOICE = "np.where(#1, #2, #3)"
_TYPED = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?(?:e[+-]?\d+)?)f\b|\bfloat(?=\))")
_LONGEST = 48  # characters of a rule that is written where it is used; a longer one becomes a function


class ArrayExpression(Symbol):
    """A number times a body.

    Arguments:
        body: the operation.
        shape: its shape for one sample; axes of length 1 may stand for longer ones.
        batched: whether there is a batch axis, axis 0.
        factor: the number before the body.
        truth: the same as True and False, where the body is 1.0 and 0.0.
    """

    def __init__(
        self, body: Body, shape: tuple[int, ...] = (), batched: bool = False, factor: float = 1.0, truth: Any = None
    ) -> None:
        self.body, self.shape, self.batched, self.factor, self.truth = body, shape, batched, factor, truth

    def write(self, notation: str) -> tuple[str, int]:
        """Return the text as it stands, without names for its parts."""
        return written(self, lambda body: None)

    def times(self, factor: float) -> Any:
        """Return the expression multiplied by a number; 0.0 for a factor of 0.

        A factor that is very large or small stays where it was written: to move it could overflow or underflow.
        """
        whole = factor * self.factor
        if not factor or is_ordinary(whole):
            return ArrayExpression(self.body, self.shape, self.batched, whole, self.truth) if whole else 0.0
        inner = self if self.factor == 1.0 else self._enclosed()
        return ArrayExpression(inner.body, self.shape, self.batched, factor)._enclosed()

    def _enclosed(self) -> ArrayExpression:
        """Return the same with the factor as a part of the body."""
        return ArrayExpression(Body("#1", (self,), PRODUCT), self.shape, self.batched)

    @property
    def bare(self) -> ArrayExpression:
        """The expression without the number before it."""
        return self if self.factor == 1.0 else ArrayExpression(self.body, self.shape, self.batched)

    @staticmethod
    def _apply(op: Op, operands: tuple[Any, ...]) -> Any:
        simplified = Symbol._apply(op, operands)  # without x + 0, 1*x and 0*x
        if not isinstance(simplified, Formula):
            return simplified
        if op is negate:
            return operands[0].times(-1.0)
        if op is multiply:
            return _product(*operands)
        if op is divide and not isinstance(operands[1], ArrayExpression) and operands[1]:
            return operands[0].times(1.0 / operands[1])
        if op in (add, subtract):
            return _sum(op, *operands)
        if op is power and operands[1:] in ((0.5,), (-0.5,)):
            root = combine("np.sqrt(#1)", operands[:1])
            return root if operands[1] > 0 else 1.0 / root
        if op is power and operands[1:] == (-1.0,):
            return 1.0 / operands[0]
        if op.name in _COMPARED and op.forward.__module__.startswith("microgradnet."):
            return _compared(_COMPARED[op.name], *operands)
        if op in (divide, power):
            return combine(op.text.template.replace("/", " / "), operands, op.text.precedence, op.text.places)
        return call(op, None, operands)

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        if ufunc.__name__ in _COMPARED:
            return _compared(_COMPARED[ufunc.__name__], *operands)
        if not {"d->?", "dd->?"}.isdisjoint(ufunc.types):
            return _truth(combine(f"np.{ufunc.__name__}({_places(len(operands))})", operands))
        return combine(f"np.{ufunc.__name__}({_places(len(operands))})", _with_float_zero(*operands))

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        if function is not np.where or options or len(operands) != 3:
            return NotImplemented
        condition, x, otherwise = operands
        truth = getattr(condition, "truth", None)
        condition = condition if truth is None else truth
        if not any(isinstance(each, ArrayExpression) for each in (x, otherwise)):  # two ints would make an int array
            x, otherwise = (typed(each) if each or not x else each for each in (x, otherwise))
        return combine(_CHOICE, (condition, x, otherwise))

    def astype(self, kind: type) -> Any:
        """Return the expression: its numbers are floats already."""
        return self

    def __abs__(self) -> Any:
        return combine("np.abs(#1)", (self,))

    def __lt__(self, other: Any) -> Any:
        return _compared("<", self, other)

    def __le__(self, other: Any) -> Any:
        return _compared("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return _compared(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return _compared(">=", self, other)

    def __bool__(self) -> bool:
        raise TypeError("a rule that chooses can't be written as a formula")

    __float__ = __int__ = __index__ = __bool__


def _compared(sign: str, one: Any, other: Any) -> ArrayExpression:
    return _truth(combine(f"#1 {sign} #2", _with_float_zero(one, other), _COMPARISON, (SUM, SUM)))


def _with_float_zero(*operands: Any) -> list[Any]:
    """Return operands with 0 written as 0.0: NumPy compares floats with an int in a fifth more time."""
    return [name("0.0") if isinstance(each, (int, float)) and not each else each for each in operands]


def _truth(expression: ArrayExpression) -> ArrayExpression:
    """Return True and False as 1.0 and 0.0, so that arithmetic on them is that of numbers."""
    number = combine("1.0f * #1", (expression,), PRODUCT, (PRODUCT + 1,))
    return ArrayExpression(number.body, number.shape, number.batched, truth=expression)


def combine(
    template: str,
    operands: Sequence[Any],
    precedence: int = ATOM,
    places: tuple[int, ...] = (),
    needs: RuleDefinition | None = None,
) -> ArrayExpression:
    """Return an elementwise operation."""
    known = [operand for operand in operands if isinstance(operand, ArrayExpression)]
    shape = np.broadcast_shapes(*(operand.shape for operand in known))
    body = Body(template, tuple(operands), precedence, places, needs=needs)
    return ArrayExpression(body, shape, any(operand.batched for operand in known))


def name(text: str, shape: tuple[int, ...] = (), batched: bool = False) -> ArrayExpression:
    """Return a variable of the program."""
    return ArrayExpression(Body(text, light=True), shape, batched)


def typed(number: float) -> Any:
    """Return a number that decides by itself of which type a result is, as none of the other operands is a float."""
    text = f"{abs(float(number))!r}f"
    return name(text if _TYPED.fullmatch(text) else text[:-1]).times(math.copysign(1.0, number))


def in_precision(text: str, dtype: str) -> str:
    """Return the text of a program for floats of this type: ``1.0f`` is a number of it, and ``float`` its name."""
    if dtype == DOUBLE:
        return _TYPED.sub(lambda found: found[1] or found[0], text)
    return _TYPED.sub(lambda found: f"np.{dtype}({found[1]})" if found[1] else f"np.{dtype}", text)


def apply(op: Op, operands: Sequence[Any]) -> Any:
    """Apply an operation to expressions and numbers."""
    if any(isinstance(operand, ArrayExpression) for operand in operands):
        return ArrayExpression._apply(op, tuple(operands))
    return float(op.forward(*operands))


def call(op: Op, place: int | None, operands: Sequence[Any]) -> Any:
    """Apply an operation to operands, or its partial derivative in ``place`` to operands and the result."""
    exponent = operands[1] if op is power and place == 0 else 0.0
    if not isinstance(exponent, ArrayExpression) and not float(exponent).is_integer():
        return operands[1] * operands[2] / operands[0]  # at 0, where this fails, the eager engine takes over
    definition = define(op, place)
    if isinstance(definition.result, float):
        return definition.result
    named = place is None and hasattr(op.forward, "short")
    if definition.result is not None and not named and len(definition.result.text) <= _LONGEST:
        return _rule(op, place)(*operands)
    return combine(f"{definition.name}({_places(len(operands))})", operands, needs=definition)


@cache
def define(op: Op, place: int | None) -> RuleDefinition:
    """Return a rule of an operation as a function."""
    parameters = tuple("xy"[: len(op.partials)]) + (() if place is None else ("out",))
    called = (
        op.name if place is None else f"{op.name}_slope" if len(op.partials) == 1 else f"{op.name}_by_{'xy'[place]}"
    )
    try:
        result = _rule(op, place)(*map(name, parameters))
    except Exception:  # a user's rule may raise anything on what is no number
        result = None
    if isinstance(result, (int, float)):
        result = float(result)  # bool is an int, too
    elif not isinstance(result, ArrayExpression):
        result = None
    return RuleDefinition(called, parameters, result, op, place)


def _rule(op: Op, place: int | None) -> Rule:
    return getattr(op.forward, "short", op.forward) if place is None else op.partials[place]


def _places(count: int) -> str:
    return ", ".join(f"#{place}" for place in range(1, count + 1))


def _product(one: Any, other: Any) -> Any:
    if not isinstance(one, ArrayExpression):
        return other.times(one)
    if not isinstance(other, ArrayExpression):
        return one.times(other)
    factor = one.factor * other.factor
    if one.truth is not None and other.truth is None:
        one, other = other, one
    elif one.truth is None and other.truth is not None:
        other = other.truth
    if one.body is other.body and one.shape == other.shape:
        return combine("#1**2", (one.bare,), POWER, (POWER + 1,)).times(factor)
    one, other = one.bare, other.bare
    if one.body.template == SHARE:
        one, other = other, one
    elif _shares(one.body):
        one, other = _product(one.body.operands[0], other), one.body.operands[1]
    elif other.body.template == _TIMES and not other.body.shared:
        one, other = _product(one, other.body.operands[0]), other.body.operands[1]
    return combine(_TIMES, (one, other), PRODUCT, (PRODUCT, PRODUCT + 1)).times(factor)


def _shares(body: Body) -> bool:
    """Return whether a product ends in the weight of one sample, and may be split so that this stays the end."""
    if body.template != _TIMES or body.operands[1].body.template != SHARE:
        return False
    return not body.shared or body.operands[0].body.template in SMALL


def _sum(op: Op, one: Any, other: Any) -> Any:
    """Return a sum or a difference, with a minus sign where a part has one; two gates become one choice."""
    if op is subtract:
        return _sum(add, one, -other)
    merged = _choice(one, other)
    if merged is not None:
        return merged
    factors = [part.factor if isinstance(part, ArrayExpression) else part for part in (one, other)]
    if factors[1] < 0:
        signed = _with_sign(one, -other)
        return combine("#1 - #2", _added(one, -other), SUM, (SUM, SUM + 1)) if signed is None else signed
    if factors[0] < 0:
        return combine("#1 - #2", _added(other, -one), SUM, (SUM, SUM + 1))
    return combine("#1 + #2", _added(one, other), SUM, (SUM, SUM + 1))


def _with_sign(one: Any, other: Any) -> Any:
    """Return 1 + (x > 0) - (0 > x), of the derivative of a maximum, as 1 + sign(x); None for other differences."""
    above, below = getattr(one, "body", None), getattr(getattr(other, "truth", None), "body", None)
    if above is None or below is None or above.template != "#1 + #2" or one.factor != 1.0 or other.factor != 1.0:
        return None
    number, above = above.operands[0], getattr(above.operands[1], "body", None)
    if above is None or not above.template == below.template == "#1 > #2":
        return None
    (x, zero), (same_zero, same) = above.operands, below.operands
    if [getattr(each, "text", "") for each in (zero, same_zero)] != ["0.0", "0.0"]:
        return None
    if getattr(x, "body", 0) is not getattr(same, "body", 1) or x.factor != same.factor:
        return None
    return combine("#1 + #2", (number, combine("np.sign(#1)", (x,))), SUM, (SUM, SUM + 1))


def _added(one: Any, other: Any) -> tuple[Any, Any]:
    """Return the terms of a sum; 1.0 and 0.0 beside a float are True and False, which NumPy adds as they are."""
    terms = [one, other]
    truths = [getattr(term, "truth", None) for term in terms]
    for place, truth in enumerate(truths):
        if truth is not None and terms[place].factor == 1.0 and truths[1 - place] is None:
            beside = terms[1 - place]
            terms[place] = truth
            terms[1 - place] = beside if isinstance(beside, ArrayExpression) else typed(beside)
    return terms[0], terms[1]


def _choice(one: Any, other: Any) -> Any:
    """Return two gates with one condition, one open where the other is shut, as one choice; None for other sums."""
    first, second = getattr(one, "body", None), getattr(other, "body", None)
    if first is None or second is None or not first.template == second.template == _CHOICE:
        return None
    (condition, x, nothing), (opposite, none, y) = first.operands, second.operands
    same = getattr(condition, "body", 0) is getattr(opposite, "body", 1)
    if not same or (nothing, none, one.factor, other.factor) != (0.0, 0.0, 1.0, 1.0):
        return None
    return combine(_CHOICE, (condition, x, y))


@dataclass(frozen=True, slots=True)
class ProgramLine:
    """What may become a line.

    Arguments:
        operands: the expressions in it.
        template: a statement with places for them; empty for the definition of the first operand's body, which gets a
            line of its own only where that is better than to write it where it is used.
        hint: what its name begins with.
        own: whether it always gets a line, if it is used at all, and exactly that name.
        places: how tightly each operand of a statement must bind.
    """

    operands: tuple[Any, ...]
    template: str = ""
    hint: str = ""
    own: bool = False
    places: tuple[int, ...] = ()


COUNT = "n"  # the variable that holds the number of samples


def look(template: str, array: ArrayExpression, shape: tuple[int, ...], *, light: bool = True) -> ArrayExpression:
    """Return a view of an array; nothing is computed."""
    body = Body(template, (array.bare,), places=(ATOM,), light=light)
    return ArrayExpression(body, shape, array.batched, array.factor)


def reshaped(array: Any, shape: tuple[int, ...]) -> Any:
    """Return an array in another shape."""
    if not isinstance(array, ArrayExpression) or array.shape == shape:
        return array
    if not array.shape and not array.batched:  # it may be a plain number, such as the number of samples
        return solid(array, shape, False)
    if array.body.light and array.body.template.startswith("#1.reshape("):
        inner = array.body.operands[0]
        if inner.batched == array.batched and prod(inner.shape) == prod(array.shape):
            return reshaped(inner, shape).times(array.factor)
    sizes = [str(size) for size in shape]
    if array.batched:
        sizes = [COUNT if prod(shape) != prod(array.shape) else "-1", *sizes]
    return look(f"#1.reshape({', '.join(sizes) if sizes else '()'})", array, shape)


def solid(array: Any, shape: tuple[int, ...], batched: bool) -> ArrayExpression:
    """Return a number, or an array with axes of length 1 for longer ones, as an array of this shape."""
    sizes = ", ".join([COUNT] * batched + [str(size) for size in shape])
    sizes = f"({sizes},)" if len(shape) + batched == 1 else f"({sizes})"
    if not isinstance(array, ArrayExpression):
        return ArrayExpression(Body(f"np.full({sizes}, #1, float)", (array,)), shape, batched)
    if array.shape == shape and array.batched == batched:
        return array
    return ArrayExpression(Body(f"np.broadcast_to(#1, {sizes})", (array,)), shape, batched)


def read(array: Any, view: ArrayView, constant: Any) -> Any:
    """Return the expression of an operand.

    Arguments:
        array: the expression of the array that holds it.
        view: how it is read.
        constant: from the first letter of a name and an array of numbers to the variable that holds them.
    """
    if not isinstance(array, ArrayExpression):
        return array
    array = solid(array, view.source, array.batched)
    if view.gather is not None:
        return _gathered(array, view, constant)
    if view.split is not None:
        array = reshaped(array, view.split)
    if view.index is not None:
        array = look(f"#1[{index_text(view.index, array.batched)}]", array, view.taken)
    if view.join is not None:
        array = reshaped(array, view.join)
    if view.order is not None:
        array = transposed(array, view.order)
    return _widened(array, view)


def transposed(array: ArrayExpression, order: tuple[int, ...]) -> ArrayExpression:
    """Return an array with its axes in another order."""
    shape = tuple(array.shape[axis] for axis in order)
    if order == (1, 0):
        return look("#1.swapaxes(1, 2)" if array.batched else "#1.T", array, shape)
    axes = [0, *(axis + 1 for axis in order)] if array.batched else order
    return look(f"#1.transpose({', '.join(map(str, axes))})", array, shape)


def index_text(index: tuple[slice | int, ...], batched: bool) -> str:
    """Return the text between the brackets, after the batch axis if there is one."""
    parts = [":"] * batched
    for part in index:
        if isinstance(part, slice):
            step = f":{part.step}" if part.step not in (None, 1) else ""
            parts.append(f"{part.start or ''}:{'' if part.stop is None else part.stop}{step}")
        else:
            parts.append(str(part))
    return ", ".join(parts)


def _widened(array: ArrayExpression, view: ArrayView) -> ArrayExpression:
    """Insert the view's new axes. Leading ones come from broadcasting, unless axis 0 is the batch."""
    axes = len(view.shape)
    new = list(view.new)
    while new and not array.batched and new[0] == axes - len(array.shape) - len(new):
        new.pop(0)
    front = len(view.new) - len(new)
    if not new:
        return array
    parts = [":"] * array.batched + ["None" if axis in new else ":" for axis in range(front, axes)]
    shape = tuple(1 if axis in new else view.shape[axis] for axis in range(front, axes))
    while parts[-1] == ":":
        parts.pop()
    return look(f"#1[{', '.join(parts)}]", array, shape)


def _gathered(array: ArrayExpression, view: ArrayView, constant: Any) -> Any:
    holes = view.gather < 0
    places = constant("i", view.gather * ~holes)
    if array.batched:
        flat = reshaped(array, (prod(view.source),))
        result = look(f"#1.take({places}, 1)", flat, view.shape, light=False)
    else:
        result = look(f"#1.take({places})", array, view.shape, light=False)
    if not holes.any():
        return result
    mask = ArrayExpression(Body(constant("m", (~holes).astype(float)), light=True), view.shape)
    return combine("#1 * #2", (result.bare, mask), 20, (20, 21)).times(array.factor)


def spread(adjoint: Any, view: ArrayView) -> Any:
    """Return the adjoint of the elements that a view takes, from the adjoint of the operand.

    New axes are summed over; transposing, joining and, for a whole view, splitting are undone.
    """
    adjoint = _narrowed(adjoint, view)
    if isinstance(adjoint, ArrayExpression):
        shape = tuple(size for axis, size in enumerate(view.shape) if axis not in view.new)
        if view.order is not None or view.join is not None or (view.index is None and view.split is not None):
            adjoint = solid(adjoint, shape, adjoint.batched)
        if view.order is not None:
            adjoint = transposed(adjoint, tuple(sorted(range(len(shape)), key=view.order.__getitem__)))
        if view.join is not None:
            adjoint = reshaped(adjoint, view.taken)
        if view.index is None and view.split is not None:
            adjoint = reshaped(adjoint, view.source)
    return adjoint


def _narrowed(adjoint: Any, view: ArrayView) -> Any:
    """Sum an adjoint along the new axes of a view."""
    if not isinstance(adjoint, ArrayExpression):
        return adjoint * prod(view.shape[axis] for axis in view.new)
    missing = len(view.shape) - len(adjoint.shape)
    sizes = dict(enumerate(adjoint.shape, missing))
    repeated = [axis for axis in view.new if sizes.get(axis, 1) == 1]
    summed = [axis - missing + adjoint.batched for axis in view.new if axis not in repeated]
    adjoint = adjoint.times(float(prod(view.shape[axis] for axis in repeated)))
    if summed:
        adjoint = total(adjoint, tuple(summed))
    return reshaped(adjoint, tuple(size for axis, size in sizes.items() if axis not in view.new))


def total(array: ArrayExpression, axes: tuple[int, ...]) -> ArrayExpression:
    """Return the sum along axes, which count the batch axis if there is one."""
    own = {axis - array.batched for axis in axes}
    shape = tuple(size for axis, size in enumerate(array.shape) if axis not in own)
    text = f"#1.sum({axes[0] if len(axes) == 1 else axes})"
    return ArrayExpression(
        Body(text, (array.bare,), places=(ATOM,)), shape, array.batched and 0 not in axes, array.factor
    )
