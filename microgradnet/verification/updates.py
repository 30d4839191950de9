"""What a worksheet says of one step of gradient descent, as a rule; and the other orders that people use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from microgradnet.errors import ArgumentError
from microgradnet.verification.characters import shorten
from microgradnet.verification.network import Graph
from microgradnet.verification.quantity import spell, unknown_name
from microgradnet.verification.records import StepText
from microgradnet.verification.stepping import Descent

_BACKWARDS = "with the output weights updated before the hidden deltas are computed"
_AT_ONCE = "with the hidden deltas computed from the original output weights"
_WITH_BIASES, _WITHOUT_BIASES = "with the biases updated too", "with the biases left as they are"


def descent_of(step: StepText, graph: Graph) -> Descent:
    """Return the rule of a worksheet's step.

    Raises:
        UnknownNameError: ``update`` names neither a leaf nor a group of leaves.
        ArgumentError: a result is to be updated, or there is nothing to update, or the order needs a network.
    """
    if step.weights == "updated" and not graph.layers:
        advice = 'Leave weights out: the order "updated" is one of layers, and there are none.'
        raise ArgumentError('weights = "original"', '"updated" without a [network]', advice)
    names = _default(graph) if step.update is None else _chosen(step.update, graph)
    if not names:
        raise ArgumentError("something to update", "nothing", "Name leaves in update = [...].")
    rule = Descent(step.eta, (tuple(names),), step.momentum)
    return rule if step.weights == "original" else replace(rule, stages=_from_the_output(rule.updated, graph))


def _default(graph: Graph) -> list[str]:
    """Return all weights and biases, or without a network all expressions that are plain numbers."""
    return [name for layer in graph.layers for name in layer] or list(graph.given)


def _chosen(update: tuple[str, ...], graph: Graph) -> list[str]:
    """Return the leaves that names and groups stand for, each once: the group w1 is every w1[j,k]."""
    names: dict[str, None] = {}
    for given in update:
        group = [name for name in graph.nodes if name.partition("[")[0] == spell(given) and name != spell(given)]
        spelled = graph.spelling(spell(given))
        if spelled is None and not group:
            groups = (name.partition("[")[0] for name in graph.nodes)
            raise unknown_name(given, [*graph.nodes, *groups], f"{shorten(given)} in update")
        for name in [spelled] if spelled is not None else group:
            if graph.nodes[name].op is not None:
                advice = "Only given numbers can be updated, such as weights and biases."
                raise ArgumentError("leaves to update", f"{name!r}, which is computed", advice)
            names[name] = None
    return list(names)


def _from_the_output(names: tuple[str, ...], graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Group leaves by layer, the output layer first; those of no layer come last."""
    layers = [tuple(name for name in names if name in layer) for layer in reversed(graph.layers)]
    others = tuple(name for name in names if not any(name in layer for layer in graph.layers))
    return tuple(stage for stage in [*layers, others] if stage)


def other_orders(rule: Descent, graph: Graph) -> Iterator[tuple[str, Descent]]:
    """Yield the other rules that a figure may come from, each with words that name it."""
    other = _other_order(rule, graph)
    biases = _other_biases(rule, graph)
    if other:
        yield other
    if biases:
        yield biases
        both = _other_order(biases[1], graph)
        if both:
            yield f"{both[0]} and {biases[0]}", both[1]


def _other_order(rule: Descent, graph: Graph) -> tuple[str, Descent] | None:
    """Return the rule with the layers one after the other instead of at once, or the other way round."""
    if len(rule.stages) > 1:
        return _AT_ONCE, replace(rule, stages=(rule.updated,))
    stages = _from_the_output(rule.updated, graph)
    return (_BACKWARDS, replace(rule, stages=stages)) if len(stages) > 1 else None


def _other_biases(rule: Descent, graph: Graph) -> tuple[str, Descent] | None:
    """Return the rule with biases where it has none, or the other way round."""
    biases = [name for layer in graph.layers for name in layer if re.match(r"b\d", name)]
    weights = tuple(name for name in rule.updated if name not in biases)
    with_biases = len(weights) == len(rule.updated)
    names = (*weights, *biases) if with_biases else weights
    if not biases or not names:
        return None
    stages = _from_the_output(names, graph) if len(rule.stages) > 1 else (names,)
    return (_WITH_BIASES if with_biases else _WITHOUT_BIASES), replace(rule, stages=stages)
