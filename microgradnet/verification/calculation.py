"""A recorded graph with names: what quantities are in it.

There is one way from a name to a number: a :class:`Calculation` knows the names, and a :class:`Reading` of it takes the
numbers from a run: as recorded, after steps, with other leaves, or with something done otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from microgradnet.errors import ArgumentError
from microgradnet.graph import Paths, leaves, topological
from microgradnet.names import LOSS, Names, resolve
from microgradnet.operation import Op
from microgradnet.value import Constant, Value
from microgradnet.verification.expression import CONSTANTS, shorten
from microgradnet.verification.language import (
    Atom,
    Change,
    Derivative,
    Name,
    Number,
    Quantity,
    Remembered,
    Replaced,
    Stepped,
    only_entry,
    read_quantity,
    spell,
    unknown_name,
)
from microgradnet.verification.otherwise import Figures, Otherwise
from microgradnet.verification.report import Budget, KnownSlips
from microgradnet.verification.runs import Descent, GraphRun, Key, State

ETA = "eta"
_DEEPEST = 20  # steps and replacements within one another, through the names of quantities
_LAYER = re.compile(r"(?:[wb]|b(?=\d+$))(\d+)(\[|$)")
_DELTA = re.compile(r"delta\d")

_BACKWARDS = "with the output weights updated before the hidden deltas are computed"
_AT_ONCE = "with the hidden deltas computed from the original output weights"
_WITH_BIASES, _WITHOUT_BIASES = "with the biases updated too", "with the biases left as they are"
_REMEMBERED = {"adam": "mv", "adamw": "mv", "rmsprop": "v", "adagrad": "v"}  # the first entries of a state, in order


def kept_by(optimizer: Any) -> str:
    """Return the letters of what an optimizer remembers of a leaf, in the order of its state."""
    return _REMEMBERED.get(type(optimizer).__name__.lower(), "")


Place = tuple[State, Key]
"""What a figure is a figure of, and where in the calculation."""


class Calculation:
    """The names of a recorded graph and of quantities over it, and what one step of training is.

    Arguments:
        loss: the node that is differentiated.
        nodes: the nodes by their names; those below the loss, named as everywhere, where not given.
        loss_name: the name of the loss; its own where not given.
        variables: the caller's names of nodes, see :func:`microgradnet.names.caller_variables`.
    """

    def __init__(
        self,
        loss: Value,
        nodes: Mapping[str, Value] | None = None,
        loss_name: str = "",
        variables: Mapping[int, str] | None = None,
    ) -> None:
        self.loss = loss
        self._variables = variables or {}
        self._shared: set[str] = set()  # labels that several nodes have
        self._labels_are_names = nodes is None
        self.nodes = dict(nodes or {})
        for node in topological(loss) if nodes is None else ():
            if node.label and self.nodes.setdefault(node.label, node) is not node:
                self._shared.add(node.label)
        self.loss_name = loss_name or self.name_of(loss)
        self.descent: Descent | None = None
        self.quantities: dict[str, Quantity] = {}
        self.budget = Budget()
        self.paths = Paths()
        self.under_slips = KnownSlips()  # see grading
        self._depths: dict[str, int] = {}
        self._needs: dict[str, dict[str, None]] = {}
        self._parts: dict[Any, tuple[Key, int]] | None = None  # parts of formulas that are nodes, or were met before
        self._exact: Reading | None = None

    # Names

    def resolve(self, name: str) -> str | None:
        """Return the one spelling of the name of a node, a quantity or eta; None if it is unknown."""
        is_known = name in self.quantities or (name == ETA and self.descent is not None)
        return name if is_known else self.resolve_node(name)

    def behind(self, name: str) -> str | None:
        """Return the one spelling of the node that a name stands for, by itself or as the name of a quantity."""
        quantity, found = self.quantities.get(name), self.resolve_node(name)
        while found is None and quantity is not None and isinstance(quantity.atom, Name):
            name = quantity.atom.name
            quantity, found = self.quantities.get(name), self.resolve_node(name)
        return found

    def resolve_node(self, name: str) -> str | None:
        """Return the one spelling of a node's name; a list with one entry lends its own to that, t to t[1]."""
        return self._resolve_node_given(name) or resolve(only_entry(name, self.nodes) or "", self.nodes)

    def _resolve_node_given(self, name: str) -> str | None:
        spelled = resolve(name, self.nodes)  # an activation that is the identity has its pre-activation's
        if spelled is not None or not self._labels_are_names or _DELTA.match(name):
            return spelled
        if name == self.loss_name:
            self.nodes[name] = self.loss
        elif len(self._names.find(name)) == 1:
            (self.nodes[name],) = self._names.find(name)
        return name if name in self.nodes else None

    @cached_property
    def _names(self) -> Names:
        """The names of all nodes, of those without a label too; needed only where one of these is asked for."""
        return Names(topological(self.loss), self._variables)

    def known(self) -> list[str]:
        """Return all names that somebody gave, for suggestions."""
        given = self._names.known() if self._labels_are_names else self.nodes
        return [*given, *self.quantities, *([ETA] if self.descent is not None else [])]

    def find(self, name: str) -> Value:
        """Return the node of a name.

        Raises:
            UnknownNameError: there is none; the message lists those that are spelled alike.
            ArgumentError: several nodes have this label.
        """
        if name in self.nodes and name not in self._shared:
            return self.nodes[name]
        found = self.resolve_node(spell(name))
        if found is None:
            raise unknown_name(name, self.known(), shorten(name))
        if found in self._shared:
            count = sum(node.label == found for node in topological(self.loss))
            advice = "Label them apart, or use the Value itself as the key."
            raise ArgumentError("a name that only one node has", f"{count} nodes labelled {found!r}", advice)
        return self.nodes[found]

    def name_of(self, node: Value) -> str:
        """Return the name of a node below the loss."""
        if node.label and node.label not in self._shared:
            return node.label
        if node is self.loss and not node.label:
            name = self._variables.get(id(node), "")
            name = name if name.isidentifier() and name not in self.nodes else LOSS
        else:
            name = self._names.text(node)
        self.nodes[name] = node
        return name

    def define(self, name: str, text: str) -> None:
        """Give a quantity a name that later ones can use.

        Raises:
            ArgumentError: the name is taken, or the quantity goes through too many steps.
            ExpressionError, UnknownNameError: the quantity can't be read.
        """
        if self.resolve(name) == name or self._resolve_node_given(name) is not None:
            raise ArgumentError("a name of its own", f"{name!r}, which is taken", "Choose another name.")
        quantity = self.read(text)
        depth = max((below + self._depths.get(used, 0) for used, below in quantity.names()), default=0)
        if depth > _DEEPEST:
            expected = f"at most {_DEEPEST} steps and replacements within one another"
            raise ArgumentError(expected, f"{depth} in {name}", "Write the numbers out.")
        self.quantities[name], self._depths[name] = quantity, depth
        used = [used for used, _ in quantity.names() if used in self.quantities]
        self._needs[name] = {needed: None for each in used for needed in [*self._needs.get(each, ()), each]}

    def needs(self, name: str) -> Iterable[str]:
        """Return the named quantities that one is computed from, in the order in which they were defined."""
        return self._needs.get(name, ())

    # Steps

    def set_step(
        self,
        eta: float,
        update: Iterable[Value | str] | None = None,
        *,
        updated_weights: bool = False,
        optimizer: Callable[[Sequence[Value]], Any] | None = None,
        batches: Sequence[Value] = (),
        ascent: bool = False,
    ) -> None:
        """Say what one step is.

        Arguments:
            eta: the learning rate.
            update: leaves, their names, or groups (``"w1"`` is every ``w1[j,k]``); by default weights and biases
                (``w1[1,2]``, ``b1[1]``), or all leaves where none is called so.
            updated_weights: whether the hidden deltas are computed from output weights that are updated already.
            optimizer: makes the rule for the leaves; None for plain descent.
            batches: the losses of the first step, the second one and so on, over and over; the loss for all where none.
            ascent: whether a step goes uphill.

        Raises:
            UnknownNameError: ``update`` names neither a leaf nor a group of leaves.
            ArgumentError: ``update`` holds something else than leaves, or the order needs layers.
        """
        chosen = self._default_update() if update is None else self._chosen(update)
        if not chosen:
            raise ArgumentError("something to update", "nothing", "Name leaves in update = [...].")
        stages: tuple[tuple[Value, ...], ...] = (tuple(chosen),)
        if updated_weights:
            stages = self._from_the_output(chosen)
            if not any(self._layer(leaf) for leaf in chosen):
                advice = 'Leave weights out: the order "updated" is one of layers, and there are none.'
                raise ArgumentError('weights = "original"', '"updated" without a [network]', advice)
        self.descent = Descent(eta, stages, optimizer(chosen) if optimizer else None, tuple(batches), ascent)

    def _default_update(self) -> list[Value]:
        given = [leaf for leaf in dict.fromkeys([*self.nodes.values(), *leaves(self.loss)]) if leaf.op is None]
        return [leaf for leaf in given if self._layer(leaf)] or [
            leaf for leaf in given if not isinstance(leaf, Constant)
        ]

    def _chosen(self, update: Iterable[Value | str]) -> list[Value]:
        found: dict[Value, None] = {}
        for which in update:
            if isinstance(which, str):
                spelled = spell(which)
                group = [name for name in self.nodes if name.partition("[")[0] == spelled and name != spelled]
                if self.resolve_node(spelled) is None and not group:
                    known = [*self.nodes, *(name.partition("[")[0] for name in self.nodes)]
                    raise unknown_name(which, known, f"{shorten(which)} in update")
                nodes = [self.find(spelled)] if self.resolve_node(spelled) else [self.find(name) for name in group]
            else:
                nodes = [which]
            for node in nodes:
                if not isinstance(node, Value) or node.inputs:
                    advice = "Give weights and biases; a result follows from them."
                    shown = f"{which!r}, which is computed" if isinstance(which, str) else repr(which)
                    raise ArgumentError("update names leaves of the graph", shown, advice)
                found[node] = None
        return list(found)

    def _layer(self, leaf: Value) -> int:
        """Return the layer that a weight or bias belongs to by its label; 0 for any other leaf."""
        match = _LAYER.match(leaf.label)
        shared = match is not None and not match[2]  # b1 is a bias of layer 1 beside w1[1,1], and else some number
        return int(match[1]) if match and (not shared or f"w{match[1]}[1,1]" in self.nodes) else 0

    def _from_the_output(self, chosen: Sequence[Value]) -> tuple[tuple[Value, ...], ...]:
        """Group leaves by layer, the output layer first; those of no layer come last."""
        layers = sorted({self._layer(leaf) for leaf in chosen}, reverse=True)
        return tuple(tuple(leaf for leaf in chosen if self._layer(leaf) == layer) for layer in layers)

    def other_orders(self) -> Iterator[tuple[str, Descent]]:
        """Yield the other rules of a step that a figure may come from, each with words that name it."""
        rule = self.descent
        if rule is None:
            return
        other, biases = self._other_order(rule), self._other_biases(rule)
        if other:
            yield other
        if biases:
            yield biases
            both = self._other_order(biases[1])
            if both:
                yield f"{both[0]} and {biases[0]}", both[1]

    def _other_order(self, rule: Descent) -> tuple[str, Descent] | None:
        """Return the rule with the layers one after the other instead of at once, or the other way round."""
        if len(rule.stages) > 1:
            return _AT_ONCE, replace(rule, stages=(rule.updated,))
        stages = self._from_the_output(rule.updated)
        return (_BACKWARDS, replace(rule, stages=stages)) if len(stages) > 1 else None

    def _other_biases(self, rule: Descent) -> tuple[str, Descent] | None:
        """Return the rule with biases where it has none, or the other way round."""
        given = [node for node in self.nodes.values() if node.op is None and node.label.startswith("b")]
        biases = [node for node in given if self._layer(node)]
        weights = tuple(leaf for leaf in rule.updated if leaf not in {*biases})
        with_biases = len(weights) == len(rule.updated)
        chosen = (*weights, *biases) if with_biases else weights
        if not biases or not chosen:
            return None
        stages = self._from_the_output(chosen) if len(rule.stages) > 1 else (chosen,)
        return (_WITH_BIASES if with_biases else _WITHOUT_BIASES), replace(rule, stages=stages)

    # Quantities

    def read(self, text: str) -> Quantity:
        """Read a quantity.

        Raises:
            ExpressionError: it is not a quantity; the message names the column.
            UnknownNameError: a name is unknown; the message lists those that are close.
            ArgumentError: it is about a step, and none is defined.
        """
        quantity = read_quantity(text, self)
        if quantity.takes_steps and self.descent is None:
            advice = "Say what one step is: eta=..., or [step] with eta = ... in a worksheet."
            raise ArgumentError("a step needs a learning rate", f"none, for {shorten(text)}", advice)
        return quantity

    def reading(self, run: GraphRun | None = None) -> Reading:
        """Return the calculation as a run gives it; without one, as it is recorded."""
        if run is not None:
            return Reading(self, run)
        if self._exact is None or self._exact.run.descent is not self.descent:
            self._exact = Reading(self, GraphRun(self.loss, self.descent, None, self.budget, self.paths))
        return self._exact

    def evaluate(self, quantity: Quantity | str) -> float:
        """Return what a quantity is.

        Raises:
            ExpressionError, UnknownNameError, ArgumentError: it can't be read.
            DomainError: it has no value.
        """
        with self.budget.report():
            return self.reading().evaluate(self.read(quantity) if isinstance(quantity, str) else quantity)

    def anew(self) -> Calculation:
        """Return the same calculation over the same graph, without what was asked of this one."""
        other = copy(self)
        vars(other).update({name: dict(vars(self)[name]) for name in ("nodes", "quantities", "_depths", "_needs")})
        other.budget, other._exact, other._parts = Budget(), None, None
        return other

    def part(self, operation: Any, operands: Sequence[tuple[State, Key, int]]) -> tuple[State, Key, int]:
        """Return what an operation on parts of a formula is: a node of the graph where it is one, else itself.

        Each part has a place and the sign that it is printed with: ``t - a`` is the node ``a - t`` with the other sign.
        """
        if self._parts is None:
            self._parts = {}
            for node in topological(self.loss, *self.nodes.values()):
                if node.op is not None:
                    parts = [_part_of(operand) for operand in node.inputs]
                    token, sign = _canonical(node.op.name, parts)
                    self._parts.setdefault((True, token), (("value", node), sign))
        name = operation.name if isinstance(operation, Op) else operation
        states = {state for state, key, _ in operands if key[0] != "number"}
        state = next(iter(states)) if len(states) == 1 else ()
        same = len(states) <= 1
        parts = [(key if same or key[0] == "number" else (where, key), sign) for where, key, sign in operands]
        if name == "negate":
            return operands[0][0], operands[0][1], -operands[0][2]
        token, sign = _canonical(name, parts)
        known = self._parts.setdefault((same, token), (("formula", len(self._parts)), 1))
        return state, known[0], known[1] * sign


def _canonical(name: Any, parts: Sequence[tuple[Key, int]]) -> tuple[Any, int]:
    """Return an operation on parts in one form, and the sign that this form has to be taken with."""
    if len(parts) == 2 and parts[1][0][0] == "number":
        number = parts[1][0][1] * parts[1][1]
        if name == "power" and number == 2.0:
            name, parts = "square", parts[:1]
        elif name == "divide" and number:
            name, parts = "multiply", [parts[0], (("number", abs(1.0 / number)), 1 if number > 0 else -1)]
    if name == "square":
        return (name, parts[0][0]), 1
    if name in ("multiply", "divide") and len(parts) == 2:
        keys = [key for key, _ in parts]
        return (name, *(sorted(keys, key=hash) if name == "multiply" else keys)), parts[0][1] * parts[1][1]
    if name == "subtract":
        name, parts = "add", [parts[0], (parts[1][0], -parts[1][1])]
    if name == "add":
        ordered = sorted(parts, key=lambda part: hash(part[0]))
        sign = ordered[0][1]
        return (name, *((key, own * sign) for key, own in ordered)), sign
    return (name, *parts), 1


def _part_of(node: Value) -> tuple[Key, int]:
    if isinstance(node, Constant):
        return ("number", abs(node.data)), (-1 if node.data < 0 else 1)
    if node.op is not None and node.op.name == "negate":
        key, sign = _part_of(node.inputs[0]) if node.inputs[0].op is None else (("value", node.inputs[0]), 1)
        return key, -sign
    return ("value", node), 1


@dataclass(slots=True)
class Asked:
    """What a quantity takes from a calculation.

    Arguments:
        values: the nodes whose number it takes.
        pairs: the derivatives: of what, by what.
        states: where else than at the start it takes them.
        steps: whether the learning rate is used.
    """

    values: dict[Value, None] = field(default_factory=dict)
    pairs: dict[tuple[Value, Value], None] = field(default_factory=dict)
    states: dict[State, None] = field(default_factory=dict)
    steps: bool = False

    def __bool__(self) -> bool:
        """Whether it takes anything; if not, it is the same on every run."""
        return bool(self.values or self.pairs or self.steps)


class Reading:
    """A calculation as a run gives it: the context in which quantities are evaluated."""

    def __init__(
        self,
        calculation: Calculation,
        run: GraphRun,
        asked: Asked | None = None,
        others: dict[GraphRun, Reading] | None = None,
    ) -> None:
        self.calculation, self.run, self.asked = calculation, run, asked
        self._quantities: dict[str, float] = {}
        self._places: dict[str, tuple[State, Key, int]] = {}  # of named quantities
        self._others = {run: self} if others is None else others  # of all runs that lead here or from here

    def evaluate(self, quantity: Quantity) -> float:
        """Return what a quantity is here."""
        return quantity.evaluate(self)

    def value(self, name: str) -> float:
        """Return the value of a node, of eta, or of a quantity with a name."""
        calculation = self.calculation
        if name == ETA and calculation.descent is not None:
            if self.asked is not None:
                self.asked.steps = True
            return self.run.learning_rate()
        if name in calculation.quantities and name not in calculation.nodes:
            if name not in self._quantities:
                for needed in [*calculation.needs(name), name]:  # in this order, a long chain needs no deep stack
                    if needed not in self._quantities:
                        self._quantities[needed] = self.evaluate(calculation.quantities[needed])
            return self._quantities[name]
        node = calculation.find(name)
        if self.asked is not None:
            self._note(node)
        return self.run.value(node)

    def derivative(self, of: str, by: str) -> float:
        """Return the total derivative of one node by another."""
        above, below = self.calculation.find(of), self.calculation.find(by)
        if self.asked is not None:
            self._note_state()
            self.asked.pairs[above, below] = None
        return self.run.derivative(above, below)

    def change(self, name: str) -> float:
        """Return by how much one step changes a node or a named quantity."""
        node = None if name in self.calculation.quantities else self.calculation.find(name)
        if node is None or node.op is not None:
            return self.stepped(1).value(name) - self.value(name)
        if self.asked is not None:
            self._note_step(node)
        return self.run.change(node)

    def remembered(self, which: str, leaf: str) -> float:
        """Return what the optimizer remembers of a leaf after the first step, or after the steps that led here.

        Raises:
            ArgumentError: the optimizer keeps no such number. The velocity of a momentum is none: books disagree on its
                sign and its factor.
        """
        node, rule = self.calculation.find(leaf), self.calculation.descent
        kept = kept_by(rule.optimizer) if rule is not None else ""
        if rule is None or which not in kept or node not in rule:
            given = f"{which} {leaf}" if rule is not None and node in rule else f"{leaf!r}, which no step updates"
            advice = 'In a worksheet, write optimizer = "adam" under [step]; adagrad and rmsprop keep v.'
            raise ArgumentError("a number that the optimizer keeps of a leaf that it updates", given, advice)
        if self.asked is not None:
            self._note_step(node)
        memory = self.run.memory(node) if "after" in self.run.state else self.run.moved(node)[2]
        return float(memory[kept.index(which)])

    def stepped(self, steps: int) -> Reading:
        """Return the calculation after so many steps."""
        return self._other(self.run.stepped(steps))

    def replaced(self, leaves: Mapping[str, float]) -> Reading:
        """Return the calculation with other numbers on some leaves.

        Raises:
            ArgumentError: a name is no leaf's.
        """
        numbers = {}
        for name, number in leaves.items():
            node = None if name in self.calculation.quantities or name == ETA else self.calculation.find(name)
            if node is None or node.inputs:
                advice = "Replace what it is computed from: only given numbers can be replaced."
                given = f"{name!r}, which is computed" if node is not None else repr(name)
                raise ArgumentError("other numbers can be put on leaves", given, advice)
            numbers[node] = number
        return self._other(self.run.replaced(numbers))

    def alter(self, quantity: Quantity) -> Callable[[int, Any], Any] | None:
        """Return how printed figures stand in for parts of a quantity; None where none can."""
        alteration = self.run.alteration
        if not isinstance(alteration, Figures | Otherwise) or not alteration.entries:
            return None
        places = self.places(quantity)

        def alter(step: int, computed: Any) -> Any:
            state, key, sign = places[step]
            return computed if key[0] == "number" else sign * alteration.formula(state, key, sign * computed)

        return alter

    def place(self, quantity: Quantity) -> tuple[State, Key, int]:
        """Return what a figure printed for a quantity is a figure of, and the sign that it is printed with."""
        return self.places(quantity)[-1]

    def places(self, quantity: Quantity) -> list[tuple[State, Key, int]]:
        """Return the same for each part of a quantity, in the order of its steps."""
        found: list[tuple[State, Key, int]] = []
        stack: list[tuple[State, Key, int]] = []
        for step in quantity.expression.steps:
            if step.apply is None:
                content = step.content
                part = self._atom(quantity.atoms[content]) if isinstance(content, str) else _number(content)
            else:
                operands = stack[-step.operands :]
                del stack[-step.operands :]
                is_plus_sign = step.operands == 1 and not isinstance(step.apply, Op)
                part = operands[0] if is_plus_sign else self.calculation.part(step.apply, operands)
            stack.append(part)
            found.append(part)
        return found

    def _atom(self, atom: Atom) -> tuple[State, Key, int]:
        calculation, state = self.calculation, self.run.state
        match atom:
            case Name(name) if name == ETA and calculation.descent is not None:
                return (), ("eta",), 1
            case Name(name) if name in calculation.quantities and name not in calculation.nodes:
                for needed in [*calculation.needs(name), name]:
                    if needed not in self._places:
                        self._places[needed] = self.place(calculation.quantities[needed])
                return self._places[name]
            case Name(name):
                return state, ("value", calculation.find(name)), 1
            case Number(name):
                return _number(CONSTANTS[name])
            case Derivative(of, by):
                return state, ("derivative", calculation.find(of), calculation.find(by)), 1
            case Change(Name(name)) if name not in calculation.quantities and calculation.find(name).op is None:
                return state, ("change", calculation.find(name)), 1
            case Remembered(which, leaf):
                return state, ("remembered", which, calculation.find(leaf)), 1
            case Change(inner):
                later, now = self.stepped(1)._atom(inner), self._atom(inner)
                return calculation.part("subtract", [later, now])
            case Stepped(inner, steps):
                return self.stepped(steps)._atom(inner)
            case Replaced(inner, leaves):
                return self.replaced({name: quantity.evaluate(self) for name, quantity in leaves})._atom(inner)
        return state, ("other", id(atom)), 1

    def _other(self, run: GraphRun) -> Reading:
        if run not in self._others:
            self._others[run] = Reading(self.calculation, run, self.asked, self._others)
        return self._others[run]

    def _note_state(self) -> None:
        if self.asked is not None and self.run.state:
            self.asked.states[self.run.state] = None

    def _note(self, node: Value) -> None:
        """Note that a value was asked for, and where it comes from a step, what the step takes."""
        if self.asked is None:
            return
        self._note_state()
        self.asked.values[node] = None
        if "after" in self.run.state and self.calculation.descent is not None:
            below = {*topological(node)}
            for leaf in self.calculation.descent.updated:
                if leaf in below:
                    self._note_step(leaf)

    def _note_step(self, leaf: Value) -> None:
        if self.asked is not None:
            self.asked.steps = True
            self.asked.values[leaf] = None
            self.asked.pairs[self.run.loss_of_step, leaf] = None


def _number(number: float) -> tuple[State, Key, int]:
    return (), ("number", abs(number)), (-1 if number < 0 else 1)
