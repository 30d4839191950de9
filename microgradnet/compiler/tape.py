"""Node by node: graphs so narrow that arrays do not pay, as a tape of instructions on two lists of floats.

This is the tape of reverse mode (A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd ed., section 4.1): the
numbers are computed along it, and the adjoints back along it. No node is made, and the rules are those for floats.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from microgradnet.compiler.recording import NOBODY, Recording
from microgradnet.operation import Op
from microgradnet.ops import add, multiply, subtract
from microgradnet.rules import Rule

_ADD, _SUBTRACT, _MULTIPLY, _ONE, _TWO = range(5)  # kinds of instructions: the last are of one and of two operands
_KINDS = {add: _ADD, subtract: _SUBTRACT, multiply: _MULTIPLY}
Instruction = tuple[int, int, int, int, Rule, Rule, Rule]  # kind, node, operands, forward rule, partial derivatives


@dataclass(frozen=True, slots=True)
class TapePlan:
    """A graph as a tape.

    Arguments:
        numbers: one for each node, those of written numbers in their places.
        tape: an instruction for each operation, operands first.
        leaves: the places of the parameters.
        batch: the places of the leaves that vary by sample.
        outputs: the places of the outputs.
    """

    numbers: list[float]
    tape: list[Instruction]
    leaves: list[int]
    batch: list[int]
    outputs: list[int]

    @property
    def source(self) -> str:
        """What is said instead of a program."""
        return f"# This graph is too narrow for arrays: its {len(self.tape)} operations are computed one by one.\n"

    def bind(self, parameters: Any, gradient: Any) -> tuple[Callable[..., float], Callable[..., Any]]:
        """Return the step and the values, on these flat arrays."""

        def step(samples: Any) -> float:
            rows = [()] if samples is None else samples.tolist()
            sums, whole = np.zeros(len(self.leaves)), 0.0
            for row in rows:
                numbers = self._compute(parameters, row)
                adjoints = [0.0] * len(numbers)
                adjoints[self.outputs[0]] = 1.0
                _run_back(self.tape, numbers, adjoints)
                sums += [adjoints[place] for place in self.leaves]
                whole += numbers[self.outputs[0]]
            np.divide(sums, len(rows), out=gradient)
            return whole / len(rows)

        def values(samples: Any) -> Any:
            found = []
            for row in [()] if samples is None else samples.tolist():
                numbers = self._compute(parameters, row)
                found.append([numbers[place] for place in self.outputs])
            return np.array(found)

        return step, values

    def _compute(self, parameters: Any, row: Any) -> list[float]:
        numbers = list(self.numbers)
        for place, number in zip(self.leaves, parameters.tolist(), strict=True):
            numbers[place] = number
        for place, number in zip(self.batch, row, strict=True):
            numbers[place] = number
        _run(self.tape, numbers)
        return numbers


def _run(tape: list[Instruction], numbers: list[float]) -> None:
    for kind, node, left, right, rule, _, _ in tape:
        if kind == _MULTIPLY:
            numbers[node] = numbers[left] * numbers[right]
        elif kind == _ADD:
            numbers[node] = numbers[left] + numbers[right]
        elif kind == _ONE:
            numbers[node] = rule(numbers[left])
        elif kind == _SUBTRACT:
            numbers[node] = numbers[left] - numbers[right]
        else:
            numbers[node] = rule(numbers[left], numbers[right])


def _run_back(tape: list[Instruction], numbers: list[float], adjoints: list[float]) -> None:
    for kind, node, left, right, _, by_left, by_right in reversed(tape):
        adjoint = adjoints[node]
        if kind == _MULTIPLY:
            adjoints[left] += adjoint * numbers[right]
            adjoints[right] += adjoint * numbers[left]
        elif kind == _ADD:
            adjoints[left] += adjoint
            adjoints[right] += adjoint
        elif kind == _ONE:
            adjoints[left] += adjoint * by_left(numbers[left], numbers[node])
        elif kind == _SUBTRACT:
            adjoints[left] += adjoint
            adjoints[right] -= adjoint
        else:
            adjoints[left] += adjoint * by_left(numbers[left], numbers[right], numbers[node])
            adjoints[right] += adjoint * by_right(numbers[left], numbers[right], numbers[node])


def plan_tape(recording: Recording) -> TapePlan:
    """Return the plan of a graph node by node."""
    r = recording
    kept = np.flatnonzero((r.code != NOBODY) & ~r.fixed).tolist()
    code, left, right, fixed = r.code.tolist(), r.left.tolist(), r.right.tolist(), r.fixed.tolist()
    rules: dict[tuple[int, bool, bool], tuple[int, Rule, Rule, Rule]] = {}
    tape: list[Instruction] = []
    for node in kept:
        first, second = left[node], right[node]
        key = code[node], fixed[first], second != NOBODY and fixed[second]
        if key not in rules:
            rules[key] = _rules(r.operations[code[node]], *key[1:])
        kind, rule, by_left, by_right = rules[key]
        tape.append((kind, node, first, second, rule, by_left, by_right))
    return TapePlan(r.data.tolist(), tape, r.parameters.tolist(), list(r.batch), list(r.outputs))


def _rules(op: Op, left_fixed: bool, right_fixed: bool) -> tuple[int, Rule, Rule, Rule]:
    """Return the kind of an operation's instructions and its rules; nothing is differentiated by written numbers."""
    count = len(op.partials)
    kind = _KINDS.get(op, _ONE if count == 1 else _TWO)
    forward, *partials = op.float_rules or op.read_float_rules()
    by_left = _no_partial if left_fixed else partials[0]
    by_right = _no_partial if right_fixed or count == 1 else partials[1]
    return kind, forward, by_left, by_right


def _no_partial(*numbers: float) -> float:
    return 0.0
