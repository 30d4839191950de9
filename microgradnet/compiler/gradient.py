"""The last lines of a step: the adjoints of the parameters, written into their places in the flat gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradnet.compiler.adjoint import add_piece
from microgradnet.compiler.arrays import Array
from microgradnet.compiler.expressions import Expression, name
from microgradnet.compiler.listing import Line
from microgradnet.compiler.scope import Piece, Scope
from microgradnet.compiler.views import View
from microgradnet.notation import ATOM, PRODUCT

_FACTORS = (PRODUCT, PRODUCT + 1)


def gradient_lines(scope: Scope, parts: dict[Any, list[tuple[View, Any]]]) -> list[Line]:
    """Return the lines that fill the gradient from what the readers of parameters have handed back.

    Matrix products come first, as they can be computed in their place. What comes first to a place sets it; what comes
    later adds to it.
    """
    parameters = scope.layout.arrays[0]
    targets: list[Piece | Array] = [*scope.pieces[parameters], parameters]
    places = [(target, view, part) for target in targets for view, part in parts.get(target, [])]
    places.sort(key=lambda each: not _is_product(each[2]))
    covered = np.zeros(parameters.shape[0], bool)
    lines: list[Line] = []
    for target, view, part in places:
        reached = _reached(target, view)
        sets = not covered[reached].any() and view.gather is None
        if not sets and not covered[reached].all():
            lines.insert(0, _zeros(reached[~covered[reached]]))
        covered[reached] = True
        lines.append(_line(scope, target, view, part, "=" if sets else "+="))
    if not covered.all():
        lines.insert(0, _zeros(np.flatnonzero(~covered)))
    return lines


def _is_product(part: Any) -> bool:
    return isinstance(part, Expression) and " @ " in part.body.template


def _reached(target: Any, view: View) -> Any:
    """Return the places in the flat gradient that a view reads."""
    begin = target.begin if isinstance(target, Piece) else 0
    if view.gather is not None:
        return np.unique(view.gather[view.gather >= 0]) + begin
    numbers = np.arange(int(np.prod(view.source))).reshape(view.source if view.split is None else view.split)
    return begin + np.unique(numbers if view.index is None else numbers[view.index])


def _zeros(places: Any) -> Line:
    low, high = int(places.min()), int(places.max())
    if high - low == len(np.unique(places)) - 1:
        return Line((), f"gradient[{low}:{high + 1}] = 0")
    return Line((), "gradient[:] = 0")


def _line(scope: Scope, target: Piece | Array, view: View, part: Any, sign: str) -> Line:
    if isinstance(target, Piece) and not target.shape:
        return Line((part,), f"gradient[{target.begin}] {sign} #1")
    called = f"d{target.name}" if isinstance(target, Piece) else "gradient"
    array = name(called, target.shape)
    if view.whole and sign == "=" and isinstance(part, Expression) and part.shape == target.shape:
        template = part.body.template
        if template == "#1 @ #2" and part.factor == 1.0 and len(part.shape) == 2:
            return Line(part.body.operands, f"np.matmul(#1, #2, out={called})  # {called} = #1 @ #2", places=_FACTORS)
        if template == "np.outer(#1, #2)" and part.factor == 1.0:
            return Line(part.body.operands, f"np.outer(#1, #2, out={called})  # {called} = outer product of #1 and #2")
        if template == "#1.sum(0)" and part.factor == 1.0:
            return Line(part.body.operands, f"#1.sum(0, out={called})  # {called} = #1.sum(0)", places=(ATOM,))
    if view.whole:
        return Line((array, part), f"#1[:] {sign} #2")
    return add_piece(array, view, part, scope.constant, sign)
