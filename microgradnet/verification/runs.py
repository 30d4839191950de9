"""Runs over a recorded graph: its numbers as they are, after steps, with other leaves, or done otherwise.

A :class:`GraphRun` gives values, derivatives and the results of steps of an optimizer, and never changes the graph. An
:class:`Alteration` has a say at each step of a run, which then shows what a quantity would be if some number, or some
step of the calculation, were another: :class:`Figures` puts printed figures in the place of computed numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from microgradnet.errors import ArgumentError, DomainError
from microgradnet.graph import EVERY, Paths, Reach, adjoints, topological
from microgradnet.nn.optim import Optimizer
from microgradnet.value import Value
from microgradnet.verification.report import Budget

Key = tuple[Any, ...]
"""What a figure is a figure of: ``("value", node)``, ``("derivative", of, node)``, ``("change", node)`` by one step, or
``("formula", operation, keys or numbers)``."""

State = tuple[Any, ...]
"""Where in a calculation a run is: empty at the start; ``("after", 2)`` and ``("at", leaves)`` lead elsewhere."""

LONGEST_BY_HAND = 25  # steps that are taken with an alteration in each; more are taken by a program, exactly
_NODES_OF_A_CONTEXT = 20  # what a new run costs at least, in nodes computed
_LARGEST_REACHED = 1024  # nodes of a graph in which each set of figures has its own reach
_OF_A_PULL = 2  # what a node costs that is computed by itself, not in the order of all
_STEPS_OF_A_PROGRAM = 40  # nodes that a program computes in the time of one node of a run


Touched = tuple[Set[Value] | None, Set[Value] | None, Set[Value] | None]
"""Nodes whose value, whose partial derivatives, and by which the derivative may be replaced; None for all nodes."""

_NOTHING: Touched = (frozenset(), frozenset(), frozenset())


@dataclass(frozen=True)
class Descent:
    """What one step of training is.

    Arguments:
        eta: the learning rate.
        stages: the leaves to update, in groups. The derivatives of the first group are taken with the leaves as they
            are; those of the next one with the numbers that the groups before have been updated to, as far as the
            backward pass multiplies by them. One group is the usual order.
        optimizer: the rule, from ``mg.optim``; None for plain descent, ``w - eta*dE/dw``.
        batches: the losses that the first step, the second one and so on differentiate, over and over; the loss of the
            whole calculation where there are none.
        ascent: whether a step goes uphill: the rule is given the negative of each derivative.
    """

    eta: float
    stages: tuple[tuple[Value, ...], ...]
    optimizer: Optimizer | None = None
    batches: tuple[Value, ...] = ()
    ascent: bool = False

    @property
    def updated(self) -> tuple[Value, ...]:
        """All leaves that are updated."""
        return tuple(self._stage)

    @cached_property
    def _stage(self) -> dict[Value, int]:
        return {leaf: place for place, stage in enumerate(self.stages) for leaf in stage}

    def __contains__(self, leaf: Value) -> bool:
        """Tell whether a leaf is updated."""
        return leaf in self._stage

    @property
    def at_first(self) -> tuple[Any, ...]:
        """What the optimizer remembers of a leaf before the first step."""
        return self.optimizer.initial_state if self.optimizer else ()

    def update(self, number: float, gradient: float, memory: tuple[Any, ...]) -> tuple[float, tuple[Any, ...]]:
        """Return a leaf's number after one step, and what the optimizer remembers of it."""
        gradient = -gradient if self.ascent else gradient
        if self.optimizer is None:
            return number - self.eta * gradient, memory
        return self.optimizer.update(number, gradient, memory)

    def stage_of(self, node: Value) -> int:
        """Return how many groups are updated before the derivative of the loss by this node is taken."""
        return self._stage.get(node, len(self.stages))


class Alteration:
    """What a run does otherwise: each method is given what was computed and returns what to go on with.

    Attributes:
        values_at: the nodes whose number may be replaced; None for all. What is not above one of them stays as it is.
        partials_at: the nodes whose partial derivatives may be replaced; None for all.
        adjoints_at: the nodes by which the derivative may be replaced; None for all.
        slopes_from_operands: whether derivatives of a replaced number are taken at its operands: a(1 - a) with the a
            that z leads to, not with the printed one.
    """

    slopes_from_operands = False

    values_at: Set[Value] | None = None
    partials_at: Set[Value] | None = None
    adjoints_at: Set[Value] | None = None

    @property
    def touched(self) -> Touched:
        """The nodes that it may touch: their values, their partial derivatives, and the derivatives by them."""
        return self.values_at, self.partials_at, self.adjoints_at

    def beyond(self, other: Alteration | None) -> Touched | None:
        """Return where a run differs at its first state from that of another alteration; None where that is unknown."""
        return None

    def given(self, state: State, of: Value) -> tuple[Set[Value], Set[Value]]:
        """Return the nodes whose number is given, and those by which the derivative of a result is."""
        return frozenset(), frozenset()

    def gives_value(self, run: GraphRun, node: Value) -> bool:
        """Tell whether the number of a node is the same whatever is computed for it."""
        return False

    def gives_adjoint(self, run: GraphRun, of: Value, node: Value) -> bool:
        """Tell whether the derivative by a node is the same whatever is computed for it."""
        return False

    def value(self, run: GraphRun, node: Value, computed: float) -> float:
        """Return the number to use for a node."""
        return computed

    def partial(self, run: GraphRun, node: Value, place: int, computed: float) -> float:
        """Return the partial derivative to use, of a node by the operand in this place."""
        return computed

    def adjoint(self, run: GraphRun, of: Value, node: Value, computed: float) -> float:
        """Return d of/d node to use for everything further down."""
        return computed

    def rate(self, eta: float) -> float:
        """Return the learning rate to use."""
        return eta

    def change(self, run: GraphRun, node: Value, computed: float) -> float:
        """Return by how much a step changes a leaf."""
        return computed

    def new(self, run: GraphRun, node: Value, computed: float, change: float) -> float:
        """Return the number of a leaf after a step that changes it by so much."""
        return computed

    def formula(self, state: State, key: Key, computed: float) -> float:
        """Return the number to use for a part of a formula."""
        return computed


class GraphRun:
    """The numbers of a recorded graph. A quantity takes all its numbers from a run.

    The nodes' ``.data`` and ``.partials`` are read; nothing in the graph is changed.

    Arguments:
        loss: the node whose derivatives the steps use.
        descent: what one step is; None where there are no steps.
        alteration: what is done otherwise; None where nothing is.
        budget: what the work is taken off.
        paths: of the graphs that it goes over, where other runs know them already.
        like: a run over the same graph: what this one's alteration does beyond the other's is computed, and all that it
            can't change is taken from there. None for the graph as recorded.
    """

    def __init__(
        self,
        loss: Value,
        descent: Descent | None = None,
        alteration: Alteration | None = None,
        budget: Budget | None = None,
        paths: Paths | None = None,
        like: GraphRun | None = None,
    ) -> None:
        self.loss, self.descent, self.alteration = loss, descent, alteration
        beyond = alteration.beyond(like.alteration) if alteration is not None and like is not None else None
        self._like = None if beyond is None else like
        self._touched: Touched = beyond or (_NOTHING if alteration is None else alteration.touched)
        self.paths = Paths() if paths is None else paths
        self.budget = budget or Budget(10_000_000)
        self.state: State = ()
        self._base = self  # the run whose leaves were replaced
        self._before: GraphRun | None = None  # the run that this one is a step behind
        self._leaves: dict[Value, float] = {}  # the numbers put on leaves
        self._memory: dict[Value, tuple[Any, ...]] = {}  # the optimizer's state of each leaf
        self._steps: dict[Value, tuple[float, float, tuple[Any, ...]]] = {}  # what a step makes of each leaf
        self._values: dict[Value, float] = {}
        self._moved: set[Value] = set()  # the nodes among them whose number is not the recorded one
        self._partials: dict[Value, Sequence[float]] = {}
        self._adjoints: dict[tuple[Value, int], dict[Value, float]] = {}
        self._turned: dict[Value, int] = {}  # see _turned_below
        self._reaches: dict[Value, Reach] = {}
        self._after: dict[int, GraphRun] = {0: self}
        self._at: dict[frozenset[tuple[Value, float]], GraphRun] = {}

    @cached_property
    def _altered(self) -> int:
        """The nodes whose number may be another than the recorded one, without those computed from them."""
        alter, descent = self.alteration, self.descent
        if alter is not None and alter.values_at is None:
            return EVERY
        found = self.paths.bits(alter.values_at or ()) if alter is not None else 0
        found |= self.paths.bits(self._leaves)
        if self._before is not None:
            found |= self._before._altered | self.paths.bits(descent.updated if descent else ())
        return found

    @cached_property
    def _unlike(self) -> int:
        """The nodes whose number may be another than the one taken for granted, without those computed from them."""
        if self._like is None:
            return self._altered
        return self.paths.bits(self._touched[0] or ())

    def _turned_below(self, of: Value) -> int:
        """Return the nodes by which the derivative may be another than the one taken for granted."""
        if of not in self._turned:
            values, partials, adjoints = self._touched
            is_moved = self._like is None and (self._before is not None or self._leaves) and self._altered
            if values is None or partials is None or adjoints is None or is_moved:
                self._turned[of] = EVERY
            else:
                reach = self.paths.reach(of) if self._like is None else self._like._reach(of)
                self._turned[of] = reach.of(values, partials, adjoints)
        return self._turned[of]

    def _reach(self, of: Value) -> Reach:
        """Return how far changes reach the derivatives of a result in runs that are like this one."""
        if of not in self._reaches:
            size, alter = len(self.paths.users(of)), self.alteration
            if alter is None or size > _LARGEST_REACHED:
                self._reaches[of] = self.paths.reach(of)
            else:
                self.budget.spend(size)
                self._reaches[of] = self.paths.reach(of, *alter.given(self.state, of))
        return self._reaches[of]

    def _granted(self, node: Value) -> float:
        """Return the number of a node that nothing in this run changes."""
        return node.data if self._like is None else self._like.value(node)

    @property
    def loss_of_step(self) -> Value:
        """What the next step differentiates."""
        batches = self.descent.batches if self.descent else ()
        if not batches:
            return self.loss
        taken = sum(steps for word, steps in zip(self.state[::2], self.state[1::2], strict=True) if word == "after")
        loss: Value = batches[taken % len(batches)]
        return loss

    def value(self, node: Value) -> float:
        """Return the node's number; nan where an operation is not defined on what it would be given."""
        if not self._unlike:
            return self._granted(node)
        if node not in self._values:
            self._forward_to(node)
        return self._values[node]

    def derivative(self, of: Value, node: Value) -> float:
        """Return the total derivative d of/d node; 0.0 where ``of`` does not depend on the node."""
        return self._adjoint(of, node, self.descent.stage_of(node) if self._is_staged(of) and self.descent else 0)

    def _adjoint(self, of: Value, node: Value, stage: int) -> float:
        """Return the derivative by a node with the leaves as they are after so many groups of a step."""
        found = self._adjoints.get((of, stage))
        if found is None:
            found = self._adjoints[of, stage] = self._all_derivatives(of, stage)
        if node not in found:
            self._back_to(of, node, stage, found)
        return found[node]

    def learning_rate(self) -> float:
        """Return the learning rate that is used, where the rule says eta."""
        eta = self.descent.eta if self.descent else 0.0
        return eta if self.alteration is None else self.alteration.rate(eta)

    def change(self, node: Value) -> float:
        """Return by how much one step changes a leaf."""
        return self.moved(node)[1]

    def new(self, node: Value) -> float:
        """Return the leaf's number after one step."""
        return self.moved(node)[0]

    def moved(self, leaf: Value) -> tuple[float, float, tuple[Any, ...]]:
        """Return a leaf's number after one step, by how much it changed, and what the optimizer remembers of it."""
        if leaf not in self._steps:
            self._steps[leaf] = self._step(leaf)
        return self._steps[leaf]

    def _step(self, leaf: Value) -> tuple[float, float, tuple[Any, ...]]:
        old, memory = self.value(leaf), self.memory(leaf)
        if self.descent is None or leaf not in self.descent:
            return old, 0.0, memory
        rule = self.descent
        gradient, rate = self.derivative(self.loss_of_step, leaf), self.learning_rate()
        new, memory = rule.update(old, gradient, memory)
        scale = 1.0 if rate == rule.eta else rate / rule.eta
        plain = rate * gradient if rule.ascent else -rate * gradient
        change = plain if rule.optimizer is None else (new - old) * scale
        altered = change if self.alteration is None else self.alteration.change(self, leaf, change)
        if altered != change or rate != rule.eta:
            new = old + altered
        return (new if self.alteration is None else self.alteration.new(self, leaf, new, altered)), altered, memory

    def memory(self, leaf: Value) -> tuple[Any, ...]:
        """Return what the optimizer remembers of a leaf before the next step."""
        if leaf not in self._memory:
            at_first = self.descent.at_first if self.descent else ()
            self._memory[leaf] = at_first if self._before is None else self._before.moved(leaf)[2]
        return self._memory[leaf]

    def stepped(self, steps: int) -> GraphRun:
        """Return the run after so many steps.

        Raises:
            ArgumentError: there is no rule for a step.
            BudgetError: the steps are too many.
            DomainError: a number leaves the domain of an operation, or is no longer finite.
        """
        if self.descent is None:
            raise ArgumentError("a step needs a rule", "none", "Say what one step is: eta=..., or [step] with eta.")
        if steps not in self._after:
            nearest = max(known for known in self._after if known <= steps)
            if steps - nearest > LONGEST_BY_HAND and not self.descent.batches:
                self._after[steps] = self._after[nearest]._far_ahead(steps - nearest)
            else:
                for step in range(nearest, steps):
                    self._after[step + 1] = later = self._after[step]._ahead()
                    for leaf in self.descent.updated if steps - nearest > LONGEST_BY_HAND else ():
                        later.memory(leaf), later.value(leaf)  # one step after the other, so that none recurses
        return self._after[steps]

    def replaced(self, numbers: Mapping[Value, float]) -> GraphRun:
        """Return the run with other numbers on some leaves."""
        base = self._base
        together = {**self._leaves, **numbers} if base is not self else dict(numbers)
        place = frozenset(together.items())
        if place not in base._at:
            run = base._another((*base.state, "at", place))
            run._base, run._leaves = base, {**base._leaves, **together}
            run._before, run._memory = base._before, base._memory
            base._at[place] = run
        return base._at[place]

    def _another(self, state: State) -> GraphRun:
        self.budget.spend(_NODES_OF_A_CONTEXT)
        run = GraphRun(self.loss, self.descent, self.alteration, self.budget, self.paths)
        run.state = state
        return run

    def _ahead(self, steps: int = 1) -> GraphRun:
        """Return the run that is some steps behind this one, without its numbers."""
        state = self.state
        known = state[-1] if len(state) > 1 and state[-2] == "after" else 0
        run = self._another((*(state[:-2] if known else state), "after", known + steps))
        run._before = self
        return run

    def _far_ahead(self, steps: int) -> GraphRun:
        """Return the run after many steps, which a program takes."""
        rule = self.descent
        if rule is None:
            return self
        order = topological(self.loss)
        self.budget.spend(steps * len(rule.stages) * len(order) // _STEPS_OF_A_PROGRAM)
        numbers, memory = _follow(self, rule, steps)
        run = self._ahead(steps)
        run._before, run._leaves, run._memory = None, numbers, memory
        return run

    def _is_staged(self, of: Value) -> bool:
        return self.descent is not None and len(self.descent.stages) > 1 and of is self.loss_of_step

    def _forward_to(self, node: Value) -> None:
        """Compute a node and what its number needs: nothing below what is as recorded, or given by the alteration."""
        if self.alteration is None:
            needed = [each for each in topological(node) if each not in self._values]
            self.budget.spend(len(needed))
            for each in needed:
                self._forward(each)
            return
        values, below, unlike, alter = self._values, self.paths.below, self._unlike, self.alteration
        if not below(node) & unlike:
            values[node] = self._granted(node)
            return
        waiting, effort = [node], 0
        while waiting:
            top = waiting[-1]
            if top not in values:
                if not below(top) & unlike:
                    values[top] = self._granted(top)
                else:
                    missing = [operand for operand in top.inputs if operand not in values]
                    if missing and not (alter is not None and alter.gives_value(self, top)):
                        waiting += missing
                        continue
                    self._forward(top)
                effort += 1
            waiting.pop()
        self.budget.spend(_OF_A_PULL * effort)

    def _forward(self, node: Value) -> None:
        alter, values, granted = self.alteration, self._values, self._granted(node)
        if alter is not None and alter.values_at is not None and node not in alter.values_at:
            alter = None
        if alter is not None and alter.gives_value(self, node):
            value = alter.value(self, node, math.nan)
        elif node.op is None:
            number = self._leaves.get(node, node.data)
            if self._before is not None and node not in self._leaves:
                number = self._before.new(node)
            value = number if alter is None else alter.value(self, node, number)
        else:
            changed = not self._moved.isdisjoint(node.inputs)
            operands = tuple([values[operand] for operand in node.inputs]) if changed else ()
            computed = _result(node, operands) if changed else granted
            if changed and self.alteration is None and not math.isfinite(computed):
                raise _no_value(node, operands, computed)
            value = computed if alter is None else alter.value(self, node, computed)
        values[node] = value
        if value != granted:
            self._moved.add(node)

    def _partials_of(self, node: Value) -> Sequence[float]:
        """Return the partial derivatives of a node with this run's numbers."""
        found = self._partials.get(node)
        if found is None:
            is_granted = not self.paths.below(node) & self._unlike
            found = self._granted_partials(node) if is_granted else self._new_partials(node)
            self._partials[node] = found
        return found

    def _granted_partials(self, node: Value) -> Sequence[float]:
        return node.partials if self._like is None else self._like._partials_of(node)

    def _new_partials(self, node: Value) -> Sequence[float]:
        values = self._values
        for each in (node, *node.inputs):
            if each not in values:
                self._forward_to(each)
        value, operands = values[node], tuple([values[operand] for operand in node.inputs])
        changed = not self._moved.isdisjoint(node.inputs)
        if not changed and (node not in self._moved or math.isnan(value)):
            return self._granted_partials(node)
        if self.alteration is not None and self.alteration.slopes_from_operands:
            value = _result(node, operands) if changed else node.data
        return partials_of(node, operands, value)

    def _all_derivatives(self, of: Value, stage: int) -> dict[Value, float]:
        """Return d of/d node for every node below where nothing is done otherwise; else for the result itself."""
        used = self._used(stage)
        if self.alteration is not None:
            return {of: 1.0}
        if not self._altered and not used:
            self.budget.spend(len(self.paths.users(of)) // 8)
            return self.paths.exact(of)
        self.budget.spend(len(self.paths.users(of)))
        self.value(of)
        return adjoints(of, partials=lambda node: self._partials_after(node, used))

    def _used(self, stage: int) -> dict[Value, float]:
        """Return the numbers of the leaves that are updated before a stage, which its derivatives are taken with."""
        if not stage or not self.descent:
            return {}
        earlier = self.descent.stages[:stage]
        return {leaf: self.new(leaf) for group in earlier for leaf in group}

    def _partials_after(self, node: Value, used: Mapping[Value, float]) -> Sequence[float]:
        if used and any(operand in used for operand in node.inputs):
            return partials_of(node, [used.get(each, self.value(each)) for each in node.inputs], self.value(node))
        return self._partials_of(node)

    def _back_to(self, of: Value, node: Value, stage: int, found: dict[Value, float]) -> None:
        """Find d of/d node: what each result adds to its operands, from ``of`` down to the node and no further."""
        users, alter = self.paths.users(of), self.alteration
        if node not in users:
            found[node] = 0.0
            return
        used, at = self._used(stage), None if alter is None else alter.partials_at
        turned, bit = EVERY if used else self._turned_below(of), self.paths.bit
        waiting, effort = [node], 0
        while waiting:
            top = waiting[-1]
            if top not in found:
                if not bit(top) & turned:
                    like = self._like
                    found[top] = self.paths.exact(of)[top] if like is None else like._adjoint(of, top, stage)
                elif alter is not None and alter.gives_adjoint(self, of, top):
                    found[top] = alter.adjoint(self, of, top, math.nan)
                else:
                    missing = [user for user, _ in users[top] if user not in found]
                    if missing:
                        waiting += missing
                        continue
                    total = 0.0
                    for user, place in users[top]:
                        partial = (self._partials_after(user, used) if used else self._partials_of(user))[place]
                        if alter is not None and (at is None or user in at):
                            partial = alter.partial(self, user, place, partial)
                        total += found[user] * partial
                    found[top] = total if alter is None else alter.adjoint(self, of, top, total)
                effort += 1
            waiting.pop()
        self.budget.spend(_OF_A_PULL * effort)


def _result(node: Value, operands: Sequence[float]) -> float:
    try:
        return float(node.op.forward(*operands)) if node.op else node.data
    except (ValueError, ArithmeticError):
        return math.nan


def _no_value(node: Value, operands: Sequence[float], computed: float) -> DomainError:
    """Return the error for an operation that has no finite result: its own, or that the number is too large."""
    try:
        if node.op is not None:
            node.op(*operands)
    except DomainError as error:
        return error
    name = node.label or (node.op.name if node.op else "")
    return DomainError("numbers that fit into a float", f"{name} = {computed}", "Use smaller numbers.")


def partials_of(node: Value, operands: Sequence[float], value: float) -> tuple[float, ...]:
    """Return the partials of a node for other numbers than its own; nan where they are not defined."""
    found = []
    for rule in node.op.partials if node.op else ():
        try:
            found.append(float(rule(*operands, value)))
        except (ValueError, ArithmeticError):
            found.append(0.0 if node.partials[len(found)] == 0.0 else math.nan)
    return tuple(found)


def _follow(run: GraphRun, rule: Descent, steps: int) -> tuple[dict[Value, float], dict[Value, tuple[Any, ...]]]:
    """Take many steps from where a run is, and return the leaves' numbers and what the optimizer remembers of them."""
    from microgradnet.calculus.tape import GraphTape

    below = {*topological(run.loss)}
    stages = [[leaf for leaf in stage if leaf in below] for stage in rule.stages]
    moving = [leaf for stage in stages for leaf in stage]
    program = GraphTape(run.loss, moving)
    place = {leaf: where for where, leaf in enumerate(program.leaves)}
    by = {leaf: where for where, leaf in enumerate(program.by)}
    numbers = [run.value(leaf) for leaf in program.leaves]
    memory = {leaf: run.memory(leaf) for leaf in moving}
    groups = [[(leaf, place[leaf], by[leaf]) for leaf in stage] for stage in stages]
    update, eta = rule.update, -rule.eta if rule.ascent else rule.eta
    for _ in range(steps if moving else 0):
        before = numbers
        for group in groups:
            _, derivatives = program(before, numbers)
            changed = list(numbers)
            for leaf, at, derivative in group:
                if rule.optimizer is None:  # as update does, but without a call, of which there may be 10^6
                    changed[at] = before[at] - eta * derivatives[derivative]
                else:
                    changed[at], memory[leaf] = update(before[at], derivatives[derivative], memory[leaf])
            numbers = changed
    for leaf, number in zip(program.leaves, numbers, strict=True):
        if not math.isfinite(number):
            raise DomainError("steps that stay finite", f"{leaf.label} = {number}", "Use a smaller eta.")
    found = dict(zip(program.leaves, numbers, strict=True))
    return {**{leaf: run.value(leaf) for leaf in rule.updated}, **found}, memory
