"""CasADi's SX: scalar symbols, whose graph becomes a function for its virtual machine.

Where control flow changes from step to step, the graph has to be recorded each time, as every other engine here does;
where it stays, a competent user records once and only evaluates. The two are measured apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.engines.scalars import Function, Scalars


class CasadiEachTime(Scalars):
    def __init__(self) -> None:
        import casadi

        super().__init__()
        self.casadi = casadi

    def _record(self, function: Function, differentiate: bool) -> Any:
        parameters = self.casadi.SX.sym("w", len(self.numbers))
        loss = function(self.casadi.vertsplit(parameters))
        results = [loss, self.casadi.gradient(loss, parameters)] if differentiate else [loss]
        return self.casadi.Function("loss", [parameters], results)

    def forward(self, function: Function) -> float:
        return float(self._record(function, differentiate=False)(self.numbers))

    def gradient(self, function: Function) -> tuple[float, list[float]]:
        loss, gradient = self._record(function, differentiate=True)(self.numbers)
        return float(loss), gradient.full().ravel().tolist()

    def functions(self) -> dict[str, Any]:
        casadi = self.casadi

        def relu(number: Any) -> Any:
            return casadi.fmax(number, 0.0)

        def number(_: Any) -> float:
            return 0.0  # a symbol has no number yet; the shift of a softmax changes nothing but its range

        return {"relu": relu, "exp": casadi.exp, "log": casadi.log, "number": number}


class CasadiOnce(CasadiEachTime):
    """The same, with what was recorded kept for each function object."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[Callable[..., Any], bool], Any] = {}

    def _record(self, function: Function, differentiate: bool) -> Any:
        if (function, differentiate) not in self._kept:
            self._kept[function, differentiate] = super()._record(function, differentiate)
        return self._kept[function, differentiate]
