"""Which nodes become one box: the scopes that ``fold=`` names, and boxes that are built alike, drawn once as "×16".

A unit here is what would be one box: a folded scope, or a node that is in none. Two kinds of repeats are found:

- side by side: units with the same inside, the same kind of name and the same surroundings, of which none is computed
  from another, such as the neurons of a layer;
- in a row: units that are computed one from the other, such as equal layers, or the additions of a sum.

Merging them never makes a circle of arrows where there was none.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from microgradnet.drawing.picture import NAME_LIMIT, find_levels
from microgradnet.errors import ArgumentError, shown
from microgradnet.names import stem
from microgradnet.text import clean, shorten
from microgradnet.value import Constant, Value

Key = TypeVar("Key", bound=Hashable)


def leaves_and_returns(run: Sequence[Key], after: Mapping[Key, Collection[Key]], level: Mapping[Key, int]) -> bool:
    """Tell whether some way leaves a run of boxes and comes back, so that one box for all would close a circle."""
    members = set(run)
    highest = level[run[-1]]
    waiting = [follower for member in run for follower in after[member] if follower not in members]
    seen = set(waiting)
    while waiting:
        key = waiting.pop()
        if level.get(key, highest) >= highest:
            continue
        for follower in after[key]:
            if follower in members:
                return True
            if follower not in seen:
                seen.add(follower)
                waiting.append(follower)
    return False


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
            signatures[unit] = (kind, stem(node.label or names.get(id(node), "")), node.scope)
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
    """Return what a node has in common with those that are built alike: numbers may differ, but for exponents."""
    if node.op is not None:
        exponent = node.inputs[-1] if node.op.name == "power" else None
        return node.op.name, exponent.data if isinstance(exponent, Constant) else None
    return "a number" if isinstance(node, Constant) else "a leaf"


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


Fold = str | Iterable[str] | None
EVERY_SCOPE = "scope"  # folds every outermost scope, whatever it is called
REPEATS = "repeats"  # folds no scope: only nodes that are built alike become one box
_NUMBER = re.compile(r"\s*\d+$")


def kind_of(part: str) -> str:
    """Return what a part of a scope is one of: ``"layer"`` for ``"layer 2"``."""
    return _NUMBER.sub("", part)


def read_fold(fold: Fold) -> tuple[str, ...]:
    """Return what to fold as names; none where nothing is to be folded.

    Raises:
        ArgumentError: it is no string and no list of strings.
    """
    if fold is None:
        return ()
    names = tuple(fold) if isinstance(fold, (list, tuple, set, frozenset)) else (fold,)
    for name in names:
        if not isinstance(name, str) or not name:
            advice = 'Write fold="layer", fold="layer 1/neuron 2", or a list of such.'
            raise ArgumentError("fold needs a kind of scope, or the name or path of one", shown(name), advice)
    return names


def folded_scopes(order: Sequence[Value], fold: Fold) -> list[str]:
    """Return, for each node, the path of the folded scope that it disappears into, or ``""`` where it stays.

    Arguments:
        order: the nodes.
        fold: a kind of scope (``"layer"`` folds ``"layer 1"`` and ``"layer 2"``), one scope's name or path, ``"scope"``
            for every outermost scope, ``"repeats"`` for none, or several of these.

    Raises:
        ArgumentError: no scope of the graph is of that kind or name.
    """
    names = read_fold(fold)
    if not names:
        return [""] * len(order)
    paths = dict.fromkeys(node.scope for node in order)
    for name in names:
        if name != REPEATS and not any(_outermost(path, (name,)) for path in paths):
            expected = "fold needs a kind of scope that the graph has"
            raise ArgumentError(expected, repr(name), _advice(fold_choices(order)))
    outermost = {path: _outermost(path, names) for path in paths}
    return [outermost[node.scope] for node in order]


def fold_choices(order: Sequence[Value]) -> list[str]:
    """Return the kinds of scope in a graph, outer ones first."""
    depths: dict[str, int] = {}
    for scope in dict.fromkeys(node.scope for node in order if node.scope and not isinstance(node, Constant)):
        for depth, part in enumerate(scope.split("/")):
            depths[kind_of(part)] = min(depth, depths.get(kind_of(part), depth))
    return sorted(depths, key=lambda kind: depths[kind])


def _outermost(scope: str, names: tuple[str, ...]) -> str:
    """Return the shortest beginning of a scope's path that one of the names means."""
    path = ""
    for part in scope.split("/") if scope else ():
        path = f"{path}/{part}" if path else part
        if EVERY_SCOPE in names or any(name in (kind_of(part), part, path) for name in names):
            return path
    return ""


def _advice(choices: list[str]) -> str:
    if not choices:
        return f'Its nodes belong to no scope; build them inside `with mg.scope("layer 1"):`, or fold="{REPEATS}".'
    return f"It has {', '.join(map(repr, choices))}."


@dataclass(slots=True)
class Folded:
    """One folded box.

    Arguments:
        position: that of its first node in topological order.
        path: the path of its scope, or of the scope of its nodes where these are in no folded scope.
        count: how many scopes or nodes that are built alike it stands for.
        is_scope: whether it stands for scopes, not for single nodes.
        known: what its first node is called without a label.
        nodes: what is in it.
    """

    position: int
    path: str
    count: int = 1
    is_scope: bool = True
    known: str = ""
    nodes: list[Value] = field(default_factory=list)

    @property
    def operations(self) -> int:
        """How many results there are inside."""
        return sum(bool(node.inputs) for node in self.nodes)

    @property
    def leaves(self) -> int:
        """How many leaves there are inside, without constants."""
        return sum(not node.inputs and not isinstance(node, Constant) for node in self.nodes)

    @property
    def outer(self) -> str:
        """The path of the scope that the box stands in."""
        return clean(self.path).rpartition("/")[0] if self.is_scope else clean(self.path)

    @property
    def name(self) -> str:
        """Return the heading: the scope's name, or what is common to all, with their count."""
        last = clean(self.path).rpartition("/")[2]
        if self.count == 1:
            return shorten(last, NAME_LIMIT)
        first = self.nodes[0]
        if self.is_scope:
            common = kind_of(last) or last
        else:
            common = stem(clean(first.label or self.known)) or (first.op.name if first.op else "leaf")
        times = f" ×{self.count}"
        return shorten(common, NAME_LIMIT - len(times)) + times


def gather(
    order: Sequence[Value], scopes: Sequence[str], known: Mapping[int, str], most: int
) -> tuple[dict[str, Folded], list[str]]:
    """Return the folded boxes by their keys, and for each node the key of its own, or ``""``.

    Arguments:
        order: the nodes in topological order.
        scopes: for each node the folded scope that it is in, or ``""``.
        known: what nodes without a label are called.
        most: how many that are built alike are still drawn one by one.
    """
    group_of: dict[Unit, tuple[Unit, ...]] = {}
    for group in find_repeats(order, scopes, known, most):
        group_of.update(dict.fromkeys(group, group))
    folded: dict[str, Folded] = {}
    keys = []
    for position, (node, scope) in enumerate(zip(order, scopes, strict=True)):
        unit: Unit = scope or position
        group = group_of.get(unit, (unit,))
        key = f"{group[0]}" if scope or len(group) > 1 else ""
        keys.append(key)
        if key:
            fresh = Folded(position, scope or node.scope, len(group), bool(scope), known.get(id(node), ""))
            folded.setdefault(key, fresh).nodes.append(node)
    return folded, keys
