"""``program.explain()``: which scalars became which array, and what is done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from microgradnet.compiler.arrays import Array
from microgradnet.compiler.bodies import Body, write_body, written
from microgradnet.compiler.expressions import Expression
from microgradnet.compiler.forward import Forward
from microgradnet.compiler.layout import Layout
from microgradnet.compiler.scope import Piece, Scope

_WIDEST = 60  # characters of an equation


@dataclass(frozen=True, slots=True)
class Group:
    """Scalars that one array of a program holds.

    Arguments:
        name: the array's variable; empty where the program writes it inside another.
        kind: ``"parameters"``, ``"samples"`` or ``"computed"``.
        shape: its shape for one sample.
        batched: whether it has one row for each sample.
        count: how many scalars of the recorded graph it holds.
        first, last: the labels of the first and the last of them; empty where they have none.
        equation: how it is computed.
        operands: the places, among the groups, of those that it is computed from.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    batched: bool
    count: int
    first: str
    last: str
    equation: str
    operands: tuple[int, ...]

    @property
    def scalars(self) -> str:
        """The scalars, in a few words."""
        if not self.first:
            return f"{self.count} node{'s' * (self.count > 1)}"
        return self.first if self.count == 1 else f"{self.first} ... {self.last}"

    @property
    def size(self) -> str:
        """The shape in words: ``n x 30`` for a row of 30 for each sample."""
        return " x ".join([*(["n"] * self.batched), *map(str, self.shape)]) or "1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The arrays of a program; printed, it is a table.

    Arguments:
        nodes: how many nodes the recorded graph has.
        groups: the arrays, operands before results; none where the graph was too narrow for arrays.
        source: what is said where there are none.
    """

    nodes: int
    groups: tuple[Group, ...]
    source: str = ""

    def __str__(self) -> str:
        if not self.groups:
            return self.source.replace("# ", "").strip()
        rows = [("array", "shape", "scalars", "computed as")]
        rows += [(group.name or "-", group.size, group.scalars, group.equation) for group in self.groups]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = ["  ".join([*map(str.ljust, row, widths), row[3]]).rstrip() for row in rows]
        computed = sum(group.kind == "computed" for group in self.groups)
        return "\n".join([f"{self.nodes} nodes became {computed} arrays.", *lines])

    __repr__ = __str__


def explain(layout: Layout, forward: Forward, names: dict[Body, str]) -> tuple[Group, ...]:
    """Return the groups of a layout.

    Arguments:
        layout: the arrays.
        forward: their expressions.
        names: the names that the program gives them.
    """
    scope = forward.scope
    groups: list[Group] = []
    place: dict[Any, int] = {}
    for array in layout.arrays:
        for part in scope.pieces.get(array, [array]):
            if array.made is None or array.nodes is not None:
                place[part] = len(groups)
                operands = tuple(dict.fromkeys(place[each] for each in _operands(array, forward)))
                groups.append(_group(part, array, scope, names, operands))
    return tuple(groups)


def _operands(array: Array, forward: Forward) -> list[Any]:
    """Return the arrays and pieces that an array is computed from, through those that no group owns."""
    found: list[Any] = []
    for operand in array.made.operands if array.made is not None else []:
        if operand.source is None:
            continue
        part = forward.view(operand)[0]
        if isinstance(part, Array) and part.made is not None and part.nodes is None:
            found += _operands(part, forward)
        elif isinstance(part, Array) and part.made is None:
            found += forward.scope.pieces[part]
        else:
            found.append(part)
    return found


def _group(part: Piece | Array, array: Array, scope: Scope, names: dict[Body, str], operands: tuple[int, ...]) -> Group:
    labels = [scope.layout.recording.labels[node] for node in (part.nodes.flat[0], part.nodes.flat[-1])]
    first, last = labels if all(labels) else ("", "")
    if isinstance(part, Piece):
        kind = "samples" if array.batched else "parameters"
        return Group(part.name, kind, part.shape, array.batched, part.nodes.size, first, last, kind, ())
    value = scope.values[array]
    name = names.get(value.body, "") if isinstance(value, Expression) else ""
    equation = _equation(value, names.get)
    count = int((part.nodes >= 0).sum())
    return Group(name, "computed", array.shape, array.batched, count, first, last, equation, operands)


def _equation(value: Any, named: Callable[[Body], str | None]) -> str:
    if isinstance(value, Expression) and value.factor == 1.0:
        text = write_body(value.body, lambda body: None if body is value.body else named(body))[0]
    else:
        text = written(value, named)[0]
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
