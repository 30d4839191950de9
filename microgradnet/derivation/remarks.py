"""What a reader of a derivation should be told besides: conventions at kinks, invented names, stale numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from microgradnet.derivation.chain import Chain, Edge
from microgradnet.derivation.formulas import Formulas
from microgradnet.derivation.names import Names
from microgradnet.derivation.working import Prose
from microgradnet.operation import Kink
from microgradnet.value import Value

_MOST_CONVENTIONS = 20


def remarks(chain: Chain, names: Names, eta: float | None) -> Iterator[Prose]:
    """Yield the notes on the graph as a whole."""
    loss, node = names.of(chain.loss), names.of(chain.by)
    if chain.loss is chain.by:
        yield ("The derivative of ", loss, " by itself is 1.")
    elif not chain.on_path:
        yield (loss, " does not depend on ", node, ", so the derivative is 0.")
    if eta is not None and chain.by.inputs:
        yield (node, " is computed, not chosen, so gradient descent does not update it.")
    if names.shared:
        yield ("A label that several nodes share is followed by a number, in order of calculation.",)
    stale = sum(map(_is_stale, chain.order))
    if stale:
        yield (
            f"Some .data was assigned after the graph was recorded: {stale:,} results no longer follow from their "
            "operands. Call mg.recompute(loss) and derive again.",
        )


def _is_stale(node: Value) -> bool:
    if node.op is None:
        return False
    try:
        return bool(node.op.forward(*(operand.data for operand in node.inputs)) != node.data)
    except (ArithmeticError, ValueError):
        return True


def conventions(chain: Chain, formulas: Formulas, edges: Iterable[Edge], names: Names) -> Iterator[Prose]:
    """Yield the conventions that the derivatives along these edges rest on, each once."""
    told: set[tuple[int, str]] = set()
    for upper in {id(edge.upper): edge.upper for edge in edges}.values():
        for node in formulas.inside(upper):
            for kink in _kinks(node, chain):
                if (id(node), kink.words) not in told and len(told) < _MOST_CONVENTIONS:
                    told.add((id(node), kink.words))
                    yield _convention(node, kink, names)


def _kinks(node: Value, chain: Chain) -> Iterator[Kink]:
    """Yield the kinks that a node's operands lie on and that concern a derivative on the way."""
    if node.op is None:
        return
    numbers = [operand.data for operand in node.inputs]
    for kink in node.op.kinks:
        only = [place for place, operand in enumerate("xy") if f"derivative by {operand}" in kink.convention]
        concerned = [operand for place, operand in enumerate(node.inputs) if place in (only or (0, 1))]
        if any(id(operand) in chain.on_path for operand in concerned) and kink.at(*numbers):
            yield kink


def _convention(node: Value, kink: Kink, names: Names) -> Prose:
    operands = node.inputs
    named = [operand for operand in operands if operand.label]
    where: Prose = (" (", names.of(named[0]), f" = {named[0].data:.8g})") if named else ()
    name = node.op.name if node.op else ""
    return (f"{name} at {kink.words}", *where, f": {kink.convention}.")
