"""How much of a graph one box stands for: ``detail="operations"``, ``"sums"``, ``"neurons"`` or ``"layers"``.

A *unit* is what is drawn as one box: the softmax, the loss, a neuron or a layer by its scope; and a sum of products,
``w1*x1 + w2*x2 + b``, wherever it was recorded. Of a sum, a leaf that is used nowhere else stands on the line of the
factor that it multiplies (a weight), or in the box (a bias).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from microgradnet.drawing.fold import kind_of
from microgradnet.drawing.picture import LAYERS, NEURONS, OPERATIONS, SUMS
from microgradnet.names import Names, stem
from microgradnet.value import Constant, Value

SOFTMAX = "softmax"
SUM = "Σ"  # the last part of the path of a sum: "layer 1/neuron 2/Σ 17"
_SCOPES = {
    OPERATIONS: (),
    SUMS: (SOFTMAX, "log softmax", "loss"),
    NEURONS: (SOFTMAX, "log softmax", "loss", "neuron"),
    LAYERS: ("layer", "loss"),
}
_ADDING = ("add", "subtract", "negate")
_WEIGHTS = ("w", "W", "theta", "θ", "u", "U", "v", "V", "k")  # what a weight is called by most people


@dataclass(slots=True)
class Sum:
    """A sum of products that is drawn as one box.

    Arguments:
        nodes: what is in it, operands before results; the last one is the sum, or the activation behind it.
        weights: the leaves that stand on lines, by the ``id`` of the product that each is a factor of.
        biases: the leaves and constants that stand in the box, each with its sign in the sum.
        signs: 1 or -1 for each node, by its ``id``: whether it is added or subtracted.
        total: the sum itself; another node than the last where that is an activation.
    """

    nodes: list[Value] = field(default_factory=list)
    weights: dict[int, Value] = field(default_factory=dict)
    biases: list[tuple[Value, int]] = field(default_factory=list)
    signs: dict[int, int] = field(default_factory=dict)
    total: Value | None = None

    def all_nodes(self) -> list[Value]:
        """Return all that the box stands for, with the leaves."""
        return [*self.nodes, *self.weights.values(), *(leaf for leaf, _ in self.biases)]

    def is_subtracted(self, operand: Value, result: Value) -> bool:
        """Tell whether an operand of a node in the box, or the product that it is a factor of, is subtracted."""
        sign = self.signs.get(id(result), 1)
        if result.op is not None and result.op.name in _ADDING:
            sign *= -1 if _is_turned(result, result.inputs.index(operand)) else 1
        return sign < 0


def find_units(order: Sequence[Value], names: Names, detail: str) -> tuple[list[str], dict[str, Sum]]:
    """Return for each node the path of the unit that it is in, or ``""``; and the sums by their paths.

    Arguments:
        order: the nodes in topological order.
        names: what they are called: a node that somebody named is drawn as a box of its own.
        detail: one of the levels.
    """
    kinds = _SCOPES[detail]
    paths = {scope: _outermost(scope, kinds) for scope in dict.fromkeys(node.scope for node in order)}
    units = [paths[node.scope] for node in order]
    if detail == OPERATIONS:
        return units, {}
    position = {id(node): place for place, node in enumerate(order)}
    found_softmaxes = [
        *_find_softmaxes([node for node, unit in zip(order, units, strict=True) if not unit], order, names)
    ]
    for number, nodes in enumerate(found_softmaxes, 1):
        name = SOFTMAX if len(found_softmaxes) == 1 else f"{SOFTMAX} {number}"
        for node in nodes:
            units[position[id(node)]] = "/".join(filter(None, [nodes[-1].scope, name]))
    sums = {}
    ends: dict[int, Any] = {id(node): unit or id(node) for node, unit in zip(order, units, strict=True)}
    for found in _find_sums([node for node in order if ends[id(node)] == id(node)], order, names, detail, ends):
        last = found.nodes[-1]
        path = "/".join(filter(None, [last.scope, f"{SUM} {position[id(last)] + 1}"]))
        sums[path] = found
        for node in found.all_nodes():
            units[position[id(node)]] = path
    return units, sums


def _outermost(scope: str, kinds: tuple[str, ...]) -> str:
    parts = scope.split("/") if scope else []
    for end, part in enumerate(parts, 1):
        if kind_of(part) in kinds or part in kinds:
            return "/".join(parts[:end])
    return ""


def _find_softmaxes(free: Sequence[Value], order: Sequence[Value], names: Names) -> Iterator[list[Value]]:
    """Yield the nodes of each softmax that no scope holds: powers, their sum, and each power divided by it."""
    uses: dict[int, list[Value]] = {}
    for node in order:
        for operand in node.inputs:
            uses.setdefault(id(operand), []).append(node)
    quotients: dict[int, list[Value]] = {}
    allowed = {id(node) for node in free}
    for node in free:
        if node.op is not None and node.op.name == "divide":
            quotients.setdefault(id(node.inputs[1]), []).append(node)
    for found in quotients.values():
        sums, powers, waiting = list[Value](), list[Value](), [found[0].inputs[1]]
        while waiting:
            node = waiting.pop()
            if node.op is not None and node.op.name == "add":
                sums.append(node)
                waiting += reversed(node.inputs)
            else:
                powers.append(node)
        inside = {id(node) for node in (*sums, *powers, *found)}
        is_softmax = (
            len(powers) > 1
            and inside <= allowed
            and all(node.op is not None and node.op.name == "exp" for node in powers)
            and all(node.inputs[0] in powers for node in found)
            and all(id(user) in inside for node in (*sums, *powers) for user in uses[id(node)])
            and not any(map(names.given, (*sums, *powers)))
        )
        if is_softmax:
            yield [*powers, *reversed(sums), *found]


def _find_sums(
    free: Sequence[Value], order: Sequence[Value], names: Names, detail: str, ends: Mapping[int, Any]
) -> Iterator[Sum]:
    """Yield the sums among nodes that are in no other unit, from the last to the first.

    Arguments:
        free: the nodes that are in no other unit.
        order: all nodes in topological order.
        names: what they are called.
        detail: one of the levels.
        ends: what the line of each node begins at, by its ``id``: another unit, or the node itself.
    """
    uses = Counter(id(operand) for node in order for operand in node.inputs)
    allowed, taken = {id(node) for node in free}, set[int]()
    root = order[-1]

    def inner(node: Value, above: Value) -> bool:
        """Tell whether a node disappears into the sum above it."""
        single = uses[id(node)] == 1 and id(node) in allowed and not names.given(node)
        return single and node.scope == above.scope and node.op is not None

    for node in reversed(free):
        if id(node) in taken or node.op is None:
            continue
        total = node
        variables = [operand for operand in node.inputs if not isinstance(operand, Constant)]
        if detail != SUMS and len(variables) == 1 and node.op.name not in (*_ADDING, "multiply"):
            total = variables[0]
            if uses[id(total)] != 1 or id(total) not in allowed or id(total) in taken or total is root:
                continue
        found = _sum_of(total, uses, allowed, inner, ends)
        if found is None:
            continue
        if total is not node:
            found.nodes.append(node)
        found.total = total
        taken |= {id(each) for each in found.all_nodes()}
        yield found


def _sum_of(
    total: Value,
    uses: Counter[int],
    allowed: set[int],
    inner: Callable[[Value, Value], bool],
    ends: Mapping[int, Any],
) -> Sum | None:
    """Return the sum that ends in a node; None where that is nothing but one operation."""
    if total.op is None or total.op.name not in (*_ADDING, "multiply"):
        return None
    found, terms, lines = Sum(), 0, Counter[Any]()  # how many terms the line from each end stands for
    waiting = [(total, 1)]
    while waiting:
        node, sign = waiting.pop()
        found.nodes.append(node)
        found.signs[id(node)] = sign
        if node.op is None:
            continue
        if node.op.name == "multiply":
            terms += 1
            weight = _weight_of(node, uses, allowed)
            if weight is not None:
                found.weights[id(node)] = weight
            lines.update(ends[id(factor)] for factor in node.inputs if factor is not weight)
            continue
        for place, operand in enumerate(node.inputs):
            turned = -sign if _is_turned(node, place) else sign
            if operand.op is not None and inner(operand, node) and operand.op.name in (*_ADDING, "multiply"):
                waiting.append((operand, turned))
            else:
                terms += 1
                if not operand.inputs and uses[id(operand)] == 1 and id(operand) in allowed:
                    found.biases.append((operand, turned))
                else:
                    lines[ends[id(operand)]] += 1
    _drop_weights_of_shared_lines(found, lines, ends)
    found.nodes.reverse()
    found.biases.reverse()
    alone = total.op.name == "multiply"
    return found if (found.weights if alone else terms > 2 or len(found.nodes) > 1) else None


def _drop_weights_of_shared_lines(found: Sum, lines: Counter[Any], ends: Mapping[int, Any]) -> None:
    """Give weights boxes of their own where their line would stand for several terms and have no place for them."""
    for node in found.nodes:
        weight = found.weights.get(id(node))
        if weight is not None and lines[ends[id(node.inputs[weight is node.inputs[0]])]] > 1:
            del found.weights[id(node)]


def _is_turned(node: Value, place: int) -> bool:
    """Tell whether a sum, a difference or a negation subtracts the operand in this place."""
    return node.op is not None and (node.op.name == "negate" or (node.op.name == "subtract" and place == 1))


def is_called_weight(leaf: Value) -> bool:
    """Tell whether a leaf has a name that most people give to weights."""
    return stem(leaf.label).rstrip("0123456789") in _WEIGHTS


def _weight_of(product: Value, uses: Counter[int], allowed: set[int]) -> Value | None:
    """Return the factor of a product that stands on the line of the other: a leaf that is used nowhere else."""
    leaves = [each for each in product.inputs if not each.inputs and uses[id(each)] == 1 and id(each) in allowed]
    if len(leaves) < 2 or product.inputs[0] is product.inputs[1]:
        return leaves[0] if leaves and product.inputs[0] is not product.inputs[1] else None
    constants = [leaf for leaf in leaves if isinstance(leaf, Constant)]
    own = [leaf for leaf in leaves if leaf.scope == product.scope]
    called = [leaf for leaf in leaves if is_called_weight(leaf)]
    for choice in (constants, own, called):
        if len(choice) == 1:
            return choice[0]
    return None
