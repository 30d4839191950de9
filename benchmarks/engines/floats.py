"""The same arithmetic on bare Python floats: what computing costs when nothing is recorded."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from benchmarks.engines.scalars import Function, Scalars


class Floats(Scalars):
    differentiates: ClassVar[bool] = False
    most_nodes: ClassVar[float] = 1e7

    def forward(self, function: Function) -> float:
        return float(function(self.numbers))

    def functions(self) -> dict[str, Any]:
        # scripts write relu and .data out in place for floats, see benchmarks/scripts
        return {"relu": None, "number": None, "exp": math.exp, "log": math.log}
