"""From a recording to its plan: the stages one after the other, and the plans that are kept by structure."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from microgradnet.compiler.buffer import LevelPlan, levels_of, plan_levels
from microgradnet.compiler.explaining import Group
from microgradnet.compiler.grouping import Grouped, group
from microgradnet.compiler.layout import Layout, apply
from microgradnet.compiler.recording import Recording
from microgradnet.compiler.script import Script
from microgradnet.compiler.source import Source
from microgradnet.compiler.summing import add_up
from microgradnet.compiler.sums import Flattened, flatten
from microgradnet.compiler.tape import TapePlan, plan_tape
from microgradnet.errors import ArgumentError

# What one step takes per group, level, place in the buffer and node, in microseconds, as measured; only ratios matter.
_PER_GROUP, _PER_LEVEL, _PER_PLACE, _PER_NODE = 1.5, 15.0, 0.04, 0.3
_FEW_GROUPS, _MOST_GROUPS = 100, 1_500
_MOST_KEPT = 128


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left of a recording once its programs are written; it holds no node.

    Arguments:
        step: the program of the loss and its gradient; None for several outputs.
        values: the program of the outputs.
        leaves: the places of the parameters among the recorded nodes, in the order of the flat array.
        columns: per array that ``values`` returns, the columns of the outputs that it fills.
        groups: what became of which scalars.
    """

    step: Script | None
    values: Script
    leaves: list[int]
    columns: list[Any]
    groups: tuple[Group, ...]

    @property
    def source(self) -> str:
        """The program as text that runs by itself."""
        return (self.values if self.step is None else self.step).source

    def bind(self, parameters: Any, gradient: Any) -> tuple[Callable[..., float], Callable[..., Any]]:
        """Return the step and the values, on these flat arrays."""
        step = None if self.step is None else self.step.bind(parameters, gradient)
        values = self.values.bind(parameters, gradient)

        def collected(samples: Any) -> Any:
            count = 1 if samples is None else len(samples)
            found = np.empty((count, sum(map(len, self.columns))))
            for columns, array in zip(self.columns, values(samples), strict=True):
                found[:, columns] = np.reshape(array, (-1, len(columns))) if np.ndim(array) else array
            return found

        return step or _no_step, collected


def _no_step(samples: Any) -> float:
    raise ArgumentError("one loss to differentiate", "several outputs", "Compile the loss alone, or use .values().")


def make_plan(recording: Recording) -> Plan | LevelPlan | TapePlan:
    """Return the plan of a recording: as matrices, level by level, or node by node, whichever is likely quickest.

    Matrices have the benefit of the doubt, as they can be read.
    """
    flat = flatten(recording)
    grouped = group(recording, flat, _MOST_GROUPS)
    if grouped is not None and len(grouped.groups) <= _FEW_GROUPS:
        return _write(recording, flat, grouped)
    by_levels = levels_of(recording, flat)
    costs = {
        "groups": math.inf if grouped is None else _PER_GROUP * len(grouped.groups),
        "levels": _PER_LEVEL * len(by_levels) + _PER_PLACE * len(recording),
        "nodes": _PER_NODE * len(recording),
    }
    best = min(costs, key=costs.__getitem__)
    if best == "groups" and grouped is not None:
        return _write(recording, flat, grouped)
    return plan_tape(recording) if best == "nodes" else plan_levels(recording, flat, by_levels)


def _write(recording: Recording, flat: Flattened, grouped: Grouped) -> Plan:
    """Lay the groups out and write their programs."""
    layout = Layout.begin(recording, flat, grouped)
    owner = grouped.of[flat.terms.sum]
    order = np.argsort(owner, kind="stable")
    bounds = np.searchsorted(owner[order], np.arange(len(grouped.groups) + 1))
    for each in grouped.groups[2:]:
        if each.op is None:
            add_up(layout, each, flat.terms.only(order[bounds[each.number] : bounds[each.number + 1]]))
        else:
            apply(layout, each)
    layout.place_parameters()
    source = Source(layout)
    return Plan(source.step, source.values, layout.arrays[0].nodes.tolist(), source.columns, source.groups)


_kept: OrderedDict[bytes, Plan | LevelPlan | TapePlan] = OrderedDict()


def find_plan(recording: Recording) -> Plan | LevelPlan | TapePlan:
    """Return the plan of a recording, that of an earlier one of the same structure where there is one."""
    key = _structure(recording)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    plan = _kept[key] = make_plan(recording)
    if len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return plan


def _structure(recording: Recording) -> bytes:
    """Return a digest of all that a plan depends on: operations, operands, written numbers and labels."""
    r = recording
    digest = blake2b(digest_size=16)
    digest.update(repr((len(r), r.outputs, r.batch, [(op.name, id(op)) for op in r.operations])).encode())
    for column in (r.code, r.left, r.right, r.fixed, r.data[r.fixed]):
        digest.update(np.ascontiguousarray(column).data)
    digest.update("\0".join(r.labels).encode("utf-8", "surrogatepass"))
    return digest.digest()
