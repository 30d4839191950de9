"""Folding: which scopes of a graph are drawn as one box."""

from __future__ import annotations

import re
from collections.abc import Sequence

from microgradnet.errors import ArgumentError
from microgradnet.value import Constant, Value

_NUMBER = re.compile(r"\s*\d+$")


def kind_of(part: str) -> str:
    """Return what a part of a scope is one of: ``"layer"`` for ``"layer 2"``."""
    return _NUMBER.sub("", part)


def folded_scopes(order: Sequence[Value], fold: str | None) -> list[str]:
    """Return, for each node, the path of the folded scope that it disappears into, or ``""`` where it stays.

    Arguments:
        order: the nodes.
        fold: a kind of scope (``"layer"`` folds ``"layer 1"`` and ``"layer 2"``), or one scope's name or path.

    Raises:
        ArgumentError: no scope of the graph is of that kind or name.
    """
    if fold is None:
        return [""] * len(order)
    outermost: dict[str, str] = {}
    for node in order:
        if node.scope not in outermost:
            outermost[node.scope] = _outermost(node.scope, fold)
    if not any(outermost.values()):
        raise ArgumentError("fold needs a kind of scope that the graph has", repr(fold), _advice(fold_choices(order)))
    return [outermost[node.scope] for node in order]


def fold_choices(order: Sequence[Value]) -> list[str]:
    """Return the kinds of scope in a graph, outer ones first."""
    depths: dict[str, int] = {}
    for scope in dict.fromkeys(node.scope for node in order if node.scope and not isinstance(node, Constant)):
        for depth, part in enumerate(scope.split("/")):
            depths[kind_of(part)] = min(depth, depths.get(kind_of(part), depth))
    return sorted(depths, key=lambda kind: depths[kind])


def _outermost(scope: str, fold: str) -> str:
    path = ""
    for part in scope.split("/"):
        path = f"{path}/{part}" if path else part
        if fold in (kind_of(part), part, path):
            return path
    return ""


def _advice(choices: list[str]) -> str:
    if not choices:
        return 'Its nodes belong to no scope; build them inside `with mg.scope("layer 1"):`.'
    return f"It has {', '.join(map(repr, choices))}."
