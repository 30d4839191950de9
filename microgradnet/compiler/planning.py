"""From a recording to its plan: the stages one after the other, and the plans that are kept by structure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from microgradnet.compiler.grouping import group
from microgradnet.compiler.layout import Layout, apply
from microgradnet.compiler.recording import Recording
from microgradnet.compiler.script import Script
from microgradnet.compiler.source import Source
from microgradnet.compiler.summing import add_up
from microgradnet.compiler.sums import flatten

_MOST_GROUPS = 4_000
_MOST_KEPT = 128


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left of a recording once its programs are written; it holds no node.

    Arguments:
        step: the program of the loss and its gradient; None for several outputs.
        values: the program of the outputs.
        leaves: the places of the parameters among the recorded nodes, in the order of the flat array.
        columns: per array that ``values`` returns, the columns of the outputs that it fills.
    """

    step: Script | None
    values: Script
    leaves: list[int]
    columns: list[Any]

    @property
    def source(self) -> str:
        """The program as text that runs by itself."""
        return (self.values if self.step is None else self.step).source


def make_plan(recording: Recording) -> Plan | None:
    """Return the plan of a recording; None where it is too narrow for arrays."""
    layout = _lay_out(recording)
    if layout is None:
        return None
    source = Source(layout)
    return Plan(source.step, source.values, layout.arrays[0].nodes.tolist(), source.columns)


def _lay_out(recording: Recording) -> Layout | None:
    flat = flatten(recording)
    grouped = group(recording, flat, _MOST_GROUPS)
    if grouped is None:
        return None
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
    return layout


_kept: OrderedDict[bytes, Plan | None] = OrderedDict()


def find_plan(recording: Recording) -> Plan | None:
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
    digest.update("\0".join(node.label for node in r.nodes).encode("utf-8", "surrogatepass"))
    return digest.digest()
