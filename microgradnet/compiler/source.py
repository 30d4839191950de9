"""From a layout to the two programs of a graph: the step, with the gradient, and the values alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from microgradnet.compiler.adjoint import Adjoint
from microgradnet.compiler.arrays import Array
from microgradnet.compiler.bodies import Body
from microgradnet.compiler.explaining import explain
from microgradnet.compiler.expressions import Expression
from microgradnet.compiler.forward import Forward
from microgradnet.compiler.gradient import gradient_lines
from microgradnet.compiler.layout import Layout
from microgradnet.compiler.listing import Line
from microgradnet.compiler.reading import COUNT
from microgradnet.compiler.scope import Scope
from microgradnet.compiler.script import Script, write_script
from microgradnet.notation import ATOM, PRODUCT


class Source:
    """The programs of a layout.

    Attributes:
        values: the program that computes the outputs.
        step: the program that computes the loss and its gradient; None where there is more than one output.
        columns: per array that ``values`` returns, the columns of the outputs that it fills.
        groups: what became of which scalars.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout, self.scope = layout, Scope(layout)
        self.forward = Forward(self.scope)
        self.lines = [line for array in layout.arrays[2:] for line in self._compute(array)]
        self.columns, results = self._results()
        self.step: Script | None = None
        self.values, names = write_script(self.scope, "values", self.lines, results, "return {},")
        if len(layout.recording.outputs) == 1:
            self.step, names = self._step(results[0])
        self.groups = explain(layout, self.forward, names)

    def _compute(self, array: Array) -> list[Line]:
        """Return the line that computes an array; none where it is a number."""
        value = self.forward.compute(array)
        called = self.scope.names.get(array, "")
        if called and isinstance(value, Expression) and (value.factor != 1.0 or value.body.light):
            value = Expression(Body("#1", (value,), light=False), value.shape, value.batched)
        self.scope.values[array] = value
        if isinstance(value, Expression):
            value.body.shared = True
        return [Line((value,), hint=called or "v", own=bool(called))] if isinstance(value, Expression) else []

    def _results(self) -> tuple[list[Any], list[Any]]:
        """Return the columns that each returned array fills, and these arrays."""
        layout = self.layout
        nodes = np.array(layout.recording.outputs)
        if len(nodes) == 1:
            return [np.array([0])], [self.forward.read(layout.operand(nodes[0].reshape(())))]
        kinds = layout.grouped.of[nodes]
        columns = [np.flatnonzero(kinds == kind) for kind in dict.fromkeys(kinds.tolist())]
        return columns, [self.forward.read(layout.operand(nodes[each])) for each in columns]

    def _step(self, result: Any) -> tuple[Script, dict[Body, str]]:
        layout = self.layout
        loss = layout.home[layout.grouped.of[layout.recording.outputs[0]]]
        lines = list(self.lines)
        if loss.varied:
            adjoint = Adjoint(self.forward, layout.arrays, layout.recording.outputs[0], loss)
            lines += [*adjoint.lines, *gradient_lines(self.scope, adjoint.parts)]
        if isinstance(result, Expression) and result.batched:
            body = Body(f"#1.sum() / {COUNT}", (result.bare,), PRODUCT, (ATOM,))
            result = Expression(body, (), False, result.factor)
        return write_script(self.scope, "step", lines, [result], "return {}")
