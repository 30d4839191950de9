"""Folding: which scopes of a graph are drawn as one box."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from microgradnet.errors import ArgumentError, shown
from microgradnet.value import Constant, Value

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
            wanted = "fold needs a kind of scope that the graph has"
            raise ArgumentError(wanted, repr(name), _advice(fold_choices(order)))
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
