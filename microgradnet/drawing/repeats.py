"""Repeats: boxes of a folded graph that are built alike and stand beside or behind each other become one, "×16".

A unit here is what would be one box: a folded scope, or a node that is in none. Two kinds of repeats are found:

- side by side: units with the same inside, the same kind of name and the same surroundings, of which none is computed
  from another, such as the neurons of a layer;
- in a row: units that are computed one from the other, such as equal layers, or the additions of a sum.

Merging them never makes a circle of arrows where there was none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence

from microgradnet.drawing.fold import kind_of
from microgradnet.drawing.levels import find_levels, leaves_and_returns
from microgradnet.names import stem
from microgradnet.value import Constant, Value

USUAL = 4  # units that are alike and still drawn one by one: the neurons of a textbook's layer

Unit = str | int  # the path of a folded scope, or the position of a node that is in none
Arrows = dict[Unit, dict[Unit, None]]  # where the arrows from each unit lead to: sets that keep their order


def find_repeats(
    order: Sequence[Value], scopes: Sequence[str], names: Mapping[int, str], most: int
) -> list[tuple[Unit, ...]]:
    """Return the groups of units that are to be drawn as one box, each in topological order.

    Arguments:
        order: the nodes in topological order.
        scopes: for each node the folded scope that it is in, or ``""``.
        names: what nodes without a label are called, by their ``id``.
        most: how many alike units are still drawn one by one.
    """
    units: list[Unit] = [scope or position for position, scope in enumerate(scopes)]
    after = _successors(order, units)
    level = find_levels(after)
    alike = _signatures(order, units, names)
    beside = _side_by_side(after, level, alike, most)
    return _in_a_row(after, alike, beside, most)


def _successors(order: Sequence[Value], units: Sequence[Unit]) -> Arrows:
    """Return what is computed directly from each unit, units in topological order; constants are no units."""
    unit_of = {id(node): unit for node, unit in zip(order, units, strict=True)}
    after: Arrows = {}
    for node, unit in zip(order, units, strict=True):
        if isinstance(unit, int) and isinstance(node, Constant):
            continue
        after.setdefault(unit, {})
        for operand in node.inputs:
            before = unit_of[id(operand)]
            if before != unit and before in after:
                after[before][unit] = None
    return after


class _Numbers:
    """Numbers for structures: equal ones get the same number, so that nothing deep is ever compared."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, structure: Hashable) -> int:
        return self._known.setdefault(structure, len(self._known))


def _signatures(order: Sequence[Value], units: Sequence[Unit], names: Mapping[int, str]) -> dict[Unit, Hashable]:
    """Return for each unit what it has in common with those that are built alike."""
    numbers = _Numbers()
    inside: dict[int, tuple[Unit, int]] = {}  # by id of the node: its unit, and what it is built of within that unit
    parts: defaultdict[Unit, Counter[int]] = defaultdict(Counter)
    signatures: dict[Unit, Hashable] = {}
    for node, unit in zip(order, units, strict=True):
        kind = _kind(node)
        if isinstance(unit, int):
            constants = tuple(operand.data for operand in node.inputs if isinstance(operand, Constant))
            signatures[unit] = (kind, stem(node.label or names.get(id(node), "")), node.scope, constants)
            if node is order[-1]:  # what is drawn has a box of its own
                signatures[unit] = "the loss"
            continue
        operands = [inside.get(id(operand)) for operand in node.inputs]
        below = tuple(found[1] if found and found[0] == unit else -1 for found in operands)
        number = numbers.of((kind, below))
        inside[id(node)] = unit, number
        parts[unit][number] += 1
    for unit, counted in parts.items():
        outer, _, name = str(unit).rpartition("/")
        signatures[unit] = (outer, kind_of(name), frozenset(counted.items()))
    return signatures


def _kind(node: Value) -> Hashable:
    if node.op is not None:
        return node.op.name
    return node.data if isinstance(node, Constant) else "a leaf"


def _side_by_side(
    after: Arrows, level: Mapping[Unit, int], alike: Mapping[Unit, Hashable], most: int
) -> dict[Unit, list[Unit]]:
    """Return each unit's group by its first unit. Those of one level are not computed from each other."""
    groups: defaultdict[Hashable, list[Unit]] = defaultdict(list)
    before: defaultdict[Unit, set[Hashable]] = defaultdict(set)
    for unit, followers in after.items():
        # What a node is computed from belongs to its likeness; a scope's surroundings don't, as its inside tells.
        around = frozenset(before[unit]) if isinstance(unit, int) else frozenset()
        key = (level.get(unit, unit), alike[unit], around)
        groups[key].append(unit)
        for follower in followers:
            before[follower].add(hash(key))
    found: dict[Unit, list[Unit]] = {}
    for members in groups.values():
        for each in [members] if len(members) > most else [[member] for member in members]:
            found[each[0]] = each
    return found


def _in_a_row(
    after: Arrows, alike: Mapping[Unit, Hashable], beside: Mapping[Unit, list[Unit]], most: int
) -> list[tuple[Unit, ...]]:
    """Return the final groups: runs of alike ones behind each other are merged as well."""
    head = {member: first for first, members in beside.items() for member in members}
    merged = _quotient(after, head)
    level = find_levels(merged)
    runs: list[list[Unit]] = []
    used: set[Unit] = set()
    for first in sorted(level, key=lambda unit: level[unit]):
        if first in used:
            continue
        run = _run(first, merged, level, alike, used)
        used.update(run)
        stays = len(run) <= most or leaves_and_returns(run, merged, level)
        runs += [[unit] for unit in run] if stays else [run]
    runs += [[first] for first in beside if first not in level]  # what arrows already lead around
    ends = {unit: run[0] for run in runs for unit in run}
    joined = _quotient(merged, ends)
    if len(joined) - len(find_levels(joined)) > len(merged) - len(level):  # two runs, each computed from the other
        runs = [[first] for first in beside]
    groups = [tuple(member for each in run for member in beside[each]) for run in runs]
    return [group for group in groups if len(group) > 1]


def _quotient(after: Arrows, head: Mapping[Unit, Unit]) -> Arrows:
    """Return the arrows between groups, of which each stands under its head."""
    merged: Arrows = {first: {} for first in dict.fromkeys(head[unit] for unit in after)}
    for unit, followers in after.items():
        for follower in followers:
            if head[follower] != head[unit]:
                merged[head[unit]][head[follower]] = None
    return merged


def _run(
    first: Unit, after: Arrows, level: Mapping[Unit, int], alike: Mapping[Unit, Hashable],
    used: set[Unit],
) -> list[Unit]:  # fmt: skip
    """Return the units that follow each other from one on, each alike and directly computed from the one before."""
    run = [first]
    while True:
        last = run[-1]
        following = [
            unit
            for unit in after[last]
            if unit not in used and alike[unit] == alike[first] and level.get(unit) == level[last] + 1
        ]
        if len(following) != 1:
            return run
        run += following
