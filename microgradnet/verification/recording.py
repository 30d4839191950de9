"""The graph of a worksheet: what its front matter describes, recorded, and the formulas of its text above that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from microgradnet.compositions import mean, total
from microgradnet.errors import ArgumentError, MicrogradnetError, WorksheetError
from microgradnet.graph import scope, topological
from microgradnet.nn import MLP, losses
from microgradnet.value import Value
from microgradnet.verification.calculation import ETA, Calculation
from microgradnet.verification.expression import CONSTANTS, read_expression, shorten
from microgradnet.verification.language import Name, Number, Quantity, entries, spell, unknown_name
from microgradnet.verification.report import telling
from microgradnet.verification.schema import NetworkText, WorksheetText
from microgradnet.verification.spelling import Spelling, is_loss, plain

MAX_NODES = 10_000  # of a worksheet's graph
_MOST_LISTED = 5  # results that an error names
_LOSS_SCOPE = "loss"


@dataclass(frozen=True, slots=True)
class SheetNetwork:
    """The network of a worksheet.

    Arguments:
        model: with the weights and biases.
        samples: the inputs and the targets of each.
        loss: from outputs and targets; None where an expression is the loss.
    """

    model: MLP
    samples: Sequence[tuple[Sequence[float], Sequence[float]]]
    loss: Callable[..., Value] | None


class Recording:
    """The graph of a worksheet, in which every quantity has its name.

    Attributes:
        nodes: every node that has a name, in the order in which they were made.
        loss: the node that is differentiated.
        loss_name: its name.
        size: how many nodes there are at most.
    """

    def __init__(self, text: WorksheetText) -> None:
        self.nodes: dict[str, Value] = {}
        self.size = 0
        self.network: SheetNetwork | None = None
        self.samples: list[Value] = []  # the loss of each
        self._of_samples = total if text.network is not None and text.network.samples == "sum" else mean
        network_loss: Value | None = None
        if text.network is not None:
            with telling(text.place("network")):
                network_loss = self._add_network(text.network)
        for name, content in text.expressions.items():
            with telling(text.place(f"expressions.{name}")):
                self._add(name, content, network_loss)
        self.loss_name = next(reversed(self.nodes)) if network_loss is None else "E"
        if text.loss is not None:
            with telling(text.place("loss")):
                self.loss_name = next(name for name, node in self.nodes.items() if node is self._find(text.loss))
        self.loss = self.nodes[self.loss_name]
        self.is_loss_given = network_loss is not None or text.loss is not None
        if text.step is not None and not self.loss.inputs and not self.is_loss_given:
            given = f"{self.loss_name}, the last of [expressions], which is a number"
            raise WorksheetError(f"{text.file}: a loss that a step makes smaller", given, "Write its formula there.")
        for name, node in self.nodes.items():
            if not math.isfinite(node.data):
                given = f"{name} = {node.data}"
                raise WorksheetError(f"{text.file}: numbers that fit into a float", given, "Check what feeds it.")

    def _add_network(self, text: NetworkText) -> Value | None:
        """Record a network and its loss, whose nodes name themselves; return the loss, if there is one."""
        mlp = MLP.from_weights(
            [layer.weights for layer in text.layers],
            [
                (layer.biases,) * len(layer.weights) if isinstance(layer.biases, float) else layer.biases
                for layer in text.layers
            ],
            activation=[layer.activation for layer in text.layers],
        )
        for number, (layer, made) in enumerate(zip(text.layers, mlp.layers, strict=True), 1):
            if isinstance(layer.biases, float):  # one for all neurons of the layer
                shared = Value(layer.biases, label=f"b{number}")
                for neuron in made.neurons:
                    neuron.b = shared
        function = None if text.loss is None else losses.find(text.loss).function
        self.network = SheetNetwork(mlp, text.rows(), function)
        of_samples = [
            self._add_sample(text, mlp, inputs, targets, number if text.has_samples else 0)
            for number, (inputs, targets) in enumerate(text.rows(), 1)
        ]
        if not text.has_samples or None in of_samples:
            return of_samples[0]
        self.samples = [each for each in of_samples if each is not None]
        loss = self.batch(range(1, len(self.samples) + 1))
        loss.label = "E"
        self.nodes["E"] = loss
        self.size += 2 * len(of_samples)
        return loss

    def batch(self, numbers: Sequence[int]) -> Value:
        """Return the loss of some of the samples, counted from 1."""
        with scope(_LOSS_SCOPE):
            loss: Value = self._of_samples([self.samples[number - 1] for number in numbers])
        return loss

    def _add_sample(
        self, text: NetworkText, mlp: MLP, inputs: Sequence[float], targets: Sequence[float], number: int
    ) -> Value | None:
        """Record one sample; where there are several, its nodes are called ``z1[1]#2``, the weights as they are."""
        result = mlp(list(inputs))
        outputs = result if isinstance(result, list) else [result]
        expected = [Value(target, label=f"t[{place}]") for place, target in enumerate(targets, 1)]
        loss = None if text.loss is None else losses.find(text.loss).function(outputs, expected)
        shared = set(mlp.parameters())
        for node in topological(*([] if loss is None else [loss]), *outputs, *expected):
            self.size += 1
            if node.label:
                name = f"{node.label}#{number}" if number and node not in shared else node.label
                self.nodes.setdefault(name, node)
        return loss

    def _add(self, name: str, content: float | str, network_loss: Value | None) -> None:
        """Record one named expression; a plain number is a leaf."""
        self._make_room(name, network_loss)
        if isinstance(content, float):
            self.nodes[name] = Value(content, label=name)
            return
        expression = read_expression(content, entries=lambda name: entries(name, self.nodes))
        self.size += len(expression.steps)
        if self.size > MAX_NODES:
            raise WorksheetError(f"at most {MAX_NODES} nodes", "more", "Split the worksheet.")
        result = expression.evaluate(self._operand)
        node = result if isinstance(result, Value) else Value(result)
        if not node.label:
            node.label = name
        self.nodes[name] = node

    def _operand(self, name: str) -> Value | float:
        """Return the node of a name, or the number that the name stands for wherever nothing else has it."""
        return CONSTANTS[name] if name in CONSTANTS and name not in self.nodes else self._find(name)

    def _find(self, name: str) -> Value:
        spelled = spell(name)
        before = f"z{spelled[1:]}"  # behind an identity activation, a2[1] is z2[1]
        if spelled not in self.nodes and spelled.startswith("a") and before in self.nodes:
            spelled = before
        if spelled not in self.nodes:
            raise unknown_name(name, self.nodes, shorten(name))
        return self.nodes[spelled]

    def _make_room(self, name: str, network_loss: Value | None) -> None:
        """Refuse a name that is taken, but for the terms of the network's loss: E1 may be defined anew."""
        taken = self.nodes.get(name)
        if taken is None:
            return
        if taken is network_loss or not taken.scope.startswith(_LOSS_SCOPE):
            raise WorksheetError("a name of its own", f"{name!r}, which the network has", "Choose another name.")
        taken.label = ""
        del self.nodes[name]


def recorded(quantity: Quantity, calculation: Calculation) -> Value | None:
    """Return the node of a formula over nodes; None where it has derivatives or steps, or no value."""
    operands: dict[str, Value | float] = {}
    for place, atom in quantity.atoms.items():
        if isinstance(atom, Number):
            operands[place] = CONSTANTS[atom.name]
        elif isinstance(atom, Name) and atom.name != ETA and calculation.resolve_node(atom.name) is not None:
            operands[place] = calculation.find(atom.name)
        else:
            return None
    with suppress(MicrogradnetError):
        result = quantity.expression.evaluate(operands.__getitem__)
        return result if isinstance(result, Value) else None
    return None


class WrittenOut:
    """The formulas that a page gives names, as nodes above its graph: what pictures and derivations know.

    Arguments:
        given: the calculation of the front matter.
        as_read: the same with what the text defines.
        names: all names of the page, as it prints them, with their quantities.
        has_loss: whether the front matter says what is differentiated.

    Attributes:
        calculation: with these nodes.
        spelling: of all names of the page.
    """

    def __init__(self, given: Calculation, as_read: Calculation, names: Mapping[str, str], *, has_loss: bool) -> None:
        called = {quantity: plain(printed) for printed, quantity in names.items()}
        self._formulas = {name: node for name, node in as_read.nodes.items() if name not in given.nodes}
        for name, node in self._formulas.items():
            if node not in given.nodes.values():
                node.label = called.get(name, node.label)
        self._results = {given.loss_name: given.loss} if has_loss else self._without_loss(given)
        only = len(self._results) == 1 and next(iter(self._results))
        loss_name = only or given.loss_name
        loss = self._results.get(loss_name, given.loss)
        if loss is not given.loss:
            given.loss.zero_grad()
            loss.backward()
        self.calculation = Calculation(loss, given.nodes | self._formulas, loss_name)
        self.calculation.descent = given.descent
        for name, quantity in as_read.quantities.items():
            with suppress(MicrogradnetError):  # the others are nodes
                self.calculation.define(name, quantity.text)
        known, lent = self.calculation.known(), loss_name if loss.inputs else None
        self.spelling = Spelling(names, known, self.calculation.evaluate, lent)

    def _without_loss(self, given: Calculation) -> dict[str, Value]:
        """Return the loss of the text; where it has none, all formulas that nothing else is made from."""
        found = {name: node for name, node in self._formulas.items() if is_loss(node.label)}
        if len(found) == 1 and (not given.loss.inputs or given.loss in {*topological(*found.values())}):
            return found
        if given.loss.inputs or not self._formulas:
            return {given.loss_name: given.loss}
        below = {operand for node in topological(*self._formulas.values()) for operand in node.inputs}
        return {name: node for name, node in self._formulas.items() if node not in below}

    def result(self) -> Value:
        """Return the one result of the page; raise an ArgumentError where there are several."""
        if len(self._results) > 1:
            listed = ", ".join(node.label for node in [*self._results.values()][:_MOST_LISTED])
            advice = f"Ask for a derivative such as d{listed.partition(',')[0]}/d..., or write the loss as a formula."
            raise ArgumentError("a page with a loss, or with one result", listed, advice)
        return next(iter(self._results.values()))
