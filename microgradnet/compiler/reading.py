"""Views as expressions: reading an operand from its array, and handing its adjoint back along the same way."""

from __future__ import annotations

from math import prod
from typing import Any

from microgradnet.compiler.bodies import Body
from microgradnet.compiler.expressions import Expression, combine
from microgradnet.compiler.views import View
from microgradnet.notation import ATOM

COUNT = "n"  # the variable that holds the number of samples


def look(template: str, array: Expression, shape: tuple[int, ...], *, light: bool = True) -> Expression:
    """Return another look at an array: nothing is computed."""
    body = Body(template, (array.bare,), places=(ATOM,), light=light)
    return Expression(body, shape, array.batched, array.factor)


def reshaped(array: Any, shape: tuple[int, ...]) -> Any:
    """Return an array in another shape."""
    if not isinstance(array, Expression) or array.shape == shape:
        return array
    if array.body.light and array.body.template.startswith("#1.reshape("):
        inner = array.body.operands[0]
        if inner.batched == array.batched and prod(inner.shape) == prod(array.shape):
            return reshaped(inner, shape).times(array.factor)
    sizes = [str(size) for size in shape]
    if array.batched:
        sizes = [COUNT if prod(shape) != prod(array.shape) else "-1", *sizes]
    return look(f"#1.reshape({', '.join(sizes) if sizes else '()'})", array, shape)


def solid(array: Any, shape: tuple[int, ...], batched: bool) -> Expression:
    """Return a number, or an array with axes of length 1 that stand for longer ones, as a whole array."""
    sizes = ", ".join([COUNT] * batched + [str(size) for size in shape])
    sizes = f"({sizes},)" if len(shape) + batched == 1 else f"({sizes})"
    if not isinstance(array, Expression):
        return Expression(Body(f"np.full({sizes}, #1, float)", (array,)), shape, batched)
    if array.shape == shape and array.batched == batched:
        return array
    return Expression(Body(f"np.broadcast_to(#1, {sizes})", (array,)), shape, batched)


def read(array: Any, view: View, constant: Any) -> Any:
    """Return the expression of an operand.

    Arguments:
        array: the expression of the array that it stands in.
        view: how it is read.
        constant: from an array of numbers and the first letter of a name to a variable that holds it.
    """
    if not isinstance(array, Expression):
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


def transposed(array: Expression, order: tuple[int, ...]) -> Expression:
    """Return an array with its axes in another order."""
    shape = tuple(array.shape[axis] for axis in order)
    if order == (1, 0):
        return look("#1.swapaxes(1, 2)" if array.batched else "#1.T", array, shape)
    axes = [0, *(axis + 1 for axis in order)] if array.batched else order
    return look(f"#1.transpose({', '.join(map(str, axes))})", array, shape)


def index_text(index: tuple[slice | int, ...], batched: bool) -> str:
    """Return what stands between the brackets, after the samples' axis if there is one."""
    parts = [":"] * batched
    for part in index:
        if isinstance(part, slice):
            step = f":{part.step}" if part.step not in (None, 1) else ""
            parts.append(f"{part.start or ''}:{'' if part.stop is None else part.stop}{step}")
        else:
            parts.append(str(part))
    return ", ".join(parts)


def _widened(array: Expression, view: View) -> Expression:
    """Return an array with the new axes of a view; those in front come by themselves, unless samples stand there."""
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


def _gathered(array: Expression, view: View, constant: Any) -> Any:
    holes = view.gather < 0
    places = constant("i", view.gather * ~holes)
    if array.batched:
        flat = reshaped(array, (prod(view.source),))
        result = look(f"#1.take({places}, 1)", flat, view.shape, light=False)
    else:
        result = look(f"#1.take({places})", array, view.shape, light=False)
    if not holes.any():
        return result
    mask = Expression(Body(constant("m", (~holes).astype(float)), light=True), view.shape)
    return combine("#1 * #2", (result.bare, mask), 20, (20, 21)).times(array.factor)


def spread(adjoint: Any, view: View) -> Any:
    """Return the adjoint of what a view takes from its array, from that of the operand.

    Along new axes it is summed; transposing, joining and, for a whole view, splitting are undone.
    """
    adjoint = _narrowed(adjoint, view)
    if isinstance(adjoint, Expression):
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


def _narrowed(adjoint: Any, view: View) -> Any:
    """Return an adjoint summed along the new axes of a view."""
    if not isinstance(adjoint, Expression):
        return adjoint * prod(view.shape[axis] for axis in view.new)
    missing = len(view.shape) - len(adjoint.shape)
    sizes = dict(enumerate(adjoint.shape, missing))
    repeated = [axis for axis in view.new if sizes.get(axis, 1) == 1]
    summed = [axis - missing + adjoint.batched for axis in view.new if axis not in repeated]
    adjoint = adjoint.times(float(prod(view.shape[axis] for axis in repeated)))
    if summed:
        adjoint = total(adjoint, tuple(summed))
    return reshaped(adjoint, tuple(size for axis, size in sizes.items() if axis not in view.new))


def total(array: Expression, axes: tuple[int, ...]) -> Expression:
    """Return the sum along axes, which count the samples' axis, if there is one."""
    own = {axis - array.batched for axis in axes}
    shape = tuple(size for axis, size in enumerate(array.shape) if axis not in own)
    text = f"#1.sum({axes[0] if len(axes) == 1 else axes})"
    return Expression(Body(text, (array.bare,), places=(ATOM,)), shape, array.batched and 0 not in axes, array.factor)
